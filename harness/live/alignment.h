/* SPDX-License-Identifier: MIT */
/*
 * By how much a log's clock is ahead of ours, from what both have seen: a stamp
 * has whole seconds, so that each moment of ours leaves a second of doubt, and
 * several leave less.  A busy machine sees a thing later than another logs it,
 * or the other way: so much is no difference of clocks.  Pure.
 */
#ifndef FAULTPOST_ALIGNMENT_H
#define FAULTPOST_ALIGNMENT_H

#include "core/base/utime.h"

#include <stdbool.h>
#include <stddef.h>

/* What is done at once is seen and logged within so long. */
#define ALIGNMENT_LATENCY (2 * UTIME_S)

/* Zeroed before use. */
struct alignment {
	utime lo, hi;     /* it is in [lo, hi]; or near both: hi < lo */
	utime first;      /* the least by what came first */
	size_t count;     /* moments */
	bool is_unsteady; /* no offset fits them all, or nearly */
};

/* What happened at `ours` has the stamp `theirs`. */
void alignment_add(struct alignment *a, utime ours, utime theirs);
/* The offset that fits all, or what came first: none, if that will do; what is
 * nearest to none, if it can be latency; or what is in the middle.  What nearly
 * fits is the last at which nothing of ours is behind the end of its second. */
utime alignment_offset(const struct alignment *a);
/* Whether it is worth a word. */
bool alignment_is_off(const struct alignment *a);

#endif
