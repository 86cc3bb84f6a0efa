/* SPDX-License-Identifier: MIT */
/* What an operator's commands make right, and what is wrong without them. */
#include "tests/unit/judge_stories.h"

#define ONE_HOST STORY_ROUTE("\"example.com [10.1.1.11]\"") STORY_HOSTS

/* What is under way is cut; nothing goes out for 94 s. */
static const struct judged_story story_suspended = {
	"suspended",
	ONE_HOST,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"1.000 O suspenddel 5\n"
	"6.000 L SMTP client connection killed DCID: 1\n"
	"6.000 T reset 1\n"
	"+ L Deliveries are currently suspended [example.com]\n"
	"100.000 O resumedel\n"
	"+ N 2 11\n+ G 2\n+ S 2 1 0\n"
	"+ D 2 1 0 s@example.net u@example.com\n+ F 1\n"
	"106.000 X 2\n",
	"106.010",
};

/* The first two wait for a probe; both hear of it before its time.  Then one is
 * deleted, one bounced, one sent elsewhere. */
static const struct judged_story story_ended = {
	"ended",
	STORY_ROUTE("\"example.com [10.1.1.11]\", \"c.example [10.1.1.13]\"")
	    STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ E 1 example.com 11 [Errno 61] Connection refused\n"
	"+ L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 [Default]\n"
	"20.000 O delivernow EXAMPLE.com\n"
	"20.000 E 2 example.com 11 [Errno 61] Connection refused\n"
	"20.000 L MID 1 to RID [0] pending till Wed Jul  2 09:17:27 2014 "
	"[Default]\n"
	"21.000 A 2 s@example.net u@example.com\n"
	"21.000 L MID 2 to RID [0] pending till Wed Jul  2 09:17:27 2014 "
	"[Default]\n"
	"22.000 A 3 s@example.net u@example.com\n"
	"22.000 L MID 3 to RID [0] pending till Wed Jul  2 09:17:27 2014 "
	"[Default]\n"
	"30.000 O deleterecipients host example.org\n"
	"30.000 L Deleted: MID 1 to [0]\n"
	"30.000 F 1\n"
	"40.000 O bouncerecipients all\n"
	"40.000 L Bounced: DCID 0 MID 2 to RID 0 - 5.x.0 - Message bounced by "
	"administrator ('000', []) []\n"
	"40.000 F 2\n"
	"50.000 O redirectrecipients c.example sender S@example.net\n"
	"+ N 3 13\n+ G 3\n+ S 3 3 0\n"
	"+ D 3 3 0 s@example.net u@example.com\n+ F 3\n"
	"56.000 X 3\n",
	"56.010",
};

static const struct story_mutant rows[] = {
	{ "suspended, cut and resumed", &story_suspended, { { 0 } }, "", "" },
	{ "cut though nobody suspended", &story_suspended,
	    { { STORY_DROP, "O suspenddel", NULL },
		{ STORY_DROP, "O resumedel", NULL } },
	    "conservation, back-off", "DCID 1 was cut" },
	{ "sent while suspended", &story_suspended,
	    { { STORY_DROP, "O resumedel", NULL } }, "back-off",
	    "DCID 2 carries MID 1" },
	{ "missed when resumed", &story_suspended,
	    { { STORY_DROP_ALL, "DCID 2", NULL },
		{ STORY_DROP_ALL, "T message 2", NULL },
		{ STORY_DROP_ALL, "T open 2", NULL },
		{ STORY_CUT, "O resumedel", NULL },
		{ STORY_BEHIND, "O resumedel",
		    "200.000 A 9 s@example.net u@example.org" } },
	    "back-off", "MID 1 was accepted and has not ended" },
	{ "ended by commands", &story_ended, { { 0 } }, "", "" },
	{ "probed before its time", &story_ended,
	    { { STORY_DROP, "O delivernow", NULL } }, "rotation", "DCID 2" },
	{ "another domain's delivernow", &story_ended,
	    { { STORY_EDIT, "EXAMPLE.com", "example.org" } }, "rotation",
	    "DCID 2" },
	{ "deleted by nobody", &story_ended,
	    { { STORY_DROP, "O deleterecipients", NULL } }, "permanence",
	    "MID 1 RID 0 is dropped" },
	{ "deleted behind the command", &story_ended,
	    { { STORY_AT, "Deleted:", "30.001" },
		{ STORY_AT, "Message finished MID 1", "30.001" } },
	    "permanence", "MID 1 RID 0 is dropped" },
	{ "bounced by nobody", &story_ended,
	    { { STORY_DROP, "O bouncerecipients", NULL } }, "permanence",
	    "MID 2 RID 0 bounces as if by an operator" },
	{ "sent elsewhere by nobody", &story_ended,
	    { { STORY_DROP, "O redirectrecipients", NULL } },
	    "rotation, back-off", "10.1.1.13" },
};

/* A right story is a row without a change. */
static void
test_row(void **state)
{
	const struct story_mutant *row = *state;
	const struct story_way way = { .changes = row->changes };
	struct story_run run;

	if (row->fails[0] != '\0') {
		story_run_mutant(state);
		return;
	}
	run = story_judge(row->story, &way);
	story_assert_failed(&run, "");
	story_run_fini(&run);
}

int
main(void)
{
	struct kit kit = { 0 };
	static struct story_mutant own[ARRAY_LEN(rows)];

	memcpy(own, rows, sizeof(rows));
	ROWS(&kit, own, test_row);
	return kit_run(&kit, "ledger_operate");
}
