/* SPDX-License-Identifier: MIT */
/* Stamps of records; see stamp.h. */
#include "core/maillog/stamp.h"

/* "2014-07-02T09:15:07", and all that may follow it. */
#define ISO_BASE      19
#define ISO_STAMP_MAX 40
/* "Jul  2 09:15:07" */
#define SYSLOG_STAMP_MAX 16
/* A host name and a tag stand between a syslog stamp and the text. */
#define SYSLOG_WORDS_MAX 2

static void skip_spaces(struct slice *rest);
static bool take_syslog_prefix(
    struct slice *rest, utime clock, utime *at, struct slice *host);
static bool take_asctime(struct slice *rest, utime *at);
static bool take_level(struct slice *rest, enum maillog_level *level);

utime
maillog_clock_before(utime last)
{
	return last - 181 * UTIME_DAY;
}

bool
maillog_stamp_parse(struct slice line, utime clock, struct maillog_stamp *stamp)
{
	struct slice rest = line, host = { line.at, 0 };

	skip_spaces(&rest);
	if (!take_asctime(&rest, &stamp->time) &&
	    !take_syslog_prefix(&rest, clock, &stamp->time, &host))
		return false;
	stamp->host_at = (size_t)(host.at - line.at);
	stamp->host_len = host.len;
	/* The last of several: what is left has to be text, which the writer
	 * puts behind one stamp. */
	while (take_asctime(&rest, &stamp->time))
		;
	if (!take_level(&rest, &stamp->level))
		stamp->level = MAILLOG_LEVEL_NONE;
	stamp->used = line.len - rest.len;
	return true;
}

/* Skips all that slice_trim() takes off the text's start. */
static void
skip_spaces(struct slice *rest)
{
	*rest = slice_skip(*rest, (size_t)(slice_trim(*rest).at - rest->at));
}

static bool
take_asctime(struct slice *rest, utime *at)
{
	size_t used;

	if (!utime_parse_asctime(*rest, at, &used))
		return false;
	if (used < rest->len && rest->at[used] != ' ')
		return false;
	*rest = slice_skip(*rest, used);
	skip_spaces(rest);
	return true;
}

static bool
take_level(struct slice *rest, enum maillog_level *level)
{
	size_t colon = 0;
	struct slice name;

	while (colon < rest->len && ascii_is_alpha(rest->at[colon]))
		colon++;
	if (colon == rest->len || rest->at[colon] != ':')
		return false;
	name = slice_sub(*rest, 0, colon);
	for (unsigned i = 0; i < MAILLOG_LEVEL_NONE; i++) {
		*level = (enum maillog_level)i;
		if (!slice_eq(name, slice_cstr(maillog_level_name(*level))))
			continue;
		*rest = slice_skip(*rest, colon + 1);
		skip_spaces(rest);
		return true;
	}
	return false;
}

static utime
distance(utime a, utime b)
{
	return a > b ? a - b : b - a;
}

/* The moment of "Mon dd HH:MM:SS" nearest to `clock`.  Eight years hold a 29
 * February whatever the century. */
static bool
nearest_year(struct slice stamp, utime clock, utime *at)
{
	struct utime_parts parts;
	bool found = false;

	utime_split(clock, &parts);
	for (int year = parts.year - 8; year <= parts.year + 8; year++) {
		char text[64];
		size_t used;
		utime then;
		int n = snprintf(text, sizeof(text), "Sun %.*s %04d",
		    SLICE_ARG(stamp), year);

		if (!utime_parse_asctime(
			slice_of(text, (size_t)n), &then, &used))
			continue;
		if (!found || distance(then, clock) < distance(*at, clock))
			*at = then;
		found = true;
	}
	return found;
}

/* Takes "Mon dd HH:MM:SS ", its day padded or not. */
static bool
take_syslog_stamp(struct slice *rest, utime clock, utime *at)
{
	size_t len =
	    slice_find_byte(slice_sub(*rest, 0, SYSLOG_STAMP_MAX), ':');

	len += sizeof("MM:SS");
	if (len >= SYSLOG_STAMP_MAX || len > rest->len ||
	    !ascii_is_alpha(rest->at[0]) ||
	    !nearest_year(slice_sub(*rest, 0, len), clock, at))
		return false;
	if (len < rest->len && rest->at[len] != ' ')
		return false;
	*rest = slice_skip(*rest, len);
	skip_spaces(rest);
	return true;
}

static bool
is_zone(struct slice zone)
{
	size_t digits = 0;

	if (slice_eq_nocase(zone, SLICE("Z")))
		return true;
	if (zone.len == 0 || (zone.at[0] != '+' && zone.at[0] != '-'))
		return false;
	for (size_t i = 1; i < zone.len; i++)
		if (ascii_is_digit(zone.at[i]))
			digits++;
		else if (zone.at[i] != ':' || i != 3)
			return false;
	return digits == 4;
}

/* Takes "2014-07-02T09:15:07.123456+02:00 ", the fraction optional. */
static bool
take_iso(struct slice *rest, utime *at)
{
	size_t len = slice_find_byte(slice_sub(*rest, 0, ISO_STAMP_MAX), ' ');
	char text[ISO_BASE + sizeof("Z")];
	size_t zone = ISO_BASE;

	if (len <= ISO_BASE || len == ISO_STAMP_MAX)
		return false;
	(void)snprintf(text, sizeof(text), "%.*sZ", ISO_BASE, rest->at);
	if (rest->at[zone] == '.' && zone + 1 < len &&
	    ascii_is_digit(rest->at[zone + 1]))
		for (zone++; zone < len && ascii_is_digit(rest->at[zone]);)
			zone++;
	if (!is_zone(slice_sub(*rest, zone, len - zone)) ||
	    !utime_parse_rfc3339(slice_cstr(text), at))
		return false;
	*rest = slice_skip(*rest, len);
	skip_spaces(rest);
	return true;
}

static void
skip_word(struct slice *rest)
{
	*rest = slice_skip(*rest, slice_find_byte(*rest, ' '));
	skip_spaces(rest);
}

/* Skips structured data of RFC 5424: "-", or elements in brackets, in whose
 * quotes a "]" is escaped. */
static void
skip_elements(struct slice *rest)
{
	size_t i = 0;

	if (rest->len == 0 || rest->at[0] != '[') {
		skip_word(rest);
		return;
	}
	while (i < rest->len && rest->at[i] == '[') {
		while (i < rest->len && rest->at[i] != ']')
			i += rest->at[i] == '\\' ? 2 : 1;
		i++;
	}
	*rest = slice_skip(*rest, i < rest->len ? i : rest->len);
	skip_spaces(rest);
}

/* Takes "1 STAMP HOST APP PROCID MSGID ELEMENTS ". */
static bool
take_rfc5424(struct slice *rest, utime *at, struct slice *host)
{
	static const struct slice mark = SLICE_INIT("\xef\xbb\xbf");
	struct slice after = *rest;

	if (!slice_starts_with(after, SLICE("1 ")))
		return false;
	after = slice_skip(after, 2);
	if (!take_iso(&after, at))
		return false;
	*host = slice_sub(after, 0, slice_find_byte(after, ' '));
	if (slice_eq(*host, SLICE("-")))
		host->len = 0;
	for (int words = 0; words < 4; words++)
		skip_word(&after);
	skip_elements(&after);
	if (slice_starts_with(after, mark))
		after = slice_skip(after, mark.len);
	*rest = after;
	return true;
}

static bool
is_text_start(struct slice rest)
{
	enum maillog_level level;
	utime at;

	return take_asctime(&rest, &at) || take_level(&rest, &level);
}

/* Skips "[host] logname: ".  Only what follows tells a tag from the first
 * words of a record without a level: another stamp or a level, unless the
 * sender's priority shows that a syslog server wrote all this. */
static void
skip_syslog_words(struct slice *rest, bool has_priority, struct slice *host)
{
	struct slice after = *rest;

	for (int i = 0; i < SYSLOG_WORDS_MAX && !is_text_start(after); i++) {
		size_t end = slice_find_byte(after, ' ');
		bool is_tag = end > 0 && after.at[end - 1] == ':';

		if (i == 0 && !is_tag)
			*host = slice_sub(after, 0, end);
		after = slice_skip(after, end);
		skip_spaces(&after);
		if (is_tag && has_priority)
			break;
		if (i + 1 == SYSLOG_WORDS_MAX && !is_text_start(after)) {
			host->len = 0;
			return;
		}
	}
	*rest = after;
}

static bool
take_syslog_prefix(
    struct slice *rest, utime clock, utime *at, struct slice *host)
{
	struct slice after = *rest;
	bool has_priority = after.len > 0 && after.at[0] == '<';
	uint64_t priority;

	if (has_priority) {
		size_t end = slice_find_byte(after, '>');

		if (!slice_to_u64(slice_sub(after, 1, end - 1), 191, &priority))
			return false;
		after = slice_skip(after, end + 1);
		skip_spaces(&after);
	}
	if (!has_priority || !take_rfc5424(&after, at, host)) {
		if (!take_iso(&after, at) &&
		    !take_syslog_stamp(&after, clock, at))
			return false;
		skip_syslog_words(&after, has_priority, host);
	}
	*rest = after;
	return true;
}
