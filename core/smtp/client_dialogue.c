/* SPDX-License-Identifier: MIT */
/*
 * What the client says and what each reply means before, between and behind
 * messages; see client_impl.h.
 */
#include "core/smtp/client_impl.h"

#include "core/smtp/extension.h"

static void refuse_host(struct smtp_client *c, const struct smtp_reply *reply);
static void hello_send(
    struct smtp_client *c, enum client_state to, const char *verb);

void
smtp_client_on_greeting(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_client_judge(reply, 2) == VERDICT_ACCEPTED)
		hello_send(c, CLIENT_EHLO, "EHLO ");
	else
		refuse_host(c, reply);
}

/* Only a host that knows no EHLO is asked again (RFC 5321, 3.2). */
void
smtp_client_on_ehlo(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_client_judge(reply, 2) == VERDICT_ACCEPTED) {
		smtp_extensions_read(reply->text, &c->extensions, &c->size_max);
		c->mechanisms = smtp_mechanisms_read(reply->text);
		smtp_client_enter(c, CLIENT_READY);
	} else if (reply->code >= 500 && !smtp_client_is_421(reply) &&
	    !c->options.must_ehlo) {
		hello_send(c, CLIENT_HELO, "HELO ");
	} else {
		refuse_host(c, reply);
	}
}

void
smtp_client_on_helo(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_client_judge(reply, 2) == VERDICT_ACCEPTED)
		smtp_client_enter(c, CLIENT_READY);
	else
		refuse_host(c, reply);
}

/* A host may end an idle session with a 421 (RFC 5321, 3.8). */
void
smtp_client_on_unasked(struct smtp_client *c, const struct smtp_reply *reply)
{
	smtp_client_fail(c,
	    smtp_client_is_421(reply) ? SMTP_FAIL_REPLY : SMTP_FAIL_GARBAGE,
	    reply);
}

void
smtp_client_on_rset(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_client_judge(reply, 2) == VERDICT_ACCEPTED)
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

void
smtp_client_command_send(
    struct smtp_client *c, enum client_state to, const char *line)
{
	buf_append_cstr(&c->out, line);
	smtp_client_await(c, to, 0);
}

/* "EHLO name" or "HELO name". */
static void
hello_send(struct smtp_client *c, enum client_state to, const char *verb)
{
	buf_append_cstr(&c->out, verb);
	buf_append(&c->out, c->options.helo_name);
	buf_append(&c->out, SLICE("\r\n"));
	smtp_client_await(c, to, 0);
}

void
smtp_client_hello_send(struct smtp_client *c)
{
	hello_send(c, CLIENT_EHLO, "EHLO ");
}

enum client_verdict
smtp_client_judge(const struct smtp_reply *reply, int class_wanted)
{
	if (reply->code >= 400)
		return VERDICT_REFUSED;
	if (reply->code / 100 != class_wanted)
		return VERDICT_MEANINGLESS;
	/* Nothing is below 2xx, so that only 3xx can hide another class. */
	if (class_wanted == 3 && reply->mixed)
		return VERDICT_MEANINGLESS;
	return VERDICT_ACCEPTED;
}

bool
smtp_client_is_421(const struct smtp_reply *reply)
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
