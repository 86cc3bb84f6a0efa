/* SPDX-License-Identifier: MIT */
/* Operating errors: place, message, prefix, and texts that do not fit. */
#include "core/base/err.h"

#include "tests/unit/kit.h"

static struct format_row {
	const char *name;
	const char *file;
	int line, col;
	const char *want;
} format_rows[] = {
	{ "format: file, line and column", "a.json", 17, 22,
	    "a.json:17:22: no" },
	{ "format: file and line", "a.json", 17, 0, "a.json:17: no" },
	{ "format: file", "a.json", 0, 0, "a.json: no" },
	{ "format: a column needs a line", "a.json", 0, 5, "a.json: no" },
	{ "format: nothing", NULL, 0, 0, "no" },
};

static void
test_format(void **state)
{
	const struct format_row *r = *state;
	struct err err;
	char text[80];

	assert_false(err_at(&err, r->file, r->line, r->col, "%s", "no"));
	assert_string_equal(err_format(&err, text, sizeof(text)), r->want);
}

static void
test_set_forgets_the_place(void **state)
{
	struct err err;
	char text[80];

	(void)state;
	(void)err_at(&err, "a.json", 1, 2, "first");
	assert_false(err_set(&err, "second %d", 2));
	assert_string_equal(err_format(&err, text, sizeof(text)), "second 2");
}

static void
test_prefix_keeps_the_place(void **state)
{
	struct err err;
	char text[80];

	(void)state;
	(void)err_at(&err, "a.json", 1, 2, "inner");
	assert_false(err_prefix(&err, "%s: ", "middle"));
	assert_false(err_prefix(&err, "outer: "));
	assert_string_equal(err_format(&err, text, sizeof(text)),
	    "a.json:1:2: outer: middle: inner");
}

/* What is quoted moves no cursor and rings no bell. */
static void
test_control_characters_are_not_shown(void **state)
{
	static const char want[] = "a?[2Jb?c?d\xc3\xa4";
	struct err err;

	(void)state;
	(void)err_set(&err, "%s", "a\033[2Jb\177c\nd\xc3\xa4");
	assert_string_equal(err.msg, want);
	(void)err_at(&err, "f", 1, 1, "%s", "a\033[2Jb\177c\nd\xc3\xa4");
	assert_string_equal(err.msg, want);
	(void)err_prefix(&err, "%s: ", "\a");
	assert_true(strncmp(err.msg, "?: a?[", 6) == 0);
	/* U+009B begins what ESC [ does; U+00A0 and U+045B do not. */
	(void)err_at(&err, "\033[31m\xc2\x9b", 0, 0, "%s",
	    "\xc2\x80\xc2\x9b\xc2\xa0\xd1\x9b\xc2");
	assert_string_equal(err.msg, "????\xc2\xa0\xd1\x9b\xc2");
	assert_string_equal(err.file, "?[31m??");
}

static void
test_long_texts_are_cut(void **state)
{
	static char longer[2 * ERR_MSG_MAX];
	struct err err;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	(void)err_at(&err, longer, 1, 1, "%s", longer);
	assert_int_equal(strlen(err.file), ERR_FILE_MAX - 1);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	(void)err_prefix(&err, "before: ");
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	assert_memory_equal(err.msg, "before: xxx", 11);
	(void)err_prefix(&err, "%s", longer);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
}

static void
test_format_into_little_room(void **state)
{
	struct err err;
	char text[8];

	(void)state;
	(void)err_at(&err, "a.json", 17, 22, "no");
	assert_string_equal(err_format(&err, text, sizeof(text)), "a.json:");
	assert_string_equal(err_format(&err, text, 1), "");
}

static void
test_list_counts_what_it_cannot_keep(void **state)
{
	struct err_list list = { 0 };

	(void)state;
	for (int i = 1; i <= ERR_LIST_MAX; i++)
		(void)err_at(err_list_next(&list), "t", i, 1, "wrong");
	assert_null(err_list_next(&list));
	assert_int_equal(list.count, ERR_LIST_MAX);
	assert_int_equal(list.total, ERR_LIST_MAX + 1);
	assert_int_equal(list.list[ERR_LIST_MAX - 1].line, ERR_LIST_MAX);
	err_list_fini(&list);
	assert_int_equal(list.total, 0);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, format_rows, test_format);
	TEST(&kit, test_set_forgets_the_place);
	TEST(&kit, test_prefix_keeps_the_place);
	TEST(&kit, test_control_characters_are_not_shown);
	TEST(&kit, test_long_texts_are_cut);
	TEST(&kit, test_format_into_little_room);
	TEST(&kit, test_list_counts_what_it_cannot_keep);
	return kit_run(&kit, "err");
}
