/* SPDX-License-Identifier: MIT */
/* Who may send where: never an open relay by default.  Pure. */
#ifndef FAULTPOST_RELAY_ACCESS_H
#define FAULTPOST_RELAY_ACCESS_H

#include "relay/config.h"

/* May this client send to any domain? */
bool access_may_relay(
    const struct relay_config *config, const struct ip_address *client);
/* May anyone send to this domain?  An entry ".example.com" covers the names
 * below example.com. */
bool access_accepts(const struct relay_config *config, struct slice domain);

#endif
