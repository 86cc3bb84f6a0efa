/* SPDX-License-Identifier: MIT */
/* Pseudonyms by the kinds of fields; see log_anonymize.h. */
#include "harness/log/log_anonymize.h"

#include "core/maillog/table.h"
#include "harness/log/log_want.h"

#define NO_SERIAL "XXXXXXXXXXXX-XXXXXXX"

void
log_anonymizer_fini(struct log_anonymizer *a)
{
	pseudonyms_fini(&a->names);
	for (unsigned i = 0; i < MAILLOG_FIELD_COUNT; i++)
		buf_fini(&a->fields[i]);
}

/* ---- by kinds ---- */

static void
mailbox(struct pseudonyms *p, struct slice text, struct buf *out)
{
	struct slice inside = log_mailbox(text);
	bool has_brackets = inside.len < text.len;

	if (has_brackets)
		buf_append_byte(out, '<');
	pseudonym_mailbox(p, inside, out);
	if (has_brackets)
		buf_append_byte(out, '>');
}

static void
attribute(
    struct pseudonyms *p, struct slice value, bool is_mailbox, struct buf *out)
{
	struct buf plain = { 0 }, made = { 0 };

	maillog_attribute_plain(&plain, value);
	if (is_mailbox)
		pseudonym_mailbox(p, buf_slice(&plain), &made);
	else
		pseudonym_prose(p, buf_slice(&plain), &made);
	maillog_attribute(out, buf_slice(&made));
	buf_fini(&plain);
	buf_fini(&made);
}

/* The end of the quoted text that begins at `at`, behind its quote; 0: it has
 * none. */
static size_t
quoted_end(struct slice text, size_t at)
{
	char quote = text.at[at];

	for (size_t i = at + 1; i < text.len; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == quote)
			return i + 1;
	}
	return 0;
}

/* What stands in quotes is somebody's text, but for names of headers, which
 * stand behind "(".  An apostrophe within a word is no quote. */
static void
quoted(struct pseudonyms *p, struct slice text, struct buf *out)
{
	size_t from = 0;

	for (size_t at = 0; at < text.len; at++) {
		char before = at > 0 ? text.at[at - 1] : ' ';
		size_t end;

		if ((text.at[at] != '\'' && text.at[at] != '"') ||
		    ascii_is_alpha(before) || ascii_is_digit(before) ||
		    before == '(' || (end = quoted_end(text, at)) == 0)
			continue;
		pseudonym_prose(p, slice_sub(text, from, at + 1 - from), out);
		if (slice_find_byte(slice_sub(text, at, end - at), '@') <
		    end - at)
			pseudonym_prose(
			    p, slice_sub(text, at + 1, end - at - 2), out);
		else
			pseudonym_text(
			    p, slice_sub(text, at + 1, end - at - 2), out);
		from = end - 1;
		at = end - 1;
	}
	pseudonym_prose(p, slice_skip(text, from), out);
}

static void
message_id(struct pseudonyms *p, struct slice text, struct buf *out)
{
	struct slice inside = log_mailbox(text);

	buf_append_cstr(out, inside.len < text.len ? "<" : "");
	pseudonym_mailbox(p, inside, out);
	buf_append_cstr(out, inside.len < text.len ? ">" : "");
}

/* Prose; a code in front, as of "431-'full'", is no name, whoever is called
 * so. */
static void
details(struct pseudonyms *p, struct slice text, struct buf *out)
{
	struct slice reply;
	unsigned code;

	if (maillog_details_reply(text, &code, &reply)) {
		buf_append(out, slice_sub(text, 0, 3));
		text = slice_skip(text, 3);
	}
	pseudonym_prose(p, text, out);
}

/* ---- fields ---- */

/* True: the field is replaced by what was appended. */
static bool
replace(struct pseudonyms *p, enum maillog_field field, struct slice text,
    struct buf *out)
{
	switch ((int)field) {
	case MAILLOG_FIELD_from:
	case MAILLOG_FIELD_to:
		mailbox(p, text, out);
		return true;
	case MAILLOG_FIELD_domain:
	case MAILLOG_FIELD_host:
		pseudonym_domain(p, text, out);
		return true;
	case MAILLOG_FIELD_address:
	case MAILLOG_FIELD_interface:
	case MAILLOG_FIELD_interface_ip:
	case MAILLOG_FIELD_source:
		pseudonym_address(p, text, out);
		return true;
	case MAILLOG_FIELD_subject:
	case MAILLOG_FIELD_part:
		pseudonym_text(p, text, out);
		return true;
	case MAILLOG_FIELD_message_id:
		message_id(p, text, out);
		return true;
	case MAILLOG_FIELD_headers:
		quoted(p, text, out);
		return true;
	case MAILLOG_FIELD_serial:
		buf_append_cstr(out, NO_SERIAL);
		return true;
	case MAILLOG_FIELD_sender:
	case MAILLOG_FIELD_recipient:
		attribute(p, text, true, out);
		return true;
	case MAILLOG_FIELD_reply:
		attribute(p, text, false, out);
		return true;
	case MAILLOG_FIELD_details:
		details(p, text, out);
		return true;
	case MAILLOG_FIELD_match:
	case MAILLOG_FIELD_cn:
	case MAILLOG_FIELD_text:
	case MAILLOG_FIELD_lines:
	case MAILLOG_FIELD_reason:
	case MAILLOG_FIELD_response:
	case MAILLOG_FIELD_error:
		pseudonym_prose(p, text, out);
		return true;
	default:
		return false;
	}
}

const struct maillog_event *
log_anonymize_event(struct log_anonymizer *a, const struct maillog_event *ev)
{
	a->event = *ev;
	for (unsigned field = 0; field < MAILLOG_FIELD_COUNT; field++) {
		struct buf *made = &a->fields[field];
		struct slice text = { 0 };
		int64_t number;

		if (!maillog_has(ev, field) ||
		    maillog_field_get(ev, field, &number, &text))
			continue;
		buf_clear(made);
		if (ev->form == MAILLOG_UNKNOWN)
			quoted(&a->names, text, made);
		else if (!replace(&a->names, field, text, made))
			continue;
		text = buf_slice(made);
		memcpy((char *)&a->event + maillog_field_rows[field].at, &text,
		    sizeof(text));
	}
	return &a->event;
}

/* What stands before the text, with the appliance's name replaced. */
static void
prefix_format(
    struct pseudonyms *p, const struct log_record *record, struct buf *out)
{
	struct maillog_stamp stamp;
	struct buf host = { 0 };

	if (!maillog_stamp_parse(record->text, record->event->time, &stamp))
		return;
	buf_append(out, slice_sub(record->text, 0, stamp.host_at));
	if (stamp.host_len > 0) {
		struct slice name =
		    slice_sub(record->text, stamp.host_at, stamp.host_len);

		pseudonym_address(p, name, &host);
		if (slice_eq(buf_slice(&host), name)) {
			buf_clear(&host);
			pseudonym_domain(p, name, &host);
		}
		buf_append(out, buf_slice(&host));
	}
	buf_append(out,
	    slice_sub(record->text, stamp.host_at + stamp.host_len,
		stamp.used - stamp.host_at - stamp.host_len));
	buf_fini(&host);
}

void
log_anonymize_record(
    struct log_anonymizer *a, const struct log_record *record, struct buf *out)
{
	const struct maillog_event *ev = log_anonymize_event(a, record->event);
	struct buf line = { 0 };
	struct maillog_stamp stamp;

	maillog_format(&line, ev);
	if (maillog_stamp_parse(buf_slice(&line), ev->time, &stamp)) {
		prefix_format(&a->names, record, out);
		buf_append(out, slice_skip(buf_slice(&line), stamp.used));
	} else {
		buf_append(out, buf_slice(&line));
	}
	buf_fini(&line);
}
