/* SPDX-License-Identifier: MIT */
/* Both ends of a dialogue, as far as content goes; see content.h. */
#include "core/transcript/content.h"

void
transcript_content_fini(struct transcript_content *c)
{
	buf_fini(&c->line);
	buf_fini(&c->kept);
}

/* ---- messages ---- */

static void
message_begin(struct transcript_content *c)
{
	buf_clear(&c->kept);
	c->size = 0;
	c->is_whole = c->is_last = c->is_cut = c->is_told = false;
	c->decoder = (struct smtp_data_decoder){ 0 };
}

/* The host's word on the last one should have come by now. */
static void
message_next(struct transcript_content *c)
{
	c->is_lost |= c->is_whole && !c->is_heard;
	message_begin(c);
}

static void
message_end(struct transcript_content *c)
{
	c->state = CONTENT_COMMANDS;
	c->is_whole = true;
	c->is_heard = false;
}

static void
message_bound(struct transcript_content *c)
{
	if (buf_len(&c->kept) > TRANSCRIPT_CONTENT_MAX)
		buf_truncate(&c->kept, TRANSCRIPT_CONTENT_MAX);
}

/* Behind what was cut only the end is shown, up to its LF. */
static void
take_end(struct transcript_content *c, struct slice *bytes)
{
	*bytes = slice_skip(*bytes, slice_find_byte(*bytes, '\n') + 1);
	message_end(c);
}

static void
take_lines(struct transcript_content *c, struct slice *bytes)
{
	size_t before = buf_len(&c->kept);
	bool is_end;

	if (c->is_cut) {
		take_end(c, bytes);
		return;
	}
	is_end = smtp_data_decode(&c->decoder, bytes, &c->kept);
	c->size += buf_len(&c->kept) - before;
	message_bound(c);
	if (is_end)
		message_end(c);
}

static void
chunk_end(struct transcript_content *c)
{
	c->state = CONTENT_COMMANDS;
	if (c->is_last)
		message_end(c);
}

static void
take_chunk(struct transcript_content *c, struct slice *bytes)
{
	size_t len = bytes->len < c->chunk ? bytes->len : (size_t)c->chunk;

	buf_append(&c->kept, slice_sub(*bytes, 0, len));
	message_bound(c);
	*bytes = slice_skip(*bytes, len);
	c->chunk -= len;
	c->size += len;
	if (c->chunk == 0)
		chunk_end(c);
}

/* So much content is not shown. */
static void
take_cut(struct transcript_content *c, uint64_t cut)
{
	c->is_cut = true;
	c->size += cut;
	if (c->state == CONTENT_LINES)
		return;
	if (c->state != CONTENT_CHUNK || cut > c->chunk) {
		c->is_lost = true;
		return;
	}
	c->chunk -= cut;
	if (c->chunk == 0)
		chunk_end(c);
}

/* ---- commands ---- */

/* BDAT SP size [SP LAST] (RFC 3030, 2). */
static void
take_bdat(struct transcript_content *c, struct slice rest)
{
	struct slice size;

	if (c->is_whole)
		message_next(c);
	slice_split(&rest, ' ', &size);
	if (!slice_to_u64(size, INT64_MAX, &c->chunk))
		return;
	c->is_last = slice_eq_nocase(slice_trim(rest), SLICE("LAST"));
	c->state = CONTENT_CHUNK;
	if (c->chunk == 0)
		chunk_end(c);
}

/* A new transaction, or none any more. */
static bool
is_fresh_start(struct slice line)
{
	static const struct slice words[] = { SLICE_INIT("MAIL"),
		SLICE_INIT("RSET"), SLICE_INIT("EHLO"), SLICE_INIT("HELO") };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_starts_with_nocase(line, words[i]))
			return true;
	return false;
}

static void
take_command(struct transcript_content *c, struct slice line)
{
	if (slice_eq_nocase(line, SLICE("DATA"))) {
		message_next(c);
		c->state = CONTENT_ASKED;
	} else if (slice_starts_with_nocase(line, SLICE("BDAT "))) {
		take_bdat(c, slice_skip(line, 5));
	} else if (is_fresh_start(line) && !c->is_whole) {
		message_begin(c);
	}
}

static void
take_words(struct transcript_content *c, struct slice *bytes)
{
	size_t at = slice_find_byte(*bytes, '\n');
	size_t room = TRANSCRIPT_COMMAND_MAX - buf_len(&c->line);
	struct slice line;

	buf_append(&c->line, slice_sub(*bytes, 0, at < room ? at : room));
	if (at == bytes->len) {
		*bytes = slice_skip(*bytes, at);
		return;
	}
	*bytes = slice_skip(*bytes, at + 1);
	line = buf_slice(&c->line);
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	take_command(c, slice_trim(line));
	buf_clear(&c->line);
}

/* ---- events ---- */

static void
note_in(struct transcript_content *c, struct slice bytes)
{
	while (bytes.len > 0) {
		switch (c->state) {
		case CONTENT_ASKED: /* It was refused. */
			c->state = CONTENT_COMMANDS;
			break;
		case CONTENT_COMMANDS:
			take_words(c, &bytes);
			break;
		case CONTENT_LINES:
			take_lines(c, &bytes);
			break;
		case CONTENT_CHUNK:
			take_chunk(c, &bytes);
			break;
		}
	}
}

static void
note_out(struct transcript_content *c, struct slice bytes)
{
	c->is_heard = true;
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.at[i] != '\n') {
			if (c->reply_len < sizeof(c->reply))
				c->reply[c->reply_len++] = bytes.at[i];
			continue;
		}
		if (c->state == CONTENT_ASKED && c->reply_len >= 3 &&
		    memcmp(c->reply, "354", 3) == 0 &&
		    (c->reply_len == 3 || c->reply[3] != '-'))
			c->state = CONTENT_LINES;
		c->reply_len = 0;
	}
}

void
transcript_content_note(
    struct transcript_content *c, struct transcript_event *ev)
{
	if (c->is_told)
		message_begin(c);
	if (ev->kind == TRANSCRIPT_IN) {
		note_in(c, ev->bytes);
		if (ev->cut > 0)
			take_cut(c, ev->cut);
	} else if (ev->kind == TRANSCRIPT_OUT) {
		note_out(c, ev->bytes);
	} else if (ev->kind == TRANSCRIPT_TLS) {
		c->state = CONTENT_COMMANDS;
		c->reply_len = 0;
		buf_clear(&c->line);
	} else if (ev->kind == TRANSCRIPT_MESSAGE && c->is_whole &&
	    !c->is_lost &&
	    (c->is_cut ? buf_len(&c->kept) <= ev->size_bytes
		       : c->size == ev->size_bytes)) {
		ev->content = buf_slice(&c->kept);
		c->is_whole = false;
		c->is_told = true;
	}
}
