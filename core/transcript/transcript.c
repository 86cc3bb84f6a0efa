/* SPDX-License-Identifier: MIT */
/*
 * Events as lines of JSON; see transcript.h.  Written by hand because the bytes
 * of a dialogue need not be text, and there may be very many of them.
 */
#include "core/transcript/transcript.h"

#include "core/smtp/utf8.h"

static void append_string(struct buf *out, struct slice s, bool *is_latin1);
static bool is_text(struct slice s);
static size_t plain_run(struct slice s, bool is_utf8);
static bool is_plain(unsigned char c, bool is_utf8);
static bool word_is_plain(const char *at);
static void append_escape(struct buf *out, unsigned char c);
static void append_endpoints(
    struct buf *out, const struct transcript_event *ev);
static void append_message(
    struct buf *out, const struct transcript_event *ev, bool *is_latin1);

static const char *const kind_names[] = {
#define X(constant, name) [constant] = name,
	TRANSCRIPT_KINDS(X)
#undef X
};

void
transcript_format(struct buf *out, const struct transcript_event *ev)
{
	char time[UTIME_TEXT_MAX];
	bool is_latin1 = false;

	buf_append_cstr(out, "{\"time\":\"");
	buf_append_cstr(out, utime_format_rfc3339(ev->time, time));
	buf_append_cstr(out, "\",\"host\":");
	append_string(out, slice_cstr(ev->host), &is_latin1);
	buf_append_cstr(out, ",\"connection\":");
	buf_append_u64(out, ev->connection);
	buf_append_cstr(out, ",\"event\":\"");
	buf_append_cstr(out, kind_names[ev->kind]);
	buf_append_byte(out, '"');
	if (ev->kind == TRANSCRIPT_OPEN)
		append_endpoints(out, ev);
	if (ev->kind == TRANSCRIPT_IN || ev->kind == TRANSCRIPT_OUT) {
		buf_append_cstr(out, ",\"direction\":\"");
		buf_append_cstr(out, kind_names[ev->kind]);
		buf_append_cstr(out, "\",\"bytes\":");
		append_string(out, ev->bytes, &is_latin1);
	}
	if (ev->cut > 0) {
		buf_append_cstr(out, ",\"cut\":");
		buf_append_u64(out, ev->cut);
	}
	if (ev->kind == TRANSCRIPT_MESSAGE)
		append_message(out, ev, &is_latin1);
	if (ev->rule != NULL) {
		buf_append_cstr(out, ",\"rule\":");
		append_string(out, slice_cstr(ev->rule), &is_latin1);
	}
	if (ev->note != NULL) {
		buf_append_cstr(out, ",\"note\":");
		append_string(out, slice_cstr(ev->note), &is_latin1);
	}
	if (is_latin1)
		buf_append_cstr(out, ",\"encoding\":\"latin1\"");
	buf_append_cstr(out, "}\n");
}

static void
append_endpoints(struct buf *out, const struct transcript_event *ev)
{
	char text[ENDPOINT_TEXT_MAX];

	buf_append_cstr(out, ",\"server\":\"");
	buf_append_cstr(out, endpoint_format(&ev->server, text));
	buf_append_cstr(out, "\",\"client\":\"");
	buf_append_cstr(out, endpoint_format(&ev->client, text));
	buf_append_byte(out, '"');
}

static void
append_message(
    struct buf *out, const struct transcript_event *ev, bool *is_latin1)
{
	buf_append_cstr(out, ",\"from\":");
	append_string(out, ev->sender, is_latin1);
	buf_append_cstr(out, ",\"to\":[");
	for (size_t i = 0; i < ev->recipient_count; i++) {
		if (i > 0)
			buf_append_byte(out, ',');
		append_string(out, ev->recipients[i], is_latin1);
	}
	buf_append_cstr(out, "],\"size\":");
	buf_append_u64(out, ev->size_bytes);
	if (ev->body_sha256.len == 0)
		return;
	buf_append_cstr(out, ",\"body_sha256\":");
	append_string(out, ev->body_sha256, is_latin1);
}

/* Text that is UTF-8 stands as it is; otherwise each byte becomes the character
 * of its number. */
static void
append_string(struct buf *out, struct slice s, bool *is_latin1)
{
	const bool is_utf8 = is_text(s);

	*is_latin1 |= !is_utf8;
	buf_append_byte(out, '"');
	while (s.len > 0) {
		const size_t plain = plain_run(s, is_utf8);

		buf_append(out, slice_sub(s, 0, plain));
		s = slice_skip(s, plain);
		if (s.len == 0)
			break;
		append_escape(out, (unsigned char)s.at[0]);
		s = slice_skip(s, 1);
	}
	buf_append_byte(out, '"');
}

/* Is it UTF-8? */
static bool
is_text(struct slice s)
{
	if (slice_is_7bit(s))
		return true;
	for (size_t i = 0; i < s.len;) {
		const size_t len =
		    (unsigned char)s.at[i] < 0x80 ? 1 : smtp_utf8_scan(s, i);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

/* How many bytes need no escape. */
static size_t
plain_run(struct slice s, bool is_utf8)
{
	size_t n = 0;

	for (;;) {
		while (s.len - n >= sizeof(uint64_t) && word_is_plain(s.at + n))
			n += sizeof(uint64_t);
		if (n == s.len)
			return n;
		/* At most a word of these, unless it is not ASCII. */
		if (!is_plain((unsigned char)s.at[n], is_utf8))
			return n;
		n++;
	}
}

static bool
is_plain(unsigned char c, bool is_utf8)
{
	if (c >= 0x80)
		return is_utf8;
	return c >= ' ' && c != '"' && c != '\\' && c != 0x7f;
}

/* Eight bytes at once: all of them ASCII that needs no escape.  What borrows
 * from one byte to the next only makes it say no too often. */
static bool
word_is_plain(const char *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t word, quote, backslash, control, rubout;

	memcpy(&word, at, sizeof(word));
	quote = (word ^ ones * '"') - ones;
	backslash = (word ^ ones * '\\') - ones;
	control = word - ones * ' ';
	rubout = word + ones;
	return ((word | quote | backslash | control | rubout) & high) == 0;
}

static void
append_escape(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	switch (c) {
	case '"':
		buf_append_cstr(out, "\\\"");
		break;
	case '\\':
		buf_append_cstr(out, "\\\\");
		break;
	case '\r':
		buf_append_cstr(out, "\\r");
		break;
	case '\n':
		buf_append_cstr(out, "\\n");
		break;
	case '\t':
		buf_append_cstr(out, "\\t");
		break;
	default:
		buf_append_cstr(out, "\\u00");
		buf_append_byte(out, hex[c >> 4]);
		buf_append_byte(out, hex[c & 15]);
		break;
	}
}
