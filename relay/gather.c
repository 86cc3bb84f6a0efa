/* SPDX-License-Identifier: MIT */
/* When a commit is due; see gather.h. */
#include "relay/gather.h"

#include <assert.h>

void
gather_arrive(struct gather *g)
{
	g->expected++;
	if (g->returning > 0)
		g->returning--;
}

void
gather_leave(struct gather *g)
{
	assert(g->expected > 0);
	g->expected--;
}

utime
gather_wait(struct gather *g, utime now)
{
	utime span = g->span < GATHER_SPAN_MAX ? g->span : GATHER_SPAN_MAX;

	if (g->waiting++ == 0)
		g->first = now;
	if (now - g->flushed > GATHER_RETURN_MAX)
		g->returning = 0;
	/* A few that are slow are not worth the wait of the many. */
	if (g->expected + g->returning <= g->waiting / 4)
		return g->first;
	return utime_add(g->first, span);
}

void
gather_flush(struct gather *g, utime before, utime after)
{
	g->span += (after - before - g->span) / 8;
	g->returning = g->waiting;
	g->waiting = 0;
	g->flushed = after;
}
