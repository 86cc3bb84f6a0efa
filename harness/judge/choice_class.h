/* SPDX-License-Identifier: MIT */
/*
 * What the groups of a domain had tried, for judging where its connections go:
 * groups that had tried the same candidates are one class.  The relay chooses
 * a moment before the line that shows it, so that a class stays for a while
 * when its last group has left.
 */
#ifndef FAULTPOST_CHOICE_CLASS_H
#define FAULTPOST_CHOICE_CLASS_H

#include "harness/judge/ledger.h"

struct choice_class {
	struct list node;
	/* Tried for certain; perhaps. */
	struct seats surely, perhaps;
	uint64_t count; /* of groups that are ready */
	/* The last group whose wait was over joined then. */
	utime joined_hi;
	struct ledger_moment first, last; /* seen; last: when count became 0 */
};

struct choice_classes {
	struct list all;
	size_t gone; /* of those without groups */
	/* Too many were gone at once: the last that was dropped left then. */
	struct ledger_moment dropped;
};

void choice_classes_init(struct choice_classes *s);
void choice_classes_fini(struct choice_classes *s);
/* The group has become ready, and leaves. */
void choice_class_join(struct choice_classes *s, struct ledger_group *g,
    const struct ledger_moment *now);
void choice_class_leave(struct choice_classes *s, struct ledger_group *g,
    const struct ledger_moment *now);
/* A connection of the domain ended in a host failure, or (`tried` is
 * TRIED_MAYBE) perhaps: the seat is tried, by all that are ready. */
void choice_classes_fail(struct choice_classes *s, size_t seat,
    enum tried tried, const struct ledger_moment *now);
/* Forgets classes that have been without groups since before `before`, and the
 * oldest of too many. */
void choice_classes_purge(struct choice_classes *s, utime before);

#endif
