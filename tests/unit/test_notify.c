/* SPDX-License-Identifier: MIT */
/* What clients ask about reports, and what the next host is told of it. */
#include "relay/bounce/notify.h"
#include "tests/unit/kit.h"

static struct notify_row {
	const char *name;
	const char *mail, *rcpt; /* parameters of the two */
	const char *mail_out, *rcpt_out;
	/* Whether success, failure and delay are wanted, where failures are
	 * told unless said. */
	const char *wanted;
} notify_rows[] = {
	{ "nothing", "", "", "", "", "-F-" },
	{ "never", "", " NOTIFY=NEVER", "", " NOTIFY=NEVER", "---" },
	{ "success", "", " NOTIFY=success", "", " NOTIFY=SUCCESS", "S--" },
	{ "all", "", " NOTIFY=DELAY,FAILURE,SUCCESS", "",
	    " NOTIFY=SUCCESS,FAILURE,DELAY", "SFD" },
	{ "failure twice", "", " NOTIFY=FAILURE,FAILURE", "", " NOTIFY=FAILURE",
	    "-F-" },
	{ "an address", "", " ORCPT=rfc822;a+2Bb@c", "",
	    " ORCPT=rfc822;a+2Bb@c", "-F-" },
	{ "both", "", " NOTIFY=DELAY ORCPT=rfc822;a@c", "",
	    " NOTIFY=DELAY ORCPT=rfc822;a@c", "--D" },
	{ "full", " RET=Full", "", " RET=FULL", "", "-F-" },
	{ "headers", " RET=HDRS ENVID=x+20y", "", " RET=HDRS ENVID=x+20y", "",
	    "-F-" },
};

static void
add(struct notify **np, uint32_t rid, const char *verb, const char *parameters)
{
	struct smtp_command command;
	struct smtp_syntax_error error;
	struct buf line = { 0 };

	buf_printf(&line, "%s:<a@b>%s", verb, parameters);
	assert_true(
	    smtp_command_parse(buf_slice(&line), false, &command, &error));
	if (command.verb == SMTP_MAIL)
		notify_add_mail(np, &command);
	else
		notify_add_rcpt(np, rid, &command);
	buf_fini(&line);
}

static void
check(const struct notify *n, uint32_t rid, const struct notify_row *row)
{
	static const enum notify_when whens[] = { NOTIFY_SUCCESS,
		NOTIFY_FAILURE, NOTIFY_DELAY };
	struct buf out = { 0 };

	notify_format_mail(&out, n);
	assert_slice(buf_slice(&out), row->mail_out);
	buf_clear(&out);
	notify_format_rcpt(&out, n, rid);
	assert_slice(buf_slice(&out), row->rcpt_out);
	buf_clear(&out);
	for (size_t i = 0; i < ARRAY_LEN(whens); i++)
		buf_append_byte(&out,
		    notify_wants(n, rid, whens[i], whens[i] == NOTIFY_FAILURE)
			? "SFD"[i]
			: '-');
	assert_slice(buf_slice(&out), row->wanted);
	buf_fini(&out);
}

/* Of the third recipient; the others ask nothing, and nor does the fourth. */
static void
test_notify(void **state)
{
	const struct notify_row *row = *state;
	struct notify *n = NULL, *kept = NULL;

	add(&n, 0, "MAIL FROM", row->mail);
	add(&n, 0, "RCPT TO", "");
	add(&n, 2, "RCPT TO", row->rcpt);
	assert_int_equal(
	    n == NULL, row->mail[0] == '\0' && row->rcpt[0] == '\0');
	check(n, 2, row);
	assert_int_equal(notify_of(n, 0).when, 0);
	assert_null(notify_of(n, 1).orcpt);
	assert_null(notify_of(n, 3).orcpt);
	/* As it is kept on disk. */
	if (n != NULL)
		notify_set(&kept, n->what, slice_cstr(n->envid));
	notify_set_recipient(
	    &kept, 2, notify_of(n, 2).when, slice_cstr(notify_of(n, 2).orcpt));
	check(kept, 2, row);
	notify_destroy(&kept);
	notify_destroy(&n);
	assert_null(n);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, notify_rows, test_notify);
	return kit_run(&kit, "notify");
}
