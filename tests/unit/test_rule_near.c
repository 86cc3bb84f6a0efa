/* SPDX-License-Identifier: MIT */
/*
 * Why a rule never acted: the occasion that came nearest to it, the condition
 * that was false, and what it was.
 */
#include "mockserver/scenario.h"
#include "tests/unit/kit.h"

#define START (INT64_C(1404292507) * UTIME_S)
#define TEXT(lit)                                                              \
	{                                                                      \
		SLICE_INIT(lit)                                                \
	}

static const struct ip_address ten_1 = { 4, { 10, 0, 0, 1 } };
static const struct slice bob[] = TEXT("bob@example.com");
static const struct slice rob[] = TEXT("rob@example.com");
static const struct slice alice[] = TEXT("alice@example.net");
static const struct slice nobody[] = TEXT("");

#define TO_(whom)                                                              \
	.stage = STAGE_RCPT, .argument = SLICE_INIT("TO:<" #whom ">"),         \
	.to = whom, .to_count = 1, .now = START + UTIME_S, .client = &ten_1
#define EOD_(bytes)                                                            \
	.stage = STAGE_EOD, .size = (bytes), .now = START, .to = bob,          \
	.to_count = 1, .client = &ten_1

#define OCCASIONS_MAX 5
static struct near_row {
	const char *name, *rules; /* that of index 1 is asked about, if there
	                           * are two */
	struct occasion occasions[OCCASIONS_MAX];
	size_t count;
	const char *want;
} rows[] = {
	{ "no occasion", "{\"on\": \"vrfy\", \"drop\": true}", { { 0 } }, 0,
	    "no client came to stage vrfy" },
	{ "the nearest recipient",
	    "{\"on\": \"rcpt\", \"to\": \"bob@example.com\", \"drop\": true}",
	    { { TO_(alice) }, { TO_(rob) }, { TO_(alice) } }, 3,
	    "RCPT TO:<rob> at 0:00:01.000: only \"to\" was not true, which "
	    "wants bob@example.com, and it was rob@example.com" },
	{ "a list, and a domain",
	    "{\"on\": \"rcpt\", \"to\": [\"x@y\", \"@example.org\"], "
	    "\"drop\": true}",
	    { { TO_(alice) } }, 1,
	    "RCPT TO:<alice> at 0:00:01.000: only \"to\" was not true, which "
	    "wants x@y or @example.org, and it was alice@example.net" },
	{ "two that are false are not near",
	    "{\"on\": \"rcpt\", \"to\": \"x\", \"from\": \"y\", "
	    "\"drop\": true}",
	    { { TO_(alice) }, { TO_(bob) } }, 2,
	    "on 2 occasions of stage rcpt more than one of its conditions was "
	    "not true" },
	{ "the null path",
	    "{\"on\": \"rcpt\", \"from\": \"a@b\", \"drop\": true}",
	    { { TO_(nobody) } }, 1,
	    "RCPT TO:<nobody> at 0:00:01.000: only \"from\" was not true, "
	    "which wants a@b, and it was \"\"" },
	{ "hidden by another",
	    "{\"on\": \"rcpt\", \"drop\": true}, "
	    "{\"on\": \"rcpt\", \"to\": \"bob@*\", \"drop\": true}",
	    { { TO_(alice) }, { TO_(bob) } }, 2,
	    "a rule before it acted on each of the 2 occasions of stage rcpt: "
	    "t.json:1:47" },
	{ "the number", "{\"on\": \"rcpt\", \"nth\": [3, 5], \"drop\": true}",
	    { { TO_(alice) }, { TO_(bob) } }, 2,
	    "RCPT TO:<bob> at 0:00:01.000: only \"nth\" was not true, which "
	    "wants number 3 or 5, and it was number 2" },
	{ "every", "{\"on\": \"rcpt\", \"every\": 3, \"drop\": true}",
	    { { TO_(alice) }, { TO_(bob) } }, 2,
	    "RCPT TO:<bob> at 0:00:01.000: only \"every\" was not true, which "
	    "wants each number 3, and it was number 2" },
	{ "a number is nearer than a name",
	    "{\"on\": \"rcpt\", \"to\": \"bob@*\", \"nth\": 2, "
	    "\"drop\": true}",
	    { { TO_(rob) }, { TO_(bob) }, { TO_(rob) } }, 3,
	    "RCPT TO:<bob> at 0:00:01.000: only \"nth\" was not true, which "
	    "wants number 2, and it was number 1" },
	{ "a rate",
	    "{\"on\": \"rcpt\", "
	    "\"rate\": {\"count\": 2, \"within\": \"1m\"}, \"drop\": true}",
	    { { TO_(rob) }, { TO_(bob) } }, 2,
	    "RCPT TO:<bob> at 0:00:01.000: only \"rate\" was not true, which "
	    "wants more than 2 in a window, and it was number 2" },
	{ "a quota",
	    "{\"on\": \"rcpt\", \"quota\": {\"bytes\": 20}, \"drop\": true}",
	    { { TO_(rob) }, { EOD_(8) }, { TO_(bob) } }, 3,
	    "RCPT TO:<bob> at 0:00:01.000: only \"quota\" was not true, which "
	    "wants 20 bytes taken, and there were 8" },
	{ "size", "{\"on\": \"eod\", \"size\": 100, \"drop\": true}",
	    { { EOD_(5) }, { EOD_(99) }, { EOD_(50) } }, 3,
	    "EOD at 0:00:00.000: only \"size\" was not true, which wants 100 "
	    "bytes, and there were 99" },
	{ "during",
	    "{\"on\": \"rcpt\", \"during\": [\"5m\", \"10m\"], "
	    "\"drop\": true}",
	    { { TO_(bob) } }, 1,
	    "RCPT TO:<bob> at 0:00:01.000: only \"during\" was not true, which "
	    "wants 5m to 10m" },
	{ "a state",
	    "{\"on\": \"rcpt\", \"in\": [\"full\", \"ill\"], \"drop\": true}",
	    { { TO_(bob) } }, 1,
	    "RCPT TO:<bob> at 0:00:01.000: only \"in\" was not true, which "
	    "wants full or ill, and it was start" },
	{ "a client",
	    "{\"on\": \"rcpt\", \"client\": \"10.1.0.0/16\", \"drop\": true}",
	    { { TO_(bob) } }, 1,
	    "RCPT TO:<bob> at 0:00:01.000: only \"client\" was not true, which "
	    "wants 10.1.0.0/16, and it was 10.0.0.1" },
	{ "a pattern",
	    "{\"on\": \"rcpt\", \"match\": \"^TO:<x\", \"drop\": true}",
	    { { TO_(bob) } }, 1,
	    "RCPT TO:<bob> at 0:00:01.000: only \"match\" was not true, which "
	    "wants /^TO:<x/" },
	{ "the dice", "{\"on\": \"rcpt\", \"probability\": 0, \"drop\": true}",
	    { { TO_(bob) } }, 1,
	    "RCPT TO:<bob> at 0:00:01.000: only \"probability\" was not true, "
	    "which wants a chance of 0" },
	{ "nobody", "{\"on\": \"data\", \"nobody\": true, \"drop\": true}",
	    { { .stage = STAGE_DATA, .now = START } }, 1,
	    "DATA at 0:00:00.000: only \"nobody\" was not true, which wants no "
	    "recipient, and there was one" },
	{ "not so long a message",
	    "{\"on\": \"body\", \"after\": 9, \"drop\": true}",
	    { { .stage = STAGE_BODY, .size = 0, .now = START } }, 1,
	    "no message came to 9 bytes with all of its conditions true but "
	    "one" },
};

static void
test_near(void **state)
{
	const struct near_row *row = *state;
	struct mock_scenario s;
	struct rule_scope scope;
	struct rule_book *b;
	struct buf text = { 0 }, got = { 0 };
	struct err err = { 0 };
	uint64_t n;
	size_t count;

	buf_printf(&text,
	    "{\"hosts\": {\"mx\": {\"address\": \"::1\", \"rules\": [%s]}}}",
	    row->rules);
	if (!mock_scenario_parse(&s, "t.json", buf_slice(&text), &err))
		fail_msg("%s", err.msg);
	count = s.hosts.at[0].rules.count;
	b = rule_book_new(s.hosts.at[0].rules.at, count, 1, START);
	rule_scope_init(&scope, count);
	for (size_t i = 0; i < row->count; i++) {
		(void)rule_book_ask(b, &scope, &row->occasions[i], &n);
		if (row->occasions[i].stage == STAGE_EOD)
			rule_book_charge(b, &scope, &row->occasions[i]);
	}
	assert_true(rule_book_acted(b, count - 1) == 0);
	rule_book_explain(b, count - 1, &got);
	assert_slice(buf_slice(&got), row->want);
	rule_scope_fini(&scope);
	rule_book_destroy(&b);
	mock_scenario_fini(&s);
	buf_fini(&text);
	buf_fini(&got);
}

/* A command of any bytes and any length is kept in part, and can be shown. */
static void
test_odd_command(void **state)
{
	struct rule_book *b;
	struct mock_scenario s;
	struct rule_scope scope = { 0 };
	struct buf got = { 0 };
	struct err err = { 0 };
	struct occasion o = { .stage = STAGE_NOOP };
	char text[5000];
	uint64_t n;

	(void)state;
	memset(text, '\x07', sizeof(text));
	o.argument = slice_of(text, sizeof(text));
	if (!mock_scenario_parse(&s, "t.json",
		SLICE("{\"hosts\": {\"mx\": {\"address\": \"::1\", \"rules\": "
		      "[{\"on\": \"noop\", \"match\": \"x\", "
		      "\"drop\": true}]}}}"),
		&err))
		fail_msg("%s", err.msg);
	b = rule_book_new(s.hosts.at[0].rules.at, 1, 1, 0);
	assert_null(rule_book_ask(b, &scope, &o, &n));
	rule_book_explain(b, 0, &got);
	assert_in_range(buf_len(&got), 100, 300);
	assert_true(slice_starts_with(buf_slice(&got), SLICE("NOOP ???")));
	assert_true(slice_find(buf_slice(&got), SLICE("...")) < buf_len(&got));
	rule_book_destroy(&b);
	mock_scenario_fini(&s);
	buf_fini(&got);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_near);
	TEST(&kit, test_odd_command);
	return kit_run(&kit, "rule_near");
}
