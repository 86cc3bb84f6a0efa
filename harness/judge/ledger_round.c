/* SPDX-License-Identifier: MIT */
/*
 * Groups and their rounds (delivery.md 1, 2 and 14).
 */
#include "harness/judge/ledger_impl.h"

#include "relay/bounce/profile.h"

static void group_ready(struct ledger *l, struct ledger_group *g);
static void group_unready(struct ledger *l, struct ledger_group *g);

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

/* Once in a wait, unless that is for a probe. */
static void
group_release(struct ledger *l, struct ledger_group *g)
{
	bool is_once = l->plan->relay.delivery.releases == RELEASES_ONCE;
	enum tried released = g->is_for_probe == TRIED_NO ? TRIED_YES
	    : g->is_for_probe == TRIED_YES                ? TRIED_NO
							  : TRIED_MAYBE;

	if (is_once && g->is_released != TRIED_NO) {
		g->may_be_due |= g->is_released == TRIED_MAYBE;
		return;
	}
	group_begin(l, g, NULL);
	g->is_released = is_once ? released : TRIED_NO;
	g->kept_lo = g->due_lo;
	g->kept_hi = g->due_hi;
}

/* Where moments are seconds, the success may have come just before the end of a
 * wait that is over, and have cut it short. */
static void
group_may_be_released(const struct ledger *l, struct ledger_group *g)
{
	if (!g->is_timed || g->round.hi <= l->now.lo ||
	    g->is_for_probe == TRIED_YES || g->is_released != TRIED_NO)
		return;
	g->is_released = TRIED_MAYBE;
	g->kept_lo = g->round.lo;
	g->kept_hi = g->round.hi;
}

void
domain_release(struct ledger *l, struct ledger_domain *d)
{
	const struct relay_delivery *config = &l->plan->relay.delivery;

	if (!config->release_on_success)
		return;
	LIST_FOREACH_SAFE(node, &d->waiting)
		group_release(
		    l, CONTAINER_OF(node, struct ledger_group, waiting_node));
	if (config->releases != RELEASES_ONCE || d->wait_over <= l->now.lo)
		return;
	LIST_FOREACH(node, &d->ready_groups)
		group_may_be_released(
		    l, CONTAINER_OF(node, struct ledger_group, ready_node));
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
	g->is_released = TRIED_NO;
	g->is_timed = at != NULL;
	g->round = at != NULL ? *at : l->now;
	if (at != NULL && at->hi > g->domain->wait_over)
		g->domain->wait_over = at->hi;
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

enum tried
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
