/* SPDX-License-Identifier: MIT */
/*
 * Reports as annotations of GitHub Actions: workflow commands, each a line on
 * standard output that puts a failure beside its place in the scenario.
 */
#include "harness/report/printable.h"
#include "harness/report/report.h"

/* What would end a command, or a property of it, is escaped with %. */
static void
append_escaped(struct slice text, const char *specials, struct buf *out)
{
	struct buf shown = { 0 };
	struct slice rest;

	printable_format(text, &shown);
	for (rest = buf_slice(&shown); rest.len > 0;
	     rest = slice_skip(rest, 1)) {
		char c = rest.at[0];

		if (strchr(specials, c) != NULL)
			buf_printf(out, "%%%02X", (unsigned char)c);
		else
			buf_append_byte(out, c);
	}
	buf_fini(&shown);
}

static void
append_property(const char *name, const char *text, struct buf *out)
{
	buf_printf(out, "%s=", name);
	append_escaped(slice_cstr(text), "%\r\n:,", out);
}

static void
append_annotation(const char *command, const struct report_place *place,
    const char *title, struct slice message, struct buf *out)
{
	buf_printf(out, "::%s ", command);
	append_property("file", place->file, out);
	if (place->line > 0)
		buf_printf(out, ",line=%d", place->line);
	if (place->col > 0)
		buf_printf(out, ",col=%d", place->col);
	append_property(",title", title, out);
	buf_append_cstr(out, "::");
	append_escaped(message, "%\r\n", out);
	buf_append_byte(out, '\n');
}

static void
append_line(const char *label, const char *text, struct buf *out)
{
	if (text != NULL)
		buf_printf(out, "%s %s\n", label, text);
}

static void
append_finding(const struct report_entry *entry, const struct judgement *j,
    struct buf *out)
{
	struct report_place place;
	struct buf message = { 0 };

	report_place_parse(j->place != NULL ? j->place : entry->file, &place);
	buf_printf(&message, "%s\n", entry->title);
	append_line("because", j->because, &message);
	append_line("wanted", j->wanted, &message);
	append_line("found", j->found, &message);
	append_line("nearest", j->nearest, &message);
	buf_printf(&message, "replay %s", entry->replay);
	append_annotation(
	    "error", &place, j->subject, buf_slice(&message), out);
	buf_fini(&message);
}

/* What kept it from being judged. */
static void
append_error(const struct report_entry *entry, struct buf *out)
{
	struct report_place place;
	struct buf message = { 0 };

	report_reason_place(entry, &place);
	buf_printf(&message, "%s\nreplay %s", entry->err->msg, entry->replay);
	append_annotation("error", &place, report_verdict_name(entry->verdict),
	    buf_slice(&message), out);
	buf_fini(&message);
}

/* What a log left open. */
static void
append_log(const struct report_entry *entry, struct buf *out)
{
	struct report_place place;
	struct buf text = { 0 };

	report_log_format(entry, &text);
	report_place_parse(entry->file, &place);
	if (buf_len(&text) > 0)
		append_annotation("notice", &place, "not judged",
		    slice_trim(buf_slice(&text)), out);
	buf_fini(&text);
}

static void
github_scenario(const struct report_entry *entry,
    const struct report_style *style, struct buf *out)
{
	const struct result *r = entry->result;
	struct report_place place;

	(void)style;
	if (entry->verdict == REPORT_INTERRUPTED) {
		report_place_parse(entry->file, &place);
		append_annotation(
		    "warning", &place, entry->title, SLICE("interrupted"), out);
	} else if (entry->verdict == REPORT_NOT_RUN) {
		report_place_parse(entry->file, &place);
		append_annotation("notice", &place, entry->title,
		    slice_cstr(entry->why), out);
	} else if (entry->err != NULL) {
		append_error(entry, out);
	}
	for (size_t i = 0;
	     entry->verdict == REPORT_FAILED && i < r->finding_count; i++)
		if (r->findings[i].judgement.verdict == VERDICT_FAILED)
			append_finding(entry, &r->findings[i].judgement, out);
	append_log(entry, out);
}

const struct report_format report_github = {
	.name = "github",
	.scenario = github_scenario,
};
