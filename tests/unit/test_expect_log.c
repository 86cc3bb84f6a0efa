/* SPDX-License-Identifier: MIT */
/* "log" and "no_log": patterns in order, and what is told when one is not
 * there. */
#include "tests/unit/judge_stories.h"

#define NONE                                                                   \
	{                                                                      \
		{                                                              \
			STORY_KEEP, NULL, NULL                                 \
		}                                                              \
	}

static struct story_expected rows[] = {
	/* ---- log ---- */
	{ "one pattern", &story_full, "\"log\": [\"queued for delivery\"]",
	    NONE, NULL, NULL, NULL },
	{ "in order", &story_full,
	    "\"log\": [\"New SMTP DCID 1\", \"Connection Error:\", "
	    "\"New SMTP DCID 2\", \"DCID 2 close\"]",
	    NONE, NULL, NULL, NULL },
	{ "names that repeat", &story_full,
	    "\"log\": [\"New SMTP DCID {d} interface {}\", "
	    "\"Message done DCID {d} MID {m} to\", "
	    "\"Message finished MID {m} done\", \"DCID {d} close\"]",
	    NONE, NULL, NULL, NULL },
	{ "the first that fits is not the right one", &story_turns,
	    "\"log\": [\"New SMTP DCID {d} interface\", "
	    "\"Delivery start DCID {d} MID 4 to\"]",
	    NONE, NULL, NULL, NULL },
	{ "two names of many", &story_turns,
	    "\"log\": [\"Start MID {m} ICID\", \"New SMTP DCID {d} interface "
	    "{i} address 10.1.1.13\", \"Message done DCID {d} MID {m} to\"]",
	    NONE, NULL, NULL, NULL },
	{ "a line counts once", &story_full,
	    "\"log\": [\"Connection Error:\", \"Connection Error:\"]", NONE,
	    "pattern 2 of 2 never came, in 22 lines; before it came 1 on line "
	    "7",
	    "Connection Error:", NULL },
	{ "out of order", &story_full,
	    "\"log\": [\"New SMTP DCID 2\", \"New SMTP DCID 1\"]", NONE,
	    "pattern 2 of 2 never came, in 22 lines; before it came 1 on line "
	    "8",
	    "New SMTP DCID 1", NULL },
	{ "the nearest line", &story_full,
	    "\"log\": [\"New SMTP DCID 1\", "
	    "\"Message done DCID 1 MID 1 to RID [0]\"]",
	    NONE,
	    "pattern 2 of 2 never came, in 22 lines; before it came 1 on line "
	    "6",
	    "Message done DCID 1 MID 1 to RID [0]",
	    "line 10: Wed Jul  2 09:15:07 2014 Info: Message done DCID 2 MID 1 "
	    "to RID [0]\n"
	    "                                                          ^\n"
	    "         wanted there: \"1 MID 1 to RID [0]\"" },
	{ "the nearest of several ways", &story_turns,
	    "\"log\": [\"New SMTP DCID {d}\", "
	    "\"Delivery start DCID {d} MID 2 to RID [1]\"]",
	    NONE,
	    "pattern 2 of 2 never came, in 55 lines; before it came 1 on line "
	    "17; with {d} = 2",
	    "Delivery start DCID {d} MID 2 to RID [1]",
	    "line 18: ...fo: Delivery start DCID 2 MID 2 to RID [0]\n"
	    "                                                    ^\n"
	    "         wanted there: \"1]\"" },
	{ "a name that stood for another word", &story_full,
	    "\"log\": [\"New SMTP DCID {d} {} 10.1.1.11\", "
	    "\"Message done DCID {d} MID\"]",
	    NONE,
	    "pattern 2 of 2 never came, in 22 lines; before it came 1 on line "
	    "6; with {d} = 1",
	    NULL,
	    "line 10: Wed Jul  2 09:15:07 2014 Info: Message done DCID 2 MID 1 "
	    "to RID [0]\n"
	    "                                                          ^\n"
	    "         wanted there: \"{d} MID\", {d} being 1" },
	{ "what the names stood for", &story_full,
	    "\"log\": [\"Connection Error: DCID {d} domain: {dom} IP:\", "
	    "\"Delivery start DCID {d} MID {m} to\", \"from {dom}\"]",
	    NONE,
	    "pattern 2 of 3 never came, in 22 lines; before it came 1 on line "
	    "7; with {d} = 1, {dom} = example.com",
	    "Delivery start DCID {d} MID {m} to", NULL },
	{ "nothing like it", &story_full, "\"log\": [\"zzz\"]", NONE,
	    "pattern 1 of 1 never came, in 22 lines", "zzz", NULL },
	{ "a line that is gone", &story_full,
	    "\"log\": [\"Message finished MID 1\", \"Message finished MID 2\"]",
	    { { STORY_DROP, "Message finished MID 2", NULL } },
	    "pattern 2 of 2 never came, in 21 lines; before it came 1 on line "
	    "12",
	    "Message finished MID 2", NULL },
	{ "not in the middle of a word", &story_turns,
	    "\"log\": [\"CID 1\", \"ID 1 clos\"]", NONE,
	    "pattern 1 of 2 never came, in 55 lines", "CID 1", NULL },

	/* ---- no_log ---- */
	{ "nowhere", &story_full, "\"no_log\": [\"Bounced:\", \"Delayed:\"]",
	    NONE, NULL, NULL, NULL },
	{ "somewhere", &story_answers, "\"no_log\": [\"zzz\", \"Bounced:\"]",
	    NONE,
	    "line 10: Wed Jul  2 09:15:07 2014 Info: Bounced: DCID 1 MID 1 to "
	    "RID 1 - 5.1.0 - Unknown address error ('550', ['5.1.1 no']) []",
	    "no line with: Bounced:", NULL },
	{ "with a name", &story_full,
	    "\"no_log\": \"Message done DCID {d} MID 2\"", NONE,
	    "line 19: Wed Jul  2 09:15:08 2014 Info: Message done DCID 2 MID 2 "
	    "to RID [0]",
	    "no line with: Message done DCID {d} MID 2", NULL },
	{ "in a line that is new", &story_full, "\"no_log\": \"lame DNS\"",
	    { { STORY_BEHIND, "queued", "+ L lame DNS referral" } },
	    "line 6: Wed Jul  2 09:15:07 2014 Info: lame DNS referral", NULL,
	    NULL },
};

/* More ways than are kept: the first and the latest are. */
static void
test_many_ways(void **state)
{
	struct buf script = { 0 };
	struct judged_story story = { "many",
		STORY_ROUTE("\"example.com [10.1.1.11]\"") STORY_HOSTS, NULL,
		"9.000" };
	struct story_run run;
	static const char expect[] =
	    "[{\"log\": [\"x {n} begins\", \"x {n} ends\"]}]";
	static const char *const ends[] = { "3", "200", "100" };
	static const enum verdict wanted[] = { VERDICT_HELD, VERDICT_HELD,
		VERDICT_FAILED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		buf_clear(&script);
		for (int k = 1; k <= 200; k++)
			buf_printf(&script, "+ L x %d begins\n", k);
		buf_printf(&script, "+ L x %s ends\n", ends[i]);
		story.script = buf_cstr(&script);
		run = story_judge(
		    &story, &(struct story_way){ .expect = expect });
		assert_int_equal(run.judgements[0].verdict, wanted[i]);
		story_run_fini(&run);
	}
	buf_fini(&script);
}

/* Names that nothing asks for again keep no ways apart. */
static void
test_equal_ways(void **state)
{
	struct buf script = { 0 };
	struct judged_story story = { "equal",
		STORY_ROUTE("\"example.com [10.1.1.11]\"") STORY_HOSTS, NULL,
		"9.000" };
	struct story_run run;

	(void)state;
	buf_append_cstr(&script, "0.000 L x 1 begins with one\n");
	for (int k = 1; k <= 200; k++)
		buf_printf(&script, "+ L x %d begins with two\n", k);
	buf_append_cstr(&script, "+ L one ends\n");
	story.script = buf_cstr(&script);
	run = story_judge(&story,
	    &(struct story_way){ .expect = "[{\"log\": [\"x {n} begins with "
					   "{w}\", \"{w} ends\"]}]" });
	assert_int_equal(run.judgements[0].verdict, VERDICT_HELD);
	story_run_fini(&run);
	buf_fini(&script);
}

static void
test_place(void **state)
{
	struct story_run run = story_judge(&story_full,
	    &(struct story_way){
		.expect = "[{\"log\": [\"queued\",\n \"zzz\"]}]" });

	(void)state;
	assert_string_equal(run.judgements[0].place, "s.json:2:2");
	story_run_fini(&run);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, story_run_expected);
	TEST(&kit, test_many_ways);
	TEST(&kit, test_equal_ways);
	TEST(&kit, test_place);
	return kit_run(&kit, "expect_log");
}
