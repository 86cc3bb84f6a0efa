/* SPDX-License-Identifier: MIT */
/* Sets of destinations, their cases, and what these say together. */
#include "harness/routes/proof.h"

#include "tests/unit/kit.h"

static const char table[] = "a.example: h, i, s/pri=9\n"
			    "b.example: USEDNS\n"
			    "c.example: i, H:25, s/pri=9\n"
			    "d.example: i, h:26\n"
			    "e.example: /dev/null\n"
			    ".f.example: s\n"
			    "g.example: h/pri=9, s\n";

static struct routes *
must_parse(void)
{
	struct err_list errors = { 0 };
	struct routes *r = routes_parse(slice_cstr(table), "t", &errors);

	assert_non_null(r);
	return r;
}

static void
domains_with_the_same_hosts_are_a_set(void **state)
{
	struct routes *r = must_parse();
	struct proof *p = proof_new(r, NULL, NULL, 0);

	(void)state;
	assert_int_equal(proof_set_count(p), 4);
	assert_int_equal(proof_set_of(p, 0), 0);
	/* In another order, and with the default port written. */
	assert_int_equal(proof_set_of(p, 2), 0);
	assert_int_equal(proof_set_at(p, 0)->count, 2);
	assert_int_equal(proof_set_of(p, 1), SIZE_MAX);
	assert_int_equal(proof_set_of(p, 4), SIZE_MAX);
	assert_slice(proof_set_at(p, 2)->names[0], ".f.example");
	proof_destroy(&p);
	routes_destroy(&r);
}

static void
cases_are_each_host_priority_and_all(void **state)
{
	struct routes *r = must_parse();
	struct proof *p = proof_new(r, NULL, NULL, 0);
	size_t ways = proof_way_count();

	(void)state;
	/* Nothing, hosts, the priority of two, all, all that recover. */
	assert_int_equal(
	    proof_set_at(p, 0)->case_count, 1 + 3 * ways + 2 + 2 + 2);
	/* All of a line are all of its priority. */
	assert_int_equal(proof_set_at(p, 1)->case_count, 1 + 2 * ways + 2 + 2);
	/* One host is all of them. */
	assert_int_equal(proof_set_at(p, 2)->case_count, 1 + ways + 2);
	proof_destroy(&p);
	routes_destroy(&r);
}

/* Tells that all cases went the same way. */
static void
tell_all(struct proof *p, const struct tally_counts *counts, const char *broken)
{
	const uint32_t done[TRIAL_HOSTS_MAX] = { counts->delivered };

	for (size_t i = 0; i < proof_case_count(p); i++)
		proof_tell(p, i, counts, done, broken);
}

static void
it_holds_when_all_flows_and_nothing_is_broken(void **state)
{
	const struct tally_counts good = { .messages = 12, .delivered = 12 };
	const struct tally_counts bad = { .messages = 12, .delivered = 11 };
	struct routes *r = must_parse();
	struct proof *p = proof_new(r, NULL, NULL, 0);
	struct buf out = { 0 };

	(void)state;
	tell_all(p, &bad, NULL);
	assert_false(proof_held(p));
	tell_all(p, &good, NULL);
	assert_true(proof_held(p));
	proof_format(p, true, &out);
	assert_non_null(strstr(buf_cstr(&out), "No host's failure alone"));
	tell_all(p, &good, "rotation");
	assert_false(proof_held(p));
	buf_clear(&out);
	proof_csv(p, &out);
	assert_non_null(strstr(buf_cstr(&out), ",rotation\r\n"));
	buf_fini(&out);
	proof_destroy(&p);
	routes_destroy(&r);
}

/* What a stopped proof tells is of the sets that have been tried. */
static void
sets_that_have_not_been_tried_are_left_out(void **state)
{
	const struct tally_counts good = { .messages = 12, .delivered = 12 };
	struct routes *r = must_parse();
	struct proof *p = proof_new(r, NULL, NULL, 0);
	size_t first = proof_set_at(p, 0)->case_count;
	struct buf out = { 0 };

	(void)state;
	tell_all(p, &good, NULL);
	proof_cut(p, proof_set_count(p));
	assert_int_equal(proof_untried_count(p), 0);
	proof_cut(p, 1);
	assert_int_equal(proof_untried_count(p), 3);
	assert_int_equal(proof_set_count(p), 1);
	assert_int_equal(proof_case_count(p), first);
	assert_int_equal(proof_set_of(p, 2), 0);
	assert_int_equal(proof_set_of(p, 3), SIZE_MAX);
	proof_format(p, true, &out);
	assert_non_null(strstr(buf_cstr(&out),
	    "5 routes to 4 sets of destinations, 31 cases\n"
	    "stopped when 1 of 4 sets had been tried\n"));
	assert_non_null(strstr(buf_cstr(&out), "a.example and c.example: "));
	assert_null(strstr(buf_cstr(&out), "d.example"));
	buf_clear(&out);
	proof_html(p, "r", &out);
	assert_non_null(strstr(buf_cstr(&out), "3 sets have not been tried"));
	proof_cut(p, 0);
	buf_clear(&out);
	proof_format(p, false, &out);
	assert_null(strstr(buf_cstr(&out), "invariant"));
	buf_fini(&out);
	proof_destroy(&p);
	routes_destroy(&r);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, domains_with_the_same_hosts_are_a_set);
	TEST(&kit, cases_are_each_host_priority_and_all);
	TEST(&kit, it_holds_when_all_flows_and_nothing_is_broken);
	TEST(&kit, sets_that_have_not_been_tried_are_left_out);
	return kit_run(&kit, "proof");
}
