/* SPDX-License-Identifier: MIT */
/* Conversations as lines: no content, no secrets, whatever the pieces. */
#include "relay/operate/conversation.h"
#include "tests/unit/kit.h"

static void
on_line(void *owner, enum conversation_side side, struct slice line)
{
	struct buf *out = owner;

	buf_append_byte(out, side == SIDE_CLIENT ? '>' : '<');
	conversation_quote(line, out);
	buf_append_byte(out, '\n');
}

#define STEPS_MAX 12

struct talk_row {
	const char *name;
	struct {
		enum conversation_side side;
		const char *bytes;
	} said[STEPS_MAX];
	const char *wanted;
};

#define C SIDE_CLIENT
#define S SIDE_SERVER
static struct talk_row rows[] = {
	{ "a message by DATA",
	    { { S, "220 hi\r\n" }, { C, "MAIL FROM:<a@b>\r\n" },
		{ S, "250 ok\r\n" }, { C, "DATA\r\n" }, { S, "354 go\r\n" },
		{ C, "Subject: secret\r\n..x\r\n.\r\n" }, { S, "250 kept\r\n" },
		{ C, "QUIT\r\n" } },
	    "<'220 hi'\n>'MAIL FROM:<a@b>'\n<'250 ok'\n>'DATA'\n<'354 go'\n"
	    ">'.'\n<'250 kept'\n>'QUIT'\n" },
	{ "DATA refused: no content",
	    { { C, "DATA\r\n" }, { S, "554 no\r\n" }, { C, "RSET\r\n" } },
	    ">'DATA'\n<'554 no'\n>'RSET'\n" },
	{ "chunks",
	    { { C, "BDAT 5\r\n12345BDAT 3 LAST\r\n" }, { C, "a\r\nQUIT\r\n" },
		{ S, "250 ok\r\n" } },
	    ">'BDAT 5'\n>'BDAT 3 LAST'\n>'QUIT'\n<'250 ok'\n" },
	{ "AUTH PLAIN with its response",
	    { { C, "auth PLAIN AGEAYg==\r\n" }, { S, "235 ok\r\n" },
		{ C, "MAIL FROM:<a@b>\r\n" } },
	    ">'auth PLAIN (hidden)'\n<'235 ok'\n>'MAIL FROM:<a@b>'\n" },
	{ "AUTH LOGIN",
	    { { C, "AUTH LOGIN\r\n" }, { S, "334 VXNlcm5hbWU6\r\n" },
		{ C, "dXNlcg==\r\n" }, { S, "334 UGFzc3dvcmQ6\r\n" },
		{ C, "c2VjcmV0\r\n" }, { S, "235 ok\r\n" }, { C, "NOOP\r\n" } },
	    ">'AUTH LOGIN'\n<'334 VXNlcm5hbWU6'\n>'(hidden)'\n"
	    "<'334 UGFzc3dvcmQ6'\n>'(hidden)'\n<'235 ok'\n>'NOOP'\n" },
	{ "a reply to what stood ahead of AUTH uncovers nothing",
	    { { C, "NOOP\r\nAUTH PLAIN\r\n" }, { S, "250 ok\r\n334 \r\n" },
		{ C, "AGEAYg==\r\n" }, { S, "235 ok\r\n" } },
	    ">'NOOP'\n>'AUTH PLAIN'\n<'250 ok'\n<'334 '\n>'(hidden)'\n"
	    "<'235 ok'\n" },
	{ "odd bytes", { { S, "220 \x01'\\\xff\n" } },
	    "<'220 \\001\\047\\134\\377'\n" },
};

static void
test_talk(void **state)
{
	const struct talk_row *row = *state;

	for (int trickled = 0; trickled < 2; trickled++) {
		struct buf out = { 0 };
		struct conversation c = { .owner = &out, .on_line = on_line };

		for (size_t i = 0; i < STEPS_MAX && row->said[i].bytes != NULL;
		     i++) {
			struct slice rest = slice_cstr(row->said[i].bytes);

			for (size_t n = trickled ? 1 : rest.len; rest.len > 0;
			     rest = slice_skip(rest, n))
				conversation_feed(&c, row->said[i].side,
				    slice_sub(rest, 0, n));
		}
		assert_slice(buf_slice(&out), row->wanted);
		conversation_fini(&c);
		buf_fini(&out);
	}
}

/* A line without end costs no more memory than one that is kept. */
static void
test_long_line(void **state)
{
	struct buf out = { 0 }, text = { 0 };
	struct conversation c = { .owner = &out, .on_line = on_line };

	(void)state;
	for (int i = 0; i < 10000; i++)
		buf_append_cstr(&text, "xyz");
	conversation_feed(&c, SIDE_CLIENT, buf_slice(&text));
	assert_int_equal(
	    buf_len(&c.partial[SIDE_CLIENT]), CONVERSATION_LINE_MAX);
	conversation_feed(&c, SIDE_CLIENT, SLICE("\r\n"));
	assert_int_equal(buf_len(&out), CONVERSATION_LINE_MAX + 4);
	conversation_fini(&c);
	buf_fini(&out);
	buf_fini(&text);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_talk);
	TEST(&kit, test_long_line);
	return kit_run(&kit, "conversation");
}
