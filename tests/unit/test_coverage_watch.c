/* SPDX-License-Identifier: MIT */
/* A run that is watched: which cell a fault fills, by what is left to try. */
#include "harness/coverage/coverage.h"
#include "harness/judge/judge.h"
#include "tests/unit/kit.h"

#define LINES_MAX 8

#define RULE "\"rules\": [{\"on\": \"%s\", \"reply\": \"%s\"}]"

static struct row {
	const char *name;
	const char *route;
	const char *on, *reply; /* of a's rule */
	const char *lines[LINES_MAX];
	const char *cells; /* "stage fault left count", in the table's order */
} rows[] = {
	{ "at the greeting, another one of the same priority is left",
	    "[10.1.1.11]/pri=0, [10.1.1.12]/pri=0, [10.1.1.13]/pri=10",
	    "banner", "452 4.3.1 Full", { "T" }, "banner 4xx same 1" },
	{ "a worse one is left", "[10.1.1.11]/pri=0, [10.1.1.13]/pri=10",
	    "rcpt", "550 5.1.1 No",
	    { "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.11 port 25",
		"Delivery start DCID 1 MID 1 to RID [0]", "T" },
	    "rcpt 5xx worse 1" },
	{ "a better one is none that is left",
	    "[10.1.1.13]/pri=0, [10.1.1.11]/pri=10", "banner", "421 4.3.2 Bye",
	    { "T" }, "banner 421 none 1" },
	{ "none is left", "[10.1.1.11]", "eod", "451 4.3.0 Later",
	    { "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.11 port 25",
		"Delivery start DCID 1 MID 1 to RID [0]", "T" },
	    "eod 4xx none 1" },
	{ "one that is down is not left",
	    "[10.1.1.11]/pri=0, [10.1.1.12]/pri=0", "banner", "452 4.3.1 Full",
	    { "Connection Error: DCID 1 domain: example.com IP: 10.1.1.12 "
	      "port: 25 details: [Errno 61] Connection refused interface: "
	      "10.0.0.5 reason: network error",
		"T" },
	    "banner 4xx none 1" },
	{ "what a rule does and its bytes are one fault", "[10.1.1.11]",
	    "banner", "452 4.3.1 Full", { "T", "T" }, "banner 4xx none 1" },
	{ "another connection is another fault", "[10.1.1.11]", "banner",
	    "452 4.3.1 Full", { "T", "U" }, "banner 4xx none 2" },
	{ "no rule of the scenario", "[10.1.1.11]", "banner", "452 4.3.1 Full",
	    { "X" }, "" },
	{ "no fault", "[10.1.1.11]", "banner", "220 hello", { "T" }, "" },
	{ "nobody's mail", "[10.1.1.12]", "banner", "452 4.3.1 Full", { "T" },
	    "" },
};

struct fixture {
	struct plan *plan;
	struct judge *judge;
	struct coverage coverage;
	struct coverage_watch *watch;
};

static void
setup(struct fixture *f, const struct row *row)
{
	struct buf json = { 0 };
	struct err err;

	*f = (struct fixture){ 0 };
	buf_printf(&json,
	    "{\"title\": \"t\", \"routes\": [\"example.com %s\"], \"hosts\": "
	    "{\"a\": {\"address\": \"10.1.1.11\", " RULE "},"
	    "\"b\": {\"address\": \"10.1.1.12\"},"
	    "\"c\": {\"address\": \"10.1.1.13\"}}}",
	    row->route, row->on, row->reply);
	f->plan = plan_parse("w.json", buf_slice(&json), &err);
	if (f->plan == NULL)
		fail_msg("%s", err.msg);
	f->judge = judge_new(f->plan);
	f->watch =
	    coverage_watch_new(&f->coverage, f->plan, judge_ledger(f->judge));
	buf_fini(&json);
}

static void
say(struct fixture *f, const char *text)
{
	char stamp[UTIME_TEXT_MAX];
	struct buf line = { 0 };

	buf_printf(&line, "%s Info: %s\n",
	    utime_format_asctime(f->plan->start, stamp), text);
	judge_log_line(f->judge, buf_slice(&line), f->plan->start);
	coverage_watch_log(f->watch, buf_slice(&line));
	buf_fini(&line);
}

/* The rule of a acts on connection 1 (T) or 2 (U), or what is no rule (X). */
static void
act(struct fixture *f, char kind)
{
	struct transcript_event ev = { .kind = TRANSCRIPT_OUT,
		.time = f->plan->start,
		.host = "a",
		.connection = kind == 'U' ? 2 : 1,
		.server = { ip_v4(10, 1, 1, 11), 25 },
		.rule = f->plan->hosts.at[0].rules.at[0].place };

	if (kind == 'X')
		ev.rule = "elsewhere:1:1";
	coverage_watch_transcript(f->watch, &ev);
}

static void
append_cell(
    const struct coverage *c, unsigned stage, unsigned fault, struct buf *out)
{
	static const char *const faults[] = {
#define X(constant, name) [constant] = name,
		COVERAGE_FAULTS(X)
#undef X
	};
	static const char *const lefts[] = {
#define X(constant, name, words) [constant] = name,
		COVERAGE_LEFTS(X)
#undef X
	};

	for (unsigned left = 0; left < COVERAGE_LEFT_COUNT; left++) {
		uint64_t count = c->cells[stage][fault][left].count;

		if (count > 0)
			buf_printf(out, "%s%s %s %s %llu",
			    buf_len(out) > 0 ? "," : "",
			    smtp_stage_name((enum smtp_stage)stage),
			    faults[fault], lefts[left],
			    (unsigned long long)count);
	}
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct fixture f;
	struct buf got = { 0 }, wanted = { 0 };

	setup(&f, row);
	say(&f, "Start MID 1 ICID 1");
	say(&f, "MID 1 ICID 1 From: <s@example.net>");
	say(&f, "MID 1 ICID 1 RID 0 To: <u@example.com>");
	say(&f, "MID 1 queued for delivery");
	for (size_t i = 0; i < LINES_MAX && row->lines[i] != NULL; i++) {
		if (row->lines[i][1] == '\0')
			act(&f, row->lines[i][0]);
		else
			say(&f, row->lines[i]);
	}
	for (unsigned stage = 0; stage < COVERAGE_STAGES - 1; stage++)
		for (unsigned fault = 0; fault < COVERAGE_FAULT_COUNT; fault++)
			append_cell(&f.coverage, stage, fault, &got);
	buf_append_cstr(&wanted, row->cells);
	assert_string_equal(buf_cstr(&got), buf_cstr(&wanted));
	assert_int_equal(f.coverage.scenarios, 1);
	coverage_watch_destroy(&f.watch);
	judge_destroy(&f.judge);
	plan_destroy(&f.plan);
	coverage_fini(&f.coverage);
	buf_fini(&got);
	buf_fini(&wanted);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	return kit_run(&kit, "coverage_watch");
}
