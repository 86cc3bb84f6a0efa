/* SPDX-License-Identifier: MIT */
/* The pages of hoststatus and tophosts, as the sources print them. */
#include "relay/operate/status.h"
#include "tests/unit/kit.h"

static utime
moment(const char *text)
{
	utime at = 0;

	assert_true(utime_parse_rfc3339(slice_cstr(text), &at));
	return at;
}

static struct endpoint
endpoint(const char *text)
{
	struct endpoint e = { 0 };

	assert_true(endpoint_parse(slice_cstr(text), 25, &e));
	return e;
}

/* The sample of T215929, the guide's where that is cut. */
static const char hoststatus_page[] =
    "Host mail status for: 'mail.com'\n"
    "Status as of:         Thu Aug 13 14:37:17 2020 UTC\n"
    "Host up/down:         up\n"
    "Counters:\n"
    "  Queue\n"
    "    Soft Bounced Events                0\n"
    "  Completion\n"
    "    Completed Recipients             336\n"
    "      Hard Bounced Recipients          1\n"
    "        DNS Hard Bounces               0\n"
    "        5XX Hard Bounces               1\n"
    "        Filter Hard Bounces            0\n"
    "        Expired Hard Bounces           0\n"
    "        Other Hard Bounces             0\n"
    "      Delivered Recipients           335\n"
    "      Deleted Recipients               0\n"
    "Gauges:\n"
    "  Queue\n"
    "    Active Recipients                 15\n"
    "      Unattempted Recipients          12\n"
    "      Attempted Recipients             3\n"
    "  Connections\n"
    "    Current Outbound Connections       2\n"
    "    Pending Outbound Connections       1\n"
    "Oldest Message        4 weeks 46 mins 53 secs\n"
    "Last Activity         Thu Aug 13 14:37:13 2020 UTC\n"
    "Ordered IP addresses: (expiring at Thu Aug 13 15:37:13 2020 "
    "UTC)\n"
    "    Preference   IPs\n"
    "    15           64.12.137.121     64.12.138.89\n"
    "    20           [2001:db8::1]:2525\n"
    "SMTP Routes:\n"
    "    Preference   Hostname\n"
    "    65535        [relay.mail.com]:2525\n"
    "MX Records:\n"
    "    Preference   TTL       Hostname\n"
    "    15           52m24s    mailin-01.mx.aol.com\n"
    "    20           1d2h3m4s  mailin-02\\x1b[m.mx.aol.com\n"
    "    20           6000d0h0m0s mailin-03.mx.aol.com\n"
    "Addresses that are down:\n"
    "    [2001:db8::1]:2525  next probe Thu Aug 13 14:40:00 2020 UTC\n"
    "   Last 5XX Error:\n"
    "    ----------\n"
    "    550 REQUESTED ACTION NOT TAKEN: DNS FAILURE\n"
    "    (at Fri Aug  8 11:04:25 2003)\n"
    "    ----------\n"
    "   Last Error:\n"
    "    ----------\n"
    "    550 two\n"
    "\\x1b[lines\n"
    "    (10.1.1.1:26, rcpt)\n"
    "    (at Fri Aug  8 11:04:25 2003)\n"
    "    ----------\n"
    "Virtual gateway information:\n"
    "============================================================\n"
    "mail.com (10.0.0.5):\n"
    "    Host up/down:       up\n"
    "    Last Activity       Thu Aug 13 14:37:13 2020\n"
    "    Recipients          15\n";

static void
test_hoststatus(void **state)
{
	const struct shown_candidate candidates[] = {
		{ .preference = 15, .at = endpoint("64.12.137.121") },
		{ .preference = 15, .at = endpoint("64.12.138.89") },
		{ .preference = 20,
		    .at = endpoint("[2001:db8::1]:2525"),
		    .is_down = true,
		    .probe_at = moment("2020-08-13T14:40:00Z") },
	};
	const struct shown_exchange routes[] = {
		{ 65535, 0, SLICE("[relay.mail.com]:2525") },
	};
	const struct shown_exchange exchanges[] = {
		{ 15, 3144 * UTIME_S, SLICE("mailin-01.mx.aol.com") },
		{ 20, 93784 * UTIME_S, SLICE("mailin-02\x1b[m.mx.aol.com") },
		{ 20, 6000 * UTIME_DAY, SLICE("mailin-03.mx.aol.com") },
	};
	struct host_status s = {
		.domain = SLICE("mail.com"),
		.now = moment("2020-08-13T14:37:17Z"),
		.state = SHOWN_UP,
		.gauges = { 12, 3, 2, 1 },
		.oldest = moment("2020-07-16T13:50:24Z"),
		.last_activity = moment("2020-08-13T14:37:13Z"),
		.expires = moment("2020-08-13T15:37:13Z"),
		.candidates = candidates,
		.candidate_count = ARRAY_LEN(candidates),
		.routes = routes,
		.route_count = ARRAY_LEN(routes),
		.exchanges = exchanges,
		.exchange_count = ARRAY_LEN(exchanges),
		.interface = ip_v4(10, 0, 0, 5),
		.last_5xx = {
		    .text = "550 REQUESTED ACTION NOT TAKEN: DNS FAILURE",
		    .at = moment("2003-08-08T11:04:25Z"),
		},
		.last_error = { "550 two\n\x1b[lines",
		    moment("2003-08-08T11:04:25Z"), "rcpt",
		    endpoint("10.1.1.1:26") },
		.next_retry = UTIME_NEVER,
	};
	struct buf text = { 0 };

	(void)state;
	counters_add(&s.counters, COUNTER_HARD_5XX, 1);
	counters_add(&s.counters, COUNTER_DELIVERED, 335);
	host_status_format(&s, &text);
	assert_slice(buf_slice(&text), hoststatus_page);
	buf_fini(&text);
}

/* What cannot be UTF-8 in JSON is escaped, not lost. */
static void
test_hoststatus_json(void **state)
{
	const struct host_status s = {
		.domain = SLICE("\xfe.x"),
		.oldest = UTIME_NEVER,
		.last_activity = UTIME_NEVER,
		.expires = UTIME_NEVER,
		.next_retry = 0,
		.last_error = { .text = "421 \xff no", .at = UTIME_S },
	};
	json_t *o = host_status_json(&s);
	const json_t *error = json_object_get(o, "last_error");

	(void)state;
	assert_string_equal(
	    json_string_value(json_object_get(error, "text")), "421 \\xff no");
	assert_string_equal(json_string_value(json_object_get(error, "at")),
	    "1970-01-01T00:00:01.000000Z");
	assert_true(json_is_null(json_object_get(o, "oldest_message")));
	assert_string_equal(
	    json_string_value(json_object_get(o, "state")), "unknown");
	assert_string_equal(
	    json_string_value(json_object_get(o, "domain")), "\\xfe.x");
	json_decref(o);
}

static void
test_tophosts(void **state)
{
	struct top_host hosts[] = {
		{ "the.encryption.queue", false, 0, 0, 0, 0, 0 },
		{ "the.euq.queue", true, 5, 0, 0, 0, 0 },
		{ "a.example", false, 0, 1, 22, 333, 4444 },
	};
	struct buf text = { 0 };
	enum top_order order;

	(void)state;
	assert_false(top_order_parse(SLICE("active"), &order));
	assert_true(top_order_parse(SLICE("active_rcpts"), &order));
	top_hosts_sort(hosts, ARRAY_LEN(hosts), order);
	top_hosts_format(
	    hosts, ARRAY_LEN(hosts), moment("2020-08-13T14:29:42Z"), &text);
	assert_slice(buf_slice(&text),
	    "Status as of: Thu Aug 13 14:29:42 2020 UTC\n"
	    "Hosts marked with '*' were down as of the last delivery "
	    "attempt.\n"
	    "                            Active  Conn.   Deliv.   Soft     "
	    "Hard\n"
	    "#  Recipient Host           Recip.  Out     Recip.   Bounced  "
	    "Bounced\n"
	    "1* the.euq.queue            5       0       0        0        0\n"
	    "2  a.example                0       1       22       333      "
	    "4444\n"
	    "3  the.encryption.queue     0       0       0        0        "
	    "0\n");
	assert_true(top_order_parse(SLICE("hard_bounced_rcpts"), &order));
	top_hosts_sort(hosts, ARRAY_LEN(hosts), order);
	assert_string_equal(hosts[0].domain, "a.example");
	assert_string_equal(hosts[1].domain, "the.encryption.queue");
	buf_fini(&text);
}

/* Whatever a domain is called, it is one line, and its columns stand apart. */
static void
test_tophosts_names(void **state)
{
	const struct top_host hosts[] = {
		{ "a\nb\x1b", false, 1, 2, 3, 4, 5 },
		{ "a.name.that.is.longer.than.its.column.example", true, 1, 2,
		    3, 4, 5 },
	};
	struct buf text = { 0 };

	(void)state;
	top_hosts_format(hosts, ARRAY_LEN(hosts), 0, &text);
	assert_non_null(strstr(buf_cstr(&text),
	    "\n1  a\\x0ab\\x1b               1       2       3        4        "
	    "5\n"
	    "2* a.name.that.is.longer.than.its.column.example 1       2"));
	buf_fini(&text);
}

/* The appliance's names in its order; counters are those since the reset. */
static void
test_status_log(void **state)
{
	struct counter_columns c = { 0 };
	struct buf text = { 0 };
	struct system_status s = {
		.now = 90 * UTIME_S,
		.counters = &c,
		.mid = 18,
		.icid = 13,
		.dcid = 10,
		.gauges = { 12, 3, 2, 1 },
		.inbound = 7,
		.destinations = 5,
		.messages = 9,
		.bytes = 4096,
		.disk_free = UINT64_MAX,
	};

	(void)state;
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		c.lifetime.at[i] = 100 + 2 * i;
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		c.at_reset.at[i] = 100 + i;
	c.started = 30 * UTIME_S;
	system_status_log(&s, &text);
	assert_string_equal(buf_cstr(&text),
	    "CPULd 0 DskIO 0 RAMUtil 0 QKUsd 4 QKFre 0 CrtMID 18 CrtICID 13 "
	    "CrtDCID 10 InjMsg 0 InjRcp 1 GenBncRcp 2 RejRcp 3 DrpMsg 4 "
	    "SftBncEvnt 5 CmpRcp 6 HrdBncRcp 7 DnsHrdBnc 8 5XXHrdBnc 9 "
	    "FltrHrdBnc 11 ExpHrdBnc 10 OtrHrdBnc 12 DlvRcp 13 DelRcp 14 "
	    "ActvRcp 15 UnatmptRcp 12 AtmptRcp 3 CrtCncIn 7 CrtCncOut 3 "
	    "CPUETm 60 MMLen 9 DstInMem 5");
	buf_clear(&text);
	s.disk_free = 8192;
	s.load = (struct utilization){ .cpu = 12, .disk = 3, .memory = 45 };
	system_status_log(&s, &text);
	assert_non_null(strstr(buf_cstr(&text), " QKFre 8 "));
	assert_non_null(
	    strstr(buf_cstr(&text), "CPULd 12 DskIO 3 RAMUtil 45 QKUsd"));
	buf_fini(&text);
}

/* Names and errors may hold anything; a terminal gets no control characters,
 * of one byte or of two. */
static void
test_plain(void **state)
{
	static const char text[] = "a\\b\x1b[m\nc\x7f\xc2\x9b\xc3\xa9\xff\xc2";
	struct buf out = { 0 };

	(void)state;
	status_append_plain(&out, slice_of(text, sizeof(text)), "\n");
	assert_slice(buf_slice(&out),
	    "a\\b\\x1b[m\nc\\x7f\\xc2\\x9b\xc3\xa9\xff\xc2\\x00");
	buf_fini(&out);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_hoststatus);
	TEST(&kit, test_hoststatus_json);
	TEST(&kit, test_tophosts);
	TEST(&kit, test_tophosts_names);
	TEST(&kit, test_status_log);
	TEST(&kit, test_plain);
	return kit_run(&kit, "relay_status");
}
