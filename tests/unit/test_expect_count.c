/* SPDX-License-Identifier: MIT */
/* The expectations that count: delivered, bounced, dropped, queued. */
#include "tests/unit/judge_stories.h"

static struct story_expected rows[] = {
	/* ---- delivered ---- */
	{ "delivered in all", &story_answers, "\"delivered\": 2", { { 0 } },
	    NULL, NULL, NULL },
	{ "delivered by host", &story_answers,
	    "\"delivered\": {\"a\": 1, \"b\": 1}", { { 0 } }, NULL, NULL,
	    NULL },
	{ "none to be delivered", &story_expiry, "\"delivered\": 0", { { 0 } },
	    NULL, NULL, NULL },
	{ "one host fewer", &story_answers, "\"delivered\": {\"a\": 2}",
	    { { 0 } },
	    "a: 1, first on line 12 (0:00:00.025), b: 1, first on line 16 "
	    "(0:00:00.036)",
	    "a: 2, and nothing else", NULL },
	{ "a host that was not named", &story_answers,
	    "\"delivered\": {\"a\": 1}", { { 0 } },
	    "a: 1, first on line 12 (0:00:00.025), b: 1, first on line 16 "
	    "(0:00:00.036)",
	    "a: 1, and nothing else", NULL },
	{ "fewer than wanted", &story_answers, "\"delivered\": 3", { { 0 } },
	    "2; a: 1, first on line 12 (0:00:00.025), b: 1, first on line 16 "
	    "(0:00:00.036)",
	    "3 recipients delivered", NULL },
	{ "delivered, then not", &story_full, "\"delivered\": {\"b\": 2}",
	    { { STORY_DROP, "Message done DCID 2 MID 2", NULL } },
	    "b: 1, first on line 10 (0:00:00.030)", "b: 2, and nothing else",
	    NULL },
	{ "delivered twice counts twice", &story_full, "\"delivered\": 2",
	    { { STORY_TWICE, "Message done DCID 2 MID 2", NULL } }, NULL, NULL,
	    NULL },
	{ "nothing came", &story_expiry, "\"delivered\": {\"a\": 1}", { { 0 } },
	    "none", "a: 1, and nothing else", NULL },

	/* ---- bounced ---- */
	{ "bounced in all", &story_answers, "\"bounced\": 1", { { 0 } }, NULL,
	    NULL, NULL },
	{ "bounced by code", &story_answers, "\"bounced\": {\"550\": 1}",
	    { { 0 } }, NULL, NULL, NULL },
	{ "bounced by status", &story_answers, "\"bounced\": {\"5.1.0\": 1}",
	    { { 0 } }, NULL, NULL, NULL },
	{ "expired", &story_expiry, "\"bounced\": {\"5.4.7\": 1}", { { 0 } },
	    NULL, NULL, NULL },
	{ "bounced for another code", &story_answers,
	    "\"bounced\": {\"554\": 1}", { { 0 } },
	    "550 5.1.0: 1, first on line 10 (0:00:00.020)",
	    "554: 1, and nothing else", NULL },
	{ "bounced without a reply", &story_expiry, "\"bounced\": {\"550\": 1}",
	    { { 0 } }, "5.4.7: 1, first on line 16 (0:02:00.200)",
	    "550: 1, and nothing else", NULL },
	{ "a bounce more", &story_answers, "\"bounced\": 1",
	    { { STORY_EDIT, "Delayed: DCID 1 MID 1 to RID 2",
		"Bounced: DCID 1 MID 1 to RID 2" } },
	    "2; 550 5.1.0: 1, first on line 10 (0:00:00.020), 452 4.3.1: 1, "
	    "first on line 11 (0:00:00.022)",
	    "1 recipients bounced", NULL },
	{ "no bounce at all", &story_answers, "\"bounced\": 1",
	    { { STORY_DROP, "Bounced", NULL } }, "0", NULL, NULL },

	/* ---- dropped ---- */
	{ "dropped", &story_answers, "\"dropped\": 2", { { 0 } }, NULL, NULL,
	    NULL },
	{ "none dropped", &story_full, "\"dropped\": 0", { { 0 } }, NULL, NULL,
	    NULL },
	{ "one fewer dropped", &story_answers, "\"dropped\": 2",
	    { { STORY_EDIT, "Deleted: MID 2 to [0, 1]",
		"Deleted: MID 2 to [0]" } },
	    "1", "2 recipients dropped", NULL },
	{ "dropped instead of delivered", &story_full, "\"dropped\": 0",
	    { { STORY_EDIT, "Delivery start DCID 2 MID 2 to RID [0]",
		"Deleted: MID 2 to [0]" } },
	    "1", "0 recipients dropped", NULL },
	{ "not dropped", &story_answers, "\"dropped\": 2",
	    { { STORY_DROP, "Deleted", NULL } }, "0", NULL, NULL },

	/* ---- queued ---- */
	{ "none queued", &story_full, "\"queued\": 0", { { 0 } }, NULL, NULL,
	    NULL },
	{ "queued when it ends", &story_requeue, "\"queued\": 1",
	    { { STORY_CUT, "T close 2", NULL } }, NULL, NULL, NULL },
	{ "one still queued", &story_requeue, "\"queued\": 0",
	    { { STORY_CUT, "T close 2", NULL } },
	    "1; the first of them: MID 1, accepted line 5 (0:00:00.010)",
	    "0 recipients queued", NULL },
	{ "all queued", &story_answers, "\"queued\": 3",
	    { { STORY_CUT, "MID 1 queued", NULL } }, NULL, NULL, NULL },
	{ "not accepted is not queued", &story_answers, "\"queued\": 0",
	    { { STORY_CUT, "MID 1 ready", NULL } }, NULL, NULL, NULL },
	{ "queued no more", &story_full, "\"queued\": 1", { { 0 } }, "0",
	    "1 recipients queued", NULL },
};

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, story_run_expected);
	return kit_run(&kit, "expect_count");
}
