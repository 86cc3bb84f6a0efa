/* SPDX-License-Identifier: MIT */
/* How long the first of a group waits for the others. */
#include "relay/gather.h"
#include "tests/unit/kit.h"

static struct gather_row {
	const char *name;
	size_t waiting, expected;
	utime flush, want; /* since the first */
} rows[] = {
	{ "alone", 1, 0, 1000, 0 },
	{ "one more is coming", 1, 1, 1000, 1000 },
	{ "flushes cost nothing", 1, 9, 0, 0 },
	{ "flushes take very long", 1, 9, UTIME_S, GATHER_SPAN_MAX },
	{ "most are there", 8, 2, 1000, 0 },
	{ "some are missing", 8, 3, 1000, 1000 },
};

static void
test_row(void **state)
{
	const struct gather_row *row = *state;

	assert_int_equal(
	    gather_until(500, row->waiting, row->expected, row->flush),
	    500 + row->want);
}

/* It follows what flushes take, both ways. */
static void
test_span(void **state)
{
	utime span = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		span = gather_span(span, 1000);
	assert_in_range(span, 900, 1000);
	for (int i = 0; i < 100; i++)
		span = gather_span(span, 0);
	assert_in_range(span, 0, 10);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_span);
	return kit_run(&kit, "gather");
}
