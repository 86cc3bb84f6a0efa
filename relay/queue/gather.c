/* SPDX-License-Identifier: MIT */
/* When a commit is due; see gather.h. */
#include "relay/queue/gather.h"

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
	if (g->slow > g->expected)
		g->slow = g->expected;
}

static utime
longest_wait(const struct gather *g)
{
	if (g->span == 0 || g->span > GATHER_SPAN_MAX)
		return g->span == 0 ? 0 : GATHER_SPAN_MAX;
	return g->span < GATHER_SPAN_MIN ? GATHER_SPAN_MIN : g->span;
}

utime
gather_wait(struct gather *g, utime now)
{
	if (g->waiting++ == 0)
		g->first = now;
	if (now - g->flushed > GATHER_RETURN_MAX)
		g->returning = 0;
	/* A few that are slow are not worth the wait of the many. */
	if (g->expected - g->slow + g->returning <= g->waiting / 4)
		return g->first;
	return utime_add(g->first, longest_wait(g));
}

void
gather_flush(struct gather *g, utime before, utime after)
{
	g->span += (after - before - g->span) / 8;
	g->slow = g->expected;
	g->returning = g->waiting;
	g->waiting = 0;
	g->flushed = after;
}
