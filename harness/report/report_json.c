/* SPDX-License-Identifier: MIT */
/* Reports for programs: DESIGN's contract of `--format json`. */
#include "harness/report/report.h"

#include "harness/report/report_json_impl.h"
#include "harness/report/text_json.h"

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

static json_t *
judgement_json(const struct plan *plan, const struct judgement *j)
{
	json_t *object = json_object();

	text_json_set(object, "subject", j->subject);
	text_json_set(object, "verdict", verdict_name(j->verdict));
	text_json_set(object, "place", j->place);
	text_json_set(object, "because", j->because);
	if (j->verdict == VERDICT_NOT_JUDGED)
		text_json_set(object, "lacking", j->found);
	if (j->verdict != VERDICT_FAILED)
		return object;
	text_json_set(object, "wanted", j->wanted);
	text_json_set(object, "found", j->found);
	text_json_set(object, "nearest", j->nearest);
	text_json_set(object, "condition", j->condition);
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

static void
set_count(json_t *object, const char *key, const struct survey_count *c)
{
	json_object_set_new(object, key,
	    json_pack("{s:I, s:I}", "count", (json_int_t)c->count, "first_line",
		(json_int_t)c->first));
}

/* How much of the log is a log. */
static json_t *
survey_json(const struct survey *s)
{
	json_t *object = json_pack("{s:I, s:I, s:I}", "lines",
	    (json_int_t)s->lines, "records", (json_int_t)s->records, "folded",
	    (json_int_t)s->folded);
	json_t *gaps = json_array();

	set_count(object, "no_records", &s->stray);
	set_count(object, "empty_lines", &s->empty);
	set_count(object, "damaged", &s->broken);
	set_count(object, "unknown", &s->unknown);
	set_count(object, "other_appliances", &s->others);
	set_count(object, "clock_back", &s->back);
	set_count(object, "silences", &s->silences);
	set_count(object, "numbers_anew", &s->anew);
	set_count(object, "not_judged", &s->muted);
	set_count(object, "no_events", &s->transcript);
	for (size_t i = 0; i < s->gap_count; i++)
		json_array_append_new(gaps,
		    json_pack("{s:I, s:I, s:s}", "from",
			(json_int_t)s->gaps[i].from, "to",
			(json_int_t)s->gaps[i].to, "because",
			survey_reason_text(s->gaps[i].reason)));
	json_object_set_new(object, "gaps", gaps);
	return object;
}

static void
set_result(json_t *object, const struct result *r)
{
	if (r->survey != NULL)
		json_object_set_new(object, "log", survey_json(r->survey));
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
	json_object_set_new(
	    object, "requeue", schedule_json(judge_schedule(r->judge)));
}

void
report_json_entry(const struct report_entry *entry, struct buf *out)
{
	json_t *object = json_object();
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];

	text_json_set(object, "file", entry->file);
	if (entry->variant[0] != '\0')
		text_json_set(object, "variant", entry->variant);
	if (entry->result != NULL)
		text_json_set(object, "case", entry->result->plan->case_name);
	if (entry->verdict != REPORT_INVALID)
		text_json_set(object, "title", entry->title);
	text_json_set(object, "verdict", report_verdict_name(entry->verdict));
	if (entry->result != NULL)
		set_result(object, entry->result);
	else if (entry->err != NULL)
		text_json_set(object, "error",
		    err_format(entry->err, text, sizeof(text)));
	else if (entry->why != NULL)
		text_json_set(object, "reason", entry->why);
	if (entry->verdict == REPORT_FAILED || entry->verdict == REPORT_ERROR)
		text_json_set(object, "replay", entry->replay);
	text_json_dump(object, out);
}

static void
json_scenario(const struct report_entry *entry,
    const struct report_style *style, struct buf *out)
{
	(void)style;
	buf_append_cstr(out, entry->number > 1 ? ",\n" : "\n");
	report_json_entry(entry, out);
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
