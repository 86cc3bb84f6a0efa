/* SPDX-License-Identifier: MIT */
/*
 * How the failure of a host is told: its words, and the end of a connection
 * that never carried mail.
 */
#include "relay/deliver/outbound_impl.h"

struct slice
outbound_failure_text(
    const struct connection *c, const struct smtp_client_event *ev)
{
	switch (ev->failure) {
	case SMTP_FAIL_REPLY:
	case SMTP_FAIL_GARBAGE:
		return ev->reply.text;
	case SMTP_FAIL_TIMEOUT:
		return SLICE("timeout");
	case SMTP_FAIL_EOF:
		return SLICE("EOF");
	case SMTP_FAIL_NETWORK:
		/* Whatever breaks a handshake looks like this. */
		return slice_cstr(net_failure_text(
		    ev->stage == STAGE_TLS ? NET_TLS : c->why));
	}
	return SLICE("");
}

/* A refusal of the host as a whole is no verdict on a message. */
static bool
is_answer(const struct connection *c, const struct smtp_client_event *ev)
{
	return ev->failure == SMTP_FAIL_REPLY &&
	    (c->state != CONNECTION_BUSY || ev->reply.code < 500);
}

struct slice
outbound_nonsense_text(const struct connection *c,
    const struct smtp_client_event *ev, struct buf *out)
{
	if (ev->reply.code == 0 || is_answer(c, ev))
		return (struct slice){ 0 };
	buf_printf(out, "%d %.*s", ev->reply.code, SLICE_ARG(ev->reply.text));
	return buf_slice(out);
}

/* The address it was sent from; before it stands, the one configured. */
static const struct ip_address *
interface_of(const struct connection *c)
{
	static const struct ip_address any = { .family = 4 };
	const struct ip_address *ip = &stream_local(c->stream)->ip;
	const struct relay_config *config = outbound_relay(c)->config;

	if (ip_is_none(ip))
		ip = c->host->at.ip.family == config->interface_v6.family
		    ? &config->interface_v6
		    : &config->interface;
	return ip_is_none(ip) ? &any : ip;
}

void
outbound_host_failed(struct connection *c, enum smtp_stage stage, bool is_down,
    unsigned code, struct slice text, bool is_smtp)
{
	struct delivery *d = c->delivery;
	const struct log_host_failure failure = {
		.dcid = c->dcid,
		.domain = slice_cstr(d->domain->name),
		.at = &c->host->at,
		.interface = interface_of(c),
		.code = code,
		.text = text,
		.is_smtp = is_smtp,
	};

	deliver_host_failed(d, c, stage, is_down, &failure);
	stream_close(c->stream);
	deliver_connection_closed(d, c);
	outbound_free(c);
}

void
outbound_setup_failed(struct connection *c, enum smtp_stage stage,
    unsigned code, struct slice text)
{
	outbound_host_failed(c, stage, false, code, text, code != 0);
}
