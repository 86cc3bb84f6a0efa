/* SPDX-License-Identifier: MIT */
/* Occasions as rules; see log_occasions.h. */
#include "harness/log/log_occasions.h"

#include "harness/log/log_scenario.h"

#define REPLY_LINE_MAX 400

static bool
outcome_equal(const struct log_outcome *a, const struct log_outcome *b)
{
	return a->kind == b->kind && a->code == b->code &&
	    a->delay == b->delay &&
	    strcmp(a->reply != NULL ? a->reply : "",
		b->reply != NULL ? b->reply : "") == 0;
}

void
log_occasions_add(struct log_occasions *o, const struct log_outcome *outcome)
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
reply_json(const struct log_outcome *outcome)
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

/* A line that is no reply. */
static json_t *
nonsense_json(const char *quoted)
{
	struct slice text = slice_cstr(quoted);
	struct buf bytes = { 0 };
	json_t *value;

	text = slice_sub(text, 1, text.len - 2);
	text = slice_sub(text, 0, REPLY_LINE_MAX);
	for (size_t i = 0; i < text.len; i++) {
		char b = text.at[i];

		buf_append_byte(
		    &bytes, b < ' ' || b > '~' || b == '\\' ? '?' : b);
	}
	buf_append_cstr(&bytes, "\\r\\n");
	value = json_string(buf_cstr(&bytes));
	buf_fini(&bytes);
	return value;
}

static json_t *
rule_json(const struct log_occasions *o, const struct log_outcome *outcome)
{
	json_t *rule = json_object();

	json_object_set_new(rule, "on", json_string(o->on));
	if (o->to != NULL)
		json_object_set_new(rule, "to", json_string(o->to));
	switch (outcome->kind) {
	case LOG_OUTCOME_REPLY:
		json_object_set_new(rule, "reply", reply_json(outcome));
		if (outcome->code == 421 && strcmp(o->on, "banner") != 0)
			json_object_set_new(rule, "then", json_string("close"));
		break;
	case LOG_OUTCOME_DROP:
		json_object_set_new(rule, "drop", json_true());
		break;
	case LOG_OUTCOME_RESET:
		json_object_set_new(rule, "reset", json_true());
		break;
	case LOG_OUTCOME_STALL:
		json_object_set_new(rule, "stall", json_true());
		break;
	case LOG_OUTCOME_DELAY:
		json_object_set_new(
		    rule, "delay", log_scenario_duration(outcome->delay));
		break;
	case LOG_OUTCOME_NONSENSE:
		json_object_set_new(rule, "raw", nonsense_json(outcome->reply));
		break;
	case LOG_OUTCOME_TLS:
		json_object_set_new(
		    rule, "starttls", json_string(outcome->reply));
		break;
	case LOG_OUTCOME_WELL:
		break;
	}
	json_object_set_new(rule, "optional", json_true());
	return rule;
}

/* Whether an outcome that is equal stands before. */
static bool
stands_before(const struct log_occasions *o, size_t at, size_t of)
{
	for (size_t i = 0; i < at; i++)
		if (outcome_equal(&o->at[i], &o->at[of]))
			return true;
	return false;
}

void
log_occasions_rules(const struct log_occasions *o, json_t *rules)
{
	bool *is_taken = xcalloc(o->count + 1, sizeof(is_taken[0]));

	for (size_t first = 0; first < o->count; first++) {
		json_t *nth = json_array(), *rule;
		size_t number = 0, left = 0;

		if (o->at[first].kind == LOG_OUTCOME_WELL ||
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
