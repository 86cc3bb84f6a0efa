/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is: for each domain, which of its groups go over which
 * connection, and what becomes of a group whose round is over.  The rules are
 * docs/delivery.md's, and the numbers in comments are its paragraphs.
 *
 * Everything that changes a domain's queue calls deliver_wake(); the queue is
 * looked at in one place, when the callbacks of the moment have run.
 */
#include "relay/bounce/profile.h"
#include "relay/deliver/cohort.h"
#include "relay/deliver/deliver_crowd.h"
#include "relay/deliver/deliver_limit.h"

static void on_wake(struct timer *t);
static void leave_retired(struct delivery *d);
static void retire(struct delivery *d);

static void
take_controls(struct delivery *d)
{
	const struct relay_config *config = d->relay->config;

	d->controls = relay_destinations_find(
	    config->destinations, slice_cstr(d->domain->name));
	d->profile = relay_profile_named(config, d->controls->bounce_profile);
}

struct delivery *
deliver_of(struct relay *r, struct domain *domain)
{
	struct delivery *d = domain->delivery;

	if (d != NULL) {
		leave_retired(d);
		return d;
	}
	d = xcalloc(1, sizeof(*d));
	d->relay = r;
	d->domain = domain;
	take_controls(d);
	d->wake.fire = on_wake;
	list_init(&d->retired);
	list_init(&d->connections);
	limits_init(d);
	domain->delivery = d;
	return d;
}

static void
delivery_destroy(struct delivery *d)
{
	timer_stop(d->relay->world, &d->wake);
	leave_retired(d);
	resolve_cancel(&d->resolve);
	LIST_FOREACH_SAFE(link, &d->connections)
		outbound_destroy(CONTAINER_OF(link, struct connection, link));
	limits_fini(d);
	free(d->last_error);
	delivery_notes_fini(&d->notes);
	d->domain->delivery = NULL;
	free(d);
}

void
deliver_wake(struct delivery *d)
{
	timer_set(d->relay->world, &d->wake, world_now(d->relay->world));
}

/* ---- what connections report ---- */

void
deliver_leave_setup(struct delivery *d, const struct connection *c)
{
	struct connection **place = d->setup == c ? &d->setup : &d->probe;

	/* It may have been too slow to be waited for. */
	if (*place != c)
		return;
	*place = NULL;
	d->relay->pending--;
}

void
deliver_setup_done(struct delivery *d, struct connection *c)
{
	deliver_leave_setup(d, c);
	deliver_note_tried(d);
	host_on_up(c->host);
	deliver_wake(d);
}

/* 5xx greeting with the other reading of decision 3: everything ready bounces.
 */
static void
bounce_ready(
    struct delivery *d, uint64_t dcid, const struct log_host_failure *failure)
{
	const struct log_cause cause = {
		.code = failure->code,
		.phase = MAILLOG_PHASE_ENVELOPE,
		.text = failure->text,
		.remote = &failure->at->ip,
	};

	struct group *g;

	while ((g = cohorts_first(d->domain)) != NULL)
		deliver_bounce_group(d, g, dcid, &cause);
}

/* The stage is not one of failover_on: the rounds of all that is ready end,
 * whatever else they could try. */
static void
end_rounds(struct delivery *d, const struct host *failed)
{
	struct group *g;

	while ((g = cohorts_first(d->domain)) != NULL)
		deliver_end_round(d, g, failed);
}

static void
set_last_error(struct delivery *d, const struct log_host_failure *failure)
{
	struct buf text = { 0 };

	if (failure->code != 0)
		buf_printf(&text, "%u ", failure->code);
	buf_append(&text, failure->text);
	free(d->last_error);
	d->last_error = slice_dup(buf_slice(&text));
	buf_fini(&text);
}

static bool
is_security(enum smtp_stage stage)
{
	return stage == STAGE_STARTTLS || stage == STAGE_TLS ||
	    stage == STAGE_AUTH;
}

void
deliver_host_failed(struct delivery *d, struct connection *c,
    enum smtp_stage stage, bool is_down, const struct log_host_failure *failure)
{
	struct relay *r = d->relay;
	size_t index = deliver_index_of(d, c);
	unsigned how = (is_down ? 0 : ROUND_ANSWERED) |
	    (failure->code / 100 == 4 ? ROUND_SOFT : 0);

	deliver_leave_setup(d, c);
	log_connection_error(&r->log, failure);
	set_last_error(d, failure);
	deliver_note_tried(d);
	deliver_note_error(d, failure->code, failure->text);
	deliver_note_place(d, failure->at, stage);
	deliver_wake(d);
	if (deliver_turned_away(d, c, is_down, failure->code))
		return;
	if (is_down)
		host_on_down(
		    c->host, &r->config->delivery, world_now(r->world));
	else
		host_on_up(c->host);
	if (index != PICK_NONE)
		cohorts_fail(d->domain, index, how);
	/* What is said of TLS or AUTH is no verdict on mail. */
	if (failure->code >= 500 && !is_security(stage) &&
	    r->config->delivery.on_5xx_greeting == ON_5XX_BOUNCE)
		bounce_ready(d, failure->dcid, failure);
	if (is_security(stage))
		stage = STAGE_EHLO;
	if ((r->config->delivery.failover_on & 1U << stage) == 0)
		end_rounds(d, c->host);
}

void
deliver_connection_closed(struct delivery *d, struct connection *c)
{
	assert(d->setup != c && d->probe != c);
	d->connection_count--;
	d->relay->connections--;
	limits_closed(d, c);
	deliver_wake(d);
}

/* ---- looking at the queue ---- */

size_t
deliver_index_of(const struct delivery *d, const struct connection *connection)
{
	const struct candidates *c = &d->domain->candidates;

	for (size_t i = 0; connection != NULL && i < c->count; i++)
		if (c->list[i].host == connection->host)
			return i;
	return PICK_NONE;
}

size_t
deliver_connections_to(const struct delivery *d, const struct host *host)
{
	size_t count = 0;

	LIST_FOREACH(link, &d->connections)
		count +=
		    CONTAINER_OF(link, struct connection, link)->host == host;
	return count;
}

/* An idle connection that may carry the group: 5. */
static struct connection *
find_idle(struct delivery *d, const struct group *g, utime now)
{
	size_t left = d->idle_count;

	LIST_FOREACH(link, &d->connections) {
		struct connection *c =
		    CONTAINER_OF(link, struct connection, link);
		size_t index;

		/* Asked for many groups, and most often none is idle. */
		if (left == 0)
			break;
		if (!outbound_is_idle(c))
			continue;
		left--;
		index = deliver_index_of(d, c);
		if (index != PICK_NONE &&
		    pick_suits(
			&d->domain->candidates, &g->cohort->round, index, now))
			return c;
	}
	return NULL;
}

/* Opens one, to be found in `place` while it is being set up. */
static void
open_connection(struct delivery *d, const struct group *g, size_t index,
    struct connection **place)
{
	struct candidates *c = &d->domain->candidates;
	struct connection *connection;

	if (d->relay->config->delivery.rotation == ROTATION_CONNECTIONS ||
	    round_is_fresh(&g->cohort->round))
		pick_opened(c, index);
	d->connection_count++;
	d->relay->connections++;
	d->relay->pending++;
	connection = outbound_open(d, c->list[index].host);
	limits_opened(d, connection);
	*place = connection;
}

/* When the choice for the group is a host that is down and due, it is probed,
 * beside whatever carries the group: 6.  An idle connection of the same
 * priority is as good. */
static void
probe_for(struct delivery *d, const struct group *g,
    const struct connection *idle, utime now)
{
	const struct candidates *c = &d->domain->candidates;
	size_t choice = PICK_NONE, standing = deliver_index_of(d, idle);

	if (d->probe == NULL)
		choice = pick_next(c, &g->cohort->round, true, now);
	if (choice >= PICK_FULL || !c->list[choice].host->is_down)
		return;
	if ((standing == PICK_NONE ||
		c->list[choice].priority < c->list[standing].priority) &&
	    limits_may_open(d))
		open_connection(d, g, choice, &d->probe);
}

/* Opens the choice for the group, unless that has to wait for its turn; false
 * when there is no choice. */
static bool
open_for(struct delivery *d, const struct group *g, utime now)
{
	size_t choice =
	    pick_next(&d->domain->candidates, &g->cohort->round, false, now);

	if (choice == PICK_NONE)
		return false;
	if (choice != PICK_FULL && d->setup == NULL && limits_may_open(d))
		open_connection(d, g, choice, &d->setup);
	return true;
}

/* 4-7 for one ready group; true when it has left the ready. */
static bool
serve_group(struct delivery *d, struct group *g, utime now)
{
	struct connection *idle;

	if (d->relay->draining)
		return false;
	idle = find_idle(d, g, now);
	probe_for(d, g, idle, now);
	if (idle != NULL) {
		outbound_send(idle, g);
		return true;
	}
	if (open_for(d, g, now) ||
	    pick_may_hope(&d->domain->candidates, &g->cohort->round,
		deliver_index_of(d, d->setup), deliver_index_of(d, d->probe),
		now))
		return false;
	deliver_requeue(d, g);
	return true;
}

static void
serve_ready(struct delivery *d, utime now)
{
	struct group *g;

	cohorts_begin(d->domain);
	while ((g = cohorts_next(d->domain)) != NULL)
		if (!serve_group(d, g, now))
			g->cohort->is_stuck = true;
}

static void
look_at_queue(struct delivery *d, utime now)
{
	/* What became of it could not be recorded: a crash would repeat it. */
	if (!spool_records(d->relay->spool))
		return;
	deliver_make_due(d, now);
	if (d->relay->is_suspended) {
		deliver_tell_suspended(d);
		return;
	}
	if (d->domain->ready_count == 0 || d->resolve != NULL)
		return;
	if (!d->has_candidates || now >= d->candidates_expire)
		deliver_resolve(d);
	else
		serve_ready(d, now);
}

/* When to look again though nothing happens. */
static utime
next_look(const struct delivery *d, utime now)
{
	const struct group *first = domain_first_waiting(d->domain);
	utime limit = limits_next(d, now);

	return first != NULL && group_due(first) < limit ? group_due(first)
							 : limit;
}

static void
quit_idle(struct delivery *d)
{
	LIST_FOREACH_SAFE(link, &d->connections)
		outbound_quit(CONTAINER_OF(link, struct connection, link));
}

static void
on_wake(struct timer *t)
{
	struct delivery *d = CONTAINER_OF(t, struct delivery, wake);
	struct relay *r = d->relay;
	utime now = world_now(r->world), next;

	limits_release_slow(d, now);
	limits_yield(d);
	limits_mark(d);
	look_at_queue(d, now);
	limits_looked(d);
	next = next_look(d, now);
	if (next != UTIME_NEVER && !timer_is_set(&d->wake) &&
	    spool_records(r->spool))
		timer_set(r->world, &d->wake, next);
	if (r->draining || r->is_suspended)
		quit_idle(d);
	if (r->draining)
		deliver_end_drain(r);
	retire(d);
}

/* ---- domains without mail ---- */

static void
leave_retired(struct delivery *d)
{
	if (list_is_empty(&d->retired))
		return;
	list_remove(&d->retired);
	d->relay->retired_count--;
}

/* If nothing is under way for the domain it is remembered, and the one that
 * has been so for longest may be forgotten. */
static void
retire(struct delivery *d)
{
	struct relay *r = d->relay;
	struct delivery *oldest;
	struct domain *domain;

	if (d->domain->group_count > 0 || d->connection_count > 0 ||
	    d->resolve != NULL || timer_is_set(&d->wake))
		return;
	leave_retired(d);
	list_append(&r->retired, &d->retired);
	if (++r->retired_count <= DELIVER_RETIRED_MAX)
		return;
	oldest = CONTAINER_OF(r->retired.next, struct delivery, retired);
	domain = oldest->domain;
	delivery_destroy(oldest);
	queue_drop_domain(&r->queue, domain);
}

/* ---- life cycle ---- */

/* TLS and logging in were what another configuration asked for: connections
 * that stand carry nothing more, and one that is being set up, perhaps to a
 * host that is none of the domain's any more, is told no password. */
static void
outdate(struct delivery *d)
{
	quit_idle(d);
	LIST_FOREACH(link, &d->connections) {
		struct connection *c =
		    CONTAINER_OF(link, struct connection, link);

		c->is_outdated = true;
	}
}

void
deliver_reload(struct relay *r)
{
	struct domain *domain, *next;

	HASH_ITER(hh, r->queue.domains, domain, next)
	{
		struct delivery *d = deliver_of(r, domain);

		take_controls(d);
		limits_lower(d);
		resolve_cancel(&d->resolve);
		d->has_candidates = false;
		deliver_wake(d);
	}
	limits_reload(r);
	HASH_ITER(hh, r->queue.domains, domain, next)
	outdate(deliver_of(r, domain));
}

void
deliver_drain(struct relay *r)
{
	struct domain *domain, *next;

	HASH_ITER(hh, r->queue.domains, domain, next)
	if (domain->delivery != NULL)
		quit_idle(domain->delivery);
	deliver_end_drain(r);
}

void
deliver_end_drain(struct relay *r)
{
	if (r->connections > 0 || r->session_count > 0 || r->drained)
		return;
	r->drained = true;
	timer_stop(r->world, &r->drain);
	r->hooks.on_drained(r->hooks.owner);
}

void
deliver_destroy_all(struct relay *r)
{
	struct domain *domain, *next;

	HASH_ITER(hh, r->queue.domains, domain, next)
	if (domain->delivery != NULL)
		delivery_destroy(domain->delivery);
}
