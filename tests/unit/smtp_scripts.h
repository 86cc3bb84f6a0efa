/* SPDX-License-Identifier: MIT */
/*
 * The scripts of servers that behave and misbehave in every way that we know,
 * with the story of a session of each; test_smtp_client_dialogue.c plays them.
 */
#ifndef FAULTPOST_SMTP_SCRIPTS_H
#define FAULTPOST_SMTP_SCRIPTS_H

#include <stddef.h>

#define PIECES_MAX 12

/*
 * Pieces of the server's script: piece 0 is the greeting, each of the others
 * comes when the client has written something (or waits, in READY).  A piece
 * that starts with '!' comes before what the client has to say is written; at
 * one that starts with '>' the waiting client sends its next message first;
 * "<eof>", "<reset>" and "<timeout>" at its end are what they say.
 */
struct session_row {
	const char *name;
	unsigned flags;
	const char *pieces[PIECES_MAX];
	const char *story;
};

enum {
	TWO = 1,      /* two recipients; else one */
	IDLE = 2,     /* wait in READY behind the message for a piece */
	AGAIN = 4,    /* send a second message */
	WANTS = 8,    /* the message wants SIZE, 8BITMIME and SMTPUTF8 */
	NOTHING = 16, /* QUIT without a message */
	WHOLE = 32,   /* what comes along with what decides: not to be cut */
	PIPE = 64,    /* use PIPELINING where it is offered */
	CHUNK = 128,  /* and CHUNKING */
	SEND8 = 256,  /* 8-bit content to a host without 8BITMIME */
	SPLIT = 512,  /* recipients too many for a transaction are left out */
	THREE = 1024  /* three recipients */
};

#define G      "220 hi\r\n"
#define OK     "250 ok\r\n"
#define GO     "354 go\r\n"
#define BYE    "221 bye\r\n"
#define HELLO  "[EHLO me] ready "
#define MAILED HELLO "[MAIL FROM:<s@x>] "
#define RCPT0  "[RCPT TO:<r0@y>] "
#define RCPT1  "[RCPT TO:<r1@y>] "
#define BODY   "body [hi|..|.] "
#define SENT   MAILED RCPT0 "[DATA] " BODY
#define ENDED  "done ready [QUIT] closed "

static struct session_row rows[] = {
	{ "a message", 0, { G, OK, OK, OK, GO, OK, BYE },
	    SENT "r0=250@eod " ENDED },
	{ "two recipients", TWO, { G, OK, OK, OK, OK, GO, OK, BYE },
	    MAILED RCPT0 RCPT1 "[DATA] " BODY "r0=250@eod r1=250@eod " ENDED },
	{ "two messages", AGAIN, { G, OK, OK, OK, GO, OK, OK, OK, GO, OK, BYE },
	    SENT "r0=250@eod done ready [MAIL FROM:<s@x>] " RCPT0 "[DATA] " BODY
		 "r0=250@eod " ENDED },
	{ "no message", NOTHING, { G, OK, BYE }, HELLO "[QUIT] closed " },
	{ "replies of several lines", 0,
	    { "220-a\r\n220 b\r\n", "250-a\r\n250 b\r\n", "250-\r\n250\r\n", OK,
		"354-x\r\n354 y\r\n", "250-2.0.0 a\r\n250 2.0.0 b\r\n", BYE },
	    SENT "r0=250@eod " ENDED },
	{ "bare codes", 0,
	    { "220\r\n", "250\r\n", "250\r\n", "250\r\n", "354\r\n", "250\r\n",
		"221\r\n" },
	    SENT "r0=250@eod " ENDED },
	{ "lines that end with LF", 0,
	    { "220 a\n", "250 b\n", "250 c\n", "250 d\n", "354 e\n", "250 f\n",
		"221 g\n" },
	    SENT "r0=250@eod " ENDED },
	{ "any 2xx is acceptance", 0,
	    { "299 a\r\n", "200 b\r\n", "252 c\r\n", "251 d\r\n", "399 e\r\n",
		"299 f\r\n", "500 g\r\n" },
	    SENT "r0=299@eod " ENDED },
	{ "8-bit text", 0,
	    { "220 \xff\r\n", OK, OK, OK, GO, "550 caf\xe9\r\n", BYE },
	    SENT "r0=550@eod " ENDED },

	{ "greeting 4xx", 0, { "431 4.3.1 full\r\n" }, "failed(431@banner) " },
	{ "greeting 5xx", 0, { "554 no\r\n" }, "failed(554@banner) " },
	{ "greeting 421", 0, { "421 no\r\n<eof>" }, "failed(421@banner) " },
	{ "greeting 3xx", 0, { "354 go\r\n" }, "failed(garbage 354@banner) " },
	{ "greeting of mixed codes", 0, { "220-a\r\n554 b\r\n" },
	    "failed(554@banner) " },
	{ "greeting of another protocol", 0, { "SSH-2.0-x\r\n" },
	    "failed(garbage@banner) " },
	{ "greeting of 1xx", 0, { "120 x\r\n" }, "failed(garbage@banner) " },
	{ "greeting of 6xx", 0, { "620 x\r\n" }, "failed(garbage@banner) " },
	{ "close before the greeting", 0, { "<eof>" }, "failed(eof@banner) " },
	{ "reset before the greeting", 0, { "<reset>" },
	    "failed(network@banner) " },
	{ "close within the greeting", 0, { "220 h<eof>" },
	    "failed(eof@banner) " },
	{ "close within a greeting of several lines", 0,
	    { "220-a\r\n220-b\r\n<eof>" }, "failed(eof@banner) " },
	{ "silence", 0, { "<timeout>" }, "failed(timeout@banner) " },
	{ "silence within the greeting", 0, { "220-a\r\n220 b<timeout>" },
	    "failed(timeout@banner) " },
	{ "more than the greeting", 0, { G OK }, "failed(garbage@ehlo) " },
	{ "a reply before EHLO is written", 0, { G, "!250 ok\r\n" },
	    "failed(garbage@ehlo) " },

	{ "EHLO 5xx: HELO", 0, { G, "502 what\r\n", OK, OK, OK, GO, OK, BYE },
	    "[EHLO me] [HELO me] ready [MAIL FROM:<s@x>] " RCPT0 "[DATA] " BODY
	    "r0=250@eod " ENDED },
	{ "EHLO 4xx", 0, { G, "451 no\r\n" }, "[EHLO me] failed(451@ehlo) " },
	{ "EHLO 421", 0, { G, "421 no\r\n" }, "[EHLO me] failed(421@ehlo) " },
	{ "EHLO of 550 and 421", 0, { G, "550-a\r\n421 b\r\n" },
	    "[EHLO me] failed(550@ehlo) " },
	{ "EHLO 3xx", 0, { G, GO }, "[EHLO me] failed(garbage 354@ehlo) " },
	{ "HELO 5xx", 0, { G, "550 a\r\n", "550 b\r\n" },
	    "[EHLO me] [HELO me] failed(550@helo) " },
	{ "HELO 4xx", 0, { G, "550 a\r\n", "450 b\r\n" },
	    "[EHLO me] [HELO me] failed(450@helo) " },
	{ "close behind EHLO 5xx", 0, { G, "550 a\r\n<eof>" },
	    "[EHLO me] failed(eof@helo) " },
	{ "EHLO silence", 0, { G, "<timeout>" },
	    "[EHLO me] failed(timeout@ehlo) " },
	{ "close behind EHLO", 0, { G, OK "<eof>" },
	    "[EHLO me] failed(eof@idle) " },
	{ "garbage behind EHLO", WHOLE, { G, OK "250 again\r\n" },
	    "[EHLO me] failed(garbage 250@idle) " },

	{ "MAIL 4xx", TWO, { G, OK, "451 no\r\n", BYE },
	    MAILED "r0=451@mail r1=451@mail " ENDED },
	{ "MAIL 5xx", 0, { G, OK, "550 no\r\n", BYE },
	    MAILED "r0=550@mail " ENDED },
	{ "MAIL 421", TWO, { G, OK, "421 no\r\n<eof>" },
	    MAILED "r0=421@mail r1=421@mail done failed(421@mail) " },
	{ "MAIL of 550 and 421", 0, { G, OK, "550-a\r\n421 b\r\n" },
	    MAILED "r0=550@mail done failed(550@mail) " },
	{ "MAIL 3xx", 0, { G, OK, GO }, MAILED "failed(garbage 354@mail) " },
	{ "MAIL mixed", 0, { G, OK, "250-a\r\n451-b\r\n250 c\r\n", BYE },
	    MAILED "r0=451@mail " ENDED },
	{ "MAIL mixed of 2xx and 3xx", 0, { G, OK, "354-a\r\n250 b\r\n" },
	    MAILED "failed(garbage 354@mail) " },
	{ "MAIL garbage", 0, { G, OK, "ok\r\n" },
	    MAILED "failed(garbage@mail) " },
	{ "MAIL: a second reply", 0, { G, OK, OK OK },
	    MAILED "failed(garbage@rcpt) " },
	{ "MAIL: half a second reply", 0, { G, OK, OK "2", OK },
	    MAILED "failed(garbage@rcpt) " },
	{ "close instead of a MAIL reply", 0, { G, OK, "<eof>" },
	    MAILED "failed(eof@mail) " },
	{ "reset behind the MAIL reply", 0, { G, OK, "550 no\r\n<reset>" },
	    MAILED "r0=550@mail done failed(network@idle) " },

	{ "RCPT 4xx", TWO, { G, OK, OK, "452 a\r\n", OK, GO, OK, BYE },
	    MAILED RCPT0 "r0=452@rcpt " RCPT1 "[DATA] " BODY
			 "r1=250@eod " ENDED },
	{ "RCPT 5xx, the second", TWO,
	    { G, OK, OK, OK, "550 b\r\n", GO, OK, BYE },
	    MAILED RCPT0 RCPT1 "r1=550@rcpt [DATA] " BODY "r0=250@eod " ENDED },
	{ "all RCPT refused", TWO,
	    { G, OK, OK, "550 a\r\n", "450 b\r\n", OK, BYE },
	    MAILED RCPT0 "r0=550@rcpt " RCPT1 "r1=450@rcpt done [RSET] ready "
			 "[QUIT] closed " },
	{ "all RCPT refused, RSET refused", 0,
	    { G, OK, OK, "550 a\r\n", "500 b\r\n" },
	    MAILED RCPT0 "r0=550@rcpt done [RSET] failed(500@rset) " },
	{ "all RCPT refused, RSET silent", 0,
	    { G, OK, OK, "550 a\r\n", "<timeout>" },
	    MAILED RCPT0 "r0=550@rcpt done [RSET] failed(timeout@rset) " },
	{ "all RCPT refused, RSET 3xx", 0, { G, OK, OK, "550 a\r\n", GO },
	    MAILED RCPT0 "r0=550@rcpt done [RSET] failed(garbage 354@rset) " },
	{ "RCPT 421, the first", TWO, { G, OK, OK, "421 a\r\n<eof>" },
	    MAILED RCPT0 "r0=421@rcpt failed(421@rcpt) " },
	{ "RCPT 421, the last", TWO, { G, OK, OK, OK, "421 a\r\n<eof>" },
	    MAILED RCPT0 RCPT1 "r1=421@rcpt failed(421@rcpt) " },
	{ "RCPT 421 to the only one", 0, { G, OK, OK, "421 a\r\n<eof>" },
	    MAILED RCPT0 "r0=421@rcpt done failed(421@rcpt) " },
	{ "RCPT 3xx", TWO, { G, OK, OK, GO },
	    MAILED RCPT0 "failed(garbage 354@rcpt) " },
	{ "RCPT mixed: a refusal first", 0,
	    { G, OK, OK, "550-no\r\n250 yes\r\n", OK, BYE },
	    MAILED RCPT0 "r0=550@rcpt done [RSET] ready [QUIT] closed " },
	{ "RCPT: the second reply early", TWO, { G, OK, OK, OK OK },
	    MAILED RCPT0 "failed(garbage@rcpt) " },
	{ "RCPT refused, the second reply early", TWO,
	    { G, OK, OK, "550 a\r\n" OK },
	    MAILED RCPT0 "r0=550@rcpt failed(garbage@rcpt) " },
	{ "RCPT refused, then close", TWO, { G, OK, OK, "550 a\r\n<eof>" },
	    MAILED RCPT0 "r0=550@rcpt failed(eof@rcpt) " },
	{ "RCPT refused, then silence", TWO,
	    { G, OK, OK, "550 a\r\n", "250-<timeout>" },
	    MAILED RCPT0 "r0=550@rcpt " RCPT1 "failed(timeout@rcpt) " },

	{ "DATA 4xx", TWO, { G, OK, OK, OK, OK, "451 no\r\n", OK, BYE },
	    MAILED RCPT0 RCPT1 "[DATA] r0=451@data r1=451@data done [RSET] "
			       "ready [QUIT] closed " },
	{ "DATA 5xx behind a refused RCPT", TWO,
	    { G, OK, OK, "452 a\r\n", OK, "554 no\r\n", OK, BYE },
	    MAILED RCPT0 "r0=452@rcpt " RCPT1
			 "[DATA] r1=554@data done [RSET] ready "
			 "[QUIT] closed " },
	{ "DATA 421", 0, { G, OK, OK, OK, "421 no\r\n<eof>" },
	    MAILED RCPT0 "[DATA] r0=421@data done failed(421@data) " },
	{ "DATA 250", 0, { G, OK, OK, OK, OK },
	    MAILED RCPT0 "[DATA] failed(garbage 250@data) " },
	{ "DATA mixed of 250 and 354", 0,
	    { G, OK, OK, OK, "250-a\r\n354 b\r\n" },
	    MAILED RCPT0 "[DATA] failed(garbage 354@data) " },
	{ "DATA mixed of 354 and 451", 0,
	    { G, OK, OK, OK, "354-a\r\n451 b\r\n", OK, BYE },
	    MAILED RCPT0
	    "[DATA] r0=451@data done [RSET] ready [QUIT] closed " },
	{ "close behind 354", 0, { G, OK, OK, OK, GO "<eof>" },
	    MAILED RCPT0 "[DATA] body failed(eof@eod) " },
	{ "250 along with 354", WHOLE, { G, OK, OK, OK, GO OK },
	    MAILED RCPT0 "[DATA] failed(garbage@body) " },
	{ "250 during the content", 0, { G, OK, OK, OK, GO, "!250 ok\r\n" },
	    MAILED RCPT0 "[DATA] body failed(garbage@body) " },
	{ "421 during the content", 0, { G, OK, OK, OK, GO, "!421 no\r\n" },
	    MAILED RCPT0 "[DATA] body failed(garbage@body) " },

	{ "content 4xx", TWO, { G, OK, OK, OK, OK, GO, "452 4.3.1 a\r\n", BYE },
	    MAILED RCPT0 RCPT1 "[DATA] " BODY "r0=452@eod r1=452@eod " ENDED },
	{ "content 5xx", 0, { G, OK, OK, OK, GO, "554 a\r\n", BYE },
	    SENT "r0=554@eod " ENDED },
	{ "content 421", 0, { G, OK, OK, OK, GO, "421 a\r\n<eof>" },
	    SENT "r0=421@eod done failed(421@eod) " },
	{ "content 354", 0, { G, OK, OK, OK, GO, GO },
	    SENT "failed(garbage 354@eod) " },
	{ "content garbage", 0, { G, OK, OK, OK, GO, "what\r\n" },
	    SENT "failed(garbage@eod) " },
	{ "content: a code without a separator", 0,
	    { G, OK, OK, OK, GO, "250ok\r\n" }, SENT "failed(garbage@eod) " },
	{ "content: mixed codes accept nothing", 0,
	    { G, OK, OK, OK, GO, "250-a\r\n450 b\r\n", BYE },
	    SENT "r0=450@eod " ENDED },
	{ "content: 250 and half a line, then close", 0,
	    { G, OK, OK, OK, GO, "250 ok\r<eof>" }, SENT "failed(eof@eod) " },
	{ "content: 250, then close", 0, { G, OK, OK, OK, GO, OK "<eof>" },
	    SENT "r0=250@eod done failed(eof@idle) " },
	{ "content: 250, then reset", 0, { G, OK, OK, OK, GO, OK "<reset>" },
	    SENT "r0=250@eod done failed(network@idle) " },
	{ "content: close", 0, { G, OK, OK, OK, GO, "<eof>" },
	    SENT "failed(eof@eod) " },
	{ "content: silence", 0, { G, OK, OK, OK, GO, "<timeout>" },
	    SENT "failed(timeout@eod) " },
	{ "content: a reply at the last moment counts", 0,
	    { G, OK, OK, OK, GO, OK "<timeout>", BYE },
	    SENT "r0=250@eod " ENDED },
	{ "content: two replies", WHOLE, { G, OK, OK, OK, GO, OK OK },
	    SENT "r0=250@eod done failed(garbage 250@idle) " },

	{ "idle: close", IDLE, { G, OK, OK, OK, GO, OK, "<eof>" },
	    SENT "r0=250@eod done ready failed(eof@idle) " },
	{ "idle: 421", IDLE, { G, OK, OK, OK, GO, OK, "421 bye\r\n<eof>" },
	    SENT "r0=250@eod done ready failed(421@idle) " },
	{ "idle: something else", IDLE, { G, OK, OK, OK, GO, OK, OK },
	    SENT "r0=250@eod done ready failed(garbage 250@idle) " },
	{ "idle: half a line is not the MAIL reply", IDLE | AGAIN,
	    { G, OK, OK, OK, GO, OK, "250", "> ok\r\n" },
	    SENT "r0=250@eod done ready failed(garbage@mail) " },

	{ "QUIT: close", NOTHING, { G, OK, "<eof>" }, HELLO "[QUIT] closed " },
	{ "QUIT: reset", NOTHING, { G, OK, "<reset>" },
	    HELLO "[QUIT] closed " },
	{ "QUIT: silence", NOTHING, { G, OK, "<timeout>" },
	    HELLO "[QUIT] closed " },
	{ "QUIT: garbage", NOTHING, { G, OK, "bye\r\n" },
	    HELLO "[QUIT] closed " },
	{ "QUIT: 421", NOTHING, { G, OK, "421 x\r\n" },
	    HELLO "[QUIT] closed " },

	{ "parameters that are offered", WANTS,
	    { G, "250-me\r\n250-size 99\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
		"550 no\r\n", BYE },
	    HELLO "[MAIL FROM:<s@x> SIZE=42 BODY=8BITMIME SMTPUTF8] "
		  "r0=550@mail " ENDED },
	{ "the first EHLO line offers nothing", WANTS | SEND8,
	    { G, "250-SIZE 99\r\n250 SMTPUTF8\r\n", "550 no\r\n", BYE },
	    HELLO "[MAIL FROM:<s@x> SMTPUTF8] r0=550@mail " ENDED },
	{ "SMTPUTF8 is not offered", WANTS | TWO,
	    { G, "250-me\r\n250-SIZE\r\n250 8BITMIME\r\n", BYE },
	    HELLO "r0=550@mail(local) r1=550@mail(local) " ENDED },
	{ "HELO offers nothing", WANTS,
	    { G, "500 no\r\n", "250-me\r\n250 SMTPUTF8\r\n", BYE },
	    "[EHLO me] [HELO me] ready r0=550@mail(local) " ENDED },
};

#endif
