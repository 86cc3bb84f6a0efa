/* SPDX-License-Identifier: MIT */
/* Percentiles of spans: exact for short ones, an eighth too long at most. */
#include "harness/log/log_stats.h"

#include "tests/unit/kit.h"

static void
test_short(void **state)
{
	struct log_spans s = { 0 };

	(void)state;
	assert_int_equal(log_spans_percentile(&s, 50), 0);
	for (unsigned i = 1; i <= 10; i++)
		log_spans_add(&s, i * UTIME_S);
	log_spans_add(&s, -UTIME_S);
	assert_int_equal(s.count, 10);
	assert_int_equal(log_spans_percentile(&s, 50), 5);
	assert_int_equal(log_spans_percentile(&s, 90), 9);
	assert_int_equal(log_spans_percentile(&s, 100), 10);
}

static void
test_long(void **state)
{
	(void)state;
	for (uint64_t seconds = 1; seconds < 400000; seconds += 7) {
		struct log_spans s = { 0 };
		uint64_t got;

		log_spans_add(&s, (utime)seconds * UTIME_S);
		log_spans_add(&s, 400000 * UTIME_S);
		got = log_spans_percentile(&s, 50);
		assert_true(got >= seconds);
		assert_true(got <= seconds + seconds / 8);
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_short);
	TEST(&kit, test_long);
	return kit_run(&kit, "log_spans");
}
