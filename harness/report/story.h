/* SPDX-License-Identifier: MIT */
/*
 * The story of a run: every delivery connection as a mark in the lane of its
 * host, from the mail log, with the rule behind it from the transcripts.  Kept
 * are the first and the last STORY_KEEP connections, and a few around moments
 * that were pinned, so that a long run costs no more memory than a short one.
 * Pure.
 *
 *	             exchange1          exchange2
 *	0:00:00.002  #1 431 x           |
 *	0:00:00.006  +----------------> #2 ok 1
 *	-----------  0:15:00 pass
 *
 * "#2" is DCID 2; "x" ends what failed, "ok 3" counts messages done, "~" stands
 * for one that is still open, "+--->" leads from the failure to the connection
 * that followed it.
 */
#ifndef FAULTPOST_STORY_H
#define FAULTPOST_STORY_H

#include "core/maillog/maillog.h"
#include "core/transcript/transcript.h"
#include "harness/plan/plan.h"

#define STORY_KEEP       50
#define STORY_PINS_MAX   3
#define STORY_PIN_BEFORE 9
#define STORY_PIN_AFTER  5

/* Recipients and connections, by what the log says of them. */
struct story_counts {
	uint64_t connections, delivered, bounced, dropped, delayed;
};

/* What came to one host. */
struct story_share {
	uint64_t connections, refused; /* refused: of them, no connect */
	uint64_t done;                 /* messages */
	uint64_t delayed, bounced;     /* recipients, by its answers */
};

struct story;

/* `plan` is borrowed until story_destroy(). */
struct story *story_new(const struct plan *plan);
/* The same, of which the first and the last `keep` connections are kept, for
 * whoever draws more of them than story_format() (keep >= STORY_KEEP). */
struct story *story_new_keeping(const struct plan *plan, size_t keep);
void story_destroy(struct story **sp);
/* A record of the mail log, at its exact moment. */
void story_log(struct story *s, const struct maillog_event *ev, utime now);
void story_transcript(struct story *s, const struct transcript_event *ev);
const struct story_counts *story_counts(const struct story *s);
/* Of a host of the plan, or of the addresses of none (the count of hosts). */
const struct story_share *story_share(const struct story *s, size_t host);
/* The number of the connection that the last record was about, or NO_ATTEMPT;
 * the first one is 0. */
#define NO_ATTEMPT UINT64_MAX
uint64_t story_spoken(const struct story *s);
/* Keeps the last STORY_PIN_BEFORE connections and the next STORY_PIN_AFTER, at
 * most STORY_PINS_MAX times. */
void story_pin(struct story *s);

/* Appends the lanes, each line behind `indent` spaces: at most `rows`
 * connections, the last of them the last that began by `around` (UTIME_NEVER:
 * the end) or up to a third of `rows` later; SIZE_MAX rows are all
 * that are kept.  Nothing when there was no connection. */
void story_format(const struct story *s, utime around, size_t rows,
    size_t indent, struct buf *out);

#endif
