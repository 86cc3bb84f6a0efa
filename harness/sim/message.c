/* SPDX-License-Identifier: MIT */
/*
 * Header and filler of an injected message (RFC 5322).  Filler is lines of 64
 * bytes, CR LF included; a last line that is cut short is content like any
 * other.
 */
#include "harness/sim/message.h"

#define LINE_BYTES 64

void
message_begin(struct message_writer *m, const struct message_header *h,
    uint64_t size_bytes, struct buf *out)
{
	size_t before = buf_len(out);
	char date[UTIME_TEXT_MAX];

	buf_append_cstr(out, "Date: ");
	buf_append_cstr(out, utime_format_rfc5322(h->date, date));
	buf_append_cstr(out, "\r\nFrom: <");
	buf_append(out, h->from);
	buf_append_cstr(out, ">\r\n");
	for (size_t i = 0; i < h->to_count; i++) {
		buf_append_cstr(out, i == 0 ? "To: <" : "    <");
		buf_append(out, h->to[i]);
		buf_append_cstr(out, i + 1 < h->to_count ? ">,\r\n" : ">\r\n");
	}
	buf_append_cstr(out, "Subject: message ");
	buf_append_u64(out, h->number);
	buf_append_cstr(out, "\r\nMessage-ID: <");
	buf_append_u64(out, h->number);
	buf_append_cstr(out, "@injector.example>\r\n\r\n");
	size_t header = buf_len(out) - before;
	m->left = size_bytes > header ? size_bytes - header : 0;
	m->column = 0;
}

bool
message_continue(struct message_writer *m, size_t most, struct buf *out)
{
	static const char line[LINE_BYTES + 1] =
	    "Filler, so that a message has the size its scenario wants.....\r\n";

	while (m->left > 0 && most > 0) {
		size_t n = LINE_BYTES - m->column;

		n = n < m->left ? n : (size_t)m->left;
		n = n < most ? n : most;
		buf_append(out, slice_of(line + m->column, n));
		m->column = (m->column + n) % LINE_BYTES;
		m->left -= n;
		most -= n;
	}
	return m->left > 0;
}
