/* SPDX-License-Identifier: MIT */
/*
 * How many recipients may be sent in a period, by destination controls
 * (docs/destconfig.md): a period is counted at a time, and when it is over the
 * next one starts from nothing.  Pure.
 */
#ifndef FAULTPOST_RELAY_QUOTA_H
#define FAULTPOST_RELAY_QUOTA_H

#include "relay/config.h"

/* What has been sent to a domain, or to one of its addresses.  Zeroed: nothing
 * yet. */
struct quota {
	utime began; /* the period that is counted */
	uint32_t taken;
};

/* Recipients that may be sent now; UINT32_MAX when nothing limits them. */
uint32_t quota_left(
    const struct quota *q, const struct relay_destination *controls, utime now);
/* `count` recipients are sent; the first of a period begins it, or, by
 * PERIOD_CLOCK, periods follow the clock. */
void quota_take(struct quota *q, const struct relay_destination *controls,
    enum relay_period period, uint32_t count, utime now);
/* When the period that is counted is over. */
utime quota_ends(
    const struct quota *q, const struct relay_destination *controls);

#endif
