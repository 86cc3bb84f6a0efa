/* SPDX-License-Identifier: MIT */
/*
 * What a host did, as rules: on which occasions of a stage it answered what.
 * Whether a host could be reached at all is a state, from when to when.  See
 * log_scenario.h.
 */
#include "harness/log/log_scenario.h"

#include "harness/report/printable.h"

#define REPLY_LINE_MAX 400
/* A host that took so long to take a message did so by a rule. */
#define SLOW (2 * UTIME_S)

enum outcome_kind {
	OUTCOME_WELL,
	OUTCOME_REPLY,
	OUTCOME_DROP,
	OUTCOME_RESET,
	OUTCOME_STALL,
	OUTCOME_DELAY,
};

/* What a host made of one occasion. */
struct outcome {
	enum outcome_kind kind;
	unsigned code;
	const char *reply; /* borrowed */
	utime delay;
};

/* The occasions of a stage, for one recipient or for all. */
struct occasions {
	const char *on, *to; /* to: NULL: all */
	struct outcome *at;  /* owned */
	size_t count, cap;
};

static bool
outcome_equal(const struct outcome *a, const struct outcome *b)
{
	return a->kind == b->kind && a->code == b->code &&
	    a->delay == b->delay &&
	    strcmp(a->reply != NULL ? a->reply : "",
		b->reply != NULL ? b->reply : "") == 0;
}

static void
occasions_add(struct occasions *o, const struct outcome *outcome)
{
	o->at = xgrow(o->at, &o->cap, o->count + 1, sizeof(o->at[0]));
	o->at[o->count++] = *outcome;
}

/* ---- rules ---- */

static json_t *
reply_line(unsigned code, struct slice text)
{
	struct buf line = { 0 };
	json_t *value;

	buf_printf(&line, "%u ", code);
	text = slice_sub(text, 0, REPLY_LINE_MAX);
	for (size_t i = 0; i < text.len; i++) {
		char b = text.at[i];

		if (b == '{' || b == '}')
			buf_append_byte(&line, b);
		buf_append_byte(&line, b < ' ' || b > '~' ? '?' : b);
	}
	value = json_string(buf_cstr(&line));
	buf_fini(&line);
	return value;
}

static json_t *
reply_json(const struct outcome *outcome)
{
	struct slice rest = slice_cstr(outcome->reply), line;
	json_t *lines = json_array();

	while (slice_split(&rest, '\n', &line))
		json_array_append_new(lines, reply_line(outcome->code, line));
	if (json_array_size(lines) == 0)
		json_array_append_new(
		    lines, reply_line(outcome->code, SLICE("")));
	return lines;
}

static json_t *
rule_json(const struct occasions *o, const struct outcome *outcome)
{
	json_t *rule = json_object();

	json_object_set_new(rule, "on", json_string(o->on));
	if (o->to != NULL)
		json_object_set_new(rule, "to", json_string(o->to));
	switch (outcome->kind) {
	case OUTCOME_REPLY:
		json_object_set_new(rule, "reply", reply_json(outcome));
		if (outcome->code == 421 && strcmp(o->on, "banner") != 0)
			json_object_set_new(rule, "then", json_string("close"));
		break;
	case OUTCOME_DROP:
		json_object_set_new(rule, "drop", json_true());
		break;
	case OUTCOME_RESET:
		json_object_set_new(rule, "reset", json_true());
		break;
	case OUTCOME_STALL:
		json_object_set_new(rule, "stall", json_true());
		break;
	case OUTCOME_DELAY:
		json_object_set_new(
		    rule, "delay", log_scenario_duration(outcome->delay));
		break;
	case OUTCOME_WELL:
		break;
	}
	json_object_set_new(rule, "optional", json_true());
	return rule;
}

/* Whether an outcome that is equal stands before. */
static bool
stands_before(const struct occasions *o, size_t at, size_t of)
{
	for (size_t i = 0; i < at; i++)
		if (outcome_equal(&o->at[i], &o->at[of]))
			return true;
	return false;
}

/* A rule for each different outcome.  An occasion on which a rule before it
 * acts does not count for the next one. */
static void
occasions_rules(const struct occasions *o, json_t *rules)
{
	bool *is_taken = xcalloc(o->count + 1, sizeof(is_taken[0]));

	for (size_t first = 0; first < o->count; first++) {
		json_t *nth = json_array(), *rule;
		size_t number = 0, left = 0;

		if (o->at[first].kind == OUTCOME_WELL ||
		    stands_before(o, first, first)) {
			json_decref(nth);
			continue;
		}
		for (size_t i = 0; i < o->count; i++) {
			number += !is_taken[i];
			if (!is_taken[i] &&
			    outcome_equal(&o->at[i], &o->at[first])) {
				is_taken[i] = true;
				json_array_append_new(
				    nth, json_integer((json_int_t)number));
			}
			left += !is_taken[i];
		}
		rule = rule_json(o, &o->at[first]);
		if (left > 0)
			json_object_set(rule, "nth", nth);
		json_array_append_new(rules, rule);
		json_decref(nth);
	}
	free(is_taken);
}

/* ---- connections ---- */

/* The failure of the connection that this event opened; NULL: it had none. */
static const struct log_case_event *
failure_of(const struct log_case *c, size_t opened)
{
	for (size_t i = opened + 1; i < c->event_count; i++)
		if (c->events[i].dcid == c->events[opened].dcid &&
		    c->events[i].host == c->events[opened].host)
			return c->events[i].form == MAILLOG_CONNECTION_ERROR
			    ? &c->events[i]
			    : NULL;
	return NULL;
}

static struct outcome
outcome_of(const struct log_case_event *failure)
{
	struct outcome outcome = { .code = failure->code,
		.reply = failure->reply };

	if (failure->failure == LOG_FAILURE_ANSWER)
		outcome.kind = OUTCOME_REPLY;
	else if (failure->failure == LOG_FAILURE_SILENT)
		outcome.kind = OUTCOME_STALL;
	else if (failure->failure == LOG_FAILURE_RESET)
		outcome.kind = OUTCOME_RESET;
	else
		outcome.kind = OUTCOME_DROP;
	if (outcome.kind != OUTCOME_REPLY)
		outcome.reply = NULL;
	return outcome;
}

/* Connections that stood, and how they were greeted. */
static void
greeting_rules(const struct log_case *c, size_t host, json_t *rules)
{
	struct occasions o = { .on = "banner" };
	const struct outcome well = { 0 };

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *failure;
		struct outcome outcome = well;

		if (c->events[i].form != MAILLOG_DCID_NEW ||
		    c->events[i].host != host)
			continue;
		failure = failure_of(c, i);
		if (failure != NULL)
			outcome = outcome_of(failure);
		occasions_add(&o, &outcome);
	}
	occasions_rules(&o, rules);
	free(o.at);
}

static bool
is_opened_by(const struct log_case *c, const struct log_case_event *failure)
{
	for (const struct log_case_event *e = failure; e-- > c->events;)
		if (e->dcid == failure->dcid && e->host == failure->host)
			return e->form == MAILLOG_DCID_NEW;
	return false;
}

static const char *
state_of(const struct log_case_event *event)
{
	switch (event->failure) {
	case LOG_FAILURE_SILENT:
		return "silent";
	case LOG_FAILURE_UNREACHABLE:
		return "unreachable";
	case LOG_FAILURE_REFUSED:
	case LOG_FAILURE_RESET:
	case LOG_FAILURE_CLOSED:
	case LOG_FAILURE_HANDSHAKE:
	case LOG_FAILURE_OTHER:
	case LOG_FAILURE_ANSWER:
	case LOG_FAILURE_KINDS:
		break;
	}
	return "refuse";
}

static void
step_add(json_t *timeline, size_t host, utime at, const char *state)
{
	struct buf name = { 0 };

	log_scenario_host_name(host, &name);
	json_array_append_new(timeline,
	    json_pack("{s:o,s:s,s:s}", "at", log_scenario_duration(at), "host",
		buf_cstr(&name), "state", state));
	buf_fini(&name);
}

/* From when to when it could not be reached: from the first connect that
 * failed, or, as silence is told when it has lasted, from before that, to the
 * next one that stood. */
static void
states(const struct log_case *c, size_t host, json_t *object, json_t *timeline,
    json_t *notes)
{
	const char *now = "up";
	utime since = 0;
	bool has_seen = false, is_unsure = false;

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];
		bool stood = event->form == MAILLOG_DCID_NEW;
		const char *then = stood ? "up" : state_of(event);
		utime at = event->at - c->first;

		if (event->host != host ||
		    (!stood &&
			(event->form != MAILLOG_CONNECTION_ERROR ||
			    is_opened_by(c, event))))
			continue;
		if (strcmp(then, now) != 0) {
			is_unsure |= has_seen && at == since;
			if (!has_seen)
				json_object_set_new(
				    object, "state", json_string(then));
			else
				step_add(timeline, host,
				    at > since ? at : at + 1, then);
		}
		now = then;
		since = at;
		has_seen = true;
	}
	if (is_unsure)
		log_scenario_note(notes,
		    "Within one second host%zu could be reached and could "
		    "not; when it changed the log does not tell.",
		    host + 1);
}

/* ---- recipients ---- */

static bool
is_listed(const char *rids, uint64_t rid)
{
	struct slice rest = slice_cstr(rids);
	uint64_t next;

	while (maillog_rid_next(&rest, &next))
		if (next == rid)
			return true;
	return false;
}

/* Whether the recipient's mailbox was met before, in this message or one before
 * it. */
static bool
was_met(const struct log_case *c, size_t message, size_t recipient)
{
	const char *to = c->messages[message].to[recipient].to;

	for (size_t m = 0; m <= message; m++)
		for (size_t k = 0; k < c->messages[m].to_count; k++) {
			const char *other = c->messages[m].to[k].to;

			if (m == message && k == recipient)
				return false;
			if (other != NULL && strcmp(other, to) == 0)
				return true;
		}
	return false;
}

static bool
is_of(const struct log_case *c, const struct log_case_event *event,
    const char *to)
{
	const struct log_case_message *m;

	if (event->message == LOG_CASE_NONE)
		return false;
	m = &c->messages[event->message];
	for (size_t k = 0; k < m->to_count; k++)
		if (m->to[k].to != NULL && strcmp(m->to[k].to, to) == 0 &&
		    is_listed(event->rids, m->to[k].rid))
			return true;
	return false;
}

static struct outcome
answer_of(const struct log_case_event *event)
{
	struct outcome outcome = { .code = event->code, .reply = event->reply };

	if (event->code >= 400) {
		outcome.kind = OUTCOME_REPLY;
		return outcome;
	}
	outcome.kind = strstr(event->reply, "timeout") != NULL ? OUTCOME_STALL
	    : strstr(event->reply, "reset") != NULL            ? OUTCOME_RESET
							       : OUTCOME_DROP;
	outcome.reply = NULL;
	return outcome;
}

/* What the host said to a mailbox, each time that it was given mail for it, and
 * how long it took to take that. */
static void
mailbox_rules(
    const struct log_case *c, size_t host, const char *to, json_t *rules)
{
	struct occasions asked = { .on = "rcpt", .to = to };
	struct occasions taken = { .on = "eod", .to = to };

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];
		struct outcome outcome = { 0 };

		if (event->host != host || !is_of(c, event, to))
			continue;
		if (event->form == MAILLOG_MESSAGE_DONE) {
			occasions_add(&asked, &outcome);
			outcome.kind =
			    event->span >= SLOW ? OUTCOME_DELAY : OUTCOME_WELL;
			outcome.delay = event->span >= SLOW ? event->span : 0;
			occasions_add(&taken, &outcome);
		} else if (event->form == MAILLOG_DELAYED ||
		    event->form == MAILLOG_BOUNCED) {
			outcome = answer_of(event);
			occasions_add(&asked, &outcome);
		}
	}
	occasions_rules(&asked, rules);
	occasions_rules(&taken, rules);
	free(asked.at);
	free(taken.at);
}

void
log_scenario_rules(const struct log_case *c, size_t host, json_t *host_object,
    json_t *timeline, json_t *notes)
{
	json_t *rules = json_array();

	states(c, host, host_object, timeline, notes);
	greeting_rules(c, host, rules);
	for (size_t m = 0; m < c->message_count; m++)
		for (size_t k = 0; k < c->messages[m].to_count; k++)
			if (c->messages[m].to[k].to != NULL &&
			    !was_met(c, m, k))
				mailbox_rules(
				    c, host, c->messages[m].to[k].to, rules);
	if (json_array_size(rules) > 0)
		json_object_set_new(host_object, "rules", rules);
	else
		json_decref(rules);
}
