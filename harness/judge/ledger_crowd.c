/* SPDX-License-Identifier: MIT */
/*
 * Connections of a domain that carry mail to a candidate, and what that says of
 * others.  While they do, one that is turned away (delivery.md 46) is no try,
 * and for a while the candidate has no more than those; and a host that is down
 * is waited for (11).  That a connection carries mail is known while it does;
 * whether one without a message was at hand is left open.
 */
#include "harness/judge/ledger_impl.h"

/* A message that takes longer proves nothing of its host. */
#define MESSAGE_PATIENCE UTIME_MINUTE

/* Since when others must have begun their messages: in between it is left
 * open. */
struct proof {
	utime lo, hi;
};

static bool
is_silence(const struct maillog_event *ev)
{
	return slice_eq(ev->details, SLICE("timeout")) ||
	    slice_starts_with(ev->details, SLICE("[Errno 65]")) ||
	    slice_starts_with(ev->details, SLICE("[Errno 49]"));
}

/* A host that is silent must have gone on to a message since it was asked,
 * which was before the connection's line. */
static struct proof
proof_of(const struct ledger *l, const struct ledger_connection *c,
    const struct maillog_event *ev)
{
	struct proof proof = { l->now.lo - MESSAGE_PATIENCE,
		l->now.hi - MESSAGE_PATIENCE };

	if (!is_silence(ev))
		return proof;
	proof.lo = c->opened.lo - ledger_patience(l, c->domain);
	proof.hi = c->opened.hi;
	return proof;
}

static bool
is_busy(struct ledger *l, const struct ledger_connection *c)
{
	const struct ledger_message *m = ledger_message_find(l, c->mid);

	for (size_t i = 0; m != NULL && i < m->recipient_count; i++)
		if (m->recipients[i].state == RECIPIENT_ACTIVE &&
		    m->recipients[i].dcid == c->dcid)
			return true;
	return false;
}

/* Whether the connection, if it is one of the domain to that address, carries
 * mail. */
static enum tried
is_at_work(struct ledger *l, const struct ledger_connection *c,
    const struct ledger_domain *d, const struct ledger_address *a,
    const struct proof *proof)
{
	if (!c->is_open || c->address != a ||
	    (c->domain != NULL && c->domain != d))
		return TRIED_NO;
	if (c->domain == NULL || !is_busy(l, c))
		return TRIED_MAYBE;
	if (c->started.lo >= proof->hi)
		return TRIED_YES;
	return c->started.hi >= proof->lo ? TRIED_MAYBE : TRIED_NO;
}

/* Whether any of them does, but for `own` (or NULL). */
static enum tried
some_at_work(struct ledger *l, const struct ledger_domain *d,
    const struct ledger_address *a, const struct ledger_connection *own,
    const struct proof *proof)
{
	struct ledger_connection *c, *next;
	enum tried found = TRIED_NO;

	HASH_ITER(hh, l->connections, c, next)
	{
		enum tried so =
		    c != own ? is_at_work(l, c, d, a, proof) : TRIED_NO;

		found = so > found ? so : found;
		if (found == TRIED_YES)
			break;
	}
	return found;
}

/* A code that makes what is ready bounce is a verdict on mail. */
static bool
is_verdict(const struct ledger *l, const struct maillog_event *ev)
{
	unsigned code;
	struct slice text;

	return l->plan->relay.delivery.on_5xx_greeting == ON_5XX_BOUNCE &&
	    maillog_details_reply(ev->details, &code, &text) && code >= 500;
}

static enum tried
turned_away_find(struct ledger *l, const struct ledger_connection *c,
    enum failure_kind kind, const struct ledger_seat *s,
    const struct maillog_event *ev)
{
	const struct proof proof = proof_of(l, c, ev);
	bool may_be_down = kind != FAILURE_UP;
	uint64_t others = s->open - c->is_open;
	enum tried found = TRIED_NO;

	if (others > 0 || s->address->unassigned > 0)
		found = some_at_work(l, c->domain, s->address, c, &proof);
	if (found == TRIED_NO && c->domain->blind_until >= l->now.lo)
		return TRIED_MAYBE;
	/* What fails as a host that is down is its probe. */
	if (may_be_down && s->address->now.state == ADDRESS_DOWN)
		return TRIED_NO;
	if (found == TRIED_YES && may_be_down &&
	    s->address->now.state == ADDRESS_MAYBE)
		return TRIED_MAYBE;
	return found;
}

enum tried
crowd_turned_away(struct ledger *l, const struct ledger_connection *c,
    enum failure_kind kind, const struct maillog_event *ev)
{
	const struct relay_delivery *config = &l->plan->relay.delivery;
	struct ledger_seat *s;
	enum tried found;
	size_t seat;

	if (config->on_turned_away == ON_TURNED_AWAY_FAIL ||
	    c->domain == NULL || c->starts > 0 || is_verdict(l, ev))
		return TRIED_NO;
	seat = routing_index(&c->domain->routing, &c->address->at);
	if (seat == SIZE_MAX)
		return TRIED_NO;
	s = &c->domain->seats[seat];
	found = turned_away_find(l, c, kind, s, ev);
	if (found == TRIED_NO)
		return found;
	s->crowd = (struct ledger_turn_away){
		.at = l->now,
		.until_lo = l->now.lo + config->host_retry_initial,
		.until_hi = l->now.hi + config->host_retry_initial,
	};
	/* While it was waited for no other was under way. */
	if (found == TRIED_YES && s->address->unassigned == 0 &&
	    l->now.hi - c->opened.lo < config->slow_after)
		s->crowd.max = s->open - c->is_open;
	return found;
}

uint64_t
ledger_crowd_max(const struct ledger *l, const struct ledger_connection *c)
{
	const struct ledger_domain *d = c->domain;
	size_t seat = routing_index(&d->routing, &c->address->at);
	const struct ledger_turn_away *crowd;

	if (seat == SIZE_MAX)
		return 0;
	crowd = &d->seats[seat].crowd;
	if (crowd->at.line == 0 || c->opened.line < crowd->at.line ||
	    c->opened.hi >= crowd->until_lo ||
	    l->now.hi - c->opened.lo >= l->plan->relay.delivery.slow_after)
		return 0;
	return crowd->max;
}

bool
ledger_is_served(struct ledger *l, const struct ledger_domain *d, size_t seat)
{
	const struct ledger_seat *s = &d->seats[seat];
	/* Begun less than that ago. */
	const struct proof proof = { .hi = l->now.hi - MESSAGE_PATIENCE + 1 };

	return s->open > 0 &&
	    some_at_work(l, d, s->address, NULL, &proof) == TRIED_YES;
}
