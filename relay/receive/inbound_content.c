/* SPDX-License-Identifier: MIT */
/*
 * Content on its way from a session into the spool: the Received: line in
 * front, pieces as they fill, limits, and the 250 that waits for the commit.
 */
#include "relay/receive/inbound_impl.h"

/* What is in the buffer becomes a piece in the spool. */
static void
put_piece(struct inbound *in)
{
	if (buf_len(&in->piece) == 0 || in->content != CONTENT_OK)
		return;
	/* A limit of 1 GiB leaves no room for our own lines. */
	if (in->pieces == SPOOL_PIECES_MAX) {
		in->content = CONTENT_TOO_BIG;
		return;
	}
	if (!spool_put_piece(in->relay->spool, in->mid, in->pieces,
		slice_sub(buf_slice(&in->piece), 0, SPOOL_PIECE_BYTES))) {
		in->content = CONTENT_NO_DISK;
		return;
	}
	in->pieces++;
	buf_consume(&in->piece,
	    buf_len(&in->piece) < SPOOL_PIECE_BYTES ? buf_len(&in->piece)
						    : SPOOL_PIECE_BYTES);
}

static void
add_content(struct inbound *in, struct slice bytes)
{
	in->size_bytes += bytes.len;
	in->has_8bit = in->has_8bit || !slice_is_7bit(bytes);
	if (in->content != CONTENT_OK)
		return;
	buf_append(&in->piece, bytes);
	while (buf_len(&in->piece) >= SPOOL_PIECE_BYTES &&
	    in->content == CONTENT_OK)
		put_piece(in);
}

/* In front of the content, which may turn out to be empty. */
static void
add_received(struct inbound *in)
{
	struct relay *r = in->relay;
	const struct received_protocol protocol = {
		.is_extended = smtp_server_is_extended(in->server),
		.is_tls = in->is_tls,
		.is_authenticated = in->login != NULL,
		.is_utf8 = in->is_utf8,
	};
	const struct received_line line = {
		.from = smtp_server_client_name(in->server),
		.client = &in->client,
		.by = r->config->hostname,
		.with = received_protocol(&protocol),
		.mid = in->mid,
		.at = world_now(r->world),
	};
	struct buf text = { 0 };

	received_format(&text, &line);
	if (in->is_invalid_bounce)
		buf_printf(&text, "%.*s\r\n",
		    SLICE_ARG(r->config->bounce_verification.header));
	in->trace_bytes = buf_len(&text);
	add_content(in, buf_slice(&text));
	buf_fini(&text);
}

/* What is in in->clean belongs to the message. */
static void
take_clean(struct inbound *in)
{
	struct slice bytes = buf_slice(&in->clean);

	if (in->size_bytes == 0)
		add_received(in);
	if (in->size_bytes - in->trace_bytes + bytes.len >
	    in->limits.message_bytes)
		in->content = CONTENT_TOO_BIG;
	header_scan_feed(&in->headers, bytes);
	add_content(in, bytes);
	buf_clear(&in->clean);
}

void
inbound_receive(struct inbound *in, struct slice bytes)
{
	newline_clean(&in->newlines, bytes, &in->clean);
	take_clean(in);
}

/* The transaction becomes a message; its strings move. */
static struct message *
make_message(struct inbound *in)
{
	const struct relay_listener_config *listener = in->listener->config;
	struct message *m = xcalloc(1, sizeof(*m));

	m->mid = in->mid;
	m->received = world_now(in->relay->world);
	m->client = in->client;
	m->size_bytes = in->size_bytes;
	m->flags = (in->has_8bit ? MESSAGE_8BIT : 0U) |
	    (in->is_utf8 ? MESSAGE_UTF8 : 0U);
	m->sender = in->sender;
	m->recipients = in->recipients;
	m->recipient_count = in->recipient_count;
	m->notify = in->notify;
	/* No configuration names a listener that is closed. */
	if (listener != NULL && listener->bounce_profile.len > 0)
		m->profile = slice_dup(listener->bounce_profile);
	in->sender = NULL;
	in->notify = NULL;
	in->recipients = NULL;
	in->recipient_cap = 0;
	in->recipient_count = 0;
	return m;
}

static void
refuse_content(
    struct inbound *in, int code, const char *text, struct slice reason)
{
	inbound_log_failed(in, reason);
	inbound_abort_message(in, SLICE("Receiving aborted"));
	inbound_answer(in, code, text);
}

/* What was received so far cannot become a message: says why. */
static void
refuse_bad_content(struct inbound *in)
{
	switch (in->content) {
	case CONTENT_OK:
		return;
	case CONTENT_TOO_BIG:
		refuse_content(in, 552, "5.3.4 Message size exceeds limit",
		    SLICE("Message size exceeds limit"));
		return;
	case CONTENT_LOOP:
		refuse_content(
		    in, 554, "5.4.6 Too many hops", SLICE("Message loop"));
		return;
	case CONTENT_NO_DISK:
		refuse_content(in, 452, "4.3.1 Temporarily out of disk space",
		    SLICE("Queue full"));
		return;
	}
}

/* RFC 3030, 2: a chunk that is refused is the end of the transaction, so that
 * the client learns early that the rest would be in vain. */
void
inbound_end_chunk(struct inbound *in)
{
	if (in->content == CONTENT_OK)
		inbound_answer(in, 250, "2.0.0 chunk ok");
	else
		refuse_bad_content(in);
}

/* The end of data: the answer waits for the commit. */
void
inbound_accept_message(struct inbound *in)
{
	struct slice whole = { 0 };

	newline_clean_end(&in->newlines, &in->clean);
	take_clean(in);
	inbound_expect(in, false);
	/* What is small enough goes into the message's own row. */
	if (in->pieces == 0)
		whole = buf_slice(&in->piece);
	else
		put_piece(in);
	if (in->content == CONTENT_OK && !inbound_has_room(in, in->size_bytes))
		in->content = CONTENT_NO_DISK;
	if (in->content == CONTENT_OK &&
	    in->headers.hops > in->limits.received_headers)
		in->content = CONTENT_LOOP;
	if (in->content == CONTENT_OK) {
		in->accepted = make_message(in);
		if (whole.len > 0)
			in->accepted->content = slice_dup(whole);
		if (!spool_put_message(
			in->relay->spool, in->accepted, whole, &in->ticket)) {
			message_destroy(&in->accepted);
			in->content = CONTENT_NO_DISK;
		}
	}
	refuse_bad_content(in);
}

void
inbound_on_durable(struct spool_ticket *t, bool is_durable)
{
	struct inbound *in = CONTAINER_OF(t, struct inbound, ticket);
	struct message *m = in->accepted;
	char text[64];

	in->accepted = NULL;
	if (is_durable) {
		(void)snprintf(text, sizeof(text),
		    "2.0.0 ok:  Message %llu accepted",
		    (unsigned long long)m->mid);
		inbound_log_accepted(in, m);
		in->pieces = 0;
		in->mid = 0;
		inbound_forget_message(in);
		inbound_answer(in, 250, text);
		relay_count_received(in->relay, m);
		deliver_submit(in->relay, m, NULL, 0);
	} else {
		message_destroy(&m);
		/* Pieces of a large one may be on disk by earlier commits. */
		refuse_content(in, 452, "4.3.1 Temporarily out of disk space",
		    SLICE("Queue full"));
	}
	inbound_pump(in);
}
