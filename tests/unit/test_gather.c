/* SPDX-License-Identifier: MIT */
/* How long the first of a group waits for the others. */
#include "relay/queue/gather.h"
#include "tests/unit/kit.h"

/* `flush`: how long flushes have taken so far, the last of which served
 * `served` clients `ago` before now; then so many arrived, of which `waiting`
 * wait. */
static struct gather_row {
	const char *name;
	size_t served, arrived, waiting;
	utime flush, ago, want; /* since the first */
} rows[] = {
	{ "alone", 0, 1, 1, 3000, 500, 0 },
	{ "one more is coming", 0, 2, 1, 3000, 500, 3000 },
	{ "flushes cost nothing", 0, 10, 1, 0, 500, 0 },
	{ "flushes are quick", 0, 10, 1, 100, 500, GATHER_SPAN_MIN },
	{ "flushes take very long", 0, 10, 1, UTIME_S, 500, GATHER_SPAN_MAX },
	{ "most are there", 0, 10, 8, 3000, 500, 0 },
	{ "some are missing", 0, 11, 8, 3000, 500, 3000 },
	{ "the one served last has come back", 1, 1, 1, 3000, 500, 0 },
	{ "one of two is not back", 2, 1, 1, 3000, 500, 3000 },
	{ "half is served while half waits", 5, 5, 5, 3000, 500, 0 },
	{ "the other half is not back", 10, 5, 5, 3000, 500, 3000 },
	{ "who is gone is not waited for", 10, 5, 5, 3000,
	    GATHER_RETURN_MAX + 1, 0 },
};

/* Flushes of the row's length, the last of which serves the row's clients. */
static void
flush_often(struct gather *g, const struct gather_row *row, utime *now)
{
	for (int i = 0; i < 200; i++) {
		utime before = *now;

		g->waiting = row->served;
		*now += row->flush;
		gather_flush(g, before, *now);
	}
	*now += row->ago;
}

static void
test_row(void **state)
{
	const struct gather_row *row = *state;
	struct gather g = { 0 };
	utime now = 0, first, due = 0;

	flush_often(&g, row, &now);
	first = now;
	for (size_t i = 0; i < row->arrived; i++)
		gather_arrive(&g);
	for (size_t i = 0; i < row->waiting; i++) {
		gather_leave(&g);
		due = gather_wait(&g, now);
	}
	/* The mean of what flushes took is rounded down. */
	assert_in_range(due - first, row->want - row->want / 50, row->want);
}

/* Who gave up is not waited for. */
static void
test_leave(void **state)
{
	struct gather g = { .span = 3000 };

	(void)state;
	gather_arrive(&g);
	gather_arrive(&g);
	gather_leave(&g);
	assert_int_equal(gather_wait(&g, 500), 3500);
	gather_leave(&g);
	assert_int_equal(gather_wait(&g, 600), 500);
}

/* Nor, after a flush, who was on the way before it; who comes then is. */
static void
test_slow(void **state)
{
	struct gather g = { .span = 3000 };

	(void)state;
	gather_arrive(&g);
	gather_arrive(&g);
	gather_leave(&g);
	assert_int_equal(gather_wait(&g, 500), 3500);
	gather_flush(&g, 3500, 6500);
	gather_arrive(&g);
	gather_leave(&g);
	assert_int_equal(gather_wait(&g, 7000), 7000);
	gather_flush(&g, 7000, 10000);
	gather_arrive(&g);
	gather_arrive(&g);
	gather_leave(&g);
	assert_int_equal(gather_wait(&g, 10500), 13500);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_leave);
	TEST(&kit, test_slow);
	return kit_run(&kit, "gather");
}
