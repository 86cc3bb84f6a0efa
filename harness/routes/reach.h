/* SPDX-License-Identifier: MIT */
/*
 * Where a destination of a route leads by what DNS says (docs/delivery.md, the
 * words): a name by its MX records and their addresses, [name] by its
 * addresses, an address to itself.  Pure.
 */
#ifndef FAULTPOST_ROUTES_REACH_H
#define FAULTPOST_ROUTES_REACH_H

#include "core/dns/zone.h"
#include "core/routes/routes.h"

#define REACH_MAX 64 /* addresses; more are left out */

enum reach_state {
	REACH_FOUND,
	REACH_HARD,    /* DNS says that there is no address */
	REACH_SOFT,    /* DNS gave no answer */
	REACH_UNKNOWN, /* nobody was asked who knows */
};

struct reach_address {
	struct ip_address ip;
	uint16_t preference; /* of the MX record; 0: none */
	struct slice name;   /* that has it: the exchange, or the host itself;
	                      * borrowed from zone and destination */
};

struct reach {
	enum reach_state state;
	/* By preference, then as DNS gives them, IPv6 first as by default. */
	struct reach_address at[REACH_MAX];
	size_t count;
	struct slice lost;      /* a name without an address; empty: none */
	enum dns_status status; /* of asking for it */
	bool has_null_mx;
	bool has_unknown; /* a name about which the zone knows nothing */
};

/* Fills in *r, whatever it was.  `zone` may be NULL. */
void reach_find(
    const struct zone *zone, const struct route_dest *dest, struct reach *r);
/* The same for a domain's own MX records. */
void reach_find_domain(
    const struct zone *zone, struct slice domain, struct reach *r);

#endif
