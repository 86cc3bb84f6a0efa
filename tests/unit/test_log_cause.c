/* SPDX-License-Identifier: MIT */
/* Why a log and its reproduction differ: of each cause a pair of logs, and
 * where it is told that they part. */
#include "harness/log/log_cause.h"

#include "tests/unit/kit.h"
#include "tests/unit/log_case_kit.h"

#define TAKEN                                                                  \
	NEW("15:00", "1", "10.1.1.1")                                          \
	START("15:00", "1", "1", "0") DONE("15:00", "1", "1", "0")

static struct cause_row {
	const char *name, *theirs, *ours;
	enum log_cause cause; /* of the first parting */
	bool has_names;
	const char *part; /* of what is told of it */
} cause_rows[] = {
	{ "a file begins", ONE AT("15:00") "Begin Logfile\n" TAKEN, ONE,
	    LOG_CAUSE_RESTART, false, "MID 1 (a:7): \"10.1.1.1" },
	{ "a file that begins later is none",
	    ONE TAKEN AT("15:09") "Begin Logfile\n", ONE, LOG_CAUSE_SETTING,
	    false, "in the log only" },
	{ "an operator deletes", ONE AT("15:00") "Deleted: MID 1 to [0]\n",
	    ONE NEW("15:00", "1", "10.1.1.1") START("15:00", "1", "1", "0")
		AT("15:01") "DCID 1 close\n",
	    LOG_CAUSE_OPERATOR, false, "in the run only" },
	{ "it ends without a host",
	    ONE AT("15:00") "Bounced: DCID 0 MID 1 to RID 0 - 5.4.7 - "
			    "Delivery expired ('000', ['timeout']) []\n",
	    ONE WAITS("15:00", "1", "16:01"), LOG_CAUSE_ENDED, false,
	    "ended-without-a-host" },
	{ "made of others",
	    ONE AT(
		"15:00") "MID 1 was split creating MID 7 due to a per-recipient policy P\n" TAKEN,
	    ONE, LOG_CAUSE_SPLIT, false, "made-of-others" },
	{ "the relay's own",
	    ONE AT("15:00") "Start MID 2 ICID 0\n" AT("15:00") "MID 2 ICID 0 From: <>\n" AT(
		"15:00") "MID 2 ICID 0 RID 0 To: <a@x.example>\n" NEW("15:00",
		"1", "10.1.1.9") START("15:00", "1", "2", "0"),
	    ONE, LOG_CAUSE_OWN_MAIL, false, "connections for x.example" },
	{ "no attempt", ONE WAITS("15:00", "1", "16:01"), ONE TAKEN,
	    LOG_CAUSE_NO_ATTEMPT, false, "waits 0:01:01" },
	{ "DNS",
	    ONE AT("15:00") "DNS Temporary Failure one.example MX - ServFail\n",
	    ONE, LOG_CAUSE_LOOKUP, false, "connections for one.example" },
	{ "a host is left",
	    ONE NEW("15:00", "1", "10.1.1.1") START("15:00", "1", "1", "0")
		DELAYED("15:00", "1", "1") WAITS("15:00", "1", "16:01"),
	    ONE NEW("15:00", "1", "10.1.1.1") START("15:00", "1", "1", "0")
		DELAYED("15:00", "1", "1"),
	    LOG_CAUSE_HOST_LEFT, false, "host-left" },
	{ "before its time",
	    ONE WAITS("15:00", "1", "19:01") START("15:30", "1", "1", "0"),
	    ONE WAITS("15:00", "1", "19:01"), LOG_CAUSE_EARLY, false,
	    "early-round" },
	{ "in time",
	    ONE WAITS("15:00", "1", "15:31") START("15:30", "1", "1", "0"),
	    ONE WAITS("15:00", "1", "15:31"), LOG_CAUSE_SETTING, false,
	    "0:00:30" },
	{ "sooner in the run",
	    ONE WAITS("15:00", "1", "19:01") START("19:00", "1", "1", "0"),
	    ONE WAITS("15:00", "1", "16:01") WAITS("16:00", "1", "18:01")
		START("18:00", "1", "1", "0"),
	    LOG_CAUSE_SCHEDULE, false, "in the run only, schedule" },
	{ "no SMTP",
	    ONE NEW("15:00", "1", "10.1.1.1") START("15:00", "1", "1", "0")
		BOUNCED("15:00", "1", "354", "Go ahead"),
	    ONE NEW("15:00", "1", "10.1.1.1") START("15:00", "1", "1", "0"),
	    LOG_CAUSE_NO_REPLY, false, "refused MID 1 RID 0: 354" },
	{ "a part of the recipients",
	    ONE AT("15:00") "MID 1 ICID 1 RID 1 To: <c@one.example>\n" START(
		"15:00", "1", "1", "0") DONE("15:00", "1", "1", "0"),
	    ONE AT("15:00") "MID 1 ICID 1 RID 1 To: <c@one.example>\n" START(
		"15:00", "1", "1", "0, 1"),
	    LOG_CAUSE_SHARE, false, "part-of-the-recipients" },
	{ "names of routes", ONE TAKEN, ONE, LOG_CAUSE_ADDRESS, true,
	    "address" },
	{ "at some stage",
	    ONE NEW("15:00", "1", "10.1.1.1")
		ERROR("15:00", "1", "10.1.1.1", "EOF"),
	    ONE, LOG_CAUSE_STAGE, false, "stage" },
	{ "out of reach", ONE ERROR("15:00", "1", "10.1.1.1", "timeout"), ONE,
	    LOG_CAUSE_REACH, false, "reach" },
	{ "two at once",
	    ONE COMES("15:00", "2", "c") NEW("15:00", "1", "10.1.1.1")
		START("15:00", "1", "1", "0") START("15:00", "1", "2", "0"),
	    ONE COMES("15:00", "2", "c"), LOG_CAUSE_ORDER, false, "order" },
	{ "nothing says why", ONE TAKEN, ONE, LOG_CAUSE_SETTING, false,
	    "setting" },
};

struct pair {
	struct log_case theirs, ours;
	struct log_comparison comparison;
	struct log_partings partings;
};

static void
pair_fill(struct pair *p, const char *theirs, const char *ours, bool has_names)
{
	log_case_kit_read(&p->theirs, theirs, true);
	log_case_kit_read(&p->ours, ours, false);
	log_compare(&p->comparison, &p->theirs, &p->ours);
	log_causes_find(
	    &p->partings, &p->comparison, &p->theirs, &p->ours, has_names);
}

static void
pair_fini(struct pair *p)
{
	log_partings_fini(&p->partings);
	log_comparison_fini(&p->comparison);
	log_case_fini(&p->theirs);
	log_case_fini(&p->ours);
}

static void
test_cause(void **state)
{
	const struct cause_row *row = *state;
	struct pair p = { 0 };
	struct buf told = { 0 };

	pair_fill(&p, row->theirs, row->ours, row->has_names);
	assert_true(p.partings.count > 0);
	for (size_t i = 0; i < p.partings.count; i++) {
		log_parting_format(&p.partings.at[i], &p.comparison, &p.theirs,
		    &p.ours, &told);
		buf_append_byte(&told, '\n');
	}
	if (p.partings.at[0].cause != row->cause ||
	    strstr(buf_cstr(&told), row->part) == NULL)
		fprintf(stderr, "%s", buf_cstr(&told));
	assert_string_equal(
	    log_cause_name(p.partings.at[0].cause), log_cause_name(row->cause));
	assert_non_null(strstr(buf_cstr(&told), row->part));
	buf_fini(&told);
	pair_fini(&p);
}

/* A parting of the same domain, later, has no cause of its own. */
static void
test_follows(void **state)
{
	struct pair p = { 0 };

	(void)state;
	pair_fill(&p,
	    ONE COMES("15:09", "2", "c") NEW("15:00", "1", "10.1.1.1")
		START("15:00", "1", "1", "0") START("15:09", "1", "2", "0")
		    DONE("15:09", "1", "2", "0"),
	    ONE COMES("15:09", "2", "c"), false);
	assert_int_equal(p.partings.count, 3);
	assert_int_equal(p.partings.at[2].cause, LOG_CAUSE_FOLLOWS);
	assert_int_equal(p.partings.at[2].rows, 2);
	pair_fini(&p);
}

/* One whose message came through, though on another connection. */
static void
test_follows_of_connections(void **state)
{
	struct pair p = { 0 };

	(void)state;
	pair_fill(&p,
	    COMES("15:00", "1", "b") ERROR("15:00", "4", "10.1.1.9", "timeout")
		COMES("15:09", "2", "c") NEW("15:09", "5", "10.1.1.1")
		    START("15:09", "5", "2", "0"),
	    COMES("15:00", "1", "b") COMES("15:09", "2", "c"), false);
	assert_int_equal(p.partings.count, 2);
	assert_int_equal(p.partings.at[0].cause, LOG_CAUSE_REACH);
	assert_int_equal(p.partings.at[0].rows, 2);
	assert_int_equal(p.partings.at[1].cause, LOG_CAUSE_FOLLOWS);
	pair_fini(&p);
}

static void
test_left_out(void **state)
{
	struct pair p = { 0 };
	struct buf theirs = { 0 };

	(void)state;
	for (size_t i = 1; i <= LOG_CASE_MESSAGES_MAX + 1; i++) {
		buf_printf(&theirs,
		    AT("15:00") "Start MID %zu ICID 1\n" AT(
			"15:00") "MID %zu ICID 1 RID 0 To: <b@one.example>\n",
		    i, i);
		if (i == 1)
			buf_append_cstr(&theirs, TAKEN);
	}
	pair_fill(&p, buf_cstr(&theirs), ONE, false);
	/* The last message is no longer taken. */
	assert_int_equal(p.theirs.left_out, 2);
	assert_true(p.partings.count > 0);
	assert_int_equal(p.partings.at[0].cause, LOG_CAUSE_LEFT_OUT);
	pair_fini(&p);
	buf_fini(&theirs);
}

/* The same is no parting, and what the log could not have is none. */
static void
test_none(void **state)
{
	struct pair p = { 0 };

	(void)state;
	pair_fill(&p, ONE TAKEN, ONE TAKEN, false);
	assert_int_equal(p.partings.count, 0);
	pair_fini(&p);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, cause_rows, test_cause);
	TEST(&kit, test_follows);
	TEST(&kit, test_follows_of_connections);
	TEST(&kit, test_left_out);
	TEST(&kit, test_none);
	return kit_run(&kit, "log_cause");
}
