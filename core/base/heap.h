/* SPDX-License-Identifier: MIT */
/*
 * An intrusive pairing heap ordered by (time, sequence number): the calendar
 * of the virtual world, and every other "what is due first".  No allocation,
 * so that setting a timer cannot fail.  A zeroed heap and node are empty and
 * idle.
 */
#ifndef FAULTPOST_HEAP_H
#define FAULTPOST_HEAP_H

#include "core/base/utime.h"

struct heap_node {
	utime at;
	uint64_t seq; /* breaks ties: lower first */
	struct heap_node *child, *next,
	    *prev; /* prev: left sibling or parent */
	bool queued;
};

struct heap {
	struct heap_node *root;
};

/* The node must not be in a heap; it stays where it is in memory until it is
 * removed. */
void heap_insert(struct heap *h, struct heap_node *n, utime at, uint64_t seq);
/* Harmless when the node is in no heap. */
void heap_remove(struct heap *h, struct heap_node *n);
/* The first node, still in the heap; NULL when empty. */
static inline struct heap_node *
heap_top(const struct heap *h)
{
	return h->root;
}
/* All nodes, each once, parents first: heap_top(), then this until it is NULL.
 * The heap must not change meanwhile. */
struct heap_node *heap_next(const struct heap_node *n);

#endif
