/* SPDX-License-Identifier: MIT */
/* A log beside what the hosts saw; see live_elsewhere_impl.h. */
#include "harness/live/alignment.h"
#include "harness/live/live_elsewhere_impl.h"

#include <inttypes.h>

void
elsewhere_say(struct elsewhere *e, void (*how)(void *owner, struct slice line))
{
	how(e->options->owner, buf_slice(&e->text));
	buf_clear(&e->text);
}

static void
on_line(void *owner, const struct sift_line *line)
{
	struct elsewhere *e = owner;

	e->lines = xgrow(
	    e->lines, &e->line_cap, e->line_count + 1, sizeof(e->lines[0]));
	e->lines[e->line_count++] = *line;
}

/* The k-th connection to a place is the k-th of the log. */
static void
align(const struct elsewhere *e, struct alignment *a)
{
	const struct placement *places = e->options->places;
	size_t *next = xcalloc(places->count + 1, sizeof(*next));

	for (size_t i = 0; i < e->line_count; i++) {
		const struct endpoint *at = e->lines[i].opened;
		size_t p = 0;

		if (at == NULL)
			continue;
		while (&places->at[p].said != at)
			p++;
		while (next[p] < e->seen_count &&
		    !endpoint_equal(&e->seen[next[p]].at, at))
			next[p]++;
		if (next[p] < e->seen_count)
			alignment_add(
			    a, e->seen[next[p]++].when, e->lines[i].time);
	}
	if (a->count == 0 && e->line_count > 0)
		alignment_add(a, e->lines[0].came, e->lines[0].time);
	free(next);
}

/* When the run was to end, by the log's clock. */
static utime
end_of(const struct elsewhere *e)
{
	return utime_add(e->live.plan->start, e->live.plan->until);
}

/* Puts the log's lines where their seconds end.  What happened behind the end,
 * while the log was still read, is nobody's. */
static void
weave(struct elsewhere *e, utime offset)
{
	struct tape log = { 0 };
	utime last = 0;

	for (size_t i = 0; i < e->line_count; i++) {
		const utime at = e->lines[i].time + UTIME_S - 1;

		if (e->lines[i].time > end_of(e))
			continue;
		last = at > last ? at : last;
		buf_append(&e->text, e->lines[i].text);
		buf_append_cstr(&e->text, "\n");
		tape_log(&log, buf_slice(&e->text), last);
		buf_clear(&e->text);
	}
	tape_shift(e->live.tape, offset);
	tape_weave(e->live.tape, &log);
	tape_fini(&log);
}

/* The run was by our clock, and is judged by the log's. */
static void
move(struct result *result, struct plan *plan, utime offset)
{
	struct result old = *result;

	*result = (struct result){ 0 };
	plan_move(plan, plan->start + offset);
	result_init(result, plan, old.seed);
	if (old.chart != NULL)
		result_draw_chart(result);
	for (size_t i = 0; i < old.finding_count; i++) {
		const struct judgement *j = &old.findings[i].judgement;

		result_add_ending(
		    result, j->subject, j->place, j->wanted, "%s", j->found);
	}
	result_fini(&old);
}

static void
tell_clock(struct elsewhere *e, const struct alignment *a, utime offset)
{
	char span[UTIME_TEXT_MAX];

	if (!alignment_is_off(a))
		return;
	buf_printf(&e->text,
	    "%s: note: the log's clock is %s %s this machine's%s; times are by "
	    "it",
	    e->live.plan->name,
	    utime_format_span(offset < 0 ? -offset : offset, span),
	    offset < 0 ? "behind" : "ahead of",
	    a->is_unsteady ? " at first, and not always" : "");
	elsewhere_say(e, e->options->on_note);
}

static void
tell_others(struct elsewhere *e)
{
	const struct sift *s = &e->sift;

	if (s->other_records > 0) {
		buf_printf(&e->text,
		    "%s: note: left out of the log: %" PRIu64
		    " records that are not of this run (messages: %" PRIu64
		    ", connections: %" PRIu64 ")",
		    e->live.plan->name, s->other_records, s->other_messages,
		    s->other_connections);
		elsewhere_say(e, e->options->on_note);
	}
	if (e->strangers > 0) {
		buf_printf(&e->text,
		    "%s: note: messages that are not of this run came to its "
		    "hosts: %" PRIu64,
		    e->live.plan->name, e->strangers);
		elsewhere_say(e, e->options->on_note);
	}
}

void
elsewhere_finish(
    struct elsewhere *e, struct plan *plan, const struct sim_hooks *hooks)
{
	struct alignment a = { 0 };
	utime now = world_now(e->live.world), offset;

	sift_each(&e->sift, on_line, e);
	align(e, &a);
	offset = alignment_offset(&a);
	tell_clock(e, &a, offset);
	tell_others(e);
	move(e->live.result, plan, offset);
	judge_lack(e->live.result->judge, JUDGE_MOMENTS);
	weave(e, offset);
	now += offset;
	if (e->line_count > 0 && e->lines[e->line_count - 1].time > now)
		now = e->lines[e->line_count - 1].time;
	now = now < end_of(e) ? now : end_of(e);
	live_finish(&e->live, hooks, now, true);
}
