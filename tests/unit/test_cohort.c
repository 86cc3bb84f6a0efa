/* SPDX-License-Identifier: MIT */
/*
 * Groups by what they have tried: who is next, which go stuck together, and
 * that a host's failure makes one cohort of two without changing an order.
 */
#include "relay/deliver/cohort.h"

#include "core/base/rng.h"
#include "tests/unit/kit.h"

#define GROUPS 12

struct bench {
	struct queue q;
	struct domain *d;
	struct group *groups[GROUPS];
};

static void
bench_init(struct bench *b)
{
	const struct slice to[] = { SLICE("u@x") };

	*b = (struct bench){ 0 };
	b->d = queue_domain(&b->q, SLICE("x"));
	for (uint64_t i = 0; i < GROUPS; i++) {
		struct message *m = message_new(i + 1, SLICE(""), to, 1);

		b->groups[i] = group_new(&b->q, m, b->d);
		group_add_rid(&b->q, b->groups[i], 0);
		group_make_ready(&b->q, b->groups[i]);
	}
}

static void
refuse(struct bench *b, size_t group, size_t candidate)
{
	group_make_active(b->groups[group]);
	cohort_refused(b->groups[group], candidate);
	group_return(b->groups[group]);
}

static void
test_stuck(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	refuse(&b, 0, 1);
	refuse(&b, 3, 1);
	assert_int_equal(HASH_COUNT(b.d->cohorts), 2);
	cohorts_begin(b.d);
	/* The first has its place still; what is stuck with it is passed. */
	assert_ptr_equal(cohorts_next(b.d), b.groups[0]);
	b.groups[0]->cohort->is_stuck = true;
	assert_ptr_equal(cohorts_next(b.d), b.groups[1]);
	group_make_active(b.groups[1]);
	assert_ptr_equal(cohorts_next(b.d), b.groups[2]);
	b.groups[2]->cohort->is_stuck = true;
	assert_null(cohorts_next(b.d));
	assert_ptr_equal(cohorts_first(b.d), b.groups[0]);
	cohorts_begin(b.d);
	assert_ptr_equal(cohorts_next(b.d), b.groups[0]);
	queue_fini(&b.q);
}

static void
test_failure_merges(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	refuse(&b, 2, 0);
	refuse(&b, 5, 0);
	group_make_active(b.groups[7]);
	/* Of a refusal and a host failure different things are told. */
	cohorts_fail(b.d, 0, ROUND_ANSWERED);
	assert_int_equal(HASH_COUNT(b.d->cohorts), 2);
	assert_true(round_has_tried(&b.groups[7]->cohort->round, 0));
	cohorts_fail(b.d, 0, ROUND_ANSWERED | ROUND_REFUSED);
	assert_int_equal(HASH_COUNT(b.d->cohorts), 1);
	group_return(b.groups[7]);
	for (size_t i = 0; i < GROUPS; i++) {
		assert_ptr_equal(cohorts_first(b.d), b.groups[i]);
		group_make_active(b.groups[i]);
	}
	/* A group that comes behind the failure has not tried it. */
	group_make_ready(&b.q, b.groups[4]);
	assert_false(round_has_tried(&b.groups[4]->cohort->round, 0));
	queue_fini(&b.q);
}

/* Whatever happens, the first of all is the one with the earliest place, each
 * group has tried what it has tried, and no two cohorts are alike. */
static void
check(const struct bench *b, const struct round *rounds)
{
	struct group *first = NULL;
	size_t ready = 0;

	for (size_t i = 0; i < GROUPS; i++) {
		struct group *g = b->groups[i];

		assert_memory_equal(
		    &g->cohort->round, &rounds[i], sizeof(rounds[i]));
		if (g->state != GROUP_READY)
			continue;
		ready++;
		if (first == NULL || g->place < first->place)
			first = g;
	}
	assert_ptr_equal(cohorts_first(b->d), first);
	assert_int_equal(b->d->ready_count, ready);
}

static void
step(struct bench *b, struct rng *rng, struct round *rounds)
{
	size_t i = (size_t)rng_below(rng, GROUPS);
	size_t candidate = (size_t)rng_below(rng, 3);
	struct group *g = b->groups[i];

	switch (rng_below(rng, 4)) {
	case 0:
		cohorts_fail(b->d, candidate, ROUND_SOFT);
		for (size_t k = 0; k < GROUPS; k++)
			round_add(
			    &rounds[k], candidate, ROUND_SOFT | ROUND_PASSING);
		break;
	case 1:
		group_make_ready(&b->q, g);
		rounds[i] = (struct round){ 0 };
		break;
	default:
		if (g->state == GROUP_READY) {
			group_make_active(g);
		} else if (rng_below(rng, 2) == 0) {
			cohort_refused(g, candidate);
			round_add(&rounds[i], candidate,
			    ROUND_ANSWERED | ROUND_REFUSED | ROUND_PASSING);
		} else {
			group_return(g);
		}
	}
}

static void
test_any_order(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 1);
	for (int turn = 0; turn < 200; turn++) {
		struct round rounds[GROUPS] = { 0 };
		struct bench b;

		bench_init(&b);
		for (int i = 0; i < 100; i++) {
			step(&b, &rng, rounds);
			check(&b, rounds);
		}
		queue_fini(&b.q);
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_stuck);
	TEST(&kit, test_failure_merges);
	TEST(&kit, test_any_order);
	return kit_run(&kit, "cohort");
}
