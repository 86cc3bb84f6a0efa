/* SPDX-License-Identifier: MIT */
/* The scenario's zone served by the daemon: --dns.  For main.c. */
#ifndef FAULTPOST_MOCK_MAIN_DNS_H
#define FAULTPOST_MOCK_MAIN_DNS_H

#include "mockserver/main_place.h"
#include "mockserver/mock_dns.h"

/* What main.c finds on the command line; zeroed before first use. */
struct naming {
	bool is_wanted;
	struct endpoint at;
	struct mock_dns *server; /* owned; or NULL */
};

/* "127.0.0.1:5353", or a port of 127.0.0.1; false with *err set. */
bool naming_read_at(struct naming *n, const char *value,
    const struct placing *placing, struct err *err);
/* Serves the zone (borrowed), if that is wanted. */
bool naming_serve(struct naming *n, struct world *w, const struct zone *zone,
    struct err *err);
/* Where it is served; NULL: nowhere. */
const struct endpoint *naming_local(const struct naming *n);
/* Before the world ends. */
void naming_stop(struct naming *n);

#endif
