/* SPDX-License-Identifier: MIT */
/*
 * Dot-stuffing and the end of data; see data.h.  Lines in order and runs of
 * text are found with memchr and copied whole; only bytes in and behind a CR or
 * a dot at the start of a line go through the state machine.
 */
#include "core/smtp/data.h"

static bool decode_lines(
    struct smtp_data_decoder *d, struct slice *input, struct buf *out);
static void decode_run(
    struct smtp_data_decoder *d, struct slice *input, struct buf *out);
static void decode_byte(
    struct smtp_data_decoder *d, char byte, struct buf *out);
static void put_text(struct smtp_data_decoder *d, char byte, struct buf *out);
static void put_bare_cr(struct smtp_data_decoder *d, struct buf *out);
static void end_line(struct smtp_data_decoder *d);
static void count_line_bytes(struct smtp_data_decoder *d, size_t n);

bool
smtp_data_decode(
    struct smtp_data_decoder *d, struct slice *input, struct buf *out)
{
	while (d->state != SMTP_DATA_END && input->len > 0) {
		if (d->state == SMTP_DATA_TEXT) {
			decode_run(d, input, out);
		} else if (d->state != SMTP_DATA_LINE_START ||
		    !decode_lines(d, input, out)) {
			decode_byte(d, input->at[0], out);
			*input = slice_skip(*input, 1);
		}
	}
	return d->state == SMTP_DATA_END;
}

/* Where a line that is not the first begins with a dot, or the end. */
static size_t
find_dot_line(struct slice s)
{
	const char *end = s.at + s.len, *dot = s.at;

	while ((dot = memchr(dot, '.', (size_t)(end - dot))) != NULL) {
		if (dot - s.at >= 2 && dot[-1] == '\n' && dot[-2] == '\r')
			return (size_t)(dot - s.at);
		dot++;
	}
	return s.len;
}

void
smtp_data_encode(
    struct smtp_data_encoder *e, struct slice content, struct buf *out)
{
	struct slice rest = content;
	char last;

	if (content.len == 0)
		return;
	/* What the slices before this one left open. */
	if (e->cr && rest.at[0] == '\n') {
		buf_append_byte(out, '\n');
		rest = slice_skip(rest, 1);
		e->in_line = e->cr = false;
	}
	if (!e->in_line && rest.len > 0 && rest.at[0] == '.')
		buf_append_byte(out, '.');
	for (;;) {
		size_t at = find_dot_line(rest);

		if (at == rest.len)
			break;
		buf_append(out, slice_sub(rest, 0, at));
		buf_append_byte(out, '.');
		rest = slice_skip(rest, at);
	}
	if (rest.len == 0)
		return;
	buf_append(out, rest);
	last = rest.at[rest.len - 1];
	e->cr = last == '\r';
	e->in_line =
	    last != '\n' || rest.len < 2 || rest.at[rest.len - 2] != '\r';
}

void
smtp_data_encode_end(struct smtp_data_encoder *e, struct buf *out)
{
	if (e->in_line)
		buf_append(out, SLICE("\r\n"));
	buf_append(out, SLICE(".\r\n"));
	*e = (struct smtp_data_encoder){ 0 };
}

/* Whole lines in order, up to one that begins with a dot; false when there is
 * none. */
static bool
decode_lines(struct smtp_data_decoder *d, struct slice *input, struct buf *out)
{
	struct slice rest = *input;
	size_t len;

	while (rest.len > 0 && rest.at[0] != '.') {
		len = slice_find_byte(rest, '\r');
		if (rest.len - len < 2 || rest.at[len + 1] != '\n' ||
		    memchr(rest.at, '\n', len) != NULL)
			break;
		count_line_bytes(d, len);
		d->line_bytes = 0;
		rest = slice_skip(rest, len + 2);
	}
	len = input->len - rest.len;
	buf_append(out, slice_sub(*input, 0, len));
	*input = rest;
	return len > 0;
}

/* Text up to the next CR, and that CR. */
static void
decode_run(struct smtp_data_decoder *d, struct slice *input, struct buf *out)
{
	size_t end = slice_find_byte(*input, '\r');
	struct slice run = slice_sub(*input, 0, end);
	struct slice rest = run;

	for (;;) {
		size_t lf = slice_find_byte(rest, '\n');

		if (lf == rest.len)
			break;
		d->bare_lf++;
		rest = slice_skip(rest, lf + 1);
	}
	count_line_bytes(d, run.len);
	buf_append(out, run);
	*input = slice_skip(*input, end);
	if (input->len > 0) {
		d->state = SMTP_DATA_CR;
		*input = slice_skip(*input, 1);
	}
}

/* A CR is held back until what follows says whether it ends a line. */
static void
decode_byte(struct smtp_data_decoder *d, char byte, struct buf *out)
{
	switch (d->state) {
	case SMTP_DATA_LINE_START:
		if (byte == '.')
			d->state = SMTP_DATA_DOT;
		else
			put_text(d, byte, out);
		return;
	case SMTP_DATA_CR:
		if (byte == '\n') {
			buf_append(out, SLICE("\r\n"));
			end_line(d);
			return;
		}
		put_bare_cr(d, out);
		put_text(d, byte, out);
		return;
	case SMTP_DATA_DOT:
		if (byte == '\r')
			d->state = SMTP_DATA_DOT_CR;
		else
			put_text(d, byte, out);
		return;
	case SMTP_DATA_DOT_CR:
		if (byte == '\n') {
			d->state = SMTP_DATA_END;
			return;
		}
		put_bare_cr(d, out);
		put_text(d, byte, out);
		return;
	case SMTP_DATA_TEXT:
	case SMTP_DATA_END:
		break;
	}
	/* smtp_data_decode() keeps these two to itself. */
	assert(false);
}

static void
put_text(struct smtp_data_decoder *d, char byte, struct buf *out)
{
	if (byte == '\r') {
		d->state = SMTP_DATA_CR;
		return;
	}
	if (byte == '\n')
		d->bare_lf++;
	count_line_bytes(d, 1);
	buf_append_byte(out, byte);
	d->state = SMTP_DATA_TEXT;
}

static void
put_bare_cr(struct smtp_data_decoder *d, struct buf *out)
{
	d->bare_cr++;
	count_line_bytes(d, 1);
	buf_append_byte(out, '\r');
}

static void
end_line(struct smtp_data_decoder *d)
{
	d->line_bytes = 0;
	d->state = SMTP_DATA_LINE_START;
}

static void
count_line_bytes(struct smtp_data_decoder *d, size_t n)
{
	d->line_bytes += n;
	if (d->line_bytes > d->line_bytes_max)
		d->line_bytes_max = d->line_bytes;
}
