/* SPDX-License-Identifier: MIT */
/* What people and programs are told of a result, verbatim. */
#include "harness/report.h"
#include "tests/unit/kit.h"

static const char scenario[] =
    "{\"title\": \"Two hosts\", \"case\": \"C1\", \"hosts\": {"
    "\"mx1\": {\"address\": \"10.1.1.1\"},"
    "\"mx2\": {\"address\": \"10.1.1.2\"}}}";

struct fixture {
	struct plan *plan;
	struct result result;
	struct buf out;
};

static void
setup(struct fixture *f)
{
	struct err err;

	memset(f, 0, sizeof(*f));
	f->plan = plan_parse("f.json", slice_cstr(scenario), &err);
	assert_non_null(f->plan);
	f->result.plan = f->plan;
	f->result.seed = 1;
	f->result.story = story_new(f->plan);
	f->result.span = 90 * UTIME_MINUTE;
	f->result.wall_span = 2600;
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
	struct buf line = { 0 };

	buf_printf(&line, "Wed Jul  2 09:15:07 2014 Info: %s\n", text);
	story_log(f->result.story, buf_slice(&line), now);
	excerpt_add(&f->result.excerpt, buf_slice(&line), now);
	buf_fini(&line);
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
	struct report_style plain = { 0 }, verbose = { true, true };
	struct fixture f;

	(void)state;
	setup(&f);
	deliver(&f);
	report_scenario(&f.result, &plain, &f.out);
	assert_slice(buf_slice(&f.out),
	    "ok   f.json  Two hosts  "
	    "(2 delivered, 1:30:00.000 virtual, 3 ms)\n");
	buf_clear(&f.out);
	report_scenario(&f.result, &verbose, &f.out);
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
	f.result.seed = 7;
	deliver(&f);
	fail_twice(&f);
	report_scenario(&f.result, &plain, &f.out);
	assert_slice(buf_slice(&f.out),
	    "FAIL f.json  Two hosts  "
	    "(2 delivered, 1:30:00.000 virtual, 3 ms)\n"
	    "  f.json:9:4  expect[0] attempts at 0:00:00.005\n"
	    "    because   mx2 is the standby\n"
	    "    wanted    mx1, mx2\n"
	    "    found     mx1\n"
	    "              and then nothing\n"
	    "    nearest   mx1\n"
	    "  f.json  invariant rotation, the first of 3\n"
	    "    wanted    mx2\n"
	    "    found     mx1\n"
	    "  log (around it; --log FILE keeps it all)\n"
	    "    Wed Jul  2 09:15:07 2014 Info: New SMTP DCID 1 interface "
	    "10.0.0.5 address 10.1.1.1 port 25\n"
	    "    Wed Jul  2 09:15:07 2014 Info: Delivery start DCID 1 MID 1 "
	    "to RID [0, 1]\n"
	    "    Wed Jul  2 09:15:07 2014 Info: Message done DCID 1 MID 1 to "
	    "RID [0, 1]\n"
	    "    Wed Jul  2 09:15:07 2014 Info: DCID 1 close\n"
	    "  story (-v: all)\n"
	    "                 mx1\n"
	    "    0:00:00.004  #1 ok 1\n"
	    "  replay\n"
	    "    faultpost run -v --seed 7 f.json\n");
	teardown(&f);
}

static void
test_json(void **state)
{
	struct fixture f;
	struct err err;

	(void)state;
	setup(&f);
	fail_twice(&f);
	report_json(&f.result, &f.out);
	assert_slice(buf_slice(&f.out),
	    "{\"file\":\"f.json\",\"case\":\"C1\",\"title\":\"Two hosts\","
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
	    "\"endings\":[]}");
	buf_clear(&f.out);
	err_at(&err, "g.json", 3, 4, "it is \"wrong\"");
	report_json_invalid("g.json", &err, &f.out);
	assert_slice(buf_slice(&f.out),
	    "{\"file\":\"g.json\",\"verdict\":\"invalid\","
	    "\"error\":\"g.json:3:4: it is \\\"wrong\\\"\"}");
	teardown(&f);
}

static struct totals_row {
	const char *name;
	struct report_totals totals;
	const char *line;
} totals_rows[] = {
	{ "one", { 1, 0, 400 }, "1 scenario, held (0 ms)\n" },
	{ "all", { 3, 0, 12500 }, "3 scenarios, all held (13 ms)\n" },
	{ "some", { 2, 1, 0 }, "3 scenarios, 1 failed (0 ms)\n" },
};

static void
test_totals(void **state)
{
	const struct totals_row *row = *state;
	struct report_style plain = { 0 };
	struct buf out = { 0 };

	report_totals(&row->totals, &plain, &out);
	assert_slice(buf_slice(&out), row->line);
	buf_fini(&out);
}

/* A failure late in a long log shows the lines around it, and those that are
 * not kept are left out. */
static void
test_excerpt(void **state)
{
	struct excerpt *e = xcalloc(1, sizeof(*e));
	struct buf line = { 0 }, out = { 0 };

	(void)state;
	for (int i = 0; i < 3 * EXCERPT_KEEP; i++) {
		buf_clear(&line);
		buf_printf(&line, "line %d\n", i);
		excerpt_add(e, buf_slice(&line), i);
	}
	excerpt_format(e, 100, 3, 1, &out);
	assert_slice(buf_slice(&out), " line 99\n line 100\n line 101\n");
	buf_clear(&out);
	excerpt_format(e, UTIME_NEVER, 2, 0, &out);
	assert_slice(buf_slice(&out), "line 1498\nline 1499\n");
	buf_clear(&out);
	excerpt_format(e, 499, 3, 0, &out);
	assert_slice(buf_slice(&out), "line 498\nline 499\n");
	excerpt_fini(e);
	free(e);
	buf_fini(&line);
	buf_fini(&out);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_held);
	TEST(&kit, test_failed);
	TEST(&kit, test_json);
	ROWS(&kit, totals_rows, test_totals);
	TEST(&kit, test_excerpt);
	return kit_run(&kit, "report");
}
