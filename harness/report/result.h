/* SPDX-License-Identifier: MIT */
/*
 * What came of a scenario: the findings of the judge and of the run itself, and
 * what is needed to tell them to a person.
 */
#ifndef FAULTPOST_RESULT_H
#define FAULTPOST_RESULT_H

#include "harness/check/survey.h"
#include "harness/judge/evidence.h"
#include "harness/judge/judge.h"
#include "harness/report/chart.h"
#include "harness/report/story.h"

/* What a finding is about. */
enum finding_kind {
	FINDING_EXPECTATION,
	FINDING_INVARIANT,
	FINDING_ENDING, /* how the run ended: see sim.h */
};

struct finding {
	enum finding_kind kind;
	struct judgement judgement; /* its texts: of the judge or the arena */
};

/* Zeroed before use; result_fini() frees it. */
struct result {
	const struct plan *plan; /* borrowed */
	uint64_t seed;           /* that was used */
	struct arena arena;
	struct judge *judge;       /* owned: the findings borrow from it */
	struct story *story;       /* owned */
	struct chart *chart;       /* owned; NULL: nobody wants one */
	struct evidence *evidence; /* owned; NULL until result_focus() */
	struct finding *findings;  /* owned */
	size_t finding_count, finding_cap;
	/* What was seen of a log that something else wrote; borrowed; NULL: the
	 * log is our own. */
	const struct survey *survey;
	bool is_stopped; /* from outside, before it was over */
	utime span;      /* virtual, from the start to the end */
	utime wall_span; /* real; set by whoever has a clock */
};
void result_init(struct result *r, const struct plan *plan, uint64_t seed);
void result_fini(struct result *r);
/* Of the run that begins now a chart will be wanted. */
void result_draw_chart(struct result *r);
/* A line of the log that the story has seen, for the judge and the chart; `ev`
 * is NULL when it is no record. */
void result_judge_line(struct result *r, struct slice line,
    const struct maillog_event *ev, utime now);
/* What the judge says becomes findings; ends the judging. */
void result_take_judgements(struct result *r, utime now);
/* Adds an ending that failed.  `wanted` and `place` are borrowed as long as the
 * result; the text of `found` is kept.  What is returned may be refined until
 * the next finding. */
struct judgement *result_add_ending(struct result *r, const char *subject,
    const char *place, const char *wanted, const char *found_fmt, ...)
    PRINTF_LIKE(5, 6);
/* Where the evidence of a failed judgement is. */
struct focus judgement_focus(const struct judgement *j);
/* Makes the evidence, still empty, for the first moments at which something
 * failed, or for the end when no failure has a moment, and a new story. */
void result_focus(struct result *r);
/* The sight that shows where the judgement failed; SIZE_MAX: none. */
size_t result_sight_of(const struct result *r, const struct judgement *j);
/* No finding failed. */
bool result_held(const struct result *r);

#endif
