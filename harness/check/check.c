/* SPDX-License-Identifier: MIT */
/* Records, events and commands in the order of their moments; see check.h. */
#include "harness/check/check.h"

/* The scenario's start is the log's if that begins so soon behind it. */
#define START_SPAN UTIME_DAY

static void begin(struct check *c, utime first);
static void take_record(struct check *c, const struct maillog_event *ev);
static void advance(struct check *c, utime until);

static void
log_init(struct check *c, utime near)
{
	maillog_parser_init(&c->parser, near);
	c->reader = transcript_reader_new();
	c->steps_done = 0;
	c->told_line = c->broken_lines = 0;
	c->has_event = false;
}

static void
log_fini(struct check *c)
{
	maillog_parser_fini(&c->parser);
	transcript_reader_destroy(&c->reader);
}

void
check_init(struct check *c, struct plan *plan, struct result *result,
    const struct check_source *transcript, utime near)
{
	*c = (struct check){
		.plan = plan, .result = result, .transcript = transcript
	};
	log_init(c, near);
}

void
check_again(struct check *c, const struct check_source *transcript)
{
	log_fini(c);
	c->transcript = transcript;
	log_init(c, c->plan->start);
	c->gathers = true;
	result_focus(c->result);
}

void
check_fini(struct check *c)
{
	log_fini(c);
}

void
check_line(struct check *c, struct slice line)
{
	struct maillog_event ev;

	if (maillog_parser_feed(&c->parser, line, &ev))
		take_record(c, &ev);
}

void
check_finish(struct check *c)
{
	struct maillog_event ev;

	if (maillog_parser_flush(&c->parser, &ev))
		take_record(c, &ev);
	if (!c->has_begun)
		begin(c, c->plan->start);
	advance(c, UTIME_NEVER);
	if (c->gathers) {
		evidence_finish(c->result->evidence);
		return;
	}
	c->result->span = c->last - c->plan->start;
	/* What follows its last line nobody knows. */
	judge_interrupt(c->result->judge);
	result_take_judgements(c->result, c->last);
}

/* ---- the log ---- */

static void
begin(struct check *c, utime first)
{
	utime start = c->plan->start / UTIME_S * UTIME_S;

	c->has_begun = true;
	if (first < start || first > start + START_SPAN)
		plan_move(c->plan, first);
	c->last = first;
	result_init(c->result, c->plan, c->plan->seed);
	judge_lack(c->result->judge, JUDGE_OTHER_LOGS);
	judge_lack(c->result->judge, JUDGE_CONTENT);
	if (c->transcript == NULL)
		judge_lack(c->result->judge, JUDGE_TRANSCRIPT);
}

static void
take_record(struct check *c, const struct maillog_event *ev)
{
	struct slice text = maillog_parser_text(&c->parser);
	uint64_t skipped = c->parser.line - 1 - c->told_line;

	if (!c->has_begun)
		begin(c, ev->time);
	c->last = ev->time > c->last ? ev->time : c->last;
	advance(c, ev->time + UTIME_S - 1);
	story_log(c->result->story, ev, ev->time);
	if (c->gathers) {
		evidence_skip_lines(c->result->evidence, skipped);
		if (evidence_log(c->result->evidence, text, ev->time))
			story_pin(c->result->story);
	} else {
		judge_skip_lines(c->result->judge, skipped);
		judge_log_event(c->result->judge, text, ev, UTIME_NEVER);
	}
	c->told_line = c->parser.line;
}

/* ---- what happens beside it ---- */

/* The transcript's next event, which stays until it is taken. */
static bool
peek_event(struct check *c)
{
	struct slice line;
	struct err err;

	while (!c->has_event && c->transcript != NULL &&
	    c->transcript->next_line(c->transcript->owner, &line)) {
		c->has_event =
		    transcript_read(c->reader, line, &c->event, &err);
		c->broken_lines += !c->has_event;
	}
	return c->has_event;
}

static void
take_event(struct check *c)
{
	c->has_event = false;
	story_transcript(c->result->story, &c->event);
	if (!c->gathers)
		judge_transcript(c->result->judge, &c->event);
	else if (evidence_transcript(c->result->evidence, &c->event))
		story_pin(c->result->story);
}

/* What an operator does the log does not tell. */
static void
take_steps(struct check *c, utime until)
{
	while (c->steps_done < c->plan->step_count) {
		const struct plan_step *step = &c->plan->steps[c->steps_done];
		utime at = utime_add(c->plan->start, step->at);

		if (at > until)
			return;
		c->steps_done++;
		if (step->kind == PLAN_STEP_CTL && !c->gathers)
			judge_operate(
			    c->result->judge, slice_cstr(step->command), at);
	}
}

/* All that has happened by then. */
static void
advance(struct check *c, utime until)
{
	while (peek_event(c) && c->event.time <= until)
		take_event(c);
	take_steps(c, until < c->last ? until : c->last + UTIME_S - 1);
}
