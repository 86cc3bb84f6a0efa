/* SPDX-License-Identifier: MIT */
/* The patterns of log expectations: what they match, bind, and nearly match. */
#include "harness/expect/pattern.h"
#include "tests/unit/kit.h"

static struct match_row {
	const char *name, *pattern, *text;
	bool matches;
	const char *bound; /* value of the first name, or NULL */
} match_rows[] = {
	{ "whole", "DCID 1 close", "DCID 1 close", true, NULL },
	{ "a word within", "close", "DCID 1 close", true, NULL },
	{ "words at the start", "DCID 1", "DCID 1 close", true, NULL },
	{ "not the start of a word", "DCID 1", "DCID 12 close", false, NULL },
	{ "not the end of a word", "ID 1", "DCID 1 close", false, NULL },
	{ "case counts", "dcid", "DCID 1 close", false, NULL },
	{ "longer than the text", "DCID 1 close now", "DCID 1 close", false,
	    NULL },
	{ "a space at the end", "DCID ", "DCID 1 close", true, NULL },
	{ "a name", "DCID {d} close", "DCID 17 close", true, "17" },
	{ "a name at the end", "MID {m}", "DCID 1 MID 23 to RID", true, "23" },
	{ "a name is never empty", "MID {m} done", "MID  done", false, NULL },
	{ "a name has no space", "DCID {d} close", "DCID 1 2 close", false,
	    NULL },
	{ "a list is a word", "to RID {r}", "MID 1 to RID [0, 1]", true,
	    "[0, 1]" },
	{ "a list before more", "RID {r} pending", "to RID [0, 1] pending till",
	    true, "[0, 1]" },
	{ "a bracket that stays open", "{w} b", "[a b", true, "[a" },
	{ "within a word", "<{a}@x>", "from <me@x> ok", true, "me" },
	{ "a name that repeats", "{a} and {a}", "x and x", true, "x" },
	{ "a name that does not", "{a} and {a}", "x and y", false, NULL },
	{ "a name that repeats further on", "{a} is {a}", "b c is c", true,
	    "c" },
	{ "anything", "IP {} port", "IP 10.1.1.1 a b port 25", true, NULL },
	{ "anything is nothing, too", "IP{} port", "IP port", true, NULL },
	{ "anything at the end", "IP {}", "IP 10.1.1.1 port", true, NULL },
	{ "only anything", "{}", "", true, NULL },
	{ "a brace", "a {{b}", "a {b}", true, NULL },
	{ "an empty text", "a", "", false, NULL },
};

static void
test_match(void **state)
{
	const struct match_row *row = *state;
	struct pattern_bindings none = { 0 }, found;
	struct pattern_names names = { 0 };
	struct arena arena = { 0 };
	struct pattern pattern;
	const char *why;
	size_t offset;

	assert_true(pattern_parse(
	    slice_cstr(row->pattern), &names, &arena, &pattern, &why, &offset));
	bool matches =
	    pattern_match(&pattern, slice_cstr(row->text), &none, &found, NULL);
	assert_int_equal(matches, row->matches);
	if (row->bound != NULL)
		assert_slice(found.value[0], row->bound);
	else
		assert_null(found.value[0].at);
	arena_fini(&arena);
}

static struct error_row {
	const char *name, *pattern, *why;
	size_t offset;
} error_rows[] = {
	{ "open", "DCID {d",
	    "\"{\" without its \"}\" (a \"{\" itself is \"{{\")", 5 },
	{ "bad name", "{a} {b c}",
	    "a name in braces has letters, digits and \"_\" only (a \"{\" "
	    "itself is \"{{\")",
	    4 },
	{ "too many", "{a}{b}{c}{d}{e}{f}{g}{h}{i}{j}{k}{l}{m}{n}{o}{p}{a}{q}",
	    "an expectation has at most 16 names", 51 },
};

static void
test_error(void **state)
{
	const struct error_row *row = *state;
	struct pattern_names names = { 0 };
	struct arena arena = { 0 };
	struct pattern pattern;
	const char *why = "";
	size_t offset = 0;

	assert_false(pattern_parse(
	    slice_cstr(row->pattern), &names, &arena, &pattern, &why, &offset));
	assert_string_equal(why, row->why);
	assert_int_equal(offset, row->offset);
	arena_fini(&arena);
}

static struct miss_row {
	const char *name, *pattern, *text;
	const char *matched;   /* the beginning of the pattern */
	const char *text_rest; /* behind what it matched */
} miss_rows[] = {
	{ "a number", "DCID {d} port 25", "DCID 3 port 26", "DCID {d} port 2",
	    "6" },
	{ "at once", "DCID", "ICID 1", "", "ICID 1" },
	{ "the best start counts", "a b c", "a x a b d", "a b ", "d" },
	{ "behind anything", "a {} z 1", "a b z 2", "a {} z ", "2" },
	{ "an end within a word", "DCID 1", "DCID 12", "DCID 1", "2" },
};

static struct words_row {
	const char *name, *pattern, *text;
	const char *bound; /* what the first name is bound to, or NULL */
	const char *words; /* behind the head "line 7: " */
} words_rows[] = {
	{ "where a text differs", "DCID {d} port 25", "New DCID 3 port 26 x",
	    NULL,
	    "line 7: New DCID 3 port 26 x\n"
	    "                         ^\n"
	    "        wanted there: \"5\"" },
	{ "where a name is another",
	    "MID {m} to RID [0] and then some more "
	    "of it",
	    "DCID 12 MID 2 to RID [0]", "17",
	    "line 7: DCID 12 MID 2 to RID [0]\n"
	    "                    ^\n"
	    "        wanted there: \"{m} to RID [0] and then some more of "
	    "it\", {m} being 17" },
	{ "more is wanted than is shown",
	    "a 12345678901234567890123456789012"
	    "34567890123",
	    "a x", NULL,
	    "line 7: a x\n"
	    "          ^\n"
	    "        wanted there: \"1234567890123456789012345678901234567890"
	    "...\"" },
	{ "the text ends", "a b c", "a b", NULL,
	    "line 7: a b\n"
	    "           ^\n"
	    "        wanted there: \" c\"" },
	{ "a word goes on", "DCID 1", "DCID 12", NULL,
	    "line 7: DCID 12\n"
	    "              ^\n"
	    "        a word should end there" },
	{ "far inside", "Info: {} DCID 1 end",
	    "Wed Jul  2 09:15:07 2014 Info: Connection Error: some more of it "
	    "before DCID 1 x, and so on until it is too long to be shown, with "
	    "dots",
	    NULL,
	    "line 7: ...on Error: some more of it before DCID 1 x, and so on "
	    "until it is too l...\n"
	    "                                                   ^\n"
	    "        wanted there: \"end\"" },
	{ "characters, not bytes", "\xc3\xa4\xc3\xb6 b", "\xc3\xa4\xc3\xb6\t b",
	    NULL,
	    "line 7: \xc3\xa4\xc3\xb6? b\n"
	    "          ^\n"
	    "        wanted there: \" b\"" },
};

static void
test_words(void **state)
{
	const struct words_row *row = *state;
	struct pattern_bindings known = { 0 };
	struct pattern_names names = { 0 };
	struct arena arena = { 0 };
	struct pattern pattern;
	struct pattern_miss miss;
	struct buf out = { 0 };
	const char *why;
	size_t offset;

	assert_true(pattern_parse(
	    slice_cstr(row->pattern), &names, &arena, &pattern, &why, &offset));
	if (row->bound != NULL)
		known.value[0] = slice_cstr(row->bound);
	assert_false(pattern_match(
	    &pattern, slice_cstr(row->text), &known, NULL, &miss));
	pattern_miss_format(&pattern, slice_cstr(row->text), &miss, &known,
	    SLICE("line 7: "), &out);
	assert_slice(buf_slice(&out), row->words);
	buf_fini(&out);
	arena_fini(&arena);
}

static void
test_miss(void **state)
{
	const struct miss_row *row = *state;
	struct pattern_bindings none = { 0 };
	struct pattern_names names = { 0 };
	struct arena arena = { 0 };
	struct pattern pattern;
	struct pattern_miss miss;
	const char *why;
	size_t offset;

	assert_true(pattern_parse(
	    slice_cstr(row->pattern), &names, &arena, &pattern, &why, &offset));
	assert_false(
	    pattern_match(&pattern, slice_cstr(row->text), &none, NULL, &miss));
	assert_slice(slice_sub(pattern.written, 0, miss.matched), row->matched);
	assert_slice(
	    slice_skip(slice_cstr(row->text), miss.text_end), row->text_rest);
	arena_fini(&arena);
}

/* What one line bound must stand in the next. */
static void
test_known(void **state)
{
	struct pattern_bindings bound = { 0 }, found;
	struct pattern_names names = { 0 };
	struct arena arena = { 0 };
	struct pattern first, second;
	struct pattern_miss miss;
	const char *why;
	size_t offset;

	(void)state;
	assert_true(pattern_parse(
	    SLICE("New DCID {a}"), &names, &arena, &first, &why, &offset));
	assert_true(pattern_parse(SLICE("{b}: DCID {a} gone"), &names, &arena,
	    &second, &why, &offset));
	assert_int_equal(names.count, 2);
	assert_true(
	    pattern_match(&first, SLICE("New DCID 7"), &bound, &bound, NULL));
	assert_false(pattern_match(
	    &second, SLICE("Error: DCID 8 gone"), &bound, &found, &miss));
	assert_null(found.value[1].at);
	assert_slice(found.value[0], "7");
	assert_int_equal(miss.text_end, strlen("Error: DCID "));
	assert_true(pattern_match(
	    &second, SLICE("Error: DCID 7 gone"), &bound, &found, &miss));
	assert_slice(found.value[1], "Error");
	arena_fini(&arena);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, match_rows, test_match);
	ROWS(&kit, error_rows, test_error);
	ROWS(&kit, miss_rows, test_miss);
	ROWS(&kit, words_rows, test_words);
	TEST(&kit, test_known);
	return kit_run(&kit, "pattern");
}
