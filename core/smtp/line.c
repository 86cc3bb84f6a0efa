/* SPDX-License-Identifier: MIT */
/* Command lines off a stream; see line.h. */
#include "core/smtp/line.h"

static bool end_find(
    struct smtp_line_reader *r, struct slice in, size_t *line_len);
static void line_swallow(
    struct smtp_line_reader *r, struct buf *in, size_t limit_bytes);

bool
smtp_line_take(struct smtp_line_reader *r, struct buf *in, size_t limit_bytes,
    struct buf *line)
{
	struct slice text;
	size_t len;

	if (!end_find(r, buf_slice(in), &len)) {
		line_swallow(r, in, limit_bytes);
		return false;
	}
	if (len + 2 > limit_bytes)
		r->faults |= SMTP_LINE_OVER_LIMIT;
	text = slice_sub(buf_slice(in), 0, len);
	if (slice_find_byte(text, '\r') < len)
		r->faults |= SMTP_LINE_BARE_CR;
	if (slice_find_byte(text, '\0') < len)
		r->faults |= SMTP_LINE_NUL;
	buf_clear(line);
	if ((r->faults & SMTP_LINE_OVER_LIMIT) == 0)
		buf_append(line, text);
	buf_consume(in, len + 2);
	return true;
}

struct slice
smtp_line_peek(struct slice in, size_t limit_bytes)
{
	const struct slice seen = slice_sub(in, 0, limit_bytes);
	size_t end = 0;

	while (end < seen.len) {
		end += slice_find_byte(slice_skip(seen, end), '\n');
		if (end < seen.len)
			end++;
		if (end >= 2 && seen.at[end - 1] == '\n' &&
		    seen.at[end - 2] == '\r')
			break;
	}
	return slice_sub(seen, 0, end);
}

const char *
smtp_line_fault_text(unsigned faults)
{
	if ((faults & SMTP_LINE_OVER_LIMIT) != 0)
		return "5.5.2 Line too long";
	if ((faults & SMTP_LINE_BARE_LF) != 0)
		return "5.5.2 Lines end with CR LF";
	if ((faults & SMTP_LINE_BARE_CR) != 0)
		return "5.5.2 A bare CR in a command";
	if ((faults & SMTP_LINE_NUL) != 0)
		return "5.5.2 A NUL in a command";
	return NULL;
}

/* Finds the CR LF, `line_len` bytes from the front; looks at no byte twice. */
static bool
end_find(struct smtp_line_reader *r, struct slice in, size_t *line_len)
{
	for (;;) {
		size_t lf = r->scanned +
		    slice_find_byte(slice_skip(in, r->scanned), '\n');

		if (lf == in.len) {
			r->scanned = lf;
			return false;
		}
		if (lf > 0 && in.at[lf - 1] == '\r') {
			*line_len = lf - 1;
			return true;
		}
		r->faults |= SMTP_LINE_BARE_LF;
		r->scanned = lf + 1;
	}
}

/* Drops what there is of a line over the limit, but for a last byte that may
 * be the CR of its end. */
static void
line_swallow(struct smtp_line_reader *r, struct buf *in, size_t limit_bytes)
{
	if (r->scanned >= limit_bytes)
		r->faults |= SMTP_LINE_OVER_LIMIT;
	if ((r->faults & SMTP_LINE_OVER_LIMIT) == 0 || r->scanned == 0)
		return;
	buf_consume(in, r->scanned - 1);
	r->scanned = 1;
}
