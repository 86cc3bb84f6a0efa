/* SPDX-License-Identifier: MIT */
/* A quantity over time: exact while it is short, true when it is long. */
#include "harness/report/series.h"

#include "tests/unit/kit.h"

static void
test_exact(void **state)
{
	struct series s = { 0 };
	struct buf out = { 0 };

	(void)state;
	series_add(&s, 1000, 1);
	series_add(&s, 1000, 2); /* in the same moment: the last counts */
	series_add(&s, 1000, 1);
	series_add(&s, 3000, 1); /* no change: no point */
	series_add(&s, 5000, 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.points[0].most, 2);
	assert_int_equal(s.points[0].last, 1);
	assert_int_equal(s.points[1].at, 5000);
	/* +1 ms, 2 more, 1 less; +4 ms, 1 less, as much. */
	series_format(&s, 0, &out);
	assert_string_equal(buf_cstr(&out), "CEDIDA");
	buf_fini(&out);
	series_fini(&s);
}

/* What it was at most is never lost, nor what it is in the end. */
static void
test_long(void **state)
{
	struct series s = { 0 };
	uint64_t most = 0;

	(void)state;
	for (utime at = 0; at < 100000; at++)
		series_add(
		    &s, at * UTIME_MS, at == 77777 ? 1000 : (uint64_t)(at % 7));
	assert_true(s.count <= SERIES_POINTS);
	assert_true(s.count >= SERIES_POINTS / 4);
	for (size_t i = 0; i < s.count; i++) {
		most = s.points[i].most > most ? s.points[i].most : most;
		assert_true(i == 0 || s.points[i].at > s.points[i - 1].at);
	}
	assert_int_equal(most, 1000);
	assert_int_equal(s.points[s.count - 1].last, 99999 % 7);
	series_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
