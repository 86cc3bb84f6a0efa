/* SPDX-License-Identifier: MIT */
/* Events of an address in a minute and an hour. */
#include "relay/receive/rate.h"
#include "tests/unit/kit.h"

#define S UTIME_S

static const struct ip_address a = { 4, { 10, 0, 0, 1 } };
static const struct ip_address b = { 4, { 10, 0, 0, 2 } };

static void
test_minute(void **state)
{
	const struct rate_limit limit = { .per_minute = 2 };
	struct rate r;

	(void)state;
	rate_init(&r);
	assert_true(rate_take(&r, &a, &limit, 100 * S));
	assert_true(rate_take(&r, &a, &limit, 159 * S));
	assert_false(rate_take(&r, &a, &limit, 159 * S));
	/* Another client has a count of its own. */
	assert_true(rate_take(&r, &b, &limit, 159 * S));
	/* The minute began with the first event. */
	assert_false(rate_take(&r, &a, &limit, 160 * S - 1));
	assert_true(rate_take(&r, &a, &limit, 160 * S));
	assert_true(rate_take(&r, &a, &limit, 160 * S));
	assert_false(rate_take(&r, &a, &limit, 219 * S));
	assert_true(rate_take(&r, &a, &limit, 220 * S));
	rate_fini(&r);
}

/* Both limits hold, and what one refuses the other does not count. */
static void
test_hour(void **state)
{
	const struct rate_limit limit = { .per_minute = 1, .per_hour = 2 };
	struct rate r;

	(void)state;
	rate_init(&r);
	assert_true(rate_take(&r, &a, &limit, 0));
	assert_false(rate_take(&r, &a, &limit, 1 * S));
	assert_false(rate_take(&r, &a, &limit, 2 * S));
	assert_true(rate_take(&r, &a, &limit, 60 * S));
	assert_false(rate_take(&r, &a, &limit, 120 * S));
	assert_false(rate_take(&r, &a, &limit, 3600 * S - 1));
	assert_true(rate_take(&r, &a, &limit, 3600 * S));
	rate_fini(&r);
}

static void
test_none(void **state)
{
	const struct rate_limit none = { 0 };
	struct rate r;

	(void)state;
	rate_init(&r);
	for (int i = 0; i < 1000; i++)
		assert_true(rate_take(&r, &a, &none, 0));
	/* And nothing is remembered. */
	assert_int_equal(r.count, 0);
	rate_fini(&r);
}

/* So many addresses are remembered and no more; the oldest goes first. */
static void
test_bound(void **state)
{
	const struct rate_limit limit = { .per_hour = 1 };
	struct rate r;

	(void)state;
	rate_init(&r);
	assert_true(rate_take(&r, &a, &limit, 0));
	for (uint32_t i = 0; i < RATE_CLIENTS_MAX; i++) {
		struct ip_address ip = ip_v4(
		    11, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i);

		/* Whoever is heard of stays. */
		assert_true(rate_take(&r, &ip, &limit, 0));
		if (i == 0)
			assert_true(rate_take(&r, &b, &limit, 0));
		if (i % 1000 == 0)
			assert_false(rate_take(&r, &b, &limit, 0));
	}
	assert_int_equal(r.count, RATE_CLIENTS_MAX);
	assert_true(rate_take(&r, &a, &limit, 0));
	assert_false(rate_take(&r, &b, &limit, 0));
	rate_fini(&r);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_minute);
	TEST(&kit, test_hour);
	TEST(&kit, test_none);
	TEST(&kit, test_bound);
	return kit_run(&kit, "rate");
}
