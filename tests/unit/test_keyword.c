/* SPDX-License-Identifier: MIT */
/* Expressions of -k: what they choose, and what is wrong with them. */
#include "harness/run/keyword.h"

#include "core/base/buf.h"
#include "tests/unit/kit.h"

static const char *const tags[] = { "slow", "tls-1.2" };
static const struct keyword_names names = {
	"scenarios/tls/expired.scenario.json",
	"An expired certificate: the next host, no such user",
	"RFC 3207",
	tags,
	ARRAY_LEN(tags),
};

static struct row {
	const char *name; /* the expression */
	bool holds;
} rows[] = {
	{ "expired", true },
	{ "EXPIRED", true },
	{ "weak", false },
	{ "3207", true },
	{ "scenarios/tls/", true },
	{ "not weak", true },
	{ "not not weak", false },
	{ "not expired", false },
	{ "expired and tls", true },
	{ "expired and weak", false },
	{ "weak or tls", true },
	{ "weak or bounce", false },
	{ "weak and weak or tls", true },
	{ "tls or weak and weak", true },
	{ "(tls or weak) and weak", false },
	{ "not weak and tls", true },
	{ "not (weak and tls)", true },
	{ "not (expired and tls)", false },
	{ " ( ( expired ) ) ", true },
	{ "(expired)and(tls)", true },
	{ "@slow", true },
	{ "@SLOW", true },
	{ "@slo", false },
	{ "slo", true },
	{ "@tls", false },
	{ "@tls-1.2", true },
	{ "not @slow", false },
	{ "'no such user'", true },
	{ "\"no such user\"", true },
	{ "'such no'", false },
	{ "'not' or weak", false },
	{ "nothing", false },
	{ "order", false },
};

static void
test_holds(void **state)
{
	const struct row *row = *state;
	struct err err;
	struct keyword *k = keyword_parse(slice_cstr(row->name), &err);

	assert_non_null(k);
	assert_int_equal(keyword_holds(k, &names), row->holds);
	keyword_destroy(&k);
	assert_null(k);
}

static struct wrong_row {
	const char *name; /* the expression */
	const char *said;
} wrong_rows[] = {
#define OPERAND                                                                \
	"expected a word, \"not\" or \"(\"; to look for \"and\", \"or\" or "   \
	"\"not\", quote it"
	{ "", "column 1: " OPERAND },
	{ "  ", "column 3: " OPERAND },
	{ "a and", "column 6: " OPERAND },
	{ "and a", "column 1: " OPERAND },
	{ "a or or b", "column 6: " OPERAND },
	{ "not", "column 4: " OPERAND },
	{ "()", "column 2: " OPERAND },
	{ "a b", "column 3: expected \"and\" or \"or\"" },
	{ "a not b", "column 3: expected \"and\" or \"or\"" },
	{ "(a", "column 1: the parenthesis is not closed" },
	{ "((a)", "column 1: the parenthesis is not closed" },
	{ "(a b)", "column 4: expected \"and\", \"or\" or \")\"" },
	{ "a)", "column 2: no parenthesis is open here" },
	{ "a 'b", "column 3: the quote is not closed" },
	{ "(a 'b", "column 4: the quote is not closed" },
	{ "''", "column 1: expected a text between the quotes" },
	{ "a or @", "column 6: expected a tag behind \"@\"" },
};

static void
test_wrong(void **state)
{
	const struct wrong_row *row = *state;
	struct err err;

	assert_null(keyword_parse(slice_cstr(row->name), &err));
	assert_string_equal(err.msg, row->said);
}

/* As many as may be, and one more. */
static void
test_bounds(void **state)
{
	struct buf text = { 0 };
	struct keyword *k;
	struct err err;

	(void)state;
	for (int i = 0; i < KEYWORD_DEPTH_MAX; i++)
		buf_append_cstr(&text, "not ");
	buf_append_cstr(&text, "weak");
	k = keyword_parse(buf_slice(&text), &err);
	assert_false(keyword_holds(k, &names));
	keyword_destroy(&k);
	buf_clear(&text);
	for (int i = 0; i <= KEYWORD_DEPTH_MAX; i++)
		buf_append_cstr(&text, "(");
	assert_null(keyword_parse(buf_slice(&text), &err));
	assert_string_equal(err.msg, "column 51: this is nested too deep");
	buf_clear(&text);
	for (int i = 0; i < KEYWORD_WORDS_MAX; i++)
		buf_append_cstr(&text, i > 0 ? " or x" : "x");
	k = keyword_parse(buf_slice(&text), &err);
	assert_true(keyword_holds(k, &names));
	keyword_destroy(&k);
	buf_append_cstr(&text, " or x");
	assert_null(keyword_parse(buf_slice(&text), &err));
	assert_string_equal(err.msg, "column 1001: these are too many words");
	buf_fini(&text);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_holds);
	ROWS(&kit, wrong_rows, test_wrong);
	TEST(&kit, test_bounds);
	return kit_run(&kit, "keyword");
}
