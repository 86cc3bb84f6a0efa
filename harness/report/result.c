/* SPDX-License-Identifier: MIT */
/* Collecting the findings of a run. */
#include "harness/report/result.h"

static struct finding *finding_add(struct result *r, enum finding_kind kind);

void
result_init(struct result *r, const struct plan *plan, uint64_t seed)
{
	*r = (struct result){ .plan = plan, .seed = seed };
	r->judge = judge_new(plan);
	r->story = story_new(plan);
}

/* A chart shows more attempts. */
static struct story *
story_new_for(const struct result *r)
{
	if (r->chart == NULL)
		return story_new(r->plan);
	return story_new_keeping(r->plan, CHART_ATTEMPTS);
}

void
result_draw_chart(struct result *r)
{
	r->chart = chart_new(r->plan->start);
	story_destroy(&r->story);
	r->story = story_new_for(r);
}

void
result_fini(struct result *r)
{
	judge_destroy(&r->judge);
	story_destroy(&r->story);
	chart_destroy(&r->chart);
	evidence_destroy(&r->evidence);
	arena_fini(&r->arena);
	free(r->findings);
	*r = (struct result){ 0 };
}

void
result_judge_line(struct result *r, struct slice line,
    const struct maillog_event *ev, utime now)
{
	judge_log_event(r->judge, line, ev, now);
	if (r->chart != NULL)
		chart_log(
		    r->chart, r->story, line, ev, now, judge_queued(r->judge));
}

void
result_take_judgements(struct result *r, utime now)
{
	const struct judgement *judgements;
	size_t count;

	judge_finish(r->judge, now, &judgements, &count);
	for (size_t i = 0; i < count; i++) {
		bool invariant = slice_starts_with(
		    slice_cstr(judgements[i].subject), SLICE("invariant "));

		finding_add(
		    r, invariant ? FINDING_INVARIANT : FINDING_EXPECTATION)
		    ->judgement = judgements[i];
	}
}

struct judgement *
result_add_ending(struct result *r, const char *subject, const char *place,
    const char *wanted, const char *found_fmt, ...)
{
	struct judgement *j = &finding_add(r, FINDING_ENDING)->judgement;
	struct buf found = { 0 };
	va_list ap;

	va_start(ap, found_fmt);
	buf_vprintf(&found, found_fmt, ap);
	va_end(ap);
	*j = (struct judgement){
		.verdict = VERDICT_FAILED,
		.subject = subject,
		.place = place,
		.wanted = wanted,
		.found = arena_strdup(&r->arena, buf_slice(&found)),
		.at = UTIME_NEVER,
		.failures = 1,
	};
	buf_fini(&found);
	return j;
}

struct focus
judgement_focus(const struct judgement *j)
{
	return (struct focus){ .line = j->line, .at = j->at };
}

/* Adds the focus of a judgement, if it is a moment of its own. */
static size_t
focus_add(struct focus *focuses, size_t count, const struct judgement *j)
{
	struct focus focus = judgement_focus(j);

	if (j->verdict != VERDICT_FAILED || count == EVIDENCE_MAX ||
	    (focus.line == 0 && focus.at == UTIME_NEVER))
		return count;
	for (size_t i = 0; i < count; i++)
		if (focus_is_near(&focuses[i], &focus))
			return count;
	focuses[count] = focus;
	return count + 1;
}

void
result_focus(struct result *r)
{
	struct focus focuses[EVIDENCE_MAX] = { { .at = UTIME_NEVER } };
	size_t count = 0;

	for (size_t i = 0; i < r->finding_count; i++)
		count = focus_add(focuses, count, &r->findings[i].judgement);
	evidence_destroy(&r->evidence);
	r->evidence =
	    evidence_new(r->plan->start, focuses, count > 0 ? count : 1);
	story_destroy(&r->story);
	r->story = story_new_for(r);
}

size_t
result_sight_of(const struct result *r, const struct judgement *j)
{
	struct focus focus = judgement_focus(j);
	size_t count = r->evidence != NULL ? evidence_count(r->evidence) : 0;

	for (size_t i = 0; i < count; i++)
		if (focus_is_near(
			&focus, &evidence_sight(r->evidence, i)->focus))
			return i;
	return SIZE_MAX;
}

bool
result_held(const struct result *r)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (r->findings[i].judgement.verdict == VERDICT_FAILED)
			return false;
	return true;
}

static struct finding *
finding_add(struct result *r, enum finding_kind kind)
{
	r->findings = xgrow(r->findings, &r->finding_cap, r->finding_count + 1,
	    sizeof(*r->findings));
	struct finding *f = &r->findings[r->finding_count++];
	*f = (struct finding){ .kind = kind };
	return f;
}
