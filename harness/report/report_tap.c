/* SPDX-License-Identifier: MIT */
/*
 * Reports as TAP version 14 (testanything.org): a line a scenario, and what
 * failed as a YAML block below it.
 */
#include "harness/report/printable.h"
#include "harness/report/report.h"

/* A description: one line, in which `#` would begin a directive. */
static void
append_description(const char *text, struct buf *out)
{
	struct buf shown = { 0 };
	struct slice rest;

	printable_format(slice_cstr(text), &shown);
	for (rest = buf_slice(&shown); rest.len > 0;
	     rest = slice_skip(rest, 1)) {
		char c = rest.at[0];

		if (c == '#' || c == '\\')
			buf_append_byte(out, '\\');
		buf_append_byte(out, c == '\n' || c == '\t' ? ' ' : c);
	}
	buf_fini(&shown);
}

/* A member of the block, in double quotes. */
static void
append_member(const char *key, const char *text, struct buf *out)
{
	struct buf shown = { 0 };
	struct slice rest;

	printable_format(slice_cstr(text), &shown);
	buf_printf(out, "  %s: \"", key);
	for (rest = buf_slice(&shown); rest.len > 0;
	     rest = slice_skip(rest, 1)) {
		char c = rest.at[0];

		if (c == '\n' || c == '\t') {
			buf_append_cstr(out, c == '\n' ? "\\n" : "\\t");
			continue;
		}
		if (c == '"' || c == '\\')
			buf_append_byte(out, '\\');
		buf_append_byte(out, c);
	}
	buf_append_cstr(out, "\"\n");
	buf_fini(&shown);
}

/* The lines of the page, indented; "|2": the first of them may begin with
 * spaces of its own. */
static void
append_page(const struct report_entry *entry, struct buf *out)
{
	struct buf page = { 0 }, shown = { 0 };
	struct slice rest, line;

	report_page(entry, &page);
	printable_format(buf_slice(&page), &shown);
	buf_append_cstr(out, "  page: |2\n");
	rest = buf_slice(&shown);
	while (slice_split(&rest, '\n', &line))
		buf_printf(out, "    %.*s\n", SLICE_ARG(line));
	buf_fini(&page);
	buf_fini(&shown);
}

static void
append_place(const struct report_place *place, struct buf *out)
{
	buf_append_cstr(out, "  at:\n  ");
	append_member("file", place->file, out);
	if (place->line > 0)
		buf_printf(out, "    line: %d\n", place->line);
	if (place->col > 0)
		buf_printf(out, "    column: %d\n", place->col);
}

static void
append_block(const struct report_entry *entry, struct buf *out)
{
	struct report_place place;
	struct buf text = { 0 };

	report_reason_format(entry, &text);
	report_reason_place(entry, &place);
	buf_append_cstr(out, "  ---\n");
	append_member("message", buf_cstr(&text), out);
	append_member("severity",
	    entry->verdict == REPORT_FAILED ? "fail" : "error", out);
	append_place(&place, out);
	append_member("replay", entry->replay, out);
	if (entry->result != NULL)
		append_page(entry, out);
	buf_append_cstr(out, "  ...\n");
	buf_fini(&text);
}

/* What a log left open, as comments. */
static void
append_log(const struct report_entry *entry, struct buf *out)
{
	struct buf text = { 0 }, shown = { 0 };
	struct slice rest, line;

	report_log_format(entry, &text);
	printable_format(buf_slice(&text), &shown);
	rest = buf_slice(&shown);
	while (slice_split(&rest, '\n', &line))
		buf_printf(out, "# %.*s\n", SLICE_ARG(slice_trim(line)));
	buf_fini(&text);
	buf_fini(&shown);
}

static void
tap_scenario(const struct report_entry *entry, const struct report_style *style,
    struct buf *out)
{
	bool is_ok = entry->verdict <= REPORT_HELD ||
	    entry->verdict == REPORT_INTERRUPTED ||
	    entry->verdict == REPORT_NOT_RUN;
	struct buf name = { 0 };

	(void)style;
	report_name_format(entry, &name);
	if (entry->title[0] != '\0')
		buf_printf(&name, ": %s", entry->title);
	if (entry->is_repeated && entry->result != NULL)
		buf_printf(&name, " (seed %llu)",
		    (unsigned long long)entry->result->seed);
	buf_printf(out, "%s %llu - ", is_ok ? "ok" : "not ok",
	    (unsigned long long)entry->number);
	append_description(buf_cstr(&name), out);
	if (entry->verdict == REPORT_INTERRUPTED)
		buf_append_cstr(out, " # SKIP interrupted");
	if (entry->verdict == REPORT_NOT_RUN)
		buf_printf(out, " # SKIP not run live: %s", entry->why);
	buf_append_byte(out, '\n');
	if (!is_ok)
		append_block(entry, out);
	append_log(entry, out);
	buf_fini(&name);
}

static void
tap_begin(const struct report_totals *totals, const struct report_style *style,
    struct buf *out)
{
	(void)style;
	buf_printf(out, "TAP version 14\n1..%llu\n",
	    (unsigned long long)totals->planned);
}

/* The plan promised more. */
static void
tap_end(const struct report_totals *totals, const struct report_style *style,
    struct buf *out)
{
	(void)style;
	if (totals->is_interrupted)
		buf_append_cstr(out, "Bail out! interrupted\n");
	else if (report_totals_told(totals) < totals->planned)
		buf_append_cstr(
		    out, "Bail out! the first failure was to end the run\n");
}

const struct report_format report_tap = {
	.name = "tap",
	.shows_evidence = true,
	.is_document = true,
	.begin = tap_begin,
	.scenario = tap_scenario,
	.end = tap_end,
};
