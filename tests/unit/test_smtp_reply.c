/* SPDX-License-Identifier: MIT */
/*
 * Replies as a client gets them: each row whole, byte by byte and cut at every
 * place; and the way back.
 */
#include "core/smtp/reply.h"

#include "tests/unit/kit.h"

/* `input` is read until nothing more comes of it; `want` is what came, one
 * "result code/last/mixed status text" each. */
static struct reply_row {
	const char *name;
	const char *input;
	const char *want;
	size_t input_len; /* 0: strlen */
} rows[] = {
	{ "one line", "250 ok\r\n", "250 0.0.0 \"ok\";", 0 },
	{ "a bare code", "250\r\n", "250 0.0.0 \"\";", 0 },
	{ "a code and a space", "250 \r\n", "250 0.0.0 \"\";", 0 },
	{ "a bare LF ends a line", "250 ok\n", "250 0.0.0 \"ok\";", 0 },
	{ "several lines", "250-a\r\n250-b\r\n250 c\r\n",
	    "250 0.0.0 \"a\\nb\\nc\";", 0 },
	{ "a bare code ends several", "250-a\r\n250\r\n", "250 0.0.0 \"a\\n\";",
	    0 },
	{ "an empty line of several", "250-\r\n250 b\r\n",
	    "250 0.0.0 \"\\nb\";", 0 },
	{ "mixed: the refusal first", "550-no\r\n250 yes\r\n",
	    "550 last 250 mixed 0.0.0 \"no\\nyes\";", 0 },
	{ "mixed: the refusal last", "250-yes\r\n452 no\r\n",
	    "452 mixed 0.0.0 \"yes\\nno\";", 0 },
	{ "mixed: the refusal between", "250-a\r\n451-b\r\n250 c\r\n",
	    "451 last 250 mixed 0.0.0 \"a\\nb\\nc\";", 0 },
	{ "enhanced code", "452 4.3.1 full\r\n", "452 4.3.1 \"4.3.1 full\";",
	    0 },
	{ "enhanced code alone", "452 4.3.1\r\n", "452 4.3.1 \"4.3.1\";", 0 },
	{ "enhanced code of the last line", "452-4.3.1 a\r\n452 4.2.2 b\r\n",
	    "452 4.2.2 \"4.3.1 a\\n4.2.2 b\";", 0 },
	{ "no enhanced code: an address", "550 5.1.1.2 x\r\n",
	    "550 0.0.0 \"5.1.1.2 x\";", 0 },
	{ "no enhanced code: class 3", "354 3.0.0 x\r\n",
	    "354 0.0.0 \"3.0.0 x\";", 0 },
	{ "two replies", "250 a\r\n550 b\r\n",
	    "250 0.0.0 \"a\";550 0.0.0 \"b\";", 0 },
	{ "a partial one behind", "250 a\r\n550-b\r\n55", "250 0.0.0 \"a\";",
	    0 },
	{ "8-bit text", "550 caf\xc3\xa9\xff\r\n",
	    "550 0.0.0 \"caf\\xc3\\xa9\\xff\";", 0 },
	{ "a NUL in the text", "550 a\0b\r\n", "550 0.0.0 \"a\\x00b\";", 9 },
	{ "a CR in the text", "250 a\rb\r\n", "250 0.0.0 \"a\\rb\";", 0 },
	{ "the lowest code", "200 x\r\n", "200 0.0.0 \"x\";", 0 },
	{ "the highest code", "599 x\r\n", "599 0.0.0 \"x\";", 0 },
	{ "garbage: an empty line", "\r\n", "garbage \"\";", 0 },
	{ "garbage: text", "hello\r\n", "garbage \"hello\";", 0 },
	{ "garbage: two digits", "25 x\r\n", "garbage \"25 x\";", 0 },
	{ "garbage: four digits", "2500 x\r\n", "garbage \"2500 x\";", 0 },
	{ "garbage: no separator", "250ok\r\n", "garbage \"250ok\";", 0 },
	{ "garbage: a tab", "250\tok\r\n", "garbage \"250\\x09ok\";", 0 },
	{ "garbage: 1xx", "150 x\r\n", "garbage \"150 x\";", 0 },
	{ "garbage: 6xx", "600 x\r\n", "garbage \"600 x\";", 0 },
	{ "garbage: a letter in the code", "2x0 x\r\n", "garbage \"2x0 x\";",
	    0 },
	{ "garbage: a space before", " 250 x\r\n", "garbage \" 250 x\";", 0 },
	{ "garbage within a reply", "250-a\r\nb\r\n", "garbage \"a\\nb\";", 0 },
	{ "garbage, then a reply", "x\r\n250 b\r\n",
	    "garbage \"x\";250 0.0.0 \"b\";", 0 },
	{ "garbage: a NUL before", "\000250 x\r\n", "garbage \"\\x00250 x\";",
	    8 },
};

static void
render(
    struct buf *out, enum smtp_reply_result result, const struct smtp_reply *r)
{
	switch (result) {
	case SMTP_REPLY_PARTIAL:
		return;
	case SMTP_REPLY_COMPLETE:
		buf_printf(out, "%d", r->code);
		if (r->code_last != r->code)
			buf_printf(out, " last %d", r->code_last);
		buf_printf(out, "%s %d.%d.%d \"", r->mixed ? " mixed" : "",
		    r->status.class, r->status.subject, r->status.detail);
		break;
	case SMTP_REPLY_GARBAGE:
		assert_int_equal(r->code, 0);
		buf_append_cstr(out, "garbage \"");
		break;
	case SMTP_REPLY_TOO_LONG:
		buf_append_cstr(out, "too long \"");
		break;
	}
	kit_show(out, r->text);
	buf_append_cstr(out, "\";");
}

static void
run_row(const struct slice *pieces, size_t count, void *arg)
{
	const struct reply_row *row = arg;
	struct smtp_reply_reader reader = { 0 };
	struct buf in = { 0 }, out = { 0 };

	for (size_t i = 0; i < count; i++) {
		enum smtp_reply_result result;
		struct smtp_reply reply;

		buf_append(&in, pieces[i]);
		do {
			struct slice input = buf_slice(&in);
			size_t had = input.len;

			result = smtp_reply_read(&reader, &input, &reply);
			render(&out, result, &reply);
			buf_consume(&in, had - input.len);
		} while (result != SMTP_REPLY_PARTIAL);
	}
	assert_slice(buf_slice(&out), row->want);
	smtp_reply_reader_fini(&reader);
	buf_fini(&in);
	buf_fini(&out);
}

static void
test_row(void **state)
{
	struct reply_row *row = *state;
	size_t len = row->input_len > 0 ? row->input_len : strlen(row->input);

	feed_split(slice_of(row->input, len), run_row, row);
}

/* `count` times a text of `len` bytes, whose lines have more behind them. */
static enum smtp_reply_result
read_long(const char *prefix, size_t len, size_t count, bool ended)
{
	struct smtp_reply_reader reader = { 0 };
	enum smtp_reply_result result = SMTP_REPLY_PARTIAL;
	struct smtp_reply reply;
	struct buf in = { 0 };

	for (size_t i = 0; i < count && result == SMTP_REPLY_PARTIAL; i++) {
		struct slice input;

		buf_clear(&in);
		buf_append_cstr(&in, prefix);
		while (buf_len(&in) < len)
			buf_append_byte(&in, 'x');
		if (ended)
			buf_append_cstr(&in, "\r\n");
		input = buf_slice(&in);
		result = smtp_reply_read(&reader, &input, &reply);
	}
	smtp_reply_reader_fini(&reader);
	buf_fini(&in);
	return result;
}

static void
test_limits(void **state)
{
	(void)state;
	assert_int_equal(read_long("250 ", SMTP_REPLY_LINE_MAX - 1, 1, true),
	    SMTP_REPLY_COMPLETE);
	assert_int_equal(read_long("250 ", SMTP_REPLY_LINE_MAX, 1, true),
	    SMTP_REPLY_TOO_LONG);
	assert_int_equal(read_long("250 ", SMTP_REPLY_LINE_MAX, 1, false),
	    SMTP_REPLY_PARTIAL);
	assert_int_equal(read_long("250 ", SMTP_REPLY_LINE_MAX + 1, 1, false),
	    SMTP_REPLY_TOO_LONG);
	/* However small its lines, one limit holds for the whole. */
	assert_int_equal(read_long("250-", 14, SMTP_REPLY_MAX / 16, true),
	    SMTP_REPLY_PARTIAL);
	assert_int_equal(read_long("250-", 14, SMTP_REPLY_MAX / 16 + 1, true),
	    SMTP_REPLY_TOO_LONG);
}

static struct status_row {
	const char *name; /* the text */
	const char *want; /* "class.subject.detail used", NULL: none */
} status_rows[] = {
	{ "4.3.1", "4.3.1 5" },
	{ "4.3.1 full", "4.3.1 6" },
	{ "2.0.0  x", "2.0.0 6" },
	{ "5.999.999", "5.999.999 9" },
	{ "4.3.1\n", "4.3.1 5" },
	{ "", NULL },
	{ "4", NULL },
	{ "4.3", NULL },
	{ "4.3.", NULL },
	{ "4..1", NULL },
	{ "4.3.1x", NULL },
	{ "4.3.1.2", NULL },
	{ "3.0.0", NULL },
	{ "1.0.0", NULL },
	{ "44.3.1", NULL },
	{ "4.1000.1", NULL },
	{ "4.1.1000", NULL },
	{ " 4.3.1", NULL },
	{ "a.b.c", NULL },
};

static void
test_status(void **state)
{
	const struct status_row *row = *state;
	struct smtp_status status;
	struct buf got = { 0 };
	size_t used;
	bool found = smtp_status_parse(slice_cstr(row->name), &status, &used);

	assert_int_equal(found, row->want != NULL);
	if (found) {
		buf_printf(&got, "%d.%d.%d %zu", status.class, status.subject,
		    status.detail, used);
		assert_slice(buf_slice(&got), row->want);
	}
	buf_fini(&got);
}

static struct format_row {
	const char *name;
	const char *text, *want;
} format_rows[] = {
	{ "no text", "", "452\r\n" },
	{ "one line", "full", "452 full\r\n" },
	{ "two lines", "a\nb", "452-a\r\n452 b\r\n" },
	{ "an empty line between", "a\n\nb", "452-a\r\n452-\r\n452 b\r\n" },
	{ "an empty line last", "a\n", "452-a\r\n452\r\n" },
	{ "two empty lines", "\n", "452-\r\n452\r\n" },
};

/* What is written reads back as it was. */
static void
test_format(void **state)
{
	const struct format_row *row = *state;
	struct smtp_reply_reader reader = { 0 };
	struct smtp_reply reply;
	struct buf out = { 0 };
	struct slice input;

	smtp_reply_format(&out, 452, slice_cstr(row->text));
	assert_slice(buf_slice(&out), row->want);
	input = buf_slice(&out);
	assert_int_equal(
	    smtp_reply_read(&reader, &input, &reply), SMTP_REPLY_COMPLETE);
	assert_int_equal(reply.code, 452);
	assert_slice(reply.text, row->text);
	assert_int_equal(input.len, 0);
	smtp_reply_reader_fini(&reader);
	buf_fini(&out);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	ROWS(&kit, status_rows, test_status);
	ROWS(&kit, format_rows, test_format);
	TEST(&kit, test_limits);
	return kit_run(&kit, "smtp_reply");
}
