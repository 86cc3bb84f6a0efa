/* SPDX-License-Identifier: MIT */
/* xtext: what it may hold, and what it stands for. */
#include "core/smtp/xtext.h"
#include "tests/unit/kit.h"

static struct xtext_row {
	const char *name; /* the text */
	bool is_printable;
	const char *want; /* what it stands for; NULL: it is no xtext */
} xtext_rows[] = {
	{ "plain", true, "plain" },
	{ "a+20b", true, "a b" },
	{ "+41+2B+3D", true, "A+=" },
	{ "c@d.example", true, "c@d.example" },
	{ "+0Ax", false, "\nx" },
	{ "+7F", false, "\x7f" },
	{ "+C3+B6", false, "\xc3\xb6" },
	{ "", false, "" },
	{ "a+", false, NULL },
	{ "a+4", false, NULL },
	{ "a+4g", false, NULL },
	{ "a+4a", false, NULL },
	{ "a=b", false, NULL },
	{ "a b", false, NULL },
	{ "\xc3\xb6", false, NULL },
};

static void
test_xtext(void **state)
{
	const struct xtext_row *row = *state;
	struct slice text = slice_cstr(row->name);
	struct buf out = { 0 };
	bool ok = smtp_xtext_decode(text, &out);

	assert_int_equal(smtp_xtext_is_valid(text), row->is_printable);
	assert_int_equal(ok, row->want != NULL);
	if (ok)
		assert_slice(buf_slice(&out), row->want);
	buf_fini(&out);
}

static struct utf8_row {
	const char *name;
	bool is_address;
} utf8_rows[] = {
	{ "c@d", true },
	{ "\\x{F6}@d", true },
	{ "\\x{1F600}@d", true },
	{ "\xc3\xb6@d", true },
	{ "\\x{10FFFF}", true },
	{ "\\x{110000}", false },
	{ "\\x{DFFF}", false },
	{ "\\x{0A}", false },
	{ "\\x{7F}", false },
	{ "\\x{F}", false },
	{ "\\x{00000F6}", false },
	{ "\\x{F6", false },
	{ "\\xF6", false },
	{ "\\", false },
	{ "\xc3", false },
	{ "a b", false },
	{ "a+b", false },
	{ "", false },
};

static void
test_utf8(void **state)
{
	const struct utf8_row *row = *state;

	assert_int_equal(
	    smtp_xtext_is_utf8_address(slice_cstr(row->name)), row->is_address);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, xtext_rows, test_xtext);
	ROWS(&kit, utf8_rows, test_utf8);
	return kit_run(&kit, "smtp_xtext");
}
