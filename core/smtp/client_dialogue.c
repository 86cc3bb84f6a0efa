/* SPDX-License-Identifier: MIT */
/*
 * What the client says and what each reply means for the message in hand; see
 * client_impl.h.
 */
#include "core/smtp/client_impl.h"

#include "core/smtp/extension.h"

/* How a reply is taken where a certain class is wanted. */
enum verdict {
	ACCEPTED,
	REFUSED,
	MEANINGLESS
};

static enum verdict reply_judge(
    const struct smtp_reply *reply, int class_wanted);
static bool reply_is_421(const struct smtp_reply *reply);
static void refuse_host(struct smtp_client *c, const struct smtp_reply *reply);
static void end_message(
    struct smtp_client *c, const struct smtp_reply *reply, bool needs_reset);
static void hello_send(
    struct smtp_client *c, enum client_state to, const char *verb);
static void rcpt_send(struct smtp_client *c);
static void append_address(struct buf *out, struct slice address);

void
smtp_client_on_greeting(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply_judge(reply, 2) == ACCEPTED)
		hello_send(c, CLIENT_EHLO, "EHLO ");
	else
		refuse_host(c, reply);
}

/* Only a host that knows no EHLO is asked again (RFC 5321, 3.2). */
void
smtp_client_on_ehlo(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply_judge(reply, 2) == ACCEPTED) {
		smtp_extensions_read(reply->text, &c->extensions, &c->size_max);
		smtp_client_enter(c, CLIENT_READY);
	} else if (reply->code >= 500 && !reply_is_421(reply)) {
		hello_send(c, CLIENT_HELO, "HELO ");
	} else {
		refuse_host(c, reply);
	}
}

void
smtp_client_on_helo(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply_judge(reply, 2) == ACCEPTED)
		smtp_client_enter(c, CLIENT_READY);
	else
		refuse_host(c, reply);
}

/* A host may end an idle session with a 421 (RFC 5321, 3.8). */
void
smtp_client_on_unasked(struct smtp_client *c, const struct smtp_reply *reply)
{
	smtp_client_fail(c,
	    reply_is_421(reply) ? SMTP_FAIL_REPLY : SMTP_FAIL_GARBAGE, reply);
}

void
smtp_client_on_mail(struct smtp_client *c, const struct smtp_reply *reply)
{
	switch (reply_judge(reply, 2)) {
	case ACCEPTED:
		c->recipient = 0;
		rcpt_send(c);
		return;
	case REFUSED:
		smtp_client_settle(c, reply, false);
		end_message(c, reply, false);
		return;
	case MEANINGLESS:
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
}

void
smtp_client_on_rcpt(struct smtp_client *c, const struct smtp_reply *reply)
{
	switch (reply_judge(reply, 2)) {
	case ACCEPTED:
		break;
	case REFUSED:
		smtp_client_push(c, SMTP_CLIENT_RESULT, reply);
		c->has_result[c->recipient] = true;
		c->result_count++;
		break;
	case MEANINGLESS:
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
	c->recipient++;
	if (c->result_count == c->message.recipient_count)
		end_message(c, reply, true);
	else if (reply_is_421(reply))
		smtp_client_fail(c, SMTP_FAIL_REPLY, reply);
	else if (c->recipient < c->message.recipient_count)
		rcpt_send(c);
	else
		smtp_client_command_send(c, CLIENT_DATA, "DATA\r\n");
}

void
smtp_client_on_data(struct smtp_client *c, const struct smtp_reply *reply)
{
	switch (reply_judge(reply, 3)) {
	case ACCEPTED:
		smtp_client_enter(c, CLIENT_BODY);
		smtp_client_push(c, SMTP_CLIENT_BODY, NULL);
		return;
	case REFUSED:
		smtp_client_settle(c, reply, false);
		end_message(c, reply, true);
		return;
	case MEANINGLESS:
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
}

void
smtp_client_on_eod(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply_judge(reply, 2) == MEANINGLESS) {
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
	smtp_client_settle(c, reply, false);
	end_message(c, reply, false);
}

void
smtp_client_on_rset(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply_judge(reply, 2) == ACCEPTED)
		smtp_client_enter(c, CLIENT_READY);
	else
		refuse_host(c, reply);
}

/* Whatever it says, the session is over. */
void
smtp_client_on_quit(struct smtp_client *c, const struct smtp_reply *reply)
{
	(void)reply;
	smtp_client_push(c, SMTP_CLIENT_CLOSED, NULL);
	smtp_client_enter(c, CLIENT_CLOSED);
}

/* Nothing that is there by now can be meant for what is sent next. */
void
smtp_client_command_begin(struct smtp_client *c)
{
	if (buf_len(&c->in) > 0 || c->reader.line_count > 0)
		c->is_early = true;
}

void
smtp_client_command_send(
    struct smtp_client *c, enum client_state to, const char *line)
{
	smtp_client_command_begin(c);
	buf_append_cstr(&c->out, line);
	smtp_client_enter(c, to);
}

/* "EHLO name" or "HELO name". */
static void
hello_send(struct smtp_client *c, enum client_state to, const char *verb)
{
	smtp_client_command_begin(c);
	buf_append_cstr(&c->out, verb);
	buf_append(&c->out, c->options.helo_name);
	buf_append(&c->out, SLICE("\r\n"));
	smtp_client_enter(c, to);
}

void
smtp_client_mail_send(struct smtp_client *c)
{
	const struct smtp_client_message *m = &c->message;

	smtp_client_command_begin(c);
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
	buf_append(&c->out, SLICE("\r\n"));
	smtp_client_enter(c, CLIENT_MAIL);
}

static void
rcpt_send(struct smtp_client *c)
{
	smtp_client_command_begin(c);
	buf_append(&c->out, SLICE("RCPT TO:<"));
	append_address(&c->out, c->message.recipients[c->recipient]);
	buf_append(&c->out, SLICE(">\r\n"));
	smtp_client_enter(c, CLIENT_RCPT);
}
/* By all its lines: one refusal among them refuses, and to be accepted all must
 * be of the class. */
static enum verdict
reply_judge(const struct smtp_reply *reply, int class_wanted)
{
	if (reply->code >= 400)
		return REFUSED;
	if (reply->code / 100 != class_wanted)
		return MEANINGLESS;
	/* Nothing is below 2xx, so that only 3xx can hide another class. */
	if (class_wanted == 3 && reply->mixed)
		return MEANINGLESS;
	return ACCEPTED;
}

static bool
reply_is_421(const struct smtp_reply *reply)
{
	return reply->code == 421 || reply->code_last == 421;
}

/* The reply to a command that is about no recipient was no acceptance. */
static void
refuse_host(struct smtp_client *c, const struct smtp_reply *reply)
{
	smtp_client_fail(
	    c, reply->code >= 400 ? SMTP_FAIL_REPLY : SMTP_FAIL_GARBAGE, reply);
}

/* All recipients have, or are about to have, their results. */
static void
end_message(
    struct smtp_client *c, const struct smtp_reply *reply, bool needs_reset)
{
	smtp_client_push(c, SMTP_CLIENT_DONE, NULL);
	if (reply_is_421(reply))
		smtp_client_fail(c, SMTP_FAIL_REPLY, reply);
	else if (needs_reset)
		smtp_client_command_send(c, CLIENT_RSET, "RSET\r\n");
	else
		smtp_client_enter(c, CLIENT_READY);
}

/* An address with a line's end in it would be a command of its own. */
static void
append_address(struct buf *out, struct slice address)
{
	assert(slice_find_byte(address, '\r') == address.len);
	assert(slice_find_byte(address, '\n') == address.len);
	buf_append(out, address);
}
