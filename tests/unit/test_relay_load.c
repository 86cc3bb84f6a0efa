/* SPDX-License-Identifier: MIT */
/* The relay in virtual time under load, and with a disk that refuses. */
#include "relay/queue/spool_impl.h"
#include "relay/receive/inbound_impl.h"
#include "relay/relay_impl.h"
#include "tests/unit/relay_stage.h"

#define ONE STAGE_ROUTES("10.1.1.11")

/* ---- load ---- */

static void
test_fifty_messages(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	(void)stage_host(&s, "10.1.1.11", NULL);
	for (int i = 0; i < 51; i++)
		stage_send(&s, i, "u");
	stage_run(&s);
	assert_int_equal(
	    stage_count_lines(&s.log, "Delivery start DCID 1 "), 50);
	assert_int_equal(
	    stage_count_lines(&s.log, "Delivery start DCID 2 "), 1);
	assert_int_equal(stage_count_lines(&s.log, "49 DCID 1 close"), 1);
	assert_int_equal(stage_count_lines(&s.log, "55 DCID 2 close"), 1);
	stage_fini(&s);
}

/* Messages to a thousand domains each, which come one behind the other. */
static void
send_domains(struct stage *s, unsigned from, unsigned messages)
{
	for (unsigned i = 0; i < messages; i++) {
		struct buf script = { 0 };

		buf_append_cstr(&script, "HELO c|MAIL FROM:<a@b>");
		for (unsigned n = 0; n < 1000; n++)
			buf_printf(&script, "|RCPT TO:<u@d%u.example>",
			    from + i * 1000 + n);
		buf_append_cstr(&script, "|DATA|hi\r\n.|QUIT");
		stage_client(s, (int)i * 10, "10.0.0.9", buf_cstr(&script));
		buf_fini(&script);
	}
}

/* Names that come once do not stay for ever; nothing is lost with one. */
static void
test_many_domains(void **state)
{
	const unsigned messages = DELIVER_RETIRED_MAX / 1000 + 2;
	struct stage s;

	(void)state;
	stage_init(&s, STAGE_LISTEN ", \"routes\": [\"ALL 10.1.1.11\"]");
	(void)stage_host(&s, "10.1.1.11", NULL);
	send_domains(&s, 0, messages);
	stage_client(&s, 3600, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@d0.example>|DATA|hi\r\n.|QUIT");
	stage_run_until(&s, 3000 * UTIME_S);
	assert_int_equal(
	    stage_count_lines(&s.log, "Message done "), messages * 1000);
	assert_int_equal(
	    HASH_COUNT(s.relay->queue.domains), DELIVER_RETIRED_MAX);
	stage_run(&s);
	assert_int_equal(
	    stage_count_lines(&s.log, "Message done "), messages * 1000 + 1);
	assert_int_equal(
	    HASH_COUNT(s.relay->queue.domains), DELIVER_RETIRED_MAX);
	assert_int_equal(relay_queued_recipients(s.relay), 0);
	stage_fini(&s);
}

#define BIG_BYTES ((size_t)10 << 20)

/* A client's script that sends so many bytes, in lines. */
static char *
big_script(size_t bytes)
{
	struct buf text = { 0 };
	char *script;

	buf_append_cstr(
	    &text, "EHLO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|DATA|");
	for (size_t n = 0; n < bytes; n += 64)
		buf_printf(&text, "%062zu\r\n", n);
	buf_append_cstr(&text, ".|QUIT");
	script = slice_dup(buf_slice(&text));
	buf_fini(&text);
	return script;
}

static size_t
queued_bytes(const struct stage *s)
{
	const struct domain *d = s->relay->queue.domains;
	const struct delivery *delivery = d != NULL ? d->delivery : NULL;
	size_t most = 0;

	if (delivery == NULL)
		return 0;
	LIST_FOREACH(link, &delivery->connections) {
		const struct connection *c =
		    CONTAINER_OF(link, struct connection, link);
		size_t queued = stream_queued(c->stream);

		most = queued > most ? queued : most;
	}
	return most;
}

/* A host that reads 1 MB a second does not make the relay hold what the disk
 * can. */
static void
test_slow_body(void **state)
{
	const struct ip_address host = ip_v4(10, 1, 1, 11);
	const struct ip_address self = ip_v4(10, 0, 0, 5);
	const struct sim_link slow = { STAGE_LATENCY, 1 << 20, false };
	char *script = big_script(BIG_BYTES);
	struct stage_host *h;
	size_t most = 0;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	h = stage_host(&s, "10.1.1.11", NULL);
	sim_set_link(s.world, &self, &host, &slow);
	stage_client(&s, 0, "10.0.0.9", script);
	for (int i = 1; i < 200; i++) {
		size_t queued;

		stage_run_until(&s, i * 100 * UTIME_MS);
		queued = queued_bytes(&s);
		most = queued > most ? queued : most;
	}
	assert_true(most > STREAM_LOW_WATER);
	/* A piece, each of its bytes a dot to be doubled, may be on top. */
	assert_true(most <= STREAM_HIGH_WATER + 2 * SPOOL_PIECE_BYTES);
	assert_int_equal(buf_len(&h->content),
	    BIG_BYTES +
		strlen("Received: from c ([10.0.0.9])\r\n"
		       "\tby relay.test with ESMTP id 1;\r\n"
		       "\tWed, 2 Jul 2014 09:15:07 +0000\r\n"));
	assert_int_equal(relay_queued_recipients(s.relay), 0);
	free(script);
	stage_fini(&s);
}

static void
check_size(size_t bytes, const char *answer)
{
	char *script = big_script(bytes);
	struct stage_client *c;
	struct slice seen;
	struct stage s;

	stage_init(&s, ONE ", \"limits\": {\"message_bytes\": 65536}");
	(void)stage_host(&s, "10.1.1.11", NULL);
	c = stage_client(&s, 0, "10.0.0.9", script);
	stage_run(&s);
	seen = buf_slice(&c->seen);
	assert_true(slice_find(seen, slice_cstr(answer)) < seen.len);
	assert_true(slice_ends_with_nocase(seen, SLICE("221 relay.test\r\n")));
	assert_int_equal(relay_queued_recipients(s.relay), 0);
	free(script);
	stage_fini(&s);
}

static void
test_size_limit(void **state)
{
	(void)state;
	check_size(65536, "250 2.0.0 ok:  Message 1 accepted\r\n");
	check_size(65536 + 64, "552 5.3.4 Message size exceeds limit\r\n");
}

/* A message does not grow into the numbers of the next one's pieces. */
static void
test_pieces_limit(void **state)
{
	struct buf text = { 0 };
	struct stage_client *c;
	struct inbound *in;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	c = stage_client(&s, 0, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|DATA|!hush");
	stage_run_until(&s, UTIME_S);
	/* As if all but one had been filled. */
	in = CONTAINER_OF(s.relay->sessions.next, struct inbound, link);
	in->pieces = SPOOL_PIECES_MAX - 1;
	for (size_t n = 0; n < SPOOL_PIECE_BYTES + 64; n += 64)
		buf_printf(&text, "%062zu\r\n", n);
	buf_append_cstr(&text, ".\r\nQUIT\r\n");
	buf_clear(&c->seen);
	stream_write(c->stream, buf_slice(&text));
	stage_run(&s);
	assert_text(&c->seen,
	    "552 5.3.4 Message size exceeds limit\r\n221 relay.test\r\n");
	buf_fini(&text);
	stage_fini(&s);
}

static void
check_hops(unsigned hops, const char *answer)
{
	struct buf script = { 0 };
	struct stage_client *c;
	struct slice seen;
	struct stage s;

	stage_init(&s, ONE);
	(void)stage_host(&s, "10.1.1.11", NULL);
	buf_append_cstr(&script,
	    "EHLO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|DATA|");
	for (unsigned i = 0; i < hops; i++)
		buf_printf(&script, "Received: from hop%u\r\n", i);
	buf_append_cstr(&script, "\r\nhi\r\n.|QUIT");
	c = stage_client(&s, 0, "10.0.0.9", buf_cstr(&script));
	stage_run(&s);
	seen = buf_slice(&c->seen);
	assert_true(slice_find(seen, slice_cstr(answer)) < seen.len);
	assert_int_equal(relay_queued_recipients(s.relay), 0);
	buf_fini(&script);
	stage_fini(&s);
}

/* A message that goes round and round is stopped. */
static void
test_mail_loop(void **state)
{
	(void)state;
	check_hops(100, "250 2.0.0 ok:  Message 1 accepted\r\n");
	check_hops(101, "554 5.4.6 Too many hops\r\n");
}

static void
test_connection_limit(void **state)
{
	struct stage_client *first, *second, *third;
	struct stage s;

	(void)state;
	stage_init(&s, ONE ", \"limits\": {\"connections\": 1}");
	first = stage_client(&s, 0, "10.0.0.9", "!hush");
	second = stage_client(&s, 1, "10.0.0.9", "QUIT");
	stage_run_until(&s, 2 * UTIME_S);
	assert_text(&first->seen, "220 relay.test ESMTP\r\n");
	assert_text(&second->seen,
	    "421 4.7.0 Too many connections, try again later\r\n");
	assert_true(second->is_over);
	stage_run_until(&s, 301 * UTIME_S);
	assert_true(first->is_over);
	third = stage_client(&s, 302, "10.0.0.9", "QUIT");
	stage_run(&s);
	assert_text(&third->seen, "220 relay.test ESMTP\r\n221 relay.test\r\n");
	stage_fini(&s);
}

/* ---- a disk that refuses ---- */

/* As sqlite3_commit_hook() wants it: no. */
static int
refuse(void *arg)
{
	(void)arg;
	return 1;
}

#define REFUSES "Critical: The queue's disk refuses writes: constraint failed\n"
#define NO_DISK "452 4.3.1 Temporarily out of disk space\r\n"

static void
test_commit_fails(void **state)
{
	struct stage_client *c;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	(void)stage_host(&s, "10.1.1.11", NULL);
	(void)sqlite3_commit_hook(s.relay->spool->db, refuse, NULL);
	c = stage_client(&s, 0, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|DATA|hi\r\n.|"
	    "QUIT");
	stage_run_until(&s, 10 * UTIME_S);
	assert_text(&c->seen,
	    "220 relay.test ESMTP\r\n250 relay.test\r\n"
	    "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n"
	    "354 go ahead\r\n" NO_DISK "221 relay.test\r\n");
	assert_log(&s, "0 " REFUSES);
	assert_true(buf_len(&s.faults) > 0);
	stage_restart_relay(&s);
	assert_int_equal(relay_queued_recipients(s.relay), 0);
	stage_fini(&s);
}

/* The first piece of a message is lost and the disk well again at its last. */
static void
test_commit_fails_midway(void **state)
{
	struct stage_client *c;
	struct buf half = { 0 };
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	(void)stage_host(&s, "10.1.1.11", NULL);
	c = stage_client(&s, 0, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|DATA|!hush");
	stage_run_until(&s, UTIME_S);
	buf_clear(&c->seen);
	for (size_t n = 0; n < SPOOL_PIECE_BYTES; n += 64)
		buf_printf(&half, "%062zu\r\n", n);
	(void)sqlite3_commit_hook(s.relay->spool->db, refuse, NULL);
	stream_write(c->stream, buf_slice(&half));
	stage_run_until(&s, 2 * UTIME_S);
	(void)sqlite3_commit_hook(s.relay->spool->db, NULL, NULL);
	buf_append_cstr(&half, ".\r\nQUIT\r\n");
	stream_write(c->stream, buf_slice(&half));
	stage_run(&s);
	assert_text(&c->seen, NO_DISK "221 relay.test\r\n");
	assert_log(&s, "1 " REFUSES "2 The queue's disk takes writes again\n");
	buf_fini(&half);
	stage_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_fifty_messages);
	TEST(&kit, test_many_domains);
	TEST(&kit, test_slow_body);
	TEST(&kit, test_size_limit);
	TEST(&kit, test_pieces_limit);
	TEST(&kit, test_mail_loop);
	TEST(&kit, test_connection_limit);
	TEST(&kit, test_commit_fails);
	TEST(&kit, test_commit_fails_midway);
	return kit_run(&kit, "relay_load");
}
