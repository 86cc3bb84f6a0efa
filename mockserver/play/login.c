/* SPDX-License-Identifier: MIT */
/* AUTH of a mock host, and what is shown of it; see login.h. */
#include "mockserver/play/login.h"

#include "core/base/base64.h"

#define ANSWER(code, text) ((struct smtp_syntax_error){ (code), (text) })

static struct smtp_syntax_error begin(
    struct login *l, const struct mock_users *users, struct slice text);
static struct smtp_syntax_error plain(
    const struct mock_users *users, struct slice text);
static struct smtp_syntax_error secret(
    struct login *l, const struct mock_users *users, struct slice text);

/* clang-format off */
static const struct json_field user_fields[] = {
	{ "user", JF_STRING(1, 255), JSON_AT(struct mock_user, name),
	    JSON_REQUIRED, "The user's name." },
	{ "password", JF_STRING(1, 255), JSON_AT(struct mock_user, secret),
	    JSON_REQUIRED, "The user's password; no transcript shows it." },
};
/* clang-format on */
const struct json_table mock_user_table = {
	.name = "user",
	.help = "Somebody whom a host lets in by AUTH, under TLS.",
	.size = sizeof(struct mock_user),
	JSON_FIELDS(user_fields),
};

void
login_fini(struct login *l)
{
	buf_fini(&l->name);
	*l = (struct login){ 0 };
}

struct smtp_syntax_error
login_answer(struct login *l, const struct mock_users *users, struct slice text)
{
	/* RFC 4954, 4: the client gives up. */
	if (l->step != LOGIN_NONE && slice_eq(text, SLICE("*")))
		return ANSWER(501, "5.7.0 Authentication cancelled");
	switch (l->step) {
	case LOGIN_NONE:
		break;
	case LOGIN_PLAIN:
		return plain(users, text);
	case LOGIN_NAME:
		buf_clear(&l->name);
		if (!base64_decode(&l->name, text))
			return ANSWER(501, "5.5.2 Not base64");
		l->step = LOGIN_SECRET;
		return ANSWER(334, "UGFzc3dvcmQ6");
	case LOGIN_SECRET:
		return secret(l, users, text);
	}
	return begin(l, users, text);
}

void
login_note(struct login *l, int code)
{
	l->is_done |= code / 100 == 2;
	if (code / 100 != 3)
		l->step = LOGIN_NONE;
}

/* The command itself, with or without a first response. */
static struct smtp_syntax_error
begin(struct login *l, const struct mock_users *users, struct slice text)
{
	struct slice mechanism = slice_sub(text, 0, slice_find_byte(text, ' '));
	struct slice first = slice_trim(slice_skip(text, mechanism.len));

	if (l->is_done)
		return ANSWER(503, "5.5.1 Already authenticated");
	if (slice_eq_nocase(mechanism, SLICE("PLAIN"))) {
		l->step = LOGIN_PLAIN;
		return first.len > 0 ? plain(users, first) : ANSWER(334, "");
	}
	if (!slice_eq_nocase(mechanism, SLICE("LOGIN")))
		return ANSWER(504, "5.5.4 Mechanism not supported");
	l->step = LOGIN_NAME;
	if (first.len > 0)
		return login_answer(l, users, first);
	return ANSWER(334, "VXNlcm5hbWU6");
}

static struct smtp_syntax_error
verdict(const struct mock_users *users, struct slice name, struct slice given)
{
	for (size_t i = 0; i < users->count; i++)
		if (slice_eq(users->at[i].name, name) &&
		    slice_eq(users->at[i].secret, given))
			return ANSWER(235, "2.7.0 Authentication successful");
	return ANSWER(535, "5.7.8 Authentication credentials invalid");
}

/* "authorization NUL name NUL secret" (RFC 4616, 2). */
static struct smtp_syntax_error
plain(const struct mock_users *users, struct slice text)
{
	struct smtp_syntax_error answer = ANSWER(501, "5.5.2 Not base64");
	struct buf message = { 0 };
	/* What is not there is empty. */
	struct slice rest, authorization, name = { 0 };

	if (base64_decode(&message, text)) {
		rest = buf_slice(&message);
		(void)slice_split(&rest, '\0', &authorization);
		(void)slice_split(&rest, '\0', &name);
		answer = verdict(users, name, rest);
	}
	buf_fini(&message);
	return answer;
}

static struct smtp_syntax_error
secret(struct login *l, const struct mock_users *users, struct slice text)
{
	struct smtp_syntax_error answer = ANSWER(501, "5.5.2 Not base64");
	struct buf given = { 0 };

	if (base64_decode(&given, text))
		answer = verdict(users, buf_slice(&l->name), buf_slice(&given));
	buf_fini(&given);
	return answer;
}

/* ---- what is shown ---- */

static void
mask_byte(struct login_mask *m, char byte, struct buf *out)
{
	static const struct slice word = SLICE_INIT("auth ");

	if (byte == '\n') {
		buf_append_byte(out, byte);
		*m = (struct login_mask){ 0 };
		return;
	}
	if (m->is_hidden) {
		if (byte == '\r')
			buf_append_byte(out, byte);
		return;
	}
	if (m->column < word.len)
		m->is_auth = (m->column == 0 || m->is_auth) &&
		    ascii_lower(byte) == word.at[m->column];
	m->column++;
	buf_append_byte(out, byte);
	if (m->is_auth && byte == ' ' && ++m->words == 2) {
		m->is_hidden = true;
		buf_append_cstr(out, "***");
	}
}

void
login_mask(
    struct login_mask *m, struct slice bytes, bool in_auth, struct buf *out)
{
	if (in_auth && !m->is_hidden && bytes.len > 0) {
		m->is_hidden = true;
		buf_append_cstr(out, "***");
	}
	for (size_t i = 0; i < bytes.len; i++)
		mask_byte(m, bytes.at[i], out);
}
