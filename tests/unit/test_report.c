/* SPDX-License-Identifier: MIT */
/* What people and programs are told of a result, verbatim. */
#include "harness/report/report.h"

#include "core/maillog/parser.h"
#include "tests/unit/kit.h"

static const char scenario[] =
    "{\"title\": \"Two hosts\", \"case\": \"C1\", \"hosts\": {"
    "\"mx1\": {\"address\": \"10.1.1.1\"},"
    "\"mx2\": {\"address\": \"10.1.1.2\"}}}";

struct fixture {
	struct plan *plan;
	struct result result;
	struct report_entry entry;
	struct buf out;
};

static void
setup(struct fixture *f)
{
	struct err err;

	memset(f, 0, sizeof(*f));
	f->plan = plan_parse("f.json", slice_cstr(scenario), &err);
	assert_non_null(f->plan);
	result_init(&f->result, f->plan, 1);
	f->result.span = 90 * UTIME_MINUTE;
	f->result.wall_span = 2600;
	f->entry = (struct report_entry){
		.number = 1,
		.file = f->plan->file,
		.variant = "",
		.title = f->plan->title,
		.replay = "faultpost run -v f.json",
		.result = &f->result,
	};
}

static void
tell_as(struct fixture *f, const struct report_format *format,
    const struct report_style *style)
{
	if (f->entry.result != NULL)
		f->entry.verdict = report_verdict_of(f->entry.result);
	format->scenario(&f->entry, style, &f->out);
}

static void
tell(struct fixture *f, const struct report_style *style)
{
	tell_as(f, &report_human, style);
}

static void
teardown(struct fixture *f)
{
	result_fini(&f->result);
	plan_destroy(&f->plan);
	buf_fini(&f->out);
}

static void
say(struct fixture *f, utime ms, const char *text)
{
	utime now = f->plan->start + ms * UTIME_MS;
	struct maillog_parser parser;
	struct maillog_event ev;
	struct buf line = { 0 };

	maillog_parser_init(&parser, 0);
	buf_printf(&line, "Wed Jul  2 09:15:07 2014 Info: %s\n", text);
	assert_true(maillog_parse(&parser, buf_slice(&line), &ev));
	story_log(f->result.story, &ev, now);
	if (f->result.evidence != NULL)
		(void)evidence_log(f->result.evidence, buf_slice(&line), now);
	buf_fini(&line);
	maillog_parser_fini(&parser);
}

static void
deliver(struct fixture *f)
{
	say(f, 4,
	    "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.1 port 25");
	say(f, 5, "Delivery start DCID 1 MID 1 to RID [0, 1]");
	say(f, 6, "Message done DCID 1 MID 1 to RID [0, 1]");
	say(f, 5006, "DCID 1 close");
}

static void
judge(struct fixture *f, enum finding_kind kind, struct judgement judgement)
{
	struct result *r = &f->result;

	r->findings = xgrow(r->findings, &r->finding_cap, r->finding_count + 1,
	    sizeof(*r->findings));
	r->findings[r->finding_count++] = (struct finding){ kind, judgement };
}

static void
fail_twice(struct fixture *f)
{
	judge(f, FINDING_EXPECTATION,
	    (struct judgement){
		.verdict = VERDICT_FAILED,
		.subject = "expect[0] attempts",
		.because = "mx2 is the standby",
		.place = "f.json:9:4",
		.wanted = "mx1, mx2",
		.found = "mx1\nand then nothing",
		.nearest = "mx1",
		.at = f->plan->start + 5 * UTIME_MS,
		.failures = 1,
	    });
	judge(f, FINDING_INVARIANT,
	    (struct judgement){
		.verdict = VERDICT_FAILED,
		.subject = "invariant rotation",
		.wanted = "mx2",
		.found = "mx1",
		.at = UTIME_NEVER,
		.failures = 3,
	    });
	judge(f, FINDING_INVARIANT,
	    (struct judgement){
		.verdict = VERDICT_HELD,
		.subject = "invariant priority",
		.at = UTIME_NEVER,
	    });
}

static void
test_held(void **state)
{
	struct report_style plain = { 0 },
			    verbose = { .colour = true, .verbose = true };
	struct fixture f;

	(void)state;
	setup(&f);
	deliver(&f);
	tell(&f, &plain);
	assert_slice(buf_slice(&f.out),
	    "ok   f.json  Two hosts  "
	    "(2 delivered, 1:30:00.000 virtual, 3 ms)\n");
	buf_clear(&f.out);
	tell(&f, &verbose);
	assert_slice(buf_slice(&f.out),
	    "\033[32mok  \033[0m f.json  Two hosts  "
	    "(2 delivered, 1:30:00.000 virtual, 3 ms)\n"
	    "               mx1\n"
	    "  0:00:00.004  #1 ok 1\n");
	teardown(&f);
}

static void
test_failed(void **state)
{
	struct report_style plain = { 0 };
	struct fixture f;

	(void)state;
	setup(&f);
	f.entry.replay = "faultpost run -v --seed 7 f.json";
	fail_twice(&f);
	result_focus(&f.result);
	deliver(&f);
	evidence_finish(f.result.evidence);
	tell(&f, &plain);
	assert_slice(buf_slice(&f.out),
	    "FAIL f.json  Two hosts  "
	    "(2 delivered, 1:30:00.000 virtual, 3 ms)\n"
	    "  f.json:9:4  expect[0] attempts at 0:00:00.005\n"
	    "    because   mx2 is the standby\n"
	    "    wanted    mx1, mx2\n"
	    "    found     mx1\n"
	    "              and then nothing\n"
	    "    nearest   mx1\n"
	    "  log (--log FILE: all of it)\n"
	    "       1  0:00:00.004  New SMTP DCID 1 interface 10.0.0.5 address "
	    "10.1.1.1 port 25\n"
	    "  >    2  0:00:00.005  Delivery start DCID 1 MID 1 to RID [0, 1]\n"
	    "       3  0:00:00.006  Message done DCID 1 MID 1 to RID [0, 1]\n"
	    "       4  0:00:05.006  DCID 1 close\n"
	    "  f.json  invariant rotation, the first of 3\n"
	    "    wanted    mx2\n"
	    "    found     mx1\n"
	    "  story\n"
	    "                 mx1\n"
	    "    0:00:00.004  #1 ok 1\n"
	    "  replay\n"
	    "    faultpost run -v --seed 7 f.json\n");
	teardown(&f);
}

/* Two failures of one moment share what is quoted, and one at another has its
 * own, in the order in which they were found. */
static void
test_shared(void **state)
{
	struct report_style plain = { 0 };
	struct fixture f;
	struct judgement j = {
		.verdict = VERDICT_FAILED,
		.subject = "invariant one",
		.wanted = "w",
		.found = "f",
		.failures = 1,
		.at = UTIME_NEVER,
		.line = 1,
	};

	(void)state;
	setup(&f);
	judge(&f, FINDING_INVARIANT, j);
	j.subject = "invariant two";
	j.line = 10;
	judge(&f, FINDING_INVARIANT, j);
	j.subject = "invariant three";
	j.line = 2;
	judge(&f, FINDING_INVARIANT, j);
	result_focus(&f.result);
	assert_int_equal(evidence_count(f.result.evidence), 2);
	for (int i = 1; i <= 12; i++)
		say(&f, i, "ICID 1 close");
	evidence_finish(f.result.evidence);
	tell(&f, &plain);
	assert_slice(buf_slice(&f.out),
	    "FAIL f.json  Two hosts  (1:30:00.000 virtual, 3 ms)\n"
	    "  f.json  invariant one\n"
	    "    wanted    w\n"
	    "    found     f\n"
	    "  f.json  invariant three\n"
	    "    wanted    w\n"
	    "    found     f\n"
	    "  log (--log FILE: all of it)\n"
	    "  >    1  0:00:00.001  ICID 1 close\n"
	    "       2  0:00:00.002  ICID 1 close\n"
	    "       3  0:00:00.003  ICID 1 close\n"
	    "  f.json  invariant two\n"
	    "    wanted    w\n"
	    "    found     f\n"
	    "  log (--log FILE: all of it)\n"
	    "       6  0:00:00.006  ICID 1 close\n"
	    "       7  0:00:00.007  ICID 1 close\n"
	    "       8  0:00:00.008  ICID 1 close\n"
	    "       9  0:00:00.009  ICID 1 close\n"
	    "  >   10  0:00:00.010  ICID 1 close\n"
	    "      11  0:00:00.011  ICID 1 close\n"
	    "      12  0:00:00.012  ICID 1 close\n"
	    "  replay\n"
	    "    faultpost run -v f.json\n");
	teardown(&f);
}

static struct invariant_row {
	const char *name;
	enum invariant which;
	const char *wanted; /* as the page folds it */
	const char *found;
} invariant_rows[] = {
	{ "conservation", INV_CONSERVATION,
	    "each accepted recipient is exactly once delivered, bounced, "
	    "dropped or still queued",
	    "line 2: RID 0 ended twice" },
	{ "no-duplicate", INV_NO_DUPLICATE,
	    "no recipient is delivered twice, save where the reply to the end "
	    "of data was lost",
	    "line 2: delivered again" },
	{ "priority", INV_PRIORITY,
	    "no attempt goes to a worse priority while a better candidate is "
	    "neither tried in the\n"
	    "                round nor known to be down",
	    "line 2: mx2 before mx1" },
	{ "rotation", INV_ROTATION,
	    "each connection goes to the first eligible candidate after the "
	    "one opened last for its\n"
	    "                domain and priority",
	    "line 2: mx1 again" },
	{ "back-off", INV_BACK_OFF,
	    "no round before its time, none after expiry, none missed",
	    "line 2: too early" },
	{ "permanence", INV_PERMANENCE,
	    "a recipient ends only by delivery, a 5xx to it, a hard DNS error, "
	    "expiry, /dev/null or\n"
	    "                an operator, and is never seen after that",
	    "line 2: bounced for a 4xx" },
	{ "limits", INV_LIMITS,
	    "no more connections, messages on one, or recipients in a period "
	    "than destination\n"
	    "                controls and concurrency allow",
	    "line 2: one too many" },
	{ "two-witnesses", INV_TWO_WITNESSES,
	    "each New SMTP DCID has its connection in a transcript, each "
	    "Message done its 250, and\n"
	    "                the other way round",
	    "line 2: no connection" },
	{ "protocol", INV_PROTOCOL,
	    "the relay's side of every dialogue obeys RFC 5321",
	    "line 2: DATA before RCPT" },
};

/* The page of each invariant, for a relay that would break it. */
static void
test_invariant(void **state)
{
	const struct invariant_row *row = *state;
	struct report_style plain = { 0 };
	struct buf want = { 0 }, subject = { 0 };
	struct fixture f;

	setup(&f);
	buf_printf(&subject, "invariant %s", invariant_name(row->which));
	judge(&f, FINDING_INVARIANT,
	    (struct judgement){
		.verdict = VERDICT_FAILED,
		.subject = buf_cstr(&subject),
		.wanted = invariant_text(row->which),
		.found = row->found,
		.at = f.plan->start + 5 * UTIME_MS,
		.line = 2,
		.failures = 1,
	    });
	result_focus(&f.result);
	deliver(&f);
	evidence_finish(f.result.evidence);
	tell(&f, &plain);
	buf_printf(&want,
	    "FAIL f.json  Two hosts  "
	    "(2 delivered, 1:30:00.000 virtual, 3 ms)\n"
	    "  f.json  invariant %s at 0:00:00.005\n"
	    "    wanted    %s\n"
	    "    found     %s\n"
	    "  log (--log FILE: all of it)\n"
	    "       1  0:00:00.004  New SMTP DCID 1 interface 10.0.0.5 address "
	    "10.1.1.1 port 25\n"
	    "  >    2  0:00:00.005  Delivery start DCID 1 MID 1 to RID [0, 1]\n"
	    "       3  0:00:00.006  Message done DCID 1 MID 1 to RID [0, 1]\n"
	    "       4  0:00:05.006  DCID 1 close\n"
	    "  story\n"
	    "                 mx1\n"
	    "    0:00:00.004  #1 ok 1\n"
	    "  replay\n"
	    "    faultpost run -v f.json\n",
	    row->name, row->wanted, row->found);
	assert_slices_equal(buf_slice(&f.out), buf_slice(&want));
	buf_fini(&want);
	buf_fini(&subject);
	teardown(&f);
}

static struct title_row {
	const char *name, *title;
	size_t columns;
	const char *line;
} title_rows[] = {
	{ "whole in a pipe", "Twenty-six letters, no more", 0,
	    "ok   f.json  Twenty-six letters, no more  "
	    "(1:30:00.000 virtual, 3 ms)\n" },
	{ "fits", "Twenty-six letters, no more", 69,
	    "ok   f.json  Twenty-six letters, no more  "
	    "(1:30:00.000 virtual, 3 ms)\n" },
	{ "cut", "Twenty-six letters, no more", 68,
	    "ok   f.json  Twenty-six letters, no ...  "
	    "(1:30:00.000 virtual, 3 ms)\n" },
	{ "never to nothing", "Twenty-six letters, no more", 10,
	    "ok   f.json  Twenty-six letter...  "
	    "(1:30:00.000 virtual, 3 ms)\n" },
	{ "between characters",
	    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
	    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 a word or two",
	    10,
	    "ok   f.json  \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
	    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 a word...  "
	    "(1:30:00.000 virtual, 3 ms)\n" },
	{ "one line of text", "a\nb\033[0m\xc2\x9b", 0,
	    "ok   f.json  a\\x0ab\\x1b[0m\\xc2\\x9b  "
	    "(1:30:00.000 virtual, 3 ms)\n" },
};

static void
test_title(void **state)
{
	const struct title_row *row = *state;
	struct report_style style = { .columns = row->columns };
	struct fixture f;

	setup(&f);
	f.entry.title = row->title;
	tell(&f, &style);
	assert_slice(buf_slice(&f.out), row->line);
	teardown(&f);
}

static void
test_stopped(void **state)
{
	struct report_style plain = { 0 };
	struct fixture f;

	(void)state;
	setup(&f);
	f.result.is_stopped = true;
	deliver(&f);
	tell(&f, &plain);
	assert_slice(buf_slice(&f.out),
	    "stop f.json  Two hosts  "
	    "(interrupted; 2 delivered, 1:30:00.000 virtual, 3 ms)\n");
	teardown(&f);
}

static void
test_json(void **state)
{
	struct report_style plain = { 0 };
	struct fixture f;
	struct err err;

	(void)state;
	setup(&f);
	fail_twice(&f);
	tell_as(&f, &report_json, &plain);
	assert_slice(buf_slice(&f.out),
	    "\n{\"file\":\"f.json\",\"case\":\"C1\",\"title\":\"Two hosts\","
	    "\"verdict\":\"failed\",\"seed\":1,\"seconds_wall\":0.0026,"
	    "\"seconds_virtual\":5400.0,\"expectations\":["
	    "{\"subject\":\"expect[0] attempts\",\"verdict\":\"failed\","
	    "\"place\":\"f.json:9:4\",\"because\":\"mx2 is the standby\","
	    "\"wanted\":\"mx1, mx2\",\"found\":\"mx1\\nand then nothing\","
	    "\"nearest\":\"mx1\",\"seconds_virtual\":0.005,\"failures\":1}],"
	    "\"invariants\":["
	    "{\"subject\":\"invariant rotation\",\"verdict\":\"failed\","
	    "\"wanted\":\"mx2\",\"found\":\"mx1\",\"failures\":3},"
	    "{\"subject\":\"invariant priority\",\"verdict\":\"held\"}],"
	    "\"endings\":[],\"fairness\":[],\"requeue\":[],"
	    "\"replay\":\"faultpost run -v f.json\"}");
	buf_clear(&f.out);
	err_at(&err, "g.json", 3, 4, "it is \"wrong\"");
	f.entry = (struct report_entry){
		.number = 2,
		.file = "g.json",
		.variant = "one",
		.verdict = REPORT_INVALID,
		.err = &err,
	};
	tell_as(&f, &report_json, &plain);
	assert_slice(buf_slice(&f.out),
	    ",\n{\"file\":\"g.json\",\"variant\":\"one\",\"verdict\":\"invalid\","
	    "\"error\":\"g.json:3:4: it is \\\"wrong\\\"\"}");
	teardown(&f);
}

static struct totals_row {
	const char *name;
	struct report_totals totals;
	const char *line;
} totals_rows[] = {
	{ "one", { .held = 1, .wall_span = 400 }, "1 scenario, held (0 ms)\n" },
	{ "all", { .held = 3, .wall_span = 12500 },
	    "3 scenarios, all held (13 ms)\n" },
	{ "some", { .held = 2, .failed = 1 },
	    "3 scenarios, 1 failed (0 ms)\n" },
	{ "errors", { .held = 2, .failed = 1, .errors = 1 },
	    "4 scenarios, 2 failed (0 ms)\n" },
	{ "stopped", { .held = 2, .interrupted = 1, .is_interrupted = true },
	    "3 scenarios, 2 held, interrupted (0 ms)\n" },
	{ "failed and stopped",
	    { .held = 2,
		.failed = 1,
		.interrupted = 1,
		.is_interrupted = true },
	    "4 scenarios, 1 failed, interrupted (0 ms)\n" },
	{ "cut", { .planned = 9, .held = 2, .failed = 1, .is_cut = true },
	    "3 scenarios, 1 failed, 6 not run (0 ms)\n" },
	{ "cut at the last",
	    { .planned = 3, .held = 2, .failed = 1, .is_cut = true },
	    "3 scenarios, 1 failed (0 ms)\n" },
	{ "checked", { .held = 2, .is_check = true }, "" },
};

static void
test_totals(void **state)
{
	const struct totals_row *row = *state;
	struct report_style plain = { 0 };
	struct buf out = { 0 };

	report_human.end(&row->totals, &plain, &out);
	assert_slice(buf_slice(&out), row->line);
	buf_fini(&out);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_held);
	TEST(&kit, test_failed);
	TEST(&kit, test_shared);
	ROWS(&kit, invariant_rows, test_invariant);
	ROWS(&kit, title_rows, test_title);
	TEST(&kit, test_stopped);
	TEST(&kit, test_json);
	ROWS(&kit, totals_rows, test_totals);
	return kit_run(&kit, "report");
}
