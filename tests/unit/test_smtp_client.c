/* SPDX-License-Identifier: MIT */
/* The client's side: its deadlines, its limits, what it learns of a host, and
 * how far it goes ahead of one. */
#include "core/smtp/client.h"

#include "tests/unit/kit.h"

static struct smtp_client *
client_new(void)
{
	struct smtp_client_options options = {
		.helo_name = SLICE("me"),
		.timeouts = smtp_client_timeouts_default,
	};

	return smtp_client_new(&options, 0);
}

static void
acknowledge(struct smtp_client *c)
{
	smtp_client_out_ack(c, smtp_client_out(c).len);
}

/* Each reply has its own patience, from when its command was given. */
static void
test_deadlines(void **state)
{
	static const struct {
		const char *reply, *phrase;
		utime patience;
	} steps[] = {
		{ "", "waiting for the greeting", 5 * UTIME_MINUTE },
		{ "220 hi\r\n", "waiting for the EHLO reply",
		    5 * UTIME_MINUTE },
		{ "250 ok\r\n", "waiting for the MAIL reply",
		    5 * UTIME_MINUTE },
		{ "250 ok\r\n", "waiting for the RCPT reply",
		    5 * UTIME_MINUTE },
		{ "250 ok\r\n", "waiting for the DATA reply",
		    2 * UTIME_MINUTE },
		{ "354 go\r\n", "sending the content", 3 * UTIME_MINUTE },
	};
	static const struct slice recipient = SLICE_INIT("r@y");
	const struct smtp_client_message message = {
		.recipients = &recipient,
		.recipient_count = 1,
	};
	struct smtp_client *c = client_new();
	struct smtp_client_event event;
	utime now = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		acknowledge(c);
		smtp_client_feed(c, slice_cstr(steps[i].reply), now);
		while (smtp_client_next(c, &event))
			if (event.type == SMTP_CLIENT_READY)
				smtp_client_send(c, &message, now);
		assert_string_equal(
		    smtp_client_state_phrase(c), steps[i].phrase);
		assert_true(smtp_client_deadline(c) == now + steps[i].patience);
		now += UTIME_S;
	}
	/* Content that goes out is a sign of life. */
	smtp_client_body(c, SLICE("x"), now);
	assert_true(smtp_client_deadline(c) == now + 3 * UTIME_MINUTE);
	smtp_client_body_end(c, SLICE(""), now);
	assert_true(smtp_client_deadline(c) == now + 10 * UTIME_MINUTE);
	smtp_client_destroy(&c);
}

/* A reply that drips has one deadline, however many its lines. */
static void
test_dripping_gains_no_time(void **state)
{
	struct smtp_client *c = client_new();
	struct smtp_client_event event;
	utime deadline = smtp_client_deadline(c), now = 0;

	(void)state;
	while (now < deadline) {
		smtp_client_feed(c, SLICE("220-x\r\n"), now);
		assert_false(smtp_client_next(c, &event));
		assert_true(smtp_client_deadline(c) == deadline);
		now += UTIME_S;
	}
	smtp_client_on_deadline(c, now);
	assert_true(smtp_client_next(c, &event));
	assert_int_equal(event.type, SMTP_CLIENT_FAILED);
	assert_int_equal(event.failure, SMTP_FAIL_TIMEOUT);
	assert_false(smtp_client_next(c, &event));
	smtp_client_destroy(&c);
}

/* Nor does it gain room: the whole has one limit, a line has one too. */
static void
test_long_replies(void **state)
{
	static const char *const drips[] = { "220-x\r\n", "220 x", "x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(drips); i++) {
		struct smtp_client *c = client_new();
		struct smtp_client_event event;
		size_t fed = 0;

		while (!smtp_client_next(c, &event)) {
			fed += strlen(drips[i]);
			smtp_client_feed(c, slice_cstr(drips[i]), 0);
			assert_in_range(fed, 0, SMTP_REPLY_MAX + 16);
		}
		assert_int_equal(event.type, SMTP_CLIENT_FAILED);
		assert_int_equal(event.failure, SMTP_FAIL_GARBAGE);
		assert_in_range(event.reply.text.len, 1, SMTP_REPLY_MAX);
		smtp_client_destroy(&c);
	}
}

static void
test_what_is_offered(void **state)
{
	struct smtp_client *c = client_new();
	struct smtp_client_event event;

	(void)state;
	smtp_client_feed(c, SLICE("220 hi\r\n"), 0);
	assert_false(smtp_client_next(c, &event));
	acknowledge(c);
	assert_int_equal(smtp_client_extensions(c), 0);
	smtp_client_feed(c,
	    SLICE("250-PIPELINING\r\n250-sIzE 1000\r\n250-AUTH PLAIN\r\n"
		  "250-DSN \r\n250-8BITMIMEX\r\n250-\r\n250 STARTTLS\r\n"),
	    0);
	assert_true(smtp_client_next(c, &event));
	assert_int_equal(event.type, SMTP_CLIENT_READY);
	assert_int_equal(smtp_client_extensions(c),
	    SMTP_EXT_SIZE | SMTP_EXT_AUTH | SMTP_EXT_DSN | SMTP_EXT_STARTTLS);
	assert_int_equal(smtp_client_size_max(c), 1000);
	assert_true(smtp_client_deadline(c) == UTIME_NEVER);
	smtp_client_destroy(&c);
}

/* ---- sending ahead ---- */

enum {
	MANY = 250
};

/* A session in READY with a host that offers these words. */
static struct smtp_client *
client_ready(const char *offer)
{
	const struct smtp_client_options options = {
		.helo_name = SLICE("me"),
		.timeouts = smtp_client_timeouts_default,
		.may_pipeline = true,
		.may_chunk = true,
	};
	struct smtp_client *c = smtp_client_new(&options, 0);
	struct smtp_client_event event;

	smtp_client_feed(c, SLICE("220 hi\r\n"), 0);
	assert_false(smtp_client_next(c, &event));
	acknowledge(c);
	smtp_client_feed(c, slice_cstr(offer), 0);
	assert_true(smtp_client_next(c, &event));
	assert_int_equal(event.type, SMTP_CLIENT_READY);
	return c;
}

static void
send_to(struct smtp_client *c, size_t count)
{
	static struct slice recipients[MANY];
	const struct smtp_client_message message = {
		.recipients = recipients,
		.recipient_count = count,
	};

	for (size_t i = 0; i < MANY; i++)
		recipients[i] = SLICE("r@y");
	smtp_client_send(c, &message, 0);
}

static size_t
lines_of(struct slice out)
{
	struct slice line;
	size_t count = 0;

	while (slice_split(&out, '\n', &line))
		count++;
	return count;
}

/* A window of commands, filled again when half of them are answered; DATA goes
 * with the last of them. */
static void
test_window(void **state)
{
	struct smtp_client *c = client_ready("250-me\r\n250 PIPELINING\r\n");
	struct smtp_client_event event;
	size_t sent, answered = 0;

	(void)state;
	send_to(c, MANY);
	assert_int_equal(lines_of(smtp_client_out(c)), 100);
	sent = lines_of(smtp_client_out(c));
	acknowledge(c);
	while (answered < MANY + 1) {
		size_t more;

		smtp_client_feed(c, SLICE("250 ok\r\n"), 0);
		assert_false(smtp_client_next(c, &event));
		answered++;
		more = lines_of(smtp_client_out(c));
		assert_true(more == 0 || more >= 50 || sent + more == MANY + 2);
		sent += more;
		assert_in_range(sent - answered, 1, 100);
		acknowledge(c);
	}
	assert_int_equal(sent, MANY + 2);
	smtp_client_feed(c, SLICE("354 go\r\n"), 0);
	assert_true(smtp_client_next(c, &event));
	assert_int_equal(event.type, SMTP_CLIENT_BODY);
	smtp_client_destroy(&c);
}

/* The patience with a reply begins when the one before it has come, and lines
 * that drip in do not prolong it. */
static void
test_each_reply_has_its_time(void **state)
{
	struct smtp_client *c = client_ready("250-me\r\n250 PIPELINING\r\n");
	struct smtp_client_event event;

	(void)state;
	send_to(c, 2);
	acknowledge(c);
	assert_true(smtp_client_deadline(c) == 5 * UTIME_MINUTE);
	smtp_client_feed(c, SLICE("250 ok\r\n250-ok"), 4 * UTIME_MINUTE);
	assert_false(smtp_client_next(c, &event));
	assert_true(smtp_client_deadline(c) == 9 * UTIME_MINUTE);
	smtp_client_feed(c, SLICE("\r\n250-ok\r\n"), 8 * UTIME_MINUTE);
	assert_false(smtp_client_next(c, &event));
	assert_true(smtp_client_deadline(c) == 9 * UTIME_MINUTE);
	smtp_client_feed(c, SLICE("250 ok\r\n250 ok\r\n"), 9 * UTIME_MINUTE);
	smtp_client_on_deadline(c, 9 * UTIME_MINUTE);
	assert_false(smtp_client_next(c, &event));
	assert_string_equal(
	    smtp_client_state_phrase(c), "waiting for the DATA reply");
	assert_true(smtp_client_deadline(c) == 11 * UTIME_MINUTE);
	smtp_client_destroy(&c);
}

/* "MAIL FROM:<>|RCPT TO:<r@y>|DATA|", of which so much is written when so much
 * input comes. */
static struct early_row {
	const char *name;
	size_t written;
	const char *input;
	bool is_early;
} early_rows[] = {
	{ "nothing written, nothing said", 0, "", false },
	{ "nothing written, a byte", 0, "2", true },
	{ "most of MAIL", 13, "250 ok\r\n", true },
	{ "MAIL", 14, "250 ok\r\n", false },
	{ "MAIL, a byte of the next reply", 14, "250 ok\r\n2", true },
	{ "most of RCPT", 28, "250 ok\r\n250 ok\r\n", true },
	{ "RCPT", 29, "250-ok\r\n250 ok\r\n250 ok\r\n", false },
	{ "RCPT, and a reply to DATA", 29, "250 ok\r\n550 no\r\n354 go\r\n",
	    true },
	{ "all", 35, "250 ok\r\n550 no\r\n554 no\r\n", false },
};

static void
test_early(void **state)
{
	const struct early_row *row = *state;
	struct smtp_client *c = client_ready("250-me\r\n250 PIPELINING\r\n");
	struct smtp_client_event event = { 0 };
	bool has_failed = false;

	send_to(c, 1);
	assert_int_equal(smtp_client_out(c).len, 35);
	smtp_client_out_ack(c, row->written);
	smtp_client_feed(c, slice_cstr(row->input), 0);
	while (smtp_client_next(c, &event))
		has_failed = event.type == SMTP_CLIENT_FAILED;
	assert_int_equal(has_failed, row->is_early);
	if (has_failed)
		assert_int_equal(event.failure, SMTP_FAIL_GARBAGE);
	smtp_client_destroy(&c);
}

/* The reply to a chunk answers nothing while some of the chunk is here. */
static void
test_early_chunk(void **state)
{
	(void)state;
	for (size_t left = 0; left < 2; left++) {
		struct smtp_client *c = client_ready(
		    "250-me\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
		struct smtp_client_event event;

		send_to(c, 1);
		acknowledge(c);
		smtp_client_feed(c, SLICE("250 ok\r\n250 ok\r\n"), 0);
		assert_true(smtp_client_next(c, &event));
		assert_int_equal(event.type, SMTP_CLIENT_BODY);
		smtp_client_body(c, SLICE("one"), 0);
		assert_true(smtp_client_wants_body(c));
		smtp_client_body_end(c, SLICE("two\r\n"), 0);
		assert_false(smtp_client_wants_body(c));
		assert_slice(
		    smtp_client_out(c), "BDAT 3\r\noneBDAT 5 LAST\r\ntwo\r\n");
		smtp_client_out_ack(c, smtp_client_out(c).len - left);
		smtp_client_feed(c, SLICE("250 ok\r\n250 ok\r\n"), 0);
		assert_true(smtp_client_next(c, &event));
		assert_int_equal(event.type,
		    left > 0 ? SMTP_CLIENT_FAILED : SMTP_CLIENT_RESULT);
		smtp_client_destroy(&c);
	}
}

/* Likewise of one that is not the last: what comes too soon for it would be
 * taken for the next one's reply, and accept what no host has seen. */
static void
test_early_first_chunk(void **state)
{
	(void)state;
	for (size_t left = 0; left < 2; left++) {
		struct smtp_client *c = client_ready(
		    "250-me\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
		struct smtp_client_event event;
		bool has_failed = false;

		send_to(c, 1);
		acknowledge(c);
		smtp_client_feed(c, SLICE("250 ok\r\n250 ok\r\n"), 0);
		assert_true(smtp_client_next(c, &event));
		smtp_client_body(c, SLICE("one"), 0);
		smtp_client_out_ack(c, smtp_client_out(c).len - left);
		smtp_client_feed(c, SLICE("250 ok\r\n"), 0);
		while (smtp_client_next(c, &event))
			has_failed = event.type == SMTP_CLIENT_FAILED;
		assert_int_equal(has_failed, left > 0);
		smtp_client_destroy(&c);
	}
}

/* So many chunks may be on their way; more are wanted when half of them are
 * answered. */
static void
test_chunks_are_bounded(void **state)
{
	struct smtp_client *c =
	    client_ready("250-me\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
	struct smtp_client_event event;
	size_t given = 0;

	(void)state;
	send_to(c, 1);
	acknowledge(c);
	smtp_client_feed(c, SLICE("250 ok\r\n250 ok\r\n"), 0);
	assert_true(smtp_client_next(c, &event));
	while (smtp_client_wants_body(c)) {
		smtp_client_body(c, SLICE("x"), 0);
		given++;
	}
	assert_int_equal(given, 16);
	acknowledge(c);
	for (size_t answered = 1; answered <= 8; answered++) {
		smtp_client_feed(c, SLICE("250 ok\r\n"), 0);
		assert_int_equal(smtp_client_next(c, &event), answered == 8);
	}
	assert_int_equal(event.type, SMTP_CLIENT_BODY);
	assert_true(smtp_client_wants_body(c));
	/* Content that goes out is a sign of life. */
	smtp_client_body(c, SLICE("x"), UTIME_MINUTE);
	assert_true(smtp_client_deadline(c) == 4 * UTIME_MINUTE);
	smtp_client_destroy(&c);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_deadlines);
	TEST(&kit, test_dripping_gains_no_time);
	TEST(&kit, test_long_replies);
	TEST(&kit, test_what_is_offered);
	TEST(&kit, test_window);
	TEST(&kit, test_each_reply_has_its_time);
	ROWS(&kit, early_rows, test_early);
	TEST(&kit, test_early_chunk);
	TEST(&kit, test_early_first_chunk);
	TEST(&kit, test_chunks_are_bounded);
	return kit_run(&kit, "smtp_client");
}
