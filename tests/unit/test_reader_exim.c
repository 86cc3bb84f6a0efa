/* SPDX-License-Identifier: MIT */
/*
 * Exim's log told again in lines of the mail log: what a message, a failover, a
 * refusal, a wait, a connection that is passed on and an expiry come to; and
 * that no line, however it is cut, does any harm.
 */
#include "harness/live/reader.h"

#include "tests/unit/dialect_log.h"
#include "tests/unit/kit.h"

#define M(pid) "2026-11-27 11:08:47 [" pid "] "
#define D      "   29 " /* delivers M1 */
#define T      "   31 " /* the transport for it */

#define ACCEPTED                                                               \
	"   26 SMTP<< MAIL FROM:<s@example.net> SIZE=1024\n" M(                \
	    "26") "M1 <= s@example.net H=(i) [10.0.0.1] P=esmtp S=163"         \
		  " id=1@i for a@example.com b@example.com\n" D                \
		  "delivering M1\n"
#define ENTERED                                                                \
	T "smtp transport entered\n" T "  a@example.com\n" T                   \
	  "  b@example.com\n" T "hostlist:\n" T                                \
	  "  'mx1.example.com' IP 10.1.1.1 port 25\n"
#define TRYING(name, ip)                                                       \
	T name " [" ip "]/10.0.0.5 retry-status = usable\n" T                  \
	       "delivering M1 to " name " [" ip "] (a@example.com, ...)\n" T   \
	       "Connecting to " name " [" ip "]:25 from 10.0.0.5 ... \n"
#define GREETED                                                                \
	T " connected\n" T "  SMTP<< 220 mx ESMTP\n" T                         \
	  "  SMTP>> EHLO relay.example\n" T "  SMTP<< 250-mx\n" T              \
	  "         250 PIPELINING\n"
#define ASKED                                                                  \
	T "  SMTP|> MAIL FROM:<s@example.net> SIZE=2261\n" T                   \
	  "  SMTP|> RCPT TO:<a@example.com>\n" T                               \
	  "  SMTP|> RCPT TO:<b@example.com>\n" T "  SMTP>> DATA\n"
#define TAKEN                                                                  \
	T "  SMTP<< 250 ok\n" T "  SMTP<< 250 ok\n" T "  SMTP<< 250 ok\n" T    \
	  "  SMTP<< 354 go on\n" T "  SMTP>> (writing message)\n" T            \
	  "  SMTP>> .\n" T "  SMTP+> QUIT\n" T "  SMTP<< 250 taken\n"
#define ENDED D "remote delivery process 31 ended\n" D "end delivery of M1\n"

#define IN                                                                     \
	"Start MID 1 ICID 1\n"                                                 \
	"MID 1 ICID 1 From: <s@example.net>\n"                                 \
	"MID 1 ICID 1 RID 0 To: <a@example.com>\n"                             \
	"MID 1 ICID 1 RID 1 To: <b@example.com>\n"                             \
	"MID 1 ready 163 bytes from <s@example.net>\n"                         \
	"MID 1 queued for delivery\n"
#define NEW(dcid, ip)                                                          \
	"New SMTP DCID " dcid " interface 10.0.0.5 address " ip " port 25\n"

static struct dialect_row rows[] = {
	{ "in, and nothing else", ACCEPTED, IN },
	{ "an alias of the domain gave way to its name, and one RCPT is said",
	    ACCEPTED T "smtp transport entered\n" T "  a@name.example\n" T
		       "  b@name.example\n" T
		       "hostlist:\n" TRYING("mx1", "10.1.1.1") GREETED T
	    "  SMTP|> MAIL FROM:<s@example.net>\n" T
	    "  SMTP|> RCPT TO:<b@name.example>\n" T "  SMTP>> DATA\n" T
	    "  SMTP<< 250 ok\n" T "  SMTP<< 250 ok\n" T "  SMTP<< 354 go on\n" T
	    "  SMTP>> .\n" T "  SMTP<< 250-taken\n" T "         451 Not\n",
	    IN NEW(
		"1", "10.1.1.1") "Delivery start DCID 1 MID 1 to RID [0, 1]\n"
				 "Message done DCID 1 MID 1 to RID [1]\n" },
	{ "a greeting that turns away, then one that takes it",
	    ACCEPTED ENTERED TRYING("mx1", "10.1.1.1") T
	    " connected\n" T "  SMTP<< 431 4.3.1 Full\n" T "  SMTP>> QUIT\n" T
	    "  SMTP(close)>>\n" TRYING("mx2", "10.1.1.2") GREETED ASKED TAKEN T
	    "  SMTP(close)>>\n" M("29") "M1 => a@example.com R=route_1\n" M(
		"29") "M1 Completed\n" ENDED,
	    IN NEW("1",
		"10.1.1.1") "Connection Error: DCID 1 domain:"
			    " example.com IP: 10.1.1.1 port: 25"
			    " details: 431-'4.3.1 Full' interface:"
			    " 10.0.0.5 reason: unexpected SMTP"
			    " response\n" NEW("2",
				"10.1.1.2") "Delivery start DCID 2 MID 1 to RID [0, 1]\n"
					    "Message done DCID 2 MID 1 to RID [0, 1]\n"
					    "Message finished MID 1 done\n"
					    "DCID 2 close\n" },
	/* The end of a recipient is told on the connection; what is not ended
	 * waits for what it may wait for longest. */
	{ "one refused, and one that waits",
	    ACCEPTED ENTERED TRYING("mx1", "10.1.1.1") GREETED ASKED T
	    "  SMTP<< 250 ok\n" T "  SMTP<< 550-5.1.1 No\n" T
	    "         550 5.1.1 such\n" T "  SMTP<< 451 4.2.0 Later\n" T
	    "  SMTP<< 554 5.5.1 No valid recipients\n" T "  SMTP(close)>>\n" M(
		"29") "M1 ** a@example.com R=route_1 T=smtp"
		      " H=mx1 [10.1.1.1]: SMTP error from"
		      " remote mail server after RCPT TO:"
		      "<a@example.com>: 550 5.1.1 No such\n" D
		      "Writing retry data for R:b@example.com:<s@example.net>\n" D
		      "  first failed=7 last try=7 next try=307 expired=0\n" ENDED,
	    IN NEW("1",
		"10.1.1.1") "Delivery start DCID 1 MID 1 to RID [0, 1]\n"
			    "Bounced: DCID 1 MID 1 to RID 0 - 5.1.0 - Unknown"
			    " address error ('550', ['5.1.1 No\\n5.1.1 such'])"
			    " []\n"
			    "Delayed: DCID 1 MID 1 to RID 1 - 4.1.0 - Unknown"
			    " address error ('451', ['4.2.0 Later']) []\n"
			    "DCID 1 close\n"
			    "MID 1 to RID [1] pending till Wed Jul  2 09:21:00"
			    " 2014 [Default]\n" },
	/* Of two hosts, the one that may be tried first; a message alone can
	 * have to wait for a host. */
	{ "refused, then broken, then a wait",
	    ACCEPTED ENTERED TRYING("mx1", "10.1.1.1") T
	    " failed: Connection refused\n" TRYING("mx2", "10.1.1.2") T
	    " connected\n" T "  SMTP(closed)<<\n" T "  SMTP(close)>>\n" D
	    "Writing retry data for T:mx1:10.1.1.1/10.0.0.5\n" D
	    "  first failed=7 last try=7 next try=67 expired=0\n" D
	    "Writing retry data for T:mx2:10.1.1.2/10.0.0.5:M1\n" D
	    "  first failed=7 last try=7 next try=127 expired=0\n" ENDED,
	    IN
	    "Connection Error: DCID 1 domain: example.com IP: 10.1.1.1"
	    " port: 25 details: [Errno 61] Connection refused interface:"
	    " 10.0.0.5 reason: network error\n" NEW("2",
		"10.1.1.2") "Connection Error: DCID 2 domain: example.com IP: 10.1.1.2"
			    " port: 25 details: EOF interface: 10.0.0.5 reason: network"
			    " error\n"
			    "MID 1 to RID [0, 1] pending till Wed Jul  2 09:17:00 2014"
			    " [Default]\n" },
	{ "a connection that is passed on",
	    M("26") "M2 <= t@example.net H=(i) [10.0.0.1] P=esmtp S=9 for"
		    " c@example.com\n" ACCEPTED ENTERED TRYING(
			"mx1", "10.1.1.1") GREETED ASKED TAKEN T
	    "  reading spool file M2-H\n" T "transport_pass_socket entered\n" T
	    "  SMTP(close)>>\n"
	    "   49 smtp transport entered\n   49   c@example.com\n"
	    "   49 hostlist:\n"
	    "   49 delivering M2 to mx1 [10.1.1.1] (c@example.com)\n"
	    "   49   SMTP|> MAIL FROM:<t@example.net>\n"
	    "   49   SMTP<< 250 ok\n"
	    "   49   SMTP(close)>>\n",
	    "Start MID 1 ICID 1\n"
	    "MID 1 ICID 1 From: <t@example.net>\n"
	    "MID 1 ICID 1 RID 0 To: <c@example.com>\n"
	    "MID 1 ready 9 bytes from <t@example.net>\n"
	    "MID 1 queued for delivery\n"
	    "Start MID 2 ICID 2\n"
	    "MID 2 ICID 2 From: <s@example.net>\n"
	    "MID 2 ICID 2 RID 0 To: <a@example.com>\n"
	    "MID 2 ICID 2 RID 1 To: <b@example.com>\n"
	    "MID 2 ready 163 bytes from <s@example.net>\n"
	    "MID 2 queued for delivery\n" NEW(
		"1", "10.1.1.1") "Delivery start DCID 1 MID 2 to RID [0, 1]\n"
				 "Message done DCID 1 MID 2 to RID [0, 1]\n"
				 "Message finished MID 2 done\n"
				 "Delivery start DCID 1 MID 1 to RID [0]\n"
				 "DCID 1 close\n" },
	{ "too old, and its bounce",
	    ACCEPTED M("29") "M1 ** a@example.com: retry timeout exceeded\n" M(
		"29") "M1 ** b@example.com R=route_1 T=smtp: all hosts for"
		      " 'example.com' have been failing for a long time (and"
		      " retry time not reached)\n" M(
			  "33") "M2 <= <> R=M1 U=Debian-exim P=local S=900 for"
				" s@example.net\n",
	    IN "Bounced: DCID 0 MID 1 to RID 0 - 5.4.7 - Delivery expired"
	       " (message too old) ('000', ['timeout']) []\n"
	       "Bounced: DCID 0 MID 1 to RID 1 - 5.4.7 - Delivery expired"
	       " (message too old) ('000', ['timeout']) []\n"
	       "Message finished MID 1 done\n"
	       "Start MID 2 ICID 0\n"
	       "MID 2 generated for bounce of MID 1\n"
	       "MID 2 ICID 0 From: <>\n"
	       "MID 2 ICID 0 RID 0 To: <s@example.net>\n"
	       "MID 2 ready 0 bytes from <>\n"
	       "MID 2 queued for delivery\n" },
	{ "a greeting that refuses for good",
	    ACCEPTED M("29") "M1 ** a@example.com R=route_1 T=smtp H=mx1"
			     " [10.1.1.1]: SMTP error from remote mail server"
			     " after initial connection: 554 5.7.1 Go away\n",
	    IN "Bounced: DCID 0 MID 1 to RID 0 - 5.1.0 - Unknown address error"
	       " ('554', ['5.7.1 Go away']) []\n" },
	/* A reply of the wrong kind refuses, and what follows from it does not
	 * refuse for good. */
	{ "nonsense to MAIL",
	    ACCEPTED ENTERED TRYING("mx1", "10.1.1.1") GREETED ASKED T
	    "  SMTP<< 354 go on\n" T "  SMTP<< 503 5.5.1 First MAIL\n" T
	    "  SMTP(close)>>\n",
	    IN NEW("1",
		"10.1.1.1") "Delivery start DCID 1 MID 1 to RID [0, 1]\n"
			    "Delayed: DCID 1 MID 1 to RID 0 - 4.4.0 - Other network"
			    " problem ('000', ['354 go on']) []\n"
			    "Delayed: DCID 1 MID 1 to RID 1 - 4.4.0 - Other network"
			    " problem ('000', ['354 go on']) []\n"
			    "DCID 1 close\n" },
	{ "a greeting that is no SMTP",
	    ACCEPTED ENTERED TRYING("mx1", "10.1.1.1") T
	    " connected\n" T "  SMTP<< hello\n" T "  SMTP(close)>>\n",
	    IN NEW("1",
		"10.1.1.1") "Connection Error: DCID 1 domain: example.com IP: 10.1.1.1"
			    " port: 25 details: EOF interface: 10.0.0.5 reason: network"
			    " error\n" },
	{ "thrown away",
	    ACCEPTED M("29") "M1 => :blackhole: <a@example.com> R=route_1\n",
	    IN "Deleted: MID 1 to [0]\n" },
};

static void
test_row(void **state)
{
	dialect_check(&reader_exim, *state);
}

static void
test_due(void **state)
{
	struct dialect_reading d;

	(void)state;
	dialect_begin(&d, &reader_exim);
	assert_true(
	    dialect_due(&d, M("3") "exim 4.96 daemon started: pid=3\n") ==
	    UTIME_NEVER);
	assert_false(d.r.is_ready);
	/* While a message comes in, too. */
	assert_true(
	    dialect_due(&d, "   26 SMTP<< MAIL FROM:<s@e>\n") == d.r.now);
	assert_true(
	    dialect_due(
		&d, "   26 >>> Exim pid=26 (x) terminating with rc=0 >>>\n") ==
	    UTIME_NEVER);
	assert_true(
	    dialect_due(&d,
		ACCEPTED D
		"Writing retry data for R:example.com\n" D
		"  first failed=7 last try=7 next try=67 expired=0\n" ENDED) ==
	    d.r.now + 60 * UTIME_S);
	assert_int_equal(reader_overdue(&d.r, d.r.now + 59 * UTIME_S), 0);
	assert_int_equal(reader_overdue(&d.r, d.r.now + 60 * UTIME_S), 1);
	assert_true(dialect_due(&d,
			M("9") "Start queue run: pid=9\n" D
			       "delivering M1\n") == d.r.now);
	assert_int_equal(d.r.looks, 1);
	assert_true(
	    dialect_due(&d,
		D "deleted retry information for R:example.com\n" M(
		    "9") "End queue run: pid=9\n" M("29") "M1 Completed\n") ==
	    UTIME_NEVER);
	assert_int_equal(d.r.looks, 0);
	assert_true(d.r.is_ready);
	dialect_end(&d);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_due);
	return kit_run(&kit, "reader_exim");
}
