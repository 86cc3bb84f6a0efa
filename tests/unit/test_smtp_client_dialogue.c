/* SPDX-License-Identifier: MIT */
/*
 * The client's side against servers that misbehave: each script of
 * smtp_scripts.h is fed whole, byte by byte and cut at every place of each of
 * its pieces.
 */
#include "core/smtp/client.h"

#include "tests/unit/kit.h"
#include "tests/unit/smtp_scripts_ahead.h"

/* A session under way. */
struct session {
	const struct session_row *row;
	size_t cut; /* each piece is cut here; 0: every byte by itself */
	size_t piece_at;
	struct smtp_client *client;
	utime now;
	unsigned messages_left;
	bool is_waiting; /* in READY, for a piece */
	bool has_given;  /* the first piece of the content */
	bool is_over;
	struct buf story;
};

static const struct slice recipients[] = {
	SLICE_INIT("r0@y"),
	SLICE_INIT("r1@y"),
	SLICE_INIT("r2@y"),
};

static void
tell_failure(struct session *s, const struct smtp_client_event *event)
{
	buf_append_cstr(&s->story, "failed(");
	switch (event->failure) {
	case SMTP_FAIL_REPLY:
		buf_append_u64(&s->story, (uint64_t)event->reply.code);
		break;
	case SMTP_FAIL_GARBAGE:
		buf_append_cstr(&s->story, "garbage");
		if (event->reply.code != 0)
			buf_printf(&s->story, " %d", event->reply.code);
		break;
	case SMTP_FAIL_TIMEOUT:
		buf_append_cstr(&s->story, "timeout");
		break;
	case SMTP_FAIL_EOF:
		buf_append_cstr(&s->story, "eof");
		break;
	case SMTP_FAIL_NETWORK:
		buf_append_cstr(&s->story, "network");
		break;
	}
	buf_printf(&s->story, "@%s) ", smtp_stage_name(event->stage));
}

static void
send_message(struct session *s)
{
	bool wants = (s->row->flags & WANTS) != 0;
	struct smtp_client_message message = {
		.sender = SLICE("s@x"),
		.recipients = recipients,
		.recipient_count = (s->row->flags & THREE) != 0 ? 3
		    : (s->row->flags & TWO) != 0                ? 2
								: 1,
		.size_bytes = wants ? 42 : 0,
		.is_8bit = wants,
		.is_utf8 = wants,
	};

	s->messages_left--;
	s->has_given = false;
	smtp_client_send(s->client, &message, s->now);
}

static bool
next_piece_is_early(const struct session *s)
{
	const char *piece = s->row->pieces[s->piece_at];

	return piece != NULL && piece[0] == '!';
}

static void feed_piece(struct session *s);

/* The content in two pieces, as far as it is wanted. */
static void
give_content(struct session *s)
{
	if (!s->has_given) {
		smtp_client_body(s->client, SLICE("hi\r"), s->now);
		s->has_given = true;
	}
	if (smtp_client_wants_body(s->client))
		smtp_client_body_end(s->client, SLICE("\n."), s->now);
}

static void
on_event(struct session *s, const struct smtp_client_event *event)
{
	switch (event->type) {
	case SMTP_CLIENT_READY:
		buf_append_cstr(&s->story, "ready ");
		if ((s->row->flags & IDLE) != 0 &&
		    s->row->pieces[s->piece_at] != NULL && s->piece_at > 2)
			s->is_waiting = true;
		else if (s->messages_left > 0)
			send_message(s);
		else
			smtp_client_quit(s->client, s->now);
		break;
	case SMTP_CLIENT_RESULT:
		buf_printf(&s->story, "r%zu=%d@%s%s ", event->recipient,
		    event->reply.code, smtp_stage_name(event->stage),
		    event->is_local ? "(local)" : "");
		break;
	case SMTP_CLIENT_BODY:
		buf_append_cstr(&s->story, "body ");
		if (next_piece_is_early(s)) {
			feed_piece(s);
			break;
		}
		give_content(s);
		break;
	case SMTP_CLIENT_DONE:
		buf_append_cstr(&s->story, "done ");
		break;
	case SMTP_CLIENT_STARTTLS:
	case SMTP_CLIENT_ANSWER:
		fail(); /* test_smtp_client_security.c */
		break;
	case SMTP_CLIENT_FAILED:
		tell_failure(s, event);
		s->is_over = true;
		break;
	case SMTP_CLIENT_CLOSED:
		buf_append_cstr(&s->story, "closed ");
		s->is_over = true;
		break;
	}
}

static void
run_events(struct session *s)
{
	struct smtp_client_event event;

	while (smtp_client_next(s->client, &event)) {
		assert_false(s->is_over);
		on_event(s, &event);
	}
}

/* Feeds text in the session's manner. */
static void
feed_text(struct session *s, struct slice text)
{
	for (size_t at = 0; at < text.len;) {
		size_t len = s->cut == 0 ? 1 : at == 0 ? s->cut : SIZE_MAX;
		struct slice part = slice_sub(text, at, len);

		smtp_client_feed(s->client, part, s->now);
		at += part.len;
		if (at < text.len)
			run_events(s);
	}
}

static void
feed_piece(struct session *s)
{
	struct slice piece = slice_cstr(s->row->pieces[s->piece_at++]);
	size_t end;

	/* An owner may look for itself whether more is wanted. */
	if (piece.at[0] != '!' && smtp_client_wants_body(s->client))
		give_content(s);

	if (piece.at[0] == '!') {
		smtp_client_feed(s->client, slice_skip(piece, 1), s->now);
		return;
	}
	if (piece.at[0] == '>') {
		s->is_waiting = false;
		piece = slice_skip(piece, 1);
		send_message(s);
	}
	end = slice_find_byte(piece, '<');
	feed_text(s, slice_sub(piece, 0, end));
	piece = slice_skip(piece, end);
	if (slice_eq(piece, SLICE("<eof>")))
		smtp_client_on_eof(s->client, s->now);
	else if (slice_eq(piece, SLICE("<reset>")))
		smtp_client_on_network_failure(s->client, s->now);
	else if (piece.len > 0) {
		s->now = smtp_client_deadline(s->client);
		smtp_client_on_deadline(s->client, s->now - 1);
		smtp_client_on_deadline(s->client, s->now);
	}
}

/* What the client wrote is told and acknowledged; a CR LF is a bar, and the
 * last one is left out. */
static void
write_out(struct session *s)
{
	struct slice out = smtp_client_out(s->client);
	size_t len = out.len;

	if (len == 0)
		return;
	buf_append_byte(&s->story, '[');
	while (out.len > 0 && !slice_eq(out, SLICE("\r\n"))) {
		bool is_end = slice_starts_with(out, SLICE("\r\n"));

		if (is_end)
			buf_append_byte(&s->story, '|');
		else
			kit_show(&s->story, slice_sub(out, 0, 1));
		out = slice_skip(out, is_end ? 2 : 1);
	}
	buf_append_cstr(&s->story, "] ");
	smtp_client_out_ack(s->client, len);
}

static void
run_session(const struct session_row *row, size_t cut)
{
	const struct smtp_client_options options = {
		.helo_name = SLICE("me"),
		.timeouts = { 1, 2, 3, 4, 5, 6, 7, 8, 9 },
		.may_pipeline = (row->flags & PIPE) != 0,
		.may_chunk = (row->flags & CHUNK) != 0,
		.may_send_8bit = (row->flags & SEND8) != 0,
		.may_split = (row->flags & SPLIT) != 0,
	};
	struct session s = {
		.row = row,
		.cut = cut,
		.client = smtp_client_new(&options, 1000),
		.now = 1000,
		.messages_left = (row->flags & NOTHING) != 0 ? 0
		    : (row->flags & AGAIN) != 0              ? 2
							     : 1,
	};

	while (!s.is_over && s.piece_at < PIECES_MAX &&
	    row->pieces[s.piece_at] != NULL) {
		feed_piece(&s);
		run_events(&s);
		if (!next_piece_is_early(&s))
			write_out(&s);
	}
	assert_true(s.is_over || s.is_waiting);
	assert_slice(buf_slice(&s.story), row->story);
	if (s.is_over) {
		assert_int_equal(smtp_client_out(s.client).len, 0);
		assert_true(smtp_client_deadline(s.client) == UTIME_NEVER);
	}
	smtp_client_destroy(&s.client);
	assert_null(s.client);
	buf_fini(&s.story);
}

static void
test_session(void **state)
{
	const struct session_row *row = *state;
	size_t longest = 0;

	for (size_t i = 0; i < PIECES_MAX && row->pieces[i] != NULL; i++)
		if (strlen(row->pieces[i]) > longest)
			longest = strlen(row->pieces[i]);
	for (size_t cut = (row->flags & WHOLE) != 0 ? longest : 0;
	     cut <= longest; cut++)
		run_session(row, cut);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_session);
	ROWS(&kit, ahead_rows, test_session);
	return kit_run(&kit, "smtp_client_dialogue");
}
