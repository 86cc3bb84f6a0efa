/* SPDX-License-Identifier: MIT */
/* What may come behind a 421, in one piece and byte by byte. */
#include "core/smtp/farewell.h"

#include "tests/unit/kit.h"

static struct row {
	const char *name, *input;
	bool may_quit, is_ahead, want;
} rows[] = {
	{ "nothing", "", false, false, true },
	{ "QUIT", "QUIT\r\n", true, true, true },
	{ "quit", "quit\r\n", true, false, true },
	{ "QUIT that is not excused", "QUIT\r\n", false, false, false },
	{ "QUIT and more", "QUIT\r\nNOOP\r\n", true, false, false },
	{ "a command", "NOOP\r\n", true, false, false },
	{ "half of one", "NO", true, false, false },
	{ "commands sent ahead", "RCPT TO:<a@b>\r\nDATA\r\n", true, true,
	    true },
	{ "half a command sent ahead", "RCPT TO:<a@b", true, true, true },
	{ "commands sent ahead, then QUIT", "DATA\r\nQUIT\r\n", true, true,
	    true },
	{ "a new message", "MAIL FROM:<a@b>\r\n", true, true, false },
	{ "a new message behind what was sent ahead",
	    "RCPT TO:<a@b>\r\nmail FROM:<a@b>\r\n", true, true, false },
	{ "the beginning of a new message", "MAIL", true, true, false },
	{ "a chunk with anything in it", "BDAT 6 LAST\r\nMAIL\r\n", true, true,
	    true },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct smtp_farewell f = { row->may_quit, row->is_ahead, false };
	struct buf in = { 0 };

	buf_append_cstr(&in, row->input);
	assert_int_equal(smtp_farewell_take(&f, &in), row->want);
	buf_clear(&in);
	f = (struct smtp_farewell){ row->may_quit, row->is_ahead, false };
	for (size_t i = 0; row->input[i] != '\0'; i++) {
		buf_append_byte(&in, row->input[i]);
		if (!smtp_farewell_take(&f, &in)) {
			assert_false(row->want);
			buf_fini(&in);
			return;
		}
	}
	assert_true(row->want);
	buf_fini(&in);
}

/* What has no end of a line is dropped in time. */
static void
test_no_end(void **state)
{
	struct smtp_farewell f = { true, true, false };
	struct buf in = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++) {
		buf_append_byte(&in, 'x');
		assert_true(smtp_farewell_take(&f, &in));
		assert_in_range(buf_len(&in), 0, 5000);
	}
	buf_fini(&in);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_no_end);
	return kit_run(&kit, "smtp_farewell");
}
