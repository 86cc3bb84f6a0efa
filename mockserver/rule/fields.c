/* SPDX-License-Identifier: MIT */
/*
 * Replies, patterns and places; see fields.h.  The schema refuses what is
 * refused here, save patterns that PCRE2 refuses.
 */
#include "mockserver/rule/fields.h"
#include "core/smtp/reply.h"
#include "mockserver/rule/rule.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static bool read_reply_line(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool template_read(struct slice *text);
static bool read_pattern(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static void *arena_malloc(size_t size_bytes, void *arena);
static void arena_free_nothing(void *memory, void *arena);

/* The names that a reply may hold in braces. */
#define TEMPLATE_NAMES "rcpt|from|client|n|time"
#define REPLY_LINE_PATTERN                                                     \
	"[0-9][0-9][0-9]([ -]([^{\\x00-\\x08\\x0a-\\x1f\\x7f]|\\{\\{|"         \
	"\\{(" TEMPLATE_NAMES ")\\})*)?"
const struct json_custom fields_reply_line = {
	.name = "SMTP reply line",
	.types = JSON_ACCEPTS_STRING,
	.pattern = REPLY_LINE_PATTERN,
	.read = read_reply_line,
};

const struct json_custom fields_pattern = {
	.name = "PCRE2 pattern",
	.types = JSON_ACCEPTS_STRING,
	.read = read_pattern,
};

void
fields_reply_make(struct rule_reply *reply, const struct slice *lines,
    size_t count, struct arena *arena)
{
	struct buf wire = { 0 };
	uint64_t code = 0;

	for (size_t i = 0; i < count; i++) {
		const struct slice line = lines[i];
		const bool is_last = i + 1 == count;
		const struct slice text = slice_skip(line, 4);

		slice_to_u64(slice_sub(line, 0, 3), 999, &code);
		buf_append(&wire, slice_sub(line, 0, 3));
		if (!is_last)
			buf_append_byte(&wire, '-');
		else if (line.len > 3)
			buf_append_byte(&wire, ' ');
		buf_append(&wire, text);
		buf_append_cstr(&wire, "\r\n");
	}
	reply->wire = arena_slice(arena, buf_slice(&wire));
	reply->code = (int)code;
	reply->has_templates =
	    slice_find_byte(reply->wire, '{') < reply->wire.len;
	buf_fini(&wire);
}

void
fields_raw_make(struct rule_reply *reply, struct slice bytes)
{
	struct smtp_reply_reader reader = { 0 };
	struct smtp_reply first;
	struct slice rest = bytes;

	reply->wire = bytes;
	if (smtp_reply_read(&reader, &rest, &first) == SMTP_REPLY_COMPLETE)
		reply->code = first.code;
	smtp_reply_reader_fini(&reader);
}

static bool
read_reply_line(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice line = json_at_text(at), rest = slice_skip(line, 4);
	char quoted[JSON_QUOTE_MAX];

	if (line.len < 3 || !ascii_is_digit(line.at[0]) ||
	    !ascii_is_digit(line.at[1]) || !ascii_is_digit(line.at[2]) ||
	    (line.len > 3 && line.at[3] != ' ' && line.at[3] != '-'))
		return json_fail(at, err,
		    "%s is no reply; expected a code of three digits, a space "
		    "and a text, such as \"452 4.3.1 Mail system full\"",
		    json_quote(line, quoted));
	while (rest.len > 0) {
		const size_t offset = line.len - rest.len;
		const unsigned char c = (unsigned char)rest.at[0];

		if (c == '{') {
			if (!template_read(&rest))
				return json_fail_inside(at, offset, err,
				    "no such template; expected {rcpt}, "
				    "{from}, {client}, {n} or {time}, or {{ "
				    "for a brace");
			continue;
		}
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return json_fail_inside(at, offset, err,
			    "a reply line holds no control characters; "
			    "expected a list of lines");
		rest = slice_skip(rest, 1);
	}
	*(struct slice *)to = arena_slice(arena, line);
	return true;
}

/* Takes "{{" or "{name}" off the front. */
static bool
template_read(struct slice *text)
{
	struct slice names = SLICE(TEMPLATE_NAMES), name;

	if (slice_starts_with(*text, SLICE("{{"))) {
		*text = slice_skip(*text, 2);
		return true;
	}
	while (slice_split(&names, '|', &name)) {
		if (slice_starts_with(slice_skip(*text, 1), name) &&
		    text->len > name.len + 1 && text->at[name.len + 1] == '}') {
			*text = slice_skip(*text, name.len + 2);
			return true;
		}
	}
	return false;
}

/* The compiled pattern lives in the arena; PCRE2's own free has nothing to
 * do. */
static bool
read_pattern(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	const struct slice text = json_at_text(at);
	pcre2_general_context *memory = pcre2_general_context_create(
	    arena_malloc, arena_free_nothing, arena);
	pcre2_compile_context *context = pcre2_compile_context_create(memory);
	PCRE2_UCHAR why[128];
	PCRE2_SIZE offset;
	int error;
	const pcre2_code *code = pcre2_compile((PCRE2_SPTR)text.at, text.len,
	    PCRE2_CASELESS | PCRE2_MATCH_INVALID_UTF, &error, &offset, context);

	if (code == NULL) {
		pcre2_get_error_message(error, why, sizeof(why));
		return json_fail_inside(at, offset, err,
		    "not a PCRE2 pattern: %s", (const char *)why);
	}
	*(struct rule_pattern *)to =
	    (struct rule_pattern){ code, arena_slice(arena, text) };
	return true;
}

static void *
arena_malloc(size_t size_bytes, void *arena)
{
	return arena_alloc(arena, size_bytes);
}

static void
arena_free_nothing(void *memory, void *arena)
{
	(void)memory;
	(void)arena;
}

const char *
fields_place(const struct json_at *at, struct arena *arena)
{
	char *pointer = json_at_format(at);
	struct buf text = { 0 };
	const char *place;
	int line, col;

	json_doc_place(at->doc, pointer, &line, &col);
	buf_printf(&text, "%s:%d:%d", at->doc->file, line, col);
	place = arena_strdup(arena, buf_slice(&text));
	buf_fini(&text);
	free(pointer);
	return place;
}
