/* SPDX-License-Identifier: MIT */
/* Header lines, written and read; see received.h. */
#include "relay/receive/received.h"

/* Of a domain name (RFC 5321, 4.5.3.1.2). */
#define NAME_MAX_BYTES 255

/* The client's own name: it may say anything, and neither a line that is too
 * long nor 8-bit text may come into the header by that. */
static void
append_name(struct buf *out, struct slice name)
{
	name = slice_sub(name, 0, NAME_MAX_BYTES);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		buf_append_byte(out, c > ' ' && c <= '~' ? c : '?');
	}
}

const char *
received_protocol(const struct received_protocol *p)
{
	static const char *const names[2][2][2] = {
		{ { "ESMTP", "ESMTPA" }, { "ESMTPS", "ESMTPSA" } },
		{ { "UTF8SMTP", "UTF8SMTPA" }, { "UTF8SMTPS", "UTF8SMTPSA" } },
	};

	return p->is_extended
	    ? names[p->is_utf8][p->is_tls][p->is_authenticated]
	    : "SMTP";
}

void
received_format(struct buf *out, const struct received_line *line)
{
	char date[UTIME_TEXT_MAX];
	char client[IP_TEXT_MAX];

	buf_append(out, SLICE("Received: from "));
	append_name(out, line->from);
	if (ip_is_none(line->client)) {
		buf_append(out, SLICE(" (unknown)\r\n"));
	} else {
		buf_append_cstr(
		    out, line->client->family == 6 ? " ([IPv6:" : " ([");
		buf_append_cstr(out, ip_format(line->client, client));
		buf_append_cstr(out, "])\r\n");
	}
	buf_append_cstr(out, "\tby ");
	buf_append(out, line->by);
	buf_append_cstr(out, " with ");
	buf_append_cstr(out, line->with);
	buf_append_cstr(out, " id ");
	buf_append_u64(out, line->mid);
	buf_append_cstr(out, ";\r\n\t");
	buf_append_cstr(out, utime_format_rfc5322(line->at, date));
	buf_append_cstr(out, "\r\n");
}

/* The buffer that keeps the field of this line; NULL: not one of ours, or seen
 * before. */
static struct buf *
field_of(struct header_scan *h, struct slice line, struct slice *value)
{
	static const struct slice id = SLICE_INIT("Message-ID:");
	static const struct slice subject = SLICE_INIT("Subject:");

	if (slice_starts_with_nocase(line, id) &&
	    buf_len(&h->message_id) == 0) {
		*value = slice_trim(slice_skip(line, id.len));
		return &h->message_id;
	}
	if (slice_starts_with_nocase(line, subject) &&
	    buf_len(&h->subject) == 0) {
		*value = slice_trim(slice_skip(line, subject.len));
		return &h->subject;
	}
	return NULL;
}

static void
append_bounded(struct buf *b, struct slice text)
{
	buf_append(b, slice_sub(text, 0, HEADER_FIELD_MAX - buf_len(b)));
}

static void
scan_line(struct header_scan *h, struct slice line)
{
	struct slice value = { 0 };

	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	if (line.len == 0) {
		h->is_over = true;
		return;
	}
	if (line.at[0] == ' ' || line.at[0] == '\t') {
		if (h->open == NULL)
			return;
		/* Nothing stands before it when the name is alone. */
		if (buf_len(h->open) > 0)
			append_bounded(h->open, SLICE(" "));
		append_bounded(h->open, slice_trim(line));
		return;
	}
	if (slice_starts_with_nocase(line, SLICE("Received:")))
		h->hops++;
	h->open = field_of(h, line, &value);
	if (h->open != NULL)
		append_bounded(h->open, value);
}

void
header_scan_feed(struct header_scan *h, struct slice content)
{
	while (!h->is_over && content.len > 0) {
		size_t end = slice_find_byte(content, '\n');

		append_bounded(&h->line, slice_sub(content, 0, end));
		if (end == content.len)
			return;
		content = slice_skip(content, end + 1);
		scan_line(h, buf_slice(&h->line));
		buf_clear(&h->line);
	}
}

struct slice
header_scan_message_id(const struct header_scan *h)
{
	return buf_slice(&h->message_id);
}

struct slice
header_scan_subject(const struct header_scan *h)
{
	return buf_slice(&h->subject);
}

void
header_scan_reset(struct header_scan *h)
{
	h->is_over = false;
	h->hops = 0;
	h->open = NULL;
	buf_clear(&h->line);
	buf_clear(&h->message_id);
	buf_clear(&h->subject);
}

void
header_scan_fini(struct header_scan *h)
{
	buf_fini(&h->line);
	buf_fini(&h->message_id);
	buf_fini(&h->subject);
}
