/* SPDX-License-Identifier: MIT */
/*
 * The loopback of a network namespace, by rtnetlink: brought up, and given any
 * address, as if this machine were each of those that a scenario has.
 */
#ifndef FAULTPOST_WORLD_EV_LOOPBACK_H
#define FAULTPOST_WORLD_EV_LOOPBACK_H

#include "core/base/address.h"
#include "core/base/err.h"

/* Brings it up.  False with *err set. */
bool world_loopback_up(struct err *err);
/* Gives it the address, which it may have, or takes it away again.  False with
 * *err set. */
bool world_loopback_set(
    const struct ip_address *ip, bool is_there, struct err *err);

#endif
