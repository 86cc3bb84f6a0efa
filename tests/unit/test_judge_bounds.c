/* SPDX-License-Identifier: MIT */
/*
 * Every moment and every number that an invariant draws a line at, from both
 * sides: what is just within it is right, and a millisecond or one more is
 * charged.  Rows come in pairs that differ in nothing else.
 */
#include "tests/unit/judge_stories.h"

struct bound_row {
	const char *name;
	const char *routes;
	const char *more; /* members of the scenario, from ", " on; or "" */
	const char *script;
	const char *end;
	const char *fails; /* as story_failed() says it */
	const char *found; /* must stand in what was found */
};

#define ONE      "\"example.com [10.1.1.11]\""
#define TWO      "\"example.com [10.1.1.11], [10.1.1.12]\""
#define ONE_EACH "\"example.com [10.1.1.11]/pri=0, [10.1.1.12]/pri=10\""
#define BOTH     ONE ", \"example.org [10.1.1.11]\""
#define GONE     ONE ", \"gone.example /dev/null\""

#define BOUNCE(members)                                                        \
	", \"relay\": {\"bounce\": {\"hard_bounces\": false" members "}}"
#define QUIET BOUNCE("")
#define DELIVERY(members)                                                      \
	", \"relay\": {\"bounce\": {\"hard_bounces\": false}, \"delivery\": "  \
	"{" members "}}"
#define BOUND DELIVERY("\"priorities\": \"one\"")
#define DESTINATION(lines, members)                                            \
	", \"relay\": {\"bounce\": {\"hard_bounces\": false}, \"delivery\": "  \
	"{" members "}, \"destconfig\": [\"[example.com]\", " lines "]}"
#define UNTIL(when) ", \"until\": \"" when "\""

#define ACCEPT "0.010 A 1 s@example.net u@example.com\n"
#define START  "+ N 1 11\n+ G 1\n+ S 1 1 0\n" /* at 0.018 */
#define DONE(dcid, mid)                                                        \
	"+ D " dcid " " mid " 0 s@example.net u@example.com\n+ F " mid "\n"
#define DELAYED(dcid)                                                          \
	"L Delayed: DCID " dcid " MID 1 to RID 0 - 4.3.1 - Mail system full "  \
	"('452', ['4.3.1 full']) []\n"
#define PENDING(mid, till)                                                     \
	"L MID " mid " to RID [0] pending till Wed Jul  2 " till               \
	" 2014 [Default]\n"
#define REFUSED(dcid, domain)                                                  \
	"E " dcid " " domain " 11 [Errno 61] Connection refused\n"
#define EXPIRED                                                                \
	"L Bounced: DCID 0 MID 1 to RID 0 - 5.4.7 - Delivery expired "         \
	"(message too old) ('000', ['4.3.1 full']) []\n+ F 1\n"

/* ---- waits ---- */

/* It waits until 60.100. */
#define RETRY(at)                                                              \
	ACCEPT START "0.100 " DELAYED("1") "0.100 " PENDING(                   \
	    "1", "09:16:08") "5.100 X 1\n60.090 N 2 11\n+ G 2\n" at            \
			     " S 2 1 0\n" DONE("2", "1") "65.200 X 2\n"
/* A wait of 60 s from that moment on. */
#define WAIT(from, till)                                                       \
	ACCEPT START from " " DELAYED("1") from                                \
	    " " PENDING("1", till) "5.100 X 1\n"
/* The only wait ends when the message is 99.999 or 100.000 s old. */
#define OLD(wait)                                                              \
	BOUNCE(", \"max_time\": \"100s\", \"initial_wait\": \"" wait           \
	       "\", \"max_wait\": \"" wait "\"")
#define AGED                                                                   \
	ACCEPT START "0.100 " DELAYED("1") "0.100 " PENDING(                   \
	    "1", "09:16:48") "5.100 X 1\n"
#define AGED_SENT(at)                                                          \
	AGED at " N 2 11\n+ G 2\n+ S 2 1 0\n" DONE("2", "1") "106.000 X 2\n"
/* Two attempts. */
#define TWICE(last)                                                                                       \
	ACCEPT START "0.100 " DELAYED("1") "0.100 " PENDING("1",                                          \
	    "09:16:08") "5.100 X 1\n60.102 N 2 11\n+ G 2\n+ S 2 1 0\n60.200 " DELAYED("2") "60.200 " last \
											   "65.200 X 2\n"
/* Of the domain nothing is due from 0.100 on. */
#define NOT_DUE(at)                                                            \
	ACCEPT START "0.100 " DELAYED("1") "0.100 " PENDING("1",               \
	    "09:16:08") "5.100 X 1\n" at " B 2 example.com 11 431-'full'\n"
/* The first host is down from 0.012 on, and next behind the second. */
#define PROBE(at)                                                              \
	ACCEPT "+ " REFUSED(                                                   \
	    "1", "example.com") "+ N 2 12\n+ G 2\n+ S 2 1 0\n" DONE("2",       \
	    "1") "6.000 X 2\n60.000 A 2 s@example.net u@example.com\n" at      \
		 " N 3 11\n+ G 3\n+ S 3 2 0\n" DONE("3", "2") "66.000 X 3\n"
/* Ready since 0.010, and nothing shows. */
#define SILENCE(at)                                                            \
	ACCEPT at " N 1 11\n+ G 1\n+ S 1 1 0\n" DONE("1", "1") "40.000 X 1\n"

/* Warned of at 60.200; the third attempt is over at 120.300. */
#define WARN(interval, max)                                                    \
	", \"relay\": {\"bounce\": {\"max_wait\": \"60s\", "                   \
	"\"delay_warnings\": true, \"delay_warning_max\": " max                \
	", \"delay_warning_interval\": \"" interval "\"}}" UNTIL("130s")
#define WARNING(at, mid)                                                       \
	at " L Start MID " mid " ICID 0\n" at " L MID " mid                    \
	   " generated based on MID 1 by delay warning\n" at " L MID " mid     \
	   " ICID 0 From: <>\n" at " L MID " mid                               \
	   " ICID 0 RID 0 To: <s@gone.example>\n" at " L MID " mid             \
	   " ready 900 bytes from <>\n" at " L MID " mid                       \
	   " queued for delivery\n" at " L Deleted: MID " mid " to [0]\n" at   \
	   " F " mid "\n"
#define UNWARNED                                                                                                               \
	"0.010 A 1 s@gone.example u@example.com\n" START                                                                       \
	"0.100 " DELAYED("1") "0.100 " PENDING("1", "09:16:08") "5.100 X 1\n60.102 N 2 11\n+ G 2\n+ S 2 1 0\n60.200 " DELAYED( \
	    "2") "60.200 " PENDING("1", "09:17:08") "65.200 X 2\n"
#define LATE(again)                                                                                                            \
	"0.010 A 1 s@gone.example u@example.com\n" START                                                                       \
	"0.100 " DELAYED("1") "0.100 " PENDING("1", "09:16:08") "5.100 X 1\n60.102 N 2 11\n+ G 2\n+ S 2 1 0\n60.200 " DELAYED( \
	    "2") "60.200 " PENDING("1", "09:17:08")                                                                            \
	    WARNING("60.200", "2") "65.200 X 2\n120.202 N 3 11\n+ G 3\n+ S 3 1 0\n120.300 " DELAYED(                           \
		"3") "120.300 " PENDING("1", "09:18:08") again "125.300 X 3\n"

/* ---- hosts that are down, and served ---- */

/* The connection of example.com is at work since 0.018; the other domain finds
 * the host refusing, so that it is down until 61.002. */
#define SERVED(then)                                                           \
	ACCEPT "+ N 1 11\n+ G 1\n+ S 1 1 0\n"                                  \
	       "1.000 A 2 s@example.net u@example.org\n"                       \
	       "+ " REFUSED("2", "example.org") "1.002 " PENDING("2",          \
		   "09:16:09") "2.000 A 3 s@example.net u@example.com\n" then

/* ---- limits ---- */

/* A connection is turned away at 0.502 beside one that carries mail. */
#define AWAY(at)                                                                                \
	ACCEPT START                                                                            \
	    "0.500 A 2 s@example.net u@example.com\n"                                           \
	    "+ " REFUSED("2",                                                                   \
		"example.com") "30.000 D 1 1 0 s@example.net u@example.com\n+ F 1\n+ S 1 2 0\n" \
			       "30.100 A 3 s@example.net u@example.com\n" at                    \
			       " N 3 11\n+ G 3\n+ S 3 3 0\n" DONE("3",                          \
				   "3") "61.000 D 1 2 0 s@example.net u@example.com\n+ F 2\n"   \
					"67.000 X 1\n+ X 3\n"
/* The one that stood has ended, and another takes its place. */
#define REPLACED                                                                            \
	ACCEPT START                                                                        \
	    "0.500 A 2 s@example.net u@example.com\n"                                       \
	    "+ " REFUSED("2",                                                               \
		"example.com") "30.000 D 1 1 0 s@example.net u@example.com\n+ F 1\n+ X 1\n" \
			       "30.100 N 3 11\n+ G 3\n+ S 3 2 0\n" DONE(                    \
				   "3", "2") "36.000 X 3\n"
/* The first is sent at 0.018. */
#define SENT_AGAIN(at)                                                         \
	ACCEPT START DONE(                                                     \
	    "1", "1") "1.000 A 2 s@example.net u@example.com\n" at             \
		      " S 1 2 0\n" DONE("1", "2") "66.000 X 1\n"
#define QUOTA                                                                  \
	"\"recipient_limit = 1\", \"recipient_minutes = 1\", "                 \
	"\"limit_type = host\", \"limit_apply = system\""
#define SECURED                                                                \
	ACCEPT "+ N 1 11\n+ G 1\n+ L DCID 1 TLS success\n+ S 1 1 0\n"          \
	       "0.500 A 2 s@example.net u@example.com\n"                       \
	       "+ N 2 12\n+ G 2\n+ L DCID 2 TLS success\n+ S 2 2 0\n" DONE(    \
		   "1", "1") DONE("2", "2") "6.100 X 1\n+ X 2\n"

/* ---- what a crash loses, and time-outs that count as delivery ---- */

#define CRASH QUIET ", \"timeline\": [{\"at\": \"5s\", \"relay\": \"crash\"}]"
/* Delivered then, and sent again behind the crash. */
#define LOST(at)                                                               \
	ACCEPT START at                                                        \
	    " D 1 1 0 s@example.net u@example.com\n"                           \
	    "5.000 T reset 1\n5.100 L Begin Logfile\n"                         \
	    "+ N 2 11\n+ G 2\n+ S 2 1 0\n" DONE("2", "1") "11.000 X 2\n"
#define POSSIBLE                                                               \
	DELIVERY("\"possible_delivery\": true, "                               \
		 "\"possible_delivery_timeout\": \"4m\"")
#define NO_ANSWER(at)                                                          \
	ACCEPT START at                                                        \
	    " L Possible Delivery: DCID: 1 MID 1 to [0]\n"                     \
	    "+ L Message done DCID 1 MID 1 to RID [0]\n+ F 1\n+ X 1\n"

static struct bound_row rows[] = {
	{ "a retry when its wait is over", ONE, QUIET, RETRY("60.100"),
	    "66.000", "", NULL },
	{ "a retry 1 ms before that", ONE, QUIET, RETRY("60.099"), "66.000",
	    "back-off", "which waits until 0:01:00.100" },

	{ "a wait, rounded up to the second", ONE, QUIET UNTIL("10s"),
	    WAIT("1.001", "09:16:09"), "10.000", "", NULL },
	{ "a wait, a second less", ONE, QUIET UNTIL("10s"),
	    WAIT("1.001", "09:16:08"), "10.000", "back-off",
	    "MID 1 waits until 0:01:01.000" },
	{ "a wait, a second more", ONE, QUIET UNTIL("10s"),
	    WAIT("1.001", "09:16:10"), "10.000", "back-off",
	    "MID 1 waits until 0:01:03.000" },
	{ "a wait of whole seconds", ONE, QUIET UNTIL("10s"),
	    WAIT("1.000", "09:16:08"), "10.000", "", NULL },
	{ "a wait of whole seconds, rounded", ONE, QUIET UNTIL("10s"),
	    WAIT("1.000", "09:16:09"), "10.000", "back-off",
	    "MID 1 waits until 0:01:02.000" },

	{ "as old as max_time: it bounces", ONE, OLD("99910ms"),
	    AGED "100.010 " EXPIRED, "101.000", "", NULL },
	{ "1 ms younger: it bounces", ONE, OLD("99909ms"),
	    AGED "100.009 " EXPIRED, "101.000", "back-off",
	    "bounces 5.4.7, 0:01:39.999 old (max_time 100s)" },
	{ "1 ms younger: it is sent", ONE, OLD("99909ms"), AGED_SENT("100.020"),
	    "107.000", "", NULL },
	{ "as old as max_time: it is sent", ONE, OLD("99910ms"),
	    AGED_SENT("100.020"), "107.000", "back-off",
	    "which was 0:01:40.000 old when its wait was over" },

	{ "requeued behind the last but one retry", ONE,
	    BOUNCE(", \"max_retries\": 2") UNTIL("70s"),
	    TWICE(PENDING("1", "09:18:08")), "70.000", "", NULL },
	{ "requeued behind the last retry", ONE,
	    BOUNCE(", \"max_retries\": 1") UNTIL("70s"),
	    TWICE(PENDING("1", "09:18:08")), "70.000", "back-off",
	    "is requeued behind attempt 2; max_retries is 1" },
	{ "given up behind the last retry", ONE, BOUNCE(", \"max_retries\": 1"),
	    TWICE(EXPIRED), "66.000", "", NULL },
	{ "given up behind the last but one", ONE,
	    BOUNCE(", \"max_retries\": 2"), TWICE(EXPIRED), "66.000",
	    "back-off", "behind attempt 2 (max_retries 2)" },
	{ "given up with a candidate left", TWO, BOUNCE(", \"max_retries\": 0"),
	    ACCEPT START "0.100 " DELAYED("1") "0.100 " EXPIRED "5.100 X 1\n",
	    "6.000", "back-off",
	    "MID 1 bounces 5.4.7, and 10.1.1.12:25 is neither tried nor "
	    "down" },

	{ "a connection that may be one of before", ONE, QUIET UNTIL("40s"),
	    NOT_DUE("32.100"), "40.000", "", NULL },
	{ "a connection when nothing is due", ONE, QUIET UNTIL("40s"),
	    NOT_DUE("32.101"), "40.000", "back-off",
	    "DCID 2 is for example.com" },

	{ "a probe at its time", TWO, QUIET, PROBE("60.011"), "66.100", "",
	    NULL },
	{ "a probe 1 ms before", TWO, QUIET, PROBE("60.010"), "66.100",
	    "rotation",
	    "DCID 3 for example.com goes to a (10.1.1.11:25, priority 0), "
	    "which is down" },

	{ "silence for as long as a host may take", ONE, QUIET,
	    SILENCE("32.009"), "41.000", "", NULL },
	{ "silence for 1 ms more", ONE, QUIET, SILENCE("32.010"), "41.000",
	    "back-off", "no connection shows for 0:00:32.000" },

	{ "warned again, delay_warning_interval later", GONE,
	    WARN("60100ms", "2"), LATE(WARNING("120.300", "3")), "130.000", "",
	    NULL },
	{ "not warned again then", GONE, WARN("60100ms", "2"), LATE(""),
	    "130.000", "back-off", "its sender was not warned" },
	{ "warned again 1 ms before", GONE, WARN("60101ms", "2"),
	    LATE(WARNING("120.300", "3")), "130.000", "back-off",
	    "is warned of again after 0:01:00.100" },
	{ "not warned again 1 ms before", GONE, WARN("60101ms", "2"), LATE(""),
	    "130.000", "", NULL },

	{ "warned again though it may be once only", GONE, WARN("60100ms", "1"),
	    LATE(WARNING("120.300", "3")), "130.000", "back-off",
	    "is warned of after 1 times" },
	{ "not warned again, as it may be once only", GONE,
	    WARN("60100ms", "1"), LATE(""), "130.000", "", NULL },
	{ "not warned of at the second attempt", GONE, WARN("60100ms", "1"),
	    UNWARNED, "70.000", "back-off", "its sender was not warned" },

	{ "bound to its priority, where nobody is left", ONE_EACH,
	    BOUND UNTIL("10s"), WAIT("1.000", "09:16:08"), "10.000", "", NULL },
	{ "bound to its priority, where one is left", TWO, BOUND UNTIL("10s"),
	    WAIT("1.000", "09:16:08"), "10.000", "back-off",
	    "10.1.1.12:25 is neither tried nor down" },

	/* ---- down, and served ---- */
	{ "waits for a connection that carries mail", BOTH, QUIET UNTIL("10s"),
	    SERVED("9.000 D 1 1 0 s@example.net u@example.com\n"), "10.000", "",
	    NULL },
	{ "requeued beside a message of 59.999 s", BOTH, QUIET UNTIL("61s"),
	    SERVED("60.017 " PENDING("3", "09:16:09")), "61.000", "back-off",
	    "MID 3 is requeued, and 10.1.1.11:25 is untried, and a connection "
	    "to it carries mail" },
	{ "requeued beside a message of 60 s", BOTH, QUIET UNTIL("61s"),
	    SERVED("60.018 " PENDING("3", "09:16:09")), "61.000", "", NULL },
	{ "requeued beside a connection that is idle", BOTH, QUIET UNTIL("10s"),
	    SERVED("3.000 D 1 1 0 s@example.net u@example.com\n"
		   "3.001 " PENDING("3", "09:16:09")),
	    "10.000", "", NULL },
	{ "requeued when it has ended", BOTH, QUIET UNTIL("10s"),
	    SERVED("3.000 L Delayed: DCID 1 MID 1 to RID 0 - 4.3.1 - Mail "
		   "system full ('452', ['x']) []\n"
		   "3.000 L DCID 1 close\n3.000 T close 1\n"
		   "3.001 " PENDING("3", "09:16:09")),
	    "10.000", "", NULL },

	/* ---- limits ---- */
	{ "host_retry_initial behind one that was turned away", ONE, QUIET,
	    AWAY("60.501"), "68.000", "", NULL },
	{ "1 ms before", ONE, QUIET, AWAY("60.500"), "68.000", "limits",
	    "DCID 3 for example.com makes it 2" },
	{ "one in the place of the one that stood", ONE, QUIET, REPLACED,
	    "36.100", "", NULL },
	{ "the next period", ONE, DESTINATION(QUOTA, ""), SENT_AGAIN("60.018"),
	    "67.000", "", NULL },
	{ "1 ms before the next period", ONE, DESTINATION(QUOTA, ""),
	    SENT_AGAIN("60.017"), "67.000", "limits",
	    "DCID 1 for example.com makes it 2" },
	{ "the next minute of the clock", ONE,
	    DESTINATION(QUOTA, "\"recipient_period\": \"clock\""),
	    SENT_AGAIN("53.000"), "67.000", "", NULL },
	{ "1 ms before the next minute", ONE,
	    DESTINATION(QUOTA, "\"recipient_period\": \"clock\""),
	    SENT_AGAIN("52.999"), "67.000", "limits",
	    "DCID 1 for example.com makes it 2" },
	{ "as many under TLS as may be", TWO,
	    DESTINATION("\"table_tls = on\"", "\"tls_concurrency\": 2"),
	    SECURED, "6.200", "", NULL },
	{ "one more under TLS", TWO,
	    DESTINATION("\"table_tls = on\"", "\"tls_concurrency\": 1"),
	    SECURED, "6.200", "limits", "DCID 2 for example.com makes it 2" },

	/* ---- the rest ---- */
	{ "delivered 10 ms before a crash, and again", ONE, CRASH,
	    LOST("4.989"), "12.000", "", NULL },
	{ "delivered 11 ms before a crash, and again", ONE, CRASH,
	    LOST("4.988"), "12.000", "no-duplicate, permanence",
	    "DCID 2 delivers MID 1 again" },
	{ "possible_delivery_timeout has passed", ONE, POSSIBLE,
	    NO_ANSWER("240.018"), "250.000", "", NULL },
	{ "1 ms before", ONE, POSSIBLE, NO_ANSWER("240.017"), "250.000",
	    "permanence", "MID 1 is a possible delivery too soon" },
};

static void
test_bound(void **state)
{
	const struct bound_row *row = *state;
	struct judged_story story = { row->name, NULL, row->script, row->end };
	struct buf scenario = { 0 };
	struct story_run run;

	buf_printf(&scenario,
	    "\"title\": \"t\", \"routes\": [%s], " STORY_CAST "%s", row->routes,
	    row->more);
	story.scenario = buf_cstr(&scenario);
	run = story_judge(&story, &(struct story_way){ 0 });
	story_assert_failed(&run, row->fails);
	for (size_t i = 0; i < run.count && row->found != NULL; i++) {
		if (run.judgements[i].verdict != VERDICT_FAILED)
			continue;
		if (strstr(run.judgements[i].found, row->found) == NULL)
			fail_msg("found \"%s\", wanted \"%s\" in it",
			    run.judgements[i].found, row->found);
		break;
	}
	story_run_fini(&run);
	buf_fini(&scenario);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_bound);
	return kit_run(&kit, "judge_bounds");
}
