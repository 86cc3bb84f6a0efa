/* SPDX-License-Identifier: MIT */
/*
 * MIDs that are names of one message: what a filter or a scanner changes goes
 * on with another MID ("MID 6 rewritten to MID 7 by add-footer"), and the one
 * before is said to be finished.  Gives each record of a message the MID by
 * which that was known first.  Bounded: the oldest names are forgotten.  Pure.
 */
#ifndef FAULTPOST_LOG_RENAMES_H
#define FAULTPOST_LOG_RENAMES_H

#include "core/base/list.h"
#include "core/maillog/maillog.h"

#define LOG_RENAMES_MAX 20000

struct log_rename;

/* Zeroed there are none. */
struct log_renames {
	struct log_rename *table;
	struct list order; /* the oldest first; begins with the first name */
	size_t count;
};

/* What a record is about. */
struct log_named {
	uint64_t mid;     /* that it says; 0: none */
	uint64_t message; /* by which that message was known first */
	/* It says that a name is finished, and the message goes on. */
	bool is_handed_on;
};

void log_renames_fini(struct log_renames *r);
/* Takes the next record of that appliance.  One of no known form is about the
 * first MID that it speaks of. */
struct log_named log_renames_take(
    struct log_renames *r, const struct maillog_event *ev, uint32_t appliance);

#endif
