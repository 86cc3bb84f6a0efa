/* SPDX-License-Identifier: MIT */
/* The bounce profile's arithmetic, with both worked examples of the guide. */
#include "kit.h"
#include "relay/deliver/retry.h"

static const struct relay_bounce_profile profile_default = {
	.max_retries = 100,
	.max_time = 72 * UTIME_HOUR,
	.initial_wait = 60 * UTIME_S,
	.max_wait = 3600 * UTIME_S,
	.growth = GROWTH_DOUBLE,
};

static struct wait_row {
	const char *name;
	enum relay_growth growth;
	utime initial, max;
	uint32_t attempts;
	utime want;
} wait_rows[] = {
	{ "the first wait is the initial one", GROWTH_DOUBLE, 60, 3600, 1, 60 },
	{ "the second doubles", GROWTH_DOUBLE, 60, 3600, 2, 120 },
	{ "the sixth", GROWTH_DOUBLE, 60, 3600, 6, 1920 },
	{ "the seventh is capped", GROWTH_DOUBLE, 60, 3600, 7, 3600 },
	{ "and stays there", GROWTH_DOUBLE, 60, 3600, 4000000000, 3600 },
	{ "a maximum below the initial wait caps it", GROWTH_DOUBLE, 60, 30, 1,
	    30 },
	{ "a maximum that is no power", GROWTH_DOUBLE, 60, 100, 2, 100 },
	{ "constant", GROWTH_CONSTANT, 60, 3600, 9, 60 },
};

static void
test_wait(void **state)
{
	const struct wait_row *row = *state;
	struct relay_bounce_profile p = profile_default;

	p.growth = row->growth;
	p.initial_wait = row->initial;
	p.max_wait = row->max;
	assert_true(retry_wait(&p, row->attempts) == row->want);
}

/* Example 1 (UG91-39): initial 60, maximum 60, 2 retries: attempts at 0, 60 and
 * 120, and the bounce directly behind the second retry. */
static void
test_example_1(void **state)
{
	struct relay_bounce_profile p = profile_default;
	utime at = 0;

	(void)state;
	p.max_wait = 60 * UTIME_S;
	p.max_retries = 2;
	for (uint32_t attempts = 1; attempts <= 2; attempts++) {
		assert_false(retry_is_exhausted(&p, attempts));
		at += retry_wait(&p, attempts);
		assert_true(at == attempts * 60 * UTIME_S);
	}
	assert_true(retry_is_exhausted(&p, 3));
}

/* Example 2: the same with 100 s in the queue: attempts at 0 and 60; at 120 it
 * bounces before it is attempted. */
static void
test_example_2(void **state)
{
	struct relay_bounce_profile p = profile_default;

	(void)state;
	p.max_wait = 60 * UTIME_S;
	p.max_time = 100 * UTIME_S;
	assert_false(retry_is_expired(&p, 1000, 1000 + 60 * UTIME_S));
	assert_false(retry_is_expired(&p, 1000, 1000 + 100 * UTIME_S - 1));
	assert_true(retry_is_expired(&p, 1000, 1000 + 100 * UTIME_S));
	assert_true(retry_is_expired(&p, 1000, 1000 + 120 * UTIME_S));
}

static void
test_no_retries(void **state)
{
	struct relay_bounce_profile p = profile_default;

	(void)state;
	p.max_retries = 0;
	assert_true(retry_is_exhausted(&p, 1));
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, wait_rows, test_wait);
	TEST(&kit, test_example_1);
	TEST(&kit, test_example_2);
	TEST(&kit, test_no_retries);
	return kit_run(&kit, "retry");
}
