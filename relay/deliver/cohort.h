/* SPDX-License-Identifier: MIT */
/*
 * The ready groups of a domain by what they have tried (docs/delivery.md 2, 7).
 * Those that have tried the same in their rounds have the same choice, so that
 * they are one cohort, and its first group speaks for all of it.  Pure.
 */
#ifndef FAULTPOST_RELAY_COHORT_H
#define FAULTPOST_RELAY_COHORT_H

#include "relay/queue/queue.h"

/* Lives as long as it has groups. */
struct cohort {
	struct round round;        /* of each; the key */
	struct list ready, active; /* of groups; the ready by their place */
	bool is_stuck;             /* in the present look at the queue */
	UT_hash_handle hh;         /* in domain->cohorts */
};

/* A look at the domain's queue begins. */
void cohorts_begin(struct domain *d);
/* The ready group in the earliest place, of the cohorts that are not stuck;
 * NULL: there is none. */
struct group *cohorts_next(const struct domain *d);
/* The ready group in the earliest place; NULL: none is ready. */
struct group *cohorts_first(const struct domain *d);

/* A connection of the domain to the candidate ended in a host failure: all its
 * groups that are in a round have tried it. */
void cohorts_fail(struct domain *d, size_t index, unsigned how);
/* The candidates have been looked up again: what has been tried keeps to its
 * hosts. */
void cohorts_remap(struct domain *d, const struct candidates *from,
    const struct candidates *to);

/* The group, which is active, was refused by the candidate, or lost with it. */
void cohort_refused(struct group *g, size_t index);
/* The candidate does not offer what the group's message needs. */
void cohort_unable(struct group *g, size_t index);
/* It was answered 4xx. */
void cohort_soft(struct group *g);

#endif
