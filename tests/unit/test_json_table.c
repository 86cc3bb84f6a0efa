/* SPDX-License-Identifier: MIT */
/*
 * Objects read by a table that has a row of every form: what arrives in the
 * struct, and each way to be wrong with its exact message and place.
 */
#include "tests/unit/json_thing.h"
#include "tests/unit/kit.h"

static const struct json_field pair_fields[] = {
	{ "a", JF_BOOLEAN, JSON_NOWHERE, JSON_OPTIONAL, "A." },
	{ "b", JF_BOOLEAN, JSON_NOWHERE, JSON_OPTIONAL, "B." },
	{ "c", JF_BOOLEAN, JSON_NOWHERE, JSON_OPTIONAL, "C." },
};
static const struct json_group exactly[] = { { JSON_EXACTLY_ONE, "a b c" } };
static const struct json_group at_least[] = { { JSON_AT_LEAST_ONE, "a b" } };
static const struct json_table exactly_table = { .name = "exactly",
	.help = "",
	.size = 1,
	JSON_FIELDS(pair_fields),
	JSON_GROUPS(exactly) };
static const struct json_table at_least_table = { .name = "at-least",
	.help = "",
	.size = 1,
	JSON_FIELDS(pair_fields),
	JSON_GROUPS(at_least) };

static void
test_presets(void **state)
{
	struct arena arena = { 0 };
	struct json_doc doc;
	struct json_at root;
	struct thing t;
	struct err err;

	(void)state;
	memset(&t, 0xff, sizeof(t));
	assert_true(
	    json_doc_parse(&doc, "f", SLICE("{\"title\": \"x\"}"), &err));
	root = json_at_root(&doc);
	assert_true(json_table_read(&thing_table, &root, &t, &arena, &err));
	json_doc_fini(&doc);
	assert_slice(t.title, "x");
	assert_string_equal(t.note, "none");
	assert_true(t.on);
	assert_int_equal(t.big, 0);
	assert_int_equal(t.port, 25);
	assert_false(t.has_port);
	assert_int_equal(t.times, -1);
	assert_true(t.share == 0.5);
	assert_int_equal(t.delay, 1500 * UTIME_MS);
	assert_int_equal(t.pause, 0);
	assert_true(t.until == UTIME_NEVER);
	assert_int_equal(t.start, 0);
	assert_int_equal(t.colour, COLOUR_GREEN);
	assert_int_equal(t.part.weight, 7);
	assert_null(t.spare);
	assert_null(t.parts.at);
	assert_int_equal(t.parts.count, 0);
	assert_int_equal(t.to.count, 2);
	assert_string_equal(t.to.at[1], "b");
	assert_int_equal(t.shape.tag, SHAPE_NONE);
	assert_null(t.any.value);
	assert_int_equal(t.even, 2);
	arena_fini(&arena);
}

static const char full[] = //
    "{\"$schema\": \"x\", \"title\": \"\xc3\xa9\xe2\x82\xac\", \"note\": \"\","
    "\"on\": false, \"big\": -9223372036854775808, \"port\": 65535.0,"
    "\"times\": 1e3, \"share\": 1, \"pause\": \"1us\", \"until\": \"72h\","
    "\"start\": \"2014-07-02T09:15:07Z\", \"colour\": \"blue\","
    "\"part\": {\"weight\": 1, \"inner\": {\"inner\": {\"weight\": 255}}},"
    "\"spare\": {}, \"parts\": [{}, {\"weight\": 9}], \"to\": \"one\","
    "\"named\": {\"zz\": {\"weight\": 3}, \"aa\": {}},"
    "\"scores\": {\"p/q\": 60, \"\xc3\xa9\": 40},"
    "\"shape\": {\"weight\": 8}, \"any\": {\"weight\": 0}, \"even\": 4}";

static void
test_full(void **state)
{
	struct arena arena = { 0 };
	struct json_doc doc;
	struct json_at root;
	struct thing t;
	struct err err;

	(void)state;
	assert_true(json_doc_parse(&doc, "f", slice_cstr(full), &err));
	root = json_at_root(&doc);
	assert_true(json_table_read(&thing_table, &root, &t, &arena, &err));
	root = json_at_any(&doc, &t.any);
	assert_string_equal(t.any.pointer, "/any");
	assert_false(
	    json_table_read(&part_table, &root, &t.part, &arena, &err));
	assert_string_equal(err.msg, "/any/weight: 0 is out of range 1..255");
	json_doc_fini(&doc);

	assert_slice(t.title, "\xc3\xa9\xe2\x82\xac");
	assert_string_equal(t.note, "");
	assert_false(t.on);
	assert_true(t.big == INT64_MIN);
	assert_int_equal(t.port, 65535);
	assert_true(t.has_port);
	assert_int_equal(t.times, 1000);
	assert_true(t.share == 1);
	assert_int_equal(t.pause, 1);
	assert_true(t.until == 72 * UTIME_HOUR);
	assert_true(t.start == INT64_C(1404292507) * UTIME_S);
	assert_int_equal(t.colour, COLOUR_BLUE);
	assert_int_equal(t.spare->weight, 7);
	assert_string_equal(t.spare->pointer, "/spare");
	assert_int_equal(t.parts.count, 2);
	assert_int_equal(t.parts.at[0].weight, 7);
	assert_int_equal(t.parts.at[1].weight, 9);
	assert_string_equal(t.parts.at[1].pointer, "/parts/1");
	assert_int_equal(t.to.count, 1);
	assert_string_equal(t.to.at[0], "one");
	assert_int_equal(t.named.count, 2);
	assert_slice(t.named.at[0].name, "zz");
	assert_int_equal(t.named.at[0].weight, 3);
	assert_slice(t.named.at[1].name, "aa");
	assert_string_equal(t.named.at[1].pointer, "/named/aa");
	assert_string_equal(t.scores.at[0].who, "p/q");
	assert_int_equal(t.sum, 100);
	assert_int_equal(t.shape.tag, SHAPE_PART);
	assert_true(t.shape.has_part);
	assert_int_equal(t.shape.part.weight, 8);
	assert_int_equal(t.even, 4);
	arena_fini(&arena);
}

static void
test_inner(void **state)
{
	struct arena arena = { 0 };
	struct json_doc doc;
	struct json_at root;
	struct part p = { 0 };
	struct err err;

	(void)state;
	assert_true(json_doc_parse(&doc, "f",
	    SLICE("{\"weight\": 1, \"inner\": {\"inner\": {\"weight\": 255}}}"),
	    &err));
	root = json_at_root(&doc);
	assert_true(json_form_read(
	    JF_OBJECT(&part_table), &root, &p, sizeof(p), &arena, &err));
	assert_string_equal(p.pointer, "");
	assert_int_equal(p.weight, 1);
	assert_int_equal(p.inner->weight, 7);
	assert_int_equal(p.inner->inner->weight, 255);
	assert_null(p.inner->inner->inner);
	json_doc_fini(&doc);
	arena_fini(&arena);
}

/* A duration is bounded by its digits; see utime.h. */
static struct duration_row {
	const char *name; /* the text */
	utime span;       /* -1: is none */
} duration_rows[] = {
	{ "0s", 0 },
	{ "007ms", 7 * UTIME_MS },
	{ "0.001ms", 1 },
	{ "1.5h", 90 * UTIME_MINUTE },
	{ "9999.999d", INT64_C(863999913600000) },
	{ "99999.999h", INT64_C(359999996400000) },
	{ "9999999.999m", INT64_C(599999999940000) },
	{ "999999999.999s", INT64_C(999999999999000) },
	{ "999999999999.999ms", INT64_C(999999999999999) },
	{ "999999999999999us", INT64_C(999999999999999) },
	{ "10000d", -1 },
	{ "100000h", -1 },
	{ "10000000m", -1 },
	{ "1000000000s", -1 },
	{ "1000000000000ms", -1 },
	{ "1000000000000000us", -1 },
	{ "1.0us", -1 },
	{ "1.0000s", -1 },
	{ "1.s", -1 },
	{ ".5s", -1 },
	{ "1", -1 },
	{ "s", -1 },
	{ "", -1 },
	{ "1 s", -1 },
	{ "1s ", -1 },
	{ "-1s", -1 },
	{ "1S", -1 },
};

static void
test_duration(void **state)
{
	const struct duration_row *row = *state;
	struct arena arena = { 0 };
	struct json_doc doc;
	struct json_at root;
	struct err err;
	struct buf text = { 0 };
	utime span = -1;

	buf_printf(&text, "\"%s\"", row->name);
	assert_true(json_doc_parse(&doc, "f", buf_slice(&text), &err));
	root = json_at_root(&doc);
	assert_int_equal(json_form_read(JF_DURATION, &root, &span, sizeof(span),
			     &arena, &err),
	    row->span >= 0);
	assert_true(span == row->span);
	json_doc_fini(&doc);
	buf_fini(&text);
	arena_fini(&arena);
}

struct bad_row {
	const char *name; /* the text, which lacks only its title */
	const char *error;
};

static struct bad_row bad_rows[] = {
	{ "\"dealy\": 1",
	    "f:2:1: unknown key \"dealy\" (did you mean \"delay\"?)" },
	{ "\"x\\ny\": 1", "f:2:1: unknown key \"x\\u000ay\"" },
	{ "\"part\":\n {\"width\": 1}",
	    "f:3:3: /part: unknown key \"width\" (known: \"weight\", "
	    "\"inner\")" },
	{ "\"on\": 1", "f:2:7: /on: expected a boolean, got a number" },
	{ "\"on\": null", "f:2:7: /on: expected a boolean, got null" },
	{ "\"note\": 5", "f:2:9: /note: expected a string, got a number" },
	{ "\"note\": []", "f:2:9: /note: expected a string, got an array" },
	{ "\"port\": 70000", "f:2:9: /port: 70000 is out of range 0..65535" },
	{ "\"port\": -1.0", "f:2:9: /port: -1 is out of range 0..65535" },
	{ "\"port\": 1e300", "f:2:9: /port: 1e+300 is out of range 0..65535" },
	{ "\"port\": 1.5", "f:2:9: /port: expected an integer, got 1.5" },
	{ "\"port\": true",
	    "f:2:9: /port: expected an integer, got a boolean" },
	{ "\"colour\": \"red\", \"times\": false",
	    "f:2:27: /times: expected a string or an integer, got a boolean" },
	{ "\"colour\": \"red\", \"times\": \"for ever\"",
	    "f:2:27: /times: \"for ever\" is not \"forever\"" },
	{ "\"share\": 1.25", "f:2:10: /share: 1.25 is out of range 0..1" },
	{ "\"delay\": \"5 parsecs\"",
	    "f:2:10: /delay: \"5 parsecs\" is not a duration (try \"5s\", "
	    "\"200ms\", \"15m\")" },
	{ "\"pause\": \"0.0s\"",
	    "f:2:10: /pause: expected a duration longer than 0" },
	{ "\"until\": \"end\"",
	    "f:2:10: /until: \"end\" is not a duration (try \"5s\", \"200ms\", "
	    "\"15m\", \"idle\")" },
	{ "\"start\": \"2014-02-29T00:00:00Z\"",
	    "f:2:10: /start: \"2014-02-29T00:00:00Z\" is not a moment in UTC "
	    "(try \"2014-07-02T09:15:07Z\")" },
	{ "\"colour\": \"gren\"",
	    "f:2:11: /colour: \"gren\" is none of \"red\", \"green\", \"blue\" "
	    "(did you mean \"green\"?)" },
	{ "\"colour\": \"mauve\"",
	    "f:2:11: /colour: \"mauve\" is none of \"red\", \"green\", "
	    "\"blue\"" },
	{ "\"part\": []", "f:2:9: /part: expected an object, got an array" },
	{ "\"part\": {\"inner\": {\"inner\": {\"weight\": 0}}}",
	    "f:2:40: /part/inner/inner/weight: 0 is out of range 1..255" },
	{ "\"parts\": []",
	    "f:2:10: /parts: expected at least 1 element, got 0" },
	{ "\"parts\": [{},{},{},{}]",
	    "f:2:10: /parts: expected at most 3 elements, got 4" },
	{ "\"parts\": [{}, {\"weight\":\n256}]",
	    "f:3:1: /parts/1/weight: 256 is out of range 1..255" },
	{ "\"to\": 1",
	    "f:2:7: /to: expected a string or an array, got a number" },
	{ "\"to\": \"\"", "f:2:7: /to: the string is empty" },
	{ "\"to\": [\"a\", \"\"]", "f:2:13: /to/1: the string is empty" },
	{ "\"named\": {\"a\": {},\r\n\t\"b~/\": {}}",
	    "f:3:2: /named: a name is letters" },
	{ "\"named\": {}",
	    "f:2:10: /named: expected at least 1 element, got 0" },
	{ "\"scores\": {\"a~/\": -1}",
	    "f:2:19: /scores/a~0~1: -1 is out of range "
	    "0..9223372036854775807" },
	{ "\"scores\": {\"abcd\": 1}",
	    "f:2:12: /scores: longer than 3 characters" },
	{ "\"scores\": {\"a\": 60, \"b\": 41}",
	    "f:2:11: /scores: more than 100 points in all" },
	{ "\"scores\": {\"a\\n\": -1}",
	    "f:2:19: /scores/a\\u000a: -1 is out of range "
	    "0..9223372036854775807" },
	{ "\"shape\": true",
	    "f:2:10: /shape: expected a string, an integer or an object, got a "
	    "boolean" },
	{ "\"shape\": 10", "f:2:10: /shape: 10 is out of range -9..9" },
	{ "\"even\": 3", "f:2:9: /even: 3 is odd" },
	{ "\"even\": \"2\"",
	    "f:2:9: /even: expected an integer, got a string" },
	{ "\"delay\": \"1s\", \"pause\": \"1s\"",
	    "f:2:16: \"delay\" and \"pause\" exclude each other" },
	{ "\"on\": true, \"times\": 3",
	    "f:2:13: \"times\" needs one of \"colour\", \"port\"" },
	{ "\"big\": 1, \"on\": true", "f:2:1: \"big\" needs \"on\", \"note\"" },
};

static void
check_error(
    const struct json_table *table, const char *text, const char *expected)
{
	struct arena arena = { 0 };
	struct json_doc doc;
	struct json_at root;
	struct thing t;
	struct err err;
	char message[1024];

	assert_true(json_doc_parse(&doc, "f", slice_cstr(text), &err));
	root = json_at_root(&doc);
	if (json_table_read(table, &root, &t, &arena, &err))
		assert_string_equal("accepted", expected);
	assert_string_equal(
	    err_format(&err, message, sizeof(message)), expected);
	json_doc_fini(&doc);
	arena_fini(&arena);
}

static void
test_bad(void **state)
{
	const struct bad_row *row = *state;
	struct buf text = { 0 };

	buf_printf(&text, "{\"title\": \"x\",\n%s}", row->name);
	check_error(&thing_table, buf_cstr(&text), row->error);
	buf_fini(&text);
}

static void
test_bad_top(void **state)
{
	(void)state;
	check_error(
	    &thing_table, " []", "f:1:2: expected an object, got an array");
	check_error(&thing_table, "{}", "f:1:1: missing key \"title\"");
	check_error(&thing_table, "{\"titel\": \"\"}",
	    "f:1:2: unknown key \"titel\" (did you mean \"title\"?)");
	check_error(&thing_table,
	    "{\"title\": \"\xc3\xa9\xc3\xa9\xc3\xa9"
	    "\xc3\xa9\xc3\xa9\xc3\xa9\"}",
	    "f:1:11: /title: longer than 5 characters");
}

static void
test_groups(void **state)
{
	(void)state;
	check_error(&exactly_table, "{}",
	    "f:1:1: expected one of the keys \"a\", \"b\", \"c\"");
	check_error(&exactly_table, "{\"c\": true, \"a\": true}",
	    "f:1:2: \"a\" and \"c\" exclude each other");
	check_error(&at_least_table, "{\"c\": true}",
	    "f:1:1: expected one of the keys \"a\", \"b\"");
	check_error(&at_least_table, "{\"a\": true, \"b\": true, \"c\": 0}",
	    "f:1:29: /c: expected a boolean, got a number");
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, bad_rows, test_bad);
	ROWS(&kit, duration_rows, test_duration);
	TEST(&kit, test_bad_top);
	TEST(&kit, test_groups);
	TEST(&kit, test_presets);
	TEST(&kit, test_full);
	TEST(&kit, test_inner);
	return kit_run(&kit, "json_table");
}
