/* SPDX-License-Identifier: MIT */
/* Any bytes as text. */
#include "harness/report/printable.h"

#include "tests/unit/kit.h"

static struct row {
	const char *name;
	struct slice bytes;
	const char *text;
} rows[] = {
	{ "plain", SLICE_INIT("a b\tc\n"), "a b\tc\n" },
	{ "UTF-8", SLICE_INIT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7"),
	    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7" },
	{ "control", SLICE_INIT("\0\x01\r\x1b\x7f"),
	    "\\x00\\x01\\x0d\\x1b\\x7f" },
	{ "broken", SLICE_INIT("\xff\xc3("), "\\xff\\xc3(" },
	{ "cut off", SLICE_INIT("\xe2\x82"), "\\xe2\\x82" },
	{ "overlong", SLICE_INIT("\xc0\x80"), "\\xc0\\x80" },
	{ "surrogate", SLICE_INIT("\xed\xa0\x80"), "\\xed\\xa0\\x80" },
	{ "C1", SLICE_INIT("\xc2\x80\xc2\x9f\xc2\xa0"),
	    "\\xc2\\x80\\xc2\\x9f\xc2\xa0" },
	{ "what has text run backwards",
	    SLICE_INIT("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf"
		       "\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa"),
	    "\xe2\x80\xa7\\xe2\\x80\\xa8\\xe2\\x80\\xae\xe2\x80\xaf"
	    "\xe2\x81\xa5\\xe2\\x81\\xa6\\xe2\\x81\\xa9\xe2\x81\xaa" },
	{ "no characters", SLICE_INIT("\xef\xbf\xbd\xef\xbf\xbe\xef\xbf\xbf"),
	    "\xef\xbf\xbd\\xef\\xbf\\xbe\\xef\\xbf\\xbf" },
};

static void
test_printable(void **state)
{
	const struct row *row = *state;
	struct buf out = { 0 };

	printable_format(row->bytes, &out);
	assert_slice(buf_slice(&out), row->text);
	buf_fini(&out);
}

static void
test_one_line(void **state)
{
	struct buf out = { 0 };

	(void)state;
	printable_line_format(SLICE("a\tb\r\n c\xc3\xa4\xff"), &out);
	assert_slice(buf_slice(&out), "a\\x09b\\x0d\\x0a c\xc3\xa4\\xff");
	buf_fini(&out);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_printable);
	TEST(&kit, test_one_line);
	return kit_run(&kit, "printable");
}
