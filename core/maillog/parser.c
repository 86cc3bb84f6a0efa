/* SPDX-License-Identifier: MIT */
/*
 * The parser: a stamp, then the row of the table that fits the text.  Rows are
 * found by the words that they begin with, so that few of them are tried.
 */
#include "core/maillog/parser_impl.h"

#include "core/maillog/match.h"
#include "core/maillog/table.h"

/* A stamp and a level are no longer. */
#define STAMP_BYTES_MAX 40
/* Editors put it in front of a file. */
#define BYTE_ORDER_MARK SLICE("\xef\xbb\xbf")

static void index_build(struct maillog_parser *p);
static bool find_form(const struct maillog_parser *p, struct slice text,
    struct maillog_event *ev);
static bool read_stampless(
    struct maillog_parser *p, struct slice line, struct maillog_event *ev);
static bool begins_another(const struct maillog_parser *p, struct slice line);
static void refuse_welded(
    struct maillog_parser *p, struct slice text, struct maillog_event *ev);

static void
count_event(struct maillog_parser *p, const struct maillog_event *ev)
{
	p->records++;
	p->unknown += ev->form == MAILLOG_UNKNOWN;
}

static struct slice
without_line_end(struct slice line)
{
	while (line.len > 0 &&
	    (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
		line.len--;
	return line;
}

static void
append_line(struct maillog_parser *p, struct slice line)
{
	size_t room;

	if (buf_len(&p->record) > 0 && buf_len(&p->record) < MAILLOG_RECORD_MAX)
		buf_append_byte(&p->record, ' ');
	room = MAILLOG_RECORD_MAX - buf_len(&p->record);
	p->is_cut |= line.len > room;
	buf_append(&p->record, slice_sub(line, 0, room));
}

void
maillog_parser_init(struct maillog_parser *p, utime clock)
{
	*p = (struct maillog_parser){ .clock = clock };
	index_build(p);
}

void
maillog_parser_fini(struct maillog_parser *p)
{
	buf_fini(&p->record);
	buf_fini(&p->given);
	buf_fini(&p->tight);
}

bool
maillog_parse(
    struct maillog_parser *p, struct slice line, struct maillog_event *ev)
{
	struct maillog_stamp stamp;

	line = without_line_end(line);
	if (!maillog_stamp_parse(line, p->clock, &stamp))
		return read_stampless(p, line, ev);
	p->cut += line.len > MAILLOG_RECORD_MAX;
	line = slice_sub(line, 0, MAILLOG_RECORD_MAX);
	p->clock = stamp.time;
	maillog_parser_read(p, slice_skip(line, stamp.used), &stamp, ev);
	count_event(p, ev);
	return true;
}

/* Forums put a blank line between all that are pasted, also within records. */
static void
note_blank(struct maillog_parser *p)
{
	if (p->sure_len == 0) {
		p->sure_len = buf_len(&p->record);
		p->sure_joined = p->joined;
	}
	p->is_full |= p->joined >= MAILLOG_BREAKS_MAX;
}

bool
maillog_parser_feed(
    struct maillog_parser *p, struct slice line, struct maillog_event *ev)
{
	struct maillog_stamp stamp;
	bool gave;

	line = without_line_end(line);
	if (p->lines++ == 0 && slice_starts_with(line, BYTE_ORDER_MARK))
		line = slice_skip(line, BYTE_ORDER_MARK.len);
	if (maillog_stamp_parse(line, p->clock, &stamp)) {
		gave = maillog_parser_flush(p, ev);
		p->clock = stamp.time;
		p->stamp = stamp;
		p->is_open = true;
		p->is_full = false;
		p->sure_len = 0;
		p->begun = p->lines;
		append_line(p, line);
		p->first_len = buf_len(&p->record);
		return gave;
	}
	line = slice_trim(line);
	if (line.len == 0) {
		note_blank(p);
	} else if (!p->is_open || p->is_full || begins_another(p, line)) {
		p->stray++;
		p->is_full = true;
	} else {
		if (p->joined < MAILLOG_BREAKS_MAX)
			p->breaks[p->joined] = buf_len(&p->record);
		append_line(p, line);
		p->joined++;
	}
	return false;
}

/* Lines that make a record of a known form one of none are no part of it but
 * prose around a quoted log, and are left out. */
bool
maillog_parser_flush(struct maillog_parser *p, struct maillog_event *ev)
{
	struct buf last = p->record;
	struct slice text;
	struct maillog_event first;

	if (!p->is_open)
		return false;
	p->record = p->given;
	p->given = last;
	buf_clear(&p->record);
	p->line = p->begun;
	p->given_stamp = p->stamp;
	if (p->sure_len > 0 && p->joined > p->sure_joined)
		maillog_parser_settle(p);
	maillog_parser_join(p, ev);
	if (p->joined > 0 && ev->form == MAILLOG_UNKNOWN) {
		text = slice_sub(buf_slice(&p->given), 0, p->first_len);
		text = slice_skip(text, p->stamp.used);
		maillog_parser_read(p, text, &p->stamp, &first);
		if (first.form != MAILLOG_UNKNOWN) {
			*ev = first;
			p->given_len = p->first_len;
			p->stray += p->joined;
			p->joined = 0;
		}
	}
	refuse_welded(p, maillog_parser_text(p), ev);
	p->folded += p->joined;
	p->cut += p->is_cut;
	p->joined = 0;
	p->is_open = p->is_full = p->is_cut = false;
	count_event(p, ev);
	return true;
}

struct slice
maillog_parser_text(const struct maillog_parser *p)
{
	return slice_sub(buf_slice(&p->given), 0, p->given_len);
}

struct slice
maillog_parser_host(const struct maillog_parser *p)
{
	return slice_sub(buf_slice(&p->given), p->given_stamp.host_at,
	    p->given_stamp.host_len);
}

void
maillog_parser_read(const struct maillog_parser *p, struct slice text,
    const struct maillog_stamp *stamp, struct maillog_event *ev)
{
	text = slice_trim(text);
	if (!find_form(p, text, ev)) {
		*ev = (struct maillog_event){ .text = text };
		ev->present = UINT64_C(1) << MAILLOG_FIELD_text;
	}
	ev->escaped = true;
	ev->time = stamp->time;
	ev->level = stamp->level;
}

/* A record of the delivery log tells its moment itself. */
static bool
read_stampless(
    struct maillog_parser *p, struct slice line, struct maillog_event *ev)
{
	if (line.len == 0 || line.at[0] != '<' || !find_form(p, line, ev))
		return false;
	ev->escaped = true;
	ev->time = ev->delivered / UTIME_S * UTIME_S;
	ev->level = MAILLOG_INFO;
	p->clock = ev->time;
	count_event(p, ev);
	return true;
}

/* The bucket of rows that begin with these two words. */
static unsigned
bucket_of(struct slice first, struct slice second)
{
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < first.len; i++)
		hash = (hash ^ (unsigned char)first.at[i]) * 16777619U;
	hash = (hash ^ ' ') * 16777619U;
	for (size_t i = 0; i < second.len; i++)
		hash = (hash ^ (unsigned char)second.at[i]) * 16777619U;
	return (hash ^ hash >> 16) % MAILLOG_INDEX_BUCKETS;
}

/* The second word is the one behind the number, if a number follows the first;
 * it is empty when a field's value may stand there or touch it. */
static unsigned
bucket_of_pattern(const char *pattern)
{
	struct slice none = { 0 }, first = match_pattern_word(pattern), second;
	const char *p = pattern + first.len;

	/* Debug logs: the number of a connection. */
	if (first.len == 0)
		return bucket_of(none, none);
	assert(*p == ' ');
	p++;
	if (pattern_is_field(*p)) {
		if (maillog_field_rows[pattern_field(*p)].kind != KIND_NUMBER ||
		    p[1] != ' ')
			return bucket_of(first, none);
		p += 2;
	}
	second = match_pattern_word(p);
	p += second.len;
	return bucket_of(first, *p == ' ' || *p == '\0' ? second : none);
}

static void
index_build(struct maillog_parser *p)
{
	assert(maillog_row_count <= MAILLOG_ROWS_MAX);
	for (size_t row = maillog_row_count; row > 0; row--) {
		unsigned b = bucket_of_pattern(maillog_rows[row - 1].pattern);

		p->next[row] = p->bucket[b];
		p->bucket[b] = (uint8_t)row;
	}
}

static bool
find_in_bucket(const struct maillog_parser *p, unsigned bucket,
    struct slice text, struct maillog_event *ev)
{
	for (unsigned row = p->bucket[bucket]; row != 0; row = p->next[row]) {
		const struct maillog_row *fit = &maillog_rows[row - 1];

		*ev = (struct maillog_event){ .form = fit->form };
		if (!maillog_match(fit->pattern, text, ev))
			continue;
		/* The rows of a form stand together. */
		while (fit > maillog_rows && fit[-1].form == fit->form) {
			ev->spelling++;
			fit--;
		}
		return true;
	}
	return false;
}

static bool
find_form(
    const struct maillog_parser *p, struct slice text, struct maillog_event *ev)
{
	struct slice none = { 0 }, rest = text;
	struct slice first = match_take_word(&rest);
	struct slice second = match_take_word(&rest);

	if (first.len > 0 && ascii_is_digit(first.at[0]))
		return find_in_bucket(p, bucket_of(none, none), text, ev);
	if (second.len > 0 && ascii_is_digit(second.at[0]))
		second = match_take_word(&rest);
	return find_in_bucket(p, bucket_of(first, second), text, ev) ||
	    find_in_bucket(p, bucket_of(first, none), text, ev);
}

/* ---- damaged records ---- */

/* The level that ends at `colon`, which is behind its name. */
static bool
is_level_before(struct slice text, size_t colon)
{
	for (unsigned i = 0; i < MAILLOG_LEVEL_NONE; i++) {
		struct slice name =
		    slice_cstr(maillog_level_name((enum maillog_level)i));

		if (colon >= name.len &&
		    slice_eq(slice_sub(text, colon - name.len, name.len), name))
			return true;
	}
	return false;
}

/* The index behind the first "Level: " from `from` on; 0: there is none. */
static size_t
level_end(struct slice text, size_t from)
{
	for (size_t at = from; at < text.len; at++) {
		at += slice_find_byte(slice_skip(text, at), ':');
		if (at + 1 < text.len && text.at[at + 1] == ' ' &&
		    is_level_before(text, at))
			return at + 2;
	}
	return 0;
}

/* Half a record whose stamp is gone, or a part of it, is no part of the one
 * before it. */
static bool
begins_another(const struct maillog_parser *p, struct slice line)
{
	struct slice record = buf_slice(&p->record), text = line;
	size_t level = level_end(slice_sub(line, 0, STAMP_BYTES_MAX), 0);
	struct maillog_event ev;

	if (slice_trim(slice_skip(record, p->stamp.used)).len == 0)
		return false;
	if (level > 0)
		text = slice_trim(slice_skip(line, level));
	return find_form(p, text, &ev);
}

/* Whether the byte stands in one of the quoted texts of a list. */
static bool
is_within_quotes(struct slice list, const char *byte)
{
	char quote = '\0';

	for (const char *at = list.at; at < byte; at++)
		if (*at == '\\')
			at++;
		else if (quote == '\0' && (*at == '\'' || *at == '"'))
			quote = *at;
		else if (*at == quote)
			quote = '\0';
	return quote != '\0';
}

/* Whether the byte stands in a text that has quotes of its own. */
static bool
is_quoted_at(const struct maillog_event *ev, const char *byte)
{
	for (unsigned field = 0; field < MAILLOG_FIELD_COUNT; field++) {
		enum field_kind kind = maillog_field_rows[field].kind;
		struct slice text = { 0 };
		int64_t number;

		if (!maillog_has(ev, field) ||
		    (kind != KIND_QUOTED && kind != KIND_LIST &&
			kind != KIND_DETAILS && kind != KIND_ATTRIBUTE))
			continue;
		(void)maillog_field_get(ev, field, &number, &text);
		if (text.len == 0 || byte < text.at ||
		    byte >= text.at + text.len)
			continue;
		if (kind == KIND_LIST)
			return is_within_quotes(text, byte);
		if (kind != KIND_QUOTED || text.at[-1] == '\'' ||
		    text.at[-1] == '"')
			return true;
	}
	return false;
}

/* Whether a stamp, with a year and a level, ends at `end`. */
static bool
is_stamp_before(struct slice text, size_t end)
{
	size_t from = end > STAMP_BYTES_MAX ? end - STAMP_BYTES_MAX : 0;
	size_t used;
	utime at;

	for (; from < end; from++) {
		struct slice rest = slice_skip(text, from);

		if (utime_parse_asctime(rest, &at, &used) &&
		    level_end(slice_sub(rest, used, STAMP_BYTES_MAX), 0) ==
			end - from - used)
			return true;
	}
	return false;
}

/* A record that holds the stamp of another has lost its end: where one ends and
 * what stands behind it is anybody's guess, which a subject could lead astray.
 */
static void
refuse_welded(
    struct maillog_parser *p, struct slice text, struct maillog_event *ev)
{
	size_t begin = p->given_stamp.used;

	if (begin >= text.len)
		return;
	for (size_t end = level_end(text, begin); end > 0;
	     end = level_end(text, end)) {
		if (!is_stamp_before(slice_skip(text, begin), end - begin) ||
		    is_quoted_at(ev, text.at + end))
			continue;
		p->welded++;
		*ev = (struct maillog_event){ .time = ev->time,
			.level = ev->level,
			.escaped = true,
			.text = slice_trim(slice_skip(text, begin)) };
		ev->present = UINT64_C(1) << MAILLOG_FIELD_text;
		return;
	}
}
