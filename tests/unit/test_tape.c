/* SPDX-License-Identifier: MIT */
/* A run on a tape: kept as it was when it was seen, and shown in its order. */
#include "harness/live/tape.h"

#include "tests/unit/kit.h"

/* What was shown, a line each. */
static void
note_log(void *owner, struct slice line)
{
	buf_printf(owner, "log %.*s", SLICE_ARG(line));
}

static void
note_event(void *owner, const struct transcript_event *ev)
{
	buf_printf(owner, "%s %llu <%.*s>", ev->host,
	    (unsigned long long)ev->connection, SLICE_ARG(ev->bytes));
	for (size_t i = 0; i < ev->recipient_count; i++)
		buf_printf(owner, " %.*s", SLICE_ARG(ev->recipients[i]));
	buf_append_byte(owner, '\n');
}

/* All of it is copied: what is given is overwritten at once. */
static void
record(struct tape *t)
{
	char line[] = "a line\n", host[] = "mx1", bytes[] = "EHLO x";
	char one[] = "a@example.com", two[] = "b@example.com";
	struct slice recipients[] = { slice_cstr(one), slice_cstr(two) };
	const struct transcript_event ev = {
		.kind = TRANSCRIPT_MESSAGE,
		.host = host,
		.connection = 7,
		.bytes = slice_cstr(bytes),
		.recipients = recipients,
		.recipient_count = ARRAY_LEN(recipients),
	};

	tape_log(t, slice_cstr(line), 1);
	tape_transcript(t, &ev);
	tape_operate(t, SLICE("suspenddel"), 2);
	tape_side_line(t, PLAN_LOG_BOUNCE, SLICE("beside\n"));
	line[0] = 'A';
	tape_log(t, slice_cstr(line), 3);
	memset(line, '?', sizeof(line) - 1);
	memset(host, '?', sizeof(host) - 1);
	memset(bytes, '?', sizeof(bytes) - 1);
	memset(one, '?', sizeof(one) - 1);
	memset(two, '?', sizeof(two) - 1);
	recipients[0] = recipients[1] = SLICE("?");
}

static void
test_played(void **state)
{
	struct tape tape = { 0 };
	struct buf out = { 0 };

	(void)state;
	record(&tape);
	tape_play(&tape, NULL, &out, note_log, note_event);
	assert_slice(buf_slice(&out),
	    "log a line\n"
	    "mx1 7 <EHLO x> a@example.com b@example.com\n"
	    "log A line\n");
	/* As often as wanted, and to whom it may concern. */
	buf_clear(&out);
	tape_play(&tape, NULL, &out, NULL, note_event);
	assert_slice(
	    buf_slice(&out), "mx1 7 <EHLO x> a@example.com b@example.com\n");
	buf_clear(&out);
	tape_play(&tape, NULL, &out, note_log, NULL);
	assert_slice(buf_slice(&out), "log a line\nlog A line\n");
	buf_fini(&out);
	tape_fini(&tape);
}

/* Two that are in order become one; of one moment what was there is first. */
static void
test_woven(void **state)
{
	struct tape tape = { 0 }, other = { 0 };
	struct buf out = { 0 };
	struct transcript_event ev = { .host = "mx1", .time = 10 };

	(void)state;
	tape_transcript(&tape, &ev);
	ev.time = 30;
	tape_transcript(&tape, &ev);
	tape_shift(&tape, 5);
	tape_log(&other, SLICE("at 14\n"), 14);
	tape_log(&other, SLICE("at 15\n"), 15);
	tape_log(&other, SLICE("at 40\n"), 40);
	tape_weave(&tape, &other);
	tape_fini(&other);
	tape_play(&tape, NULL, &out, note_log, note_event);
	assert_slice(buf_slice(&out),
	    "log at 14\nmx1 0 <>\nlog at 15\nmx1 0 <>\nlog at 40\n");
	buf_fini(&out);
	tape_fini(&tape);
}

static void
test_empty(void **state)
{
	struct tape tape = { 0 };
	struct buf out = { 0 };

	(void)state;
	tape_play(&tape, NULL, &out, note_log, note_event);
	assert_int_equal(buf_len(&out), 0);
	tape_fini(&tape);
	/* A tape is as good as new. */
	record(&tape);
	tape_fini(&tape);
	tape_play(&tape, NULL, &out, note_log, note_event);
	assert_int_equal(buf_len(&out), 0);
	buf_fini(&out);
}

/* More than an arena or an array begins with. */
static void
test_many(void **state)
{
	struct tape tape = { 0 };
	struct buf out = { 0 }, line = { 0 };

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		buf_clear(&line);
		buf_printf(&line, "%u\n", i);
		tape_log(&tape, buf_slice(&line), i);
	}
	tape_play(&tape, NULL, &out, note_log, NULL);
	assert_true(
	    slice_starts_with(buf_slice(&out), SLICE("log 0\nlog 1\nlog 2\n")));
	assert_true(slice_ends_with_nocase(
	    buf_slice(&out), SLICE("log 4998\nlog 4999\n")));
	buf_fini(&line);
	buf_fini(&out);
	tape_fini(&tape);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_played);
	TEST(&kit, test_woven);
	TEST(&kit, test_empty);
	TEST(&kit, test_many);
	return kit_run(&kit, "tape");
}
