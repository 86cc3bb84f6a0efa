/* SPDX-License-Identifier: MIT */
/* What Postfix is told of a scenario, and what it cannot be told.  Single
 * quotes in the texts stand for double ones. */
#include "harness/live/postfix_file.h"

#include "harness/live/adapter.h"
#include "tests/unit/kit.h"
#include "tests/unit/scenario_text.h"

#define HOSTS                                                                  \
	"{'title': 't', 'hosts': {'mx1': {'address': '10.1.1.1'}},"            \
	" 'dns': {'a.example': {'A': ['10.1.1.1', '10.1.1.2']},"               \
	" 'b.example': {'A': ['10.1.1.3']}}"
#define HEAD "{'title': 't', 'hosts': {'mx1': {'address': '10.1.1.1'}}"

static void
test_transport(void **state)
{
	struct scenario s = scenario_read(HOSTS
	    ", 'routes': ['one.example a.example', 'two.example [10.1.1.1]:2525,"
	    " b.example/pri=5, [b.example]:26/pri=7', '.sub.example"
	    " [10.1.1.1], b.example', 'dns.example USEDNS', 'gone.example"
	    " /dev/null', 'ALL [10.1.1.9]']}");
	struct buf transport = { 0 }, hosts = { 0 };
	const char *why;

	(void)state;
	assert_true(postfix_transport_format(s.plan, &transport, &hosts, &why));
	assert_string_equal(buf_cstr(&transport),
	    "one.example smtp:a.example:25\n"
	    "two.example smtp:[10.1.1.1]:2525, b.example:25, [b.example]:26\n"
	    ".sub.example smtp:[equal-1.route.invalid]:25\n"
	    "dns.example smtp:\n"
	    "gone.example discard:\n"
	    "* smtp:[10.1.1.9]:25\n");
	assert_string_equal(buf_cstr(&hosts),
	    "10.1.1.1 equal-1.route.invalid\n"
	    "10.1.1.3 equal-1.route.invalid\n");
	buf_fini(&transport);
	buf_fini(&hosts);
	scenario_forget(&s);
}

static void
test_main_and_master(void **state)
{
	struct scenario s = scenario_read(HEAD
	    ", 'relay': {'bounce': {'initial_wait': '5m', 'max_wait': '30m',"
	    " 'max_time': '4h'}, 'delivery': {'connect_timeout': '1500ms'}},"
	    " 'inject': [{'to': ['a@b.example'], 'client': '10.0.0.9'}]}");
	struct buf text = { 0 };

	(void)state;
	postfix_main_format(s.plan, &text);
	assert_has_line(&text, "\nminimal_backoff_time = 300s\n");
	assert_has_line(&text, "\nmaximal_backoff_time = 1800s\n");
	assert_has_line(&text, "\nmaximal_queue_lifetime = 14400s\n");
	assert_has_line(&text, "\nsmtp_connect_timeout = 2s\n");
	assert_has_line(&text, "\nmynetworks = 10.0.0.1 10.0.0.9\n");
	assert_has_line(&text, "\nsmtp_bind_address = 10.0.0.5\n");
	buf_clear(&text);
	postfix_master_format(s.plan, &text);
	assert_true(
	    slice_starts_with(buf_slice(&text), SLICE("10.0.0.5:25 inet n ")));
	buf_fini(&text);
	scenario_forget(&s);
}

static void
test_unable(void **state)
{
	static const struct unable_row rows[] = {
		{ HEAD ", 'expect': [{'delivered': 0}, {'log': 'x'}]}", NULL },
		{ HEAD ", 'expect': [{'log': 'x'}, {'no_log': 'y'}]}",
		    "all it expects is in the words of the appliance's log" },
		{ HEAD
		    ", 'relay': {'destconfig': ['[a.example]', 'table_tls = on']}}",
		    "its relay has destination controls" },
		{ HEAD ", 'relay': {'delivery': {'rotation': 'rounds'}}}",
		    "its relay's \"delivery\" is the appliance's alone" },
		{ HEAD ", 'relay': {'bounce': {'max_retries': 3}}}",
		    "its relay's \"bounce\" is the appliance's alone" },
		{ HEAD ", 'relay': {'postmaster': 'a@b.example'}}",
		    "its relay has settings of the appliance alone" },
		{ HEAD ", 'timeline': [{'at': '1s', 'relay': 'delivernow'}]}",
		    "its timeline operates the appliance" },
		{ HEAD ", 'inject': [{'to': ['a@b.example'], 'notify':"
		       " ['NEVER']}]}",
		    "its \"inject\" is about the appliance's listeners" },
		{ HEAD ", 'routes': ['x.example [10.1.1.1], [10.1.1.2]:26']}",
		    "equal hosts of its routes have ports of their own" },
		{ HEAD ", 'routes': ['x.example a.example, b.example']}",
		    "DNS does not give the hosts of its routes" },
	};

	(void)state;
	assert_unable(&adapter_postfix, rows, ARRAY_LEN(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_main_and_master),
		cmocka_unit_test(test_unable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
