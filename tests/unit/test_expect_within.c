/* SPDX-License-Identifier: MIT */
/* "within": how long recipients wait. */
#include "tests/unit/judge_stories.h"

#define NONE                                                                   \
	{                                                                      \
		{                                                              \
			STORY_KEEP, NULL, NULL                                 \
		}                                                              \
	}

static struct story_expected rows[] = {
	{ "soon", &story_full, "\"within\": \"1s\"", NONE, NULL, NULL, NULL },
	{ "in 20 ms", &story_full, "\"within\": \"20ms\"", NONE, NULL, NULL,
	    NULL },
	{ "not in 19 ms", &story_full, "\"within\": \"19ms\"", NONE,
	    "1 of 2 were delivered later; the slowest, MID 1, was delivered "
	    "after 0:00:00.020 on line 10 (0:00:00.030)",
	    NULL, NULL },
	{ "in the third round", &story_requeue, "\"within\": \"181s\"", NONE,
	    NULL, NULL, NULL },
	{ "not before it", &story_requeue, "\"within\": \"180s\"", NONE,
	    "1 of 1 were delivered later; the slowest, MID 1, was delivered "
	    "after 0:03:00.201 on line 18 (0:03:00.211)",
	    "each recipient delivered within 3m of its acceptance", NULL },
	{ "still queued", &story_requeue, "\"within\": \"100s\"",
	    { { STORY_CUT, "DCID 2 close", NULL } },
	    "1 waited longer and are still queued; the slowest, MID 1, is "
	    "queued for 0:03:05.390",
	    NULL, NULL },
	{ "queued for just so long", &story_requeue, "\"within\": \"185390ms\"",
	    { { STORY_CUT, "DCID 2 close", NULL } }, "none was delivered", NULL,
	    NULL },
	{ "queued for 1 ms more", &story_requeue, "\"within\": \"185389ms\"",
	    { { STORY_CUT, "DCID 2 close", NULL } },
	    "1 waited longer and are still queued; the slowest, MID 1, is "
	    "queued for 0:03:05.390",
	    NULL, NULL },
	{ "one message of several", &story_requeue,
	    "\"within\": \"1s\", \"message\": 2", NONE, "none was delivered",
	    NULL, NULL },
	{ "nothing at all", &story_full, "\"within\": \"1s\"",
	    { { STORY_CUT, "ready", NULL } }, "none was delivered", NULL,
	    NULL },
};

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, story_run_expected);
	return kit_run(&kit, "expect_within");
}
