/* SPDX-License-Identifier: MIT */
/*
 * A log that something else wrote, judged by a scenario: a mail log, line by
 * line, and with it, if there is one, the transcript of the hosts, each event
 * at its moment.  A stamp has whole seconds, so that moments are ranges; what
 * the scenario's timeline tells an operator to do is told to the judge then.
 * Pure.
 */
#ifndef FAULTPOST_CHECK_H
#define FAULTPOST_CHECK_H

#include "core/transcript/reader.h"
#include "harness/report/result.h"

/* Where the transcript comes from. */
struct check_source {
	void *owner;
	/* The next line, valid until the next call; false: there is none. */
	bool (*next_line)(void *owner, struct slice *line);
};

struct check {
	struct plan *plan;     /* borrowed */
	struct result *result; /* borrowed; begun with the first record */
	const struct check_source *transcript; /* borrowed; NULL: none */
	struct transcript_reader *reader;      /* owned */
	struct maillog_parser parser;
	bool has_begun, gathers; /* the second time, for the evidence */
	bool has_event;          /* of the transcript, still ahead */
	struct transcript_event event;
	size_t steps_done;     /* of the plan */
	uint64_t told_line;    /* of the log, up to which the judge knows */
	uint64_t broken_lines; /* of the transcript that are no events */
	utime last;            /* the last record's time */
};

/* `near` is a moment near the log's first record, for stamps without a year.
 * What is borrowed lives until check_fini(). */
void check_init(struct check *c, struct plan *plan, struct result *result,
    const struct check_source *transcript, utime near);
/* The same to look a second time at a log that failed: all lines come again,
 * and the result's evidence and its story are filled in. */
void check_again(struct check *c, const struct check_source *transcript);
void check_fini(struct check *c);

/* The next line of the log. */
void check_line(struct check *c, struct slice line);
/* Nothing more comes: the result has its findings, or its evidence. */
void check_finish(struct check *c);

#endif
