/* SPDX-License-Identifier: MIT */
/*
 * The life of a receiving session: a client's stream, the SMTP session that
 * reads it, and how both end.  What is answered is inbound_answer.c's, where
 * content goes inbound_content.c's.
 */
#include "relay/receive/inbound_impl.h"

static void on_connected(void *owner);
static void on_input(void *owner, struct slice bytes);
static void on_drained(void *owner);
static void on_eof(void *owner);
static void on_failure(void *owner, enum net_failure why);
static void on_patience(struct timer *t);

static const struct stream_handler handler = {
	.on_connected = on_connected,
	.on_input = on_input,
	.on_drained = on_drained,
	.on_eof = on_eof,
	.on_failure = on_failure,
	.on_secured = inbound_on_secured,
};

/* ---- life cycle ---- */

/* When the 250 of a message is outstanding the session outlives its client, for
 * the message is accepted whether the answer arrives or not. */
static bool
is_committing(const struct inbound *in)
{
	return in->accepted != NULL;
}

/* Forgets the transaction; what of it is in the spool goes too, unless it was
 * accepted. */
void
inbound_forget_message(struct inbound *in)
{
	for (uint32_t i = 0; i < in->recipient_count; i++)
		free(in->recipients[i]);
	in->recipient_count = 0;
	free(in->sender);
	in->sender = NULL;
	notify_destroy(&in->notify);
	if (in->mid != 0 && (in->pieces > 0 || is_committing(in)))
		spool_drop_message(in->relay->spool, in->mid, in->pieces);
	inbound_expect(in, false);
	in->mid = 0;
	in->pieces = 0;
	in->size_bytes = 0;
	in->has_8bit = in->is_utf8 = in->is_invalid_bounce = false;
	in->content = CONTENT_OK;
	in->newlines = (struct newline_cleaner){ 0 };
	buf_clear(&in->piece);
	header_scan_reset(&in->headers);
}

void
inbound_expect(struct inbound *in, bool is_expected)
{
	if (in->is_expected != is_expected)
		spool_expect(in->relay->spool, is_expected ? 1 : -1);
	in->is_expected = is_expected;
}

/* The client gave the transaction up, or we did. */
void
inbound_abort_message(struct inbound *in, struct slice reason)
{
	struct maillog_event ev = {
		.form = MAILLOG_MESSAGE_ABORTED,
		.mid = in->mid,
		.reason = reason,
	};
	struct maillog_event finished = {
		.form = MAILLOG_MESSAGE_FINISHED,
		.mid = in->mid,
		.result = SLICE("aborted"),
	};

	if (in->mid == 0)
		return;
	log_event(&in->relay->log, &ev);
	log_event(&in->relay->log, &finished);
	inbound_forget_message(in);
}

/* Ends the session; the stream has been closed or reset. */
static void
inbound_free(struct inbound *in)
{
	struct relay *r = in->relay;

	inbound_forget_message(in);
	inbound_expect(in, false);
	timer_stop(r->world, &in->patience);
	timer_stop(r->world, &in->late);
	sasl_fini(&in->sasl);
	spool_ticket_cancel(&in->ticket);
	message_destroy(&in->accepted);
	smtp_server_destroy(&in->server);
	trace_destroy(&in->trace);
	header_scan_fini(&in->headers);
	buf_fini(&in->clean);
	buf_fini(&in->piece);
	buf_fini(&in->reply);
	free(in->recipients);
	free(in->client_host);
	free(in->login);
	list_remove(&in->link);
	r->session_count--;
	relay_listener_release(in->listener);
	free(in);
}

static void
inbound_end(struct inbound *in)
{
	struct relay *r = in->relay;

	inbound_log_icid(in, MAILLOG_ICID_CLOSE);
	stream_close(in->stream);
	inbound_free(in);
	if (r->draining)
		deliver_end_drain(r);
}

/* Our FIN, in good order. */
static void
inbound_close(struct inbound *in)
{
	inbound_abort_message(in, SLICE("Receiving aborted by sender"));
	inbound_end(in);
}

/* The client is gone without QUIT. */
static void
inbound_lost(struct inbound *in)
{
	inbound_log_icid(in, MAILLOG_ICID_LOST);
	inbound_abort_message(in, SLICE("Receiving aborted"));
	inbound_end(in);
}

/* The client has said something whole, or content: bytes of a line that never
 * ends are no sign of life. */
static void
restart_idle(struct inbound *in)
{
	struct world *w = in->relay->world;

	in->idle_until = utime_add(world_now(w), in->limits.idle_timeout);
	timer_set(w, &in->patience,
	    in->idle_until < in->session_until ? in->idle_until
					       : in->session_until);
}

void
inbound_accept(struct relay_listener *l, struct stream *s)
{
	struct relay *r = l->relay;
	struct inbound *in = xcalloc(1, sizeof(*in));
	struct smtp_server_options options = { 0 };

	in->relay = r;
	in->listener = l;
	in->limits = l->config->limits;
	in->stream = s;
	in->icid = ++r->icid;
	in->client = stream_remote(s)->ip;
	in->patience.fire = on_patience;
	in->session_until =
	    utime_add(world_now(r->world), in->limits.session_timeout);
	in->ticket.on_durable = inbound_on_durable;
	in->late.fire = inbound_on_late;
	options.extensions = inbound_extensions(in);
	in->server = smtp_server_new(&options);
	list_init(&in->link);
	list_append(&r->sessions, &in->link);
	r->session_count++;
	l->session_count++;
	stream_attach(s, &handler, in);
	/* Who connects has something to send, most often. */
	inbound_expect(in, true);
	in->trace = trace_inbound(r, in->icid, &stream_remote(s)->ip);
	inbound_admit(in);
	inbound_pump(in);
}

/* The relay or its listener goes, and nothing of this client is under way. */
static bool
is_dismissed(const struct inbound *in)
{
	return (in->relay->draining || in->listener->config == NULL ||
		   in->listener->is_suspended) &&
	    in->mid == 0 && !is_committing(in);
}

static void
dismiss(struct inbound *in)
{
	/* Within a handshake there is nobody to talk to. */
	if (!in->is_shaking_hands)
		stream_write(in->stream,
		    in->listener->is_suspended
			? SLICE("421 4.3.2 Receiving is suspended, try again "
				"later\r\n")
			: SLICE("421 4.3.2 Service shutting down\r\n"));
	inbound_close(in);
}

void
inbound_dismiss(struct relay *r)
{
	LIST_FOREACH_SAFE(link, &r->sessions) {
		struct inbound *in = CONTAINER_OF(link, struct inbound, link);

		if (is_dismissed(in))
			dismiss(in);
	}
}

void
inbound_on_fault(struct relay *r)
{
	LIST_FOREACH(link, &r->sessions) {
		struct inbound *in = CONTAINER_OF(link, struct inbound, link);

		if (in->pieces > 0 && in->content == CONTENT_OK)
			in->content = CONTENT_NO_DISK;
	}
}

void
inbound_destroy_all(struct relay *r)
{
	LIST_FOREACH_SAFE(link, &r->sessions) {
		struct inbound *in = CONTAINER_OF(link, struct inbound, link);

		stream_reset(in->stream);
		inbound_free(in);
	}
}

/* ---- the session ---- */

/* Moves events as far as they go; the session may be gone afterwards. */
void
inbound_pump(struct inbound *in)
{
	struct smtp_server_event ev;

	while (!in->ending && !is_committing(in) && !is_dismissed(in) &&
	    stream_queued(in->stream) <= STREAM_HIGH_WATER &&
	    smtp_server_next(in->server, &ev)) {
		switch (ev.type) {
		case SMTP_SERVER_ASK:
			restart_idle(in);
			inbound_ask(in, &ev);
			break;
		case SMTP_SERVER_CONTENT:
			restart_idle(in);
			inbound_receive(in, ev.content);
			break;
		case SMTP_SERVER_VIOLATION:
			in->is_out_of_order |= ev.violation == SMTP_NO_EHLO ||
			    ev.violation == SMTP_OUT_OF_ORDER;
			break;
		}
	}
	if (in->ending) {
		inbound_close(in);
		return;
	}
	if (in->eof && !is_committing(in)) {
		inbound_lost(in);
		return;
	}
	if (is_dismissed(in)) {
		dismiss(in);
		return;
	}
	stream_pause(in->stream, smtp_server_backlog(in->server) > BACKLOG_MAX);
}

static void
on_connected(void *owner)
{
	(void)owner;
	abort(); /* an accepted stream does not connect */
}

static void
on_input(void *owner, struct slice bytes)
{
	struct inbound *in = owner;

	trace_feed(in->trace, SIDE_CLIENT, bytes);
	smtp_server_feed(in->server, bytes);
	inbound_pump(in);
}

static void
on_drained(void *owner)
{
	inbound_pump(owner);
}

static void
on_eof(void *owner)
{
	struct inbound *in = owner;

	in->eof = true;
	inbound_pump(in);
}

static void
on_failure(void *owner, enum net_failure why)
{
	struct inbound *in = owner;

	if (why == NET_TLS)
		inbound_log_tls_failure(in);
	in->eof = true;
	if (!is_committing(in))
		inbound_lost(in);
}

/* The client has said nothing for too long, or has been here for too long. */
static void
on_patience(struct timer *t)
{
	struct inbound *in = CONTAINER_OF(t, struct inbound, patience);
	bool is_idle = world_now(in->relay->world) < in->session_until;

	if (is_committing(in)) {
		timer_set(in->relay->world, t,
		    utime_add(world_now(in->relay->world), UTIME_S));
		return;
	}
	inbound_log_timeout(
	    in, is_idle ? MAILLOG_ICID_IDLE : MAILLOG_ICID_OVERTIME);
	inbound_abort_message(in, SLICE("Receiving aborted"));
	if (!in->is_shaking_hands)
		stream_write(in->stream,
		    is_idle
			? SLICE("421 4.4.2 Timeout waiting for a command\r\n")
			: SLICE("421 4.4.2 Connection time is over\r\n"));
	inbound_close(in);
}
