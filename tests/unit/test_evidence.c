/* SPDX-License-Identifier: MIT */
/* What is quoted around a moment: log lines and both sides of a dialogue. */
#include "harness/judge/evidence.h"
#include "tests/unit/kit.h"

#define INFO "Wed Jul  2 09:15:07 2014 Info: "

static void
tell(struct evidence *e, enum transcript_kind kind, utime ms,
    struct slice bytes, const char *rule)
{
	struct transcript_event ev = { .time = ms * UTIME_MS,
		.kind = kind,
		.host = "mx1",
		.bytes = bytes,
		.rule = rule,
		.note = "why",
		.recipient_count = 2,
		.size_bytes = 34 };

	(void)evidence_transcript(e, &ev);
}

static struct talk_row {
	const char *name;
	enum transcript_kind kind;
	struct slice bytes;
	const char *rule, *rows;
} talk_rows[] = {
	{ "open", TRANSCRIPT_OPEN, SLICE_INIT(""), NULL, "mx1 open\n" },
	{ "close", TRANSCRIPT_CLOSE, SLICE_INIT(""), NULL, "mx1 -> close\n" },
	{ "reset", TRANSCRIPT_RESET, SLICE_INIT(""), "f.json:1:2",
	    "mx1 -> reset   rule f.json:1:2\n" },
	{ "eof", TRANSCRIPT_EOF, SLICE_INIT(""), NULL, "mx1 <- close\n" },
	{ "lost", TRANSCRIPT_LOST, SLICE_INIT(""), NULL, "mx1 <- reset\n" },
	{ "rule", TRANSCRIPT_RULE, SLICE_INIT(""), "f.json:1:2",
	    "mx1 does: why   rule f.json:1:2\n" },
	{ "violation", TRANSCRIPT_VIOLATION, SLICE_INIT(""), NULL,
	    "mx1 violation: why\n" },
	{ "message", TRANSCRIPT_MESSAGE, SLICE_INIT(""), NULL,
	    "mx1 takes the message: recipients: 2, bytes: 34\n" },
	{ "out", TRANSCRIPT_OUT, SLICE_INIT("431 4.3.1 Full\r\n"), "f.json:1:2",
	    "mx1 -> 431 4.3.1 Full\\r\\n   rule f.json:1:2\n" },
	{ "two commands", TRANSCRIPT_IN, SLICE_INIT("NOOP\r\nQUIT\r\n"), NULL,
	    "mx1 <- NOOP\\r\\n\n"
	    "  0:00:00.001  mx1 <- QUIT\\r\\n\n" },
	{ "half a line", TRANSCRIPT_IN, SLICE_INIT("EH"), NULL, "mx1 <- EH\n" },
	{ "four lines", TRANSCRIPT_IN, SLICE_INIT("a\nb\nc\nd\n"), NULL,
	    "mx1 <- a\\n\n"
	    "  0:00:00.001  mx1 <- b\\n\n"
	    "  0:00:00.001  mx1 <- c\\n\n"
	    "  0:00:00.001  mx1 <- d\\n\n" },
	{ "a body", TRANSCRIPT_IN,
	    SLICE_INIT("From: a\r\n\r\nx\r\nyy\r\n.\r\n"), NULL,
	    "mx1 <- From: a\\r\\n\n"
	    "  0:00:00.001  mx1 <- \\r\\n\n"
	    "  0:00:00.001  mx1 <- ... 2 lines, 7 bytes\n"
	    "  0:00:00.001  mx1 <- .\\r\\n\n" },
	{ "no text", TRANSCRIPT_OUT,
	    SLICE_INIT("\\\t\033[1m\xff\x7f\xc3\xa4\r\n"), NULL,
	    "mx1 -> \\\\\\t\\x1b[1m\\xff\\x7f\xc3\xa4\\r\\n\n" },
};

static void
test_talk(void **state)
{
	const struct talk_row *row = *state;
	struct focus end = { 0, UTIME_NEVER };
	struct evidence *e = evidence_new(0, &end, 1);
	struct buf want = { 0 };

	tell(e, row->kind, 1, row->bytes, row->rule);
	evidence_finish(e);
	buf_printf(&want, "  0:00:00.001  %s", row->rows);
	assert_slices_equal(
	    buf_slice(&evidence_sight(e, 0)->talk), buf_slice(&want));
	buf_fini(&want);
	evidence_destroy(&e);
}

/* Long bytes are cut with a count, and long rows folded. */
static void
test_long(void **state)
{
	struct focus end = { 0, UTIME_NEVER };
	struct evidence *e = evidence_new(0, &end, 1);
	char bytes[1002];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + 1000, "\r\n", 2);
	tell(e, TRANSCRIPT_IN, 1, slice_of(bytes, sizeof(bytes)), NULL);
	evidence_finish(e);
	struct slice rest = buf_slice(&evidence_sight(e, 0)->talk), line;
	assert_true(
	    slice_find(rest, SLICE(" ... 842 bytes ...\\n\n")) < rest.len);
	while (slice_split(&rest, '\n', &line))
		assert_true(line.len <= EVIDENCE_COLUMNS);
	evidence_destroy(&e);
}

/* Line 20 and what is around it, its moment found on the way. */
static void
test_line(void **state)
{
	struct focus focus = { 20, UTIME_NEVER };
	struct evidence *e = evidence_new(0, &focus, 1);
	struct buf line = { 0 };

	(void)state;
	for (int i = 1; i <= 40; i++) {
		buf_clear(&line);
		buf_printf(&line, INFO "line %d\n", i);
		tell(e, TRANSCRIPT_OUT, i, SLICE("220 x\r\n"), NULL);
		assert_int_equal(
		    evidence_log(e, buf_slice(&line), i * UTIME_MS), i == 20);
	}
	evidence_finish(e);
	const struct sight *s = evidence_sight(e, 0);
	assert_int_equal(s->moment, 20 * UTIME_MS);
	assert_slice(buf_slice(&s->log),
	    "    16  0:00:00.016  line 16\n"
	    "    17  0:00:00.017  line 17\n"
	    "    18  0:00:00.018  line 18\n"
	    "    19  0:00:00.019  line 19\n"
	    ">   20  0:00:00.020  line 20\n"
	    "    21  0:00:00.021  line 21\n"
	    "    22  0:00:00.022  line 22\n");
	struct slice talk = buf_slice(&s->talk);
	assert_true(slice_starts_with(talk, SLICE("  0:00:00.011  mx1")));
	assert_true(slice_find(talk, SLICE(".024  mx1")) < talk.len);
	assert_int_equal(slice_find(talk, SLICE(".025  mx1")), talk.len);
	buf_fini(&line);
	evidence_destroy(&e);
}

/* A moment without a line: all of that moment is marked, in both. */
static void
test_moment(void **state)
{
	struct focus focus = { 0, 2 * UTIME_MS };
	struct evidence *e = evidence_new(0, &focus, 1);

	(void)state;
	assert_false(evidence_log(e, SLICE(INFO "one\n"), UTIME_MS));
	tell(e, TRANSCRIPT_VIOLATION, 2, SLICE(""), NULL);
	assert_true(evidence_log(e, SLICE(INFO "three\n"), 3 * UTIME_MS));
	tell(e, TRANSCRIPT_CLOSE, 4, SLICE(""), NULL);
	evidence_finish(e);
	assert_slice(buf_slice(&evidence_sight(e, 0)->log),
	    "     1  0:00:00.001  one\n"
	    "     2  0:00:00.003  three\n");
	assert_slice(buf_slice(&evidence_sight(e, 0)->talk),
	    "> 0:00:00.002  mx1 violation: why\n"
	    "  0:00:00.004  mx1 -> close\n");
	evidence_destroy(&e);
}

/* Of a record only the level that is not Info stays; what is no record is
 * whole; and the end of a run is quoted when nothing has a moment. */
static void
test_end(void **state)
{
	struct focus end = { 0, UTIME_NEVER };
	struct evidence *e = evidence_new(0, &end, 1);

	(void)state;
	for (int i = 0; i < 20; i++)
		(void)evidence_log(e, SLICE("no record \r\n"), 0);
	(void)evidence_log(
	    e, SLICE("Wed Jul  2 09:15:07 2014 Warning: the disk\n"), 0);
	evidence_finish(e);
	assert_slice(buf_slice(&evidence_sight(e, 0)->log),
	    "    15  0:00:00.000  no record \n"
	    "    16  0:00:00.000  no record \n"
	    "    17  0:00:00.000  no record \n"
	    "    18  0:00:00.000  no record \n"
	    "    19  0:00:00.000  no record \n"
	    "    20  0:00:00.000  no record \n"
	    "    21  0:00:00.000  Warning: the disk\n");
	evidence_destroy(&e);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, talk_rows, test_talk);
	TEST(&kit, test_long);
	TEST(&kit, test_line);
	TEST(&kit, test_moment);
	TEST(&kit, test_end);
	return kit_run(&kit, "evidence");
}
