/* SPDX-License-Identifier: MIT */
/*
 * By how much a log's clock is ahead of ours, from what both have seen: a stamp
 * has whole seconds, so that each moment of ours leaves a second of doubt, and
 * several leave less.  Pure.
 */
#ifndef FAULTPOST_ALIGNMENT_H
#define FAULTPOST_ALIGNMENT_H

#include "core/base/utime.h"

#include <stdbool.h>
#include <stddef.h>

/* Zeroed before use. */
struct alignment {
	utime lo, hi;     /* it is in [lo, hi] */
	utime first;      /* the least by what came first */
	size_t count;     /* moments */
	bool is_unsteady; /* no offset fits them all */
};

/* What happened at `ours` has the stamp `theirs`. */
void alignment_add(struct alignment *a, utime ours, utime theirs);
/* The offset that fits all, or what came first: none, if that will do, or what
 * is in the middle. */
utime alignment_offset(const struct alignment *a);

#endif
