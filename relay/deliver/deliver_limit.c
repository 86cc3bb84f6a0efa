/* SPDX-License-Identifier: MIT */
/*
 * The limits on deliveries (docs/delivery.md 40 to 44): connections to a
 * domain or to each of its addresses, connections to all domains and those of
 * them that use TLS, and recipients in a period.
 *
 * Domains that want a connection while there is none to be had wait in line;
 * the first is granted the next one that is free.  A grant that is not used
 * when its domain's queue has been looked at goes to the next in line.
 */
#include "relay/deliver/deliver_limit.h"

#include "relay/deliver/deliver_crowd.h"

static const struct relay_delivery *
config_of(const struct delivery *d)
{
	return &d->relay->config->delivery;
}

static uint32_t
slots_max(const struct relay *r, enum slot_kind kind)
{
	const struct relay_delivery *config = &r->config->delivery;

	return kind == SLOT_TLS ? config->tls_concurrency : config->concurrency;
}

static bool
wants(const struct delivery *d, enum slot_kind kind)
{
	return kind == SLOT_ANY || d->controls->table_tls != TLS_OFF;
}

/* ---- slots ---- */

static struct delivery *
first_in_line(const struct slots *s)
{
	const struct list *line =
	    list_is_empty(&s->first) ? &s->more : &s->first;
	struct slot_wait *w;

	if (list_is_empty(line))
		return NULL;
	w = CONTAINER_OF(line->next, struct slot_wait, link);
	return w->delivery;
}

/* Gives what is free to those in line. */
static void
grant(struct relay *r, enum slot_kind kind)
{
	struct slots *s = &r->slots[kind];
	struct delivery *d;

	while (s->used + s->granted < slots_max(r, kind) &&
	    (d = first_in_line(s)) != NULL) {
		list_remove(&d->slots[kind].link);
		d->slots[kind].is_granted = true;
		s->granted++;
		deliver_wake(d);
	}
}

/* Somebody's connection may have nothing to do. */
static void
ask_for_idle(struct relay *r)
{
	struct connection *c;

	if (list_is_empty(&r->idle))
		return;
	c = CONTAINER_OF(r->idle.next, struct connection, idle_link);
	deliver_wake(c->delivery);
}

static bool
slot_may(struct delivery *d, enum slot_kind kind)
{
	struct relay *r = d->relay;
	struct slots *s = &r->slots[kind];
	struct slot_wait *w = &d->slots[kind];
	bool was_in_line;

	if (w->is_granted)
		return true;
	if (s->used + s->granted < slots_max(r, kind) &&
	    first_in_line(s) == NULL)
		return true;
	was_in_line = !list_is_empty(&w->link);
	list_remove(&w->link);
	list_append(d->connection_count == 0 ? &s->first : &s->more, &w->link);
	if (!was_in_line)
		ask_for_idle(r);
	return false;
}

static void
give_grant_back(struct delivery *d, enum slot_kind kind)
{
	struct slot_wait *w = &d->slots[kind];

	if (!w->is_granted)
		return;
	w->is_granted = false;
	d->relay->slots[kind].granted--;
	grant(d->relay, kind);
}

void
limits_init(struct delivery *d)
{
	for (size_t kind = 0; kind < SLOT_KINDS; kind++) {
		d->slots[kind].delivery = d;
		list_init(&d->slots[kind].link);
	}
}

void
limits_fini(struct delivery *d)
{
	for (enum slot_kind kind = 0; kind < SLOT_KINDS; kind++) {
		list_remove(&d->slots[kind].link);
		give_grant_back(d, kind);
	}
}

/* ---- what may be opened and sent ---- */

bool
limits_may_open(struct delivery *d)
{
	if (d->controls->limit_type == LIMIT_DOMAIN &&
	    d->connection_count >= d->controls->max_host_concurrency)
		return false;
	if (wants(d, SLOT_TLS) && !slot_may(d, SLOT_TLS))
		return false;
	return slot_may(d, SLOT_ANY);
}

void
limits_opened(struct delivery *d, struct connection *c)
{
	for (enum slot_kind kind = 0; kind < SLOT_KINDS; kind++) {
		struct slots *s = &d->relay->slots[kind];

		c->has_slot[kind] = wants(d, kind);
		if (!c->has_slot[kind])
			continue;
		s->used++;
		if (d->slots[kind].is_granted)
			s->granted--;
		d->slots[kind].is_granted = false;
	}
	limits_mark(d);
}

void
limits_closed(struct delivery *d, struct connection *c)
{
	for (enum slot_kind kind = 0; kind < SLOT_KINDS; kind++) {
		if (!c->has_slot[kind])
			continue;
		c->has_slot[kind] = false;
		d->relay->slots[kind].used--;
		grant(d->relay, kind);
	}
}

static struct quota *
quota_for(struct delivery *d, size_t index)
{
	return d->controls->limit_type == LIMIT_MX_IP && index != PICK_NONE
	    ? &d->domain->candidates.list[index].quota
	    : &d->quota;
}

/* How many connections the candidate may have. */
static size_t
connections_max(const struct delivery *d, const struct candidate *c, utime now)
{
	size_t max = d->controls->limit_type == LIMIT_MX_IP
	    ? d->controls->max_host_concurrency
	    : SIZE_MAX;
	size_t crowd = deliver_crowd_max(c, now);

	return crowd < max ? crowd : max;
}

void
limits_mark(struct delivery *d)
{
	struct candidates *c = &d->domain->candidates;
	utime now = world_now(d->relay->world);
	size_t max;

	for (size_t i = 0; i < c->count; i++) {
		c->list[i].is_spent =
		    quota_left(quota_for(d, i), d->controls, now) == 0;
		c->list[i].is_served = c->list[i].host->is_down &&
		    deliver_served_until(d, &c->list[i], now) > 0;
		max = connections_max(d, &c->list[i], now);
		c->list[i].is_full = max < SIZE_MAX &&
		    deliver_connections_to(d, c->list[i].host) >= max;
	}
}

uint32_t
limits_take(struct delivery *d, const struct connection *c, uint32_t count)
{
	struct quota *q = quota_for(d, deliver_index_of(d, c));
	utime now = world_now(d->relay->world);
	uint32_t left = quota_left(q, d->controls, now);

	assert(left > 0);
	if (count > left)
		count = left;
	quota_take(q, d->controls, config_of(d)->recipient_period, count, now);
	if (count == left)
		limits_mark(d);
	return count;
}

/* ---- turns ---- */

static void
quit_one(struct delivery *d)
{
	LIST_FOREACH(link, &d->connections) {
		struct connection *c =
		    CONTAINER_OF(link, struct connection, link);

		if (outbound_is_idle(c)) {
			outbound_quit(c);
			return;
		}
	}
}

/* Who waits for a connection that this domain could give up; or NULL. */
static const struct delivery *
first_in_any_line(const struct delivery *d)
{
	const struct delivery *first = NULL;

	for (enum slot_kind kind = 0; kind < SLOT_KINDS && first == NULL;
	     kind++)
		if (wants(d, kind))
			first = first_in_line(&d->relay->slots[kind]);
	return first;
}

void
limits_yield(struct delivery *d)
{
	const struct delivery *first = first_in_any_line(d);

	if (first != NULL && first->connection_count == 0 &&
	    d->connection_count > 1 && d->idle_count > 0)
		quit_one(d);
}

void
limits_looked(struct delivery *d)
{
	for (enum slot_kind kind = 0; kind < SLOT_KINDS; kind++) {
		if (d->domain->ready_count == 0)
			list_remove(&d->slots[kind].link);
		give_grant_back(d, kind);
	}
	/* Whoever is idle still is of no use to the domain. */
	if (d->idle_count > 0 && first_in_any_line(d) != NULL)
		quit_one(d);
}

/* Each connection that is being set up is for a message. */
static bool
has_more_than_setups(const struct delivery *d)
{
	size_t setups = 0;

	LIST_FOREACH(link, &d->connections)
		setups += CONTAINER_OF(link, struct connection, link)->state ==
		    CONNECTION_GREETING;
	return d->domain->ready_count > setups;
}

void
limits_release_slow(struct delivery *d, utime now)
{
	struct connection *c = d->setup;

	if (c != NULL && outbound_is_slow(c, now) && has_more_than_setups(d))
		deliver_leave_setup(d, c);
}

/* When to look again at what waits for the candidate's connections. */
static utime
held_until(const struct delivery *d, const struct candidate *c, utime now)
{
	utime served, probe = c->host->probe_at;

	if (c->crowded_until > now)
		return c->crowded_until;
	if (!c->is_served)
		return UTIME_NEVER;
	served = deliver_served_until(d, c, now);
	return probe > now && probe < served ? probe : served;
}

utime
limits_next(const struct delivery *d, utime now)
{
	const struct candidates *c = &d->domain->candidates;
	utime next = UTIME_NEVER, at;

	if (d->domain->ready_count == 0 || d->relay->is_suspended ||
	    d->relay->draining)
		return UTIME_NEVER;
	if (d->setup != NULL && outbound_slow_at(d->setup) > now)
		next = outbound_slow_at(d->setup);
	for (size_t i = 0; i < c->count; i++) {
		at = held_until(d, &c->list[i], now);
		if (at < next)
			next = at;
		if (!c->list[i].is_spent)
			continue;
		at = d->controls->limit_type == LIMIT_MX_IP
		    ? quota_ends(&c->list[i].quota, d->controls)
		    : quota_ends(&d->quota, d->controls);
		if (at > now && at < next)
			next = at;
	}
	return next;
}

void
limits_reset(struct delivery *d)
{
	struct candidates *c = &d->domain->candidates;

	d->quota = (struct quota){ 0 };
	for (size_t i = 0; i < c->count; i++)
		c->list[i].quota = (struct quota){ 0 };
}

/* ---- lowered limits ---- */

/* Of more connections than there may be the idle ones go first. */
static const enum connection_state excess_order[] = {
	CONNECTION_IDLE,
	CONNECTION_CONNECTING,
	CONNECTION_GREETING,
	CONNECTION_BUSY,
};

static bool
is_staying(const struct connection *c)
{
	return c->state != CONNECTION_QUITTING && !c->is_excess;
}

/* Marks `excess` of the domain's connections in that state to end; how many
 * more there are. */
static size_t
mark_some(struct delivery *d, const struct host *host,
    enum connection_state state, size_t excess)
{
	LIST_FOREACH(link, &d->connections) {
		struct connection *c =
		    CONTAINER_OF(link, struct connection, link);

		if (excess == 0)
			break;
		if (c->state != state || !is_staying(c) ||
		    (host != NULL && c->host != host))
			continue;
		c->is_excess = true;
		excess--;
	}
	return excess;
}

/* Those that can end now do.  A connection may be gone at once. */
static void
quit_excess(struct delivery *d)
{
	LIST_FOREACH_SAFE(link, &d->connections) {
		struct connection *c =
		    CONTAINER_OF(link, struct connection, link);

		if (c->is_excess)
			outbound_quit(c);
	}
}

static size_t
count_staying(const struct delivery *d, const struct host *host)
{
	size_t count = 0;

	LIST_FOREACH(link, &d->connections) {
		const struct connection *c =
		    CONTAINER_OF(link, struct connection, link);

		count += is_staying(c) && (host == NULL || c->host == host);
	}
	return count;
}

static void
lower_to(struct delivery *d, const struct host *host)
{
	size_t max = d->controls->max_host_concurrency;
	size_t count = count_staying(d, host);
	size_t excess = count > max ? count - max : 0;

	for (size_t i = 0; i < ARRAY_LEN(excess_order) && excess > 0; i++)
		excess = mark_some(d, host, excess_order[i], excess);
}

void
limits_lower(struct delivery *d)
{
	if (d->controls->limit_type == LIMIT_DOMAIN) {
		lower_to(d, NULL);
		quit_excess(d);
		return;
	}
	LIST_FOREACH(link, &d->connections)
		lower_to(d, CONTAINER_OF(link, struct connection, link)->host);
	quit_excess(d);
}

static size_t
count_all(const struct relay *r, enum slot_kind kind)
{
	struct domain *domain, *next;
	size_t count = 0;

	HASH_ITER(hh, r->queue.domains, domain, next)
	if (domain->delivery != NULL && wants(domain->delivery, kind))
		count += count_staying(domain->delivery, NULL);
	return count;
}

static void
lower_all(struct relay *r, enum slot_kind kind)
{
	size_t count = count_all(r, kind), max = slots_max(r, kind);
	size_t excess = count > max ? count - max : 0;
	struct domain *domain, *next;

	for (size_t i = 0; i < ARRAY_LEN(excess_order) && excess > 0; i++)
		HASH_ITER(hh, r->queue.domains, domain, next)
	if (domain->delivery != NULL && wants(domain->delivery, kind))
		excess =
		    mark_some(domain->delivery, NULL, excess_order[i], excess);
	HASH_ITER(hh, r->queue.domains, domain, next)
	if (domain->delivery != NULL)
		quit_excess(domain->delivery);
}

void
limits_reload(struct relay *r)
{
	for (enum slot_kind kind = 0; kind < SLOT_KINDS; kind++) {
		lower_all(r, kind);
		grant(r, kind);
	}
}
