/* SPDX-License-Identifier: MIT */
/* Reports for people. */
#include "harness/report.h"

#define LOG_ROWS   8
#define STORY_ROWS 12
#define LABEL      10 /* width of "  wanted    " behind its indent */

#define RED   "\033[31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

static void status_line(
    const struct result *r, const struct report_style *style, struct buf *out);
static void failure_page(
    const struct result *r, const struct judgement *j, struct buf *out);
static void failure_context(
    const struct result *r, const struct report_style *style, struct buf *out);

void
report_scenario(
    const struct result *r, const struct report_style *style, struct buf *out)
{
	bool held = result_held(r);

	status_line(r, style, out);
	for (size_t i = 0; i < r->finding_count; i++)
		if (r->findings[i].judgement.verdict == VERDICT_FAILED)
			failure_page(r, &r->findings[i].judgement, out);
	if (!held)
		failure_context(r, style, out);
	else if (style->verbose)
		story_format(r->story, UTIME_NEVER, SIZE_MAX, 2, out);
}

void
report_totals(const struct report_totals *totals,
    const struct report_style *style, struct buf *out)
{
	uint64_t count = totals->held + totals->failed;
	const char *colour = totals->failed > 0 ? RED : GREEN;

	buf_printf(out, "%llu scenario%s, ", (unsigned long long)count,
	    count == 1 ? "" : "s");
	buf_append_cstr(out, style->colour ? colour : "");
	if (totals->failed > 0)
		buf_printf(
		    out, "%llu failed", (unsigned long long)totals->failed);
	else
		buf_append_cstr(out, count == 1 ? "held" : "all held");
	buf_append_cstr(out, style->colour ? PLAIN : "");
	buf_printf(out, " (%lld ms)\n",
	    (long long)((totals->wall_span + UTIME_MS / 2) / UTIME_MS));
}

/* ---- one line ---- */

static void
append_count(struct buf *out, uint64_t count, const char *what)
{
	if (count > 0)
		buf_printf(out, "%llu %s, ", (unsigned long long)count, what);
}

static void
status_line(
    const struct result *r, const struct report_style *style, struct buf *out)
{
	const struct story_counts *counts = story_counts(r->story);
	bool held = result_held(r);
	char span[UTIME_TEXT_MAX];

	buf_append_cstr(out, !style->colour ? "" : held ? GREEN : RED);
	buf_append_cstr(out, held ? "ok  " : "FAIL");
	buf_append_cstr(out, style->colour ? PLAIN : "");
	buf_printf(out, " %s  %s  (", r->plan->file, r->plan->title);
	append_count(out, counts->delivered, "delivered");
	append_count(out, counts->bounced, "bounced");
	append_count(out, counts->dropped, "dropped");
	utime_format_span(r->span, span);
	buf_printf(out, "%s virtual, %lld ms)\n", span,
	    (long long)((r->wall_span + UTIME_MS / 2) / UTIME_MS));
}

/* ---- a failure ---- */

/* A label and its text, the lines behind the first one below it. */
static void
append_labelled(struct buf *out, const char *label, const char *text)
{
	struct slice rest = slice_cstr(text), line;

	if (text == NULL)
		return;
	while (slice_split(&rest, '\n', &line)) {
		buf_printf(
		    out, "    %-*s%.*s\n", LABEL, label, SLICE_ARG(line));
		label = "";
	}
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

/* When the first failure happened that has a moment. */
static utime
first_failure(const struct result *r)
{
	utime first = UTIME_NEVER;

	for (size_t i = 0; i < r->finding_count; i++) {
		const struct judgement *j = &r->findings[i].judgement;

		if (j->verdict == VERDICT_FAILED && j->at < first)
			first = j->at;
	}
	return first;
}

/* The log and the story around the first failure, once for all of them. */
static void
failure_context(
    const struct result *r, const struct report_style *style, struct buf *out)
{
	utime around = first_failure(r);
	size_t rows = style->verbose ? SIZE_MAX : STORY_ROWS;

	if (r->excerpt.count > 0) {
		buf_append_cstr(out,
		    around == UTIME_NEVER
			? "  log (its end; --log FILE keeps it all)\n"
			: "  log (around it; --log FILE keeps it all)\n");
		excerpt_format(&r->excerpt, around, LOG_ROWS, 4, out);
	}
	if (story_counts(r->story)->connections > 0) {
		buf_append_cstr(
		    out, style->verbose ? "  story\n" : "  story (-v: all)\n");
		story_format(r->story, around, rows, 4, out);
	}
	buf_append_cstr(out, "  replay\n    faultpost run -v");
	if (r->seed != r->plan->seed)
		buf_printf(out, " --seed %llu", (unsigned long long)r->seed);
	buf_printf(out, " %s\n", r->plan->file);
}
