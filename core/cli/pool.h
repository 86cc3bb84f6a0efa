/* SPDX-License-Identifier: MIT */
/*
 * Jobs done by several processes and told in order.  Each process takes the
 * next job there is, works, and says what comes of it on channels; what it
 * says is told in the calling process job by job, as soon as it is the job's
 * turn, so that what is told does not depend on how many processes there are.
 * A process that dies costs its job only: another takes its place.
 *
 * What waits for its turn is bounded: beyond POOL_KEPT_MAX, processes wait to
 * be heard, all but that whose turn it is.
 */
#ifndef FAULTPOST_POOL_H
#define FAULTPOST_POOL_H

#include "core/base/err.h"
#include "core/base/slice.h"

#define POOL_PROCESSES_MAX 256
#define POOL_KEPT_MAX      ((size_t)64 << 20)

struct pool_worker;

/* How a job ended. */
enum pool_end {
	POOL_DONE,    /* `work` returned */
	POOL_DIED,    /* its process did, before that */
	POOL_STOPPED, /* is_stopped() was true, and it did not end by itself */
};

struct pool_hooks {
	void *owner;
	bool is_apart; /* no job in this process, though there be one only */
	/* Does a job; in a process of its own, unless there is one only. */
	void (*work)(void *owner, size_t job, struct pool_worker *worker);
	/* A piece of what a job said on a channel. */
	void (*on_text)(
	    void *owner, size_t job, unsigned channel, struct slice text);
	/* A job is over; `how` says in words how its process died.  False: go
	 * no further. */
	bool (*on_end)(
	    void *owner, size_t job, enum pool_end end, const char *how);
	/* Asked when a signal came: no further jobs, then, and SIGTERM to the
	 * processes. */
	bool (*is_stopped)(void *owner);
};

/* Does the jobs 0 to `count` - 1.  With one process, in this one.  False with
 * *err set when no process could be made.  No process is left behind, whatever
 * becomes of this one. */
bool pool_run(const struct pool_hooks *hooks, size_t count, unsigned processes,
    struct err *err);

/* For `work`: says something; nothing is not told. */
void pool_say(struct pool_worker *worker, unsigned channel, struct slice text);

#endif
