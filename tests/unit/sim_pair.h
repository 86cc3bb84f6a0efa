/* SPDX-License-Identifier: MIT */
/* A pair of peers in the virtual world, for the tests that look at the clock:
 * all times are spans since the start. */
#ifndef FAULTPOST_TESTS_SIM_PAIR_H
#define FAULTPOST_TESTS_SIM_PAIR_H

#include "core/world/world_sim.h"
#include "tests/unit/world_pair.h"

#define START   (INT64_C(1404292507) * UTIME_S)
#define LATENCY (10 * UTIME_MS)
#define WINDOW  ((size_t)262144)

static const struct ip_address any_ip = { 0 };
static const struct ip_address client_ip = { 4, { 10, 0, 0, 1 } };
static const struct endpoint server_at = { { 4, { 10, 0, 0, 2 } }, 25 };

static inline struct sim_options
sim_defaults(void)
{
	return (struct sim_options){
		.start = START,
		.latency = LATENCY,
		.self = client_ip,
		.span_max = UTIME_NEVER,
	};
}

static inline void
sim_pair_init(struct pair *k)
{
	struct sim_options options = sim_defaults();

	pair_init(k, world_sim_new(&options), &server_at);
}

static inline void
run_to(struct pair *k, utime span)
{
	struct err err;

	k->until = NULL;
	assert_true(sim_run_until(k->w, START + span, &err));
	assert_int_equal(world_now(k->w), START + span);
}

static inline void
set_link(struct pair *k, struct sim_link link)
{
	sim_set_link(k->w, &client_ip, &server_at.ip, &link);
}

static inline void
assert_at(const struct peer *p, enum moment m, utime span)
{
	assert_int_equal(p->count[m], 1);
	assert_int_equal(p->at[m] - START, span);
}

static inline void
write_zeroes(struct stream *s, size_t count)
{
	char *zeroes = xcalloc(1, count);

	stream_write(s, slice_of(zeroes, count));
	free(zeroes);
}

#endif
