/* SPDX-License-Identifier: MIT */
/*
 * Two cases beside each other, the customer's and that of a run that reproduces
 * it: which events are in both, message by message and, for connections, domain
 * by domain, in order.  Moments are told and not compared.  Pure.
 */
#ifndef FAULTPOST_LOG_COMPARE_H
#define FAULTPOST_LOG_COMPARE_H

#include "harness/log/log_case.h"

enum log_row_kind {
	LOG_ROW_SAME,
	LOG_ROW_MISSING, /* only the customer's log has it */
	LOG_ROW_MORE,    /* only the run has it */
	LOG_ROW_BEHIND,  /* the same, and the customer's log could not have
	                  * it: it ends before, or shows none of the kind */
};

struct log_row {
	enum log_row_kind kind;
	size_t theirs, ours; /* events; LOG_CASE_NONE: there is none */
	utime at;            /* since the beginning */
	/* What it belongs to: a message of theirs, or behind these a domain. */
	size_t strand;
};

struct log_comparison {
	struct log_row *rows; /* owned; in the order of their moments */
	size_t count, cap;
	size_t same, missing, more, behind;
};

/* `theirs` is the customer's. */
void log_compare(struct log_comparison *comparison,
    const struct log_case *theirs, const struct log_case *ours);
void log_comparison_fini(struct log_comparison *comparison);
/* Appends it as a table, at most `most` rows, and the sums. */
void log_comparison_format(const struct log_comparison *comparison,
    const struct log_case *theirs, const struct log_case *ours, size_t most,
    struct buf *out);

#endif
