/* SPDX-License-Identifier: MIT */
/*
 * The log lines that a failure page can quote: the first and the last
 * EXCERPT_KEEP of a run, whatever its length.  Pure.
 */
#ifndef FAULTPOST_EXCERPT_H
#define FAULTPOST_EXCERPT_H

#include "core/base/buf.h"
#include "core/base/utime.h"

#define EXCERPT_KEEP 500

struct excerpt_line {
	utime at;
	struct buf text;
};

/* A zeroed struct is empty. */
struct excerpt {
	struct excerpt_line first[EXCERPT_KEEP], last[EXCERPT_KEEP];
	uint64_t count;
};
void excerpt_fini(struct excerpt *e);
/* A line, with or without its end. */
void excerpt_add(struct excerpt *e, struct slice line, utime at);
/* Appends up to `rows` lines, each behind `indent` spaces, of which the last is
 * the last one that was written by `around` (UTIME_NEVER: the last of all) or
 * up to a third of `rows` later.  Lines that are not kept are left out. */
void excerpt_format(const struct excerpt *e, utime around, size_t rows,
    size_t indent, struct buf *out);

#endif
