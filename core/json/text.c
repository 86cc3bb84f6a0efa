/* SPDX-License-Identifier: MIT */
/* Places in a JSON text; see text.h. */
#include "core/json/text.h"

static const char *skip_space(const char *at, const char *end);
static const char *skip_token(const char *at, const char *end);
static const char *skip_value(const char *at, const char *end);
static void escape_measure(const char *at, size_t *written, size_t *meant);
static int hex_read(const char *at);

/* A byte of a UTF-8 character that is not its first. */
static bool
is_inside_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

void
json_text_place(struct slice text, size_t offset, int *line, int *col)
{
	*line = 1;
	*col = 1;
	json_text_advance(
	    text, 0, json_text_character(text, offset), line, col);
}

size_t
json_text_character(struct slice text, size_t offset)
{
	while (offset > 0 && offset < text.len &&
	    is_inside_character(text.at[offset]))
		offset--;
	return offset;
}

void
json_text_advance(
    struct slice text, size_t from, size_t to, int *line, int *col)
{
	for (size_t i = from; i < to; i++) {
		if (text.at[i] == '\n') {
			*line += 1;
			*col = 1;
		} else if (!is_inside_character(text.at[i])) {
			*col += 1;
		}
	}
}

size_t
json_text_skip_space(struct slice text, size_t offset)
{
	return (
	    size_t)(skip_space(text.at + offset, text.at + text.len) - text.at);
}

size_t
json_text_skip_value(struct slice text, size_t offset)
{
	const char *end = text.at + text.len;

	return (size_t)(skip_space(skip_value(text.at + offset, end), end) -
	    text.at);
}

struct slice
json_text_token(struct slice text, size_t position)
{
	const char *end = text.at + text.len;
	const char *at = skip_space(text.at, end);
	const char *after = at;

	while (at < end) {
		after = skip_token(at, end);
		if ((size_t)(after - text.at) >= position)
			break;
		at = skip_space(after, end);
	}
	return slice_of(at, at < end ? (size_t)(after - at) : 0);
}

size_t
json_text_inside(struct slice text, size_t offset, size_t index)
{
	const char *at = text.at + offset + 1;
	size_t written, meant;

	for (size_t done = 0; *at != '"'; done += meant, at += written) {
		written = meant = 1;
		if (*at == '\\')
			escape_measure(at, &written, &meant);
		if (done + meant > index)
			break;
	}
	return (size_t)(at - text.at);
}

/* How many bytes an escape takes in the text, and how many in the string. */
static void
escape_measure(const char *at, size_t *written, size_t *meant)
{
	int unit;

	*written = 2;
	*meant = 1;
	if (at[1] != 'u')
		return;
	unit = hex_read(at + 2);
	*written = 6;
	if ((unit & 0xfc00) == 0xd800) {
		/* A surrogate pair is two escapes, four bytes. */
		*written = 12;
		*meant = 4;
	} else if (unit >= 0x800) {
		*meant = 3;
	} else if (unit >= 0x80) {
		*meant = 2;
	}
}

static int
hex_read(const char *at)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		int digit = ascii_is_digit(at[i])
		    ? at[i] - '0'
		    : ascii_lower(at[i]) - 'a' + 10;

		value = value * 16 + digit;
	}
	return value;
}

static const char *
skip_space(const char *at, const char *end)
{
	while (at < end &&
	    (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

static bool
is_word(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '+' ||
	    c == '.' || c == '_';
}

/* Past a string (at most to the end of its line when nothing closes it), a
 * word or number, or one character. */
static const char *
skip_token(const char *at, const char *end)
{
	if (*at == '"') {
		for (at++; at < end && *at != '\n' && *at != '"'; at++)
			if (*at == '\\' && at + 1 < end && at[1] != '\n')
				at++;
		return at < end && *at == '"' ? at + 1 : at;
	}
	if (is_word(*at)) {
		while (at < end && is_word(*at))
			at++;
		return at;
	}
	for (at++; at < end && is_inside_character(*at); at++)
		continue;
	return at;
}

/* Past a value of a text that is known to be JSON. */
static const char *
skip_value(const char *at, const char *end)
{
	size_t depth = 0;

	do {
		at = skip_space(at, end);
		assert(at < end);
		if (*at == '{' || *at == '[')
			depth++;
		else if (*at == '}' || *at == ']')
			depth--;
		at = skip_token(at, end);
	} while (depth > 0);
	return at;
}
