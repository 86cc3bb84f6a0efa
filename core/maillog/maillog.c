/* SPDX-License-Identifier: MIT */
/* The writer: an event and its form's pattern give a line; see maillog.h. */
#include "core/maillog/maillog.h"

#include "core/maillog/table.h"
#include "core/maillog/text.h"

static bool is_set(const struct maillog_event *ev, enum maillog_field field);
static void put_field(struct buf *out, const struct maillog_event *ev,
    enum maillog_field field, bool bare);
static void put_stamp(struct buf *out, const struct maillog_event *ev);
static enum maillog_field first_field(const char *open);

void
maillog_format(struct buf *out, const struct maillog_event *ev)
{
	const char *p = maillog_pattern_of(ev->form, ev->spelling);
	bool bare = false;

	if (pattern_has_stamp(p))
		put_stamp(out, ev);
	while (*p != '\0') {
		const char *from = p;

		while (pattern_is_literal(*p))
			p++;
		buf_append(out, slice_of(from, (size_t)(p - from)));
		if (*p == PATTERN_OPEN && !is_set(ev, first_field(p))) {
			p = maillog_pattern_after(p);
		} else if (*p != '\0') {
			if (pattern_is_field(*p))
				put_field(out, ev, pattern_field(*p), bare);
			bare = *p++ == PATTERN_BARE;
		}
	}
	buf_append_byte(out, '\n');
}

static void
put_stamp(struct buf *out, const struct maillog_event *ev)
{
	const char *level = maillog_level_name(ev->level);
	char stamp[UTIME_TEXT_MAX];

	buf_append_cstr(out, utime_format_asctime(ev->time, stamp));
	buf_append_byte(out, ' ');
	if (level[0] == '\0')
		return;
	buf_append_cstr(out, level);
	buf_append_cstr(out, ": ");
}

static enum maillog_field
first_field(const char *open)
{
	while (!pattern_is_field(*open))
		open++;
	return pattern_field(*open);
}

/* An optional part is written when its value is there: a text that is not
 * NULL, a number that is not 0. */
static bool
is_set(const struct maillog_event *ev, enum maillog_field field)
{
	struct slice text = { 0 };
	int64_t number = 0;

	if (maillog_field_get(ev, field, &number, &text))
		return number != 0;
	return text.at != NULL;
}

static void
put_code(struct buf *out, uint64_t code)
{
	assert(code <= 999);
	for (uint64_t unit = 100; unit > 0; unit /= 10)
		buf_append_byte(out, (char)('0' + code / unit % 10));
}

static void
put_signed(struct buf *out, int64_t number)
{
	if (number < 0)
		buf_append_byte(out, '-');
	buf_append_u64(out, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

static void
put_time(struct buf *out, utime at)
{
	char stamp[UTIME_TEXT_MAX];

	buf_append_cstr(out, utime_format_asctime(at, stamp));
}

/* "Fri Jan 09 15:34:20.234 2004". */
static void
put_moment(struct buf *out, utime at)
{
	char stamp[UTIME_TEXT_MAX];

	(void)utime_format_asctime(at, stamp);
	if (stamp[8] == ' ')
		stamp[8] = '0';
	buf_printf(out, "%.19s.%03d%s", stamp, (int)(at % UTIME_S / UTIME_MS),
	    stamp + 19);
}

/* A text without quotes around it. */
static void
put_text(struct buf *out, const struct maillog_event *ev, struct slice text,
    enum field_kind kind)
{
	if (ev->escaped)
		text_put(out, text, 0);
	else if (kind == KIND_WORD)
		text_put(out, text, TEXT_ESCAPE_BACKSLASH | TEXT_ESCAPE_SPACES);
	else
		maillog_escape(out, text);
}

static void
put_field(struct buf *out, const struct maillog_event *ev,
    enum maillog_field field, bool bare)
{
	enum field_kind kind = maillog_field_rows[field].kind;
	struct slice text = { 0 };
	int64_t number = 0;

	(void)maillog_field_get(ev, field, &number, &text);
	switch (kind) {
	case KIND_NUMBER:
		buf_append_u64(out, (uint64_t)number);
		return;
	case KIND_CODE:
		put_code(out, (uint64_t)number);
		return;
	case KIND_SIGNED:
		put_signed(out, number);
		return;
	case KIND_TIME:
		put_time(out, number);
		return;
	case KIND_MOMENT:
		put_moment(out, number);
		return;
	case KIND_WORD:
	case KIND_TEXT:
	case KIND_MAILBOX:
		put_text(out, ev, text, kind);
		return;
	case KIND_QUOTED:
		if (bare)
			put_text(out, ev, text, kind);
		else if (ev->escaped)
			text_put_requoted(out, text);
		else
			text_put_quoted(out, text);
		return;
	case KIND_RIDS:
	case KIND_LIST:
	case KIND_DETAILS:
		text_put(out, text, 0);
		return;
	case KIND_ATTRIBUTE:
		if (ev->escaped)
			text_put(out, text, 0);
		else
			maillog_attribute(out, text);
		return;
	}
}
