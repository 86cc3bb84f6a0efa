/* SPDX-License-Identifier: MIT */
/* A record of the log as an object: every kind of value, and what is no text.
 */
#include "harness/log/log_event.h"

#include "core/maillog/parser.h"
#include "tests/unit/kit.h"

#define STAMP "Wed Jul  2 09:15:07 2014 Info: "
#define BEFORE                                                                 \
	"\"time\":\"2014-07-02T09:15:07.000000Z\",\"line\":7,"                 \
	"\"level\":\"Info\","

static struct row {
	const char *name;
	struct slice record;
	const char *json;
} rows[] = {
	{ "numbers and words",
	    SLICE_INIT(STAMP "New SMTP DCID 3 interface 10.0.0.5 address "
			     "10.1.1.11 port 25"),
	    "{\"event\":\"dcid_new\"," BEFORE
	    "\"dcid\":3,\"port\":25,\"interface\":\"10.0.0.5\","
	    "\"address\":\"10.1.1.11\"}\n" },
	{ "an address loses its brackets",
	    SLICE_INIT(STAMP "MID 1 ICID 2 From: <a@b.example>"),
	    "{\"event\":\"mid_from\"," BEFORE
	    "\"icid\":2,\"mid\":1,\"from\":\"a@b.example\"}\n" },
	{ "the null path", SLICE_INIT(STAMP "MID 1 ICID 2 From: <>"),
	    "{\"event\":\"mid_from\"," BEFORE
	    "\"icid\":2,\"mid\":1,\"from\":\"\"}\n" },
	{ "recipients are a list",
	    SLICE_INIT(STAMP "Message done DCID 3 MID 1 to RID [0, 12]"),
	    "{\"event\":\"message_done\"," BEFORE
	    "\"mid\":1,\"dcid\":3,\"rids\":[0,12]}\n" },
	{ "a quoted text is plain",
	    SLICE_INIT(STAMP "MID 1 Subject \"it's a \\\\ and a \\xff\""),
	    "{\"event\":\"mid_subject\"," BEFORE
	    "\"mid\":1,\"subject\":\"it's a \\\\ and a \\\\xff\"}\n" },
	{ "a moment",
	    SLICE_INIT(STAMP "MID 1 to RID [0] pending till Wed Jul  2 "
			     "09:16:07 2014 [Default]"),
	    "{\"event\":\"pending\"," BEFORE
	    "\"mid\":1,\"till\":\"2014-07-02T09:16:07.000000Z\","
	    "\"rids\":[0],\"profile\":\"Default\"}\n" },
	{ "a number that wraps",
	    SLICE_INIT(STAMP "DCID 18446744073709551615 close"),
	    "{\"event\":\"dcid_close\"," BEFORE
	    "\"dcid\":\"18446744073709551615\"}\n" },
	{ "the lines of a reply",
	    SLICE_INIT(STAMP
		"Delayed: DCID 5 MID 1 to RID 0 - 4.3.1 - Not accepted by host "
		"('452', ['4.3.1 it is', 'full']) []"),
	    NULL },
	{ "what JSON escapes",
	    SLICE_INIT(STAMP "MID 1 Subject '\"a\" \\t \\n \\r \xe2\x82\xac'"),
	    "{\"event\":\"mid_subject\"," BEFORE
	    "\"mid\":1,\"subject\":\"\\\"a\\\" \\t \\n \\\\x0d \xe2\x82\xac\"}\n" },
	{ "a list of none",
	    SLICE_INIT(STAMP "Message done DCID 3 MID 1 to RID []"),
	    "{\"event\":\"message_done\"," BEFORE
	    "\"mid\":1,\"dcid\":3,\"rids\":[]}\n" },
	{ "a number below zero",
	    SLICE_INIT(STAMP "Time offset from UTC: -7200 seconds"),
	    "{\"event\":\"time_offset\"," BEFORE "\"offset\":-7200}\n" },
	{ "of no known form", SLICE_INIT(STAMP "a \xff and a \x01"),
	    "{\"event\":\"unknown\"," BEFORE
	    "\"text\":\"a \\\\xff and a \\\\x01\"}\n" },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct maillog_parser parser;
	struct maillog_event ev;
	struct buf out = { 0 };

	maillog_parser_init(&parser, 0);
	assert_true(maillog_parse(&parser, row->record, &ev));
	log_event_format(&ev, 7, &out);
	if (row->json != NULL)
		assert_string_equal(buf_cstr(&out), row->json);
	else
		assert_non_null(strstr(
		    buf_cstr(&out), "\"lines\":[\"4.3.1 it is\",\"full\"]"));
	buf_fini(&out);
	maillog_parser_fini(&parser);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	return kit_run(&kit, "log_event");
}
