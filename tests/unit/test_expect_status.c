/* SPDX-License-Identifier: MIT */
/* "host_status": up, down, or unknown, at some time or at the end. */
#include "tests/unit/judge_stories.h"

#define NONE                                                                   \
	{                                                                      \
		{                                                              \
			STORY_KEEP, NULL, NULL                                 \
		}                                                              \
	}

static struct story_expected rows[] = {
	{ "one that answers 431 is up", &story_full,
	    "\"host_status\": {\"a\": \"up\", \"b\": \"up\"}", NONE, NULL, NULL,
	    NULL },
	{ "nobody has tried it", &story_full,
	    "\"host_status\": {\"c\": \"unknown\"}", NONE, NULL, NULL, NULL },
	{ "unknown before the first connection", &story_full,
	    "\"host_status\": {\"a\": \"unknown\", \"b\": \"unknown\"},"
	    " \"at\": \"0s\"",
	    NONE, NULL, NULL, NULL },
	{ "both refuse", &story_dead,
	    "\"host_status\": {\"a\": \"down\", \"b\": \"down\"},"
	    " \"at\": \"31s\"",
	    NONE, NULL, NULL, NULL },
	{ "down in that very moment", &story_dead,
	    "\"host_status\": {\"b\": \"down\"}, \"at\": \"30012ms\"", NONE,
	    NULL, NULL, NULL },
	{ "not a millisecond before", &story_dead,
	    "\"host_status\": {\"b\": \"unknown\"}, \"at\": \"30011ms\"", NONE,
	    NULL, NULL, NULL },
	{ "up again with the first mail", &story_dead,
	    "\"host_status\": {\"a\": \"down\", \"b\": \"up\"}", NONE, NULL,
	    NULL, NULL },
	{ "up, and wanted down", &story_full,
	    "\"host_status\": {\"a\": \"up\", \"b\": \"down\"}", NONE,
	    "a: up since line 7 (0:00:00.017), b: up since line 8 (0:00:00.022)",
	    "a: up, b: down", NULL },
	{ "up, and wanted unknown", &story_full,
	    "\"host_status\": {\"a\": \"unknown\"}", NONE,
	    "a: up since line 7 (0:00:00.017)", "a: unknown", NULL },
	{ "down, and wanted up", &story_dead,
	    "\"host_status\": {\"b\": \"up\"}, \"at\": \"31s\"", NONE,
	    "b: down since line 7 (0:00:30.012)", "b: up at 0:00:31.000",
	    NULL },
	{ "not yet down", &story_dead,
	    "\"host_status\": {\"a\": \"down\"}, \"at\": \"0s\"", NONE,
	    "a: unknown", "a: down at 0:00:00.000", NULL },
};

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, story_run_expected);
	return kit_run(&kit, "expect_status");
}
