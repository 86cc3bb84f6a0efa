/* SPDX-License-Identifier: MIT */
/* Base64, both ways (the vectors of RFC 4648, 10), and what is none. */
#include "core/smtp/base64.h"
#include "tests/unit/kit.h"

static struct row {
	const char *name; /* the text */
	const char *bytes;
	size_t len;
} rows[] = {
	{ "", "", 0 },
	{ "Zg==", "f", 1 },
	{ "Zm8=", "fo", 2 },
	{ "Zm9v", "foo", 3 },
	{ "Zm9vYg==", "foob", 4 },
	{ "Zm9vYmE=", "fooba", 5 },
	{ "Zm9vYmFy", "foobar", 6 },
	{ "AAAA", "\0\0\0", 3 },
	{ "AHUAcA==", "\0u\0p", 4 },
	{ "/////w==", "\xff\xff\xff\xff", 4 },
	{ "+/+/", "\xfb\xff\xbf", 3 },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct buf out = { 0 };

	smtp_base64_encode(slice_of(row->bytes, row->len), &out);
	assert_slice(buf_slice(&out), row->name);
	buf_clear(&out);
	assert_true(smtp_base64_decode(slice_cstr(row->name), &out));
	assert_int_equal(buf_len(&out), row->len);
	assert_memory_equal(buf_slice(&out).at, row->bytes, row->len);
	buf_fini(&out);
}

static struct wrong_row {
	const char *name;
} wrong_rows[] = {
	{ "Z" },
	{ "Zg" },
	{ "Zg=" },
	{ "Zg===" },
	{ "=" },
	{ "====" },
	{ "Z===" },
	{ "Zg==Zg==" },
	{ "Zm9v\n" },
	{ "Zm 9" },
	{ "Zm9-" },
	{ "Zm9_" },
	{ "Z=9v" },
	{ "Zm=v" },
	{ "Zh==" },
	{ "Zm9=" },
	{ "Zm9\x80" },
};

static void
test_wrong(void **state)
{
	const struct wrong_row *row = *state;
	struct buf out = { 0 };

	assert_false(smtp_base64_decode(slice_cstr(row->name), &out));
	buf_fini(&out);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	ROWS(&kit, wrong_rows, test_wrong);
	return kit_run(&kit, "smtp_base64");
}
