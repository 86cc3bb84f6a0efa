/* SPDX-License-Identifier: MIT */
/* Cases: what a log shows, what it must have been without, the scenario that
 * is made of it, and two of them beside each other. */
#include "harness/log/log_case.h"

#include "harness/log/log_compare.h"
#include "harness/log/log_scenario.h"
#include "harness/plan/plan.h"
#include "tests/unit/kit.h"

#define AT(s) "Wed Jul  2 09:15:" s " 2014 Info: "
#define NEW(dcid, ip)                                                          \
	"New SMTP DCID " dcid " interface 10.0.0.5 address " ip " port 25\n"
#define ERROR(dcid, ip, details)                                               \
	"Connection Error: DCID " dcid " domain: one.example IP: " ip          \
	" port: 25 details: " details                                          \
	" interface: 10.0.0.5 reason: network error\n"
#define MESSAGE(s, mid)                                                        \
	AT(s)                                                                  \
	"Start MID " mid                                                       \
	" ICID 1\n" AT(s) "MID " mid " ICID 1 From: <a@x.example>\n" AT(       \
	    s) "MID " mid                                                      \
	       " ICID 1 RID 0 To: <b@one.example>\n" AT(                       \
		   s) "MID " mid " queued for delivery\n"

static void
take(void *owner, const struct log_record *record)
{
	log_case_take(owner, record);
}

static void
read_case(struct log_case *c, const char *text, bool is_customers)
{
	struct slice rest = slice_cstr(text), line;
	struct log_reader r;

	*c = (struct log_case){ .is_customers = is_customers };
	log_reader_init(&r, c, take);
	log_reader_begin(&r, "a", 0);
	while (slice_split(&rest, '\n', &line))
		log_reader_line(&r, line);
	log_reader_rest(&r);
	log_case_finish(c);
	log_reader_fini(&r);
}

static struct assumed_row {
	const char *name, *text;
	size_t messages, assumed;
} assumed_rows[] = {
	{ "mail that is shown",
	    MESSAGE("00", "1") AT("01") NEW("5", "10.1.1.1") AT("01")
		ERROR("5", "10.1.1.1", "EOF"),
	    1, 0 },
	{ "no mail at all",
	    AT("01") NEW("5", "10.1.1.1") AT("01") ERROR("5", "10.1.1.1", "EOF")
		AT("01") NEW("6", "10.1.1.2"),
	    1, 1 },
	{ "what waits is one message",
	    AT("01") ERROR("5", "10.1.1.1", "timeout") AT("31")
		ERROR("6", "10.1.1.1", "timeout"),
	    1, 1 },
	{ "a host has it, and another one comes",
	    AT("01") NEW("5", "10.1.1.1") AT("01") "DCID 5 close\n" AT("31")
		NEW("6", "10.1.1.1"),
	    2, 2 },
};

static void
test_assumed(void **state)
{
	const struct assumed_row *row = *state;
	struct log_case c;
	size_t assumed = 0;

	read_case(&c, row->text, true);
	for (size_t i = 0; i < c.message_count; i++)
		assumed += c.messages[i].is_assumed;
	assert_int_equal(c.message_count, row->messages);
	assert_int_equal(assumed, row->assumed);
	log_case_fini(&c);
}

/* ---- scenarios ---- */

#define DELAYED(s, dcid)                                                       \
	AT(s)                                                                  \
	NEW(dcid, "10.1.1.1")                                                  \
	AT(s)                                                                  \
	"Delivery start DCID " dcid " MID 1 to RID [0]\n" AT(                  \
	    s) "Delayed: DCID " dcid                                           \
	       " MID 1 to RID 0 - 4.3.1 - Mail system full ('452', ['4.3.1 "   \
	       "full']) []\n"
#define DONE(s, dcid)                                                          \
	AT(s)                                                                  \
	NEW(dcid, "10.1.1.1")                                                  \
	AT(s)                                                                  \
	"Delivery start DCID " dcid " MID 1 to RID [0]\n" AT(                  \
	    s) "Message done DCID " dcid " MID 1 to RID [0]\n"

static struct scenario_row {
	const char *name, *text, *part;
} scenario_rows[] = {
	{ "what always fails has no number",
	    AT("01") NEW("5", "10.1.1.1") AT("01")
		ERROR("5", "10.1.1.1", "431-'full'"),
	    "\"rules\":[{\"on\":\"banner\",\"reply\":[\"431 full\"],"
	    "\"optional\":true}]" },
	{ "what fails at first has its occasions",
	    MESSAGE("00", "1") DELAYED("01", "5") DELAYED("11", "6")
		DONE("21", "7"),
	    "{\"on\":\"rcpt\",\"to\":\"b@one.example\",\"reply\":[\"452 4.3.1 "
	    "full\"],\"optional\":true,\"nth\":[1,2]}" },
	{ "a host that is down, and up again",
	    AT("01") ERROR("5", "10.1.1.1", "[Errno 61] Connection refused")
		AT("31") NEW("6", "10.1.1.1"),
	    "\"timeline\":[{\"at\":\"30s\",\"host\":\"host1\",\"state\":"
	    "\"up\"}]" },
	{ "a host that asks to be used again and again is better",
	    MESSAGE("00", "1") AT("01") NEW("5", "10.1.1.1") AT("01")
		ERROR("5", "10.1.1.1", "EOF") AT("01") NEW("6", "10.1.1.2")
		    AT("11") NEW("7", "10.1.1.1") AT("21") NEW("8", "10.1.1.1"),
	    "\"routes\":[\"one.example 10.1.1.1/pri=0, 10.1.1.2/pri=10\"]" },
	{ "an address of the cast moves",
	    AT("01") ERROR("5", "10.0.0.5", "EOF"),
	    "\"address\":\"198.18.255.5\"" },
	{ "braces are no templates",
	    AT("01") NEW("5", "10.1.1.1") AT("01")
		ERROR("5", "10.1.1.1", "431-'{rcpt} is\\x01full'"),
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

	read_case(&c, row->text, true);
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

#define WAIT(s) AT(s) "MID 1 to RID [0] pending till Wed Jul  2 09:16:07 2014\n"

static struct compare_row {
	const char *name, *theirs, *ours;
	size_t same, missing, more, behind;
} compare_rows[] = {
	{ "the same", MESSAGE("00", "1") DONE("01", "5"),
	    MESSAGE("00", "1") DONE("01", "1"), 3, 0, 0, 0 },
	{ "a wait that the run has not", MESSAGE("00", "1") WAIT("01"),
	    MESSAGE("00", "1"), 0, 1, 0, 0 },
	{ "one is missing", MESSAGE("00", "1") DELAYED("01", "5"),
	    MESSAGE("00", "1") DONE("01", "5"), 2, 1, 1, 0 },
	{ "another host", AT("01") ERROR("5", "10.1.1.1", "EOF"),
	    AT("01") ERROR("5", "10.1.1.2", "EOF"), 0, 1, 1, 0 },
	{ "another failure", AT("01") ERROR("5", "10.1.1.1", "EOF"),
	    AT("01") ERROR("5", "10.1.1.1", "timeout"), 0, 1, 1, 0 },
	{ "another code", AT("01") ERROR("5", "10.1.1.1", "431-'x'"),
	    AT("01") ERROR("5", "10.1.1.1", "421-'x'"), 0, 1, 1, 0 },
	{ "one more, in the midst",
	    AT("01") ERROR("5", "10.1.1.1", "EOF") AT("03")
		ERROR("6", "10.1.1.2", "EOF"),
	    AT("01") ERROR("5", "10.1.1.1", "EOF") AT("02") ERROR(
		"6", "10.1.1.3", "EOF") AT("03") ERROR("7", "10.1.1.2", "EOF"),
	    2, 0, 1, 0 },
	{ "one more, behind the end", AT("01") ERROR("5", "10.1.1.1", "EOF"),
	    AT("01") ERROR("5", "10.1.1.1", "EOF") AT("09")
		ERROR("6", "10.1.1.3", "EOF"),
	    1, 0, 0, 1 },
};

static void
test_compare(void **state)
{
	const struct compare_row *row = *state;
	struct log_case theirs, ours;
	struct log_comparison c = { 0 };
	struct buf page = { 0 };

	read_case(&theirs, row->theirs, false);
	read_case(&ours, row->ours, false);
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
