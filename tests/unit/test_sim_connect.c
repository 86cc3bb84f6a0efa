/* SPDX-License-Identifier: MIT */
/* How connections of the virtual world begin, or fail to, and when. */
#include "tests/unit/sim_pair.h"

static void
test_handshake(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	pair_run(&k, NULL);
	assert_at(&k.client, ON_CONNECTED, 2 * LATENCY);
	assert_at(&k.server, ON_ACCEPT, 3 * LATENCY);
	assert_int_equal(sim_counts(k.w).connections, 1);
	assert_int_equal(sim_counts(k.w).streams_open, 2);
	assert_int_equal(stream_local(k.client.s)->port, 32768);
	assert_true(ip_equal(&stream_local(k.client.s)->ip, &client_ip));
	pair_fini(&k);
}

static struct fate {
	const char *name;
	enum host_state state;
	bool listens;
	bool fails;
	enum net_failure why;
	utime after;
} fates[] = {
	{ "nobody listens", HOST_UP, false, true, NET_REFUSED, 2 * LATENCY },
	{ "refuse", HOST_REFUSE, true, true, NET_REFUSED, 2 * LATENCY },
	{ "silent", HOST_SILENT, true, false, NET_REFUSED, LATENCY },
	{ "unreachable", HOST_UNREACHABLE, true, true, NET_UNREACHABLE,
	    LATENCY },
};

/* Set before the connect, and again while the SYN is on its way. */
static void
test_fate(void **state)
{
	const struct fate *row = *state;

	for (int late = 0; late < 2; late++) {
		struct pair k;

		sim_pair_init(&k);
		if (!late)
			sim_set_host(k.w, &server_at.ip, row->state);
		pair_connect(&k);
		run_to(&k, LATENCY - 1);
		sim_set_host(k.w, &server_at.ip, row->state);
		if (!row->listens) {
			listener_close(k.l);
			k.l = NULL;
		}
		pair_run(&k, NULL);
		assert_int_equal(k.server.count[ON_ACCEPT], 0);
		assert_int_equal(k.client.count[ON_CONNECTED], 0);
		assert_int_equal(world_now(k.w), START + row->after);
		assert_int_equal(k.client.count[ON_FAILURE], row->fails);
		if (row->fails)
			assert_int_equal(k.client.why, row->why);
		pair_fini(&k);
	}
}

/* Who is connected stays so, whatever becomes of the address. */
static void
test_state_spares_the_open(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, 2 * LATENCY);
	sim_set_host(k.w, &server_at.ip, HOST_SILENT);
	stream_write(k.client.s, SLICE("hello"));
	pair_run(&k, NULL);
	assert_at(&k.server, ON_INPUT, 3 * LATENCY);
	pair_fini(&k);
}

static void
test_listener_gone_before_ack(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, 2 * LATENCY);
	listener_close(k.l);
	k.l = NULL;
	pair_run(&k, NULL);
	assert_at(&k.client, ON_FAILURE, 4 * LATENCY);
	assert_int_equal(k.client.why, NET_RESET);
	pair_fini(&k);
}

/* A client that goes as soon as it is connected was there all the same. */
static void
test_gone_before_accept(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, 2 * LATENCY);
	stream_write(k.client.s, SLICE("hello"));
	peer_close(&k.client);
	pair_run(&k, NULL);
	assert_at(&k.server, ON_ACCEPT, 3 * LATENCY);
	assert_at(&k.server, ON_EOF, 3 * LATENCY);
	assert_got(&k.server, "hello");
	pair_fini(&k);
}

static void
test_source_ports(void **state)
{
	const struct endpoint other = { { 4, { 10, 0, 0, 3 } }, 0 };
	const struct endpoint given = { { 4, { 10, 0, 0, 3 } }, 777 };
	const struct endpoint none = { { 0 }, 0 };
	const struct endpoint *from[] = { NULL, &none, &other, &given, &other };
	const uint16_t want[] = { 32768, 32769, 32768, 777, 32769 };
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		struct stream *s = world_connect(
		    k.w, from[i], &server_at, &peer_handler, &k.client);

		assert_int_equal(stream_local(s)->port, want[i]);
		stream_close(s);
	}
	assert_int_equal(sim_counts(k.w).streams_open, 0);
	pair_fini(&k);
}

static void
test_no_address_of_that_family(void **state)
{
	const struct endpoint v6 = { { 6, { [15] = 2 } }, 25 };
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	k.client.s = world_connect(k.w, NULL, &v6, &peer_handler, &k.client);
	pair_run(&k, NULL);
	assert_at(&k.client, ON_FAILURE, 0);
	assert_int_equal(k.client.why, NET_UNREACHABLE);
	pair_fini(&k);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_handshake);
	ROWS(&kit, fates, test_fate);
	TEST(&kit, test_state_spares_the_open);
	TEST(&kit, test_listener_gone_before_ack);
	TEST(&kit, test_gone_before_accept);
	TEST(&kit, test_source_ports);
	TEST(&kit, test_no_address_of_that_family);
	return kit_run(&kit, "sim_connect");
}
