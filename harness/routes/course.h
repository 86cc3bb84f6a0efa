/* SPDX-License-Identifier: MIT */
/*
 * The course of one message: which line of the table is for it, the candidates
 * in order, and what happened with each, round by round, as the relay's log of
 * a trial tells it.  Pure: whoever runs the trial hands in the log.
 */
#ifndef FAULTPOST_ROUTES_COURSE_H
#define FAULTPOST_ROUTES_COURSE_H

#include "core/maillog/parser.h"
#include "harness/routes/trial.h"

enum course_end {
	COURSE_UNDER_WAY, /* never told */
	COURSE_FAILED,    /* the host: before any message */
	COURSE_REFUSED,   /* the message, for now */
	COURSE_TAKEN,
	COURSE_BOUNCED,
};

#define COURSE_NO_HOST SIZE_MAX

/* A connection that was tried, or the end without one. */
struct course_attempt {
	size_t host; /* of the trial, or COURSE_NO_HOST */
	uint64_t dcid;
	utime began, ended; /* since the message came; whole seconds */
	enum course_end end;
	const char *said; /* "452 4.3.1 Mail system full" */
};

/* What a round was, and until when the message waits then. */
struct course_round {
	size_t first, count; /* of the attempts */
	utime ended;
	utime till; /* 0: it was the last */
};

struct course {
	const struct trial *trial; /* borrowed */
	struct arena arena;
	struct maillog_parser parser;
	utime start;   /* when the message came */
	unsigned turn; /* its number; those before it, from 0, are left out */
	unsigned came; /* how many have come */
	uint64_t mid;  /* its own; what others do is left out */
	struct course_attempt *attempts; /* owned */
	size_t attempt_count, attempt_cap;
	struct course_round *rounds; /* owned */
	size_t round_count, round_cap;
	size_t round_first; /* of the attempts of the round under way */
	bool has_bounced, is_taken, is_discarded;
	utime ended;      /* UTIME_NEVER: it has not */
	const char *last; /* what was said with the end */
};

/* The course of message number `turn`, from 0, which is the trial's last. */
void course_init(
    struct course *c, const struct trial *trial, unsigned turn, utime start);
void course_fini(struct course *c);
/* A line of the relay's log. */
void course_line(struct course *c, struct slice line);
/* The log is over. */
void course_finish(struct course *c);
/* Whether it came to a host that has a fault. */
bool course_meets_fault(const struct course *c);
/* Whether round `i` went as the one before it, host by host. */
bool course_is_repeated(const struct course *c, size_t i);

/* The line for a domain and why it is for it, in words. */
void course_why(
    const struct routes *routes, struct slice domain, struct buf *out);

/* Appends it for people: where the line stands (`file`), candidates, rounds and
 * a small picture; or as one JSON object, without the end of line. */
void course_format(const struct course *c, const struct routes *routes,
    const char *file, struct slice address, struct buf *out);
void course_json(const struct course *c, const struct routes *routes,
    struct slice address, struct buf *out);

#endif
