/* SPDX-License-Identifier: MIT */
/* The calendar: order by (time, sequence), and removal from anywhere. */
#include "core/base/heap.h"

#include "core/base/rng.h"
#include "tests/unit/kit.h"

enum {
	NODES = 300,
	STEPS = 20000
};

/* The reference: a plain array that is searched for its least. */
static struct heap_node *
least(struct heap_node *nodes, size_t count)
{
	struct heap_node *best = NULL;

	for (size_t i = 0; i < count; i++) {
		struct heap_node *n = &nodes[i];

		if (n->queued &&
		    (best == NULL || n->at < best->at ||
			(n->at == best->at && n->seq < best->seq)))
			best = n;
	}
	return best;
}

static void
test_empty(void **state)
{
	struct heap h = { 0 };
	struct heap_node n = { 0 };

	(void)state;
	assert_null(heap_top(&h));
	heap_remove(&h, &n);
	heap_insert(&h, &n, 5, 1);
	assert_ptr_equal(heap_top(&h), &n);
	heap_remove(&h, &n);
	heap_remove(&h, &n);
	assert_null(heap_top(&h));
	assert_false(n.queued);
}

static void
test_ties_go_by_sequence(void **state)
{
	struct heap_node nodes[10] = { 0 };
	struct heap h = { 0 };

	(void)state;
	for (size_t i = 0; i < 10; i++)
		heap_insert(&h, &nodes[i], 7, (i * 7) % 10);
	for (uint64_t seq = 0; seq < 10; seq++) {
		assert_int_equal(heap_top(&h)->seq, seq);
		heap_remove(&h, heap_top(&h));
	}
	assert_null(heap_top(&h));
}

static void
test_extreme_times(void **state)
{
	struct heap_node nodes[4] = { 0 };
	struct heap h = { 0 };
	static const utime order[4] = { INT64_MIN, -1, 0, UTIME_NEVER };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		heap_insert(&h, &nodes[i], order[3 - i], i);
	for (size_t i = 0; i < 4; i++) {
		assert_true(heap_top(&h)->at == order[i]);
		heap_remove(&h, heap_top(&h));
	}
}

/* Few distinct times, so that there are many ties. */
static void
test_random_against_reference(void **state)
{
	static struct heap_node nodes[NODES];
	struct heap h = { 0 };
	struct rng rng;
	uint64_t seq = 0;

	(void)state;
	rng_init(&rng, 1);
	for (int step = 0; step < STEPS; step++) {
		struct heap_node *n = &nodes[rng_below(&rng, NODES)];

		if (n->queued)
			heap_remove(&h, n);
		else
			heap_insert(
			    &h, n, (utime)rng_below(&rng, 40) - 20, seq++);
		if (rng_below(&rng, 4) == 0 && heap_top(&h) != NULL)
			heap_remove(&h, heap_top(&h));
		assert_ptr_equal(heap_top(&h), least(nodes, NODES));
	}
	while (heap_top(&h) != NULL) {
		assert_ptr_equal(heap_top(&h), least(nodes, NODES));
		heap_remove(&h, heap_top(&h));
	}
	assert_null(least(nodes, NODES));
}

/* Every node is passed once, whatever was inserted and removed before. */
static void
test_next(void **state)
{
	static struct heap_node nodes[NODES];
	struct heap h = { 0 };
	struct rng rng;

	(void)state;
	rng_init(&rng, 11);
	for (int i = 0; i < 400; i++) {
		struct heap_node *n = &nodes[rng_below(&rng, NODES)];
		size_t queued = 0, passed = 0;

		if (n->queued)
			heap_remove(&h, n);
		else
			heap_insert(
			    &h, n, (utime)rng_below(&rng, 5), (uint64_t)i);
		for (size_t k = 0; k < NODES; k++)
			queued += nodes[k].queued;
		for (n = heap_top(&h); n != NULL; n = heap_next(n)) {
			assert_true(n->queued);
			passed++;
		}
		assert_int_equal(passed, queued);
	}
}

/* In order, and in reverse: one makes a flat heap, the other a long chain. */
static void
test_many_in_order(void **state)
{
	enum {
		MANY = 200000
	};
	struct heap_node *nodes = xcalloc(MANY, sizeof(*nodes));
	struct heap h = { 0 };

	(void)state;
	for (int reverse = 0; reverse < 2; reverse++) {
		for (int i = 0; i < MANY; i++)
			heap_insert(&h, &nodes[i], reverse ? MANY - 1 - i : i,
			    (uint64_t)i);
		for (int i = 0; i < MANY; i++) {
			assert_int_equal(heap_top(&h)->at, i);
			heap_remove(&h, heap_top(&h));
		}
	}
	free(nodes);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_empty);
	TEST(&kit, test_ties_go_by_sequence);
	TEST(&kit, test_extreme_times);
	TEST(&kit, test_random_against_reference);
	TEST(&kit, test_many_in_order);
	TEST(&kit, test_next);
	return kit_run(&kit, "heap");
}
