/* SPDX-License-Identifier: MIT */
/* core/base/map: finding, letters without case, growing. */
#include "core/base/map.h"

#include "tests/unit/kit.h"

enum {
	MANY = 5000
};

static void
an_empty_map_has_nothing(void **state)
{
	struct map m = { 0 };

	(void)state;
	assert_null(map_find(&m, SLICE("a")));
	assert_null(map_find(&m, SLICE("")));
	map_fini(&m);
}

static void
keys_have_no_case(void **state)
{
	struct map m = { 0 };
	int value;

	(void)state;
	map_add(&m, SLICE("Example.COM"), &value);
	assert_ptr_equal(map_find(&m, SLICE("example.com")), &value);
	assert_ptr_equal(map_find(&m, SLICE("EXAMPLE.com")), &value);
	assert_null(map_find(&m, SLICE("example.co")));
	assert_null(map_find(&m, SLICE("example.com.")));
	map_fini(&m);
}

static void
the_empty_key_is_a_key(void **state)
{
	struct map m = { 0 };
	int value;

	(void)state;
	map_add(&m, SLICE(""), &value);
	assert_ptr_equal(map_find(&m, SLICE("")), &value);
	map_fini(&m);
}

static void
growing_loses_nothing(void **state)
{
	static char keys[MANY][16];
	struct map m = { 0 };

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "d%zu.test", i);
		map_add(&m, slice_cstr(keys[i]), keys[i]);
	}
	assert_int_equal(m.count, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(map_find(&m, slice_cstr(keys[i])), keys[i]);
	assert_null(map_find(&m, SLICE("d5000.test")));
	map_fini(&m);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, an_empty_map_has_nothing);
	TEST(&kit, keys_have_no_case);
	TEST(&kit, the_empty_key_is_a_key);
	TEST(&kit, growing_loses_nothing);
	return kit_run(&kit, "map");
}
