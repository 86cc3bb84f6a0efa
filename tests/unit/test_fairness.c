/* SPDX-License-Identifier: MIT */
/* Fairness: shares by route and priority, and where it went on from hosts that
 * failed. */
#include "harness/judge/fairness.h"
#include "tests/unit/judge_stories.h"

#define HEAD "                     connections       messages\n"

struct row {
	const char *name;
	const struct judged_story *story;
	struct story_change changes[STORY_CHANGES_MAX];
	const char *told; /* all rows, as text */
};

/* Two routes' mail and a bounce to the senders' host, of which nothing is
 * told. */
static const struct judged_story story_routes = {
	"routes",
	STORY_ROUTE("\".example.com [10.1.1.11], [10.1.1.12]\", "
		    "\"ALL [10.1.1.13]\"") STORY_HOSTS,
	"0.010 A 1 s@example.net u@x.example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n+ D 1 1 0 s@example.net u@x.example.com\n"
	"+ F 1\n5.100 X 1\n"
	"10.000 A 2 s@example.net u@y.example.com\n"
	"+ N 2 11\n+ G 2\n+ S 2 2 0\n+ D 2 2 0 s@example.net u@y.example.com\n"
	"+ F 2\n15.100 X 2\n"
	"20.000 A 3 s@example.net u@example.org\n"
	"+ N 3 13\n+ G 3\n+ S 3 3 0\n+ D 3 3 0 s@example.net u@example.org\n"
	"+ F 3\n25.100 X 3\n",
	"25.200",
};

static struct row rows[] = {
	{ "a greeting that refuses", &story_full, { { STORY_KEEP, 0, 0 } },
	    "example.com, priority 0\n" HEAD
	    "  a                  1 (50.0 %)        0 (0.0 %)  1 failed  then "
	    "b: 1 connection, 1 message\n"
	    "  b                  1 (50.0 %)        2 (100.0 %)\n"
	    "  Jain's index       1.0000            0.5000\n"
	    "  longest run        1 a               2 b\n" },
	{ "in turn", &story_turns, { { STORY_KEEP, 0, 0 } },
	    "example.com, priority 0\n" HEAD
	    "  a                  2 (40.0 %)        2 (40.0 %)\n"
	    "  b                  2 (40.0 %)        2 (40.0 %)\n"
	    "  c                  1 (20.0 %)        1 (20.0 %)\n"
	    "  Jain's index       0.9259            0.9259\n"
	    "  longest run        1 a               1 a\n" },
	{ "a worse priority, and probes beside it", &story_backup,
	    { { STORY_KEEP, 0, 0 } },
	    "example.com, priority 0\n" HEAD
	    "  a                  3 (100.0 %)       1 (100.0 %)  2 failed  "
	    "then b: 1 connection, 2 messages\n"
	    "  Jain's index       1.0000            1.0000\n"
	    "  longest run        3 a               1 a\n"
	    "example.com, priority 10\n" HEAD
	    "  b                  4 (100.0 %)       3 (100.0 %)\n"
	    "  Jain's index       1.0000            1.0000\n"
	    "  longest run        4 b               3 b\n" },
	{ "a recipient that goes on alone", &story_answers,
	    { { STORY_KEEP, 0, 0 } },
	    "example.com, priority 0\n" HEAD
	    "  a                  1 (50.0 %)        1 (50.0 %)  then b: 1 "
	    "message\n"
	    "  b                  1 (50.0 %)        1 (50.0 %)\n"
	    "  Jain's index       1.0000            1.0000\n"
	    "  longest run        1 a               1 a\n" },
	{ "the next round is no failover", &story_dead,
	    { { STORY_KEEP, 0, 0 } },
	    "example.com, priority 0\n" HEAD
	    "  a                  2 (50.0 %)        0 (0.0 %)  2 failed  then "
	    "b: 1 connection, 1 message\n"
	    "  b                  2 (50.0 %)        1 (100.0 %)  1 failed\n"
	    "  Jain's index       1.0000            0.5000\n"
	    "  longest run        1 a               1 b\n" },
	{ "routes, and domains of one", &story_routes, { { STORY_KEEP, 0, 0 } },
	    ".example.com, priority 0\n" HEAD
	    "  a                  2 (100.0 %)       2 (100.0 %)\n"
	    "  b                  0 (0.0 %)         0 (0.0 %)\n"
	    "  Jain's index       0.5000            0.5000\n"
	    "  longest run        2 a               2 a\n"
	    "ALL, priority 0\n" HEAD
	    "  c                  1 (100.0 %)       1 (100.0 %)\n"
	    "  Jain's index       1.0000            1.0000\n"
	    "  longest run        1 c               1 c\n" },
	{ "nothing was sent", &story_full, { { STORY_CUT, "ready", 0 } }, "" },
	{ "an address that is no candidate", &story_full,
	    { { STORY_EDIT,
		"New SMTP DCID 2 interface 10.0.0.5 address "
		"10.1.1.12",
		"New SMTP DCID 2 interface 10.0.0.5 address 10.9.9.9" } },
	    "example.com, priority 0\n" HEAD
	    "  a                  1 (100.0 %)       0 (0.0 %)  1 failed  then "
	    "10.9.9.9:25: 1 connection, 1 message\n"
	    "  b                  0 (0.0 %)         0 (0.0 %)\n"
	    "  Jain's index       0.5000            1.0000\n"
	    "  longest run        1 a               0\n"
	    "example.com, priority not known\n" HEAD
	    "  10.9.9.9:25        1 (100.0 %)       2 (100.0 %)\n"
	    "  Jain's index       1.0000            1.0000\n"
	    "  longest run        1 10.9.9.9:25     2 10.9.9.9:25\n" },
};

static void
run_row(void **state)
{
	const struct row *row = *state;
	struct story_way way = { .changes = row->changes };
	struct story_run run = story_judge(row->story, &way);
	const struct fairness *f = judge_fairness(run.judge);
	struct buf out = { 0 };

	for (size_t i = 0; i < fairness_count(f); i++)
		fairness_format(f, fairness_row(f, i), 0, &out);
	assert_slice(buf_slice(&out), row->told);
	buf_fini(&out);
	story_run_fini(&run);
}

static void
test_jain(void **state)
{
	static const uint64_t shares[] = { 4, 0, 4, 0 };

	(void)state;
	assert_true(jain_index(shares, 4) == 0.5);
	assert_true(jain_index(shares, 1) == 1);
	assert_true(jain_index(shares + 1, 1) == 1);
	assert_true(jain_index(shares, 0) == 1);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, run_row);
	TEST(&kit, test_jain);
	return kit_run(&kit, "fairness");
}
