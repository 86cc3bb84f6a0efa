/* SPDX-License-Identifier: MIT */
/* "Did you mean": distances, and what is near enough to be said. */
#include "core/base/suggest.h"

#include "tests/unit/kit.h"

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static struct distance_row {
	const char *name;
	const char *a, *b;
	size_t want;
} distance_rows[] = {
	{ "distance: the same", "delay", "delay", 0 },
	{ "distance: without case", "Delay", "dELAY", 0 },
	{ "distance: insert", "dlay", "delay", 1 },
	{ "distance: insert at the end", "dela", "delay", 1 },
	{ "distance: delete", "delayy", "delay", 1 },
	{ "distance: replace", "dekay", "delay", 1 },
	{ "distance: swap neighbours", "dealy", "delay", 1 },
	{ "distance: swap at the start", "edlay", "delay", 1 },
	{ "distance: two swaps", "edlya", "delay", 2 },
	{ "distance: a swap of equals is none", "aab", "aba", 1 },
	{ "distance: a swap over a gap is two", "abc", "cba", 2 },
	{ "distance: nothing to something", "", "delay", 5 },
	{ "distance: nothing to nothing", "", "", 0 },
	{ "distance: nothing in common", "abc", "xyz", 3 },
	{ "distance: the longest word counted", X64, &X64[1], 1 },
	{ "distance: too long to count", X64 "x", X64 "x", 65 },
};

static void
test_distance(void **state)
{
	const struct distance_row *r = *state;
	struct slice a = slice_cstr(r->a), b = slice_cstr(r->b);

	assert_int_equal(suggest_distance(a, b), r->want);
	assert_int_equal(suggest_distance(b, a), r->want);
}

static struct result_row {
	const char *name;
	const char *word;
	const char *want;
} result_rows[] = {
	{ "result: a swap", "dealy", "delay" },
	{ "result: a short word may miss one letter", "rply", "reply" },
	{ "result: ... not two", "dp", NULL },
	{ "result: a long word may miss a third", "probbiliti", "probability" },
	{ "result: nothing like it", "banana", NULL },
	{ "result: the empty word", "", NULL },
	{ "result: the first of equals", "drp", "drip" },
};

static void
test_result(void **state)
{
	static const char *const names[] = { "reply", "delay", "drip", "drop",
		"probability" };
	const struct result_row *r = *state;
	struct suggest s = { .word = slice_cstr(r->word) };
	const char *got;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		suggest_offer(&s, names[i]);
	got = suggest_result(&s);
	if (r->want == NULL)
		assert_null(got);
	else
		assert_slice(slice_cstr(got), r->want);
}

static void
test_no_offer_no_result(void **state)
{
	struct suggest s = { .word = SLICE("x") };

	(void)state;
	assert_null(suggest_result(&s));
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, distance_rows, test_distance);
	ROWS(&kit, result_rows, test_result);
	TEST(&kit, test_no_offer_no_result);
	return kit_run(&kit, "suggest");
}
