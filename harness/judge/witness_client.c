/* SPDX-License-Identifier: MIT */
/*
 * Whose a connection of the transcripts is: the relay's when it comes from an
 * address that the scenario says is the relay's, or that the log has named as
 * the interface of a connection.  The log may name it only behind the
 * transcript's word; until then the client is a stranger, who is kept for a
 * while and charged with nothing.
 */
#include "harness/judge/witness_impl.h"

#define ULL(n) ((unsigned long long)(n))

bool
witness_knows(const struct witness *w, const struct ip_address *client)
{
	const struct relay_config *relay = &w->v->plan->relay;

	if (ip_is_none(&relay->interface) ||
	    ip_equal(client, &relay->interface) ||
	    ip_equal(client, &relay->interface_v6))
		return true;
	for (size_t i = 0; i < w->interface_count; i++)
		if (ip_equal(client, &w->interfaces[i]))
			return true;
	return false;
}

void
witness_note_interface(struct witness *w, struct slice name)
{
	struct ip_address ip;

	if (w->interface_count < WITNESS_INTERFACES_MAX &&
	    ip_parse(name, &ip) && !witness_knows(w, &ip))
		w->interfaces[w->interface_count++] = ip;
}

struct pair *
witness_next_seen(const struct witness *w, const struct meeting *m)
{
	LIST_FOREACH(node, &m->seen) {
		struct pair *p = CONTAINER_OF(node, struct pair, node);

		if (witness_knows(w, &p->client))
			return p;
	}
	return NULL;
}

bool
witness_takes_stranger(struct witness *w, const struct ip_address *client)
{
	return witness_knows(w, client) ||
	    w->stranger_count++ < WITNESS_STRANGERS_MAX;
}

void
witness_violation(
    struct witness *w, struct pair *p, const struct transcript_event *ev)
{
	struct charge *c = &w->v->charges[INV_PROTOCOL];
	const char *note = ev->note != NULL ? ev->note : "a violation";
	char span[UTIME_TEXT_MAX];
	struct buf *text = &p->violation;

	if (!witness_knows(w, &p->client) && buf_len(text) > 0)
		return;
	buf_clear(text);
	buf_printf(text, "%s: connection %llu of the transcript, to %s: %s",
	    utime_format_span(ev->time - w->v->plan->start, span),
	    ULL(ev->connection), ev->host, note);
	p->violated_at = ev->time;
	if (!witness_knows(w, &p->client))
		return;
	charge_add(
	    c, ev->time, "the relay obeys RFC 5321", "%s", buf_cstr(text));
	buf_clear(text);
}

void
witness_recognize(struct witness *w, struct pair *p)
{
	if (buf_len(&p->violation) == 0)
		return;
	charge_add(&w->v->charges[INV_PROTOCOL], p->violated_at,
	    "the relay obeys RFC 5321", "%s", buf_cstr(&p->violation));
	buf_clear(&p->violation);
}
