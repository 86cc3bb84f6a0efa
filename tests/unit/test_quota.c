/* SPDX-License-Identifier: MIT */
/* Recipients in a period: when it begins and ends, and what is left in it. */
#include "relay/deliver/quota.h"

#include "tests/unit/kit.h"

/* 0:00:10 past an hour. */
#define BEGIN (UTIME_DAY + 10 * UTIME_S)

static const struct relay_destination controls = {
	.recipient_limit = 5,
	.recipient_minutes = 2,
};

static void
test_without_limit(void **state)
{
	const struct relay_destination none = { .recipient_minutes = 1 };
	struct quota q = { 0 };

	(void)state;
	quota_take(&q, &none, PERIOD_FIRST, 1000, BEGIN);
	assert_int_equal(quota_left(&q, &none, BEGIN), UINT32_MAX);
	assert_int_equal(q.taken, 0);
}

static void
test_period(void **state)
{
	struct quota q = { 0 };
	utime end = BEGIN + 2 * UTIME_MINUTE;

	(void)state;
	assert_int_equal(quota_left(&q, &controls, BEGIN), 5);
	quota_take(&q, &controls, PERIOD_FIRST, 2, BEGIN);
	assert_int_equal(quota_left(&q, &controls, BEGIN), 3);
	assert_true(quota_ends(&q, &controls) == end);
	/* What comes later belongs to the same period. */
	quota_take(&q, &controls, PERIOD_FIRST, 3, BEGIN + UTIME_MINUTE);
	assert_int_equal(quota_left(&q, &controls, end - 1), 0);
	assert_true(quota_ends(&q, &controls) == end);
	assert_int_equal(quota_left(&q, &controls, end), 5);
	/* The next one begins with its own first recipient. */
	quota_take(&q, &controls, PERIOD_FIRST, 1, end + 7 * UTIME_S);
	assert_int_equal(quota_left(&q, &controls, end + 7 * UTIME_S), 4);
	assert_true(quota_ends(&q, &controls) == end + 127 * UTIME_S);
}

static void
test_by_clock(void **state)
{
	struct quota q = { 0 };

	(void)state;
	quota_take(&q, &controls, PERIOD_CLOCK, 5, BEGIN);
	assert_true(quota_ends(&q, &controls) == UTIME_DAY + 2 * UTIME_MINUTE);
	assert_int_equal(
	    quota_left(&q, &controls, UTIME_DAY + 2 * UTIME_MINUTE - 1), 0);
	assert_int_equal(
	    quota_left(&q, &controls, UTIME_DAY + 2 * UTIME_MINUTE), 5);
}

/* A limit that is lowered may have been passed already. */
static void
test_lowered(void **state)
{
	const struct relay_destination lower = {
		.recipient_limit = 2,
		.recipient_minutes = 2,
	};
	struct quota q = { 0 };

	(void)state;
	quota_take(&q, &controls, PERIOD_FIRST, 4, BEGIN);
	assert_int_equal(quota_left(&q, &lower, BEGIN), 0);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_without_limit);
	TEST(&kit, test_period);
	TEST(&kit, test_by_clock);
	TEST(&kit, test_lowered);
	return kit_run(&kit, "quota");
}
