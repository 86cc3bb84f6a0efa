/* SPDX-License-Identifier: MIT */
/* Messages and their ends, as the mail log tells them; see reader.h. */
#include "harness/live/reader_impl.h"

/* What is read of a clock twice differs by as much. */
#define READER_SAME (2 * UTIME_S)

void
reader_init(struct reader *r, const struct plan *plan)
{
	*r = (struct reader){ .plan = plan };
}

static void
message_free(struct reader *r, struct reader_message *m)
{
	HASH_DEL(r->messages, m);
	for (size_t i = 0; i < m->count; i++)
		free(m->recipients[i].address);
	free(m->recipients);
	free(m->sender);
	free(m->key);
	free(m);
}

void
reader_fini(struct reader *r)
{
	struct reader_message *m, *next;
	struct reader_connection *c, *other;

	HASH_ITER(hh, r->connections, c, other)
	{
		reader_connection_free(r, c);
	}
	HASH_ITER(hh, r->messages, m, next)
	{
		message_free(r, m);
	}
	buf_fini(&r->out);
	buf_fini(&r->list);
	buf_fini(&r->text);
	*r = (struct reader){ 0 };
}

void
reader_tell(struct reader *r, struct maillog_event *ev)
{
	ev->time = r->now;
	maillog_format(&r->out, ev);
}

struct slice
reader_mailbox(struct reader *r, const char *address)
{
	buf_clear(&r->text);
	buf_printf(&r->text, "<%s>", address);
	return buf_slice(&r->text);
}

/* ---- on their way in ---- */

struct reader_message *
reader_message_find(struct reader *r, struct slice key)
{
	struct reader_message *m;

	HASH_FIND(hh, r->messages, key.at, key.len, m);
	return m;
}

struct reader_message *
reader_message_new(struct reader *r, struct slice key, struct slice sender)
{
	struct reader_message *m = reader_message_find(r, key);

	if (m != NULL)
		reader_message_gone(r, m);
	m = xcalloc(1, sizeof(*m));
	m->key = slice_dup(key);
	m->mid = ++r->mids;
	m->till = UTIME_NEVER;
	m->sender = slice_dup(sender);
	HASH_ADD_KEYPTR(hh, r->messages, m->key, key.len, m);
	return m;
}

void
reader_message_to(
    struct reader *r, struct reader_message *m, struct slice address)
{
	(void)r;
	if (m->is_queued)
		return;
	m->recipients = xgrow(
	    m->recipients, &m->cap, m->count + 1, sizeof(m->recipients[0]));
	m->recipients[m->count++] =
	    (struct reader_recipient){ .address = slice_dup(address) };
	m->open++;
}

size_t
reader_message_rid(const struct reader_message *m, struct slice address)
{
	for (size_t i = 0; i < m->count; i++)
		if (!m->recipients[i].has_ended &&
		    slice_eq_nocase(
			slice_cstr(m->recipients[i].address), address))
			return i;
	return SIZE_MAX;
}

static void
tell_acceptance(
    struct reader *r, struct reader_message *m, uint64_t icid, uint64_t bytes)
{
	struct maillog_event ev = { .mid = m->mid, .icid = icid };

	ev.form = MAILLOG_MID_FROM;
	ev.from = reader_mailbox(r, m->sender);
	reader_tell(r, &ev);
	for (size_t i = 0; i < m->count; i++) {
		ev.form = MAILLOG_MID_TO;
		ev.rid = i;
		ev.to = reader_mailbox(r, m->recipients[i].address);
		reader_tell(r, &ev);
	}
	ev.form = MAILLOG_MID_READY;
	ev.from = reader_mailbox(r, m->sender);
	ev.bytes = bytes;
	reader_tell(r, &ev);
	ev.form = MAILLOG_MID_QUEUED;
	reader_tell(r, &ev);
	m->is_queued = true;
}

void
reader_message_queued(
    struct reader *r, struct reader_message *m, uint64_t bytes)
{
	struct maillog_event ev = { .form = MAILLOG_START_MID, .mid = m->mid };

	if (m->is_queued)
		return;
	ev.icid = ++r->icids;
	reader_tell(r, &ev);
	tell_acceptance(r, m, ev.icid, bytes);
}

void
reader_message_made(
    struct reader *r, struct reader_message *m, uint64_t other_mid)
{
	struct maillog_event ev = { .form = MAILLOG_START_MID, .mid = m->mid };

	if (m->is_queued)
		return;
	reader_tell(r, &ev);
	ev.form = MAILLOG_BOUNCE_GENERATED;
	ev.other_mid = other_mid;
	reader_tell(r, &ev);
	tell_acceptance(r, m, 0, 0);
}

/* ---- in the queue ---- */

void
reader_message_waits(struct reader *r, struct reader_message *m, utime till)
{
	struct maillog_event ev = {
		.form = MAILLOG_PENDING,
		.mid = m->mid,
		.till = utime_second_up(till),
		.profile = SLICE("Default"),
	};

	m->till = till;
	if (!m->is_queued || m->open == 0 ||
	    (till >= m->told_till && till - m->told_till <= READER_SAME))
		return;
	m->told_till = till;
	buf_clear(&r->list);
	for (size_t i = 0; i < m->count; i++)
		if (!m->recipients[i].has_ended)
			maillog_rids_add(&r->list, i);
	ev.rids = buf_slice(&r->list);
	reader_tell(r, &ev);
}

void
reader_message_active(struct reader_message *m)
{
	m->till = UTIME_NEVER;
}

utime
reader_due(const struct reader *r)
{
	utime due = r->arriving > 0 ? r->now : UTIME_NEVER;

	for (const struct reader_message *m = r->messages; m != NULL;
	     m = m->hh.next) {
		const utime at = m->till == UTIME_NEVER ? r->now : m->till;

		due = at < due ? at : due;
	}
	return due;
}

size_t
reader_overdue(const struct reader *r, utime now)
{
	size_t count = 0;

	for (const struct reader_message *m = r->messages; m != NULL;
	     m = m->hh.next)
		count += m->till <= now;
	return count;
}

void
reader_recipient_ends(
    struct reader *r, struct reader_message *m, size_t recipient)
{
	struct maillog_event ev = {
		.form = MAILLOG_MESSAGE_FINISHED,
		.mid = m->mid,
		.result = SLICE("done"),
	};

	if (m->recipients[recipient].has_ended)
		return;
	m->recipients[recipient].has_ended = true;
	if (--m->open == 0)
		reader_tell(r, &ev);
}

void
reader_bounced(struct reader *r, struct reader_message *m, size_t rid,
    const struct reader_verdict *v)
{
	const struct maillog_status status =
	    maillog_status_for(v->code, v->phase);
	struct maillog_event ev = {
		.form = m->sender[0] != '\0' ? MAILLOG_BOUNCED
					     : MAILLOG_DOUBLE_BOUNCE,
		.mid = m->mid,
		.dcid = v->dcid,
		.rid = rid,
		.enhanced = status.enhanced,
		.text = status.text,
		.code = v->code,
		.response = v->text,
	};

	buf_clear(&r->list);
	maillog_reply_list(&r->list, &v->text, 1);
	ev.lines = buf_slice(&r->list);
	reader_tell(r, &ev);
	reader_recipient_ends(r, m, rid);
}

void
reader_recipient_bounced(struct reader *r, struct reader_message *m,
    struct slice address, const struct reader_verdict *verdict)
{
	size_t rid = reader_message_rid(m, address);

	if (rid != SIZE_MAX && m->is_queued)
		reader_bounced(r, m, rid, verdict);
}

void
reader_message_bounced(struct reader *r, struct reader_message *m,
    const struct reader_verdict *verdict)
{
	for (size_t i = 0; m->is_queued && i < m->count; i++)
		if (!m->recipients[i].has_ended)
			reader_bounced(r, m, i, verdict);
}

void
reader_recipient_dropped(
    struct reader *r, struct reader_message *m, struct slice address)
{
	size_t rid = reader_message_rid(m, address);
	struct maillog_event ev = { .form = MAILLOG_DELETED, .mid = m->mid };

	if (rid == SIZE_MAX || !m->is_queued)
		return;
	buf_clear(&r->list);
	maillog_rids_add(&r->list, rid);
	ev.rids = buf_slice(&r->list);
	reader_tell(r, &ev);
	reader_recipient_ends(r, m, rid);
}

void
reader_message_gone(struct reader *r, struct reader_message *m)
{
	reader_transactions_forget(r, m);
	message_free(r, m);
}
