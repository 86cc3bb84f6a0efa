/* SPDX-License-Identifier: MIT */
/* What is a fault, what makes no sense, and how the table is printed. */
#include "harness/coverage/coverage.h"

#include "tests/unit/kit.h"

struct fault_row {
	const char *name; /* a rule, without its stage */
	const char *fault;
};

static struct fault_row fault_rows[] = {
	{ "\"reply\": \"452 4.3.1 Full\"", "4xx" },
	{ "\"reply\": \"550 5.1.1 No\"", "5xx" },
	{ "\"reply\": \"421 4.3.2 Bye\", \"then\": \"close\"", "421" },
	{ "\"reply\": \"421 4.3.2 Bye\", \"drop\": {\"after\": 2}", "drop" },
	{ "\"reset\": true", "reset" },
	{ "\"vanish\": true", "silence" },
	{ "\"stall\": true", "silence" },
	{ "\"garbage\": 10", "garbage" },
	{ "\"raw\": \"Hello\\r\\n\"", "garbage" },
	{ "\"raw\": \"450 Hello\\r\\n\"", "4xx" },
	{ "\"delay\": \"5s\"", "slow" },
	{ "\"reply\": \"250 2.0.0 Ok\", \"set\": \"x\"", NULL },
};

static void
test_fault(void **state)
{
	static const char *const names[] = {
#define X(constant, name) [constant] = name,
		COVERAGE_FAULTS(X)
#undef X
	};
	const struct fault_row *row = *state;
	struct buf text = { 0 };
	enum coverage_fault fault;
	struct err err;
	struct plan *plan;
	bool is_one;

	buf_printf(&text,
	    "{\"title\": \"t\", \"hosts\": {\"a\": {\"address\": \"10.1.1.1\", "
	    "\"rules\": [{\"on\": \"mail\", %s}]}}}",
	    row->name);
	plan = plan_parse("f", buf_slice(&text), &err);
	assert_non_null(plan);
	is_one = coverage_fault_of(&plan->hosts.at[0].rules.at[0], &fault);
	assert_int_equal(is_one, row->fault != NULL);
	if (is_one)
		assert_string_equal(names[fault], row->fault);
	plan_destroy(&plan);
	buf_fini(&text);
}

static void
test_sense(void **state)
{
	(void)state;
	assert_null(coverage_nonsense(STAGE_RCPT, COVERAGE_5XX));
	assert_null(coverage_nonsense(STAGE_CONNECT, COVERAGE_REFUSED));
	assert_null(coverage_nonsense(COVERAGE_LOOKUP, COVERAGE_DNS_SOFT));
	assert_non_null(coverage_nonsense(STAGE_CONNECT, COVERAGE_5XX));
	assert_non_null(coverage_nonsense(STAGE_RCPT, COVERAGE_DNS_SOFT));
	assert_non_null(coverage_nonsense(COVERAGE_LOOKUP, COVERAGE_4XX));
	assert_non_null(coverage_nonsense(STAGE_QUIT, COVERAGE_DROP));
}

static void
test_table(void **state)
{
	struct coverage c = { .scenarios = 2 };
	struct buf text = { 0 };
	struct coverage_totals none = coverage_count(&c), one;

	(void)state;
	assert_int_equal(none.sensible, none.empty);
	c.cells[STAGE_RCPT][COVERAGE_4XX][COVERAGE_WORSE].count = 3;
	one = coverage_count(&c);
	assert_int_equal(one.sensible, none.sensible);
	assert_int_equal(one.empty, none.empty - 1);
	coverage_format(&c, &text);
	assert_non_null(strstr(buf_cstr(&text),
	    "rcpt      4xx               EMPTY          3      EMPTY\n"));
	buf_clear(&text);
	coverage_markdown(&c, &text);
	assert_non_null(strstr(
	    buf_cstr(&text), "| rcpt | **S**w**N** | **S****W****N** |"));
	buf_clear(&text);
	coverage_json(&c, &text);
	assert_non_null(strstr(buf_cstr(&text),
	    "{\"stage\":\"rcpt\",\"fault\":\"4xx\",\"left\":\"worse\","
	    "\"count\":3}"));
	buf_fini(&text);
	coverage_fini(&c);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, fault_rows, test_fault);
	TEST(&kit, test_sense);
	TEST(&kit, test_table);
	return kit_run(&kit, "coverage");
}
