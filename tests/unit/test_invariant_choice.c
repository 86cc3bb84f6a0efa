/* SPDX-License-Identifier: MIT */
/* Priority and rotation: right stories, each with a connection that goes
 * elsewhere. */
#include "tests/unit/judge_stories.h"

/* The transcript follows the log, so that only the choice is wrong. */
#define GOES(dcid, from, to)                                                   \
	{ STORY_EDIT,                                                          \
		"New SMTP DCID " dcid " interface 10.0.0.5 address "           \
		"10.1.1." from,                                                \
		"New SMTP DCID " dcid                                          \
		" interface 10.0.0.5 address 10.1.1." to },                    \
	{                                                                      \
		STORY_EDIT, "T open " dcid " " from, "T open " dcid " " to     \
	}

/* All of priority 0 are up: b is the backup. */
static const struct judged_story story_primary = {
	"primary",
	STORY_ROUTE("\"example.com [10.1.1.11]/pri=0, [10.1.1.12]/pri=10, "
		    "[10.1.1.13]/pri=10\"") STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n+ D 1 1 0 s@example.net u@example.com\n"
	"+ F 1\n5.030 X 1\n"
	"10.000 A 2 s@example.net u@example.com\n"
	"+ N 2 11\n+ G 2\n+ S 2 2 0\n"
	"+ L Delayed: DCID 2 MID 2 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['x']) []\n"
	"+ N 3 12\n+ G 3\n+ S 3 2 0\n+ D 3 2 0 s@example.net u@example.com\n"
	"+ F 2\n15.040 X 2\n+ X 3\n",
	"15.100",
};

/* The better host's mail goes over an idle connection; then to the backup,
 * which still stands, though the better host is not tried. */
static const struct judged_story story_idle = {
	"idle",
	STORY_ROUTE("\"example.com [10.1.1.11]/pri=0, [10.1.1.12]/pri=10\"")
	    STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"+ L Delayed: DCID 1 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['x']) []\n"
	"+ N 2 12\n+ G 2\n+ S 2 1 0\n+ D 2 1 0 s@example.net u@example.com\n"
	"+ F 1\n"
	"1.000 A 2 s@example.net u@example.com\n"
	"+ S 1 2 0\n+ D 1 2 0 s@example.net u@example.com\n+ F 2\n"
	"6.000 X 2\n+ X 1\n",
	"6.100",
};

static const struct story_mutant rows[] = {
	{ "the primary first", &story_primary, { { STORY_KEEP, NULL, NULL } },
	    "", NULL },
	{ "the better connection first", &story_idle,
	    { { STORY_KEEP, NULL, NULL } }, "", NULL },

	/* ---- priority ---- */
	{ "the backup first", &story_primary,
	    { GOES("1", "11", "12"), { STORY_CUT, "T close 1", NULL } },
	    "priority",
	    "DCID 1 for example.com goes to b (10.1.1.12:25, "
	    "priority 10)" },
	{ "the backup next", &story_primary, { GOES("2", "11", "13") },
	    "priority", "DCID 2 for example.com goes to c" },
	{ "the backup of a host that is up", &story_backup,
	    { { STORY_DROP_ALL, "DCID 1 domain", NULL } }, "priority",
	    "DCID 2 for example.com goes to b" },
	{ "an idle backup", &story_idle,
	    { { STORY_EDIT, "start DCID 1 MID 2", "start DCID 2 MID 2" },
		{ STORY_EDIT, "done DCID 1 MID 2", "done DCID 2 MID 2" },
		{ STORY_EDIT, "T message 1", "T message 2" } },
	    "priority", "MID 2 for example.com goes to b" },
	{ "a primary that is never probed", &story_backup,
	    { { STORY_DROP, "DCID 4 domain", NULL },
		{ STORY_AT, "T open 6 11", "400.000" },
		{ STORY_AT, "New SMTP DCID 6", "400.000" },
		{ STORY_EDIT, "start DCID 6 MID 4", "start DCID 7 MID 4" },
		{ STORY_EDIT, "done DCID 6 MID 4", "done DCID 7 MID 4" },
		{ STORY_EDIT, "T message 6", "T message 7" } },
	    "priority", "DCID 5 for example.com goes to b" },

	/* ---- rotation ---- */
	{ "one is skipped", &story_turns, { GOES("2", "12", "13") }, "rotation",
	    "DCID 2 for example.com goes to c (10.1.1.13:25, "
	    "priority 0)" },
	{ "the same again", &story_turns, { GOES("2", "12", "11") }, "rotation",
	    "DCID 2 for example.com goes to a" },
	{ "not the first one first", &story_turns, { GOES("1", "11", "12") },
	    "rotation", "DCID 1 for example.com goes to b" },
	{ "backwards behind the last", &story_turns, { GOES("4", "11", "12") },
	    "rotation", "DCID 4 for example.com goes to b" },
	{ "no candidate", &story_turns,
	    { { STORY_EDIT, "DCID 5 interface 10.0.0.5 address 10.1.1.12",
		  "DCID 5 interface 10.0.0.5 address 10.1.1.99" },
		{ STORY_EDIT, "T open 5 12", "T open 5 99" } },
	    "rotation",
	    "DCID 5 for example.com goes to 10.1.1.99:25, which is "
	    "none" },
	{ "one that is down", &story_dead,
	    { { STORY_AT, "DCID 3 domain", "45.000" },
		{ STORY_DROP, "till Wed Jul  2 09:16:08", NULL },
		{ STORY_DROP, "till Wed Jul  2 09:16:38", NULL },
		{ STORY_BEHIND, "DCID 3 domain",
		    "+ L MID 1 to RID [0] pending till Wed Jul  2 09:16:38 "
		    "2014 [Default]" } },
	    "rotation", "goes to a (10.1.1.11:25, priority 0), which is down" },
	{ "one that was tried", &story_full, { GOES("2", "12", "11") },
	    "rotation",
	    "DCID 2 for example.com goes to a (10.1.1.11:25, priority 0)" },
	{ "the host that delayed it", &story_idle,
	    { { STORY_BEHIND, "Delayed", "+ S 1 1 0" },
		{ STORY_BEHIND, "Delivery start DCID 1 MID 1 to RID [0]",
		    "+ L Message finished MID 9 done" },
		{ STORY_BEHIND, "Delivery start DCID 1 MID 1 to RID [0]",
		    "+ L lame DNS referral" } },
	    "rotation", "MID 1 for example.com goes to a" },
	{ "each domain by itself", &story_domains, { GOES("4", "12", "11") },
	    "rotation", "DCID 4 for example.org goes to a" },
};

int
main(void)
{
	struct kit kit = { 0 };
	static struct story_mutant own[ARRAY_LEN(rows)];

	memcpy(own, rows, sizeof(rows));
	ROWS(&kit, own, story_run_mutant);
	return kit_run(&kit, "invariant_choice");
}
