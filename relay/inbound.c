/* SPDX-License-Identifier: MIT */
/*
 * Receiving: the relay's listener and one SMTP session per client.  The
 * grammar and the order of commands are smtp_server's; here is the policy (who
 * may send where, how much), the way of content into the spool, and the 250
 * that is not given before the commit.
 */
#include "relay/access.h"
#include "relay/received.h"
#include "relay/relay_impl.h"

#include "core/smtp/server.h"

/* What a client may have sent and we not read yet. */
#define BACKLOG_MAX (256 * 1024)

struct inbound {
	struct relay *relay;        /* borrowed */
	struct list link;           /* in relay->sessions */
	struct stream *stream;      /* owned */
	struct smtp_server *server; /* owned */
	struct timer idle;          /* the client's patience with us ends */
	uint64_t icid;
	bool may_relay; /* the client's address allows anything */
	bool eof;       /* the client has sent FIN */
	bool ending;    /* QUIT or 421 is answered */
	uint32_t bad_commands;
	/* The open transaction; mid 0: none. */
	uint64_t mid;
	bool is_8bit, is_utf8;
	char *sender;      /* owned */
	char **recipients; /* owned, each too */
	size_t recipient_cap;
	uint32_t recipient_count;
	struct buf piece;    /* content not in the spool yet */
	uint32_t pieces;     /* those in the spool */
	uint64_t size_bytes; /* of the content so far */
	enum {
		CONTENT_OK,
		CONTENT_TOO_BIG,
		CONTENT_NO_DISK
	} content;
	struct header_scan headers;
	/* Waiting for the commit: */
	struct spool_ticket ticket;
	struct message *accepted; /* owned until it is submitted */
	struct buf reply;         /* scratch */
};

static void on_connected(void *owner);
static void on_input(void *owner, struct slice bytes);
static void on_drained(void *owner);
static void on_eof(void *owner);
static void on_failure(void *owner, enum net_failure why);
static void on_idle(struct timer *t);
static void on_durable(struct spool_ticket *t, bool is_durable);
static void pump(struct inbound *in);

static const struct stream_handler handler = {
	.on_connected = on_connected,
	.on_input = on_input,
	.on_drained = on_drained,
	.on_eof = on_eof,
	.on_failure = on_failure,
};

/* ---- life cycle ---- */

static void
log_icid(struct inbound *in, enum maillog_form form)
{
	struct maillog_event ev = { .form = form, .icid = in->icid };

	log_event(&in->relay->log, &ev);
}

static void
log_new(struct inbound *in)
{
	char interface[IP_TEXT_MAX], address[IP_TEXT_MAX];
	struct maillog_event ev = {
		.form = MAILLOG_ICID_NEW,
		.icid = in->icid,
		.interface = in->relay->config->interface_name,
		.interface_ip = slice_cstr(
		    ip_format(&stream_local(in->stream)->ip, interface)),
		.address = slice_cstr(
		    ip_format(&stream_remote(in->stream)->ip, address)),
		.host = SLICE("unknown"),
		.verified = SLICE("no"),
	};
	struct maillog_event group = {
		.form =
		    in->may_relay ? MAILLOG_ICID_RELAY : MAILLOG_ICID_ACCEPT,
		.icid = in->icid,
		.group =
		    in->may_relay ? SLICE("RELAYLIST") : SLICE("UNKNOWNLIST"),
		.match = in->may_relay ? ev.address : SLICE("ALL"),
		.score = SLICE("not enabled"),
	};

	log_event(&in->relay->log, &ev);
	log_event(&in->relay->log, &group);
}

/* Forgets the transaction; what of it is in the spool goes too, unless it was
 * accepted. */
static void
forget_message(struct inbound *in)
{
	for (uint32_t i = 0; i < in->recipient_count; i++)
		free(in->recipients[i]);
	in->recipient_count = 0;
	free(in->sender);
	in->sender = NULL;
	if (in->mid != 0 && in->pieces > 0)
		spool_drop_message(in->relay->spool, in->mid, in->pieces);
	in->mid = 0;
	in->pieces = 0;
	in->size_bytes = 0;
	in->is_8bit = in->is_utf8 = false;
	in->content = CONTENT_OK;
	buf_clear(&in->piece);
	header_scan_reset(&in->headers);
}

/* The client gave the transaction up, or we did. */
static void
abort_message(struct inbound *in, struct slice reason)
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
	forget_message(in);
}

/* Ends the session; the stream has been closed or reset. */
static void
inbound_free(struct inbound *in)
{
	struct relay *r = in->relay;

	forget_message(in);
	timer_stop(r->world, &in->idle);
	spool_ticket_cancel(&in->ticket);
	message_destroy(&in->accepted);
	smtp_server_destroy(&in->server);
	header_scan_fini(&in->headers);
	buf_fini(&in->piece);
	buf_fini(&in->reply);
	free(in->recipients);
	list_remove(&in->link);
	r->session_count--;
	free(in);
}

/* Our FIN, in good order. */
static void
inbound_close(struct inbound *in)
{
	struct relay *r = in->relay;

	abort_message(in, SLICE("Receiving aborted by sender"));
	log_icid(in, MAILLOG_ICID_CLOSE);
	stream_close(in->stream);
	inbound_free(in);
	if (r->draining)
		deliver_drain(r);
}

/* The client is gone without QUIT. */
static void
inbound_lost(struct inbound *in)
{
	struct relay *r = in->relay;

	log_icid(in, MAILLOG_ICID_LOST);
	abort_message(in, SLICE("Receiving aborted"));
	log_icid(in, MAILLOG_ICID_CLOSE);
	stream_close(in->stream);
	inbound_free(in);
	if (r->draining)
		deliver_drain(r);
}

/* When the 250 of a message is outstanding the session outlives its client, for
 * the message is accepted whether the answer arrives or not. */
static bool
is_committing(const struct inbound *in)
{
	return in->accepted != NULL;
}

static void
restart_idle(struct inbound *in)
{
	timer_set(in->relay->world, &in->idle,
	    utime_add(world_now(in->relay->world),
		in->relay->config->limits.idle_timeout));
}

void
inbound_accept(struct relay *r, struct stream *s)
{
	struct inbound *in = xcalloc(1, sizeof(*in));
	const struct smtp_server_options options = {
		.extensions = SMTP_EXT_PIPELINING | SMTP_EXT_SIZE |
		    SMTP_EXT_8BITMIME | SMTP_EXT_ENHANCEDSTATUSCODES |
		    SMTP_EXT_SMTPUTF8 | SMTP_EXT_CHUNKING,
	};

	in->relay = r;
	in->stream = s;
	in->icid = ++r->icid;
	in->may_relay = access_may_relay(r->config, &stream_remote(s)->ip);
	in->idle.fire = on_idle;
	in->ticket.on_durable = on_durable;
	in->server = smtp_server_new(&options);
	list_init(&in->link);
	list_append(&r->sessions, &in->link);
	r->session_count++;
	stream_attach(s, &handler, in);
	log_new(in);
	restart_idle(in);
	pump(in);
}

void
inbound_drain(struct relay *r)
{
	LIST_FOREACH_SAFE(link, &r->sessions) {
		struct inbound *in = CONTAINER_OF(link, struct inbound, link);

		if (in->mid != 0 || is_committing(in))
			continue;
		stream_write(
		    in->stream, SLICE("421 4.3.2 Service shutting down\r\n"));
		inbound_close(in);
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

/* ---- answers ---- */

static void
answer(struct inbound *in, int code, const char *text)
{
	buf_clear(&in->reply);
	smtp_reply_format(&in->reply, code, slice_cstr(text));
	stream_write(in->stream, buf_slice(&in->reply));
	smtp_server_answer(in->server, code);
	if (code == 421)
		in->ending = true;
}

static void
answer_banner(struct inbound *in)
{
	const struct relay *r = in->relay;
	struct buf text = { 0 };

	if (r->draining) {
		answer(in, 421, "4.3.2 Service shutting down");
	} else if (r->session_count > r->config->limits.connections) {
		answer(in, 421, "4.7.0 Too many connections, try again later");
	} else {
		buf_printf(&text, "%.*s ESMTP", SLICE_ARG(r->config->hostname));
		answer(in, 220, buf_cstr(&text));
		buf_fini(&text);
	}
}

static void
answer_hello(struct inbound *in, bool extended)
{
	const struct relay_config *config = in->relay->config;
	struct buf text = { 0 };

	abort_message(in, SLICE("Receiving aborted by sender"));
	buf_append(&text, config->hostname);
	if (extended)
		buf_printf(&text,
		    "\nPIPELINING\nSIZE %llu\n8BITMIME\nENHANCEDSTATUSCODES\n"
		    "SMTPUTF8\nCHUNKING",
		    (unsigned long long)config->limits.message_bytes);
	answer(in, 250, buf_cstr(&text));
	buf_fini(&text);
}

static void
answer_mail(struct inbound *in, const struct smtp_command *command)
{
	struct relay *r = in->relay;
	const struct smtp_parameter *size =
	    smtp_command_parameter(command, SLICE("SIZE"));
	const struct smtp_parameter *body =
	    smtp_command_parameter(command, SLICE("BODY"));
	struct buf from = { 0 };
	struct maillog_event start = { .form = MAILLOG_START_MID };
	struct maillog_event ev = { .form = MAILLOG_MID_FROM };
	uint64_t announced = 0;

	if (size != NULL &&
	    !slice_to_u64(size->value, UINT64_MAX, &announced)) {
		answer(in, 501, "5.5.4 SIZE takes a number of bytes");
		return;
	}
	if (announced > r->config->limits.message_bytes) {
		answer(in, 552, "5.3.4 Message size exceeds fixed limit");
		return;
	}
	forget_message(in);
	in->mid = start.mid = ev.mid = spool_next_mid(r->spool);
	start.icid = ev.icid = in->icid;
	in->sender = slice_dup(command->path.whole);
	in->is_8bit =
	    body != NULL && slice_eq_nocase(body->value, SLICE("8BITMIME"));
	in->is_utf8 =
	    smtp_command_parameter(command, SLICE("SMTPUTF8")) != NULL;
	buf_printf(&from, "<%s>", in->sender);
	ev.from = buf_slice(&from);
	log_event(&r->log, &start);
	log_event(&r->log, &ev);
	buf_fini(&from);
	answer(in, 250, "2.1.0 sender ok");
}

static void
log_recipient(struct inbound *in, struct slice address, bool accepted)
{
	struct buf to = { 0 };
	struct maillog_event ev = {
		.form = accepted ? MAILLOG_MID_TO : MAILLOG_MID_TO_REJECTED,
		.mid = in->mid,
		.icid = in->icid,
		.rid = in->recipient_count,
		.agent = SLICE("RAT"),
	};

	buf_printf(&to, "<%.*s>", SLICE_ARG(address));
	ev.to = buf_slice(&to);
	log_event(&in->relay->log, &ev);
	buf_fini(&to);
}

static void
answer_rcpt(struct inbound *in, const struct smtp_command *command)
{
	const struct relay_config *config = in->relay->config;
	struct slice address = command->path.whole;

	if (command->path.domain.len == 0 ||
	    (!in->may_relay && !access_accepts(config, command->path.domain))) {
		log_recipient(in, address, false);
		answer(in, 550, "5.7.1 relaying denied");
		return;
	}
	if (in->recipient_count >= config->limits.recipients) {
		answer(in, 452, "4.5.3 too many recipients");
		return;
	}
	log_recipient(in, address, true);
	in->recipients = xgrow(in->recipients, &in->recipient_cap,
	    in->recipient_count + 1, sizeof(in->recipients[0]));
	in->recipients[in->recipient_count++] = slice_dup(address);
	answer(in, 250, "2.1.5 recipient ok");
}

/* ---- content ---- */

/* What is in the buffer becomes a piece in the spool. */
static void
put_piece(struct inbound *in)
{
	if (buf_len(&in->piece) == 0 || in->content != CONTENT_OK)
		return;
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
	if (in->content != CONTENT_OK)
		return;
	buf_append(&in->piece, bytes);
	while (buf_len(&in->piece) >= SPOOL_PIECE_BYTES &&
	    in->content == CONTENT_OK)
		put_piece(in);
}

static void
receive_content(struct inbound *in, struct slice bytes)
{
	struct relay *r = in->relay;

	if (in->size_bytes == 0) {
		const struct received_line line = {
			.from = smtp_server_client_name(in->server),
			.client = &stream_remote(in->stream)->ip,
			.by = r->config->hostname,
			.mid = in->mid,
			.is_utf8 = in->is_utf8,
			.at = world_now(r->world),
		};
		struct buf text = { 0 };

		received_format(&text, &line);
		add_content(in, buf_slice(&text));
		buf_fini(&text);
	}
	if (in->size_bytes + bytes.len > r->config->limits.message_bytes)
		in->content = CONTENT_TOO_BIG;
	header_scan_feed(&in->headers, bytes);
	add_content(in, bytes);
}

/* The transaction becomes a message; its strings move. */
static struct message *
make_message(struct inbound *in)
{
	struct message *m = xcalloc(1, sizeof(*m));

	m->mid = in->mid;
	m->received = world_now(in->relay->world);
	m->size_bytes = in->size_bytes;
	m->flags = (in->is_8bit ? MESSAGE_8BIT : 0U) |
	    (in->is_utf8 ? MESSAGE_UTF8 : 0U);
	m->sender = in->sender;
	m->recipients = in->recipients;
	m->recipient_count = in->recipient_count;
	in->sender = NULL;
	in->recipients = NULL;
	in->recipient_cap = 0;
	in->recipient_count = 0;
	return m;
}

static void
refuse_content(
    struct inbound *in, int code, const char *text, struct slice reason)
{
	struct maillog_event ev = {
		.form = MAILLOG_ICID_RECEIVING_FAILED,
		.icid = in->icid,
		.error = reason,
	};

	log_event(&in->relay->log, &ev);
	abort_message(in, SLICE("Receiving aborted"));
	answer(in, code, text);
}

/* The end of data: the answer waits for the commit. */
static void
accept_message(struct inbound *in)
{
	put_piece(in);
	if (in->content == CONTENT_OK) {
		in->accepted = make_message(in);
		if (!spool_put_message(
			in->relay->spool, in->accepted, &in->ticket)) {
			message_destroy(&in->accepted);
			in->content = CONTENT_NO_DISK;
		}
	}
	switch (in->content) {
	case CONTENT_OK:
		return;
	case CONTENT_TOO_BIG:
		refuse_content(in, 552, "5.3.4 Message size exceeds limit",
		    SLICE("Message size exceeds limit"));
		return;
	case CONTENT_NO_DISK:
		refuse_content(in, 452, "4.3.1 Temporarily out of disk space",
		    SLICE("Queue full"));
		return;
	}
}

static void
log_accepted(struct inbound *in, const struct message *m)
{
	struct log *log = &in->relay->log;
	struct buf from = { 0 };
	struct maillog_event id = {
		.form = MAILLOG_MID_MESSAGE_ID,
		.mid = m->mid,
		.message_id = header_scan_message_id(&in->headers),
	};
	struct maillog_event subject = {
		.form = MAILLOG_MID_SUBJECT,
		.mid = m->mid,
		.subject = header_scan_subject(&in->headers),
	};
	struct maillog_event ready = {
		.form = MAILLOG_MID_READY,
		.mid = m->mid,
		.bytes = m->size_bytes,
	};
	struct maillog_event queued = {
		.form = MAILLOG_MID_QUEUED,
		.mid = m->mid,
	};

	if (id.message_id.len > 0)
		log_event(log, &id);
	if (subject.subject.len > 0)
		log_event(log, &subject);
	buf_printf(&from, "<%s>", m->sender);
	ready.from = buf_slice(&from);
	log_event(log, &ready);
	log_event(log, &queued);
	buf_fini(&from);
}

static void
on_durable(struct spool_ticket *t, bool is_durable)
{
	struct inbound *in = CONTAINER_OF(t, struct inbound, ticket);
	struct message *m = in->accepted;
	char text[64];

	in->accepted = NULL;
	if (is_durable) {
		(void)snprintf(text, sizeof(text),
		    "2.0.0 ok:  Message %llu accepted",
		    (unsigned long long)m->mid);
		log_accepted(in, m);
		in->pieces = 0;
		in->mid = 0;
		forget_message(in);
		answer(in, 250, text);
		deliver_submit(in->relay, m, NULL, 0);
	} else {
		message_destroy(&m);
		in->pieces = 0; /* went with the commit that failed */
		refuse_content(in, 452, "4.3.1 Temporarily out of disk space",
		    SLICE("Queue full"));
	}
	pump(in);
}

/* ---- the session ---- */

/* A command that is wrong in itself; too many end the session. */
static void
answer_wrong(struct inbound *in, const struct smtp_syntax_error *wrong)
{
	if (++in->bad_commands >= in->relay->config->limits.bad_commands)
		answer(
		    in, 421, "Exceeded bad SMTP command limit, disconnecting");
	else
		answer(in, wrong->code, wrong->text);
}

static void
ask(struct inbound *in, const struct smtp_server_event *ev)
{
	if (ev->wrong.code != 0) {
		answer_wrong(in, &ev->wrong);
		return;
	}
	switch (ev->stage) {
	case STAGE_CONNECT:
		smtp_server_answer(in->server, 220);
		return;
	case STAGE_BANNER:
		answer_banner(in);
		return;
	case STAGE_EHLO:
	case STAGE_HELO:
		answer_hello(in, ev->stage == STAGE_EHLO);
		return;
	case STAGE_MAIL:
		answer_mail(in, ev->command);
		return;
	case STAGE_RCPT:
		answer_rcpt(in, ev->command);
		return;
	case STAGE_DATA:
		answer(in, 354, "go ahead");
		return;
	case STAGE_EOD:
		accept_message(in);
		return;
	case STAGE_BDAT:
		answer(in, 250, "2.0.0 chunk ok");
		return;
	case STAGE_RSET:
		abort_message(in, SLICE("Receiving aborted by sender"));
		answer(in, 250, "2.0.0 reset");
		return;
	case STAGE_NOOP:
		answer(in, 250, "2.0.0 ok");
		return;
	case STAGE_VRFY:
		answer(in, 252, "2.5.2 send some mail, I'll try my best");
		return;
	case STAGE_QUIT:
		in->ending = true;
		answer(in, 221, in->relay->config->hostname.at);
		return;
	case STAGE_STARTTLS:
	case STAGE_TLS:
	case STAGE_AUTH:
	case STAGE_UNKNOWN:
	case STAGE_BODY:
	case STAGE_IDLE:
	case STAGE_COUNT:
		answer_wrong(in,
		    &(const struct smtp_syntax_error){
			502, "5.5.1 command not implemented" });
		return;
	}
}

/* Moves events as far as they go; the session may be gone afterwards. */
static void
pump(struct inbound *in)
{
	struct smtp_server_event ev;

	while (!in->ending && !is_committing(in) &&
	    stream_queued(in->stream) < STREAM_HIGH_WATER &&
	    smtp_server_next(in->server, &ev)) {
		switch (ev.type) {
		case SMTP_SERVER_ASK:
			ask(in, &ev);
			break;
		case SMTP_SERVER_CONTENT:
			receive_content(in, ev.content);
			break;
		case SMTP_SERVER_VIOLATION:
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

	restart_idle(in);
	smtp_server_feed(in->server, bytes);
	pump(in);
}

static void
on_drained(void *owner)
{
	pump(owner);
}

static void
on_eof(void *owner)
{
	struct inbound *in = owner;

	in->eof = true;
	pump(in);
}

static void
on_failure(void *owner, enum net_failure why)
{
	struct inbound *in = owner;

	(void)why;
	in->eof = true;
	if (!is_committing(in))
		inbound_lost(in);
}

static void
on_idle(struct timer *t)
{
	struct inbound *in = CONTAINER_OF(t, struct inbound, idle);
	char address[IP_TEXT_MAX];
	struct maillog_event ev = {
		.form = MAILLOG_ICID_IDLE,
		.icid = in->icid,
		.address = slice_cstr(
		    ip_format(&stream_remote(in->stream)->ip, address)),
	};

	if (is_committing(in)) {
		restart_idle(in);
		return;
	}
	log_event(&in->relay->log, &ev);
	abort_message(in, SLICE("Receiving aborted"));
	stream_write(
	    in->stream, SLICE("421 4.4.2 Timeout waiting for a command\r\n"));
	inbound_close(in);
}
