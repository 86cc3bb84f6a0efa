/* SPDX-License-Identifier: MIT */
/* The content of injected messages. */
#include "harness/sim/message.h"
#include "tests/unit/kit.h"

static const struct slice to[] = { SLICE_INIT("a@example.com"),
	SLICE_INIT("b@example.com") };
static const struct message_header header = {
	.number = 12,
	.date = 1404292507 * UTIME_S,
	.from = SLICE_INIT("me@example.net"),
	.to = to,
	.to_count = 2,
};
#define HEADER                                                                 \
	"Date: Wed, 2 Jul 2014 09:15:07 +0000\r\n"                             \
	"From: <me@example.net>\r\n"                                           \
	"To: <a@example.com>,\r\n"                                             \
	"    <b@example.com>\r\n"                                              \
	"Subject: message 12\r\n"                                              \
	"Message-ID: <12@injector.example>\r\n\r\n"

static struct size_row {
	const char *name;
	uint64_t wanted, got;
} size_rows[] = {
	{ "nothing", 0, sizeof(HEADER) - 1 },
	{ "the header", sizeof(HEADER) - 1, sizeof(HEADER) - 1 },
	{ "a byte more", sizeof(HEADER), sizeof(HEADER) },
	{ "a line more", sizeof(HEADER) + 63, sizeof(HEADER) + 63 },
	{ "a lot", 100001, 100001 },
};

static void
test_size(void **state)
{
	const struct size_row *row = *state;
	struct message_writer writer;
	struct buf out = { 0 };

	message_begin(&writer, &header, row->wanted, &out);
	while (message_continue(&writer, 1000, &out))
		;
	assert_int_equal(buf_len(&out), row->got);
	assert_slice(slice_sub(buf_slice(&out), 0, sizeof(HEADER) - 1), HEADER);
	buf_fini(&out);
}

/* The pieces do not matter, and every line is shorter than a limit. */
static void
test_pieces(void **state)
{
	struct message_writer writer;
	struct buf whole = { 0 }, pieces = { 0 };
	struct slice rest, line;

	(void)state;
	message_begin(&writer, &header, 1000, &whole);
	message_continue(&writer, SIZE_MAX, &whole);
	message_begin(&writer, &header, 1000, &pieces);
	while (message_continue(&writer, 1, &pieces))
		;
	assert_slices_equal(buf_slice(&pieces), buf_slice(&whole));
	rest = buf_slice(&whole);
	while (slice_split(&rest, '\n', &line))
		assert_in_range(line.len, 1, 78);
	buf_fini(&whole);
	buf_fini(&pieces);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, size_rows, test_size);
	TEST(&kit, test_pieces);
	return kit_run(&kit, "message");
}
