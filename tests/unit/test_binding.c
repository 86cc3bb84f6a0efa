/* SPDX-License-Identifier: MIT */
/* Where hosts are: what --bind may say, whose place is which, and the routes
 * that lead there. */
#include "harness/live/binding.h"

#include "tests/unit/kit.h"

static struct plan *
plan_of(const char *text)
{
	struct err err;
	struct plan *plan = plan_parse("t", slice_cstr(text), &err);

	if (plan == NULL)
		fail_msg("%s", err.msg);
	return plan;
}

#define HOSTS                                                                  \
	"\"hosts\": {\"mx1\": {\"address\": [\"10.1.1.1\", \"10.1.1.2\"]},"    \
	"\"mx2\": {\"address\": \"10.1.1.3\", \"port\": 2525}}"

/* Words, and what comes of them: places in order, or the error. */
static const struct {
	const char *words, *want;
} rows[] = {
	{ "*=192.0.2.254:1025",
	    "10.1.1.1:25=192.0.2.254:1025 10.1.1.2:25=192.0.2.255:1025 "
	    "10.1.1.3:2525=192.0.3.0:1025 " },
	{ "mx2=192.0.2.9 mx1=192.0.2.1:26 mx1=[2001:db8::1]:27",
	    "10.1.1.1:25=192.0.2.1:26 10.1.1.2:25=[2001:db8::1]:27 "
	    "10.1.1.3:2525=192.0.2.9:25 " },
	{ "mx2=192.0.2.9 *=192.0.2.20",
	    "10.1.1.1:25=192.0.2.20:25 10.1.1.2:25=192.0.2.21:25 "
	    "10.1.1.3:2525=192.0.2.9:25 " },
	{ "mx1=192.0.2.1 mx2=192.0.2.2",
	    "host mx1 has 1 --bind; expected 2, one for each of its addresses, "
	    "as --bind mx1=192.0.2.11:25" },
	{ "mx1=192.0.2.1 mx1=192.0.2.2 mx2=192.0.2.3 mx3=192.0.2.4",
	    "--bind mx3: the scenario has no such host; expected one of its "
	    "\"hosts\", as mx1" },
	{ "mx2=192.0.2.21 *=192.0.2.20",
	    "--bind: 192.0.2.21:25 is the place of two hosts, of which mx2 is "
	    "one; expected a place of its own for each" },
	{ "a=192.0.2.1 b=192.0.2.1:25",
	    "--bind b=192.0.2.1:25: a is there already; expected a place of "
	    "its own for each host" },
	{ "a=here",
	    "--bind a=here is wrong; expected a host's name and where "
	    "it shall listen, as exchange1=192.0.2.11:25" },
	{ "=192.0.2.1",
	    "--bind =192.0.2.1 is wrong; expected a host's name "
	    "and where it shall listen, as "
	    "exchange1=192.0.2.11:25" },
	{ "a=192.0.2.1:0",
	    "--bind a=192.0.2.1:0 is wrong; expected a host's "
	    "name and where it shall listen, as "
	    "exchange1=192.0.2.11:25" },
};

static void
tell(const struct placement *p, struct buf *out)
{
	char said[ENDPOINT_TEXT_MAX], real[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < p->count; i++) {
		buf_printf(out, "%s=%s ", endpoint_format(&p->at[i].said, said),
		    endpoint_format(&p->at[i].real, real));
		assert_ptr_equal(
		    placement_real(p, &p->at[i].said), &p->at[i].real);
		assert_ptr_equal(
		    placement_said(p, &p->at[i].real), &p->at[i].said);
	}
}

static void
test_places(void **state)
{
	struct plan *plan = plan_of("{\"title\": \"t\", " HOSTS "}");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slice rest = slice_cstr(rows[i].words), word;
		struct bindings b = { 0 };
		struct placement p = { 0 };
		struct buf out = { 0 };
		char *texts[8];
		size_t count = 0;
		struct err err;
		bool good = true;

		while (good && slice_split(&rest, ' ', &word)) {
			texts[count] = slice_dup(word);
			good = bindings_add(&b, texts[count++], &err);
		}
		good = good && placement_make(&p, plan, &b, &err);
		if (good)
			tell(&p, &out);
		else
			buf_append_cstr(&out, err.msg);
		assert_slice(buf_slice(&out), rows[i].want);
		buf_fini(&out);
		placement_fini(&p);
		bindings_fini(&b);
		while (count > 0)
			free(texts[--count]);
	}
	plan_destroy(&plan);
}

static void
test_routes(void **state)
{
	static const char text[] =
	    "{\"title\": \"t\", " HOSTS ", \"routes\": ["
	    "\"a.example mx1.example/pri=5, [mx2.example]:2525/pri=5\","
	    "\".b.example USEDNS\", \"c.example /dev/null\","
	    "\"d.example elsewhere.example\"],"
	    "\"dns\": {\"mx1.example\": {\"A\": [\"10.1.1.1\", \"10.1.1.2\"]},"
	    "\"mx2.example\": {\"A\": [\"10.1.1.3\"]},"
	    "\"e.example\": {\"MX\": [\"20 mx2.example\", \"10 mx1.example\"]}},"
	    "\"inject\": [{\"from\": \"s@f.example\", \"to\": "
	    "[\"x@a.example\", \"x{n}@e.example\"]}]}";
	struct plan *plan = plan_of(text);
	struct bindings b = { 0 };
	struct placement p = { 0 };
	struct buf out = { 0 };
	struct err err;

	(void)state;
	assert_true(bindings_add(&b, "*=192.0.2.1", &err));
	assert_true(placement_make(&p, plan, &b, &err));
	placement_routes_format(&p, plan, &out);
	assert_slice(buf_slice(&out),
	    "a.example 192.0.2.1:25/pri=5, 192.0.2.2:25/pri=5, "
	    "192.0.2.3:25/pri=5\n"
	    "# .b.example leads to no host of the scenario\n"
	    "c.example /dev/null\n"
	    "# d.example leads to no host of the scenario\n"
	    /* Its exchanger of preference 20 is at port 25, the host is not. */
	    "e.example 192.0.2.1:25/pri=0, 192.0.2.2:25/pri=0\n"
	    "f.example 192.0.2.4:25/pri=0\n");
	buf_fini(&out);
	placement_fini(&p);
	bindings_fini(&b);
	plan_destroy(&plan);
}

/* Type, name, and how it is answered. */
static void
ask(const struct zone *zone, enum dns_type type, const char *name,
    struct buf *out)
{
	struct dns_answer answer = { 0 };
	char ip[IP_TEXT_MAX];

	buf_printf(out, "%s %s:", dns_type_name(type), name);
	if (zone_lookup(zone, slice_cstr(name), type, &answer) != DNS_OK)
		buf_printf(out, " %s", dns_status_name(answer.status));
	for (size_t i = 0; i < answer.count; i++)
		buf_printf(out, " %s%.*s", ip_format(&answer.records[i].ip, ip),
		    SLICE_ARG(answer.records[i].name));
	buf_append_cstr(out, "\n");
}

static void
test_zone(void **state)
{
	static const char text[] = "{\"title\": \"t\", " HOSTS ", \"dns\": {"
				   "\"a\": {\"A\": [\"10.1.1.1\"]},"
				   "\"b\": {\"A\": [\"10.1.1.3\","
				   "\"10.9.9.9\"], \"MX\": [\"10 a\"]},"
				   "\"c\": {\"CNAME\": \"b\"},"
				   "\"d\": \"NXDOMAIN\","
				   "\"e\": \"SERVFAIL\"}}";
	struct plan *plan = plan_of(text);
	struct bindings b = { 0 };
	struct placement p = { 0 };
	struct buf out = { 0 };
	struct zone *zone;
	struct err err;

	(void)state;
	assert_true(bindings_add(&b, "mx1=192.0.2.1", &err));
	assert_true(bindings_add(&b, "mx1=[2001:db8::1]:25", &err));
	assert_true(bindings_add(&b, "mx2=192.0.2.3", &err));
	assert_true(placement_make(&p, plan, &b, &err));
	zone = placement_zone_new(&p, plan->relay.zone);
	ask(zone, DNS_A, "a", &out);
	ask(zone, DNS_A, "c", &out);
	ask(zone, DNS_MX, "b", &out);
	ask(zone, DNS_A, "d", &out);
	ask(zone, DNS_MX, "e", &out);
	assert_slice(buf_slice(&out),
	    "A a: 192.0.2.1\n"
	    "A c: 192.0.2.3 10.9.9.9\n"
	    "MX b: nonea\n"
	    "A d: NXDOMAIN\n"
	    "MX e: SERVFAIL\n");
	zone_destroy(&zone);
	buf_fini(&out);
	placement_fini(&p);
	bindings_fini(&b);
	plan_destroy(&plan);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_places);
	TEST(&kit, test_routes);
	TEST(&kit, test_zone);
	return kit_run(&kit, "binding");
}
