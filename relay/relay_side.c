/* SPDX-License-Identifier: MIT */
/*
 * The logs beside the mail log that tell of recipients and of the relay: the
 * bounce log, the delivery log and the status log (docs/operating.md).  Each is
 * written when the configuration names it; their lines are forms of
 * core/maillog.
 */
#include "relay/operate/operate.h"

#define STATUS_EVERY UTIME_MINUTE
/* Where no host was spoken to, and of messages that are the relay's own. */
#define NO_ADDRESS "0.0.0.0"

static bool
is_wanted(const struct relay *r, struct slice path)
{
	return path.len > 0 && r->hooks.on_side_line != NULL;
}

static void
side_event(struct relay *r, enum relay_side_log log, struct maillog_event *ev)
{
	ev->time = world_now(r->world);
	buf_clear(&r->log.line);
	maillog_format(&r->log.line, ev);
	r->hooks.on_side_line(r->hooks.owner, log, buf_slice(&r->log.line));
}

/* ---- the bounce log ---- */

static void
log_bounce(struct relay *r, enum maillog_form form, const struct group *g,
    uint32_t rid, const struct log_cause *cause)
{
	const struct message *m = g->message;
	struct buf from = { 0 }, to = { 0 };
	struct maillog_event ev = { .form = form, .mid = m->mid, .rid = rid };

	buf_printf(&from, "<%s>", m->sender);
	buf_printf(&to, "<%s>", m->recipients[rid]);
	ev.from = buf_slice(&from);
	ev.to = buf_slice(&to);
	log_set_cause(&r->log, &ev, cause);
	side_event(r, SIDE_BOUNCE, &ev);
	buf_fini(&from);
	buf_fini(&to);
}

/* ---- the delivery log ---- */

static void
log_delivery(struct relay *r, const struct group *g, uint32_t rid,
    struct maillog_event *ev)
{
	const struct message *m = g->message;
	char client[IP_TEXT_MAX];

	ev->delivered = world_now(r->world);
	ev->injected = m->received;
	ev->bytes = m->size_bytes;
	ev->mid = m->mid;
	ev->source = ip_is_none(&m->client)
	    ? SLICE(NO_ADDRESS)
	    : slice_cstr(ip_format(&m->client, client));
	ev->sender = slice_cstr(m->sender);
	ev->rid = rid;
	ev->recipient = slice_cstr(m->recipients[rid]);
	side_event(r, SIDE_DELIVERY, ev);
}

static void
log_delivery_bounce(struct relay *r, const struct group *g, uint32_t rid,
    const struct log_cause *cause)
{
	char address[IP_TEXT_MAX];
	struct maillog_event ev = {
		.form = MAILLOG_DELIVERY_LOG_BOUNCE,
		.address = cause->remote != NULL
		    ? slice_cstr(ip_format(cause->remote, address))
		    : SLICE(NO_ADDRESS),
		.reply = cause->text,
		/* The one that ended it has not been counted. */
		.attempts = g->attempts + (cause->remote != NULL),
	};

	log_set_cause(&r->log, &ev, cause);
	log_delivery(r, g, rid, &ev);
}

/* ---- for deliveries ---- */

void
side_delayed(struct relay *r, const struct group *g, uint32_t rid,
    const struct log_cause *cause)
{
	if (is_wanted(r, r->config->bounce_log))
		log_bounce(r, MAILLOG_BOUNCE_LOG_DELAYED, g, rid, cause);
}

void
side_bounced(struct relay *r, const struct group *g, uint32_t rid,
    const struct log_cause *cause)
{
	if (is_wanted(r, r->config->bounce_log))
		log_bounce(r, MAILLOG_BOUNCE_LOG_BOUNCED, g, rid, cause);
	if (is_wanted(r, r->config->delivery_log))
		log_delivery_bounce(r, g, rid, cause);
}

void
side_delivered(const struct connection *c, const uint32_t *rids, uint32_t count,
    bool is_answered)
{
	struct relay *r = c->delivery->relay;
	char address[IP_TEXT_MAX];

	if (!is_wanted(r, r->config->delivery_log))
		return;
	for (uint32_t i = 0; i < count; i++) {
		struct maillog_event ev = {
			.form = MAILLOG_DELIVERY_LOG_SUCCESS,
			.address =
			    slice_cstr(ip_format(&c->host->at.ip, address)),
			.attempts = c->group->attempts + 1,
		};

		if (is_answered) {
			ev.code = c->response_code;
			ev.reply = buf_slice(&c->response);
		}
		log_delivery(r, c->group, rids[i], &ev);
	}
}

/* ---- the status log ---- */

static void
on_status(struct timer *t)
{
	struct relay *r = CONTAINER_OF(t, struct relay, status);
	struct buf text = { 0 };
	struct maillog_event ev = { .form = MAILLOG_STATUS };
	struct system_status s;

	operate_fill_status(r, &s);
	system_status_log(&s, &text);
	ev.text = buf_slice(&text);
	side_event(r, SIDE_STATUS, &ev);
	buf_fini(&text);
	timer_set_background(
	    r->world, t, utime_add(world_now(r->world), STATUS_EVERY));
}

void
side_begin(struct relay *r)
{
	r->status.fire = on_status;
	if (!is_wanted(r, r->config->status_log))
		timer_stop(r->world, &r->status);
	else if (!timer_is_set(&r->status))
		timer_set_background(r->world, &r->status,
		    utime_add(world_now(r->world), STATUS_EVERY));
}
