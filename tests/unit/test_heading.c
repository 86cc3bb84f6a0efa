/* SPDX-License-Identifier: MIT */
/* The names of scenario files, right ones and others. */
#include "harness/plan/heading.h"

#include "tests/unit/kit.h"

static struct row {
	const char *name;
	const char *text;
	const char *title, *case_name;
	uint64_t seed;
	const char *tags;    /* each with a space behind it */
	const char *variant; /* of the last one; "": there is no other */
} rows[] = {
	{ "all",
	    "{\"title\": \"T\", \"case\": \"C\", \"seed\": 7, \"tags\": "
	    "[\"a\", \"b\"]}",
	    "T", "C", 7, "a b ", "" },
	{ "one tag", "{\"tags\": \"a\"}", "", "", 1, "a ", "" },
	{ "none", "{}", "", "", 1, "", "" },
	{ "other types",
	    "{\"title\": 1, \"case\": [], \"seed\": \"x\", \"tags\": [1, "
	    "\"b\"]}",
	    "", "", 1, "b ", "" },
	{ "seed out of range", "{\"seed\": -1}", "", "", 1, "", "" },
	{ "variants",
	    "{\"matrix\": {\"a\": [\"x\", \"y\"]}, \"title\": \"T ${a}\", "
	    "\"tags\": [\"${a}\"]}",
	    "T y", "", 1, "y ", "a=y" },
	{ "a matrix that is wrong",
	    "{\"matrix\": {\"a\": [\"x\"]}, \"title\": \"T ${b}\"}", "T ${b}",
	    "", 1, "", "" },
};

static void
test_heading(void **state)
{
	const struct row *row = *state;
	struct arena arena = { 0 };
	struct buf said = { 0 };
	struct heading *headings, h;
	size_t count;

	headings =
	    heading_read("f", slice_cstr(row->text), &arena, &count, NULL);
	assert_non_null(headings);
	h = headings[count - 1];
	assert_string_equal(h.title, row->title);
	assert_string_equal(h.case_name, row->case_name);
	assert_int_equal(h.seed, row->seed);
	for (size_t i = 0; i < h.tag_count; i++)
		buf_printf(&said, "%s ", h.tags[i]);
	assert_slice(buf_slice(&said), row->tags);
	assert_int_equal(count, row->variant[0] != '\0' ? 2 : 1);
	assert_string_equal(h.variant, row->variant);
	buf_fini(&said);
	arena_fini(&arena);
}

static struct wrong_row {
	const char *name, *text, *error;
} wrong_rows[] = {
	{ "no object", " [1]", "f:1:2: expected an object, got an array" },
	{ "no JSON", "Dear diary", "f:1:1: expected a value, got \"Dear\"" },
	{ "nothing", "", "f:1:1: expected a value, got the end of the text" },
};

static void
test_wrong(void **state)
{
	const struct wrong_row *row = *state;
	struct arena arena = { 0 };
	size_t count;
	char text[256];
	struct err err;

	assert_null(
	    heading_read("f", slice_cstr(row->text), &arena, &count, &err));
	assert_string_equal(err_format(&err, text, sizeof(text)), row->error);
	arena_fini(&arena);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, wrong_rows, test_wrong);
	ROWS(&kit, rows, test_heading);
	return kit_run(&kit, "heading");
}
