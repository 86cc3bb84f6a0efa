/* SPDX-License-Identifier: MIT */
/*
 * What only the real world has: descriptors that run out, signals, a scaled
 * clock, the word "ready", peers that are not ours.
 */
#include "tests/unit/world_cases.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct world *
make_scaled(double scale, utime start)
{
	const struct ev_options options = { .time_scale = scale,
		.start = start };
	struct err err;
	struct world *w = world_ev_new(&options, &err);

	assert_non_null(w);
	return w;
}

/* ---- clock ---- */

struct alarm {
	struct timer timer;
	struct world *w;
};

static void
stop_world(struct timer *t)
{
	world_stop(CONTAINER_OF(t, struct alarm, timer)->w);
}

static void
test_start_and_scale(void **state)
{
	const utime start = INT64_C(1404292507) * UTIME_S;
	struct alarm a = { .timer.fire = stop_world };
	struct err err;

	(void)state;
	a.w = make_scaled(3600 * 24 * 100.0, start);
	assert_true(world_now(a.w) >= start);
	timer_set(a.w, &a.timer, start + 3 * UTIME_DAY);
	/* Three days; at real pace the runner would lose its patience. */
	assert_true(world_run(a.w, &err));
	assert_true(world_now(a.w) >= start + 3 * UTIME_DAY);
	world_destroy(&a.w);
}

static void
test_starts_now(void **state)
{
	struct world *w = make_scaled(1.0, UTIME_NEVER);
	struct timespec before, after;
	utime now;

	(void)state;
	(void)clock_gettime(CLOCK_REALTIME, &before);
	now = world_now(w);
	(void)clock_gettime(CLOCK_REALTIME, &after);
	/* The two clocks differ by what reading them takes. */
	assert_in_range(now / UTIME_S, before.tv_sec - 1, after.tv_sec + 1);
	world_destroy(&w);
}

/* A closed stream whose peer never ends lets go after 30 s of world time. */
static void
test_linger_is_bounded(void **state)
{
	struct pair k;

	(void)state;
	pair_init(&k, make_scaled(100.0, UTIME_NEVER), &any_port);
	pair_connect(&k);
	pair_run(&k, both_connected);
	stream_pause(k.client.s, true);
	for (int i = 0; i < 64; i++)
		stream_write(k.server.s, slice_of((char[65536]){ 0 }, 65536));
	peer_close(&k.server);
	/* The output that the client does not take is reset. */
	timer_set(k.w, &k.patience, world_now(k.w) + UTIME_MINUTE);
	k.until = NULL;
	assert_true(world_run(k.w, &(struct err){ 0 }));
	stream_pause(k.client.s, false);
	pair_run(&k, client_failed);
	assert_int_equal(k.client.why, NET_RESET);
	pair_fini(&k);
}

/* ---- descriptors ---- */

static bool
served_after_famine(const struct pair *k)
{
	return k->server.count[ON_ACCEPT] > 0;
}

/*
 * No descriptor for the accept: the connection waits until there is one.
 * Not under valgrind, which closes what it accepts beyond a limit.
 */
static void
test_out_of_descriptors(void **state)
{
	struct alarm famine = { .timer.fire = stop_world };
	struct rlimit before, none;
	struct pair k;
	int lowest;

	(void)state;
	pair_init(&k, make_ev(NULL), &any_port);
	pair_connect(&k);
	lowest = dup(0);
	assert_true(lowest >= 0);
	(void)close(lowest);
	(void)getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = (rlim_t)lowest;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_null(world_listen(
	    k.w, &any_port, pair_on_accept, &k, &(struct err){ 0 }));
	famine.w = k.w;
	timer_set(k.w, &famine.timer, world_now(k.w) + 50 * UTIME_MS);
	assert_true(world_run(k.w, &(struct err){ 0 }));
	assert_int_equal(k.server.count[ON_ACCEPT], 0);
	(void)setrlimit(RLIMIT_NOFILE, &before);
	pair_run(&k, served_after_famine);
	assert_int_equal(k.client.count[ON_CONNECTED], 1);
	pair_fini(&k);
}

static void
test_foreign_source(void **state)
{
	/* TEST-NET-1 (RFC 5737): no machine has it. */
	const struct endpoint from = { { 4, { 192, 0, 2, 1 } }, 0 };
	struct pair k;
	struct err err = { 0 };

	(void)state;
	pair_init(&k, make_ev(NULL), &any_port);
	k.client.s = world_connect(
	    k.w, &from, listener_local(k.l), &peer_handler, &k.client);
	pair_run(&k, client_failed);
	assert_int_equal(k.client.why, NET_LOCAL);
	assert_null(world_listen(k.w, &from, pair_on_accept, &k, &err));
	assert_string_equal(err.msg,
	    "cannot listen on 192.0.2.1:0: Cannot assign requested address");
	pair_fini(&k);
}

/* ---- signals ---- */

static void
on_signal(void *owner, int signo)
{
	struct alarm *a = owner;

	assert_int_equal(signo, SIGUSR1);
	world_stop(a->w);
}

static void
raise_signal(struct timer *t)
{
	(void)t;
	(void)raise(SIGUSR1);
}

static void
test_signals(void **state)
{
	const int signals[] = { SIGUSR1, SIGUSR2, 0 };
	struct alarm a = { .timer.fire = raise_signal };
	struct err err;

	(void)state;
	a.w = make_ev(NULL);
	world_ev_signals(a.w, signals, on_signal, &a);
	timer_set(a.w, &a.timer, world_now(a.w));
	assert_true(world_run(a.w, &err));
	world_destroy(&a.w);
}

/* ---- readiness ---- */

static void
test_ready_fd(void **state)
{
	char text[16] = "";
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	world_ev_ready(fds[1], NULL);
	assert_int_equal(read(fds[0], text, sizeof(text)), 6);
	assert_string_equal(text, "ready\n");
	/* The other end is closed. */
	assert_int_equal(read(fds[0], text, sizeof(text)), 0);
	(void)close(fds[0]);
}

/* `name` as in NOTIFY_SOCKET; '@' stands for the NUL of an abstract name. */
static void
check_notify(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	char text[32] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	memcpy(at.sun_path, name, len);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&at,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
	    0);
	world_ev_ready(-1, name);
	assert_int_equal(recv(fd, text, sizeof(text), 0), 7);
	assert_string_equal(text, "READY=1");
	(void)close(fd);
}

static void
test_notify_socket(void **state)
{
	char folder[] = "/tmp/faultpost-test-XXXXXX";
	char name[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(name, sizeof(name), "%s/notify", folder);
	check_notify(name);
	(void)unlink(name);
	(void)rmdir(folder);
	(void)snprintf(name, sizeof(name), "@%s", folder + 5);
	check_notify(name);
	/* A starter that is not there does no harm. */
	world_ev_ready(-1, "/nonexistent/notify");
	world_ev_ready(-1, "");
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_start_and_scale);
	TEST(&kit, test_starts_now);
	TEST(&kit, test_linger_is_bounded);
	TEST(&kit, test_out_of_descriptors);
	TEST(&kit, test_foreign_source);
	TEST(&kit, test_signals);
	TEST(&kit, test_ready_fd);
	TEST(&kit, test_notify_socket);
	return kit_run(&kit, "world_ev");
}
