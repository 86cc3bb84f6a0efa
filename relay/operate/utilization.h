/* SPDX-License-Identifier: MIT */
/*
 * The load of the machine, as far as the relay is to blame for it: what the
 * appliance calls CPULd, DskIO and RAMUtil.  Pure; the readings are the
 * shell's.
 */
#ifndef FAULTPOST_RELAY_UTILIZATION_H
#define FAULTPOST_RELAY_UTILIZATION_H

#include "core/base/utime.h"

/* What has added up since the start, and what is. */
struct utilization_reading {
	utime at;                      /* when it was read */
	utime cpu;                     /* time on a processor */
	utime disk;                    /* time spent waiting for the disk */
	uint64_t memory, memory_total; /* bytes; total 0: not known */
};

/* Percent, at most 100. */
struct utilization {
	unsigned cpu, disk; /* of the time between two readings */
	unsigned memory;
	struct utilization_reading last; /* the first one is the start */
};

/* Looks at a reading.  Within a second of the last one the times have not moved
 * enough to tell anything; then those of before stand. */
void utilization_read(
    struct utilization *l, const struct utilization_reading *now);

#endif
