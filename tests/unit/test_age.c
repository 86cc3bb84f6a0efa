/* SPDX-License-Identifier: MIT */
/* The queue's totals and its oldest messages, kept as it changes, are those
 * that looking at all of it gives. */
#include "core/base/rng.h"
#include "relay/deliver/age.h"
#include "relay/deliver/cohort.h"
#include "tests/unit/kit.h"

#define GROUPS  60
#define DOMAINS 4
#define STEPS   20000

struct random_queue {
	struct queue q;
	struct domain *domains[DOMAINS];
	struct group *groups[GROUPS]; /* or NULL */
	struct rng rng;
	uint64_t mid;
};

static struct domain *
any_domain(struct random_queue *r)
{
	return r->domains[rng_below(&r->rng, DOMAINS)];
}

/* Moments repeat, so that MIDs decide, and do not come in their order. */
static void
add_group(struct random_queue *r, struct group **place)
{
	const struct slice to[] = { SLICE("u@x"), SLICE("v@x"), SLICE("w@x") };
	struct message *m =
	    message_new(++r->mid, SLICE("s@x"), to, ARRAY_LEN(to));

	m->received = (utime)(r->mid / 8 + rng_below(&r->rng, 6));
	*place = group_new(&r->q, m, any_domain(r));
	for (uint32_t i = 0; i < ARRAY_LEN(to); i++)
		if (i == 0 || rng_below(&r->rng, 2) == 0)
			group_add_rid(&r->q, *place, i);
	group_set_attempts(&r->q, *place, (uint32_t)rng_below(&r->rng, 3));
	group_make_waiting(&r->q, *place, 5);
}

static void
end_recipient(struct random_queue *r, struct group **place)
{
	struct group *g = *place;

	group_remove_rid(&r->q, g, g->rids[rng_below(&r->rng, g->count)]);
	if (g->count > 0)
		return;
	group_make_active(g);
	assert_true(group_finish(&r->q, place));
}

static void
change_one(struct random_queue *r)
{
	struct group **place = &r->groups[rng_below(&r->rng, GROUPS)];
	struct group *g = *place;

	if (g == NULL) {
		add_group(r, place);
		return;
	}
	switch (rng_below(&r->rng, 6)) {
	case 0:
		group_make_ready(&r->q, g);
		return;
	case 1:
		group_make_waiting(&r->q, g, (utime)rng_below(&r->rng, 9));
		return;
	case 2:
		if (g->state == GROUP_READY)
			group_make_active(g);
		return;
	case 3:
		group_set_attempts(&r->q, g, g->attempts + 1);
		return;
	case 4:
		if (g->state != GROUP_ACTIVE)
			group_move(&r->q, g, any_domain(r));
		return;
	default:
		end_recipient(r, place);
		return;
	}
}

/* What looking at all groups gives, for one domain or (NULL) for all. */
static void
check(const struct random_queue *r, const struct domain *only,
    const struct tally *tally, const struct message *oldest)
{
	const struct message *first = NULL;
	uint64_t attempted = 0, unattempted = 0;

	for (size_t i = 0; i < GROUPS; i++) {
		const struct group *g = r->groups[i];
		const struct message *m = g != NULL ? g->message : NULL;

		if (g == NULL || (only != NULL && g->domain != only))
			continue;
		if (g->attempts > 0)
			attempted += g->count;
		else
			unattempted += g->count;
		if (first == NULL || m->received < first->received ||
		    (m->received == first->received && m->mid < first->mid))
			first = m;
	}
	assert_int_equal(tally->attempted, attempted);
	assert_int_equal(tally->unattempted, unattempted);
	assert_ptr_equal(oldest, first);
}

static void
test_any_order(void **state)
{
	struct random_queue r = { 0 };
	char name[16];

	(void)state;
	rng_init(&r.rng, 8);
	for (size_t i = 0; i < DOMAINS; i++) {
		(void)snprintf(name, sizeof(name), "d%zu", i);
		r.domains[i] = queue_domain(&r.q, slice_cstr(name));
	}
	for (size_t step = 0; step < STEPS; step++) {
		change_one(&r);
		for (size_t i = 0; i < DOMAINS; i++)
			check(&r, r.domains[i], &r.domains[i]->tally,
			    age_oldest_of(r.domains[i]));
		check(&r, NULL, &r.q.tally, age_oldest(&r.q));
	}
	assert_true(queue_recipients(&r.q) > 0);
	queue_fini(&r.q);
}

#define MANY 200000

/* Old messages that come to a domain of as many younger ones, in the order of
 * their age, as a redirect brings them, each find their place at once. */
static void
test_many_moved(void **state)
{
	struct queue q = { 0 };
	struct domain *x = queue_domain(&q, SLICE("x"));
	struct domain *y = queue_domain(&q, SLICE("y"));
	struct group **groups = xcalloc(MANY, sizeof(struct group *));
	const struct slice to[] = { SLICE("u@x") };

	(void)state;
	for (uint64_t i = 0; i < MANY; i++) {
		struct message *m =
		    message_pack(message_new(i + 1, SLICE(""), to, 1));

		m->received = (utime)i;
		groups[i] = group_new(&q, m, i < MANY / 2 ? x : y);
		group_add_rid(&q, groups[i], 0);
		group_make_waiting(&q, groups[i], 5);
	}
	assert_int_equal(age_oldest_of(y)->mid, MANY / 2 + 1);
	for (size_t i = 0; i < MANY / 2; i++)
		group_move(&q, groups[i], y);
	assert_null(age_oldest_of(x));
	assert_int_equal(age_oldest_of(y)->mid, 1);
	assert_int_equal(y->tally.unattempted, MANY);
	queue_fini(&q);
	free(groups);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_any_order);
	TEST(&kit, test_many_moved);
	return kit_run(&kit, "age");
}
