/* SPDX-License-Identifier: MIT */
/*
 * Dot-stuffing and the end of data: every short sequence of the bytes that
 * matter against a reference that knows nothing but "CR LF . CR LF", and the
 * fakes of the end by name.
 */
#include "core/smtp/data.h"

#include "tests/unit/kit.h"

#define ALPHABET     "\r\n.x\0"
#define ALPHABET_LEN 5
#define SEQUENCE_MAX 7

/* What a wire text means: the content, and how many bytes the whole took; 0
 * when it has no end. */
static size_t
reference_decode(struct slice wire, struct buf *content)
{
	struct buf text = { 0 };
	size_t end, at = 0;

	/* As if the line before it had just ended. */
	buf_append(&text, SLICE("\r\n"));
	buf_append(&text, wire);
	end = slice_find(buf_slice(&text), SLICE("\r\n.\r\n"));
	if (end == buf_len(&text)) {
		buf_fini(&text);
		return 0;
	}
	while (at < end + 2) {
		struct slice rest = slice_skip(buf_slice(&text), at);

		if (slice_starts_with(rest, SLICE("\r\n.")) && at < end) {
			buf_append(content, SLICE("\r\n"));
			at += 3;
			continue;
		}
		buf_append_byte(content, rest.at[0]);
		at++;
	}
	buf_consume(content, 2);
	buf_fini(&text);
	return end + 5 - 2;
}

/* The same by the decoder, in pieces of `step` bytes. */
static size_t
decode(struct slice wire, size_t step, struct buf *content)
{
	struct smtp_data_decoder d = { 0 };
	size_t used = 0;

	while (used < wire.len) {
		struct slice piece = slice_sub(wire, used, step);
		size_t offered = piece.len;

		if (smtp_data_decode(&d, &piece, content))
			return used + offered - piece.len;
		assert_int_equal(piece.len, 0);
		used += offered;
	}
	return 0;
}

static void
check_decoding(struct slice wire)
{
	struct buf want = { 0 }, got = { 0 };
	size_t want_used = reference_decode(wire, &want);

	for (size_t step = 1; step <= wire.len + 1; step++) {
		buf_clear(&got);
		assert_int_equal(decode(wire, step, &got), want_used);
		if (want_used > 0)
			assert_slices_equal(buf_slice(&got), buf_slice(&want));
	}
	buf_fini(&want);
	buf_fini(&got);
}

/* Content in two pieces, encoded and decoded again. */
static void
check_round_trip(struct slice content, size_t cut)
{
	struct smtp_data_encoder e = { 0 };
	struct buf wire = { 0 }, back = { 0 }, want = { 0 };

	buf_append(&want, content);
	if (content.len > 0 &&
	    (content.len < 2 ||
		!slice_eq(slice_skip(content, content.len - 2), SLICE("\r\n"))))
		buf_append(&want, SLICE("\r\n"));
	smtp_data_encode(&e, slice_sub(content, 0, cut), &wire);
	smtp_data_encode(&e, slice_skip(content, cut), &wire);
	smtp_data_encode_end(&e, &wire);
	assert_int_equal(
	    decode(buf_slice(&wire), SIZE_MAX / 2, &back), buf_len(&wire));
	assert_slices_equal(buf_slice(&back), buf_slice(&want));
	buf_fini(&wire);
	buf_fini(&back);
	buf_fini(&want);
}

/* Calls `check` for all sequences of up to SEQUENCE_MAX bytes. */
static void
for_all_sequences(void (*check)(struct slice bytes))
{
	size_t count = 1;

	for (size_t len = 0; len <= SEQUENCE_MAX; len++) {
		for (size_t n = 0; n < count; n++) {
			char bytes[SEQUENCE_MAX];

			for (size_t i = 0, rest = n; i < len; i++) {
				bytes[i] = ALPHABET[rest % ALPHABET_LEN];
				rest /= ALPHABET_LEN;
			}
			check(slice_of(bytes, len));
		}
		count *= ALPHABET_LEN;
	}
}

/* An end behind every sequence, so that each is whole once. */
static void
check_sequence(struct slice bytes)
{
	struct buf wire = { 0 };

	check_decoding(bytes);
	buf_append(&wire, bytes);
	buf_append(&wire, SLICE("\r\n.\r\n"));
	check_decoding(buf_slice(&wire));
	buf_fini(&wire);
}

static void
check_round_trips(struct slice bytes)
{
	for (size_t cut = 0; cut <= bytes.len; cut++)
		check_round_trip(bytes, cut);
}

static void
test_all_sequences(void **state)
{
	(void)state;
	for_all_sequences(check_sequence);
}

static void
test_all_round_trips(void **state)
{
	(void)state;
	for_all_sequences(check_round_trips);
}

/* Each is followed by what a smuggler would put there; `content` is what a
 * receiver must take it for. */
static struct fake_row {
	const char *name;
	const char *wire, *content;
	uint64_t bare_cr, bare_lf;
} fake_rows[] = {
	{ "LF.LF", "a\n.\nMAIL", "a\n.\nMAIL", 0, 2 },
	{ "CR.CR", "a\r.\rMAIL", "a\r.\rMAIL", 2, 0 },
	{ "LF.CRLF", "a\n.\r\nMAIL", "a\n.\r\nMAIL", 0, 1 },
	{ "CR.CRLF", "a\r.\r\nMAIL", "a\r.\r\nMAIL", 1, 0 },
	{ "CRLF.LF", "a\r\n.\nMAIL", "a\r\n\nMAIL", 0, 1 },
	{ "CRLF.CR", "a\r\n.\rMAIL", "a\r\n\rMAIL", 1, 0 },
	{ "LF.CR", "a\n.\rMAIL", "a\n.\rMAIL", 1, 1 },
	{ "CR.LF", "a\r.\nMAIL", "a\r.\nMAIL", 1, 1 },
	{ "CRLF.CRCRLF", "a\r\n.\r\r\nMAIL", "a\r\n\r\r\nMAIL", 1, 0 },
	{ "CRCRLF.LF", "a\r\r\n.\nMAIL", "a\r\r\n\nMAIL", 1, 1 },
	{ "LFCR.LFCR", "a\n\r.\n\rMAIL", "a\n\r.\n\rMAIL", 2, 2 },
	{ "at the very beginning, LF", ".\nMAIL", "\nMAIL", 0, 1 },
	{ "at the very beginning, CR", ".\rMAIL", "\rMAIL", 1, 0 },
};

static void
run_fake(const struct slice *pieces, size_t count, void *arg)
{
	const struct fake_row *r = arg;
	struct smtp_data_decoder d = { 0 };
	struct buf out = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct slice piece = pieces[i];
		bool at_end = smtp_data_decode(&d, &piece, &out);

		assert_int_equal(at_end,
		    i + 1 == count && piece.len == 0 &&
			d.state == SMTP_DATA_END);
	}
	assert_int_equal(d.state, SMTP_DATA_END);
	buf_truncate(&out, buf_len(&out) - 2);
	assert_slice(buf_slice(&out), r->content);
	assert_int_equal(d.bare_cr, r->bare_cr);
	assert_int_equal(d.bare_lf, r->bare_lf);
	buf_fini(&out);
}

static void
test_fake(void **state)
{
	struct fake_row *r = *state;
	struct buf wire = { 0 };

	buf_append_cstr(&wire, r->wire);
	buf_append_cstr(&wire, "\r\n.\r\n");
	feed_split(buf_slice(&wire), run_fake, r);
	buf_fini(&wire);
}

static void
test_input_behind_the_end_stays(void **state)
{
	struct smtp_data_decoder d = { 0 };
	struct slice input = SLICE("a\r\n.\r\nQUIT\r\n");
	struct buf out = { 0 };

	(void)state;
	assert_true(smtp_data_decode(&d, &input, &out));
	assert_slice(input, "QUIT\r\n");
	assert_slice(buf_slice(&out), "a\r\n");
	assert_true(smtp_data_decode(&d, &input, &out));
	assert_slice(input, "QUIT\r\n");
	buf_fini(&out);
}

static void
test_line_lengths(void **state)
{
	static const struct {
		const char *wire;
		size_t max;
	} rows[] = {
		{ "", 0 },
		{ "abc\r\n", 3 },
		{ "..\r\n", 1 }, /* the stuffed dot does not count */
		{ "a\r\nabcd\r\nab\r\n", 4 },
		{ "ab\ncd\r\n", 5 }, /* a bare LF ends no line */
		{ "ab\rcd\r\n", 5 },
		{ ".x\r\n", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct smtp_data_decoder d = { 0 };
		struct buf out = { 0 };
		struct slice input = slice_cstr(rows[i].wire);

		assert_false(smtp_data_decode(&d, &input, &out));
		assert_int_equal(d.line_bytes_max, rows[i].max);
		buf_fini(&out);
	}
}

static void
test_encoded_form(void **state)
{
	static const struct {
		const char *content, *wire;
	} rows[] = {
		{ "", ".\r\n" },
		{ "a", "a\r\n.\r\n" },
		{ "a\r\n", "a\r\n.\r\n" },
		{ ".", "..\r\n.\r\n" },
		{ ".\r\n.\r\n", "..\r\n..\r\n.\r\n" },
		{ "a\n.b", "a\n.b\r\n.\r\n" },
		{ "a\r", "a\r\r\n.\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct smtp_data_encoder e = { 0 };
		struct buf out = { 0 };

		smtp_data_encode(&e, slice_cstr(rows[i].content), &out);
		smtp_data_encode_end(&e, &out);
		assert_slice(buf_slice(&out), rows[i].wire);
		buf_fini(&out);
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, fake_rows, test_fake);
	TEST(&kit, test_input_behind_the_end_stays);
	TEST(&kit, test_line_lengths);
	TEST(&kit, test_encoded_form);
	TEST(&kit, test_all_sequences);
	TEST(&kit, test_all_round_trips);
	return kit_run(&kit, "smtp_data");
}
