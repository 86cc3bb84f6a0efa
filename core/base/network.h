/* SPDX-License-Identifier: MIT */
/* A network: an address and how many of its first bits count. */
#ifndef FAULTPOST_NETWORK_H
#define FAULTPOST_NETWORK_H

#include "core/base/address.h"

struct ip_network {
	struct ip_address ip;
	uint8_t prefix_bits; /* 0 to 32, or to 128 for IPv6 */
};

/* The whole slice as "address" (all of its bits) or "address/bits", the bits
 * without leading zeros.  False leaves *n as it is. */
bool ip_network_parse(struct slice text, struct ip_network *n);
bool ip_network_contains(
    const struct ip_network *n, const struct ip_address *ip);

#endif
