/* SPDX-License-Identifier: MIT */
/*
 * Who watches a run, line by line and event by event: the judge and the story;
 * or, when the same is gone through again because something failed, the
 * evidence and the story.  Pure.
 */
#ifndef FAULTPOST_WATCH_H
#define FAULTPOST_WATCH_H

#include "harness/report/result.h"

struct watch {
	struct result *result; /* borrowed */
	bool is_again;         /* for the evidence */
	bool is_inexact;       /* moments are known by the second only */
	bool is_late; /* the log begins in the midst of the relay's work */
	struct maillog_parser parser;
};

/* `is_again`: behind result_focus(). */
void watch_init(struct watch *w, struct result *result, bool is_again);
void watch_fini(struct watch *w);
/* A line of the mail log, which was written now. */
void watch_log(struct watch *w, struct slice line, utime now);
/* A line of another log. */
void watch_side_line(struct watch *w, enum plan_log log, struct slice line);
void watch_transcript(struct watch *w, const struct transcript_event *ev);
/* The relay is given an operator's command. */
void watch_operate(struct watch *w, struct slice command, utime now);

#endif
