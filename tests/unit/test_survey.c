/* SPDX-License-Identifier: MIT */
/* Surveys of logs: which gaps are seen, between which lines, and why. */
#include "harness/check/survey.h"
#include "tests/unit/kit.h"

#define LINES_MAX 14

/* Lines: "SECONDS TEXT" is a record, "!" a stray, "" an empty line, "~..." a
 * record that is damaged. */
static struct row {
	const char *name;
	const char *lines[LINES_MAX];
	const char *gaps; /* "FROM-TO reason's letter", of M, B, K and A */
	bool starts_again;
} rows[] = {
	{ "all is well",
	    { "0 Start MID 1 ICID 1", "1 Start MID 2 ICID 1",
		"2 Message finished MID 2 done" },
	    "", false },
	{ "strays before and behind it",
	    { "!", "0 Start MID 1 ICID 1", "1 Start MID 2 ICID 1", "!" }, "",
	    false },
	{ "a stray in it",
	    { "0 Start MID 1 ICID 1", "!", "1 Start MID 2 ICID 1" }, "2-3 B",
	    false },
	{ "a damaged record",
	    { "0 Start MID 1 ICID 1", "~1 Start MID", "1 Start MID 2 ICID 1" },
	    "1-2 B", false },
	{ "a port less than others have",
	    { "0 New SMTP DCID 1 interface i address 10.1.1.1 port 25",
		"0 New SMTP DCID 2 interface i address 10.1.1.1" },
	    "1-2 B", false },
	{ "no port at all, of an older appliance",
	    { "0 New SMTP DCID 1 interface i address 10.1.1.1",
		"0 New SMTP DCID 2 interface i address 10.1.1.1" },
	    "", false },
	{ "the clock goes back",
	    { "9 Start MID 1 ICID 1", "8 Start MID 2 ICID 1" }, "1-2 K",
	    false },
	{ "a session that is passed over",
	    { "0 New SMTP ICID 1 interface i address 10.0.0.1",
		"0 New SMTP ICID 3 interface i address 10.0.0.1" },
	    "1-2 M", false },
	{ "a message that comes late",
	    { "0 Start MID 1 ICID 1", "0 Start MID 3 ICID 1",
		"4 Start MID 2 ICID 0" },
	    "", false },
	{ "a message that does not come in time",
	    { "0 Start MID 1 ICID 1", "0 Start MID 3 ICID 1",
		"5 Message finished MID 3 done" },
	    "1-2 M", false },
	{ "a message that never comes",
	    { "0 Start MID 1 ICID 1", "0 Start MID 3 ICID 1" }, "1-2 M",
	    false },
	{ "a message that is spoken of and was never begun",
	    { "0 Start MID 1 ICID 1", "0 Message finished MID 2 done",
		"0 Message finished MID 2 done" },
	    "1-2 M", false },
	{ "one that was passed over is spoken of",
	    { "0 Start MID 1 ICID 1", "0 Start MID 3 ICID 1",
		"0 Message finished MID 2 done" },
	    "1-2 M", false },
	{ "one that another makes",
	    { "0 Start MID 1 ICID 1",
		"0 MID 2 was generated based on MID 1 by bounce",
		"0 Start MID 2 ICID 0" },
	    "", false },
	{ "a connection that is spoken of and was never opened",
	    { "0 New SMTP DCID 1 interface i address 10.1.1.1 port 25",
		"0 DCID 1 close", "0 DCID 2 close" },
	    "1-3 M", false },
	{ "a session that is spoken of and was never opened",
	    { "0 New SMTP ICID 1 interface i address 10.0.0.1",
		"0 Start MID 1 ICID 2", "0 Start MID 2 ICID 0" },
	    "1-2 M", false },
	{ "a connect that may be under way",
	    { "0 New SMTP DCID 1 interface i address 10.1.1.1 port 25",
		"0 New SMTP DCID 3 interface i address 10.1.1.1 port 25" },
	    "", false },
	{ "a connect that is told of too late",
	    { "0 New SMTP DCID 1 interface i address 10.1.1.1 port 25",
		"0 New SMTP DCID 3 interface i address 10.1.1.1 port 25",
		"121 DCID 3 close" },
	    "1-2 M", false },
	{ "a message that is rewritten, and one that is split",
	    { "0 Start MID 1 ICID 1", "0 MID 1 rewritten to MID 2 by x",
		"0 MID 2 queued for delivery", "0 Start MID 3 ICID 1",
		"0 Start MID 4 ICID 0",
		"0 MID 3 was split creating MID 4 due to a per-recipient policy P",
		"0 Start MID 5 ICID 1" },
	    "1-2 R,5-6 R", false },
	{ "a message of which the content changes",
	    { "0 Start MID 1 ICID 1",
		"0 MID 1 rewritten to MID 2 by add-footer",
		"0 MID 2 queued for delivery", "0 Start MID 4 ICID 1",
		"0 MID 2 rewritten to MID 3 by add-footer filter 'x'" },
	    "", false },
	{ "one that was spoken of before",
	    { "0 Start MID 1 ICID 1", "0 MID 2 queued for delivery",
		"0 MID 1 rewritten to MID 2 by add-footer" },
	    "1-2 M,2-3 R", false },
	{ "one that goes to others",
	    { "0 Start MID 1 ICID 1", "0 Start MID 2 ICID 0",
		"0 MID 2 ICID 0 From: <s@x>", "0 MID 2 ICID 0 RID 0 To: <u@x>",
		"0 MID 1 rewritten to MID 2 by alt-rcpt-to-filter" },
	    "", false },
	{ "one that goes to others, by another host as it may be",
	    { "0 Start MID 1 ICID 1", "0 Start MID 2 ICID 0",
		"0 MID 2 ICID 0 From: <s@x>", "0 MID 2 ICID 0 RID 0 To: <u@x>",
		"0 MID 1 rewritten to MID 2 by antispam" },
	    "4-5 R", false },
	{ "one that goes to nobody knows whom",
	    { "0 Start MID 1 ICID 1", "0 Start MID 2 ICID 0",
		"0 MID 2 ICID 0 From: <s@x>",
		"0 MID 1 rewritten to MID 2 by alt-rcpt-to-filter" },
	    "3-4 R", false },
	{ "numbers begin anew",
	    { "0 Start MID 7 ICID 1", "1 Start MID 1 ICID 1" }, "1-2 A",
	    false },
	{ "numbers have come to their end",
	    { "0 Start MID 4294967295 ICID 1", "1 Start MID 1 ICID 1" }, "",
	    false },
	{ "a relay that starts again",
	    { "0 Start MID 7 ICID 1", "1 Begin Logfile",
		"1 Start MID 2 ICID 1" },
	    "", true },
	{ "what meets is one",
	    { "0 Start MID 1 ICID 1", "0 Start MID 3 ICID 1", "!",
		"9 Start MID 5 ICID 1", "99 Start MID 6 ICID 1" },
	    "1-2 M,2-4 B", false },
};

static const char letters[] = { [SURVEY_MISSING] = 'M',
	[SURVEY_BROKEN] = 'B',
	[SURVEY_BACK] = 'K',
	[SURVEY_ANEW] = 'A',
	[SURVEY_REMADE] = 'R' };

static void
feed(struct survey *s, const char *text, uint64_t line)
{
	bool is_broken = text[0] == '~';
	struct slice rest = slice_cstr(text + is_broken), seconds;
	struct maillog_parser parser;
	struct maillog_event ev;
	struct buf record = { 0 };
	char stamp[UTIME_TEXT_MAX];
	uint64_t at = 0;

	if (text[0] == '!') {
		survey_stray(s, line);
		return;
	}
	if (text[0] == '\0') {
		survey_empty(s, line);
		return;
	}
	slice_split(&rest, ' ', &seconds);
	assert_true(slice_to_u64(seconds, 100000, &at));
	buf_printf(&record, "%s Info: %.*s",
	    utime_format_asctime((utime)at * UTIME_S, stamp), SLICE_ARG(rest));
	maillog_parser_init(&parser, 0);
	assert_true(maillog_parse(&parser, buf_slice(&record), &ev));
	survey_record(s, &ev, line, is_broken);
	maillog_parser_fini(&parser);
	buf_fini(&record);
}

static void
assert_gaps(const struct survey *s, const char *wanted)
{
	struct buf got = { 0 };

	for (size_t i = 0; i < s->gap_count; i++)
		buf_printf(&got, "%s%llu-%llu %c", i > 0 ? "," : "",
		    (unsigned long long)s->gaps[i].from,
		    (unsigned long long)s->gaps[i].to,
		    letters[s->gaps[i].reason]);
	assert_slice(buf_slice(&got), wanted);
	buf_fini(&got);
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct survey s = { .starts_again = row->starts_again };

	for (uint64_t i = 0; i < LINES_MAX && row->lines[i] != NULL; i++)
		feed(&s, row->lines[i], i + 1);
	survey_finish(&s);
	assert_gaps(&s, row->gaps);
	assert_int_equal(survey_has_gaps(&s), row->gaps[0] != '\0');
	assert_false(s.is_mixed);
	survey_fini(&s);
}

/* A log of `count` records, an empty line before each whose number is a
 * multiple of `every`. */
static void
feed_spaced(struct survey *s, unsigned count, unsigned every)
{
	uint64_t line = 1;

	for (unsigned i = 1; i <= count; i++) {
		if (i % every == 0)
			survey_empty(s, line++);
		feed(s, "0 Message finished MID 1 done", line++);
	}
	survey_empty(s, line);
	survey_finish(s);
}

/* One among many records is a record that is gone; among few of them nobody
 * knows, and where many stand that is the layout. */
static void
test_empty_lines(void **state)
{
	struct survey few = { 0 }, many = { 0 }, layout = { 0 };

	(void)state;
	feed_spaced(&few, 19, 10);
	assert_gaps(&few, "");
	assert_int_equal(few.empty.count, 0);
	feed_spaced(&many, 40, 30);
	assert_gaps(&many, "30-31 B");
	assert_int_equal(many.empty.count, 1);
	assert_int_equal(many.empty.first, 30);
	feed_spaced(&layout, 40, 2);
	assert_gaps(&layout, "");
	survey_fini(&few);
	survey_fini(&many);
	survey_fini(&layout);
}

static void
test_several_appliances(void **state)
{
	struct survey s = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 8; i++)
		feed(&s,
		    i % 2 == 0 ? "0 Start MID 1 ICID 1"
			       : "0 Start MID 700 ICID 1",
		    i + 1);
	survey_finish(&s);
	assert_int_equal(s.anew.count, 3);
	assert_false(s.is_mixed);
	feed(&s, "0 Start MID 1 ICID 1", 9);
	survey_finish(&s);
	assert_true(s.is_mixed);
	survey_fini(&s);
}

/* However many there are, so many are kept. */
static void
test_bounds(void **state)
{
	struct survey s = { 0 };

	(void)state;
	for (uint64_t i = 0; i < SURVEY_GAPS_MAX + 10; i++) {
		survey_stray(&s, 2 * i + 1);
		feed(&s, "0 DCID 1 close", 2 * i + 2);
	}
	survey_finish(&s);
	assert_int_equal(s.gap_count, SURVEY_GAPS_MAX);
	assert_int_equal(s.gaps_seen.count, SURVEY_GAPS_MAX + 9);
	survey_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_empty_lines);
	TEST(&kit, test_several_appliances);
	TEST(&kit, test_bounds);
	return kit_run(&kit, "survey");
}
