/* SPDX-License-Identifier: MIT */
/*
 * Reports as JUnit's XML, as Jenkins, GitLab and others read it: one suite, a
 * scenario a test case, whose class is its path.  The elements and attributes
 * are those of Jenkins' schema, and `file`, which GitLab reads.
 */
#include "harness/report/printable.h"
#include "harness/report/report.h"

#define SUFFIX ".scenario.json"

/* Text for an element or, with the ends of its lines kept, an attribute. */
static void
append_text(struct slice text, bool is_attribute, struct buf *out)
{
	struct buf shown = { 0 };
	struct slice rest;

	printable_format(text, &shown);
	for (rest = buf_slice(&shown); rest.len > 0;
	     rest = slice_skip(rest, 1)) {
		char c = rest.at[0];

		if (c == '&')
			buf_append_cstr(out, "&amp;");
		else if (c == '<')
			buf_append_cstr(out, "&lt;");
		else if (c == '>')
			buf_append_cstr(out, "&gt;");
		else if (is_attribute && (c == '"' || c == '\n' || c == '\t'))
			buf_printf(out, "&#%d;", c);
		else
			buf_append_byte(out, c);
	}
	buf_fini(&shown);
}

static void
append_attribute(const char *name, const char *text, struct buf *out)
{
	buf_printf(out, " %s=\"", name);
	append_text(slice_cstr(text), true, out);
	buf_append_byte(out, '"');
}

/* "scenarios/tls/a.b.scenario.json" is scenarios.tls.a_b, as the class of a
 * package. */
static void
append_class(const char *path, struct buf *out)
{
	struct slice rest = slice_cstr(path), name;
	struct buf class = { 0 };

	if (slice_ends_with_nocase(rest, SLICE(SUFFIX)))
		rest.len -= strlen(SUFFIX);
	while (slice_split(&rest, '/', &name)) {
		if (name.len == 0 || slice_eq(name, SLICE(".")))
			continue;
		if (buf_len(&class) > 0)
			buf_append_byte(&class, '.');
		for (size_t i = 0; i < name.len; i++)
			buf_append_byte(
			    &class, name.at[i] == '.' ? '_' : name.at[i]);
	}
	append_attribute("classname", buf_cstr(&class), out);
	buf_fini(&class);
}

static void
append_name(const struct report_entry *entry, struct buf *out)
{
	struct buf name = { 0 };

	buf_append_cstr(
	    &name, entry->title[0] != '\0' ? entry->title : entry->file);
	if (entry->variant[0] != '\0')
		buf_printf(&name, " [%s]", entry->variant);
	if (entry->is_repeated && entry->result != NULL)
		buf_printf(&name, " [seed %llu]",
		    (unsigned long long)entry->result->seed);
	append_attribute("name", buf_cstr(&name), out);
	buf_fini(&name);
}

/* <failure> or <error>: why in a line, and all of it. */
static void
append_reason(const struct report_entry *entry, struct buf *out)
{
	const char *element =
	    entry->verdict == REPORT_FAILED ? "failure" : "error";
	char line[ERR_FILE_MAX + ERR_MSG_MAX + 32];
	struct buf text = { 0 };

	report_reason_format(entry, &text);
	buf_printf(out, "      <%s", element);
	append_attribute("message", buf_cstr(&text), out);
	append_attribute("type", report_verdict_name(entry->verdict), out);
	buf_append_byte(out, '>');
	buf_clear(&text);
	if (entry->result != NULL)
		report_page(entry, &text);
	else
		buf_printf(&text, "%s\n  replay\n    %s\n",
		    err_format(entry->err, line, sizeof(line)), entry->replay);
	append_text(buf_slice(&text), false, out);
	buf_printf(out, "</%s>\n", element);
	buf_fini(&text);
}

static void
append_skipped(const char *why, struct buf *out)
{
	buf_append_cstr(out, "      <skipped");
	append_attribute("message", why, out);
	buf_append_cstr(out, "/>\n");
}

static void
append_seconds(utime span, struct buf *out)
{
	buf_printf(out, " time=\"%.6f\"", (double)span / UTIME_S);
}

/* What is between the tags of a case: nothing, when it held and there is
 * nothing to be said of its log. */
static void
append_outcome(const struct report_entry *entry, struct buf *out)
{
	struct buf log = { 0 };

	if (entry->verdict == REPORT_INTERRUPTED)
		append_skipped("interrupted", out);
	else if (entry->verdict == REPORT_NOT_RUN)
		append_skipped(entry->why, out);
	else if (entry->verdict > REPORT_HELD)
		append_reason(entry, out);
	report_log_format(entry, &log);
	if (buf_len(&log) > 0) {
		buf_append_cstr(out, "      <system-out>");
		append_text(buf_slice(&log), false, out);
		buf_append_cstr(out, "</system-out>\n");
	}
	buf_fini(&log);
}

static void
junit_scenario(const struct report_entry *entry,
    const struct report_style *style, struct buf *out)
{
	struct buf outcome = { 0 };

	(void)style;
	buf_append_cstr(out, "    <testcase");
	append_class(entry->file, out);
	append_name(entry, out);
	append_attribute("file", entry->file, out);
	append_seconds(
	    entry->result != NULL ? entry->result->wall_span : 0, out);
	append_outcome(entry, &outcome);
	if (buf_len(&outcome) == 0)
		buf_append_cstr(out, "/>\n");
	else
		buf_printf(out, ">\n%s    </testcase>\n", buf_cstr(&outcome));
	buf_fini(&outcome);
}

static void
append_counts(const struct report_totals *totals, struct buf *out)
{
	const uint64_t skipped = totals->interrupted + totals->not_run;

	buf_printf(out,
	    " name=\"faultpost\" tests=\"%llu\" failures=\"%llu\" "
	    "errors=\"%llu\" skipped=\"%llu\"",
	    (unsigned long long)report_totals_told(totals),
	    (unsigned long long)totals->failed,
	    (unsigned long long)totals->errors, (unsigned long long)skipped);
	append_seconds(totals->wall_span, out);
	buf_append_cstr(out, ">\n");
}

static void
junit_begin(const struct report_totals *totals,
    const struct report_style *style, struct buf *out)
{
	(void)style;
	buf_append_cstr(
	    out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	append_counts(totals, out);
	buf_append_cstr(out, "  <testsuite");
	append_counts(totals, out);
}

static void
junit_end(const struct report_totals *totals, const struct report_style *style,
    struct buf *out)
{
	(void)totals;
	(void)style;
	buf_append_cstr(out, "  </testsuite>\n</testsuites>\n");
}

const struct report_format report_junit = {
	.name = "junit",
	.shows_evidence = true,
	.is_document = true,
	.begins_last = true,
	.begin = junit_begin,
	.scenario = junit_scenario,
	.end = junit_end,
};
