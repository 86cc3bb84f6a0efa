/* SPDX-License-Identifier: MIT */
/*
 * The inside of priority and rotation: invariant_choice.c watches the ledger,
 * choice_order.c judges one choice against one class, choice_words.c says what
 * was wrong and keeps what is owed.
 */
#ifndef FAULTPOST_CHOICE_IMPL_H
#define FAULTPOST_CHOICE_IMPL_H

#include "harness/judge/choice_class.h"
#include "harness/judge/invariant.h"

/* Where the connection opened last for one priority may have gone. */
struct cursor {
	struct seats possible;
	bool is_moved; /* not before the first candidate any more */
	uint64_t line; /* of the last connection that fixed it */
};

struct promise {
	struct ledger_moment at; /* line 0: none */
	utime deadline;
	enum invariant which;
	struct seats probed; /* one of these has its probe under way */
	struct buf wanted, found;
};

struct choice {
	struct choice_classes classes;
	struct cursor *cursors; /* owned; by the first seat of a priority */
	uint64_t regular_line;  /* of the last connection to a host that is up
	                         */
	struct promise promise;
};

/* Better ones first: what is said of a connection is the best that any class
 * lets it be. */
enum choice_verdict {
	CHOICE_RIGHT,
	CHOICE_OWING,      /* if `other` is being probed */
	CHOICE_ORDER,      /* `other` was next */
	CHOICE_PRIORITY,   /* `other` has a better priority */
	CHOICE_INELIGIBLE, /* tried, or down */
};

/* One connection, or one message on it, being judged. */
struct choosing {
	struct invariants *v;
	struct ledger_domain *d;
	size_t seat, first, end; /* of its priority: [first, end) */
	struct ledger_moment at; /* the line that shows the choice */
	bool is_instant;         /* the choice was made then, not before */
	uint64_t behind;         /* the line behind which it was made; or 0 */
	bool is_regular;
	/* All the time: not down; down; down and due. */
	struct seats up, down, due;
	size_t other;
};

/* ---- choice_order.c ---- */

/* Fills in what follows from v, d, seat, at and is_instant; `own` is how the
 * seat's address stood before the connection, NULL: as it stands. */
void choosing_begin(struct choosing *ch, const struct address_sight *own);
/* Whether the host's probe may be under way. */
bool choosing_may_probe(const struct choosing *ch, size_t seat);
/* What a class that may have been chosen for lets the choice be; sets
 * ch->other when it is not right. */
enum choice_verdict choosing_judge(
    struct choosing *ch, const struct choice_class *k);
/* Only whether a better priority was passed over. */
enum choice_verdict choosing_judge_priority(
    struct choosing *ch, const struct choice_class *k);

/* ---- choice_words.c ---- */

/* Whose choice it was. */
struct choice_taken {
	const char *kind; /* "DCID", "MID" */
	uint64_t number;
};
/* Charges what is wrong with it; what is owing becomes a promise. */
void choosing_charge(const struct choosing *ch, enum choice_verdict verdict,
    const struct choice_taken *taken);
/* Whether the domain's promise has been kept, or is broken by `now`. */
void promise_check(struct invariants *v, struct ledger_domain *d, utime now);

#endif
