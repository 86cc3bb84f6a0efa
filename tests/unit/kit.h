/* SPDX-License-Identifier: MIT */
/*
 * What every unit test leans on: tables whose rows are tests of their own (so
 * that the runner names the row that failed), slices compared with their bytes
 * made visible, and streams fed whole, byte by byte and cut at every place.
 *
 *	int
 *	main(void)
 *	{
 *		struct kit kit = { 0 };
 *
 *		ROWS(&kit, parse_rows, test_parse);
 *		TEST(&kit, test_overflow);
 *		return kit_run(&kit, "reply");
 *	}
 */
#ifndef FAULTPOST_KIT_H
#define FAULTPOST_KIT_H

#include "core/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct kit {
	struct CMUnitTest *tests; /* owned */
	size_t count, cap;
};

/* The row, or NULL, arrives in *state. */
static inline void
kit_add(struct kit *kit, const char *title, CMUnitTestFunction run, void *row)
{
	kit->tests =
	    xgrow(kit->tests, &kit->cap, kit->count + 1, sizeof(kit->tests[0]));
	kit->tests[kit->count++] = (struct CMUnitTest){
		.name = title, .test_func = run, .initial_state = row
	};
}

/* One test for each row of an array of structs that have a `name`. */
#define ROWS(kit, rows, run)                                                   \
	do {                                                                   \
		for (size_t row_ = 0; row_ < ARRAY_LEN(rows); row_++)          \
			kit_add(                                               \
			    (kit), (rows)[row_].name, (run), &(rows)[row_]);   \
	} while (0)

#define TEST(kit, run) kit_add((kit), #run, (run), NULL)

/* Runs them all; the value is main's: 0 only when all passed. */
static inline int
kit_run(struct kit *kit, const char *group)
{
	int failed;

	assert(kit->count > 0);
	failed =
	    _cmocka_run_group_tests(group, kit->tests, kit->count, NULL, NULL);
	free(kit->tests);
	return failed != 0;
}

/* Appends the bytes as a C string would spell them. */
static inline void
kit_show(struct buf *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.at[i];

		if (c == '\r')
			buf_append_cstr(out, "\\r");
		else if (c == '\n')
			buf_append_cstr(out, "\\n");
		else if (c < 0x20 || c >= 0x7f || c == '\\')
			buf_printf(out, "\\x%02x", c);
		else
			buf_append_byte(out, (char)c);
	}
}

static inline void
kit_assert_slice(
    struct slice got, struct slice want, const char *file, int line)
{
	struct buf text = { 0 };

	if (slice_eq(got, want))
		return;
	buf_append_cstr(&text, "got \"");
	kit_show(&text, got);
	buf_append_cstr(&text, "\", wanted \"");
	kit_show(&text, want);
	print_error("%s\"\n", buf_cstr(&text));
	buf_fini(&text);
	_fail(file, line);
}

#define assert_slices_equal(got, want)                                         \
	kit_assert_slice((got), (want), __FILE__, __LINE__)
#define assert_slice(got, text) assert_slices_equal((got), slice_cstr(text))

/* Calls `run` for each way a stream may arrive: whole, byte by byte, and in
 * two pieces cut at every place.  `run` starts anew each time.  Each piece has
 * its own exact allocation, so that a sanitizer sees a read past its end. */
static inline void
feed_pieces(struct slice bytes, const size_t *lens, size_t count,
    void (*run)(const struct slice *pieces, size_t count, void *arg), void *arg)
{
	struct slice *pieces = xcalloc(count, sizeof(*pieces));
	char **copies = xcalloc(count, sizeof(*copies));

	for (size_t i = 0; i < count; i++) {
		copies[i] = xmalloc(lens[i]);
		if (lens[i] > 0)
			memcpy(copies[i], bytes.at, lens[i]);
		pieces[i] = slice_of(copies[i], lens[i]);
		bytes = slice_skip(bytes, lens[i]);
	}
	run(pieces, count, arg);
	for (size_t i = 0; i < count; i++)
		free(copies[i]);
	free(copies);
	free(pieces);
}

static inline void
feed_split(struct slice bytes,
    void (*run)(const struct slice *pieces, size_t count, void *arg), void *arg)
{
	size_t *ones = xcalloc(bytes.len, sizeof(*ones));

	feed_pieces(bytes, &bytes.len, 1, run, arg);
	for (size_t i = 0; i < bytes.len; i++)
		ones[i] = 1;
	feed_pieces(bytes, ones, bytes.len, run, arg);
	for (size_t cut = 1; cut < bytes.len; cut++) {
		size_t halves[2] = { cut, bytes.len - cut };

		feed_pieces(bytes, halves, 2, run, arg);
	}
	free(ones);
}

#endif
