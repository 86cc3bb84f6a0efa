/* SPDX-License-Identifier: MIT */
/*
 * The chart of a scenario as JSON, in columns of VLQ (vlq.h):
 *   "hosts"     [{name, addresses, connections, refused, done, delayed,
 *               bounced}], in the order of the scenario; at last one without a
 *               name for the addresses of none
 *   "attempts"  {count, rows, hows, rules}: of each attempt that is kept what
 *               row_append() says
 *   "queue"     recipients over time: series_format()
 *   "log"       log_code_json()
 *   "sights"    [{log, talk}]: what lies around the moments that failed
 *   "seen"      for each finding, in the order of `--format json`, its sight,
 *               or -1
 */
#include "harness/report/chart.h"

#include "harness/report/result.h"
#include "harness/report/story_impl.h"
#include "harness/report/text_json.h"
#include "harness/report/vlq.h"

/* Above, hosts without a connection are left out. */
#define IDLE_HOSTS_MAX 16

/* Attempts as they are written. */
struct attempt_rows {
	const struct result *result;
	const size_t *column_of; /* borrowed; by host: its index in "hosts" */
	json_t *hows, *rules;    /* borrowed; texts that rows point at */
	struct buf text;
	uint64_t number, dcid; /* of the row before */
	utime began;
};

/* ---- hosts ---- */

static bool
is_shown(const struct story *s, size_t host)
{
	const struct plan *plan = s->plan;

	return s->lanes[host].is_used ||
	    (host < plan->hosts.count && host != plan->sender_host &&
		plan->hosts.count <= IDLE_HOSTS_MAX);
}

static json_t *
addresses_json(const struct mock_host *host)
{
	json_t *list = json_array();
	char text[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < host->addresses.count; i++)
		json_array_append_new(
		    list, json_string(ip_format(&host->addresses.at[i], text)));
	return list;
}

static json_t *
host_json(const struct story *s, size_t host)
{
	const struct story_share *share = story_share(s, host);
	json_t *object = json_object();

	if (host < s->plan->hosts.count) {
		const struct mock_host *h = &s->plan->hosts.at[host];

		text_json_set(object, "name", h->name);
		json_object_set_new(object, "addresses", addresses_json(h));
	}
	json_object_set_new(object, "connections",
	    json_integer((json_int_t)share->connections));
	json_object_set_new(
	    object, "refused", json_integer((json_int_t)share->refused));
	json_object_set_new(
	    object, "done", json_integer((json_int_t)share->done));
	json_object_set_new(
	    object, "delayed", json_integer((json_int_t)share->delayed));
	json_object_set_new(
	    object, "bounced", json_integer((json_int_t)share->bounced));
	return object;
}

static json_t *
hosts_json(const struct story *s, size_t *column_of)
{
	json_t *list = json_array();

	for (size_t i = 0; i <= s->plan->hosts.count; i++) {
		if (!is_shown(s, i))
			continue;
		column_of[i] = json_array_size(list);
		json_array_append_new(list, host_json(s, i));
	}
	return list;
}

/* ---- attempts ---- */

/* The index of a text in the list, which it is added to. */
static size_t
text_index(json_t *list, const char *text)
{
	size_t count = json_array_size(list);

	for (size_t i = 0; i < count; i++)
		if (strcmp(json_string_value(json_array_get(list, i)), text) ==
		    0)
			return i;
	json_array_append_new(list, json_string(text));
	return count;
}

/* Number and DCID, as differences; host; milliseconds from the attempt before
 * it; how long it was, + 1, 0 if it is open; messages done; failures, and if
 * there are some, how the first one looks and when the last one was; the rule
 * + 1; how many attempts before it the one is that it followed, or 0. */
static void
row_append(struct attempt_rows *rows, const struct attempt *a)
{
	const struct plan *plan = rows->result->plan;
	struct buf *out = &rows->text;
	size_t host = a->host != PLAN_NO_HOST ? a->host : plan->hosts.count;
	int64_t began = (a->began - plan->start) / UTIME_MS;

	vlq_append(out, (int64_t)(a->number - rows->number));
	vlq_append(out, (int64_t)(a->dcid - rows->dcid));
	vlq_append(out, (int64_t)rows->column_of[host]);
	vlq_append(out, began - rows->began);
	vlq_append(out, a->is_open ? 0 : (a->closed - a->began) / UTIME_MS + 1);
	vlq_append(out, (int64_t)a->done);
	vlq_append(out, (int64_t)a->failed);
	if (a->failed > 0) {
		vlq_append(out, (int64_t)text_index(rows->hows, a->how));
		vlq_append(out, (a->ended - a->began) / UTIME_MS);
	}
	vlq_append(out,
	    a->rule != NULL ? (int64_t)text_index(rows->rules, a->rule) + 1
			    : 0);
	vlq_append(out,
	    a->came_from == NO_ATTEMPT ? 0
				       : (int64_t)(a->number - a->came_from));
	rows->number = a->number;
	rows->dcid = a->dcid;
	rows->began = began;
}

static json_t *
attempts_json(const struct result *r, const size_t *column_of)
{
	const struct story *s = r->story;
	json_t *object = json_object(), *hows = json_array();
	json_t *rules = json_array();
	struct attempt_rows rows = { .result = r,
		.column_of = column_of,
		.hows = hows,
		.rules = rules };

	for (uint64_t i = 0; i < s->count; i++) {
		const struct attempt *a = story_attempt(s, i);

		if (a != NULL)
			row_append(&rows, a);
	}
	json_object_set_new(
	    object, "count", json_integer((json_int_t)s->count));
	json_object_set_new(object, "rows", text_json(&rows.text));
	json_object_set_new(object, "hows", hows);
	json_object_set_new(object, "rules", rules);
	buf_fini(&rows.text);
	return object;
}

/* ---- the whole ---- */

static json_t *
sights_json(const struct result *r)
{
	json_t *list = json_array();
	size_t count = r->evidence != NULL ? evidence_count(r->evidence) : 0;

	for (size_t i = 0; i < count; i++) {
		const struct sight *s = evidence_sight(r->evidence, i);
		json_t *object = json_object();

		json_object_set_new(object, "log", text_json(&s->log));
		json_object_set_new(object, "talk", text_json(&s->talk));
		json_array_append_new(list, object);
	}
	return list;
}

/* The order of `--format json`: expectations, invariants, endings. */
static json_t *
seen_json(const struct result *r)
{
	static const enum finding_kind kinds[] = { FINDING_EXPECTATION,
		FINDING_INVARIANT, FINDING_ENDING };
	json_t *list = json_array();

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		for (size_t i = 0; i < r->finding_count; i++) {
			const struct finding *f = &r->findings[i];
			size_t sight = SIZE_MAX;

			if (f->kind != kinds[k])
				continue;
			if (f->judgement.verdict == VERDICT_FAILED)
				sight = result_sight_of(r, &f->judgement);
			json_array_append_new(list,
			    json_integer(
				sight == SIZE_MAX ? -1 : (json_int_t)sight));
		}
	}
	return list;
}

void
chart_json(const struct result *r, struct buf *out)
{
	json_t *object = json_object();
	size_t *column_of =
	    xcalloc(r->plan->hosts.count + 1, sizeof(*column_of));
	struct buf queue = { 0 };

	series_format(&r->chart->queue, r->plan->start, &queue);
	json_object_set_new(object, "hosts", hosts_json(r->story, column_of));
	json_object_set_new(object, "attempts", attempts_json(r, column_of));
	json_object_set_new(object, "queue", text_json(&queue));
	json_object_set_new(object, "log", log_code_json(&r->chart->log));
	json_object_set_new(object, "sights", sights_json(r));
	json_object_set_new(object, "seen", seen_json(r));
	text_json_dump(object, out);
	free(column_of);
	buf_fini(&queue);
}
