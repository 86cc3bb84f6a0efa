/* SPDX-License-Identifier: MIT */
/* Intrusive pairing heap; see heap.h. */
#include "core/base/heap.h"

static bool
comes_before(const struct heap_node *a, const struct heap_node *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

/* Joins two heaps given by their roots, either of which may be NULL. */
static struct heap_node *
meld(struct heap_node *a, struct heap_node *b)
{
	struct heap_node *swap;

	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (comes_before(b, a)) {
		swap = a;
		a = b;
		b = swap;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child != NULL)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* Melds the siblings that start at `first`: in pairs from the left, then the
 * pairs from the right.  Iterative, for a heap can be one long chain. */
static struct heap_node *
meld_siblings(struct heap_node *first)
{
	struct heap_node *pairs = NULL, *root = NULL;

	while (first != NULL) {
		struct heap_node *a = first, *b = a->next;

		first = b != NULL ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b != NULL)
			b->next = b->prev = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs != NULL) {
		struct heap_node *a = pairs;

		pairs = a->next;
		a->next = NULL;
		root = meld(root, a);
	}
	if (root != NULL)
		root->prev = root->next = NULL;
	return root;
}

void
heap_insert(struct heap *h, struct heap_node *n, utime at, uint64_t seq)
{
	assert(!n->queued);
	*n = (struct heap_node){ .at = at, .seq = seq, .queued = true };
	h->root = meld(h->root, n);
}

void
heap_remove(struct heap *h, struct heap_node *n)
{
	struct heap_node *rest;

	if (!n->queued)
		return;
	rest = meld_siblings(n->child);
	if (n == h->root) {
		h->root = rest;
	} else {
		if (n->prev->child == n)
			n->prev->child = n->next;
		else
			n->prev->next = n->next;
		if (n->next != NULL)
			n->next->prev = n->prev;
		h->root = meld(h->root, rest);
	}
	n->child = n->next = n->prev = NULL;
	n->queued = false;
}

struct heap_node *
heap_next(const struct heap_node *n)
{
	if (n->child != NULL)
		return n->child;
	/* Up, until there is a sibling: `prev` of a first child is the parent.
	 */
	while (n != NULL && n->next == NULL) {
		while (n->prev != NULL && n->prev->child != n)
			n = n->prev;
		n = n->prev;
	}
	return n != NULL ? n->next : NULL;
}
