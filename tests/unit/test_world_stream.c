/* SPDX-License-Identifier: MIT */
/* Streams in every world: bytes, ends, back-pressure, and giving a stream back
 * in any of its callbacks. */
#include "tests/unit/world_cases.h"

#define BULK ((size_t)8 << 20)

/* ---- the usual ---- */

static bool
server_eof(const struct pair *k)
{
	return k->server.count[ON_EOF] > 0;
}

static bool
both_ended(const struct pair *k)
{
	return k->server.count[ON_ACCEPT] > 0 && k->server.s == NULL &&
	    k->client.s == NULL;
}

static void
write_hello(struct peer *p, enum moment m)
{
	if (m == ON_CONNECTED)
		stream_write(p->s, SLICE("hello"));
}

static void
echo(struct peer *p, enum moment m)
{
	if (m == ON_INPUT) {
		stream_write(p->s, buf_slice(&p->got));
		buf_clear(&p->got);
	}
	if (m == ON_EOF)
		peer_close(p);
}

static void
write_hello_close_on_echo(struct peer *p, enum moment m)
{
	write_hello(p, m);
	if (m == ON_INPUT && buf_len(&p->got) == 5)
		peer_close(p);
}

static void
test_echo(struct pair *k)
{
	k->client.react = write_hello_close_on_echo;
	k->server.react = echo;
	pair_connect(k);
	pair_run(k, both_ended);
	assert_got(&k->client, "hello");
	assert_int_equal(k->client.count[ON_CONNECTED], 1);
	assert_int_equal(k->client.count[ON_EOF], 0);
	assert_int_equal(k->server.count[ON_EOF], 1);
	assert_int_equal(k->server.count[ON_FAILURE], 0);
}

static void
hello_and_half_close(struct peer *p, enum moment m)
{
	write_hello(p, m);
	if (m == ON_CONNECTED)
		stream_shutdown(p->s);
}

static void
answer_after_eof(struct peer *p, enum moment m)
{
	if (m != ON_EOF)
		return;
	assert_got(p, "hello");
	stream_write(p->s, SLICE("bye"));
	peer_close(p);
}

static void
test_half_close(struct pair *k)
{
	k->client.react = hello_and_half_close;
	k->server.react = answer_after_eof;
	pair_connect(k);
	pair_run(k, client_eof);
	assert_got(&k->client, "bye");
	assert_int_equal(k->client.count[ON_FAILURE], 0);
}

/* Bytes and FIN asked for before the connect has succeeded. */
static void
test_write_before_connected(struct pair *k)
{
	k->server.react = answer_after_eof;
	pair_connect(k);
	stream_write(k->client.s, SLICE("hel"));
	stream_write(k->client.s, SLICE("lo"));
	stream_shutdown(k->client.s);
	assert_int_equal(stream_queued(k->client.s), 5);
	pair_run(k, client_eof);
	assert_got(&k->client, "bye");
}

static void
reset_on_input(struct peer *p, enum moment m)
{
	if (m == ON_INPUT)
		peer_reset(p);
}

static void
test_reset(struct pair *k)
{
	k->client.react = write_hello;
	k->server.react = reset_on_input;
	pair_connect(k);
	pair_run(k, client_failed);
	assert_int_equal(k->client.why, NET_RESET);
	assert_int_equal(k->client.count[ON_EOF], 0);
	stream_write(k->client.s, SLICE("into the void"));
	assert_int_equal(stream_queued(k->client.s), 0);
}

/* ---- much data ---- */

static void
write_bulk(struct stream *s)
{
	char *block = xmalloc(BULK);

	for (size_t i = 0; i < BULK; i++)
		block[i] = (char)(i * 2654435761u >> 13);
	stream_write(s, slice_of(block, BULK));
	free(block);
}

static void
assert_bulk(const struct peer *p)
{
	struct slice got = buf_slice(&p->got);

	assert_int_equal(got.len, BULK);
	for (size_t i = 0; i < BULK; i++)
		if (got.at[i] != (char)(i * 2654435761u >> 13))
			fail_msg("byte %zu differs", i);
}

static void
bulk_and_close(struct peer *p, enum moment m)
{
	if (m != ON_CONNECTED)
		return;
	write_bulk(p->s);
	peer_close(p);
}

static void
test_close_flushes(struct pair *k)
{
	k->client.react = bulk_and_close;
	pair_connect(k);
	pair_run(k, server_eof);
	assert_bulk(&k->server);
	assert_int_equal(k->client.count[ON_DRAINED], 0);
}

static void
bulk(struct peer *p, enum moment m)
{
	if (m == ON_CONNECTED)
		write_bulk(p->s);
}

static void
pause_at_accept(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT)
		stream_pause(p->s, true);
}

struct tick {
	struct timer timer;
	struct pair *pair;
	size_t queued;
};

/* Stops the world once the queue has stopped to shrink. */
static void
on_tick(struct timer *t)
{
	struct tick *tick = CONTAINER_OF(t, struct tick, timer);
	struct pair *k = tick->pair;
	size_t queued = stream_queued(k->client.s);

	if (k->server.s != NULL && queued > 0 && queued == tick->queued) {
		world_stop(k->w);
		return;
	}
	tick->queued = queued;
	timer_set(k->w, t, world_now(k->w) + 20 * UTIME_MS);
}

static bool
server_has_all(const struct pair *k)
{
	return buf_len(&k->server.got) == BULK &&
	    k->client.count[ON_DRAINED] > 0;
}

static void
test_back_pressure(struct pair *k)
{
	struct tick tick = { .timer.fire = on_tick, .pair = k };

	k->client.react = bulk;
	k->server.react = pause_at_accept;
	pair_connect(k);
	timer_set(k->w, &tick.timer, world_now(k->w));
	pair_run(k, NULL);
	assert_int_equal(buf_len(&k->server.got), 0);
	assert_true(stream_queued(k->client.s) > STREAM_HIGH_WATER);
	assert_int_equal(k->client.count[ON_DRAINED], 0);
	stream_pause(k->server.s, false);
	assert_int_equal(buf_len(&k->server.got), 0);
	pair_run(k, server_has_all);
	assert_bulk(&k->server);
	assert_int_equal(k->client.count[ON_DRAINED], 1);
	assert_int_equal(stream_queued(k->client.s), 0);
}

/* A host that says 421 and goes while the client still sends: the client must
 * get to see the reply. */
static void
last_word(struct peer *p, enum moment m)
{
	if (m != ON_ACCEPT)
		return;
	stream_write(p->s, SLICE("421 bye"));
	peer_close(p);
}

static void
test_last_word(struct pair *k)
{
	k->client.react = bulk;
	k->server.react = last_word;
	pair_connect(k);
	pair_run(k, client_eof);
	assert_got(&k->client, "421 bye");
	assert_int_equal(k->client.count[ON_FAILURE], 0);
	assert_int_equal(buf_len(&k->server.got), 0);
}

/* ---- giving back in callbacks ---- */

static enum moment fatal_moment;
static bool fatal_reset;

static void
end_at_moment(struct peer *p, enum moment m)
{
	if (m == fatal_moment && fatal_reset)
		peer_reset(p);
	else if (m == fatal_moment)
		peer_close(p);
}

static void
bulk_and_end_at_moment(struct peer *p, enum moment m)
{
	bulk(p, m);
	end_at_moment(p, m);
}

static bool
client_given_back(const struct pair *k)
{
	return k->client.s == NULL;
}

static void
close_on_accept(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT)
		peer_close(p);
}

static void
reset_on_accept(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT)
		peer_reset(p);
}

/* The client gives back its stream in each of its callbacks, both ways, while
 * the server brings that moment about. */
static void
test_end_in_client_callbacks(struct pair *k)
{
	static const struct {
		enum moment moment;
		void (*server)(struct peer *p, enum moment m);
	} rows[] = {
		{ ON_CONNECTED, NULL },
		{ ON_DRAINED, NULL },
		{ ON_INPUT, last_word },
		{ ON_EOF, close_on_accept },
		{ ON_FAILURE, reset_on_accept },
	};

	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		fatal_moment = rows[i / 2].moment;
		fatal_reset = i % 2 != 0;
		k->client.react = fatal_moment == ON_DRAINED
		    ? bulk_and_end_at_moment
		    : end_at_moment;
		k->server.react = rows[i / 2].server;
		pair_connect(k);
		pair_run(k, client_given_back);
		if (k->server.count[ON_ACCEPT] == i)
			pair_run(k, both_connected);
		k->server.count[ON_ACCEPT] = (unsigned)i + 1;
		peer_reset(&k->server);
		buf_clear(&k->client.got);
		buf_clear(&k->server.got);
	}
}

static const struct test_case cases[] = {
	{ "echo", test_echo },
	{ "half-close", test_half_close },
	{ "write before connected", test_write_before_connected },
	{ "reset", test_reset },
	{ "close flushes", test_close_flushes },
	{ "back-pressure", test_back_pressure },
	{ "the last word is heard", test_last_word },
	{ "given back in callbacks", test_end_in_client_callbacks },
};

int
main(void)
{
	return cases_run(cases, ARRAY_LEN(cases), "world_stream");
}
