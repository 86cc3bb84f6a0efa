/* SPDX-License-Identifier: MIT */
/* TLS over streams, in every world: STARTTLS as SMTP does it, what the owners
 * are told and when, and every way in which it goes wrong. */
#include "tests/unit/tls_people.h"
#include "tests/unit/world_cases.h"

#define BULK ((size_t)4 << 20)

static struct tls_context *server_context, *client_context;

static void
people_init(void)
{
	/* Valid whatever a world's clock says. */
	struct tls_certificate_spec spec = tls_spec();
	struct tls_authority *a;

	spec.from = 0;
	spec.until = TLS_NOW + 30000 * TLS_DAY;
	a = tls_authority_new(
	    SLICE("Test authority"), TLS_KEY_ED25519, spec.from, spec.until);
	server_context =
	    tls_test_server(a, &spec, &tls_context_options_default);
	client_context = tls_test_client(a, &tls_context_options_default);
	tls_authority_destroy(&a);
}

static void
people_fini(void)
{
	tls_context_destroy(&server_context);
	tls_context_destroy(&client_context);
}

/* ---- the usual ---- */

static void
start_client(struct peer *p)
{
	const struct tls_peer peer = { SLICE("mx.example.com"), NULL };

	stream_start_tls(p->s, client_context, &peer);
}

/* Says "220", in clear, and means TLS by it. */
static void
server_starts(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT) {
		stream_write(p->s, SLICE("220"));
		stream_start_tls(p->s, server_context, NULL);
	}
	if (m == ON_INPUT) {
		stream_write(p->s, buf_slice(&p->got));
		buf_clear(&p->got);
	}
	if (m == ON_EOF)
		peer_close(p);
}

static void
client_starts(struct peer *p, enum moment m)
{
	if (m == ON_INPUT && p->count[ON_SECURED] == 0) {
		assert_got(p, "220");
		buf_clear(&p->got);
		assert_null(stream_tls_verdict(p->s));
		start_client(p);
	}
	if (m == ON_SECURED)
		stream_write(p->s, SLICE("hello"));
}

static void
client_says_hello(struct peer *p, enum moment m)
{
	client_starts(p, m);
	if (m == ON_INPUT && buf_len(&p->got) == 5)
		peer_close(p);
}

static bool
both_ended(const struct pair *k)
{
	return k->server.count[ON_ACCEPT] > 0 && k->server.s == NULL &&
	    k->client.s == NULL;
}

static bool
both_secured(const struct pair *k)
{
	return k->server.count[ON_SECURED] > 0 &&
	    k->client.count[ON_SECURED] > 0;
}

static void
test_echo(struct pair *k)
{
	k->client.react = client_says_hello;
	k->server.react = server_starts;
	pair_connect(k);
	pair_run(k, both_ended);
	assert_got(&k->client, "hello");
	assert_int_equal(k->client.count[ON_SECURED], 1);
	assert_int_equal(k->client.count[ON_FAILURE], 0);
	assert_int_equal(k->server.count[ON_SECURED], 1);
	assert_int_equal(k->server.count[ON_EOF], 1);
	assert_int_equal(k->server.count[ON_FAILURE], 0);
}

static void
test_verdict(struct pair *k)
{
	const struct tls_verdict *v;

	k->client.react = client_starts;
	k->server.react = server_starts;
	pair_connect(k);
	pair_run(k, both_secured);
	v = stream_tls_verdict(k->client.s);
	assert_true(v->is_verified);
	assert_string_equal(v->protocol, "TLSv1.3");
	assert_string_equal(v->name, "mx.example.com");
	assert_string_equal(stream_tls_failure(k->client.s), "");
	peer_close(&k->client);
	peer_close(&k->server);
}

/* ---- a server that stops ---- */

static struct pair *stopped;
static struct timer rest;

static void
on_rested(struct timer *t)
{
	(void)t;
	assert_int_equal(stopped->client.count[ON_SECURED], 1);
	assert_int_equal(stopped->server.count[ON_SECURED], 0);
	stream_tls_go_on(stopped->server.s);
}

/* Behind its Finished, for a while: the client is done and talks on. */
static void
server_stops(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT) {
		stream_write(p->s, SLICE("220"));
		stream_start_tls(p->s, server_context, NULL);
		stream_tls_tamper(p->s);
		stream_tls_stop_at(p->s, TLS_AT_FINISHED);
		return;
	}
	if (m == ON_STOPPED) {
		rest = (struct timer){ .fire = on_rested };
		timer_set(
		    p->pair->w, &rest, world_now(p->pair->w) + 50 * UTIME_MS);
	}
	server_starts(p, m);
}

/* What the client said in between has not been lost. */
static void
test_stopped(struct pair *k)
{
	stopped = k;
	k->client.react = client_says_hello;
	k->server.react = server_stops;
	pair_connect(k);
	pair_run(k, both_ended);
	assert_got(&k->client, "hello");
	assert_int_equal(k->server.count[ON_STOPPED], 1);
	assert_int_equal(k->server.count[ON_SECURED], 1);
}

static void
server_stops_for_good(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT)
		server_stops(p, m);
	if (m == ON_FAILURE)
		peer_close(p);
}

static void
client_leaves(struct peer *p, enum moment m)
{
	client_starts(p, m);
	if (m == ON_SECURED)
		peer_close(p);
}

/* That the client is gone is told all the same. */
static void
test_stopped_and_left(struct pair *k)
{
	k->client.react = client_leaves;
	k->server.react = server_stops_for_good;
	pair_connect(k);
	pair_run(k, both_ended);
	assert_int_equal(k->server.count[ON_STOPPED], 1);
	assert_int_equal(k->server.count[ON_SECURED], 0);
	assert_int_equal(k->server.count[ON_FAILURE], 1);
	assert_int_equal(k->server.why, NET_TLS);
}

/* ---- what goes wrong ---- */

static void
write_on_input(struct peer *p, enum moment m)
{
	if (m == ON_INPUT && p->count[ON_INPUT] == 1)
		stream_write(
		    p->s, SLICE("250 accepted before it was asked\r\n"));
}

static void
write_220(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT)
		stream_write(p->s, SLICE("220"));
	write_on_input(p, m);
}

/* The server stays in clear: what it says is no TLS. */
static void
test_plaintext_server(struct pair *k)
{
	k->client.react = client_starts;
	k->server.react = write_220;
	pair_connect(k);
	pair_run(k, client_failed);
	assert_int_equal(k->client.why, NET_TLS);
	assert_string_equal(
	    stream_tls_failure(k->client.s), "wrong version number");
	assert_int_equal(k->client.count[ON_SECURED], 0);
	assert_got(&k->client, "");
	/* What is written to it is lost, as with any failure. */
	stream_write(k->client.s, SLICE("into the void"));
	peer_close(&k->client);
	peer_close(&k->server);
}

static bool
server_failed(const struct pair *k)
{
	return k->server.count[ON_FAILURE] > 0;
}

static void
speak_in_clear(struct peer *p, enum moment m)
{
	if (m == ON_CONNECTED)
		stream_write(p->s, SLICE("MAIL FROM:<evil@example.net>\r\n"));
}

/* Plaintext that somebody slips in behind STARTTLS is none of the session's. */
static void
test_plaintext_client(struct pair *k)
{
	k->client.react = speak_in_clear;
	k->server.react = server_starts;
	pair_connect(k);
	pair_run(k, server_failed);
	assert_int_equal(k->server.why, NET_TLS);
	assert_got(&k->server, "");
	peer_close(&k->client);
	peer_close(&k->server);
}

static void
close_on_input(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT)
		stream_write(p->s, SLICE("220"));
	if (m == ON_INPUT)
		peer_close(p);
}

static void
test_fin_in_handshake(struct pair *k)
{
	k->client.react = client_starts;
	k->server.react = close_on_input;
	pair_connect(k);
	pair_run(k, client_failed);
	assert_int_equal(k->client.why, NET_TLS);
	assert_string_equal(
	    stream_tls_failure(k->client.s), "the peer closed the connection");
	assert_int_equal(k->client.count[ON_EOF], 0);
	assert_string_equal(net_failure_text(NET_TLS), "[Errno 0] Error");
}

static void
reset_on_input(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT)
		stream_write(p->s, SLICE("220"));
	if (m == ON_INPUT)
		peer_reset(p);
}

static void
test_reset_in_handshake(struct pair *k)
{
	k->client.react = client_starts;
	k->server.react = reset_on_input;
	pair_connect(k);
	pair_run(k, client_failed);
	assert_int_equal(k->client.why, NET_RESET);
}

/* An end in clear is an end: SMTP has its own last words. */
static void
test_fin_without_notice(struct pair *k)
{
	k->client.react = client_starts;
	k->server.react = server_starts;
	pair_connect(k);
	pair_run(k, both_secured);
	peer_close(&k->server);
	pair_run(k, client_eof);
	assert_int_equal(k->client.count[ON_FAILURE], 0);
	assert_int_equal(k->client.count[ON_EOF], 1);
}

/* ---- much data, and back-pressure ---- */

static bool
server_has_bulk(const struct pair *k)
{
	return buf_len(&k->server.got) == BULK;
}

static void
just_secure(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT) {
		stream_write(p->s, SLICE("220"));
		stream_start_tls(p->s, server_context, NULL);
	}
}

static void
client_just_secures(struct peer *p, enum moment m)
{
	if (m == ON_INPUT && p->count[ON_SECURED] == 0) {
		buf_clear(&p->got);
		start_client(p);
	}
}

static char *
make_bulk(void)
{
	char *block = xmalloc(BULK);

	for (size_t i = 0; i < BULK; i++)
		block[i] = (char)(i * 2654435761u >> 13);
	return block;
}

static void
test_bulk(struct pair *k)
{
	char *block = make_bulk();
	size_t queued;

	k->client.react = client_just_secures;
	k->server.react = just_secure;
	pair_connect(k);
	pair_run(k, both_secured);
	stream_write(k->client.s, slice_of(block, BULK));
	/* In plaintext: never more than was written. */
	queued = stream_queued(k->client.s);
	assert_true(queued > 0);
	assert_true(queued <= BULK);
	pair_run(k, server_has_bulk);
	assert_slices_equal(buf_slice(&k->server.got), slice_of(block, BULK));
	assert_int_equal(stream_queued(k->client.s), 0);
	assert_int_equal(k->client.count[ON_DRAINED], 1);
	free(block);
}

static void
pause_at_once(struct peer *p, enum moment m)
{
	just_secure(p, m);
	if (m == ON_INPUT)
		stream_pause(p->s, true);
}

static bool
server_paused(const struct pair *k)
{
	return k->server.count[ON_INPUT] > 0;
}

/* Records that have come in one piece wait one by one. */
static void
test_pause(struct pair *k)
{
	char *block = make_bulk();
	size_t got;

	k->client.react = client_just_secures;
	k->server.react = pause_at_once;
	pair_connect(k);
	pair_run(k, both_secured);
	stream_write(k->client.s, slice_of(block, BULK));
	stream_close(k->client.s);
	k->client.s = NULL;
	pair_run(k, server_paused);
	got = buf_len(&k->server.got);
	assert_true(got <= TLS_RECORD_MAX);
	k->server.react = just_secure;
	stream_pause(k->server.s, false);
	assert_int_equal(buf_len(&k->server.got), got);
	pair_run(k, server_has_bulk);
	assert_slices_equal(buf_slice(&k->server.got), slice_of(block, BULK));
	free(block);
}

/* ---- given back in every callback ---- */

static enum moment end_at;
static bool end_by_reset;

static void
client_ends(struct peer *p, enum moment m)
{
	if (m == end_at) {
		if (end_by_reset)
			peer_reset(p);
		else
			peer_close(p);
		return;
	}
	client_starts(p, m);
}

static bool
client_gone(const struct pair *k)
{
	return k->client.s == NULL;
}

static void
test_end_in_callbacks(struct pair *k)
{
	static const enum moment ends[] = { ON_SECURED, ON_INPUT };

	for (size_t i = 0; i < 2 * ARRAY_LEN(ends); i++) {
		end_at = ends[i / 2];
		end_by_reset = i % 2 == 1;
		k->client.react = client_ends;
		k->server.react = server_starts;
		memset(k->client.count, 0, sizeof(k->client.count));
		buf_clear(&k->client.got);
		pair_connect(k);
		pair_run(k, client_gone);
		k->server.react = NULL;
		pair_run(k, client_gone);
		peer_reset(&k->server);
	}
}

static const struct test_case cases[] = {
	{ "echo", test_echo },
	{ "verdict", test_verdict },
	{ "a server that stops", test_stopped },
	{ "a client that leaves one", test_stopped_and_left },
	{ "a server that stays in clear", test_plaintext_server },
	{ "a client that stays in clear", test_plaintext_client },
	{ "FIN in the handshake", test_fin_in_handshake },
	{ "reset in the handshake", test_reset_in_handshake },
	{ "FIN without notice", test_fin_without_notice },
	{ "bulk", test_bulk },
	{ "pause", test_pause },
	{ "given back in callbacks", test_end_in_callbacks },
};

int
main(void)
{
	int failed;

	people_init();
	failed = cases_run(cases, ARRAY_LEN(cases), "world_tls");
	people_fini();
	return failed;
}
