/* SPDX-License-Identifier: MIT */
/*
 * What world.h promises, it promises of every world: cases that run in the
 * virtual one and, over 127.0.0.1, in the real one.
 */
#ifndef FAULTPOST_TESTS_WORLD_CASES_H
#define FAULTPOST_TESTS_WORLD_CASES_H

#include "core/world/world_ev.h"
#include "core/world/world_sim.h"
#include "tests/unit/world_pair.h"

static const struct endpoint any_port = { { 4, { 127, 0, 0, 1 } }, 0 };

/* ---- the worlds ---- */

static inline struct world *
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

static inline struct world *
make_ev(const struct zone *zone)
{
	const struct ev_options options = {
		.time_scale = 1.0, .start = UTIME_NEVER, .zone = zone
	};
	struct err err;
	struct world *w = world_ev_new(&options, &err);

	assert_non_null(w);
	return w;
}

/* ---- what tests wait for ---- */

static inline bool
client_failed(const struct pair *k)
{
	return k->client.count[ON_FAILURE] > 0;
}

static inline bool
client_eof(const struct pair *k)
{
	return k->client.count[ON_EOF] > 0;
}

static inline bool
both_connected(const struct pair *k)
{
	return k->server.count[ON_ACCEPT] > 0 &&
	    k->client.count[ON_CONNECTED] > 0;
}

/* ---- cases in worlds ---- */

struct test_case {
	const char *name;
	void (*body)(struct pair *k);
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

static inline void
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

/* Runs each case in each world; the value is main's. */
static inline int
cases_run(const struct test_case *cases, size_t count, const char *group)
{
	struct row *rows = xcalloc(count * ARRAY_LEN(makers), sizeof(*rows));
	struct kit kit = { 0 };
	int failed;

	for (size_t i = 0; i < count * ARRAY_LEN(makers); i++) {
		struct row *row = &rows[i];

		row->test = &cases[i / ARRAY_LEN(makers)];
		row->maker = &makers[i % ARRAY_LEN(makers)];
		(void)snprintf(row->name, sizeof(row->name), "%s: %s",
		    row->maker->name, row->test->name);
		kit_add(&kit, row->name, run_row, row);
	}
	failed = kit_run(&kit, group);
	free(rows);
	return failed;
}

#endif
