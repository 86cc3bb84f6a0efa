/* SPDX-License-Identifier: MIT */
/*
 * A message over the client's session: which commands go out, how far ahead of
 * their replies, what each reply means for the recipients, and the content, dot
 * by dot or chunk by chunk; see client_impl.h.
 */
#include "core/smtp/client_impl.h"

static const struct smtp_reply *refusal_find(const struct smtp_client *c);
static void commands_send(struct smtp_client *c);
static void go_on(struct smtp_client *c, const struct smtp_reply *reply);
static void give_up(struct smtp_client *c, const struct smtp_reply *reply);
static void end_message(
    struct smtp_client *c, const struct smtp_reply *reply, bool needs_reset);
static void mail_send(struct smtp_client *c);
static void rcpt_send(struct smtp_client *c);
static void data_send(struct smtp_client *c);
static bool is_settled(const struct smtp_client *c);
static void content_begin(struct smtp_client *c);
static void content_ask(struct smtp_client *c);
static void content_note(struct smtp_client *c, struct slice content);
static void chunk_send(
    struct smtp_client *c, struct slice content, bool is_last);
static bool is_too_many(
    const struct smtp_client *c, const struct smtp_reply *reply);
static void append_address(struct buf *out, struct slice address);
static void append_dsn(struct smtp_client *c, size_t recipient);

void
smtp_client_send(
    struct smtp_client *c, const struct smtp_client_message *message, utime now)
{
	const struct smtp_reply *refusal;

	assert(c->state == CLIENT_READY);
	assert(message->recipient_count > 0);
	c->now = now;
	c->message = *message;
	c->standing = xgrow(c->standing, &c->standing_cap,
	    message->recipient_count, sizeof(*c->standing));
	memset(c->standing, STANDING_OPEN, message->recipient_count);
	c->rcpt_sent = c->accepted = 0;
	c->is_data_sent = c->is_given_up = c->is_mail_taken = false;
	c->is_giving = c->was_full = c->content_in_line = false;
	c->content_last = 0;
	c->is_ahead = c->options.may_pipeline &&
	    (c->extensions & SMTP_EXT_PIPELINING) != 0;
	c->is_chunked =
	    c->options.may_chunk && (c->extensions & SMTP_EXT_CHUNKING) != 0;
	refusal = refusal_find(c);
	if (refusal != NULL) {
		smtp_client_settle(c, refusal, true);
		smtp_client_push(c, SMTP_CLIENT_DONE, NULL);
		smtp_client_enter(c, CLIENT_READY);
		return;
	}
	mail_send(c);
	if (c->is_ahead)
		commands_send(c);
}

/* What the host is not asked, because it does not offer what the message
 * needs; NULL: it is asked. */
static const struct smtp_reply *
refusal_find(const struct smtp_client *c)
{
	static const struct smtp_reply no_utf8 = {
		.code = 550,
		.code_last = 550,
		.status = { 5, 6, 7 },
		.text = SLICE_INIT("5.6.7 The host does not offer SMTPUTF8"),
	};
	static const struct smtp_reply no_8bit = {
		.code = 554,
		.code_last = 554,
		.status = { 5, 6, 3 },
		.text = SLICE_INIT("5.6.3 The host does not offer 8BITMIME"),
	};

	if (c->message.is_utf8 && (c->extensions & SMTP_EXT_SMTPUTF8) == 0)
		return &no_utf8;
	if (c->message.is_8bit && (c->extensions & SMTP_EXT_8BITMIME) == 0 &&
	    !c->options.may_send_8bit)
		return &no_8bit;
	return NULL;
}

/* ---- replies ---- */

void
smtp_client_on_mail(struct smtp_client *c, const struct smtp_reply *reply)
{
	switch (smtp_client_judge(reply, 2)) {
	case VERDICT_ACCEPTED:
		c->is_mail_taken = true;
		go_on(c, reply);
		return;
	case VERDICT_REFUSED:
		give_up(c, reply);
		return;
	case VERDICT_MEANINGLESS:
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
}

/* Behind a MAIL that was refused its reply is a consequence, whatever it
 * says. */
void
smtp_client_on_rcpt(struct smtp_client *c, const struct smtp_reply *reply)
{
	switch (smtp_client_judge(reply, 2)) {
	case VERDICT_ACCEPTED:
		c->accepted += !c->is_given_up;
		break;
	case VERDICT_REFUSED:
		if (c->is_given_up)
			break;
		if (is_too_many(c, reply)) {
			c->standing[c->recipient] = STANDING_LEFT_OUT;
			break;
		}
		smtp_client_push(c, SMTP_CLIENT_RESULT, reply);
		c->standing[c->recipient] = STANDING_SETTLED;
		break;
	case VERDICT_MEANINGLESS:
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
	go_on(c, reply);
}

/* When nobody was accepted DATA was sent ahead and is for nobody: no recipient
 * is open for a refusal to settle, and what a 354 opens is closed at once
 * (RFC 2920, 3.1). */
void
smtp_client_on_data(struct smtp_client *c, const struct smtp_reply *reply)
{
	switch (smtp_client_judge(reply, 3)) {
	case VERDICT_ACCEPTED:
		if (c->accepted > 0)
			content_begin(c);
		else
			smtp_client_command_send(c, CLIENT_LONE_DOT, ".\r\n");
		return;
	case VERDICT_REFUSED:
		give_up(c, reply);
		return;
	case VERDICT_MEANINGLESS:
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
}

/* A chunk that is refused ends the transaction; what was sent behind it is
 * refused with it (RFC 3030, 4.2). */
void
smtp_client_on_bdat(struct smtp_client *c, const struct smtp_reply *reply)
{
	switch (smtp_client_judge(reply, 2)) {
	case VERDICT_ACCEPTED:
		break;
	case VERDICT_REFUSED:
		if (!c->is_given_up) {
			give_up(c, reply);
			return;
		}
		break;
	case VERDICT_MEANINGLESS:
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
	if (c->is_given_up) {
		go_on(c, reply);
		return;
	}
	if (!c->is_giving)
		return;
	if (c->awaited_count == 0 ||
	    (c->was_full && c->awaited_count <= CLIENT_CHUNKS_MAX / 2))
		content_ask(c);
}

void
smtp_client_on_eod(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_client_judge(reply, 2) == VERDICT_MEANINGLESS) {
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
	if (c->is_given_up) {
		go_on(c, reply);
		return;
	}
	smtp_client_settle(c, reply, false);
	end_message(c, reply, false);
}

/* A message without recipients went nowhere, and the transaction is over. */
void
smtp_client_on_lone_dot(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_client_judge(reply, 2) == VERDICT_MEANINGLESS)
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
	else
		end_message(c, reply, false);
}

/* ---- what follows a reply ---- */

/* More commands, as far as they may go ahead; when all are answered, the
 * content or, with nobody to take it, the end. */
static void
go_on(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_client_is_421(reply)) {
		if (c->is_given_up || is_settled(c))
			smtp_client_push(c, SMTP_CLIENT_DONE, NULL);
		smtp_client_fail(c, SMTP_FAIL_REPLY, reply);
		return;
	}
	if (!c->is_given_up)
		commands_send(c);
	if (c->awaited_count > 0)
		return;
	if (c->is_given_up || c->accepted == 0)
		end_message(c, reply, c->is_mail_taken);
	else if (c->is_chunked)
		content_begin(c);
	else
		data_send(c);
}

/* The rest of the recipients, and DATA, which is the last that may go ahead.
 * A window that is half open is filled again in one go. */
static void
commands_send(struct smtp_client *c)
{
	size_t most = c->is_ahead ? CLIENT_AHEAD_MAX : 1;

	if (c->awaited_count > most / 2)
		return;
	while (c->rcpt_sent < c->message.recipient_count &&
	    c->awaited_count < most)
		rcpt_send(c);
	if (!c->is_ahead || c->is_chunked || c->is_data_sent ||
	    c->rcpt_sent < c->message.recipient_count ||
	    c->awaited_count == most)
		return;
	data_send(c);
}

/* The open recipients are refused by `reply`; what is still awaited is a
 * consequence. */
static void
give_up(struct smtp_client *c, const struct smtp_reply *reply)
{
	smtp_client_settle(c, reply, false);
	c->is_given_up = true;
	c->is_giving = false;
	go_on(c, reply);
}

/* No recipient is open any more, or is about to be settled. */
static void
end_message(
    struct smtp_client *c, const struct smtp_reply *reply, bool needs_reset)
{
	smtp_client_push(c, SMTP_CLIENT_DONE, NULL);
	if (smtp_client_is_421(reply))
		smtp_client_fail(c, SMTP_FAIL_REPLY, reply);
	else if (needs_reset)
		smtp_client_command_send(c, CLIENT_RSET, "RSET\r\n");
	else
		smtp_client_enter(c, CLIENT_READY);
}

static bool
is_settled(const struct smtp_client *c)
{
	return c->message.recipient_count == 0 ||
	    memchr(c->standing, STANDING_OPEN, c->message.recipient_count) ==
	    NULL;
}

bool
smtp_client_is_open(const struct smtp_client *c, size_t recipient)
{
	assert(recipient < c->message.recipient_count);
	return c->standing[recipient] == STANDING_OPEN;
}

/* Is it about the number of recipients, and not about this one?  RFC 5321,
 * 4.5.3.1.10: the code is 452, and 552 with older servers.  Both have other
 * meanings, so that the status or the text must say it.  It cannot be said of
 * the first. */
static bool
is_too_many(const struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply->code != 452 && reply->code != 552)
		return false;
	if (c->recipient == 0 || !c->options.may_split)
		return false;
	if (reply->status.class != 0)
		return reply->status.subject == 5 && reply->status.detail == 3;
	return slice_find_nocase(reply->text, SLICE("too many")) <
	    reply->text.len;
}

/* ---- commands ---- */

static void
mail_send(struct smtp_client *c)
{
	const struct smtp_client_message *m = &c->message;

	buf_append(&c->out, SLICE("MAIL FROM:<"));
	append_address(&c->out, m->sender);
	buf_append(&c->out, SLICE(">"));
	if (m->size_bytes > 0 && (c->extensions & SMTP_EXT_SIZE) != 0) {
		buf_append(&c->out, SLICE(" SIZE="));
		buf_append_u64(&c->out, m->size_bytes);
	}
	if (m->is_8bit && (c->extensions & SMTP_EXT_8BITMIME) != 0)
		buf_append(&c->out, SLICE(" BODY=8BITMIME"));
	if (m->is_utf8)
		buf_append(&c->out, SLICE(" SMTPUTF8"));
	append_dsn(c, SMTP_CLIENT_MAIL);
	buf_append(&c->out, SLICE("\r\n"));
	smtp_client_await(c, CLIENT_MAIL, 0);
}

static void
rcpt_send(struct smtp_client *c)
{
	size_t recipient = c->rcpt_sent++;

	buf_append(&c->out, SLICE("RCPT TO:<"));
	append_address(&c->out, c->message.recipients[recipient]);
	buf_append(&c->out, SLICE(">"));
	append_dsn(c, recipient);
	buf_append(&c->out, SLICE("\r\n"));
	smtp_client_await(c, CLIENT_RCPT, recipient);
}

static void
data_send(struct smtp_client *c)
{
	c->is_data_sent = true;
	smtp_client_command_send(c, CLIENT_DATA, "DATA\r\n");
}

/* Only a host that offers DSN knows what it is told. */
static void
append_dsn(struct smtp_client *c, size_t recipient)
{
	const struct smtp_client_message *m = &c->message;

	if (m->dsn_append != NULL && (c->extensions & SMTP_EXT_DSN) != 0)
		m->dsn_append(m->dsn_owner, recipient, &c->out);
}

/* An address with a line's end in it would be a command of its own. */
static void
append_address(struct buf *out, struct slice address)
{
	assert(slice_find_byte(address, '\r') == address.len);
	assert(slice_find_byte(address, '\n') == address.len);
	buf_append(out, address);
}

/* ---- content ---- */

static void
content_begin(struct smtp_client *c)
{
	c->is_giving = true;
	content_ask(c);
}

/* Not with input behind the reply: it answers nothing, and the host shall not
 * have the whole content before that is told. */
static void
content_ask(struct smtp_client *c)
{
	if (c->awaited_count == 0)
		smtp_client_enter(c, CLIENT_BODY);
	if (c->awaited_count == 0 && buf_len(&c->in) > 0)
		return;
	c->was_full = false;
	smtp_client_push(c, SMTP_CLIENT_BODY, NULL);
}

/* One chunk at a time to a host that is not sent ahead. */
bool
smtp_client_wants_body(const struct smtp_client *c)
{
	size_t most = c->is_ahead ? CLIENT_CHUNKS_MAX : 1;

	return c->is_giving && (!c->is_chunked || c->awaited_count < most);
}

void
smtp_client_body(struct smtp_client *c, struct slice content, utime now)
{
	assert(smtp_client_wants_body(c));
	c->now = now;
	c->deadline = utime_add(now, c->options.timeouts.body);
	if (!c->is_chunked)
		smtp_data_encode(&c->encoder, content, &c->out);
	else if (content.len > 0)
		chunk_send(c, content, false);
	c->was_full = !smtp_client_wants_body(c);
}

void
smtp_client_body_end(struct smtp_client *c, struct slice last, utime now)
{
	assert(smtp_client_wants_body(c));
	c->now = now;
	c->is_giving = false;
	if (c->is_chunked) {
		chunk_send(c, last, true);
		return;
	}
	smtp_data_encode(&c->encoder, last, &c->out);
	smtp_data_encode_end(&c->encoder, &c->out);
	smtp_client_await(c, CLIENT_EOD, 0);
}

/* Chunks are sent as they are; but a host gets the same content as by DATA, so
 * that it ends with a line's end. */
static void
chunk_send(struct smtp_client *c, struct slice content, bool is_last)
{
	bool is_open;

	content_note(c, content);
	is_open = is_last && c->content_in_line;
	buf_append(&c->out, SLICE("BDAT "));
	buf_append_u64(&c->out, content.len + (is_open ? 2 : 0));
	buf_append_cstr(&c->out, is_last ? " LAST\r\n" : "\r\n");
	buf_append(&c->out, content);
	if (is_open)
		buf_append(&c->out, SLICE("\r\n"));
	smtp_client_await(c, is_last ? CLIENT_EOD : CLIENT_BDAT, 0);
}

static void
content_note(struct smtp_client *c, struct slice content)
{
	char last, before = c->content_last;

	if (content.len == 0)
		return;
	last = content.at[content.len - 1];
	if (content.len > 1)
		before = content.at[content.len - 2];
	c->content_in_line = last != '\n' || before != '\r';
	c->content_last = last;
}
