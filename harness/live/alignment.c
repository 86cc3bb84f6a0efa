/* SPDX-License-Identifier: MIT */
/* Two clocks; see alignment.h. */
#include "harness/live/alignment.h"

void
alignment_add(struct alignment *a, utime ours, utime theirs)
{
	const utime lo = theirs - ours, hi = lo + UTIME_S - 1;

	if (a->count++ == 0) {
		a->first = a->lo = lo;
		a->hi = hi;
		return;
	}
	a->lo = lo > a->lo ? lo : a->lo;
	a->hi = hi < a->hi ? hi : a->hi;
	a->is_unsteady = a->lo > a->hi + ALIGNMENT_LATENCY;
}

utime
alignment_offset(const struct alignment *a)
{
	const utime lo = a->is_unsteady ? a->first : a->lo;
	const utime hi = a->is_unsteady ? a->first + UTIME_S - 1 : a->hi;

	if (lo > hi)
		return hi;
	if (lo <= 0 && hi >= 0)
		return 0;
	if (hi < 0 && hi > -ALIGNMENT_LATENCY)
		return hi;
	if (lo > 0 && lo < ALIGNMENT_LATENCY)
		return lo;
	return lo + (hi - lo) / 2;
}

bool
alignment_is_off(const struct alignment *a)
{
	const utime offset = alignment_offset(a);

	return a->is_unsteady || offset <= -ALIGNMENT_LATENCY ||
	    offset >= ALIGNMENT_LATENCY;
}
