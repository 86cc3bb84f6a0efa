/* SPDX-License-Identifier: MIT */
/*
 * A quantity over time, as few points: exact as long as SERIES_POINTS do, and
 * coarser step by step after that, in memory that does not grow.  Pure.
 */
#ifndef FAULTPOST_SERIES_H
#define FAULTPOST_SERIES_H

#include "core/base/buf.h"
#include "core/base/utime.h"

#define SERIES_POINTS 2000

/* The quantity from `at` to the next point: the most it was, and the last. */
struct series_point {
	utime at;
	uint64_t most, last;
};

/* Zeroed before use; series_fini() frees it. */
struct series {
	struct series_point *points; /* owned */
	size_t count;
	utime step; /* points are further apart than this */
};
void series_fini(struct series *s);
/* It is `value` from `at` on, which never goes back. */
void series_add(struct series *s, utime at, uint64_t value);
/* Appends VLQ, for each point: the milliseconds from the last point (the first
 * one: from `start`), how the most differs from the last value before, and the
 * last value from the most. */
void series_format(const struct series *s, utime start, struct buf *out);

#endif
