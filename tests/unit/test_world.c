/* SPDX-License-Identifier: MIT */
/*
 * What world.h promises, of every world: each case runs in the virtual one and,
 * over 127.0.0.1, in the real one.
 */
#include "core/world/world_ev.h"
#include "core/world/world_sim.h"
#include "tests/unit/kit.h"
#include "tests/unit/world_pair.h"

#define BULK ((size_t)8 << 20)

static const struct endpoint any_port = { { 4, { 127, 0, 0, 1 } }, 0 };

/* ---- the worlds ---- */

static struct world *
make_sim(const struct zone *zone)
{
	const struct sim_options options = {
		.start = INT64_C(1404292507) * UTIME_S,
		.latency = UTIME_MS,
		.self = { 4, { 127, 0, 0, 1 } },
		.zone = zone,
		.span_max = UTIME_HOUR,
		.events_max = 1000000,
	};

	return world_sim_new(&options);
}

static struct world *
make_ev(const struct zone *zone)
{
	const struct ev_options options = { 1.0, UTIME_NEVER, zone };
	struct err err;
	struct world *w = world_ev_new(&options, &err);

	assert_non_null(w);
	return w;
}

/* ---- conditions ---- */

static bool
client_failed(const struct pair *k)
{
	return k->client.count[ON_FAILURE] > 0;
}

static bool
client_eof(const struct pair *k)
{
	return k->client.count[ON_EOF] > 0;
}

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

static bool
both_connected(const struct pair *k)
{
	return k->server.count[ON_ACCEPT] > 0 &&
	    k->client.count[ON_CONNECTED] > 0;
}

/* ---- reactions ---- */

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
test_refused(struct pair *k)
{
	struct endpoint at = *listener_local(k->l);

	listener_close(k->l);
	k->l = NULL;
	k->client.s = world_connect(k->w, NULL, &at, &peer_handler, &k->client);
	assert_int_equal(k->client.count[ON_FAILURE], 0);
	pair_run(k, client_failed);
	assert_int_equal(k->client.why, NET_REFUSED);
	assert_int_equal(k->client.count[ON_CONNECTED], 0);
}

static void
test_from_wrong_family(struct pair *k)
{
	const struct endpoint from = { { 6, { [15] = 1 } }, 0 };

	k->client.s = world_connect(
	    k->w, &from, listener_local(k->l), &peer_handler, &k->client);
	assert_int_equal(k->client.count[ON_FAILURE], 0);
	pair_run(k, client_failed);
	assert_int_equal(k->client.why, NET_LOCAL);
}

static void
test_from_address(struct pair *k)
{
	const struct endpoint from = { { 4, { 127, 0, 0, 9 } }, 0 };

	k->client.s = world_connect(
	    k->w, &from, listener_local(k->l), &peer_handler, &k->client);
	pair_run(k, both_connected);
	assert_true(ip_equal(&stream_remote(k->server.s)->ip, &from.ip));
	assert_true(endpoint_equal(
	    stream_remote(k->server.s), stream_local(k->client.s)));
	assert_true(endpoint_equal(
	    stream_local(k->server.s), stream_remote(k->client.s)));
	assert_true(
	    endpoint_equal(stream_local(k->server.s), listener_local(k->l)));
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

static void
close_listener_on_accept(struct peer *p, enum moment m)
{
	if (m != ON_ACCEPT)
		return;
	listener_close(p->pair->l);
	p->pair->l = NULL;
	peer_close(p);
}

static void
test_listener_closed_in_accept(struct pair *k)
{
	k->server.react = close_listener_on_accept;
	pair_connect(k);
	pair_run(k, client_eof);
}

/* Given back before the connect has an outcome. */
static void
test_abandoned_connect(struct pair *k)
{
	pair_connect(k);
	peer_close(&k->client);
	pair_connect(k);
	peer_reset(&k->client);
	assert_int_equal(k->client.count[ON_CONNECTED], 0);
	assert_int_equal(k->client.count[ON_FAILURE], 0);
}

/* ---- listeners ---- */

static void
test_address_in_use(struct pair *k)
{
	char text[ENDPOINT_TEXT_MAX], want[128];
	struct err err = { 0 };

	assert_int_not_equal(listener_local(k->l)->port, 0);
	assert_null(
	    world_listen(k->w, listener_local(k->l), pair_on_accept, k, &err));
	(void)snprintf(want, sizeof(want),
	    "cannot listen on %s: Address already in use",
	    endpoint_format(listener_local(k->l), text));
	assert_string_equal(err.msg, want);
}

static void
test_listen_on_all(struct pair *k)
{
	struct endpoint at = { { 4, { 0 } }, 0 };
	struct err err;

	listener_close(k->l);
	k->l = world_listen(k->w, &at, pair_on_accept, k, &err);
	assert_non_null(k->l);
	at = *listener_local(k->l);
	at.ip = any_port.ip;
	k->client.s = world_connect(k->w, NULL, &at, &peer_handler, &k->client);
	pair_run(k, both_connected);
	assert_true(endpoint_equal(stream_local(k->server.s), &at));
}

static void
test_listen_v6(struct pair *k)
{
	const struct endpoint at = { { 6, { [15] = 1 } }, 0 };
	struct err err;
	struct listener *l = world_listen(k->w, &at, pair_on_accept, k, &err);

	/* A machine may lack IPv6. */
	if (l == NULL)
		skip();
	k->client.s = world_connect(
	    k->w, &at, listener_local(l), &peer_handler, &k->client);
	listener_close(k->l);
	k->l = l;
	pair_run(k, both_connected);
	assert_true(
	    endpoint_equal(stream_local(k->server.s), listener_local(k->l)));
}

/* ---- timers ---- */

struct alarm {
	struct timer timer;
	struct pair *pair;
	char name;
};

static void
on_alarm(struct timer *t)
{
	struct alarm *a = CONTAINER_OF(t, struct alarm, timer);

	buf_append_byte(&a->pair->client.got, a->name);
	if (a->name == 'e')
		world_stop(a->pair->w);
}

static void
test_timer_order(struct pair *k)
{
	struct alarm alarms[8];
	utime now = world_now(k->w);

	for (size_t i = 0; i < ARRAY_LEN(alarms); i++)
		alarms[i] = (struct alarm){ .timer.fire = on_alarm,
			.pair = k,
			.name = (char)('a' + i) };
	timer_set(k->w, &alarms[4].timer, now + 30 * UTIME_MS);
	timer_set(k->w, &alarms[2].timer, now + 20 * UTIME_MS);
	timer_set(k->w, &alarms[3].timer, now + 20 * UTIME_MS);
	timer_set(k->w, &alarms[0].timer, now - UTIME_S);
	timer_set(k->w, &alarms[1].timer, now);
	timer_set(k->w, &alarms[5].timer, UTIME_NEVER);
	timer_set(k->w, &alarms[6].timer, now);
	timer_stop(k->w, &alarms[6].timer);
	timer_set(k->w, &alarms[7].timer, now);
	timer_set(k->w, &alarms[7].timer, UTIME_NEVER);
	assert_true(timer_is_set(&alarms[4].timer));
	assert_false(timer_is_set(&alarms[5].timer));
	assert_false(timer_is_set(&alarms[6].timer));
	assert_false(timer_is_set(&alarms[7].timer));
	pair_run(k, NULL);
	assert_got(&k->client, "abcde");
	assert_false(timer_is_set(&alarms[4].timer));
	assert_true(world_now(k->w) >= now + 30 * UTIME_MS);
}

/* ---- resolver ---- */

struct question {
	struct dns_query query;
	struct pair *pair;
	enum dns_status status;
	struct ip_address ip;
	unsigned answers;
};

static void
on_answer(struct dns_query *query, const struct dns_answer *answer)
{
	struct question *q = CONTAINER_OF(query, struct question, query);

	q->answers++;
	q->status = answer->status;
	if (answer->count > 0)
		q->ip = answer->records[0].ip;
	if (q->pair != NULL)
		world_stop(q->pair->w);
}

static void
test_resolver(struct pair *k)
{
	struct question found = { .query.on_answer = on_answer };
	struct question cancelled = { .query.on_answer = on_answer };
	struct question none = { .query.on_answer = on_answer, .pair = k };

	dns_ask(k->w, &found.query, SLICE("mx.example.com"), DNS_A);
	dns_ask(k->w, &cancelled.query, SLICE("mx.example.com"), DNS_A);
	dns_ask(k->w, &none.query, SLICE("nowhere.example.com"), DNS_A);
	dns_cancel(&cancelled.query);
	assert_int_equal(found.answers, 0);
	pair_run(k, NULL);
	assert_int_equal(found.answers, 1);
	assert_int_equal(found.status, DNS_OK);
	assert_true(ip_equal(&found.ip, &any_port.ip));
	assert_int_equal(cancelled.answers, 0);
	assert_int_equal(none.answers, 1);
	assert_int_equal(none.status, DNS_NXDOMAIN);
}

/* ---- the table ---- */

static const struct test_case {
	const char *name;
	void (*body)(struct pair *k);
} cases[] = {
	{ "echo", test_echo },
	{ "half-close", test_half_close },
	{ "write before connected", test_write_before_connected },
	{ "refused", test_refused },
	{ "from an address", test_from_address },
	{ "from an address of the wrong family", test_from_wrong_family },
	{ "reset", test_reset },
	{ "close flushes", test_close_flushes },
	{ "back-pressure", test_back_pressure },
	{ "the last word is heard", test_last_word },
	{ "given back in callbacks", test_end_in_client_callbacks },
	{ "listener closed in accept", test_listener_closed_in_accept },
	{ "abandoned connect", test_abandoned_connect },
	{ "address in use", test_address_in_use },
	{ "listen on all addresses", test_listen_on_all },
	{ "listen on IPv6", test_listen_v6 },
	{ "timer order", test_timer_order },
	{ "resolver", test_resolver },
};

static const struct maker {
	const char *name;
	struct world *(*make)(const struct zone *zone);
} makers[] = {
	{ "sim", make_sim },
	{ "ev", make_ev },
};

struct row {
	char name[80];
	const struct test_case *test;
	const struct maker *maker;
};

static void
run_row(void **state)
{
	const struct row *row = *state;
	const struct dns_record record = { .type = DNS_A,
		.ttl_s = DNS_TTL_S_DEFAULT,
		.ip = { 4, { 127, 0, 0, 1 } } };
	struct zone *zone = zone_new();
	struct err err;
	struct pair k;

	assert_true(zone_add(zone, SLICE("mx.example.com"), &record, &err));
	pair_init(&k, row->maker->make(zone), &any_port);
	row->test->body(&k);
	pair_fini(&k);
	zone_destroy(&zone);
}

int
main(void)
{
	static struct row rows[ARRAY_LEN(cases) * ARRAY_LEN(makers)];
	struct kit kit = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct row *row = &rows[i];

		row->test = &cases[i / ARRAY_LEN(makers)];
		row->maker = &makers[i % ARRAY_LEN(makers)];
		(void)snprintf(row->name, sizeof(row->name), "%s: %s",
		    row->maker->name, row->test->name);
	}
	ROWS(&kit, rows, run_row);
	return kit_run(&kit, "world");
}
