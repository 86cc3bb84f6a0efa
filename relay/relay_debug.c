/* SPDX-License-Identifier: MIT */
/*
 * Debug logs on request: the conversations with one domain, with the clients of
 * one network, or all (docs/operating.md).  Each is a file of its own; nothing
 * of it is in the mail log.
 */
#include "relay/operate/conversation.h"
#include "relay/relay_impl.h"

/* A conversation that is being logged; to whom is said by `logs`. */
struct trace {
	struct relay *relay; /* borrowed */
	struct conversation conversation;
	bool is_inbound;
	uint64_t id; /* ICID or DCID */
	char peer[IP_TEXT_MAX];
	unsigned logs; /* bits 1 << enum relay_side_log */
};

static void on_line(
    void *owner, enum conversation_side side, struct slice line);

static struct trace *
trace_new(struct relay *r, bool is_inbound, uint64_t id,
    const struct ip_address *peer, unsigned logs)
{
	struct trace *t;

	if (logs == 0 || r->hooks.on_side_line == NULL)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->relay = r;
	t->is_inbound = is_inbound;
	t->id = id;
	(void)ip_format(peer, t->peer);
	t->logs = logs;
	t->conversation.owner = t;
	t->conversation.on_line = on_line;
	return t;
}

/* Whether one more session is wanted. */
static bool
take_session(const struct relay_debug *wanted, uint32_t *taken)
{
	if (*taken >= wanted->sessions)
		return false;
	++*taken;
	return true;
}

struct trace *
trace_outbound(struct relay *r, const char *domain, uint64_t dcid,
    const struct ip_address *peer)
{
	const struct relay_config *c = r->config;
	unsigned logs = 0;

	if (c->conversation_log.len > 0)
		logs |= 1U << SIDE_CONVERSATION;
	if (slice_eq_nocase(c->domain_debug.domain, slice_cstr(domain)) &&
	    take_session(&c->domain_debug, &r->domain_debugged))
		logs |= 1U << SIDE_DOMAIN_DEBUG;
	return trace_new(r, false, dcid, peer, logs);
}

struct trace *
trace_inbound(struct relay *r, uint64_t icid, const struct ip_address *peer)
{
	const struct relay_config *c = r->config;
	unsigned logs = 0;

	if (c->conversation_log.len > 0)
		logs |= 1U << SIDE_CONVERSATION;
	if (c->injection_debug.log.len > 0 &&
	    ip_network_contains(&c->injection_debug.client, peer) &&
	    take_session(&c->injection_debug, &r->injection_debugged))
		logs |= 1U << SIDE_INJECTION_DEBUG;
	return trace_new(r, true, icid, peer, logs);
}

void
trace_feed(struct trace *t, enum conversation_side side, struct slice bytes)
{
	if (t != NULL)
		conversation_feed(&t->conversation, side, bytes);
}

void
trace_destroy(struct trace **tp)
{
	struct trace *t = *tp;

	*tp = NULL;
	if (t == NULL)
		return;
	conversation_fini(&t->conversation);
	free(t);
}

/* ---- the lines ---- */

static void
write_line(struct trace *t, enum relay_side_log log, enum maillog_form form,
    struct slice text)
{
	struct relay *r = t->relay;
	struct buf line = { 0 };
	const struct maillog_event ev = {
		.form = form,
		.time = world_now(r->world),
		.icid = t->id,
		.dcid = t->id,
		.address = slice_cstr(t->peer),
		.text = text,
		.escaped = true,
	};

	maillog_format(&line, &ev);
	r->hooks.on_side_line(r->hooks.owner, log, buf_slice(&line));
	buf_fini(&line);
}

/* We are the client of those whom we deliver to. */
static void
on_line(void *owner, enum conversation_side side, struct slice line)
{
	struct trace *t = owner;
	bool is_ours = (side == SIDE_CLIENT) != t->is_inbound;
	struct buf plain = { 0 }, whole = { 0 }, ended = { 0 };

	conversation_quote(line, &plain);
	buf_append(&whole, line);
	buf_append_cstr(&whole, "\r\n");
	conversation_quote(buf_slice(&whole), &ended);
	if ((t->logs & 1U << SIDE_DOMAIN_DEBUG) != 0)
		write_line(t, SIDE_DOMAIN_DEBUG,
		    is_ours ? MAILLOG_DEBUG_SENT : MAILLOG_DEBUG_RCVD,
		    buf_slice(&plain));
	for (enum relay_side_log log = SIDE_INJECTION_DEBUG;
	     log <= SIDE_CONVERSATION; log++)
		if ((t->logs & 1U << log) != 0)
			write_line(t, log,
			    is_ours ? MAILLOG_DEBUG_SENT_TO
				    : MAILLOG_DEBUG_RCVD_FROM,
			    buf_slice(&ended));
	buf_fini(&plain);
	buf_fini(&whole);
	buf_fini(&ended);
}
