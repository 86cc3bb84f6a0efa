/* SPDX-License-Identifier: MIT */
/* Transcript lines: the exact JSON of each kind, and JSON whatever the bytes.
 */
#include "core/transcript/transcript.h"
#include "tests/unit/kit.h"

#include <jansson.h>

#define HEAD                                                                   \
	"{\"time\":\"2014-07-02T09:15:07.000000Z\",\"host\":\"mx\","           \
	"\"connection\":3,\"event\":"

static const struct slice two[] = { SLICE_INIT("a@b"), SLICE_INIT("c@d") };

struct row {
	const char *name;
	struct transcript_event ev;
	const char *want; /* behind HEAD */
};
static struct row rows[] = {
	{ "open",
	    { .kind = TRANSCRIPT_OPEN,
		.server = { { 4, { 10, 1, 1, 11 } }, 25 },
		.client = { { 6, { [15] = 1 } }, 4000 } },
	    "\"open\",\"server\":\"10.1.1.11:25\","
	    "\"client\":\"[::1]:4000\"}\n" },
	{ "in",
	    { .kind = TRANSCRIPT_IN, .bytes = SLICE_INIT("NOOP \"\\\t\r\n") },
	    "\"in\",\"direction\":\"in\","
	    "\"bytes\":\"NOOP \\\"\\\\\\t\\r\\n\"}\n" },
	{ "out by a rule",
	    { .kind = TRANSCRIPT_OUT,
		.bytes = SLICE_INIT("452 no\r\n"),
		.rule = "a.json:1:2" },
	    "\"out\",\"direction\":\"out\",\"bytes\":\"452 no\\r\\n\","
	    "\"rule\":\"a.json:1:2\"}\n" },
	{ "UTF-8",
	    { .kind = TRANSCRIPT_IN, .bytes = SLICE_INIT("\xc3\xa9\x7f") },
	    "\"in\",\"direction\":\"in\",\"bytes\":\"\xc3\xa9\\u007f\"}\n" },
	{ "bytes",
	    { .kind = TRANSCRIPT_IN, .bytes = SLICE_INIT("\xc3\xa9\xff\0") },
	    "\"in\",\"direction\":\"in\","
	    "\"bytes\":\"\\u00c3\\u00a9\\u00ff\\u0000\","
	    "\"encoding\":\"latin1\"}\n" },
	{ "in, cut",
	    { .kind = TRANSCRIPT_IN, .bytes = SLICE_INIT("Sub"), .cut = 99 },
	    "\"in\",\"direction\":\"in\",\"bytes\":\"Sub\",\"cut\":99}\n" },
	{ "rule",
	    { .kind = TRANSCRIPT_RULE, .rule = "a.json:1:2", .note = "stall" },
	    "\"rule\",\"rule\":\"a.json:1:2\",\"note\":\"stall\"}\n" },
	{ "message",
	    { .kind = TRANSCRIPT_MESSAGE,
		.sender = SLICE_INIT("s@t"),
		.recipients = two,
		.recipient_count = 2,
		.size_bytes = 99 },
	    "\"message\",\"from\":\"s@t\",\"to\":[\"a@b\",\"c@d\"],"
	    "\"size\":99}\n" },
	{ "message of which not all was shown",
	    { .kind = TRANSCRIPT_MESSAGE,
		.size_bytes = 99,
		.body_sha256 = SLICE_INIT("a0") },
	    "\"message\",\"from\":\"\",\"to\":[],\"size\":99,"
	    "\"body_sha256\":\"a0\"}\n" },
	{ "message of nobody", { .kind = TRANSCRIPT_MESSAGE },
	    "\"message\",\"from\":\"\",\"to\":[],\"size\":0}\n" },
	{ "violation", { .kind = TRANSCRIPT_VIOLATION, .note = "a bare CR" },
	    "\"violation\",\"note\":\"a bare CR\"}\n" },
	{ "eof", { .kind = TRANSCRIPT_EOF }, "\"eof\"}\n" },
	{ "close", { .kind = TRANSCRIPT_CLOSE }, "\"close\"}\n" },
	{ "reset", { .kind = TRANSCRIPT_RESET }, "\"reset\"}\n" },
};

static void
test_row(void **state)
{
	struct row *row = *state;
	struct buf got = { 0 }, want = { 0 };

	row->ev.time = INT64_C(1404292507) * UTIME_S;
	row->ev.host = "mx";
	row->ev.connection = 3;
	transcript_format(&got, &row->ev);
	buf_append_cstr(&want, HEAD);
	buf_append_cstr(&want, row->want);
	assert_slices_equal(buf_slice(&got), buf_slice(&want));
	buf_fini(&got);
	buf_fini(&want);
}

/* Each pair of bytes, as text or not, is one line of JSON that gives the bytes
 * back. */
static void
test_every_pair(void **state)
{
	(void)state;
	for (unsigned pair = 0; pair < 65536; pair++) {
		const char bytes[] = { (char)(pair >> 8), (char)pair };
		const struct transcript_event ev = {
			.kind = TRANSCRIPT_IN,
			.host = "mx",
			.bytes = { bytes, 2 },
		};
		struct buf line = { 0 };
		json_t *root, *value;

		transcript_format(&line, &ev);
		assert_true(slice_find_byte(buf_slice(&line), '\n') ==
		    buf_len(&line) - 1);
		root = json_loadb(
		    buf_slice(&line).at, buf_len(&line), JSON_ALLOW_NUL, NULL);
		assert_non_null(root);
		value = json_object_get(root, "bytes");
		if (json_object_get(root, "encoding") == NULL)
			assert_slices_equal(slice_of(json_string_value(value),
						json_string_length(value)),
			    ev.bytes);
		else
			assert_true(json_string_length(value) >= 2);
		json_decref(root);
		buf_fini(&line);
	}
}

/* Each byte at each place of longer text: runs are found in words. */
static void
test_every_place(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 24 * 256; i++) {
		char bytes[24], want[8];
		const struct transcript_event ev = {
			.kind = TRANSCRIPT_IN,
			.host = "mx",
			.bytes = { bytes, sizeof(bytes) },
		};
		struct buf line = { 0 };
		json_t *root;
		struct slice got;

		memset(bytes, 'a', sizeof(bytes));
		bytes[i % 24] = (char)(i / 24);
		transcript_format(&line, &ev);
		root = json_loadb(
		    buf_slice(&line).at, buf_len(&line), JSON_ALLOW_NUL, NULL);
		assert_non_null(root);
		got =
		    slice_of(json_string_value(json_object_get(root, "bytes")),
			json_string_length(json_object_get(root, "bytes")));
		/* Latin 1, as UTF-8. */
		(void)snprintf(want, sizeof(want), "%c%c",
		    (char)(0xc0 | i / 24 >> 6), (char)(0x80 | (i / 24 & 0x3f)));
		if (i / 24 < 0x80)
			assert_slices_equal(got, ev.bytes);
		else
			assert_slices_equal(
			    slice_sub(got, i % 24, 2), slice_of(want, 2));
		json_decref(root);
		buf_fini(&line);
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_every_pair);
	TEST(&kit, test_every_place);
	return kit_run(&kit, "transcript");
}
