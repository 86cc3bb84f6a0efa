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
/* The form that ip_network_parse() reads, without the bits when all count, in
 * `out`, which holds IP_NETWORK_TEXT_MAX bytes.  Returns `out`. */
#define IP_NETWORK_TEXT_MAX (IP_TEXT_MAX + 4)
char *ip_network_format(const struct ip_network *n, char *out);
bool ip_network_contains(
    const struct ip_network *n, const struct ip_address *ip);

#endif
