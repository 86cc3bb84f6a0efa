/* SPDX-License-Identifier: MIT */
/*
 * Schedules: when messages that were requeued come again, beside what their
 * bounce profile prescribes (docs/delivery.md 10 to 12), from the ledger.
 * Bounded: of a long run the first messages, and their first waits.
 */
#ifndef FAULTPOST_SCHEDULE_H
#define FAULTPOST_SCHEDULE_H

#include "harness/judge/ledger.h"

#define SCHEDULE_ROWS_MAX  100
#define SCHEDULE_WAITS_MAX 110

/* A wait that a "pending till" line announces. */
struct schedule_wait {
	uint64_t line;
	utime till; /* as it says */
	/* What is prescribed, as the line would say it; the first probe's time
	 * when nobody answered (is_probe).  UTIME_NEVER: no wait at all, for a
	 * candidate was left to try. */
	utime prescribed;
	bool is_probe;
	bool differs;
};

/* The waits of a message for one domain. */
struct schedule_row {
	uint64_t mid, ordinal;
	char *domain;         /* owned */
	struct slice profile; /* borrowed from the plan */
	utime accepted;
	struct schedule_wait *waits; /* owned */
	size_t count, cap;
	uint64_t left; /* waits that are not kept */
};

struct schedule;

/* An empty one, to be destroyed with schedule_destroy(). */
struct schedule *schedule_new(void);
void schedule_destroy(struct schedule **sp);
void schedule_entry(struct schedule *s, const struct ledger_entry *entry);

/* The rows in the order of their first waits; how many messages have none that
 * is kept. */
size_t schedule_count(const struct schedule *s);
const struct schedule_row *schedule_row(const struct schedule *s, size_t i);
uint64_t schedule_left(const struct schedule *s);
/* The index of the first wait that differs; SIZE_MAX: none. */
size_t schedule_row_differs(const struct schedule_row *row);
/* The row with the first difference; NULL: there is none. */
const struct schedule_row *schedule_differs(const struct schedule *s);

/* What prescribes it: "profile", "first probe", or "no wait". */
const char *schedule_wait_by(const struct schedule_wait *w);

/* Appends the row as a small table, a line a wait, the first difference marked,
 * each behind `indent` spaces. */
void schedule_format(
    const struct schedule_row *row, size_t indent, struct buf *out);

#endif
