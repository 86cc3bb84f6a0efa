/* SPDX-License-Identifier: MIT */
/* Conversations as lines; see conversation.h. */
#include "relay/operate/conversation.h"

#define HIDDEN "(hidden)"

void
conversation_fini(struct conversation *c)
{
	for (size_t i = 0; i < SIDE_COUNT; i++)
		buf_fini(&c->partial[i]);
}

static void
tell(struct conversation *c, enum conversation_side side, struct slice line)
{
	c->on_line(c->owner, side, line);
}

/* ---- what the client says ---- */

/* "AUTH PLAIN" and no more: what may follow is a secret. */
static void
tell_auth(struct conversation *c, struct slice line)
{
	size_t space = slice_find_byte(slice_skip(line, 5), ' ') + 5;
	struct buf text = { 0 };

	c->in_auth = true;
	buf_append(&text, slice_sub(line, 0, space));
	if (space < line.len)
		buf_append_cstr(&text, " " HIDDEN);
	tell(c, SIDE_CLIENT, buf_slice(&text));
	buf_fini(&text);
}

/* The size of "BDAT 1000 LAST", or 0. */
static uint64_t
chunk_size(struct slice line)
{
	struct slice size = slice_skip(line, 5);
	uint64_t bytes = 0;

	size = slice_sub(size, 0, slice_find_byte(size, ' '));
	(void)slice_to_u64(slice_trim(size), UINT32_MAX, &bytes);
	return bytes;
}

static void
client_line(struct conversation *c, struct slice line)
{
	if (c->in_content) {
		c->in_content = !slice_eq(line, SLICE("."));
		if (!c->in_content)
			tell(c, SIDE_CLIENT, line);
	} else if (c->in_auth) {
		tell(c, SIDE_CLIENT, SLICE(HIDDEN));
	} else if (slice_starts_with_nocase(line, SLICE("AUTH "))) {
		tell_auth(c, line);
	} else {
		if (slice_starts_with_nocase(line, SLICE("BDAT ")))
			c->chunk_left = chunk_size(line);
		c->awaits_354 = slice_eq_nocase(line, SLICE("DATA"));
		tell(c, SIDE_CLIENT, line);
	}
}

/* ---- what the server says ---- */

static void
server_line(struct conversation *c, struct slice line)
{
	bool is_334 = slice_starts_with(line, SLICE("334"));

	if (c->awaits_354 && slice_starts_with(line, SLICE("354"))) {
		c->awaits_354 = false;
		c->in_content = true;
	}
	/* The reply to something ahead of AUTH must not uncover what follows.
	 */
	c->in_auth = is_334;
	tell(c, SIDE_SERVER, line);
}

/* ---- lines ---- */

/* A whole line, or as much as is kept of it. */
static void
end_line(struct conversation *c, enum conversation_side side)
{
	struct buf *line = &c->partial[side];
	struct slice text = buf_slice(line);

	if (text.len > 0 && text.at[text.len - 1] == '\r')
		text.len--;
	if (side == SIDE_CLIENT)
		client_line(c, text);
	else
		server_line(c, text);
	buf_clear(line);
}

void
conversation_feed(
    struct conversation *c, enum conversation_side side, struct slice bytes)
{
	while (bytes.len > 0) {
		size_t end, kept;

		if (side == SIDE_CLIENT && c->chunk_left > 0) {
			size_t n = bytes.len < c->chunk_left
			    ? bytes.len
			    : (size_t)c->chunk_left;

			c->chunk_left -= n;
			bytes = slice_skip(bytes, n);
			continue;
		}
		end = slice_find_byte(bytes, '\n');
		kept = CONVERSATION_LINE_MAX - buf_len(&c->partial[side]);
		buf_append(&c->partial[side],
		    slice_sub(bytes, 0, end < kept ? end : kept));
		if (end == bytes.len)
			return;
		end_line(c, side);
		bytes = slice_skip(bytes, end + 1);
	}
}

void
conversation_quote(struct slice line, struct buf *out)
{
	buf_append_byte(out, '\'');
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.at[i];

		if (c < 0x20 || c >= 0x7f || c == '\\' || c == '\'')
			buf_printf(out, "\\%03o", c);
		else
			buf_append_byte(out, (char)c);
	}
	buf_append_byte(out, '\'');
}
