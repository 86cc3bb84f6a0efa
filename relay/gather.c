/* SPDX-License-Identifier: MIT */
/* When a commit is due; see gather.h. */
#include "relay/gather.h"

utime
gather_until(utime first, size_t waiting, size_t expected, utime flush)
{
	utime span = flush < GATHER_SPAN_MAX ? flush : GATHER_SPAN_MAX;

	/* A few that are slow are not worth the wait of the many. */
	if (expected <= waiting / 4)
		return first;
	return utime_add(first, span);
}

utime
gather_span(utime span, utime last)
{
	return span + (last - span) / 8;
}
