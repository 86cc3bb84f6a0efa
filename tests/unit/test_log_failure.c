/* SPDX-License-Identifier: MIT */
/* What a Connection Error says, in each spelling. */
#include "harness/log/log_failure.h"

#include "core/maillog/parser.h"
#include "tests/unit/kit.h"

#define STAMP "Wed Jul  2 09:15:07 2014 Info: Connection Error: "
#define BEGIN STAMP "DCID 1 domain: d.example IP: 10.1.1.1 port: 25 details: "
#define END   " interface: 10.0.0.5 reason: "

static struct row {
	const char *name, *line, *kind, *words;
	bool is_down;
} rows[] = {
	{ "an answer", BEGIN "431-'full\\nup'" END "unexpected SMTP response",
	    "answer", "answered 431 'full\\nup'", false },
	{ "refused", BEGIN "[Errno 61] Connection refused" END "network error",
	    "refused", "refused the connection", true },
	{ "silent", BEGIN "timeout" END "network error", "silent",
	    "did not answer", true },
	{ "unreachable",
	    BEGIN "[Errno 65] No route to host" END "network error",
	    "unreachable", "could not be reached", true },
	{ "reset",
	    BEGIN "[Errno 54] Connection reset by peer" END "network error",
	    "reset", "reset the connection", false },
	{ "closed", BEGIN "EOF" END "network error", "closed",
	    "closed the connection", false },
	{ "TLS", BEGIN "[Errno 0] Error" END "network error", "handshake",
	    "broke off the TLS handshake", false },
	{ "the spelling of 2004",
	    STAMP "connection timed out DCID: 1 IP: 10.1.1.1 details: x"
		  " interface: 10.0.0.5",
	    "silent", "did not answer", true },
	{ "something else", BEGIN "[Errno 1] What" END "network error", "other",
	    "failed '[Errno 1] What'", false },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct maillog_parser parser;
	struct maillog_event ev;
	struct log_failure failure;
	struct buf words = { 0 };

	maillog_parser_init(&parser, 0);
	assert_true(maillog_parse(&parser, slice_cstr(row->line), &ev));
	assert_int_equal(ev.form, MAILLOG_CONNECTION_ERROR);
	failure = log_failure_of(&ev);
	log_failure_format(&failure, &words);
	assert_string_equal(log_failure_name(failure.kind), row->kind);
	assert_slice(buf_slice(&words), row->words);
	assert_int_equal(log_failure_is_down(&failure), row->is_down);
	buf_fini(&words);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	return kit_run(&kit, "log_failure");
}
