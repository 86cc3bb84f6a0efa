/* SPDX-License-Identifier: MIT */
/* Bare CR and LF made CR LF, however the content is cut. */
#include "relay/receive/newline.h"
#include "tests/unit/kit.h"

struct row {
	const char *name; /* the content */
	const char *want;
};

static struct row rows[] = {
	{ "", "" },
	{ "a", "a" },
	{ "a\r\nb\r\n", "a\r\nb\r\n" },
	{ "a\nb", "a\r\nb" },
	{ "a\rb", "a\r\nb" },
	{ "\n.\n", "\r\n.\r\n" },
	{ "\r.\r", "\r\n.\r\n" },
	{ "\n.\r\n", "\r\n.\r\n" },
	{ "\r\r\n", "\r\n\r\n" },
	{ "\n\r\n", "\r\n\r\n" },
	{ "\n\r", "\r\n\r\n" },
	{ "\r\n\n", "\r\n\r\n" },
	{ "\r\n\r", "\r\n\r\n" },
};

static void
check_pieces(const struct slice *pieces, size_t count, void *arg)
{
	const struct row *row = arg;
	struct newline_cleaner cleaner = { 0 };
	struct buf out = { 0 };

	for (size_t i = 0; i < count; i++)
		newline_clean(&cleaner, pieces[i], &out);
	newline_clean_end(&cleaner, &out);
	assert_slice(buf_slice(&out), row->want);
	assert_false(cleaner.cr);
	buf_fini(&out);
}

static void
test_row(void **state)
{
	const struct row *row = *state;

	feed_split(slice_cstr(row->name), check_pieces, *state);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	return kit_run(&kit, "newline");
}
