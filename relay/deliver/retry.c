/* SPDX-License-Identifier: MIT */
/* The bounce profile's arithmetic; see retry.h. */
#include "relay/deliver/retry.h"

utime
retry_doubled(utime initial, utime max, uint32_t steps)
{
	utime wait = initial;

	for (uint32_t i = 1; i < steps && wait < max; i++)
		wait = wait > max / 2 ? max : wait * 2;
	return wait < max ? wait : max;
}

utime
retry_wait(const struct relay_bounce_profile *profile, uint32_t attempts)
{
	assert(attempts > 0);
	switch (profile->growth) {
	case GROWTH_DOUBLE:
		return retry_doubled(
		    profile->initial_wait, profile->max_wait, attempts);
	case GROWTH_CONSTANT:
		return retry_doubled(
		    profile->initial_wait, profile->max_wait, 1);
	}
	return profile->max_wait;
}

bool
retry_is_exhausted(
    const struct relay_bounce_profile *profile, uint32_t attempts)
{
	return attempts > profile->max_retries;
}

bool
retry_is_expired(
    const struct relay_bounce_profile *profile, utime received, utime now)
{
	return now - received >= profile->max_time;
}
