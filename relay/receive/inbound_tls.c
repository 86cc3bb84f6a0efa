/* SPDX-License-Identifier: MIT */
/*
 * STARTTLS of a receiving session (RFC 3207), and the certificate that its
 * listener shows: the one of its configuration, or one made on the spot.
 */
#include "core/tls/certificate.h"
#include "relay/receive/inbound_impl.h"

/* For how long a certificate of our own making is good. */
#define MADE_BEFORE UTIME_DAY
#define MADE_AFTER  (3650 * UTIME_DAY)

static struct tls_context *
context_make(struct relay *r, struct slice hostname, struct err *err)
{
	const utime now = world_now(r->world);
	const struct tls_certificate_spec spec = {
		.common_name = hostname,
		.names = &hostname,
		.name_count = 1,
		.from = now - MADE_BEFORE,
		.until = utime_add(now, MADE_AFTER),
	};
	struct tls_context_options options = tls_context_options_default;
	struct tls_identity *own = tls_identity_new(NULL, &spec);
	struct tls_context *made;

	options.identity = own;
	made = tls_context_new_server(&options, err);
	tls_identity_destroy(&own);
	return made;
}

bool
inbound_tls_context(struct relay *r, const struct relay_config *config,
    const struct relay_listener_config *l, struct tls_context **context,
    struct err *err)
{
	struct tls_context_options options = tls_context_options_default;

	*context = NULL;
	if (l->tls.mode == LISTENER_TLS_OFF)
		return true;
	if (l->tls.certificate_path.len == 0) {
		*context = context_make(r, config->hostname, err);
	} else if (l->tls.certificate.len == 0) {
		/* A simulation has no files. */
		err_set(
		    err, "%s cannot be read here", l->tls.certificate_path.at);
	} else {
		options.certificate = l->tls.certificate;
		options.key = l->tls.key;
		*context = tls_context_new_server(&options, err);
	}
	return *context != NULL ||
	    err_prefix(
		err, "the certificate of listener %.*s: ", SLICE_ARG(l->name));
}

unsigned
inbound_extensions(const struct inbound *in)
{
	unsigned extensions = SMTP_EXT_PIPELINING | SMTP_EXT_SIZE |
	    SMTP_EXT_8BITMIME | SMTP_EXT_ENHANCEDSTATUSCODES |
	    SMTP_EXT_SMTPUTF8 | SMTP_EXT_CHUNKING | SMTP_EXT_DSN;

	if (in->listener->tls != NULL && !in->is_tls)
		extensions |= SMTP_EXT_STARTTLS;
	if (inbound_offers_auth(in))
		extensions |= SMTP_EXT_AUTH;
	if (inbound_has_xclient(in))
		extensions |= SMTP_EXT_XCLIENT;
	return extensions;
}

void
inbound_starttls(struct inbound *in)
{
	/* It was offered before a reload that took it away. */
	if (in->listener->tls == NULL) {
		inbound_answer(in, 454, "4.7.0 TLS not available");
		return;
	}
	/* All that was said in clear is forgotten (RFC 3207, 4.2); what was
	 * sent behind the command the session has thrown away. */
	inbound_abort_message(in, SLICE("Receiving aborted by sender"));
	free(in->login);
	in->login = NULL;
	inbound_answer(in, 220, "2.0.0 ready to start TLS");
	in->is_shaking_hands = true;
	stream_start_tls(in->stream, in->listener->tls, NULL);
}

void
inbound_on_secured(void *owner, const struct tls_verdict *verdict)
{
	struct inbound *in = owner;
	struct maillog_event ev = {
		.form = MAILLOG_ICID_TLS_SUCCESS,
		.icid = in->icid,
		.protocol = slice_cstr(verdict->protocol),
		.cipher = slice_cstr(verdict->cipher),
	};

	log_event(&in->relay->log, &ev);
	in->is_shaking_hands = false;
	in->is_tls = true;
	smtp_server_offer(in->server, inbound_extensions(in));
	inbound_pump(in);
}

void
inbound_log_tls_failure(struct inbound *in)
{
	struct maillog_event ev = {
		.form = MAILLOG_ICID_TLS_FAILED,
		.icid = in->icid,
		.error = slice_cstr(stream_tls_failure(in->stream)),
	};

	log_event(&in->relay->log, &ev);
}

bool
inbound_lacks_tls(struct inbound *in)
{
	const struct relay_listener_config *config = in->listener->config;

	if (in->is_tls || config == NULL ||
	    config->tls.mode != LISTENER_TLS_REQUIRED)
		return false;
	inbound_log_icid(in, MAILLOG_ICID_TLS_REQUIRED);
	return true;
}
