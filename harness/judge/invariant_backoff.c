/* SPDX-License-Identifier: MIT */
/*
 * Back-off: no round before its time, none after expiry, none missed.  The
 * ledger knows when each wait ends (ledger_round.c); here is what must not
 * happen before, then, or fail to happen behind it.
 */
#include "harness/judge/invariant.h"

#define ULL(n) ((unsigned long long)(n))

/* Beyond the patience with a silent host: a round that shows nothing for so
 * long was missed. */
#define GRACE UTIME_S

static const char *
span_text(const struct invariants *v, utime at, char *text)
{
	return utime_format_span(
	    at > v->plan->start ? at - v->plan->start : 0, text);
}

/* ---- too early, too late ---- */

static bool
began_expired(const struct invariants *v, const struct ledger_group *g)
{
	return g->rounds > 1 &&
	    g->round.lo - g->message->accepted.hi >=
	    ledger_profile(v->ledger, g)->max_time;
}

static void
start_check(struct invariants *v, const struct ledger_entry *entry,
    const struct ledger_group *g)
{
	char due[UTIME_TEXT_MAX], age[UTIME_TEXT_MAX], max[UTIME_TEXT_MAX];
	utime max_time = ledger_profile(v->ledger, g)->max_time;

	if (g->is_waiting && g->may_be_due)
		return;
	if (ledger_is_suspended(v->ledger))
		invariant_fail(v, INV_BACK_OFF, &entry->moment,
		    "no message is sent while an operator has suspended "
		    "deliveries",
		    "DCID %llu carries MID %llu", ULL(entry->line->dcid),
		    ULL(g->message->mid));
	else if (g->is_waiting)
		invariant_fail(v, INV_BACK_OFF, &entry->moment,
		    "a waiting message is sent when its wait is over, not "
		    "before",
		    "DCID %llu carries MID %llu, which waits until %s (line "
		    "%llu)",
		    ULL(entry->line->dcid), ULL(g->message->mid),
		    span_text(v, g->due_lo, due), ULL(g->pending_line));
	else if (began_expired(v, g) &&
	    !ledger_may_have_leapt(v->ledger, &g->message->started))
		invariant_fail(v, INV_BACK_OFF, &entry->moment,
		    "a message older than the bounce profile's max_time "
		    "bounces 5.4.7 when its wait is over",
		    "DCID %llu carries MID %llu, which was %s old when its "
		    "wait was over; max_time is %s",
		    ULL(entry->line->dcid), ULL(g->message->mid),
		    utime_format_span(
			g->round.lo - g->message->accepted.lo, age),
		    utime_format_duration(max_time, max));
}

static void
entry_started(struct invariants *v, const struct ledger_entry *entry)
{
	struct slice rest = entry->rids;
	uint64_t rid;

	while (maillog_rid_next(&rest, &rid)) {
		const struct ledger_recipient *r =
		    ledger_recipient_find(entry->message, rid);

		if (r != NULL && r->state < RECIPIENT_DELIVERED)
			start_check(v, entry, r->group);
	}
}

static bool
some_may_be_due(const struct ledger_domain *d)
{
	LIST_FOREACH(node, &d->waiting)
		if (CONTAINER_OF(node, struct ledger_group, waiting_node)
			->may_be_due)
			return true;
	return false;
}

/* A connection is for something that is ready. */
static void
entry_failed(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_connection *c = entry->connection;
	const struct ledger_domain *d = c->domain;
	char due[UTIME_TEXT_MAX];
	const struct ledger_group *first = NULL;

	if (d == NULL || c->starts > 0 || d->ready_count > 0 ||
	    some_may_be_due(d) ||
	    d->unready.hi + ledger_patience(v->ledger, d) + GRACE >=
		c->opened.lo)
		return;
	LIST_FOREACH(node, &d->waiting) {
		const struct ledger_group *g =
		    CONTAINER_OF(node, struct ledger_group, waiting_node);

		if (first == NULL || g->due_lo < first->due_lo)
			first = g;
	}
	if (first == NULL)
		return;
	invariant_fail(v, INV_BACK_OFF, &entry->moment,
	    "no connection for a domain of which nothing is due",
	    "DCID %llu is for %s; the first message that waits, MID %llu, is "
	    "due at %s (line %llu)",
	    ULL(c->dcid), d->name, ULL(first->message->mid),
	    span_text(v, first->due_lo, due), ULL(first->pending_line));
}

/* ---- waits ---- */

static void
wait_wanted(const struct invariants *v, const struct ledger_entry *entry,
    struct buf *out)
{
	const struct ledger_wait *w = entry->wait;
	const struct ledger_group *g = entry->group;
	char text[UTIME_TEXT_MAX];

	if (!w->may_attempt && !w->may_probe && !w->may_keep) {
		buf_append_cstr(out, "no wait: a candidate was left to try");
		return;
	}
	buf_append_cstr(out, "a wait until ");
	if (w->may_attempt)
		buf_printf(out, "%s, after unsuccessful attempt %llu%s",
		    span_text(v, w->attempt_lo, text), ULL(g->attempts_lo + 1),
		    w->may_probe ? ", or until " : "");
	if (w->may_probe)
		buf_printf(out, "%s, when the first probe is due%s",
		    span_text(v, w->probe_lo, text),
		    w->may_keep ? ", or until " : "");
	else if (w->may_attempt && w->may_keep)
		buf_append_cstr(out, ", or until ");
	if (w->may_keep)
		buf_printf(out, "%s, as before the success that cut it short",
		    span_text(v, w->keep_lo, text));
	buf_append_cstr(out, " (in the log rounded up to the second)");
}

static bool
is_up(const struct ledger_domain *d, size_t seat)
{
	return d->seats[seat].address->now.state == ADDRESS_UP;
}

/* A candidate that the group should have gone on to, or waited for. */
static size_t
seat_left(const struct invariants *v, const struct ledger_group *g)
{
	const struct ledger_domain *d = g->domain;
	bool is_bound = v->plan->relay.delivery.priorities == PRIORITIES_ONE;
	size_t answered = SIZE_MAX;

	if (!ledger_fails_over(v->ledger))
		return SIZE_MAX;
	for (size_t i = 0; i < d->routing.count; i++) {
		bool is_tried = ledger_tried(g, i) != TRIED_NO;

		if (answered != SIZE_MAX &&
		    d->routing.candidates[i].priority >
			d->routing.candidates[answered].priority)
			return SIZE_MAX;
		if (!is_tried &&
		    (is_up(d, i) || ledger_is_served(v->ledger, d, i)))
			return i;
		if (is_tried && is_bound && answered == SIZE_MAX &&
		    d->seats[i].address->now.state != ADDRESS_DOWN)
			answered = i;
	}
	return SIZE_MAX;
}

/* The round has ended, and that candidate was left in it. */
static void
left_fail(struct invariants *v, const struct ledger_entry *entry,
    const char *how, size_t left)
{
	const struct ledger_domain *d = entry->group->domain;
	char at[ENDPOINT_TEXT_MAX];

	invariant_fail(v, INV_BACK_OFF, &entry->moment,
	    "a round ends when no candidate is left in it: none that is "
	    "untried, and up or has a connection that carries mail",
	    "MID %llu %s, and %s is %s", ULL(entry->line->mid), how,
	    endpoint_format(&d->routing.candidates[left].at, at),
	    is_up(d, left) ? "neither tried nor down"
			   : "untried, and a connection to it carries mail");
}

/* The line names the bounce profile by which it waits; older spellings do
 * not. */
static void
profile_check(struct invariants *v, const struct ledger_entry *entry)
{
	const struct relay_bounce_profile *profile =
	    ledger_profile(v->ledger, entry->group);
	struct slice said = entry->line->profile;

	if (said.len == 0 || slice_eq(said, profile->name) ||
	    slice_find_byte(said, '\\') < said.len)
		return;
	invariant_fail(v, INV_BACK_OFF, &entry->moment,
	    "a message waits by the bounce profile of its domain",
	    "MID %llu waits by profile [%.*s]; that of %s is [%.*s]",
	    ULL(entry->line->mid), SLICE_ARG(said), entry->group->domain->name,
	    SLICE_ARG(profile->name));
}

static void
entry_pending(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_wait *w = entry->wait;
	const struct ledger_group *g = entry->group;
	uint64_t retries = ledger_profile(v->ledger, g)->max_retries;
	struct buf wanted = { 0 };
	char till[UTIME_TEXT_MAX];
	size_t left = seat_left(v, g);

	if (left != SIZE_MAX) {
		left_fail(v, entry, "is requeued", left);
	} else if (w->fits_attempt && !w->fits_probe && !w->fits_keep &&
	    g->attempts_lo >= retries) {
		invariant_fail(v, INV_BACK_OFF, &entry->moment,
		    "a message bounces 5.4.7 when the first attempt and all "
		    "its retries have failed",
		    "MID %llu is requeued behind attempt %llu; max_retries is "
		    "%llu",
		    ULL(entry->line->mid), ULL(g->attempts_lo + 1),
		    ULL(retries));
	} else if (!w->fits_attempt && !w->fits_probe && !w->fits_keep) {
		wait_wanted(v, entry, &wanted);
		invariant_fail(v, INV_BACK_OFF, &entry->moment,
		    buf_cstr(&wanted), "MID %llu waits until %s",
		    ULL(entry->line->mid), span_text(v, w->till, till));
	}
	buf_fini(&wanted);
}

/* ---- expiry ---- */

/* Its last attempt is over when its round is. */
static void
gave_up_check(struct invariants *v, const struct ledger_entry *entry)
{
	size_t left = seat_left(v, entry->group);

	if (left != SIZE_MAX)
		left_fail(v, entry, "bounces 5.4.7", left);
}

static void
entry_bounced(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_group *g = entry->group;
	const struct relay_bounce_profile *profile =
	    ledger_profile(v->ledger, g);
	const struct ledger_message *m = entry->message;
	utime age = entry->moment.hi - m->started.lo;
	char text[UTIME_TEXT_MAX], max[UTIME_TEXT_MAX];

	if (entry->recipient->state >= RECIPIENT_DELIVERED ||
	    entry->line->code != 0 ||
	    !slice_eq(entry->line->enhanced, SLICE("5.4.7")))
		return;
	if (g->is_waiting)
		invariant_fail(v, INV_BACK_OFF, &entry->moment,
		    "expiry is tested when a wait is over",
		    "MID %llu bounces 5.4.7, and its wait lasts until %s (line "
		    "%llu)",
		    ULL(m->mid), span_text(v, g->due_lo, text),
		    ULL(g->pending_line));
	else if (age < profile->max_time &&
	    g->attempts_hi < profile->max_retries)
		invariant_fail(v, INV_BACK_OFF, &entry->moment,
		    "a message bounces 5.4.7 when it is as old as max_time, or "
		    "behind max_retries",
		    "MID %llu bounces 5.4.7, %s old (max_time %s) and behind "
		    "attempt %llu (max_retries %llu)",
		    ULL(m->mid),
		    utime_format_span(entry->moment.lo - m->accepted.lo, text),
		    utime_format_duration(profile->max_time, max),
		    ULL(g->attempts_hi + 1), ULL(profile->max_retries));
	else if (age < profile->max_time)
		gave_up_check(v, entry);
}

/* ---- missed ---- */

static bool
has_connection(const struct ledger_domain *d)
{
	if (d->open_count > 0)
		return true;
	for (size_t i = 0; i < d->routing.count; i++)
		if (d->seats[i].address->unassigned > 0)
			return true;
	return false;
}

/* Something was ready, and nothing was done for it until `until`. */
static void
missed_check(struct invariants *v, const struct ledger_domain *d, utime until)
{
	const struct ledger_moment *since =
	    d->active.hi > d->ready.hi ? &d->active : &d->ready;
	utime patience = ledger_patience(v->ledger, d) + GRACE;
	utime held = ledger_held_until(v->ledger, d);
	struct ledger_moment at = { until, until, since->line };
	char text[UTIME_TEXT_MAX], long_text[UTIME_TEXT_MAX];

	if (d->ready_count == 0 || has_connection(d) ||
	    ledger_is_suspended(v->ledger) ||
	    d->routing.state == ROUTING_UNKNOWN ||
	    until - since->hi <= patience || held >= until - patience)
		return;
	/* Nobody spoke: the clock may have been set, or lines are missing. */
	if (ledger_heard(v->ledger) - since->hi <= patience) {
		ledger_note_silence(v->ledger);
		return;
	}
	invariant_fail(v, INV_BACK_OFF, &at, "what is due is tried at once",
	    "%llu messages to %s are due since %s, and behind this line no "
	    "connection shows for %s",
	    ULL(d->ready_count), d->name, span_text(v, since->hi, text),
	    utime_format_span(patience, long_text));
}

static void
entry_assigned(struct invariants *v, const struct ledger_entry *entry)
{
	missed_check(
	    v, entry->connection->domain, entry->connection->opened.lo);
}

struct missed_sight {
	struct invariants *v;
	utime now;
	bool is_idle; /* nothing at all was left to happen */
};

static void
domain_finish(void *owner, struct ledger_domain *d)
{
	const struct missed_sight *sight = owner;

	missed_check(sight->v, d, sight->now);
}

static void
message_finish(void *owner, struct ledger_message *m)
{
	const struct missed_sight *sight = owner;
	struct invariants *v = sight->v;
	const struct ledger_moment *since = &m->accepted;

	if (!sight->is_idle || m->accepted.line == 0 ||
	    ledger_is_suspended(v->ledger))
		return;
	for (const struct ledger_group *g = m->groups; g != NULL; g = g->next) {
		if (g->open == 0 || has_connection(g->domain))
			continue;
		invariant_fail(v, INV_BACK_OFF, since,
		    "what is in the queue is tried again until it ends",
		    "MID %llu was accepted and has not ended, and nothing more "
		    "was going to happen when the run ended",
		    ULL(m->mid));
	}
}

void
backoff_finish(struct invariants *v, utime now)
{
	struct missed_sight sight = { .v = v, .now = now };

	sight.is_idle = v->plan->until == UTIME_NEVER && !v->is_interrupted;
	ledger_domains(v->ledger, domain_finish, &sight);
	ledger_messages(v->ledger, message_finish, &sight);
}

void
backoff_entry(struct invariants *v, const struct ledger_entry *entry)
{
	switch (entry->kind) {
	case LEDGER_STARTED:
		entry_started(v, entry);
		return;
	case LEDGER_FAILED:
		entry_failed(v, entry);
		return;
	case LEDGER_PENDING:
		profile_check(v, entry);
		entry_pending(v, entry);
		return;
	case LEDGER_BOUNCED:
		entry_bounced(v, entry);
		return;
	case LEDGER_ASSIGNED:
		entry_assigned(v, entry);
		return;
	case LEDGER_ACCEPTED:
	case LEDGER_ROUND:
	case LEDGER_READY:
	case LEDGER_UNREADY:
	case LEDGER_OPENED:
	case LEDGER_FAILED_OVER:
	case LEDGER_CLOSED:
	case LEDGER_DELAYED:
	case LEDGER_POSSIBLE:
	case LEDGER_DONE:
	case LEDGER_DELIVERED:
	case LEDGER_DELETED:
	case LEDGER_STRAY:
	case LEDGER_FINISHED:
	case LEDGER_GENERATED:
	case LEDGER_ENDED:
	case LEDGER_REUSED:
	case LEDGER_RESTARTED:
	case LEDGER_GAP:
		return;
	}
}
