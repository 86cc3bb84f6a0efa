/* SPDX-License-Identifier: MIT */
/* Groups by what they have tried; see cohort.h. */
#include "relay/deliver/cohort.h"

static struct group *
group_of(struct list *link)
{
	return CONTAINER_OF(link, struct group, link);
}

static struct group *
first_of(const struct cohort *c)
{
	return list_is_empty(&c->ready) ? NULL : group_of(c->ready.next);
}

/* ---- membership, for queue.c ---- */

static struct cohort *
cohort_get(struct domain *d, const struct round *round)
{
	struct cohort *c;

	HASH_FIND(hh, d->cohorts, round, sizeof(*round), c);
	if (c != NULL)
		return c;
	c = xcalloc(1, sizeof(*c));
	c->round = *round;
	list_init(&c->ready);
	list_init(&c->active);
	HASH_ADD(hh, d->cohorts, round, sizeof(c->round), c);
	return c;
}

void
cohort_join(struct group *g, const struct round *round)
{
	struct cohort *c = cohort_get(g->domain, round);
	struct list *at = &c->ready;

	g->cohort = c;
	if (g->state != GROUP_READY) {
		list_append(&c->active, &g->link);
		return;
	}
	/* Most often it is the last, or comes back to be the first. */
	if (first_of(c) != NULL && g->place < first_of(c)->place)
		at = c->ready.next;
	while (at->prev != &c->ready && group_of(at->prev)->place > g->place)
		at = at->prev;
	list_insert_before(at, &g->link);
}

void
cohort_leave(struct group *g)
{
	struct cohort *c = g->cohort;

	g->cohort = NULL;
	list_remove(&g->link);
	if (!list_is_empty(&c->ready) || !list_is_empty(&c->active))
		return;
	HASH_DEL(g->domain->cohorts, c);
	free(c);
}

/* ---- looking ---- */

void
cohorts_begin(struct domain *d)
{
	struct cohort *c, *next;

	HASH_ITER(hh, d->cohorts, c, next)
	c->is_stuck = false;
}

static struct group *
first_in(const struct domain *d, bool also_stuck)
{
	struct group *first = NULL, *g;
	struct cohort *c, *next;

	HASH_ITER(hh, d->cohorts, c, next)
	{
		g = c->is_stuck && !also_stuck ? NULL : first_of(c);
		if (g != NULL && (first == NULL || g->place < first->place))
			first = g;
	}
	return first;
}

struct group *
cohorts_next(const struct domain *d)
{
	return first_in(d, false);
}

struct group *
cohorts_first(const struct domain *d)
{
	return first_in(d, true);
}

/* ---- what changes for all ---- */

/* Both lists are in order. */
static void
ready_merge(struct cohort *into, struct cohort *from)
{
	struct list *at = into->ready.next;

	if (first_of(into) != NULL && first_of(from) != NULL &&
	    group_of(into->ready.prev)->place < first_of(from)->place)
		at = &into->ready;
	while (first_of(from) != NULL) {
		struct group *g = first_of(from);

		while (at != &into->ready && group_of(at)->place < g->place)
			at = at->next;
		list_remove(&g->link);
		list_insert_before(at, &g->link);
		g->cohort = into;
	}
}

static void
cohort_merge(struct cohort *into, struct cohort *from)
{
	ready_merge(into, from);
	while (!list_is_empty(&from->active)) {
		struct group *g = group_of(from->active.next);

		list_remove(&g->link);
		list_append(&into->active, &g->link);
		g->cohort = into;
	}
	into->is_stuck = into->is_stuck && from->is_stuck;
	free(from);
}

/* Puts a cohort whose round has changed back into the table. */
static void
cohort_put(struct domain *d, struct cohort *c)
{
	struct cohort *same;

	HASH_FIND(hh, d->cohorts, &c->round, sizeof(c->round), same);
	if (same != NULL)
		cohort_merge(same, c);
	else
		HASH_ADD(hh, d->cohorts, round, sizeof(c->round), c);
}

void
cohorts_fail(struct domain *d, size_t index, unsigned how)
{
	struct cohort *old = d->cohorts, *c, *next;

	d->cohorts = NULL;
	HASH_ITER(hh, old, c, next)
	{
		HASH_DEL(old, c);
		round_add(&c->round, index, how | ROUND_PASSING);
		cohort_put(d, c);
	}
}

void
cohorts_remap(struct domain *d, const struct candidates *from,
    const struct candidates *to)
{
	struct cohort *old = d->cohorts, *c, *next;

	d->cohorts = NULL;
	HASH_ITER(hh, old, c, next)
	{
		HASH_DEL(old, c);
		round_remap(&c->round, from, to);
		cohort_put(d, c);
	}
}

/* ---- what changes for one ---- */

static void
cohort_change(struct group *g, const struct round *round)
{
	cohort_leave(g);
	cohort_join(g, round);
}

static void
cohort_tried(struct group *g, size_t index, unsigned how)
{
	struct round round = g->cohort->round;

	assert(g->state == GROUP_ACTIVE);
	round_add(&round, index, how);
	cohort_change(g, &round);
}

void
cohort_refused(struct group *g, size_t index)
{
	cohort_tried(g, index, ROUND_ANSWERED | ROUND_REFUSED | ROUND_PASSING);
}

void
cohort_unable(struct group *g, size_t index)
{
	cohort_tried(g, index, ROUND_ANSWERED | ROUND_REFUSED);
}

void
cohort_soft(struct group *g)
{
	struct round round = g->cohort->round;

	assert(g->state == GROUP_ACTIVE);
	round.how |= ROUND_SOFT;
	cohort_change(g, &round);
}
