/* SPDX-License-Identifier: MIT */
/* Records as JSON; see log_event.h. */
#include "harness/log/log_event.h"

#include "core/maillog/table.h"
#include "harness/report/printable.h"
#include "harness/report/text_json.h"

#include <inttypes.h>

static json_t *
moment_json(utime at)
{
	char text[UTIME_TEXT_MAX];

	return json_string(utime_format_rfc3339(at, text));
}

/* JSON's whole numbers end where signed ones do; damaged logs go further. */
static json_t *
number_json(uint64_t number)
{
	if (number > INT64_MAX)
		return json_sprintf("%" PRIu64, number);
	return json_integer((json_int_t)number);
}

static json_t *
plain_json(struct slice escaped)
{
	struct buf plain = { 0 }, shown = { 0 };
	json_t *value;

	maillog_unescape(&plain, escaped);
	printable_format(buf_slice(&plain), &shown);
	value = text_json(&shown);
	buf_fini(&plain);
	buf_fini(&shown);
	return value;
}

static struct slice
without_brackets(struct slice mailbox)
{
	if (mailbox.len >= 2 && mailbox.at[0] == '<' &&
	    mailbox.at[mailbox.len - 1] == '>')
		return slice_of(mailbox.at + 1, mailbox.len - 2);
	return mailbox;
}

static json_t *
rids_json(struct slice rest)
{
	json_t *list = json_array();
	uint64_t rid;

	while (maillog_rid_next(&rest, &rid))
		json_array_append_new(list, number_json(rid));
	return list;
}

static json_t *
lines_json(struct slice rest)
{
	json_t *list = json_array();
	struct slice line;

	while (maillog_line_next(&rest, &line))
		json_array_append_new(list, plain_json(line));
	return list;
}

static json_t *
attribute_json(struct slice value)
{
	struct buf plain = { 0 }, shown = { 0 };
	json_t *text;

	maillog_attribute_plain(&plain, value);
	printable_format(buf_slice(&plain), &shown);
	text = text_json(&shown);
	buf_fini(&plain);
	buf_fini(&shown);
	return text;
}

static json_t *
field_json(const struct maillog_event *ev, enum maillog_field field)
{
	struct slice text = { 0 };
	int64_t number = 0;

	(void)maillog_field_get(ev, field, &number, &text);
	switch (maillog_field_rows[field].kind) {
	case KIND_NUMBER:
		return number_json((uint64_t)number);
	case KIND_CODE:
	case KIND_SIGNED:
		return json_integer(number);
	case KIND_TIME:
	case KIND_MOMENT:
		return moment_json(number);
	case KIND_RIDS:
		return rids_json(text);
	case KIND_LIST:
		if (field == MAILLOG_FIELD_lines)
			return lines_json(text);
		break;
	case KIND_MAILBOX:
		return plain_json(without_brackets(text));
	case KIND_ATTRIBUTE:
		return attribute_json(text);
	case KIND_WORD:
	case KIND_TEXT:
	case KIND_QUOTED:
	case KIND_DETAILS:
		break;
	}
	return plain_json(text);
}

void
log_event_format(const struct maillog_event *ev, uint64_t line, struct buf *out)
{
	json_t *object = json_object();

	json_object_set_new(
	    object, "event", json_string(maillog_form_name(ev->form)));
	json_object_set_new(object, "time", moment_json(ev->time));
	json_object_set_new(object, "line", json_integer((json_int_t)line));
	if (ev->level != MAILLOG_LEVEL_NONE)
		json_object_set_new(object, "level",
		    json_string(maillog_level_name(ev->level)));
	for (unsigned field = 0; field < MAILLOG_FIELD_COUNT; field++)
		if (maillog_has(ev, field))
			json_object_set_new(object, maillog_field_name(field),
			    field_json(ev, field));
	text_json_dump(object, out);
	buf_append_byte(out, '\n');
}
