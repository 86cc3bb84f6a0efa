/* SPDX-License-Identifier: MIT */
/* Reports for people. */
#include "harness/report/report.h"

#include "harness/judge/fairness.h"
#include "harness/judge/schedule.h"
#include "harness/report/printable.h"

#define STORY_ROWS (STORY_PIN_BEFORE - 1 + STORY_PIN_AFTER - 1)
#define LABEL      10 /* width of "  wanted    " behind its indent */
#define TITLE_MIN  20 /* of a title that is cut */

#define RED   "\033[31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

static void status_line(const struct report_entry *entry,
    const struct report_style *style, struct buf *out);
static void failure_report(const struct report_entry *entry,
    const struct report_style *style, struct buf *out);

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

/* At most so many messages that were requeued. */
#define SCHEDULES_SHOWN 5

static void
schedules_report(const struct result *r, struct buf *out)
{
	const struct schedule *s = judge_schedule(r->judge);
	size_t count = schedule_count(s);
	uint64_t left = schedule_left(s);

	for (size_t i = 0; i < count && i < SCHEDULES_SHOWN; i++)
		schedule_format(schedule_row(s, i), 2, out);
	left += count > SCHEDULES_SHOWN ? count - SCHEDULES_SHOWN : 0;
	if (left > 0)
		buf_printf(out, "  and %llu more that were requeued\n",
		    (unsigned long long)left);
}

static void
tables_report(const struct result *r, struct buf *out)
{
	shares_report(r, out);
	schedules_report(r, out);
}

static void
human_scenario(const struct report_entry *entry,
    const struct report_style *style, struct buf *out)
{
	/* What kept it from being judged is told on standard error. */
	if (entry->err != NULL)
		return;
	status_line(entry, style, out);
	report_log_format(entry, out);
	if (entry->verdict == REPORT_FAILED)
		failure_report(entry, style, out);
	else if (style->verbose && entry->result != NULL)
		story_format(
		    entry->result->story, UTIME_NEVER, SIZE_MAX, 2, out);
	if (style->verbose && entry->result != NULL)
		tables_report(entry->result, out);
}

static void
human_end(const struct report_totals *totals, const struct report_style *style,
    struct buf *out)
{
	uint64_t count = report_totals_told(totals);
	uint64_t failed = totals->failed + totals->errors;
	bool is_good = failed == 0 && !totals->is_interrupted;

	if (totals->is_check)
		return;
	buf_printf(out, "%llu scenario%s, ", (unsigned long long)count,
	    count == 1 ? "" : "s");
	buf_append_cstr(out, !style->colour ? "" : is_good ? GREEN : RED);
	if (failed > 0)
		buf_printf(out, "%llu failed", (unsigned long long)failed);
	else if (totals->is_interrupted || totals->not_run > 0)
		buf_printf(out, "%llu held", (unsigned long long)totals->held);
	else
		buf_append_cstr(out, count == 1 ? "held" : "all held");
	if (totals->is_cut && totals->planned > count)
		buf_printf(out, ", %llu not run",
		    (unsigned long long)(totals->planned - count));
	if (totals->not_run > 0)
		buf_printf(out, ", %llu cannot be run live",
		    (unsigned long long)totals->not_run);
	if (totals->is_interrupted)
		buf_append_cstr(out, ", interrupted");
	buf_append_cstr(out, style->colour ? PLAIN : "");
	buf_printf(out, " (%lld ms)\n",
	    (long long)((totals->wall_span + UTIME_MS / 2) / UTIME_MS));
}

const struct report_format report_human = {
	.name = "human",
	.shows_evidence = true,
	.scenario = human_scenario,
	.end = human_end,
};

/* ---- one line ---- */

static void
append_count(struct buf *out, uint64_t count, const char *what)
{
	if (count > 0)
		buf_printf(out, "%llu %s, ", (unsigned long long)count, what);
}

/* What came of it, in brackets. */
static void
append_outcome(const struct report_entry *entry, struct buf *out)
{
	const struct result *r = entry->result;
	const struct story_counts *counts;
	char span[UTIME_TEXT_MAX];

	if (entry->verdict == REPORT_NOT_RUN)
		buf_printf(out, "  (not run live: %s)", entry->why);
	if (r == NULL) {
		buf_append_byte(out, '\n');
		return;
	}
	counts = story_counts(r->story);
	buf_append_cstr(out, "  (");
	if (entry->verdict == REPORT_INTERRUPTED)
		buf_append_cstr(out, "interrupted; ");
	if (entry->is_repeated)
		buf_printf(out, "seed %llu; ", (unsigned long long)r->seed);
	append_count(out, counts->delivered, "delivered");
	append_count(out, counts->bounced, "bounced");
	append_count(out, counts->dropped, "dropped");
	utime_format_span(r->span, span);
	buf_printf(out, "%s %s, %lld ms)\n", span,
	    entry->is_of_log ? "of log" : "virtual",
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
	buf_append(out, slice_sub(title, 0, end));
	buf_append_cstr(out, end < title.len ? "..." : "");
}

static void
status_line(const struct report_entry *entry, const struct report_style *style,
    struct buf *out)
{
	static const char *const words[] = {
		[REPORT_GOOD] = "good",
		[REPORT_HELD] = "ok  ",
		[REPORT_FAILED] = "FAIL",
		[REPORT_INTERRUPTED] = "stop",
		[REPORT_NOT_RUN] = "skip",
	};
	bool held = entry->verdict <= REPORT_HELD;
	bool is_plain = !style->colour || entry->verdict == REPORT_NOT_RUN;
	struct buf outcome = { 0 }, said = { 0 }, name = { 0 }, title = { 0 };
	size_t taken, room = 0;

	append_outcome(entry, &outcome);
	report_name_format(entry, &said);
	printable_line_format(buf_slice(&said), &name);
	printable_line_format(slice_cstr(entry->title), &title);
	taken = strlen("FAIL  ") + buf_len(&name) + buf_len(&outcome);
	if (style->columns > 0)
		room = style->columns > taken + TITLE_MIN
		    ? style->columns - taken
		    : TITLE_MIN;
	buf_append_cstr(out, is_plain ? "" : held ? GREEN : RED);
	buf_append_cstr(out, words[entry->verdict]);
	buf_append_cstr(out, is_plain ? "" : PLAIN);
	buf_printf(out, " %s  ", buf_cstr(&name));
	append_title(out, buf_slice(&title), room);
	buf_append(out, buf_slice(&outcome));
	buf_fini(&outcome);
	buf_fini(&said);
	buf_fini(&name);
	buf_fini(&title);
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

/* The pages of what failed there. */
static void
failure_pages(const struct result *r, size_t sight, struct buf *out)
{
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct judgement *j = &r->findings[i].judgement;

		if (j->verdict == VERDICT_FAILED &&
		    result_sight_of(r, j) == sight)
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

/* What failed at a moment, and what was seen there; then the rest.  A story
 * that shows every connection is told once, at the end. */
static void
failure_report(const struct report_entry *entry,
    const struct report_style *style, struct buf *out)
{
	const struct result *r = entry->result;
	size_t count = r->evidence != NULL ? evidence_count(r->evidence) : 0;
	bool is_short =
	    style->verbose || story_counts(r->story)->connections <= STORY_ROWS;

	for (size_t i = 0; i < count; i++) {
		const struct sight *s = evidence_sight(r->evidence, i);

		failure_pages(r, i, out);
		append_rows(out,
		    entry->is_of_log ? "log" : "log (--log FILE: all of it)",
		    &s->log);
		append_rows(out,
		    entry->is_of_log
			? "transcript"
			: "transcript (--transcript FILE: all of it)",
		    &s->talk);
		if (!is_short)
			append_story(r, style, s->moment, out);
	}
	failure_pages(r, SIZE_MAX, out);
	if (is_short || count == 0)
		append_story(r, style, UTIME_NEVER, out);
	buf_printf(out, "  replay\n    %s\n", entry->replay);
}

void
report_page(const struct report_entry *entry, struct buf *out)
{
	static const struct report_style plain = { 0 };

	failure_report(entry, &plain, out);
}
