/* SPDX-License-Identifier: MIT */
/* Looking at one message of the queue: its content, or the oldest's header. */
#include "relay/deliver/age.h"
#include "relay/operate/operate.h"
#include "relay/receive/received.h"

/* Content beyond this is not shown. */
#define SHOWN_BYTES_MAX ((size_t)1 << 20)

/* Reads the content's first bytes, at most `max_bytes`, into `out`. */
static void
read_content(
    struct relay *r, const struct message *m, size_t max_bytes, struct buf *out)
{
	struct buf piece = { 0 };
	uint32_t count = spool_pieces_of(m->size_bytes);

	for (uint32_t i = 0; i < count && buf_len(out) < max_bytes; i++) {
		if (!spool_get_piece(r->spool, m->mid, i, &piece))
			break;
		buf_append(out, buf_slice(&piece));
	}
	buf_fini(&piece);
	if (buf_len(out) > max_bytes)
		buf_truncate(out, max_bytes);
}

/* Content for a terminal: without the CR of line ends. */
static void
append_plain(struct buf *out, struct slice content)
{
	struct slice piece;

	while (slice_split(&content, '\r', &piece))
		status_append_plain(out, piece, "\n\t");
}

void
operate_read_subject(struct relay *r, const struct message *m, struct buf *out)
{
	struct header_scan scan = { 0 };
	struct buf content = { 0 };

	read_content(r, m, SPOOL_PIECE_BYTES, &content);
	header_scan_feed(&scan, buf_slice(&content));
	status_append_plain(out, header_scan_subject(&scan), "");
	header_scan_fini(&scan);
	buf_fini(&content);
}

bool
operate_showmessage(struct operation *op, struct err *err)
{
	struct selection s = { .with_active = true };
	const struct message *m;
	struct buf content = { 0 };

	if (!select_message(op, 1, &s, err))
		return false;
	m = s.groups[0]->message;
	read_content(op->relay, m, SHOWN_BYTES_MAX, &content);
	append_plain(&op->answer->text, buf_slice(&content));
	if (m->size_bytes > SHOWN_BYTES_MAX)
		buf_printf(&op->answer->text, "\n... and %llu bytes more\n",
		    (unsigned long long)(m->size_bytes - SHOWN_BYTES_MAX));
	op->answer->object = json_pack("{s:I,s:I,s:o}", "mid",
	    (json_int_t)m->mid, "bytes", (json_int_t)m->size_bytes, "content",
	    status_json_text(buf_cstr(&op->answer->text)));
	buf_fini(&content);
	free(s.groups);
	return true;
}

/* ---- oldmessage ---- */

/* The part of the content before its empty line. */
static struct slice
header_of(struct slice content)
{
	size_t end = slice_find(content, SLICE("\r\n\r\n"));

	return slice_sub(content, 0, end < content.len ? end + 2 : end);
}

bool
operate_oldmessage(struct operation *op, struct err *err)
{
	const struct message *oldest = age_oldest(&op->relay->queue);
	struct buf content = { 0 };
	utime age;

	(void)err;
	if (oldest == NULL) {
		buf_append_cstr(&op->answer->text, "No messages.\n");
		return true;
	}
	age = world_now(op->relay->world) - oldest->received;
	buf_printf(
	    &op->answer->text, "MID %llu: ", (unsigned long long)oldest->mid);
	status_append_age(&op->answer->text, age);
	buf_append_cstr(&op->answer->text, " old\n");
	read_content(op->relay, oldest, SPOOL_PIECE_BYTES, &content);
	append_plain(&op->answer->text, header_of(buf_slice(&content)));
	op->answer->object =
	    json_pack("{s:I,s:I}", "mid", (json_int_t)oldest->mid,
		"age_seconds", (json_int_t)(age / UTIME_S));
	buf_fini(&content);
	return true;
}
