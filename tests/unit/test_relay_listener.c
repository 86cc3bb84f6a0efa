/* SPDX-License-Identifier: MIT */
/*
 * The relay's listeners in virtual time: whom each lets in, how many of them,
 * how much of it, and for whom XCLIENT makes them pass.
 */
#include "tests/unit/relay_stage.h"

#define LISTENERS(list)                                                        \
	"\"routes\": [\"ALL 10.1.1.11\"], \"listeners\": [" list "]"
#define PUBLIC(members)                                                        \
	"{\"address\": \"10.0.0.5:25\", \"name\": \"Data1\", "                 \
	"\"accept_for\": \"our.example\"" members "}"
#define PRIVATE(members)                                                       \
	"{\"address\": \"10.0.0.5:26\", \"name\": \"Data2\", \"kind\": "       \
	"\"private\", \"relay_from\": \"10.0.0.9\"" members "}"
#define LIMITS(members) PUBLIC(", \"limits\": {" members "}")

#define BANNER  "220 relay.test ESMTP\r\n"
#define GREETED BANNER "250 relay.test\r\n"
#define SENDER  "250 2.1.0 sender ok\r\n"
#define TAKEN   "250 2.1.5 recipient ok\r\n"
#define DENIED  "550 5.7.1 relaying denied\r\n"
#define BYE     "221 relay.test\r\n"
#define OPENED_AT(at, icid, name, ip, host)                                    \
	at " New SMTP ICID " icid " interface " name " (10.0.0.5) address " ip \
	   " reverse dns host " host "\n"
#define ACCEPTED(at, icid)                                                     \
	OPENED_AT(at, icid, "Data1", "10.0.0.8", "unknown verified no")        \
	at " ICID " icid " ACCEPT SG UNKNOWNLIST match ALL SBRS not enabled\n"
#define STARTED_BY(at, mid, icid)                                              \
	at " Start MID " mid " ICID " icid "\n" at " MID " mid " ICID " icid   \
	   " From: <>\n"
#define ABORTED(at, mid)                                                       \
	at " Message aborted MID " mid " Receiving aborted by sender\n" at     \
	   " Message finished MID " mid " aborted\n"

struct row {
	const char *name;
	const char *members; /* of the configuration */
	const char *from;    /* the client's address */
	uint16_t port;
	const char *script;
	const char *seen; /* by the client */
	const char *log;  /* of the listener, and none else */
};

/* clang-format off */
static struct row rows[] = {
	{ "public, to our domain", LISTENERS(PUBLIC("") ", " PRIVATE("")),
	    "10.0.0.8", 25,
	    "HELO c|MAIL FROM:<>|RCPT TO:<u@our.example>|"
	    "RCPT TO:<u@their.example>|QUIT",
	    GREETED SENDER TAKEN DENIED BYE,
	    ACCEPTED("0", "1")
	    STARTED_BY("0", "1", "1")
	    "0 MID 1 ICID 1 RID 0 To: <u@our.example>\n"
	    "0 MID 1 ICID 1 To: <u@their.example> Rejected by RAT\n"
	    ABORTED("0", "1")
	    "0 ICID 1 close\n" },
	{ "neither networks nor domains: nothing",
	    LISTENERS("{\"address\": \"10.0.0.5:25\"}"), "10.0.0.9", 25,
	    "HELO c|MAIL FROM:<>|RCPT TO:<u@our.example>|QUIT",
	    GREETED SENDER DENIED BYE,
	    OPENED_AT("0", "1", "Management", "10.0.0.9",
		"unknown verified no")
	    "0 ICID 1 ACCEPT SG UNKNOWNLIST match ALL SBRS not enabled\n"
	    STARTED_BY("0", "1", "1")
	    "0 MID 1 ICID 1 To: <u@our.example> Rejected by RAT\n"
	    ABORTED("0", "1")
	    "0 ICID 1 close\n" },
	{ "private, known", LISTENERS(PUBLIC("") ", " PRIVATE("")),
	    "10.0.0.9", 26,
	    "HELO c|MAIL FROM:<>|RCPT TO:<u@their.example>|QUIT",
	    GREETED SENDER TAKEN BYE,
	    OPENED_AT("0", "1", "Data2", "10.0.0.9", "unknown verified no")
	    "0 ICID 1 RELAY SG RELAYLIST match 10.0.0.9 SBRS not enabled\n"
	    STARTED_BY("0", "1", "1")
	    "0 MID 1 ICID 1 RID 0 To: <u@their.example>\n"
	    ABORTED("0", "1")
	    "0 ICID 1 close\n" },
	{ "private, a stranger", LISTENERS(PUBLIC("") ", " PRIVATE("")),
	    "10.0.0.8", 26, "HELO c|QUIT",
	    "554 5.7.1 Access denied\r\n",
	    OPENED_AT("0", "1", "Data2", "10.0.0.8", "unknown verified no")
	    "0 ICID 1 REJECT SG None match ALL SBRS not enabled\n"
	    "0 ICID 1 close\n" },
	{ "private, a stranger refused late",
	    LISTENERS(PRIVATE(", \"delayed_reject\": true")), "10.0.0.8", 26,
	    "HELO c|MAIL FROM:<>|RCPT TO:<u@their.example>|RCPT "
	    "TO:<postmaster>|DATA|QUIT",
	    GREETED SENDER "550 5.7.1 Access denied\r\n"
	    "550 5.7.1 Access denied\r\n"
	    "554 5.5.1 No valid recipients\r\n" BYE,
	    OPENED_AT("0", "1", "Data2", "10.0.0.8", "unknown verified no")
	    "0 ICID 1 REJECT SG None match ALL SBRS not enabled\n"
	    "0 ICID 1 Delayed HAT REJECT continuing session for recipient "
	    "logging (10.0.0.8)\n"
	    STARTED_BY("0", "1", "1")
	    "0 MID 1 ICID 1 To: <u@their.example> Rejected by Receiving "
	    "Control\n"
	    "0 MID 1 ICID 1 To: <postmaster@relay.test> Rejected by Receiving "
	    "Control\n"
	    ABORTED("0", "1")
	    "0 ICID 1 close\n" },
	{ "a network is told as it is written",
	    LISTENERS(PUBLIC(", \"relay_from\": \"10.0.0.0/29\"")),
	    "10.0.0.7", 25, "HELO c|QUIT", GREETED BYE,
	    OPENED_AT("0", "1", "Data1", "10.0.0.7", "unknown verified no")
	    "0 ICID 1 RELAY SG RELAYLIST match 10.0.0.0/29 SBRS not enabled\n"
	    "0 ICID 1 close\n" },
	{ "postmaster without a domain",
	    LISTENERS(PUBLIC("")) ", \"postmaster\": \"me@our.example\"",
	    "10.0.0.8", 25,
	    "HELO c|MAIL FROM:<>|RCPT TO:<PostMaster>|DATA|x\r\n.|QUIT",
	    GREETED SENDER TAKEN "354 go ahead\r\n"
	    "250 2.0.0 ok:  Message 1 accepted\r\n" BYE,
	    ACCEPTED("0", "1")
	    STARTED_BY("0", "1", "1")
	    "0 MID 1 ICID 1 RID 0 To: <me@our.example>\n"
	    "0 MID 1 ready 99 bytes from <>\n"
	    "0 MID 1 queued for delivery\n"
	    "0 ICID 1 close\n" },
	{ "so many messages over a connection",
	    LISTENERS(LIMITS("\"messages\": 2")), "10.0.0.8", 25,
	    "HELO c|MAIL FROM:<>|RSET|MAIL FROM:<>|RSET|MAIL FROM:<>|QUIT",
	    GREETED SENDER "250 2.0.0 reset\r\n" SENDER "250 2.0.0 reset\r\n"
	    "421 4.7.0 Too many messages for this session\r\n",
	    ACCEPTED("0", "1")
	    STARTED_BY("0", "1", "1")
	    ABORTED("0", "1")
	    STARTED_BY("0", "2", "1")
	    ABORTED("0", "2")
	    "0 ICID 1 Receiving Failed: Too Many Messages\n"
	    "0 ICID 1 close\n" },
	{ "so many recipients in a minute",
	    LISTENERS(LIMITS("\"recipients_per_minute\": 1")), "10.0.0.8", 25,
	    "HELO c|MAIL FROM:<>|RCPT TO:<u@our.example>|"
	    "RCPT TO:<v@our.example>|QUIT",
	    GREETED SENDER TAKEN "452 4.7.0 Too many recipients received\r\n"
	    BYE,
	    ACCEPTED("0", "1")
	    STARTED_BY("0", "1", "1")
	    "0 MID 1 ICID 1 RID 0 To: <u@our.example>\n"
	    "0 MID 1 ICID 1 To: <v@our.example> Rejected by Injection "
	    "Control\n"
	    ABORTED("0", "1")
	    "0 ICID 1 close\n" },
	{ "here for too long",
	    LISTENERS(LIMITS("\"session_timeout\": \"20s\", \"idle_timeout\": "
	    "\"30s\"")), "10.0.0.8", 25, "HELO c|MAIL FROM:<>|!hush",
	    GREETED SENDER "421 4.4.2 Connection time is over\r\n",
	    ACCEPTED("0", "1")
	    STARTED_BY("0", "1", "1")
	    "20 ICID 1 disconnected address 10.0.0.8, exceeded allowable "
	    "connection time\n"
	    "20 Message aborted MID 1 Receiving aborted\n"
	    "20 Message finished MID 1 aborted\n"
	    "20 ICID 1 close\n" },
	{ "what cannot be read is told", LISTENERS(PUBLIC("")), "10.0.0.8", 25,
	    "HELO c|MAIL FROM:<a b>|MAIL FROM:<>|RCPT TO:<u@>|RCPT foo|QUIT",
	    GREETED "501 5.1.7 Bad sender address\r\n" SENDER
	    "501 5.1.3 Bad recipient address\r\n"
	    "501 5.5.4 Syntax: RCPT TO:<address>\r\n" BYE,
	    ACCEPTED("0", "1")
	    "0 ICID 1 Invalid sender address: Syntax error '<a b>'\n"
	    STARTED_BY("0", "1", "1")
	    "0 ICID 1 MID 1 Invalid recipient address: Syntax error '<u@>'\n"
	    "0 ICID 1 Bad syntax for command: RCPT foo\n"
	    ABORTED("0", "1")
	    "0 ICID 1 close\n" },
	{ "what follows from a refusal is no bad command",
	    LISTENERS(LIMITS("\"bad_commands\": 1")), "10.0.0.8", 25,
	    "HELO c|MAIL FROM:<>|RCPT TO:<u@their.example>|DATA|RSET|"
	    "MAIL FROM:<>|RCPT TO:<u@their.example>|DATA|RSET|DATA",
	    GREETED SENDER DENIED "554 5.5.1 No valid recipients\r\n"
	    "250 2.0.0 reset\r\n" SENDER DENIED
	    "554 5.5.1 No valid recipients\r\n250 2.0.0 reset\r\n"
	    "421 Exceeded bad SMTP command limit, disconnecting\r\n",
	    ACCEPTED("0", "1")
	    STARTED_BY("0", "1", "1")
	    "0 MID 1 ICID 1 To: <u@their.example> Rejected by RAT\n"
	    ABORTED("0", "1")
	    STARTED_BY("0", "2", "1")
	    "0 MID 2 ICID 1 To: <u@their.example> Rejected by RAT\n"
	    ABORTED("0", "2")
	    "0 ICID 1 close\n" },
	{ "what may be a password is not told", LISTENERS(PUBLIC("")),
	    "10.0.0.8", 25, "HELO c|auth PLAIN AGpv\nZQ==|QUIT",
	    GREETED "500 5.5.2 Lines end with CR LF\r\n" BYE,
	    ACCEPTED("0", "1")
	    "0 ICID 1 Unknown command: AUTH\n"
	    "0 ICID 1 close\n" },
	{ "five bad commands", LISTENERS(PUBLIC("")), "10.0.0.8", 25,
	    "HELO c|A|B|C|D|E|QUIT",
	    GREETED "500 5.5.1 Command not recognized\r\n"
	    "500 5.5.1 Command not recognized\r\n"
	    "500 5.5.1 Command not recognized\r\n"
	    "500 5.5.1 Command not recognized\r\n"
	    "421 Exceeded bad SMTP command limit, disconnecting\r\n",
	    ACCEPTED("0", "1")
	    "0 ICID 1 Unknown command: A\n"
	    "0 ICID 1 Unknown command: B\n"
	    "0 ICID 1 Unknown command: C\n"
	    "0 ICID 1 Unknown command: D\n"
	    "0 ICID 1 Unknown command: E\n"
	    "0 ICID 1 close\n" },
	{ "XCLIENT of somebody", LISTENERS(PUBLIC("")), "10.0.0.8", 25,
	    "EHLO c|XCLIENT ADDR=10.0.0.9|QUIT",
	    BANNER "250-relay.test\r\n250-PIPELINING\r\n"
	    "250-SIZE 104857600\r\n250-8BITMIME\r\n"
	    "250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250 DSN\r\n"
	    "502 5.5.1 Command not implemented\r\n" BYE,
	    ACCEPTED("0", "1")
	    "0 ICID 1 close\n" },
	{ "XCLIENT of one who may",
	    LISTENERS(PRIVATE(", \"xclient_from\": \"10.0.0.8\"")), "10.0.0.8",
	    26,
	    "EHLO c|MAIL FROM:<>|XCLIENT ADDR=10.0.0.9|RSET|"
	    "XCLIENT NAME=known.example ADDR=10.0.0.9|MAIL FROM:<>|HELO d|"
	    "MAIL FROM:<>|RCPT TO:<u@their.example>|DATA|x\r\n.|QUIT",
	    BANNER "250-relay.test\r\n250-PIPELINING\r\n"
	    "250-SIZE 104857600\r\n250-8BITMIME\r\n"
	    "250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-DSN\r\n"
	    "250 XCLIENT NAME ADDR PORT PROTO HELO LOGIN\r\n"
	    SENDER "503 5.5.1 XCLIENT within a transaction\r\n"
	    "250 2.0.0 reset\r\n" BANNER
	    "503 5.5.1 Send EHLO first\r\n250 relay.test\r\n"
	    SENDER TAKEN "354 go ahead\r\n"
	    "250 2.0.0 ok:  Message 2 accepted\r\n" BYE,
	    OPENED_AT("0", "1", "Data2", "10.0.0.8", "unknown verified no")
	    "0 ICID 1 REJECT SG None match ALL SBRS not enabled\n"
	    STARTED_BY("0", "1", "1")
	    ABORTED("0", "1")
	    "0 ICID 1 close\n"
	    OPENED_AT("0", "2", "Data2", "10.0.0.9",
		"known.example verified yes")
	    "0 ICID 2 RELAY SG RELAYLIST match 10.0.0.9 SBRS not enabled\n"
	    STARTED_BY("0", "2", "2")
	    "0 MID 2 ICID 2 RID 0 To: <u@their.example>\n"
	    "0 MID 2 ready 99 bytes from <>\n"
	    "0 MID 2 queued for delivery\n"
	    "0 ICID 2 close\n" },
	{ "XCLIENT with a name of its own and a login",
	    LISTENERS(PUBLIC(", \"xclient_from\": \"10.0.0.8\"")), "10.0.0.8",
	    25,
	    "XCLIENT ADDR=[UNAVAILABLE] HELO=h PROTO=SMTP LOGIN=joe|"
	    "MAIL FROM:<>|RCPT TO:<u@their.example>|RSET|XCLIENT FOO=1|QUIT",
	    BANNER BANNER SENDER TAKEN "250 2.0.0 reset\r\n"
	    "501 5.5.4 Unknown XCLIENT attribute\r\n" BYE,
	    ACCEPTED("0", "1")
	    "0 ICID 1 close\n"
	    OPENED_AT("0", "2", "Data1", "none", "unknown verified no")
	    "0 ICID 2 ACCEPT SG UNKNOWNLIST match ALL SBRS not enabled\n"
	    STARTED_BY("0", "1", "2")
	    "0 MID 1 ICID 2 RID 0 To: <u@their.example>\n"
	    ABORTED("0", "1")
	    "0 ICID 2 close\n" },
	{ "XCLIENT into a stranger",
	    LISTENERS(PRIVATE(", \"xclient_from\": \"10.0.0.8\"")), "10.0.0.8",
	    26, "XCLIENT ADDR=10.0.0.7|HELO c|MAIL FROM:<>|"
	    "RCPT TO:<u@their.example>|QUIT",
	    BANNER BANNER "250 relay.test\r\n" SENDER
	    "550 5.7.1 Access denied\r\n" BYE,
	    OPENED_AT("0", "1", "Data2", "10.0.0.8", "unknown verified no")
	    "0 ICID 1 REJECT SG None match ALL SBRS not enabled\n"
	    "0 ICID 1 close\n"
	    OPENED_AT("0", "2", "Data2", "10.0.0.7", "unknown verified no")
	    "0 ICID 2 REJECT SG None match ALL SBRS not enabled\n"
	    STARTED_BY("0", "1", "2")
	    "0 MID 1 ICID 2 To: <u@their.example> Rejected by Receiving "
	    "Control\n"
	    ABORTED("0", "1")
	    "0 ICID 2 close\n" },
};
/* clang-format on */

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct stage_client *c;
	struct stage s;

	stage_init(&s, row->members);
	s.only_injection = true;
	(void)stage_host(&s, "10.1.1.11", NULL);
	c = stage_client(&s, 0, row->from, row->script);
	c->port = row->port;
	stage_run(&s);
	assert_true(c->is_over);
	assert_text(&c->seen, row->seen);
	assert_log(&s, row->log);
	stage_fini(&s);
}

#define TOO_MANY        "421 4.7.0 Too many connections, try again later\r\n"
#define TOO_MANY_OF_YOU "421 4.7.0 Too many connections from your address\r\n"
#define TOO_OFTEN                                                              \
	"421 4.7.0 Too many connections from your address, try again "         \
	"later\r\n"

/* Clients of the same moment; those of other addresses have their own count. */
static void
test_crowd(void **state)
{
	struct stage_client *c[5];
	struct stage s;

	(void)state;
	stage_init(&s,
	    LISTENERS(LIMITS("\"connections\": 3, "
			     "\"connections_per_client\": 2")));
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		c[i] = stage_client(
		    &s, 0, i < 3 ? "10.0.0.8" : "10.0.0.7", "HELO c|!hush");
	stage_run_until(&s, UTIME_S);
	assert_text(&c[0]->seen, GREETED);
	assert_text(&c[1]->seen, GREETED);
	assert_text(&c[2]->seen, TOO_MANY_OF_YOU);
	/* The refused one has gone again. */
	assert_true(c[2]->is_over);
	assert_text(&c[3]->seen, GREETED);
	assert_text(&c[4]->seen, TOO_MANY);
	assert_int_equal(stage_count_lines(&s.log, "Receiving Failed"), 0);
	stage_fini(&s);
}

/* In a minute, then in an hour. */
static void
test_rate(void **state)
{
	static const int at_s[] = { 0, 59, 60, 120, 3599, 3600 };
	static const char *const seen[] = { GREETED BYE, TOO_OFTEN, GREETED BYE,
		TOO_OFTEN, TOO_OFTEN, GREETED BYE };
	struct stage_client *c[ARRAY_LEN(at_s)];
	struct stage s;

	(void)state;
	stage_init(&s,
	    LISTENERS(LIMITS("\"connections_per_minute\": 1, "
			     "\"connections_per_hour\": 2")));
	s.only_injection = true;
	for (size_t i = 0; i < ARRAY_LEN(at_s); i++)
		c[i] = stage_client(&s, at_s[i], "10.0.0.8", "HELO c|QUIT");
	stage_run(&s);
	for (size_t i = 0; i < ARRAY_LEN(at_s); i++)
		assert_text(&c[i]->seen, seen[i]);
	assert_int_equal(stage_count_lines(&s.log,
			     "Receiving Failed: Connection limit exceeded"),
	    3);
	stage_fini(&s);
}

/* A listener that the configuration no longer names finishes what it has begun;
 * one that stays has its new settings at once. */
static void
test_reload(void **state)
{
	struct stage_client *idle, *busy, *kept;
	struct stage s;
	struct err err;

	(void)state;
	stage_init(&s, LISTENERS(PUBLIC("") ", " PRIVATE("")));
	(void)stage_host(&s, "10.1.1.11", NULL);
	idle = stage_client(&s, 0, "10.0.0.9", "HELO c|!hush|");
	busy = stage_client(&s, 0, "10.0.0.9",
	    "HELO c|MAIL FROM:<>|RCPT TO:<u@their.example>|!hush");
	idle->port = busy->port = 26;
	kept = stage_client(&s, 0, "10.0.0.8", "HELO c|MAIL FROM:<>|!hush");
	stage_run_until(&s, UTIME_S);
	assert_true(stage_reload(&s,
	    LISTENERS("{\"address\": \"10.0.0.5:25\", \"accept_for\": "
		      "\"new.example\"}"),
	    &err));
	stage_run_until(&s, 2 * UTIME_S);
	assert_text(&idle->seen, GREETED "421 4.3.2 Service shutting down\r\n");
	assert_true(idle->is_over);
	stream_write(busy->stream, SLICE("DATA\r\nx\r\n.\r\n"));
	stream_write(kept->stream,
	    SLICE("RCPT TO:<u@our.example>\r\nRCPT TO:<u@new.example>\r\n"));
	stage_run_until(&s, 3 * UTIME_S);
	assert_text(&busy->seen,
	    GREETED SENDER TAKEN "354 go ahead\r\n"
				 "250 2.0.0 ok:  Message 1 accepted\r\n"
				 "421 4.3.2 Service shutting down\r\n");
	assert_true(busy->is_over);
	assert_text(&kept->seen, GREETED SENDER DENIED TAKEN);
	stage_fini(&s);
}

/* What was offered before a reload took it away. */
static void
test_reload_within_transaction(void **state)
{
	struct stage_client *hello, *secure;
	struct stage s;
	struct err err;

	(void)state;
	stage_init(&s,
	    LISTENERS(PUBLIC(
		", \"tls\": {\"mode\": \"preferred\"}") ", " PRIVATE("")));
	hello = stage_client(&s, 0, "10.0.0.9", "HELO c|MAIL FROM:<>|!hush");
	hello->port = 26;
	secure = stage_client(&s, 0, "10.0.0.8", "EHLO c|!hush");
	stage_run_until(&s, UTIME_S);
	assert_true(stage_reload(&s, LISTENERS(PUBLIC("")), &err));
	stage_run_until(&s, 2 * UTIME_S);
	buf_clear(&hello->seen);
	buf_clear(&secure->seen);
	stream_write(hello->stream, SLICE("EHLO c\r\n"));
	stream_write(secure->stream, SLICE("STARTTLS\r\n"));
	stage_run_until(&s, 3 * UTIME_S);
	assert_true(hello->is_over);
	assert_true(slice_ends_with_nocase(buf_slice(&hello->seen),
	    SLICE("421 4.3.2 Service shutting down\r\n")));
	assert_text(&secure->seen, "454 4.7.0 TLS not available\r\n");
	assert_false(secure->is_over);
	stage_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_crowd);
	TEST(&kit, test_rate);
	TEST(&kit, test_reload);
	TEST(&kit, test_reload_within_transaction);
	return kit_run(&kit, "relay_listener");
}
