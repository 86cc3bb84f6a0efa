/* SPDX-License-Identifier: MIT */
/*
 * Whole sessions of clients that behave and misbehave, with the story of each
 * as smtp_owner.h tells it; test_smtp_server.c plays them.
 */
#ifndef FAULTPOST_SMTP_SESSIONS_H
#define FAULTPOST_SMTP_SESSIONS_H

#include "core/smtp/server.h"

#define ALL                                                                    \
	(SMTP_EXT_PIPELINING | SMTP_EXT_SIZE | SMTP_EXT_8BITMIME |             \
	    SMTP_EXT_ENHANCEDSTATUSCODES | SMTP_EXT_SMTPUTF8 |                 \
	    SMTP_EXT_CHUNKING)
#define START  "connect>250 banner>220 "
#define HELLO  START "ehlo>250 "
#define E      "EHLO me\r\n"
#define M      "MAIL FROM:<a@b>\r\n"
#define R      "RCPT TO:<c@d>\r\n"
#define D      "DATA\r\n"
#define Q      "QUIT\r\n"
#define OPENED HELLO "mail>250 rcpt>250 "
#define X10    "xxxxxxxxxx"
#define X100   X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X1000  X100 X100 X100 X100 X100 X100 X100 X100 X100 X100

static struct session_row {
	const char *name;
	unsigned extensions;
	const char *answers;
	const char *input;
	const char *story;
	size_t input_len; /* 0: strlen */
} rows[] = {
	{ "a message", ALL, "", E M R D "hello\r\n.\r\n" Q,
	    OPENED "data>354 [hello\\r\\n] eod>250 quit>221 ", 0 },
	{ "two messages", ALL, "", E M R D ".\r\n" M R D "..\r\n.\r\n" Q,
	    OPENED "data>354 eod>250 mail>250 rcpt>250 data>354 [.\\r\\n] "
		   "eod>250 quit>221 ",
	    0 },
	{ "HELO", ALL, "", "HELO me\r\n" M R D ".\r\n",
	    START "helo>250 mail>250 rcpt>250 data>354 eod>250 ", 0 },
	{ "MAIL before EHLO", ALL, "", M, START "~NO_EHLO mail!503 ", 0 },
	{ "RCPT before MAIL", ALL, "", E R, HELLO "~OUT_OF_ORDER rcpt!503 ",
	    0 },
	{ "DATA before MAIL", ALL, "", E D, HELLO "~OUT_OF_ORDER data!503 ",
	    0 },
	{ "DATA before RCPT", ALL, "", E M D,
	    HELLO "mail>250 ~OUT_OF_ORDER data!503 ", 0 },
	{ "nested MAIL", ALL, "", E M M R,
	    HELLO "mail>250 ~OUT_OF_ORDER mail!503 rcpt>250 ", 0 },
	{ "nested MAIL after recipients keeps them", ALL, "", E M R M D,
	    OPENED "~OUT_OF_ORDER mail!503 data>354 ", 0 },
	{ "RSET ends a transaction", ALL, "", E M R "RSET\r\n" D M,
	    OPENED "rset>250 ~OUT_OF_ORDER data!503 mail>250 ", 0 },
	{ "a refused RSET does not", ALL, "rset=452", E M R "RSET\r\n" D,
	    OPENED "rset>452 data>354 ", 0 },
	{ "EHLO ends a transaction", ALL, "", E M R E D M,
	    OPENED "ehlo>250 ~OUT_OF_ORDER data!503 mail>250 ", 0 },
	{ "a refused EHLO does not", ALL, "ehlo=250,550", E M R E D,
	    OPENED "ehlo>550 data>354 ", 0 },
	{ "a refused EHLO greets nobody", ALL, "ehlo=550", E M,
	    START "ehlo>550 ~NO_EHLO mail!503 ", 0 },
	{ "VRFY, EXPN, NOOP, HELP before EHLO", ALL, "",
	    "VRFY a\r\nEXPN l\r\nNOOP\r\nHELP\r\n",
	    START "vrfy>250 vrfy>250 noop>250 unknown>250 ", 0 },
	{ "NOOP in a transaction", ALL, "", E M "NOOP x\r\n" R D,
	    HELLO "mail>250 noop>250 rcpt>250 data>354 ", 0 },
	{ "MAIL refused: what was pipelined is excused", ALL, "mail=550",
	    E M R D, HELLO "mail>550 rcpt!503 data!554 ", 0 },
	{ "all recipients refused", ALL, "rcpt=550", E M R R D,
	    HELLO "mail>250 rcpt>550 rcpt>550 data!554 ", 0 },
	{ "one of two recipients", ALL, "rcpt=550,250", E M R R D ".\r\n",
	    HELLO "mail>250 rcpt>550 rcpt>250 data>354 eod>250 ", 0 },
	{ "354 without recipients opens a body", ALL, "rcpt=550 data=354",
	    E M R D "x\r\n.\r\n" M,
	    HELLO "mail>250 rcpt>550 data!554>354 [x\\r\\n] eod!554 mail>250 ",
	    0 },
	{ "any 3xx to DATA opens a body", ALL, "data=399", E M R D ".\r\n",
	    OPENED "data>399 eod>250 ", 0 },
	{ "250 to DATA opens none", ALL, "data=250", E M R D "NOOP\r\n",
	    OPENED "data>250 noop>250 ", 0 },
	{ "DATA refused: the transaction stays", ALL, "data=451,354",
	    E M R D D ".\r\n", OPENED "data>451 data>354 eod>250 ", 0 },
	{ "the content refused: the transaction is over", ALL, "eod=554",
	    E M R D ".\r\n" R,
	    OPENED "data>354 eod>554 "
		   "~OUT_OF_ORDER rcpt!503 ",
	    0 },
	{ "421 to the banner", ALL, "banner=421", E, "connect>250 banner>421 ",
	    0 },
	{ "554 banner, then QUIT", ALL, "banner=554", "",
	    "connect>250 banner>554 ", 0 },
	{ "refused at connect", ALL, "connect=500", "", "connect>500 ", 0 },
	{ "421 in the middle", ALL, "rcpt=421", E M R,
	    HELLO "mail>250 rcpt>421 ", 0 },
	{ "unknown commands", ALL, "", "FOO\r\nfoo bar\r\n\r\n",
	    START "unknown!500 unknown!500 unknown!500 ", 0 },
	{ "a well answered unknown command changes nothing", ALL, "unknown=250",
	    "FOO\r\n" M, START "unknown!500>250 ~NO_EHLO mail!503 ", 0 },
	{ "syntax errors", ALL, "",
	    "EHLO\r\n" E "MAIL FROM:a\r\nMAIL FROM:<a@b>\r\nRCPT TO:\r\n",
	    START "ehlo!501 ehlo>250 mail!501 mail>250 rcpt!501 ", 0 },
	{ "QUIT with an argument quits nothing", ALL, "", "QUIT now\r\n" E,
	    START "quit!501 ehlo>250 ", 0 },
	{ "a refused QUIT quits", ALL, "quit=500", Q, START "quit>500 ", 0 },
	{ "STARTTLS and AUTH are not offered", ALL, "",
	    E "STARTTLS\r\nAUTH PLAIN x\r\nXCLIENT A=b\r\n",
	    HELLO "starttls!502 auth!502 unknown!502 ", 0 },
	{ "STARTTLS before EHLO", SMTP_EXT_STARTTLS, "", "STARTTLS\r\n",
	    START "starttls!503 ", 0 },
	{ "AUTH within a transaction", ALL | SMTP_EXT_AUTH, "",
	    E M "AUTH PLAIN x\r\n", HELLO "mail>250 ~OUT_OF_ORDER auth!503 ",
	    0 },
	{ "AUTH in several steps", ALL | SMTP_EXT_AUTH, "auth=334,334,235",
	    E "AUTH LOGIN\r\nUVVJVA==\r\nQUIT\r\n" M,
	    HELLO "auth>334 auth>334 auth>235 mail>250 ", 0 },

	{ "parameters that are offered", ALL, "",
	    E "MAIL FROM:<a@b> SIZE=1 BODY=8BITMIME SMTPUTF8\r\n",
	    HELLO "mail>250 ", 0 },
	{ "parameters behind HELO", ALL, "",
	    "HELO me\r\nMAIL FROM:<a@b> SIZE=1\r\n",
	    START "helo>250 ~PARAMETER_NOT_OFFERED mail!555 ", 0 },
	{ "a parameter that is not offered", 0, "",
	    E "MAIL FROM:<a@b> SIZE=1\r\n",
	    HELLO "~PARAMETER_NOT_OFFERED mail!555 ", 0 },
	{ "an unknown parameter", ALL, "", E "MAIL FROM:<a@b> X=1\r\n",
	    HELLO "~PARAMETER_NOT_OFFERED mail!555 ", 0 },
	{ "MAIL's parameter at RCPT", ALL, "", E M "RCPT TO:<c@d> SIZE=1\r\n",
	    HELLO "mail>250 ~PARAMETER_NOT_OFFERED rcpt!555 ", 0 },
	{ "bad values", ALL | SMTP_EXT_DSN, "",
	    E "MAIL FROM:<a@b> SIZE=x\r\nMAIL FROM:<a@b> SIZE\r\n"
	      "MAIL FROM:<a@b> BODY=9BIT\r\nMAIL FROM:<a@b> SMTPUTF8=1\r\n"
	      "MAIL FROM:<a@b> RET=ALL\r\nMAIL FROM:<a@b> ENVID\r\n",
	    HELLO "mail!501 mail!501 mail!501 mail!501 mail!501 mail!501 ", 0 },
	{ "DSN", ALL | SMTP_EXT_DSN, "",
	    E "MAIL FROM:<a@b> RET=HDRS ENVID=x\r\n"
	      "RCPT TO:<c@d> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c@d\r\n"
	      "RCPT TO:<c@d> NOTIFY=NEVER\r\n"
	      "RCPT TO:<c@d> NOTIFY=NEVER,DELAY\r\n"
	      "RCPT TO:<c@d> NOTIFY=DELAY,\r\n"
	      "RCPT TO:<c@d> ORCPT=c@d\r\n",
	    HELLO "mail>250 rcpt>250 rcpt>250 rcpt!501 rcpt!501 rcpt!501 ", 0 },
	{ "DSN, xtext", ALL | SMTP_EXT_DSN, "",
	    E "MAIL FROM:<a@b> ENVID=a+2\r\nMAIL FROM:<a@b> ENVID=a+0Ab\r\n"
	      "MAIL FROM:<a@b> ENVID=a+4a\r\n"
	      "MAIL FROM:<a@b> RET=full ENVID=a+20b+3D\r\n"
	      "RCPT TO:<c@d> ORCPT=rfc822;c+40d NOTIFY=failure,Delay\r\n"
	      "RCPT TO:<c@d> ORCPT=rfc822;c+0D\r\n"
	      "RCPT TO:<c@d> ORCPT=rfc822;\r\n"
	      "RCPT TO:<c@d> ORCPT=utf-8;\\x{F6}@d\r\n"
	      "RCPT TO:<c@d> ORCPT=utf-8;\\x{D800}@d\r\n"
	      "RCPT TO:<c@d> ORCPT=utf-8;\\xF6\r\n",
	    HELLO "mail!501 mail!501 mail!501 mail>250 rcpt>250 rcpt!501 "
		  "rcpt!501 rcpt>250 rcpt!501 rcpt!501 ",
	    0 },
	{ "UTF-8 with SMTPUTF8", ALL, "",
	    E "MAIL FROM:<\xc3\xb6@b> SMTPUTF8\r\nRCPT TO:<\xc3\xb6@b>\r\n",
	    HELLO "mail>250 rcpt>250 ", 0 },
	{ "UTF-8 without its parameter", ALL, "",
	    E "MAIL FROM:<\xc3\xb6@b>\r\n" M "RCPT TO:<\xc3\xb6@b>\r\n",
	    HELLO "mail!550 mail>250 rcpt!553 ", 0 },
	{ "UTF-8 without the extension", 0, "", E "MAIL FROM:<\xc3\xb6@b>\r\n",
	    HELLO "mail!501 ", 0 },

	{ "chunks", ALL, "", E M R "BDAT 5\r\nabc\r\nBDAT 3 LAST\r\n.\r\n" M,
	    OPENED "[abc\\r\\n] bdat>250 [.\\r\\n] eod>250 mail>250 ", 0 },
	{ "an empty last chunk", ALL, "", E M R "BDAT 1\r\nxBDAT 0 LAST\r\n",
	    OPENED "[x] bdat>250 eod>250 ", 0 },
	{ "nothing but an empty last chunk", ALL, "", E M R "BDAT 0 LAST\r\n",
	    OPENED "eod>250 ", 0 },
	{ "commands in a chunk are content", ALL, "",
	    E M R "BDAT 6\r\nRSET\r\nBDAT 9 LAST\r\n\r\n.\r\n\n.\r\n" M,
	    OPENED "[RSET\\r\\n] bdat>250 [\\r\\n.\\r\\n\\n.\\r\\n] eod>250 "
		   "mail>250 ",
	    0 },
	{ "a refused chunk spoils the transaction", ALL, "bdat=452",
	    E M R "BDAT 6\r\nRSET\r\nBDAT 6 LAST\r\nRSET\r\n" M "RSET\r\n" M,
	    OPENED "[RSET\\r\\n] bdat>452 bdat!503>452 "
		   "~OUT_OF_ORDER mail!503 rset>250 mail>250 ",
	    0 },
	{ "a chunk without recipients is swallowed", ALL, "rcpt=550",
	    E M R "BDAT 6 LAST\r\nQUIT\r\n" M,
	    HELLO "mail>250 rcpt>550 bdat!554 ~OUT_OF_ORDER mail!503 ", 0 },
	{ "a chunk without MAIL is swallowed", ALL, "",
	    E "BDAT 6 LAST\r\nQUIT\r\n" M,
	    HELLO "~OUT_OF_ORDER bdat!503 mail>250 ", 0 },
	{ "a chunk that is not offered is swallowed", 0, "",
	    E M R "BDAT 6 LAST\r\nQUIT\r\n" D, OPENED "bdat!502 data>354 ", 0 },
	{ "a bad BDAT has no bytes, and spoils the transaction", ALL, "",
	    E M R "BDAT x\r\n" D, OPENED "bdat!501 data!503 ", 0 },
	{ "DATA behind BDAT", ALL, "", E M R "BDAT 1\r\nx" D,
	    OPENED "[x] bdat>250 ~OUT_OF_ORDER data!503 ", 0 },
	{ "RCPT behind BDAT", ALL, "", E M R "BDAT 1\r\nx" R,
	    OPENED "[x] bdat>250 ~OUT_OF_ORDER rcpt!503 ", 0 },
	{ "BDAT LAST refused ends the transaction", ALL, "eod=554",
	    E M R "BDAT 1 LAST\r\nx" M, OPENED "[x] eod>554 mail>250 ", 0 },

	{ "a bare LF ends no command", ALL, "", E "NOOP\nQUIT\n" M "NOOP\r\n",
	    HELLO "~BARE_LF unknown!500 noop>250 ", 0 },
	{ "a bare CR ends no command", ALL, "", E "NOOP\rQUIT\r\nNOOP\r\n",
	    HELLO "~BARE_CR unknown!500 noop>250 ", 0 },
	{ "CR CR LF", ALL, "", E "NOOP\r\r\nNOOP\r\n",
	    HELLO "~BARE_CR unknown!500 noop>250 ", 0 },
	{ "a NUL in a command", ALL, "", "NOOP \0\r\nNOOP\r\n",
	    START "unknown!500 noop>250 ", 14 },
	{ "the longest line", ALL, "",
	    "NOOP " X1000 X1000 X10 X10 X10 X10 "x\r\nNOOP\r\n",
	    START "noop>250 noop>250 ", 0 },
	{ "a longer one", ALL, "",
	    "NOOP " X1000 X1000 X10 X10 X10 X10 "xx\r\nNOOP\r\n",
	    START "~LINE_TOO_LONG unknown!500 noop>250 ", 0 },
	{ "what is behind the limit is no command", ALL, "",
	    "NOOP " X1000 X1000 X100 "\nQUIT\r\nNOOP\r\n",
	    START "~LINE_TOO_LONG ~BARE_LF unknown!500 noop>250 ", 0 },

	{ "bare LF in content", ALL, "", E M R D "a\nb\r\n.\r\n",
	    OPENED "data>354 [a\\nb\\r\\n] ~BARE_LF eod>250 ", 0 },
	{ "bare CR in content", ALL, "", E M R D "a\rb\r\n.\r\n",
	    OPENED "data>354 [a\\rb\\r\\n] ~BARE_CR eod>250 ", 0 },
	{ "told once a message", ALL, "",
	    E M R D "a\nb\nc\n\r\n.\r\n" M R D "a\nb\r\n.\r\n",
	    OPENED "data>354 [a\\nb\\nc\\n\\r\\n] ~BARE_LF eod>250 mail>250 "
		   "rcpt>250 data>354 [a\\nb\\r\\n] ~BARE_LF eod>250 ",
	    0 },
	{ "smuggled: LF.LF", ALL, "", E M R D "a\n.\n" M "\r\n.\r\n",
	    OPENED "data>354 [a\\n.\\nMAIL FROM:<a@b>\\r\\n\\r\\n] ~BARE_LF "
		   "eod>250 ",
	    0 },
	{ "smuggled: LF.CRLF", ALL, "", E M R D "a\n.\r\n" Q ".\r\n",
	    OPENED "data>354 [a\\n.\\r\\nQUIT\\r\\n] ~BARE_LF eod>250 ", 0 },
	{ "smuggled: CRLF.LF", ALL, "", E M R D "a\r\n.\n" Q ".\r\n",
	    OPENED "data>354 [a\\r\\n\\nQUIT\\r\\n] ~BARE_LF eod>250 ", 0 },
	{ "smuggled: CR.CR", ALL, "", E M R D "a\r.\r" Q ".\r\n",
	    OPENED "data>354 [a\\r.\\rQUIT\\r\\n] ~BARE_CR eod>250 ", 0 },
	{ "smuggled: CRLF.CR", ALL, "", E M R D "a\r\n.\r" Q ".\r\n",
	    OPENED "data>354 [a\\r\\n\\rQUIT\\r\\n] ~BARE_CR eod>250 ", 0 },
	{ "8-bit content to a 7-bit server", 0, "", E M R D "\xff\r\n.\r\n",
	    OPENED "data>354 [\\xff\\r\\n] ~8BIT_NOT_OFFERED eod>250 ", 0 },
	{ "8-bit content to an 8-bit server", ALL, "", E M R D "\xff\r\n.\r\n",
	    OPENED "data>354 [\\xff\\r\\n] eod>250 ", 0 },
	{ "8-bit content behind HELO", ALL, "",
	    "HELO me\r\n" M R D "\xff\r\n.\r\n",
	    START "helo>250 mail>250 rcpt>250 data>354 [\\xff\\r\\n] "
		  "~8BIT_NOT_OFFERED eod>250 ",
	    0 },
};

#endif
