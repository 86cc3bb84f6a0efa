/* SPDX-License-Identifier: MIT */
/* A run as it is watched; see watch.h. */
#include "harness/report/watch.h"

void
watch_init(struct watch *w, struct result *result, bool is_again)
{
	*w = (struct watch){ .result = result, .is_again = is_again };
	maillog_parser_init(&w->parser, result->plan->start);
	if (!is_again)
		judge_attend(result->judge);
}

void
watch_fini(struct watch *w)
{
	maillog_parser_fini(&w->parser);
}

void
watch_log(struct watch *w, struct slice line, utime now)
{
	struct result *r = w->result;
	struct maillog_event ev;
	const bool is_record = maillog_parse(&w->parser, line, &ev);

	if (is_record)
		story_log(r->story, &ev, now);
	if (w->is_late && is_record && ev.dcid != 0) {
		judge_begin_late(r->judge);
		w->is_late = false;
	}
	if (!w->is_again) {
		result_judge_line(r, line, is_record ? &ev : NULL,
		    w->is_inexact ? UTIME_NEVER : now);
		return;
	}
	if (evidence_log(r->evidence, line, now))
		story_pin(r->story);
}

void
watch_side_line(struct watch *w, enum plan_log log, struct slice line)
{
	if (!w->is_again)
		judge_side_line(w->result->judge, log, line);
}

void
watch_transcript(struct watch *w, const struct transcript_event *ev)
{
	struct result *r = w->result;

	story_transcript(r->story, ev);
	if (!w->is_again)
		judge_transcript(r->judge, ev);
	else if (evidence_transcript(r->evidence, ev))
		story_pin(r->story);
}

void
watch_operate(struct watch *w, struct slice command, utime now)
{
	if (!w->is_again)
		judge_operate(w->result->judge, command, now);
}
