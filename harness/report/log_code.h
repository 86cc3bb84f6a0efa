/* SPDX-License-Identifier: MIT */
/*
 * A mail log as little text.  Lines are much alike: a line is taken apart into
 * its shape (the text between its numbers) and its numbers, of which only the
 * step from the last line of that shape is kept; and there are few different
 * steps, as identifiers go up by one.  So a line is the number of its step and
 * the milliseconds that passed, three characters or so.  Pure.
 *
 *	New SMTP DCID 7 ... address 10.1.1.12 port 25     shape 3, step +2 0 0 0
 *	New SMTP DCID 9 ... address 10.1.1.12 port 25     the same step
 *
 * When half of its bytes are used only lines of attempts are kept, in the end
 * none: how many were left out stands between the lines.
 */
#ifndef FAULTPOST_LOG_CODE_H
#define FAULTPOST_LOG_CODE_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/utime.h"

#include <jansson.h>

#define LOG_CODE_SLOTS  24 /* numbers of a shape; what follows is text */
#define LOG_CODE_DIGITS 15 /* of a number; longer ones are text */

struct log_shape;
struct log_step;

/* Zeroed but for `limit` before use; log_code_fini() frees it. */
struct log_code {
	size_t limit; /* of bytes that are written, about */

	struct arena arena;
	struct log_shape *shapes; /* by their text, in their order */
	struct log_step *steps;   /* by shape and numbers */
	uint64_t shape_count, step_count;
	size_t shape_bytes;
	struct buf step_text, line_text;
	uint64_t count, left_out; /* lines in all; and since the last kept */
	uint64_t left_out_all;
	int64_t last_ms;
};

/* One line, without its end. */
struct log_code_line {
	struct slice text;
	utime since_start;
	/* What it is about, by number; or not. */
	bool has_attempt, has_message;
	uint64_t attempt, message;
};

void log_code_fini(struct log_code *c);
/* Adds the next line of the log, which is copied as far as it is kept. */
void log_code_add(struct log_code *c, const struct log_code_line *line);

/* So many lines of the log are not told. */
void log_code_skip(struct log_code *c, uint64_t count);

/*
 * The coded log:
 *   "shapes"  lists of texts, first "", "a", "m" or "am" (below), then what
 *             stands before, between and behind the numbers
 *   "steps"   VLQ, for each step: its shape and a difference for each number:
 *             first those of the attempt ("a") and the message ("m") that the
 *             line is about, then those in its text
 *   "lines"   VLQ, for each line: its step + 1, and the milliseconds since the
 *             line before; or 0, and how many lines were left out
 *   "count", "left_out"  lines
 */
json_t *log_code_json(struct log_code *c);

#endif
