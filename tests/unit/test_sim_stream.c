/* SPDX-License-Identifier: MIT */
/* Windows, pauses, resets and closing in the virtual world, to the
 * microsecond. */
#include "tests/unit/sim_pair.h"

static void
test_reset_comes_behind_bytes(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	stream_write(k.client.s, SLICE("hello"));
	peer_reset(&k.client);
	pair_run(&k, NULL);
	assert_got(&k.server, "hello");
	assert_at(&k.server, ON_FAILURE, UTIME_S + LATENCY);
	assert_int_equal(k.server.why, NET_RESET);
	assert_int_equal(k.server.count[ON_EOF], 0);
	pair_fini(&k);
}

/* ---- what is left of a closed stream ---- */

static void
test_write_after_close(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	peer_close(&k.client);
	run_to(&k, 2 * UTIME_S);
	assert_at(&k.server, ON_EOF, UTIME_S + LATENCY);
	/* It is thrown away, ... */
	stream_write(k.server.s, SLICE("late"));
	run_to(&k, 40 * UTIME_S);
	assert_int_equal(k.server.count[ON_FAILURE], 0);
	/* ... and after 30 s nobody is there to do even that. */
	stream_write(k.server.s, SLICE("too late"));
	pair_run(&k, NULL);
	assert_at(&k.server, ON_FAILURE, 40 * UTIME_S + 2 * LATENCY);
	assert_int_equal(k.server.why, NET_RESET);
	assert_int_equal(sim_counts(k.w).streams_open, 1);
	pair_fini(&k);
}

/* A FIN that answers the close ends the connection in peace; later there is
 * nobody who could take it. */
static void
test_shutdown_after_close(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		struct pair k;

		sim_pair_init(&k);
		pair_connect(&k);
		run_to(&k, UTIME_S);
		peer_close(&k.client);
		run_to(&k, (late ? 40 : 20) * UTIME_S);
		stream_shutdown(k.server.s);
		pair_run(&k, NULL);
		assert_int_equal(k.server.count[ON_FAILURE], late);
		pair_fini(&k);
	}
}

/* Output that the peer does not take is reset in the end. */
static void
test_linger_is_bounded(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	stream_pause(k.server.s, true);
	write_zeroes(k.client.s, 2 * WINDOW);
	peer_close(&k.client);
	pair_run(&k, NULL);
	assert_at(&k.server, ON_FAILURE, 31 * UTIME_S + LATENCY);
	pair_fini(&k);
}

static void
test_window(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	stream_pause(k.server.s, true);
	write_zeroes(k.client.s, 5 * WINDOW);
	assert_int_equal(stream_queued(k.client.s), 4 * WINDOW);
	run_to(&k, UTIME_MINUTE);
	assert_int_equal(stream_queued(k.client.s), 4 * WINDOW);
	assert_int_equal(sim_counts(k.w).bytes, 0);
	stream_pause(k.server.s, false);
	pair_run(&k, NULL);
	assert_int_equal(buf_len(&k.server.got), 5 * WINDOW);
	assert_int_equal(
	    k.server.at[ON_INPUT] - START, UTIME_MINUTE + 4 * LATENCY);
	/* The last window but one was the last that had to wait. */
	assert_at(&k.client, ON_DRAINED, UTIME_MINUTE + 3 * LATENCY);
	pair_fini(&k);
}

/* Of a listener with a small buffer, the window is as small. */
static void
test_window_of_a_listener(void **state)
{
	const struct listener_tuning tuning = { .receive_bytes = 4 };
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	listener_tune(k.l, &tuning);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	stream_pause(k.server.s, true);
	stream_write(k.client.s, SLICE("hello, hello"));
	run_to(&k, 2 * UTIME_S);
	assert_int_equal(stream_queued(k.client.s), 8);
	stream_pause(k.server.s, false);
	pair_run(&k, NULL);
	assert_got(&k.server, "hello, hello");
	assert_int_equal(k.server.count[ON_INPUT], 3);
	pair_fini(&k);
}

/* EOF waits behind what a paused owner has not read, and with it. */
static void
test_pause_holds_eof(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	stream_pause(k.server.s, true);
	stream_write(k.client.s, SLICE("hello"));
	peer_close(&k.client);
	run_to(&k, 2 * UTIME_S);
	assert_int_equal(k.server.count[ON_EOF], 0);
	stream_pause(k.server.s, false);
	pair_run(&k, NULL);
	assert_at(&k.server, ON_INPUT, 2 * UTIME_S);
	assert_at(&k.server, ON_EOF, 2 * UTIME_S);
	assert_got(&k.server, "hello");
	pair_fini(&k);
}

static void
pause_on_input(struct peer *p, enum moment m)
{
	if (m == ON_INPUT)
		stream_pause(p->s, true);
}

/* The owner has had enough after the bytes: not even EOF comes behind them. */
static void
test_pause_in_input_holds_eof(void **state)
{
	struct pair k;

	(void)state;
	sim_pair_init(&k);
	pair_connect(&k);
	run_to(&k, UTIME_S);
	k.server.react = pause_on_input;
	stream_pause(k.server.s, true);
	stream_write(k.client.s, SLICE("hello"));
	peer_close(&k.client);
	run_to(&k, 2 * UTIME_S);
	stream_pause(k.server.s, false);
	run_to(&k, 3 * UTIME_S);
	assert_at(&k.server, ON_INPUT, 2 * UTIME_S);
	assert_int_equal(k.server.count[ON_EOF], 0);
	stream_pause(k.server.s, false);
	pair_run(&k, NULL);
	assert_at(&k.server, ON_EOF, 3 * UTIME_S);
	pair_fini(&k);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_reset_comes_behind_bytes);
	TEST(&kit, test_write_after_close);
	TEST(&kit, test_shutdown_after_close);
	TEST(&kit, test_linger_is_bounded);
	TEST(&kit, test_window);
	TEST(&kit, test_window_of_a_listener);
	TEST(&kit, test_pause_holds_eof);
	TEST(&kit, test_pause_in_input_holds_eof);
	return kit_run(&kit, "sim_stream");
}
