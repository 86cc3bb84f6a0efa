/* SPDX-License-Identifier: MIT */
/* A mock host's AUTH, answer by answer, and what transcripts show of it. */
#include "mockserver/play/login.h"

#include "tests/unit/kit.h"

static const struct mock_user user_list[] = {
	{ SLICE_INIT("u"), SLICE_INIT("p") },
	{ SLICE_INIT("relay@example.com"), SLICE_INIT("secret") },
};
static const struct mock_users users = { user_list, 2 };

static struct dialogue {
	const char *name;
	const char *lines[4]; /* the command's argument, then responses */
	const char *codes;    /* "334 235 " */
} dialogues[] = {
	{ "PLAIN at once", { "PLAIN AHUAcA==" }, "235 " },
	{ "plain, by letters", { "plain AHUAcA==" }, "235 " },
	{ "PLAIN in two", { "PLAIN", "AHUAcA==" }, "334 235 " },
	{ "PLAIN as somebody", { "PLAIN YQB1AHA=" }, "235 " },
	{ "PLAIN, wrong secret", { "PLAIN AHUAcQ==" }, "535 " },
	{ "PLAIN, wrong name", { "PLAIN AHYAcA==" }, "535 " },
	{ "PLAIN, nothing in it", { "PLAIN", "" }, "334 535 " },
	{ "PLAIN, no base64", { "PLAIN ???" }, "501 " },
	{ "PLAIN, cancelled", { "PLAIN", "*" }, "334 501 " },
	{ "LOGIN", { "LOGIN", "dQ==", "cA==" }, "334 334 235 " },
	{ "LOGIN with the name", { "LOGIN dQ==", "cA==" }, "334 235 " },
	{ "LOGIN, wrong secret", { "LOGIN", "dQ==", "cQ==" }, "334 334 535 " },
	{ "LOGIN, cancelled", { "LOGIN", "dQ==", "*" }, "334 334 501 " },
	{ "LOGIN, no base64", { "LOGIN", "dQ=" }, "334 501 " },
	{ "another mechanism", { "CRAM-MD5" }, "504 " },
	{ "no mechanism", { "" }, "504 " },
	{ "twice", { "PLAIN AHUAcA==", "PLAIN AHUAcA==" }, "235 503 " },
	{ "again, behind a refusal", { "PLAIN AHUAcQ==", "PLAIN AHUAcA==" },
	    "535 235 " },
};

static void
test_dialogue(void **state)
{
	const struct dialogue *d = *state;
	struct login login = { 0 };
	struct buf codes = { 0 };

	for (size_t i = 0; i < 4 && d->lines[i] != NULL; i++) {
		struct smtp_syntax_error answer =
		    login_answer(&login, &users, slice_cstr(d->lines[i]));

		buf_printf(&codes, "%d ", answer.code);
		login_note(&login, answer.code);
	}
	assert_slice(buf_slice(&codes), d->codes);
	login_fini(&login);
	buf_fini(&codes);
}

struct shown {
	const char *name, *bytes, *text;
	bool in_auth;
};
static struct shown shown_rows[] = {
	{ "a command", "EHLO x\r\n", "EHLO x\r\n", false },
	{ "PLAIN", "AUTH PLAIN AHUAcA==\r\n", "AUTH PLAIN ***\r\n", false },
	{ "small letters", "auth plain AHUAcA==\r\n", "auth plain ***\r\n",
	    false },
	{ "LOGIN without", "AUTH LOGIN\r\n", "AUTH LOGIN\r\n", false },
	{ "LOGIN with a name", "AUTH LOGIN dQ==\r\n", "AUTH LOGIN ***\r\n",
	    false },
	{ "several lines", "RSET\r\nAUTH PLAIN AHUAcA==\r\nNOOP x y z\r\n",
	    "RSET\r\nAUTH PLAIN ***\r\nNOOP x y z\r\n", false },
	{ "not at the beginning", "X AUTH PLAIN a\r\n", "X AUTH PLAIN a\r\n",
	    false },
	{ "a longer word", "AUTHX PLAIN a b\r\n", "AUTHX PLAIN a b\r\n",
	    false },
	{ "a response", "cA==\r\n", "***\r\n", true },
};

static void
show(const struct slice *pieces, size_t count, void *arg)
{
	const struct shown *row = arg;
	struct login_mask m = { 0 };
	struct buf out = { 0 };

	for (size_t i = 0; i < count; i++)
		login_mask(&m, pieces[i],
		    row->in_auth && (i == 0 || m.is_hidden), &out);
	assert_slice(buf_slice(&out), row->text);
	buf_fini(&out);
}

static void
test_shown(void **state)
{
	struct shown *row = *state;

	feed_split(slice_cstr(row->bytes), show, row);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, dialogues, test_dialogue);
	ROWS(&kit, shown_rows, test_shown);
	return kit_run(&kit, "login");
}
