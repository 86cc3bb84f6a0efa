/* SPDX-License-Identifier: MIT */
/* Escapes, replies and lists as they stand in a line, and back. */
#include "core/maillog/text.h"

#include "core/maillog/maillog.h"

/* cmocka.h wants these. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Plain bytes and how they stand in quotes and without. */
static const struct text_case {
	struct slice plain;
	const char *quoted, *bare;
} texts[] = {
	{ SLICE_INIT(""), "''", "" },
	{ SLICE_INIT("full"), "'full'", "full" },
	{ SLICE_INIT("it's"), "\"it's\"", "it's" },
	{ SLICE_INIT("a \"b\""), "'a \"b\"'", "a \"b\"" },
	{ SLICE_INIT("it's \"b\""), "'it\\'s \"b\"'", "it's \"b\"" },
	{ SLICE_INIT("a\\n"), "'a\\\\n'", "a\\\\n" },
	{ SLICE_INIT("a\r\nb\tc"), "'a\\r\\nb\\tc'", "a\\r\\nb\\tc" },
	{ SLICE_INIT("\0\x1b\x7f"), "'\\x00\\x1b\\x7f'", "\\x00\\x1b\\x7f" },
	{ SLICE_INIT(" a "), "' a '", "\\x20a\\x20" },
	{ SLICE_INIT("gr\xc3\xbc\xc3\x9f"), "'gr\xc3\xbc\xc3\x9f'",
	    "gr\xc3\xbc\xc3\x9f" },
	{ SLICE_INIT("\xf0\x9f\x93\xa8"), "'\xf0\x9f\x93\xa8'",
	    "\xf0\x9f\x93\xa8" },
	/* Latin-1; overlong; surrogate; past the last plane; cut short. */
	{ SLICE_INIT("gr\xfc\xdf"), "'gr\\xfc\\xdf'", "gr\\xfc\\xdf" },
	{ SLICE_INIT("\xc0\x8a"), "'\\xc0\\x8a'", "\\xc0\\x8a" },
	{ SLICE_INIT("\xe0\x80\x8a"), "'\\xe0\\x80\\x8a'", "\\xe0\\x80\\x8a" },
	{ SLICE_INIT("\xed\xa0\x80"), "'\\xed\\xa0\\x80'", "\\xed\\xa0\\x80" },
	{ SLICE_INIT("\xf4\x90\x80\x80"), "'\\xf4\\x90\\x80\\x80'",
	    "\\xf4\\x90\\x80\\x80" },
	{ SLICE_INIT("\xe2\x82"), "'\\xe2\\x82'", "\\xe2\\x82" },
	/* Ends of lines to readers of Unicode: NEL, LS, PS. */
	{ SLICE_INIT("\xc2\x85"), "'\\xc2\\x85'", "\\xc2\\x85" },
	{ SLICE_INIT("\xe2\x80\xa8"), "'\\xe2\\x80\\xa8'", "\\xe2\\x80\\xa8" },
	{ SLICE_INIT("\xe2\x80\xa9"), "'\\xe2\\x80\\xa9'", "\\xe2\\x80\\xa9" },
};

static void
assert_buf(struct buf *got, struct slice want)
{
	assert_int_equal(buf_len(got), want.len);
	assert_memory_equal(buf_cstr(got), want.at, want.len);
}

static void
test_text(void **state)
{
	const struct text_case *c = *state;
	struct slice quoted = slice_cstr(c->quoted);
	struct slice inside = slice_sub(quoted, 1, quoted.len - 2);
	struct buf out = { 0 }, back = { 0 };

	text_put_quoted(&out, c->plain);
	assert_string_equal(buf_cstr(&out), c->quoted);
	assert_int_equal(text_quoted_end(buf_slice(&out), 0), buf_len(&out));
	buf_clear(&out);
	text_put_requoted(&out, inside);
	assert_string_equal(buf_cstr(&out), c->quoted);
	maillog_unescape(&back, inside);
	assert_buf(&back, c->plain);
	buf_clear(&out);
	maillog_escape(&out, c->plain);
	assert_string_equal(buf_cstr(&out), c->bare);
	buf_clear(&back);
	maillog_unescape(&back, buf_slice(&out));
	assert_buf(&back, c->plain);
	buf_fini(&out);
	buf_fini(&back);
}

static void
test_every_byte_comes_back(void **state)
{
	struct buf out = { 0 }, back = { 0 };
	char bytes[3] = "\\xx";

	(void)state;
	for (int c = 0; c < 256; c++) {
		bytes[1] = (char)c;
		buf_clear(&out);
		maillog_escape(&out, slice_of(bytes, 3));
		buf_clear(&back);
		maillog_unescape(&back, buf_slice(&out));
		assert_buf(&back, slice_of(bytes, 3));
	}
	buf_fini(&out);
	buf_fini(&back);
}

static void
test_unescape_keeps_what_is_no_escape(void **state)
{
	struct buf out = { 0 };

	(void)state;
	maillog_unescape(&out, SLICE("a\\q \\x4 \\xzz \\"));
	assert_string_equal(buf_cstr(&out), "a\\q \\x4 \\xzz \\");
	buf_fini(&out);
}

static const struct reply_case {
	unsigned code;
	size_t count;
	struct slice lines[3];
	const char *details, *list;
} replies[] = {
	{ 431, 1, { SLICE_INIT("4.3.1 Mail system full") },
	    "431-'4.3.1 Mail system full'", "'4.3.1 Mail system full'" },
	{ 431, 2, { SLICE_INIT("mx1 ESMTP"), SLICE_INIT("Mail system full") },
	    "431-'mx1 ESMTP\\nMail system full'",
	    "'mx1 ESMTP', 'Mail system full'" },
	{ 550, 2, { SLICE_INIT("it's"), SLICE_INIT("gone") },
	    "550-\"it's\\ngone\"", "\"it's\", 'gone'" },
	{ 550, 2, { SLICE_INIT("it's"), SLICE_INIT("\"gone\"") },
	    "550-'it\\'s\\n\"gone\"'", "\"it's\", '\"gone\"'" },
	{ 0, 1, { SLICE_INIT("timeout") }, "'timeout'", "'timeout'" },
	{ 550, 1, { SLICE_INIT("'], ['\r\n") }, "550-\"'], ['\\r\\n\"",
	    "\"'], ['\\r\\n\"" },
};

static void
check_reply_list(const struct reply_case *c)
{
	struct buf out = { 0 };
	struct slice rest, line;

	maillog_reply_list(&out, c->lines, c->count);
	assert_string_equal(buf_cstr(&out), c->list);
	rest = buf_slice(&out);
	for (size_t i = 0; i < c->count; i++) {
		struct buf plain = { 0 };

		assert_true(maillog_line_next(&rest, &line));
		maillog_unescape(&plain, line);
		assert_buf(&plain, c->lines[i]);
		buf_fini(&plain);
	}
	assert_false(maillog_line_next(&rest, &line));
	buf_fini(&out);
}

static void
test_reply(void **state)
{
	const struct reply_case *c = *state;
	struct buf out = { 0 };
	struct slice text;
	unsigned code;

	maillog_reply_details(&out, c->code, c->lines, c->count);
	assert_string_equal(buf_cstr(&out), c->details);
	check_reply_list(c);
	if (c->code > 0) {
		assert_true(
		    maillog_details_reply(buf_slice(&out), &code, &text));
		assert_int_equal(code, c->code);
		assert_int_equal(text.len, buf_len(&out) - 6);
	}
	buf_fini(&out);
}

static void
test_details_that_are_no_reply(void **state)
{
	static const char *const details[] = { "", "EOF", "timeout",
		"[Errno 54] Connection reset by peer", "431", "43-'x'" };
	struct slice text;
	unsigned code;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(details); i++)
		assert_false(maillog_details_reply(
		    slice_cstr(details[i]), &code, &text));
	/* The broken quote of Cisco document 117875. */
	assert_true(maillog_details_reply(
	    SLICE("431-? ESMTP\\nMail system full'"), &code, &text));
	assert_int_equal(code, 431);
	assert_true(slice_eq(text, SLICE("? ESMTP\\nMail system full'")));
}

static void
test_broken_list_is_one_line(void **state)
{
	struct slice rest = SLICE("4.3.1 Insufficent system resources'");
	struct slice line;

	(void)state;
	assert_true(maillog_line_next(&rest, &line));
	assert_int_equal(line.len, 35);
	assert_false(maillog_line_next(&rest, &line));
}

static void
test_rids(void **state)
{
	struct buf rids = { 0 };
	struct slice rest;
	uint64_t rid;

	(void)state;
	for (uint64_t i = 0; i < 2000; i++)
		maillog_rids_add(&rids, i);
	rest = buf_slice(&rids);
	assert_true(slice_starts_with(rest, SLICE("0, 1, 2, ")));
	for (uint64_t i = 0; i < 2000; i++) {
		assert_true(maillog_rid_next(&rest, &rid));
		assert_int_equal(rid, i);
	}
	assert_false(maillog_rid_next(&rest, &rid));
	rest = SLICE("3,,4 ,");
	assert_true(maillog_rid_next(&rest, &rid) && rid == 3);
	assert_true(maillog_rid_next(&rest, &rid) && rid == 4);
	assert_false(maillog_rid_next(&rest, &rid));
	buf_fini(&rids);
}

/* cmocka's state is not const; the tests only read it. */
static struct CMUnitTest
row_test(const char *name, CMUnitTestFunction test, const void *row)
{
	union {
		const void *row;
		void *state;
	} shared = { .row = row };

	return (struct CMUnitTest){
		.name = name, .test_func = test, .initial_state = shared.state
	};
}

int
main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(test_every_byte_comes_back),
		cmocka_unit_test(test_unescape_keeps_what_is_no_escape),
		cmocka_unit_test(test_details_that_are_no_reply),
		cmocka_unit_test(test_broken_list_is_one_line),
		cmocka_unit_test(test_rids),
	};
	static struct CMUnitTest
	    tests[ARRAY_LEN(texts) + ARRAY_LEN(replies) + ARRAY_LEN(others)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		tests[n++] = row_test(texts[i].quoted, test_text, &texts[i]);
	for (size_t i = 0; i < ARRAY_LEN(replies); i++)
		tests[n++] =
		    row_test(replies[i].details, test_reply, &replies[i]);
	memcpy(&tests[n], others, sizeof(others));
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
