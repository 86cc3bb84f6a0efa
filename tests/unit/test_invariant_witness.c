/* SPDX-License-Identifier: MIT */
/* Two-witnesses and protocol: right stories, each altered in one witness. */
#include "tests/unit/judge_stories.h"

static const struct story_mutant rows[] = {
	/* ---- connections ---- */
	{ "no transcript of a connection", &story_full,
	    { { STORY_DROP_ALL, "T open 2", NULL } }, "two-witnesses",
	    "DCID 2 to 10.1.1.12:25 is in no transcript" },
	{ "no line of a connection", &story_release,
	    { { STORY_BEHIND, "DCID 1 close", "+ T open 2 11" },
		{ STORY_BEHIND, "T open 2", "+ T in 2" },
		{ STORY_BEHIND, "T in 2", "+ T close 2" } },
	    "two-witnesses", "connection 2 of the transcript" },
	{ "a connection elsewhere", &story_full,
	    { { STORY_EDIT, "T open 2 12", "T open 2 13" } }, "two-witnesses",
	    "connection 2 of the transcript, to 10.1.1.13:25" },
	{ "a stranger's connection is nobody's", &story_full,
	    { { STORY_BEHIND, "queued", "+ T open 9 11 stranger" },
		{ STORY_BEHIND, "T open 9", "+ T violation 9 11 stranger" } },
	    "", NULL },
	{ "a connection that the relay never got", &story_backup,
	    { { STORY_BEHIND, "MID 3 ready", "+ T open 90 11" },
		{ STORY_BEHIND, "T open 90", "+ T lost 90" } },
	    "", NULL },
	{ "the log speaks first", &story_full,
	    { { STORY_AT, "T open 2 12", "0.024" } }, "", NULL },

	/* ---- messages ---- */
	{ "done without a message", &story_full,
	    { { STORY_DROP, "T message 2", NULL } }, "two-witnesses",
	    "MID 2 is done, and its host took no such" },
	{ "a message that is not done", &story_full,
	    { { STORY_BEHIND, "Message finished MID 2",
		  "+ T message 2 s@example.net u@example.com" },
		{ STORY_BEHIND, "DCID 2 close", "+ T in 2" } },
	    "two-witnesses", "which the log does not call done" },
	{ "taken, and called delayed for a reply", &story_requeue,
	    { { STORY_BEHIND, "Delivery start DCID 1",
		"+ T message 1 s@example.net u@example.com" } },
	    "two-witnesses", "took a message from <s@example.net>" },
	{ "taken, and the relay went on", &story_lost,
	    { { STORY_BEHIND, "T message 1", "+ T in 1" } }, "two-witnesses",
	    "connection 1 of the transcript" },
	{ "another sender", &story_turns,
	    { { STORY_EDIT, "T message 3 s@example.net",
		"T message 3 t@example.net" } },
	    "two-witnesses",
	    "the log's sender is <s@example.net>, the transcript's "
	    "<t@example.net>" },
	{ "another recipient", &story_turns,
	    { { STORY_EDIT, "T message 3 s@example.net u@",
		"T message 3 s@example.net v@" } },
	    "two-witnesses", "MID 3: the log's recipients are not those" },
	{ "a recipient more", &story_turns,
	    { { STORY_EDIT, "T message 3 s@example.net u@",
		"T message 3 s@example.net v@example.com,u@" } },
	    "two-witnesses", "recipients in the log: 1, in the transcript: 2" },
	{ "two messages in each other's place", &story_turns,
	    { { STORY_EDIT, "T message 1 s@", "T message 1 x@" } },
	    "two-witnesses", "DCID 1, MID 1" },

	/* ---- protocol ---- */
	{ "a violation", &story_full,
	    { { STORY_BEHIND, "T in 2", "+ T violation 2" } }, "protocol",
	    "connection 2 of the transcript, to host: mail after "
	    "421" },
	{ "a violation behind the end", &story_lost,
	    { { STORY_BEHIND, "T message 1", "+ T violation 1" } }, "protocol",
	    "0:00:00.020: connection 1" },
	{ "two violations", &story_turns,
	    { { STORY_BEHIND, "T in 3", "+ T violation 3" },
		{ STORY_BEHIND, "T in 5", "+ T violation 5" } },
	    "protocol", "connection 3" },
};

int
main(void)
{
	struct kit kit = { 0 };
	static struct story_mutant own[ARRAY_LEN(rows)];

	memcpy(own, rows, sizeof(rows));
	ROWS(&kit, own, story_run_mutant);
	return kit_run(&kit, "invariant_witness");
}
