/* SPDX-License-Identifier: MIT */
/*
 * One delivery connection: the glue between a stream, an SMTP client session
 * and the domain's delivery.  It decides nothing but what a failure of the
 * session means; whose turn it is, is deliver.c's.
 */
#include "relay/deliver/deliver_limit.h"
#include "relay/deliver/outbound_impl.h"

#include "relay/deliver/interface.h"

/* How long the host may take to close after our QUIT. */
#define QUIT_PATIENCE (30 * UTIME_S)

static void on_connected(void *owner);
static void on_input(void *owner, struct slice bytes);
static void on_drained(void *owner);
static void on_eof(void *owner);
static void on_failure(void *owner, enum net_failure why);
static void on_timer(struct timer *t);
static void begin_quit(struct connection *c);
static void note_written(struct connection *c);

static const struct stream_handler handler = {
	.on_connected = on_connected,
	.on_input = on_input,
	.on_drained = on_drained,
	.on_eof = on_eof,
	.on_failure = on_failure,
	.on_secured = outbound_on_secured,
};

struct connection *
outbound_open(struct delivery *d, struct host *host)
{
	struct relay *r = d->relay;
	struct connection *c = xcalloc(1, sizeof(*c));
	struct endpoint from = { 0 };
	utime now = world_now(r->world);

	c->delivery = d;
	c->host = host;
	host->uses++;
	c->host_name = slice_dup(
	    slice_cstr(candidates_name(&d->domain->candidates, host)));
	c->dcid = ++r->dcid;
	c->began_at = now;
	c->state = CONNECTION_CONNECTING;
	c->timer.fire = on_timer;
	list_init(&c->link);
	list_init(&c->idle_link);
	list_append(&d->connections, &c->link);
	host_on_connect(host, &r->config->delivery, now);
	(void)interface_for(r->config, host->at.ip.family, &from.ip);
	c->trace = trace_outbound(r, d->domain->name, c->dcid, &host->at.ip);
	c->stream = world_connect(r->world, &from, &host->at, &handler, c);
	timer_set(r->world, &c->timer,
	    utime_add(now, r->config->delivery.connect_timeout));
	return c;
}

void
outbound_enter(struct connection *c, enum connection_state to)
{
	struct delivery *d = c->delivery;

	if (c->state == CONNECTION_IDLE) {
		d->idle_count--;
		list_remove(&c->idle_link);
	}
	c->state = to;
	if (to == CONNECTION_IDLE) {
		d->idle_count++;
		list_append(&d->relay->idle, &c->idle_link);
	}
}

utime
outbound_slow_at(const struct connection *c)
{
	if (c->state != CONNECTION_GREETING)
		return UTIME_NEVER;
	return utime_add(
	    c->connected_at, outbound_relay(c)->config->delivery.slow_after);
}

bool
outbound_is_slow(const struct connection *c, utime now)
{
	return now >= outbound_slow_at(c);
}

bool
outbound_is_idle(const struct connection *c)
{
	return c->state == CONNECTION_IDLE;
}

/* Frees it; the stream has been closed, the domain told. */
void
outbound_free(struct connection *c)
{
	timer_stop(outbound_relay(c)->world, &c->timer);
	/* It is idle no more. */
	outbound_enter(c, CONNECTION_QUITTING);
	list_remove(&c->link);
	c->host->uses--;
	smtp_client_destroy(&c->client);
	trace_destroy(&c->trace);
	free(c->helo_name);
	free(c->host_name);
	outbound_forget_credentials(c);
	outbound_forget_group(c);
	buf_fini(&c->sender);
	buf_fini(&c->response);
	buf_fini(&c->content);
	free(c);
}

void
outbound_log(struct connection *c, enum maillog_form form)
{
	struct maillog_event ev = {
		.form = form,
		.dcid = c->dcid,
	};

	log_event(&outbound_relay(c)->log, &ev);
}

/* The end of a connection that stood, and of the struct.  What has not left
 * yet shall not: a host that has failed must not get the end of a message that
 * is sent elsewhere. */
static void
connection_end(struct connection *c)
{
	if (stream_queued(c->stream) > 0)
		stream_reset(c->stream);
	else
		stream_close(c->stream);
	outbound_log(c, MAILLOG_DCID_CLOSE);
	deliver_connection_closed(c->delivery, c);
	outbound_free(c);
}

/* ---- setting up ---- */

static void
on_connected(void *owner)
{
	struct connection *c = owner;
	const struct relay_config *config = outbound_relay(c)->config;
	const struct relay_delivery *delivery = &config->delivery;
	char interface[IP_TEXT_MAX], address[IP_TEXT_MAX];
	struct smtp_client_options options = {
		.timeouts = {
			.greeting = delivery->greeting_timeout,
			.ehlo = delivery->command_timeout,
			.mail = delivery->command_timeout,
			.rcpt = delivery->command_timeout,
			.data = delivery->data_timeout,
			.body = delivery->body_timeout,
			.eod = delivery->possible_delivery
			    ? delivery->possible_delivery_timeout
			    : delivery->eod_timeout,
			.rset = delivery->command_timeout,
			.quit = QUIT_PATIENCE,
		},
		.must_ehlo =
		    delivery->on_ehlo_refused == ON_EHLO_REFUSED_FAIL,
		.may_pipeline = delivery->pipelining,
		.may_chunk = delivery->chunking,
		.may_send_8bit =
		    delivery->on_no_8bitmime == ON_NO_8BITMIME_SEND,
		.may_split = true,
	};
	struct maillog_event ev = {
		.form = MAILLOG_DCID_NEW,
		.dcid = c->dcid,
		.interface = slice_cstr(
		    ip_format(&stream_local(c->stream)->ip, interface)),
		.address = slice_cstr(ip_format(&c->host->at.ip, address)),
		.port = c->host->at.port,
	};

	log_event(&outbound_relay(c)->log, &ev);
	outbound_enter(c, CONNECTION_GREETING);
	c->connected_at = outbound_now(c);
	deliver_wake(c->delivery);
	c->helo_name = slice_dup(config->hostname);
	options.helo_name = slice_cstr(c->helo_name);
	c->client = smtp_client_new(&options, outbound_now(c));
	outbound_pump(c);
}

/* ---- the session ---- */

/* False when the connection is gone. */
static bool
on_ready(struct connection *c)
{
	const struct relay_config *config = outbound_relay(c)->config;
	uint32_t messages_max =
	    c->delivery->controls->max_messages_per_connection;
	bool was_setup = c->state == CONNECTION_GREETING;

	if (c->group != NULL) {
		outbound_send_rest(c);
		return true;
	}
	if (was_setup && !c->is_outdated) {
		enum outbound_security security = outbound_secure(c);

		if (security == OUTBOUND_GOES_ON)
			security = outbound_log_in(c);
		if (security != OUTBOUND_GOES_ON)
			return security == OUTBOUND_WAITS;
	}
	outbound_enter(c, CONNECTION_IDLE);
	c->idle_until =
	    utime_add(outbound_now(c), config->delivery.idle_timeout);
	if (was_setup)
		deliver_setup_done(c->delivery, c);
	else
		deliver_wake(c->delivery);
	if (c->messages >= messages_max || c->is_excess || c->is_outdated)
		begin_quit(c);
	return true;
}

/* All of the message is with the host, and only its word is missing. */
static bool
is_possible_delivery(
    const struct connection *c, const struct smtp_client_event *ev)
{
	return outbound_relay(c)->config->delivery.possible_delivery &&
	    ev->failure == SMTP_FAIL_TIMEOUT && c->unwritten == 0 &&
	    outbound_is_awaited(c) &&
	    (ev->stage == STAGE_EOD ||
		(ev->stage == STAGE_BDAT &&
		    c->piece >=
			spool_pieces_of(c->group->message->size_bytes)));
}

/* A code without meaning, of which the recipients have to answer for: D12. */
static bool
is_final_nonsense(
    const struct connection *c, const struct smtp_client_event *ev)
{
	return outbound_relay(c)->config->delivery.on_nonsense ==
	    ON_NONSENSE_BOUNCE &&
	    ev->failure == SMTP_FAIL_GARBAGE && ev->reply.code != 0;
}

static void
on_failed(struct connection *c, const struct smtp_client_event *ev)
{
	bool is_smtp =
	    ev->failure == SMTP_FAIL_REPLY || ev->failure == SMTP_FAIL_GARBAGE;
	unsigned code = 0;
	struct buf nonsense = { 0 };
	struct slice text = outbound_nonsense_text(c, ev, &nonsense);

	if (text.len == 0) {
		code = (unsigned)ev->reply.code;
		text = outbound_failure_text(c, ev);
	}
	switch (c->state) {
	case CONNECTION_GREETING:
		c->is_silent = ev->failure == SMTP_FAIL_TIMEOUT;
		/* A host may turn what we showed it down behind our part of
		 * the handshake. */
		if (ev->stage == STAGE_TLS || c->why == NET_TLS)
			outbound_on_handshake_failed(c,
			    is_smtp || ev->failure == SMTP_FAIL_TIMEOUT
				? text
				: slice_cstr(net_failure_text(c->why)));
		outbound_host_failed(c,
		    ev->stage == STAGE_BANNER ? STAGE_BANNER : STAGE_EHLO,
		    !is_smtp && ev->stage == STAGE_BANNER, code, text, is_smtp);
		break;
	case CONNECTION_BUSY:
		if (c->group != NULL && is_possible_delivery(c, ev))
			outbound_possible(c, text);
		else if (c->group != NULL && is_final_nonsense(c, ev))
			outbound_bounced(c, ev, text);
		else if (c->group != NULL)
			outbound_lost(c, code, text);
		deliver_note_place(c->delivery, &c->host->at, ev->stage);
		connection_end(c);
		break;
	case CONNECTION_CONNECTING:
	case CONNECTION_IDLE:
	case CONNECTION_QUITTING:
		connection_end(c);
		break;
	}
	buf_fini(&nonsense);
}

/* Acts on one event; false when the connection is gone. */
static bool
handle(struct connection *c, const struct smtp_client_event *ev)
{
	switch (ev->type) {
	case SMTP_CLIENT_READY:
		return on_ready(c);
	case SMTP_CLIENT_STARTTLS:
		outbound_on_starttls(c);
		return true;
	case SMTP_CLIENT_ANSWER:
		if (ev->stage == STAGE_AUTH)
			return outbound_on_auth_answer(c, &ev->reply);
		outbound_on_starttls_refused(c, &ev->reply);
		return true;
	case SMTP_CLIENT_RESULT:
		outbound_on_result(c, ev);
		return true;
	case SMTP_CLIENT_BODY:
		return outbound_send_content(c);
	case SMTP_CLIENT_DONE:
		outbound_over(c);
		return true;
	case SMTP_CLIENT_FAILED:
		on_failed(c, ev);
		return false;
	case SMTP_CLIENT_CLOSED:
		connection_end(c);
		return false;
	}
	return true;
}

/* Moves events, bytes and the deadline as far as they go. */
void
outbound_pump(struct connection *c)
{
	struct smtp_client_event ev;

	while (smtp_client_next(c->client, &ev))
		if (!handle(c, &ev))
			return;
	outbound_write(c);
	timer_set(outbound_relay(c)->world, &c->timer,
	    c->state == CONNECTION_IDLE ? c->idle_until
					: smtp_client_deadline(c->client));
}

/* Tells the session what the network has taken of its output. */
static void
note_written(struct connection *c)
{
	size_t queued = stream_queued(c->stream);

	if (queued >= c->unwritten)
		return;
	smtp_client_out_ack(c->client, c->unwritten - queued);
	c->unwritten = queued;
}

void
outbound_write(struct connection *c)
{
	struct slice out;

	note_written(c);
	out = slice_skip(smtp_client_out(c->client), c->unwritten);
	trace_feed(c->trace, SIDE_CLIENT, out);
	stream_write(c->stream, out);
	c->unwritten += out.len;
}

static void
on_input(void *owner, struct slice bytes)
{
	struct connection *c = owner;

	note_written(c);
	trace_feed(c->trace, SIDE_SERVER, bytes);
	smtp_client_feed(c->client, bytes, outbound_now(c));
	outbound_pump(c);
}

static void
on_drained(void *owner)
{
	struct connection *c = owner;

	if (c->state == CONNECTION_BUSY && !outbound_send_content(c))
		return;
	outbound_pump(c);
}

static void
on_eof(void *owner)
{
	struct connection *c = owner;

	smtp_client_on_eof(c->client, outbound_now(c));
	outbound_pump(c);
}

static void
on_failure(void *owner, enum net_failure why)
{
	struct connection *c = owner;

	c->why = why;
	if (c->state == CONNECTION_CONNECTING) {
		c->is_silent = why != NET_REFUSED && why != NET_RESET;
		outbound_host_failed(c, STAGE_CONNECT, true, 0,
		    slice_cstr(net_failure_text(why)), false);
		return;
	}
	smtp_client_on_network_failure(c->client, outbound_now(c));
	outbound_pump(c);
}

static void
on_timer(struct timer *t)
{
	struct connection *c = CONTAINER_OF(t, struct connection, timer);

	switch (c->state) {
	case CONNECTION_CONNECTING:
		c->is_silent = true;
		outbound_host_failed(c, STAGE_CONNECT, true, 0,
		    slice_cstr(net_failure_text(NET_TIMED_OUT)), false);
		return;
	case CONNECTION_IDLE:
		outbound_quit(c);
		return;
	case CONNECTION_GREETING:
	case CONNECTION_BUSY:
	case CONNECTION_QUITTING:
		/* The network has taken something without a word, perhaps. */
		note_written(c);
		smtp_client_on_deadline(c->client, outbound_now(c));
		outbound_pump(c);
		return;
	}
}

/* Within outbound_pump(), which sends it. */
static void
begin_quit(struct connection *c)
{
	if (c->is_excess)
		outbound_log(c, MAILLOG_CLIENT_EXITED);
	outbound_enter(c, CONNECTION_QUITTING);
	smtp_client_quit(c->client, outbound_now(c));
}

void
outbound_quit(struct connection *c)
{
	if (c->state != CONNECTION_IDLE)
		return;
	begin_quit(c);
	outbound_pump(c);
}

void
outbound_destroy(struct connection *c)
{
	struct delivery *d = c->delivery;

	if (c->group != NULL)
		group_return(c->group);
	deliver_leave_setup(d, c);
	d->connection_count--;
	d->relay->connections--;
	limits_closed(d, c);
	stream_reset(c->stream);
	outbound_free(c);
}
