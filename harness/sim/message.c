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
	unsigned long long number = h->number;

	buf_printf(out, "Date: %s\r\nFrom: <%.*s>\r\n",
	    utime_format_rfc5322(h->date, date), SLICE_ARG(h->from));
	for (size_t i = 0; i < h->to_count; i++)
		buf_printf(out, "%s<%.*s>%s\r\n", i == 0 ? "To: " : "    ",
		    SLICE_ARG(h->to[i]), i + 1 < h->to_count ? "," : "");
	buf_printf(out,
	    "Subject: message %llu\r\n"
	    "Message-ID: <%llu@injector.example>\r\n\r\n",
	    number, number);
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
