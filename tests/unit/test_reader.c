/* SPDX-License-Identifier: MIT */
/* Transcripts from files: what transcript_format() writes is read again as it
 * was, and what is no event says so. */
#include "core/transcript/reader.h"

#include "tests/unit/kit.h"

static const struct slice two[] = { SLICE_INIT("a@b"), SLICE_INIT("\xff@d") };

static struct event_row {
	const char *name;
	struct transcript_event ev;
} rows[] = {
	{ "in",
	    { .kind = TRANSCRIPT_IN, .bytes = SLICE_INIT("NOOP \"\t\r\n") } },
	{ "in, cut",
	    { .kind = TRANSCRIPT_IN, .bytes = SLICE_INIT("x"), .cut = 7 } },
	{ "no text",
	    { .kind = TRANSCRIPT_IN, .bytes = { "\xc3\xa9\xff\0", 4 } } },
	{ "UTF-8",
	    { .kind = TRANSCRIPT_OUT, .bytes = SLICE_INIT("\xc3\xa9") } },
	{ "rule",
	    { .kind = TRANSCRIPT_RULE,
		.rule = "a.json:1:2",
		.note = "stall" } },
	{ "message",
	    { .kind = TRANSCRIPT_MESSAGE,
		.sender = SLICE_INIT("s@t"),
		.recipients = two,
		.recipient_count = 2,
		.size_bytes = 99 } },
	{ "message of which not all was shown",
	    { .kind = TRANSCRIPT_MESSAGE,
		.size_bytes = 99,
		.body_sha256 = SLICE_INIT("a0") } },
	{ "close", { .kind = TRANSCRIPT_CLOSE } },
};

static void
put(struct buf *line, const struct transcript_event *ev)
{
	buf_clear(line);
	transcript_format(line, ev);
}

static void
assert_text(const char *got, const char *want)
{
	assert_int_equal(got == NULL, want == NULL);
	if (want != NULL)
		assert_string_equal(got, want);
}

static void
test_read_again(void **state)
{
	struct transcript_event *want = &((struct event_row *)*state)->ev, got;
	struct transcript_reader *r = transcript_reader_new(false);
	struct transcript_event open = { .kind = TRANSCRIPT_OPEN,
		.host = "mx",
		.connection = 3,
		.server = { { 4, { 10, 1, 1, 11 } }, 25 },
		.client = { { 6, { [15] = 1 } }, 4000 } };
	struct buf line = { 0 };
	struct err err;

	put(&line, &open);
	assert_true(transcript_read(r, buf_slice(&line), &got, &err));
	want->time = INT64_C(1404292507) * UTIME_S + 42;
	want->host = "mx";
	want->connection = 3;
	put(&line, want);
	assert_true(transcript_read(r, buf_slice(&line), &got, &err));
	assert_int_equal(got.kind, want->kind);
	assert_int_equal(got.time, want->time);
	assert_int_equal(got.connection, 3);
	assert_string_equal(got.host, "mx");
	assert_true(endpoint_equal(&got.server, &open.server));
	assert_true(endpoint_equal(&got.client, &open.client));
	assert_slices_equal(got.bytes, want->bytes);
	assert_int_equal(got.cut, want->cut);
	assert_slices_equal(got.body_sha256, want->body_sha256);
	assert_text(got.rule, want->rule);
	assert_text(got.note, want->note);
	assert_slices_equal(got.sender, want->sender);
	assert_int_equal(got.size_bytes, want->size_bytes);
	assert_int_equal(got.recipient_count, want->recipient_count);
	for (size_t i = 0; i < got.recipient_count; i++)
		assert_slices_equal(got.recipients[i], two[i]);
	buf_fini(&line);
	transcript_reader_destroy(&r);
}

#define HEAD "{\"time\":\"2014-07-02T09:15:07Z\",\"host\":\"mx\","

static struct bad_row {
	const char *name, *line, *want;
} bad_rows[] = {
	{ "garbage", "\x01\xff garbage", "no JSON object" },
	{ "half a line", "{\"time\":\"2014", "no JSON object" },
	{ "a list", "[1]", "no JSON object" },
	{ "nothing", "", "no JSON object" },
	{ "no event", HEAD "\"connection\":1}",
	    "\"event\": \"\" is no event of a transcript" },
	{ "no time", "{\"time\":7,\"event\":\"eof\",\"connection\":1}",
	    "\"time\": \"\" is no time" },
	{ "no connection", HEAD "\"event\":\"eof\",\"connection\":\"x\"}",
	    "\"connection\" is no number" },
	{ "no size", HEAD "\"event\":\"message\",\"connection\":1}",
	    "\"size\" is no number" },
	{ "no number of bytes that were cut",
	    HEAD "\"event\":\"in\",\"connection\":1,\"cut\":-1}",
	    "\"cut\" is no number" },
	{ "no addresses",
	    HEAD "\"event\":\"open\",\"connection\":1,\"server\":\"a:25\"}",
	    "\"server\" and \"client\" are no addresses with ports" },
};

static void
test_bad(void **state)
{
	const struct bad_row *row = *state;
	struct transcript_reader *r = transcript_reader_new(false);
	struct transcript_event ev;
	struct err err;

	assert_false(transcript_read(r, slice_cstr(row->line), &ev, &err));
	assert_string_equal(err.msg, row->want);
	transcript_reader_destroy(&r);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_read_again);
	ROWS(&kit, bad_rows, test_bad);
	return kit_run(&kit, "reader");
}
