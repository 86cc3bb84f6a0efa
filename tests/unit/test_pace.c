/* SPDX-License-Identifier: MIT */
/* So many bytes in each span of time. */
#include "core/world/pace.h"
#include "tests/unit/kit.h"

static void
test_no_limit(void **state)
{
	struct pace p = { 0 };

	(void)state;
	assert_true(pace_room(&p, 0) == SIZE_MAX);
	pace_take(&p, 1000, 0);
	assert_true(pace_room(&p, 0) == SIZE_MAX);
}

static void
test_spans(void **state)
{
	struct pace p;

	(void)state;
	pace_set(&p, 10, UTIME_S);
	assert_int_equal(pace_room(&p, 90), 10);
	pace_take(&p, 0, 90);
	/* A span begins with its first byte, and not with the last one's end:
	 * else what comes around that moment would be twice as much. */
	pace_take(&p, 4, 100);
	assert_int_equal(pace_room(&p, 100), 6);
	pace_take(&p, 6, 100 + UTIME_S / 2);
	assert_int_equal(pace_room(&p, 100 + UTIME_S - 1), 0);
	assert_int_equal(pace_due(&p), 100 + UTIME_S);
	assert_int_equal(pace_room(&p, 100 + UTIME_S), 10);
	/* What was not taken is not saved up. */
	assert_int_equal(pace_room(&p, 100 + 5 * UTIME_S), 10);
	pace_take(&p, 10, 100 + 6 * UTIME_S);
	assert_int_equal(pace_due(&p), 100 + 7 * UTIME_S);
	assert_int_equal(pace_room(&p, 100 + 7 * UTIME_S - 1), 0);
}

static void
test_nothing_ever(void **state)
{
	struct pace p;

	(void)state;
	pace_set(&p, 0, 0);
	assert_int_equal(pace_room(&p, 100), 0);
	assert_int_equal(pace_room(&p, 100 + UTIME_HOUR), 0);
	assert_true(pace_due(&p) == UTIME_NEVER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_nothing_ever),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
