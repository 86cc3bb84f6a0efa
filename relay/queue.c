/* SPDX-License-Identifier: MIT */
/* The delivery queue in memory; see queue.h. */
#include "relay/queue.h"

static struct group *
group_of_link(struct list *link)
{
	return CONTAINER_OF(link, struct group, link);
}

static struct group *
group_of_wait(struct heap_node *node)
{
	return CONTAINER_OF(node, struct group, wait);
}

static void
group_free(struct group *g)
{
	free(g->rids);
	free(g->last_error);
	free(g);
}

/* Frees a group at shutdown, and its message with the last of them. */
static void
group_discard(struct group *g)
{
	struct message *m = g->message;

	assert(m->groups > 0);
	if (--m->groups == 0)
		message_destroy(&m);
	group_free(g);
}

void
queue_fini(struct queue *q)
{
	struct domain *d, *next;

	HASH_ITER(hh, q->domains, d, next)
	{
		LIST_FOREACH_SAFE(link, &d->ready)
			group_discard(group_of_link(link));
		while (heap_top(&d->waiting) != NULL) {
			struct heap_node *node = heap_top(&d->waiting);

			heap_remove(&d->waiting, node);
			group_discard(group_of_wait(node));
		}
		d->group_count = 0;
		queue_drop_domain(q, d);
	}
}

uint64_t
queue_next_seq(struct queue *q)
{
	return ++q->seq;
}

struct domain *
queue_domain(struct queue *q, struct slice name)
{
	struct domain *d;
	char *lower = slice_dup(name);

	for (size_t i = 0; i < name.len; i++)
		lower[i] = ascii_lower(lower[i]);
	HASH_FIND(hh, q->domains, lower, name.len, d);
	if (d != NULL) {
		free(lower);
		return d;
	}
	d = xcalloc(1, sizeof(*d));
	d->name = lower;
	list_init(&d->ready);
	HASH_ADD_KEYPTR(hh, q->domains, d->name, name.len, d);
	return d;
}

void
queue_drop_domain(struct queue *q, struct domain *d)
{
	assert(d->group_count == 0);
	/* The analyzer does not know that an entry has its table. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	HASH_DEL(q->domains, d);
	candidates_fini(&d->candidates);
	free(d->name);
	free(d);
}

struct message *
message_new(uint64_t mid, struct slice sender, const struct slice *recipients,
    uint32_t count)
{
	struct message *m = xcalloc(1, sizeof(*m));

	m->mid = mid;
	m->sender = slice_dup(sender);
	m->recipient_count = count;
	m->recipients = xcalloc(count, sizeof(m->recipients[0]));
	for (uint32_t i = 0; i < count; i++)
		m->recipients[i] = slice_dup(recipients[i]);
	return m;
}

void
message_destroy(struct message **mp)
{
	struct message *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	for (uint32_t i = 0; i < m->recipient_count; i++)
		free(m->recipients[i]);
	free(m->recipients);
	free(m->sender);
	notify_destroy(&m->notify);
	free(m);
}

struct group *
group_new(struct queue *q, struct message *m, struct domain *d)
{
	struct group *g = xcalloc(1, sizeof(*g));

	g->message = m;
	g->domain = d;
	g->ready_seq = queue_next_seq(q);
	list_init(&g->link);
	m->groups++;
	d->group_count++;
	return g;
}

void
group_add_rid(struct queue *q, struct group *g, uint32_t rid)
{
	assert(g->count == 0 || g->rids[g->count - 1] < rid);
	/* Groups are small and made once: exact memory, no slack. */
	g->rids = xrealloc(g->rids, (g->count + 1) * sizeof(g->rids[0]));
	g->rids[g->count++] = rid;
	q->recipients++;
}

void
group_remove_rid(struct queue *q, struct group *g, uint32_t rid)
{
	uint32_t i = 0;

	while (i < g->count && g->rids[i] != rid)
		i++;
	assert(i < g->count);
	memmove(&g->rids[i], &g->rids[i + 1],
	    (g->count - i - 1) * sizeof(g->rids[0]));
	g->count--;
	q->recipients--;
}

bool
group_finish(struct group **gp)
{
	struct group *g = *gp;
	struct message *m = g->message;
	bool finished;

	assert(g->count == 0);
	assert(list_is_empty(&g->link));
	assert(!g->wait.queued);
	g->domain->group_count--;
	finished = --m->groups == 0;
	if (finished)
		message_destroy(&m);
	group_free(g);
	*gp = NULL;
	return finished;
}

/* Takes it out of whatever it is in. */
static void
group_detach(struct group *g)
{
	if (g->state == GROUP_READY && !list_is_empty(&g->link)) {
		list_remove(&g->link);
		g->domain->ready_count--;
	}
	heap_remove(&g->domain->waiting, &g->wait);
}

void
group_make_ready(struct queue *q, struct group *g)
{
	group_detach(g);
	g->state = GROUP_READY;
	g->ready_seq = queue_next_seq(q);
	round_begin(&g->round, g->ready_seq);
	list_append(&g->domain->ready, &g->link);
	g->domain->ready_count++;
}

void
group_return(struct group *g)
{
	struct list *at = g->domain->ready.next;

	assert(g->state == GROUP_ACTIVE);
	while (at != &g->domain->ready &&
	    group_of_link(at)->ready_seq < g->ready_seq)
		at = at->next;
	g->state = GROUP_READY;
	list_insert_before(at, &g->link);
	g->domain->ready_count++;
}

void
group_make_active(struct group *g)
{
	group_detach(g);
	g->state = GROUP_ACTIVE;
}

void
group_make_waiting(struct queue *q, struct group *g, utime due)
{
	group_detach(g);
	g->state = GROUP_WAITING;
	g->due = due;
	heap_insert(&g->domain->waiting, &g->wait, due, queue_next_seq(q));
}

void
group_move(struct queue *q, struct group *g, struct domain *to)
{
	assert(g->state != GROUP_ACTIVE);
	group_detach(g);
	g->domain->group_count--;
	g->domain = to;
	to->group_count++;
	group_make_ready(q, g);
}

struct group *
domain_first_waiting(const struct domain *d)
{
	struct heap_node *node = heap_top(&d->waiting);

	return node != NULL ? group_of_wait(node) : NULL;
}

void
group_set_error(struct group *g, struct slice text)
{
	free(g->last_error);
	g->last_error = slice_dup(text);
}
