/* SPDX-License-Identifier: MIT */
/*
 * What a thread of another program is doing, as /proc and ptrace(2) tell:
 * whether it waits, for how long at most, and how such a wait is ended.
 */
#ifndef FAULTPOST_LIVE_WAIT_H
#define FAULTPOST_LIVE_WAIT_H

#include "core/base/utime.h"

/* Why a thread does not go on. */
struct live_wait {
	bool is_waiting;   /* for something that is not the disk */
	uint64_t switches; /* how often it has come off a processor */
	utime span; /* of its wait, from its beginning; UTIME_NEVER: no end is
	             * known */
};

/* Reads it; `proc_fd` is a /proc.  False: there is no such thread any more. */
bool live_wait_read(int proc_fd, int pid, int thread, struct live_wait *wait);
/* Ends a wait that has a span, as if that had passed.  Nothing happens to a
 * thread that waits no more. */
void live_wait_end(int thread);

#endif
