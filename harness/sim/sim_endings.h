/* SPDX-License-Identifier: MIT */
/*
 * How a run must end, whatever its scenario expects: what sim.h says of it.
 * Of a run that is gone through again nothing is said twice.
 */
#ifndef FAULTPOST_SIM_ENDINGS_H
#define FAULTPOST_SIM_ENDINGS_H

#include "harness/report/result.h"
#include "harness/sim/inject.h"
#include "mockserver/mock.h"

struct endings {
	struct result *result; /* borrowed */
	bool is_silent;
	uint64_t refusals;  /* by the relay, of injected recipients */
	struct buf refusal; /* the first of them, in words */
	utime refused_at;
	struct world *world; /* borrowed; set before anything is injected */
};

void endings_init(struct endings *e, struct result *result, bool is_silent);
void endings_fini(struct endings *e);
/* For the injection; borrows the endings. */
struct inject_hooks endings_inject_hooks(struct endings *e);
/* What the relay refused, and did not refuse. */
void endings_check_injection(
    struct endings *e, const struct injection *injection);
/* Nothing more happens: nobody waits for anything. */
void endings_check_sessions(struct endings *e, const struct mock *mock,
    const struct injection *injection);
/* Whether the relay runs, and how many recipients are in its queue. */
void endings_check_queue(struct endings *e, bool runs, uint64_t queued);

#endif
