/* SPDX-License-Identifier: MIT */
/* Buffers: appending, consuming, and both for a long time. */
#include "core/base/buf.h"

#include "core/base/rng.h"
#include "tests/unit/kit.h"

static void
test_empty(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_len(&b), 0);
	assert_non_null(buf_slice(&b).at);
	assert_string_equal(buf_cstr(&b), "");
	buf_append(&b, slice_cstr(NULL));
	buf_append_cstr(&b, NULL);
	buf_consume(&b, 0);
	buf_truncate(&b, 0);
	assert_int_equal(buf_len(&b), 0);
	buf_fini(&b);
	buf_fini(&b);
}

static void
test_appends(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_append(&b, SLICE("a\0b"));
	buf_append_byte(&b, '-');
	buf_append_cstr(&b, "cd");
	buf_printf(&b, "<%s:%03d>", "x", 7);
	assert_slices_equal(buf_slice(&b), SLICE("a\0b-cd<x:007>"));
	buf_clear(&b);
	assert_slice(buf_slice(&b), "");
	buf_append_cstr(&b, "again");
	assert_slice(buf_slice(&b), "again");
	buf_fini(&b);
}

static struct number_row {
	const char *name;
	uint64_t number;
	const char *want;
} number_rows[] = {
	{ "u64: 0", 0, "0" },
	{ "u64: 10", 10, "10" },
	{ "u64: 4294967296", UINT64_C(4294967296), "4294967296" },
	{ "u64: the largest", UINT64_MAX, "18446744073709551615" },
};

static void
test_number(void **state)
{
	const struct number_row *r = *state;
	struct buf b = { 0 };

	buf_append_u64(&b, r->number);
	assert_slice(buf_slice(&b), r->want);
	buf_fini(&b);
}

static void
test_printf_grows(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int n = 0; n < 300; n++) {
		buf_clear(&b);
		buf_printf(&b, "%*s", n, "");
		assert_int_equal(buf_len(&b), n);
		buf_printf(&b, "%s", "end");
		assert_slice(slice_skip(buf_slice(&b), (size_t)n), "end");
	}
	buf_fini(&b);
}

static void
test_cstr_does_not_count(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (size_t n = 0; n < 100; n++) {
		assert_int_equal(strlen(buf_cstr(&b)), n);
		assert_int_equal(buf_len(&b), n);
		buf_append_byte(&b, 'x');
	}
	buf_consume(&b, 90);
	assert_string_equal(buf_cstr(&b), "xxxxxxxxxx");
	buf_truncate(&b, 3);
	assert_string_equal(buf_cstr(&b), "xxx");
	buf_fini(&b);
}

static void
test_consume_all_starts_over(void **state)
{
	struct buf b = { 0 };
	size_t cap;

	(void)state;
	buf_append_cstr(&b, "12345678");
	cap = b.cap;
	for (int i = 0; i < 1000; i++) {
		buf_consume(&b, buf_len(&b));
		buf_append_cstr(&b, "12345678");
	}
	assert_int_equal(b.cap, cap);
	assert_slice(buf_slice(&b), "12345678");
	buf_fini(&b);
}

/* A queue that never runs empty must not grow without end. */
static void
test_queue_stays_small(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_append_cstr(&b, "0123456789");
	for (int i = 0; i < 100000; i++) {
		buf_append_byte(&b, (char)('0' + i % 10));
		buf_consume(&b, 1);
	}
	assert_slice(buf_slice(&b), "0123456789");
	assert_true(b.cap <= 64);
	buf_fini(&b);
}

static void
test_shrink(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_append(&b, SLICE("0123456789"));
	buf_shrink(&b, 0);
	assert_slice(buf_slice(&b), "0123456789");
	buf_clear(&b);
	buf_shrink(&b, b.cap);
	assert_non_null(b.mem);
	buf_shrink(&b, b.cap - 1);
	assert_null(b.mem);
	assert_int_equal(b.cap, 0);
	buf_append(&b, SLICE("again"));
	assert_slice(buf_slice(&b), "again");
	buf_fini(&b);
}

/* Against the plain model: a stream of numbered bytes, so that what is in the
 * buffer follows from how many went in and out. */
static void
test_random_against_model(void **state)
{
	struct buf b = { 0 };
	struct rng rng;
	unsigned in = 0, out = 0;

	(void)state;
	rng_init(&rng, 1);
	for (int step = 0; step < 20000; step++) {
		size_t len = buf_len(&b);
		size_t n = (size_t)rng_below(&rng, 50);

		switch (rng_below(&rng, 5)) {
		case 0:
		case 1:
			while (n-- > 0)
				buf_append_byte(&b, (char)in++);
			break;
		case 2:
			n = n < len ? n : len;
			buf_truncate(&b, len - n);
			in -= (unsigned)n;
			break;
		default:
			n = n < len ? n : len;
			buf_consume(&b, n);
			out += (unsigned)n;
			break;
		}
		assert_int_equal(buf_len(&b), in - out);
		for (size_t i = 0; i < buf_len(&b); i++)
			assert_int_equal(
			    buf_slice(&b).at[i], (char)(out + (unsigned)i));
	}
	buf_fini(&b);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_shrink);
	ROWS(&kit, number_rows, test_number);
	TEST(&kit, test_empty);
	TEST(&kit, test_appends);
	TEST(&kit, test_printf_grows);
	TEST(&kit, test_cstr_does_not_count);
	TEST(&kit, test_consume_all_starts_over);
	TEST(&kit, test_queue_stays_small);
	TEST(&kit, test_random_against_model);
	return kit_run(&kit, "buf");
}
