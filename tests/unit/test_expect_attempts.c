/* SPDX-License-Identifier: MIT */
/* "attempts": the order of delivery connections. */
#include "tests/unit/judge_stories.h"

#define NONE                                                                   \
	{                                                                      \
		{                                                              \
			STORY_KEEP, NULL, NULL                                 \
		}                                                              \
	}

static struct story_expected rows[] = {
	{ "all", &story_full, "\"attempts\": [\"a\", \"b\"]", NONE, NULL, NULL,
	    NULL },
	{ "failed connects count", &story_dead,
	    "\"attempts\": [\"a\", \"b\", \"a\", \"b\"]", NONE, NULL, NULL,
	    NULL },
	{ "of a message, while it is queued", &story_answers,
	    "\"attempts\": [\"a\", \"b\"], \"message\": 1", NONE, NULL, NULL,
	    NULL },
	{ "of a message that is dropped", &story_answers,
	    "\"attempts\": [], \"message\": 2", NONE, NULL, NULL, NULL },
	{ "of a later message", &story_turns,
	    "\"attempts\": [\"c\"], \"message\": 3", NONE, NULL, NULL, NULL },
	{ "of a domain", &story_domains,
	    "\"attempts\": [\"a\", \"b\"], \"domain\": \"example.org\"", NONE,
	    NULL, NULL, NULL },
	{ "of the other domain", &story_domains,
	    "\"attempts\": [\"a\", \"b\"], \"domain\": \"Example.COM\"", NONE,
	    NULL, NULL, NULL },
	{ "of a domain without mail", &story_domains,
	    "\"attempts\": [], \"domain\": \"example.net\"", NONE, NULL, NULL,
	    NULL },
	{ "another host", &story_turns,
	    "\"attempts\": [\"a\", \"c\", \"b\", \"a\", \"b\"]", NONE,
	    "a, b, c, a, b; attempt 2, on line 17 (0:00:10.003), went to b, "
	    "not to c",
	    "a, c, b, a, b", NULL },
	{ "one too many", &story_full, "\"attempts\": [\"a\"]", NONE,
	    "a, b; attempt 2, on line 8 (0:00:00.022), to b, is one too many",
	    "a", NULL },
	{ "one too few", &story_full, "\"attempts\": [\"a\", \"b\", \"c\"]",
	    NONE, "a, b; then none, where c was wanted", "a, b, c", NULL },
	{ "none where some were wanted", &story_nowhere,
	    "\"attempts\": [\"a\"], \"domain\": \"nowhere.example\"", NONE,
	    "none; then none, where a was wanted", "a", NULL },
	{ "some where none was wanted", &story_full, "\"attempts\": []", NONE,
	    "a, b; attempt 1, on line 6 (0:00:00.013), to a, is one too many",
	    "none", NULL },
	{ "many too many are not all told", &story_turns,
	    "\"attempts\": [\"a\"]",
	    { { STORY_BEHIND, "T close 5", "50.000 N 6 13" },
		{ STORY_BEHIND, "T open 6", "51.000 N 7 11" } },
	    "a, b, c, a, b, c and 1 more; attempt 2, on line 17 "
	    "(0:00:10.003), to b, is one too many",
	    NULL, NULL },
	{ "a skipped host", &story_turns,
	    "\"attempts\": [\"a\", \"b\", \"c\", \"a\", \"b\"]",
	    { { STORY_EDIT, "DCID 2 interface 10.0.0.5 address 10.1.1.12",
		"DCID 2 interface 10.0.0.5 address 10.1.1.13" } },
	    "a, c, c, a, b; attempt 2, on line 17 (0:00:10.003), went to c, "
	    "not to b",
	    NULL, NULL },
	{ "somewhere else", &story_full, "\"attempts\": [\"a\", \"b\"]",
	    { { STORY_EDIT, "DCID 2 interface 10.0.0.5 address 10.1.1.12",
		"DCID 2 interface 10.0.0.5 address 10.1.1.99" } },
	    "a, elsewhere; attempt 2, on line 8 (0:00:00.022), went to "
	    "elsewhere, not to b",
	    NULL, NULL },
};

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, story_run_expected);
	return kit_run(&kit, "expect_attempts");
}
