/* SPDX-License-Identifier: MIT */
/*
 * When a commit is due for which messages wait.  A flush costs the same for
 * one message as for a hundred, and while it lasts nobody is served; so when
 * more messages are on their way in, the first ones wait a little for those.
 * Whoever was served by the last flush counts among them for a moment: clients
 * under load come back at once, and two halves of them that took turns would
 * pay for two flushes where one is enough.  Whoever was on the way when the
 * last one began is slow, and not waited for again.
 */
#ifndef FAULTPOST_RELAY_GATHER_H
#define FAULTPOST_RELAY_GATHER_H

#include "core/base/utime.h"

#include <stddef.h>

/* The wait is as long as a flush takes, within these bounds; nothing where
 * flushes take no time. */
#define GATHER_SPAN_MIN (2 * UTIME_MS)
#define GATHER_SPAN_MAX (5 * UTIME_MS)
/* Who has not come back so long after a flush is not waited for. */
#define GATHER_RETURN_MAX (2 * GATHER_SPAN_MAX)

/* Zeroed before first use. */
struct gather {
	size_t expected;  /* messages on their way in */
	size_t slow;      /* as many of them were so before the last flush */
	size_t returning; /* served by the last flush, not heard of since */
	size_t waiting;   /* for the next flush */
	utime first;      /* when the first of those came */
	utime flushed;    /* when the last flush was over */
	utime span;       /* how long flushes take, lately */
};

/* A message is on its way in. */
void gather_arrive(struct gather *g);
/* One that was is no more: it waits, or its client gave up. */
void gather_leave(struct gather *g);
/* One waits from now on; the result is when the commit is due. */
utime gather_wait(struct gather *g, utime now);
/* A flush has served all that wait. */
void gather_flush(struct gather *g, utime before, utime after);

#endif
