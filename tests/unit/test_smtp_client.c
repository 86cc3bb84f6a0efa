/* SPDX-License-Identifier: MIT */
/* The client's side: its deadlines, its limits, and what it learns of a host.
 */
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

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_deadlines);
	TEST(&kit, test_dripping_gains_no_time);
	TEST(&kit, test_long_replies);
	TEST(&kit, test_what_is_offered);
	return kit_run(&kit, "smtp_client");
}
