/* SPDX-License-Identifier: MIT */
/* "fair": shares of connections and messages. */
#include "tests/unit/judge_stories.h"

#define NONE                                                                   \
	{                                                                      \
		{                                                              \
			STORY_KEEP, NULL, NULL                                 \
		}                                                              \
	}

static struct story_expected rows[] = {
	{ "connections", &story_turns, "\"fair\": [\"a\", \"b\", \"c\"]", NONE,
	    NULL, NULL, NULL },
	{ "messages", &story_turns,
	    "\"fair\": [\"a\", \"b\", \"c\"], \"by\": \"messages\"", NONE, NULL,
	    NULL, NULL },
	{ "connections differ less than messages", &story_full,
	    "\"fair\": [\"a\", \"b\"], \"tolerance\": 0", NONE, NULL, NULL,
	    NULL },
	{ "messages that one has", &story_full,
	    "\"fair\": [\"a\", \"b\"], \"by\": \"messages\"", NONE,
	    "a: 0, b: 2; they differ by 2; Jain's index 0.5000; longest run: "
	    "2 to b",
	    "shares of the messages that differ by at most 1", NULL },
	{ "a tolerance", &story_full,
	    "\"fair\": [\"a\", \"b\"], \"by\": \"messages\", \"tolerance\": 2",
	    NONE, NULL, NULL, NULL },
	{ "no tolerance", &story_turns,
	    "\"fair\": [\"a\", \"b\", \"c\"], \"tolerance\": 0", NONE,
	    "a: 2, b: 2, c: 1; they differ by 1; Jain's index 0.9259; longest "
	    "run: 1 to a",
	    "shares of the connections that differ by at most 0", NULL },
	{ "a host that is passed over", &story_turns,
	    "\"fair\": [\"a\", \"b\", \"c\"]",
	    { { STORY_EDIT, "DCID 3 interface 10.0.0.5 address 10.1.1.13",
		  "DCID 3 interface 10.0.0.5 address 10.1.1.12" },
		{ STORY_EDIT, "DCID 5 interface 10.0.0.5 address 10.1.1.12",
		    "DCID 5 interface 10.0.0.5 address 10.1.1.11" } },
	    "a: 3, b: 2, c: 0; they differ by 3; Jain's index 0.6410; longest "
	    "run: 2 to b",
	    NULL, NULL },
	{ "other hosts do not count", &story_turns, "\"fair\": [\"a\", \"c\"]",
	    NONE, NULL, NULL, NULL },
	{ "connects that failed count", &story_backup,
	    "\"fair\": [\"a\", \"b\"]", NONE, NULL, NULL, NULL },
	{ "nothing at all is fair", &story_nowhere,
	    "\"fair\": [\"b\", \"c\"], \"tolerance\": 0", NONE, NULL, NULL,
	    NULL },
};

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, story_run_expected);
	return kit_run(&kit, "expect_fair");
}
