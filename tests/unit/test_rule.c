/* SPDX-License-Identifier: MIT */
/*
 * Which rule acts: each condition by itself, and the counting semantics as a
 * table of occasions and the rule that acted on each.
 */
#include "mockserver/scenario.h"
#include "tests/unit/kit.h"

#include <time.h>

#define START (INT64_C(1404292507) * UTIME_S)

static void
read_rules(struct mock_scenario *s, const char *rules)
{
	struct buf text = { 0 };
	struct err err = { 0 };

	buf_printf(&text,
	    "{\"hosts\": {\"mx\": {\"address\": \"::1\", \"rules\": [%s]}}}",
	    rules);
	if (!mock_scenario_parse(s, "t.json", buf_slice(&text), &err))
		fail_msg("%s", err.msg);
	buf_fini(&text);
}

static struct rule_book *
book_of(const struct mock_scenario *s)
{
	const struct mock_host *h = &s->hosts.at[0];

	return rule_book_new(h->rules.at, h->rules.count, 1, START);
}

/* ---- conditions ---- */

struct condition_row {
	const char *name, *rule;
	/* An occasion on which it holds, and one on which it does not. */
	struct occasion yes, no;
};

#define TEXT(lit) SLICE_INIT(lit)

static struct slice user[] = { TEXT("User@Example.com") };
static struct slice both[] = { TEXT("a@b.example"), TEXT("c@d.example") };
static struct slice other[] = { TEXT("user@example.org") };

static struct condition_row condition_rows[] = {
	{ "stage", "\"on\": \"data\"", { .stage = STAGE_DATA },
	    { .stage = STAGE_EOD } },
	{ "match", "\"on\": \"mail\", \"match\": \"size=[0-9]{3}\"",
	    { .stage = STAGE_MAIL, .argument = TEXT("FROM:<a> SIZE=100") },
	    { .stage = STAGE_MAIL, .argument = TEXT("FROM:<a> SIZE=10") } },
	{ "match of a letter's other cases",
	    "\"on\": \"unknown\", \"match\": \"ask\"",
	    { .stage = STAGE_UNKNOWN, .argument = TEXT("a\xc5\xbfk") },
	    { .stage = STAGE_UNKNOWN, .argument = TEXT("a\xc5\xbfx") } },
	{ "match of bytes that are no text",
	    "\"on\": \"unknown\", \"match\": \"x$\"",
	    { .stage = STAGE_UNKNOWN, .argument = TEXT("\xff\xfe x") },
	    { .stage = STAGE_UNKNOWN, .argument = TEXT("\xff\xfe") } },
	{ "a match that would take for ever",
	    "\"on\": \"unknown\", \"match\": \"(a+)+b|z$\"",
	    { .stage = STAGE_UNKNOWN, .argument = TEXT("z") },
	    { .stage = STAGE_UNKNOWN,
		.argument = TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac") } },
	{ "exact address without case",
	    "\"on\": \"rcpt\", \"to\": \"user@example.COM\"",
	    { .stage = STAGE_RCPT, .to = user, .to_count = 1 },
	    { .stage = STAGE_RCPT, .to = other, .to_count = 1 } },
	{ "domain", "\"on\": \"rcpt\", \"to\": \"@example.com\"",
	    { .stage = STAGE_RCPT, .to = user, .to_count = 1 },
	    { .stage = STAGE_RCPT, .to = other, .to_count = 1 } },
	{ "glob", "\"on\": \"rcpt\", \"to\": \"u*r@*a?p*.com\"",
	    { .stage = STAGE_RCPT, .to = user, .to_count = 1 },
	    { .stage = STAGE_RCPT, .to = other, .to_count = 1 } },
	{ "list of globs", "\"on\": \"rcpt\", \"to\": [\"x\", \"*.com\"]",
	    { .stage = STAGE_RCPT, .to = user, .to_count = 1 },
	    { .stage = STAGE_RCPT, .to = other, .to_count = 1 } },
	{ "one of the recipients", "\"on\": \"eod\", \"to\": \"c@*\"",
	    { .stage = STAGE_EOD, .to = both, .to_count = 2 },
	    { .stage = STAGE_EOD, .to = both, .to_count = 1 } },
	{ "null path", "\"on\": \"mail\", \"from\": \"\"",
	    { .stage = STAGE_MAIL },
	    { .stage = STAGE_MAIL, .from = TEXT("a@b") } },
	{ "size", "\"on\": \"eod\", \"size\": 100",
	    { .stage = STAGE_EOD, .size = 100 },
	    { .stage = STAGE_EOD, .size = 99 } },
	{ "body at its byte", "\"on\": \"body\", \"after\": 100",
	    { .stage = STAGE_BODY, .size = 100 },
	    { .stage = STAGE_BODY, .size = 0 } },
	{ "during, its first moment",
	    "\"on\": \"data\", \"during\": [\"5m\", \"10m\"]",
	    { .stage = STAGE_DATA, .now = START + 5 * UTIME_MINUTE },
	    { .stage = STAGE_DATA, .now = START + 5 * UTIME_MINUTE - 1 } },
	{ "during, its last moment",
	    "\"on\": \"data\", \"during\": [\"5m\", \"10m\"]",
	    { .stage = STAGE_DATA, .now = START + 10 * UTIME_MINUTE - 1 },
	    { .stage = STAGE_DATA, .now = START + 10 * UTIME_MINUTE } },
	{ "in, at first", "\"on\": \"data\", \"in\": \"start\"",
	    { .stage = STAGE_DATA }, { .stage = STAGE_EOD } },
	{ "client", "\"on\": \"connect\", \"client\": \"10.0.0.0/9\"",
	    { .stage = STAGE_CONNECT,
		.client = &(struct ip_address){ 4, { 10, 127, 0, 1 } } },
	    { .stage = STAGE_CONNECT,
		.client = &(struct ip_address){ 4, { 10, 128, 0, 1 } } } },
	{ "probability 0 and 1", "\"on\": \"data\", \"probability\": 1",
	    { .stage = STAGE_DATA }, { .stage = STAGE_EOD } },
};

static void
test_condition(void **state)
{
	const struct condition_row *row = *state;
	struct mock_scenario s;
	struct rule_book *b;
	struct rule_scope scope;
	struct buf rule = { 0 };
	uint64_t n = 0;

	buf_printf(&rule, "{%s, \"drop\": true}", row->rule);
	read_rules(&s, buf_cstr(&rule));
	b = book_of(&s);
	rule_scope_init(&scope, 1);
	assert_null(rule_book_ask(b, &scope, &row->no, &n));
	assert_ptr_equal(rule_book_ask(b, &scope, &row->yes, &n),
	    &s.hosts.at[0].rules.at[0]);
	assert_true(n == 1);
	assert_true(rule_book_acted(b, 0) == 1);
	rule_scope_fini(&scope);
	rule_book_destroy(&b);
	mock_scenario_fini(&s);
	buf_fini(&rule);
}

/* ---- counting ---- */

/* Occasions are letters; the answer has, for each, the number of the rule that
 * acted, or '-'.
 *	r, s	RCPT of two recipients (sender p)
 *	l	as r, its address in other letters
 *	q	RCPT of the first recipient, by sender q
 *	x	as r, of another client
 *	z, Z	as r, of a message of 10 or of 11 bytes
 *	m	a new message begins
 *	c	a new connection (and message) begins
 *	M, N	a message of 10 bytes for r, or for s, is taken
 *	B	one for two others is taken
 *	t	30 seconds pass */
struct count_row {
	const char *name, *rules, *occasions, *want;
};
#define RATE(n) ", \"rate\": {\"count\": " #n ", \"within\": \"1m\"}"
#define AT_RCPT "{\"on\": \"rcpt\", \"drop\": true"
static struct count_row count_rows[] = {
	{ "no condition", AT_RCPT "}", "rrr", "000" },
	{ "nth", AT_RCPT ", \"nth\": 2}", "rrrr", "-0--" },
	{ "nth, a list", AT_RCPT ", \"nth\": [1, 3]}", "rrrr", "0-0-" },
	{ "every", AT_RCPT ", \"every\": 3}", "rrrrrr", "--0--0" },
	{ "first", AT_RCPT ", \"first\": 2}", "rrrr", "00--" },
	{ "times", AT_RCPT ", \"times\": 2}", "rrrr", "00--" },
	{ "every and times", AT_RCPT ", \"every\": 2, \"times\": 2}", "rrrrrrr",
	    "-0-0---" },
	{ "per host counts all", AT_RCPT ", \"nth\": 2}", "rcsmr", "--0--" },
	{ "per connection", AT_RCPT ", \"nth\": 2, \"per\": \"connection\"}",
	    "rmrcrr", "--0--0" },
	{ "per message", AT_RCPT ", \"first\": 1, \"per\": \"message\"}",
	    "rsmrscr", "0--0--0" },
	{ "per recipient: greylisting",
	    AT_RCPT ", \"first\": 1, \"per\": \"recipient\"}", "rscrsr",
	    "00----" },
	{ "per recipient, whatever the case",
	    AT_RCPT ", \"first\": 1, \"per\": \"recipient\"}", "rlsl", "0-0-" },
	{ "per sender", AT_RCPT ", \"nth\": 2, \"per\": \"sender\"}", "rqsqr",
	    "--00-" },
	{ "times per recipient",
	    AT_RCPT ", \"times\": 2, \"per\": \"recipient\"}", "rrrss",
	    "00-00" },
	{ "an earlier rule that acts hides the occasion",
	    AT_RCPT ", \"first\": 2}, " AT_RCPT ", \"nth\": 1}", "rrrr",
	    "001-" },
	{ "one that holds and does not act hides nothing",
	    AT_RCPT ", \"nth\": 3}, " AT_RCPT ", \"nth\": [1, 2, 3]}", "rrrr",
	    "1101" },
	{ "what a condition keeps out is not counted",
	    AT_RCPT ", \"nth\": 2, \"to\": \"s@*\"}", "rsrrs", "----0" },
	{ "the first that acts", AT_RCPT "}, " AT_RCPT "}", "rr", "00" },
	{ "never", AT_RCPT ", \"probability\": 0}", "rrrr", "----" },
	{ "per client, across connections",
	    AT_RCPT ", \"nth\": 2, \"per\": \"client\"}", "rxcrsx", "---0-0" },
	{ "per triple", AT_RCPT ", \"first\": 1, \"per\": \"triple\"}",
	    "rrqsxcrqsx", "0-000-----" },
	{ "greylisting: too early for a minute",
	    AT_RCPT ", \"within\": \"1m\", \"per\": \"triple\"}", "rtrqtrttqr",
	    "0-00------" },
	{ "a rate", AT_RCPT RATE(2) "}", "rrrrtrtrrr", "--00-0---0" },
	{ "a window begins with the first occasion behind the last one",
	    AT_RCPT RATE(1) "}", "rtttrtrtr", "------0--" },
	{ "a rate per client", AT_RCPT RATE(1) ", \"per\": \"client\"}",
	    "rxrxctr", "--00--0" },
	{ "a quota of messages", AT_RCPT ", \"quota\": {\"messages\": 2}}",
	    "rrMrNrsttr", "-----00--0" },
	{ "a quota of bytes per recipient",
	    AT_RCPT ", \"per\": \"recipient\", \"quota\": {\"bytes\": 20}}",
	    "MrNsMrsc", "-----0--" },
	{ "what fits into a quota to the byte",
	    AT_RCPT ", \"quota\": {\"bytes\": 20}}", "ZMzZMzr", "---0-00" },
	{ "a quota of the host counts a message once",
	    AT_RCPT ", \"quota\": {\"messages\": 2}}", "Br", "--" },
	{ "a quota that is forgotten",
	    AT_RCPT ", \"quota\": {\"messages\": 1, \"within\": \"1m\"}}",
	    "rMrtrtrMrttr", "--0-0---0---" },
	{ "a quota counts whom the rule is for",
	    AT_RCPT ", \"to\": \"s@*\", \"quota\": {\"messages\": 1}}", "MsNsr",
	    "---0-" },
	{ "what is forgotten", AT_RCPT ", \"first\": 1, \"forget\": \"1m\"}",
	    "rtrtrttrr", "0------0-" },
	{ "a state",
	    AT_RCPT ", \"nth\": 2, \"set\": \"full\"}, " AT_RCPT
		    ", \"in\": \"full\", \"times\": 1, "
		    "\"set\": \"start\"}, " AT_RCPT
		    ", \"in\": [\"x\", \"start\"]}",
	    "rrrr", "2012" },
	{ "the scenario's state is another",
	    AT_RCPT ", \"nth\": 1, \"set\": \"x\", "
		    "\"scope\": \"scenario\"}, " AT_RCPT
		    ", \"in\": \"x\", \"times\": 1}, " AT_RCPT
		    ", \"in\": \"x\", \"scope\": \"scenario\"}",
	    "rrr", "022" },
};

static const struct slice r_address = TEXT("R@example.com");
static const struct slice l_address = TEXT("r@Example.com");
static const struct slice s_address = TEXT("s@example.com");

static struct occasion
occasion_of(char letter, utime now)
{
	static const struct ip_address one = { 4, { 10, 0, 0, 1 } };
	static const struct ip_address two = { 4, { 10, 0, 0, 2 } };

	return (struct occasion){
		.stage = STAGE_RCPT,
		.now = now,
		.from = letter == 'q' ? SLICE("q@a") : SLICE("p@a"),
		.to = letter == 's' || letter == 'N' ? &s_address
		    : letter == 'l'                  ? &l_address
						     : &r_address,
		.to_count = 1,
		.size = letter == 'z' ? 10
		    : letter == 'Z'   ? 11
				      : 0,
		.client = letter == 'x' ? &two : &one,
	};
}

static char
ask_letter(struct rule_book *b, struct rule_scope *scope,
    const struct mock_scenario *s, char letter, utime now)
{
	const struct occasion o = occasion_of(letter, now);
	const struct rule *rule;
	uint64_t n;

	rule = rule_book_ask(b, scope, &o, &n);
	return rule == NULL ? '-'
			    : (char)('0' + (rule - s->hosts.at[0].rules.at));
}

static void
test_count(void **state)
{
	const struct count_row *row = *state;
	struct mock_scenario s;
	struct rule_scope scope;
	struct rule_book *b;
	struct buf got = { 0 };
	utime now = START;

	read_rules(&s, row->rules);
	b = book_of(&s);
	rule_scope_init(&scope, s.hosts.at[0].rules.count);
	for (const char *c = row->occasions; *c != '\0'; c++) {
		if (*c == 'c') {
			rule_scope_fini(&scope);
			rule_scope_init(&scope, s.hosts.at[0].rules.count);
		}
		if (*c == 'm')
			rule_scope_begin_message(&scope);
		if (*c == 't')
			now += 30 * UTIME_S;
		if (*c == 'B') {
			static const struct slice two[] = { TEXT("a@b"),
				TEXT("c@d") };
			struct occasion taken = occasion_of(*c, now);

			taken.stage = STAGE_EOD;
			taken.to = two;
			taken.to_count = 2;
			rule_book_charge(b, &scope, &taken);
		}
		if (*c == 'M' || *c == 'N') {
			struct occasion taken = occasion_of(*c, now);

			taken.stage = STAGE_EOD;
			taken.size = 10;
			rule_book_charge(b, &scope, &taken);
		}
		if (strchr("cmtMNB", *c) != NULL)
			buf_append_byte(&got, '-');
		else
			buf_append_byte(
			    &got, ask_letter(b, &scope, &s, *c, now));
	}
	assert_slice(buf_slice(&got), row->want);
	rule_scope_fini(&scope);
	rule_book_destroy(&b);
	mock_scenario_fini(&s);
	buf_fini(&got);
}

/* ---- the rest ---- */

static void
test_probability(void **state)
{
	struct mock_scenario s;
	struct rule_scope scope;
	struct rule_book *a, *b;
	size_t hits = 0;

	(void)state;
	read_rules(&s, AT_RCPT ", \"probability\": 0.25}");
	a = book_of(&s);
	b = book_of(&s);
	rule_scope_init(&scope, 1);
	for (size_t i = 0; i < 10000; i++) {
		const char hit = ask_letter(a, &scope, &s, 'r', START);

		hits += hit == '0';
		assert_int_equal(hit, ask_letter(b, &scope, &s, 'r', START));
	}
	assert_in_range(hits, 2300, 2700);
	rule_scope_fini(&scope);
	rule_book_destroy(&a);
	rule_book_destroy(&b);
	mock_scenario_fini(&s);
}

/* The dice are thrown when all else is true, and then only. */
static void
test_dice(void **state)
{
	struct mock_scenario s;
	struct rule_scope scope;
	struct rule_book *a, *b;

	(void)state;
	read_rules(&s, AT_RCPT ", \"probability\": 0.5, \"to\": \"r@*\"}");
	a = book_of(&s);
	b = book_of(&s);
	rule_scope_init(&scope, 1);
	for (size_t i = 0; i < 100; i++) {
		const char hit = ask_letter(a, &scope, &s, 'r', START);

		assert_int_equal(ask_letter(b, &scope, &s, 's', START), '-');
		assert_int_equal(hit, ask_letter(b, &scope, &s, 'r', START));
	}
	rule_scope_fini(&scope);
	rule_book_destroy(&a);
	rule_book_destroy(&b);
	mock_scenario_fini(&s);
}

static void
test_next_body(void **state)
{
	struct mock_scenario s;
	struct rule_book *b;

	(void)state;
	read_rules(&s,
	    "{\"on\": \"body\", \"after\": 500, \"drop\": true},"
	    "{\"on\": \"body\", \"drop\": true},"
	    "{\"on\": \"body\", \"after\": 100, \"drop\": true}");
	b = book_of(&s);
	assert_true(rule_book_next_after(b, STAGE_BODY, 0) == 0);
	assert_true(rule_book_next_after(b, STAGE_BODY, 1) == 100);
	assert_true(rule_book_next_after(b, STAGE_BODY, 100) == 100);
	assert_true(rule_book_next_after(b, STAGE_BODY, 101) == 500);
	assert_true(rule_book_next_after(b, STAGE_BODY, 501) == UINT64_MAX);
	rule_book_destroy(&b);
	mock_scenario_fini(&s);
}

/* A host under load has a bound on what it remembers. */
static void
test_keys_are_bounded(void **state)
{
	struct mock_scenario s;
	struct rule_scope scope;
	struct rule_book *b;
	char text[32];
	struct slice to;
	uint64_t n;
	const struct occasion o = {
		.stage = STAGE_RCPT, .to = &to, .to_count = 1
	};

	(void)state;
	read_rules(&s, AT_RCPT ", \"first\": 1, \"per\": \"recipient\"}");
	b = book_of(&s);
	rule_scope_init(&scope, 1);
	for (size_t i = 0; i < RULE_KEYS_MAX; i++) {
		to = slice_of(
		    text, (size_t)snprintf(text, sizeof(text), "u%zu@a", i));
		assert_non_null(rule_book_ask(b, &scope, &o, &n));
	}
	assert_false(rule_book_overflowed(b));
	to = SLICE("beyond@a");
	assert_non_null(rule_book_ask(b, &scope, &o, &n));
	assert_true(rule_book_overflowed(b));
	to = SLICE("beyond2@a");
	assert_null(rule_book_ask(b, &scope, &o, &n));
	to = SLICE("u5@a");
	assert_null(rule_book_ask(b, &scope, &o, &n));
	rule_scope_fini(&scope);
	rule_book_destroy(&b);
	mock_scenario_fini(&s);
}

/* Rules come, go and change places while a connection keeps its counts. */
static void
test_arranged(void **state)
{
	static const size_t first[] = { 0 }, two[] = { 1, 0 },
			    three[] = { 2, 1, 0 };
	struct mock_scenario s;
	struct rule_scope scope;
	struct rule_book *b;
	const struct rule *rules;

	(void)state;
	read_rules(&s,
	    AT_RCPT ", \"per\": \"connection\", \"nth\": 2}, " AT_RCPT
		    ", \"per\": \"connection\", \"nth\": 1}, " AT_RCPT
		    ", \"per\": \"message\", \"match\": \".\", \"nth\": 1}");
	rules = s.hosts.at[0].rules.at;
	b = rule_book_new(rules, 1, 1, START);
	rule_scope_init(&scope, 1);
	assert_int_equal(ask_letter(b, &scope, &s, 'r', START), '-');
	assert_int_equal(rule_book_add(b, &rules[1]), 1);
	assert_int_equal(ask_letter(b, &scope, &s, 'r', START), '0');
	rule_book_arrange(b, two, 2);
	assert_int_equal(ask_letter(b, &scope, &s, 'r', START), '1');
	rule_book_arrange(b, NULL, 0);
	assert_int_equal(ask_letter(b, &scope, &s, 'r', START), '-');
	assert_int_equal(rule_book_add(b, &rules[2]), 2);
	rule_book_arrange(b, three, 3);
	assert_int_equal(ask_letter(b, &scope, &s, 'r', START), '-');
	rule_book_arrange(b, first, 1);
	assert_int_equal(ask_letter(b, &scope, &s, 'r', START), '-');
	assert_int_equal(rule_book_acted(b, 0), 1);
	assert_int_equal(rule_book_acted(b, 1), 1);
	rule_scope_fini(&scope);
	rule_book_destroy(&b);
	mock_scenario_fini(&s);
}

/* ---- speed ---- */

/* 100 rules of one kind, %d being the number of each, none of which holds for
 * the occasions that speed_row() asks about. */
static struct speed_row {
	const char *name, *rule;
} speed_rows[] = {
	{ "addresses",
	    "{\"on\": \"rcpt\", \"to\": \"user%d@example.org\", "
	    "\"drop\": true}" },
	{ "globs",
	    "{\"on\": \"rcpt\", \"to\": [\"bob%d@*\", "
	    "\"*@%d.example\"], \"drop\": true}" },
	{ "clients",
	    "{\"on\": \"rcpt\", \"client\": \"192.168.%d.0/24\", "
	    "\"drop\": true}" },
	{ "patterns",
	    "{\"on\": \"rcpt\", \"match\": \"<(bob|rob)%d@\", "
	    "\"drop\": true}" },
	{ "states",
	    "{\"on\": \"rcpt\", \"in\": \"state%d\", "
	    "\"drop\": true}" },
	{ "counts",
	    "{\"on\": \"rcpt\", \"nth\": 100000%d, "
	    "\"drop\": true}" },
	{ "stages",
	    "{\"on\": \"vrfy\", \"match\": \"%d\", "
	    "\"drop\": true}" },
};

static double
cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void
test_speed(void **state)
{
	enum {
		RULES = 100,
		BATCHES = 20,
		ASKED = 1000
	};
	const struct speed_row *row = *state;
	struct mock_scenario s;
	struct rule_scope scope;
	struct buf rules = { 0 };
	struct rule_book *b;
	struct occasion o = occasion_of('r', START);
	double least = 1e9;
	uint64_t n;

	for (int i = 0; i < RULES; i++) {
		struct slice rest = slice_cstr(row->rule);

		buf_append_cstr(&rules, i > 0 ? ", " : "");
		for (;;) {
			const size_t at = slice_find(rest, SLICE("%d"));

			buf_append(&rules, slice_sub(rest, 0, at));
			if (at == rest.len)
				break;
			buf_append_u64(&rules, (uint64_t)i);
			rest = slice_skip(rest, at + 2);
		}
	}
	read_rules(&s, buf_cstr(&rules));
	b = book_of(&s);
	rule_scope_init(&scope, RULES);
	o.argument = SLICE("TO:<R@example.com> NOTIFY=SUCCESS,FAILURE");
	/* What could be near is known by then. */
	for (int i = 0; i < 2000; i++)
		assert_null(rule_book_ask(b, &scope, &o, &n));
	for (int batch = 0; batch < BATCHES; batch++) {
		const double began = cpu_ns();
		double each;

		for (int i = 0; i < ASKED; i++)
			assert_null(rule_book_ask(b, &scope, &o, &n));
		each = (cpu_ns() - began) / ASKED;
		least = each < least ? each : least;
	}
	print_message(
	    "100 rules that do not hold, %s: %.0f ns\n", row->name, least);
	/* A limit that only a mistake would miss; ./dev bench rules has the
	 * real one. */
	assert_true(least < 200000);
	rule_scope_fini(&scope);
	rule_book_destroy(&b);
	mock_scenario_fini(&s);
	buf_fini(&rules);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, condition_rows, test_condition);
	ROWS(&kit, count_rows, test_count);
	TEST(&kit, test_probability);
	TEST(&kit, test_dice);
	TEST(&kit, test_next_body);
	TEST(&kit, test_keys_are_bounded);
	TEST(&kit, test_arranged);
	ROWS(&kit, speed_rows, test_speed);
	return kit_run(&kit, "rule");
}
