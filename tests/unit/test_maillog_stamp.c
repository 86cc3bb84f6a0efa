/* SPDX-License-Identifier: MIT */
/* What stands before a record's text: ours, syslog's, both, and neither. */
#include "core/maillog/stamp.h"

/* cmocka.h wants these. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const utime at_0915 = 1404292507 * UTIME_S;

static const struct stamp_case {
	const char *line;
	enum maillog_level level;
	utime time; /* from at_0915; NOT_A_RECORD: none */
} stamps[] = {
#define NOT_A_RECORD UTIME_NEVER
	{ "Wed Jul  2 09:15:07 2014 Info: DCID 1 close", MAILLOG_INFO, 0 },
	{ "Wed Jul 2 09:15:07 2014 Warning: DCID 1 close", MAILLOG_WARNING, 0 },
	{ "Wed Jul  2 09:15:07 2014 Critical:  DCID 1 close\r\n",
	    MAILLOG_CRITICAL, 0 },
	{ "Wed Jul  2 09:15:08 2014 DCID 1 close", MAILLOG_LEVEL_NONE,
	    UTIME_S },
	{ "  Wed Jul  2 09:15:07 2014 Info: DCID 1 close", MAILLOG_INFO, 0 },
	{ "\tWed Jul  2 09:15:07 2014 \tInfo:\tDCID 1 close", MAILLOG_INFO, 0 },
	{ "Wed Jul  2 09:15:06 2014 Wed Jul  2 09:15:08 2014 "
	  "Wed Jul  2 09:15:07 2014 Info: DCID 1 close",
	    MAILLOG_INFO, 0 },
	{ "<22>Jul  2 09:15:07 mail_logs: Info: DCID 1 close", MAILLOG_INFO,
	    0 },
	{ "<22>Jul  2 09:15:07 esa1.example mail_logs: Info: DCID 1 close",
	    MAILLOG_INFO, 0 },
	{ "<22>Jul 02 09:15:07 10.0.0.5 mail_logs: Debug: DCID 1 close",
	    MAILLOG_DEBUG, 0 },
	{ "Jul 2 09:15:07 esa1 mail_logs: Info: DCID 1 close", MAILLOG_INFO,
	    0 },
	{ "Jul  2 09:15:07 Info: DCID 1 close", MAILLOG_INFO, 0 },
	{ "Jul  2 09:15:07 DCID 1 close", MAILLOG_LEVEL_NONE, 0 },
	{ "<22>Jul  2 09:15:09 esa1 mail_logs: DCID 1 close",
	    MAILLOG_LEVEL_NONE, 2 * UTIME_S },
	{ "<22>Jul  3 00:00:00 esa1 mail_logs: Wed Jul  2 09:15:07 2014 Info: "
	  "DCID 1 close",
	    MAILLOG_INFO, 0 },
	{ "<22>Dec 30 23:59:59 esa1 mail_logs: Info: DCID 1 close",
	    MAILLOG_INFO, 181 * UTIME_DAY + 53092 * UTIME_S },
	{ "<22>Jan  1 00:00:00 esa1 mail_logs: Info: DCID 1 close",
	    MAILLOG_INFO, -182 * UTIME_DAY - 33307 * UTIME_S },
	{ "2014-07-02T09:15:07+02:00 esa1 mail_logs: Info: DCID 1 close",
	    MAILLOG_INFO, 0 },
	{ "2014-07-02T09:15:07.999999-0700 esa1 mail_logs[7]: Info: DCID 1 "
	  "close",
	    MAILLOG_INFO, 0 },
	{ "<22>2014-07-02T09:15:08Z esa1 mail_logs: DCID 1 close",
	    MAILLOG_LEVEL_NONE, UTIME_S },
	{ "<22>1 2014-07-02T09:15:08.003Z esa1 mail_logs - - - Info: DCID 1 "
	  "close",
	    MAILLOG_INFO, UTIME_S },
	{ "<22>1 2014-07-02T09:15:08.003+01:00 - mail_logs 1 x "
	  "[a b=\"\\]c\"][d] \xef\xbb\xbf"
	  "Wed Jul  2 09:15:07 2014 Info: DCID 1 close",
	    MAILLOG_INFO, 0 },
	{ "2014-07-02T09:15:07 esa1 mail_logs: Info: DCID 1 close",
	    MAILLOG_INFO, NOT_A_RECORD },
	{ "2014-07-02T09:15:07+2:00 esa1 mail_logs: Info: DCID 1 close",
	    MAILLOG_INFO, NOT_A_RECORD },
	{ "2014-02-30T09:15:07Z esa1 mail_logs: Info: DCID 1 close",
	    MAILLOG_INFO, NOT_A_RECORD },
	{ "2014-07-02T09:15:07.Z", MAILLOG_INFO, NOT_A_RECORD },
	{ "<22>1 2014-07-02T09:15:07 esa1 a - - - Info: DCID 1 close",
	    MAILLOG_INFO, NOT_A_RECORD },
	{ "<22>1 2014-07-02", MAILLOG_INFO, NOT_A_RECORD },
	{ "<192>Jul  2 09:15:07 a b: Info: DCID 1 close", MAILLOG_INFO,
	    NOT_A_RECORD },
	{ "<22Jul  2 09:15:07 a b: Info: DCID 1 close", MAILLOG_INFO,
	    NOT_A_RECORD },
	{ "Wed Jul 32 09:15:07 2014 Info: DCID 1 close", MAILLOG_INFO,
	    NOT_A_RECORD },
	{ "Jul 32 09:15:07 a b: Info: DCID 1 close", MAILLOG_INFO,
	    NOT_A_RECORD },
	{ "Info: DCID 1 close", MAILLOG_INFO, NOT_A_RECORD },
	{ "", MAILLOG_INFO, NOT_A_RECORD },
	{ "Wed", MAILLOG_INFO, NOT_A_RECORD },
	{ "<", MAILLOG_INFO, NOT_A_RECORD },
	{ "<22>", MAILLOG_INFO, NOT_A_RECORD },
	{ "<22>J", MAILLOG_INFO, NOT_A_RECORD },
};

static void
test_stamp(void **state)
{
	const struct stamp_case *c = *state;
	struct slice line = slice_cstr(c->line);
	struct maillog_stamp stamp;

	if (c->time == NOT_A_RECORD) {
		assert_false(maillog_stamp_parse(line, at_0915, &stamp));
		return;
	}
	assert_true(maillog_stamp_parse(line, at_0915, &stamp));
	assert_int_equal(stamp.time - at_0915, c->time);
	assert_int_equal(stamp.level, c->level);
	assert_true(slice_starts_with(
	    slice_skip(line, stamp.used), SLICE("DCID 1 close")));
}

/* No record is later than the last change of its log, but for a day. */
static void
test_clock_before(void **state)
{
	static const struct {
		const char *line;
		int64_t days; /* from at_0915 */
	} rows[] = { { "Jul  2 09:15:07 a b: Info: x", 0 },
		{ "Jul  3 09:15:07 a b: Info: x", 1 },
		{ "Jul  5 09:15:07 a b: Info: x", 3 - 365 },
		{ "Dec 31 09:15:07 a b: Info: x", -183 },
		{ "Jan  1 09:15:07 a b: Info: x", -182 } };
	struct maillog_stamp stamp;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(maillog_stamp_parse(slice_cstr(rows[i].line),
		    maillog_clock_before(at_0915), &stamp));
		assert_int_equal(
		    (stamp.time - at_0915) / UTIME_DAY, rows[i].days);
	}
}

static void
test_leap_day_without_a_year(void **state)
{
	struct maillog_stamp stamp;

	(void)state;
	assert_true(maillog_stamp_parse(
	    SLICE("<22>Feb 29 00:00:00 a b: Info: x"), at_0915, &stamp));
	/* 2016-02-29 is nearer to July 2014 than 2012-02-29. */
	assert_int_equal(stamp.time, 1456704000 * UTIME_S);
}

static void
test_every_prefix(void **state)
{
	struct maillog_stamp stamp;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stamps); i++) {
		struct slice line = slice_cstr(stamps[i].line);

		for (size_t len = 0; len <= line.len; len++) {
			char *part = slice_dup(slice_sub(line, 0, len));

			if (maillog_stamp_parse(
				slice_of(part, len), at_0915, &stamp))
				assert_true(stamp.used <= len);
			free(part);
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(test_clock_before),
		cmocka_unit_test(test_leap_day_without_a_year),
		cmocka_unit_test(test_every_prefix),
	};
	static struct CMUnitTest tests[ARRAY_LEN(stamps) + ARRAY_LEN(others)];
	size_t n = 0;

	for (; n < ARRAY_LEN(stamps); n++) {
		/* cmocka's state is not const; the test only reads it. */
		union {
			const struct stamp_case *row;
			void *state;
		} row = { .row = &stamps[n] };

		tests[n] = (struct CMUnitTest){ .name = stamps[n].line,
			.test_func = test_stamp,
			.initial_state = row.state };
	}
	memcpy(&tests[n], others, sizeof(others));
	return cmocka_run_group_tests_name("stamp", tests, NULL, NULL);
}
