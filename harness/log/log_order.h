/* SPDX-License-Identifier: MIT */
/*
 * The order of a log's files: that in which they were written, whatever their
 * names are.  Pure.
 */
#ifndef FAULTPOST_LOG_ORDER_H
#define FAULTPOST_LOG_ORDER_H

#include "core/base/slice.h"
#include "core/base/utime.h"

struct log_file {
	const char *path; /* borrowed */
	bool has_first;   /* a record was found in it */
	utime first;      /* when that was written */
	size_t given;     /* its place on the command line */
};

/* Sorts by the first records; those of one second by the numbers that rotation
 * gives, the greatest first.  When a file has no record nobody knows where it
 * belongs, and all keep their places. */
void log_order_sort(struct log_file *files, size_t count);
/* The number behind the last dot of "mail.log.2" or "mail.log.2.gz"; 0: none.
 */
uint64_t log_order_rotation(struct slice path);

#endif
