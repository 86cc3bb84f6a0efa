/* SPDX-License-Identifier: MIT */
/* By how much a log's clock is ahead, from stamps that have whole seconds. */
#include "harness/live/alignment.h"

#include "tests/unit/kit.h"

#define MOMENTS_MAX 4

static const struct {
	const char *name;
	/* Ours, in microseconds, and theirs, in seconds; ours 0 ends them. */
	struct {
		utime ours;
		int theirs;
	} at[MOMENTS_MAX];
	utime want;
	bool is_off, is_unsteady;
} rows[] = {
	{ "the same clock", { { 1500000, 1 }, { 2000000, 2 }, { 3999999, 3 } },
	    0, false, false },
	{ "one moment leaves a second of doubt", { { 1500000, 5 } },
	    3500000 + 499999, true, false },
	{ "two leave less", { { 1000000, 5 }, { 1900000, 5 } }, 4000000 + 49999,
	    true, false },
	{ "behind", { { 9000000, 5 }, { 9900000, 5 } }, -4000000 + 49999, true,
	    false },
	{ "seen a little later than it is logged", { { 2027000, 1 } }, -27001,
	    false, false },
	{ "logged a little later than it is seen", { { 1950000, 2 } }, 50000,
	    false, false },
	{ "the one, and the other",
	    { { 2027000, 1 }, { 2950000, 3 }, { 3100000, 3 } }, -27001, false,
	    false },
	{ "the like of a clock that is ahead",
	    { { 2027000, 3601 }, { 2950000, 3603 } }, 3600 * UTIME_S - 27001,
	    true, false },
	{ "too late for latency", { { 4000001, 1 }, { 4500000, 2 } }, -2250001,
	    true, false },
	{ "it was set in between", { { 1000000, 1 }, { 2000000, 9 } }, 0, true,
	    true },
	{ "nothing is known", { { 0, 0 } }, 0, false, false },
};

static void
test_offsets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct alignment a = { 0 };

		for (size_t k = 0; k < MOMENTS_MAX && rows[i].at[k].ours != 0;
		     k++)
			alignment_add(&a, rows[i].at[k].ours,
			    rows[i].at[k].theirs * UTIME_S);
		if (alignment_offset(&a) != rows[i].want ||
		    alignment_is_off(&a) != rows[i].is_off ||
		    a.is_unsteady != rows[i].is_unsteady)
			fail_msg("%s: %lld", rows[i].name,
			    (long long)alignment_offset(&a));
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_offsets);
	return kit_run(&kit, "alignment");
}
