/* SPDX-License-Identifier: MIT */
/*
 * Where deliveries come from: the delivery interface's addresses, and so which
 * destinations it reaches.  Pure.
 */
#ifndef FAULTPOST_RELAY_INTERFACE_H
#define FAULTPOST_RELAY_INTERFACE_H

#include "relay/config.h"

/* The source of connections to addresses of `family` (4 or 6): family 0 in
 * *from when any will do.  False when there is none, and these addresses cannot
 * be reached: then *from is an address of the other family. */
bool interface_for(
    const struct relay_config *config, int family, struct ip_address *from);

#endif
