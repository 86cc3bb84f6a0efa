/* SPDX-License-Identifier: MIT */
/*
 * Groups, their rounds and their waits (delivery.md 1, 2 and 10 to 14).  When
 * a wait ends is known to the microsecond if the moment at which it began is,
 * and to a second otherwise.
 */
#include "harness/judge/ledger_impl.h"

#include "relay/bounce/profile.h"

static enum tried failed_in_round(
    const struct ledger_group *g, const struct ledger_moment *failed);
static void group_ready(struct ledger *l, struct ledger_group *g);
static void group_unready(struct ledger *l, struct ledger_group *g);
static void wait_stop(struct ledger *l, struct ledger_group *g);

/* ---- domains ---- */

static bool
has_login(const struct plan *plan, struct slice domain)
{
	const struct route *route = routes_match(plan->relay.routes, domain);

	return route != NULL && route->auth.len > 0;
}

struct ledger_domain *
domain_get(struct ledger *l, struct slice name)
{
	char lower[SMTP_DOMAIN_MAX + 1];
	struct ledger_domain *d;
	size_t len = name.len < sizeof(lower) ? name.len : sizeof(lower);

	for (size_t i = 0; i < len; i++)
		lower[i] = ascii_lower(name.at[i]);
	HASH_FIND(hh, l->domains, lower, len, d);
	if (d != NULL)
		return d;
	d = xcalloc(1, sizeof(*d));
	d->name = slice_dup(slice_of(lower, len));
	list_init(&d->waiting);
	list_init(&d->ready_groups);
	routing_find(l->plan, slice_cstr(d->name), &d->routing);
	d->controls = relay_destinations_find(
	    l->plan->relay.destinations, slice_cstr(d->name));
	d->profile =
	    relay_profile_named(&l->plan->relay, d->controls->bounce_profile);
	d->has_login =
	    !l->has_own_routes && has_login(l->plan, slice_cstr(d->name));
	if (l->has_own_routes)
		d->routing.state = ROUTING_UNKNOWN;
	if (d->routing.state == ROUTING_UNKNOWN)
		l->has_rover = true;
	if (d->routing.state != ROUTING_FOUND)
		d->routing.count = 0;
	d->seats = xcalloc(d->routing.count + 1, sizeof(d->seats[0]));
	for (size_t i = 0; i < d->routing.count; i++) {
		struct ledger_address *a =
		    address_get(l, &d->routing.candidates[i].at);

		d->seats[i].address = a;
		a->only_domain = a->domain_count++ == 0 ? d : NULL;
	}
	HASH_ADD_KEYPTR(hh, l->domains, d->name, len, d);
	if (l->is_late)
		d->blind_until = l->blind_until;
	return d;
}

void
domain_free(struct ledger_domain *d)
{
	routing_fini(&d->routing);
	free(d->seats);
	free(d->name);
	free(d);
}

void
domain_release(struct ledger *l, struct ledger_domain *d)
{
	if (!l->plan->relay.delivery.release_on_success)
		return;
	LIST_FOREACH_SAFE(node, &d->waiting)
		group_begin(l,
		    CONTAINER_OF(node, struct ledger_group, waiting_node),
		    NULL);
}

/* ---- recipients ---- */

void
recipient_enter(
    struct ledger *l, struct ledger_recipient *r, enum recipient_state to)
{
	struct ledger_group *g = r->group;
	bool was_ready = r->state == RECIPIENT_READY;

	if (r->state >= RECIPIENT_DELIVERED)
		return;
	r->moment = l->now;
	if (r->state == to)
		return;
	r->state = to;
	if (to == RECIPIENT_READY && g->ready++ == 0)
		group_ready(l, g);
	if (was_ready && --g->ready == 0)
		group_unready(l, g);
	if (to < RECIPIENT_DELIVERED)
		return;
	g->message->open--;
	if (--g->open == 0)
		wait_stop(l, g);
}

/* ---- rounds ---- */

enum tried
ledger_tried(const struct ledger_group *g, size_t seat)
{
	const struct ledger_seat *s = &g->domain->seats[seat];
	enum tried tried = TRIED_NO;

	if (seats_has(&g->answered, seat))
		return TRIED_YES;
	for (size_t kind = 0; kind < FAILURE_KINDS; kind++) {
		enum tried so = failed_in_round(g, &s->failed[kind]);

		tried = so > tried ? so : tried;
	}
	if (tried == TRIED_NO && failed_in_round(g, &s->perhaps) != TRIED_NO)
		tried = TRIED_MAYBE;
	return tried;
}

void
group_begin(
    struct ledger *l, struct ledger_group *g, const struct ledger_moment *at)
{
	struct ledger_entry entry = {
		.kind = LEDGER_ROUND, .group = g, .message = g->message
	};

	wait_stop(l, g);
	g->is_timed = at != NULL;
	g->round = at != NULL ? *at : l->now;
	g->answered = g->unable = (struct seats){ 0 };
	g->trail = (struct ledger_trail){ 0 };
	g->is_soft = false;
	g->rounds++;
	entry.moment = g->round;
	ledger_tell(l, &entry);
	for (size_t i = 0; i < g->message->recipient_count; i++) {
		struct ledger_recipient *r = &g->message->recipients[i];

		if (r->group == g &&
		    (r->state == RECIPIENT_INJECTED ||
			r->state == RECIPIENT_WAITING))
			recipient_enter(l, r, RECIPIENT_READY);
	}
}

void
group_begin_again(struct ledger *l, struct ledger_group *g)
{
	if (g->ready > 0)
		group_unready(l, g);
	group_begin(l, g, NULL);
	if (g->ready > 0)
		group_ready(l, g);
}

/* What is ready is counted by what it has tried. */
void
group_answered(struct ledger *l, struct ledger_group *g, size_t seat)
{
	if (seat >= g->domain->routing.count || seats_has(&g->answered, seat))
		return;
	if (g->ready > 0)
		group_unready(l, g);
	seats_add(&g->answered, seat);
	if (g->ready > 0)
		group_ready(l, g);
}

void
group_unable(struct ledger *l, struct ledger_group *g, size_t seat)
{
	group_answered(l, g, seat);
	if (seat < g->domain->routing.count)
		seats_add(&g->unable, seat);
}

bool
ledger_is_unable(const struct maillog_event *ev)
{
	static const struct slice own[] = {
		SLICE_INIT("'5.6.3 The host does not offer 8BITMIME'"),
		SLICE_INIT("'5.6.7 The host does not offer SMTPUTF8'"),
	};

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (slice_eq(ev->lines, own[i]))
			return true;
	return false;
}

void
group_redirect(
    struct ledger *l, struct ledger_group *g, struct ledger_domain *to)
{
	bool was_ready = g->ready > 0;

	if (was_ready)
		group_unready(l, g);
	wait_stop(l, g);
	g->domain = to;
	group_begin(l, g, NULL);
	if (was_ready)
		group_ready(l, g);
}

void
group_forget(struct ledger *l, struct ledger_group *g)
{
	if (g->ready > 0)
		group_unready(l, g);
	wait_stop(l, g);
	free(g);
}

static enum tried
failed_in_round(
    const struct ledger_group *g, const struct ledger_moment *failed)
{
	if (failed->line == 0)
		return TRIED_NO;
	if (!g->is_timed)
		return failed->line > g->round.line ? TRIED_YES : TRIED_NO;
	if (failed->lo > g->round.hi)
		return TRIED_YES;
	return failed->hi >= g->round.lo ? TRIED_MAYBE : TRIED_NO;
}

static void
group_ready(struct ledger *l, struct ledger_group *g)
{
	struct ledger_entry entry = {
		.kind = LEDGER_READY, .group = g, .message = g->message
	};

	list_append(&g->domain->ready_groups, &g->ready_node);
	if (g->domain->ready_count++ == 0) {
		g->domain->ready = g->is_timed ? g->round : l->now;
		l->ready_domains++;
	}
	ledger_tell(l, &entry);
}

static void
group_unready(struct ledger *l, struct ledger_group *g)
{
	struct ledger_entry entry = {
		.kind = LEDGER_UNREADY, .group = g, .message = g->message
	};

	list_remove(&g->ready_node);
	if (--g->domain->ready_count == 0) {
		g->domain->unready = l->now;
		l->ready_domains--;
	}
	ledger_tell(l, &entry);
}

/* ---- waits ---- */

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

void
group_wait_find(
    struct ledger *l, struct ledger_group *g, struct ledger_wait *wait)
{
	const struct relay_bounce_profile *profile = ledger_profile(l, g);
	const struct routing *routing = &g->domain->routing;
	enum tried answered = answered_find(g);
	bool down_counts = l->plan->relay.delivery.down_counts;

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
}

/* The line's second, narrowed by what is prescribed if it is that. */
void
group_wait(
    struct ledger *l, struct ledger_group *g, const struct ledger_wait *wait)
{
	utime lo = wait->till - UTIME_S + 1, hi = wait->till;
	utime said_lo = lo, said_hi = hi;

	wait_stop(l, g);
	if (wait->fits_attempt && !wait->fits_probe) {
		said_lo = wait->attempt_lo;
		said_hi = wait->attempt_hi;
	} else if (wait->fits_probe && !wait->fits_attempt) {
		said_lo = wait->probe_lo;
		said_hi = wait->probe_hi;
	}
	g->due_lo = said_lo > lo ? said_lo : lo;
	g->due_hi = said_hi < hi ? said_hi : hi;
	if (wait->fits_attempt || !wait->fits_probe)
		g->attempts_hi += wait->may_attempt;
	if (!wait->fits_probe)
		g->attempts_lo += wait->may_attempt;
	g->pending_line = l->now.line;
	g->waited = l->now;
	g->may_be_due = false;
	g->is_waiting = true;
	list_append(&g->domain->waiting, &g->waiting_node);
	heap_insert(&l->waits, &g->due_node, g->due_lo, l->wait_seq++);
}

static void
wait_stop(struct ledger *l, struct ledger_group *g)
{
	g->is_waiting = false;
	list_remove(&g->waiting_node);
	heap_remove(&l->waits, &g->due_node);
}
