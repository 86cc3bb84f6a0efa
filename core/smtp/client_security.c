/* SPDX-License-Identifier: MIT */
/*
 * How a session becomes secure and known: STARTTLS (RFC 3207) and AUTH (RFC
 * 4954); see client_impl.h.
 */
#include "core/base/base64.h"
#include "core/smtp/client_impl.h"

/* RFC 5321, 4.5.3.1.4: with its end. */
#define COMMAND_LINE_MAX 512

/* ---- STARTTLS ---- */

void
smtp_client_starttls(struct smtp_client *c, utime now)
{
	assert(c->state == CLIENT_READY);
	assert((c->extensions & SMTP_EXT_STARTTLS) != 0);
	c->now = now;
	smtp_client_command_send(c, CLIENT_STARTTLS, "STARTTLS\r\n");
}

/* What comes along with the 220 was slipped in: nothing of it may count as said
 * under TLS (CVE-2011-0411). */
void
smtp_client_on_starttls(struct smtp_client *c, const struct smtp_reply *reply)
{
	struct slice behind = buf_slice(&c->in);

	if (smtp_client_is_421(reply)) {
		smtp_client_fail(c, SMTP_FAIL_REPLY, reply);
	} else if (smtp_client_judge(reply, 2) == VERDICT_MEANINGLESS) {
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
	} else if (reply->code != 220) {
		smtp_client_push(c, SMTP_CLIENT_ANSWER, reply);
		smtp_client_enter(c, CLIENT_READY);
	} else if (behind.len > 0) {
		const struct smtp_reply slipped_in = {
			.text = SLICE("input behind the reply to STARTTLS"),
		};

		smtp_client_enter(c, CLIENT_TLS);
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, &slipped_in);
	} else {
		smtp_client_push(c, SMTP_CLIENT_STARTTLS, reply);
		smtp_client_enter(c, CLIENT_TLS);
	}
}

/* RFC 3207, 4.2: all that was learnt before is forgotten. */
void
smtp_client_secured(struct smtp_client *c, utime now)
{
	assert(c->state == CLIENT_TLS);
	c->now = now;
	c->is_secured = true;
	c->extensions = c->mechanisms = 0;
	c->size_max = 0;
	smtp_client_hello_send(c);
}

/* ---- AUTH ---- */

unsigned
smtp_client_mechanisms(const struct smtp_client *c)
{
	return c->mechanisms;
}

/* "authorization NUL name NUL secret", as oneself (RFC 4616, 2). */
static void
append_plain(struct buf *out, const struct smtp_credentials *who)
{
	struct buf message = { 0 };

	buf_append_byte(&message, '\0');
	buf_append(&message, who->name);
	buf_append_byte(&message, '\0');
	buf_append(&message, who->secret);
	base64_encode(out, buf_slice(&message));
	buf_fini(&message);
}

static void
auth_send(struct smtp_client *c, struct slice word)
{
	buf_append(&c->out, word);
	buf_append(&c->out, SLICE("\r\n"));
	smtp_client_await(c, CLIENT_AUTH, 0);
}

/* PLAIN is one command, unless its line would be too long. */
static void
plain_begin(struct smtp_client *c)
{
	struct buf line = { 0 };

	buf_append_cstr(&line, "AUTH PLAIN ");
	append_plain(&line, &c->credentials);
	c->auth_step = AUTH_DONE;
	if (buf_len(&line) + 2 > COMMAND_LINE_MAX) {
		buf_clear(&line);
		buf_append_cstr(&line, "AUTH PLAIN");
		c->auth_step = AUTH_PLAIN;
	}
	auth_send(c, buf_slice(&line));
	buf_fini(&line);
}

void
smtp_client_auth(
    struct smtp_client *c, const struct smtp_credentials *who, utime now)
{
	assert(c->state == CLIENT_READY);
	assert(c->is_secured);
	assert(c->mechanisms != 0);
	c->now = now;
	c->credentials = *who;
	if ((c->mechanisms & SMTP_AUTH_PLAIN) != 0) {
		plain_begin(c);
		return;
	}
	c->auth_step = AUTH_NAME;
	auth_send(c, SLICE("AUTH LOGIN"));
}

/* The host asks for more. */
static void
auth_go_on(struct smtp_client *c)
{
	struct buf line = { 0 };

	switch (c->auth_step) {
	case AUTH_PLAIN:
		append_plain(&line, &c->credentials);
		c->auth_step = AUTH_DONE;
		break;
	case AUTH_NAME:
		base64_encode(&line, c->credentials.name);
		c->auth_step = AUTH_SECRET;
		break;
	case AUTH_SECRET:
		base64_encode(&line, c->credentials.secret);
		c->auth_step = AUTH_DONE;
		break;
	case AUTH_DONE:
		break;
	}
	auth_send(c, buf_slice(&line));
	buf_fini(&line);
}

void
smtp_client_on_auth(struct smtp_client *c, const struct smtp_reply *reply)
{
	bool asks = smtp_client_judge(reply, 3) == VERDICT_ACCEPTED;

	if (smtp_client_is_421(reply)) {
		smtp_client_fail(c, SMTP_FAIL_REPLY, reply);
	} else if (asks && c->auth_step != AUTH_DONE) {
		auth_go_on(c);
	} else if (reply->code / 100 == 3) {
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, reply);
	} else {
		c->credentials = (struct smtp_credentials){ 0 };
		smtp_client_push(c, SMTP_CLIENT_ANSWER, reply);
		smtp_client_enter(c, CLIENT_READY);
	}
}
