/* SPDX-License-Identifier: MIT */
/* The chart of a scenario, and the blocks of the page that hold it. */
#include "harness/report/report.h"

#include "core/maillog/parser.h"
#include "tests/unit/kit.h"

#include <jansson.h>

static const char scenario[] = "{\"title\": \"</script><!--\", \"hosts\": {"
			       "\"mx1\": {\"address\": \"10.1.1.1\"},"
			       "\"mx2\": {\"address\": \"10.1.1.2\"},"
			       "\"unused\": {\"address\": \"10.1.1.3\"}}}";

struct fixture {
	struct plan *plan;
	struct result result;
	struct buf out;
};

static void
setup(struct fixture *f)
{
	struct err err;

	memset(f, 0, sizeof(*f));
	f->plan = plan_parse("f.json", slice_cstr(scenario), &err);
	assert_non_null(f->plan);
	result_init(&f->result, f->plan, 1);
	result_draw_chart(&f->result);
}

static void
teardown(struct fixture *f)
{
	result_fini(&f->result);
	plan_destroy(&f->plan);
	buf_fini(&f->out);
}

/* A line so many milliseconds after the start, with so many in the queue. */
static void
say(struct fixture *f, utime ms, uint64_t queued, const char *text)
{
	utime now = f->plan->start + ms * UTIME_MS;
	struct maillog_parser parser;
	struct maillog_event ev;
	struct buf line = { 0 };

	maillog_parser_init(&parser, 0);
	buf_printf(&line, "Wed Jul  2 09:15:07 2014 Info: %s\n", text);
	assert_true(maillog_parse(&parser, buf_slice(&line), &ev));
	story_log(f->result.story, &ev, now);
	chart_log(f->result.chart, f->result.story, buf_slice(&line), &ev, now,
	    queued);
	buf_fini(&line);
	maillog_parser_fini(&parser);
}

static void
tell(struct fixture *f)
{
	say(f, 1, 1, "MID 1 queued for delivery");
	say(f, 2, 1,
	    "Connection Error: DCID 1 domain: example.com IP: 10.1.1.1 port: "
	    "25 details: Connection refused interface: 10.0.0.5 reason: "
	    "network error");
	say(f, 3, 1,
	    "New SMTP DCID 2 interface 10.0.0.5 address 10.1.1.2 port 25");
	say(f, 4, 1, "Delivery start DCID 2 MID 1 to RID [0]");
	say(f, 5, 0, "Message done DCID 2 MID 1 to RID [0]");
	say(f, 5, 0, "MID 1 RID [0] Response '2.0.0 <Ok>'");
	say(f, 6, 1, "MID 2 queued for delivery");
	say(f, 9, 1, "DCID 2 close");
}

static json_t *
chart_of(struct fixture *f)
{
	json_t *chart;

	buf_clear(&f->out);
	chart_json(&f->result, &f->out);
	chart = json_loadb(buf_slice(&f->out).at, buf_len(&f->out), 0, NULL);
	assert_non_null(chart);
	return chart;
}

static const char *
string_at(json_t *object, const char *key, const char *name)
{
	return json_string_value(
	    json_object_get(json_object_get(object, key), name));
}

static void
test_columns(void **state)
{
	struct fixture f;
	json_t *chart, *hosts, *mx1;

	(void)state;
	setup(&f);
	tell(&f);
	chart = chart_of(&f);
	hosts = json_object_get(chart, "hosts");
	assert_int_equal(json_array_size(hosts), 3);
	mx1 = json_array_get(hosts, 0);
	assert_string_equal(
	    json_string_value(json_object_get(mx1, "name")), "mx1");
	assert_int_equal(
	    json_integer_value(json_object_get(mx1, "refused")), 1);
	/* Number, DCID and host, began, lasted + 1, done, failed (refused, at
	 * once), no rule, followed nobody; then the second, which did. */
	assert_string_equal(string_at(chart, "attempts", "rows"),
	    "ACAECACAAAA"
	    "CCCCOCAAC");
	assert_string_equal(
	    json_string_value(json_object_get(chart, "queue")), "CCAIDACCA");
	json_decref(chart);
	teardown(&f);
}

/* Which lines are about which attempt: the shapes of those that are. */
static void
test_lines_of_attempts(void **state)
{
	static const char *const flags[] = { "m", "a", "a", "am", "am", "am",
		"a" };
	struct fixture f;
	json_t *chart, *shapes;

	(void)state;
	setup(&f);
	tell(&f);
	chart = chart_of(&f);
	shapes = json_object_get(json_object_get(chart, "log"), "shapes");
	/* MID 2 is queued in the shape of MID 1. */
	assert_int_equal(json_array_size(shapes), ARRAY_LEN(flags));
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		assert_string_equal(json_string_value(json_array_get(
					json_array_get(shapes, i), 0)),
		    flags[i]);
	json_decref(chart);
	teardown(&f);
}

/* What is kept of a long run is bounded, and all of it is counted. */
static void
test_bounds(void **state)
{
	struct fixture f;
	char text[100];
	json_t *chart;

	(void)state;
	setup(&f);
	for (unsigned i = 1; i <= 2 * CHART_ATTEMPTS + 500; i++) {
		(void)snprintf(text, sizeof(text),
		    "New SMTP DCID %u interface 10.0.0.5 address 10.1.1.%u "
		    "port 25",
		    i, 1 + i % 2);
		say(&f, i, i, text);
	}
	chart = chart_of(&f);
	assert_int_equal(json_integer_value(json_object_get(
			     json_object_get(chart, "attempts"), "count")),
	    2 * CHART_ATTEMPTS + 500);
	assert_true(buf_len(&f.out) < 400000);
	json_decref(chart);
	teardown(&f);
}

/* Nothing in a block can end it: the only tags are its own. */
static void
test_blocks(void **state)
{
	struct fixture f;
	struct report_style style = { 0 };
	struct report_entry entry;
	struct slice rest;
	size_t tags = 0;

	(void)state;
	setup(&f);
	tell(&f);
	entry = (struct report_entry){ .number = 1,
		.verdict = REPORT_HELD,
		.file = "<f>.json",
		.variant = "",
		.title = f.plan->title,
		.replay = "",
		.result = &f.result };
	report_html.scenario(&entry, &style, &f.out);
	rest = buf_slice(&f.out);
	assert_true(slice_starts_with(rest,
	    SLICE("<script type=\"application/json\" class=\"result\">{")));
	while (slice_find_byte(rest, '<') < rest.len) {
		rest = slice_skip(rest, slice_find_byte(rest, '<') + 1);
		assert_true(slice_starts_with(rest, SLICE("script type=")) ||
		    slice_starts_with(rest, SLICE("/script>\n")));
		tags++;
	}
	assert_int_equal(tags, 4);
	rest = buf_slice(&f.out);
	assert_true(
	    slice_find(rest, SLICE("\\u003c/script>\\u003c!--")) < rest.len);
	teardown(&f);
}

/* The frame is whole: each name in it is filled in, once. */
static void
test_frame(void **state)
{
	const struct report_totals totals = { .planned = 1 };
	const struct report_style style = { 0 };
	struct buf out = { 0 };
	struct slice page;

	(void)state;
	report_html.begin(&totals, &style, &out);
	report_html.end(&totals, &style, &out);
	page = buf_slice(&out);
	assert_true(slice_starts_with(page, SLICE("<!doctype html>\n")));
	assert_int_equal(slice_find(page, SLICE("{{")), page.len);
	assert_true(slice_find(page, SLICE("<style>/* SPDX")) < page.len);
	assert_true(slice_find(page, SLICE("<script>// SPDX")) < page.len);
	assert_true(slice_find(page,
			SLICE("content=\"default-src 'none'; "
			      "script-src 'sha256-")) < page.len);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_lines_of_attempts),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
