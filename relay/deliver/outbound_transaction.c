/* SPDX-License-Identifier: MIT */
/*
 * One message over a delivery connection: the group goes out, each recipient
 * gets its verdict, and the content flows from the spool as the network takes
 * it.
 */
#include "relay/bounce/bounce.h"
#include "relay/bounce/tag.h"
#include "relay/deliver/deliver_limit.h"
#include "relay/deliver/outbound_impl.h"

/* What the client has asked about reports, the next host is asked. */
static void
append_dsn(const void *owner, size_t recipient, struct buf *out)
{
	const struct connection *c = owner;
	const struct notify *asked = c->group->message->notify;

	if (recipient == SMTP_CLIENT_MAIL)
		notify_format_mail(out, asked);
	else
		notify_format_rcpt(out, asked, c->rids[recipient]);
}

/* The envelope's, with a tag where the domain's bounces are to be verified. */
static struct slice
sender_of(struct connection *c)
{
	struct slice sender = slice_cstr(c->group->message->sender);
	const struct relay_bounce_verification *how =
	    &outbound_relay(c)->config->bounce_verification;

	buf_clear(&c->sender);
	return c->delivery->controls->bounce_validation &&
		how->keys.count > 0 &&
		bounce_tag_add(
		    &c->sender, sender, how->keys.at[0], outbound_now(c))
	    ? buf_slice(&c->sender)
	    : sender;
}

/* Puts the recipients of c->rids into a transaction of their own. */
static void
transaction_begin(struct connection *c)
{
	const struct message *m = c->group->message;
	struct log *log = &outbound_relay(c)->log;
	const struct smtp_client_message message = {
		.sender = sender_of(c),
		.recipients = c->recipients,
		.recipient_count = c->recipient_count,
		.size_bytes = m->size_bytes,
		.is_8bit = (m->flags & MESSAGE_8BIT) != 0,
		.is_utf8 = (m->flags & MESSAGE_UTF8) != 0,
		.dsn_append = append_dsn,
		.dsn_owner = c,
	};
	struct maillog_event ev = {
		.form = MAILLOG_DELIVERY_START,
		.dcid = c->dcid,
		.mid = m->mid,
		.rids = log_rids(log, c->rids, c->recipient_count),
	};

	c->piece = 0;
	c->started_at = outbound_now(c);
	for (uint32_t i = 0; i < c->recipient_count; i++)
		c->recipients[i] = slice_cstr(m->recipients[c->rids[i]]);
	log_event(log, &ev);
	smtp_client_send(c->client, &message, outbound_now(c));
}

void
outbound_send(struct connection *c, struct group *g)
{
	uint32_t count = limits_take(c->delivery, c, g->count);

	assert(c->state == CONNECTION_IDLE);
	outbound_enter(c, CONNECTION_BUSY);
	c->messages++;
	c->failover = true;
	c->is_unable = false;
	c->group = g;
	c->recipient_count = count;
	c->unsent = g->count - count;
	c->recipients = xcalloc(count, sizeof(c->recipients[0]));
	c->rids = xcalloc(count, sizeof(c->rids[0]));
	c->settled = xcalloc(count, sizeof(c->settled[0]));
	c->delivered = xcalloc(count, sizeof(c->delivered[0]));
	memcpy(c->rids, g->rids, count * sizeof(c->rids[0]));
	group_make_active(g);
	transaction_begin(c);
	outbound_pump(c);
}

void
outbound_send_rest(struct connection *c)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < c->recipient_count; i++)
		if (!c->settled[i])
			c->rids[left++] = c->rids[i];
	memset(c->settled, 0, c->recipient_count * sizeof(c->settled[0]));
	c->recipient_count = left;
	c->settled_count = 0;
	transaction_begin(c);
}

/* A refusal at a stage that is not in failover_on ends the group's round; a
 * chunk is refused as the content is. */
static void
note_refusal(struct connection *c, enum smtp_stage stage)
{
	unsigned stages = outbound_relay(c)->config->delivery.failover_on;

	if ((stages & 1U << (stage == STAGE_BDAT ? STAGE_EOD : stage)) == 0)
		c->failover = false;
}

static enum maillog_phase
phase_of(enum smtp_stage stage)
{
	return stage == STAGE_MAIL || stage == STAGE_RCPT
	    ? MAILLOG_PHASE_ENVELOPE
	    : MAILLOG_PHASE_CONTENT;
}

/* The host does not offer what the message needs, and was not asked.  Another
 * may; when none does that is final: 35. */
static void
on_unable(struct connection *c, uint32_t rid, const struct smtp_reply *reply)
{
	bool is_last = deliver_is_last(c->delivery, c, c->group);
	const struct log_cause cause = {
		.code = is_last ? (unsigned)reply->code : 0,
		.phase =
		    is_last ? MAILLOG_PHASE_ENVELOPE : MAILLOG_PHASE_NETWORK,
		.text = reply->text,
	};

	c->is_unable = true;
	if (is_last)
		deliver_bounced(c->delivery, c->group, rid, c->dcid, &cause);
	else
		deliver_delayed(c->delivery, c->group, rid, c->dcid, &cause);
}

void
outbound_on_result(struct connection *c, const struct smtp_client_event *ev)
{
	uint32_t rid = c->rids[ev->recipient];
	const struct log_cause cause = {
		.code = (unsigned)ev->reply.code,
		.phase = phase_of(ev->stage),
		.text = ev->reply.text,
		.remote = &c->host->at.ip,
	};

	c->settled[ev->recipient] = true;
	c->settled_count++;
	if (ev->is_local) {
		on_unable(c, rid, &ev->reply);
	} else if (cause.code < 300) {
		c->delivered[c->delivered_count++] = rid;
		buf_clear(&c->response);
		buf_append(&c->response, ev->reply.text);
		c->response_code = cause.code;
	} else if (cause.code < 500) {
		note_refusal(c, ev->stage);
		deliver_delayed(c->delivery, c->group, rid, c->dcid, &cause);
		deliver_note_place(c->delivery, &c->host->at, ev->stage);
	} else {
		deliver_bounced(c->delivery, c->group, rid, c->dcid, &cause);
		deliver_note_place(c->delivery, &c->host->at, ev->stage);
	}
}

/* Those delivered are so, whatever becomes of the others. */
static void
note_delivered(struct connection *c)
{
	bool is_told = (smtp_client_extensions(c->client) & SMTP_EXT_DSN) != 0;
	struct slice response = buf_slice(&c->response);

	for (uint32_t i = 0; !is_told && i < c->delivered_count; i++)
		bounce_relayed(c->delivery, c->group, c->delivered[i],
		    &c->host->at.ip, response);
	side_delivered(c, c->delivered, c->delivered_count, true);
	if (c->delivered_count > 0)
		deliver_done(c->delivery, c->group, c->delivered,
		    c->delivered_count, c->dcid, &response);
	c->delivered_count = 0;
}

/* Nobody of the group is left to be sent here. */
static void
group_over(struct connection *c)
{
	struct group *g = c->group;
	bool failover = c->failover;

	note_delivered(c);
	outbound_forget_group(c);
	deliver_group_over(c->delivery, c, g, failover);
}

void
outbound_over(struct connection *c)
{
	if (c->settled_count < c->recipient_count)
		note_delivered(c);
	else
		group_over(c);
}

/* The host was lost in the middle: soft for those without a verdict. */
void
outbound_lost(struct connection *c, unsigned code, struct slice why)
{
	const struct log_cause cause = {
		.code = code,
		.phase =
		    code != 0 ? MAILLOG_PHASE_ENVELOPE : MAILLOG_PHASE_NETWORK,
		.text = why,
	};

	for (uint32_t i = 0; i < c->recipient_count; i++)
		if (!c->settled[i])
			deliver_delayed(
			    c->delivery, c->group, c->rids[i], c->dcid, &cause);
	group_over(c);
}

bool
outbound_is_awaited(const struct connection *c)
{
	for (uint32_t i = 0; i < c->recipient_count; i++)
		if (smtp_client_is_open(c->client, i))
			return true;
	return false;
}

void
outbound_possible(struct connection *c, struct slice why)
{
	struct log *log = &outbound_relay(c)->log;
	struct maillog_event ev = {
		.form = MAILLOG_POSSIBLE_DELIVERY,
		.dcid = c->dcid,
		.mid = c->group->message->mid,
	};
	uint32_t possible = 0;

	note_delivered(c);
	for (uint32_t i = 0; i < c->recipient_count; i++) {
		if (!smtp_client_is_open(c->client, i))
			continue;
		c->settled[i] = true;
		c->delivered[possible++] = c->rids[i];
	}
	ev.rids = log_rids(log, c->delivered, possible);
	log_event(log, &ev);
	side_delivered(c, c->delivered, possible, false);
	deliver_done(
	    c->delivery, c->group, c->delivered, possible, c->dcid, NULL);
	outbound_lost(c, 0, why);
}

void
outbound_bounced(
    struct connection *c, const struct smtp_client_event *ev, struct slice why)
{
	const struct log_cause cause = {
		.code = (unsigned)ev->reply.code,
		.phase = phase_of(ev->stage),
		.text = ev->reply.text,
		.remote = &c->host->at.ip,
	};

	for (uint32_t i = 0; i < c->recipient_count; i++) {
		if (!smtp_client_is_open(c->client, i))
			continue;
		c->settled[i] = true;
		deliver_bounced(
		    c->delivery, c->group, c->rids[i], c->dcid, &cause);
	}
	outbound_lost(c, 0, why);
}

/* The queue on disk has lost the content: nothing may be sent as if whole. */
static void
content_missing(struct connection *c)
{
	struct relay *r = outbound_relay(c);
	struct err err;

	err_set(&err, "the content of MID %llu cannot be read from the queue",
	    (unsigned long long)c->group->message->mid);
	r->hooks.on_fault(r->hooks.owner, &err);
	stream_reset(c->stream);
	outbound_lost(c, 0, SLICE("local error reading the queue"));
	outbound_log(c, MAILLOG_DCID_CLOSE);
	deliver_connection_closed(c->delivery, c);
	outbound_free(c);
}

/* The next piece, as long as it was; from memory, if the content is there. */
static bool
take_piece(struct connection *c, const struct message *m, struct slice *piece)
{
	uint64_t left = m->size_bytes - c->piece * (uint64_t)SPOOL_PIECE_BYTES;

	if (m->content != NULL) {
		*piece = slice_of(m->content, m->size_bytes);
		return true;
	}
	if (!spool_get_piece(
		outbound_relay(c)->spool, m->mid, c->piece, &c->content))
		return false;
	*piece = buf_slice(&c->content);
	return piece->len ==
	    (left < SPOOL_PIECE_BYTES ? left : SPOOL_PIECE_BYTES);
}

/* Gives the session content for as long as it wants it and the network takes
 * it; false when the connection is gone. */
bool
outbound_send_content(struct connection *c)
{
	while (smtp_client_wants_body(c->client)) {
		const struct message *m = c->group->message;
		uint32_t pieces = spool_pieces_of(m->size_bytes);
		utime now = outbound_now(c);
		struct slice piece = { 0 };

		if (stream_queued(c->stream) > STREAM_HIGH_WATER)
			return true;
		if (c->piece < pieces && !take_piece(c, m, &piece)) {
			content_missing(c);
			return false;
		}
		if (++c->piece < pieces)
			smtp_client_body(c->client, piece, now);
		else
			smtp_client_body_end(c->client, piece, now);
		outbound_write(c);
	}
	return true;
}

void
outbound_forget_group(struct connection *c)
{
	free(c->recipients);
	free(c->rids);
	free(c->settled);
	free(c->delivered);
	c->recipients = NULL;
	c->rids = c->delivered = NULL;
	c->settled = NULL;
	c->recipient_count = c->delivered_count = c->settled_count = 0;
	c->group = NULL;
}
