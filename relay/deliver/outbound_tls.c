/* SPDX-License-Identifier: MIT */
/*
 * How a delivery connection becomes secure before it carries mail, as the
 * domain's destination controls want it: table_tls (docs/delivery.md 50-55).
 */
#include "relay/deliver/outbound_impl.h"

static enum relay_tls_mode
mode_of(const struct connection *c)
{
	return c->delivery->controls->table_tls;
}

/* AUTH is said under TLS only, so that a profile needs it whatever the mode. */
static bool
is_required(const struct connection *c)
{
	return mode_of(c) == TLS_REQUIRE || mode_of(c) == TLS_REQUIRE_VERIFY ||
	    deliver_auth(c->delivery) != NULL;
}

static bool
verifies(const struct connection *c)
{
	return mode_of(c) == TLS_ON_VERIFY || mode_of(c) == TLS_REQUIRE_VERIFY;
}

/* Mail goes to nobody else. */
static bool
needs_verified(const struct connection *c)
{
	return mode_of(c) == TLS_REQUIRE_VERIFY ||
	    (mode_of(c) == TLS_ON_VERIFY &&
		outbound_relay(c)->config->delivery.tls_unverified ==
		    TLS_UNVERIFIED_NEXT);
}

/* After a handshake with the host has failed, mail that may go in clear does,
 * if the configuration says so (D10). */
static bool
falls_back(const struct connection *c)
{
	return !is_required(c) && c->host->is_tls_broken &&
	    outbound_relay(c)->config->delivery.tls_fallback ==
	    TLS_FALLBACK_CLEAR;
}

static void
log_failed(struct connection *c, struct slice why)
{
	struct maillog_event ev = {
		.form = MAILLOG_DCID_TLS_FAILED,
		.dcid = c->dcid,
		.error = why,
	};

	log_event(&outbound_relay(c)->log, &ev);
}

static void
log_unsupported(struct connection *c)
{
	struct maillog_event ev = {
		.form = MAILLOG_DCID_STARTTLS_UNSUPPORTED,
		.dcid = c->dcid,
	};

	log_event(&outbound_relay(c)->log, &ev);
}

static void
log_required(struct connection *c)
{
	char address[IP_TEXT_MAX];
	struct maillog_event ev = {
		.form = MAILLOG_DCID_TLS_REQUIRED,
		.dcid = c->dcid,
		.address = slice_cstr(ip_format(&c->host->at.ip, address)),
	};

	log_event(&outbound_relay(c)->log, &ev);
}

static void
log_success(struct connection *c, const struct tls_verdict *verdict)
{
	struct maillog_event ev = {
		.form = MAILLOG_DCID_TLS_SUCCESS,
		.dcid = c->dcid,
		.protocol = slice_cstr(verdict->protocol),
		.cipher = slice_cstr(verdict->cipher),
	};

	/* Nobody is named whose name was not looked at. */
	if (verifies(c) && verdict->is_verified)
		ev.cn = slice_cstr(verdict->name);

	log_event(&outbound_relay(c)->log, &ev);
}

enum outbound_security
outbound_secure(struct connection *c)
{
	unsigned extensions = smtp_client_extensions(c->client);

	if (c->is_secured || falls_back(c) ||
	    (mode_of(c) == TLS_OFF && !is_required(c)))
		return OUTBOUND_GOES_ON;
	if (c->starttls_refused) {
		if (!is_required(c))
			return OUTBOUND_GOES_ON;
		log_required(c);
		outbound_setup_failed(c, STAGE_STARTTLS, c->starttls_code,
		    buf_slice(&c->response));
		return OUTBOUND_GONE;
	}
	if ((extensions & SMTP_EXT_STARTTLS) != 0) {
		smtp_client_starttls(c->client, outbound_now(c));
		return OUTBOUND_WAITS;
	}
	log_unsupported(c);
	if (!is_required(c))
		return OUTBOUND_GOES_ON;
	log_required(c);
	outbound_setup_failed(
	    c, STAGE_STARTTLS, 0, SLICE("STARTTLS command not supported"));
	return OUTBOUND_GONE;
}

void
outbound_on_starttls(struct connection *c)
{
	const struct relay_config *config = outbound_relay(c)->config;
	const struct tls_peer peer = {
		.name = slice_cstr(c->host_name),
		.ip = &c->host->at.ip,
	};

	assert(config->tls_context != NULL);
	stream_start_tls(c->stream, config->tls_context, &peer);
}

/* 454 and the like: nothing has begun, and the session stands. */
void
outbound_on_starttls_refused(
    struct connection *c, const struct smtp_reply *reply)
{
	c->starttls_refused = true;
	c->starttls_code = (unsigned)reply->code;
	buf_clear(&c->response);
	buf_append(&c->response, reply->text);
	log_failed(c, SLICE("STARTTLS unexpected response"));
}

/* Behind the 220 there is no way back on this connection. */
void
outbound_on_handshake_failed(struct connection *c, struct slice why)
{
	const char *words = stream_tls_failure(c->stream);

	c->host->is_tls_broken = true;
	log_failed(c, words[0] != '\0' ? slice_cstr(words) : why);
	if (is_required(c))
		log_required(c);
}

void
outbound_on_secured(void *owner, const struct tls_verdict *verdict)
{
	struct connection *c = owner;
	struct buf why = { 0 };

	c->host->is_tls_broken = false;
	if (!verdict->is_verified && needs_verified(c)) {
		buf_printf(&why, "verify error: %s", verdict->why);
		log_failed(c, buf_slice(&why));
		if (is_required(c))
			log_required(c);
		outbound_setup_failed(c, STAGE_TLS, 0, buf_slice(&why));
		buf_fini(&why);
		return;
	}
	log_success(c, verdict);
	c->is_secured = true;
	smtp_client_secured(c->client, outbound_now(c));
	outbound_pump(c);
}
