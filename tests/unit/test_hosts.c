/* SPDX-License-Identifier: MIT */
/*
 * Reading hosts and rules: what each key becomes, and the exact message of each
 * class of error.
 */
#include "mockserver/scenario.h"
#include "tests/unit/kit.h"

/* ---- errors ---- */

struct error_row {
	const char *name;
	const char *host; /* the value of /hosts/mx */
	const char *want; /* behind "t.json:" */
};

#define TLS(text)  "{\"address\": \"10.1.1.11\",\n\"tls\": {" text "}}"
#define RULE(text) "{\"address\": \"10.1.1.11\",\n\"rules\": [\n{" text "}]}"

static struct error_row error_rows[] = {
	{ "no address", "{}", "1:18: /hosts/mx: missing key \"address\"" },
	{ "address", "{\"address\": \"10.1.1.256\"}",
	    "1:30: /hosts/mx/address: \"10.1.1.256\" is no IP address; "
	    "expected one as \"10.1.1.11\" or \"2001:db8::1\"" },
	{ "unknown key of a host", "{\"address\": \"10.1.1.1\", \"rule\": []}",
	    "1:42: /hosts/mx: unknown key \"rule\" (did you mean "
	    "\"rules\"?)" },
	{ "state", "{\"address\": \"10.1.1.1\", \"state\": \"refused\"}",
	    "1:51: /hosts/mx/state: \"refused\" is none of \"up\", "
	    "\"refuse\", \"silent\", \"unreachable\" (did you mean "
	    "\"refuse\"?)" },
	{ "port", "{\"address\": \"10.1.1.1\", \"port\": 0}",
	    "1:50: /hosts/mx/port: 0 is out of range 1..65535" },
	{ "extension",
	    "{\"address\": \"10.1.1.1\", \"extensions\": [\"PIPELINE\"]}",
	    "1:57: /hosts/mx/extensions/0: \"PIPELINE\" is none of "
	    "\"PIPELINING\", \"SIZE\", \"8BITMIME\", "
	    "\"ENHANCEDSTATUSCODES\", \"SMTPUTF8\", \"CHUNKING\", \"DSN\"" },
	{ "limit", "{\"address\": \"10.1.1.1\", \"limits\": {\"sise\": 1}}",
	    "1:53: /hosts/mx/limits: unknown key \"sise\" (did you "
	    "mean \"size\"?)" },
	{ "no stage", RULE("\"reply\": \"452 no\""),
	    "3:1: /hosts/mx/rules/0: missing key \"on\"" },
	{ "stage", RULE("\"on\": \"rctp\", \"reply\": \"452 no\""),
	    "3:8: /hosts/mx/rules/0/on: \"rctp\" is none of "
	    "\"connect\", \"banner\", \"command\", \"ehlo\", \"helo\", "
	    "\"starttls\", \"tls\", \"auth\", \"mail\", "
	    "\"rcpt\", \"data\", \"body\", \"bdat\", \"eod\", "
	    "\"rset\", \"noop\", ... (did "
	    "you mean \"rcpt\"?)" },
	{ "drop within nothing",
	    RULE("\"on\": \"tls\", \"drop\": {\"after\": 3}"),
	    "3:15: /hosts/mx/rules/0: there is no reply at stage \"tls\" "
	    "to end within; expected \"drop\": true" },
	{ "injection behind the 220",
	    RULE("\"on\": \"tls\", \"starttls\": \"injected\""),
	    "3:15: /hosts/mx/rules/0: \"starttls\" \"injected\" means "
	    "nothing at stage \"tls\"; it does at \"starttls\"" },
	{ "unknown key", RULE("\"on\": \"rcpt\", \"dealy\": \"5s\""),
	    "3:16: /hosts/mx/rules/0: unknown key \"dealy\" (did you "
	    "mean \"delay\"?)" },
	{ "no action", RULE("\"on\": \"rcpt\""),
	    "3:1: /hosts/mx/rules/0: expected one of the keys "
	    "\"reply\", \"raw\", \"as\", \"garbage\", \"repeat\", \"drip\", \"delay\", "
	    "\"stall\", \"drop\", \"reset\", \"vanish\", \"then\", "
	    "\"starttls\", \"tls_fault\", \"set\", \"read\", \"linger\", \"throughout\", \"throttle\"" },
	{ "a moment of the handshake elsewhere",
	    RULE("\"on\": \"rcpt\", \"tls_fault\": {\"at\": \"finished\", "
		 "\"do\": \"stall\"}"),
	    "3:30: /hosts/mx/rules/0/tls_fault: \"at\" means nothing at stage "
	    "\"rcpt\"; expected \"after\"" },
	{ "a part of an answer in the handshake",
	    RULE("\"on\": \"tls\", \"tls_fault\": {\"after\": 3, "
		 "\"do\": \"stall\"}"),
	    "3:29: /hosts/mx/rules/0/tls_fault: \"after\" means nothing at "
	    "stage \"tls\"; expected \"at\"" },
	{ "a fault of TLS before there is any",
	    RULE("\"on\": \"connect\", \"tls_fault\": {\"do\": \"stall\"}"),
	    "3:19: /hosts/mx/rules/0: \"tls_fault\" means nothing at stage "
	    "\"connect\"; it does at \"banner\", \"command\", \"ehlo\", \"helo\", "
	    "\"starttls\", \"auth\", \"mail\", \"rcpt\", \"data\", "
	    "\"body\", \"bdat\", \"eod\", \"rset\", \"noop\", \"vrfy\", "
	    "\"quit\", \"unknown\", \"idle\", \"tls\"" },
	{ "no version between",
	    TLS("\"min_version\": \"1.3\", "
		"\"max_version\": \"1.2\""),
	    "2:9: /hosts/mx/tls: no version is at least 1.3 and at most 1.2" },
	{ "no such cipher", TLS("\"ciphers\": \"ROT13\""),
	    "2:9: /hosts/mx/tls: \"ROT13\" is no cipher that OpenSSL knows; "
	    "expected a name such as \"ECDHE-ECDSA-AES128-SHA256\" or "
	    "\"TLS_AES_128_GCM_SHA256\"" },
	{ "rate and nth",
	    RULE("\"on\": \"rcpt\", \"drop\": true, \"nth\": 1, "
		 "\"rate\": {\"count\": 1, \"within\": \"1m\"}"),
	    "3:40: /hosts/mx/rules/0: \"nth\" and \"rate\" exclude each "
	    "other" },
	{ "quota of nothing",
	    RULE("\"on\": \"rcpt\", \"drop\": true, \"quota\": {}"),
	    "3:39: /hosts/mx/rules/0/quota: expected one of the keys "
	    "\"messages\", \"bytes\"" },
	{ "triple at mail",
	    RULE("\"on\": \"mail\", \"drop\": true, \"nth\": 1, "
		 "\"per\": \"triple\""),
	    "3:40: /hosts/mx/rules/0: \"per\" \"triple\" means nothing at "
	    "stage \"mail\"; it does at \"rcpt\"" },
	{ "scope of no state",
	    RULE("\"on\": \"mail\", \"drop\": true, "
		 "\"scope\": \"scenario\""),
	    "3:30: /hosts/mx/rules/0: \"scope\" needs one of \"in\", "
	    "\"set\"" },
	{ "reply without a code",
	    RULE("\"on\": \"rcpt\", \"reply\": \"4522 x\""),
	    "3:25: /hosts/mx/rules/0/reply: \"4522 x\" is no reply; "
	    "expected a code of three digits, a space and a text, such "
	    "as \"452 4.3.1 Mail system full\"" },
	{ "reply of two digits", RULE("\"on\": \"rcpt\", \"reply\": \"10 x\""),
	    "3:25: /hosts/mx/rules/0/reply: \"10 x\" is no reply; "
	    "expected a code of three digits, a space and a text, such "
	    "as \"452 4.3.1 Mail system full\"" },
	{ "reply with a line end",
	    RULE("\"on\": \"rcpt\", \"reply\": \"452 a\\r\\n\""),
	    "3:31: /hosts/mx/rules/0/reply: a reply line holds no "
	    "control characters; expected a list of lines" },
	{ "template", RULE("\"on\": \"rcpt\", \"reply\": \"452 {rctp}\""),
	    "3:30: /hosts/mx/rules/0/reply: no such template; expected "
	    "{rcpt}, {from}, {client}, {n} or {time}, or {{ for a brace" },
	{ "second reply line",
	    RULE("\"on\": \"rcpt\", \"reply\": [\"452 a\", \"x\"]"),
	    "3:35: /hosts/mx/rules/0/reply/1: \"x\" is no reply; "
	    "expected a code of three digits, a space and a text, such "
	    "as \"452 4.3.1 Mail system full\"" },
	{ "reply at connect", RULE("\"on\": \"connect\", \"reply\": \"220 x\""),
	    "3:19: /hosts/mx/rules/0: \"reply\" means nothing at stage "
	    "\"connect\"; it does at \"banner\", \"command\", \"ehlo\", \"helo\", "
	    "\"starttls\", \"auth\", \"mail\", \"rcpt\", \"data\", \"body\", "
	    "\"bdat\", \"eod\", \"rset\", \"noop\", \"vrfy\", \"quit\", "
	    "\"unknown\", \"idle\"" },
	{ "from at banner",
	    RULE("\"on\": \"banner\", \"from\": \"a\", \"drop\": true"),
	    "3:18: /hosts/mx/rules/0: \"from\" means nothing at stage "
	    "\"banner\"; it does at \"mail\", \"rcpt\", \"data\", "
	    "\"body\", \"bdat\", \"eod\"" },
	{ "per recipient at data",
	    RULE("\"on\": \"data\", \"drop\": true, \"nth\": 1, \"per\": "
		 "\"recipient\""),
	    "3:40: /hosts/mx/rules/0: \"per\" \"recipient\" means "
	    "nothing at stage \"data\"; it does at \"rcpt\"" },
	{ "per without a count",
	    RULE("\"on\": \"data\", \"drop\": true, \"per\": \"host\""),
	    "3:30: /hosts/mx/rules/0: \"per\" needs one of \"nth\", "
	    "\"every\", \"first\", \"times\", \"within\", \"rate\", "
	    "\"quota\"" },
	{ "nth 0", RULE("\"on\": \"data\", \"drop\": true, \"nth\": 0"),
	    "3:37: /hosts/mx/rules/0/nth: 0 is out of range "
	    "1..1000000000" },
	{ "nth and every",
	    RULE("\"on\": \"data\", \"drop\": true, \"nth\": 1, \"every\": 2"),
	    "3:40: /hosts/mx/rules/0: \"nth\" and \"every\" exclude "
	    "each other" },
	{ "probability",
	    RULE("\"on\": \"data\", \"drop\": true, \"probability\": 1.5"),
	    "3:45: /hosts/mx/rules/0/probability: 1.5 is out of range "
	    "0..1" },
	{ "during",
	    RULE("\"on\": \"data\", \"drop\": true, \"during\": [\"5m\"]"),
	    "3:40: /hosts/mx/rules/0/during: expected at least 2 "
	    "elements, got 1" },
	{ "client",
	    RULE("\"on\": \"data\", \"drop\": true, \"client\": "
		 "\"10.0.0.0/33\""),
	    "3:40: /hosts/mx/rules/0/client: \"10.0.0.0/33\" is "
	    "neither an IP address nor a network; expected one as "
	    "\"10.1.1.11\" or \"10.0.0.0/8\"" },
	{ "pattern",
	    RULE("\"on\": \"mail\", \"drop\": true, \"match\": \"a(b\""),
	    "3:43: /hosts/mx/rules/0/match: not a PCRE2 pattern: "
	    "missing closing parenthesis" },
	{ "delay", RULE("\"on\": \"data\", \"delay\": \"5 parsecs\""),
	    "3:25: /hosts/mx/rules/0/delay: \"5 parsecs\" is not a "
	    "duration (try \"5s\", \"200ms\", \"15m\")" },
	{ "drop and reset",
	    RULE("\"on\": \"data\", \"drop\": true, \"reset\": true"),
	    "3:30: /hosts/mx/rules/0: \"drop\" and \"reset\" exclude "
	    "each other" },
	{ "raw bytes and garbage",
	    RULE("\"on\": \"data\", \"raw\": \"x\", \"garbage\": 10"),
	    "3:28: /hosts/mx/rules/0: \"raw\" and \"garbage\" exclude "
	    "each other" },
	{ "vanish and then",
	    RULE("\"on\": \"data\", \"vanish\": {\"after\": 2}, "
		 "\"then\": \"close\""),
	    "3:40: /hosts/mx/rules/0: \"vanish\" and \"then\" exclude "
	    "each other" },
	{ "vanish with a repetition",
	    RULE("\"on\": \"data\", \"vanish\": true, \"repeat\": 2"),
	    "3:32: /hosts/mx/rules/0: a reply is not sent when "
	    "\"vanish\" is true; expected \"vanish\": {\"after\": bytes}, "
	    "or \"then\": \"close\"" },
	{ "vanish within nothing",
	    RULE("\"on\": \"connect\", \"vanish\": {\"after\": 3}"),
	    "3:19: /hosts/mx/rules/0: there is no reply at stage "
	    "\"connect\" to end within; expected \"vanish\": true" },
	{ "read true", RULE("\"on\": \"data\", \"read\": true"),
	    "3:24: /hosts/mx/rules/0/read: expected false; leave the "
	    "key out for the contrary" },
	{ "after at a command",
	    RULE("\"on\": \"mail\", \"after\": 3, \"drop\": true"),
	    "3:16: /hosts/mx/rules/0: \"after\" means nothing at stage "
	    "\"mail\"; it does at \"command\", \"body\"" },
	{ "drop false", RULE("\"on\": \"data\", \"drop\": false"),
	    "3:24: /hosts/mx/rules/0/drop: expected true; leave the "
	    "key out for the contrary" },
	{ "drop with a reply",
	    RULE("\"on\": \"data\", \"drop\": true, \"reply\": \"452 x\""),
	    "3:30: /hosts/mx/rules/0: a reply is not sent when "
	    "\"drop\" is true; expected \"drop\": {\"after\": bytes}, "
	    "or \"then\": \"close\"" },
	{ "drop with raw bytes",
	    RULE("\"on\": \"data\", \"drop\": true, \"raw\": \"x\""),
	    "3:30: /hosts/mx/rules/0: a reply is not sent when "
	    "\"drop\" is true; expected \"drop\": {\"after\": bytes}, "
	    "or \"then\": \"close\"" },
	{ "an escape that is none",
	    RULE("\"on\": \"data\", \"raw\": \"ab\\\\xg0\""),
	    "3:26: /hosts/mx/rules/0/raw: no such escape; expected \\r, "
	    "\\n, \\t, \\xff or \\\\" },
	{ "a backslash at the end",
	    RULE("\"on\": \"data\", \"raw\": \"ab\\\\\""),
	    "3:26: /hosts/mx/rules/0/raw: no such escape; expected \\r, "
	    "\\n, \\t, \\xff or \\\\" },
	{ "repeat of nothing", RULE("\"on\": \"data\", \"repeat\": \"often\""),
	    "3:26: /hosts/mx/rules/0/repeat: \"often\" is not \"endless\"" },
	{ "a portion of no bytes",
	    RULE("\"on\": \"data\", "
		 "\"drip\": {\"bytes\": [1, 0], \"every\": \"1s\"}"),
	    "3:38: /hosts/mx/rules/0/drip/bytes/1: 0 is out of range "
	    "1..1000000000000" },
	{ "a drip of no bytes",
	    RULE("\"on\": \"data\", "
		 "\"drip\": {\"bytes\": 0, \"every\": \"1s\"}"),
	    "3:34: /hosts/mx/rules/0/drip/bytes: 0 is out of range "
	    "1..1000000000000" },
	{ "a drip at connect",
	    RULE("\"on\": \"connect\", "
		 "\"drip\": {\"bytes\": 1, \"every\": \"1s\"}"),
	    "3:19: /hosts/mx/rules/0: \"drip\" means nothing at stage "
	    "\"connect\"; it does at \"banner\", \"command\", \"ehlo\", \"helo\", \"starttls\", \"auth\", \"mail\", "
	    "\"rcpt\", \"data\", \"body\", \"bdat\", \"eod\", \"rset\", \"noop\", "
	    "\"vrfy\", \"quit\", \"unknown\", \"idle\"" },
	{ "stall and drip",
	    RULE("\"on\": \"mail\", \"stall\": true, "
		 "\"drip\": {\"bytes\": 1, \"every\": \"1s\"}"),
	    "3:31: /hosts/mx/rules/0: \"stall\" and \"drip\" exclude each "
	    "other" },
	{ "reset within nothing",
	    RULE("\"on\": \"connect\", \"reset\": {\"after\": 3}"),
	    "3:19: /hosts/mx/rules/0: there is no reply at stage "
	    "\"connect\" to end within; expected \"reset\": true" },
	{ "then", RULE("\"on\": \"data\", \"then\": \"reset\""),
	    "3:24: /hosts/mx/rules/0/then: \"reset\" is none of \"close\", "
	    "\"half-close\", \"discard\"" },
};

static void
test_error(void **state)
{
	const struct error_row *row = *state;
	struct mock_scenario s;
	struct buf text = { 0 }, want = { 0 };
	struct err err;
	char got[ERR_FILE_MAX + ERR_MSG_MAX];

	buf_printf(&text, "{\"hosts\": {\"mx\": %s}}", row->host);
	buf_printf(&want, "t.json:%s", row->want);
	assert_false(mock_scenario_parse(&s, "t.json", buf_slice(&text), &err));
	assert_slice(
	    slice_cstr(err_format(&err, got, sizeof(got))), buf_cstr(&want));
	mock_scenario_fini(&s);
	buf_fini(&text);
	buf_fini(&want);
}

/* ---- what is wrong between hosts ---- */

static void
assert_fails(const char *text, const char *want)
{
	struct mock_scenario s;
	struct err err;
	char got[ERR_FILE_MAX + ERR_MSG_MAX];

	assert_false(mock_scenario_parse(&s, "t.json", slice_cstr(text), &err));
	assert_slice(slice_cstr(err_format(&err, got, sizeof(got))), want);
	mock_scenario_fini(&s);
}

static void
test_same_address(void **state)
{
	(void)state;
	assert_fails("{\"hosts\": {\"a\": {\"address\": \"10.1.1.1\"},\n"
		     "\"b\": {\"address\": [\"10.1.1.2\", \"10.1.1.1\"]}}}",
	    "t.json:2:18: /hosts/b/address: 10.1.1.1:25 is already an "
	    "address of host \"a\"");
}

static void
test_name(void **state)
{
	(void)state;
	assert_fails("{\"hosts\": {\"a b\": {\"address\": \"10.1.1.1\"}}}",
	    "t.json:1:12: /hosts: \"a b\" is no host name; expected "
	    "letters, digits, dots, hyphens and underscores");
}

static void
test_unknown_key_of_scenario(void **state)
{
	(void)state;
	assert_fails("{\"hosts\": {}, \"host\": {}}",
	    "t.json:1:15: unknown key \"host\" (did you mean "
	    "\"hosts\"?)");
}

static void
test_dns(void **state)
{
	(void)state;
	assert_fails(
	    "{\"hosts\": {}, \"dns\": {\"a.example\": {\"A\": [\"x\"]}}}",
	    "t.json:1:43: /dns/a.example/A/0: \"x\" is no IPv4 "
	    "address; expected one as \"10.1.1.11\"");
}

/* ---- what is read ---- */

static const char full[] =
    "{ \"$schema\": \"x\", \"title\": \"t\", \"expect\": [1], \"seed\": 7,\n"
    "\"start\": \"2020-01-01T00:00:00Z\",\n"
    "\"hosts\": { \"mx\": { \"address\": [\"10.1.1.1\", \"::1\"],\n"
    "\"port\": 2525, \"state\": \"silent\", \"extensions\": [\"SIZE\"],\n"
    "\"limits\": {\"size\": 100},\n"
    "\"rules\": [\n"
    "{\"on\": \"rcpt\", \"to\": [\"@a.example\", \"b*\"], \"nth\": [1, 3],\n"
    "\"per\": \"recipient\", \"client\": \"10.0.0.0/8\",\n"
    "\"during\": [\"5m\", \"10m\"], \"probability\": 0.5,\n"
    "\"reply\": [\"452-4.3.1 {n}\", \"550 x\", \"451\"],\n"
    "\"delay\": \"2s\", \"then\": \"close\", \"optional\": true},\n"
    "{\"on\": \"eod\", \"drop\": {\"after\": 3}},\n"
    "{\"on\": \"eod\", \"stall\": \"90s\"}] } } }";

static void
test_full(void **state)
{
	struct mock_scenario s;
	const struct mock_host *h;
	const struct rule *r;
	struct err err = { 0 };
	uint64_t bytes;

	(void)state;
	if (!mock_scenario_parse(&s, "t.json", slice_cstr(full), &err))
		fail_msg("%s", err.msg);
	assert_true(s.seed == 7);
	assert_true(s.start == INT64_C(1577836800) * UTIME_S);
	assert_true(s.hosts.count == 1);
	h = mock_hosts_find(&s.hosts, SLICE("mx"));
	assert_non_null(h);
	assert_string_equal(h->place, "t.json:3:18");
	assert_string_equal(h->pointer, "/hosts/mx");
	assert_true(h->addresses.count == 2);
	assert_true(h->port == 2525);
	assert_true(h->state == MOCK_HOST_SILENT);
	assert_true(h->extensions == SMTP_EXT_SIZE);
	assert_true(h->limits.size_bytes == 100);
	assert_true(h->limits.recipients == 1000);
	assert_true(h->limits.idle_timeout == 5 * UTIME_MINUTE);
	assert_true(h->rules.count == 3);
	r = &h->rules.at[0];
	assert_string_equal(r->place, "t.json:7:1");
	assert_true(r->on == STAGE_RCPT);
	assert_true(r->per == RULE_PER_RECIPIENT);
	assert_true(r->nth.count == 2);
	assert_true(r->optional);
	assert_true(r->reply.code == 451);
	assert_slice(r->reply.wire, "452-4.3.1 {n}\r\n550-x\r\n451\r\n");
	assert_true(rule_ending_of(r, &bytes) == RULE_CLOSE);
	assert_true(rule_ending_of(&h->rules.at[1], &bytes) == RULE_DROP);
	assert_true(bytes == 3);
	assert_true(rule_ending_of(&h->rules.at[2], &bytes) == RULE_STALL);
	mock_scenario_fini(&s);
}

static void
test_defaults(void **state)
{
	static const char text[] =
	    "{\"hosts\": {\"mx\": {\"address\": \"10.1.1.1\"}}}";
	struct mock_scenario s;
	struct err err = { 0 };

	(void)state;
	if (!mock_scenario_parse(&s, "t.json", slice_cstr(text), &err))
		fail_msg("%s", err.msg);
	assert_true(s.hosts.at[0].port == 25);
	assert_true(s.hosts.at[0].state == MOCK_HOST_UP);
	assert_true(s.hosts.at[0].extensions == 0x1f);
	assert_true(s.hosts.at[0].rules.count == 0);
	assert_null(mock_hosts_find(&s.hosts, SLICE("m")));
	mock_scenario_fini(&s);
}

/* Words for transcripts. */
struct words_row {
	const char *name, *rule, *want;
};
static struct words_row words_rows[] = {
	{ "reply", "\"reply\": \"452 a\"", "reply 452" },
	{ "delayed", "\"delay\": \"90s\"", "delay 90s" },
	{ "all", "\"delay\": \"2m\", \"reply\": \"421 a\", \"then\": \"close\"",
	    "delay 2m, reply 421, close" },
	{ "cut", "\"reply\": \"250 a\", \"reset\": {\"after\": 4}",
	    "reply 250, reset after 4 bytes" },
	{ "drop", "\"drop\": true", "drop" },
	{ "raw", "\"raw\": \"abc\", \"repeat\": 2", "3 raw bytes, 2 times" },
	{ "garbage", "\"garbage\": 9, \"repeat\": \"endless\"",
	    "9 bytes of garbage, endless" },
	{ "repeated", "\"repeat\": 2", "2 times" },
	{ "vanish", "\"reply\": \"250\", \"vanish\": {\"after\": 2}",
	    "reply 250, vanish after 2 bytes" },
	{ "half-close", "\"then\": \"half-close\"", "half-close" },
	{ "discard", "\"reply\": \"550 x\", \"then\": \"discard\"",
	    "reply 550, discard" },
	{ "the rest of the connection",
	    "\"read\": false, \"linger\": \"5m\", \"throughout\": "
	    "{\"text\": false, \"line_end\": \"\\\\n\"}",
	    "read nothing, linger 5m, throughout other line ends bare codes" },
	{ "slow", "\"read\": {\"bytes\": 10, \"every\": \"1s\"}",
	    "read 10 bytes every 1s" },
	{ "split", "\"drip\": {\"bytes\": [2, 5], \"every\": \"1s\"}",
	    "drip 2, 5 bytes every 1s" },
	{ "stall behind a reply", "\"reply\": \"221 a\", \"stall\": true",
	    "reply 221, stall" },
	{ "drip",
	    "\"reply\": \"250\", \"drip\": {\"bytes\": 2, \"every\": \"1s\"}",
	    "reply 250, drip 2 bytes every 1s" },
	{ "stall", "\"stall\": true", "stall" },
	{ "stall for a time", "\"stall\": \"10m\"", "stall 10m" },
};

static void
test_words(void **state)
{
	const struct words_row *row = *state;
	struct mock_scenario s;
	struct buf text = { 0 }, words = { 0 };
	struct err err = { 0 };

	buf_printf(&text,
	    "{\"hosts\": {\"mx\": {\"address\": \"::1\", \"rules\": "
	    "[{\"on\": \"eod\", %s}]}}}",
	    row->rule);
	if (!mock_scenario_parse(&s, "t.json", buf_slice(&text), &err))
		fail_msg("%s", err.msg);
	rule_format_action(&s.hosts.at[0].rules.at[0], &words);
	assert_slice(buf_slice(&words), row->want);
	mock_scenario_fini(&s);
	buf_fini(&text);
	buf_fini(&words);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, error_rows, test_error);
	ROWS(&kit, words_rows, test_words);
	TEST(&kit, test_same_address);
	TEST(&kit, test_name);
	TEST(&kit, test_unknown_key_of_scenario);
	TEST(&kit, test_dns);
	TEST(&kit, test_full);
	TEST(&kit, test_defaults);
	return kit_run(&kit, "hosts");
}
