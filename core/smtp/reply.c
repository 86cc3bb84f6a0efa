/* SPDX-License-Identifier: MIT */
/* Reading and writing SMTP replies; see reply.h. */
#include "core/smtp/reply.h"

static enum smtp_reply_result line_take(struct smtp_reply_reader *r,
    struct slice line, size_t taken, struct smtp_reply *reply);
static enum smtp_reply_result reply_complete(
    struct smtp_reply_reader *r, struct smtp_reply *reply);
static enum smtp_reply_result reply_reject(struct smtp_reply_reader *r,
    enum smtp_reply_result why, struct smtp_reply *reply);
static bool code_parse(struct slice line, int *code);
static bool number_take(struct slice *text, uint16_t *number);

bool
smtp_status_parse(struct slice text, struct smtp_status *status, size_t *used)
{
	struct slice rest = slice_skip(text, 2);
	uint16_t subject, detail;

	if (text.len < 5 || text.at[1] != '.')
		return false;
	if (text.at[0] != '2' && text.at[0] != '4' && text.at[0] != '5')
		return false;
	if (!number_take(&rest, &subject))
		return false;
	if (rest.len == 0 || rest.at[0] != '.')
		return false;
	rest = slice_skip(rest, 1);
	if (!number_take(&rest, &detail))
		return false;
	if (rest.len > 0 && rest.at[0] != ' ' && rest.at[0] != '\n')
		return false;
	status->class = (uint8_t)(text.at[0] - '0');
	status->subject = subject;
	status->detail = detail;
	*used = text.len - rest.len;
	if (rest.len > 0 && rest.at[0] == ' ')
		++*used;
	return true;
}

void
smtp_reply_reader_fini(struct smtp_reply_reader *r)
{
	buf_fini(&r->text);
	*r = (struct smtp_reply_reader){ 0 };
}

enum smtp_reply_result
smtp_reply_read(
    struct smtp_reply_reader *r, struct slice *input, struct smtp_reply *reply)
{
	*reply = (struct smtp_reply){ 0 };
	for (;;) {
		size_t end = slice_find_byte(*input, '\n');
		struct slice line = slice_sub(*input, 0, end);
		enum smtp_reply_result result;

		if (r->line_count == 0)
			buf_clear(&r->text);
		if (end > SMTP_REPLY_LINE_MAX ||
		    r->total_bytes + end > SMTP_REPLY_MAX) {
			buf_append(
			    &r->text, slice_sub(line, 0, SMTP_REPLY_LINE_MAX));
			return reply_reject(r, SMTP_REPLY_TOO_LONG, reply);
		}
		if (end == input->len)
			return SMTP_REPLY_PARTIAL;
		*input = slice_skip(*input, end + 1);
		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		result = line_take(r, line, end + 1, reply);
		if (result != SMTP_REPLY_PARTIAL)
			return result;
	}
}

void
smtp_reply_format(struct buf *out, int code, struct slice text)
{
	char digits[3];

	assert(code >= 100);
	assert(code <= 999);
	digits[0] = (char)('0' + code / 100);
	digits[1] = (char)('0' + code / 10 % 10);
	digits[2] = (char)('0' + code % 10);
	for (;;) {
		size_t end = slice_find_byte(text, '\n');
		bool is_last = end == text.len;

		buf_append(out, slice_of(digits, 3));
		if (!is_last || end > 0)
			buf_append_byte(out, is_last ? ' ' : '-');
		buf_append(out, slice_sub(text, 0, end));
		buf_append(out, SLICE("\r\n"));
		if (is_last)
			return;
		text = slice_skip(text, end + 1);
	}
}

/* Adds one line to the reply; PARTIAL unless it was the last. */
static enum smtp_reply_result
line_take(struct smtp_reply_reader *r, struct slice line, size_t taken,
    struct smtp_reply *reply)
{
	int code;

	r->total_bytes += taken;
	if (r->line_count > 0)
		buf_append_byte(&r->text, '\n');
	if (!code_parse(line, &code)) {
		buf_append(&r->text, line);
		return reply_reject(r, SMTP_REPLY_GARBAGE, reply);
	}
	buf_append(&r->text, slice_skip(line, 4));
	if (r->line_count > 0 && code != r->code_last)
		r->mixed = true;
	if (r->line_count == 0 || code > r->code)
		r->code = code;
	r->code_last = code;
	r->line_count++;
	if (line.len > 3 && line.at[3] == '-')
		return SMTP_REPLY_PARTIAL;
	return reply_complete(r, reply);
}

/* Hands the reply out; only the text outlives it, until the next call. */
static enum smtp_reply_result
reply_complete(struct smtp_reply_reader *r, struct smtp_reply *reply)
{
	struct slice text = buf_slice(&r->text);
	const char *newline =
	    text.len > 0 ? memrchr(text.at, '\n', text.len) : NULL;
	struct slice last = newline != NULL
	    ? slice_skip(text, (size_t)(newline - text.at) + 1)
	    : text;
	size_t used;

	reply->code = r->code;
	reply->code_last = r->code_last;
	reply->mixed = r->mixed;
	reply->text = text;
	if (!smtp_status_parse(last, &reply->status, &used))
		reply->status = (struct smtp_status){ 0 };
	*r = (struct smtp_reply_reader){ .text = r->text };
	return SMTP_REPLY_COMPLETE;
}

static enum smtp_reply_result
reply_reject(struct smtp_reply_reader *r, enum smtp_reply_result why,
    struct smtp_reply *reply)
{
	reply->text = buf_slice(&r->text);
	*r = (struct smtp_reply_reader){ .text = r->text };
	return why;
}

/* The code at the start of a line, with nothing, a space or a hyphen behind. */
static bool
code_parse(struct slice line, int *code)
{
	if (line.len < 3 || line.at[0] < '2' || line.at[0] > '5')
		return false;
	if (!ascii_is_digit(line.at[1]) || !ascii_is_digit(line.at[2]))
		return false;
	if (line.len > 3 && line.at[3] != ' ' && line.at[3] != '-')
		return false;
	*code = (line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 +
	    (line.at[2] - '0');
	return true;
}

/* One to three digits. */
static bool
number_take(struct slice *text, uint16_t *number)
{
	size_t n = 0;
	unsigned value = 0;

	while (n < text->len && ascii_is_digit(text->at[n])) {
		if (n == 3)
			return false;
		value = value * 10 + (unsigned)(text->at[n++] - '0');
	}
	if (n == 0)
		return false;
	*number = (uint16_t)value;
	*text = slice_skip(*text, n);
	return true;
}
