/* SPDX-License-Identifier: MIT */
/* Candidates by routes and zone, as the judge reads delivery.md. */
#include "harness/judge/routing.h"
#include "tests/unit/kit.h"

struct row {
	const char *name;
	const char *routes; /* a JSON list without its brackets */
	const char *dns;    /* a JSON object without its braces */
	const char *domain;
	enum routing_state state;
	const char *candidates; /* "address:port/priority/preference ..." */
};

static const char hosts[] =
    "\"a.example\": {\"A\": [\"10.1.1.1\"]}, "
    "\"b.example\": {\"A\": [\"10.1.1.2\", \"10.1.1.3\"]}";

static struct row rows[] = {
	{ "addresses", "\"d.example 10.1.1.9, [10.1.1.8]:26/pri=5\"", "",
	    "d.example", ROUTING_FOUND, "10.1.1.9:25/0/0 10.1.1.8:26/5/0" },
	{ "names by their addresses", "\"d.example b.example, a.example\"", "",
	    "d.example", ROUTING_FOUND,
	    "10.1.1.2:25/0/0 10.1.1.3:25/0/0 10.1.1.1:25/0/0" },
	{ "priorities sort, the list's order stays",
	    "\"d.example b.example/pri=5, a.example/pri=1, 10.1.1.9/pri=5\"",
	    "", "d.example", ROUTING_FOUND,
	    "10.1.1.1:25/1/0 10.1.1.2:25/5/0 10.1.1.3:25/5/0 10.1.1.9:25/5/0" },
	{ "MX of a route's host", "\"d.example m.example/pri=7\"",
	    "\"m.example\": {\"MX\": [\"20 a.example\", \"10 b.example\"]}",
	    "d.example", ROUTING_FOUND,
	    "10.1.1.2:25/7/10 10.1.1.3:25/7/10 10.1.1.1:25/7/20" },
	{ "brackets ignore MX", "\"d.example [m.example]\"",
	    "\"m.example\": {\"MX\": [\"20 a.example\"], \"A\": [\"10.1.1.7\"]}",
	    "d.example", ROUTING_FOUND, "10.1.1.7:25/0/0" },
	{ "no route: the domain's MX", "",
	    "\"d.example\": {\"MX\": [\"5 b.example\", \"1 a.example\"]}",
	    "D.Example", ROUTING_FOUND,
	    "10.1.1.1:25/0/1 10.1.1.2:25/0/5 10.1.1.3:25/0/5" },
	{ "USEDNS", "\"d.example USEDNS\", \"ALL 10.1.1.9\"",
	    "\"d.example\": {\"A\": [\"10.1.1.6\"]}", "d.example",
	    ROUTING_FOUND, "10.1.1.6:25/0/0" },
	{ "the most specific", "\"ALL 10.1.1.9\", \".example 10.1.1.8\"", "",
	    "x.example", ROUTING_FOUND, "10.1.1.8:25/0/0" },
	{ "twice is once, at the better priority",
	    "\"d.example a.example/pri=9, 10.1.1.9/pri=3, 10.1.1.1/pri=3\"", "",
	    "d.example", ROUTING_FOUND, "10.1.1.9:25/3/0 10.1.1.1:25/3/0" },
	{ "another port is another", "\"d.example 10.1.1.1, 10.1.1.1:26\"", "",
	    "d.example", ROUTING_FOUND, "10.1.1.1:25/0/0 10.1.1.1:26/0/0" },
	{ "the interface's family only", "\"d.example s.example, a.example\"",
	    "\"s.example\": {\"AAAA\": [\"2001:db8::1\"]}", "d.example",
	    ROUTING_FOUND, "10.1.1.1:25/0/0" },
	{ "none of the family", "\"d.example s.example\"",
	    "\"s.example\": {\"AAAA\": [\"2001:db8::1\"]}", "d.example",
	    ROUTING_SOFT, "" },

	{ "/dev/null", "\"d.example /dev/null\"", "", "d.example",
	    ROUTING_DISCARD, "" },
	{ "no such domain", "", "", "nowhere.example", ROUTING_HARD, "" },
	{ "no mail, says the domain", "", "\"d.example\": {\"MX\": [\"0 .\"]}",
	    "d.example", ROUTING_HARD, "" },
	{ "a name server that fails", "", "\"d.example\": \"SERVFAIL\"",
	    "d.example", ROUTING_SOFT, "" },
	{ "one of two fails", "\"d.example f.example, a.example\"",
	    "\"f.example\": \"SERVFAIL\"", "d.example", ROUTING_FOUND,
	    "10.1.1.1:25/0/0" },
	{ "one fails, one is not there",
	    "\"d.example f.example, nowhere.example\"",
	    "\"f.example\": \"TIMEOUT\"", "d.example", ROUTING_SOFT, "" },
	{ "all are not there", "\"d.example n1.example, n2.example\"", "",
	    "d.example", ROUTING_HARD, "" },
	{ "an address literal", "", "", "[10.1.1.1]", ROUTING_UNKNOWN, "" },
	{ "no domain", "", "", "", ROUTING_UNKNOWN, "" },
};

static void
test_routing(void **state)
{
	const struct row *row = *state;
	struct buf json = { 0 }, got = { 0 };
	struct routing r;
	struct err err;

	buf_printf(&json,
	    "{\"title\": \"t\", \"hosts\": {}, "
	    "\"routes\": [%s], \"dns\": {%s%s%s}}",
	    row->routes, hosts, row->dns[0] != '\0' ? ", " : "", row->dns);
	struct plan *plan = plan_parse("r.json", buf_slice(&json), &err);
	if (plan == NULL)
		fail_msg("%s", err.msg);
	routing_find(plan, slice_cstr(row->domain), &r);
	assert_int_equal(r.state, row->state);
	for (size_t i = 0; i < r.count; i++) {
		char at[ENDPOINT_TEXT_MAX];
		const struct routing_candidate *c = &r.candidates[i];

		buf_printf(&got, "%s%s/%u/%u", i > 0 ? " " : "",
		    endpoint_format(&c->at, at), routing_route_priority(c),
		    routing_preference(c));
		assert_int_equal(routing_index(&r, &c->at), i);
	}
	assert_slice(buf_slice(&got), row->candidates);
	routing_fini(&r);
	plan_destroy(&plan);
	buf_fini(&json);
	buf_fini(&got);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_routing);
	return kit_run(&kit, "routing");
}
