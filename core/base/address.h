/* SPDX-License-Identifier: MIT */
/*
 * Addresses of the Internet and ports on them, as values: text to value and
 * back, order, equality, hash.  Nothing here resolves a name or opens a socket.
 */
#ifndef FAULTPOST_ADDRESS_H
#define FAULTPOST_ADDRESS_H

#include "core/base/slice.h"

/* A zeroed struct is "no address".  IPv4 uses the first four bytes; the others
 * are zero, so that equal addresses are equal bytes. */
struct ip_address {
	uint8_t family;    /* 4 or 6; 0: none */
	uint8_t bytes[16]; /* network order */
};

struct endpoint {
	struct ip_address ip;
	uint16_t port;
};

/* Room for the longest texts, terminator included. */
#define IP_TEXT_MAX       46
#define ENDPOINT_TEXT_MAX 54

/* An IPv4 address from its four numbers. */
static inline struct ip_address
ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ip_address){ 4, { a, b, c, d } };
}

static inline bool
ip_is_none(const struct ip_address *ip)
{
	return ip->family == 0;
}

/* The whole slice as a dotted quad (four decimal numbers without leading
 * zeros) or an IPv6 address (RFC 4291, 2.2) without brackets and without a
 * zone id.  False leaves *ip as it is. */
bool ip_parse(struct slice text, struct ip_address *ip);
/* The canonical text (RFC 5952) in `out`, which holds IP_TEXT_MAX bytes;
 * "none" for family 0.  Returns `out`. */
char *ip_format(const struct ip_address *ip, char *out);
bool ip_equal(const struct ip_address *a, const struct ip_address *b);
/* <0, 0, >0: none, then IPv4, then IPv6, each by number. */
int ip_compare(const struct ip_address *a, const struct ip_address *b);
/* The same on every machine and in every run. */
uint32_t ip_hash(const struct ip_address *ip);
/* 127.0.0.0/8, ::1, and the former mapped into IPv6. */
bool ip_is_loopback(const struct ip_address *ip);

/* The whole slice as "v4:port" or "[v6]:port".  Without its ":port" (then v6
 * may lack its brackets too) the port is `port_default`, or, when that is
 * negative, it is an error.  Ports are 0 to 65535.  False leaves *e as it
 * is. */
bool endpoint_parse(struct slice text, int port_default, struct endpoint *e);
/* That form, the port always written, in `out`, which holds ENDPOINT_TEXT_MAX
 * bytes.  Returns `out`. */
char *endpoint_format(const struct endpoint *e, char *out);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
/* By address, then by port. */
int endpoint_compare(const struct endpoint *a, const struct endpoint *b);
uint32_t endpoint_hash(const struct endpoint *e);

#endif
