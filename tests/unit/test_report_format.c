/* SPDX-License-Identifier: MIT */
/* The formats for CI servers, verbatim, with what would break each of them. */
#include "harness/report/report.h"

#include "tests/unit/kit.h"

static const char scenario[] = "{\"title\": \"Two hosts\", \"hosts\": {"
			       "\"mx1\": {\"address\": \"10.1.1.1\"}}}";

struct fixture {
	struct plan *plan;
	struct result result;
	struct err err;
	struct report_totals totals;
	uint64_t number;
	struct buf out;
};

static void
setup(struct fixture *f)
{
	struct err err;

	memset(f, 0, sizeof(*f));
	f->plan = plan_parse("a/b.c.scenario.json", slice_cstr(scenario), &err);
	assert_non_null(f->plan);
	result_init(&f->result, f->plan, 7);
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
break_it(struct fixture *f, const char *place, const char *subject,
    const char *wanted, const char *found)
{
	struct judgement *j =
	    result_add_ending(&f->result, subject, place, wanted, "%s", found);

	j->because = "it is so";
}

static void
tell(struct fixture *f, const struct report_format *format,
    struct report_entry entry)
{
	static const struct report_style plain = { 0 };

	entry.number = ++f->number;
	entry.variant = entry.variant != NULL ? entry.variant : "";
	entry.replay = "faultpost run -v 'a b'";
	if (entry.result != NULL)
		entry.verdict = report_verdict_of(entry.result);
	report_totals_add(&f->totals, entry.verdict);
	format->scenario(&entry, &plain, &f->out);
}

/* One that holds, one that fails in what may not stand in the format, one that
 * is no scenario, one of a program that failed, and one that was stopped. */
static void
tell_all(struct fixture *f, const struct report_format *format)
{
	const char *file = f->plan->file;
	struct result held = { .plan = f->plan, .wall_span = 1 };
	struct report_entry entry = { .file = file,
		.variant = "stage=mail",
		.title = "#1 \\ <a> & \"b\"",
		.is_repeated = true,
		.result = &held };

	held.seed = 8;
	held.story = story_new(f->plan);
	tell(f, format, entry);
	story_destroy(&held.story);
	break_it(f, "a/b.c.scenario.json:3:4", "expect[0] log", "100%, a:b",
	    "one\ntwo \x1b[0m\xff <&\">");
	break_it(f, NULL, "queue", "w", "f");
	tell(f, format,
	    (struct report_entry){
		.file = file, .title = "T", .result = &f->result });
	err_at(&f->err, file, 5, 6, "it is \"wrong\"");
	tell(f, format,
	    (struct report_entry){ .file = file,
		.title = "",
		.verdict = REPORT_INVALID,
		.err = &f->err });
	err_at(&f->err, file, 0, 0, "it died");
	tell(f, format,
	    (struct report_entry){ .file = "./x,y/z",
		.title = "T",
		.verdict = REPORT_ERROR,
		.err = &f->err });
	tell(f, format,
	    (struct report_entry){
		.file = file, .title = "T", .verdict = REPORT_INTERRUPTED });
}

static void
end(struct fixture *f, const struct report_format *format)
{
	static const struct report_style plain = { 0 };

	f->totals.planned = 6;
	f->totals.is_interrupted = true;
	f->totals.wall_span = 1500000;
	if (format->end != NULL)
		format->end(&f->totals, &plain, &f->out);
	if (format->begin != NULL)
		format->begin(&f->totals, &plain, &f->out);
}

#define PAGE(indent)                                                           \
	indent "  a/b.c.scenario.json:3:4  expect[0] log\n" indent             \
	       "    because   it is so\n" indent                               \
	       "    wanted    100%, a:b\n" indent "    found     one\n" indent

static void
test_tap(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	tell_all(&f, &report_tap);
	end(&f, &report_tap);
	assert_slice(buf_slice(&f.out),
	    "ok 1 - a/b.c.scenario.json[stage=mail]: \\#1 \\\\ <a> & \"b\" "
	    "(seed 8)\n"
	    "not ok 2 - a/b.c.scenario.json: T\n"
	    "  ---\n"
	    "  message: \"expect[0] log: wanted 100%, a:b; found one two "
	    "\\\\x1b[0m\\\\xff <&\\\"> (and 1 more)\"\n"
	    "  severity: \"fail\"\n"
	    "  at:\n"
	    "    file: \"a/b.c.scenario.json\"\n"
	    "    line: 3\n"
	    "    column: 4\n"
	    "  replay: \"faultpost run -v 'a b'\"\n"
	    "  page: |2\n" PAGE(
		"    ") "              two \\x1b[0m\\xff "
			"<&\">\n"
			"      a/b.c.scenario.json  queue\n"
			"        because   it is so\n"
			"        wanted    w\n"
			"        found     f\n"
			"      replay\n"
			"        faultpost run -v 'a b'\n"
			"  ...\n"
			"not ok 3 - a/b.c.scenario.json\n"
			"  ---\n"
			"  message: \"it is \\\"wrong\\\"\"\n"
			"  severity: \"error\"\n"
			"  at:\n"
			"    file: \"a/b.c.scenario.json\"\n"
			"    line: 5\n"
			"    column: 6\n"
			"  replay: \"faultpost run -v 'a b'\"\n"
			"  ...\n"
			"not ok 4 - ./x,y/z: T\n"
			"  ---\n"
			"  message: \"it died\"\n"
			"  severity: \"error\"\n"
			"  at:\n"
			"    file: \"./x,y/z\"\n"
			"  replay: \"faultpost run -v 'a b'\"\n"
			"  ...\n"
			"ok 5 - a/b.c.scenario.json: T # SKIP interrupted\n"
			"Bail out! interrupted\n"
			"TAP version 14\n"
			"1..6\n");
	teardown(&f);
}

static void
test_junit(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	tell_all(&f, &report_junit);
	end(&f, &report_junit);
	assert_slice(buf_slice(&f.out),
	    "    <testcase classname=\"a.b_c\" name=\"#1 \\ &lt;a&gt; &amp; "
	    "&#34;b&#34; [stage=mail] [seed 8]\" "
	    "file=\"a/b.c.scenario.json\" time=\"0.000001\"/>\n"
	    "    <testcase classname=\"a.b_c\" name=\"T\" "
	    "file=\"a/b.c.scenario.json\" time=\"0.002600\">\n"
	    "      <failure message=\"expect[0] log: wanted 100%, a:b; found "
	    "one two \\x1b[0m\\xff &lt;&amp;&#34;&gt; (and 1 more)\" "
	    "type=\"failed\">" PAGE(
		"") "              two \\x1b[0m\\xff "
		    "&lt;&amp;\"&gt;\n"
		    "  a/b.c.scenario.json  queue\n"
		    "    because   it is so\n"
		    "    wanted    w\n"
		    "    found     f\n"
		    "  replay\n"
		    "    faultpost run -v 'a b'\n"
		    "</failure>\n"
		    "    </testcase>\n"
		    "    <testcase classname=\"a.b_c\" name=\"a/b.c.scenario.json\" "
		    "file=\"a/b.c.scenario.json\" time=\"0.000000\">\n"
		    "      <error message=\"it is &#34;wrong&#34;\" type=\"invalid\">"
		    "a/b.c.scenario.json:5:6: it is \"wrong\"\n"
		    "  replay\n"
		    "    faultpost run -v 'a b'\n"
		    "</error>\n"
		    "    </testcase>\n"
		    "    <testcase classname=\"x,y.z\" name=\"T\" file=\"./x,y/z\" "
		    "time=\"0.000000\">\n"
		    "      <error message=\"it died\" type=\"error\">"
		    "a/b.c.scenario.json: it died\n"
		    "  replay\n"
		    "    faultpost run -v 'a b'\n"
		    "</error>\n"
		    "    </testcase>\n"
		    "    <testcase classname=\"a.b_c\" name=\"T\" "
		    "file=\"a/b.c.scenario.json\" time=\"0.000000\">\n"
		    "      <skipped message=\"interrupted\"/>\n"
		    "    </testcase>\n"
		    "  </testsuite>\n"
		    "</testsuites>\n"
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		    "<testsuites name=\"faultpost\" tests=\"5\" failures=\"1\" "
		    "errors=\"2\" skipped=\"1\" time=\"1.500000\">\n"
		    "  <testsuite name=\"faultpost\" tests=\"5\" failures=\"1\" "
		    "errors=\"2\" skipped=\"1\" time=\"1.500000\">\n");
	teardown(&f);
}

static void
test_github(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	tell_all(&f, &report_github);
	end(&f, &report_github);
	assert_slice(buf_slice(&f.out),
	    "::error file=a/b.c.scenario.json,line=3,col=4,title=expect[0] "
	    "log::T%0Abecause it is so%0Awanted 100%25, a:b%0Afound "
	    "one%0Atwo \\x1b[0m\\xff <&\">%0Areplay faultpost run -v 'a b'\n"
	    "::error file=a/b.c.scenario.json,title=queue::T%0Abecause it is "
	    "so%0Awanted w%0Afound f%0Areplay faultpost run -v 'a b'\n"
	    "::error file=a/b.c.scenario.json,line=5,col=6,title=invalid::it "
	    "is \"wrong\"%0Areplay faultpost run -v 'a b'\n"
	    "::error file=./x%2Cy/z,title=error::it died%0Areplay faultpost "
	    "run -v 'a b'\n"
	    "::warning file=a/b.c.scenario.json,title=T::interrupted\n");
	teardown(&f);
}

static struct place_row {
	const char *name; /* the text */
	const char *file;
	int line, col;
} place_rows[] = {
	{ "a.json:3:4", "a.json", 3, 4 },
	{ "a:b.json:3:4", "a:b.json", 3, 4 },
	{ "a.json", "a.json", 0, 0 },
	{ "a.json:3", "a.json:3", 0, 0 },
	{ "a:b:c", "a:b:c", 0, 0 },
	{ "a:99999999999:1", "a:99999999999:1", 0, 0 },
	{ "", "", 0, 0 },
};

static void
test_place(void **state)
{
	const struct place_row *row = *state;
	struct report_place place;

	report_place_parse(row->name, &place);
	assert_string_equal(place.file, row->file);
	assert_int_equal(place.line, row->line);
	assert_int_equal(place.col, row->col);
}

static void
test_named(void **state)
{
	struct err err;

	(void)state;
	assert_ptr_equal(
	    report_format_named(SLICE("junit"), &err), &report_junit);
	assert_null(report_format_named(SLICE("JUnit"), &err));
	assert_string_equal(err.msg,
	    "there is no format \"JUnit\"; expected human, tap, junit, json, "
	    "github or html");
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_tap);
	TEST(&kit, test_junit);
	TEST(&kit, test_github);
	ROWS(&kit, place_rows, test_place);
	TEST(&kit, test_named);
	return kit_run(&kit, "report_format");
}
