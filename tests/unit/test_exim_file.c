/* SPDX-License-Identifier: MIT */
/* What Exim is told of a scenario, and what it cannot be told.  Single quotes
 * in the texts stand for double ones. */
#include "harness/live/exim_file.h"

#include "harness/live/adapter.h"
#include "tests/unit/kit.h"
#include "tests/unit/scenario_text.h"

#define HEAD "{'title': 't', 'hosts': {'mx1': {'address': '10.1.1.1'}}"

static void
test_routers(void **state)
{
	struct scenario s = scenario_read(HEAD
	    ", 'dns': {'a.example': {'A': ['10.1.1.1']}, 'm.example': {'MX':"
	    " ['10 a.example']}}, 'routes': ['ALL [10.1.1.9]', 'u.example USEDNS', '.example"
	    " [10.1.1.1]/pri=7, [a.example]:26/pri=5, m.example/pri=5',"
	    " '.b.example [2001:db8::1], a.example', 'c.example /dev/null']}");
	struct buf text = { 0 };
	const char *why;

	(void)state;
	assert_true(exim_file_format(s.plan, &text, &why));
	/* The most specific first. */
	assert_has_line(&text,
	    "  domains = c.example\n  driver = redirect\n"
	    "  data = :blackhole:\n  no_more\n");
	assert_has_line(&text,
	    "route_3:\n  domains = *.b.example\n  driver = manualroute\n"
	    "  transport = smtp\n  self = send\n  hosts_randomize\n"
	    "  host_find_failed = ignore\n"
	    "  route_list = * \"<| [2001:db8::1]:25 | a.example:25\" bydns\n"
	    "  no_more\n"
	    "route_4:\n  domains = *.example\n");
	assert_has_line(&text,
	    "  route_list = * \"<| a.example:26 | m.example/MX:25 | + |"
	    " [10.1.1.1]:25\" bydns\n");
	assert_has_line(&text,
	    "  domains = u.example\n  driver = dnslookup\n"
	    "  transport = smtp\n  self = send\n  no_more\n");
	assert_has_line(&text,
	    "  route_list = * \"<| [10.1.1.9]:25\" bydns\n  no_more\n"
	    "begin transports\n");
	buf_fini(&text);
	scenario_forget(&s);
}

static void
test_main_and_retry(void **state)
{
	struct scenario s = scenario_read(HEAD
	    ", 'relay': {'bounce': {'initial_wait': '5m', 'max_wait': '30m',"
	    " 'max_time': '4h'}, 'delivery': {'connect_timeout': '1500ms',"
	    " 'eod_timeout': '7m', 'port': 26}}}");
	struct buf text = { 0 };
	const char *why;

	(void)state;
	assert_true(exim_file_format(s.plan, &text, &why));
	assert_has_line(&text, "\nlocal_interfaces = <; 10.0.0.5\n");
	assert_has_line(&text, "\nretry_interval_max = 1800s\n");
	assert_has_line(&text, "\n  connect_timeout = 2s\n");
	assert_has_line(&text, "\n  final_timeout = 420s\n");
	assert_has_line(&text, "\n  port = 26\n");
	assert_has_line(&text, "\nbegin retry\n* * G,14400s,300s,2\n");
	/* No route: all goes by DNS. */
	assert_has_line(
	    &text, "route_1:\n  domains = *\n  driver = dnslookup\n");
	buf_fini(&text);
	scenario_forget(&s);
}

static void
test_unable(void **state)
{
	static const struct unable_row rows[] = {
		{ HEAD ", 'expect': [{'delivered': 0}]}", NULL },
		{ HEAD ", 'routes': ['x.example [10.1.1.1], [10.1.1.2]:26',"
		       " 'y.example a.example, b.example']}",
		    NULL },
		{ HEAD ", 'relay': {'delivery': {'greeting_timeout': '1m'}}}",
		    "its relay's \"delivery\" is the appliance's alone" },
		{ HEAD ", 'relay': {'bounce': {'max_wait': '2d'}}}",
		    "its \"max_wait\" is more than a day" },
	};

	(void)state;
	assert_unable(&adapter_exim, rows, ARRAY_LEN(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routers),
		cmocka_unit_test(test_main_and_retry),
		cmocka_unit_test(test_unable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
