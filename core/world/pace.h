/* SPDX-License-Identifier: MIT */
/*
 * How fast an end takes what comes, by its owner's wish: so many bytes in each
 * span of time, or none.  Both worlds keep one for each stream.  Pure.
 */
#ifndef FAULTPOST_PACE_H
#define FAULTPOST_PACE_H

#include "core/base/base.h"
#include "core/base/utime.h"

/* Zeroed: no limit. */
struct pace {
	bool is_set;
	size_t bytes; /* in each span; 0: none ever */
	utime every;
	size_t left;     /* of this span, which begins with its first byte */
	utime renews_at; /* when it is over */
};

/* From now on. */
void pace_set(struct pace *p, size_t bytes, utime every);
/* How much may be taken now; SIZE_MAX: any amount. */
size_t pace_room(struct pace *p, utime now);
/* So much was taken now, at most what there was room for. */
void pace_take(struct pace *p, size_t bytes, utime now);
/* When there will be room again, once there is none; UTIME_NEVER: not by
 * itself. */
utime pace_due(const struct pace *p);

#endif
