/* SPDX-License-Identifier: MIT */
/* Bytes in a JSON string; see bytes.h.  The schema refuses what is refused
 * here. */
#include "core/json/bytes.h"

#include "core/base/arena.h"
#include "core/base/buf.h"

static bool bytes_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool escape_read(struct slice *text, char *byte);

#define BYTES_PATTERN "([^\\\\]|\\\\([rnt\\\\]|x[0-9A-Fa-f]{2})){0,4000}"
const struct json_custom json_bytes = {
	.name = "bytes",
	.types = JSON_ACCEPTS_STRING,
	.pattern = BYTES_PATTERN,
	.read = bytes_read,
};

static bool
bytes_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = json_at_text(at), rest = text;
	struct buf bytes = { 0 };
	size_t characters = 0;

	while (rest.len > 0) {
		char byte = rest.at[0];

		/* Of a character in UTF-8 the first byte counts. */
		characters += ((unsigned char)byte & 0xc0) != 0x80;
		if (byte != '\\') {
			rest = slice_skip(rest, 1);
		} else if (!escape_read(&rest, &byte)) {
			buf_fini(&bytes);
			return json_fail_inside(at, text.len - rest.len, err,
			    "no such escape; expected \\r, \\n, \\t, \\xff or "
			    "\\\\");
		}
		buf_append_byte(&bytes, byte);
	}
	*(struct slice *)to = arena_slice(arena, buf_slice(&bytes));
	buf_fini(&bytes);
	if (characters <= JSON_BYTES_MAX)
		return true;
	return json_fail(
	    at, err, "expected at most %d characters", JSON_BYTES_MAX);
}

/* Takes a backslash and what belongs to it off the front. */
static bool
escape_read(struct slice *text, char *byte)
{
	static const char letters[] = "rnt\\", bytes[] = "\r\n\t\\";
	const char letter = text->len > 1 ? text->at[1] : '\0';
	const char *found = letter != '\0' ? strchr(letters, letter) : NULL;
	int high, low;

	if (found != NULL) {
		*byte = bytes[found - letters];
		*text = slice_skip(*text, 2);
		return true;
	}
	if (letter != 'x' || text->len < 4)
		return false;
	high = ascii_hex_value(text->at[2]);
	low = ascii_hex_value(text->at[3]);
	if (high < 0 || low < 0)
		return false;
	*byte = (char)(high << 4 | low);
	*text = slice_skip(*text, 4);
	return true;
}
