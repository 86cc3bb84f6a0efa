/* SPDX-License-Identifier: MIT */
/* Who may send where: never an open relay by default.  Pure. */
#ifndef FAULTPOST_RELAY_ACCESS_H
#define FAULTPOST_RELAY_ACCESS_H

#include "relay/config.h"

/* What a client may do that has not said who it is. */
enum access {
	ACCESS_REJECT, /* nothing */
	ACCESS_ACCEPT, /* send to the listener's own domains */
	ACCESS_RELAY,  /* send to any domain */
};

/* *match is the network that lets it relay, or NULL. */
enum access access_of(const struct relay_listener_config *listener,
    const struct ip_address *client, const struct ip_network **match);
/* May it say XCLIENT? */
bool access_has_xclient(const struct relay_listener_config *listener,
    const struct ip_address *client);
/* May anyone send to this domain?  An entry ".example.com" covers the names
 * below example.com. */
bool access_accepts(
    const struct relay_listener_config *listener, struct slice domain);

#endif
