/* SPDX-License-Identifier: MIT */
/*
 * Where the mail of a domain may go, by docs/delivery.md: the routes and the
 * zone of a plan, read at once and without a resolver, for the judge.
 */
#ifndef FAULTPOST_ROUTING_H
#define FAULTPOST_ROUTING_H

#include "harness/plan/plan.h"

/* Beyond this the choices of a domain are not judged. */
#define ROUTING_CANDIDATES_MAX 256

/* How the look-ups ended. */
enum routing_state {
	ROUTING_FOUND,   /* there are candidates */
	ROUTING_DISCARD, /* /dev/null */
	ROUTING_HARD,    /* no host has an address: 5.1.2, 5.1.10 */
	ROUTING_SOFT,    /* no candidate, but asking again may help */
	/* The plan does not say, it is too much, or DNS changes on the way. */
	ROUTING_UNKNOWN,
};

struct routing_candidate {
	struct endpoint at;
	/* Lower is better: the route entry's priority, then the preference of
	 * the MX record that led to the address, then whether the address is
	 * of the family that is not preferred. */
	uint64_t priority;
};
static inline uint16_t
routing_route_priority(const struct routing_candidate *c)
{
	return (uint16_t)(c->priority >> 32);
}
static inline uint16_t
routing_preference(const struct routing_candidate *c)
{
	return (uint16_t)(c->priority >> 16);
}

/* A name of the route, or an exchange, that gave no address. */
#define ROUTING_LOST_MAX 16
struct routing_lost {
	uint64_t priority; /* as of a candidate */
	bool is_soft;      /* asking again may help */
};

/* Best priority first, and within one as delivery.md lists them. */
struct routing {
	enum routing_state state;
	struct routing_candidate *candidates; /* owned */
	size_t count, cap;
	struct routing_lost lost[ROUTING_LOST_MAX];
	size_t lost_count;
	bool has_soft;    /* a host was left out by a soft error */
	bool has_null_mx; /* one says that it takes no mail */
	utime delay;      /* all the look-ups together, one after another */
};

/* Fills in *r, whatever it was, for mail to `domain`. */
void routing_find(
    const struct plan *plan, struct slice domain, struct routing *r);
/* Likewise for mail that goes by that route, whichever domain it is for. */
void routing_of_route(
    const struct plan *plan, const struct route *route, struct routing *r);
void routing_fini(struct routing *r);
/* The index of the candidate at that endpoint, or SIZE_MAX. */
size_t routing_index(const struct routing *r, const struct endpoint *at);

#endif
