/* SPDX-License-Identifier: MIT */
/*
 * What is known of each destination address and port: up, or down until its
 * next probe (docs/delivery.md 16, 17).  Common to all domains.  Pure.
 */
#ifndef FAULTPOST_RELAY_HOST_H
#define FAULTPOST_RELAY_HOST_H

#include "core/base/address.h"
#include "relay/config.h"

#include <uthash.h>

struct host {
	struct endpoint at; /* the key, padding zeroed */
	bool is_down;
	uint32_t failures;  /* in a row, since it was last up */
	utime probe_at;     /* when down: not before */
	bool is_tls_broken; /* its last handshake failed */
	uint32_t uses;      /* by candidates and connections */
	UT_hash_handle hh;
};

/* Hosts of no use are kept for what is known of them, as long as there are no
 * more than this, or twice as many as are used. */
#define HOSTS_KEPT 20000

struct hosts {
	struct host *table; /* owned */
	size_t look_at;     /* with so many those of no use are forgotten */
};

void hosts_fini(struct hosts *hosts);
/* The record of an address, made when there is none; valid as long as it is
 * used, and until the next call. */
struct host *hosts_get(struct hosts *hosts, const struct endpoint *at);

/* May it be connected to now? */
bool host_is_eligible(const struct host *h, utime now);
/* A connection to it starts.  For a host that is down this is its probe, and
 * the next one is not due before the interval that a failure would give. */
void host_on_connect(struct host *h, const struct relay_delivery *d, utime now);
/* It refused, was silent, unreachable or gone before its greeting. */
void host_on_down(struct host *h, const struct relay_delivery *d, utime now);
/* It greeted, in whatever way. */
void host_on_up(struct host *h);

#endif
