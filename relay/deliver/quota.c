/* SPDX-License-Identifier: MIT */
/* Recipients in a period; see quota.h. */
#include "relay/deliver/quota.h"

static utime
period_of(const struct relay_destination *controls)
{
	return (utime)controls->recipient_minutes * UTIME_MINUTE;
}

utime
quota_ends(const struct quota *q, const struct relay_destination *controls)
{
	return utime_add(q->began, period_of(controls));
}

uint32_t
quota_left(
    const struct quota *q, const struct relay_destination *controls, utime now)
{
	uint32_t limit = controls->recipient_limit;

	if (limit == 0)
		return UINT32_MAX;
	if (q->taken == 0 || now >= quota_ends(q, controls))
		return limit;
	return q->taken < limit ? limit - q->taken : 0;
}

void
quota_take(struct quota *q, const struct relay_destination *controls,
    enum relay_period period, uint32_t count, utime now)
{
	if (controls->recipient_limit == 0)
		return;
	if (q->taken == 0 || now >= quota_ends(q, controls)) {
		q->began = now;
		if (period == PERIOD_CLOCK)
			q->began -= now % period_of(controls);
		q->taken = 0;
	}
	q->taken += count;
}
