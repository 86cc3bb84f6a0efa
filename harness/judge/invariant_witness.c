/* SPDX-License-Identifier: MIT */
/*
 * Two witnesses, and protocol.  The k-th connection of the log to an endpoint
 * is the k-th that the transcripts show there; on it, the k-th "Message done"
 * is the k-th message that was answered 2xx.  Either witness may speak first.
 */
#include "harness/judge/witness_impl.h"

#define ULL(n) ((unsigned long long)(n))

/* Log connections that are kept while no transcript has ever come; beyond this
 * there is none. */
#define WITNESS_ALONE_MAX 65536

static void pair_check_secret(struct witness *w, struct pair *p);
static void pair_settle(struct witness *w, struct pair *p);
static void pair_check_end(struct witness *w, struct pair *p);
static void pair_free(struct witness *w, struct pair *p);

struct witness *
witness_new(struct invariants *v)
{
	struct witness *w = xcalloc(1, sizeof(*w));

	w->v = v;
	return w;
}

void
witness_destroy(struct witness **wp)
{
	struct witness *w = *wp;
	struct pair *p, *p_next;
	struct meeting *m, *m_next;

	*wp = NULL;
	if (w == NULL)
		return;
	HASH_ITER(by_dcid, w->by_dcid, p, p_next)
	pair_free(w, p);
	HASH_ITER(by_connection, w->by_connection, p, p_next)
	pair_free(w, p);
	HASH_ITER(hh, w->meetings, m, m_next)
	{
		HASH_DEL(w->meetings, m);
		free(m);
	}
	free(w);
}

bool
witness_has_transcript(const struct witness *w)
{
	return w->has_transcript && !w->is_late;
}

enum greeted
witness_greeted(struct witness *w, uint64_t dcid)
{
	struct pair *p;

	HASH_FIND(by_dcid, w->by_dcid, &dcid, sizeof(dcid), p);
	if (p == NULL || p->connection == 0)
		return GREETED_UNKNOWN;
	if (p->client_spoke)
		return GREETED_YES;
	return p->host_spoke ? GREETED_UNKNOWN : GREETED_NO;
}

/* ---- pairs ---- */

static struct meeting *
meeting_get(struct witness *w, const struct endpoint *at)
{
	struct endpoint_key key = endpoint_key(at);
	struct meeting *m;

	HASH_FIND(hh, w->meetings, &key, sizeof(key), m);
	if (m != NULL)
		return m;
	m = xcalloc(1, sizeof(*m));
	m->key = key;
	list_init(&m->logged);
	list_init(&m->seen);
	HASH_ADD(hh, w->meetings, key, sizeof(m->key), m);
	return m;
}

static struct pair *
pair_new(const struct endpoint *at)
{
	struct pair *p = xcalloc(1, sizeof(*p));

	p->at = *at;
	list_init(&p->node);
	sendings_init(&p->sendings);
	return p;
}

static struct pair *
pair_take(struct list *from)
{
	struct pair *p = CONTAINER_OF(from->next, struct pair, node);

	list_remove(&p->node);
	return p;
}

static void
pair_free(struct witness *w, struct pair *p)
{
	if (p->dcid != 0)
		HASH_DELETE(by_dcid, w->by_dcid, p);
	if (p->connection != 0)
		HASH_DELETE(by_connection, w->by_connection, p);
	list_remove(&p->node);
	sendings_fini(&p->sendings);
	buf_fini(&p->violation);
	free(p);
}

/* ---- the log ---- */

/* A host may have taken a connection that never stood for the relay: then the
 * log has a Connection Error without a New line, and the host heard nothing. */
static void
pair_unheard(struct witness *w, struct meeting *m, struct pair *p)
{
	char at[ENDPOINT_TEXT_MAX], span[UTIME_TEXT_MAX];

	if (m->unheard > 0 && !p->client_spoke) {
		m->unheard--;
	} else if (!p->client_spoke && w->restarted > 0 &&
	    p->opened_at <= w->restarted + UTIME_S) {
		/* Its connect was under way when the relay ended. */
	} else if (charge_count(
		       &w->v->charges[INV_TWO_WITNESSES], p->opened_at)) {
		struct charge *c = &w->v->charges[INV_TWO_WITNESSES];

		buf_append_cstr(&c->wanted,
		    "each connection of a transcript is a \"New SMTP DCID\" of "
		    "the log");
		buf_printf(&c->found,
		    "%s: connection %llu of the transcript, to %s, is not in "
		    "the log",
		    utime_format_span(p->opened_at - w->v->plan->start, span),
		    ULL(p->connection), endpoint_format(&p->at, at));
	}
	pair_free(w, p);
}

static void
entry_opened(struct witness *w, const struct ledger_entry *entry)
{
	const struct ledger_connection *c = entry->connection;
	struct meeting *m = meeting_get(w, &c->address->at);
	utime patience = w->v->plan->relay.delivery.connect_timeout + UTIME_S;
	struct pair *p;

	if (!c->is_open) {
		m->unheard++;
		return;
	}
	witness_note_interface(w, entry->line->interface);
	while ((p = witness_next_seen(w, m)) != NULL) {
		if (p->opened_at + patience >= entry->moment.lo)
			break;
		/* Its clock may be another than the log's, once that has
		 * been set. */
		if (ledger_heard(w->v->ledger) != UTIME_NEVER &&
		    (p->client_spoke || m->unheard == 0))
			break;
		pair_unheard(w, m, p);
	}
	if (p == NULL) {
		if (!w->has_transcript && ++w->alone > WITNESS_ALONE_MAX)
			w->is_late = true;
		if (w->is_late)
			return;
		p = pair_new(&c->address->at);
		list_append(&m->logged, &p->node);
	} else {
		list_remove(&p->node);
		witness_recognize(w, p);
	}
	p->dcid = c->dcid;
	p->opened = entry->moment;
	HASH_ADD(by_dcid, w->by_dcid, dcid, sizeof(p->dcid), p);
}

/* A host that goes down just then may leave a connection that stands for the
 * relay and never was one for the host. */
static void
pair_unaccepted(struct witness *w, struct pair *p)
{
	meeting_get(w, &p->at)->unheard++;
	pair_free(w, p);
}

/* The relay has lost all its connections, and its numbers begin anew.  What a
 * host saw last of one the log may not have come to tell. */
static void
entry_restarted(struct witness *w, const struct ledger_moment *moment)
{
	struct pair *p, *p_next;
	struct meeting *m, *m_next;

	w->restarted = moment->hi;
	HASH_ITER(by_dcid, w->by_dcid, p, p_next)
	{
		p->log_ended = p->lost = true;
		HASH_DELETE(by_dcid, w->by_dcid, p);
		p->dcid = 0;
		if (p->connection == 0)
			pair_free(w, p);
		else
			pair_check_end(w, p);
	}
	HASH_ITER(hh, w->meetings, m, m_next)
	{
		while (!list_is_empty(&m->seen)) {
			/* By seconds, those of the moment may be new. */
			p = CONTAINER_OF(m->seen.next, struct pair, node);
			if (p->opened_at >= moment->lo)
				break;
			pair_free(w, pair_take(&m->seen));
		}
		m->unheard = 0;
	}
}

/* Which connection of the log is which of the transcript is not known any
 * more. */
static void
entry_gap(struct witness *w)
{
	struct pair *p, *p_next;

	w->is_apart = true;
	HASH_ITER(by_dcid, w->by_dcid, p, p_next)
	pair_free(w, p);
	HASH_ITER(by_connection, w->by_connection, p, p_next)
	pair_free(w, p);
}

/* The host's word did not come: it may have taken the message or not. */
static bool
is_possible(const struct ledger_entry *entry)
{
	return entry->message != NULL &&
	    entry->connection->possible_mid == entry->message->mid;
}

void
witness_entry(struct witness *w, const struct ledger_entry *entry)
{
	struct pair *p = NULL;

	if (entry->kind == LEDGER_RESTARTED)
		entry_restarted(w, &entry->moment);
	if (entry->kind == LEDGER_GAP)
		entry_gap(w);
	if (w->is_apart)
		return;
	if (entry->kind == LEDGER_OPENED)
		entry_opened(w, entry);
	if (entry->connection == NULL)
		return;
	HASH_FIND(by_dcid, w->by_dcid, &entry->connection->dcid,
	    sizeof(entry->connection->dcid), p);
	if (p == NULL)
		return;
	w->has_log = true;
	if (entry->kind == LEDGER_DONE ||
	    (entry->kind == LEDGER_STRAY && entry->message == NULL &&
		entry->line->form == MAILLOG_MESSAGE_DONE)) {
		if (is_possible(entry))
			p->lost = true;
		else
			sendings_log(&p->sendings, w->v, entry);
	} else if (entry->kind == LEDGER_STARTED) {
		p->lost = false;
		p->needs_tls |= tls_is_required(entry->connection->domain);
		pair_check_secret(w, p);
	} else if (entry->kind == LEDGER_DELAYED) {
		p->lost |=
		    entry->line->code == 0 && !ledger_is_unable(entry->line);
	} else if (entry->kind == LEDGER_FAILED && p->connection == 0 &&
	    w->has_transcript && entry->connection->starts == 0) {
		pair_unaccepted(w, p);
	} else if (entry->kind == LEDGER_CLOSED) {
		p->lost |= entry->connection->is_killed;
		p->log_ended = true;
		pair_check_end(w, p);
	}
}

/* ---- the transcripts ---- */

static void
seen_open(struct witness *w, const struct transcript_event *ev)
{
	struct meeting *m = meeting_get(w, &ev->server);
	struct pair *p;

	if (!witness_takes_stranger(w, &ev->client.ip))
		return;
	if (list_is_empty(&m->logged) || !witness_knows(w, &ev->client.ip)) {
		p = pair_new(&ev->server);
		list_append(&m->seen, &p->node);
	} else {
		p = pair_take(&m->logged);
	}
	p->client = ev->client.ip;
	p->connection = ev->connection;
	p->opened_at = ev->time;
	HASH_ADD(by_connection, w->by_connection, connection,
	    sizeof(p->connection), p);
}

static void
seen_event(struct witness *w, struct pair *p, const struct transcript_event *ev)
{
	switch (ev->kind) {
	case TRANSCRIPT_IN:
		p->client_spoke = p->client_went_on = true;
		return;
	case TRANSCRIPT_OUT:
		p->host_spoke |=
		    slice_find_byte(ev->bytes, '\n') < ev->bytes.len;
		return;
	case TRANSCRIPT_MESSAGE:
		p->client_went_on = false;
		p->sent_in_clear |= !p->is_secured;
		pair_check_secret(w, p);
		p->message_at = ev->time;
		sendings_see(&p->sendings, w->v, ev);
		return;
	case TRANSCRIPT_VIOLATION:
		witness_violation(w, p, ev);
		return;
	case TRANSCRIPT_LOST:
	case TRANSCRIPT_CLOSE:
	case TRANSCRIPT_RESET:
	case TRANSCRIPT_GONE:
		p->seen_ended = true;
		pair_check_end(w, p);
		return;
	case TRANSCRIPT_OPEN:
	case TRANSCRIPT_TLS:
		p->is_secured = true;
		return;
	case TRANSCRIPT_RULE:
	case TRANSCRIPT_EOF:
	case TRANSCRIPT_HALF:
		return;
	}
}

void
witness_transcript(struct witness *w, const struct transcript_event *ev)
{
	struct pair unknown = { .client = ev->client.ip }, *p;
	bool is_known = witness_knows(w, &ev->client.ip);

	w->has_transcript = true;
	if (w->is_late)
		return;
	if (is_known)
		w->seen_last = ev->time;
	if (w->is_apart) {
		if (ev->kind == TRANSCRIPT_VIOLATION && is_known)
			witness_violation(w, &unknown, ev);
		buf_fini(&unknown.violation);
		return;
	}
	if (ev->kind == TRANSCRIPT_OPEN) {
		seen_open(w, ev);
		return;
	}
	HASH_FIND(by_connection, w->by_connection, &ev->connection,
	    sizeof(ev->connection), p);
	if (p != NULL)
		seen_event(w, p, ev);
}

/* ---- both ---- */

/* The log says where the mail goes, the transcript how it went. */
static void
pair_check_secret(struct witness *w, struct pair *p)
{
	if (!p->needs_tls || !p->sent_in_clear)
		return;
	p->sent_in_clear = false;
	invariant_fail(w->v, INV_PROTOCOL, &p->opened,
	    "mail goes by TLS where TLS is required",
	    "DCID %llu brought mail in clear, says the transcript",
	    ULL(p->dcid));
}

static void
pair_check_end(struct witness *w, struct pair *p)
{
	if (p->log_ended && p->seen_ended)
		pair_settle(w, p);
}

/* Both have told all.  A last message whose answer did not arrive is delayed
 * in the log, and that is no contradiction. */
static void
pair_settle(struct witness *w, struct pair *p)
{
	sendings_settle(&p->sendings, w->v, p->lost && !p->client_went_on);
	pair_free(w, p);
}

/* The log alone has told of this connection. */
static void
pair_unseen(struct witness *w, struct pair *p)
{
	char at[ENDPOINT_TEXT_MAX];

	invariant_fail(w->v, INV_TWO_WITNESSES, &p->opened,
	    "each \"New SMTP DCID\" has its connection in a transcript",
	    "DCID %llu to %s is in no transcript", ULL(p->dcid),
	    endpoint_format(&p->at, at));
	pair_free(w, p);
}

/* What is under way when a run is cut short is nobody's fault. */
void
witness_finish(struct witness *w, utime now)
{
	utime patience = w->v->plan->relay.delivery.connect_timeout + UTIME_S;
	/* Beside a log that is whole the transcript is told to its end. */
	utime end = w->seen_last > now + UTIME_S ? w->seen_last : now;
	struct meeting *m, *m_next;
	struct pair *p, *p_next;

	if (!witness_has_transcript(w))
		return;
	HASH_ITER(hh, w->meetings, m, m_next)
	{
		while (!list_is_empty(&m->logged))
			pair_unseen(w, pair_take(&m->logged));
		while ((p = witness_next_seen(w, m)) != NULL) {
			list_remove(&p->node);
			if (p->opened_at >= end ||
			    (p->opened_at + patience > end && !p->client_spoke))
				pair_free(w, p);
			else
				pair_unheard(w, m, p);
		}
	}
	HASH_ITER(by_dcid, w->by_dcid, p, p_next)
	{
		p->lost |= !p->log_ended && p->message_at + patience > now;
		/* Of the last second a log need not have all. */
		if (w->v->is_interrupted && !p->log_ended &&
		    p->message_at >= now)
			pair_free(w, p);
		else
			pair_settle(w, p);
	}
}
