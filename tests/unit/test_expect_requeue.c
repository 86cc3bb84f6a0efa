/* SPDX-License-Identifier: MIT */
/* "requeue": when rounds begin. */
#include "tests/unit/judge_stories.h"

#define NONE                                                                   \
	{                                                                      \
		{                                                              \
			STORY_KEEP, NULL, NULL                                 \
		}                                                              \
	}

/* As the story of expiry, by a profile that the domain names. */
static const struct judged_story story_quick = {
	"quick",
	STORY_ROUTE("\"example.com [10.1.1.11]\"") STORY_CAST
	", \"relay\": {\"bounce_profiles\": {\"Quick\": {\"hard_bounces\": false,"
	" \"initial_wait\": \"60s\", \"max_wait\": \"60s\","
	" \"max_time\": \"100s\"}}, \"destconfig\": [\"[example.com]\","
	" \"bounce_profile = Quick\"]}",
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"0.100 L Delayed: DCID 1 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"0.100 L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 "
	"[Quick]\n"
	"5.100 X 1\n"
	"60.102 N 2 11\n+ G 2\n+ S 2 1 0\n"
	"60.200 L Delayed: DCID 2 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"60.200 L MID 1 to RID [0] pending till Wed Jul  2 09:17:08 2014 "
	"[Quick]\n"
	"65.200 X 2\n"
	"120.200 L Bounced: DCID 0 MID 1 to RID 0 - 5.4.7 - Delivery expired "
	"(message too old) ('000', ['4.3.1 full']) []\n"
	"120.200 F 1\n",
	"120.300",
};

/* Its first wait ends when it is as old as max_time. */
static const struct judged_story story_old = {
	"old",
	STORY_ROUTE("\"example.com [10.1.1.11]\"") STORY_CAST
	", \"relay\": {\"bounce\": {\"hard_bounces\": false,"
	" \"initial_wait\": \"99910ms\", \"max_wait\": \"99910ms\","
	" \"max_time\": \"100s\"}}",
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"0.100 L Delayed: DCID 1 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"0.100 L MID 1 to RID [0] pending till Wed Jul  2 09:16:48 2014 "
	"[Default]\n"
	"5.100 X 1\n"
	"100.010 L Bounced: DCID 0 MID 1 to RID 0 - 5.4.7 - Delivery expired "
	"(message too old) ('000', ['4.3.1 full']) []\n"
	"100.010 F 1\n",
	"100.100",
};

static struct story_expected rows[] = {
	{ "two rounds", &story_requeue, "\"requeue\": [\"60s\", \"180s\"]",
	    NONE, NULL, NULL, NULL },
	{ "no requeue", &story_full, "\"requeue\": []", NONE, NULL, NULL,
	    NULL },
	{ "of the second message", &story_full,
	    "\"requeue\": [], \"message\": 2", NONE, NULL, NULL, NULL },
	{ "released before its time", &story_release, "\"requeue\": [\"2s\"]",
	    NONE, NULL, NULL, NULL },
	{ "rounds until the first probe", &story_dead,
	    "\"requeue\": [\"60s\", \"90s\"]", NONE, NULL, NULL, NULL },
	{ "what expires begins no round", &story_expiry,
	    "\"requeue\": [\"60s\"]", NONE, NULL, NULL, NULL },
	{ "nor by its domain's profile", &story_quick, "\"requeue\": [\"60s\"]",
	    NONE, NULL, NULL, NULL },
	{ "as old as max_time it begins none", &story_old, "\"requeue\": []",
	    NONE, NULL, NULL, NULL },
	{ "what is given up begins no round", &story_retries,
	    "\"requeue\": [\"60s\"]", NONE, NULL, NULL, NULL },
	{ "within a tolerance", &story_requeue,
	    "\"requeue\": [\"65s\", \"175s\"], \"tolerance\": \"6s\"", NONE,
	    NULL, NULL, NULL },
	{ "later by 2 ms", &story_dead,
	    "\"requeue\": [\"60000ms\", \"90000ms\"], \"tolerance\": \"2ms\"",
	    NONE, NULL, NULL, NULL },
	{ "within 2 ms", &story_dead,
	    "\"requeue\": [\"60002ms\", \"90004ms\"], \"tolerance\": \"2ms\"",
	    NONE, NULL, NULL, NULL },
	{ "exactly", &story_dead,
	    "\"requeue\": [\"60002ms\", \"90004ms\"], \"tolerance\": \"1ms\"",
	    NONE,
	    "0:01:00.002, 0:01:30.002 (announced on line 10); round 3 is the "
	    "first that differs"
	    "\nMID 1 to example.com [Default]\n"
	    "                    comes      prescribed\n"
	    "  round 2       0:01:00.990     0:01:00.990  first probe, line 8\n"
	    "  round 3       0:01:30.990     0:01:30.990  first probe, line 10",
	    NULL, NULL },
	{ "another time", &story_requeue, "\"requeue\": [\"60s\", \"120s\"]",
	    NONE,
	    "0:01:00.090, 0:03:00.190 (announced on line 14); round 3 is the "
	    "first that differs"
	    "\nMID 1 to example.com [Default]\n"
	    "                    comes      prescribed\n"
	    "  round 2       0:01:00.990     0:01:00.990  profile, line 9\n"
	    "  round 3       0:03:00.990     0:03:00.990  profile, line 14",
	    "0:01:00.000, 0:02:00.000", NULL },
	{ "one round more", &story_requeue, "\"requeue\": [\"60s\"]", NONE,
	    "0:01:00.090, 0:03:00.190 (announced on line 14); round 3 is one "
	    "too many"
	    "\nMID 1 to example.com [Default]\n"
	    "                    comes      prescribed\n"
	    "  round 2       0:01:00.990     0:01:00.990  profile, line 9\n"
	    "  round 3       0:03:00.990     0:03:00.990  profile, line 14",
	    "0:01:00.000", NULL },
	{ "one round fewer", &story_requeue, "\"requeue\": [\"60s\", \"180s\"]",
	    { { STORY_DROP, "till Wed Jul  2 09:18:08", NULL } },
	    "0:01:00.090; round 3 never began"
	    "\nMID 1 to example.com [Default]\n"
	    "                    comes      prescribed\n"
	    "  round 2       0:01:00.990     0:01:00.990  profile, line 9",
	    "0:01:00.000, 0:03:00.000", NULL },
	{ "a wait that does not double", &story_requeue,
	    "\"requeue\": [\"60s\", \"180s\"]",
	    { { STORY_EDIT, "09:18:08", "09:17:08" } },
	    "0:01:00.090, 0:01:59.990 (announced on line 14); round 3 is the "
	    "first that differs"
	    "\nMID 1 to example.com [Default]\n"
	    "                    comes      prescribed\n"
	    "  round 2       0:01:00.990     0:01:00.990  profile, line 9\n"
	    "  round 3       0:02:00.990     0:03:00.990  profile, line 14  <-- the first that differs",
	    NULL, NULL },
	{ "none where some were wanted", &story_full, "\"requeue\": [\"60s\"]",
	    NONE, "none; round 2 never began", "0:01:00.000", NULL },
	{ "some where none was wanted", &story_release, "\"requeue\": []", NONE,
	    "0:00:01.995 (announced on line 9); round 2 is one too many"
	    "\nMID 1 to example.com [Default]\n"
	    "                    comes      prescribed\n"
	    "  round 2       0:01:00.990     0:01:00.990  profile, line 9",
	    "none", NULL },
};

static void
test_wait_under_way(void **state)
{
	struct judged_story story = story_requeue;
	static struct story_expected row = { "a wait that has not ended", NULL,
		"\"requeue\": [\"60s\"]", { { STORY_CUT, "09:18:08", NULL } },
		NULL, NULL, NULL };
	void *at = &row;

	(void)state;
	story.end = "100.000";
	row.story = &story;
	story_run_expected(&at);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, story_run_expected);
	TEST(&kit, test_wait_under_way);
	return kit_run(&kit, "expect_requeue");
}
