/* SPDX-License-Identifier: MIT */
/*
 * What every world can do to a peer: have it wait, leave its SYN unanswered,
 * take its bytes slowly or not at all, and be gone without a word.
 */
#include "tests/unit/world_cases.h"

#define BULK ((size_t)8 << 20)
/* How long nothing must happen for a test to believe it. */
#define A_WHILE (100 * UTIME_MS)

static bool
client_connected(const struct pair *k)
{
	return k->client.count[ON_CONNECTED] > 0;
}

static bool
server_accepted(const struct pair *k)
{
	return k->server.count[ON_ACCEPT] > 0;
}

static bool
server_eof(const struct pair *k)
{
	return k->server.count[ON_EOF] > 0;
}

static bool
never(const struct pair *k)
{
	(void)k;
	return false;
}

static void
on_while_over(struct timer *t)
{
	struct pair *k = CONTAINER_OF(t, struct pair, patience);

	world_stop(k->w);
}

/* Lets time pass, in which whatever happens may. */
static void
run_a_while(struct pair *k)
{
	struct err err = { 0 };

	k->until = never;
	k->patience.fire = on_while_over;
	timer_set(k->w, &k->patience, world_now(k->w) + A_WHILE);
	if (!world_run(k->w, &err))
		fail_msg("%s", err.msg);
	k->patience.fire = pair_on_patience;
}

static void
write_hello(struct peer *p, enum moment m)
{
	if (m == ON_CONNECTED)
		stream_write(p->s, SLICE("hello"));
}

/* ---- listeners ---- */

static void
test_paused_listener(struct pair *k)
{
	listener_pause(k->l, true);
	k->client.react = write_hello;
	pair_connect(k);
	pair_run(k, client_connected);
	run_a_while(k);
	assert_int_equal(k->server.count[ON_ACCEPT], 0);
	assert_int_equal(k->client.count[ON_FAILURE], 0);

	stream_shutdown(k->client.s);
	listener_pause(k->l, false);
	pair_run(k, server_eof);
	assert_got(&k->server, "hello");
}

/* Who waited when it stops listening is told so. */
static void
test_paused_listener_closed(struct pair *k)
{
	listener_pause(k->l, true);
	pair_connect(k);
	pair_run(k, client_connected);
	run_a_while(k);
	listener_close(k->l);
	k->l = NULL;
	pair_run(k, client_failed);
	assert_int_equal(k->client.why, NET_RESET);
}

static struct peer second;

static bool
second_connected(const struct pair *k)
{
	return server_accepted(k) && second.count[ON_CONNECTED] > 0;
}

static void
test_full_backlog(struct pair *k)
{
	const struct listener_tuning one = { .backlog = 1 };

	second = (struct peer){ .pair = k };
	listener_tune(k->l, &one);
	listener_pause(k->l, true);
	pair_connect(k);
	pair_run(k, client_connected);
	run_a_while(k);
	second.s = world_connect(
	    k->w, NULL, listener_local(k->l), &peer_handler, &second);
	run_a_while(k);
	assert_int_equal(second.count[ON_CONNECTED], 0);
	assert_int_equal(second.count[ON_FAILURE], 0);

	/* There is room when the first one is accepted. */
	listener_pause(k->l, false);
	pair_run(k, server_accepted);
	k->server.count[ON_ACCEPT] = 0;
	peer_reset(&k->server);
	pair_run(k, second_connected);
	peer_reset(&second);
}

static void
test_mute_listener(struct pair *k)
{
	struct err err;

	assert_true(listener_mute(k->l, true, &err));
	pair_connect(k);
	run_a_while(k);
	assert_int_equal(k->client.count[ON_CONNECTED], 0);
	assert_int_equal(k->client.count[ON_FAILURE], 0);
	assert_int_equal(k->server.count[ON_ACCEPT], 0);

	assert_true(listener_mute(k->l, false, &err));
	pair_run(k, both_connected);
	assert_int_equal(k->server.count[ON_ACCEPT], 1);
}

/* Closed while it is mute: nothing is left of it. */
static void
test_mute_listener_closed(struct pair *k)
{
	struct err err;

	assert_true(listener_mute(k->l, true, &err));
	assert_true(listener_mute(k->l, true, &err));
	run_a_while(k);
}

/* ---- input ---- */

static size_t most_at_once;
static size_t seen_before;

static void
pace_on_accept(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT)
		stream_pace(p->s, 10, 10 * UTIME_MS);
	if (m != ON_INPUT)
		return;
	if (buf_len(&p->got) - seen_before > most_at_once)
		most_at_once = buf_len(&p->got) - seen_before;
	seen_before = buf_len(&p->got);
}

static void
write_fifty_and_close(struct peer *p, enum moment m)
{
	if (m != ON_CONNECTED)
		return;
	for (int i = 0; i < 10; i++)
		stream_write(p->s, SLICE("hello"));
	stream_shutdown(p->s);
}

static void
test_pace(struct pair *k)
{
	most_at_once = seen_before = 0;
	k->client.react = write_fifty_and_close;
	k->server.react = pace_on_accept;
	pair_connect(k);
	pair_run(k, server_eof);
	assert_int_equal(buf_len(&k->server.got), 50);
	assert_int_equal(most_at_once, 10);
	assert_true(
	    k->server.at[ON_EOF] - k->server.at[ON_ACCEPT] >= 40 * UTIME_MS);
}

static void
deaf_on_accept(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT)
		stream_pace(p->s, 0, 0);
}

static void
write_bulk(struct peer *p, enum moment m)
{
	char *bulk;

	if (m != ON_CONNECTED)
		return;
	bulk = xcalloc(1, BULK);
	stream_write(p->s, slice_of(bulk, BULK));
	free(bulk);
}

/* What fits into the buffers on the way is gone, the rest waits; until it
 * listens again. */
static void
test_deaf(struct pair *k)
{
	const struct listener_tuning tiny = { .receive_bytes = 4096 };

	listener_tune(k->l, &tiny);
	k->client.react = write_bulk;
	k->server.react = deaf_on_accept;
	pair_connect(k);
	pair_run(k, server_accepted);
	run_a_while(k);
	assert_int_equal(k->server.count[ON_INPUT], 0);
	assert_true(stream_queued(k->client.s) > 0);
	/* A pause that ends changes nothing. */
	stream_pause(k->server.s, true);
	stream_pause(k->server.s, false);
	run_a_while(k);
	assert_int_equal(k->server.count[ON_INPUT], 0);

	stream_shutdown(k->client.s);
	stream_pace(k->server.s, BULK, UTIME_MS);
	pair_run(k, server_eof);
	assert_int_equal(buf_len(&k->server.got), BULK);
}

static void
reset_on_connected(struct peer *p, enum moment m)
{
	if (m == ON_CONNECTED)
		stream_write(p->s, SLICE("hello"));
}

static bool
server_heard(const struct pair *k)
{
	return k->server.count[ON_INPUT] > 0;
}

static void
pace_and_close(struct peer *p, enum moment m)
{
	if (m == ON_ACCEPT)
		stream_pace(p->s, 1, 10 * UTIME_MS);
	if (m == ON_INPUT)
		peer_close(p);
}

/* An owner that has let go is not told of what it would have been given. */
static void
test_pace_and_close(struct pair *k)
{
	k->client.react = reset_on_connected;
	k->server.react = pace_and_close;
	pair_connect(k);
	pair_run(k, server_heard);
	pair_run(k, client_eof);
	assert_got(&k->server, "h");
}

/* ---- gone ---- */

static void
vanish_on_input(struct peer *p, enum moment m)
{
	if (m != ON_INPUT)
		return;
	stream_write(p->s, SLICE("bye"));
	stream_vanish(p->s);
	p->s = NULL;
}

static bool
client_heard(const struct pair *k)
{
	return k->client.count[ON_INPUT] > 0;
}

static void
test_vanish(struct pair *k)
{
	k->client.react = write_hello;
	k->server.react = vanish_on_input;
	pair_connect(k);
	pair_run(k, client_heard);
	assert_got(&k->client, "bye");
	stream_write(k->client.s, SLICE("anybody there?"));
	stream_shutdown(k->client.s);
	run_a_while(k);
	assert_int_equal(k->client.count[ON_EOF], 0);
	assert_int_equal(k->client.count[ON_FAILURE], 0);
	assert_int_equal(k->client.count[ON_INPUT], 1);
}

static const struct test_case cases[] = {
	{ "a paused listener", test_paused_listener },
	{ "a paused listener that is closed", test_paused_listener_closed },
	{ "a full backlog", test_full_backlog },
	{ "a mute listener", test_mute_listener },
	{ "a mute listener that is closed", test_mute_listener_closed },
	{ "input at a pace", test_pace },
	{ "no input", test_deaf },
	{ "closed at a pace", test_pace_and_close },
	{ "gone without a word", test_vanish },
};

int
main(void)
{
	return cases_run(cases, ARRAY_LEN(cases), "world_faults");
}
