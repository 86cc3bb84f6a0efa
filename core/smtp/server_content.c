/* SPDX-License-Identifier: MIT */
/*
 * The content of messages in a server's session, behind DATA and in BDAT's
 * chunks; see server.h.
 */
#include "core/smtp/server_impl.h"

#define CONTENT_MAX   ((size_t)65536)
#define TEXT_LINE_MAX ((size_t)998) /* RFC 5321, 4.5.3.1.6 */
#define END_BYTES     ((size_t)3)   /* ".", CR, LF */

static void content_inspect(struct smtp_server *s);
static void chunk_end(struct smtp_server *s);

bool
server_step_body(struct smtp_server *s)
{
	struct slice input = buf_slice(&s->in);
	size_t offered = input.len;
	bool at_end;

	if (offered == 0)
		return false;
	at_end = server_body_take(s, &input);
	buf_consume(&s->in, offered - input.len);
	if (at_end)
		server_body_end(s);
	return true;
}

bool
server_step_chunk(struct smtp_server *s)
{
	struct slice input = slice_sub(buf_slice(&s->in), 0, CONTENT_MAX);

	if (input.len > s->chunk_left)
		input.len = (size_t)s->chunk_left;
	if (input.len == 0 && s->chunk_left > 0)
		return false;
	buf_clear(&s->content);
	if (s->chunk_wrong.code == 0) {
		buf_append(&s->content, input);
		s->content_due = input.len > 0;
		content_inspect(s);
	}
	s->chunk_left -= input.len;
	buf_consume(&s->in, input.len);
	if (s->chunk_left == 0)
		chunk_end(s);
	return true;
}

bool
server_body_take(struct smtp_server *s, struct slice *input)
{
	struct slice piece = slice_sub(*input, 0, CONTENT_MAX);
	const size_t offered = piece.len;
	bool at_end;

	buf_clear(&s->content);
	at_end = smtp_data_decode(&s->decoder, &piece, &s->content);
	*input = slice_skip(*input, offered - piece.len);
	s->content_due = buf_len(&s->content) > 0;
	if (s->decoder.bare_cr > 0)
		server_violate(s, SMTP_BARE_CR);
	if (s->decoder.bare_lf > 0)
		server_violate(s, SMTP_BARE_LF);
	if (s->decoder.line_bytes_max > TEXT_LINE_MAX)
		server_violate(s, SMTP_TEXT_LINE_TOO_LONG);
	content_inspect(s);
	return at_end;
}

void
server_body_end(struct smtp_server *s)
{
	server_ask(s, STAGE_EOD, NULL,
	    s->order.recipient_count > 0
		? WRONG(0, NULL)
		: WRONG(554, "5.5.1 No valid recipients"));
}

/* Content goes where it is handed out from, without a stop; that of a chunk
 * waits for its turn. */
size_t
server_content_feed(struct smtp_server *s, struct slice *input)
{
	const size_t offered = input->len;
	size_t taken;

	if (s->asking || s->content_due || buf_len(&s->in) > 0)
		return 0;
	if (s->state == SERVER_CHUNK)
		return offered < s->chunk_left ? offered
					       : (size_t)s->chunk_left;
	if (s->state != SERVER_BODY)
		return 0;
	if (!server_body_take(s, input))
		return offered - input->len;
	server_body_end(s);
	taken = offered - input->len;
	return taken > END_BYTES ? taken - END_BYTES : 0;
}

/* 8-bit bytes where the server takes 7-bit content only. */
static void
content_inspect(struct smtp_server *s)
{
	if ((s->told & 1u << SMTP_8BIT_NOT_OFFERED) == 0 &&
	    (smtp_order_extensions(&s->order) & SMTP_EXT_8BITMIME) == 0 &&
	    !slice_is_7bit(buf_slice(&s->content)))
		server_violate(s, SMTP_8BIT_NOT_OFFERED);
}

/* The last chunk is the end of the content, when there was a transaction. */
static void
chunk_end(struct smtp_server *s)
{
	bool is_end = s->command.bdat_last && s->chunk_wrong.code == 0;

	server_enter(s, SERVER_COMMAND);
	server_ask(
	    s, is_end ? STAGE_EOD : STAGE_BDAT, &s->command, s->chunk_wrong);
}
