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
	a->is_unsteady = a->lo > a->hi;
}

utime
alignment_offset(const struct alignment *a)
{
	const utime lo = a->is_unsteady ? a->first : a->lo;
	const utime hi = a->is_unsteady ? a->first + UTIME_S - 1 : a->hi;

	if (lo <= 0 && hi >= 0)
		return 0;
	return lo + (hi - lo) / 2;
}
