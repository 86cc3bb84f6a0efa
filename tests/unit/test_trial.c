/* SPDX-License-Identifier: MIT */
/* The candidates of a domain in order, and whom a fault names. */
#include "harness/routes/trial.h"

#include "harness/plan/plan.h"
#include "tests/unit/kit.h"

struct row {
	const char *name;
	const char *table;
	const char *hosts; /* "NAME:PORT/PRIORITY ..." */
	const char *fault; /* or NULL */
	size_t failing;
};

static struct row rows[] = {
	{ "as written", "d.example h, 10.1.1.1, [g]\n",
	    "h:25/0 10.1.1.1:25/0 g:25/0", "h=452", 1 },
	{ "by priority", "d.example h/pri=5, i/pri=1, j:26/pri=5\n",
	    "i:25/1 h:25/5 j:26/5", "J.=refuse", 1 },
	{ "twice is once, at the better priority",
	    "d.example h/pri=5, i/pri=3, h/pri=3\n", "i:25/3 h:25/3", NULL, 0 },
	{ "two ports are two", "d.example h, h:26\n", "h:25/0 h-2:26/0",
	    "h=550", 2 },
	{ "a port names one of them", "d.example h, h:26\n", "h:25/0 h-2:26/0",
	    "h:26=550", 1 },
	{ "brackets", "d.example [h]:26, i\n", "h:26/0 i:25/0", "[H]:26=drop",
	    1 },
	{ "an address of IPv6 with its port", "d.example [fd00::1]:26\n",
	    "fd00--1:26/0", "[fd00::1]:26=550", 1 },
	{ "an address of IPv6", "d.example [fd00::1]:26\n", "fd00--1:26/0",
	    "fd00:0::1=drop", 1 },
	{ "the names of others", "d.example sender, relay\n",
	    "sender-2:25/0 relay-2:25/0", "sender=452", 1 },
	{ "deleted", "d.example /dev/null\n", "", NULL, 0 },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	const struct trial_run run = { .title = "t", .messages = 1 };
	struct err_list errors = { 0 };
	struct routes *r = routes_parse(slice_cstr(row->table), "t", &errors);
	struct trial *t = xcalloc(1, sizeof(*t));
	struct draft_fault fault = { 0 };
	struct buf hosts = { 0 }, text = { 0 };
	struct plan *plan;
	struct err err;

	assert_non_null(r);
	{
		trial_make(t, routes_at(r, 0), NULL, SLICE("D.example."));
		for (size_t i = 0; i < t->count; i++)
			buf_printf(&hosts, "%s%s:%u/%u", i > 0 ? " " : "",
			    t->hosts[i].name, (unsigned)t->hosts[i].port,
			    (unsigned)t->hosts[i].priority);
		if (row->fault != NULL) {
			assert_true(
			    draft_fault_parse(row->fault, &fault, &err));
			assert_int_equal(
			    trial_set_fault(t, &fault), row->failing);
		}
		trial_scenario(t, &run, &text);
		plan = plan_parse("trial", buf_slice(&text), &err);
		assert_non_null(plan);
		plan_destroy(&plan);
		trial_fini(t);
	}
	assert_slice(buf_slice(&hosts), row->hosts);
	draft_fault_fini(&fault);
	routes_destroy(&r);
	buf_fini(&hosts);
	buf_fini(&text);
	free(t);
}

/* Who takes turns, and whether one of them fails. */
static struct turn_row {
	const char *name, *table, *fault;
	unsigned turns;
} turn_rows[] = {
	{ "nobody fails", "d.example h, i, j\n", "k=452", 1 },
	{ "one of three fails", "d.example h, i, j, k/pri=5\n", "i=452", 3 },
	{ "one behind them fails", "d.example h, i, k/pri=5\n", "k=452", 1 },
	{ "one alone fails", "d.example h, k/pri=5\n", "h=452", 1 },
};

static void
check_turns(void **state)
{
	const struct turn_row *row = *state;
	struct err_list errors = { 0 };
	struct routes *r = routes_parse(slice_cstr(row->table), "t", &errors);
	struct trial *t = xcalloc(1, sizeof(*t));
	struct draft_fault fault = { 0 };
	struct err err;

	assert_non_null(r);
	trial_make(t, routes_at(r, 0), NULL, SLICE("d.example"));
	assert_true(draft_fault_parse(row->fault, &fault, &err));
	(void)trial_set_fault(t, &fault);
	assert_int_equal(trial_turns(t), row->turns);
	draft_fault_fini(&fault);
	trial_fini(t);
	routes_destroy(&r);
	free(t);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, check_row);
	ROWS(&kit, turn_rows, check_turns);
	return kit_run(&kit, "trial");
}
