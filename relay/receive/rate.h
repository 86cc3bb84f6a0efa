/* SPDX-License-Identifier: MIT */
/*
 * How often one address may do a thing in a minute and in an hour.  A period
 * begins with the first event and the next one with the first event behind its
 * end; what is refused is not counted.  Pure: `now` is an argument.
 */
#ifndef FAULTPOST_RELAY_RATE_H
#define FAULTPOST_RELAY_RATE_H

#include "core/base/address.h"
#include "core/base/list.h"
#include "core/base/utime.h"

/* Addresses that are remembered; beyond that those not heard of for longest
 * are forgotten. */
#define RATE_CLIENTS_MAX 100000

/* 0: no limit. */
struct rate_limit {
	uint32_t per_minute, per_hour;
};

struct rate_client;

struct rate {
	struct rate_client *clients; /* owned; by address */
	struct list by_age;          /* the latest last */
	size_t count;
};

void rate_init(struct rate *r);
void rate_fini(struct rate *r);
/* Counts an event of the client; false when one more is over the limit. */
bool rate_take(struct rate *r, const struct ip_address *client,
    const struct rate_limit *limit, utime now);

#endif
