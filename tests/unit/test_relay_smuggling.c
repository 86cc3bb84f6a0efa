/* SPDX-License-Identifier: MIT */
/*
 * SMTP smuggling through a whole session of the relay: bytes that some server
 * takes for the end of data end nothing here, are one message at the next host,
 * and come there in a form in which no server can take them for an end.
 */
#include "tests/unit/relay_stage.h"

#define ONE STAGE_ROUTES("10.1.1.11")
#define EVIL                                                                   \
	"MAIL FROM:<evil@b.example>\r\nRCPT TO:<v@exchange.example>\r\n"       \
	"DATA\r\nsmuggled\r\n"
#define ROW(bytes)                                                             \
	{                                                                      \
#bytes, SLICE_INIT(bytes)                                      \
	}

static struct row {
	const char *name;
	struct slice end; /* no end */
} rows[] = {
	ROW("\n.\n"),
	ROW("\r.\r"),
	ROW("\r\n.\n"),
	ROW("\n.\r\n"),
	ROW("\r\n.\r"),
	ROW("\r.\r\n"),
	ROW("\r.\n"),
	ROW("\n.\r"),
	ROW("\n\n.\r\n"),
	ROW("\r\r.\r\n"),
	ROW("\n\r.\r\n"),
	ROW("\r\n\r.\r\n"),
	ROW("\r\n\n.\r\n"),
	ROW("\r\n.\r\r\n"),
	ROW("\r\n.\n\r\n"),
	ROW("\r\n..\r\n"),
	ROW("\r\n.\0\r\n"),
	ROW("\r\n\0.\r\n"),
	ROW("\r\n.\r\0\n"),
	ROW("\0\r\n.\0\r\n"),
	ROW("\r\n. \r\n"),
	ROW("\r\n .\r\n"),
};

/* Bytes of which the next server could make another end of line. */
static size_t
count_bare(struct slice content)
{
	size_t bare = 0;

	for (size_t i = 0; i < content.len; i++) {
		bool lf_next = i + 1 < content.len && content.at[i + 1] == '\n';

		bare += content.at[i] == '\r' && !lf_next;
		bare += content.at[i] == '\n' &&
		    (i == 0 || content.at[i - 1] != '\r');
	}
	return bare;
}

/* What the client sends behind the 354, whole or byte by byte. */
static void
send_content(
    struct stage *s, struct stage_client *c, struct slice end, size_t piece)
{
	struct buf text = { 0 };
	struct slice rest;

	buf_append(&text, SLICE("one"));
	buf_append(&text, end);
	buf_append(&text, SLICE(EVIL "\r\n.\r\nQUIT\r\n"));
	for (rest = buf_slice(&text); rest.len > 0;
	     rest = slice_skip(rest, piece)) {
		stream_write(c->stream, slice_sub(rest, 0, piece));
		if (piece == 1)
			stage_run_until(
			    s, world_now(s->world) - STAGE_START + UTIME_MS);
	}
	buf_fini(&text);
}

static void
check(struct slice end, size_t piece)
{
	struct stage_client *c;
	struct stage_host *h;
	struct stage s;

	stage_init(&s, ONE);
	s.whole_log = true;
	h = stage_host(&s, "10.1.1.11", NULL);
	c = stage_client(&s, 0, "10.0.0.9",
	    "EHLO c|MAIL FROM:<a@b.example>|RCPT TO:<u@exchange.example>|DATA|"
	    "!hush");
	stage_run_until(&s, UTIME_S);
	send_content(&s, c, end, piece);
	stage_run(&s);
	assert_true(c->is_over);
	assert_int_equal(stage_count_lines(&s.log, " queued for delivery"), 1);
	assert_int_equal(stage_count_lines(&s.log, "evil@"), 0);
	assert_int_equal(stage_count_lines(&s.log, "Unknown command"), 0);
	assert_text(&h->got, "<a@b.example> <u@exchange.example>\n");
	assert_int_equal(count_bare(buf_slice(&h->content)), 0);
	assert_true(slice_find(buf_slice(&h->content), SLICE("smuggled")) <
	    buf_len(&h->content));
	stage_fini(&s);
}

static void
test_row(void **state)
{
	const struct row *row = *state;

	check(row->end, 100000);
	check(row->end, 1);
}

/* The same bytes in a chunk, which has its length. */
static void
test_chunk(void **state)
{
	const struct row *row = *state;
	struct stage_client *c;
	struct stage_host *h;
	struct buf text = { 0 };
	struct stage s;

	stage_init(&s, ONE);
	s.whole_log = true;
	h = stage_host(&s, "10.1.1.11", NULL);
	c = stage_client(&s, 0, "10.0.0.9",
	    "EHLO c|MAIL FROM:<a@b.example>|RCPT TO:<u@exchange.example>|"
	    "!hush");
	stage_run_until(&s, UTIME_S);
	buf_printf(&text, "BDAT %zu LAST\r\n", row->end.len + strlen(EVIL));
	buf_append(&text, row->end);
	buf_append(&text, SLICE(EVIL "QUIT\r\n"));
	stream_write(c->stream, buf_slice(&text));
	stage_run(&s);
	assert_true(c->is_over);
	assert_int_equal(stage_count_lines(&s.log, " queued for delivery"), 1);
	assert_int_equal(stage_count_lines(&s.log, "evil@"), 0);
	assert_int_equal(count_bare(buf_slice(&h->content)), 0);
	buf_fini(&text);
	stage_fini(&s);
}

/* Commands whose lines end otherwise are no commands. */
static struct line_row {
	const char *name;
	struct slice line;
} line_rows[] = {
	ROW("MAIL FROM:<a@b.example>\nRSET\r\n"),
	ROW("MAIL FROM:<a@b.example>\rRSET\r\n"),
	ROW("MAIL FROM:<a@b.example>\0\r\n"),
	ROW("NOOP\nMAIL FROM:<a@b.example>\r\n"),
	ROW("NOOP\rMAIL FROM:<a@b.example>\r\n"),
	ROW("NOOP\r\r\n"),
};

static void
test_line(void **state)
{
	const struct line_row *row = *state;
	struct stage_client *c;
	struct stage s;

	stage_init(&s, ONE);
	s.whole_log = true;
	c = stage_client(&s, 0, "10.0.0.9", "EHLO c|!hush");
	stage_run_until(&s, UTIME_S);
	buf_clear(&c->seen);
	stream_write(c->stream, row->line);
	stream_write(c->stream, SLICE("QUIT\r\n"));
	stage_run(&s);
	assert_true(slice_starts_with(buf_slice(&c->seen), SLICE("500 5.5.2")));
	assert_int_equal(stage_count_lines(&s.log, "Start MID"), 0);
	stage_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	ROWS(&kit, rows, test_chunk);
	ROWS(&kit, line_rows, test_line);
	return kit_run(&kit, "relay_smuggling");
}
