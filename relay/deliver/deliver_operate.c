/* SPDX-License-Identifier: MIT */
/*
 * Deliveries at an operator's command: suspended, resumed, due at once
 * (docs/operating.md).  While they are suspended no connection is opened and
 * none is given a message; waits go on, and what is due then waits as ready.
 */
#include "relay/deliver/deliver_limit.h"

static void
log_killed(struct connection *c)
{
	struct maillog_event ev = {
		.form = MAILLOG_CONNECTION_KILLED,
		.dcid = c->dcid,
	};

	log_event(&c->delivery->relay->log, &ev);
}

/* Patience is over: what is under way is cut, and stays queued. */
static void
on_suspend_deadline(struct timer *t)
{
	struct relay *r = CONTAINER_OF(t, struct relay, suspend);
	struct domain *domain, *next;

	HASH_ITER(hh, r->queue.domains, domain, next)
	{
		struct delivery *d = domain->delivery;

		if (d == NULL || d->connection_count == 0)
			continue;
		LIST_FOREACH_SAFE(link, &d->connections) {
			struct connection *c =
			    CONTAINER_OF(link, struct connection, link);

			log_killed(c);
			outbound_destroy(c);
		}
		deliver_wake(d);
	}
}

void
deliver_wake_all(struct relay *r)
{
	struct domain *domain, *next;

	HASH_ITER(hh, r->queue.domains, domain, next)
	{
		struct delivery *d = domain->delivery;

		if (d == NULL)
			continue;
		d->told_suspended = false;
		deliver_wake(d);
	}
}

void
deliver_suspend(struct relay *r, utime patience)
{
	r->suspend.fire = on_suspend_deadline;
	timer_set(
	    r->world, &r->suspend, utime_add(world_now(r->world), patience));
	if (r->is_suspended)
		return;
	r->is_suspended = true;
	deliver_wake_all(r);
}

void
deliver_resume(struct relay *r)
{
	timer_stop(r->world, &r->suspend);
	r->is_suspended = false;
	deliver_wake_all(r);
}

void
deliver_tell_suspended(struct delivery *d)
{
	struct maillog_event ev = {
		.form = MAILLOG_DELIVERY_SUSPENDED,
		.domain = slice_cstr(d->domain->name),
	};

	if (d->told_suspended || d->domain->ready_count == 0)
		return;
	d->told_suspended = true;
	log_event(&d->relay->log, &ev);
}

/* Hosts of the domain that are down may be probed at once. */
static void
probe_now(struct domain *domain, utime now)
{
	struct candidates *c = &domain->candidates;

	for (size_t i = 0; i < c->count; i++)
		if (c->list[i].host->is_down && c->list[i].host->probe_at > now)
			c->list[i].host->probe_at = now;
}

uint64_t
deliver_now(struct relay *r, struct domain *domain)
{
	struct delivery *d = deliver_of(r, domain);
	uint64_t before = domain->ready_count;

	probe_now(domain, world_now(r->world));
	limits_reset(d);
	deliver_make_due(d, UTIME_NEVER);
	deliver_wake(d);
	return domain->ready_count - before;
}

bool
deliver_group_now(struct relay *r, struct group *g)
{
	struct delivery *d = deliver_of(r, g->domain);
	utime now = world_now(r->world);
	bool waits = g->state == GROUP_WAITING;

	probe_now(g->domain, now);
	deliver_wake(d);
	if (!waits)
		return false;
	group_make_waiting(&r->queue, g, now);
	spool_requeue(r->spool, g);
	deliver_end_wait(d, g);
	return true;
}
