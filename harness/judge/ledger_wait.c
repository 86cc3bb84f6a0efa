/* SPDX-License-Identifier: MIT */
/*
 * How long groups wait (delivery.md 10 to 14).  When a wait ends is known to
 * the microsecond if the moment at which it began is, and to a second
 * otherwise.
 */
#include "harness/judge/ledger_impl.h"

/* The wait after so many unsuccessful attempts (delivery.md 10). */
static utime
profile_wait(const struct relay_bounce_profile *profile, uint64_t attempts)
{
	utime wait = profile->initial_wait;

	if (profile->growth == GROWTH_DOUBLE)
		for (uint64_t i = 1; i < attempts && wait < profile->max_wait;
		     i++)
			wait *= 2;
	return wait < profile->max_wait ? wait : profile->max_wait;
}

/* Whether anything of the domain answered the group in its round. */
static enum tried
answered_find(const struct ledger_group *g)
{
	enum tried answered = TRIED_NO;

	for (size_t i = 0; i < g->domain->routing.count; i++) {
		const struct ledger_seat *s = &g->domain->seats[i];
		enum tried up = failed_in_round(g, &s->failed[FAILURE_UP]);

		if (up == TRIED_YES || seats_has(&g->answered, i))
			return TRIED_YES;
		if (up != TRIED_NO ||
		    failed_in_round(g, &s->failed[FAILURE_MAYBE]) != TRIED_NO ||
		    failed_in_round(g, &s->perhaps) != TRIED_NO)
			answered = TRIED_MAYBE;
	}
	return answered;
}

enum tried
ledger_was_soft(const struct ledger_group *g)
{
	if (g->is_soft)
		return TRIED_YES;
	for (size_t i = 0; i < g->domain->routing.count; i++) {
		const struct ledger_seat *s = &g->domain->seats[i];

		/* Of a greeting it is not kept which code it had. */
		if (failed_in_round(g, &s->failed[FAILURE_UP]) != TRIED_NO ||
		    failed_in_round(g, &s->failed[FAILURE_MAYBE]) != TRIED_NO ||
		    failed_in_round(g, &s->perhaps) != TRIED_NO)
			return TRIED_MAYBE;
	}
	return TRIED_NO;
}

/* When the first probe of the domain's hosts is due; where a failure may end
 * the round while others could be tried, it is that of the host that failed,
 * whichever that is. */
static void
probe_find(const struct ledger *l, const struct ledger_group *g,
    struct ledger_wait *wait)
{
	const struct ledger_domain *d = g->domain;
	bool is_first = ledger_fails_over(l);
	utime last = 0;

	wait->probe_lo = wait->probe_hi = UTIME_NEVER;
	for (size_t i = 0; i < d->routing.count; i++) {
		const struct ledger_address *a = d->seats[i].address;
		utime lo = a->now.probe_lo, hi = a->now.probe_hi;

		if (a->now.state == ADDRESS_UP) {
			/* Up again behind its failure in this round. */
			if (ledger_tried(g, i) != TRIED_NO)
				wait->probe_lo = l->now.lo;
			continue;
		}
		if (a->now.state == ADDRESS_MAYBE || lo <= l->now.hi) {
			/* Perhaps another domain's probe is under way, and
			 * the next one due as long behind it. */
			lo = l->now.lo;
			hi = utime_add(l->now.hi,
			    interval_next(
				&l->plan->relay.delivery, a->interval_hi));
		}
		if (lo < wait->probe_lo)
			wait->probe_lo = lo;
		if (hi < wait->probe_hi)
			wait->probe_hi = hi;
		if (hi > last)
			last = hi;
	}
	if (!is_first)
		wait->probe_hi = last;
	wait->may_probe = wait->probe_lo != UTIME_NEVER;
	if (wait->may_probe && wait->probe_hi == UTIME_NEVER)
		wait->probe_hi = l->now.hi;
}

/* What a success cut short goes on, and is all that there is while it must. */
static void
keep_find(const struct ledger *l, const struct ledger_group *g,
    struct ledger_wait *wait)
{
	if (g->is_released == TRIED_NO || l->now.lo >= g->kept_hi)
		return;
	wait->may_keep = true;
	wait->keep_lo = g->kept_lo;
	wait->keep_hi = g->kept_hi;
	wait->fits_keep = wait->till >= utime_second_up(wait->keep_lo) &&
	    wait->till <= utime_second_up(wait->keep_hi);
	if (g->is_released == TRIED_YES && l->now.hi < g->kept_lo)
		wait->may_attempt = wait->may_probe = wait->fits_attempt =
		    wait->fits_probe = false;
}

void
group_wait_find(
    struct ledger *l, struct ledger_group *g, struct ledger_wait *wait)
{
	const struct relay_bounce_profile *profile = ledger_profile(l, g);
	const struct routing *routing = &g->domain->routing;
	enum tried answered = answered_find(g);
	bool down_counts = l->plan->relay.delivery.down_counts;

	wait->profile = profile;
	wait->may_attempt = answered != TRIED_NO || routing->count == 0 ||
	    routing->has_soft || down_counts;
	wait->attempt_lo =
	    l->now.lo + profile_wait(profile, g->attempts_lo + 1);
	wait->attempt_hi =
	    l->now.hi + profile_wait(profile, g->attempts_hi + 1);
	wait->fits_attempt = wait->may_attempt &&
	    wait->till >= utime_second_up(wait->attempt_lo) &&
	    wait->till <= utime_second_up(wait->attempt_hi);
	if (answered != TRIED_YES && !down_counts)
		probe_find(l, g, wait);
	wait->fits_probe = wait->may_probe &&
	    wait->till >= utime_second_up(wait->probe_lo) &&
	    wait->till <= utime_second_up(wait->probe_hi);
	keep_find(l, g, wait);
}

/* What the line's second is narrowed to: what is prescribed, if it is that. */
static void
due_find(struct ledger_group *g, const struct ledger_wait *wait)
{
	utime lo = wait->till - UTIME_S + 1, hi = wait->till;
	utime said_lo = lo, said_hi = hi;

	if (wait->fits_attempt + wait->fits_probe + wait->fits_keep > 1) {
		/* Any of these. */
	} else if (wait->fits_attempt) {
		said_lo = wait->attempt_lo;
		said_hi = wait->attempt_hi;
	} else if (wait->fits_probe) {
		said_lo = wait->probe_lo;
		said_hi = wait->probe_hi;
	} else if (wait->fits_keep) {
		said_lo = wait->keep_lo;
		said_hi = wait->keep_hi;
	}
	g->due_lo = said_lo > lo ? said_lo : lo;
	g->due_hi = said_hi < hi ? said_hi : hi;
}

static enum tried
sure_if(bool is, bool may_be_else)
{
	if (!is)
		return TRIED_NO;
	return may_be_else ? TRIED_MAYBE : TRIED_YES;
}

static void
wait_start(struct ledger *l, struct ledger_group *g)
{
	g->is_waiting = true;
	list_append(&g->domain->waiting, &g->waiting_node);
	heap_insert(&l->waits, &g->due_node, g->due_lo, l->wait_seq++);
}

void
group_wait(
    struct ledger *l, struct ledger_group *g, const struct ledger_wait *wait)
{
	bool fits_other = wait->fits_probe || wait->fits_keep;

	wait_stop(l, g);
	due_find(g, wait);
	if (wait->fits_attempt || !fits_other)
		g->attempts_hi += wait->may_attempt;
	if (!fits_other)
		g->attempts_lo += wait->may_attempt;
	g->is_for_probe =
	    sure_if(wait->fits_probe, wait->fits_attempt || wait->fits_keep);
	g->is_released =
	    sure_if(wait->fits_keep, wait->fits_attempt || wait->fits_probe);
	g->pending_line = l->now.line;
	g->waited = l->now;
	g->may_be_due = false;
	wait_start(l, g);
}

bool
group_resume(struct ledger *l, struct ledger_group *g)
{
	if (g->is_waiting || g->kept_hi <= l->now.hi)
		return false;
	for (size_t i = 0; i < g->message->recipient_count; i++)
		if (g->message->recipients[i].group == g)
			recipient_enter(
			    l, &g->message->recipients[i], RECIPIENT_WAITING);
	g->is_released = TRIED_NO;
	g->due_lo = g->kept_lo;
	g->due_hi = g->kept_hi;
	g->may_be_due = true;
	wait_start(l, g);
	return true;
}

void
wait_stop(struct ledger *l, struct ledger_group *g)
{
	g->is_waiting = false;
	list_remove(&g->waiting_node);
	heap_remove(&l->waits, &g->due_node);
}
