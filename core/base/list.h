/* SPDX-License-Identifier: MIT */
/*
 * An intrusive doubly linked ring: the list is a node, and so is each member.
 * No allocation.  list_init() makes a node point at itself, which is both "an
 * empty list" and "a member of no list".
 */
#ifndef FAULTPOST_LIST_H
#define FAULTPOST_LIST_H

#include "core/base/base.h"

struct list {
	struct list *next, *prev;
};

static inline void
list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool
list_is_empty(const struct list *l)
{
	return l->next == l;
}

/* Inserts `node`, a member of no list, before `at`; before the head is the
 * end of the list. */
static inline void
list_insert_before(struct list *at, struct list *node)
{
	node->prev = at->prev;
	node->next = at;
	at->prev->next = node;
	at->prev = node;
}

static inline void
list_append(struct list *head, struct list *node)
{
	list_insert_before(head, node);
}

static inline void
list_prepend(struct list *head, struct list *node)
{
	list_insert_before(head->next, node);
}

/* Takes a node out of whatever list it is in; harmless when in none. */
static inline void
list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* Makes `to`, not initialized before, hold all that `from` held. */
static inline void
list_move_all(struct list *to, struct list *from)
{
	if (list_is_empty(from)) {
		list_init(to);
		return;
	}
	*to = *from;
	to->next->prev = to;
	to->prev->next = to;
	list_init(from);
}

#define LIST_FOREACH(node, head)                                               \
	for (struct list *node = (head)->next; node != (head);                 \
	     node = node->next)

/* The body may remove `node`. */
#define LIST_FOREACH_SAFE(node, head)                                          \
	for (struct list *node = (head)->next, *node##_next = node->next;      \
	     node != (head); node = node##_next, node##_next = node->next)

#endif
