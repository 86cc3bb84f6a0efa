/* SPDX-License-Identifier: MIT */
/*
 * The counters of the appliance's `status` and `hoststatus`: what has happened
 * to messages and recipients, of one domain or of the whole relay, since three
 * moments, and how often of late.  Pure.
 */
#ifndef FAULTPOST_RELAY_COUNTERS_H
#define FAULTPOST_RELAY_COUNTERS_H

#include "core/base/utime.h"

/* X(constant, key in JSON, in metrics and in the queue's table `counter`, the
 * appliance's words, its heading, depth below that, what it adds to) -- in the
 * order of `status`.  A count adds to its sum, and to that one's. */
#define COUNTERS(X)                                                            \
	X(COUNTER_MESSAGES_RECEIVED, "messages_received", "Messages Received", \
	    "Receiving", 0, COUNTER_NONE)                                      \
	X(COUNTER_RECIPIENTS_RECEIVED, "recipients_received",                  \
	    "Recipients Received", "Receiving", 0, COUNTER_NONE)               \
	X(COUNTER_GENERATED_BOUNCES, "generated_bounce_recipients",            \
	    "Gen. Bounce Recipients", "Receiving", 0, COUNTER_NONE)            \
	X(COUNTER_REJECTED_RECIPIENTS, "rejected_recipients",                  \
	    "Rejected Recipients", "Rejection", 0, COUNTER_NONE)               \
	X(COUNTER_DROPPED_MESSAGES, "dropped_messages", "Dropped Messages",    \
	    "Rejection", 0, COUNTER_NONE)                                      \
	X(COUNTER_SOFT_BOUNCED, "soft_bounced_events", "Soft Bounced Events",  \
	    "Queue", 0, COUNTER_NONE)                                          \
	X(COUNTER_COMPLETED, "completed_recipients", "Completed Recipients",   \
	    "Completion", 0, COUNTER_NONE)                                     \
	X(COUNTER_HARD_BOUNCED, "hard_bounced_recipients",                     \
	    "Hard Bounced Recipients", "Completion", 1, COUNTER_COMPLETED)     \
	X(COUNTER_HARD_DNS, "dns_hard_bounces", "DNS Hard Bounces",            \
	    "Completion", 2, COUNTER_HARD_BOUNCED)                             \
	X(COUNTER_HARD_5XX, "5xx_hard_bounces", "5XX Hard Bounces",            \
	    "Completion", 2, COUNTER_HARD_BOUNCED)                             \
	X(COUNTER_HARD_EXPIRED, "expired_hard_bounces",                        \
	    "Expired Hard Bounces", "Completion", 2, COUNTER_HARD_BOUNCED)     \
	X(COUNTER_HARD_FILTER, "filter_hard_bounces", "Filter Hard Bounces",   \
	    "Completion", 2, COUNTER_HARD_BOUNCED)                             \
	X(COUNTER_HARD_OTHER, "other_hard_bounces", "Other Hard Bounces",      \
	    "Completion", 2, COUNTER_HARD_BOUNCED)                             \
	X(COUNTER_DELIVERED, "delivered_recipients", "Delivered Recipients",   \
	    "Completion", 1, COUNTER_COMPLETED)                                \
	X(COUNTER_DELETED, "deleted_recipients", "Deleted Recipients",         \
	    "Completion", 1, COUNTER_COMPLETED)
enum counter {
#define X(constant, key, words, heading, depth, sum) constant,
	COUNTERS(X)
#undef X
	COUNTER_COUNT,
	COUNTER_NONE = COUNTER_COUNT,
};

/* What a row of the table says. */
struct counter_row {
	const char *key, *words, *heading;
	unsigned depth;
	enum counter sum; /* or COUNTER_NONE */
};
const struct counter_row *counter_row(enum counter which);

/* Since one moment. */
struct counters {
	uint64_t at[COUNTER_COUNT];
};
void counters_add(struct counters *c, enum counter which, uint64_t n);

/* ---- rates ---- */

/* The longest time over which a rate is given, in slots that are forgotten one
 * by one. */
#define RATES_SLOT  (15 * UTIME_S)
#define RATES_SLOTS 60

struct rates {
	int64_t slot; /* the one that is being filled: a time / RATES_SLOT */
	struct counters slots[RATES_SLOTS]; /* by number modulo RATES_SLOTS */
};
void rates_add(struct rates *r, enum counter which, uint64_t n, utime now);
/* Events per hour over the last `span`, at most RATES_SLOTS of the slots; the
 * slot that is being filled counts as one. */
uint64_t rates_per_hour(
    const struct rates *r, enum counter which, utime span, utime now);

/* ---- the columns of `status` ---- */

struct counter_columns {
	struct counters uptime;   /* since this relay started */
	struct counters lifetime; /* since the queue was made */
	struct counters at_reset; /* what lifetime was at the last reset */
	utime started, reset;     /* reset UTIME_NEVER: there was none */
	struct rates rates;
};
/* Counts in all of them. */
void columns_add(
    struct counter_columns *c, enum counter which, uint64_t n, utime now);
/* The column "Reset" begins anew; the others go on. */
void columns_reset(struct counter_columns *c, utime now);
uint64_t columns_since_reset(
    const struct counter_columns *c, enum counter which);

#endif
