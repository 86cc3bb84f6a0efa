/* SPDX-License-Identifier: MIT */
/* "failover": messages that go on from one host to another. */
#include "tests/unit/judge_stories.h"

#define NONE                                                                   \
	{                                                                      \
		{                                                              \
			STORY_KEEP, NULL, NULL                                 \
		}                                                              \
	}

#define MOVES "messages that go on from a to b in their round"

static struct story_expected rows[] = {
	{ "a greeting that refuses", &story_full,
	    "\"failover\": {\"from\": \"a\", \"to\": \"b\", \"count\": 1, "
	    "\"within\": \"10ms\"}",
	    NONE, NULL, NULL, NULL },
	{ "a millisecond less", &story_full,
	    "\"failover\": {\"from\": \"a\", \"to\": \"b\", \"within\": "
	    "\"9ms\"}",
	    NONE,
	    "from it went on: to b 1; later than that: 1, the slowest after "
	    "0:00:00.010 on line 9 (0:00:00.027)",
	    MOVES ", each within 9ms", NULL },
	{ "any number but none", &story_full,
	    "\"failover\": {\"from\": \"a\", \"to\": \"b\"}", NONE, NULL, NULL,
	    NULL },
	{ "one too few", &story_full,
	    "\"failover\": {\"from\": \"a\", \"to\": \"b\", \"count\": 2}",
	    NONE, "from it went on: to b 1", "2 " MOVES, NULL },
	{ "none at all", &story_turns,
	    "\"failover\": {\"from\": \"a\", \"to\": \"b\"}", NONE,
	    "none went on from it to another host", MOVES, NULL },
	{ "none is what was wanted", &story_turns,
	    "\"failover\": {\"from\": \"a\", \"to\": \"b\", \"count\": 0}",
	    NONE, NULL, NULL, NULL },
	{ "the other way round", &story_full,
	    "\"failover\": {\"from\": \"b\", \"to\": \"a\"}", NONE,
	    "none went on from it to another host", NULL, NULL },
	{ "a recipient that was refused", &story_answers,
	    "\"failover\": {\"from\": \"a\", \"to\": \"b\", \"count\": 1}",
	    NONE, NULL, NULL, NULL },
	{ "a connect that failed", &story_backup,
	    "\"failover\": {\"from\": \"a\", \"to\": \"b\", \"count\": 2}",
	    NONE, NULL, NULL, NULL },
	{ "the next round is no failover", &story_dead,
	    "\"failover\": {\"from\": \"a\", \"to\": \"b\", \"count\": 1, "
	    "\"within\": \"31s\"}",
	    NONE, NULL, NULL, NULL },
	{ "too late", &story_dead,
	    "\"failover\": {\"from\": \"a\", \"to\": \"b\", \"within\": "
	    "\"29s\"}",
	    NONE,
	    "from it went on: to b 1; later than that: 1, the slowest after "
	    "0:00:30.000 on line 7 (0:00:30.012)",
	    MOVES ", each within 29s", NULL },
	{ "elsewhere", &story_full,
	    "\"failover\": {\"from\": \"a\", \"to\": \"b\"}",
	    { { STORY_EDIT,
		"New SMTP DCID 2 interface 10.0.0.5 address 10.1.1.12",
		"New SMTP DCID 2 interface 10.0.0.5 address 10.9.9.9" } },
	    "from it went on: to elsewhere 1", NULL, NULL },
};

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, story_run_expected);
	return kit_run(&kit, "expect_failover");
}
