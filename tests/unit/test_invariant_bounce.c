/* SPDX-License-Identifier: MIT */
/* What the relay makes itself: right stories, each altered in one thing. */
#include "tests/unit/judge_stories.h"

#define MADE(mid, how)                                                         \
	"+ L Start MID " mid " ICID 0\n"                                       \
	"+ L MID " mid " " how "\n"                                            \
	"+ L MID " mid " ICID 0 From: <>\n"                                    \
	"+ L MID " mid " ICID 0 RID 0 To: <s@gone.example>\n"                  \
	"+ L MID " mid " ready 900 bytes from <>\n"                            \
	"+ L MID " mid " queued for delivery\n"                                \
	"+ L Deleted: MID " mid " to [0]\n"                                    \
	"+ F " mid "\n"
#define ROUTES                                                                 \
	STORY_ROUTE("\"example.com [10.1.1.11]\", \"gone.example /dev/null\"")

/* A recipient bounces, and its sender is told. */
static const struct judged_story story_told = {
	"told",
	ROUTES STORY_CAST,
	"0.010 A 1 s@gone.example u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"0.100 L Bounced: DCID 1 MID 1 to RID 0 - 5.1.0 - Unknown address "
	"error ('550', ['no']) []\n"
	"+ F 1\n" MADE("2", "generated for bounce of MID 1") "5.100 X 1\n",
	"5.200",
};

#define DELAYED(dcid)                                                          \
	"L Delayed: DCID " dcid " MID 1 to RID 0 - 4.3.1 - Mail system full "  \
	"('452', ['4.3.1 full']) []\n"
#define PENDING(till)                                                          \
	"L MID 1 to RID [0] pending till Wed Jul  2 " till " 2014 [Default]\n"

/* The second attempt is told, and no other. */
static const struct judged_story story_warned = {
	"warned",
	ROUTES STORY_CAST ", \"relay\": {\"bounce\": {\"max_wait\": \"60s\","
			  " \"delay_warnings\": true}}",
	"0.010 A 1 s@gone.example u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"0.100 " DELAYED("1") "0.100 " PENDING(
	    "09:16:08") "5.100 X 1\n"
			"60.102 N 2 11\n+ G 2\n+ S 2 1 0\n"
			"60.200 " DELAYED("2") "60.200 " PENDING(
			    "09:17:08") MADE("2",
			    "generated based on MID 1 by delay warning") "65.200 X 2\n"
									 "120.202 N 3 11\n+ G 3\n+ S 3 1 0\n"
									 "120.300 " DELAYED("3") "120.300 " PENDING(
									     "09:18:08") "125.300 X 3\n"
											 "180.302 N 4 11\n+ G 4\n+ S 4 1 0\n"
											 "+ D 4 1 0 s@gone.example u@example.com\n+ F 1\n185.400 X 4\n",
	"185.500",
};

static const struct story_mutant rows[] = {
	{ "nobody is told", &story_told, { { STORY_DROP_ALL, "MID 2", NULL } },
	    "conservation", "bounce messages that never came are 1" },
	{ "told twice", &story_told,
	    { { STORY_BEHIND, "Message finished MID 2",
		"+ L MID 3 generated for bounce of MID 1" } },
	    "conservation", "of which no bounce is left" },
	{ "told of another", &story_told,
	    { { STORY_EDIT, "for bounce of MID 1", "for bounce of MID 7" } },
	    "conservation", "made for a bounce of MID 7" },
	{ "a double bounce of mail with a sender", &story_told,
	    { { STORY_EDIT, "Bounced: DCID 1 MID 1", "Double bounce: MID 1" } },
	    "conservation, permanence", "which is from <s@gone.example>" },
	{ "not warned", &story_warned, { { STORY_DROP_ALL, "MID 2", NULL } },
	    "back-off", "its sender was not warned" },
	{ "warned after the first attempt", &story_warned,
	    { { STORY_BEHIND, "pending till Wed Jul  2 09:16:08",
		"+ L MID 3 generated based on MID 1 by delay warning" } },
	    "back-off", "MID 3 warns of MID 1" },
	{ "warned twice", &story_warned,
	    { { STORY_BEHIND, "pending till Wed Jul  2 09:18:08",
		"+ L MID 3 generated based on MID 1 by delay warning" } },
	    "back-off", "is warned of after 1 times" },
	{ "warned for a lost connection", &story_warned,
	    { { STORY_EDIT,
		"Delayed: DCID 2 MID 1 to RID 0 - 4.3.1 - Mail "
		"system full ('452', ['4.3.1 full'])",
		"Delayed: DCID 2 MID 1 to RID 0 - 4.4.0 - Other network "
		"problem ('000', ['EOF'])" } },
	    "back-off", "MID 2 warns of MID 1" },
};

static const struct right_row {
	const char *name;
	const struct judged_story *story;
} right_rows[] = {
	{ "told", &story_told },
	{ "warned", &story_warned },
};

static void
test_right(void **state)
{
	const struct right_row *row = *state;
	const struct story_way exact = { 0 },
			       seconds = { .without_moments = true };
	struct story_run run = story_judge(row->story, &exact);

	story_assert_failed(&run, "");
	story_run_fini(&run);
	run = story_judge(row->story, &seconds);
	story_assert_failed(&run, "");
	story_run_fini(&run);
}

int
main(void)
{
	struct kit kit = { 0 };
	static struct story_mutant own[ARRAY_LEN(rows)];
	static struct right_row right[ARRAY_LEN(right_rows)];

	memcpy(own, rows, sizeof(rows));
	memcpy(right, right_rows, sizeof(right_rows));
	ROWS(&kit, right, test_right);
	ROWS(&kit, own, story_run_mutant);
	return kit_run(&kit, "invariant_bounce");
}
