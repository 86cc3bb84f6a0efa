/* SPDX-License-Identifier: MIT */
/* Slices: cutting, comparing, finding, splitting, numbers. */
#include "core/base/slice.h"

#include "tests/unit/kit.h"

static struct sub_row {
	const char *name;
	const char *text;
	size_t from, len;
	const char *want;
} sub_rows[] = {
	{ "sub: all", "abc", 0, 3, "abc" },
	{ "sub: middle", "abc", 1, 1, "b" },
	{ "sub: length cut to what there is", "abc", 1, 9, "bc" },
	{ "sub: from the end", "abc", 3, 1, "" },
	{ "sub: from past the end", "abc", 9, 1, "" },
	{ "sub: largest numbers", "abc", SIZE_MAX, SIZE_MAX, "" },
	{ "sub: from 1 with the largest length", "abc", 1, SIZE_MAX, "bc" },
	{ "sub: of nothing", "", 0, 5, "" },
};

static void
test_sub(void **state)
{
	const struct sub_row *r = *state;

	assert_slice(slice_sub(slice_cstr(r->text), r->from, r->len), r->want);
}

static void
test_null_is_empty(void **state)
{
	struct slice none = slice_cstr(NULL), part;

	(void)state;
	assert_slice(none, "");
	assert_slice(slice_sub(none, 0, 4), "");
	assert_slice(slice_skip(none, 4), "");
	assert_slice(slice_trim(none), "");
	assert_true(slice_eq(none, SLICE("")));
	assert_int_equal(slice_cmp(none, SLICE("")), 0);
	assert_int_equal(slice_find_byte(none, 'x'), 0);
	assert_int_equal(slice_find(none, SLICE("x")), 0);
	assert_true(slice_is_7bit(none));
	assert_true(slice_is_7bit(SLICE("\x00\x7f")));
	assert_false(slice_is_7bit(SLICE("a\x80z")));
	for (size_t i = 0; i < 20; i++) {
		char text[20] = "7-bit text, as such";

		assert_true(slice_is_7bit(slice_of(text, sizeof(text))));
		text[i] = (char)0x80;
		assert_false(slice_is_7bit(slice_of(text, sizeof(text))));
	}
	assert_int_equal(slice_find_nocase(SLICE("xaB"), SLICE("Ab")), 1);
	assert_false(slice_split(&none, ',', &part));
}

static struct cmp_row {
	const char *name;
	struct slice a, b;
	int sign;
	bool same_without_case;
} cmp_rows[] = {
	{ "cmp: equal", SLICE_INIT("ab"), SLICE_INIT("ab"), 0, true },
	{ "cmp: prefix first", SLICE_INIT("a"), SLICE_INIT("ab"), -1, false },
	{ "cmp: longer last", SLICE_INIT("ab"), SLICE_INIT("a"), 1, false },
	{ "cmp: by byte", SLICE_INIT("b"), SLICE_INIT("ab"), 1, false },
	{ "cmp: case", SLICE_INIT("EXAMPLE"), SLICE_INIT("example"), -1, true },
	{ "cmp: unsigned bytes", SLICE_INIT("\xff"), SLICE_INIT("a"), 1,
	    false },
	{ "cmp: NUL is a byte", SLICE_INIT("a\0b"), SLICE_INIT("a\0c"), -1,
	    false },
	{ "cmp: only letters fold", SLICE_INIT("[@"), SLICE_INIT("{`"), -1,
	    false },
};

static void
test_cmp(void **state)
{
	const struct cmp_row *r = *state;
	int cmp = slice_cmp(r->a, r->b);

	assert_int_equal((cmp > 0) - (cmp < 0), r->sign);
	assert_int_equal(slice_eq(r->a, r->b), r->sign == 0);
	assert_int_equal(slice_eq_nocase(r->a, r->b), r->same_without_case);
}

static void
test_starts_and_ends(void **state)
{
	struct slice s = SLICE("mx.Example.COM");

	(void)state;
	assert_true(slice_starts_with(s, SLICE("mx.")));
	assert_true(slice_starts_with(s, SLICE("")));
	assert_false(slice_starts_with(s, SLICE("MX.")));
	assert_false(slice_starts_with(SLICE("mx"), SLICE("mx.")));
	assert_true(slice_starts_with_nocase(s, SLICE("MX.e")));
	assert_false(slice_starts_with_nocase(SLICE("mx"), SLICE("mx.")));
	assert_true(slice_ends_with_nocase(s, SLICE(".example.com")));
	assert_true(slice_ends_with_nocase(s, s));
	assert_false(slice_ends_with_nocase(SLICE("com"), SLICE(".com")));
}

static struct find_row {
	const char *name;
	struct slice in, what;
	size_t want;
} find_rows[] = {
	{ "find: at the start", SLICE_INIT("abab"), SLICE_INIT("ab"), 0 },
	{ "find: first of two", SLICE_INIT("xabab"), SLICE_INIT("ab"), 1 },
	{ "find: at the end", SLICE_INIT("xxab"), SLICE_INIT("ab"), 2 },
	{ "find: absent", SLICE_INIT("xxa"), SLICE_INIT("ab"), 3 },
	{ "find: longer than the text", SLICE_INIT("a"), SLICE_INIT("ab"), 1 },
	{ "find: nothing is at the start", SLICE_INIT("a"), SLICE_INIT(""), 0 },
	{ "find: past a NUL", SLICE_INIT("a\0b"), SLICE_INIT("b"), 2 },
};

static void
test_find(void **state)
{
	const struct find_row *r = *state;

	assert_int_equal(slice_find(r->in, r->what), r->want);
	assert_int_equal(slice_find_nocase(r->in, r->what), r->want);
	if (r->what.len == 1)
		assert_int_equal(
		    slice_find_byte(r->in, r->what.at[0]), r->want);
}

static struct split_row {
	const char *name;
	const char *text;
	const char *want; /* each part followed by '|' */
} split_rows[] = {
	{ "split: nothing", "", "" },
	{ "split: one part", "a", "a|" },
	{ "split: two parts", "a,b", "a|b|" },
	{ "split: the last separator ends a part", "a,", "a|" },
	{ "split: empty parts stay", ",,b", "||b|" },
	{ "split: a lone separator", ",", "|" },
};

static void
test_split(void **state)
{
	const struct split_row *r = *state;
	struct slice rest = slice_cstr(r->text), part;
	struct buf got = { 0 };

	while (slice_split(&rest, ',', &part)) {
		buf_append(&got, part);
		buf_append_byte(&got, '|');
	}
	assert_slice(buf_slice(&got), r->want);
	buf_fini(&got);
}

static struct trim_row {
	const char *name;
	const char *text;
	const char *want;
} trim_rows[] = {
	{ "trim: nothing to do", "a b", "a b" },
	{ "trim: both ends", " \ta b\t ", "a b" },
	{ "trim: only blanks", " \t \t", "" },
	{ "trim: line ends stay", " a\r\n", "a\r\n" },
};

static void
test_trim(void **state)
{
	const struct trim_row *r = *state;

	assert_slice(slice_trim(slice_cstr(r->text)), r->want);
}

static struct u64_row {
	const char *name;
	const char *text;
	uint64_t max;
	bool ok;
	uint64_t want;
} u64_rows[] = {
	{ "u64: zero", "0", UINT64_MAX, true, 0 },
	{ "u64: leading zeros", "0007", 7, true, 7 },
	{ "u64: at the limit", "65535", 65535, true, 65535 },
	{ "u64: over the limit", "65536", 65535, false, 0 },
	{ "u64: the largest", "18446744073709551615", UINT64_MAX, true,
	    UINT64_MAX },
	{ "u64: one more", "18446744073709551616", UINT64_MAX, false, 0 },
	{ "u64: ten times more", "184467440737095516150", UINT64_MAX, false,
	    0 },
	{ "u64: wraps to a small number", "36893488147419103233", UINT64_MAX,
	    false, 0 },
	{ "u64: empty", "", 9, false, 0 },
	{ "u64: minus", "-1", 9, false, 0 },
	{ "u64: plus", "+1", 9, false, 0 },
	{ "u64: space before", " 1", 9, false, 0 },
	{ "u64: space after", "1 ", 9, false, 0 },
	{ "u64: hexadecimal", "0x1", 9, false, 0 },
};

static void
test_u64(void **state)
{
	const struct u64_row *r = *state;
	uint64_t value = 4711;

	assert_int_equal(
	    slice_to_u64(slice_cstr(r->text), r->max, &value), r->ok);
	assert_true(value == (r->ok ? r->want : 4711));
}

static void
test_dup_terminates(void **state)
{
	char *copy = slice_dup(slice_of("abcdef", 3));
	char *none = slice_dup(slice_cstr(NULL));

	(void)state;
	assert_string_equal(copy, "abc");
	assert_string_equal(none, "");
	free(copy);
	free(none);
}

static void
test_ascii(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char ch = (char)(unsigned char)c;
		bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';

		assert_int_equal(ascii_is_digit(ch), c >= '0' && c <= '9');
		assert_int_equal(ascii_is_alpha(ch), upper || lower);
		assert_int_equal(ascii_lower(ch), (char)(upper ? c + 32 : c));
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, sub_rows, test_sub);
	ROWS(&kit, cmp_rows, test_cmp);
	ROWS(&kit, find_rows, test_find);
	ROWS(&kit, split_rows, test_split);
	ROWS(&kit, trim_rows, test_trim);
	ROWS(&kit, u64_rows, test_u64);
	TEST(&kit, test_null_is_empty);
	TEST(&kit, test_starts_and_ends);
	TEST(&kit, test_dup_terminates);
	TEST(&kit, test_ascii);
	return kit_run(&kit, "slice");
}
