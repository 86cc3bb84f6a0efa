/* SPDX-License-Identifier: MIT */
/* A message's course for programs; see course.h. */
#include "harness/draft/draft_rule.h"
#include "harness/report/text_json.h"
#include "harness/routes/course.h"

static void
set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		abort();
}

static json_t *
slice_json(struct slice text)
{
	return json_stringn(text.at, text.len);
}

static json_t *
seconds_json(utime span)
{
	return json_integer((json_int_t)(span / UTIME_S));
}

static json_t *
buf_json(struct buf *text)
{
	json_t *value = text_json(text);

	buf_fini(text);
	return value;
}

static json_t *
candidate_json(const struct trial_host *host)
{
	json_t *object = json_object();
	struct buf fault = { 0 };
	char ip[IP_TEXT_MAX];

	set(object, "host", slice_json(host->exchange));
	set(object, "by", slice_json(host->by));
	if (!ip_is_none(&host->ip))
		text_json_set(object, "address", ip_format(&host->ip, ip));
	set(object, "port", json_integer(host->port));
	set(object, "priority", json_integer(host->priority));
	set(object, "preference", json_integer(host->preference));
	if (host->fault != NULL) {
		draft_fault_format(host->fault, &fault);
		set(object, "fault", buf_json(&fault));
	}
	return object;
}

static json_t *
attempt_json(const struct course *c, const struct course_attempt *a)
{
	static const char *const ends[] = {
		[COURSE_UNDER_WAY] = "unknown",
		[COURSE_FAILED] = "failed",
		[COURSE_REFUSED] = "refused",
		[COURSE_TAKEN] = "taken",
		[COURSE_BOUNCED] = "bounced",
	};
	json_t *object = json_object();

	if (a->host != COURSE_NO_HOST) {
		set(object, "candidate", json_integer((json_int_t)a->host + 1));
		set(object, "host",
		    slice_json(c->trial->hosts[a->host].exchange));
	}
	set(object, "began", seconds_json(a->began));
	set(object, "ended", seconds_json(a->ended));
	text_json_set(object, "result", ends[a->end]);
	text_json_set(object, "said", a->said);
	return object;
}

static json_t *
round_json(const struct course *c, const struct course_round *round)
{
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; i < round->count; i++)
		json_array_append_new(
		    list, attempt_json(c, &c->attempts[round->first + i]));
	set(object, "attempts", list);
	if (round->till != 0)
		set(object, "waits_until", seconds_json(round->till));
	return object;
}

static json_t *
route_json(const struct route *route)
{
	json_t *object = json_object();
	struct buf text = { 0 };

	if (route == NULL) {
		json_decref(object);
		return json_null();
	}
	route_format(route, &text);
	set(object, "line", json_integer(route->line));
	set(object, "text", buf_json(&text));
	return object;
}

static const char *
outcome_name(const struct course *c)
{
	if (!trial_is_known(c->trial))
		return "unknown";
	if (c->is_discarded)
		return "discarded";
	if (c->is_taken)
		return "delivered";
	return c->has_bounced ? "bounced" : "waits";
}

void
course_json(const struct course *c, const struct routes *routes,
    struct slice address, struct buf *out)
{
	json_t *object = json_object(), *candidates = json_array();
	json_t *rounds = json_array(), *outcome = json_object();
	struct buf why = { 0 };

	set(object, "address", slice_json(address));
	set(object, "domain", slice_json(c->trial->domain));
	set(object, "route", route_json(c->trial->route));
	course_why(routes, c->trial->domain, &why);
	set(object, "why", buf_json(&why));
	for (size_t i = 0; i < c->trial->count; i++)
		json_array_append_new(
		    candidates, candidate_json(&c->trial->hosts[i]));
	set(object, "candidates", candidates);
	set(object, "message", json_integer((json_int_t)c->turn + 1));
	for (size_t i = 0; i < c->round_count; i++)
		json_array_append_new(rounds, round_json(c, &c->rounds[i]));
	set(object, "rounds", rounds);
	text_json_set(outcome, "result", outcome_name(c));
	if (c->ended != UTIME_NEVER)
		set(outcome, "seconds", seconds_json(c->ended));
	text_json_set(outcome, "said", c->last);
	set(object, "outcome", outcome);
	text_json_dump(object, out);
}
