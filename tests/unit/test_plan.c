/* SPDX-License-Identifier: MIT */
/*
 * Scenario files: what a plan says of them, and each error with its place.
 * Single quotes in the texts stand for double ones.
 */
#include "harness/plan/plan.h"
#include "tests/unit/kit.h"

#define HEAD  "{'title': 't', 'hosts': {'mx1': {'address': '10.1.1.1'},\n"
#define HOSTS HEAD " 'mx2': {'address': ['10.1.1.2', '10.1.1.3']}},\n"

static struct plan *
parse(const char *text, struct err *err)
{
	char *json = xstrdup(text);

	for (char *c = json; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	struct plan *plan = plan_parse("f.json", slice_cstr(json), err);
	free(json);
	return plan;
}

static struct error_row {
	const char *name, *text, *message;
} error_rows[] = {
	{ "no JSON", "{",
	    "f.json:1:2: expected a key in double quotes, got the end of "
	    "the text" },
	{ "not an object", "[]",
	    "f.json:1:1: expected an object, got an array" },
	{ "no title", "{'hosts': {}}", "f.json:1:1: missing key \"title\"" },
	{ "unknown key", HOSTS "'expct': []}",
	    "f.json:3:1: unknown key \"expct\" (did you mean \"expect\"?)" },
	{ "start", HOSTS "'start': 'now'}",
	    "f.json:3:10: /start: \"now\" is not a moment in UTC (try "
	    "\"2014-07-02T09:15:07Z\")" },
	{ "seed", HOSTS "'seed': -1}",
	    "f.json:3:9: /seed: -1 is out of range 0..9223372036854775807" },
	{ "route", HOSTS "'routes': ['example.com mx1/pri=70000']}",
	    "f.json:3:33: /routes/0: priority \"70000\" is out of range; "
	    "expected 0 to 65535" },
	{ "dns", HOSTS "'dns': {'a.example': {'A': ['10.1.1.300']}}}",
	    "f.json:3:29: /dns/a.example/A/0: \"10.1.1.300\" is no IPv4 "
	    "address; expected one as \"10.1.1.11\"" },
	{ "host at the relay's address",
	    "{'title': 't', 'hosts': {'a': {'address': '10.0.0.5'}}}",
	    "f.json:1:31: /hosts/a: 10.0.0.5 is the relay's own address" },
	{ "host at the injector's address",
	    "{'title': 't', 'hosts': {'a': {'address': '10.0.0.1'}}}",
	    "f.json:1:31: /hosts/a: 10.0.0.1 is the injector's address" },
	{ "two hosts at one address", HEAD " 'mx2': {'address': '10.1.1.1'}}}",
	    "f.json:2:21: /hosts/mx2/address: 10.1.1.1:25 is already an "
	    "address of host \"mx1\"" },
	{ "host without address", "{'title': 't', 'hosts': {'a': {}}}",
	    "f.json:1:31: /hosts/a: missing key \"address\"" },
	{ "relay key", HOSTS "'relay': {'bounce': {'max_retry': 1}}}",
	    "f.json:3:22: /relay/bounce: unknown key \"max_retry\" (did "
	    "you mean \"max_retries\"?)" },
	{ "inject nobody", HOSTS "'inject': [{'count': 1}]}",
	    "f.json:3:12: /inject/0: expected one of the keys \"to\", "
	    "\"dialogue\"" },
	{ "inject a dialogue with messages",
	    HOSTS "'inject': [{'count': 2, 'dialogue': [{'say': 'QUIT'}]}]}",
	    "f.json:3:13: /inject/0: \"dialogue\" and \"count\" exclude each "
	    "other" },
	{ "inject behind the end",
	    HOSTS "'inject': [{'dialogue': [{'end': true}, {'say': 'x'}]}]}",
	    "f.json:3:26: /inject/0/dialogue/0: lines follow; expected the "
	    "last one to be the \"end\"" },
	{ "inject no escape",
	    HOSTS "'inject': [{'dialogue': [{'bytes': 'ab\\\\q'}]}]}",
	    "f.json:3:39: /inject/0/dialogue/0/bytes: no such escape; "
	    "expected \\r, \\n, \\t, \\xff or \\\\" },
	{ "inject to no listener",
	    HOSTS "'inject': [{'to': 'a@b', 'listener': 'x'}]}",
	    "f.json:3:38: /inject/0/listener: there is no listener \"x\"; "
	    "expected the name of one of the relay's" },
	{ "inject from the relay",
	    HOSTS "'inject': [{'to': 'a@b', 'client': '10.0.0.5'}]}",
	    "f.json:3:36: /inject/0/client: this is the relay's address; "
	    "expected one of nobody's" },
	{ "inject a refusal that is none",
	    HOSTS "'inject': [{'to': 'a@b', 'refused': {'250': 1}}]}",
	    "f.json:3:38: /inject/0/refused: \"250\" is no code of a refusal, "
	    "expected one like \"550\"" },
	{ "inject no address", HOSTS "'inject': [{'to': ['user']}]}",
	    "f.json:3:20: /inject/0/to/0: \"user\" is no address, expected "
	    "local@domain" },
	{ "inject address with a space",
	    HOSTS "'inject': [{'to': 'a b@example.com'}]}",
	    "f.json:3:21: /inject/0/to: an address has no spaces, controls "
	    "or angle brackets" },
	{ "inject every and rate",
	    HOSTS "'inject': [{'to': 'a@b', 'every': '1s', 'rate': 2}]}",
	    "f.json:3:41: /inject/0: \"every\" and \"rate\" exclude each "
	    "other" },
	{ "inject no duration",
	    HOSTS "'inject': [{'to': 'a@b', 'every': '5 parsecs'}]}",
	    "f.json:3:35: /inject/0/every: \"5 parsecs\" is not a duration "
	    "(try \"5s\", \"200ms\", \"15m\")" },
	{ "step without what", HOSTS "'timeline': [{'at': '1m'}]}",
	    "f.json:3:14: /timeline/0: expected one of the keys \"host\", "
	    "\"network\", \"relay\", \"disk\", \"dns\", \"ctl\"" },
	{ "step without state",
	    HOSTS "'timeline': [{'at': '1m', 'host': 'mx1'}]}",
	    "f.json:3:27: /timeline/0: \"host\" needs \"state\"" },
	{ "step of nobody",
	    HOSTS "'timeline': [{'at': '1m', 'host': 'mx3', 'state': 'up'}]}",
	    "f.json:3:35: /timeline/0/host: there is no host \"mx3\" (did "
	    "you mean \"mx1\"?)" },
	{ "state",
	    HOSTS "'timeline': [{'at': '1m', 'host': 'mx1', 'state': 'upp'}]}",
	    "f.json:3:51: /timeline/0/state: \"upp\" is none of \"up\", "
	    "\"refuse\", \"silent\", \"unreachable\" (did you mean \"up\"?)" },
	{ "link of one", HOSTS "'network': [{'between': ['mx1']}]}",
	    "f.json:3:25: /network/0/between: expected at least 2 "
	    "elements, got 1" },
	{ "link of nobody",
	    HOSTS "'network': [{'between': ['relay', 'mail']}]}",
	    "f.json:3:35: /network/0/between/1: there is no host \"mail\"" },
	{ "until", HOSTS "'until': 'idel'}",
	    "f.json:3:10: /until: \"idel\" is not a duration (try \"5s\", "
	    "\"200ms\", \"15m\", \"idle\")" },
	{ "limit", HOSTS "'limits': {'time': '0s'}}",
	    "f.json:3:20: /limits/time: expected a duration longer than 0" },
	{ "waived", HOSTS "'waive': {'rotatoin': 'x'}}",
	    "f.json:3:11: /waive: \"rotatoin\" is none of "
	    "\"conservation\", \"no-duplicate\", \"priority\", "
	    "\"rotation\", \"back-off\", \"permanence\", "
	    "\"limits\", \"two-witnesses\", \"protocol\" (did you mean \"rotation\"?)" },
	{ "waived without reason", HOSTS "'waive': {'rotation': ''}}",
	    "f.json:3:23: /waive/rotation: the string is empty" },
	{ "expectation of nothing", HOSTS "'expect': [{'because': 'x'}]}",
	    "f.json:3:12: /expect/0: expected one of the keys "
	    "\"delivered\", \"bounced\", \"dropped\", \"queued\", "
	    "\"attempts\", \"fair\", \"failover\", \"requeue\", \"within\", \"log\", \"no_log\", "
	    "\"received\", \"no_received\", \"host_status\"" },
	{ "status of nobody",
	    HOSTS "'expect': [{'host_status': {'mx11': 'up'}}]}",
	    "f.json:3:37: /expect/0/host_status/mx11: there is no host "
	    "\"mx11\" (did you mean \"mx1\"?)" },
	{ "two kinds", HOSTS "'expect': [{'queued': 1, 'dropped': 1}]}",
	    "f.json:3:13: /expect/0: \"dropped\" and \"queued\" exclude "
	    "each other" },
	{ "delivered to nobody",
	    HOSTS "'expect': [{'delivered': {'mx11': 1}}]}",
	    "f.json:3:35: /expect/0/delivered/mx11: there is no host "
	    "\"mx11\" (did you mean \"mx1\"?)" },
	{ "attempts at nobody", HOSTS "'expect': [{'attempts': ['gandalf']}]}",
	    "f.json:3:26: /expect/0/attempts/0: there is no host "
	    "\"gandalf\"" },
	{ "bounced with no code", HOSTS "'expect': [{'bounced': {'5.4': 1}}]}",
	    "f.json:3:25: /expect/0/bounced: \"5.4\" is no code, expected "
	    "one like \"5.4.7\" or \"550\"" },
	{ "fair alone", HOSTS "'expect': [{'fair': ['mx1']}]}",
	    "f.json:3:21: /expect/0/fair: expected at least 2 elements, "
	    "got 1" },
	{ "fair twice", HOSTS "'expect': [{'fair': ['mx1', 'mx2', 'mx1']}]}",
	    "f.json:3:36: /expect/0/fair/2: this host is named twice" },
	{ "fair tolerance",
	    HOSTS "'expect': [{'fair': ['mx1', 'mx2'], 'tolerance': '1s'}]}",
	    "f.json:3:50: /expect/0/tolerance: expected a number, got a "
	    "string" },
	{ "requeue tolerance",
	    HOSTS "'expect': [{'requeue': ['1m'], 'tolerance': 1}]}",
	    "f.json:3:45: /expect/0/tolerance: expected a string, got a "
	    "number" },
	{ "by without fair",
	    HOSTS "'expect': [{'queued': 1, 'by': 'messages'}]}",
	    "f.json:3:26: /expect/0: \"by\" needs \"fair\"" },
	{ "message and domain",
	    HOSTS "'expect': [{'attempts': [], 'message': 1, 'domain': 'a'}]}",
	    "f.json:3:43: /expect/0: \"message\" and \"domain\" exclude "
	    "each other" },
	{ "no such message",
	    HOSTS "'inject': [{'count': 3, 'to': 'a@b'}],\n"
		  "'expect': [{'attempts': [], 'message': 4}]}",
	    "f.json:4:40: /expect/0/message: there is no message 4, the "
	    "scenario injects 3" },
	{ "pattern", HOSTS "'expect': [{'log': ['a', 'DCID {d']}]}",
	    "f.json:3:32: /expect/0/log/1: \"{\" without its \"}\" (a "
	    "\"{\" itself is \"{{\")" },
	{ "empty pattern", HOSTS "'expect': [{'no_log': ''}]}",
	    "f.json:3:23: /expect/0/no_log: an empty pattern says nothing" },
	{ "too many names",
	    HOSTS "'expect': [{'log': ['{a}{b}{c}{d}{e}{f}{g}{h}{i}',\n"
		  "'{j}{k}{l}{m}{n}{o}{p}{a}{q}']}]}",
	    "f.json:4:26: /expect/0/log/1: an expectation has at most 16 "
	    "names" },
};

static void
test_error(void **state)
{
	const struct error_row *row = *state;
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];
	struct err err = { 0 };

	assert_null(parse(row->text, &err));
	assert_string_equal(err_format(&err, text, sizeof(text)), row->message);
}

static struct plan *
parse_good(const char *text)
{
	char message[ERR_FILE_MAX + ERR_MSG_MAX + 32];
	struct err err = { 0 };
	struct plan *plan = parse(text, &err);

	if (plan == NULL)
		print_error("%s\n", err_format(&err, message, sizeof(message)));
	assert_non_null(plan);
	return plan;
}

static void
test_defaults(void **state)
{
	struct plan *plan = parse_good(HOSTS "'inject': [{'to': 'a@b'}]}");

	(void)state;
	char start[UTIME_TEXT_MAX];
	assert_string_equal(utime_format_rfc3339(plan->start, start),
	    "2014-07-02T09:15:07.000000Z");
	assert_int_equal(plan->seed, 1);
	assert_int_equal(plan->until, UTIME_NEVER);
	assert_int_equal(plan->span_max, 30 * UTIME_DAY);
	assert_int_equal(plan->injects[0].count, 1);
	assert_int_equal(plan->injects[0].size_bytes, 1024);
	assert_slice(plan->injects[0].from, "sender@example.net");
	assert_int_equal(plan_message_count(plan), 1);
	assert_slice(plan->relay.hostname, "relay.example");
	assert_int_equal(plan->relay.bounce.max_retries, 100);
	assert_int_equal(plan->relay.bounce.max_time, 72 * UTIME_HOUR);
	assert_int_equal(plan->relay.delivery.idle_timeout, 5 * UTIME_S);
	plan_destroy(&plan);
	assert_null(plan);
	plan_destroy(&plan);
}

static void
test_hosts(void **state)
{
	struct plan *plan = parse_good(HOSTS "'seed': 7}");
	struct ip_address ip;

	(void)state;
	assert_int_equal(plan_host_named(plan, SLICE("mx2")), 1);
	assert_int_equal(plan_host_named(plan, SLICE("mx3")), PLAN_NO_HOST);
	ip_parse(SLICE("10.1.1.3"), &ip);
	assert_int_equal(plan_host_at(plan, &ip), 1);
	ip_parse(SLICE("10.1.1.4"), &ip);
	assert_int_equal(plan_host_at(plan, &ip), PLAN_NO_HOST);
	plan_destroy(&plan);
}

static void
test_expectations(void **state)
{
	struct plan *plan = parse_good(HOSTS
	    "'expect': [\n"
	    "{'delivered': {'mx2': 3, 'mx1': 1}, 'because': 'it must'},\n"
	    "{'bounced': {'5.4.7': 2, '550': 1}},\n"
	    "{'delivered': 4},\n"
	    "{'fair': ['mx2', 'mx1'], 'by': 'messages', 'tolerance': 3},\n"
	    "{'requeue': ['1m', '3m']},\n"
	    "{'log': ['DCID {d} close', '{d} {e}']}],\n"
	    "'waive': {'rotation': 'as told'}}");
	const struct plan_expectation *e = plan->expectations;

	(void)state;
	assert_int_equal(plan->expectation_count, 6);
	assert_string_equal(e[0].place, "f.json:4:15");
	assert_string_equal(e[0].because, "it must");
	assert_true(e[0].is_by_key);
	assert_int_equal(e[0].counts[0].host, 1);
	assert_int_equal(e[0].total, 4);
	assert_int_equal(e[1].counts[0].status.class, 5);
	assert_int_equal(e[1].counts[0].status.detail, 7);
	assert_int_equal(e[1].counts[1].code, 550);
	assert_false(e[2].is_by_key);
	assert_int_equal(e[2].total, 4);
	assert_int_equal(e[3].by, FAIR_BY_MESSAGES);
	assert_int_equal(e[3].fair_tolerance, 3);
	assert_int_equal(e[4].times[1], 3 * UTIME_MINUTE);
	assert_int_equal(e[4].tolerance, UTIME_S);
	assert_int_equal(e[5].names.count, 2);
	assert_string_equal(e[5].patterns[1].place, "f.json:9:28");
	assert_string_equal(
	    plan_waiver_of(plan, "rotation")->because, "as told");
	assert_null(plan_waiver_of(plan, "priority"));
	plan_destroy(&plan);
}

/* Steps come by time, each link as it then is; a host's two addresses are two
 * links. */
static void
test_network(void **state)
{
	struct plan *plan = parse_good(HOSTS
	    "'network': [{'between': ['relay', 'mx2'], 'latency': '5ms'}],\n"
	    "'timeline': [{'at': '2m', 'network': {'between':\n"
	    "  ['mx2', 'relay'], 'bandwidth': 100}},\n"
	    " {'at': '1m', 'network': {'between': ['relay', 'mx2'],\n"
	    "  'partitioned': true}},\n"
	    " {'at': '1m', 'host': 'mx1', 'state': 'silent'}]}");
	const struct plan_step *steps = plan->steps;

	(void)state;
	assert_int_equal(plan->link_count, 2);
	assert_int_equal(plan->links[1].latency, 5 * UTIME_MS);
	assert_int_equal(plan->step_count, 5);
	assert_int_equal(steps[0].at, UTIME_MINUTE);
	assert_true(steps[0].link.partitioned);
	assert_int_equal(steps[1].link.latency, 5 * UTIME_MS);
	assert_int_equal(steps[2].kind, PLAN_STEP_HOST);
	assert_int_equal(steps[2].state, MOCK_HOST_SILENT);
	assert_int_equal(steps[4].link.bandwidth, 100);
	assert_true(steps[4].link.partitioned);
	plan_destroy(&plan);
}

static void
test_relay_and_disk_steps(void **state)
{
	struct plan *plan =
	    parse_good(HOSTS "'timeline': [{'at': '1m', 'relay': 'crash',\n"
			     "  'unsynced': 'torn', 'down_for': '5s'},\n"
			     " {'at': '2m', 'relay': 'restart'},\n"
			     " {'at': '3m', 'disk': 'eio-sync'}]}");
	const struct plan_step *steps = plan->steps;

	(void)state;
	assert_true(plan->relay_starts_again);
	assert_int_equal(steps[0].kind, PLAN_STEP_RELAY);
	assert_int_equal(steps[0].order, RELAY_CRASH);
	assert_int_equal(steps[0].unsynced, UNSYNCED_TORN);
	assert_int_equal(steps[0].down_for, 5 * UTIME_S);
	assert_int_equal(steps[1].order, RELAY_RESTART);
	assert_int_equal(steps[1].down_for, UTIME_S);
	assert_int_equal(steps[2].kind, PLAN_STEP_DISK);
	assert_int_equal(steps[2].disk, PLAN_DISK_EIO_SYNC);
	plan_destroy(&plan);
}

static void
test_address_expand(void **state)
{
	struct buf out = { 0 };

	(void)state;
	plan_address_expand(SLICE("u{n}.{n}@x"), 12, &out);
	assert_slice(buf_slice(&out), "u12.12@x");
	plan_address_expand(SLICE(""), 3, &out);
	assert_slice(buf_slice(&out), "");
	buf_fini(&out);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, error_rows, test_error);
	TEST(&kit, test_defaults);
	TEST(&kit, test_hosts);
	TEST(&kit, test_expectations);
	TEST(&kit, test_network);
	TEST(&kit, test_relay_and_disk_steps);
	TEST(&kit, test_address_expand);
	return kit_run(&kit, "plan");
}
