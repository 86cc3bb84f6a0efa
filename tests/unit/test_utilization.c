/* SPDX-License-Identifier: MIT */
/*
 * The load in percent: of what, when it is made anew, and where it stops.
 */
#include "kit.h"
#include "relay/operate/utilization.h"

static struct utilization_row {
	const char *name;
	struct utilization_reading first, second;
	unsigned cpu, disk, memory;
} rows[] = {
	{ "nothing", { .at = 0 }, { .at = UTIME_MINUTE }, 0, 0, 0 },
	{ "a quarter, an eighth, a half", { .at = 5, .cpu = 7, .disk = 9 },
	    { .at = 5 + 8 * UTIME_S,
		.cpu = 7 + 2 * UTIME_S,
		.disk = 9 + UTIME_S,
		.memory = 50,
		.memory_total = 100 },
	    25, 13, 50 },
	{ "rounded down", { .at = 0 },
	    { .at = 1000 * UTIME_S,
		.cpu = 4 * UTIME_S,
		.memory = 14,
		.memory_total = 1000 },
	    0, 0, 1 },
	{ "several processors", { .at = 0 },
	    { .at = UTIME_S,
		.cpu = 3 * UTIME_S,
		.memory = 2,
		.memory_total = 1 },
	    100, 0, 100 },
	{ "too early", { .at = 0 },
	    { .at = UTIME_S - 1,
		.cpu = UTIME_S - 1,
		.memory = 1,
		.memory_total = 2 },
	    0, 0, 50 },
	{ "a clock set back", { .at = UTIME_HOUR, .cpu = 5 },
	    { .at = UTIME_S, .cpu = UTIME_S }, 0, 0, 0 },
	{ "a reading that went back", { .at = 0, .cpu = 50 * UTIME_S },
	    { .at = UTIME_MINUTE, .cpu = 20 * UTIME_S }, 0, 0, 0 },
};

static void
test_row(void **state)
{
	const struct utilization_row *row = *state;
	struct utilization l = { .last = row->first };

	utilization_read(&l, &row->second);
	assert_int_equal(l.cpu, row->cpu);
	assert_int_equal(l.disk, row->disk);
	assert_int_equal(l.memory, row->memory);
}

/* Whoever looks twice within a second sees the same, and spoils nothing for
 * the next. */
static void
test_twice(void **state)
{
	struct utilization l = { 0 };
	struct utilization_reading at = { .at = UTIME_S, .cpu = UTIME_S / 2 };

	(void)state;
	utilization_read(&l, &at);
	assert_int_equal(l.cpu, 50);
	at = (struct utilization_reading){ .at = UTIME_S + 10, .cpu = UTIME_S };
	utilization_read(&l, &at);
	assert_int_equal(l.cpu, 50);
	at = (struct utilization_reading){ .at = 2 * UTIME_S, .cpu = UTIME_S };
	utilization_read(&l, &at);
	assert_int_equal(l.cpu, 50);
	/* Behind a clock that was set back it goes on. */
	at = (struct utilization_reading){ .at = 1, .cpu = UTIME_S };
	utilization_read(&l, &at);
	assert_int_equal(l.cpu, 0);
	at = (struct utilization_reading){ .at = 1 + UTIME_S,
		.cpu = 2 * UTIME_S };
	utilization_read(&l, &at);
	assert_int_equal(l.cpu, 100);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_twice);
	return kit_run(&kit, "utilization");
}
