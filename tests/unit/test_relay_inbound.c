/* SPDX-License-Identifier: MIT */
/*
 * The relay's listener in virtual time: what a client is answered, what the
 * log says of it, and what comes out at the other end.
 */
#include "tests/unit/relay_stage.h"

#define ONE STAGE_ROUTES("10.1.1.11")
#define HELLO                                                                  \
	"220 relay.test ESMTP\r\n250-relay.test\r\n250-PIPELINING\r\n"         \
	"250-SIZE 104857600\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n"    \
	"250-SMTPUTF8\r\n250-CHUNKING\r\n250 DSN\r\n"
#define SENDER      "250 2.1.0 sender ok\r\n"
#define RECIPIENT   "250 2.1.5 recipient ok\r\n"
#define ACCEPT(mid) "250 2.0.0 ok:  Message " mid " accepted\r\n"
#define BYE         "221 relay.test\r\n"
#define GREETED     "220 relay.test ESMTP\r\n250 relay.test\r\n"
#define OPENED_BY(ip)                                                          \
	"0 New SMTP ICID 1 interface Management (10.0.0.5) address " ip        \
	" reverse dns host unknown verified no\n"
#define RELAYED                                                                \
	OPENED_BY("10.0.0.9")                                                  \
	"0 ICID 1 RELAY SG RELAYLIST match 10.0.0.9 SBRS not enabled\n"
#define STRANGER                                                               \
	OPENED_BY("10.0.0.8")                                                  \
	"0 ICID 1 ACCEPT SG UNKNOWNLIST match ALL SBRS not enabled\n"

struct row {
	const char *name;
	const char *members; /* of the configuration */
	const char *from;    /* the client's address */
	const char *script;
	const char *seen; /* by the client */
	const char *log;  /* of the listener, and none else */
};

/* clang-format off */
static struct row rows[] = {
	{ "a message", ONE, "10.0.0.9",
	    "EHLO client|MAIL FROM:<a@b.example>|RCPT TO:<u@exchange.example>|"
	    "DATA|Subject: hello\r\nMessage-ID: <1@b>\r\n\r\nhello\r\n.|QUIT",
	    HELLO SENDER RECIPIENT "354 go ahead\r\n" ACCEPT("1") BYE,
	    RELAYED
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <a@b.example>\n"
	    "0 MID 1 ICID 1 RID 0 To: <u@exchange.example>\n"
	    "0 MID 1 Message-ID '<1@b>'\n"
	    "0 MID 1 Subject 'hello'\n"
	    "0 MID 1 ready 146 bytes from <a@b.example>\n"
	    "0 MID 1 queued for delivery\n"
	    "0 ICID 1 close\n" },
	{ "HELO is enough", ONE, "10.0.0.9", "HELO client|QUIT",
	    GREETED BYE,
	    RELAYED
	    "0 ICID 1 close\n" },
	{ "never an open relay", ONE, "10.0.0.8",
	    "EHLO client|MAIL FROM:<a@b.example>|RCPT TO:<u@exchange.example>|"
	    "DATA|QUIT",
	    HELLO SENDER "550 5.7.1 relaying denied\r\n"
	    "554 5.5.1 No valid recipients\r\n" BYE,
	    STRANGER
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <a@b.example>\n"
	    "0 MID 1 ICID 1 To: <u@exchange.example> Rejected by RAT\n"
	    "0 Message aborted MID 1 Receiving aborted by sender\n"
	    "0 Message finished MID 1 aborted\n"
	    "0 ICID 1 close\n" },
	{ "anyone to our own domains", ONE
	    ", \"accept_for\": [\"exchange.example\", \".sub.example\"]",
	    "10.0.0.8",
	    "EHLO c|MAIL FROM:<>|RCPT TO:<u@EXCHANGE.example>|"
	    "RCPT TO:<u@a.sub.example>|RCPT TO:<u@sub.example>|RSET|QUIT",
	    HELLO SENDER RECIPIENT RECIPIENT "550 5.7.1 relaying denied\r\n"
	    "250 2.0.0 reset\r\n" BYE,
	    STRANGER
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <>\n"
	    "0 MID 1 ICID 1 RID 0 To: <u@EXCHANGE.example>\n"
	    "0 MID 1 ICID 1 RID 1 To: <u@a.sub.example>\n"
	    "0 MID 1 ICID 1 To: <u@sub.example> Rejected by RAT\n"
	    "0 Message aborted MID 1 Receiving aborted by sender\n"
	    "0 Message finished MID 1 aborted\n"
	    "0 ICID 1 close\n" },
	{ "no route through an address", ONE
	    ", \"accept_for\": \"exchange.example\"", "10.0.0.8",
	    "EHLO c|MAIL FROM:<>|RCPT TO:<u%other@exchange.example>|"
	    "RCPT TO:<@exchange.example:u@other.example>|"
	    "RCPT TO:<\"u@other.example\"@exchange.example>|QUIT",
	    HELLO SENDER RECIPIENT "550 5.7.1 relaying denied\r\n"
	    RECIPIENT BYE,
	    STRANGER
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <>\n"
	    "0 MID 1 ICID 1 RID 0 To: <u%other@exchange.example>\n"
	    "0 MID 1 ICID 1 To: <u@other.example> Rejected by RAT\n"
	    "0 MID 1 ICID 1 RID 1 To: "
	    "<\"u@other.example\"@exchange.example>\n"
	    "0 Message aborted MID 1 Receiving aborted by sender\n"
	    "0 Message finished MID 1 aborted\n"
	    "0 ICID 1 close\n" },
	{ "too many bad commands", ONE ", \"limits\": {\"bad_commands\": 3}",
	    "10.0.0.9", "HELO c|FOO|STARTTLS|RCPT TO:<u@exchange.example>|QUIT",
	    GREETED
	    "500 5.5.1 Command not recognized\r\n"
	    "502 5.5.1 Command not implemented\r\n"
	    "421 Exceeded bad SMTP command limit, disconnecting\r\n",
	    RELAYED
	    "0 ICID 1 Unknown command: FOO\n"
	    "0 ICID 1 close\n" },
	{ "too many recipients", ONE ", \"limits\": {\"recipients\": 1}",
	    "10.0.0.9",
	    "HELO c|MAIL FROM:<>|RCPT TO:<u@exchange.example>|"
	    "RCPT TO:<v@exchange.example>|DATA|x\r\n.|QUIT",
	    GREETED SENDER RECIPIENT
	    "452 4.5.3 too many recipients\r\n354 go ahead\r\n" ACCEPT("1")
	    BYE,
	    RELAYED
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <>\n"
	    "0 MID 1 ICID 1 RID 0 To: <u@exchange.example>\n"
	    "0 MID 1 ICID 1 To: <v@exchange.example> Rejected by Injection "
	    "Control\n"
	    "0 MID 1 ready 99 bytes from <>\n"
	    "0 MID 1 queued for delivery\n"
	    "0 ICID 1 close\n" },
	{ "announced too big", ONE ", \"limits\": {\"message_bytes\": 1024}",
	    "10.0.0.9", "EHLO c|MAIL FROM:<> SIZE=1025|MAIL FROM:<> SIZE=x|"
	    "MAIL FROM:<> SIZE=1024|QUIT",
	    "220 relay.test ESMTP\r\n"
	    "250-relay.test\r\n"
	    "250-PIPELINING\r\n"
	    "250-SIZE 1024\r\n"
	    "250-8BITMIME\r\n"
	    "250-ENHANCEDSTATUSCODES\r\n"
	    "250-SMTPUTF8\r\n"
	    "250-CHUNKING\r\n250 DSN\r\n"
	    "552 5.3.4 Message size exceeds fixed limit\r\n"
	    "501 5.5.4 Bad parameter value\r\n"
	    "250 2.1.0 sender ok\r\n"
	    "221 relay.test\r\n",
	    RELAYED
	    "0 ICID 1 Bad syntax for command: MAIL FROM:<> SIZE=x\n"
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <>\n"
	    "0 Message aborted MID 1 Receiving aborted by sender\n"
	    "0 Message finished MID 1 aborted\n"
	    "0 ICID 1 close\n" },
	{ "reset within a transaction", ONE, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|RSET|DATA|QUIT",
	    GREETED
	    SENDER RECIPIENT
	    "250 2.0.0 reset\r\n"
	    "503 5.5.1 Send MAIL first\r\n"
	    "221 relay.test\r\n",
	    RELAYED
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <a@b>\n"
	    "0 MID 1 ICID 1 RID 0 To: <u@exchange.example>\n"
	    "0 Message aborted MID 1 Receiving aborted by sender\n"
	    "0 Message finished MID 1 aborted\n"
	    "0 ICID 1 close\n" },
	{ "a second EHLO forgets the transaction", ONE, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|HELO d|DATA|"
	    "QUIT",
	    GREETED
	    SENDER RECIPIENT
	    "250 relay.test\r\n"
	    "503 5.5.1 Send MAIL first\r\n"
	    "221 relay.test\r\n",
	    RELAYED
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <a@b>\n"
	    "0 MID 1 ICID 1 RID 0 To: <u@exchange.example>\n"
	    "0 Message aborted MID 1 Receiving aborted by sender\n"
	    "0 Message finished MID 1 aborted\n"
	    "0 ICID 1 close\n" },
	{ "gone within the content", ONE, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|DATA|"
	    "Subject: x|!fin",
	    GREETED
	    SENDER RECIPIENT
	    "354 go ahead\r\n",
	    RELAYED
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <a@b>\n"
	    "0 MID 1 ICID 1 RID 0 To: <u@exchange.example>\n"
	    "0 ICID 1 lost\n"
	    "0 Message aborted MID 1 Receiving aborted\n"
	    "0 Message finished MID 1 aborted\n"
	    "0 ICID 1 close\n" },
	{ "reset within the content", ONE, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|DATA|"
	    "Subject: x|!rst",
	    GREETED
	    SENDER RECIPIENT
	    "354 go ahead\r\n",
	    RELAYED
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <a@b>\n"
	    "0 MID 1 ICID 1 RID 0 To: <u@exchange.example>\n"
	    "0 ICID 1 lost\n"
	    "0 Message aborted MID 1 Receiving aborted\n"
	    "0 Message finished MID 1 aborted\n"
	    "0 ICID 1 close\n" },
	{ "says nothing for too long",
	    ONE ", \"limits\": {\"idle_timeout\": \"10s\"}", "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|!hush",
	    GREETED
	    "250 2.1.0 sender ok\r\n"
	    "421 4.4.2 Timeout waiting for a command\r\n",
	    RELAYED
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <a@b>\n"
	    "10 ICID 1 disconnected address 10.0.0.9, no messages injected "
	    "within timeout period\n"
	    "10 Message aborted MID 1 Receiving aborted\n"
	    "10 Message finished MID 1 aborted\n"
	    "10 ICID 1 close\n" },
	{ "chunks", ONE, "10.0.0.9",
	    "EHLO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|"
	    "BDAT 12\r\nSubject: x|BDAT 2\r\n|BDAT 7 LAST\r\n.\r\nhi|QUIT",
	    HELLO
	    SENDER RECIPIENT
	    "250 2.0.0 chunk ok\r\n"
	    "250 2.0.0 chunk ok\r\n"
	    "250 2.0.0 ok:  Message 1 accepted\r\n"
	    "221 relay.test\r\n",
	    RELAYED
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <a@b>\n"
	    "0 MID 1 ICID 1 RID 0 To: <u@exchange.example>\n"
	    "0 MID 1 Subject 'x'\n"
	    "0 MID 1 ready 118 bytes from <a@b>\n"
	    "0 MID 1 queued for delivery\n"
	    "0 ICID 1 close\n" },
	{ "an empty message", ONE, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|DATA|.|QUIT",
	    GREETED
	    SENDER RECIPIENT
	    "354 go ahead\r\n"
	    "250 2.0.0 ok:  Message 1 accepted\r\n"
	    "221 relay.test\r\n",
	    RELAYED
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <a@b>\n"
	    "0 MID 1 ICID 1 RID 0 To: <u@exchange.example>\n"
	    "0 MID 1 ready 96 bytes from <a@b>\n"
	    "0 MID 1 queued for delivery\n"
	    "0 ICID 1 close\n" },
	{ "QUIT within a transaction", ONE, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|QUIT",
	    GREETED
	    "250 2.1.0 sender ok\r\n"
	    "221 relay.test\r\n",
	    RELAYED
	    "0 Start MID 1 ICID 1\n"
	    "0 MID 1 ICID 1 From: <a@b>\n"
	    "0 Message aborted MID 1 Receiving aborted by sender\n"
	    "0 Message finished MID 1 aborted\n"
	    "0 ICID 1 close\n" },
	{ "questions", ONE, "10.0.0.9", "NOOP|VRFY u|EXPN u|HELP|QUIT",
	    "220 relay.test ESMTP\r\n"
	    "250 2.0.0 ok\r\n"
	    "252 2.5.2 send some mail, I'll try my best\r\n"
	    "252 2.5.2 send some mail, I'll try my best\r\n"
	    "214 2.0.0 See RFC 5321\r\n"
	    "221 relay.test\r\n",
	    RELAYED
	    "0 ICID 1 close\n" },
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
	stage_run(&s);
	assert_true(c->is_over);
	assert_text(&c->seen, row->seen);
	assert_log(&s, row->log);
	stage_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	return kit_run(&kit, "relay_inbound");
}
