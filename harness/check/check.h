/* SPDX-License-Identifier: MIT */
/*
 * A log that something else wrote, judged by a scenario: a mail log, line by
 * line, and with it, if there is one, the transcript of the hosts, each event
 * at its moment.  A stamp has whole seconds, so that moments are ranges; what
 * the scenario's timeline tells an operator to do is told to the judge then.
 *
 * The log is read up to three times.  The first time it is surveyed, and judged
 * as if nothing was wrong with it; where something was, it is judged again
 * with gaps there; and one that failed is read once more for the evidence.
 * Pure.
 */
#ifndef FAULTPOST_CHECK_H
#define FAULTPOST_CHECK_H

#include "core/transcript/reader.h"
#include "harness/check/survey.h"
#include "harness/report/result.h"

/* Where the transcript comes from. */
struct check_source {
	void *owner;
	/* The next line, valid until the next call; false: there is none. */
	bool (*next_line)(void *owner, struct slice *line);
};

enum check_pass {
	CHECK_FIRST,
	CHECK_GAPS,   /* judged again, with gaps */
	CHECK_GATHER, /* for the evidence */
};

struct check {
	struct plan *plan;     /* borrowed */
	struct result *result; /* borrowed; begun with the first record */
	const struct check_source *transcript; /* borrowed; NULL: none */
	bool is_whole;    /* nothing is missing: what the log does not tell did
	                   * not happen */
	bool wants_chart; /* see result_draw_chart() */
	struct survey survey;

	/* Private from here. */
	enum check_pass pass;
	struct transcript_reader *reader; /* owned */
	struct maillog_parser parser;
	bool wants_content; /* of messages */
	bool has_begun;
	bool has_connection; /* the log has told of one */
	bool has_event;      /* of the transcript, still ahead */
	struct transcript_event event;
	struct buf host;     /* whose log it is, as a syslog server says */
	size_t steps_done;   /* of the plan */
	size_t gaps_done;    /* of the survey */
	uint64_t told_line;  /* of the log, up to which the judge knows */
	uint64_t event_line; /* of the transcript */
	bool is_broken;      /* the record under way has bytes of no text */
	utime last;          /* the last record's time */
};

/* `near` is a moment near the log's first record, for stamps without a year.
 * What is borrowed lives until check_fini(). */
void check_init(struct check *c, struct plan *plan, struct result *result,
    const struct check_source *transcript, utime near);
void check_fini(struct check *c);

/* The next line of the log. */
void check_line(struct check *c, struct slice line);
/* Nothing more comes: the result has its findings, or its evidence. */
void check_finish(struct check *c);
/* Whether it must be read from its beginning once more, and why; false: it is
 * done.  `wants_evidence`: for a page about what failed. */
bool check_again(struct check *c, bool wants_evidence);

#endif
