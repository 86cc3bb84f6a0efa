/* SPDX-License-Identifier: MIT */
/* Reports for programs: DESIGN's contract of `--format json`. */
#include "harness/report/printable.h"
#include "harness/report/report.h"

#include "harness/report/report_json_impl.h"

#include <jansson.h>

static const char *
verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_HELD:
		return "held";
	case VERDICT_FAILED:
		return "failed";
	case VERDICT_WAIVED:
		return "waived";
	case VERDICT_NOT_JUDGED:
		break;
	}
	return "not judged";
}

/* Log lines may hold any bytes; JSON takes UTF-8 only. */
static void
set_text(json_t *object, const char *key, const char *text)
{
	struct buf shown = { 0 };
	json_t *value;

	if (text == NULL)
		return;
	value = json_string(text);
	if (value == NULL) {
		printable_format(slice_cstr(text), &shown);
		value = json_string(buf_cstr(&shown));
	}
	json_object_set_new(object, key, value);
	buf_fini(&shown);
}

static json_t *
judgement_json(const struct plan *plan, const struct judgement *j)
{
	json_t *object = json_object();

	set_text(object, "subject", j->subject);
	set_text(object, "verdict", verdict_name(j->verdict));
	set_text(object, "place", j->place);
	set_text(object, "because", j->because);
	if (j->verdict == VERDICT_NOT_JUDGED)
		set_text(object, "lacking", j->found);
	if (j->verdict != VERDICT_FAILED)
		return object;
	set_text(object, "wanted", j->wanted);
	set_text(object, "found", j->found);
	set_text(object, "nearest", j->nearest);
	if (j->at != UTIME_NEVER)
		json_object_set_new(object, "seconds_virtual",
		    json_real((double)(j->at - plan->start) / UTIME_S));
	if (j->line > 0)
		json_object_set_new(
		    object, "line", json_integer((json_int_t)j->line));
	json_object_set_new(
	    object, "failures", json_integer((json_int_t)j->failures));
	return object;
}

static json_t *
findings_json(const struct result *r, enum finding_kind kind)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->finding_count; i++)
		if (r->findings[i].kind == kind)
			json_array_append_new(list,
			    judgement_json(r->plan, &r->findings[i].judgement));
	return list;
}

static int
append_dump(const char *bytes, size_t len, void *owner)
{
	buf_append(owner, slice_of(bytes, len));
	return 0;
}

/* Appends the object's text and lets it go. */
static void
dump(json_t *object, struct buf *out)
{
	json_dump_callback(
	    object, append_dump, out, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(object);
}

static void
set_result(json_t *object, const struct result *r)
{
	json_object_set_new(object, "seed", json_integer((json_int_t)r->seed));
	json_object_set_new(
	    object, "seconds_wall", json_real((double)r->wall_span / UTIME_S));
	json_object_set_new(
	    object, "seconds_virtual", json_real((double)r->span / UTIME_S));
	json_object_set_new(
	    object, "expectations", findings_json(r, FINDING_EXPECTATION));
	json_object_set_new(
	    object, "invariants", findings_json(r, FINDING_INVARIANT));
	json_object_set_new(
	    object, "endings", findings_json(r, FINDING_ENDING));
	json_object_set_new(
	    object, "fairness", fairness_json(judge_fairness(r->judge)));
}

static void
json_scenario(const struct report_entry *entry,
    const struct report_style *style, struct buf *out)
{
	json_t *object = json_object();
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];

	(void)style;
	set_text(object, "file", entry->file);
	if (entry->variant[0] != '\0')
		set_text(object, "variant", entry->variant);
	if (entry->result != NULL)
		set_text(object, "case", entry->result->plan->case_name);
	if (entry->verdict != REPORT_INVALID)
		set_text(object, "title", entry->title);
	set_text(object, "verdict", report_verdict_name(entry->verdict));
	if (entry->result != NULL)
		set_result(object, entry->result);
	else if (entry->err != NULL)
		set_text(object, "error",
		    err_format(entry->err, text, sizeof(text)));
	if (entry->verdict == REPORT_FAILED || entry->verdict == REPORT_ERROR)
		set_text(object, "replay", entry->replay);
	buf_append_cstr(out, entry->number > 1 ? ",\n" : "\n");
	dump(object, out);
}

static void
json_begin(const struct report_totals *totals, const struct report_style *style,
    struct buf *out)
{
	(void)totals;
	(void)style;
	buf_append_cstr(out, "{\"scenarios\": [");
}

static void
json_end(const struct report_totals *totals, const struct report_style *style,
    struct buf *out)
{
	(void)totals;
	(void)style;
	buf_append_cstr(out, "\n]}\n");
}

const struct report_format report_json = {
	.name = "json",
	.is_document = true,
	.begin = json_begin,
	.scenario = json_scenario,
	.end = json_end,
};
