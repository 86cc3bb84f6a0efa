/* SPDX-License-Identifier: MIT */
/*
 * What outlives the relay's end: messages, and the waits that are on record.
 * Connections, rounds, cursors and what was known of hosts do not.  In a
 * scenario whose timeline ends the relay a "Begin Logfile" is its new start
 * (elsewhere a log that was rolled over); "End Logfile" before it says that
 * nothing was lost.
 *
 * What the log tells may have come to the disk or not when a crash came
 * within 10 ms and two syncs, or while the disk refused writes, which the log
 * says.  Such recipients may come back.  So may a message whose sync was under
 * way: it was written, and nobody had been told yet.
 */
#include "harness/judge/ledger_impl.h"

/* So long what has become of a message may wait to be written. */
#define RECORD_LINGER (10 * UTIME_MS)

static void crash(struct ledger *l);
static void message_restart(struct ledger *l, struct ledger_message *m);

/* So long it may be on its way to the disk: the sync that is under way comes
 * first. */
static utime
record_span(const struct ledger *l)
{
	return RECORD_LINGER + 2 * l->plan->sync_time;
}

void
on_queue_refuses(struct ledger *l, const struct maillog_event *ev)
{
	(void)ev;
	if (l->refused.line == 0)
		l->refused = l->now;
}

void
on_queue_accepts(struct ledger *l, const struct maillog_event *ev)
{
	(void)ev;
	l->refused = (struct ledger_moment){ 0 };
	mid_ranges_clear(&l->unrecorded);
}

void
on_end_logfile(struct ledger *l, const struct maillog_event *ev)
{
	(void)ev;
	if (l->refused.line == 0)
		mid_ranges_clear(&l->unrecorded);
	l->is_ended = true;
}

void
ended_note(struct ledger *l, uint64_t mid)
{
	if (!l->plan->relay_starts_again)
		return;
	if (l->refused.line == 0 && l->ended_at.hi + record_span(l) < l->now.lo)
		mid_ranges_clear(&l->unrecorded);
	l->ended_at = l->now;
	mid_ranges_add(&l->unrecorded, mid);
}

void
on_begin_logfile(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_entry entry = { .kind = LEDGER_RESTARTED, .line = ev };
	struct ledger_message *m, *next;

	if (!l->plan->relay_starts_again || l->now.line == 1)
		return;
	ledger_tell(l, &entry);
	if (!l->is_ended || l->refused.line > 0)
		crash(l);
	connections_drop(l);
	HASH_ITER(hh, l->messages, m, next)
	message_restart(l, m);
	l->is_ended = l->is_suspended = false;
	l->refused = (struct ledger_moment){ 0 };
}

/* ---- what a crash loses ---- */

/* The last moment from which on nothing is sure to be on disk. */
static utime
unsure_since(const struct ledger *l)
{
	utime since = UTIME_NEVER;

	for (size_t i = 0; i < l->plan->step_count; i++) {
		const struct plan_step *step = &l->plan->steps[i];
		utime at = utime_add(l->plan->start, step->at);

		if (step->kind == PLAN_STEP_RELAY &&
		    step->order == RELAY_CRASH && at <= l->now.hi)
			since = at;
	}
	if (l->refused.line > 0 && l->refused.lo < since)
		since = l->refused.lo;
	return since != UTIME_NEVER ? since - record_span(l) : since;
}

static void
recipient_return(struct ledger *l, struct ledger_recipient *r)
{
	uint64_t *counts[] = {
		[RECIPIENT_DELIVERED] = &l->counts.delivered,
		[RECIPIENT_BOUNCED] = &l->counts.bounced,
		[RECIPIENT_DELETED] = &l->counts.deleted,
	};

	--*counts[r->state];
	r->group->message->delivered -= r->state == RECIPIENT_DELIVERED;
	r->group->message->open++;
	r->group->open++;
	/* As if its round had not brought it to an end. */
	r->state = RECIPIENT_ACTIVE;
	r->moment = l->now;
}

static void
message_unsure(struct ledger *l, struct ledger_message *m, utime since)
{
	for (size_t i = 0; i < m->recipient_count; i++)
		if (m->recipients[i].state >= RECIPIENT_DELIVERED &&
		    m->recipients[i].moment.hi >= since)
			recipient_return(l, &m->recipients[i]);
	for (struct ledger_group *g = m->groups; g != NULL; g = g->next)
		if (g->is_waiting && g->waited.hi >= since)
			g->may_be_due = true;
}

static void
crash(struct ledger *l)
{
	utime since = unsure_since(l);
	struct ledger_message *m, *next;

	HASH_ITER(hh, l->messages, m, next)
	message_unsure(l, m, since);
	if (l->ended_at.hi < since)
		mid_ranges_clear(&l->unrecorded);
	for (size_t i = 0; i < l->unrecorded.count; i++)
		for (uint64_t mid = l->unrecorded.at[i].first;
		     mid <= l->unrecorded.at[i].last; mid++)
			mid_ranges_add(&l->lost, mid);
	mid_ranges_clear(&l->unrecorded);
}

/* ---- what ends with any end ---- */

static void
domain_restart(void *owner, struct ledger_domain *d)
{
	struct ledger *l = owner;

	d->open_count = 0;
	limit_forget(d);
	d->active = l->now;
	for (size_t i = 0; i < d->routing.count; i++) {
		memset(d->seats[i].failed, 0, sizeof(d->seats[i].failed));
		d->seats[i].perhaps = (struct ledger_moment){ 0 };
		d->seats[i].crowd = (struct ledger_turn_away){ 0 };
		d->seats[i].open = 0;
	}
}

void
connections_drop(struct ledger *l)
{
	struct ledger_connection *c, *c_next;
	struct ledger_address *a, *a_next;

	HASH_ITER(hh, l->connections, c, c_next)
	{
		HASH_DEL(l->connections, c);
		free(c);
	}
	HASH_ITER(hh, l->addresses, a, a_next)
	{
		a->now = (struct address_sight){ .changed = l->now };
		a->interval_lo = a->interval_hi = 0;
		a->fresh = a->unassigned = 0;
	}
	l->open_count = l->tls_count = 0;
	ledger_domains(l, domain_restart, l);
}

/* A new round, unless the wait of the last is on record. */
static void
group_restart(struct ledger *l, struct ledger_group *g)
{
	struct ledger_message *m = g->message;

	/* Not on record: what it waits for, and whether it was released. */
	if (g->is_waiting && g->is_for_probe == TRIED_YES)
		g->is_for_probe = TRIED_MAYBE;
	if (g->is_waiting)
		g->is_released = TRIED_NO;
	if (g->open == 0 || (g->is_waiting && !g->may_be_due))
		return;
	if (g->is_waiting)
		g->attempts_lo = 0;
	else if (!group_resume(l, g))
		group_begin_again(l, g);
	for (size_t i = 0; i < m->recipient_count; i++)
		if (m->recipients[i].group == g &&
		    m->recipients[i].state == RECIPIENT_ACTIVE)
			recipient_enter(l, &m->recipients[i], RECIPIENT_READY);
}

static void
message_restart(struct ledger *l, struct ledger_message *m)
{
	if (m->accepted.line == 0) {
		if (!l->is_ended && l->plan->sync_time > 0)
			mid_ranges_add(&l->lost, m->mid);
		message_free(l, m);
		return;
	}
	for (struct ledger_group *g = m->groups; g != NULL; g = g->next)
		group_restart(l, g);
}
