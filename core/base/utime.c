/* SPDX-License-Identifier: MIT */
/* Times as text; see utime.h. */
#include "core/base/utime.h"

#include <stdio.h>

static const char month_names[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
	"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char day_names[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
	"Sat" };

utime
utime_add(utime at, utime span)
{
	utime sum;

	if (at == UTIME_NEVER || span == UTIME_NEVER ||
	    __builtin_add_overflow(at, span, &sum))
		return UTIME_NEVER;
	return sum;
}

utime
utime_second_up(utime at)
{
	utime up = utime_add(at, UTIME_S - 1);

	return up == UTIME_NEVER ? up : up / UTIME_S * UTIME_S;
}

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar; years
 * start in March here, so that the leap day is a year's last. */
static int64_t
days_from_date(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t march_month = (month + 9) % 12;
	int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 -
	    year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

static void
date_from_days(int64_t days, struct utime_parts *p)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 +
				  day_of_era / 36524 - day_of_era / 146096) /
	    365;
	int64_t day_of_year = day_of_era -
	    (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t march_month = (5 * day_of_year + 2) / 153;

	p->day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
	p->month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
	p->year = (int)(year_of_era + era * 400 + (p->month <= 2));
}

void
utime_split(utime at, struct utime_parts *p)
{
	int64_t days = at / UTIME_DAY;
	int64_t rest = at % UTIME_DAY;

	if (rest < 0) {
		rest += UTIME_DAY;
		days--;
	}
	date_from_days(days, p);
	p->hour = (int)(rest / UTIME_HOUR);
	p->minute = (int)(rest / UTIME_MINUTE % 60);
	p->second = (int)(rest / UTIME_S % 60);
	p->micro = (int)(rest % UTIME_S);
	p->weekday = (int)(((days + 4) % 7 + 7) % 7);
}

static int
days_of_month(int year, int month)
{
	static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && is_leap);
}

bool
utime_join(const struct utime_parts *p, utime *at)
{
	int64_t days;

	if (p->year < 1 || p->year > 9999 || p->month < 1 || p->month > 12 ||
	    p->day < 1 || p->day > days_of_month(p->year, p->month) ||
	    p->hour < 0 || p->hour > 23 || p->minute < 0 || p->minute > 59 ||
	    p->second < 0 || p->second > 59 || p->micro < 0 ||
	    p->micro >= UTIME_S)
		return false;
	days = days_from_date(p->year, p->month, p->day);
	*at = days * UTIME_DAY + p->hour * UTIME_HOUR +
	    p->minute * UTIME_MINUTE + p->second * UTIME_S + p->micro;
	return true;
}

static char *
put_pair(char *out, int value)
{
	out[0] = (char)('0' + value / 10);
	out[1] = (char)('0' + value % 10);
	return out + 2;
}

static char *
put_year(char *out, int year)
{
	return put_pair(put_pair(out, year / 100 % 100), year % 100);
}

/* "09:15:07" */
static char *
put_clock(char *out, const struct utime_parts *p)
{
	out = put_pair(out, p->hour);
	*out++ = ':';
	out = put_pair(out, p->minute);
	*out++ = ':';
	return put_pair(out, p->second);
}

/* Each line of a log has one. */
char *
utime_format_asctime(utime at, char *out)
{
	struct utime_parts p;
	char *o = out;

	utime_split(at, &p);
	memcpy(o, day_names[p.weekday], 3);
	o[3] = ' ';
	memcpy(o + 4, month_names[p.month - 1], 3);
	o[7] = ' ';
	o = put_pair(o + 8, p.day);
	if (p.day < 10)
		o[-2] = ' ';
	*o++ = ' ';
	o = put_clock(o, &p);
	*o++ = ' ';
	o = put_year(o, p.year);
	*o = '\0';
	return out;
}

/* Each message has two. */
char *
utime_format_rfc5322(utime at, char *out)
{
	struct utime_parts p;
	char *o = out;

	utime_split(at, &p);
	memcpy(o, day_names[p.weekday], 3);
	o[3] = ',';
	o[4] = ' ';
	o = put_pair(o + 5, p.day);
	if (p.day < 10) {
		o[-2] = o[-1];
		o--;
	}
	*o = ' ';
	memcpy(o + 1, month_names[p.month - 1], 3);
	o[4] = ' ';
	o = put_year(o + 5, p.year);
	*o++ = ' ';
	o = put_clock(o, &p);
	memcpy(o, " +0000", sizeof(" +0000"));
	return out;
}

/* Takes a number of min..max digits off *s. */
static bool
take_number(struct slice *s, size_t min, size_t max, int *value)
{
	size_t n = 0;
	int v = 0;

	while (n < s->len && n < max && ascii_is_digit(s->at[n]))
		v = v * 10 + (s->at[n++] - '0');
	if (n < min)
		return false;
	*s = slice_skip(*s, n);
	*value = v;
	return true;
}

static bool
take_byte(struct slice *s, char byte)
{
	if (s->len == 0 || s->at[0] != byte)
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

/* Takes a three-letter name and a space off *s and gives its index. */
static bool
take_name(struct slice *s, const char (*names)[4], int count, int *index)
{
	if (s->len < 4 || s->at[3] != ' ')
		return false;
	for (int i = 0; i < count; i++) {
		if (memcmp(s->at, names[i], 3) != 0)
			continue;
		*s = slice_skip(*s, 4);
		*index = i;
		return true;
	}
	return false;
}

static bool
take_clock(struct slice *s, struct utime_parts *p)
{
	return take_number(s, 2, 2, &p->hour) && take_byte(s, ':') &&
	    take_number(s, 2, 2, &p->minute) && take_byte(s, ':') &&
	    take_number(s, 2, 2, &p->second);
}

bool
utime_parse_asctime(struct slice s, utime *at, size_t *used)
{
	struct slice rest = s;
	struct utime_parts p = { 0 };
	int month;

	if (!take_name(&rest, day_names, 7, &p.weekday) ||
	    !take_name(&rest, month_names, 12, &month))
		return false;
	p.month = month + 1;
	(void)take_byte(&rest, ' ');
	if (!take_number(&rest, 1, 2, &p.day) || !take_byte(&rest, ' ') ||
	    !take_clock(&rest, &p) || !take_byte(&rest, ' ') ||
	    !take_number(&rest, 4, 4, &p.year) || !utime_join(&p, at))
		return false;
	*used = s.len - rest.len;
	return true;
}

/* Each event of a transcript has one. */
char *
utime_format_rfc3339(utime at, char *out)
{
	struct utime_parts p;

	memcpy(out, "0000-00-00T00:00:00.000000Z", 28);
	utime_split(at, &p);
	(void)put_year(out, p.year);
	(void)put_pair(out + 5, p.month);
	(void)put_pair(out + 8, p.day);
	(void)put_clock(out + 11, &p);
	(void)put_pair(out + 20, p.micro / 10000);
	(void)put_pair(out + 22, p.micro / 100 % 100);
	(void)put_pair(out + 24, p.micro % 100);
	return out;
}

/* Takes up to six digits of a fraction, scaled to millionths. */
static bool
take_micros(struct slice *s, int *micro)
{
	size_t before = s->len;

	if (!take_number(s, 1, 6, micro))
		return false;
	for (size_t n = before - s->len; n < 6; n++)
		*micro *= 10;
	return true;
}

bool
utime_parse_rfc3339(struct slice s, utime *at)
{
	struct utime_parts p = { 0 };

	if (!take_number(&s, 4, 4, &p.year) || !take_byte(&s, '-') ||
	    !take_number(&s, 2, 2, &p.month) || !take_byte(&s, '-') ||
	    !take_number(&s, 2, 2, &p.day) || !take_byte(&s, 'T') ||
	    !take_clock(&s, &p))
		return false;
	if (take_byte(&s, '.') && !take_micros(&s, &p.micro))
		return false;
	return take_byte(&s, 'Z') && s.len == 0 && utime_join(&p, at);
}

char *
utime_format_span(utime span, char *out)
{
	bool is_negative = span < 0;

	if (is_negative)
		span = span > -UTIME_NEVER ? -span : UTIME_NEVER;
	(void)snprintf(out, UTIME_TEXT_MAX, "%s%lld:%02d:%02d.%03d",
	    is_negative ? "-" : "", (long long)(span / UTIME_HOUR),
	    (int)(span / UTIME_MINUTE % 60), (int)(span / UTIME_S % 60),
	    (int)(span / UTIME_MS % 1000));
	return out;
}

static const struct unit {
	const char *name;
	utime span;
	size_t digits, decimals; /* at most */
} units[] = {
	{ "d", UTIME_DAY, 4, 3 },
	{ "h", UTIME_HOUR, 5, 3 },
	{ "m", UTIME_MINUTE, 7, 3 },
	{ "s", UTIME_S, 9, 3 },
	{ "ms", UTIME_MS, 12, 3 },
	{ "us", 1, 15, 0 },
};

/* Takes the digits at the start off *s. */
static struct slice
take_digits(struct slice *s)
{
	size_t n = 0;
	struct slice digits;

	while (n < s->len && ascii_is_digit(s->at[n]))
		n++;
	digits = slice_sub(*s, 0, n);
	*s = slice_skip(*s, n);
	return digits;
}

/* The number in that unit; false when it has too many digits. */
static bool
scale(const struct unit *unit, struct slice whole, struct slice decimals,
    utime *span)
{
	uint64_t number;
	utime sum, part = unit->span;

	if (whole.len > unit->digits || decimals.len > unit->decimals ||
	    !slice_to_u64(whole, INT64_MAX, &number))
		return false;
	sum = (utime)number * unit->span;
	for (size_t i = 0; i < decimals.len; i++) {
		part /= 10;
		sum += (decimals.at[i] - '0') * part;
	}
	assert(sum < UTIME_SPAN_MAX);
	*span = sum;
	return true;
}

bool
utime_parse_duration(struct slice s, utime *span)
{
	struct slice whole = take_digits(&s);
	struct slice decimals = { 0 };

	if (take_byte(&s, '.')) {
		decimals = take_digits(&s);
		if (decimals.len == 0)
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (slice_eq(s, slice_cstr(units[i].name)))
			return scale(&units[i], whole, decimals, span);
	return false;
}

char *
utime_format_duration(utime span, char *out)
{
	assert(span >= 0);
	if (span == 0) {
		(void)snprintf(out, UTIME_TEXT_MAX, "0s");
		return out;
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (span % units[i].span != 0)
			continue;
		(void)snprintf(out, UTIME_TEXT_MAX, "%lld%s",
		    (long long)(span / units[i].span), units[i].name);
		return out;
	}
	return out;
}
