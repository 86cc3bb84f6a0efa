/* SPDX-License-Identifier: MIT */
/* The queue in memory: who is ready in which order, who waits until when, and
 * what is left of a message. */
#include "relay/deliver/cohort.h"
#include "tests/unit/kit.h"

#include <malloc.h>

/* A message of one group at a domain. */
static struct group *
add(struct queue *q, uint64_t mid, const char *domain)
{
	const struct slice to[] = { SLICE("u@x"), SLICE("v@x") };
	struct message *m = message_new(mid, SLICE("s@x"), to, ARRAY_LEN(to));
	struct group *g = group_new(q, m, queue_domain(q, slice_cstr(domain)));

	group_add_rid(q, g, 0);
	group_add_rid(q, g, 1);
	return g;
}

/* The MIDs of the ready, in their order. */
static void
check_ready(struct queue *q, const char *domain, const char *want)
{
	struct domain *d = queue_domain(q, slice_cstr(domain));
	struct buf text = { 0 };
	size_t count = 0;

	struct group *g, *all[16];

	while ((g = cohorts_first(d)) != NULL) {
		assert_int_equal(g->state, GROUP_READY);
		buf_printf(&text, "%s%llu", count > 0 ? " " : "",
		    (unsigned long long)g->message->mid);
		group_make_active(g);
		all[count++] = g;
	}
	assert_slice(buf_slice(&text), want);
	for (size_t i = 0; i < count; i++)
		group_return(all[i]);
	assert_int_equal(d->ready_count, count);
	buf_fini(&text);
}

static void
test_domains(void **state)
{
	struct queue q = { 0 };
	struct domain *d = queue_domain(&q, SLICE("Example.COM"));

	(void)state;
	assert_string_equal(d->name, "example.com");
	assert_ptr_equal(queue_domain(&q, SLICE("example.com")), d);
	assert_ptr_not_equal(queue_domain(&q, SLICE("example.co")), d);
	queue_drop_domain(&q, d);
	d = queue_domain(&q, SLICE("example.com"));
	assert_int_equal(d->group_count, 0);
	queue_fini(&q);
}

static void
test_message(void **state)
{
	const struct slice to[] = { SLICE("u@x"), SLICE("v@y") };
	struct message *m = message_new(7, SLICE(""), to, ARRAY_LEN(to));

	(void)state;
	assert_int_equal(m->mid, 7);
	assert_string_equal(m->sender, "");
	assert_int_equal(m->recipient_count, 2);
	assert_string_equal(m->recipients[0], "u@x");
	assert_string_equal(m->recipients[1], "v@y");
	message_destroy(&m);
	assert_null(m);
	message_destroy(&m);
}

static void
test_order(void **state)
{
	struct queue q = { 0 };
	struct group *a = add(&q, 1, "x"), *b = add(&q, 2, "x");
	struct group *c = add(&q, 3, "x"), *other = add(&q, 4, "y");

	(void)state;
	group_make_ready(&q, a);
	group_make_ready(&q, b);
	group_make_ready(&q, other);
	group_make_ready(&q, c);
	check_ready(&q, "x", "1 2 3");
	check_ready(&q, "y", "4");
	/* One that failed over keeps its place, and its round. */
	group_make_active(b);
	check_ready(&q, "x", "1 3");
	cohort_refused(b, 5);
	group_return(b);
	check_ready(&q, "x", "1 2 3");
	assert_true(round_has_tried(&b->cohort->round, 5));
	group_make_active(a);
	group_make_active(c);
	group_return(c);
	group_return(a);
	check_ready(&q, "x", "1 2 3");
	/* A new round is at the end. */
	group_make_ready(&q, a);
	check_ready(&q, "x", "2 3 1");
	group_make_ready(&q, b);
	check_ready(&q, "x", "3 1 2");
	assert_false(round_has_tried(&b->cohort->round, 5));
	queue_fini(&q);
}

static void
test_waiting(void **state)
{
	struct queue q = { 0 };
	struct domain *d = queue_domain(&q, SLICE("x"));
	struct group *a = add(&q, 1, "x"), *b = add(&q, 2, "x");
	struct group *c = add(&q, 3, "x");

	(void)state;
	assert_null(domain_first_waiting(d));
	group_make_ready(&q, a);
	group_make_waiting(&q, a, 30);
	group_make_waiting(&q, b, 20);
	group_make_waiting(&q, c, 20);
	check_ready(&q, "x", "");
	/* Of those due at once, who waited first. */
	assert_ptr_equal(domain_first_waiting(d), b);
	assert_int_equal(group_due(b), 20);
	assert_int_equal(b->state, GROUP_WAITING);
	group_make_ready(&q, b);
	assert_ptr_equal(domain_first_waiting(d), c);
	group_make_waiting(&q, c, 40);
	assert_ptr_equal(domain_first_waiting(d), a);
	group_make_active(a);
	assert_int_equal(a->state, GROUP_ACTIVE);
	assert_ptr_equal(domain_first_waiting(d), c);
	check_ready(&q, "x", "2");
	group_return(a);
	queue_fini(&q);
}

/* One that was released is not found by who releases, in its round and when it
 * waits again. */
static void
test_release(void **state)
{
	struct queue q = { 0 };
	struct domain *d = queue_domain(&q, SLICE("x"));
	struct group *a = add(&q, 1, "x"), *b = add(&q, 2, "x");

	(void)state;
	group_make_waiting(&q, a, 20);
	group_make_waiting(&q, b, 30);
	assert_ptr_equal(domain_first_unreleased(d), a);
	group_release(&q, a);
	check_ready(&q, "x", "1");
	assert_int_equal(a->wait_end, 20);
	assert_ptr_equal(domain_first_waiting(d), b);
	group_make_active(a);
	group_return(a);
	assert_int_equal(a->wait_end, 20);
	group_make_waiting(&q, a, a->wait_end);
	assert_ptr_equal(domain_first_unreleased(d), b);
	assert_ptr_equal(domain_first_waiting(d), a);
	group_make_ready(&q, a);
	assert_ptr_equal(domain_first_waiting(d), b);
	/* Elsewhere all begins anew. */
	group_move(&q, a, queue_domain(&q, SLICE("y")));
	assert_false(a->is_released);
	queue_fini(&q);
}

/* A group that is ready or waits can go elsewhere, and is ready there. */
static void
test_move(void **state)
{
	struct queue q = { 0 };
	struct domain *y = queue_domain(&q, SLICE("y"));
	struct group *a = add(&q, 1, "x"), *b = add(&q, 2, "x");
	struct group *c = add(&q, 3, "y");

	(void)state;
	group_make_ready(&q, a);
	group_make_waiting(&q, b, 20);
	group_make_ready(&q, c);
	group_set_attempts(&q, b, 2);
	group_move(&q, a, y);
	group_move(&q, b, y);
	check_ready(&q, "x", "");
	check_ready(&q, "y", "3 1 2");
	assert_null(domain_first_waiting(queue_domain(&q, SLICE("x"))));
	assert_int_equal(queue_domain(&q, SLICE("x"))->group_count, 0);
	assert_int_equal(y->group_count, 3);
	assert_int_equal(queue_recipients(&q), 6);
	assert_int_equal(b->attempts, 2);
	queue_fini(&q);
}

static void
test_recipients(void **state)
{
	struct queue q = { 0 };
	struct group *g = add(&q, 1, "x");

	(void)state;
	group_add_rid(&q, g, 7);
	assert_int_equal(queue_recipients(&q), 3);
	group_remove_rid(&q, g, 1);
	assert_int_equal(g->count, 2);
	assert_int_equal(g->rids[0], 0);
	assert_int_equal(g->rids[1], 7);
	group_remove_rid(&q, g, 7);
	group_remove_rid(&q, g, 0);
	assert_int_equal(queue_recipients(&q), 0);
	group_make_active(g);
	assert_true(group_finish(&q, &g));
	assert_null(g);
	assert_int_equal(queue_domain(&q, SLICE("x"))->group_count, 0);
	queue_fini(&q);
}

/* A message is finished with its last group. */
static void
test_two_groups(void **state)
{
	struct queue q = { 0 };
	struct group *a = add(&q, 1, "x");
	struct group *b =
	    group_new(&q, a->message, queue_domain(&q, SLICE("y")));

	(void)state;
	group_remove_rid(&q, a, 0);
	group_remove_rid(&q, a, 1);
	assert_false(group_finish(&q, &a));
	assert_true(group_finish(&q, &b));
	/* And with what is left at the end. */
	a = add(&q, 2, "x");
	b = group_new(&q, a->message, queue_domain(&q, SLICE("y")));
	group_make_ready(&q, a);
	group_make_waiting(&q, b, 5);
	queue_fini(&q);
}

static void
test_errors(void **state)
{
	struct queue q = { 0 };
	struct group *g = add(&q, 1, "x");

	(void)state;
	assert_null(g->last_error);
	group_set_error(g, SLICE("one"));
	group_set_error(g, SLICE("another"));
	assert_string_equal(g->last_error, "another");
	group_make_ready(&q, g);
	queue_fini(&q);
}

/* A single RID is kept within the group, more of them elsewhere. */
static void
test_rids(void **state)
{
	struct queue q = { 0 };
	const struct slice to[] = { SLICE("u@x"), SLICE("v@x"), SLICE("w@x") };
	struct message *m = message_new(1, SLICE("s@x"), to, ARRAY_LEN(to));
	struct group *g = group_new(&q, m, queue_domain(&q, SLICE("x")));

	(void)state;
	group_add_rid(&q, g, 0);
	assert_ptr_equal(g->rids, &g->one);
	group_add_rid(&q, g, 1);
	group_add_rid(&q, g, 2);
	assert_int_equal(g->rids[0], 0);
	assert_int_equal(g->rids[1], 1);
	assert_int_equal(g->rids[2], 2);
	group_remove_rid(&q, g, 0);
	group_remove_rid(&q, g, 2);
	assert_int_equal(g->rids[0], 1);
	group_add_rid(&q, g, 2);
	assert_int_equal(g->rids[1], 2);
	group_make_ready(&q, g);
	queue_fini(&q);
}

static void
test_pack(void **state)
{
	const struct slice to[] = { SLICE("u@x"), SLICE("v@y") };
	struct message *m = message_new(7, SLICE("s@x"), to, ARRAY_LEN(to));

	(void)state;
	/* One that was finished before a restart. */
	free(m->recipients[0]);
	m->recipients[0] = NULL;
	m = message_pack(m);
	assert_int_equal(m->mid, 7);
	assert_string_equal(m->sender, "s@x");
	assert_null(m->recipients[0]);
	assert_string_equal(m->recipients[1], "v@y");
	message_destroy(&m);
}

/* Of one domain, those that failed alike share the words. */
static void
test_shared_errors(void **state)
{
	struct queue q = { 0 };
	struct group *a = add(&q, 1, "x"), *b = add(&q, 2, "x");

	(void)state;
	group_set_error(a, SLICE("452 full"));
	group_set_error(b, SLICE("452 full"));
	assert_ptr_equal(a->last_error, b->last_error);
	group_set_error(b, SLICE("timeout"));
	assert_string_equal(a->last_error, "452 full");
	assert_string_equal(b->last_error, "timeout");
	group_make_ready(&q, a);
	group_make_waiting(&q, b, 5);
	queue_fini(&q);
}

#define MANY 20000

/* What a recipient that waits takes of the queue's memory: its share of
 * message, addresses, error and domain included. */
static void
test_memory(void **state)
{
	struct queue q = { 0 };
	size_t before = mallinfo2().uordblks, bytes;

	(void)state;
	for (uint64_t i = 0; i < MANY; i++) {
		char domain[32];
		const struct slice to[] = { SLICE("somebody@example.com") };
		struct message *m;
		struct group *g;

		(void)snprintf(domain, sizeof(domain), "d%u.example.com",
		    (unsigned)(i % (MANY / 20)));
		m = message_pack(message_new(
		    i + 1, SLICE("another@sender.example.net"), to, 1));
		g = group_new(&q, m, queue_domain(&q, slice_cstr(domain)));
		group_add_rid(&q, g, 0);
		group_set_error(g, SLICE("452 4.3.1 Mail system full"));
		group_make_waiting(&q, g, (utime)i);
	}
	bytes = mallinfo2().uordblks - before;
	/* An allocator that does not count says 0. */
	assert_in_range(bytes / MANY, 0, 335);
	queue_fini(&q);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_domains);
	TEST(&kit, test_message);
	TEST(&kit, test_order);
	TEST(&kit, test_waiting);
	TEST(&kit, test_release);
	TEST(&kit, test_move);
	TEST(&kit, test_recipients);
	TEST(&kit, test_two_groups);
	TEST(&kit, test_errors);
	TEST(&kit, test_rids);
	TEST(&kit, test_pack);
	TEST(&kit, test_shared_errors);
	TEST(&kit, test_memory);
	return kit_run(&kit, "queue");
}
