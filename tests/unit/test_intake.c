/* SPDX-License-Identifier: MIT */
/*
 * Content in whole and byte by byte: where its headers end, what is kept, and
 * digests that sha256sum agrees with.
 */
#include "mockserver/play/intake.h"
#include "tests/unit/kit.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

struct intake_row {
	const char *name;
	struct slice content;
	uint64_t header_bytes;
	const char *body_digest;
};

static struct intake_row intake_rows[] = {
	{ "nothing", SLICE_INIT(""), 0, EMPTY },
	{ "headers and a body", SLICE_INIT("A: b\r\n\r\nabc"), 8, ABC },
	{ "line feeds", SLICE_INIT("A: b\n\nabc"), 6, ABC },
	{ "no headers", SLICE_INIT("\r\nabc"), 2, ABC },
	{ "no body", SLICE_INIT("A: b\r\nB: c\r\n"), 12, EMPTY },
	{ "an empty body", SLICE_INIT("A: b\r\n\r\n"), 8, EMPTY },
	{ "a CR that ends no line", SLICE_INIT("A\r\n\r\r\n\r\nabc"), 8, ABC },
	{ "a CR in the midst", SLICE_INIT("\rA\n\n\nabc"), 4,
	    "f39d39bfc99287b848780d4110eb663f0e7c344ae41f46a390c4135b89dc2756" },
	{ "NUL and 8-bit", SLICE_INIT("A: \0\xff\r\n\r\nabc"), 9, ABC },
};

static void
format_digest(const uint8_t *digest, char *out)
{
	for (size_t i = 0; i < INTAKE_DIGEST_BYTES; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void
check(const struct intake_row *row, size_t step)
{
	struct intake *in = intake_new(4);
	struct intake_result r;
	char digest[2 * INTAKE_DIGEST_BYTES + 1];

	for (int again = 0; again < 2; again++) {
		struct slice rest = row->content;

		intake_begin(in);
		while (rest.len > 0) {
			intake_add(in, slice_sub(rest, 0, step));
			rest = slice_skip(rest, step);
		}
		intake_end(in, &r);
		assert_int_equal(r.size_bytes, row->content.len);
		assert_int_equal(r.header_bytes, row->header_bytes);
		assert_true(slice_eq(r.kept, slice_sub(row->content, 0, 4)));
		format_digest(r.body_digest, digest);
		assert_string_equal(digest, row->body_digest);
	}
	intake_destroy(&in);
}

static void
test_content(void **state)
{
	check(*state, SIZE_MAX);
	check(*state, 1);
}

static void
test_digest_of_all(void **state)
{
	struct intake *in = intake_new(0);
	struct intake_result r;
	char digest[2 * INTAKE_DIGEST_BYTES + 1];

	(void)state;
	intake_add(in, SLICE("abc"));
	intake_end(in, &r);
	format_digest(r.digest, digest);
	assert_string_equal(digest, ABC);
	assert_int_equal(r.kept.len, 0);
	intake_destroy(&in);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, intake_rows, test_content);
	TEST(&kit, test_digest_of_all);
	return kit_run(&kit, "intake");
}
