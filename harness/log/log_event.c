/* SPDX-License-Identifier: MIT */
/*
 * Records as JSON; see log_event.h.  A log has millions of them, so each is
 * written as it is read, with no object in between.
 */
#include "harness/log/log_event.h"

#include "core/maillog/table.h"
#include "harness/report/printable.h"
#include "harness/report/text_json.h"

static void
put_moment(struct buf *out, utime at)
{
	char text[UTIME_TEXT_MAX];

	buf_append_byte(out, '"');
	buf_append_cstr(out, utime_format_rfc3339(at, text));
	buf_append_byte(out, '"');
}

/* JSON's whole numbers end where signed ones do; damaged logs go further. */
static void
put_number(struct buf *out, uint64_t number)
{
	bool is_text = number > INT64_MAX;

	if (is_text)
		buf_append_byte(out, '"');
	buf_append_u64(out, number);
	if (is_text)
		buf_append_byte(out, '"');
}

static void
put_signed(struct buf *out, int64_t number)
{
	if (number < 0)
		buf_append_byte(out, '-');
	buf_append_u64(out, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

/* Any bytes, the printable ones as they are. */
static void
put_bytes(struct buf *out, struct slice bytes)
{
	struct buf shown = { 0 };

	printable_format(bytes, &shown);
	text_json_quote(buf_slice(&shown), out);
	buf_fini(&shown);
}

/* Nothing in it is written otherwise in a log or in JSON. */
static bool
is_plain(struct slice text)
{
	bool plain = true;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		plain &= c >= ' ' && c < 0x7f && c != '"' && c != '\\';
	}
	return plain;
}

static void
put_text(struct buf *out, struct slice escaped)
{
	struct buf plain = { 0 };

	if (is_plain(escaped)) {
		buf_append_byte(out, '"');
		buf_append(out, escaped);
		buf_append_byte(out, '"');
		return;
	}
	maillog_unescape(&plain, escaped);
	put_bytes(out, buf_slice(&plain));
	buf_fini(&plain);
}

static void
put_attribute(struct buf *out, struct slice value)
{
	struct buf plain = { 0 };

	maillog_attribute_plain(&plain, value);
	put_bytes(out, buf_slice(&plain));
	buf_fini(&plain);
}

static struct slice
without_brackets(struct slice mailbox)
{
	if (mailbox.len >= 2 && mailbox.at[0] == '<' &&
	    mailbox.at[mailbox.len - 1] == '>')
		return slice_of(mailbox.at + 1, mailbox.len - 2);
	return mailbox;
}

static void
put_rids(struct buf *out, struct slice rest)
{
	const char *before = "[";
	uint64_t rid;

	for (; maillog_rid_next(&rest, &rid); before = ",") {
		buf_append_cstr(out, before);
		put_number(out, rid);
	}
	buf_append_cstr(out, before[0] == '[' ? "[]" : "]");
}

static void
put_lines(struct buf *out, struct slice rest)
{
	const char *before = "[";
	struct slice line;

	for (; maillog_line_next(&rest, &line); before = ",") {
		buf_append_cstr(out, before);
		put_text(out, line);
	}
	buf_append_cstr(out, before[0] == '[' ? "[]" : "]");
}

static void
put_field(
    struct buf *out, const struct maillog_event *ev, enum maillog_field field)
{
	struct slice text = { 0 };
	int64_t number = 0;

	(void)maillog_field_get(ev, field, &number, &text);
	switch (maillog_field_rows[field].kind) {
	case KIND_NUMBER:
		put_number(out, (uint64_t)number);
		return;
	case KIND_CODE:
	case KIND_SIGNED:
		put_signed(out, number);
		return;
	case KIND_TIME:
	case KIND_MOMENT:
		put_moment(out, number);
		return;
	case KIND_RIDS:
		put_rids(out, text);
		return;
	case KIND_LIST:
		if (field != MAILLOG_FIELD_lines)
			break;
		put_lines(out, text);
		return;
	case KIND_MAILBOX:
		text = without_brackets(text);
		break;
	case KIND_ATTRIBUTE:
		put_attribute(out, text);
		return;
	case KIND_WORD:
	case KIND_TEXT:
	case KIND_QUOTED:
	case KIND_DETAILS:
		break;
	}
	put_text(out, text);
}

void
log_event_format(const struct maillog_event *ev, uint64_t line, struct buf *out)
{
	buf_append_cstr(out, "{\"event\":\"");
	buf_append_cstr(out, maillog_form_name(ev->form));
	buf_append_cstr(out, "\",\"time\":");
	put_moment(out, ev->time);
	buf_append_cstr(out, ",\"line\":");
	buf_append_u64(out, line);
	if (ev->level != MAILLOG_LEVEL_NONE) {
		buf_append_cstr(out, ",\"level\":\"");
		buf_append_cstr(out, maillog_level_name(ev->level));
		buf_append_byte(out, '"');
	}
	for (unsigned field = 0; field < MAILLOG_FIELD_COUNT; field++) {
		if (!maillog_has(ev, field))
			continue;
		buf_append_cstr(out, ",\"");
		buf_append_cstr(out, maillog_field_name(field));
		buf_append_cstr(out, "\":");
		put_field(out, ev, field);
	}
	buf_append_cstr(out, "}\n");
}
