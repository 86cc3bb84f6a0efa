/* SPDX-License-Identifier: MIT */
/* Counters that add to their sums, rates that fade, and the three columns. */
#include "relay/operate/counters.h"
#include "tests/unit/kit.h"

#define NOON (INT64_C(1404302400) * UTIME_S)

static void
test_sums(void **state)
{
	struct counters c = { 0 };

	(void)state;
	counters_add(&c, COUNTER_HARD_5XX, 2);
	counters_add(&c, COUNTER_HARD_DNS, 1);
	counters_add(&c, COUNTER_DELIVERED, 10);
	counters_add(&c, COUNTER_DELETED, 4);
	counters_add(&c, COUNTER_SOFT_BOUNCED, 7);
	assert_int_equal(c.at[COUNTER_HARD_5XX], 2);
	assert_int_equal(c.at[COUNTER_HARD_DNS], 1);
	assert_int_equal(c.at[COUNTER_HARD_OTHER], 0);
	assert_int_equal(c.at[COUNTER_HARD_BOUNCED], 3);
	assert_int_equal(c.at[COUNTER_COMPLETED], 17);
	assert_int_equal(c.at[COUNTER_SOFT_BOUNCED], 7);
}

/* A row is its parent's, one step deeper, below the same heading. */
static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_row *row = counter_row((enum counter)i);

		if (row->sum == COUNTER_NONE) {
			assert_int_equal(row->depth, 0);
			continue;
		}
		assert_true(row->sum < i);
		assert_int_equal(counter_row(row->sum)->depth, row->depth - 1);
		assert_string_equal(
		    counter_row(row->sum)->heading, row->heading);
	}
}

static void
check_rates(const struct rates *r, utime now, const uint64_t want[3])
{
	static const utime spans[] = { UTIME_MINUTE, 5 * UTIME_MINUTE,
		15 * UTIME_MINUTE };

	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		assert_int_equal(
		    rates_per_hour(r, COUNTER_DELIVERED, spans[i], now),
		    want[i]);
}

static void
test_rates(void **state)
{
	struct rates *r = xcalloc(1, sizeof(*r));

	(void)state;
	check_rates(r, NOON, (const uint64_t[]){ 0, 0, 0 });
	rates_add(r, COUNTER_DELIVERED, 5, NOON);
	check_rates(r, NOON, (const uint64_t[]){ 300, 60, 20 });
	/* The slot is a quarter of a minute, and stays for four. */
	check_rates(
	    r, NOON + UTIME_MINUTE - 1, (const uint64_t[]){ 300, 60, 20 });
	check_rates(r, NOON + UTIME_MINUTE, (const uint64_t[]){ 0, 60, 20 });
	rates_add(r, COUNTER_DELIVERED, 1, NOON + 2 * UTIME_MINUTE);
	check_rates(
	    r, NOON + 2 * UTIME_MINUTE, (const uint64_t[]){ 60, 72, 24 });
	check_rates(
	    r, NOON + 6 * UTIME_MINUTE, (const uint64_t[]){ 0, 12, 24 });
	check_rates(r, NOON + 15 * UTIME_MINUTE, (const uint64_t[]){ 0, 0, 4 });
	/* A ring that went round once must not show what it held before. */
	rates_add(r, COUNTER_DELIVERED, 1, NOON + 17 * UTIME_MINUTE);
	check_rates(
	    r, NOON + 17 * UTIME_MINUTE, (const uint64_t[]){ 60, 12, 4 });
	rates_add(r, COUNTER_DELIVERED, 1, NOON + UTIME_DAY);
	check_rates(r, NOON + UTIME_DAY, (const uint64_t[]){ 60, 12, 4 });
	free(r);
}

static void
test_columns(void **state)
{
	struct counter_columns *c = xcalloc(1, sizeof(*c));

	(void)state;
	c->reset = UTIME_NEVER;
	c->lifetime.at[COUNTER_DELIVERED] = 100;
	columns_add(c, COUNTER_DELIVERED, 3, NOON);
	assert_int_equal(c->uptime.at[COUNTER_DELIVERED], 3);
	assert_int_equal(c->lifetime.at[COUNTER_DELIVERED], 103);
	assert_int_equal(columns_since_reset(c, COUNTER_DELIVERED), 103);
	columns_reset(c, NOON + UTIME_S);
	assert_int_equal(c->reset, NOON + UTIME_S);
	columns_add(c, COUNTER_DELIVERED, 2, NOON + 2 * UTIME_S);
	assert_int_equal(c->uptime.at[COUNTER_DELIVERED], 5);
	assert_int_equal(c->lifetime.at[COUNTER_DELIVERED], 105);
	assert_int_equal(columns_since_reset(c, COUNTER_DELIVERED), 2);
	assert_int_equal(columns_since_reset(c, COUNTER_COMPLETED), 2);
	free(c);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_sums);
	TEST(&kit, test_rows);
	TEST(&kit, test_rates);
	TEST(&kit, test_columns);
	return kit_run(&kit, "counters");
}
