/* SPDX-License-Identifier: MIT */
/* Stories in which nothing is wrong, for the judge; judge_story.h says how they
 * are written. */
#ifndef FAULTPOST_JUDGE_STORIES_H
#define FAULTPOST_JUDGE_STORIES_H

#include "tests/unit/judge_story.h"

#define STORY_CAST                                                             \
	"\"hosts\": {\"a\": {\"address\": \"10.1.1.11\"},"                     \
	" \"b\": {\"address\": \"10.1.1.12\"},"                                \
	" \"c\": {\"address\": \"10.1.1.13\"}},"                               \
	" \"inject\": [{\"count\": 9, \"to\": [\"u@example.com\"]}]"
/* The relay tells no sender of bounces; test_invariant_bounce.c has those that
 * do. */
#define STORY_HOSTS                                                            \
	STORY_CAST ", \"relay\": {\"bounce\": {\"hard_bounces\": false}}"
#define STORY_ROUTE(route) "\"title\": \"t\", \"routes\": [" route "], "

/* Document 117875: the greeting refuses, the next host takes the mail. */
static const struct judged_story story_full = {
	"117875",
	STORY_ROUTE("\"example.com [10.1.1.11], [10.1.1.12]\"") STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n"
	"+ T out 1\n"
	"+ B 1 example.com 11 431-'4.3.1 Mail system full'\n"
	"+ T close 1\n"
	"+ N 2 12\n"
	"+ G 2\n"
	"+ S 2 1 0\n"
	"+ D 2 1 0 s@example.net u@example.com\n"
	"+ F 1\n"
	"1.000 A 2 s@example.net u@example.com\n"
	"+ S 2 2 0\n"
	"+ D 2 2 0 s@example.net u@example.com\n"
	"+ F 2\n"
	"6.010 X 2\n",
	"6.020",
};

/* Each message has a connection of its own: a, b, c, a, b. */
static const struct judged_story story_turns = {
	"turns",
	STORY_ROUTE("\"example.com [10.1.1.11], [10.1.1.12], [10.1.1.13]\"")
	    STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n+ D 1 1 0 s@example.net u@example.com\n"
	"+ F 1\n5.030 X 1\n"
	"10.000 A 2 s@example.net u@example.com\n"
	"+ N 2 12\n+ G 2\n+ S 2 2 0\n+ D 2 2 0 s@example.net u@example.com\n"
	"+ F 2\n15.030 X 2\n"
	"20.000 A 3 s@example.net u@example.com\n"
	"+ N 3 13\n+ G 3\n+ S 3 3 0\n+ D 3 3 0 s@example.net u@example.com\n"
	"+ F 3\n25.030 X 3\n"
	"30.000 A 4 s@example.net u@example.com\n"
	"+ N 4 11\n+ G 4\n+ S 4 4 0\n+ D 4 4 0 s@example.net u@example.com\n"
	"+ F 4\n35.030 X 4\n"
	"40.000 A 5 s@example.net u@example.com\n"
	"+ N 5 12\n+ G 5\n+ S 5 5 0\n+ D 5 5 0 s@example.net u@example.com\n"
	"+ F 5\n45.030 X 5\n",
	"45.040",
};

/* One host, full: rounds at 60 and 180 s; the third one succeeds. */
static const struct judged_story story_requeue = {
	"requeue",
	STORY_ROUTE("\"example.com [10.1.1.11]\"") STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"0.100 L Delayed: DCID 1 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"0.100 L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 "
	"[Default]\n"
	"5.100 X 1\n"
	"60.102 N 2 11\n+ G 2\n+ S 2 1 0\n"
	"60.200 L Delayed: DCID 2 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"60.200 L MID 1 to RID [0] pending till Wed Jul  2 09:18:08 2014 "
	"[Default]\n"
	"65.200 X 2\n"
	"180.202 N 3 11\n+ G 3\n+ S 3 1 0\n"
	"+ D 3 1 0 s@example.net u@example.com\n+ F 1\n185.300 X 3\n",
	"185.400",
};

/* The primary is down, the backup takes the mail; the probe at 60 s fails
 * beside it, that at 180 s is answered. */
static const struct judged_story story_backup = {
	"backup",
	STORY_ROUTE("\"example.com [10.1.1.11]/pri=0, [10.1.1.12]/pri=10\"")
	    STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ E 1 example.com 11 [Errno 61] Connection refused\n"
	"+ N 2 12\n+ G 2\n+ S 2 1 0\n+ D 2 1 0 s@example.net u@example.com\n"
	"+ F 1\n5.100 X 2\n"
	"20.000 A 2 s@example.net u@example.com\n"
	"+ N 3 12\n+ G 3\n+ S 3 2 0\n+ D 3 2 0 s@example.net u@example.com\n"
	"+ F 2\n25.100 X 3\n"
	"100.000 A 3 s@example.net u@example.com\n"
	"+ N 5 12\n"
	"+ E 4 example.com 11 [Errno 61] Connection refused\n"
	"+ G 5\n+ S 5 3 0\n+ D 5 3 0 s@example.net u@example.com\n"
	"+ F 3\n105.100 X 5\n"
	"300.000 A 4 s@example.net u@example.com\n"
	"+ N 6 11\n+ N 7 12\n"
	"+ G 6\n+ S 6 4 0\n+ D 6 4 0 s@example.net u@example.com\n"
	"+ F 4\n305.100 X 6\n+ X 7\n",
	"305.200",
};

/* Both hosts are down: the mail waits for the first probe. */
static const struct judged_story story_dead = {
	"dead",
	STORY_ROUTE("\"example.com [10.1.1.11], [10.1.1.12]\"") STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ E 1 example.com 11 [Errno 61] Connection refused\n"
	"30.012 E 2 example.com 12 timeout\n"
	"30.012 L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 "
	"[Default]\n"
	"60.014 E 3 example.com 11 [Errno 61] Connection refused\n"
	"60.014 L MID 1 to RID [0] pending till Wed Jul  2 09:16:38 2014 "
	"[Default]\n"
	"90.014 N 4 12\n+ G 4\n+ S 4 1 0\n"
	"+ D 4 1 0 s@example.net u@example.com\n+ F 1\n95.100 X 4\n",
	"95.200",
};

/* Neither host offers what the message needs. */
#define STORY_UNABLE                                                           \
	"Unknown address error ('554', ['5.6.3 The host does not offer "       \
	"8BITMIME']) []\n"
static const struct judged_story story_unable = {
	"unable",
	STORY_ROUTE("\"example.com [10.1.1.11], [10.1.1.12]/pri=10\"")
	    STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"+ L Delayed: DCID 1 MID 1 to RID 0 - 4.4.0 - Other network problem "
	"('000', ['5.6.3 The host does not offer 8BITMIME']) []\n"
	"+ N 2 12\n+ G 2\n+ S 2 1 0\n"
	"+ L Bounced: DCID 2 MID 1 to RID 0 - 5.1.0 - " STORY_UNABLE "+ F 1\n"
	"6.000 X 1\n+ X 2\n",
	"6.100",
};

/* Three recipients, three answers, one of them elsewhere; and /dev/null. */
static const struct judged_story story_answers = {
	"answers",
	STORY_ROUTE("\"example.com [10.1.1.11], [10.1.1.12]\", "
		    "\"null.example /dev/null\"") STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com,v@example.com,w@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0,1,2\n"
	"+ L Bounced: DCID 1 MID 1 to RID 1 - 5.1.0 - Unknown address error "
	"('550', ['5.1.1 no']) []\n"
	"+ L Delayed: DCID 1 MID 1 to RID 2 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"+ D 1 1 0 s@example.net u@example.com\n"
	"+ N 2 12\n+ G 2\n+ S 2 1 2\n"
	"+ D 2 1 2 s@example.net w@example.com\n"
	"+ F 1\n"
	"1.000 A 2 s@example.net n@null.example,o@null.example\n"
	"+ L Deleted: MID 2 to [0, 1]\n"
	"+ F 2\n"
	"6.000 X 1\n+ X 2\n",
	"6.100",
};

/* The host takes the message and its reply is lost: sent again elsewhere. */
static const struct judged_story story_lost = {
	"lost reply",
	STORY_ROUTE("\"example.com [10.1.1.11], [10.1.1.12]\"") STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"+ T message 1 s@example.net u@example.com\n"
	"0.030 T reset 1\n"
	"+ L Delayed: DCID 1 MID 1 to RID 0 - 4.4.0 - Other network problem "
	"('000', ['[Errno 54] Connection reset by peer']) []\n"
	"+ L DCID 1 close\n"
	"+ N 2 12\n+ G 2\n+ S 2 1 0\n"
	"+ D 2 1 0 s@example.net u@example.com\n+ F 1\n5.100 X 2\n",
	"5.200",
};

/* The guide's second example: 60 s between attempts, 100 s in the queue. */
static const struct judged_story story_expiry = {
	"expiry",
	STORY_ROUTE("\"example.com [10.1.1.11]\"") STORY_CAST
	", \"relay\": {\"bounce\": {\"hard_bounces\": false, \"initial_wait\": \"60s\","
	" \"max_wait\": \"60s\", \"max_time\": \"100s\"}}",
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"0.100 L Delayed: DCID 1 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"0.100 L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 "
	"[Default]\n"
	"5.100 X 1\n"
	"60.102 N 2 11\n+ G 2\n+ S 2 1 0\n"
	"60.200 L Delayed: DCID 2 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"60.200 L MID 1 to RID [0] pending till Wed Jul  2 09:17:08 2014 "
	"[Default]\n"
	"65.200 X 2\n"
	"120.200 L Bounced: DCID 0 MID 1 to RID 0 - 5.4.7 - Delivery expired "
	"(message too old) ('000', ['4.3.1 full']) []\n"
	"120.200 F 1\n",
	"120.300",
};

/* The guide's first example: two retries, and the bounce behind the last. */
static const struct judged_story story_retries = {
	"retries",
	STORY_ROUTE("\"example.com [10.1.1.11]\"") STORY_CAST
	", \"relay\": {\"bounce\": {\"hard_bounces\": false, \"initial_wait\": \"60s\","
	" \"max_wait\": \"60s\", \"max_retries\": 1}}",
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"0.100 L Delayed: DCID 1 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"0.100 L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 "
	"[Default]\n"
	"5.100 X 1\n"
	"60.102 N 2 11\n+ G 2\n+ S 2 1 0\n"
	"60.200 L Delayed: DCID 2 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"60.200 L Bounced: DCID 0 MID 1 to RID 0 - 5.4.7 - Delivery expired "
	"(message too old) ('000', ['4.3.1 full']) []\n"
	"60.200 F 1\n65.200 X 2\n",
	"65.300",
};

/* A name that is not there. */
static const struct judged_story story_nowhere = {
	"nowhere",
	STORY_ROUTE("\"example.com [10.1.1.11]\"") STORY_HOSTS,
	"0.010 A 1 s@example.net u@nowhere.example\n"
	"+ L Bounced: DCID 0 MID 1 to RID 0 - 5.1.2 - Bad destination host "
	"('000', ['DNS Hard Error looking up nowhere.example (MX):  "
	"NXDomain']) []\n"
	"+ F 1\n"
	"1.000 A 2 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 2 0\n"
	"+ D 1 2 0 s@example.net u@example.com\n+ F 2\n6.100 X 1\n",
	"6.200",
};

/* A message waits for its retry; another's delivery lets it go. */
static const struct judged_story story_release = {
	"release",
	STORY_ROUTE("\"example.com [10.1.1.11]\"") STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"0.100 L Delayed: DCID 1 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"0.100 L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 "
	"[Default]\n"
	"2.000 A 2 s@example.net v@example.com\n"
	"+ S 1 2 0\n+ D 1 2 0 s@example.net v@example.com\n+ F 2\n"
	"+ S 1 1 0\n+ D 1 1 0 s@example.net u@example.com\n+ F 1\n"
	"7.100 X 1\n",
	"7.200",
};

/* The same so late that the wait ends within the second of the success: the
 * extra round gains nothing, and the wait goes on for 63 ms. */
static const struct judged_story story_late_release = {
	"late release",
	STORY_ROUTE("\"example.com [10.1.1.11]\"") STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com\n"
	"+ N 1 11\n+ G 1\n+ S 1 1 0\n"
	"0.100 L Delayed: DCID 1 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"0.100 L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 "
	"[Default]\n"
	"5.100 X 1\n"
	"60.020 A 2 s@example.net v@example.com\n"
	"+ N 2 11\n+ G 2\n+ S 2 2 0\n+ D 2 2 0 s@example.net v@example.com\n"
	"+ F 2\n+ S 2 1 0\n"
	"60.037 L Delayed: DCID 2 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"60.037 L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 "
	"[Default]\n"
	"60.102 S 2 1 0\n"
	"60.104 L Delayed: DCID 2 MID 1 to RID 0 - 4.3.1 - Mail system full "
	"('452', ['4.3.1 full']) []\n"
	"60.104 L MID 1 to RID [0] pending till Wed Jul  2 09:18:08 2014 "
	"[Default]\n"
	"65.200 X 2\n180.106 N 3 11\n+ G 3\n+ S 3 1 0\n"
	"+ D 3 1 0 s@example.net u@example.com\n+ F 1\n185.300 X 3\n",
	"185.400",
};

/* Two domains with the same hosts, each with a rotation of its own. */
static const struct judged_story story_domains = {
	"domains",
	STORY_ROUTE("\"ALL [10.1.1.11], [10.1.1.12]\"") STORY_HOSTS,
	"0.010 A 1 s@example.net u@example.com,u@example.org\n"
	"+ N 1 11\n0.014 N 2 11\n+ G 1\n0.018 G 2\n"
	"+ S 1 1 0\n+ D 1 1 0 s@example.net u@example.com\n"
	"+ S 2 1 1\n+ D 2 1 1 s@example.net u@example.org\n+ F 1\n"
	"5.100 X 1\n+ X 2\n"
	"10.000 A 2 s@example.net u@example.com\n"
	"+ N 3 12\n+ G 3\n+ S 3 2 0\n+ D 3 2 0 s@example.net u@example.com\n"
	"+ F 2\n15.100 X 3\n"
	"20.000 A 3 s@example.net u@example.org\n"
	"+ N 4 12\n+ G 4\n+ S 4 3 0\n+ D 4 3 0 s@example.net u@example.org\n"
	"+ F 3\n25.100 X 4\n",
	"25.200",
};

#endif
