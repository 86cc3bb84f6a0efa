/* SPDX-License-Identifier: MIT */
/*
 * What a failure page quotes: the log lines and the dialogue around a few
 * moments of a run.  The moments are known beforehand, because a run is the
 * same each time: the first one is judged and keeps nothing, and one that
 * failed is run a second time only to look where it went wrong.  So a long run
 * needs no more memory than a short one, and what is quoted is exact.  Pure.
 */
#ifndef FAULTPOST_EVIDENCE_H
#define FAULTPOST_EVIDENCE_H

#include "core/base/buf.h"
#include "core/base/utime.h"
#include "core/transcript/transcript.h"

#define EVIDENCE_MAX        3 /* moments of one run */
#define EVIDENCE_LOG_BEFORE 4
#define EVIDENCE_LOG_AFTER  2
#define EVIDENCE_TALK_ROWS  10 /* before the moment */
#define EVIDENCE_TALK_AFTER 4
#define EVIDENCE_COLUMNS    100

/* Appends a row of `head` and text, folded at blanks to EVIDENCE_COLUMNS, what
 * is folded under the text. */
void evidence_fold(struct slice head, struct slice text, struct buf *out);

/* A line of the log as it is quoted, borrowed from it: without its end, and of
 * a record without its stamp (`start` is a moment near it, for stamps without a
 * year) and without its level when that is Info. */
struct slice evidence_text(struct slice line, utime start);

/* Where to look: at a line of the log (from 1), or, when that is 0, at the
 * last one by a moment; UTIME_NEVER: at the end. */
struct focus {
	uint64_t line;
	utime at;
};
/* Whether what is shown of one shows the other, too. */
bool focus_is_near(const struct focus *a, const struct focus *b);

/* What was seen there. */
struct sight {
	struct focus focus;
	utime moment; /* of the line, or as the focus says */
	bool is_reached;
	struct buf log, talk; /* rows, each ended and without indent */
	size_t log_left, talk_left;
};

struct evidence;

/* `start` is the moment from which times are told. */
struct evidence *evidence_new(
    utime start, const struct focus *focuses, size_t count);
void evidence_destroy(struct evidence **ep);
/* A line of the log, with or without its end, of which evidence_text() is kept.
 * True when a moment has been reached by it. */
bool evidence_log(struct evidence *e, struct slice line, utime now);
/* So many lines follow that are no records. */
void evidence_skip_lines(struct evidence *e, uint64_t count);
bool evidence_transcript(struct evidence *e, const struct transcript_event *ev);
/* Nothing more comes: the moments that are still ahead are the end. */
void evidence_finish(struct evidence *e);
/* What was seen at the i-th focus. */
const struct sight *evidence_sight(const struct evidence *e, size_t i);
size_t evidence_count(const struct evidence *e);

#endif
