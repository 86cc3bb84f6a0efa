/* SPDX-License-Identifier: MIT */
/* Back-off: right stories with a round too early, too late, one too many or
 * one too few. */
#include "tests/unit/judge_stories.h"

static const struct story_mutant rows[] = {
	/* ---- too early ---- */
	{ "a retry a second early", &story_requeue,
	    { { STORY_AT, "T open 2", "59.100" },
		{ STORY_AT, "New SMTP DCID 2", "59.101" },
		{ STORY_AT, "Delivery start DCID 2", "59.106" } },
	    "back-off",
	    "DCID 2 carries MID 1, which waits until 0:01:00.100 (line 9)" },
	{ "a retry at once", &story_requeue,
	    { { STORY_BEHIND, "pending till Wed Jul  2 09:16:08", "+ F 1" },
		{ STORY_BEHIND, "pending till Wed Jul  2 09:16:08",
		    "+ D 1 1 0 s@example.net u@example.com" },
		{ STORY_BEHIND, "pending till Wed Jul  2 09:16:08",
		    "+ S 1 1 0" },
		{ STORY_CUT, "T close 1", NULL } },
	    "back-off", "DCID 1 carries MID 1, which waits until 0:01:00.100" },
	{ "a delivery that releases nothing", &story_release,
	    { { STORY_AT, "Delivery start DCID 1 MID 1 to RID [0]", "0.013" },
		{ STORY_DROP, "Message done DCID 1 MID 2", NULL },
		{ STORY_DROP, "T message 1 s@example.net v", NULL },
		{ STORY_EDIT, "Delivery start DCID 1 MID 2",
		    "Bounced: DCID 1 MID 2 to RID 0 - 5.1.0 - Unknown address "
		    "error ('550', ['no']) []" } },
	    "back-off", "carries MID 1, which waits until 0:01:00.100" },
	{ "a dead host is asked before its time", &story_dead,
	    { { STORY_AT, "DCID 3 domain", "59.000" },
		{ STORY_DROP, "till Wed Jul  2 09:16:38", NULL } },
	    "rotation", NULL },

	{ "a connection when nothing is due", &story_requeue,
	    { { STORY_BEHIND, "T close 2",
		"120.000 B 9 example.com 11 431-'full'" } },
	    "back-off",
	    "DCID 9 is for example.com; the first message that waits, MID 1, "
	    "is due at 0:03:00.200 (line 14)" },

	/* ---- the wrong wait ---- */
	{ "a wait a second short", &story_requeue,
	    { { STORY_EDIT, "till Wed Jul  2 09:16:08",
		"till Wed Jul  2 09:16:07" } },
	    "back-off", "MID 1 waits until 0:01:00.000" },
	{ "a wait that does not double", &story_requeue,
	    { { STORY_EDIT, "till Wed Jul  2 09:18:08",
		"till Wed Jul  2 09:17:08" } },
	    "back-off",
	    "line 14 (0:01:00.200): MID 1 waits until 0:02:01.000" },
	{ "a wait by the profile when nobody answered", &story_dead,
	    { { STORY_EDIT, "till Wed Jul  2 09:16:08",
		  "till Wed Jul  2 09:16:38" },
		{ STORY_CUT, "till Wed Jul  2 09:16:38", NULL } },
	    "back-off", "MID 1 waits until 0:01:31.000" },
	{ "a wait for a probe when somebody answered", &story_requeue,
	    { { STORY_EDIT, "till Wed Jul  2 09:18:08",
		"till Wed Jul  2 09:21:08" } },
	    "back-off", "MID 1 waits until 0:06:01.000" },
	{ "requeued though a host is left", &story_lost,
	    { { STORY_BEHIND, "Delayed",
		  "+ L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 "
		  "[Default]" },
		{ STORY_CUT, "DCID 1 close", NULL } },
	    "back-off", "10.1.1.12:25 is neither tried nor down" },
	{ "one retry too many", &story_retries,
	    { { STORY_EDIT,
		  "Bounced: DCID 0 MID 1 to RID 0 - 5.4.7 - Delivery "
		  "expired (message too old) ('000', ['4.3.1 full']) "
		  "[]",
		  "MID 1 to RID [0] pending till Wed Jul  2 09:17:08 2014" },
		{ STORY_DROP, "Message finished", NULL } },
	    "back-off", "is requeued behind attempt 2; max_retries is 1" },

	/* ---- expiry ---- */
	{ "an attempt behind expiry", &story_expiry,
	    { { STORY_BEHIND, "T close 2", "120.200 N 3 11" },
		{ STORY_BEHIND, "New SMTP DCID 3", "120.203 S 3 1 0" },
		{ STORY_BEHIND, "Delivery start DCID 3",
		    "120.205 L Delayed: DCID 3 MID 1 to RID 0 - 4.3.1 - Mail "
		    "system full ('452', ['x']) []" },
		{ STORY_AT, "Bounced", "120.300" },
		{ STORY_AT, "Message finished", "120.300" } },
	    "back-off", "DCID 3 carries MID 1, which was" },
	{ "expired too young", &story_requeue,
	    { { STORY_EDIT, "pending till Wed Jul  2 09:18:08 2014", "x" },
		{ STORY_BEHIND, "MID 1 to RID [0] x",
		    "+ L Bounced: DCID 0 MID 1 to RID 0 - 5.4.7 - Delivery "
		    "expired (message too old) ('000', ['x']) []" },
		{ STORY_CUT, "T close 2", NULL } },
	    "back-off",
	    "bounces 5.4.7, 0:01:00.190 old (max_time 3d) and behind "
	    "attempt 2 (max_retries 100)" },
	{ "expired before its wait is over", &story_expiry,
	    { { STORY_AT, "Bounced", "110.000" },
		{ STORY_AT, "Message finished", "110.000" } },
	    "back-off", "its wait lasts until 0:02:00.200" },

	/* ---- missed ---- */
	{ "a message that is gone", &story_full,
	    { { STORY_DROP, "Delivery start DCID 2 MID 2", NULL },
		{ STORY_DROP, "Message done DCID 2 MID 2", NULL },
		{ STORY_DROP, "Message finished MID 2", NULL },
		{ STORY_DROP_ALL, "T ", NULL } },
	    "back-off", "MID 2 was accepted and has not ended" },
	{ "a retry that never comes", &story_requeue,
	    { { STORY_CUT, "T close 2", NULL } }, "back-off",
	    "MID 1 was accepted and has not ended" },
	{ "a retry a minute late", &story_requeue,
	    { { STORY_AT, "T open 3", "240.000" },
		{ STORY_AT, "New SMTP DCID 3", "240.001" },
		{ STORY_AT, "Delivery start DCID 3", "240.003" },
		{ STORY_AT, "T message 3", "240.004" },
		{ STORY_AT, "Message done DCID 3", "240.005" },
		{ STORY_DROP, "Message finished", NULL } },
	    "back-off", "1 messages to example.com are due since 0:03:00.200" },
};

int
main(void)
{
	struct kit kit = { 0 };
	static struct story_mutant own[ARRAY_LEN(rows)];

	memcpy(own, rows, sizeof(rows));
	ROWS(&kit, own, story_run_mutant);
	return kit_run(&kit, "invariant_backoff");
}
