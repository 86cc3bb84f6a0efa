/* SPDX-License-Identifier: MIT */
/* Every world: connecting, listening, timers, the resolver. */
#include "tests/unit/world_cases.h"

/* ---- connecting ---- */

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

static const struct test_case cases[] = {
	{ "refused", test_refused },
	{ "from an address", test_from_address },
	{ "from an address of the wrong family", test_from_wrong_family },
	{ "listener closed in accept", test_listener_closed_in_accept },
	{ "abandoned connect", test_abandoned_connect },
	{ "address in use", test_address_in_use },
	{ "listen on all addresses", test_listen_on_all },
	{ "listen on IPv6", test_listen_v6 },
	{ "timer order", test_timer_order },
	{ "resolver", test_resolver },
};

int
main(void)
{
	return cases_run(cases, ARRAY_LEN(cases), "world");
}
