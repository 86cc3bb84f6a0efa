/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is: for each domain, which of its groups go over which
 * connection, and what becomes of a group whose round is over.  The rules are
 * docs/delivery.md's, and the numbers in comments are its paragraphs.
 *
 * Everything that changes a domain's queue calls deliver_wake(); the queue is
 * looked at in one place, when the callbacks of the moment have run.
 */
#include "relay/relay_impl.h"
#include "relay/retry.h"

/* How far past the first ready group the search for one that an idle connection
 * suits may look. */
#define DELIVER_SCAN_MAX 64

static void on_wake(struct timer *t);

static struct delivery *
delivery_of(struct relay *r, struct domain *domain)
{
	struct delivery *d = domain->delivery;

	if (d != NULL)
		return d;
	d = xcalloc(1, sizeof(*d));
	d->relay = r;
	d->domain = domain;
	d->wake.fire = on_wake;
	list_init(&d->connections);
	domain->delivery = d;
	return d;
}

static void
delivery_destroy(struct delivery *d)
{
	timer_stop(d->relay->world, &d->wake);
	resolve_cancel(&d->resolve);
	LIST_FOREACH_SAFE(link, &d->connections)
		outbound_destroy(CONTAINER_OF(link, struct connection, link));
	free(d->last_error);
	d->domain->delivery = NULL;
	free(d);
}

void
deliver_wake(struct delivery *d)
{
	timer_set(d->relay->world, &d->wake, world_now(d->relay->world));
}

/* ---- what comes in ---- */

static struct slice
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return slice_cstr(at != NULL ? at + 1 : "");
}

/* The group of `m` at the domain of recipient `rid`, among those made so far.
 */
static struct group *
group_for(struct relay *r, struct message *m, uint32_t rid,
    struct group **groups, uint32_t *count)
{
	struct domain *domain =
	    queue_domain(&r->queue, domain_of(m->recipients[rid]));

	for (uint32_t i = 0; i < *count; i++)
		if (groups[i]->domain == domain)
			return groups[i];
	groups[*count] = group_new(&r->queue, m, domain);
	return groups[(*count)++];
}

/* Puts a new group where its past says: to the ready, or to wait. */
static void
place_group(struct relay *r, struct group *g, const struct spool_recipient *s)
{
	if (s != NULL) {
		g->attempts = s->attempts;
		if (s->last_error.at != NULL)
			group_set_error(g, s->last_error);
	}
	if (s != NULL && s->due > world_now(r->world))
		group_make_waiting(&r->queue, g, s->due);
	else
		group_make_ready(&r->queue, g);
	deliver_wake(delivery_of(r, g->domain));
}

void
deliver_submit(struct relay *r, struct message *m,
    const struct spool_recipient *left, uint32_t count)
{
	uint32_t n = left != NULL ? count : m->recipient_count, made = 0;
	struct group **groups = xcalloc(n, sizeof(*groups));
	const struct spool_recipient **first = xcalloc(n, sizeof(*first));

	for (uint32_t i = 0; i < n; i++) {
		uint32_t rid = left != NULL ? left[i].rid : i;
		uint32_t before = made;
		struct group *g = group_for(r, m, rid, groups, &made);

		group_add_rid(&r->queue, g, rid);
		if (made > before && left != NULL)
			first[before] = &left[i];
	}
	for (uint32_t i = 0; i < made; i++)
		place_group(r, groups[i], first[i]);
	free(first);
	free(groups);
}

/* ---- how recipients and groups end ---- */

static void
finish_recipient(struct delivery *d, struct group *g, uint32_t rid)
{
	spool_finish_recipient(d->relay->spool, g->message->mid, rid);
	group_remove_rid(&d->relay->queue, g, rid);
}

/* The group has nobody left. */
static void
finish_group(struct delivery *d, struct group *g)
{
	struct relay *r = d->relay;
	struct maillog_event ev = {
		.form = MAILLOG_MESSAGE_FINISHED,
		.mid = g->message->mid,
		.result = SLICE("done"),
	};
	uint32_t pieces = spool_pieces_of(g->message->size_bytes);

	if (g->state != GROUP_ACTIVE)
		group_make_active(g);
	if (!group_finish(&g))
		return;
	log_event(&r->log, &ev);
	spool_drop_message(r->spool, ev.mid, pieces);
}

static void
bounce_group(struct delivery *d, struct group *g, uint64_t dcid,
    const struct log_cause *cause)
{
	while (g->count > 0)
		deliver_bounced(d, g, g->rids[0], dcid, cause);
	finish_group(d, g);
}

/* 13, and the end of 10. */
static void
expire_group(struct delivery *d, struct group *g)
{
	char *text = xstrdup(g->last_error != NULL ? g->last_error : "timeout");
	const struct log_cause cause = {
		.phase = MAILLOG_PHASE_EXPIRED,
		.text = slice_cstr(text),
	};

	bounce_group(d, g, 0, &cause);
	free(text);
}

static void
wait_group(struct delivery *d, struct group *g, utime due)
{
	group_make_waiting(&d->relay->queue, g, due);
	spool_requeue(d->relay->spool, g);
	log_pending(&d->relay->log, g, &d->relay->config->bounce);
}

/* The round was an attempt: 10. */
static void
requeue_attempted(struct delivery *d, struct group *g)
{
	const struct relay_bounce_profile *profile = &d->relay->config->bounce;

	g->attempts++;
	if (retry_is_exhausted(profile, g->attempts)) {
		expire_group(d, g);
		return;
	}
	wait_group(d, g,
	    utime_add(
		world_now(d->relay->world), retry_wait(profile, g->attempts)));
}

/* Nothing is eligible for the group: 10, 11. */
static void
requeue_group(struct delivery *d, struct group *g)
{
	const struct candidates *c = &d->domain->candidates;

	if (d->last_error != NULL && !g->round.answered)
		group_set_error(g, slice_cstr(d->last_error));
	if (round_was_attempt(&g->round, c))
		requeue_attempted(d, g);
	else
		wait_group(
		    d, g, pick_first_probe(c, world_now(d->relay->world)));
}

/* Those whose wait ends by `until` are due: 13. */
static void
make_due_ready(struct delivery *d, utime until)
{
	const struct relay_bounce_profile *profile = &d->relay->config->bounce;
	utime now = world_now(d->relay->world);
	struct group *g;

	while (
	    (g = domain_first_waiting(d->domain)) != NULL && g->due <= until) {
		if (retry_is_expired(profile, g->message->received, now))
			expire_group(d, g);
		else
			group_make_ready(&d->relay->queue, g);
	}
}

void
deliver_delayed(struct delivery *d, struct group *g, uint32_t rid,
    uint64_t dcid, const struct log_cause *cause)
{
	struct buf text = { 0 };

	log_refused(
	    &d->relay->log, MAILLOG_DELAYED, dcid, g->message->mid, rid, cause);
	if (cause->code != 0)
		buf_printf(&text, "%u ", cause->code);
	buf_append(&text, cause->text);
	group_set_error(g, buf_slice(&text));
	buf_fini(&text);
}

void
deliver_bounced(struct delivery *d, struct group *g, uint32_t rid,
    uint64_t dcid, const struct log_cause *cause)
{
	log_refused(
	    &d->relay->log, MAILLOG_BOUNCED, dcid, g->message->mid, rid, cause);
	finish_recipient(d, g, rid);
}

void
deliver_done(struct delivery *d, struct group *g, const uint32_t *rids,
    uint32_t count, uint64_t dcid, struct slice response)
{
	struct log *log = &d->relay->log;
	struct maillog_event done = {
		.form = MAILLOG_MESSAGE_DONE,
		.dcid = dcid,
		.mid = g->message->mid,
		.rids = log_rids(log, rids, count),
	};
	struct maillog_event said = {
		.form = MAILLOG_MID_RESPONSE,
		.mid = done.mid,
		.rids = done.rids,
		.response = response,
	};

	log_event(log, &done);
	log_event(log, &said);
	for (uint32_t i = 0; i < count; i++)
		finish_recipient(d, g, rids[i]);
	/* 14. */
	if (d->relay->config->delivery.release_on_success)
		make_due_ready(d, UTIME_NEVER);
}

void
deliver_group_over(
    struct delivery *d, struct connection *c, struct group *g, bool failover)
{
	const struct candidates *list = &d->domain->candidates;

	deliver_wake(d);
	if (g->count == 0) {
		finish_group(d, g);
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		if (list->list[i].host == c->host)
			round_add(&g->round, i);
	if (failover)
		group_return(g);
	else
		requeue_attempted(d, g);
}

/* ---- what connections report ---- */

static void
leave_setup(struct delivery *d, struct connection *c)
{
	assert(d->setup == c || d->probe == c);
	if (d->setup == c)
		d->setup = NULL;
	else
		d->probe = NULL;
}

void
deliver_setup_done(struct delivery *d, struct connection *c)
{
	leave_setup(d, c);
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
	};

	LIST_FOREACH_SAFE(link, &d->domain->ready)
		bounce_group(
		    d, CONTAINER_OF(link, struct group, link), dcid, &cause);
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

void
deliver_host_failed(struct delivery *d, struct connection *c, bool is_down,
    const struct log_host_failure *failure)
{
	struct relay *r = d->relay;
	struct candidates *list = &d->domain->candidates;

	leave_setup(d, c);
	log_connection_error(&r->log, failure);
	set_last_error(d, failure);
	if (is_down)
		host_on_down(
		    c->host, &r->config->delivery, world_now(r->world));
	else
		host_on_up(c->host);
	for (size_t i = 0; i < list->count; i++) {
		if (list->list[i].host != c->host)
			continue;
		list->list[i].failed_seq = queue_next_seq(&r->queue);
		list->list[i].failed_up = !is_down;
	}
	if (failure->code >= 500 &&
	    r->config->delivery.on_5xx_greeting == ON_5XX_BOUNCE)
		bounce_ready(d, failure->dcid, failure);
	deliver_wake(d);
}

void
deliver_connection_closed(struct delivery *d, struct connection *c)
{
	assert(d->setup != c && d->probe != c);
	d->connection_count--;
	d->relay->connections--;
	deliver_wake(d);
}

/* ---- looking candidates up ---- */

static void
discard_ready(struct delivery *d)
{
	LIST_FOREACH_SAFE(link, &d->domain->ready) {
		struct group *g = CONTAINER_OF(link, struct group, link);
		struct maillog_event ev = {
			.form = MAILLOG_DELETED,
			.mid = g->message->mid,
			.rids = log_rids(&d->relay->log, g->rids, g->count),
		};

		log_event(&d->relay->log, &ev);
		while (g->count > 0)
			finish_recipient(d, g, g->rids[0]);
		finish_group(d, g);
	}
}

/* No candidates: 15. */
static void
fail_ready(struct delivery *d, const struct resolve_result *result)
{
	const struct log_cause cause = {
		.phase = MAILLOG_PHASE_DNS,
		.text = result->error,
	};

	LIST_FOREACH_SAFE(link, &d->domain->ready) {
		struct group *g = CONTAINER_OF(link, struct group, link);

		if (result->outcome == RESOLVE_HARD) {
			bounce_group(d, g, 0, &cause);
		} else {
			group_set_error(g, result->error);
			requeue_attempted(d, g);
		}
	}
}

/* Moves what a round has tried to the new numbers of the same hosts. */
static void
round_remap(struct round *round, const struct candidates *from,
    const struct candidates *to)
{
	struct round old = *round;

	memset(round->tried, 0, sizeof(round->tried));
	for (size_t i = 0; i < from->count; i++)
		for (size_t j = 0; j < to->count; j++)
			if (from->list[i].host == to->list[j].host &&
			    (old.tried[i / 64] >> (i % 64) & 1) != 0)
				round_add(round, j);
}

static void
take_candidates(struct delivery *d, struct candidates *fresh)
{
	struct candidates old = d->domain->candidates;

	candidates_seal(fresh, &old);
	d->domain->candidates = *fresh;
	d->has_candidates = true;
	LIST_FOREACH(link, &d->domain->ready)
		round_remap(&CONTAINER_OF(link, struct group, link)->round,
		    &old, fresh);
	LIST_FOREACH(link, &d->connections) {
		struct connection *c =
		    CONTAINER_OF(link, struct connection, link);

		if (c->group != NULL)
			round_remap(&c->group->round, &old, fresh);
	}
	candidates_fini(&old);
}

static void
on_resolved(void *owner, struct resolve_result *result)
{
	struct delivery *d = owner;

	d->resolve = NULL; /* it frees itself */
	d->candidates_expire = result->expires;
	switch (result->outcome) {
	case RESOLVE_OK:
		take_candidates(d, &result->candidates);
		break;
	case RESOLVE_DISCARD:
		discard_ready(d);
		break;
	case RESOLVE_HARD:
	case RESOLVE_SOFT:
		fail_ready(d, result);
		break;
	}
	deliver_wake(d);
}

static void
resolve_domain(struct delivery *d)
{
	const struct relay_config *config = d->relay->config;
	struct slice name = slice_cstr(d->domain->name);
	const struct resolve_context context = {
		.world = d->relay->world,
		.hosts = &d->relay->hosts,
		.port = config->delivery.port,
		.from = config->interface,
	};

	d->resolve = resolve_start(
	    &context, routes_match(config->routes, name), name, on_resolved, d);
}

/* ---- looking at the queue ---- */

/* The number of the candidate that a connection goes to. */
static size_t
index_of(const struct delivery *d, const struct connection *connection)
{
	const struct candidates *c = &d->domain->candidates;

	for (size_t i = 0; connection != NULL && i < c->count; i++)
		if (c->list[i].host == connection->host)
			return i;
	return PICK_NONE;
}

/* An idle connection that may carry the group: 5. */
static struct connection *
find_idle(struct delivery *d, const struct group *g, utime now)
{
	LIST_FOREACH(link, &d->connections) {
		struct connection *c =
		    CONTAINER_OF(link, struct connection, link);
		size_t index;

		if (!outbound_is_idle(c))
			continue;
		index = index_of(d, c);
		if (index != PICK_NONE &&
		    pick_suits(&d->domain->candidates, &g->round, index, now))
			return c;
	}
	return NULL;
}

static struct connection *
open_connection(struct delivery *d, size_t index)
{
	struct candidates *c = &d->domain->candidates;

	pick_opened(c, index);
	d->connection_count++;
	d->relay->connections++;
	return outbound_open(d, c->list[index].host);
}

/* Opens what the choice for the group asks for: a probe, and then what it would
 * choose without that; false when there is no choice. */
static bool
open_for(struct delivery *d, const struct group *g, utime now)
{
	struct candidates *c = &d->domain->candidates;
	uint32_t limit = d->relay->config->delivery.concurrency;
	bool may_probe = d->probe == NULL && d->connection_count < limit;
	size_t choice = pick_next(c, &g->round, may_probe, now);

	if (choice != PICK_NONE && c->list[choice].host->is_down) {
		d->probe = open_connection(d, choice);
		choice = pick_next(c, &g->round, false, now);
	}
	if (choice == PICK_NONE)
		return false;
	if (d->setup == NULL && d->connection_count < limit)
		d->setup = open_connection(d, choice);
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
	if (idle != NULL) {
		outbound_send(idle, g);
		return true;
	}
	if (open_for(d, g, now) ||
	    pick_may_hope(&d->domain->candidates, &g->round,
		index_of(d, d->setup), index_of(d, d->probe), now))
		return false;
	requeue_group(d, g);
	return true;
}

static void
serve_ready(struct delivery *d, utime now)
{
	size_t passed = 0;

	LIST_FOREACH_SAFE(link, &d->domain->ready) {
		if (passed > DELIVER_SCAN_MAX)
			return;
		if (!serve_group(
			d, CONTAINER_OF(link, struct group, link), now))
			passed++;
	}
}

static void
look_at_queue(struct delivery *d, utime now)
{
	make_due_ready(d, now);
	if (d->domain->ready_count == 0 || d->resolve != NULL)
		return;
	if (!d->has_candidates || now >= d->candidates_expire)
		resolve_domain(d);
	else
		serve_ready(d, now);
}

static void
on_wake(struct timer *t)
{
	struct delivery *d = CONTAINER_OF(t, struct delivery, wake);
	struct relay *r = d->relay;
	struct domain *domain = d->domain;
	struct group *first;

	look_at_queue(d, world_now(r->world));
	first = domain_first_waiting(domain);
	if (first != NULL && !timer_is_set(&d->wake))
		timer_set(r->world, &d->wake, first->due);
	if (r->draining)
		deliver_drain(r);
}

/* ---- life cycle ---- */

void
deliver_reload(struct relay *r)
{
	struct domain *domain, *next;

	HASH_ITER(hh, r->queue.domains, domain, next)
	{
		struct delivery *d = delivery_of(r, domain);

		resolve_cancel(&d->resolve);
		d->has_candidates = false;
		deliver_wake(d);
	}
}

static void
quit_idle(struct delivery *d)
{
	LIST_FOREACH_SAFE(link, &d->connections)
		outbound_quit(CONTAINER_OF(link, struct connection, link));
}

void
deliver_drain(struct relay *r)
{
	struct domain *domain, *next;

	HASH_ITER(hh, r->queue.domains, domain, next)
	if (domain->delivery != NULL)
		quit_idle(domain->delivery);
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
