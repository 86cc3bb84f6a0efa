/* SPDX-License-Identifier: MIT */
/*
 * JSON texts that are none, with the message and its place, and places of
 * values in texts that are.
 */
#include "core/json/doc.h"

#include "tests/unit/kit.h"

struct syntax_row {
	const char *name;
	struct slice text;
	const char *error;
};

#define TEXT(lit) SLICE_INIT(lit)

static struct syntax_row syntax_rows[] = {
	{ "nothing", TEXT(""),
	    "f:1:1: expected a value, got the end of the text" },
	{ "space", TEXT(" \n "),
	    "f:2:2: expected a value, got the end of the text" },
	{ "duplicate", TEXT("{\"a\": 1,\n  \"a\": 2}"),
	    "f:2:3: duplicate key \"a\"" },
	{ "long duplicate",
	    TEXT("{\"abcdefghijklmnopqrstuvwxyz\":1,"
		 "\"abcdefghijklmnopqrstuvwxyz\":1}"),
	    "f:1:33: duplicate key \"abcdefghijklmnopqrstuvwxyz\"" },
	{ "no colon", TEXT("{\"a\" 1}"),
	    "f:1:6: expected \":\" after the key, got \"1\"" },
	{ "comma before brace", TEXT("{\"a\": 1,}"),
	    "f:1:9: expected a key in double quotes, got \"}\"" },
	{ "bare key", TEXT("{a: 1}"),
	    "f:1:2: expected a key in double quotes, got \"a\"" },
	{ "comma before bracket", TEXT("[1,]"),
	    "f:1:4: expected a value, got \"]\"" },
	{ "no comma", TEXT("[1 22]"),
	    "f:1:4: expected \",\" or \"]\", got \"22\"" },
	{ "no comma before string", TEXT("{\"a\": 1 \"b\": 2}"),
	    "f:1:9: expected \",\" or \"}\", got \"b\"" },
	{ "open array", TEXT("[1,"),
	    "f:1:4: expected \",\" or \"]\", got the end of the text" },
	{ "open string", TEXT("[\"a, 1]"),
	    "f:1:2: the string is never closed" },
	{ "newline in string", TEXT("[1,\n \"a\n\"]"),
	    "f:2:2: the string is not closed on its line" },
	{ "tab in string", TEXT("[\"a\t\"]"),
	    "f:1:2: control character in a string, write \\u00XX" },
	{ "escape", TEXT("[\"\\q\"]"), "f:1:2: unknown escape in a string" },
	{ "surrogate", TEXT("[\"\\ud800\"]"),
	    "f:1:2: half of a surrogate pair in a string" },
	{ "escaped NUL", TEXT("[\"\\u0000\"]"),
	    "f:1:2: \\u0000 is not allowed in a string" },
	{ "escaped NUL in key", TEXT("{\"a\\u0000\": 1}"),
	    "f:1:2: \\u0000 is not allowed in a key" },
	{ "NUL byte", TEXT("[1,\r\n1\0]"), "f:2:2: NUL byte in the text" },
	{ "word", TEXT("{\"a\": tru}"),
	    "f:1:7: expected a value, got \"tru\"" },
	{ "octal", TEXT("[01]"), "f:1:2: expected a value, got \"01\"" },
	{ "no digit", TEXT("[1.]"), "f:1:2: expected a value, got \"1.\"" },
	{ "single quotes", TEXT("['a']"),
	    "f:1:2: expected a value, got \"'\"" },
	{ "comment", TEXT("{\n// no\n}"),
	    "f:2:1: comments are not part of JSON" },
	{ "second value", TEXT("[1]\r\n[2]"),
	    "f:2:1: expected the end of the text, got \"[\"" },
	{ "big integer", TEXT("[9223372036854775808]"),
	    "f:1:2: number out of range" },
	{ "small integer", TEXT("[-9223372036854775809]"),
	    "f:1:2: number out of range" },
	{ "big number", TEXT("[1e999]"), "f:1:2: number out of range" },
	{ "byte order mark", TEXT("\xef\xbb\xbf{}"),
	    "f:1:1: starts with a byte order mark, expected UTF-8 without "
	    "one" },
	{ "not UTF-8", TEXT("[\"\xc3\xa9\", \"\xe9\"]"), "f:1:8: not UTF-8" },
	{ "columns are characters", TEXT("[\"\xe2\x82\xac\",\t\"\\\"\" x]"),
	    "f:1:12: expected \",\" or \"]\", got \"x\"" },
};

static void
test_syntax(void **state)
{
	const struct syntax_row *row = *state;
	struct json_doc doc;
	struct err err;
	char message[1024];

	assert_false(json_doc_parse(&doc, "f", row->text, &err));
	assert_string_equal(
	    err_format(&err, message, sizeof(message)), row->error);
	assert_null(doc.root);
	json_doc_fini(&doc);
}

static void
test_nesting(void **state)
{
	char text[2 * 2049 + 1];
	struct json_doc doc;
	struct err err;

	(void)state;
	memset(text, '[', 2049);
	memset(text + 2049, ']', 2049);
	assert_true(
	    json_doc_parse(&doc, "f", slice_of(text + 1, 2 * 2048), &err));
	json_doc_fini(&doc);
	assert_false(json_doc_parse(&doc, "f", slice_of(text, 2 * 2049), &err));
	assert_string_equal(err.msg, "nested deeper than 2048");
	assert_int_equal(err.col, 2049);
}

static void
test_too_long(void **state)
{
	struct json_doc doc;
	struct err err;
	char *text = xmalloc(JSON_TEXT_MAX + 1);

	(void)state;
	memset(text, ' ', JSON_TEXT_MAX + 1);
	text[0] = '1';
	assert_false(
	    json_doc_parse(&doc, "f", slice_of(text, JSON_TEXT_MAX + 1), &err));
	assert_string_equal(err.msg, "longer than 67108864 bytes");
	assert_true(
	    json_doc_parse(&doc, "f", slice_of(text, JSON_TEXT_MAX), &err));
	json_doc_fini(&doc);
	free(text);
}

/* Tabs, CRLF, brackets and escaped quotes in strings, names that a pointer
 * escapes, characters of two and four bytes. */
static const char places_text[] =
    "{\r\n"
    "\t\"a/b\": [1, {\"x\": \"]}\\\"\"}, [[]]],\r\n"
    "\t\"m~n\": {\"\": null, \"\xc3\xa9\": true},\n"
    "  \"\\u00e9\\\"\": [\"\xf0\x9f\x93\xa8\", 2],\n"
    "  \"~1\": -1.5e3\n"
    "}\n";

struct place_row {
	const char *name; /* the pointer */
	int line, col;
	bool found;
};

static struct place_row place_rows[] = {
	{ "", 1, 1, true },
	{ "/a~1b", 2, 9, true },
	{ "/a~1b/0", 2, 10, true },
	{ "/a~1b/1", 2, 13, true },
	{ "/a~1b/1/x", 2, 19, true },
	{ "/a~1b/2", 2, 28, true },
	{ "/a~1b/2/0", 2, 29, true },
	{ "/m~0n", 3, 9, true },
	{ "/m~0n/", 3, 14, true },
	{ "/m~0n/\xc3\xa9", 3, 25, true },
	{ "/\xc3\xa9\"", 4, 15, true },
	{ "/\xc3\xa9\"/1", 4, 21, true },
	{ "/~01", 5, 9, true },
	{ "/a~1b/3", 2, 9, false },
	{ "/a~1b/x", 2, 9, false },
	{ "/a~1b/0/deeper", 2, 10, false },
	{ "/none/such", 1, 1, false },
};

static void
test_place(void **state)
{
	const struct place_row *row = *state;
	struct json_doc doc;
	struct err err;
	int line, col;

	assert_true(json_doc_parse(&doc, "f", slice_cstr(places_text), &err));
	assert_int_equal(
	    json_doc_place(&doc, row->name, &line, &col), row->found);
	assert_int_equal(line, row->line);
	assert_int_equal(col, row->col);
	assert_int_equal(
	    json_at_pointer(&doc, row->name).value != NULL, row->found);
	json_doc_fini(&doc);
}

/* Each of many values, in one line and in many, backwards and forwards.  Read
 * from the start for each it would be 20 GB. */
static void
test_places_of_many(void **state)
{
	enum {
		MANY = 50000,
		STEP = 997 /* no divisor in common */
	};
	struct buf text = { 0 };
	struct json_doc doc;
	struct err err;
	char pointer[64];
	int line, col;

	(void)state;
	buf_append_cstr(&text, "{\"\xc3\xa9\": [");
	for (int i = 0; i < MANY; i++)
		buf_printf(&text, "%s{\"k\":%6d}%s", i > 0 ? "," : "", i,
		    i >= MANY / 2 ? "\n" : "");
	buf_append_cstr(&text, "]}");
	assert_true(json_doc_parse(&doc, "f", buf_slice(&text), &err));
	for (int i = 0; i < MANY; i++) {
		int n = (int)((int64_t)i * STEP % MANY);
		int first = MANY / 2;

		(void)snprintf(pointer, sizeof(pointer), "/\xc3\xa9/%d/k", n);
		assert_true(json_doc_place(&doc, pointer, &line, &col));
		assert_int_equal(line, n <= first ? 1 : n - first + 1);
		col -= n <= first ? 7 + n * 13 : 1;
		/* Behind the key stands the number, blanks before it. */
		assert_in_range(col, 6, 11);
	}
	json_doc_fini(&doc);
	buf_fini(&text);
}

static void
test_fail(void **state)
{
	const char text[] =
	    "{\"a~/\": [\n  {\"t\": \"\xc3\xa9\\n\\u20ac\\ud83d\\udce8z\"}]}";
	struct json_doc doc;
	struct err err;
	struct json_at root, list, object, string;
	char message[1024], *pointer;

	(void)state;
	assert_true(json_doc_parse(&doc, "f", slice_cstr(text), &err));
	root = json_at_root(&doc);
	list = json_at_key(&root, "a~/");
	object = json_at_index(&list, 0);
	string = json_at_key(&object, "t");
	pointer = json_at_format(&string);
	assert_string_equal(pointer, "/a~0~1/0/t");
	free(pointer);

	assert_false(json_fail(&root, &err, "no %d", 1));
	assert_string_equal(
	    err_format(&err, message, sizeof(message)), "f:1:1: no 1");
	assert_false(json_fail(&string, &err, "no %d", 2));
	assert_string_equal(err_format(&err, message, sizeof(message)),
	    "f:2:9: /a~0~1/0/t: no 2");
	assert_false(json_fail_key(&object, "t", &err, "no %d", 3));
	assert_string_equal(err_format(&err, message, sizeof(message)),
	    "f:2:4: /a~0~1/0: no 3");
	assert_false(json_doc_fail(&doc, "/a~0~1/0", &err, "no %d", 4));
	assert_string_equal(err_format(&err, message, sizeof(message)),
	    "f:2:3: /a~0~1/0: no 4");
	json_doc_fini(&doc);
}

/* The value's bytes, and the column of the text from which each comes. */
static void
test_fail_inside(void **state)
{
	const char text[] = "[\"\xc3\xa9\\n\\u20ac\\ud83d\\udce8\\u00e9z\"]";
	const int cols[] = { 3, 3, 4, 6, 6, 6, 12, 12, 12, 12, 24, 24, 30, 31,
		31 };
	struct json_doc doc;
	struct err err;
	struct json_at root, string;

	(void)state;
	assert_true(json_doc_parse(&doc, "f", slice_cstr(text), &err));
	root = json_at_root(&doc);
	string = json_at_index(&root, 0);
	assert_int_equal(json_at_text(&string).len, 13);
	for (size_t i = 0; i < ARRAY_LEN(cols); i++) {
		(void)json_fail_inside(&string, i, &err, "here");
		assert_int_equal(err.col, cols[i]);
		assert_string_equal(err.msg, "/0: here");
	}
	json_doc_fini(&doc);
}

static void
test_long_pointer(void **state)
{
	char text[400], key[301] = { 0 };
	struct json_doc doc;
	struct err err;
	struct json_at root, member;

	(void)state;
	memset(key, 'k', 300);
	(void)snprintf(text, sizeof(text), "{\"%s\": 1}", key);
	assert_true(json_doc_parse(&doc, "f", slice_cstr(text), &err));
	root = json_at_root(&doc);
	member = json_at_key(&root, key);
	(void)json_fail(&member, &err, "bad");
	assert_int_equal(strlen(err.msg), 3 + 200 + strlen(": bad"));
	assert_memory_equal(err.msg, "...kkk", 6);
	json_doc_fini(&doc);
}

static void
test_quote(void **state)
{
	char out[JSON_QUOTE_MAX], text[300];

	(void)state;
	assert_string_equal(json_quote(SLICE(""), out), "\"\"");
	assert_string_equal(json_quote(SLICE("a\"b\\c\r\n\x7f"), out),
	    "\"a\\\"b\\\\c\\u000d\\u000a\\u007f\"");
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	/* Every length, also those that end inside of a character. */
	for (size_t shift = 0; shift < 6; shift++) {
		size_t len;

		memset(text, 'a', shift);
		memcpy(text + shift, "\xc3\xa9", shift % 2 == 0 ? 2 : 0);
		(void)json_quote(slice_of(text, sizeof(text) - shift % 2), out);
		len = strlen(out);
		assert_in_range(len, JSON_QUOTE_MAX - 12, JSON_QUOTE_MAX - 1);
		assert_string_equal(out + len - 4, "...\"");
		assert_true((unsigned char)out[len - 5] < 0xc0);
	}
	memset(text, '\x01', sizeof(text));
	assert_true(strlen(json_quote(slice_of(text, sizeof(text)), out)) <
	    JSON_QUOTE_MAX);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, syntax_rows, test_syntax);
	ROWS(&kit, place_rows, test_place);
	TEST(&kit, test_nesting);
	TEST(&kit, test_too_long);
	TEST(&kit, test_places_of_many);
	TEST(&kit, test_fail);
	TEST(&kit, test_fail_inside);
	TEST(&kit, test_long_pointer);
	TEST(&kit, test_quote);
	return kit_run(&kit, "json_doc");
}
