/* SPDX-License-Identifier: MIT */
/*
 * From a domain to its candidates: the route's hosts, or the domain's own MX
 * records, looked up (docs/delivery.md, "candidate", and 15).
 */
#ifndef FAULTPOST_RELAY_RESOLVE_H
#define FAULTPOST_RELAY_RESOLVE_H

#include "core/dns/cache.h"
#include "core/world/world.h"
#include "relay/deliver/pick.h"
#include "relay/log.h"

enum resolve_outcome {
	RESOLVE_OK,      /* there are candidates */
	RESOLVE_DISCARD, /* the route is /dev/null */
	RESOLVE_HARD,    /* there will be none: bounce */
	RESOLVE_SOFT,    /* there are none now: requeue */
};

struct resolve_result {
	enum resolve_outcome outcome;
	struct candidates candidates; /* the taker's; not sealed yet */
	utime expires;                /* when to ask again */
	struct slice error;           /* HARD, SOFT: the last error's text */
	enum maillog_phase phase;     /* HARD: what the log makes of it */
};

/* One look-up under way; the owner keeps it where it is until the result or
 * resolve_cancel(). */
struct resolve;

/* What look-ups of a relay share; all borrowed. */
struct resolve_context {
	struct world *world;
	const struct relay_config *config;
	struct hosts *hosts;
	struct dns_cache *cache;
	struct log *log; /* for temporary failures of name servers */
};

/* The result comes later, exactly once; it is borrowed for the call except for
 * the candidates.  `route` (NULL: there is none) and `domain` are borrowed
 * until then. */
struct resolve *resolve_start(const struct resolve_context *context,
    const struct route *route, struct slice domain,
    void (*on_result)(void *owner, struct resolve_result *result), void *owner);
/* The route entry's part of a candidate's priority: 0 without a route. */
uint32_t resolve_route_priority(uint32_t priority);
/* No result will come; NULL inside is fine. */
void resolve_cancel(struct resolve **rp);

#endif
