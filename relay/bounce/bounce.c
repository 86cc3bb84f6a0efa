/* SPDX-License-Identifier: MIT */
/* Messages that the relay makes itself; see bounce.h. */
#include "relay/bounce/bounce.h"

#include "relay/deliver/cohort.h"

#include "core/smtp/xtext.h"
#include "relay/bounce/dsn.h"

/* What the log says made a message that tells of no bounce. */
static const struct slice agents[] = {
	[DSN_DELAYED] = SLICE_INIT("delay warning"),
	[DSN_RELAYED] = SLICE_INIT("success notification"),
};

/* One that is on its way to the disk. */
struct bounce {
	struct relay *relay; /* borrowed */
	struct list link;    /* in relay->bounces */
	enum dsn_action action;
	uint64_t about;          /* MID */
	struct message *message; /* owned until it is submitted */
	struct buf content;
	struct spool_made made;
};

static void on_durable(struct spool_ticket *t, bool is_durable);

/* What is to be said of one recipient. */
struct bounce_story {
	const struct group *group;
	uint32_t rid;
	enum dsn_action action;
	const struct relay_bounce_profile *profile;
	const struct log_cause *cause;
	struct slice reason;
};

/* ---- making one ---- */

static struct slice
told_of(const struct bounce_story *story)
{
	if (story->profile->recipient.len > 0)
		return story->profile->recipient;
	return slice_cstr(story->group->message->sender);
}

/* The first bytes of a message, as many as may be returned; what cannot be
 * read is not. */
static void
read_head(struct spool *s, const struct message *m, uint64_t copy_max,
    struct buf *head)
{
	struct buf piece = { 0 };
	uint64_t wanted = m->size_bytes < copy_max ? m->size_bytes : copy_max;

	for (uint32_t i = 0;
	     buf_len(head) < wanted && spool_get_piece(s, m->mid, i, &piece);
	     i++)
		buf_append(head, buf_slice(&piece));
	buf_fini(&piece);
}

/* "5.1.1" when the reply begins with such a code, of the reply's own class. */
static struct slice
status_of(const struct bounce_story *story)
{
	const struct log_cause *cause = story->cause;
	struct smtp_status status;
	size_t used;

	if (!story->profile->use_bounce_response_code ||
	    !smtp_status_parse(cause->text, &status, &used) ||
	    status.class != cause->code / 100)
		return (struct slice){ 0 };
	return slice_trim(slice_sub(cause->text, 0, used));
}

/* An address of type utf-8 is no xtext, and stays as it is. */
static void
decode(const char *xtext, struct buf *out)
{
	if (xtext == NULL || smtp_xtext_decode(slice_cstr(xtext), out))
		return;
	buf_clear(out);
	buf_append_cstr(out, xtext);
}

static void
format_content(struct bounce *b, const struct bounce_story *story)
{
	const struct message *m = story->group->message;
	const struct notify_recipient asked = notify_of(m->notify, story->rid);
	struct buf head = { 0 }, envid = { 0 }, orcpt = { 0 };
	struct dsn_report report = {
		.action = story->action,
		.is_plain = story->profile->format == BOUNCE_FORMAT_PLAIN,
		.is_utf8 = (m->flags & MESSAGE_UTF8) != 0,
		.host = b->relay->config->hostname,
		.to = slice_cstr(b->message->recipients[0]),
		.recipient = slice_cstr(m->recipients[story->rid]),
		.reason = story->reason,
		.status = status_of(story),
		.attempts = story->group->attempts,
		.remote = story->cause->remote,
		.at = b->message->received,
		.mid = b->message->mid,
		/* Success returns no content (RFC 3461, 4.3). */
		.is_headers_only = story->action != DSN_FAILED ||
		    (m->notify != NULL &&
			m->notify->what == NOTIFY_RETURN_HEADERS),
	};

	if (m->notify != NULL)
		decode(m->notify->envid, &envid);
	decode(asked.orcpt, &orcpt);
	report.envelope_id = buf_slice(&envid);
	report.original_recipient = buf_slice(&orcpt);
	read_head(b->relay->spool, m, story->profile->max_bounce_copy, &head);
	report.original = dsn_copy(buf_slice(&head), m->size_bytes,
	    story->profile->max_bounce_copy, &report.is_headers_only);
	dsn_format(&b->content, &report);
	buf_fini(&head);
	buf_fini(&envid);
	buf_fini(&orcpt);
}

static void
make(struct relay *r, const struct bounce_story *story)
{
	struct bounce *b = xcalloc(1, sizeof(*b));
	struct slice to = told_of(story);

	b->relay = r;
	b->action = story->action;
	b->about = story->group->message->mid;
	b->message = message_new(spool_next_mid(r->spool), SLICE(""), &to, 1);
	b->message->received = world_now(r->world);
	format_content(b, story);
	b->message->size_bytes = buf_len(&b->content);
	if (!slice_is_7bit(buf_slice(&b->content)))
		b->message->flags |= MESSAGE_8BIT;
	if (!slice_is_7bit(to))
		b->message->flags |= MESSAGE_UTF8;
	b->made.message = b->message;
	b->made.content = buf_slice(&b->content);
	b->made.ticket.on_durable = on_durable;
	list_append(&r->bounces, &b->link);
	spool_put_made(r->spool, &b->made);
}

/* ---- when it is on disk ---- */

static void
log_made(const struct bounce *b)
{
	struct log *log = &b->relay->log;
	const struct message *m = b->message;
	struct buf to = { 0 };
	struct maillog_event start = { .form = MAILLOG_START_MID,
		.mid = m->mid };
	struct maillog_event made = {
		.form = b->action == DSN_FAILED ? MAILLOG_BOUNCE_GENERATED
						: MAILLOG_MESSAGE_GENERATED,
		.mid = m->mid,
		.other_mid = b->about,
		.agent = agents[b->action],
	};
	struct maillog_event from = {
		.form = MAILLOG_MID_FROM, .mid = m->mid, .from = SLICE("<>")
	};
	struct maillog_event rcpt = { .form = MAILLOG_MID_TO, .mid = m->mid };
	struct maillog_event ready = { .form = MAILLOG_MID_READY,
		.mid = m->mid,
		.bytes = m->size_bytes,
		.from = SLICE("<>") };
	struct maillog_event queued = { .form = MAILLOG_MID_QUEUED,
		.mid = m->mid };

	buf_printf(&to, "<%s>", m->recipients[0]);
	rcpt.to = buf_slice(&to);
	log_event(log, &start);
	log_event(log, &made);
	log_event(log, &from);
	log_event(log, &rcpt);
	log_event(log, &ready);
	log_event(log, &queued);
	buf_fini(&to);
}

static void
bounce_free(struct bounce *b)
{
	list_remove(&b->link);
	spool_ticket_cancel(&b->made.ticket);
	message_destroy(&b->message);
	buf_fini(&b->content);
	free(b);
}

/* The log tells of it only now: what a crash undoes was never said. */
static void
on_durable(struct spool_ticket *t, bool is_durable)
{
	struct spool_made *made = CONTAINER_OF(t, struct spool_made, ticket);
	struct bounce *b = CONTAINER_OF(made, struct bounce, made);
	struct message *m = b->message;

	/* The spool tries again. */
	if (!is_durable)
		return;
	log_made(b);
	relay_count(b->relay, COUNTER_GENERATED_BOUNCES, 1);
	b->message = NULL;
	deliver_submit(b->relay, m, NULL, 0);
	bounce_free(b);
}

void
bounce_destroy_all(struct relay *r)
{
	LIST_FOREACH_SAFE(link, &r->bounces)
		bounce_free(CONTAINER_OF(link, struct bounce, link));
}

/* ---- who is told what ---- */

static void
tell(struct delivery *d, struct bounce_story *story)
{
	const struct log_cause *cause = story->cause;
	struct buf reason = { 0 };

	log_reason(&reason, cause);
	story->reason = buf_slice(&reason);
	make(d->relay, story);
	buf_fini(&reason);
}

static bool
has_sender(const struct group *g)
{
	return g->message->sender[0] != '\0';
}

void
bounce_recipient(struct delivery *d, const struct group *g, uint32_t rid,
    uint64_t dcid, const struct log_cause *cause)
{
	struct log *log = &d->relay->log;
	struct bounce_story story = {
		.group = g,
		.rid = rid,
		.action = DSN_FAILED,
		.profile = deliver_profile(d, g),
		.cause = cause,
	};

	if (!has_sender(g)) {
		log_double_bounce(log, g->message->mid, rid, cause);
		return;
	}
	log_refused(log, MAILLOG_BOUNCED, dcid, g->message->mid, rid, cause);
	if (story.profile->hard_bounces &&
	    notify_wants(g->message->notify, rid, NOTIFY_FAILURE, true))
		tell(d, &story);
}

/* The sender is told from the second attempt on, when a host has answered 4xx
 * in it. */
static bool
warning_is_due(const struct delivery *d, const struct group *g,
    const struct relay_bounce_profile *profile)
{
	utime now = world_now(d->relay->world);

	return has_sender(g) && g->attempts >= 2 &&
	    (g->cohort->round.how & ROUND_SOFT) != 0 &&
	    g->warnings < profile->delay_warning_max &&
	    (g->warnings == 0 ||
		now - g->warned >= profile->delay_warning_interval);
}

void
bounce_warn(struct delivery *d, struct group *g)
{
	const struct relay_bounce_profile *profile = deliver_profile(d, g);
	struct log_cause cause = { .phase = g->error_phase,
		.text = slice_cstr(g->last_error) };
	uint64_t code;
	bool is_told = false;

	if (!warning_is_due(d, g, profile))
		return;
	if (slice_to_u64(slice_sub(cause.text, 0, 3), 999, &code)) {
		cause.code = (unsigned)code;
		cause.text = slice_skip(cause.text, 4);
	}
	for (uint32_t i = 0; i < g->count; i++) {
		struct bounce_story story = { g, g->rids[i], DSN_DELAYED,
			profile, &cause, { 0 } };

		if (!notify_wants(g->message->notify, g->rids[i], NOTIFY_DELAY,
			profile->delay_warnings))
			continue;
		tell(d, &story);
		is_told = true;
	}
	if (!is_told)
		return;
	g->warnings++;
	g->warned = world_now(d->relay->world);
}

void
bounce_relayed(struct delivery *d, const struct group *g, uint32_t rid,
    const struct ip_address *remote, struct slice response)
{
	const struct log_cause cause = {
		.code = 250, .text = response, .remote = remote
	};
	struct bounce_story story = { g, rid, DSN_RELAYED,
		deliver_profile(d, g), &cause, { 0 } };

	if (has_sender(g) &&
	    notify_wants(g->message->notify, rid, NOTIFY_SUCCESS, false))
		tell(d, &story);
}
