/* SPDX-License-Identifier: MIT */
/*
 * The relay's life in virtual time: a whole run word for word, draining,
 * reloading, restarting.
 */
#include "tests/unit/relay_stage.h"

#define ONE STAGE_ROUTES("10.1.1.11")

/* ---- a whole run ---- */

static void
test_seed_case(void **state)
{
	static const struct act full[] = {
		{ STAGE_RCPT, 0, 0, ACT_REPLY, "452 4.3.1 Mail system full" },
		{ 0 },
	};
	struct stage_host *second;
	struct stage s;

	(void)state;
	stage_init(&s, STAGE_ROUTES("10.1.1.11, 10.1.1.12"));
	s.whole_log = true;
	(void)stage_host(&s, "10.1.1.11", full);
	second = stage_host(&s, "10.1.1.12", NULL);
	stage_send(&s, 0, "u");
	stage_run(&s);
	assert_log(&s,
	    "0 New SMTP ICID 1 interface Management (10.0.0.5) address "
	    "10.0.0.9 reverse dns host unknown verified no\n"
	    "0 ICID 1 RELAY SG RELAYLIST match 10.0.0.9 SBRS not enabled\n"
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <a@b.example>\n"
	    "0 MID 1 ICID 1 RID 0 To: <u@exchange.example>\n"
	    "0 MID 1 Subject 'x'\n"
	    "0 MID 1 ready 123 bytes from <a@b.example>\n"
	    "0 MID 1 queued for delivery\n"
	    "0 ICID 1 close\n" OPENED("0", "1", "10.1.1.11")
		STARTED("0", "1", "1", "0") DELAYED("0", "1", "1", "0",
		    "4.3.1 - Mail system full ('452', ['4.3.1 Mail system "
		    "full'])") OPENED("0", "2", "10.1.1.12")
		    STARTED("0", "2", "1", "0") DONE("0", "2", "1", "0")
			FINISHED("0", "1") CLOSED("5", "1") CLOSED("5", "2"));
	assert_text(&second->got, "<a@b.example> <u@exchange.example>\n");
	assert_text(&second->content,
	    "Received: from client ([10.0.0.9])\r\n"
	    "\tby relay.test with ESMTP id 1;\r\n"
	    "\tWed, 2 Jul 2014 09:15:07 +0000\r\n"
	    "Subject: x\r\n\r\nhello\r\n");
	stage_fini(&s);
}

/* Not one packet comes back. */
static void
test_silent_host(void **state)
{
	const struct ip_address silent = ip_v4(10, 1, 1, 11);
	struct stage s;

	(void)state;
	stage_init(&s,
	    STAGE_ROUTES(
		"10.1.1.11, 10.1.1.12") ", \"delivery\": {\"connect_timeout\": \"20s\"}");
	sim_set_host(s.world, &silent, HOST_SILENT);
	(void)stage_host(&s, "10.1.1.12", NULL);
	stage_send(&s, 0, "u");
	stage_send(&s, 30, "v");
	stage_run(&s);
	assert_log(&s,
	    NETWORK_ERROR("20", "1", "10.1.1.11", "timeout") OPENED(
		"20", "2", "10.1.1.12") STARTED("20", "2", "1", "0")
		DONE("20", "2", "1", "0") FINISHED("20", "1") CLOSED("25", "2")
		    OPENED("30", "3", "10.1.1.12") STARTED("30", "3", "2", "0")
			DONE("30", "3", "2", "0") FINISHED("30", "2")
			    CLOSED("35", "3"));
	stage_fini(&s);
}

static void
test_unreachable_host(void **state)
{
	const struct ip_address gone = ip_v4(10, 1, 1, 11);
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	sim_set_host(s.world, &gone, HOST_UNREACHABLE);
	stage_send(&s, 0, "u");
	stage_run_until(&s, 10 * UTIME_S);
	assert_log(&s,
	    NETWORK_ERROR("0", "1", "10.1.1.11", "[Errno 65] No route to host")
		PENDING("0", "1", "0", "09:16:08"));
	assert_int_equal(relay_queued_recipients(s.relay), 1);
	stage_fini(&s);
}

/* ---- draining ---- */

static void
test_drain_of_nothing(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	relay_drain(s.relay);
	assert_true(s.is_drained);
	relay_drain(s.relay);
	stage_fini(&s);
}

/* A message being taken in and one being delivered are finished, a client
 * between messages is sent away, one that comes is refused. */
static void
test_drain(void **state)
{
	static const struct act slow[] = {
		{ STAGE_EOD, 1, 1, ACT_STALL, NULL },
		{ 0 },
	};
	struct stage_client *idle, *busy, *late;
	struct stage s;

	(void)state;
	stage_init(&s, ONE ", \"delivery\": {\"eod_timeout\": \"10s\"}");
	(void)stage_host(&s, "10.1.1.11", slow);
	stage_send(&s, 0, "u");
	idle = stage_client(&s, 0, "10.0.0.9", "HELO c|!hush");
	busy = stage_client(&s, 0, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<v@exchange.example>|!hush");
	late = stage_client(&s, 2, "10.0.0.9", "QUIT");
	stage_run_until(&s, UTIME_S);
	relay_drain(s.relay);
	stage_run_until(&s, 3 * UTIME_S);
	assert_true(idle->is_over);
	assert_text(&idle->seen,
	    "220 relay.test ESMTP\r\n250 relay.test\r\n"
	    "421 4.3.2 Service shutting down\r\n");
	assert_text(&late->seen, "([Errno 61] Connection refused)");
	assert_false(busy->is_over);
	stream_write(busy->stream,
	    SLICE("DATA\r\n\r\nhello\r\n.\r\n"
		  "MAIL FROM:<one@too.many>\r\n"));
	stage_run_until(&s, 4 * UTIME_S);
	assert_true(busy->is_over);
	assert_text(&busy->seen,
	    "220 relay.test ESMTP\r\n250 relay.test\r\n"
	    "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n"
	    "354 go ahead\r\n250 2.0.0 ok:  Message 2 accepted\r\n"
	    "421 4.3.2 Service shutting down\r\n");
	assert_false(s.is_drained);
	stage_run_until(&s, 11 * UTIME_S);
	assert_true(s.is_drained);
	assert_int_equal(relay_queued_recipients(s.relay), 2);
	stage_fini(&s);
}

static void
test_drain_deadline(void **state)
{
	static const struct act slow[] = {
		{ STAGE_EOD, 1, 1, ACT_STALL, NULL },
		{ 0 },
	};
	struct stage s;

	(void)state;
	stage_init(&s, ONE ", \"drain_timeout\": \"7s\"");
	(void)stage_host(&s, "10.1.1.11", slow);
	stage_send(&s, 0, "u");
	stage_run_until(&s, UTIME_S);
	relay_drain(s.relay);
	stage_run_until(&s, 8 * UTIME_S - 1);
	assert_false(s.is_drained);
	stage_run_until(&s, 8 * UTIME_S);
	assert_true(s.is_drained);
	stage_restart_relay(&s);
	stage_run(&s);
	assert_int_equal(relay_queued_recipients(s.relay), 0);
	stage_fini(&s);
}

/* ---- reloading ---- */

static void
test_reload_routes(void **state)
{
	struct err err;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	(void)stage_host(&s, "10.1.1.11", NULL);
	(void)stage_host(&s, "10.1.1.12", NULL);
	stage_send(&s, 0, "u");
	stage_run_until(&s, UTIME_S);
	assert_true(stage_reload(&s, STAGE_ROUTES("10.1.1.12"), &err));
	stage_send(&s, 2, "v");
	stage_run(&s);
	assert_log(&s,
	    OPENED("0", "1", "10.1.1.11") STARTED("0", "1", "1", "0")
		DONE("0", "1", "1", "0") FINISHED("0", "1") CLOSED("1", "1")
		    OPENED("2", "2", "10.1.1.12") STARTED("2", "2", "2", "0")
			DONE("2", "2", "2", "0") FINISHED("2", "2")
			    CLOSED("7", "2"));
	stage_fini(&s);
}

static bool
import(struct stage *s, const char *text, char message[ERR_MSG_MAX])
{
	struct err_list errors = { 0 };
	bool good =
	    relay_import_routes(s->relay, slice_cstr(text), "routes", &errors);

	if (errors.count > 0)
		(void)snprintf(message, ERR_MSG_MAX, "%s", errors.list[0].msg);
	assert_int_equal(good, errors.total == 0);
	err_list_fini(&errors);
	return good;
}

/* An import replaces the table, or changes nothing; a reload ends it.  The
 * cursor of hosts that both tables have goes on. */
static void
test_import_routes(void **state)
{
	char message[ERR_MSG_MAX] = "";
	struct err err;
	struct stage s;

	(void)state;
	stage_init(&s, STAGE_ROUTES("10.1.1.11, 10.1.1.12"));
	(void)stage_host(&s, "10.1.1.11", NULL);
	(void)stage_host(&s, "10.1.1.12", NULL);
	(void)stage_host(&s, "10.1.1.13", NULL);
	stage_send(&s, 0, "u");
	stage_run_until(&s, UTIME_S);
	assert_false(import(&s,
	    "exchange.example: 10.1.1.13\nb.example: host/pri=x\n", message));
	assert_string_equal(
	    message, "\"x\" is no priority; expected a number from 0 to 65535");
	assert_false(
	    import(&s, "exchange.example: 10.1.1.13 auth=a\n", message));
	assert_string_equal(message,
	    "the route of exchange.example has the profile \"a\", which is "
	    "not among smtp_auth_profiles");
	stage_run_until(&s, 10 * UTIME_S);
	stage_send(&s, 20, "v");
	stage_run_until(&s, 30 * UTIME_S);
	/* The cursor stands at .12: .13 is next, though .11 is listed first. */
	assert_true(import(&s,
	    "exchange.example: 10.1.1.11, 10.1.1.12, 10.1.1.13\n", message));
	assert_int_equal(routes_count(relay_routes(s.relay)), 1);
	stage_send(&s, 40, "w");
	stage_run_until(&s, 50 * UTIME_S);
	assert_true(stage_reload(&s, STAGE_ROUTES("10.1.1.11"), &err));
	stage_send(&s, 60, "x");
	stage_run(&s);
	assert_log(&s,
	    OPENED("0", "1", "10.1.1.11") STARTED("0", "1", "1", "0") DONE(
		"0", "1", "1", "0") FINISHED("0", "1") CLOSED("5",
		"1") OPENED("20", "2", "10.1.1.12") STARTED("20", "2", "2", "0")
		DONE("20", "2", "2", "0") FINISHED("20", "2") CLOSED("25", "2")
		    OPENED("40", "3", "10.1.1.13") STARTED("40", "3", "3", "0")
			DONE("40", "3", "3", "0") FINISHED("40", "3")
			    CLOSED("45", "3") OPENED("60", "4", "10.1.1.11")
				STARTED("60", "4", "4", "0")
				    DONE("60", "4", "4", "0")
					FINISHED("60", "4") CLOSED("65", "4"));
	stage_fini(&s);
}

/* While a host makes the relay wait for its greeting; then comes EHLO, with the
 * name that was in force when the connection was made. */
static void
test_reload_while_greeting(void **state)
{
	static const struct act slow[] = {
		{ STAGE_BANNER, 1, 1, ACT_STALL, NULL },
		{ 0 },
	};
	struct stage_session *session;
	struct stage_host *h;
	struct err err;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	h = stage_host(&s, "10.1.1.11", slow);
	stage_send(&s, 0, "u");
	stage_run_until(&s, UTIME_S);
	assert_true(stage_reload(&s, ONE, &err));
	session = CONTAINER_OF(h->sessions.next, struct stage_session, node);
	stream_write(session->stream, SLICE("220 at last\r\n"));
	smtp_server_answer(session->server, 220);
	stage_run(&s);
	assert_text(&h->got, "<a@b.example> <u@exchange.example>\n");
	/* It is asked nothing more: the next one carries the message. */
	assert_int_equal(h->asked[STAGE_EHLO], 2);
	assert_int_equal(h->asked[STAGE_QUIT], 2);
	assert_int_equal(stage_count_lines(&s.log, "Delivery start DCID 2"), 1);
	stage_fini(&s);
}

#define LISTEN(list) "\"listen\": [" list "]"

static void
test_reload_listeners(void **state)
{
	struct stage_client *first, *second;
	struct endpoint second_at;
	struct err err;
	struct stage s;

	(void)state;
	stage_init(&s, LISTEN("\"10.0.0.5:25\", \"10.0.0.6:0\""));
	second_at = *relay_listen_address(s.relay, 1);
	assert_int_not_equal(second_at.port, 0);
	/* One that stays keeps the port it got. */
	assert_true(stage_reload(&s, LISTEN("\"10.0.0.6:0\""), &err));
	assert_true(
	    endpoint_equal(relay_listen_address(s.relay, 0), &second_at));
	first = stage_client(&s, 0, "10.0.0.9", "QUIT");
	stage_run_until(&s, UTIME_S);
	assert_text(&first->seen, "([Errno 61] Connection refused)");
	assert_true(
	    stage_reload(&s, LISTEN("\"10.0.0.6:0\", \"10.0.0.5:25\""), &err));
	assert_true(
	    endpoint_equal(relay_listen_address(s.relay, 0), &second_at));
	second = stage_client(&s, 2, "10.0.0.9", "QUIT");
	stage_run(&s);
	assert_text(
	    &second->seen, "220 relay.test ESMTP\r\n221 relay.test\r\n");
	stage_fini(&s);
}

/* An address that cannot be had changes nothing. */
static void
test_reload_fails(void **state)
{
	static const char *const lists[] = {
		LISTEN("\"10.0.0.5:25\", \"10.0.0.5:25\""),
		LISTEN("\"10.0.0.7:25\", \"10.0.0.5:25\", \"10.1.1.11:25\""),
	};
	struct stage_client *c;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	(void)stage_host(&s, "10.1.1.11", NULL);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct err err = { 0 };

		assert_false(stage_reload(&s, lists[i], &err));
		assert_true(strstr(err.msg, "25") != NULL);
	}
	c = stage_client(&s, 0, "10.0.0.9", "QUIT");
	stage_send(&s, 0, "u");
	stage_run(&s);
	assert_text(&c->seen, "220 relay.test ESMTP\r\n221 relay.test\r\n");
	assert_int_equal(
	    stage_count_lines(&s.log, "Message finished MID 1"), 1);
	/* None of those that could be had is left open. */
	(void)stage_host(&s, "10.0.0.7", NULL);
	stage_fini(&s);
}

/* Who drains takes a new configuration, but no new mail. */
static void
test_reload_while_draining(void **state)
{
	struct stage_client *busy, *late;
	struct err err;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	busy = stage_client(&s, 0, "10.0.0.9", "HELO c|MAIL FROM:<a@b>|!hush");
	stage_run_until(&s, UTIME_S);
	relay_drain(s.relay);
	assert_true(stage_reload(&s, ONE, &err));
	late = stage_client(&s, 2, "10.0.0.9", "QUIT");
	stage_run_until(&s, 3 * UTIME_S);
	assert_text(&late->seen, "([Errno 61] Connection refused)");
	assert_false(busy->is_over);
	stream_write(busy->stream, SLICE("QUIT\r\n"));
	stage_run_until(&s, 4 * UTIME_S);
	assert_true(s.is_drained);
	stage_fini(&s);
}

/* ---- restarting ---- */

static void
test_restart(void **state)
{
	static const struct act busy[] = {
		{ STAGE_RCPT, 1, 2, ACT_REPLY, "450 4.2.1 busy" },
		{ 0 },
	};
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	(void)stage_host(&s, "10.1.1.11", busy);
	stage_send(&s, 0, "u v");
	stage_run_until(&s, 20 * UTIME_S);
	stage_restart_relay(&s);
	stage_send(&s, 30, "w");
	stage_run_until(&s, 30 * UTIME_S);
	assert_log(&s,
	    OPENED("0", "1", "10.1.1.11") STARTED("0", "1", "1", "0, 1")
		DELAYED("0", "1", "1", "0",
		    "4.1.0 - Unknown address error ('450', ['4.2.1 busy'])")
		    DELAYED("0", "1", "1", "1",
			"4.1.0 - Unknown address error ('450', ['4.2.1 "
			"busy'])") PENDING("0", "1", "0, 1", "09:16:08")
			CLOSED("5", "1"));
	/* What waited still waits; numbers go on. */
	stage_run(&s);
	assert_log(&s,
	    OPENED("30", "1", "10.1.1.11") STARTED("30", "1", "2", "0")
		DONE("30", "1", "2", "0") FINISHED("30", "2")
		    STARTED("30", "1", "1", "0, 1") DONE("30", "1", "1", "0, 1")
			FINISHED("30", "1") CLOSED("35", "1"));
	stage_restart_relay(&s);
	assert_int_equal(relay_queued_recipients(s.relay), 0);
	stage_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_seed_case);
	TEST(&kit, test_silent_host);
	TEST(&kit, test_unreachable_host);
	TEST(&kit, test_drain_of_nothing);
	TEST(&kit, test_drain);
	TEST(&kit, test_drain_deadline);
	TEST(&kit, test_reload_routes);
	TEST(&kit, test_import_routes);
	TEST(&kit, test_reload_while_greeting);
	TEST(&kit, test_reload_listeners);
	TEST(&kit, test_reload_fails);
	TEST(&kit, test_reload_while_draining);
	TEST(&kit, test_restart);
	return kit_run(&kit, "relay");
}
