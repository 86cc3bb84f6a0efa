/* SPDX-License-Identifier: MIT */
/* Conservation, no-duplicate and permanence: right stories, each altered in one
 * thing. */
#include "tests/unit/judge_stories.h"

/* Where two fail, it is in the nature of the thing: who is sent again once
 * delivered is seen again, and is delivered twice. */
static const struct story_mutant rows[] = {
	/* ---- conservation ---- */
	{ "finished too early", &story_answers,
	    { { STORY_BEHIND, "Bounced", "+ L Message finished MID 1 done" },
		{ STORY_CUT, "Message finished MID 1", NULL },
		{ STORY_BEHIND, "Message finished", "+ X 1" } },
	    "conservation", "RID 0 (in all 2 of 3 recipients)" },
	{ "a recipient that was never named", &story_full,
	    { { STORY_EDIT, "done DCID 2 MID 2 to RID [0]",
		  "done DCID 2 MID 2 to RID [0, 1]" },
		{ STORY_EDIT, "T message 2 s@example.net u@example.com",
		    "T message 2 s@example.net u@example.com" },
		{ STORY_DROP_ALL, "T ", NULL } },
	    "conservation", "\"message_done\" of MID 2" },
	{ "a message that was never accepted", &story_full,
	    { { STORY_BEHIND, "Message finished MID 2",
		"+ L Bounced: DCID 2 MID 9 to RID 0 - 5.1.0 - Unknown address "
		"error ('550', ['no']) []" } },
	    "conservation", "\"bounced\" of MID 9" },
	{ "lost with its connection", &story_lost,
	    { { STORY_DROP, "Delayed", NULL },
		{ STORY_DROP, "T message 1", NULL } },
	    "conservation", "what became of MID 1 RID 0" },
	{ "lost with its connection error", &story_backup,
	    { { STORY_EDIT, "DCID 7 close",
		  "Connection Error: DCID 7 domain: example.com IP: 10.1.1.12 "
		  "port: 25 details: EOF interface: 10.0.0.5 reason: network "
		  "error" },
		{ STORY_EDIT, "Delivery start DCID 6",
		    "Delivery start DCID 7" },
		{ STORY_DROP, "Message done DCID 6", NULL },
		{ STORY_DROP, "Message finished MID 4", NULL },
		{ STORY_DROP, "T message 6", NULL } },
	    "conservation, back-off", "MID 4 RID 0" },

	/* ---- no-duplicate ---- */
	{ "done twice", &story_full,
	    { { STORY_TWICE, "Message done DCID 2 MID 2", NULL },
		{ STORY_TWICE, "T message 2", NULL } },
	    "no-duplicate", "delivers MID 2 again" },
	{ "one of three done twice", &story_answers,
	    { { STORY_TWICE, "Message done DCID 1 MID 1", NULL },
		{ STORY_TWICE, "T message 1", NULL } },
	    "no-duplicate", "MID 1 RID 0, which was delivered on line" },
	{ "sent again", &story_full,
	    { { STORY_BEHIND, "Message finished MID 1", "+ S 2 1 0" },
		{ STORY_BEHIND, "Message finished MID 1",
		    "+ D 2 1 0 s@example.net u@example.com" } },
	    "no-duplicate, permanence", "delivers MID 1 again" },
	{ "sent to one that had it", &story_answers,
	    { { STORY_EDIT, "start DCID 2 MID 1 to RID [2]",
		  "start DCID 2 MID 1 to RID [0, 2]" },
		{ STORY_EDIT, "done DCID 2 MID 1 to RID [2]",
		    "done DCID 2 MID 1 to RID [0, 2]" },
		{ STORY_EDIT, "s@example.net w@example.com",
		    "s@example.net u@example.com,w@example.com" } },
	    "no-duplicate, permanence", "MID 1 RID 0" },

	/* ---- permanence ---- */
	{ "delivered when it had bounced", &story_answers,
	    { { STORY_EDIT, "done DCID 1 MID 1 to RID [0]",
		  "done DCID 1 MID 1 to RID [0, 1]" },
		{ STORY_EDIT, "s@example.net u@example.com",
		    "s@example.net u@example.com,v@example.com" } },
	    "permanence", "MID 1 RID 1, which was bounced" },
	{ "tried when it had bounced", &story_answers,
	    { { STORY_EDIT, "start DCID 2 MID 1 to RID [2]",
		"start DCID 2 MID 1 to RID [1, 2]" } },
	    "permanence", "\"delivery_start\" of MID 1 RID 1" },
	{ "tried when all had ended", &story_nowhere,
	    { { STORY_BEHIND, "New SMTP DCID 1", "+ S 1 1 0" } }, "permanence",
	    "all its recipients had ended" },
	{ "delivered when all had bounced", &story_nowhere,
	    { { STORY_BEHIND, "Message finished MID 2",
		"+ D 1 1 0 s@example.net u@nowhere.example" } },
	    "permanence", "\"message_done\" of MID 1" },
	{ "requeued when it had ended", &story_full,
	    { { STORY_BEHIND, "Message finished MID 2",
		"+ L MID 2 to RID [0] pending till Wed Jul  2 09:16:08 2014" } },
	    "permanence", "\"pending\" of MID 2" },
	{ "delayed when it had bounced", &story_answers,
	    { { STORY_BEHIND, "Bounced",
		"+ L Delayed: DCID 1 MID 1 to RID 1 - 4.3.1 - Mail system full "
		"('452', ['x']) []" } },
	    "permanence", "\"delayed\" of MID 1 RID 1" },
	{ "bounced twice", &story_answers, { { STORY_TWICE, "Bounced", NULL } },
	    "permanence", "\"bounced\" of MID 1 RID 1" },
	{ "bounced for a 4xx", &story_answers,
	    { { STORY_EDIT, "('550'", "('451'" } }, "permanence",
	    "bounces for 451" },
	{ "bounced for nothing", &story_answers,
	    { { STORY_EDIT, "('550'", "('000'" } }, "permanence",
	    "bounces 5.1.0 without a reply" },
	{ "bounced where another may be able", &story_unable,
	    { { STORY_EDIT,
		  "Delayed: DCID 1 MID 1 to RID 0 - 4.4.0 - Other network "
		  "problem ('000'",
		  "Bounced: DCID 1 MID 1 to RID 0 - 5.1.0 - Unknown address "
		  "error ('554'" },
		{ STORY_BEHIND, "Bounced: DCID 1",
		    "+ L Message finished MID 1 done" },
		{ STORY_CUT, "Message finished MID 1", NULL },
		{ STORY_BEHIND, "Message finished MID 1", "+ X 1" } },
	    "permanence", "bounces, and 10.1.1.12:25 may offer it" },
	{ "bounced where another was only full", &story_unable,
	    { { STORY_EDIT, "5.6.3 The host does not offer 8BITMIME",
		"4.3.1 full" } },
	    "permanence", "bounces, and 10.1.1.11:25 may offer it" },
	{ "bounced by DNS that answers", &story_full,
	    { { STORY_EDIT, "Delivery start DCID 2 MID 2 to RID [0]",
		  "Bounced: DCID 0 MID 2 to RID 0 - 5.1.2 - Bad destination "
		  "host ('000', ['x']) []" },
		{ STORY_DROP, "Message done DCID 2 MID 2", NULL },
		{ STORY_DROP_ALL, "T ", NULL } },
	    "permanence", "DNS gives hosts for example.com" },
	{ "dropped without /dev/null", &story_full,
	    { { STORY_EDIT, "Delivery start DCID 2 MID 2 to RID [0]",
		  "Deleted: MID 2 to [0]" },
		{ STORY_DROP, "Message done DCID 2 MID 2", NULL },
		{ STORY_DROP_ALL, "T ", NULL } },
	    "permanence", "the route of example.com is another" },
};

int
main(void)
{
	struct kit kit = { 0 };
	static struct story_mutant own[ARRAY_LEN(rows)];

	memcpy(own, rows, sizeof(rows));
	ROWS(&kit, own, story_run_mutant);
	return kit_run(&kit, "invariant_ends");
}
