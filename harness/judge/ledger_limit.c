/* SPDX-License-Identifier: MIT */
/*
 * What holds mail back by right (delivery.md 40 to 44): connections to a
 * domain's address and to all domains, recipients in a period.  What is under
 * way and has no line yet may count, so that the answers lean towards "held".
 */
#include "harness/judge/ledger_impl.h"

/* ---- connections ---- */

static bool
seat_is_crowded(const struct ledger_domain *d, const struct ledger_seat *s)
{
	return d->controls->limit_type == LIMIT_MX_IP &&
	    s->open >= d->controls->max_host_concurrency;
}

void
limit_count(struct ledger *l, const struct ledger_connection *c, bool is_more)
{
	struct ledger_domain *d = c->domain;
	size_t seat =
	    d != NULL ? routing_index(&d->routing, &c->address->at) : SIZE_MAX;
	struct ledger_seat *s;

	if (d != NULL && d->controls->table_tls != TLS_OFF)
		l->tls_count += is_more ? 1 : UINT64_MAX;
	if (seat == SIZE_MAX)
		return;
	s = &d->seats[seat];
	if (seat_is_crowded(d, s))
		s->crowded = l->now;
	s->open += is_more ? 1 : UINT64_MAX;
	if (seat_is_crowded(d, s))
		s->crowded = l->now;
}

/* Each domain that has mail may have a connection and a probe under way. */
static bool
all_are_crowded(const struct ledger *l, enum ledger_crowd which)
{
	const struct relay_delivery *config = &l->plan->relay.delivery;

	return l->open_count + 2 * l->ready_domains >=
	    (which == CROWD_TLS ? config->tls_concurrency
				: config->concurrency);
}

void
limit_note(struct ledger *l)
{
	for (enum ledger_crowd which = 0; which < CROWDS; which++)
		if (all_are_crowded(l, which))
			l->crowded[which] = l->now;
}

uint64_t
ledger_connections(const struct ledger *l)
{
	return l->open_count;
}

uint64_t
ledger_tls_connections(const struct ledger *l)
{
	return l->tls_count;
}

/* ---- recipients ---- */

static utime
period_of(const struct ledger_domain *d)
{
	return (utime)d->controls->recipient_minutes * UTIME_MINUTE;
}

static bool
has_clock_periods(const struct ledger *l)
{
	return l->plan->relay.delivery.recipient_period == PERIOD_CLOCK;
}

/* The end of the period that begins then. */
static utime
period_end(const struct ledger *l, const struct ledger_domain *d, utime now)
{
	utime period = period_of(d);

	return utime_add(
	    has_clock_periods(l) ? now - now % period : now, period);
}

static void
quota_add(const struct ledger *l, const struct ledger_domain *d,
    struct ledger_quota *q, uint64_t count)
{
	if (l->now.lo >= q->ends)
		q->taken = 0;
	/* Where moments are seconds a period may have begun or not: then what
	 * was taken counts, and the end is that of the new one. */
	if (l->now.hi >= q->may_end) {
		q->may_end = period_end(l, d, l->now.lo);
		q->ends = period_end(l, d, l->now.hi);
	}
	q->taken += count;
}

static struct ledger_quota *
quota_of(const struct ledger_connection *c)
{
	struct ledger_domain *d = c->domain;
	size_t seat;

	if (d == NULL || d->controls->recipient_limit == 0)
		return NULL;
	if (d->controls->limit_type == LIMIT_DOMAIN)
		return &d->quota;
	seat = routing_index(&d->routing, &c->address->at);
	return seat != SIZE_MAX ? &d->seats[seat].quota : NULL;
}

uint64_t
ledger_sent_with(
    struct ledger *l, const struct ledger_connection *c, uint64_t more)
{
	const struct ledger_quota *q = quota_of(c);

	if (q == NULL || l->now.lo != l->now.hi)
		return 0;
	return l->now.hi < q->sure_ends ? q->sure + more : more;
}

void
limit_sent(struct ledger *l, const struct ledger_connection *c,
    const struct ledger_message *m, uint64_t count)
{
	struct ledger_quota *q = quota_of(c);

	if (q == NULL)
		return;
	quota_add(l, c->domain, q, count);
	if (ledger_goes_on(c, m))
		return;
	q->sure = ledger_sent_with(l, c, count);
	if (l->now.hi >= q->sure_ends)
		q->sure_ends = period_end(l, c->domain, l->now.lo);
}

void
limit_forget(struct ledger_domain *d)
{
	d->quota.sure = 0;
	for (size_t i = 0; i < d->routing.count; i++)
		d->seats[i].quota.sure = 0;
}

/* ---- what follows ---- */

static utime
quota_holds_until(const struct ledger_domain *d, const struct ledger_quota *q)
{
	uint64_t limit = d->controls->recipient_limit;

	return limit > 0 && q->taken >= limit ? q->ends : 0;
}

/* Until when nobody knows what the domain does; 0: that was never so. */
static utime
unknown_until(const struct ledger_domain *d)
{
	return d->blind_until > d->leapt_until ? d->blind_until
					       : d->leapt_until;
}

bool
ledger_seat_may_be_held(const struct ledger_domain *d, size_t seat, utime since)
{
	const struct ledger_seat *s = &d->seats[seat];

	if (unknown_until(d) > 0 && unknown_until(d) >= since)
		return true;
	if (s->crowd.at.line > 0 && s->crowd.until_hi >= since)
		return true;
	if (d->controls->limit_type == LIMIT_DOMAIN)
		return quota_holds_until(d, &d->quota) >= since;
	return seat_is_crowded(d, s) ||
	    (s->crowded.line > 0 && s->crowded.hi >= since) ||
	    quota_holds_until(d, &s->quota) >= since;
}

utime
ledger_held_until(const struct ledger *l, const struct ledger_domain *d)
{
	utime until = quota_holds_until(d, &d->quota);

	if (unknown_until(d) > until)
		until = unknown_until(d);
	for (enum ledger_crowd which = 0; which < CROWDS; which++) {
		const struct ledger_moment *last = &l->crowded[which];

		if (which == CROWD_TLS && d->controls->table_tls == TLS_OFF)
			continue;
		if (all_are_crowded(l, which))
			return UTIME_NEVER;
		if (last->line > 0 && last->hi > until)
			until = last->hi;
	}
	for (size_t i = 0; i < d->routing.count; i++) {
		utime seat = quota_holds_until(d, &d->seats[i].quota);

		if (seat > until)
			until = seat;
	}
	return until;
}
