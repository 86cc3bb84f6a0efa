/* SPDX-License-Identifier: MIT */
/* The virtual world as a whole: its resolver, its bounds, and that two runs of
 * it are the same run. */
#include "core/base/rng.h"
#include "tests/unit/sim_pair.h"

/* ---- resolver ---- */

struct question {
	struct dns_query query;
	struct dns_answer answer;
	utime at;
};

static void
on_answer(struct dns_query *query, const struct dns_answer *answer)
{
	struct question *q = CONTAINER_OF(query, struct question, query);

	q->answer = *answer;
	q->at = world_now(query->world);
}

static void
test_resolver_takes_its_time(void **state)
{
	struct sim_options options = sim_defaults();
	struct zone *zone = zone_new();
	struct question slow = { .query.on_answer = on_answer };
	struct question none = { .query.on_answer = on_answer };
	struct question dead = { .query.on_answer = on_answer };
	struct world *w;
	struct err err;

	(void)state;
	options.zone = zone;
	w = world_sim_new(&options);
	assert_true(
	    zone_fail(zone, SLICE("slow.example.com"), DNS_SERVFAIL, &err));
	assert_true(
	    zone_delay(zone, SLICE("slow.example.com"), 250 * UTIME_MS, &err));
	assert_true(
	    zone_fail(zone, SLICE("dead.example.com"), DNS_TIMEOUT, &err));
	dns_ask(w, &dead.query, SLICE("dead.example.com"), DNS_MX);
	dns_ask(w, &slow.query, SLICE("slow.example.com"), DNS_A);
	dns_ask(w, &none.query, SLICE("none.example.com"), DNS_A);
	assert_true(world_run(w, &err));
	assert_int_equal(slow.answer.status, DNS_SERVFAIL);
	assert_int_equal(slow.at - START, 250 * UTIME_MS + 2 * LATENCY);
	assert_int_equal(none.answer.status, DNS_NXDOMAIN);
	assert_int_equal(none.at - START, 2 * LATENCY);
	assert_int_equal(dead.answer.status, DNS_TIMEOUT);
	assert_int_equal(dead.at - START, 30 * UTIME_S + 2 * LATENCY);
	world_destroy(&w);
	zone_destroy(&zone);
}

static void
test_no_zone(void **state)
{
	const struct sim_options options = sim_defaults();
	struct question q = { .query.on_answer = on_answer };
	struct world *w = world_sim_new(&options);
	struct err err;

	(void)state;
	dns_ask(w, &q.query, SLICE("example.com"), DNS_MX);
	assert_true(world_run(w, &err));
	assert_int_equal(q.answer.status, DNS_NXDOMAIN);
	assert_int_equal(q.at - START, 2 * LATENCY);
	world_destroy(&w);
}

static void
test_failure_texts(void **state)
{
	(void)state;
	assert_string_equal(net_failure_text(NET_TIMED_OUT), "timeout");
	assert_string_equal(
	    net_failure_text(NET_REFUSED), "[Errno 61] Connection refused");
}

/* ---- bounds ---- */

struct looping {
	struct timer timer;
	struct world *w;
	utime step;
};

static void
on_loop(struct timer *t)
{
	struct looping *l = CONTAINER_OF(t, struct looping, timer);

	timer_set(l->w, t, world_now(l->w) + l->step);
}

static void
test_bounds(void **state)
{
	struct sim_options options = sim_defaults();
	struct looping l = { .timer.fire = on_loop };
	struct err err;

	(void)state;
	options.events_max = 1000;
	options.span_max = 90 * UTIME_S;
	l.w = world_sim_new(&options);
	timer_set(l.w, &l.timer, START);
	assert_false(world_run(l.w, &err));
	assert_string_equal(
	    err.msg, "the run passed its bound of 1000 events; it loops");
	assert_int_equal(sim_counts(l.w).events, 1000);
	timer_stop(l.w, &l.timer);
	world_destroy(&l.w);

	l.w = world_sim_new(&options);
	l.step = UTIME_S;
	timer_set(l.w, &l.timer, START);
	assert_false(world_run(l.w, &err));
	assert_string_equal(
	    err.msg, "the run passed its bound of 90s of virtual time");
	assert_int_equal(world_now(l.w), START + 90 * UTIME_S);
	timer_stop(l.w, &l.timer);
	world_destroy(&l.w);
}

/* ---- determinism ---- */

#define CLIENTS 25
#define ACTIONS 4000

struct talker {
	struct traffic *traffic;
	struct stream *s;
	int number;
};

struct traffic {
	struct world *w;
	struct rng rng;
	struct buf trace;
	struct timer timer;
	int actions;
	int accepted;
	struct talker clients[CLIENTS];
	struct talker servers[ACTIONS];
};

static void
trace(struct talker *k, const char *what, uint64_t number)
{
	buf_printf(&k->traffic->trace, "%lld %d %s %llu\n",
	    (long long)world_now(k->traffic->w), k->number, what,
	    (unsigned long long)number);
}

static void
talk(struct talker *k)
{
	struct rng *r = &k->traffic->rng;
	size_t len = (size_t)rng_below(r, 3) == 0 ? 400000 : 20;

	if (k->s == NULL)
		return;
	switch (rng_below(r, 12)) {
	case 0:
		stream_close(k->s);
		k->s = NULL;
		break;
	case 1:
		stream_reset(k->s);
		k->s = NULL;
		break;
	case 2:
	case 3:
		stream_pause(k->s, rng_below(r, 2) == 0);
		break;
	default:
		write_zeroes(k->s, (size_t)rng_below(r, len) + 1);
	}
}

static void
talker_on_connected(void *owner)
{
	trace(owner, "connected", 0);
	talk(owner);
}

static void
talker_on_input(void *owner, struct slice bytes)
{
	trace(owner, "input", bytes.len);
	talk(owner);
}

static void
talker_on_drained(void *owner)
{
	trace(owner, "drained", 0);
	talk(owner);
}

static void
talker_on_eof(void *owner)
{
	struct talker *k = owner;

	trace(owner, "eof", 0);
	stream_close(k->s);
	k->s = NULL;
}

static void
talker_on_failure(void *owner, enum net_failure why)
{
	struct talker *k = owner;

	trace(owner, "failure", why);
	stream_reset(k->s);
	k->s = NULL;
}

static const struct stream_handler talker_handler = {
	.on_connected = talker_on_connected,
	.on_input = talker_on_input,
	.on_drained = talker_on_drained,
	.on_eof = talker_on_eof,
	.on_failure = talker_on_failure,
};

static void
talker_on_accept(void *owner, struct stream *s)
{
	struct traffic *t = owner;
	struct talker *k = &t->servers[t->accepted];

	*k = (struct talker){ t, s, 1000 + t->accepted++ };
	stream_attach(s, &talker_handler, k);
	trace(k, "accept", stream_remote(s)->port);
}

static struct endpoint
random_server(struct rng *r)
{
	return (struct endpoint){
		ip_v4(10, 0, 0, (uint8_t)(2 + rng_below(r, 3))), 25
	};
}

static void
upset_network(struct traffic *t)
{
	struct rng *r = &t->rng;
	struct ip_address ip = random_server(r).ip;
	struct sim_link link = { (utime)rng_below(r, 20000),
		rng_below(r, 2) * 100000, rng_below(r, 3) == 0 };

	switch (rng_below(r, 3)) {
	case 0:
		sim_set_host(t->w, &ip, (enum host_state)rng_below(r, 4));
		break;
	case 1:
		sim_set_link(t->w, &client_ip, &ip, &link);
		break;
	case 2:
		sim_reset_link(t->w, &any_ip, &ip);
		break;
	}
}

static void
on_traffic(struct timer *timer)
{
	struct traffic *t = CONTAINER_OF(timer, struct traffic, timer);
	struct talker *k = &t->clients[rng_below(&t->rng, CLIENTS)];
	struct endpoint to = random_server(&t->rng);

	if (k->s == NULL)
		k->s = world_connect(t->w, NULL, &to, &talker_handler, k);
	else
		talk(k);
	if (rng_below(&t->rng, 20) == 0)
		upset_network(t);
	if (++t->actions < ACTIONS)
		timer_set(t->w, timer,
		    world_now(t->w) + (utime)rng_below(&t->rng, 20000));
}

static void
traffic_run(struct traffic *t, uint64_t seed)
{
	struct sim_options options = sim_defaults();
	struct listener *listeners[3];
	struct err err;

	t->w = world_sim_new(&options);
	t->timer.fire = on_traffic;
	rng_init(&t->rng, seed);
	for (int i = 0; i < CLIENTS; i++)
		t->clients[i] = (struct talker){ t, NULL, i };
	for (uint8_t i = 0; i < 3; i++) {
		const struct endpoint at = { ip_v4(10, 0, 0, 2 + i), 25 };

		listeners[i] =
		    world_listen(t->w, &at, talker_on_accept, t, &err);
	}
	timer_set(t->w, &t->timer, START);
	assert_true(world_run(t->w, &err));
	buf_printf(&t->trace, "%llu events, %llu bytes\n",
	    (unsigned long long)sim_counts(t->w).events,
	    (unsigned long long)sim_counts(t->w).bytes);
	for (int i = 0; i < CLIENTS; i++)
		if (t->clients[i].s != NULL)
			stream_reset(t->clients[i].s);
	for (int i = 0; i < t->accepted; i++)
		if (t->servers[i].s != NULL)
			stream_close(t->servers[i].s);
	for (int i = 0; i < 3; i++)
		listener_close(listeners[i]);
	world_destroy(&t->w);
}

/* The same seed twice, the second time with other addresses in memory. */
static void
test_two_runs_are_one(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct traffic *a = xcalloc(1, sizeof(*a));
		struct traffic *b = xcalloc(1, sizeof(*b));
		void *odd[64];

		traffic_run(a, seed);
		for (size_t i = 0; i < ARRAY_LEN(odd); i++)
			odd[i] = xmalloc(16 + 64 * ((i * 7) % 64));
		for (size_t i = 0; i < ARRAY_LEN(odd); i += 2)
			free(odd[i]);
		traffic_run(b, seed);
		for (size_t i = 1; i < ARRAY_LEN(odd); i += 2)
			free(odd[i]);
		assert_true(buf_len(&a->trace) > 20000);
		assert_true(
		    slice_eq(buf_slice(&a->trace), buf_slice(&b->trace)));
		buf_fini(&a->trace);
		buf_fini(&b->trace);
		free(a);
		free(b);
	}
}

/* ---- timers in the background ---- */

struct tick {
	struct timer timer;
	struct world *world;
	char name;
	utime every; /* 0: once */
	struct buf *seen;
};

static void
on_tick(struct timer *t)
{
	struct tick *tick = CONTAINER_OF(t, struct tick, timer);

	buf_printf(tick->seen, "%lld%c ",
	    (long long)((world_now(tick->world) - START) / UTIME_S),
	    tick->name);
	if (tick->every > 0)
		timer_set_background(
		    tick->world, t, world_now(tick->world) + tick->every);
}

/* They fire in their order as long as something else is to come, and keep
 * nothing going; up to a moment they go on. */
static void
test_background(void **state)
{
	struct sim_options options = sim_defaults();
	struct world *w = world_sim_new(&options);
	struct buf seen = { 0 };
	struct tick back = { { .fire = on_tick }, w, 'b', 2 * UTIME_S, &seen };
	struct tick fore = { { .fire = on_tick }, w, 'f', 0, &seen };
	struct tick other = { { .fire = on_tick }, w, 'o', 0, &seen };
	struct err err;

	(void)state;
	timer_set_background(w, &back.timer, START + 2 * UTIME_S);
	assert_true(world_run(w, &err));
	assert_string_equal(buf_cstr(&seen), "");
	timer_set(w, &fore.timer, START + 5 * UTIME_S);
	/* One of the background that comes to the fore, and one that goes. */
	timer_set_background(w, &other.timer, START + UTIME_S);
	timer_set(w, &other.timer, START + 4 * UTIME_S);
	assert_true(world_run(w, &err));
	assert_string_equal(buf_cstr(&seen), "2b 4o 4b 5f ");
	assert_true(sim_run_until(w, START + 9 * UTIME_S, &err));
	assert_string_equal(buf_cstr(&seen), "2b 4o 4b 5f 6b 8b ");
	assert_true(timer_is_set(&back.timer));
	timer_stop(w, &back.timer);
	assert_false(timer_is_set(&back.timer));
	world_destroy(&w);
	buf_fini(&seen);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_resolver_takes_its_time);
	TEST(&kit, test_no_zone);
	TEST(&kit, test_failure_texts);
	TEST(&kit, test_bounds);
	TEST(&kit, test_two_runs_are_one);
	TEST(&kit, test_background);
	return kit_run(&kit, "world_sim");
}
