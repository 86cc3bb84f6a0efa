/* SPDX-License-Identifier: MIT */
/*
 * Reads transcripts from files, line by line: the inverse of
 * transcript_format().  A connection's addresses stand in its first line only
 * and are kept until its last.  What messages held is told on demand, as far as
 * it can be seen in the bytes of their connections.
 */
#ifndef FAULTPOST_TRANSCRIPT_READER_H
#define FAULTPOST_TRANSCRIPT_READER_H

#include "core/base/err.h"
#include "core/transcript/transcript.h"

struct transcript_reader;

/* Freed by transcript_reader_destroy().  `wants_content`: messages have it,
 * which takes memory; content.at is NULL when it is not known. */
struct transcript_reader *transcript_reader_new(bool wants_content);
void transcript_reader_destroy(struct transcript_reader **rp);

/* Reads a line, with or without its end.  What *ev borrows lives until the next
 * call.  False with *err set (no file, no place) when it is no event. */
bool transcript_read(struct transcript_reader *r, struct slice line,
    struct transcript_event *ev, struct err *err);

#endif
