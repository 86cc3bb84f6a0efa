/* SPDX-License-Identifier: MIT */
/* Times as text and parts: the calendar's corners, durations, the end of time.
 */
#include "core/base/utime.h"

#include "core/base/rng.h"
#include "tests/unit/kit.h"

static struct moment_row {
	const char *name;
	utime at;
	const char *asctime, *rfc3339, *rfc5322;
} moment_rows[] = {
	{ "moment: the epoch", 0, "Thu Jan  1 00:00:00 1970",
	    "1970-01-01T00:00:00.000000Z", "Thu, 1 Jan 1970 00:00:00 +0000" },
	{ "moment: a microsecond before", -1, "Wed Dec 31 23:59:59 1969",
	    "1969-12-31T23:59:59.999999Z", "Wed, 31 Dec 1969 23:59:59 +0000" },
	{ "moment: document 117875", INT64_C(1404292507) * UTIME_S,
	    "Wed Jul  2 09:15:07 2014", "2014-07-02T09:15:07.000000Z",
	    "Wed, 2 Jul 2014 09:15:07 +0000" },
	{ "moment: leap day of 2000", INT64_C(951782400) * UTIME_S,
	    "Tue Feb 29 00:00:00 2000", "2000-02-29T00:00:00.000000Z",
	    "Tue, 29 Feb 2000 00:00:00 +0000" },
	{ "moment: after the leap day", INT64_C(951868799) * UTIME_S + 999999,
	    "Tue Feb 29 23:59:59 2000", "2000-02-29T23:59:59.999999Z",
	    "Tue, 29 Feb 2000 23:59:59 +0000" },
	{ "moment: no leap day in 2100", INT64_C(4107542400) * UTIME_S,
	    "Mon Mar  1 00:00:00 2100", "2100-03-01T00:00:00.000000Z",
	    "Mon, 1 Mar 2100 00:00:00 +0000" },
	{ "moment: past 32 bits", INT64_C(2147483648) * UTIME_S,
	    "Tue Jan 19 03:14:08 2038", "2038-01-19T03:14:08.000000Z",
	    "Tue, 19 Jan 2038 03:14:08 +0000" },
	{ "moment: the last of the calendar",
	    INT64_C(253402300799) * UTIME_S + 999999,
	    "Fri Dec 31 23:59:59 9999", "9999-12-31T23:59:59.999999Z",
	    "Fri, 31 Dec 9999 23:59:59 +0000" },
	{ "moment: its first", INT64_C(-62135596800) * UTIME_S,
	    "Mon Jan  1 00:00:00 0001", "0001-01-01T00:00:00.000000Z",
	    "Mon, 1 Jan 0001 00:00:00 +0000" },
};

static void
test_moment(void **state)
{
	const struct moment_row *r = *state;
	char text[UTIME_TEXT_MAX];
	utime at = 4711;
	size_t used = 0;

	assert_string_equal(utime_format_asctime(r->at, text), r->asctime);
	assert_true(utime_parse_asctime(slice_cstr(text), &at, &used));
	assert_int_equal(used, 24);
	assert_true(at <= r->at && r->at - at < UTIME_S);
	assert_string_equal(utime_format_rfc3339(r->at, text), r->rfc3339);
	assert_true(utime_parse_rfc3339(slice_cstr(text), &at));
	assert_true(at == r->at);
	assert_string_equal(utime_format_rfc5322(r->at, text), r->rfc5322);
}

static struct asctime_row {
	const char *name;
	const char *text;
	size_t used; /* 0: it is not there */
} asctime_rows[] = {
	{ "asctime: day padded with a space", "Wed Jul  2 09:15:07 2014", 24 },
	{ "asctime: day padded with a zero", "Wed Jul 02 09:15:07 2014", 24 },
	{ "asctime: day not padded", "Wed Jul 2 09:15:07 2014", 23 },
	{ "asctime: more text behind", "Wed Jul  2 09:15:07 2014 Info: x", 24 },
	{ "asctime: a day of two digits", "Sat Jul 12 09:15:07 2014", 24 },
	{ "asctime: two spaces and two digits", "Sat Jul  12 09:15:07 2014",
	    25 },
	{ "asctime: three spaces", "Wed Jul   2 09:15:07 2014", 0 },
	{ "asctime: no such day name", "Wen Jul  2 09:15:07 2014", 0 },
	{ "asctime: no such month", "Wed Jly  2 09:15:07 2014", 0 },
	{ "asctime: names by case", "wed jul  2 09:15:07 2014", 0 },
	{ "asctime: no day 0", "Wed Jul  0 09:15:07 2014", 0 },
	{ "asctime: no April 31", "Wed Apr 31 09:15:07 2014", 0 },
	{ "asctime: no leap day in 2014", "Wed Feb 29 09:15:07 2014", 0 },
	{ "asctime: hour 24", "Wed Jul  2 24:00:00 2014", 0 },
	{ "asctime: minute 60", "Wed Jul  2 09:60:07 2014", 0 },
	{ "asctime: second 60", "Wed Jul  2 09:15:60 2014", 0 },
	{ "asctime: hour of one digit", "Wed Jul  2 9:15:07 2014", 0 },
	{ "asctime: cut year", "Wed Jul  2 09:15:07 201", 0 },
	{ "asctime: cut clock", "Wed Jul  2 09:15", 0 },
	{ "asctime: only names", "Wed Jul", 0 },
	{ "asctime: empty", "", 0 },
	{ "asctime: space before", " Wed Jul  2 09:15:07 2014", 0 },
};

static void
test_asctime(void **state)
{
	const struct asctime_row *r = *state;
	utime at = 4711;
	size_t used = 0;

	assert_int_equal(
	    utime_parse_asctime(slice_cstr(r->text), &at, &used), r->used > 0);
	assert_int_equal(used, r->used);
}

static struct rfc3339_row {
	const char *name;
	const char *text;
	bool ok;
	utime micro; /* of the second */
} rfc3339_rows[] = {
	{ "rfc3339: no fraction", "2014-07-02T09:15:07Z", true, 0 },
	{ "rfc3339: one digit", "2014-07-02T09:15:07.5Z", true, 500000 },
	{ "rfc3339: leading zeros", "2014-07-02T09:15:07.000001Z", true, 1 },
	{ "rfc3339: seven digits", "2014-07-02T09:15:07.0000001Z", false, 0 },
	{ "rfc3339: a point and no digit", "2014-07-02T09:15:07.Z", false, 0 },
	{ "rfc3339: no zone", "2014-07-02T09:15:07", false, 0 },
	{ "rfc3339: a zone", "2014-07-02T09:15:07+00:00", false, 0 },
	{ "rfc3339: small letters", "2014-07-02t09:15:07z", false, 0 },
	{ "rfc3339: text behind", "2014-07-02T09:15:07Z ", false, 0 },
	{ "rfc3339: month 0", "2014-00-02T09:15:07Z", false, 0 },
	{ "rfc3339: month 13", "2014-13-02T09:15:07Z", false, 0 },
	{ "rfc3339: February 30", "2016-02-30T09:15:07Z", false, 0 },
	{ "rfc3339: leap day", "2016-02-29T09:15:07Z", true, 0 },
	{ "rfc3339: no leap day in 1900", "1900-02-29T09:15:07Z", false, 0 },
	{ "rfc3339: leap second", "2016-12-31T23:59:60Z", false, 0 },
	{ "rfc3339: year 0", "0000-01-01T00:00:00Z", false, 0 },
	{ "rfc3339: five digits of year", "12014-07-02T09:15:07Z", false, 0 },
	{ "rfc3339: a sign", "-014-07-02T09:15:07Z", false, 0 },
	{ "rfc3339: empty", "", false, 0 },
};

static void
test_rfc3339(void **state)
{
	const struct rfc3339_row *r = *state;
	utime at = 4711;

	assert_int_equal(utime_parse_rfc3339(slice_cstr(r->text), &at), r->ok);
	if (r->ok)
		assert_int_equal(
		    ((at % UTIME_S) + UTIME_S) % UTIME_S, r->micro);
	else
		assert_int_equal(at, 4711);
}

static struct span_row {
	const char *name;
	utime span;
	const char *want;
} span_rows[] = {
	{ "span: 0", 0, "0:00:00.000" },
	{ "span: under a millisecond", 999, "0:00:00.000" },
	{ "span: a millisecond", UTIME_MS, "0:00:00.001" },
	{ "span: just under a minute", UTIME_MINUTE - 1, "0:00:59.999" },
	{ "span: mixed", UTIME_HOUR + 2 * UTIME_MINUTE + 3 * UTIME_S,
	    "1:02:03.000" },
	{ "span: 72 hours", 72 * UTIME_HOUR, "72:00:00.000" },
	{ "span: the longest", UTIME_NEVER, "2562047788:00:54.775" },
	{ "span: back", -61 * UTIME_S, "-0:01:01.000" },
	{ "span: the longest back", INT64_MIN, "-2562047788:00:54.775" },
};

static void
test_span(void **state)
{
	const struct span_row *r = *state;
	char text[UTIME_TEXT_MAX];

	assert_string_equal(utime_format_span(r->span, text), r->want);
}

static struct duration_row {
	const char *name;
	const char *text;
	utime want;       /* -1: it is none */
	const char *back; /* as formatted; NULL: as it was */
} duration_rows[] = {
	{ "duration: 250ms", "250ms", 250 * UTIME_MS, NULL },
	{ "duration: 10s", "10s", 10 * UTIME_S, NULL },
	{ "duration: 5m", "5m", 5 * UTIME_MINUTE, NULL },
	{ "duration: 72h", "72h", 72 * UTIME_HOUR, "3d" },
	{ "duration: 7us", "7us", 7, NULL },
	{ "duration: 1d", "1d", UTIME_DAY, NULL },
	{ "duration: 90s stays", "90s", 90 * UTIME_S, NULL },
	{ "duration: 120s is shorter as 2m", "120s", 120 * UTIME_S, "2m" },
	{ "duration: 0s", "0s", 0, NULL },
	{ "duration: 0d", "0d", 0, "0s" },
	{ "duration: leading zeros", "007s", 7 * UTIME_S, "7s" },
	{ "duration: 1.5h", "1.5h", 90 * UTIME_MINUTE, "90m" },
	{ "duration: 0.001ms", "0.001ms", 1, "1us" },
	{ "duration: 0.001d", "0.001d", 86400 * UTIME_MS, "86400ms" },
	{ "duration: 1.000s", "1.000s", UTIME_S, "1s" },
	{ "duration: most days", "9999.999d", 9999999 * (UTIME_DAY / 1000),
	    "863999913600ms" },
	{ "duration: most hours", "99999h", 99999 * UTIME_HOUR, NULL },
	{ "duration: most minutes", "9999999m", 9999999 * UTIME_MINUTE, NULL },
	{ "duration: most seconds", "999999999.999s", UTIME_SPAN_MAX - UTIME_MS,
	    "999999999999ms" },
	{ "duration: most milliseconds", "999999999999.999ms",
	    UTIME_SPAN_MAX - 1, "999999999999999us" },
	{ "duration: most microseconds", "999999999999999us",
	    UTIME_SPAN_MAX - 1, NULL },
	{ "duration: a digit too many, d", "10000d", -1, NULL },
	{ "duration: a digit too many, h", "100000h", -1, NULL },
	{ "duration: a digit too many, m", "10000000m", -1, NULL },
	{ "duration: a digit too many, s", "1000000000s", -1, NULL },
	{ "duration: a digit too many, ms", "1000000000000ms", -1, NULL },
	{ "duration: a digit too many, us", "1000000000000000us", -1, NULL },
	{ "duration: past 64 bits", "99999999999999999999999s", -1, NULL },
	{ "duration: four decimals", "1.0000s", -1, NULL },
	{ "duration: part of a microsecond", "1.5us", -1, NULL },
	{ "duration: no unit", "5", -1, NULL },
	{ "duration: no number", "s", -1, NULL },
	{ "duration: no digit before the point", ".5s", -1, NULL },
	{ "duration: no digit behind it", "5.s", -1, NULL },
	{ "duration: two points", "1.2.3s", -1, NULL },
	{ "duration: unknown unit", "5parsecs", -1, NULL },
	{ "duration: a space", "5 s", -1, NULL },
	{ "duration: a space behind", "5s ", -1, NULL },
	{ "duration: a space before", " 5s", -1, NULL },
	{ "duration: a minus", "-5s", -1, NULL },
	{ "duration: a plus", "+5s", -1, NULL },
	{ "duration: capital unit", "5S", -1, NULL },
	{ "duration: two units", "1h30m", -1, NULL },
	{ "duration: an exponent", "1e3s", -1, NULL },
	{ "duration: empty", "", -1, NULL },
};

static void
test_duration(void **state)
{
	const struct duration_row *r = *state;
	char text[UTIME_TEXT_MAX];
	utime span = -1;

	assert_int_equal(
	    utime_parse_duration(slice_cstr(r->text), &span), r->want >= 0);
	assert_true(span == r->want);
	if (span >= 0)
		assert_string_equal(utime_format_duration(span, text),
		    r->back != NULL ? r->back : r->text);
}

static struct add_row {
	const char *name;
	utime at, span, want;
} add_rows[] = {
	{ "add: plain", 5, 7, 12 },
	{ "add: backwards", 5, -7, -2 },
	{ "add: never stays", UTIME_NEVER, -1, UTIME_NEVER },
	{ "add: a span without end", 5, UTIME_NEVER, UTIME_NEVER },
	{ "add: up to the end", UTIME_NEVER - 5, 4, UTIME_NEVER - 1 },
	{ "add: past the end", UTIME_NEVER - 5, 6, UTIME_NEVER },
};

static void
test_add(void **state)
{
	const struct add_row *r = *state;

	assert_true(utime_add(r->at, r->span) == r->want);
}

static struct second_row {
	const char *name;
	utime at, want;
} second_rows[] = {
	{ "second: whole", 3 * UTIME_S, 3 * UTIME_S },
	{ "second: a little behind one", 3 * UTIME_S + 1, 4 * UTIME_S },
	{ "second: just before one", 4 * UTIME_S - 1, 4 * UTIME_S },
	{ "second: never stays", UTIME_NEVER, UTIME_NEVER },
	{ "second: past the end", UTIME_NEVER - 5, UTIME_NEVER },
};

static void
test_second_up(void **state)
{
	const struct second_row *r = *state;

	assert_true(utime_second_up(r->at) == r->want);
}

/* Every day of four centuries, counted on from a known one. */
static void
test_each_day_of_a_cycle(void **state)
{
	static const int lengths[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	struct utime_parts want = {
		.year = 1970, .month = 1, .day = 1, .weekday = 4
	};

	(void)state;
	for (int64_t day = 0; day < 146097; day++) {
		bool leap = want.year % 4 == 0 &&
		    (want.year % 100 != 0 || want.year % 400 == 0);
		int last = lengths[want.month - 1] + (want.month == 2 && leap);
		struct utime_parts got;
		utime at;

		utime_split(day * UTIME_DAY, &got);
		assert_memory_equal(&got, &want, sizeof(got));
		assert_true(utime_join(&want, &at));
		assert_true(at == day * UTIME_DAY);
		want.weekday = (want.weekday + 1) % 7;
		if (++want.day > last) {
			want.day = 1;
			if (++want.month > 12) {
				want.month = 1;
				want.year++;
			}
		}
	}
}

static void
test_split_and_join_agree(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 1);
	for (int i = 0; i < 100000; i++) {
		utime at = (utime)rng_below(&rng, UINT64_C(1) << 57) -
		    (INT64_C(1) << 55),
		      back;
		struct utime_parts p;

		utime_split(at, &p);
		assert_true(utime_join(&p, &back));
		assert_true(back == at);
	}
}

static struct join_row {
	const char *name;
	struct utime_parts parts;
} join_rows[] = {
	{ "join: year 10000", { 10000, 1, 1, 0, 0, 0, 0, 0 } },
	{ "join: year 0", { 0, 1, 1, 0, 0, 0, 0, 0 } },
	{ "join: month 0", { 2014, 0, 1, 0, 0, 0, 0, 0 } },
	{ "join: day 32", { 2014, 1, 32, 0, 0, 0, 0, 0 } },
	{ "join: November 31", { 2014, 11, 31, 0, 0, 0, 0, 0 } },
	{ "join: hour -1", { 2014, 1, 1, -1, 0, 0, 0, 0 } },
	{ "join: minute 60", { 2014, 1, 1, 0, 60, 0, 0, 0 } },
	{ "join: a million microseconds", { 2014, 1, 1, 0, 0, 0, 1000000, 0 } },
};

static void
test_join_refuses(void **state)
{
	const struct join_row *r = *state;
	utime at = 4711;

	assert_false(utime_join(&r->parts, &at));
	assert_int_equal(at, 4711);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, moment_rows, test_moment);
	ROWS(&kit, asctime_rows, test_asctime);
	ROWS(&kit, rfc3339_rows, test_rfc3339);
	ROWS(&kit, span_rows, test_span);
	ROWS(&kit, duration_rows, test_duration);
	ROWS(&kit, add_rows, test_add);
	ROWS(&kit, second_rows, test_second_up);
	ROWS(&kit, join_rows, test_join_refuses);
	TEST(&kit, test_each_day_of_a_cycle);
	TEST(&kit, test_split_and_join_agree);
	return kit_run(&kit, "utime");
}
