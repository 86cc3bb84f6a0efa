/* SPDX-License-Identifier: MIT */
/*
 * Failovers (delivery.md 2 and 4): within a round a group goes on from the
 * host that failed it last to the one that is tried next, which is told as
 * LEDGER_FAILED_OVER.  A connection that fails is a try of all that is ready,
 * one that stands of what it carries.
 */
#include "harness/judge/ledger_impl.h"

/* Tells that the group has gone on to the connection's host. */
static void
trail_follow(
    struct ledger *l, struct ledger_group *g, struct ledger_connection *c)
{
	struct ledger_entry entry = { .kind = LEDGER_FAILED_OVER,
		.connection = c,
		.group = g,
		.message = g->message,
		.trail = &g->trail };

	if (g->trail.from != NULL && g->trail.from != c->address)
		ledger_tell(l, &entry);
}

static void
trail_set(struct ledger_group *g, const struct ledger_moment *now,
    const struct ledger_address *a, size_t seat)
{
	if (g->trail.from != a)
		g->trail.since = *now;
	g->trail.from = a;
	if (seat != SIZE_MAX)
		seats_add(&g->trail.seats, seat);
}

void
trail_answered(struct ledger_group *g, const struct ledger_moment *now,
    const struct ledger_address *a)
{
	trail_set(g, now, a, routing_index(&g->domain->routing, &a->at));
}

/* For what had tried the host already, this one is nothing new. */
void
trail_failed(struct ledger *l, struct ledger_connection *c)
{
	size_t seat = routing_index(&c->domain->routing, &c->address->at);

	LIST_FOREACH(node, &c->domain->ready_groups) {
		struct ledger_group *g =
		    CONTAINER_OF(node, struct ledger_group, ready_node);

		if (seat != SIZE_MAX && seats_has(&g->trail.seats, seat))
			continue;
		trail_follow(l, g, c);
		trail_set(g, &l->now, c->address, seat);
	}
}

void
trail_started(
    struct ledger *l, struct ledger_group *g, struct ledger_connection *c)
{
	trail_follow(l, g, c);
	g->trail.from = NULL;
}
