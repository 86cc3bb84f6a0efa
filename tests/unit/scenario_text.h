/* SPDX-License-Identifier: MIT */
/* Scenarios that stand in unit tests as text, for what is written of them. */
#ifndef FAULTPOST_SCENARIO_TEXT_H
#define FAULTPOST_SCENARIO_TEXT_H

#include "harness/live/adapter.h"
#include "harness/plan/plan.h"

#include "tests/unit/kit.h"

#include <jansson.h>

struct scenario {
	struct plan *plan;
	json_t *json;
};

/* Single quotes in the text stand for double ones. */
static inline struct scenario
scenario_read(const char *text)
{
	struct scenario s;
	struct err err = { 0 };
	char *json = xstrdup(text);

	for (char *c = json; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	s.plan = plan_parse("f.json", slice_cstr(json), &err);
	assert_string_equal(err.msg, "");
	s.json = json_loads(json, 0, NULL);
	free(json);
	return s;
}

static inline void
scenario_forget(struct scenario *s)
{
	plan_destroy(&s->plan);
	json_decref(s->json);
}

/* A scenario, and why a relay cannot be given it; NULL: it can. */
struct unable_row {
	const char *text, *why;
};

static inline void
assert_unable(
    const struct adapter *adapter, const struct unable_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct scenario s = scenario_read(rows[i].text);
		const char *why = adapter->unable(s.plan, s.json);

		if (rows[i].why == NULL)
			assert_null(why);
		else
			assert_string_equal(why, rows[i].why);
		scenario_forget(&s);
	}
}

static inline void
assert_has_line(struct buf *text, const char *line)
{
	if (strstr(buf_cstr(text), line) == NULL)
		fail_msg("no line %s in:\n%s", line, buf_cstr(text));
}

#endif
