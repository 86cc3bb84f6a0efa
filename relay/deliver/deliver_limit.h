/* SPDX-License-Identifier: MIT */
/*
 * The limits on deliveries, as deliver.c asks for them.  For the relay's shell
 * only.
 */
#ifndef FAULTPOST_RELAY_DELIVER_LIMIT_H
#define FAULTPOST_RELAY_DELIVER_LIMIT_H

#include "relay/relay_impl.h"

/* A delivery's places in line; before the end it gives them back. */
void limits_init(struct delivery *d);
void limits_fini(struct delivery *d);

/* May the domain open one more connection?  If it may not because all domains
 * together have too many it stands in line from now on. */
bool limits_may_open(struct delivery *d);
/* It was opened; it has ended. */
void limits_opened(struct delivery *d, struct connection *c);
void limits_closed(struct delivery *d, struct connection *c);

/* Brings is_full and is_spent of the domain's candidates up to date. */
void limits_mark(struct delivery *d);
/* Of `count` recipients, how many may be sent on the connection now (at least
 * one); they are. */
uint32_t limits_take(
    struct delivery *d, const struct connection *c, uint32_t count);

/* Before the queue is looked at: a domain that has more than one connection
 * gives an idle one up when another domain waits for its first. */
void limits_yield(struct delivery *d);
/* The domain's queue has been looked at: what it did not use, others may. */
void limits_looked(struct delivery *d);
/* A connection that is slow to be set up holds no other up. */
void limits_release_slow(struct delivery *d, utime now);
/* When a limit that holds the domain's mail back ends by itself; UTIME_NEVER:
 * none does. */
utime limits_next(const struct delivery *d, utime now);

/* What has been counted of its recipients is forgotten. */
void limits_reset(struct delivery *d);

/* The controls have changed: the domain's connections beyond them end. */
void limits_lower(struct delivery *d);
/* Likewise those of all domains. */
void limits_reload(struct relay *r);

#endif
