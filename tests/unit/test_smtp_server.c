/* SPDX-License-Identifier: MIT */
/*
 * The server's side: whole sessions as one stream, read whole, byte by byte and
 * cut at every place, with one and the same story; and what depends on timing,
 * piece by piece.
 */
#include "core/smtp/server.h"

#include "tests/unit/smtp_owner.h"
#include "tests/unit/smtp_sessions.h"

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
	{ "behind 421", ALL & ~(unsigned)SMTP_EXT_PIPELINING, "rcpt=421",
	    { E, M, R, R, R }, HELLO "mail>250 rcpt>421 ~AFTER_421 " },
	{ "sent ahead of a 421", ALL, "rcpt=421", { E, M R R R, R, D },
	    HELLO "mail>250 rcpt>421 " },
	{ "a message behind 421", ALL, "rcpt=421", { E, M R R R, R, M },
	    HELLO "mail>250 rcpt>421 ~AFTER_421 " },
	{ "QUIT behind 421", ALL, "rcpt=421", { E, M R, "QU", "it\r\n" },
	    HELLO "mail>250 rcpt>421 " },
	{ "QUIT and more behind 421", ALL & ~(unsigned)SMTP_EXT_PIPELINING,
	    "rcpt=421", { E, M, R, Q, E },
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

/* MAIL may come first where nobody has to say hello, and nothing else may. */
static void
test_hello_is_optional(void **state)
{
	struct smtp_server_options options = { .is_hello_optional = true };
	struct smtp_server *s = smtp_server_new(&options);
	struct smtp_server_event event;

	(void)state;
	assert_true(smtp_server_next(s, &event));
	smtp_server_answer(s, 250);
	assert_true(smtp_server_next(s, &event));
	smtp_server_answer(s, 220);
	smtp_server_feed(s, SLICE("MAIL FROM:<a@b>\r\n"));
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.type, SMTP_SERVER_ASK);
	assert_int_equal(event.stage, STAGE_MAIL);
	assert_int_equal(event.wrong.code, 0);
	smtp_server_answer(s, 250);
	smtp_server_feed(s, SLICE("DATA\r\n"));
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.type, SMTP_SERVER_VIOLATION);
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.wrong.code, 503);
	smtp_server_destroy(&s);
}

/* Once a session, though the greeting takes two questions. */
static void
test_early_talk_is_told_once(void **state)
{
	struct smtp_server_options options = { 0 };
	struct smtp_server *s = smtp_server_new(&options);
	struct smtp_server_event event;

	(void)state;
	smtp_server_feed(s, SLICE("EH"));
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.violation, SMTP_EARLY_TALK);
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.stage, STAGE_CONNECT);
	smtp_server_answer(s, 250);
	smtp_server_feed(s, SLICE("LO"));
	assert_true(smtp_server_next(s, &event));
	assert_int_equal(event.type, SMTP_SERVER_ASK);
	assert_int_equal(event.stage, STAGE_BANNER);
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

/* What is fed is known to be content where nothing waits before it; the end of
 * data is none. */
static void
test_what_is_content(void **state)
{
	struct smtp_server_options options = { .extensions = ALL };
	struct smtp_server *s = smtp_server_new(&options);
	struct owner owner = { .answers = "" };

	(void)state;
	assert_int_equal(smtp_server_feed(s, SLICE(E M R D "x")), 0);
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(smtp_server_feed(s, SLICE("abc\r\n..")), 7);
	assert_int_equal(smtp_server_feed(s, SLICE("not handed out")), 0);
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(smtp_server_feed(s, SLICE("\r\n.\r")), 4);
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(smtp_server_feed(s, SLICE("\n" M R D)), 0);
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(smtp_server_feed(s, SLICE("x\r\n.\r\n" M)), 3);
	assert_int_equal(smtp_server_feed(s, SLICE(R)), 0);
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(smtp_server_feed(s, SLICE("BDAT 6\r\nx")), 0);
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(smtp_server_feed(s, SLICE("yz")), 2);
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(smtp_server_feed(s, SLICE("123BDAT 0 LAST\r\n")), 3);
	(void)owner_run(&owner, s, NULL);
	assert_int_equal(smtp_server_feed(s, SLICE("RSET\r\n")), 0);
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
	TEST(&kit, test_hello_is_optional);
	TEST(&kit, test_early_talk_is_told_once);
	TEST(&kit, test_bare_lf_is_told_at_once);
	TEST(&kit, test_recipients_are_counted);
	TEST(&kit, test_text_line_limit);
	TEST(&kit, test_what_is_content);
	TEST(&kit, test_content_pieces);
	TEST(&kit, test_names);
	return kit_run(&kit, "smtp_server");
}
