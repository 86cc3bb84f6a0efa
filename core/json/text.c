/* SPDX-License-Identifier: MIT */
/* Places in a JSON text; see text.h. */
#include "core/json/text.h"

static const char *skip_space(const char *at, const char *end);
static const char *skip_token(const char *at, const char *end);
static const char *skip_value(const char *at, const char *end);
static char *token_unescape(struct slice token);
static json_t *child_find(json_t *value, struct slice token, size_t *index);
static void child_locate(
    struct slice text, size_t index, struct json_found *found);
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
	while (offset > 0 && offset < text.len &&
	    is_inside_character(text.at[offset]))
		offset--;
	*line = 1;
	*col = 1;
	for (size_t i = 0; i < offset; i++) {
		if (text.at[i] == '\n') {
			*line += 1;
			*col = 1;
		} else if (!is_inside_character(text.at[i])) {
			*col += 1;
		}
	}
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

struct json_found
json_text_find(struct slice text, json_t *root, const char *pointer)
{
	struct slice rest = slice_skip(slice_cstr(pointer), 1);
	struct slice token;
	struct json_found found = { root, 0, 0 };
	json_t *child;
	size_t index;

	assert(*pointer == '\0' || *pointer == '/');
	found.offset = found.key =
	    (size_t)(skip_space(text.at, text.at + text.len) - text.at);
	if (*pointer == '\0')
		return found;
	for (bool is_last = false; !is_last; rest = slice_skip(rest, 1)) {
		token = slice_sub(rest, 0, slice_find_byte(rest, '/'));
		rest = slice_skip(rest, token.len);
		is_last = rest.len == 0;
		child = child_find(found.value, token, &index);
		found.value = child;
		if (child == NULL)
			return found;
		child_locate(text, index, &found);
	}
	return found;
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

/* The member or element that a pointer's token names, and its number in the
 * order of the file; or NULL. */
static json_t *
child_find(json_t *value, struct slice token, size_t *index)
{
	uint64_t number;
	char *key;

	*index = 0;
	if (json_is_array(value)) {
		if (!slice_to_u64(token, SIZE_MAX, &number))
			return NULL;
		*index = (size_t)number;
		return json_array_get(value, *index);
	}
	key = token_unescape(token);
	for (void *i = json_object_iter(value); i != NULL;
	     i = json_object_iter_next(value, i), *index += 1) {
		if (strcmp(json_object_iter_key(i), key) != 0)
			continue;
		free(key);
		return json_object_iter_value(i);
	}
	free(key);
	return NULL;
}

/* Moves the offsets from an object or array to its child number `index`. */
static void
child_locate(struct slice text, size_t index, struct json_found *found)
{
	const char *end = text.at + text.len;
	const char *at = text.at + found->offset;
	bool is_object = *at == '{';

	for (size_t i = 0;; i++) {
		/* Past the bracket or the comma. */
		at = skip_space(at + 1, end);
		found->key = (size_t)(at - text.at);
		if (is_object) {
			at = skip_space(skip_token(at, end), end);
			assert(*at == ':');
			at = skip_space(at + 1, end);
		}
		found->offset = (size_t)(at - text.at);
		if (i == index)
			break;
		at = skip_space(skip_value(at, end), end);
		assert(*at == ',');
	}
}

/* RFC 6901, 4: "~1" is "/", "~0" is "~". */
static char *
token_unescape(struct slice token)
{
	char *text = slice_dup(token);
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		*to = *from;
		if (*from == '~' && (from[1] == '0' || from[1] == '1'))
			*to = *++from == '0' ? '~' : '/';
		to++;
	}
	*to = '\0';
	return text;
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
