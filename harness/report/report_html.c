/* SPDX-License-Identifier: MIT */
/*
 * The HTML page of a run.  page/page.html is its frame; where that says
 * {{NAME}} goes the style, the script, the policy that names these two by their
 * digests and forbids everything else, or the run.  What is told of scenarios
 * is JSON in elements that no browser executes, two for each: the object of
 * `--format json`, and the chart, which is read only when somebody looks at it.
 */
#include "harness/report/report.h"

#include "core/tls/digest.h"
#include "harness/report/page_files.h"
#include "harness/report/report_html_page.h"
#include "harness/report/report_json_impl.h"

static const struct slice run_mark = SLICE_INIT("{{run}}");

/* The parts of the script, which is one. */
static void
script_append(struct buf *out)
{
	buf_append(out, page_js());
	buf_append(out, lanes_js());
	buf_append(out, scenario_js());
}

static void
policy_append(struct buf *out)
{
	struct buf script = { 0 };

	script_append(&script);
	buf_append_cstr(out, "default-src 'none'; script-src ");
	digest_append_source(out, buf_slice(&script));
	buf_append_cstr(out, "; style-src ");
	digest_append_source(out, page_css());
	buf_append_cstr(
	    out, "; img-src data:; base-uri 'none'; form-action 'none'");
	buf_fini(&script);
}

static void
mark_append(struct buf *out, struct slice name, struct slice section)
{
	if (slice_eq(name, SLICE("section")))
		buf_append(out, section);
	else if (slice_eq(name, SLICE("policy")))
		policy_append(out);
	else if (slice_eq(name, SLICE("style")))
		buf_append(out, page_css());
	else if (slice_eq(name, SLICE("script")))
		script_append(out);
	else
		assert(false);
}

static void
frame_append(struct buf *out, struct slice frame, struct slice section)
{
	for (;;) {
		size_t at = slice_find(frame, SLICE("{{"));

		buf_append(out, slice_sub(frame, 0, at));
		if (at == frame.len)
			return;
		frame = slice_skip(frame, at + 2);
		at = slice_find(frame, SLICE("}}"));
		mark_append(out, slice_sub(frame, 0, at), section);
		frame = slice_skip(frame, at + 2);
	}
}

void
report_html_begin_with(struct slice section, struct buf *out)
{
	const struct slice page = page_html();

	frame_append(
	    out, slice_sub(page, 0, slice_find(page, run_mark)), section);
}

static void
html_begin(const struct report_totals *totals, const struct report_style *style,
    struct buf *out)
{
	(void)totals;
	(void)style;
	report_html_begin_with(SLICE(""), out);
}

/* ---- the run ---- */

/* Nothing in `json` ends the element that it stands in: that takes a '<', which
 * in JSON can only be part of a string. */
static void
block_append(struct buf *out, const char *name, struct slice json)
{
	buf_printf(
	    out, "<script type=\"application/json\" class=\"%s\">", name);
	while (json.len > 0) {
		size_t at = slice_find_byte(json, '<');

		buf_append(out, slice_sub(json, 0, at));
		if (at < json.len)
			buf_append_cstr(out, "\\u003c");
		json = slice_skip(json, at + 1);
	}
	buf_append_cstr(out, "</script>\n");
}

static void
html_scenario(const struct report_entry *entry,
    const struct report_style *style, struct buf *out)
{
	struct buf json = { 0 };

	(void)style;
	report_json_entry(entry, &json);
	block_append(out, "result", buf_slice(&json));
	buf_clear(&json);
	if (entry->result != NULL && entry->result->chart != NULL)
		chart_json(entry->result, &json);
	else
		buf_append_cstr(&json, "null");
	block_append(out, "chart", buf_slice(&json));
	buf_fini(&json);
}

static void
html_end(const struct report_totals *totals, const struct report_style *style,
    struct buf *out)
{
	const struct slice page = page_html();
	const size_t at = slice_find(page, run_mark);
	struct buf json = { 0 };

	(void)style;
	buf_printf(&json, "{\"planned\":%llu,\"wall_ms\":%lld}",
	    (unsigned long long)totals->planned,
	    (long long)((totals->wall_span + UTIME_MS / 2) / UTIME_MS));
	block_append(out, "totals", buf_slice(&json));
	frame_append(out, slice_skip(page, at + run_mark.len), SLICE(""));
	buf_fini(&json);
}

const struct report_format report_html = {
	.name = "html",
	.shows_evidence = true,
	.shows_chart = true,
	.is_document = true,
	.begin = html_begin,
	.scenario = html_scenario,
	.end = html_end,
};
