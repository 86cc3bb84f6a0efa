/* SPDX-License-Identifier: MIT */
/* Arenas: alignment, zeroes, pieces that do not overlap, pieces of any size. */
#include "core/base/arena.h"

#include "core/base/rng.h"
#include "tests/unit/kit.h"

static void
test_empty(void **state)
{
	struct arena a = { 0 };

	(void)state;
	arena_fini(&a);
	assert_non_null(arena_alloc(&a, 0));
	arena_fini(&a);
	assert_null(a.chunks);
	arena_fini(&a);
}

static void
test_pieces_are_apart(void **state)
{
	enum {
		PIECES = 1000
	};
	struct arena a = { 0 };
	struct rng rng;
	unsigned char *pieces[PIECES];
	size_t sizes[PIECES];

	(void)state;
	rng_init(&rng, 1);
	for (size_t i = 0; i < PIECES; i++) {
		sizes[i] = (size_t)rng_below(&rng, i % 50 == 0 ? 20000 : 100);
		pieces[i] = arena_alloc(&a, sizes[i]);
		assert_int_equal(
		    (uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(pieces[i][j], 0);
		memset(pieces[i], (int)(i % 251) + 1, sizes[i]);
	}
	for (size_t i = 0; i < PIECES; i++)
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(pieces[i][j], i % 251 + 1);
	arena_fini(&a);
}

static void
test_copies(void **state)
{
	struct arena a = { 0 };
	char text[] = "abc";
	char *copy = arena_strdup(&a, slice_of(text, 2));
	struct slice whole = arena_slice(&a, slice_of(text, sizeof(text)));

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_string_equal(copy, "ab");
	assert_slices_equal(whole, SLICE("abc\0"));
	assert_string_equal(arena_strdup(&a, slice_cstr(NULL)), "");
	assert_slice(arena_slice(&a, slice_cstr(NULL)), "");
	arena_fini(&a);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_empty);
	TEST(&kit, test_pieces_are_apart);
	TEST(&kit, test_copies);
	return kit_run(&kit, "arena");
}
