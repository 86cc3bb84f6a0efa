/* SPDX-License-Identifier: MIT */
/*
 * Postfix's log told again in lines of the mail log: what a message, a
 * failover, a refusal, a broken connection and an expiry come to; and that no
 * line, however it is cut, does any harm.
 */
#include "harness/live/reader.h"

#include "tests/unit/dialect_log.h"
#include "tests/unit/kit.h"

#define Q "Nov 27 07:40:47 relay postfix/qmgr[3]: "
#define S "Nov 27 07:40:47 relay postfix/smtp[8]: "

/* A message of a client, as far as a delivery of it. */
#define ACCEPTED                                                                   \
	"Nov 27 07:40:47 relay postfix/smtpd[7]: F1: client=unknown[10.0.0.1]\n" Q \
	"F1: from=<s@example.net>, size=163, nrcpt=2 (queue active)\n" Q           \
	"qmgr_message_sort: a@example.com\n" Q                                     \
	"qmgr_message_sort: b@example.com\n" Q "end sorted recipient list\n"
#define REQUESTED                                                              \
	S "input attribute name: queue_name\n" S                               \
	  "input attribute value: active\n" S                                  \
	  "input attribute name: recipient\n" S                                \
	  "input attribute value: a@example.com\n" S                           \
	  "input attribute name: recipient\n" S                                \
	  "input attribute value: b@example.com\n" S                           \
	  "deliver_request_get: file active/F1\n"
#define TRYING(ip)      S "smtp_connect_addr: trying: mx[" ip "] port 25...\n"
#define HEARD(ip, text) S "< mx[" ip "]:25: " text "\n"
#define SAID(ip, text)  S "> mx[" ip "]:25: " text "\n"
#define GREETED(ip)                                                            \
	TRYING(ip)                                                             \
	HEARD(ip, "220 mx ESMTP")                                              \
	SAID(ip, "EHLO relay.example")                                         \
	HEARD(ip, "250-mx")                                                    \
	HEARD(ip, "250 PIPELINING")

#define IN                                                                     \
	"Start MID 1 ICID 1\n"                                                 \
	"MID 1 ICID 1 From: <s@example.net>\n"                                 \
	"MID 1 ICID 1 RID 0 To: <a@example.com>\n"                             \
	"MID 1 ICID 1 RID 1 To: <b@example.com>\n"                             \
	"MID 1 ready 163 bytes from <s@example.net>\n"                         \
	"MID 1 queued for delivery\n"

static struct dialect_row rows[] = {
	{ "in, and nothing else", ACCEPTED, IN },
	{ "no reply and no DNS: a protocol error; then names without a host",
	    ACCEPTED
	    "Nov 27 07:40:49 relay postfix/smtp[8]: F1: to=<a@example.com>,"
	    " relay=mx[10.1.1.1]:25, delay=1, dsn=5.5.0, status=bounced"
	    " (Protocol error: host mx[10.1.1.1] said: 999 what in reply to"
	    " MAIL FROM command)\n"
	    "Nov 27 07:40:49 relay postfix/smtp[8]: F1: to=<b@example.com>,"
	    " relay=none, delay=1, dsn=5.4.4, status=bounced (Host or domain"
	    " name not found. Name service error for name=example.com type=MX:"
	    " Host not found)\n",
	    IN "Bounced: DCID 0 MID 1 to RID 0 - 4.4.0 - Other network problem"
	       " ('000', ['Protocol error: host mx[10.1.1.1] said: 999 what in"
	       " reply to MAIL FROM command']) []\n"
	       "Bounced: DCID 0 MID 1 to RID 1 - 5.1.2 - Bad destination host"
	       " ('000', ['Host or domain name not found. Name service error"
	       " for name=example.com type=MX: Host not found']) []\n"
	       "Message finished MID 1 done\n" },
	{ "does not want mail",
	    ACCEPTED
	    "Nov 27 07:40:49 relay postfix/smtp[8]: F1: to=<a@example.com>,"
	    " relay=none, delay=1, dsn=5.1.0, status=bounced (Domain"
	    " example.com does not accept mail (nullMX))\n",
	    IN "Bounced: DCID 0 MID 1 to RID 0 - 5.1.10 - Recipient address has"
	       " null MX ('000', ['Domain example.com does not accept mail"
	       " (nullMX)']) []\n" },
	{ "gone before its recipients are told, as lines are missing",
	    Q "F1: from=<s@example.net>, size=163, nrcpt=2 (queue active)\n" Q
	      "F1: removed\n" Q "qmgr_message_sort: a@example.com\n" Q
	      "end sorted recipient list\n",
	    "" },
	{ "a host that is full, then one that takes it but for a recipient",
	    ACCEPTED REQUESTED GREETED("10.1.1.1")
		SAID("10.1.1.1", "MAIL FROM:<s@example.net>")
		    SAID("10.1.1.1", "RCPT TO:<a@example.com>") SAID("10.1.1.1",
			"RCPT TO:<b@example.com>") SAID("10.1.1.1", "DATA")
			HEARD("10.1.1.1", "452 4.3.1 Full") S
	    "F1: host mx[10.1.1.1] said: 452 4.3.1 Full (in reply to MAIL)\n" HEARD(
		"10.1.1.1", "554 5.5.1 No") SAID("10.1.1.1", "QUIT")
		GREETED("10.1.1.2") SAID("10.1.1.2",
		    "MAIL FROM:<s@example.net>") HEARD("10.1.1.2", "250 ok")
		    SAID("10.1.1.2", "RCPT TO:<a@example.com>") SAID("10.1.1.2",
			"RCPT TO:<b@example.com>") HEARD("10.1.1.2", "250 ok")
			HEARD("10.1.1.2", "550 5.1.1 Nobody") S
	    "F1: to=<b@example.com>, relay=mx[10.1.1.2]:25, dsn=5.1.1,"
	    " status=bounced (host mx[10.1.1.2] said: 550 5.1.1 Nobody (in"
	    " reply to RCPT TO command))\n" SAID("10.1.1.2", "DATA")
		HEARD("10.1.1.2", "354 go on") SAID("10.1.1.2", ".")
		    SAID("10.1.1.2", "QUIT") HEARD("10.1.1.2", "250 taken") S
	    "deliver_request_final: send: \"\" 0\n" Q "F1: removed\n",
	    IN "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.1 port 25\n"
	       "Delivery start DCID 1 MID 1 to RID [0, 1]\n"
	       "Delayed: DCID 1 MID 1 to RID 0 - 4.3.1 - Mail system full"
	       " ('452', ['4.3.1 Full']) []\n"
	       "Delayed: DCID 1 MID 1 to RID 1 - 4.3.1 - Mail system full"
	       " ('452', ['4.3.1 Full']) []\n"
	       "DCID 1 close\n"
	       "New SMTP DCID 2 interface 10.0.0.5 address 10.1.1.2 port 25\n"
	       "Delivery start DCID 2 MID 1 to RID [0, 1]\n"
	       "Bounced: DCID 2 MID 1 to RID 1 - 5.1.0 - Unknown address error"
	       " ('550', ['5.1.1 Nobody (in reply to RCPT TO command)']) []\n"
	       "Message done DCID 2 MID 1 to RID [0]\n"
	       "Message finished MID 1 done\n"
	       "DCID 2 close\n" },
	{ "refused, then broken before the greeting, then a wait",
	    ACCEPTED REQUESTED TRYING("10.1.1.1") S
	    "connect to mx[10.1.1.1]:25: Connection refused\n" TRYING(
		"10.1.1.2") S
	    "F1: to=<a@example.com>, relay=mx[10.1.1.2]:25, dsn=4.4.2,"
	    " status=deferred (lost connection with mx[10.1.1.2] while"
	    " receiving the initial server greeting)\n" Q
	    "wakeup F1 after 60 secs\n",
	    IN "Connection Error: DCID 1 domain: example.com IP: 10.1.1.1"
	       " port: 25 details: [Errno 61] Connection refused interface:"
	       " 10.0.0.5 reason: network error\n"
	       "New SMTP DCID 2 interface 10.0.0.5 address 10.1.1.2 port 25\n"
	       "Connection Error: DCID 2 domain: example.com IP: 10.1.1.2"
	       " port: 25 details: EOF interface: 10.0.0.5"
	       " reason: network error\n"
	       "MID 1 to RID [0, 1] pending till Wed Jul  2 09:17:00 2014"
	       " [Default]\n" },
	{ "a greeting that turns away",
	    ACCEPTED REQUESTED TRYING("10.1.1.1") HEARD("10.1.1.1",
		"431 4.3.1 Full") S "deliver_request_final: send: \"\" -1\n",
	    IN "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.1 port 25\n"
	       "Connection Error: DCID 1 domain: example.com IP: 10.1.1.1"
	       " port: 25 details: 431-'4.3.1 Full' interface: 10.0.0.5"
	       " reason: unexpected SMTP response\n" },
	{ "a line that is no reply, then one that turns away",
	    ACCEPTED REQUESTED TRYING("10.1.1.1") HEARD("10.1.1.1", "what")
		HEARD("10.1.1.1", "421 4.4.2 Late") S
	    "deliver_request_final: send: \"\" -1\n",
	    IN "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.1 port 25\n"
	       "Connection Error: DCID 1 domain: example.com IP: 10.1.1.1"
	       " port: 25 details: 421-'what\\n4.4.2 Late' interface: 10.0.0.5"
	       " reason: unexpected SMTP response\n" },
	{ "too old, and its bounce",
	    ACCEPTED Q "F1: from=<s@example.net>, status=expired, returned to"
		       " sender\n" Q "F2: from=<>, size=9, nrcpt=1 (queue"
		       " active)\n" Q "qmgr_message_sort: s@example.net\n" Q
		       "end sorted recipient list\n",
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
	{ "thrown away",
	    ACCEPTED
	    "Nov 27 07:40:47 relay postfix/discard[9]: F1: to=<a@example.com>,"
	    " relay=none, dsn=2.0.0, status=sent (example.com)\n",
	    IN "Deleted: MID 1 to [0]\n" },
};

static void
test_row(void **state)
{
	dialect_check(&reader_postfix, *state);
}

static void
test_due(void **state)
{
	struct dialect_reading d;

	(void)state;
	dialect_begin(&d, &reader_postfix);
	assert_true(reader_due(&d.r) == UTIME_NEVER);
	assert_true(dialect_due(&d, ACCEPTED) == d.r.now);
	assert_true(dialect_due(&d, Q "wakeup F1 after 60 secs") ==
	    d.r.now + 60 * UTIME_S);
	assert_true(dialect_due(&d,
			Q "F1: from=<s@example.net>, size=163, nrcpt=2 (queue"
			  " active)") == d.r.now);
	assert_true(dialect_due(&d, Q "F1: removed") == UTIME_NEVER);
	assert_false(d.r.is_ready);
	dialect_feed(&d,
	    SLICE("Nov 27 07:40:47 relay postfix/master[2]: daemon started --"
		  " version 3.7.11"));
	assert_true(d.r.is_ready);
	dialect_end(&d);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_due);
	return kit_run(&kit, "reader_postfix");
}
