/* SPDX-License-Identifier: MIT */
/* Escapes, quotes, replies and RID lists; see text.h and maillog.h. */
#include "core/maillog/text.h"

#include "core/maillog/maillog.h"

static size_t printable_length(struct slice text, size_t at);
static void put_escape(struct buf *out, unsigned char byte);
static void put_repr_body(struct buf *out, struct slice plain, char quote);
static char quote_for(const struct slice *texts, size_t count);
static size_t get_escape(struct slice text, char *byte);

void
text_put(struct buf *out, struct slice text, unsigned escapes)
{
	size_t from = 0;

	for (size_t i = 0; i < text.len;) {
		char c = text.at[i];
		bool edge = i == 0 || i + 1 == text.len;
		size_t keep = printable_length(text, i);

		if ((c == '\\' && (escapes & TEXT_ESCAPE_BACKSLASH) != 0) ||
		    (c == '\'' && (escapes & TEXT_ESCAPE_QUOTE) != 0) ||
		    (c == ' ' && (escapes & TEXT_ESCAPE_SPACES) != 0) ||
		    (c == ' ' && edge && (escapes & TEXT_ESCAPE_EDGES) != 0))
			keep = 0;
		if (keep > 0) {
			i += keep;
			continue;
		}
		buf_append(out, slice_sub(text, from, i - from));
		put_escape(out, (unsigned char)c);
		from = ++i;
	}
	buf_append(out, slice_skip(text, from));
}

void
text_put_quoted(struct buf *out, struct slice plain)
{
	char quote = quote_for(&plain, 1);

	buf_append_byte(out, quote);
	put_repr_body(out, plain, quote);
	buf_append_byte(out, quote);
}

void
text_put_requoted(struct buf *out, struct slice escaped)
{
	char quote = '\'';

	for (size_t i = 0; i < escaped.len; i++) {
		if (escaped.at[i] == '\\')
			i++;
		else if (escaped.at[i] == '\'')
			quote = '"';
	}
	buf_append_byte(out, quote);
	text_put(out, escaped, 0);
	buf_append_byte(out, quote);
}

size_t
text_quoted_end(struct slice line, size_t at)
{
	char quote = at < line.len ? line.at[at] : '\0';

	if (quote != '\'' && quote != '"')
		return 0;
	for (size_t i = at + 1; i < line.len; i++) {
		if (line.at[i] == '\\')
			i++;
		else if (line.at[i] == quote)
			return i + 1;
	}
	return 0;
}

void
maillog_escape(struct buf *out, struct slice plain)
{
	text_put(out, plain, TEXT_ESCAPE_BACKSLASH | TEXT_ESCAPE_EDGES);
}

void
maillog_unescape(struct buf *out, struct slice escaped)
{
	while (escaped.len > 0) {
		size_t run = slice_find_byte(escaped, '\\');
		char byte = '\\';

		buf_append(out, slice_sub(escaped, 0, run));
		escaped = slice_skip(escaped, run);
		if (escaped.len == 0)
			break;
		escaped = slice_skip(escaped, get_escape(escaped, &byte));
		buf_append_byte(out, byte);
	}
}

void
maillog_rids_add(struct buf *rids, uint64_t rid)
{
	if (buf_len(rids) > 0)
		buf_append_cstr(rids, ", ");
	buf_append_u64(rids, rid);
}

bool
maillog_rid_next(struct slice *rest, uint64_t *rid)
{
	struct slice part;

	while (slice_split(rest, ',', &part))
		if (slice_to_u64(slice_trim(part), UINT64_MAX, rid))
			return true;
	return false;
}

uint64_t
maillog_rids_count(struct slice rids)
{
	uint64_t count = 0, rid;

	while (maillog_rid_next(&rids, &rid))
		count++;
	return count;
}

void
maillog_reply_details(
    struct buf *out, unsigned code, const struct slice *lines, size_t count)
{
	char quote = quote_for(lines, count);

	if (code > 0) {
		buf_append_u64(out, code);
		buf_append_byte(out, '-');
	}
	buf_append_byte(out, quote);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_append_cstr(out, "\\n");
		put_repr_body(out, lines[i], quote);
	}
	buf_append_byte(out, quote);
}

bool
maillog_details_reply(struct slice details, unsigned *code, struct slice *text)
{
	struct slice digits = slice_sub(details, 0, 3);
	uint64_t number;

	if (!slice_to_u64(digits, 999, &number) || details.len < 4 ||
	    details.at[3] != '-')
		return false;
	*code = (unsigned)number;
	*text = slice_skip(details, 4);
	if (text_quoted_end(*text, 0) == text->len && text->len > 0)
		*text = slice_sub(*text, 1, text->len - 2);
	return true;
}

void
maillog_reply_list(struct buf *out, const struct slice *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_append_cstr(out, ", ");
		text_put_quoted(out, lines[i]);
	}
}

bool
maillog_line_next(struct slice *rest, struct slice *line)
{
	size_t end;

	while (rest->len > 0 && (rest->at[0] == ' ' || rest->at[0] == ','))
		*rest = slice_skip(*rest, 1);
	if (rest->len == 0)
		return false;
	end = text_quoted_end(*rest, 0);
	if (end > 0) {
		*line = slice_sub(*rest, 1, end - 2);
		*rest = slice_skip(*rest, end);
		return true;
	}
	/* A list with a broken quote has no separators to trust. */
	*line = *rest;
	*rest = slice_skip(*rest, rest->len);
	return true;
}

/* The bytes of a valid UTF-8 sequence (RFC 3629) of two bytes or more, and of
 * its code point; 0 when there is none. */
static size_t
utf8_length(struct slice text, size_t at, uint32_t *point)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char lead = (unsigned char)text.at[at];
	size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	if (lead < 0xc2 || lead > 0xf4 || text.len - at < n)
		return 0;
	*point = lead & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		unsigned char byte = (unsigned char)text.at[at + i];

		if ((byte & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (byte & 0x3fU);
	}
	if (*point < lowest[n] || *point > 0x10ffff ||
	    (*point >= 0xd800 && *point <= 0xdfff))
		return 0;
	return n;
}

/* The bytes of the character at `at` that may stand in a line as they are, or
 * 0.  C1 controls and the Unicode line separators are ends of lines to some
 * readers. */
static size_t
printable_length(struct slice text, size_t at)
{
	unsigned char c = (unsigned char)text.at[at];
	uint32_t point = 0;
	size_t n;

	if (c < 0x80)
		return c >= ' ' && c != 0x7f;
	n = utf8_length(text, at, &point);
	return point < 0xa0 || point == 0x2028 || point == 0x2029 ? 0 : n;
}

static void
put_escape(struct buf *out, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";

	buf_append_byte(out, '\\');
	if (byte == '\n') {
		buf_append_byte(out, 'n');
	} else if (byte == '\r') {
		buf_append_byte(out, 'r');
	} else if (byte == '\t') {
		buf_append_byte(out, 't');
	} else if (byte == '\\' || byte == '\'') {
		buf_append_byte(out, (char)byte);
	} else {
		buf_append_byte(out, 'x');
		buf_append_byte(out, hex[byte >> 4]);
		buf_append_byte(out, hex[byte & 15]);
	}
}

static void
put_repr_body(struct buf *out, struct slice plain, char quote)
{
	text_put(out, plain,
	    TEXT_ESCAPE_BACKSLASH | (quote == '\'' ? TEXT_ESCAPE_QUOTE : 0));
}

/* Python's choice for the texts taken together. */
static char
quote_for(const struct slice *texts, size_t count)
{
	bool single = false, twofold = false;

	for (size_t i = 0; i < count; i++) {
		single |= slice_find_byte(texts[i], '\'') < texts[i].len;
		twofold |= slice_find_byte(texts[i], '"') < texts[i].len;
	}
	return single && !twofold ? '"' : '\'';
}

/* Reads the escape that `text` begins with and gives its length; a backslash
 * that begins none stands for itself. */
static size_t
get_escape(struct slice text, char *byte)
{
	static const char names[] = "nrt\\'\"", bytes[] = "\n\r\t\\'\"";
	char c = text.len > 1 ? text.at[1] : '\0';
	const char *name = c != '\0' ? strchr(names, c) : NULL;
	int high, low;

	*byte = '\\';
	if (name != NULL) {
		*byte = bytes[name - names];
		return 2;
	}
	if (c != 'x' || text.len < 4)
		return 1;
	high = ascii_hex_value(text.at[2]);
	low = ascii_hex_value(text.at[3]);
	if (high < 0 || low < 0)
		return 1;
	*byte = (char)(high << 4 | low);
	return 4;
}

/* ---- XML attributes ---- */

static const struct {
	char byte;
	struct slice entity;
} entities[] = {
	{ '&', SLICE_INIT("&amp;") },
	{ '<', SLICE_INIT("&lt;") },
	{ '>', SLICE_INIT("&gt;") },
	{ '"', SLICE_INIT("&quot;") },
};

static void
put_entity(struct buf *out, char byte)
{
	for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
		if (entities[i].byte != byte)
			continue;
		buf_append(out, entities[i].entity);
		return;
	}
	buf_append_byte(out, byte);
}

void
maillog_attribute(struct buf *out, struct slice plain)
{
	struct buf escaped = { 0 };
	struct slice text;

	text_put(&escaped, plain, TEXT_ESCAPE_BACKSLASH);
	text = buf_slice(&escaped);
	for (size_t i = 0; i < text.len; i++)
		put_entity(out, text.at[i]);
	buf_fini(&escaped);
}

/* Takes a byte, or the entity that stands for one, off *rest. */
static char
take_entity(struct slice *rest)
{
	char byte = rest->at[0];
	size_t len = 1;

	for (size_t i = 0; i < ARRAY_LEN(entities); i++)
		if (slice_starts_with(*rest, entities[i].entity)) {
			byte = entities[i].byte;
			len = entities[i].entity.len;
		}
	*rest = slice_skip(*rest, len);
	return byte;
}

void
maillog_attribute_plain(struct buf *out, struct slice value)
{
	struct buf escaped = { 0 };

	while (value.len > 0)
		buf_append_byte(&escaped, take_entity(&value));
	maillog_unescape(out, buf_slice(&escaped));
	buf_fini(&escaped);
}
