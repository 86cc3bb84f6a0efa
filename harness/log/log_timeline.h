/* SPDX-License-Identifier: MIT */
/*
 * A log by time: what came, what went and what failed in each of a few equal
 * spans, and from when to when each host failed.  However long the log, the
 * rows are few: their span grows when there would be more.  Pure.
 */
#ifndef FAULTPOST_LOG_TIMELINE_H
#define FAULTPOST_LOG_TIMELINE_H

#include "core/base/address.h"
#include "harness/log/log_failure.h"
#include "harness/log/log_reader.h"

#define LOG_TIMELINE_ROWS_MAX   60
#define LOG_TIMELINE_SPELLS_MAX 1000
#define LOG_TIMELINE_HOSTS_MAX  10000

struct log_timeline_row {
	uint64_t received, connections, failed; /* messages; connections */
	uint64_t delivered, delayed, bounced;   /* recipients */
	uint64_t retries;                       /* "pending till" */
};

/* A host failed each time, from the first of these connections to the next one
 * that did not, or to the end of the log. */
struct log_spell {
	struct endpoint host;
	utime from, last, until; /* until: 0: it goes on */
	uint64_t failures;
	enum log_failure_kind kind; /* of the first */
	unsigned code;
};

struct log_timeline;

struct log_timeline *log_timeline_new(void);
void log_timeline_destroy(struct log_timeline **tp);
void log_timeline_take(struct log_timeline *t, const struct log_record *record);
/* Appends it as a page. */
void log_timeline_format(const struct log_timeline *t, struct buf *out);
/* Appends it as one line of JSON. */
void log_timeline_json(const struct log_timeline *t, struct buf *out);

#endif
