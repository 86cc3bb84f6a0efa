/* SPDX-License-Identifier: MIT */
/*
 * Time: signed microseconds, both as a moment since the Unix epoch (UTC) and
 * as a span.  There is one clock, and it belongs to the world (world.h); this
 * file only reads and writes times as text.
 */
#ifndef FAULTPOST_UTIME_H
#define FAULTPOST_UTIME_H

#include "core/base/slice.h"

typedef int64_t utime;

#define UTIME_MS     INT64_C(1000)
#define UTIME_S      INT64_C(1000000)
#define UTIME_MINUTE (60 * UTIME_S)
#define UTIME_HOUR   (60 * UTIME_MINUTE)
#define UTIME_DAY    (24 * UTIME_HOUR)
#define UTIME_NEVER  INT64_MAX
/* No duration in a file is as long: a billion seconds, nearly 32 years. */
#define UTIME_SPAN_MAX (INT64_C(1000000000) * UTIME_S)

#define UTIME_TEXT_MAX 40

/* The sum, or UTIME_NEVER when either is or it would pass the end of time. */
utime utime_add(utime at, utime span);
/* The first whole second that is not before `at`, as a log with seconds says
 * when something comes; UTIME_NEVER as in utime_add(). */
utime utime_second_up(utime at);

/* "Wed Jul  2 09:15:07 2014", the C asctime form in UTC, 24 bytes; returns
 * `out`, which holds at least UTIME_TEXT_MAX bytes. */
char *utime_format_asctime(utime at, char *out);
/* Reads that form at the start of `s` (the day padded with a space or a zero,
 * or not at all) and says how many bytes it took; false when it is not there
 * or is no moment of the calendar. */
bool utime_parse_asctime(struct slice s, utime *at, size_t *used);
/* "Wed, 2 Jul 2014 09:15:07 +0000", the date of a message (RFC 5322 section
 * 3.3). */
char *utime_format_rfc5322(utime at, char *out);
/* "2014-07-02T09:15:07.000000Z" (RFC 3339, UTC). */
char *utime_format_rfc3339(utime at, char *out);
/* The whole slice in that form; the fraction is optional, the zone is Z. */
bool utime_parse_rfc3339(struct slice s, utime *at);
/* The regular expression (ECMA 262, for a whole string) of the same. */
#define UTIME_RFC3339_PATTERN                                                  \
	"(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])" \
	"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"                               \
	"|02-(?:0[1-9]|1[0-9]|2[0-8]))"                                        \
	"|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])"                        \
	"|(?:[02468][048]|[13579][26])00)-02-29)"                              \
	"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?Z"
/* "1:02:03.000": hours, minutes, seconds, milliseconds of a span; behind a "-"
 * when it is negative. */
char *utime_format_span(utime span, char *out);

/* A duration as scenarios write it: a decimal number and one of us, ms, s, m,
 * h, d ("250ms", "1.5h"); the whole slice, below UTIME_SPAN_MAX.  What bounds
 * it is the number of digits, so that a regular expression can say the same:
 * before the point 15 for us, 12 for ms, 9 for s, 7 for m, 5 for h, 4 for d,
 * behind it 3, none for us. */
bool utime_parse_duration(struct slice s, utime *span);
#define UTIME_DURATION_PATTERN                                                 \
	"(?:[0-9]{1,15}us|(?:[0-9]{1,4}(?:\\.[0-9]{1,3})?d"                    \
	"|[0-9]{1,5}(?:\\.[0-9]{1,3})?h|[0-9]{1,7}(?:\\.[0-9]{1,3})?m"         \
	"|[0-9]{1,9}(?:\\.[0-9]{1,3})?s|[0-9]{1,12}(?:\\.[0-9]{1,3})?ms))"
/* The shortest such text that means the span exactly: "90s" but "2m". */
char *utime_format_duration(utime span, char *out);

/* A moment's parts in UTC. */
struct utime_parts {
	int year, month, day; /* month 1-12, day 1-31 */
	int hour, minute, second;
	int micro;
	int weekday; /* 0 is Sunday */
};
void utime_split(utime at, struct utime_parts *parts);
/* The inverse (weekday is not read); false when no such moment exists. */
bool utime_join(const struct utime_parts *parts, utime *at);

#endif
