/* SPDX-License-Identifier: MIT */
/* Reports for people. */
#include "harness/report/report.h"

#include "harness/judge/fairness.h"

#define STORY_ROWS (STORY_PIN_BEFORE - 1 + STORY_PIN_AFTER - 1)
#define LABEL      10 /* width of "  wanted    " behind its indent */
#define TITLE_MIN  20 /* of a title that is cut */

#define RED   "\033[31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

static void status_line(
    const struct result *r, const struct report_style *style, struct buf *out);
static void shares_report(const struct result *r, struct buf *out);
static void append_not_judged(const struct result *r, struct buf *out);
static void failure_report(
    const struct result *r, const struct report_style *style, struct buf *out);

void
report_scenario(
    const struct result *r, const struct report_style *style, struct buf *out)
{
	status_line(r, style, out);
	if (style->check_command != NULL)
		append_not_judged(r, out);
	if (!result_held(r))
		failure_report(r, style, out);
	else if (style->verbose)
		story_format(r->story, UTIME_NEVER, SIZE_MAX, 2, out);
	if (style->verbose)
		shares_report(r, out);
}

/* At most so many routes of a run are told of. */
#define SHARES_SHOWN 20

static void
shares_report(const struct result *r, struct buf *out)
{
	const struct fairness *f = judge_fairness(r->judge);
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < fairness_count(f); i++) {
		const struct fairness_row *row = fairness_row(f, i);

		if (!fairness_is_shared(row))
			continue;
		if (shown++ >= SHARES_SHOWN)
			left++;
		else
			fairness_format(f, row, 2, out);
	}
	if (left > 0)
		buf_printf(out, "  and %zu more\n", left);
}

void
report_totals(const struct report_totals *totals,
    const struct report_style *style, struct buf *out)
{
	uint64_t count = totals->held + totals->failed + totals->stopped;
	bool is_good = totals->failed + totals->stopped == 0;

	buf_printf(out, "%llu scenario%s, ", (unsigned long long)count,
	    count == 1 ? "" : "s");
	buf_append_cstr(out, !style->colour ? "" : is_good ? GREEN : RED);
	if (totals->failed > 0)
		buf_printf(
		    out, "%llu failed", (unsigned long long)totals->failed);
	else if (totals->stopped > 0)
		buf_printf(out, "%llu held", (unsigned long long)totals->held);
	else
		buf_append_cstr(out, count == 1 ? "held" : "all held");
	if (totals->stopped > 0)
		buf_append_cstr(out, ", interrupted");
	buf_append_cstr(out, style->colour ? PLAIN : "");
	buf_printf(out, " (%lld ms)\n",
	    (long long)((totals->wall_span + UTIME_MS / 2) / UTIME_MS));
}

/* What a log did not tell, by the witness that is missing. */
static void
append_not_judged(const struct result *r, struct buf *out)
{
	const char *lacking = NULL;

	for (size_t i = 0; i < r->finding_count; i++) {
		const struct judgement *j = &r->findings[i].judgement;

		if (j->verdict != VERDICT_NOT_JUDGED)
			continue;
		if (lacking == NULL || strcmp(lacking, j->found) != 0)
			buf_printf(out, "%s  not judged (%s): ",
			    lacking != NULL ? "\n" : "", j->found);
		else
			buf_append_cstr(out, ", ");
		buf_append_cstr(out, j->subject);
		lacking = j->found;
	}
	if (lacking != NULL)
		buf_append_byte(out, '\n');
}

/* ---- one line ---- */

static void
append_count(struct buf *out, uint64_t count, const char *what)
{
	if (count > 0)
		buf_printf(out, "%llu %s, ", (unsigned long long)count, what);
}

/* What came of it, in brackets. */
static void
append_outcome(
    const struct result *r, const struct report_style *style, struct buf *out)
{
	const struct story_counts *counts = story_counts(r->story);
	char span[UTIME_TEXT_MAX];

	buf_append_cstr(out, "  (");
	if (r->is_stopped)
		buf_append_cstr(out, "interrupted; ");
	append_count(out, counts->delivered, "delivered");
	append_count(out, counts->bounced, "bounced");
	append_count(out, counts->dropped, "dropped");
	utime_format_span(r->span, span);
	buf_printf(out, "%s %s, %lld ms)\n", span,
	    style->check_command != NULL ? "of log" : "virtual",
	    (long long)((r->wall_span + UTIME_MS / 2) / UTIME_MS));
}

/* The title in one line of `room` characters, or of any number (0). */
static void
append_title(struct buf *out, struct slice title, size_t room)
{
	size_t shown = 0, end = title.len;

	for (size_t i = 0; room > 0 && i < title.len; i++) {
		bool is_start = ((unsigned char)title.at[i] & 0xc0) != 0x80;

		if (is_start && ++shown == room - 2)
			end = i;
	}
	if (shown <= room)
		end = title.len;
	for (size_t i = 0; i < end; i++) {
		unsigned char c = (unsigned char)title.at[i];

		buf_append_byte(out, c < ' ' || c == 0x7f ? ' ' : title.at[i]);
	}
	buf_append_cstr(out, end < title.len ? "..." : "");
}

static void
status_line(
    const struct result *r, const struct report_style *style, struct buf *out)
{
	bool held = result_held(r) && !r->is_stopped;
	struct slice file = slice_cstr(r->plan->file);
	struct buf outcome = { 0 };
	size_t taken, room = 0;

	append_outcome(r, style, &outcome);
	taken = strlen("FAIL  ") + file.len + buf_len(&outcome);
	if (style->columns > 0)
		room = style->columns > taken + TITLE_MIN
		    ? style->columns - taken
		    : TITLE_MIN;
	buf_append_cstr(out, !style->colour ? "" : held ? GREEN : RED);
	buf_append_cstr(out, r->is_stopped ? "stop" : held ? "ok  " : "FAIL");
	buf_append_cstr(out, style->colour ? PLAIN : "");
	buf_printf(out, " %.*s  ", SLICE_ARG(file));
	append_title(out, slice_cstr(r->plan->title), room);
	buf_append(out, buf_slice(&outcome));
	buf_fini(&outcome);
}

/* ---- a failure ---- */

/* A label and its text, the lines behind the first one below it. */
static void
append_labelled(struct buf *out, const char *label, const char *text)
{
	struct slice rest = slice_cstr(text), line;
	struct buf head = { 0 };

	if (text == NULL)
		return;
	while (slice_split(&rest, '\n', &line)) {
		buf_clear(&head);
		buf_printf(&head, "    %-*s", LABEL, label);
		evidence_fold(buf_slice(&head), line, out);
		label = "";
	}
	buf_fini(&head);
}

static void
append_when(struct buf *out, const struct result *r, utime at)
{
	char span[UTIME_TEXT_MAX];

	if (at == UTIME_NEVER)
		return;
	utime_format_span(at - r->plan->start, span);
	buf_printf(out, " at %s", span);
}

static void
failure_page(const struct result *r, const struct judgement *j, struct buf *out)
{
	buf_printf(out, "  %s  %s", j->place != NULL ? j->place : r->plan->file,
	    j->subject);
	append_when(out, r, j->at);
	if (j->failures > 1)
		buf_printf(out, ", the first of %llu",
		    (unsigned long long)j->failures);
	buf_append_byte(out, '\n');
	append_labelled(out, "because", j->because);
	append_labelled(out, "wanted", j->wanted);
	append_labelled(out, "found", j->found);
	append_labelled(out, "nearest", j->nearest);
}

/* The sight that shows where the judgement failed; SIZE_MAX: none. */
static size_t
sight_of(const struct result *r, const struct judgement *j)
{
	struct focus focus = judgement_focus(j);
	size_t count = r->evidence != NULL ? evidence_count(r->evidence) : 0;

	for (size_t i = 0; i < count; i++)
		if (focus_is_near(
			&focus, &evidence_sight(r->evidence, i)->focus))
			return i;
	return SIZE_MAX;
}

/* The pages of what failed there. */
static void
failure_pages(const struct result *r, size_t sight, struct buf *out)
{
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct judgement *j = &r->findings[i].judgement;

		if (j->verdict == VERDICT_FAILED && sight_of(r, j) == sight)
			failure_page(r, j, out);
	}
}

static void
append_rows(struct buf *out, const char *label, const struct buf *rows)
{
	struct slice rest = buf_slice(rows), line;

	if (rest.len == 0)
		return;
	buf_printf(out, "  %s\n", label);
	while (slice_split(&rest, '\n', &line))
		buf_printf(out, "  %.*s\n", SLICE_ARG(line));
}

static void
append_story(const struct result *r, const struct report_style *style,
    utime around, struct buf *out)
{
	bool is_all =
	    style->verbose || story_counts(r->story)->connections <= STORY_ROWS;

	if (story_counts(r->story)->connections == 0)
		return;
	buf_append_cstr(out, is_all ? "  story\n" : "  story (-v: more)\n");
	story_format(r->story, around, is_all ? SIZE_MAX : STORY_ROWS, 4, out);
}

static void
append_replay(
    const struct result *r, const struct report_style *style, struct buf *out)
{
	if (style->check_command != NULL) {
		buf_printf(out, "  replay\n    %s\n", style->check_command);
		return;
	}
	buf_append_cstr(out, "  replay\n    faultpost run -v");
	if (style->has_seed)
		buf_printf(out, " --seed %llu", (unsigned long long)r->seed);
	buf_printf(out, " %s\n", r->plan->file);
}

/* What failed at a moment, and what was seen there; then the rest.  A story
 * that shows every connection is told once, at the end. */
static void
failure_report(
    const struct result *r, const struct report_style *style, struct buf *out)
{
	size_t count = r->evidence != NULL ? evidence_count(r->evidence) : 0;
	bool is_short =
	    style->verbose || story_counts(r->story)->connections <= STORY_ROWS;

	for (size_t i = 0; i < count; i++) {
		const struct sight *s = evidence_sight(r->evidence, i);

		failure_pages(r, i, out);
		append_rows(out,
		    style->check_command != NULL
			? "log"
			: "log (--log FILE: all of it)",
		    &s->log);
		append_rows(out,
		    style->check_command != NULL
			? "transcript"
			: "transcript (--transcript FILE: all of it)",
		    &s->talk);
		if (!is_short)
			append_story(r, style, s->moment, out);
	}
	failure_pages(r, SIZE_MAX, out);
	if (is_short || count == 0)
		append_story(r, style, UTIME_NEVER, out);
	append_replay(r, style, out);
}
