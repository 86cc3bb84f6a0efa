/* SPDX-License-Identifier: MIT */
/* The oldest messages; see age.h. */
#include "relay/deliver/age.h"

static struct group *
group_of(struct list *link)
{
	return CONTAINER_OF(link, struct group, by_age);
}

static bool
is_older(const struct message *a, const struct message *b)
{
	return a->received != b->received ? a->received < b->received
					  : a->mid < b->mid;
}

/* The domain's place among the others follows its first group. */
static void
place_domain(struct queue *q, struct domain *d)
{
	const struct message *oldest = age_oldest_of(d);

	if (oldest != NULL && d->age.queued && d->age.at == oldest->received &&
	    d->age.seq == oldest->mid)
		return;
	heap_remove(&q->by_age, &d->age);
	if (oldest != NULL)
		heap_insert(&q->by_age, &d->age, oldest->received, oldest->mid);
}

void
age_join(struct queue *q, struct group *g)
{
	struct list *head = &g->domain->by_age, *at = g->domain->age_finger;

	/* Most often it is the youngest.  Otherwise many come in the order of
	 * their age (from a queue, or another domain), so that the next one's
	 * place is near the last one's. */
	if (list_is_empty(head) ||
	    is_older(group_of(head->prev)->message, g->message))
		at = head;
	while (at != head && is_older(group_of(at)->message, g->message))
		at = at->next;
	while (at->prev != head &&
	    is_older(g->message, group_of(at->prev)->message))
		at = at->prev;
	list_insert_before(at, &g->by_age);
	g->domain->age_finger = &g->by_age;
	place_domain(q, g->domain);
}

void
age_leave(struct queue *q, struct group *g)
{
	if (g->domain->age_finger == &g->by_age)
		g->domain->age_finger = g->by_age.next;
	list_remove(&g->by_age);
	place_domain(q, g->domain);
}

const struct message *
age_oldest_of(const struct domain *d)
{
	return list_is_empty(&d->by_age) ? NULL
					 : group_of(d->by_age.next)->message;
}

const struct message *
age_oldest(const struct queue *q)
{
	struct heap_node *first = heap_top(&q->by_age);

	return first == NULL
	    ? NULL
	    : age_oldest_of(CONTAINER_OF(first, struct domain, age));
}
