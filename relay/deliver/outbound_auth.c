/* SPDX-License-Identifier: MIT */
/*
 * How a delivery connection logs in before it carries mail, where the domain's
 * route names an SMTP AUTH profile (docs/delivery.md 56, 57).
 */
#include "relay/deliver/outbound_impl.h"
#include "relay/receive/auth.h"

/* A copy that outlives a reload, for as long as the session says it. */
static void
keep_credentials(struct connection *c, const struct relay_auth_profile *profile)
{
	c->auth_name = slice_dup(profile->user);
	c->auth_secret = slice_dup(profile->password);
}

void
outbound_forget_credentials(struct connection *c)
{
	if (c->auth_secret != NULL)
		explicit_bzero(c->auth_secret, strlen(c->auth_secret));
	free(c->auth_name);
	free(c->auth_secret);
	c->auth_name = c->auth_secret = NULL;
}

enum outbound_security
outbound_log_in(struct connection *c)
{
	const struct relay_auth_profile *profile = deliver_auth(c->delivery);
	struct smtp_credentials who;

	if (profile == NULL || c->is_logged_in)
		return OUTBOUND_GOES_ON;
	/* Nobody is told a secret in clear. */
	assert(c->is_secured);
	if (smtp_client_mechanisms(c->client) == 0) {
		outbound_setup_failed(c, STAGE_AUTH, 0,
		    SLICE("neither AUTH PLAIN nor LOGIN is offered"));
		return OUTBOUND_GONE;
	}
	keep_credentials(c, profile);
	who.name = slice_cstr(c->auth_name);
	who.secret = slice_cstr(c->auth_secret);
	smtp_client_auth(c->client, &who, outbound_now(c));
	return OUTBOUND_WAITS;
}

/* Whatever was refused was the relay, and no recipient. */
bool
outbound_on_auth_answer(struct connection *c, const struct smtp_reply *reply)
{
	outbound_forget_credentials(c);
	if (reply->code / 100 == 2) {
		c->is_logged_in = true;
		return true;
	}
	outbound_setup_failed(
	    c, STAGE_AUTH, (unsigned)reply->code, reply->text);
	return false;
}
