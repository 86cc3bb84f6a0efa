/* SPDX-License-Identifier: MIT */
/*
 * Scripts of servers, as in smtp_scripts.h, that offer PIPELINING, CHUNKING or
 * both to a client that uses them, and what it does when there are too many
 * recipients; test_smtp_client_dialogue.c plays them.
 */
#ifndef FAULTPOST_SMTP_SCRIPTS_AHEAD_H
#define FAULTPOST_SMTP_SCRIPTS_AHEAD_H

#include "tests/unit/smtp_scripts.h"

#define OFFER(word) "250-me\r\n250 " word "\r\n"
#define P           OFFER("PIPELINING")
#define C           OFFER("CHUNKING")
#define PC          "250-me\r\n250-PIPELINING\r\n250 CHUNKING\r\n"
#define NO          "550 5.1.1 no\r\n"
#define WAIT        "452 4.2.2 full\r\n"
#define MANY        "452 4.5.3 Too many recipients\r\n"
#define NOBODY      "554 5.5.1 No valid recipients\r\n"
#define AHEAD1      HELLO "[MAIL FROM:<s@x>|RCPT TO:<r0@y>|DATA] "
#define AHEAD2      HELLO "[MAIL FROM:<s@x>|RCPT TO:<r0@y>|RCPT TO:<r1@y>|DATA] "
#define AHEAD3                                                                 \
	HELLO "[MAIL FROM:<s@x>|RCPT TO:<r0@y>|RCPT TO:<r1@y>|RCPT TO:"        \
	      "<r2@y>|DATA] "
#define RSET    "done [RSET] ready [QUIT] closed "
#define CHUNK0  "body [BDAT 3|hi\\r] "
#define CHUNK1  "body [BDAT 4 LAST|\\n.] "
#define CHUNKS  "body [BDAT 3|hi\\rBDAT 4 LAST|\\n.] "
#define CHUNKED HELLO "[MAIL FROM:<s@x>|RCPT TO:<r0@y>] "

static struct session_row ahead_rows[] = {
	{ "a message", PIPE, { G, P, OK OK GO, OK, BYE },
	    AHEAD1 BODY "r0=250@eod " ENDED },
	{ "not used", 0, { G, PC, OK, OK, GO, OK, BYE },
	    SENT "r0=250@eod " ENDED },
	{ "not offered", PIPE | CHUNK, { G, OK, OK, OK, GO, OK, BYE },
	    SENT "r0=250@eod " ENDED },
	{ "not offered behind HELO", PIPE | CHUNK,
	    { G, NO, PC, OK, OK, GO, OK, BYE },
	    "[EHLO me] [HELO me] ready [MAIL FROM:<s@x>] " RCPT0 "[DATA] " BODY
	    "r0=250@eod " ENDED },
	{ "two messages", PIPE | AGAIN,
	    { G, P, OK OK GO, OK, OK OK GO, OK, BYE },
	    AHEAD1 BODY "r0=250@eod done ready [MAIL FROM:<s@x>|RCPT TO:"
			"<r0@y>|DATA] " BODY "r0=250@eod " ENDED },
	{ "replies of several lines", PIPE,
	    { G, P, "250-a\r\n250 b\r\n250\r\n354-c\r\n354\r\n", OK, BYE },
	    AHEAD1 BODY "r0=250@eod " ENDED },
	{ "one of two recipients refused", PIPE | TWO,
	    { G, P, OK NO OK GO, OK, BYE },
	    AHEAD2 "r0=550@rcpt " BODY "r1=250@eod " ENDED },
	{ "the last of three refused", PIPE | THREE,
	    { G, P, OK OK OK WAIT GO, "554 no\r\n", BYE },
	    AHEAD3 "r2=452@rcpt " BODY "r0=554@eod r1=554@eod " ENDED },

	{ "all refused, DATA too", PIPE | TWO,
	    { G, P, OK NO WAIT NOBODY, OK, BYE },
	    AHEAD2 "r0=550@rcpt r1=452@rcpt " RSET },
	{ "all refused, DATA 503", PIPE,
	    { G, P, OK WAIT "503 no RCPT\r\n", OK, BYE },
	    AHEAD1 "r0=452@rcpt " RSET },
	{ "all refused, DATA 354: a lone dot", PIPE,
	    { G, P, OK NO GO, NOBODY, BYE }, AHEAD1 "r0=550@rcpt [.] " ENDED },
	{ "all refused, DATA 354, the lone dot accepted", PIPE,
	    { G, P, OK WAIT GO, OK, BYE }, AHEAD1 "r0=452@rcpt [.] " ENDED },
	{ "all refused, DATA 354, 421 to the lone dot", PIPE,
	    { G, P, OK WAIT GO, "421 bye\r\n<eof>" },
	    AHEAD1 "r0=452@rcpt [.] done failed(421@eod) " },
	{ "all refused, DATA 354, close", PIPE, { G, P, OK WAIT GO, "<eof>" },
	    AHEAD1 "r0=452@rcpt [.] failed(eof@eod) " },
	{ "all refused, a reply early for the lone dot", PIPE,
	    { G, P, OK WAIT GO OK },
	    AHEAD1 "r0=452@rcpt failed(garbage@eod) " },
	{ "all refused, DATA 250", PIPE, { G, P, OK NO OK },
	    AHEAD1 "r0=550@rcpt failed(garbage 250@data) " },
	{ "all refused, DATA 421", PIPE, { G, P, OK NO "421 bye\r\n<eof>" },
	    AHEAD1 "r0=550@rcpt done failed(421@data) " },

	{ "MAIL refused, the rest with it", PIPE | TWO,
	    { G, P, "451 no\r\n503 a\r\n503 b\r\n503 c\r\n", BYE },
	    AHEAD2 "r0=451@mail r1=451@mail " ENDED },
	{ "MAIL refused, the rest accepted", PIPE | TWO,
	    { G, P, "550 no\r\n" OK OK GO, "503 no\r\n", BYE },
	    AHEAD2 "r0=550@mail r1=550@mail [.] " ENDED },
	{ "MAIL refused, then close", PIPE | TWO, { G, P, NO "<eof>" },
	    AHEAD2 "r0=550@mail r1=550@mail failed(eof@rcpt) " },
	{ "MAIL refused, then garbage", PIPE, { G, P, NO "what\r\n" },
	    AHEAD1 "r0=550@mail failed(garbage@rcpt) " },
	{ "MAIL 421", PIPE | TWO, { G, P, "421 no\r\n<eof>" },
	    AHEAD2 "r0=421@mail r1=421@mail done failed(421@mail) " },
	{ "MAIL 3xx", PIPE, { G, P, GO }, AHEAD1 "failed(garbage 354@mail) " },
	{ "MAIL garbage", PIPE, { G, P, "ok\r\n" },
	    AHEAD1 "failed(garbage@mail) " },
	{ "half of the first reply, then close", PIPE, { G, P, "250 o<eof>" },
	    AHEAD1 "failed(eof@mail) " },
	{ "silence", PIPE, { G, P, "<timeout>" },
	    AHEAD1 "failed(timeout@mail) " },
	{ "silence behind the MAIL reply", PIPE, { G, P, OK, "<timeout>" },
	    AHEAD1 "failed(timeout@rcpt) " },

	{ "RCPT 421, the first", PIPE | TWO, { G, P, OK "421 no\r\n<eof>" },
	    AHEAD2 "r0=421@rcpt failed(421@rcpt) " },
	{ "RCPT 3xx", PIPE, { G, P, OK GO },
	    AHEAD1 "failed(garbage 354@rcpt) " },
	{ "550, then close: final for that one", PIPE | TWO,
	    { G, P, OK NO "<eof>" }, AHEAD2 "r0=550@rcpt failed(eof@rcpt) " },
	{ "550, then reset", PIPE | TWO, { G, P, OK OK NO "<reset>" },
	    AHEAD2 "r1=550@rcpt failed(network@data) " },
	{ "all answered, then close", PIPE | TWO, { G, P, OK OK NO GO "<eof>" },
	    AHEAD2 "r1=550@rcpt body failed(eof@eod) " },
	{ "one reply too many", PIPE, { G, P, OK OK OK GO },
	    AHEAD1 "failed(garbage 250@data) " },
	{ "DATA 4xx", PIPE | TWO, { G, P, OK OK NO "451 no\r\n", OK, BYE },
	    AHEAD2 "r1=550@rcpt r0=451@data " RSET },
	{ "DATA 554 with recipients is a verdict", PIPE,
	    { G, P, OK OK "554 no\r\n", OK, BYE }, AHEAD1 "r0=554@data " RSET },
	{ "a reply before the commands are written", PIPE,
	    { G, P, "!250 ok\r\n" }, HELLO "failed(garbage@mail) " },
	{ "250 along with 354", PIPE | WHOLE, { G, P, OK OK GO OK },
	    AHEAD1 "failed(garbage@body) " },
	{ "250 during the content", PIPE, { G, P, OK OK GO, "!250 ok\r\n" },
	    AHEAD1 "body failed(garbage@body) " },
	{ "content: 250, then close", PIPE, { G, P, OK OK GO, OK "<eof>" },
	    AHEAD1 BODY "r0=250@eod done failed(eof@idle) " },

	{ "chunks, one by one", CHUNK, { G, C, OK, OK, OK, OK, BYE },
	    MAILED RCPT0 CHUNK0 CHUNK1 "r0=250@eod " ENDED },
	{ "chunks, ahead", CHUNK | PIPE, { G, PC, OK OK, OK OK, BYE },
	    CHUNKED CHUNKS "r0=250@eod " ENDED },
	{ "chunks, all recipients refused", CHUNK | PIPE,
	    { G, PC, OK NO, OK, BYE }, CHUNKED "r0=550@rcpt " RSET },
	{ "the first chunk refused", CHUNK | TWO,
	    { G, C, OK, OK, OK, WAIT, OK, BYE },
	    MAILED RCPT0 RCPT1 CHUNK0 "r0=452@bdat r1=452@bdat " RSET },
	{ "the first chunk refused, the last with it", CHUNK | PIPE,
	    { G, PC, OK OK, WAIT "503 no\r\n", OK, BYE },
	    CHUNKED CHUNKS "r0=452@bdat " RSET },
	{ "the first chunk refused, the last accepted", CHUNK | PIPE,
	    { G, PC, OK OK, WAIT OK, OK, BYE },
	    CHUNKED CHUNKS "r0=452@bdat " RSET },
	{ "the last chunk refused", CHUNK | PIPE,
	    { G, PC, OK OK, OK "554 no\r\n", BYE },
	    CHUNKED CHUNKS "r0=554@eod " ENDED },
	{ "a chunk 354", CHUNK, { G, C, OK, OK, GO },
	    MAILED RCPT0 CHUNK0 "failed(garbage 354@bdat) " },
	{ "a chunk 421", CHUNK | PIPE, { G, PC, OK OK, "421 bye\r\n<eof>" },
	    CHUNKED CHUNKS "r0=421@bdat done failed(421@bdat) " },
	{ "close between chunks", CHUNK, { G, C, OK, OK, OK "<eof>" },
	    MAILED RCPT0 CHUNK0 "body failed(eof@eod) " },
	{ "the last reply comes with the first", CHUNK | WHOLE,
	    { G, C, OK, OK, OK OK },
	    MAILED RCPT0 CHUNK0 "failed(garbage@body) " },
	{ "a chunk refused, then close", CHUNK | PIPE,
	    { G, PC, OK OK, WAIT "<eof>" },
	    CHUNKED CHUNKS "r0=452@bdat failed(eof@eod) " },
	{ "silence at a chunk", CHUNK, { G, C, OK, OK, "<timeout>" },
	    MAILED RCPT0 CHUNK0 "failed(timeout@bdat) " },

	{ "too many recipients", PIPE | SPLIT | THREE,
	    { G, P, OK OK OK MANY GO, OK, BYE },
	    AHEAD3 BODY "r0=250@eod r1=250@eod " ENDED },
	{ "too many, one by one", SPLIT | TWO,
	    { G, OK, OK, OK, MANY, GO, OK, BYE },
	    MAILED RCPT0 RCPT1 "[DATA] " BODY "r0=250@eod " ENDED },
	{ "too many, as older servers say it", SPLIT | TWO,
	    { G, OK, OK, OK, "552 Too Many recipients\r\n", GO, OK, BYE },
	    MAILED RCPT0 RCPT1 "[DATA] " BODY "r0=250@eod " ENDED },
	{ "too many, to an owner that does not split", TWO,
	    { G, OK, OK, OK, MANY, GO, OK, BYE },
	    MAILED RCPT0 RCPT1 "r1=452@rcpt [DATA] " BODY "r0=250@eod " ENDED },
	{ "452 and 552 for other reasons", SPLIT | THREE,
	    { G, OK, OK, OK, "552 5.2.2 full\r\n", "452 no space\r\n", GO, OK,
		BYE },
	    MAILED RCPT0 RCPT1 "r1=552@rcpt [RCPT TO:<r2@y>] r2=452@rcpt "
			       "[DATA] " BODY "r0=250@eod " ENDED },
	{ "the first cannot be too many", SPLIT | TWO,
	    { G, OK, OK, MANY, OK, GO, OK, BYE },
	    MAILED RCPT0 "r0=452@rcpt " RCPT1 "[DATA] " BODY
			 "r1=250@eod " ENDED },
	{ "too many behind one that was refused", PIPE | SPLIT | TWO,
	    { G, P, OK NO MANY NOBODY, OK, BYE }, AHEAD2 "r0=550@rcpt " RSET },
	{ "too many, and the content refused", PIPE | SPLIT | TWO,
	    { G, P, OK OK MANY GO, "554 no\r\n", BYE },
	    AHEAD2 BODY "r0=554@eod " ENDED },
	{ "too many, and DATA refused", PIPE | SPLIT | TWO,
	    { G, P, OK OK MANY "451 no\r\n", OK, BYE },
	    AHEAD2 "r0=451@data " RSET },
	{ "too many, then close", PIPE | SPLIT | TWO,
	    { G, P, OK OK MANY "<eof>" }, AHEAD2 "failed(eof@data) " },

	{ "8-bit content is not for a host without 8BITMIME", WANTS | TWO,
	    { G, "250-me\r\n250 SMTPUTF8\r\n", BYE },
	    HELLO "r0=554@mail(local) r1=554@mail(local) " ENDED },
};

#endif
