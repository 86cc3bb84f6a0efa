/* SPDX-License-Identifier: MIT */
/*
 * The server's side: whole sessions as one stream, read whole, byte by byte and
 * cut at every place, with one and the same story; and what depends on timing,
 * piece by piece.
 */
#include "core/smtp/server.h"

#include "tests/unit/smtp_owner.h"

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

static void
run_session(const struct slice *pieces, size_t count, void *arg)
{
	const struct session_row *row = arg;
	struct smtp_server_options options = { .extensions = row->extensions };
	struct smtp_server *s = smtp_server_new(&options);
	struct owner owner = { .answers = row->answers };

	(void)owner_run(&owner, s, NULL);
	for (size_t i = 0; i < count; i++) {
		if (smtp_server_is_closed(s))
			break;
		smtp_server_feed(s, pieces[i]);
		(void)owner_run(&owner, s, NULL);
	}
	assert_slice(buf_slice(&owner.story), row->story);
	smtp_server_destroy(&s);
	assert_null(s);
	owner_fini(&owner);
}

static void
test_session(void **state)
{
	struct session_row *row = *state;
	size_t len = row->input_len > 0 ? row->input_len : strlen(row->input);

	feed_split(slice_of(row->input, len), run_session, row);
}

/* Pieces in time: each is fed when all before it has been answered, but for
 * those that a '+' leads, which come while the question is open. */
static struct timing_row {
	const char *name;
	unsigned extensions;
	const char *answers;
	const char *pieces[8];
	const char *story;
} timing_rows[] = {
	{ "one command at a time", 0, "", { E, M, R, D, "x\r\n.\r\n", Q },
	    OPENED "data>354 [x\\r\\n] eod>250 quit>221 " },
	{ "input before the greeting", ALL, "", { "+" E },
	    "~EARLY_TALK connect>250 banner>220 ehlo>250 " },
	{ "told once", ALL, "", { "+EH", "+LO me\r\n" },
	    "~EARLY_TALK connect>250 banner>220 ehlo>250 " },
	{ "pipelining without the offer", ALL & ~SMTP_EXT_PIPELINING, "",
	    { E, M R, D },
	    HELLO "~PIPELINED_EARLY mail>250 rcpt>250 data>354 " },
	{ "pipelining with it", ALL, "", { E, M R D },
	    HELLO "mail>250 rcpt>250 data>354 " },
	{ "pipelining behind HELO", ALL, "", { "HELO me\r\n", M R },
	    START "helo>250 ~PIPELINED_EARLY mail>250 rcpt>250 " },
	{ "pipelining behind EHLO itself", ALL, "", { E M },
	    START "~PIPELINED_EARLY ehlo>250 mail>250 " },
	{ "behind DATA", ALL, "", { E, M R D "x\r\n.\r\n" },
	    OPENED "~PIPELINED_EARLY data>354 [x\\r\\n] eod>250 " },
	{ "behind DATA while it is asked", ALL, "", { E, M R, D, "+x\r\n" },
	    OPENED "~PIPELINED_EARLY data>354 " },
	{ "behind QUIT", ALL, "", { E, Q "NOOP\r\n" },
	    HELLO "~PIPELINED_EARLY quit>221 " },
	{ "behind NOOP", ALL, "", { E, "NOOP\r\nNOOP\r\n" },
	    HELLO "~PIPELINED_EARLY noop>250 noop>250 " },
	{ "behind RSET", ALL, "", { E, "RSET\r\n" M },
	    HELLO "rset>250 mail>250 " },
	{ "behind the end of the content", ALL, "", { E, M R D, ".\r\n" M },
	    OPENED "data>354 eod>250 mail>250 " },
	{ "behind the end of the content without the offer", 0, "",
	    { E, M, R, D, ".\r\n" M },
	    OPENED "data>354 ~PIPELINED_EARLY eod>250 mail>250 " },
	{ "behind STARTTLS: forgotten, and so is EHLO", ALL | SMTP_EXT_STARTTLS,
	    "starttls=220", { E, "STARTTLS\r\n" M, M, "STARTTLS\r\n", E },
	    HELLO "~PIPELINED_EARLY starttls>220 ~NO_EHLO mail!503 "
		  "starttls!502>220 ehlo>250 " },
	{ "behind 421", ALL, "rcpt=421", { E, M R R R, R, R },
	    HELLO "mail>250 rcpt>421 ~AFTER_421 " },
	{ "QUIT behind 421", ALL, "rcpt=421", { E, M R, "QU", "it\r\n" },
	    HELLO "mail>250 rcpt>421 " },
	{ "QUIT and more behind 421", ALL, "rcpt=421", { E, M R, Q, E },
	    HELLO "mail>250 rcpt>421 ~AFTER_421 " },
	{ "QUIT behind a 554 greeting", ALL, "banner=554", { Q },
	    "connect>250 banner>554 " },
	{ "EHLO behind a 554 greeting", ALL, "banner=554", { E },
	    "connect>250 banner>554 ~AFTER_421 " },
	{ "QUIT behind QUIT", ALL, "", { Q, Q }, START "quit>221 ~AFTER_421 " },
};

static void
test_timing(void **state)
{
	const struct timing_row *row = *state;
	struct smtp_server_options options = { .extensions = row->extensions };
	struct smtp_server *s = smtp_server_new(&options);
	struct owner owner = { .answers = row->answers, .tells_early = true };

	for (size_t i = 0; i < 8 && row->pieces[i] != NULL; i++) {
		const char *piece = row->pieces[i];
		bool is_early = piece[0] == '+';

		if (!is_early)
			(void)owner_run(&owner, s, NULL);
		smtp_server_feed(s, slice_cstr(piece + is_early));
	}
	(void)owner_run(&owner, s, NULL);
	owner_tell_violations(&owner);
	assert_slice(buf_slice(&owner.story), row->story);
	smtp_server_destroy(&s);
	owner_fini(&owner);
}

/* Input while the question is open is told at once, once. */
static void
test_input_while_asking(void **state)
{
	struct smtp_server_options options = { .extensions = ALL };
	struct smtp_server *s = smtp_server_new(&options);
	struct smtp_server_event event;

	(void)state;
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.stage, STAGE_CONNECT);
	assert_false(smtp_server_next(s, &event));
	smtp_server_answer(s, 250);
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.stage, STAGE_BANNER);
	smtp_server_answer(s, 220);
	assert_false(smtp_server_next(s, &event));
	smtp_server_feed(s, SLICE(E));
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.stage, STAGE_EHLO);
	assert_slice(event.command->argument, "me");
	smtp_server_feed(s, SLICE("MA"));
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.type, SMTP_SERVER_VIOLATION);
	assert_int_equal(event.violation, SMTP_PIPELINED_EARLY);
	assert_int_equal(event.stage, STAGE_EHLO);
	smtp_server_feed(s, SLICE("IL"));
	assert_false(smtp_server_next(s, &event));
	assert_int_equal(smtp_server_backlog(s), 4);
	smtp_server_flush(s);
	assert_int_equal(smtp_server_backlog(s), 0);
	smtp_server_answer(s, 250);
	assert_slice(smtp_server_client_name(s), "me");
	smtp_server_feed(s, SLICE("NOOP\r\n"));
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.stage, STAGE_NOOP);
	smtp_server_destroy(&s);
}

/* A client that ends its lines with LF alone is told of before it gives up. */
static void
test_bare_lf_is_told_at_once(void **state)
{
	struct smtp_server_options options = { 0 };
	struct smtp_server *s = smtp_server_new(&options);
	struct smtp_server_event event;
	struct owner owner = { .answers = "" };

	(void)state;
	(void)owner_run(&owner, s, NULL);
	smtp_server_feed(s, SLICE("EHLO me\n"));
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.violation, SMTP_BARE_LF);
	assert_false(smtp_server_next(s, &event));
	smtp_server_destroy(&s);
	owner_fini(&owner);
}

static void
test_recipients_are_counted(void **state)
{
	struct smtp_server_options options = { .extensions = ALL };
	struct smtp_server *s = smtp_server_new(&options);
	struct owner owner = { .answers = "rcpt=250,550,251" };

	(void)state;
	smtp_server_feed(s, SLICE(E M R R R));
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(smtp_server_recipient_count(s), 2);
	smtp_server_feed(s, SLICE(D ".\r\n"));
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(smtp_server_recipient_count(s), 0);
	smtp_server_destroy(&s);
	owner_fini(&owner);
}

/* A text line may have 998 bytes, dot-stuffing and CR LF not counted. */
static void
test_text_line_limit(void **state)
{
	struct smtp_server_options options = { .extensions = ALL };
	struct smtp_server *s = smtp_server_new(&options);
	struct owner owner = { .answers = "" };

	(void)state;
	smtp_server_feed(s, SLICE(E M R D ".."));
	for (int i = 0; i < 997; i++)
		smtp_server_feed(s, SLICE("x"));
	smtp_server_feed(s, SLICE("\r\n"));
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(owner.violations, 0);
	for (int i = 0; i < 999; i++)
		smtp_server_feed(s, SLICE("x"));
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(owner.violations, 1u << SMTP_TEXT_LINE_TOO_LONG);
	smtp_server_destroy(&s);
	owner_fini(&owner);
}

/* Content comes in pieces of at most 64 KiB, however much was fed. */
static void
test_content_pieces(void **state)
{
	struct smtp_server_options options = { .extensions = ALL };
	struct smtp_server *s = smtp_server_new(&options);
	struct owner owner = { .answers = "" };
	struct smtp_server_event event;
	size_t got = 0;

	(void)state;
	smtp_server_feed(s, SLICE(E M R D));
	(void)owner_run(&owner, s, NULL);
	for (int i = 0; i < 300; i++)
		smtp_server_feed(s, SLICE(X1000));
	while (smtp_server_next(s, &event)) {
		if (event.type == SMTP_SERVER_VIOLATION)
			continue;
		assert_int_equal(event.type, SMTP_SERVER_CONTENT);
		assert_in_range(event.content.len, 1, 65536);
		got += event.content.len;
	}
	assert_int_equal(got, 300000);
	assert_int_equal(smtp_server_backlog(s), 0);
	smtp_server_destroy(&s);
	owner_fini(&owner);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(smtp_stage_name(STAGE_CONNECT), "connect");
	assert_string_equal(smtp_stage_name(STAGE_IDLE), "idle");
	for (unsigned v = 0; v < SMTP_VIOLATION_COUNT; v++)
		assert_non_null(smtp_violation_text((enum smtp_violation)v));
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_session);
	ROWS(&kit, timing_rows, test_timing);
	TEST(&kit, test_input_while_asking);
	TEST(&kit, test_bare_lf_is_told_at_once);
	TEST(&kit, test_recipients_are_counted);
	TEST(&kit, test_text_line_limit);
	TEST(&kit, test_content_pieces);
	TEST(&kit, test_names);
	return kit_run(&kit, "smtp_server");
}
