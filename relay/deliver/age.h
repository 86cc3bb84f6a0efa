/* SPDX-License-Identifier: MIT */
/*
 * Which message of a domain, and of all, is the oldest, at no cost that grows
 * with their number: the groups of a domain stand in a list by age, and the
 * domains that have any in a heap by their first.  Pure; queue.c keeps it.
 */
#ifndef FAULTPOST_RELAY_AGE_H
#define FAULTPOST_RELAY_AGE_H

#include "relay/queue/queue.h"

/* The group is one of its domain's. */
void age_join(struct queue *q, struct group *g);
/* It is no more. */
void age_leave(struct queue *q, struct group *g);

/* The message received first, of equal ones the lowest MID; NULL: none. */
const struct message *age_oldest_of(const struct domain *d);
const struct message *age_oldest(const struct queue *q);

#endif
