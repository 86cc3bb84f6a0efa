/* SPDX-License-Identifier: MIT */
/* Classes of groups by what they have tried; see choice_class.h. */
#include "harness/judge/choice_class.h"

/* Classes without groups that are kept. */
#define GONE_MAX 64

static struct choice_class *class_get(struct choice_classes *s,
    const struct choice_class *like, const struct ledger_moment *now);
static void class_free(struct choice_classes *s, struct choice_class *c);

void
choice_classes_init(struct choice_classes *s)
{
	list_init(&s->all);
	s->gone = 0;
}

void
choice_classes_fini(struct choice_classes *s)
{
	LIST_FOREACH_SAFE(node, &s->all)
		free(CONTAINER_OF(node, struct choice_class, node));
	list_init(&s->all);
}

void
choice_class_join(struct choice_classes *s, struct ledger_group *g,
    const struct ledger_moment *now)
{
	struct choice_class like = { 0 };
	struct choice_class *c;

	assert(g->class == NULL);
	for (size_t i = 0; i < g->domain->routing.count; i++) {
		enum tried tried = ledger_tried(g, i);

		if (tried == TRIED_YES)
			seats_add(&like.surely, i);
		else if (tried == TRIED_MAYBE)
			seats_add(&like.perhaps, i);
	}
	c = class_get(s, &like, now);
	if (c->count++ == 0)
		s->gone--;
	if (g->is_timed && g->round.hi > c->joined_hi)
		c->joined_hi = g->round.hi;
	g->class = c;
}

void
choice_class_leave(struct choice_classes *s, struct ledger_group *g,
    const struct ledger_moment *now)
{
	struct choice_class *c = g->class;

	if (c == NULL)
		return;
	g->class = NULL;
	if (--c->count > 0)
		return;
	c->last = *now;
	s->gone++;
}

/* The groups stay in their class, which has tried one more; what it was before
 * is kept as a class that is gone. */
void
choice_classes_fail(struct choice_classes *s, size_t seat, enum tried tried,
    const struct ledger_moment *now)
{
	LIST_FOREACH_SAFE(node, &s->all) {
		struct choice_class *c =
		    CONTAINER_OF(node, struct choice_class, node);
		struct choice_class before = *c;

		if (c->count == 0 || seats_has(&c->surely, seat))
			continue;
		if (c->joined_hi >= now->lo || tried == TRIED_MAYBE)
			seats_add(&c->perhaps, seat);
		else
			seats_add(&c->surely, seat);
		c->first = *now;
		struct choice_class *gone = class_get(s, &before, now);
		if (gone->count == 0)
			gone->last = *now;
		if (before.first.line < gone->first.line)
			gone->first = before.first;
	}
}

void
choice_classes_purge(struct choice_classes *s, utime before)
{
	if (s->gone == 0)
		return;
	LIST_FOREACH_SAFE(node, &s->all) {
		struct choice_class *c =
		    CONTAINER_OF(node, struct choice_class, node);

		if (c->count > 0)
			continue;
		if (c->last.hi >= before) {
			if (s->gone <= GONE_MAX)
				continue;
			s->dropped = c->last;
		}
		class_free(s, c);
	}
}

/* A class that has tried the same; a new one is without groups. */
static struct choice_class *
class_get(struct choice_classes *s, const struct choice_class *like,
    const struct ledger_moment *now)
{
	struct choice_class *c;

	LIST_FOREACH(node, &s->all) {
		c = CONTAINER_OF(node, struct choice_class, node);
		if (memcmp(&c->surely, &like->surely, sizeof(c->surely)) == 0 &&
		    memcmp(&c->perhaps, &like->perhaps, sizeof(c->perhaps)) ==
			0)
			return c;
	}
	c = xcalloc(1, sizeof(*c));
	c->surely = like->surely;
	c->perhaps = like->perhaps;
	c->first = c->last = *now;
	list_append(&s->all, &c->node);
	s->gone++;
	return c;
}

static void
class_free(struct choice_classes *s, struct choice_class *c)
{
	assert(c->count == 0);
	list_remove(&c->node);
	s->gone--;
	free(c);
}
