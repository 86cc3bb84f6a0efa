/* SPDX-License-Identifier: MIT */
/*
 * Peers that try the relay's patience in virtual time: they speak byte by byte,
 * or before it is their turn.
 */
#include "tests/unit/relay_stage.h"

#define ONE STAGE_ROUTES("10.1.1.11")

/* The host's only session. */
static struct stage_session *
session_of(struct stage_host *h)
{
	assert_false(list_is_empty(&h->sessions));
	return CONTAINER_OF(h->sessions.next, struct stage_session, node);
}

/* Bytes that nobody asked for do not keep an idle connection open. */
static void
test_idle_host_drips(void **state)
{
	struct stage_host *h;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	h = stage_host(&s, "10.1.1.11", NULL);
	stage_send(&s, 0, "u");
	for (int i = 1; i < 5; i++) {
		stage_run_until(&s, i * UTIME_S);
		stream_write(session_of(h)->stream, SLICE("2"));
	}
	stage_run(&s);
	assert_int_equal(stage_count_lines(&s.log, "5 DCID 1 close"), 1);
	stage_fini(&s);
}

/* A client has the time for a command, not for each of its bytes. */
static void
test_client_drips(void **state)
{
	struct stage_client *c;
	struct stage s;

	(void)state;
	stage_init(&s, ONE ", \"limits\": {\"idle_timeout\": \"10s\"}");
	c = stage_client(&s, 0, "10.0.0.9", "HELO c|!hush");
	for (int i = 1; i < 5; i++) {
		stage_run_until(&s, i * 3 * UTIME_S);
		if (!c->is_over)
			stream_write(c->stream, SLICE("N"));
	}
	stage_run_until(&s, 11 * UTIME_S);
	assert_true(c->is_over);
	assert_text(&c->seen,
	    "220 relay.test ESMTP\r\n250 relay.test\r\n"
	    "421 4.4.2 Timeout waiting for a command\r\n");
	stage_fini(&s);
}

/* Content, and whole commands, are signs of life. */
static void
test_client_is_slow(void **state)
{
	struct stage_client *c;
	struct stage s;

	(void)state;
	stage_init(&s, ONE ", \"limits\": {\"idle_timeout\": \"10s\"}");
	(void)stage_host(&s, "10.1.1.11", NULL);
	c = stage_client(&s, 0, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|DATA|!hush");
	for (int i = 1; i < 5; i++) {
		stage_run_until(&s, i * 9 * UTIME_S);
		stream_write(c->stream, SLICE("x"));
	}
	stream_write(c->stream, SLICE("\r\n.\r\n"));
	stage_run_until(&s, 45 * UTIME_S);
	stream_write(c->stream, SLICE("NOOP\r\n"));
	stage_run_until(&s, 54 * UTIME_S);
	stream_write(c->stream, SLICE("QUIT\r\n"));
	stage_run(&s);
	assert_true(slice_ends_with_nocase(buf_slice(&c->seen),
	    SLICE("Message 1 accepted\r\n250 2.0.0 ok\r\n"
		  "221 relay.test\r\n")));
	stage_fini(&s);
}

/* A host that says 250 to content of which it cannot have seen the end has not
 * taken the message. */
static void
test_early_answer(void **state)
{
	struct buf script = { 0 };
	struct stage_host *h;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	h = stage_host(&s, "10.1.1.11", NULL);
	buf_append_cstr(&script,
	    "EHLO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|DATA|");
	for (size_t n = 0; n < 400000; n += 64)
		buf_printf(&script, "%062zu\r\n", n);
	buf_append_cstr(&script, ".|QUIT");
	stage_client(&s, 0, "10.0.0.9", buf_cstr(&script));
	for (int i = 1; h->asked[STAGE_DATA] == 0; i++) {
		assert_true(i < 1000);
		stage_run_until(&s, i * UTIME_MS / 10);
	}
	/* It reads no more, and has all the time to answer. */
	stream_pause(session_of(h)->stream, true);
	stage_run_until(&s, UTIME_S / 2);
	stream_write(session_of(h)->stream, SLICE("250 all of it\r\n"));
	stage_run_until(&s, UTIME_S);
	assert_int_equal(stage_count_lines(&s.log, "Message done"), 0);
	assert_int_equal(stage_count_lines(&s.log,
			     "Delayed: DCID 1 MID 1 to RID 0 - 4.4.0 - Other "
			     "network problem ('000', ['250 all of it'])"),
	    1);
	/* It was reset: the rest of the content is not for this host. */
	assert_true(list_is_empty(&h->sessions));
	stage_run(&s);
	assert_int_equal(stage_count_lines(&s.log, "Message done DCID 2"), 1);
	buf_fini(&script);
	stage_fini(&s);
}

/* When all recipients are refused there is no content of which a host could
 * keep the answer to itself: that of the lone dot says nothing of anybody. */
static void
test_lone_dot_is_no_delivery(void **state)
{
	static const struct act acts[] = {
		{ STAGE_RCPT, 1, 1, ACT_REPLY, "450 4.2.0 Later" },
		{ STAGE_DATA, 1, 1, ACT_REPLY, "354 Go on" },
		{ STAGE_EOD, 1, 1, ACT_STALL, NULL },
		{ 0 },
	};
	struct stage_host *h;
	struct stage s;

	(void)state;
	stage_init(&s, ONE ", \"delivery\": {\"possible_delivery\": true}");
	h = stage_host(&s, "10.1.1.11", acts);
	h->hello = "250-host\r\n250 PIPELINING";
	h->extensions = SMTP_EXT_PIPELINING;
	stage_send(&s, 0, "u");
	stage_run(&s);
	assert_int_equal(h->asked[STAGE_EOD], 2);
	assert_int_equal(stage_count_lines(&s.log, "Possible Delivery"), 0);
	assert_int_equal(stage_count_lines(&s.log, "Message done"), 1);
	assert_text(&h->got, "<a@b.example> <u@exchange.example>\n");
	stage_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_idle_host_drips);
	TEST(&kit, test_client_drips);
	TEST(&kit, test_client_is_slow);
	TEST(&kit, test_early_answer);
	TEST(&kit, test_lone_dot_is_no_delivery);
	return kit_run(&kit, "relay_patience");
}
