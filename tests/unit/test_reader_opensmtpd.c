/* SPDX-License-Identifier: MIT */
/*
 * OpenSMTPD's log told again in lines of the mail log: what a message, a host
 * that turns away, a refusal, a broken connection, a wait and an expiry come
 * to; and that no line, however it is cut, does any harm.
 */
#include "harness/live/reader.h"

#include "tests/unit/dialect_log.h"

#define RELAY "[relay:example.com,smtp]"
#define A     "b361ac8a00000001"
#define B     "b361ac8a00000002"
#define S1    "1aed7622bca5f9e4"
#define S2    "1aed7623a6b12573"

#define ACCEPTED                                                               \
	"scheduler: inserting evp:" A "\n"                                     \
	"1aed761f02c297f5 smtp message msgid=b361ac8a size=163 nrcpt=2"        \
	" proto=ESMTP\n"                                                       \
	"1aed761f02c297f5 smtp envelope evpid=" A                              \
	" from=<s@example.net> to=<a@example.com>\n"                           \
	"1aed761f02c297f5 smtp envelope evpid=" B                              \
	" from=<s@example.net> to=<b@example.com>\n"
#define RECEIVED                                                               \
	"debug: mta: received evp:" A " for <a@example.com>\n"                 \
	"debug: mta: draining " RELAY " refcount=1, ntask=1\n"                 \
	"debug: mta: received evp:" B " for <b@example.com>\n"                 \
	"debug: mta: draining " RELAY " refcount=1, ntask=1\n"
#define CONNECTING(p, s, ip)                                                   \
	"debug: mta: 0x" p ": spawned for relay " RELAY "\n" s                 \
	" mta connecting address=smtp://" ip ":25 host=mx\n"                   \
	"mta: 0x" p ": MTA_INIT -> MTA_INIT\n"
#define CONNECTED(p, s, ip) CONNECTING(p, s, ip) s " mta connected\n"
#define SAID(p, text)       "mta: 0x" p ": >>> " text "\n"
#define HEARD(p, text)      "mta: 0x" p ": <<< " text "\n"
#define GREETED(p, s, ip)                                                      \
	CONNECTED(p, s, ip)                                                    \
	HEARD(p, "220 mx ESMTP")                                               \
	SAID(p, "EHLO relay.example")                                          \
	HEARD(p, "250-mx")                                                     \
	HEARD(p, "250 SIZE")                                                   \
	"debug: mta: 0x" p ": handling next task for relay " RELAY "\n"
#define LISTED(a, b)                                                           \
	"debug: | msg:b361ac8a\n"                                              \
	"debug: |   evp:" A " [mta,expire=2d23h59m40s," a "]\n"                \
	"debug: |   evp:" B " [mta,expire=2d23h59m40s," b "]\n"                \
	"debug: \\---\n"
#define FAILED(id, stat)                                                       \
	S2 " mta delivery evpid=" id                                           \
	   " from=<s@example.net> to=<b@example.com>"                          \
	   " rcpt=<-> source=\"10.0.0.5\" relay=\"10.1.1.2 (mx)\" delay=1s"    \
	   " result=\"PermFail\" stat=\"" stat "\"\n"

#define IN                                                                     \
	"Start MID 1 ICID 1\n"                                                 \
	"MID 1 ICID 1 From: <s@example.net>\n"                                 \
	"MID 1 ICID 1 RID 0 To: <a@example.com>\n"                             \
	"MID 1 ICID 1 RID 1 To: <b@example.com>\n"                             \
	"MID 1 ready 163 bytes from <s@example.net>\n"                         \
	"MID 1 queued for delivery\n"

static struct dialect_row rows[] = {
	{ "in, and nothing else", ACCEPTED, IN },
	{ "a host that turns away, then one that takes it but for a recipient",
	    ACCEPTED RECEIVED CONNECTED("1", S1, "10.1.1.1")
		HEARD("1", "431 4.3.1 Full") S1
	    " mta error reason=BANNER rejected: 431 4.3.1 Full\n"
	    "debug: mta: 0x1: session done\n" GREETED("1", S2, "10.1.1.2") SAID(
		"1", "MAIL FROM:<s@example.net>") HEARD("1", "250 ok") SAID("1",
		"RCPT TO:<a@example.com>") HEARD("1", "250 ok") SAID("1",
		"RCPT TO:<b@example.com>") HEARD("1", "550 5.1.1 Nobody")
		FAILED(B, "550 5.1.1 Nobody") SAID("1", "DATA") HEARD(
		    "1", "354 go on") SAID("1", "[...163 bytes...]") SAID("1",
		    ".") HEARD("1",
		    "250 taken") "scheduler: deleting evp:" A " (ok)\n" S2
				 " mta disconnected reason=quit messages=1\n",
	    IN "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.1 port 25\n"
	       "Connection Error: DCID 1 domain: example.com IP: 10.1.1.1"
	       " port: 25 details: 431-'4.3.1 Full' interface: 10.0.0.5"
	       " reason: unexpected SMTP response\n"
	       "New SMTP DCID 2 interface 10.0.0.5 address 10.1.1.2 port 25\n"
	       "Delivery start DCID 2 MID 1 to RID [0, 1]\n"
	       "Bounced: DCID 2 MID 1 to RID 1 - 5.1.0 - Unknown address error"
	       " ('550', ['5.1.1 Nobody']) []\n"
	       "Message done DCID 2 MID 1 to RID [0]\n"
	       "Message finished MID 1 done\n"
	       "DCID 2 close\n" },
	{ "refused, then broken in the midst, then a wait",
	    ACCEPTED RECEIVED CONNECTING("1", S1, "10.1.1.1") S1
	    " mta error reason=IO Error: Connection refused\n"
	    "debug: mta: 0x1: session done\n" GREETED("1", S2, "10.1.1.2")
		SAID("1", "MAIL FROM:<s@example.net>") S2
	    " mta error reason=Connection closed unexpectedly\n"
	    "debug: mta: 0x1: session done\n" LISTED("inflight=0s",
		"pending=6m20s") LISTED("pending=6m20s", "pending=6m20s")
		LISTED("pending=6m19s", "pending=6m19s"),
	    IN "Connection Error: DCID 1 domain: example.com IP: 10.1.1.1"
	       " port: 25 details: [Errno 61] Connection refused interface:"
	       " 10.0.0.5 reason: network error\n"
	       "New SMTP DCID 2 interface 10.0.0.5 address 10.1.1.2 port 25\n"
	       "Delivery start DCID 2 MID 1 to RID [0, 1]\n"
	       "Delayed: DCID 2 MID 1 to RID 0 - 4.4.0 - Other network problem"
	       " ('000', ['EOF']) []\n"
	       "Delayed: DCID 2 MID 1 to RID 1 - 4.4.0 - Other network problem"
	       " ('000', ['EOF']) []\n"
	       "DCID 2 close\n"
	       "MID 1 to RID [0, 1] pending till Wed Jul  2 09:22:20 2014"
	       " [Default]\n" },
	{ "too old, and its bounce",
	    ACCEPTED
	    "debug: queue: bouncing evp:" A " as evp:b361ac8a00000003\n"
	    "relay: Expire for " A ": from=<s@example.net>\n"
	    "scheduler: queue ack removal of evp:" A "\n"
	    "relay: Expire for " B ": from=<s@example.net>\n"
	    "scheduler: queue ack removal of evp:" B "\n"
	    "1aed761f02c297f6 smtp connected address=local host=relay\n"
	    "debug: bounce: 0x5: found message b361ac8a\n"
	    "1aed761f02c297f6 smtp message msgid=c0000000 size=900 nrcpt=1"
	    " proto=ESMTP\n"
	    "1aed761f02c297f6 smtp envelope evpid=c000000000000001 from=<>"
	    " to=<s@example.net>\n",
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
	{ "given up for now, and taken when it is received again",
	    ACCEPTED RECEIVED
	    "debug: mta_flush(" RELAY ", 12, \"none\")\n" RECEIVED GREETED(
		"1", S2, "10.1.1.2") SAID("1", "MAIL FROM:<s@example.net>"),
	    IN "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.2 port 25\n"
	       "Delivery start DCID 1 MID 1 to RID [0, 1]\n" },
	{ "sent before all of it is in, as a line is missing",
	    "1aed761f02c297f5 smtp message msgid=b361ac8a size=163 nrcpt=2"
	    " proto=ESMTP\n"
	    "1aed761f02c297f5 smtp envelope evpid=" A
	    " from=<s@example.net> to=<a@example.com>\n" RECEIVED GREETED(
		"1", S2, "10.1.1.2") SAID("1", "MAIL FROM:<s@example.net>"),
	    "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.2 port 25\n" },
	{ "several codes in a reply, of which it takes the first",
	    ACCEPTED RECEIVED GREETED("1", S2, "10.1.1.2") SAID(
		"1", "MAIL FROM:<s@example.net>") HEARD("1", "250 ok") SAID("1",
		"RCPT TO:<a@example.com>") HEARD("1", "250-ok") HEARD("1",
		"450 4.2.1 Or not") SAID("1", "RCPT TO:<b@example.com>")
		HEARD("1", "250 ok") SAID("1", "DATA") HEARD("1", "354 go on")
		    SAID("1", ".") HEARD("1", "250-ok") HEARD("1", "451 Not"),
	    IN "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.2 port 25\n"
	       "Delivery start DCID 1 MID 1 to RID [0, 1]\n"
	       "Message done DCID 1 MID 1 to RID [0, 1]\n"
	       "Message finished MID 1 done\n" },
	{ "thrown away",
	    ACCEPTED "0000000000000000 mda delivery evpid=" A
		     " from=<s@example.net> to=<nobody@relay> result=Ok\n",
	    IN "Deleted: MID 1 to [0]\n" },
};

static void
test_row(void **state)
{
	dialect_check(&reader_opensmtpd, *state);
}

static void
test_due(void **state)
{
	struct dialect_reading d;

	(void)state;
	dialect_begin(&d, &reader_opensmtpd);
	assert_true(reader_due(&d.r) == UTIME_NEVER);
	assert_true(dialect_due(&d, "scheduler: inserting evp:" A) == d.r.now);
	assert_true(
	    dialect_due(&d, "scheduler: aborting msg:b361ac8a") == UTIME_NEVER);
	assert_true(dialect_due(&d, ACCEPTED) == d.r.now);
	assert_true(dialect_due(&d, LISTED("pending=1h1s", "pending=1m")) ==
	    d.r.now + 60 * UTIME_S);
	assert_true(
	    dialect_due(&d, LISTED("pending=1h1s", "scheduled=0s")) == d.r.now);
	assert_true(dialect_due(&d,
			"scheduler: deleting evp:" A " (ok)\n"
			"scheduler: deleting evp:" B " (ok)") == UTIME_NEVER);
	assert_false(d.r.is_ready);
	dialect_feed(
	    &d, SLICE("debug: smtp: will accept at most 9995 clients"));
	assert_false(d.r.is_ready);
	dialect_feed(
	    &d, SLICE("debug: queue: done loading queue into scheduler"));
	assert_true(d.r.is_ready);
	dialect_end(&d);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_due);
	return kit_run(&kit, "reader_opensmtpd");
}
