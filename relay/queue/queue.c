/* SPDX-License-Identifier: MIT */
/* The delivery queue in memory; see queue.h. */
#include "relay/queue/queue.h"

#include "relay/deliver/age.h"
#include "relay/deliver/cohort.h"

/* Content in memory, of messages that are tried for the first time. */
#define QUEUE_CONTENT_BYTES_MAX ((uint64_t)8 << 20)

/* Texts that several share, by how many. */
struct shared_text {
	uint32_t shares;
	char text[];
};

/* The one of which `text` is the text. */
static struct shared_text *
shared_of(char *text)
{
	return (struct shared_text *)(void *)(text -
	    offsetof(struct shared_text, text));
}

static void
text_release(char *text)
{
	struct shared_text *shared;

	if (text == NULL)
		return;
	shared = shared_of(text);
	if (--shared->shares == 0)
		free(shared);
}

static char *
text_new(struct slice text)
{
	struct shared_text *shared = xmalloc(sizeof(*shared) + text.len + 1);

	shared->shares = 1;
	if (text.len > 0)
		memcpy(shared->text, text.at, text.len);
	shared->text[text.len] = '\0';
	return shared->text;
}

static struct group *
group_of_wait(struct heap_node *node)
{
	return CONTAINER_OF(node, struct group, wait);
}

static void
group_free(struct group *g)
{
	if (g->rids != &g->one)
		free(g->rids);
	text_release(g->last_error);
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

static void
list_discard(struct list *groups)
{
	LIST_FOREACH_SAFE(link, groups)
		group_discard(CONTAINER_OF(link, struct group, link));
}

static void
cohorts_discard(struct domain *d)
{
	struct cohort *c, *next;

	HASH_ITER(hh, d->cohorts, c, next)
	{
		HASH_DEL(d->cohorts, c);
		list_discard(&c->ready);
		list_discard(&c->active);
		free(c);
	}
}

static void
waits_discard(struct heap *waits)
{
	struct heap_node *node;

	while ((node = heap_top(waits)) != NULL) {
		heap_remove(waits, node);
		group_discard(group_of_wait(node));
	}
}

void
queue_fini(struct queue *q)
{
	struct domain *d, *next;

	HASH_ITER(hh, q->domains, d, next)
	{
		cohorts_discard(d);
		waits_discard(&d->waiting);
		waits_discard(&d->released);
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
	list_init(&d->by_age);
	d->age_finger = &d->by_age;
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
	heap_remove(&q->by_age, &d->age);
	candidates_fini(&d->candidates);
	text_release(d->last_error);
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
	for (uint32_t i = 0; i < m->recipient_count && !m->is_packed; i++)
		free(m->recipients[i]);
	if (!m->is_packed) {
		free(m->recipients);
		free(m->sender);
	}
	notify_destroy(&m->notify);
	free(m->content);
	free(m->profile);
	free(m);
}

/* Copies a text to `at`; the place behind it. */
static char *
text_put(char *at, const char *text)
{
	size_t bytes = strlen(text) + 1;

	memcpy(at, text, bytes);
	return at + bytes;
}

struct message *
message_pack(struct message *m)
{
	size_t array_bytes = m->recipient_count * sizeof(m->recipients[0]);
	size_t bytes = sizeof(*m) + array_bytes + strlen(m->sender) + 1;
	struct message *packed;
	char *at;

	/* What was finished before a restart has no address. */
	for (uint32_t i = 0; i < m->recipient_count; i++)
		if (m->recipients[i] != NULL)
			bytes += strlen(m->recipients[i]) + 1;
	packed = xmalloc(bytes);
	*packed = *m;
	packed->is_packed = true;
	packed->recipients = (char **)(packed + 1);
	at = (char *)(packed + 1) + array_bytes;
	packed->sender = at;
	at = text_put(at, m->sender);
	for (uint32_t i = 0; i < m->recipient_count; i++) {
		packed->recipients[i] = m->recipients[i] != NULL ? at : NULL;
		if (m->recipients[i] != NULL)
			at = text_put(at, m->recipients[i]);
	}
	m->notify = NULL;
	m->content = NULL;
	m->profile = NULL;
	message_destroy(&m);
	return packed;
}

void
queue_add_message(struct queue *q, struct message *m)
{
	q->messages++;
	q->bytes += m->size_bytes;
	if (m->content == NULL)
		return;
	q->content_bytes += m->size_bytes;
	if (q->content_bytes > QUEUE_CONTENT_BYTES_MAX)
		queue_forget_content(q, m);
}

void
queue_remove_message(struct queue *q, struct message *m)
{
	queue_forget_content(q, m);
	q->messages--;
	q->bytes -= m->size_bytes;
}

void
queue_forget_content(struct queue *q, struct message *m)
{
	if (m->content == NULL)
		return;
	q->content_bytes -= m->size_bytes;
	free(m->content);
	m->content = NULL;
}

struct group *
group_new(struct queue *q, struct message *m, struct domain *d)
{
	struct group *g = xcalloc(1, sizeof(*g));

	g->message = m;
	g->domain = d;
	g->place = queue_next_seq(q);
	list_init(&g->link);
	list_init(&g->by_age);
	g->rids = &g->one;
	m->groups++;
	d->group_count++;
	age_join(q, g);
	return g;
}

/* Adds to what the group's recipients are counted as, in one of the totals. */
static void
tally_add(struct tally *tally, const struct group *g, uint64_t n)
{
	if (g->attempts > 0)
		tally->attempted += n;
	else
		tally->unattempted += n;
}

/* Likewise in all of them; less, when `n` is a negative number. */
static void
group_count(struct queue *q, const struct group *g, int64_t n)
{
	tally_add(&q->tally, g, (uint64_t)n);
	tally_add(&g->domain->tally, g, (uint64_t)n);
}

void
group_set_attempts(struct queue *q, struct group *g, uint32_t attempts)
{
	group_count(q, g, -(int64_t)g->count);
	g->attempts = attempts;
	group_count(q, g, g->count);
}

void
group_add_rid(struct queue *q, struct group *g, uint32_t rid)
{
	assert(g->count == 0 || g->rids[g->count - 1] < rid);
	/* Groups are small and made once: exact memory, no slack. */
	if (g->count == 1 && g->rids == &g->one) {
		g->rids = xmalloc(2 * sizeof(g->rids[0]));
		g->rids[0] = g->one;
	} else if (g->count > 0) {
		g->rids =
		    xrealloc(g->rids, (g->count + 1) * sizeof(g->rids[0]));
	}
	g->rids[g->count++] = rid;
	group_count(q, g, 1);
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
	group_count(q, g, -1);
}

/* Where it waits. */
static struct heap *
waits_of(const struct group *g)
{
	return g->is_released ? &g->domain->released : &g->domain->waiting;
}

/* Takes it out of whatever it is in. */
static void
group_detach(struct group *g)
{
	if (g->state == GROUP_WAITING) {
		heap_remove(waits_of(g), &g->wait);
		list_init(&g->link);
	} else if (g->cohort != NULL) {
		g->domain->ready_count -= g->state == GROUP_READY;
		cohort_leave(g);
	}
	g->state = GROUP_ACTIVE;
}

bool
group_finish(struct queue *q, struct group **gp)
{
	struct group *g = *gp;
	struct message *m = g->message;
	bool finished;

	assert(g->count == 0);
	assert(g->state != GROUP_WAITING);
	group_detach(g);
	age_leave(q, g);
	g->domain->group_count--;
	finished = --m->groups == 0;
	if (finished)
		message_destroy(&m);
	group_free(g);
	*gp = NULL;
	return finished;
}

void
group_make_ready(struct queue *q, struct group *g)
{
	const struct round nothing = { 0 };

	group_detach(g);
	g->state = GROUP_READY;
	g->place = queue_next_seq(q);
	cohort_join(g, &nothing);
	g->domain->ready_count++;
}

void
group_return(struct group *g)
{
	const struct round round = g->cohort->round;

	assert(g->state == GROUP_ACTIVE);
	cohort_leave(g);
	g->state = GROUP_READY;
	cohort_join(g, &round);
	g->domain->ready_count++;
}

void
group_make_active(struct group *g)
{
	const struct round nothing = { 0 };
	struct round round = g->cohort != NULL && g->state != GROUP_WAITING
	    ? g->cohort->round
	    : nothing;

	group_detach(g);
	cohort_join(g, &round);
}

void
group_make_waiting(struct queue *q, struct group *g, utime due)
{
	group_detach(g);
	g->state = GROUP_WAITING;
	memset(&g->wait, 0, sizeof(g->wait));
	heap_insert(waits_of(g), &g->wait, due, queue_next_seq(q));
}

void
group_release(struct queue *q, struct group *g)
{
	utime end = group_due(g);

	group_detach(g);
	g->is_released = true;
	g->wait_end = end;
	group_make_ready(q, g);
}

void
group_move(struct queue *q, struct group *g, struct domain *to)
{
	assert(g->state != GROUP_ACTIVE);
	group_detach(g);
	g->is_released = false;
	group_count(q, g, -(int64_t)g->count);
	age_leave(q, g);
	g->domain->group_count--;
	g->domain = to;
	to->group_count++;
	age_join(q, g);
	group_count(q, g, g->count);
	group_make_ready(q, g);
}

struct group *
domain_first_waiting(const struct domain *d)
{
	struct heap_node *node = heap_top(&d->waiting);
	struct heap_node *other = heap_top(&d->released);

	if (node == NULL || (other != NULL && other->at < node->at))
		node = other;
	return node != NULL ? group_of_wait(node) : NULL;
}

struct group *
domain_first_unreleased(const struct domain *d)
{
	struct heap_node *node = heap_top(&d->waiting);

	return node != NULL ? group_of_wait(node) : NULL;
}

void
group_set_error(struct group *g, struct slice text)
{
	struct domain *d = g->domain;

	if (d->last_error == NULL ||
	    !slice_eq(slice_cstr(d->last_error), text)) {
		char *fresh = text_new(text);

		text_release(d->last_error);
		d->last_error = fresh;
	}
	text_release(g->last_error);
	g->last_error = d->last_error;
	shared_of(g->last_error)->shares++;
}
