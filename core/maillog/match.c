/* SPDX-License-Identifier: MIT */
/*
 * A small backtracking matcher; see match.h.  Most fields end where their
 * syntax ends.  A text ends where what follows it in the pattern is found: the
 * first place from which the whole rest fits.
 */
#include "core/maillog/match.h"

#include "core/maillog/table.h"
#include "core/maillog/text.h"

/* How often a text may be found to go on before a pattern is given up, and how
 * many places may be looked at for its end: enough for two passes. */
#define TRIES_MAX        64
#define STEPS_MAX(bytes) (2 * (bytes) + 1024)

struct match {
	struct slice line;
	struct maillog_event *ev;
	unsigned tries;
	size_t steps;
};

/* A text being matched: where it starts and what may be in it. */
struct span {
	enum maillog_field field;
	enum field_kind kind;
	size_t from;
	bool backward; /* the last end that fits, not the first */
};

static bool match_rest(struct match *m, const char *pat, size_t at);
static bool match_literal(struct match *m, const char **pat, size_t *at);
static bool match_field(struct match *m, const char *pat, size_t at);
static bool match_span(
    struct match *m, const struct span *span, const char *next);
static bool match_quoted(
    struct match *m, const struct span *span, const char *next);
static bool match_list(
    struct match *m, const struct span *span, const char *next);
static bool match_details(
    struct match *m, const struct span *span, const char *next);
static bool match_attribute(
    struct match *m, const struct span *span, const char *next);
static void set_text(
    struct match *m, enum maillog_field field, size_t from, size_t end);
static void forget_part(struct match *m, const char *open);

bool
maillog_match(const char *pattern, struct slice text, struct maillog_event *ev)
{
	struct match m = { .line = text,
		.ev = ev,
		.tries = TRIES_MAX,
		.steps = STEPS_MAX(text.len) };

	return match_rest(&m, pattern, 0);
}

static bool
match_rest(struct match *m, const char *pat, size_t at)
{
	while (*pat != '\0') {
		if (*pat == PATTERN_OPEN) {
			if (match_rest(m, pat + 1, at))
				return true;
			forget_part(m, pat);
			pat = maillog_pattern_after(pat);
		} else if (*pat == PATTERN_CLOSE) {
			pat++;
		} else if (pattern_is_literal(*pat)) {
			if (!match_literal(m, &pat, &at))
				return false;
		} else {
			return match_field(m, pat, at);
		}
	}
	return at == m->line.len;
}

static char
byte_at(const struct match *m, size_t at)
{
	return at < m->line.len ? m->line.at[at] : '\0';
}

/* A space of the pattern: one or more, or none behind a space that an empty
 * value left, or none at the end before an empty value. */
static bool
match_space(struct match *m, size_t *at)
{
	bool is_there = (*at > 0 && byte_at(m, *at - 1) == ' ') ||
	    *at == m->line.len || byte_at(m, *at) == ' ';

	while (byte_at(m, *at) == ' ')
		++*at;
	return is_there;
}

static bool
match_literal(struct match *m, const char **pat, size_t *at)
{
	const char *p = *pat;
	size_t i = *at;

	for (; pattern_is_literal(*p); p++) {
		if (*p == ' ') {
			if (!match_space(m, &i))
				return false;
		} else if (i < m->line.len && m->line.at[i] == *p) {
			i++;
		} else {
			return false;
		}
	}
	*pat = p;
	*at = i;
	return true;
}

static size_t
digits_end(const struct match *m, size_t at)
{
	while (ascii_is_digit(byte_at(m, at)))
		at++;
	return at;
}

static void
set_number(struct match *m, enum maillog_field field, uint64_t number)
{
	memcpy((char *)m->ev + maillog_field_rows[field].at, &number,
	    sizeof(number));
	m->ev->present |= UINT64_C(1) << field;
}

static bool
match_number(
    struct match *m, enum maillog_field field, size_t *at, uint64_t max)
{
	size_t end = digits_end(m, *at);
	uint64_t number;

	if (!slice_to_u64(slice_sub(m->line, *at, end - *at), max, &number))
		return false;
	set_number(m, field, number);
	*at = end;
	return true;
}

static bool
match_signed(struct match *m, enum maillog_field field, size_t *at)
{
	bool negative = byte_at(m, *at) == '-';
	uint64_t number;

	*at += negative;
	if (!match_number(m, field, at, INT64_MAX))
		return false;
	memcpy(&number, (char *)m->ev + maillog_field_rows[field].at,
	    sizeof(number));
	set_number(m, field, negative ? -number : number);
	return true;
}

static bool
match_time(struct match *m, enum maillog_field field, size_t *at)
{
	size_t used;
	utime when;

	if (!utime_parse_asctime(slice_skip(m->line, *at), &when, &used))
		return false;
	set_number(m, field, (uint64_t)when);
	*at += used;
	return true;
}

/* As a time, with milliseconds before the year. */
static bool
match_moment(struct match *m, enum maillog_field field, size_t *at)
{
	struct slice stamp = slice_sub(m->line, *at, 19);
	struct slice rest = slice_skip(m->line, *at + 19);
	char text[UTIME_TEXT_MAX];
	uint64_t ms;
	utime when;
	size_t used;

	if (rest.len < 9 || rest.at[0] != '.' ||
	    !slice_to_u64(slice_sub(rest, 1, 3), 999, &ms))
		return false;
	(void)snprintf(
	    text, sizeof(text), "%.*s%.5s", SLICE_ARG(stamp), rest.at + 4);
	if (!utime_parse_asctime(slice_cstr(text), &when, &used) ||
	    used != stamp.len + 5)
		return false;
	set_number(m, field, (uint64_t)(when + (utime)ms * UTIME_MS));
	*at += stamp.len + 9;
	return true;
}

static void
match_rids(struct match *m, enum maillog_field field, size_t *at)
{
	size_t end = *at;

	while (ascii_is_digit(byte_at(m, end)) || byte_at(m, end) == ',' ||
	    byte_at(m, end) == ' ')
		end++;
	set_text(m, field, *at, end);
	*at = end;
}

static bool
match_field(struct match *m, const char *pat, size_t at)
{
	bool bare = *pat == PATTERN_BARE;
	enum maillog_field field = pattern_field(pat[bare]);
	struct span span = { field, maillog_field_rows[field].kind, at, false };
	const char *next = pat + bare + 1;

	switch (span.kind) {
	case KIND_NUMBER:
		return match_number(m, field, &at, UINT64_MAX) &&
		    match_rest(m, next, at);
	case KIND_CODE:
		return match_number(m, field, &at, 999) &&
		    match_rest(m, next, at);
	case KIND_SIGNED:
		return match_signed(m, field, &at) && match_rest(m, next, at);
	case KIND_MOMENT:
		return match_moment(m, field, &at) && match_rest(m, next, at);
	case KIND_TIME:
		return match_time(m, field, &at) && match_rest(m, next, at);
	case KIND_RIDS:
		match_rids(m, field, &at);
		return match_rest(m, next, at);
	case KIND_WORD:
	case KIND_TEXT:
	case KIND_MAILBOX:
		return match_span(m, &span, next);
	case KIND_QUOTED:
		return bare ? match_span(m, &span, next)
			    : match_quoted(m, &span, next);
	case KIND_LIST:
		return match_list(m, &span, next);
	case KIND_DETAILS:
		return match_details(m, &span, next);
	case KIND_ATTRIBUTE:
		return match_attribute(m, &span, next);
	}
	return false;
}

static void
set_text(struct match *m, enum maillog_field field, size_t from, size_t end)
{
	struct slice text = slice_sub(m->line, from, end - from);

	memcpy(
	    (char *)m->ev + maillog_field_rows[field].at, &text, sizeof(text));
	m->ev->present |= UINT64_C(1) << field;
}

/* What an optional part set before it turned out not to be there. */
static void
forget_part(struct match *m, const char *open)
{
	struct slice none = { 0 };

	for (; *open != PATTERN_CLOSE; open++) {
		enum maillog_field field;
		enum field_kind kind;

		if (!pattern_is_field(*open))
			continue;
		field = pattern_field(*open);
		kind = maillog_field_rows[field].kind;
		m->ev->present &= ~(UINT64_C(1) << field);
		if (kind <= KIND_TIME)
			memset((char *)m->ev + maillog_field_rows[field].at, 0,
			    sizeof(uint64_t));
		else
			memcpy((char *)m->ev + maillog_field_rows[field].at,
			    &none, sizeof(none));
	}
}

/* May the text [from, end) be such a field? */
static bool
span_may_end(const struct match *m, const struct span *span, size_t end)
{
	struct slice text = slice_sub(m->line, span->from, end - span->from);

	if (span->kind == KIND_WORD)
		return slice_find_byte(text, ' ') == text.len;
	if (span->kind == KIND_MAILBOX && text.len > 0 && text.at[0] == '<')
		return text.at[text.len - 1] == '>';
	return true;
}

/* Does the text end at `end`, and the rest of the pattern fit from there? */
static bool
match_end(
    struct match *m, const struct span *span, const char *next, size_t end)
{
	size_t at = end;

	if (m->steps == 0 || m->tries == 0)
		return false;
	m->steps--;
	if (!match_literal(m, &next, &at) || !span_may_end(m, span, end))
		return false;
	m->tries--;
	while (end > span->from && byte_at(m, end - 1) == ' ')
		end--;
	set_text(m, span->field, span->from, end);
	return match_rest(m, next, at);
}

static bool
match_forward(struct match *m, const struct span *span, const char *next)
{
	size_t at = span->from;

	if (match_end(m, span, next, at))
		return true;
	for (; at < m->line.len && m->steps > 0; at++) {
		at += slice_find_byte(slice_skip(m->line, at), *next);
		if (at > span->from && match_end(m, span, next, at))
			return true;
	}
	return false;
}

static bool
match_backward(struct match *m, const struct span *span, const char *next)
{
	for (size_t at = m->line.len; at > span->from && m->steps > 0; at--)
		if (match_end(m, span, next, at))
			return true;
	return match_end(m, span, next, span->from);
}

static bool
match_span(struct match *m, const struct span *span, const char *next)
{
	while (*next == PATTERN_CLOSE)
		next++;
	if (*next == PATTERN_OPEN) {
		if (match_span(m, span, next + 1))
			return true;
		forget_part(m, next);
		return match_span(m, span, maillog_pattern_after(next));
	}
	if (*next == '\0')
		return match_end(m, span, next, m->line.len);
	assert(pattern_is_literal(*next));
	return span->backward ? match_backward(m, span, next)
			      : match_forward(m, span, next);
}

/* The text ends at `end` by its own syntax; the rest goes on at `at`. */
static bool
match_whole(struct match *m, const struct span *span, const char *next,
    size_t end, size_t at)
{
	set_text(m, span->field, span->from, end);
	return match_rest(m, next, at);
}

/* Double quotes need an apostrophe between them, as that is when they are
 * written; other rows take other quotes. */
static bool
match_quoted(struct match *m, const struct span *span, const char *next)
{
	struct span inside = *span;
	size_t end = text_quoted_end(m->line, span->from);
	struct slice text;

	inside.from++;
	if (end > 0) {
		text = slice_sub(m->line, inside.from, end - 1 - inside.from);
		if (byte_at(m, span->from) == '"' &&
		    slice_find_byte(text, '\'') == text.len)
			return false;
		if (match_whole(m, &inside, next, end - 1, end))
			return true;
	}
	/* Quotes that nobody escaped: the last one that fits ends it. */
	if (byte_at(m, span->from) != '\'')
		return false;
	for (size_t at = m->line.len; at > inside.from && m->steps > 0; at--) {
		m->steps--;
		if (byte_at(m, at - 1) != '\'')
			continue;
		if (match_whole(m, &inside, next, at - 1, at))
			return true;
	}
	return false;
}

/* The index of the bracket that closes the list, or 0. */
static size_t
list_end(const struct match *m, size_t at)
{
	unsigned depth = 0;

	while (at < m->line.len) {
		char c = m->line.at[at];

		if (c == '\'' || c == '"') {
			at = text_quoted_end(m->line, at);
			if (at == 0)
				return 0;
			continue;
		}
		if (c == '[' || c == '(')
			depth++;
		if (c == ']' && depth == 0)
			return at;
		if (c == ']' || c == ')')
			depth -= depth > 0;
		at++;
	}
	return 0;
}

static bool
match_list(struct match *m, const struct span *span, const char *next)
{
	struct span last = *span;
	size_t end = list_end(m, span->from);

	if (end > 0 && match_whole(m, span, next, end, end))
		return true;
	last.backward = true;
	return match_span(m, &last, next);
}

/* The reply of a peer may hold any words between its quotes, even those that
 * follow the field. */
static bool
match_details(struct match *m, const struct span *span, const char *next)
{
	struct span last = *span;
	size_t at = digits_end(m, span->from);

	if (at == span->from + 3 && byte_at(m, at) == '-')
		at++;
	at = text_quoted_end(m->line, at);
	if (at > 0 && match_whole(m, span, next, at, at))
		return true;
	last.backward = true;
	return match_span(m, &last, next);
}

/* No double quotes are in it. */
static bool
match_attribute(struct match *m, const struct span *span, const char *next)
{
	size_t end =
	    span->from + slice_find_byte(slice_skip(m->line, span->from), '"');

	return match_whole(m, span, next, end, end);
}

struct slice
match_pattern_word(const char *pattern)
{
	size_t len = 0;

	while (pattern_is_literal(pattern[len]) && pattern[len] != ' ')
		len++;
	return slice_of(pattern, len);
}

struct slice
match_take_word(struct slice *rest)
{
	struct slice word = slice_sub(*rest, 0, slice_find_byte(*rest, ' '));

	*rest = slice_skip(*rest, word.len);
	while (rest->len > 0 && rest->at[0] == ' ')
		*rest = slice_skip(*rest, 1);
	return word;
}
