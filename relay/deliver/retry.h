/* SPDX-License-Identifier: MIT */
/*
 * When a recipient is tried again: the bounce profile's arithmetic
 * (docs/decisions.md, D4).  Pure.
 */
#ifndef FAULTPOST_RELAY_RETRY_H
#define FAULTPOST_RELAY_RETRY_H

#include "relay/config.h"

/* The wait after the `attempts`-th unsuccessful attempt (1: the first). */
utime retry_wait(const struct relay_bounce_profile *profile, uint32_t attempts);

/* True when the `attempts`-th unsuccessful attempt was the last one allowed:
 * the first attempt is not a retry, so that max_retries + 1 are made. */
bool retry_is_exhausted(
    const struct relay_bounce_profile *profile, uint32_t attempts);

/* True when a message received at `received` is too old to be tried at `now`;
 * asked when a retry comes due, not by a timer. */
bool retry_is_expired(
    const struct relay_bounce_profile *profile, utime received, utime now);

/* A wait that starts at `initial` and doubles with each step after the first
 * up to `max`; shared with the probing of hosts that are down. */
utime retry_doubled(utime initial, utime max, uint32_t steps);

#endif
