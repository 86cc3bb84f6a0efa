/* SPDX-License-Identifier: MIT */
/*
 * Which candidate comes next (docs/delivery.md 1-4, 9-11).  Pure: the domain's
 * candidates, its cursors and what a group has tried go in, an index comes out.
 */
#ifndef FAULTPOST_RELAY_PICK_H
#define FAULTPOST_RELAY_PICK_H

#include "relay/host.h"
#include "relay/quota.h"

/* More addresses than this for one domain are left out, the worst first. */
#define CANDIDATES_MAX 256
#define PICK_NONE      SIZE_MAX
#define PICK_FULL      (SIZE_MAX - 1)

struct candidate {
	struct host *host; /* borrowed from the relay's hosts */
	uint32_t priority;
	uint64_t failed_seq; /* of its last host failure for this domain */
	bool failed_up;      /* it answered in that failure */
	bool failed_soft;    /* by 4xx */
	/* By destination controls: no more connections; no more recipients
	 * for now, counted in `quota`. */
	bool is_full, is_spent;
	struct quota quota;
};

/* Sorted by priority, within one in the order of route and DNS. */
struct candidates {
	struct candidate *list; /* owned */
	size_t count, cap;
	/* One cursor a priority, kept at the first candidate of it: the index
	 * last opened there, or PICK_NONE. */
	size_t *cursors; /* owned, `count` of them */
};

void candidates_fini(struct candidates *c);
/* Adds an address unless it is there already with a priority as good; one that
 * comes again with a better one moves. */
void candidates_add(struct candidates *c, struct host *host, uint32_t priority);
/* All have been added: sorts, and takes cursors, failures and quotas over from
 * `old` for the addresses that both have.  `old` may be empty. */
void candidates_seal(struct candidates *c, const struct candidates *old);

/* What a group has tried since its round began. */
struct round {
	uint64_t began_seq; /* failures after this number count */
	uint64_t tried[CANDIDATES_MAX / 64];
	bool answered; /* a candidate that was not down has been tried */
	bool soft;     /* a recipient got a 4xx */
};
void round_begin(struct round *r, uint64_t seq);
/* A recipient of the group was refused by, or lost with, candidate `index`. */
void round_add(struct round *r, size_t index);
bool round_has_tried(
    const struct round *r, const struct candidates *c, size_t index);
/* Did anything that was not down refuse it in this round?  Then the round was
 * an attempt. */
bool round_was_attempt(const struct round *r, const struct candidates *c);

/* Did any host answer it 4xx in this round, or refuse its domain so? */
bool round_was_soft(const struct round *r, const struct candidates *c);

/* The choice for a group, or PICK_NONE; PICK_FULL when those of the priority
 * that it would have are at their limits.  Hosts that are down and due for a
 * probe are chosen only when `may_probe`. */
size_t pick_next(const struct candidates *c, const struct round *r,
    bool may_probe, utime now);
/* When there is no choice: may one still come of what is under way?  A
 * candidate that was not tried is being connected to (`in_setup` and
 * `in_probe`, PICK_NONE: none), or waits for its turn to be probed. */
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
