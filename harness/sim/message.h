/* SPDX-License-Identifier: MIT */
/*
 * The content of injected messages: a header and lines of filler, the same
 * bytes for the same message in every run, made piece by piece.  Pure.
 */
#ifndef FAULTPOST_MESSAGE_H
#define FAULTPOST_MESSAGE_H

#include "core/base/buf.h"
#include "core/base/utime.h"

struct message_header {
	uint64_t number; /* for Message-ID and Subject */
	utime date;
	struct slice from; /* empty: the null path */
	const struct slice *to;
	size_t to_count;
};

/* Content under way.  A message_begin() makes it ready. */
struct message_writer {
	uint64_t left; /* bytes of filler still to come */
	size_t column; /* in the current line of filler */
};

/* Appends the header and the empty line behind it; filler will follow up to
 * `size_bytes` in all, or none when the header is as long as that. */
void message_begin(struct message_writer *m, const struct message_header *h,
    uint64_t size_bytes, struct buf *out);
/* Appends at most `most` bytes of filler; false when there is no more. */
bool message_continue(struct message_writer *m, size_t most, struct buf *out);

#endif
