/* SPDX-License-Identifier: MIT */
/* AUTH PLAIN and LOGIN; see sasl.h. */
#include "relay/receive/sasl.h"

#include "core/smtp/base64.h"

/* "Username:" and "Password:", as every client expects them. */
#define ASK_USER     "VXNlcm5hbWU6"
#define ASK_PASSWORD "UGFzc3dvcmQ6"

static enum sasl_result
ask(struct sasl *s, const char *challenge)
{
	s->challenge = challenge;
	return SASL_MORE;
}

/* "authorization NUL user NUL password"; who acts for another is refused. */
static enum sasl_result
take_plain(struct sasl *s, struct slice message)
{
	struct slice whom = slice_sub(message, 0, slice_find_byte(message, 0));
	struct slice rest = slice_skip(message, whom.len + 1);
	struct slice user = slice_sub(rest, 0, slice_find_byte(rest, 0));

	if (whom.len == message.len || user.len == rest.len || user.len == 0)
		return SASL_MALFORMED;
	rest = slice_skip(rest, user.len + 1);
	if (slice_find_byte(rest, 0) < rest.len)
		return SASL_MALFORMED;
	if (whom.len > 0 && !slice_eq(whom, user))
		return SASL_MALFORMED;
	buf_append(&s->user, user);
	buf_append(&s->password, rest);
	return SASL_DONE;
}

static enum sasl_result
take_login(struct sasl *s, struct slice message)
{
	if (slice_find_byte(message, 0) < message.len)
		return SASL_MALFORMED;
	if (s->has_user) {
		buf_append(&s->password, message);
		return SASL_DONE;
	}
	if (message.len == 0)
		return SASL_MALFORMED;
	s->has_user = true;
	buf_append(&s->user, message);
	return ask(s, ASK_PASSWORD);
}

/* Bytes that were a password are gone, not only forgotten. */
static void
wipe(struct buf *b)
{
	volatile char *at = b->mem;

	for (size_t i = 0; i < b->cap; i++)
		at[i] = 0;
	buf_fini(b);
}

static enum sasl_result
take(struct sasl *s, struct slice text)
{
	struct buf message = { 0 };
	enum sasl_result result = SASL_MALFORMED;

	if (smtp_base64_decode(text, &message))
		result = s->is_login ? take_login(s, buf_slice(&message))
				     : take_plain(s, buf_slice(&message));
	wipe(&message);
	return result;
}

enum sasl_result
sasl_begin(struct sasl *s, struct slice argument)
{
	size_t end = slice_find_byte(argument, ' ');
	struct slice mechanism = slice_sub(argument, 0, end);
	struct slice initial = slice_trim(slice_skip(argument, end));

	s->is_login = slice_eq_nocase(mechanism, SLICE("LOGIN"));
	if (!s->is_login && !slice_eq_nocase(mechanism, SLICE("PLAIN")))
		return SASL_UNKNOWN;
	if (initial.len == 0)
		return ask(s, s->is_login ? ASK_USER : "");
	/* RFC 4954, 4: "=" stands for an empty one. */
	if (slice_eq(initial, SLICE("=")))
		initial = SLICE("");
	return take(s, initial);
}

enum sasl_result
sasl_continue(struct sasl *s, struct slice line)
{
	if (slice_eq(line, SLICE("*")))
		return SASL_CANCELLED;
	return take(s, line);
}

void
sasl_fini(struct sasl *s)
{
	wipe(&s->user);
	wipe(&s->password);
	*s = (struct sasl){ 0 };
}
