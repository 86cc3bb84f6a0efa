/* SPDX-License-Identifier: MIT */
/*
 * Command lines off a stream: up to CR LF and nothing else (RFC 5321, 2.3.8),
 * over a limit dropped to their end.  Internal to core/smtp.
 */
#ifndef FAULTPOST_SMTP_LINE_H
#define FAULTPOST_SMTP_LINE_H

#include "core/base/buf.h"

/* What keeps a line from being a command; bits. */
enum smtp_line_fault {
	SMTP_LINE_OVER_LIMIT = 1 << 0,
	SMTP_LINE_BARE_LF = 1 << 1,
	SMTP_LINE_BARE_CR = 1 << 2,
	SMTP_LINE_NUL = 1 << 3,
};

/* A zeroed reader stands at the start of a line. */
struct smtp_line_reader {
	size_t scanned;  /* bytes at the front that hold no end of the line */
	unsigned faults; /* of the line so far */
};

/* Takes a line off the front of `in` and puts it into `line`, without its CR LF
 * (empty when it was over limit_bytes, CR LF included).  False when its end is
 * not there yet.  r->faults says what is wrong with the line, or with what
 * there is of it; the caller zeroes the reader before the next line. */
bool smtp_line_take(struct smtp_line_reader *r, struct buf *in,
    size_t limit_bytes, struct buf *line);

/* What there is of the first line, its CR LF included, and at most so much of
 * it. */
struct slice smtp_line_peek(struct slice in, size_t limit_bytes);

/* Why a line with these faults is no command, as a reply text; NULL when there
 * are none. */
const char *smtp_line_fault_text(unsigned faults);

#endif
