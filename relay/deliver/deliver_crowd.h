/* SPDX-License-Identifier: MIT */
/*
 * Hosts that take no more connections (docs/delivery.md 46): one is turned away
 * while others of the domain to the same host carry mail.  That says how many
 * the host takes, and nothing of the mail.  For the relay's shell only.
 */
#ifndef FAULTPOST_RELAY_DELIVER_CROWD_H
#define FAULTPOST_RELAY_DELIVER_CROWD_H

#include "relay/relay_impl.h"

/* The connection, which was being set up, has failed, by a reply of `code` or
 * (0) otherwise; its host would be down.  True when only this one was turned
 * away: then its candidate has no more than those that stand for a while. */
bool deliver_turned_away(struct delivery *d, const struct connection *c,
    bool is_down, unsigned code);
/* Until when the domain's connections to a candidate that is down show that it
 * lives, and may be waited for (11); 0: they do not. */
utime deliver_served_until(
    const struct delivery *d, const struct candidate *c, utime now);
/* How many connections the candidate takes, as far as is known. */
size_t deliver_crowd_max(const struct candidate *c, utime now);

#endif
