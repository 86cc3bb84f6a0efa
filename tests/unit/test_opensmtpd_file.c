/* SPDX-License-Identifier: MIT */
/* What OpenSMTPD is told of a scenario, and what it cannot be told. */
#include "harness/live/opensmtpd_file.h"

#include "harness/live/adapter.h"
#include "tests/unit/scenario_text.h"

#define HOSTS                                                                  \
	"{'title': 't', 'hosts': {'mx1': {'address': '10.1.1.1'}},"            \
	" 'dns': {'a.example': {'A': ['10.1.1.1', '10.1.1.2']},"               \
	" 'c.example': {'MX': ['5 a.example']},"                               \
	" 'b.example': {'A': ['10.1.1.3']}}"
#define SOURCE " relay src <sources> helo \"relay.example\""

static void
test_config(void **state)
{
	struct scenario s = scenario_read(
	    HOSTS ", 'relay': {'bounce': {'max_time': '4h'}}, 'routes':"
		  " ['.sub.example [10.1.1.1]:2525', 'one.example b.example',"
		  " 'two.example [10.1.1.1], b.example', 'dns.example USEDNS',"
		  " 'gone.example /dev/null', 'ALL [2001:db8::1]',"
		  " 'm.sub.example c.example']}");
	struct buf config = { 0 }, hosts = { 0 };
	struct zone *names = zone_new();
	const char *why;

	(void)state;
	assert_true(
	    opensmtpd_config_format(s.plan, &config, &hosts, names, &why));
	assert_string_equal(buf_cstr(&config),
	    "queue ttl 14400s\n"
	    "bounce warn-interval 3650d\n"
	    "smtp max-message-size 1G\n"
	    "table sources { \"10.0.0.5\" }\n"
	    "listen on 10.0.0.5 port 25 hostname relay.example\n"
	    "action \"0\"" SOURCE " host \"smtp://[10.1.1.1]:2525\"\n"
	    "action \"1\"" SOURCE " host \"smtp://b.example:25\"\n"
	    "action \"2\"" SOURCE " host \"smtp://equal-1.route.invalid:25\"\n"
	    "action \"3\"" SOURCE "\n"
	    "action \"4\" mda \"true\" virtual { \"@\" = \"nobody\" }\n"
	    "action \"5\"" SOURCE " host \"smtp://[IPv6:2001:db8::1]:25\"\n"
	    "action \"6\"" SOURCE " host \"smtp://equal-2.route.invalid:25\"\n"
	    "action \"7\"" SOURCE "\n"
	    "match from any for domain \"one.example\" action \"1\"\n"
	    "match from any for domain \"two.example\" action \"2\"\n"
	    "match from any for domain \"dns.example\" action \"3\"\n"
	    "match from any for domain \"gone.example\" action \"4\"\n"
	    "match from any for domain \"m.sub.example\" action \"6\"\n"
	    "match from any for domain \"*.sub.example\" action \"0\"\n"
	    "match from any for any action \"5\"\n"
	    "match from any for any action \"7\"\n");
	assert_string_equal(buf_cstr(&hosts),
	    "10.1.1.1 equal-1.route.invalid\n"
	    "10.1.1.3 equal-1.route.invalid\n"
	    "10.1.1.1 equal-2.route.invalid\n"
	    "10.1.1.2 equal-2.route.invalid\n");
	zone_destroy(&names);
	buf_fini(&config);
	buf_fini(&hosts);
	scenario_forget(&s);
}

/* The preference of a domain's exchange, and where it is. */
static void
has_exchange(const struct zone *names, const char *domain, size_t i,
    uint16_t preference, const char *address)
{
	struct dns_answer answer = { 0 }, at = { 0 };
	char text[IP_TEXT_MAX];

	assert_true(
	    zone_lookup(names, slice_cstr(domain), DNS_MX, &answer) == DNS_OK);
	assert_true(i < answer.count);
	assert_int_equal(answer.records[i].preference, preference);
	assert_true(
	    zone_lookup(names, answer.records[i].name, DNS_A, &at) == DNS_OK);
	assert_string_equal(ip_format(&at.records[0].ip, text), address);
}

static void
test_priorities(void **state)
{
	struct scenario s = scenario_read(HOSTS
	    ", 'routes': ['one.example [10.1.1.9]/pri=7, a.example/pri=5',"
	    " 'ALL [10.1.1.1]/pri=1, [10.1.1.3]/pri=2'],"
	    " 'inject': [{'from': 's@two.example', 'to':"
	    " ['a@one.example', 'a@two.example']}]}");
	struct buf config = { 0 }, hosts = { 0 };
	struct zone *names = zone_new();
	const char *why;

	(void)state;
	assert_true(
	    opensmtpd_config_format(s.plan, &config, &hosts, names, &why));
	assert_non_null(strstr(buf_cstr(&config),
	    "action \"0\"" SOURCE "\naction \"1\"" SOURCE "\n"));
	has_exchange(names, "one.example", 0, 0, "10.1.1.1");
	has_exchange(names, "one.example", 1, 0, "10.1.1.2");
	has_exchange(names, "one.example", 2, 1, "10.1.1.9");
	has_exchange(names, "two.example", 0, 0, "10.1.1.1");
	has_exchange(names, "two.example", 1, 1, "10.1.1.3");
	zone_destroy(&names);
	buf_fini(&config);
	buf_fini(&hosts);
	scenario_forget(&s);
}

static void
test_unable(void **state)
{
	static const struct unable_row rows[] = {
		{ HOSTS "}", NULL },
		{ HOSTS ", 'relay': {'bounce': {'initial_wait': '1m'}}}",
		    NULL },
		{ HOSTS ", 'relay': {'delivery': {'connect_timeout': '1s'}}}",
		    "its relay's \"delivery\" is the appliance's alone" },
		{ HOSTS ", 'routes': ['x.example [10.1.1.1], [10.1.1.2]:26']}",
		    "equal hosts of its routes have ports of their own" },
		{ HOSTS
		    ", 'routes': ['x.example [10.1.1.1]:26/pri=1, a.example']}",
		    "a route of several priorities has a port of its own" },
		{ HOSTS ", 'routes': ['ALL [10.1.1.1]/pri=1, [10.1.1.2]'],"
			" 'inject': [{'to': ['a@d{n}.example']}]}",
		    "a route of several priorities is for domains that are"
		    " not named" },
		{ HOSTS ", 'routes': ['x.example d.example, e.example']}",
		    "DNS does not give the hosts of its routes" },
	};

	(void)state;
	assert_unable(&adapter_opensmtpd, rows, ARRAY_LEN(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_priorities),
		cmocka_unit_test(test_unable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
