/* SPDX-License-Identifier: MIT */
/*
 * Variants: what texts with parameters stand for, what they are called, and
 * where it is that something is wrong with them.
 */
#include "core/json/matrix.h"

#include "tests/unit/kit.h"

#define TEXT(lit) SLICE_INIT(lit)

struct expand_row {
	const char *name;
	struct slice text;
	const char
	    *made; /* "label: document" a line each, without the matrix */
};

static struct expand_row expand_rows[] = {
	{ "no matrix", TEXT("{\"a\": \"b $ {c} ${} ${9} ${A}\"}"),
	    ": {\"a\":\"b $ {c} ${} ${9} ${A}\"}\n" },
	{ "no object", TEXT("[\"$${a}\"]"), ": [\"${a}\"]\n" },
	{ "the last changes first",
	    TEXT("{\"matrix\": {\"a\": [\"x\", \"y\"], \"b\": [1, 2]}, "
		 "\"t\": \"${a}${b}\"}"),
	    "a=x,b=1: {\"t\":\"x1\"}\n"
	    "a=x,b=2: {\"t\":\"x2\"}\n"
	    "a=y,b=1: {\"t\":\"y1\"}\n"
	    "a=y,b=2: {\"t\":\"y2\"}\n" },
	{ "types stay",
	    TEXT("{\"matrix\": {\"a\": {\"o\": {\"k\": [1]}, \"n\": null, "
		 "\"r\": 1.5, \"t\": true, \"s\": \"\"}}, \"v\": [\"${a}\"]}"),
	    "a=o: {\"v\":[{\"k\":[1]}]}\n"
	    "a=n: {\"v\":[null]}\n"
	    "a=r: {\"v\":[1.5]}\n"
	    "a=t: {\"v\":[true]}\n"
	    "a=s: {\"v\":[\"\"]}\n" },
	{ "keys",
	    TEXT("{\"matrix\": {\"a\": [\"x\", 7]}, \"${a}\": {\"k${a}\": "
		 "\"=${a}.\"}}"),
	    "a=x: {\"x\":{\"kx\":\"=x.\"}}\n"
	    "a=7: {\"7\":{\"k7\":\"=7.\"}}\n" },
	{ "values of values",
	    TEXT("{\"matrix\": {\"a\": [\"x\"], \"b\": {\"one\": {\"${a}\": "
		 "\"${a}!\"}}, \"c\": [\"<${a}>\"]}, \"v\": [\"${b}\", "
		 "\"${c}\"]}"),
	    "a=x,b=one,c=---a--: {\"v\":[{\"x\":\"x!\"},\"<x>\"]}\n" },
	{ "escaped",
	    TEXT("{\"matrix\": {\"a\": [\"x\"]}, \"v\": \"$${a} $$${a} "
		 "${a}$\"}"),
	    "a=x: {\"v\":\"${a} $${a} x$\"}\n" },
	{ "labels",
	    TEXT("{\"matrix\": {\"a\": [\"452 4.3.1 Full!\", \"\", false]}, "
		 "\"v\": \"${a}\"}"),
	    "a=452-4.3.1-Full-: {\"v\":\"452 4.3.1 Full!\"}\n"
	    "a=: {\"v\":\"\"}\n"
	    "a=false: {\"v\":false}\n" },
	{ "excluded by value, by name, and in part",
	    TEXT("{\"matrix\": {\"a\": [1, 2, 3], \"b\": {\"x\": \"long\", "
		 "\"y\": 0}, \"exclude\": [{\"a\": 1}, {\"a\": 2, \"b\": "
		 "\"x\"}, {\"a\": \"3\", \"b\": 0}]}, \"v\": \"${a}${b}\"}"),
	    "a=2,b=y: {\"v\":\"20\"}\n"
	    "a=3,b=x: {\"v\":\"3long\"}\n" },
};

static void
test_expand(void **state)
{
	const struct expand_row *row = *state;
	struct json_doc doc, variant;
	struct json_matrix m;
	struct buf made = { 0 };
	struct err err;

	assert_true(json_doc_parse(&doc, "f", row->text, &err));
	assert_true(json_matrix_read(&m, &doc, &err));
	for (size_t i = 0; i < m.count; i++) {
		assert_true(json_matrix_expand(&m, i, &variant, &err));
		json_matrix_label(&m, i, &made);
		json_object_del(variant.root, JSON_MATRIX_KEY);
		char *text = json_dumps(variant.root, JSON_COMPACT);
		buf_printf(&made, ": %s\n", text);
		free(text);
		json_doc_fini(&variant);
	}
	assert_string_equal(buf_cstr(&made), row->made);
	buf_fini(&made);
	json_matrix_fini(&m);
	json_doc_fini(&doc);
}

/* ---- what is wrong ---- */

struct wrong_row {
	const char *name;
	struct slice text;
	const char *error;
};

#define MATRIX(of) TEXT("{\"matrix\": " of ", \"v\": \"${a}\"}")
#define SIX(v)     v "1\"," v "2\"," v "3\"," v "4\"," v "5\"," v "6\""

static struct wrong_row wrong_rows[] = {
	{ "no object", MATRIX("[]"),
	    "f:1:12: /matrix: expected an object, got an array" },
	{ "empty", MATRIX("{}"),
	    "f:1:12: /matrix: expected a parameter, as in \"stage\": "
	    "[\"mail\", \"rcpt\"]" },
	{ "nothing but exclude", MATRIX("{\"exclude\": []}"),
	    "f:1:12: /matrix: expected a parameter, as in \"stage\": "
	    "[\"mail\", \"rcpt\"]" },
	{ "a name", MATRIX("{\"a-b\": [1]}"),
	    "f:1:13: /matrix: \"a-b\" cannot be the name of a parameter; "
	    "expected small letters, digits and \"_\", a letter first, at most "
	    "32" },
	{ "a scalar", MATRIX("{\"a\": 1}"),
	    "f:1:18: /matrix/a: expected an object or an array, got a "
	    "number" },
	{ "no values", MATRIX("{\"a\": []}"),
	    "f:1:18: /matrix/a: expected 1 to 1000 values, got 0" },
	{ "null", MATRIX("{\"a\": [1, null]}"),
	    "f:1:22: /matrix/a/1: expected a string, a number or a boolean; "
	    "other values need names, as in {\"name\": value}" },
	{ "two of a name", MATRIX("{\"a\": [\"x y\", \"x-y\"]}"),
	    "f:1:26: /matrix/a/1: another value is called \"x-y\" as well; "
	    "expected values that differ, or names, as in {\"name\": value}" },
	{ "a label", MATRIX("{\"a\": {\"x=y\": 1}}"),
	    "f:1:19: /matrix/a: \"x=y\" cannot be the name of a value; "
	    "expected letters, digits and \"._@:+/-\", at most 64" },
	{ "unknown",
	    TEXT("{\"matrix\": {\"stage\": [1]},\n \"v\": \"${stage} "
		 "in ${stge}\"}"),
	    "f:2:20: /v: there is no parameter \"stge\" (did you mean "
	    "\"stage\"?)" },
	{ "unknown without a matrix", TEXT("{\"v\": [\"x${other}\"]}"),
	    "f:1:10: /v/0: there is no parameter \"other\"; expected one of "
	    "\"matrix\", or $${other} for these characters" },
	{ "unknown in a key", TEXT("{\"v\": 0, \"${other}\": 1}"),
	    "f:1:10: there is no parameter \"other\"; expected one of "
	    "\"matrix\", or $${other} for these characters" },
	{ "before its turn", MATRIX("{\"a\": [\"${b}\"], \"b\": [1]}"),
	    "f:1:20: /matrix/a/0: there is no parameter \"b\" yet; expected "
	    "one that stands before it" },
	{ "of itself", MATRIX("{\"a\": [\"${a}\"]}"),
	    "f:1:20: /matrix/a/0: there is no parameter \"a\" yet; expected "
	    "one that stands before it" },
	{ "unused", MATRIX("{\"a\": [1],\n \"other\": [2]}"),
	    "f:2:2: /matrix: the parameter \"other\" is never used; expected "
	    "${other} somewhere" },
	{ "an object within a text",
	    TEXT("{\"matrix\": {\"a\": {\"x\": []}}, \"v\": \"is ${a}\"}"),
	    "f:1:39: /v: not all values of \"a\" are text or numbers; "
	    "expected it alone in the string" },
	{ "an object as a key",
	    TEXT("{\"matrix\": {\"a\": {\"x\": []}}, \"${a}\": 1}"),
	    "f:1:30: not all values of \"a\" are text or numbers" },
	{ "too many",
	    MATRIX("{\"a\": [" SIX("\"") "], \"b\": [" SIX(
		"\"") "], \"c\": "
		      "[" SIX("\"") "], \"d\": [" SIX("\"") "]}"),
	    "f:1:12: /matrix: more than 1000 combinations" },
	{ "exclude is no list", MATRIX("{\"a\": [1], \"exclude\": {}}"),
	    "f:1:34: /matrix/exclude: expected an array, got an object" },
	{ "excluded nothing", MATRIX("{\"a\": [1], \"exclude\": [{}]}"),
	    "f:1:35: /matrix/exclude/0: expected a parameter and its value" },
	{ "excluded an unknown one",
	    MATRIX("{\"stage\": [1], \"exclude\": [{\"stag\": 1}]}"),
	    "f:1:40: /matrix/exclude/0: there is no parameter \"stag\" (did "
	    "you mean \"stage\"?)" },
	{ "excluded another value",
	    MATRIX("{\"a\": [\"mail\"], \"exclude\": [{\"a\": \"mial\"}]}"),
	    "f:1:46: /matrix/exclude/0/a: \"a\" has no such value (did you "
	    "mean \"mail\"?)" },
	{ "all excluded", MATRIX("{\"a\": [1], \"exclude\": [{\"a\": 1}]}"),
	    "f:1:34: /matrix/exclude: no combination is left; expected one "
	    "that is not excluded" },
	{ "seventeen",
	    MATRIX("{\"a\":[1],\"b\":[1],\"c\":[1],\"d\":[1],\"e\":[1],"
		   "\"f\":[1],\"g\":[1],\"h\":[1],\"i\":[1],\"j\":[1],"
		   "\"k\":[1],\"l\":[1],\"m\":[1],\"n\":[1],\"o\":[1],"
		   "\"p\":[1],\n\"q\":[1]}"),
	    "f:2:1: /matrix: expected at most 16 parameters" },
	{ "a key twice",
	    TEXT("{\"matrix\": {\"a\": [\"x\"]},\n \"v\": {\"x\": 1, "
		 "\"${a}\": 2}}"),
	    "f:2:16: /v: duplicate key \"x\"" },
	{ "doubled sixteen times",
	    MATRIX("{\"z\": [\"0123456789abcdef0123456789abcdef\"],"
		   "\"b\": [\"${z}${z}${z}${z}\"],\"c\": [\"${b}${b}${b}${b}"
		   "\"],\"d\": [\"${c}${c}${c}${c}\"],\"e\": [\"${d}${d}${d}"
		   "${d}\"],\"f\": [\"${e}${e}${e}${e}\"],\"g\": [\"${f}${f}"
		   "${f}${f}\"],\"h\": [\"${g}${g}${g}${g}\"],\"i\": [\"${h}"
		   "${h}${h}${h}\"],\"j\": [\"${i}${i}${i}${i}\"],\"a\": "
		   "[\"${j}\"]}"),
	    "f:1:310: /v: the values of its parameters make the text longer "
	    "by more than 4194304 bytes" },
};

static void
test_wrong(void **state)
{
	const struct wrong_row *row = *state;
	struct json_doc doc, variant = { 0 };
	struct json_matrix m;
	struct err err;
	char message[1024];

	assert_true(json_doc_parse(&doc, "f", row->text, &err));
	assert_false(json_matrix_read(&m, &doc, &err) &&
	    json_matrix_expand(&m, 0, &variant, &err));
	assert_string_equal(
	    err_format(&err, message, sizeof(message)), row->error);
	assert_null(variant.root);
	json_matrix_fini(&m);
	json_doc_fini(&doc);
}

/* ---- places of a variant ---- */

static const char places_text[] =
    "{\"matrix\": {\"h\": {\"one\": {\"deep\": [1, 2]}}, \"k\": [\"name\"]},\n"
    " \"${k}\": {\"x\": 1,\n"
    "   \"y\": \"${h}\"},\n"
    " \"t\": \"a ${k} b\",\n"
    " \"p\": \"abc\"}";

struct place_row {
	const char *name;
	int line, col;
	bool found;
};

static struct place_row place_rows[] = {
	{ "/name", 2, 10, true },
	{ "/name/x", 2, 16, true },
	{ "/name/y", 3, 9, true },
	{ "/name/y/deep/1", 3, 9, true },
	{ "/name/y/deep/2", 3, 9, false },
	{ "/name/y/shallow", 3, 9, false },
	{ "/name/y/deep/1/no", 3, 9, false },
	{ "/t", 4, 7, true },
	{ "/p", 5, 7, true },
};

static void
variant_make(struct json_doc *doc)
{
	struct err err;

	assert_true(json_doc_parse_variant(
	    doc, "f", slice_cstr(places_text), SLICE("h=one,k=name"), &err));
}

static void
test_place(void **state)
{
	const struct place_row *row = *state;
	struct json_doc doc;
	struct json_at at;
	int line, col;

	variant_make(&doc);
	assert_int_equal(
	    json_doc_place(&doc, row->name, &line, &col), row->found);
	assert_int_equal(line, row->line);
	assert_int_equal(col, row->col);
	at = json_at_pointer(&doc, row->name);
	assert_int_equal(at.value != NULL, row->found);
	json_doc_fini(&doc);
}

/* A byte of a value has a place where the text has the value itself. */
static void
test_place_inside(void **state)
{
	struct json_doc doc;
	struct json_at root, at;
	struct err err;

	(void)state;
	variant_make(&doc);
	root = json_at_root(&doc);
	at = json_at_key(&root, "p");
	json_fail_inside(&at, 1, &err, "here");
	assert_int_equal(err.line * 100 + err.col, 509);
	at = json_at_key(&root, "t");
	json_fail_inside(&at, 7, &err, "here");
	assert_int_equal(err.line * 100 + err.col, 407);
	json_fail_key(&root, "name", &err, "here");
	assert_int_equal(err.line * 100 + err.col, 202);
	json_doc_fini(&doc);
}

/* ---- names ---- */

struct find_row {
	const char *name;
	struct slice text;
	const char *error; /* NULL: found */
};

#define TWO "{\"matrix\": {\"a\": [\"mail\", \"rcpt\"]}, \"v\": \"${a}\"}"

static struct find_row find_rows[] = {
	{ "", TEXT("{}"), NULL },
	{ "a=x", TEXT("{}"),
	    "f:1:1: it has no \"matrix\"; expected no [a=x] behind its name" },
	{ "a=rcpt", TEXT(TWO), NULL },
	{ "a=rcp", TEXT(TWO),
	    "f:1:12: /matrix: it has no case [a=rcp] (did you mean "
	    "[a=rcpt]?)" },
	{ "", TEXT(TWO),
	    "f:1:12: /matrix: one of its 2 cases must be named, as f[a=mail]" },
};

static void
test_find(void **state)
{
	const struct find_row *row = *state;
	struct json_doc doc;
	struct err err;
	char message[1024];
	bool found = json_doc_parse_variant(
	    &doc, "f", row->text, slice_cstr(row->name), &err);

	assert_int_equal(found, row->error == NULL);
	if (!found)
		assert_string_equal(
		    err_format(&err, message, sizeof(message)), row->error);
	json_doc_fini(&doc);
}

struct split_row {
	const char *name, *file, *label;
};

static struct split_row split_rows[] = {
	{ "a.json", "a.json", "" },
	{ "a.json[b=c]", "a.json", "b=c" },
	{ "a[1].json[b=c]", "a[1].json", "b=c" },
	{ "a.json[]", "a.json", "" },
	{ "[a]", "[a]", "" },
	{ "a]", "a]", "" },
	{ "", "", "" },
};

static void
test_split(void **state)
{
	const struct split_row *row = *state;
	struct slice file, label;

	json_variant_split(slice_cstr(row->name), &file, &label);
	assert_true(slice_eq(file, slice_cstr(row->file)));
	assert_true(slice_eq(label, slice_cstr(row->label)));
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, expand_rows, test_expand);
	ROWS(&kit, wrong_rows, test_wrong);
	ROWS(&kit, place_rows, test_place);
	TEST(&kit, test_place_inside);
	ROWS(&kit, find_rows, test_find);
	ROWS(&kit, split_rows, test_split);
	return kit_run(&kit, "matrix");
}
