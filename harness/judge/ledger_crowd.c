/* SPDX-License-Identifier: MIT */
/*
 * Connections that are turned away while others of the domain to the same
 * candidate carry mail (delivery.md 46): nobody has tried the candidate by
 * them, and for a while it has no more connections than those.  That a
 * connection carries mail is known while it does; whether one without a message
 * was at hand is left open.
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

/* Whether the other connection carries mail of the domain there. */
static enum tried
is_at_work(struct ledger *l, const struct ledger_connection *c,
    const struct ledger_connection *other, const struct proof *proof)
{
	if (other == c || !other->is_open || other->address != c->address ||
	    (other->domain != NULL && other->domain != c->domain))
		return TRIED_NO;
	if (other->domain == NULL || !is_busy(l, other))
		return TRIED_MAYBE;
	if (other->started.lo >= proof->hi)
		return TRIED_YES;
	return other->started.hi >= proof->lo ? TRIED_MAYBE : TRIED_NO;
}

static enum tried
others_at_work(struct ledger *l, const struct ledger_connection *c,
    const struct maillog_event *ev)
{
	const struct proof proof = proof_of(l, c, ev);
	struct ledger_connection *other, *next;
	enum tried found = TRIED_NO;

	HASH_ITER(hh, l->connections, other, next)
	{
		enum tried so = is_at_work(l, c, other, &proof);

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
	bool may_be_down = kind != FAILURE_UP;
	uint64_t others = s->open - c->is_open;
	enum tried found = TRIED_NO;

	if (others > 0 || s->address->unassigned > 0)
		found = others_at_work(l, c, ev);
	if (found == TRIED_NO && c->domain->blind_until > 0)
		return TRIED_MAYBE;
	/* What fails as a host that is down is its probe. */
	if (may_be_down && s->address->now.state == ADDRESS_DOWN)
		return TRIED_NO;
	if (found == TRIED_YES &&
	    (l->is_doubted ||
		(may_be_down && s->address->now.state == ADDRESS_MAYBE)))
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
