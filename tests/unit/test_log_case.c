/* SPDX-License-Identifier: MIT */
/* Cases: what a log shows, what it must have been without, the scenario that
 * is made of it, and two of them beside each other. */
#include "harness/log/log_compare.h"
#include "harness/log/log_scenario.h"
#include "harness/plan/plan.h"
#include "tests/unit/kit.h"
#include "tests/unit/log_case_kit.h"

static struct assumed_row {
	const char *name, *text;
	size_t messages, assumed;
} assumed_rows[] = {
	{ "mail that is shown",
	    COMES("15:00", "1", "b") NEW("15:01", "5", "10.1.1.1")
		ERROR("15:01", "5", "10.1.1.1", "EOF"),
	    1, 0 },
	{ "no mail at all",
	    NEW("15:01", "5", "10.1.1.1") ERROR("15:01", "5", "10.1.1.1", "EOF")
		NEW("15:01", "6", "10.1.1.2"),
	    1, 1 },
	{ "what waits is one message",
	    ERROR("15:01", "5", "10.1.1.1", "timeout")
		ERROR("15:31", "6", "10.1.1.1", "timeout"),
	    1, 1 },
	{ "a host has it, and another one comes",
	    NEW("15:01", "5", "10.1.1.1")
		AT("15:01") "DCID 5 close\n" NEW("15:31", "6", "10.1.1.1"),
	    2, 2 },
};

static void
test_assumed(void **state)
{
	const struct assumed_row *row = *state;
	struct log_case c;
	size_t assumed = 0;

	log_case_kit_read(&c, row->text, true);
	for (size_t i = 0; i < c.message_count; i++)
		assumed += c.messages[i].is_assumed;
	assert_int_equal(c.message_count, row->messages);
	assert_int_equal(assumed, row->assumed);
	log_case_fini(&c);
}

/* ---- scenarios ---- */

#define ASKED(s, dcid) NEW(s, dcid, "10.1.1.1") START(s, dcid, "1", "0")
#define FULL(s, dcid)  ASKED(s, dcid) DELAYED(s, dcid, "1")
#define TAKEN(s, dcid) ASKED(s, dcid) DONE(s, dcid, "1", "0")

static struct scenario_row {
	const char *name, *text, *part;
} scenario_rows[] = {
	{ "what always fails has no number",
	    NEW("15:01", "5", "10.1.1.1")
		ERROR("15:01", "5", "10.1.1.1", "431-'full'"),
	    "\"rules\":[{\"on\":\"banner\",\"reply\":[\"431 full\"],"
	    "\"optional\":true,\"notes\":[" },
	{ "what fails at first has its occasions",
	    COMES("15:00", "1", "b") FULL("15:01", "5") FULL("15:11", "6")
		TAKEN("15:21", "7"),
	    "{\"on\":\"rcpt\",\"to\":\"b@one.example\",\"reply\":[\"452 4.3.1 "
	    "full\"],\"optional\":true,\"nth\":[1,2],\"notes\":[" },
	{ "a host that is down, and up again",
	    ERROR("15:01", "5", "10.1.1.1", "[Errno 61] Connection refused")
		NEW("15:31", "6", "10.1.1.1"),
	    "\"timeline\":[{\"at\":\"30s\",\"host\":\"host1\",\"state\":"
	    "\"up\",\"notes\":[" },
	{ "a host that asks to be used again and again is better",
	    COMES("15:00", "1", "b") NEW("15:01", "5", "10.1.1.1") ERROR(
		"15:01", "5", "10.1.1.1", "EOF") NEW("15:01", "6", "10.1.1.2")
		NEW("15:11", "7", "10.1.1.1") NEW("15:21", "8", "10.1.1.1"),
	    "\"routes\":[\"one.example 10.1.1.1/pri=0, 10.1.1.2/pri=10\"]" },
	{ "an address of the cast moves",
	    ERROR("15:01", "5", "10.0.0.5", "EOF"),
	    "\"address\":\"198.18.255.5\"" },
	{ "braces are no templates",
	    NEW("15:01", "5", "10.1.1.1")
		ERROR("15:01", "5", "10.1.1.1", "431-'{rcpt} is\\x01full'"),
	    "\"431 {{rcpt}} is?full\"" },
};

static void
test_scenario(void **state)
{
	const struct scenario_row *row = *state;
	struct log_case c;
	struct err err;
	struct plan *plan;
	json_t *scenario;
	char *text;

	log_case_kit_read(&c, row->text, true);
	scenario = log_scenario_make(&c,
	    &(struct log_scenario_given){ .title = "t" }, LOG_SCENARIO_PLAIN);
	text = json_dumps(scenario, JSON_COMPACT);
	if (strstr(text, row->part) == NULL)
		fprintf(stderr, "%s\n", text);
	assert_non_null(strstr(text, row->part));
	plan = plan_parse("t", slice_cstr(text), &err);
	if (plan == NULL)
		fprintf(stderr, "%s\n", err.msg);
	assert_non_null(plan);
	plan_destroy(&plan);
	free(text);
	json_decref(scenario);
	log_case_fini(&c);
}

/* ---- beside each other ---- */

#define WAIT(s) WAITS(s, "1", "16:07")

static struct compare_row {
	const char *name, *theirs, *ours;
	size_t same, missing, more, behind;
} compare_rows[] = {
	{ "the same", COMES("15:00", "1", "b") TAKEN("15:01", "5"),
	    COMES("15:00", "1", "b") TAKEN("15:01", "1"), 3, 0, 0, 0 },
	{ "a wait that the run has not", COMES("15:00", "1", "b") WAIT("15:01"),
	    COMES("15:00", "1", "b"), 0, 1, 0, 0 },
	{ "one is missing", COMES("15:00", "1", "b") FULL("15:01", "5"),
	    COMES("15:00", "1", "b") TAKEN("15:01", "5"), 2, 1, 1, 0 },
	{ "another host", ERROR("15:01", "5", "10.1.1.1", "EOF"),
	    ERROR("15:01", "5", "10.1.1.2", "EOF"), 0, 1, 1, 0 },
	{ "another failure", ERROR("15:01", "5", "10.1.1.1", "EOF"),
	    ERROR("15:01", "5", "10.1.1.1", "timeout"), 0, 1, 1, 0 },
	{ "another code", ERROR("15:01", "5", "10.1.1.1", "431-'x'"),
	    ERROR("15:01", "5", "10.1.1.1", "421-'x'"), 0, 1, 1, 0 },
	{ "one more, in the midst",
	    ERROR("15:01", "5", "10.1.1.1", "EOF")
		ERROR("15:03", "6", "10.1.1.2", "EOF"),
	    ERROR("15:01", "5", "10.1.1.1", "EOF") ERROR("15:02", "6",
		"10.1.1.3", "EOF") ERROR("15:03", "7", "10.1.1.2", "EOF"),
	    2, 0, 1, 0 },
	{ "one more, behind the end", ERROR("15:01", "5", "10.1.1.1", "EOF"),
	    ERROR("15:01", "5", "10.1.1.1", "EOF")
		ERROR("15:09", "6", "10.1.1.3", "EOF"),
	    1, 0, 0, 1 },
};

static void
test_compare(void **state)
{
	const struct compare_row *row = *state;
	struct log_case theirs, ours;
	struct log_comparison c = { 0 };
	struct buf page = { 0 };

	log_case_kit_read(&theirs, row->theirs, false);
	log_case_kit_read(&ours, row->ours, false);
	log_compare(&c, &theirs, &ours);
	log_comparison_format(&c, &theirs, &ours, 1, &page);
	assert_int_equal(c.same, row->same);
	assert_int_equal(c.missing, row->missing);
	assert_int_equal(c.more, row->more);
	assert_int_equal(c.behind, row->behind);
	assert_true(buf_len(&page) > 0);
	buf_fini(&page);
	log_comparison_fini(&c);
	log_case_fini(&theirs);
	log_case_fini(&ours);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, assumed_rows, test_assumed);
	ROWS(&kit, scenario_rows, test_scenario);
	ROWS(&kit, compare_rows, test_compare);
	return kit_run(&kit, "log_case");
}
