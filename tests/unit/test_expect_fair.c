/* SPDX-License-Identifier: MIT */
/* "fair": shares of connections and messages. */
#include "tests/unit/judge_stories.h"

#define NONE                                                                   \
	{                                                                      \
		{                                                              \
			STORY_KEEP, NULL, NULL                                 \
		}                                                              \
	}

#define HEAD                                                                   \
	"\nexample.com, priority 0\n"                                          \
	"                     connections       messages\n"

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
	    "2 to b" HEAD
	    "  a                  1 (50.0 %)        0 (0.0 %)  1 failed  then "
	    "b: 1 connection, 1 message\n"
	    "  b                  1 (50.0 %)        2 (100.0 %)\n"
	    "  Jain's index       1.0000            0.5000\n"
	    "  longest run        1 a               2 b",
	    "shares of the messages that differ by at most 1", NULL },
	{ "a tolerance", &story_full,
	    "\"fair\": [\"a\", \"b\"], \"by\": \"messages\", \"tolerance\": 2",
	    NONE, NULL, NULL, NULL },
	{ "no tolerance", &story_turns,
	    "\"fair\": [\"a\", \"b\", \"c\"], \"tolerance\": 0", NONE,
	    "a: 2, b: 2, c: 1; they differ by 1; Jain's index 0.9259; longest "
	    "run: 1 to a" HEAD
	    "  a                  2 (40.0 %)        2 (40.0 %)\n"
	    "  b                  2 (40.0 %)        2 (40.0 %)\n"
	    "  c                  1 (20.0 %)        1 (20.0 %)\n"
	    "  Jain's index       0.9259            0.9259\n"
	    "  longest run        1 a               1 a",
	    "shares of the connections that differ by at most 0", NULL },
	{ "a host that is passed over", &story_turns,
	    "\"fair\": [\"a\", \"b\", \"c\"]",
	    { { STORY_EDIT, "DCID 3 interface 10.0.0.5 address 10.1.1.13",
		  "DCID 3 interface 10.0.0.5 address 10.1.1.12" },
		{ STORY_EDIT, "DCID 5 interface 10.0.0.5 address 10.1.1.12",
		    "DCID 5 interface 10.0.0.5 address 10.1.1.11" } },
	    "a: 3, b: 2, c: 0; they differ by 3; Jain's index 0.6410; longest "
	    "run: 2 to b" HEAD
	    "  a                  3 (60.0 %)        3 (60.0 %)\n"
	    "  b                  2 (40.0 %)        2 (40.0 %)\n"
	    "  c                  0 (0.0 %)         0 (0.0 %)\n"
	    "  Jain's index       0.6410            0.6410\n"
	    "  longest run        2 b               2 b",
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
