/* SPDX-License-Identifier: MIT */
/* What lies between two addresses of the virtual world: latency, bandwidth,
 * partitions, resets. */
#include "tests/unit/sim_pair.h"

/* ---- links ---- */

static void
test_most_specific_link(void **state)
{
	const struct sim_link slow = { .latency = UTIME_S };
	const struct sim_link slower = { .latency = 2 * UTIME_S };
	const struct sim_link slowest = { .latency = 3 * UTIME_S };
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	sim_set_link(k.w, &server_at.ip, &client_ip, &slowest);
	sim_set_link(k.w, &any_ip, &server_at.ip, &slower);
	sim_set_link(k.w, &any_ip, &any_ip, &slow);
	pair_connect(&k);
	pair_run(&k, NULL);
	assert_at(&k.client, ON_CONNECTED, 6 * UTIME_S);
	/* From now on; the order of the two addresses does not matter. */
	sim_set_link(k.w, &client_ip, &server_at.ip, &slow);
	stream_write(k.client.s, SLICE("hello"));
	pair_run(&k, NULL);
	assert_at(&k.server, ON_INPUT, 10 * UTIME_S);
	pair_fini(&k);
}

/* Of two rules that are equally specific the newer counts, also when it was
 * there before. */
static void
test_newest_link(void **state)
{
	const struct sim_link fast = { .latency = UTIME_MS };
	const struct sim_link slow = { .latency = UTIME_S };
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	sim_set_link(k.w, &client_ip, &any_ip, &slow);
	sim_set_link(k.w, &any_ip, &server_at.ip, &fast);
	pair_connect(&k);
	pair_run(&k, NULL);
	assert_at(&k.server, ON_ACCEPT, 3 * UTIME_MS);
	sim_set_link(k.w, &any_ip, &client_ip, &slow);
	stream_write(k.client.s, SLICE("hello"));
	pair_run(&k, NULL);
	assert_at(&k.server, ON_INPUT, UTIME_S + 3 * UTIME_MS);
	pair_fini(&k);
}

/* What is sent over a link that has become faster does not pass what was sent
 * before. */
static void
test_nothing_overtakes(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	stream_write(k.client.s, SLICE("first "));
	set_link(&k, (struct sim_link){ .latency = 1 });
	stream_write(k.client.s, SLICE("second"));
	stream_shutdown(k.client.s);
	pair_run(&k, NULL);
	assert_got(&k.server, "first second");
	assert_at(&k.server, ON_INPUT, UTIME_S + LATENCY);
	assert_at(&k.server, ON_EOF, UTIME_S + LATENCY);
	pair_fini(&k);
}

/* Nor do the first bytes pass the ACK that the peer accepts by. */
static void
test_nothing_overtakes_the_handshake(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, 2 * LATENCY);
	set_link(&k, (struct sim_link){ .latency = 1 });
	stream_write(k.client.s, SLICE("hello"));
	pair_run(&k, NULL);
	assert_at(&k.server, ON_ACCEPT, 3 * LATENCY);
	assert_at(&k.server, ON_INPUT, 3 * LATENCY);
	pair_fini(&k);
}

static void
test_bandwidth(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	/* Three bytes take exactly 1/100 s. */
	set_link(&k, (struct sim_link){ .latency = LATENCY, .bandwidth = 300 });
	write_zeroes(k.client.s, 30000);
	stream_shutdown(k.client.s);
	write_zeroes(k.server.s, 300);
	run_to(&k, 51 * UTIME_S);
	assert_true(buf_len(&k.server.got) > 10000);
	assert_true(buf_len(&k.server.got) <= 15000);
	pair_run(&k, NULL);
	assert_int_equal(buf_len(&k.server.got), 30000);
	assert_at(&k.server, ON_EOF, 101 * UTIME_S + LATENCY);
	assert_int_equal(
	    k.server.at[ON_INPUT] - START, 101 * UTIME_S + LATENCY);
	/* The other way was free. */
	assert_at(&k.client, ON_INPUT, 2 * UTIME_S + LATENCY);
	pair_fini(&k);
}

/* ---- partition ---- */

static void
test_partition_holds_bytes(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	stream_write(k.client.s, SLICE("before "));
	set_link(&k, (struct sim_link){ LATENCY, 0, true });
	stream_write(k.client.s, SLICE("during"));
	stream_shutdown(k.client.s);
	assert_int_equal(stream_queued(k.client.s), 6);
	run_to(&k, UTIME_HOUR);
	assert_got(&k.server, "before ");
	assert_at(&k.server, ON_INPUT, UTIME_S + LATENCY);
	set_link(&k, (struct sim_link){ .latency = LATENCY });
	assert_int_equal(stream_queued(k.client.s), 0);
	pair_run(&k, NULL);
	assert_got(&k.server, "before during");
	assert_int_equal(k.server.at[ON_INPUT] - START, UTIME_HOUR + LATENCY);
	assert_at(&k.server, ON_EOF, UTIME_HOUR + LATENCY);
	pair_fini(&k);
}

/* Cut in each step of the handshake, mended an hour later. */
static void
test_partition_holds_connects(void **state)
{
	(void)state;
	for (int step = 0; step < 3; step++) {
		struct pair k;

		sim_pair_init(&k);
		if (step == 0)
			set_link(&k, (struct sim_link){ LATENCY, 0, true });
		pair_connect(&k);
		stream_write(k.client.s, SLICE("hello"));
		run_to(&k, step == 2 ? LATENCY * 3 / 2 : LATENCY / 2);
		set_link(&k, (struct sim_link){ LATENCY, 0, true });
		run_to(&k, UTIME_HOUR);
		assert_int_equal(k.server.count[ON_ACCEPT], 0);
		assert_int_equal(k.client.count[ON_CONNECTED], step == 2);
		set_link(&k, (struct sim_link){ .latency = LATENCY });
		pair_run(&k, NULL);
		assert_at(&k.server, ON_ACCEPT,
		    UTIME_HOUR +
			(step == 0          ? 3
				: step == 1 ? 2
					    : 1) *
			    LATENCY);
		assert_got(&k.server, "hello");
		pair_fini(&k);
	}
}

static void
test_partition_holds_reset(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	set_link(&k, (struct sim_link){ LATENCY, 0, true });
	stream_write(k.client.s, SLICE("lost"));
	peer_reset(&k.client);
	stream_write(k.server.s, SLICE("in vain"));
	run_to(&k, UTIME_HOUR);
	assert_int_equal(k.server.count[ON_FAILURE], 0);
	set_link(&k, (struct sim_link){ .latency = LATENCY });
	pair_run(&k, NULL);
	assert_at(&k.server, ON_FAILURE, UTIME_HOUR + LATENCY);
	assert_int_equal(buf_len(&k.server.got), 0);
	pair_fini(&k);
}

/* ---- resets ---- */

static void
test_reset_link(void **state)
{
	const struct ip_address stranger = { 4, { 10, 0, 0, 99 } };
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	sim_reset_link(k.w, &stranger, &any_ip);
	run_to(&k, 2 * UTIME_S);
	assert_int_equal(k.client.count[ON_FAILURE], 0);
	stream_write(k.client.s, SLICE("lost"));
	sim_reset_link(k.w, &server_at.ip, &any_ip);
	assert_int_equal(k.client.count[ON_FAILURE], 0);
	pair_run(&k, NULL);
	assert_at(&k.client, ON_FAILURE, 2 * UTIME_S);
	assert_at(&k.server, ON_FAILURE, 2 * UTIME_S);
	assert_int_equal(k.client.why, NET_RESET);
	assert_int_equal(buf_len(&k.server.got), 0);
	pair_fini(&k);
}

/* Between the client's ACK and the accept: the server never hears of it. */
static void
test_reset_link_before_accept(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, 2 * LATENCY);
	sim_reset_link(k.w, &any_ip, &any_ip);
	pair_run(&k, NULL);
	assert_at(&k.client, ON_FAILURE, 2 * LATENCY);
	assert_int_equal(k.server.count[ON_ACCEPT], 0);
	pair_fini(&k);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_most_specific_link);
	TEST(&kit, test_newest_link);
	TEST(&kit, test_nothing_overtakes);
	TEST(&kit, test_nothing_overtakes_the_handshake);
	TEST(&kit, test_bandwidth);
	TEST(&kit, test_partition_holds_bytes);
	TEST(&kit, test_partition_holds_connects);
	TEST(&kit, test_partition_holds_reset);
	TEST(&kit, test_reset_link);
	TEST(&kit, test_reset_link_before_accept);
	return kit_run(&kit, "sim_net");
}
