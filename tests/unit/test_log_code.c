/* SPDX-License-Identifier: MIT */
/* The log in few bytes: read back here as the page's script does it. */
#include "harness/report/log_code.h"

#include "harness/report/vlq.h"
#include "tests/unit/kit.h"

/* ---- the inverse ---- */

static int64_t
vlq_take(struct slice *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				     "pqrstuvwxyz0123456789+/";
	uint64_t value = 0;
	unsigned shift = 0, digit;

	do {
		assert_true(text->len > 0);
		digit = (unsigned)(strchr(digits, text->at[0]) - digits);
		value |= (uint64_t)(digit & 31) << shift;
		shift += 5;
		*text = slice_skip(*text, 1);
	} while ((digit & 32) != 0);
	return value % 2 == 0 ? (int64_t)(value / 2) : -(int64_t)(value / 2);
}

static struct slice
text_at(json_t *object, const char *key)
{
	json_t *text = json_object_get(object, key);

	return slice_of(json_string_value(text), json_string_length(text));
}

/* Where the `number`th step begins, its shape being taken. */
static struct slice
step_at(json_t *code, int64_t number, json_t **shape)
{
	struct slice rest = text_at(code, "steps");

	for (;; number--) {
		int64_t at = vlq_take(&rest);

		*shape =
		    json_array_get(json_object_get(code, "shapes"), (size_t)at);
		assert_non_null(*shape);
		if (number == 0)
			return rest;
		size_t count = json_string_length(json_array_get(*shape, 0)) +
		    json_array_size(*shape) - 2;
		while (count-- > 0)
			(void)vlq_take(&rest);
	}
}

#define SHAPES_MAX 20
static int64_t last[SHAPES_MAX][LOG_CODE_SLOTS + 2];

/* Appends "MS [attempt/message] text" of one line. */
static void
line_read(json_t *code, int64_t number, int64_t ms, struct buf *out)
{
	json_t *shape, *shapes = json_object_get(code, "shapes");
	struct slice rest = step_at(code, number, &shape);
	const char *flags = json_string_value(json_array_get(shape, 0));
	const size_t flag_count = strlen(flags);
	size_t of = 0;

	while (json_array_get(shapes, of) != shape)
		of++;
	assert_true(of < SHAPES_MAX);
	buf_printf(out, "%lld ", (long long)ms);
	for (size_t i = 0; i + 2 < flag_count + json_array_size(shape); i++) {
		last[of][i] += vlq_take(&rest);
		if (i < flag_count)
			buf_printf(
			    out, "%c%lld ", flags[i], (long long)last[of][i]);
	}
	for (size_t i = 1; i < json_array_size(shape); i++) {
		if (i > 1)
			buf_printf(out, "%lld",
			    (long long)last[of][flag_count + i - 2]);
		buf_append_cstr(
		    out, json_string_value(json_array_get(shape, i)));
	}
	buf_append_byte(out, '\n');
}

/* All lines, as line_read() tells them; "(3)" where some were left out. */
static void
code_read(struct log_code *c, struct buf *out)
{
	json_t *code = log_code_json(c);
	struct slice rest = text_at(code, "lines");
	int64_t ms = 0;

	memset(last, 0, sizeof(last));
	while (rest.len > 0) {
		int64_t step = vlq_take(&rest), number = vlq_take(&rest);

		if (step == 0) {
			buf_printf(out, "(%lld)\n", (long long)number);
			continue;
		}
		ms += number;
		line_read(code, step - 1, ms, out);
	}
	json_decref(code);
}

static void
add(struct log_code *c, utime ms, int64_t attempt, int64_t message,
    const char *text)
{
	const struct log_code_line line = {
		.text = slice_cstr(text),
		.since_start = ms * UTIME_MS,
		.has_attempt = attempt >= 0,
		.attempt = (uint64_t)attempt,
		.has_message = message >= 0,
		.message = (uint64_t)message,
	};

	log_code_add(c, &line);
}

static void
assert_reads(struct log_code *c, const char *want)
{
	struct buf out = { 0 };

	code_read(c, &out);
	assert_string_equal(buf_cstr(&out), want);
	buf_fini(&out);
}

/* ---- tests ---- */

static void
test_numbers(void **state)
{
	const int64_t numbers[] = { 0, 1, -1, 15, -15, 16, -16, 1000000,
		VLQ_LIMIT - 1, 1 - VLQ_LIMIT };
	struct buf out = { 0 };
	struct slice rest;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		vlq_append(&out, numbers[i]);
	assert_memory_equal(buf_slice(&out).at, "ACDefgBhB", 9);
	rest = buf_slice(&out);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		assert_int_equal(vlq_take(&rest), numbers[i]);
	assert_int_equal(rest.len, 0);
	buf_fini(&out);
}

static void
test_lines_come_back(void **state)
{
	struct log_code c = { .limit = 10000 };

	(void)state;
	add(&c, 0, -1, -1, "Begin Logfile");
	add(&c, 3, 0, -1, "New SMTP DCID 1 address 10.1.1.11 port 25");
	add(&c, 7, 0, 1, "Delivery start DCID 1 MID 1 to RID [0]");
	add(&c, 9, 1, -1, "New SMTP DCID 2 address 10.1.1.12 port 25");
	add(&c, 9, 0, 1, "Delivery start DCID 1 MID 1 to RID [0]");
	add(&c, 86400000, -1, 2, "");
	assert_reads(&c,
	    "0 Begin Logfile\n"
	    "3 a0 New SMTP DCID 1 address 10.1.1.11 port 25\n"
	    "7 a0 m1 Delivery start DCID 1 MID 1 to RID [0]\n"
	    "9 a1 New SMTP DCID 2 address 10.1.1.12 port 25\n"
	    "9 a0 m1 Delivery start DCID 1 MID 1 to RID [0]\n"
	    "86400000 m2 \n");
	log_code_fini(&c);
}

/* What is no number that its value would give back is text. */
static void
test_odd_numbers(void **state)
{
	struct log_code c = { .limit = 10000 };

	(void)state;
	add(&c, 0, -1, -1, "007 0 00 4294967296 999999999999999");
	add(&c, 0, -1, -1, "1000000000000000 123456789012345678901 5");
	add(&c, 0, -1, -1,
	    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 "
	    "26 27");
	add(&c, 0, -1, -1, "bytes \xff\x01 8");
	assert_int_equal(c.shape_count, 4);
	assert_reads(&c,
	    "0 007 0 00 4294967296 999999999999999\n"
	    "0 1000000000000000 123456789012345678901 5\n"
	    "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 "
	    "25 26 27\n"
	    "0 bytes \\xff\\x01 8\n");
	log_code_fini(&c);
}

/* Lines that differ by what always goes up cost two bytes. */
static void
test_size(void **state)
{
	struct log_code c = { .limit = 1000000 };
	char text[80];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(text, sizeof(text),
		    "Delivery start DCID %d MID %d to RID [0]", i, i + 7);
		add(&c, i, i, i + 7, text);
	}
	assert_int_equal(c.shape_count, 1);
	assert_true(buf_len(&c.line_text) + buf_len(&c.step_text) < 20100);
	log_code_fini(&c);
}

/* First other lines are left out, then all; and it is said how many. */
static void
test_limit(void **state)
{
	struct log_code c = { .limit = 300 };
	struct buf out = { 0 };
	char text[40];

	(void)state;
	for (int i = 0; i < 300; i++) {
		(void)snprintf(text, sizeof(text), "about %d", i);
		add(&c, i, i % 3 == 0 ? i : -1, -1, text);
	}
	code_read(&c, &out);
	assert_int_equal(c.count, 300);
	assert_true(c.left_out_all > 150 && c.left_out_all < 250);
	assert_non_null(strstr(buf_cstr(&out), "\n(2)\n"));
	assert_null(strstr(buf_cstr(&out), "about 299\n"));
	assert_true(buf_len(&c.line_text) + buf_len(&c.step_text) <= 310);
	buf_fini(&out);
	log_code_fini(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_lines_come_back),
		cmocka_unit_test(test_odd_numbers),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
