/* SPDX-License-Identifier: MIT */
/*
 * Which candidate comes next (docs/delivery.md 1-4, 9-11).  Pure: the domain's
 * candidates, its cursors and what a group has tried go in, an index comes out.
 */
#ifndef FAULTPOST_RELAY_PICK_H
#define FAULTPOST_RELAY_PICK_H

#include "relay/deliver/host.h"
#include "relay/deliver/quota.h"

/* More addresses than this for one domain are left out, the worst first. */
#define CANDIDATES_MAX 256
#define PICK_NONE      SIZE_MAX
#define PICK_FULL      (SIZE_MAX - 1)

struct candidate {
	struct host *host; /* borrowed from the relay's hosts */
	char *name;        /* owned; by which it was found; NULL: none */
	uint32_t priority;
	/* By destination controls: no more connections; no more recipients
	 * for now, counted in `quota`. */
	bool is_full, is_spent;
	/* It is down, and a connection of the domain to it carries mail. */
	bool is_served;
	struct quota quota;
	/* It turned a connection away: until then no more than so many. */
	uint32_t crowd;
	utime crowded_until;
};

/* Sorted by priority, within one in the order of route and DNS. */
struct candidates {
	struct candidate *list; /* owned */
	size_t count, cap;
	/* One cursor a priority, kept at the first candidate of it: the index
	 * last opened there, or PICK_NONE. */
	size_t *cursors; /* owned, `count` of them */
	/* A host that is up and was tried keeps a round to its priority. */
	bool is_bound;
};

void candidates_fini(struct candidates *c);
/* Adds an address unless it is there already with a priority as good; one that
 * comes again with a better one moves. */
void candidates_add(struct candidates *c, struct host *host, uint32_t priority);
/* The candidate of that host, if it is one and has no name yet, was found by
 * this name. */
void candidates_set_name(
    struct candidates *c, const struct host *host, struct slice name);
/* That name, or NULL. */
const char *candidates_name(
    const struct candidates *c, const struct host *host);
/* All have been added: sorts, and takes cursors and quotas over from `old` for
 * the addresses that both have.  `old` may be empty. */
void candidates_seal(struct candidates *c, const struct candidates *old);

/* What a group has tried since its round began.  Zeroed: nothing.  It has no
 * padding, so that equal ones are equal bytes. */
struct round {
	uint64_t tried[CANDIDATES_MAX / 64];
	uint64_t how; /* enum round_how */
};
/* Bits: what came of it. */
enum round_how {
	ROUND_ANSWERED = 1 << 0, /* by one that was not down: an attempt */
	ROUND_REFUSED = 1 << 1,  /* a recipient of its own, by or with one */
	ROUND_SOFT = 1 << 2,     /* somebody by a 4xx */
	ROUND_PASSING = 1 << 3,  /* by what may be otherwise another time */
};
/* Candidate `index` is tried, in a way that is all bits of `how`. */
void round_add(struct round *r, size_t index, unsigned how);
bool round_has_tried(const struct round *r, size_t index);
/* Nothing has been tried in it yet. */
bool round_is_fresh(const struct round *r);
/* When candidate `index` is tried, too, nothing is left that the round may go
 * to; and what was tried will not be otherwise another time. */
bool round_ends_at(
    const struct candidates *c, const struct round *r, size_t index);
/* Moves what was tried to the new numbers of the same hosts. */
void round_remap(struct round *r, const struct candidates *from,
    const struct candidates *to);

/* The choice for a group, or PICK_NONE; PICK_FULL when those of the priority
 * that it would have are at their limits.  Hosts that are down and due for a
 * probe are chosen only when `may_probe`. */
size_t pick_next(const struct candidates *c, const struct round *r,
    bool may_probe, utime now);
/* When there is no choice: may one still come of what is under way?  A
 * candidate that was not tried is being connected to (`in_setup` and
 * `in_probe`, PICK_NONE: none), or is served, or waits for its turn to be
 * probed. */
bool pick_may_hope(const struct candidates *c, const struct round *r,
    size_t in_setup, size_t in_probe, utime now);
/* A connection to `index` is opened: the cursor of its priority goes there. */
void pick_opened(struct candidates *c, size_t index);
/* May an open connection to `index` carry the group? */
bool pick_suits(
    const struct candidates *c, const struct round *r, size_t index, utime now);
/* When the first of the candidates may be tried again: `now` when one of them
 * has come up meanwhile. */
utime pick_first_probe(const struct candidates *c, utime now);

#endif
