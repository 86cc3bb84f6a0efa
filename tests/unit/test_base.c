/* SPDX-License-Identifier: MIT */
/* Allocation, growing arrays, and finding a struct by its member. */
#include "core/base/base.h"

#include "tests/unit/kit.h"

static void
test_zero_bytes_are_memory(void **state)
{
	void *p = xmalloc(0), *q = xcalloc(0, 0), *r = xrealloc(NULL, 0);

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	assert_non_null(r);
	free(p);
	free(q);
	free(r);
}

static void
test_calloc_zeroes(void **state)
{
	unsigned char *p = xcalloc(100, 3);

	(void)state;
	for (int i = 0; i < 300; i++)
		assert_int_equal(p[i], 0);
	free(p);
}

static void
test_grow(void **state)
{
	uint64_t *array = NULL;
	size_t cap = 0, moves = 0;

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		size_t before = cap;

		array = xgrow(array, &cap, i + 1, sizeof(*array));
		assert_true(cap > i);
		moves += cap != before;
		array[i] = i;
	}
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(array[i], i);
	assert_in_range(moves, 1, 14);
	assert_ptr_equal(xgrow(array, &cap, 0, sizeof(*array)), array);
	free(array);
}

static void
test_grow_at_once(void **state)
{
	size_t cap = 0;
	char *array = xgrow(NULL, &cap, 1000, 1);

	(void)state;
	assert_in_range(cap, 1000, 2000);
	array[999] = 'x';
	free(array);
}

struct outer {
	char before;
	struct inner {
		int number;
	} member;
};

static void
test_container_of(void **state)
{
	struct outer o = { 'x', { 4711 } };
	struct inner *in = &o.member;

	(void)state;
	assert_ptr_equal(CONTAINER_OF(in, struct outer, member), &o);
}

static void
test_strdup(void **state)
{
	char *copy = xstrdup("text");

	(void)state;
	assert_string_equal(copy, "text");
	free(copy);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_zero_bytes_are_memory);
	TEST(&kit, test_calloc_zeroes);
	TEST(&kit, test_grow);
	TEST(&kit, test_grow_at_once);
	TEST(&kit, test_container_of);
	TEST(&kit, test_strdup);
	return kit_run(&kit, "base");
}
