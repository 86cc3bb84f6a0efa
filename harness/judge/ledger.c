/* SPDX-License-Identifier: MIT */
/* Reading lines, and the ledger as a whole; see ledger.h. */
#include "harness/judge/ledger_impl.h"

#include "core/smtp/stage.h"

typedef void entry_handler(struct ledger *l, const struct maillog_event *ev);

static void set_now(
    struct ledger *l, const struct maillog_event *ev, utime now);

struct ledger *
ledger_new(const struct plan *plan, const struct ledger_hooks *hooks)
{
	struct ledger *l = xcalloc(1, sizeof(*l));

	l->plan = plan;
	l->hooks = *hooks;
	l->now.lo = l->now.hi = plan->start;
	list_init(&l->injecting);
	return l;
}

void
ledger_destroy(struct ledger **lp)
{
	struct ledger *l = *lp;
	struct ledger_message *m, *m_next;
	struct ledger_domain *d, *d_next;
	struct ledger_connection *c, *c_next;
	struct ledger_address *a, *a_next;

	*lp = NULL;
	if (l == NULL)
		return;
	l->hooks.on_entry = NULL;
	HASH_ITER(hh, l->messages, m, m_next)
	message_free(l, m);
	HASH_ITER(hh, l->connections, c, c_next)
	{
		HASH_DEL(l->connections, c);
		free(c);
	}
	HASH_ITER(hh, l->domains, d, d_next)
	{
		HASH_DEL(l->domains, d);
		domain_free(d);
	}
	HASH_ITER(hh, l->addresses, a, a_next)
	{
		HASH_DEL(l->addresses, a);
		free(a);
	}
	clients_forget(l);
	buf_fini(&l->scratch);
	free(l->ended.at);
	free(l->delivered.at);
	free(l->strange.at);
	free(l->unrecorded.at);
	free(l->lost.at);
	free(l);
}

void
ledger_line(struct ledger *l, const struct maillog_event *ev, utime now)
{
	static entry_handler *const handlers[MAILLOG_FORM_COUNT] = {
		[MAILLOG_BEGIN_LOGFILE] = on_begin_logfile,
		[MAILLOG_END_LOGFILE] = on_end_logfile,
		[MAILLOG_QUEUE_REFUSES] = on_queue_refuses,
		[MAILLOG_QUEUE_ACCEPTS] = on_queue_accepts,
		[MAILLOG_ICID_NEW] = on_icid_new,
		[MAILLOG_START_MID] = on_start_mid,
		[MAILLOG_BOUNCE_GENERATED] = on_generated,
		[MAILLOG_MESSAGE_GENERATED] = on_generated,
		[MAILLOG_MID_FROM] = on_mid_from,
		[MAILLOG_MID_TO] = on_mid_to,
		[MAILLOG_MID_READY] = on_mid_ready,
		[MAILLOG_MID_REWRITTEN] = on_mid_rewritten,
		[MAILLOG_ICID_CLOSE] = on_icid_end,
		[MAILLOG_ICID_LOST] = on_icid_end,
		[MAILLOG_MID_QUEUED] = on_mid_queued,
		[MAILLOG_MESSAGE_ABORTED] = on_message_aborted,
		[MAILLOG_MESSAGE_FINISHED] = on_message_finished,
		[MAILLOG_DCID_NEW] = on_dcid_new,
		[MAILLOG_DCID_CLOSE] = on_dcid_close,
		[MAILLOG_DCID_TLS_SUCCESS] = on_tls_success,
		[MAILLOG_DCID_STARTTLS_UNSUPPORTED] = on_tls_unsupported,
		[MAILLOG_DCID_TLS_FAILED] = on_tls_failed,
		[MAILLOG_CONNECTION_ERROR] = on_connection_error,
		[MAILLOG_CONNECTION_KILLED] = on_connection_killed,
		[MAILLOG_DELIVERY_START] = on_delivery_start,
		[MAILLOG_POSSIBLE_DELIVERY] = on_possible_delivery,
		[MAILLOG_MESSAGE_DONE] = on_message_done,
		[MAILLOG_DELAYED] = on_delayed,
		[MAILLOG_BOUNCED] = on_bounced,
		[MAILLOG_DOUBLE_BOUNCE] = on_bounced,
		[MAILLOG_DELETED] = on_deleted,
		[MAILLOG_PENDING] = on_pending,
	};

	l->now.line++;
	if (ev == NULL)
		return;
	l->counts.records++;
	l->counts.unknown += ev->form == MAILLOG_UNKNOWN;
	if (l->counts.records > 1)
		l->heard = l->now.hi;
	set_now(l, ev, now);
	ledger_note_leap(l);
	limit_note(l);
	ledger_advance(l, l->now.hi);
	if (handlers[ev->form] != NULL)
		handlers[ev->form](l, ev);
	limit_note(l);
}

void
ledger_skip_lines(struct ledger *l, uint64_t count)
{
	l->now.line += count;
}

void
ledger_doubt(struct ledger *l)
{
	l->is_doubted = l->is_blind = true;
}

utime
ledger_heard(const struct ledger *l)
{
	return l->is_doubted ? l->heard : UTIME_NEVER;
}

void
ledger_note_silence(struct ledger *l)
{
	if (l->silences++ == 0)
		l->silence = l->now;
}

uint64_t
ledger_silences(const struct ledger *l, uint64_t *line)
{
	*line = l->silence.line;
	return l->silences;
}

void
ledger_advance(struct ledger *l, utime now)
{
	struct heap_node *top;

	while ((top = heap_top(&l->waits)) != NULL && top->at <= now) {
		struct ledger_group *g =
		    CONTAINER_OF(top, struct ledger_group, due_node);
		struct ledger_moment at = { g->due_lo, g->due_hi, l->now.line };

		group_begin(l, g, &at);
	}
}

const struct ledger_moment *
ledger_now(const struct ledger *l)
{
	return &l->now;
}

const struct ledger_counts *
ledger_counts(const struct ledger *l)
{
	return &l->counts;
}

void
ledger_messages(struct ledger *l,
    void (*each)(void *owner, struct ledger_message *m), void *owner)
{
	struct ledger_message *m, *next;

	HASH_ITER(hh, l->messages, m, next)
	each(owner, m);
}

void
ledger_domains(struct ledger *l,
    void (*each)(void *owner, struct ledger_domain *d), void *owner)
{
	struct ledger_domain *d, *next;

	HASH_ITER(hh, l->domains, d, next)
	each(owner, d);
}

struct ledger_message *
ledger_message_find(struct ledger *l, uint64_t mid)
{
	struct ledger_message *m;

	HASH_FIND(hh, l->messages, &mid, sizeof(mid), m);
	return m;
}

struct ledger_connection *
ledger_connection_find(struct ledger *l, uint64_t dcid)
{
	struct ledger_connection *c;

	HASH_FIND(hh, l->connections, &dcid, sizeof(dcid), c);
	return c;
}

struct ledger_recipient *
ledger_recipient_find(struct ledger_message *m, uint64_t rid)
{
	/* RIDs count from 0, so that the guess is nearly always right. */
	if (rid < m->recipient_count && m->recipients[rid].rid == rid)
		return &m->recipients[rid];
	for (size_t i = 0; i < m->recipient_count; i++)
		if (m->recipients[i].rid == rid)
			return &m->recipients[i];
	return NULL;
}

/* FNV-1a. */
uint64_t
ledger_text_hash(struct slice text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.at[i]) *
		    UINT64_C(0x100000001b3);
	return hash;
}

utime
ledger_patience(const struct ledger *l, const struct ledger_domain *d)
{
	return utime_add(
	    utime_add(l->plan->relay.delivery.connect_timeout, UTIME_S),
	    d->routing.delay);
}

const struct relay_bounce_profile *
ledger_profile(const struct ledger *l, const struct ledger_group *g)
{
	if (g->domain->profile != NULL)
		return g->domain->profile;
	return g->message->profile != NULL ? g->message->profile
					   : &l->plan->relay.bounce;
}

bool
ledger_fails_over(const struct ledger *l)
{
	static const enum smtp_stage stages[] = { STAGE_CONNECT, STAGE_BANNER,
		STAGE_EHLO, STAGE_MAIL, STAGE_RCPT, STAGE_DATA, STAGE_EOD };

	for (size_t i = 0; i < ARRAY_LEN(stages); i++)
		if ((l->plan->relay.delivery.failover_on >> stages[i] & 1) == 0)
			return false;
	return true;
}

void
ledger_where(
    const struct ledger *l, const struct ledger_moment *moment, struct buf *out)
{
	char span[UTIME_TEXT_MAX];
	utime since = moment->lo - l->plan->start;

	buf_printf(out, "line %llu (%s)", (unsigned long long)moment->line,
	    utime_format_span(since > 0 ? since : 0, span));
}

void
ledger_tell(struct ledger *l, struct ledger_entry *entry)
{
	/* What is destroyed has no more to tell. */
	if (l->hooks.on_entry == NULL)
		return;
	if (entry->moment.line == 0)
		entry->moment = l->now;
	l->hooks.on_entry(l->hooks.owner, entry);
}

/* A stamp shows the second only. */
static void
set_now(struct ledger *l, const struct maillog_event *ev, utime now)
{
	if (now != UTIME_NEVER) {
		l->now.lo = l->now.hi = now;
		return;
	}
	l->now.lo = ev->time;
	l->now.hi = ev->time + UTIME_S - 1;
}

/* ---- MIDs that have ended ---- */

/* The first range that ends at or behind `mid`. */
static size_t
range_find(const struct mid_ranges *r, uint64_t mid)
{
	size_t lo = 0, hi = r->count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		if (r->at[middle].last < mid)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

bool
mid_ranges_has(const struct mid_ranges *r, uint64_t mid)
{
	size_t i = range_find(r, mid);

	return i < r->count && r->at[i].first <= mid;
}

void
mid_ranges_clear(struct mid_ranges *r)
{
	r->count = 0;
}

void
mid_ranges_add(struct mid_ranges *r, uint64_t mid)
{
	size_t i = range_find(r, mid);
	bool before = i > 0 && r->at[i - 1].last + 1 == mid;
	bool behind = i < r->count && r->at[i].first == mid + 1;

	if (mid_ranges_has(r, mid))
		return;
	if (before && behind) {
		r->at[i - 1].last = r->at[i].last;
		r->count--;
		memmove(&r->at[i], &r->at[i + 1],
		    (r->count - i) * sizeof(r->at[0]));
	} else if (before) {
		r->at[i - 1].last = mid;
	} else if (behind) {
		r->at[i].first = mid;
	} else {
		r->at = xgrow(r->at, &r->cap, r->count + 1, sizeof(r->at[0]));
		memmove(&r->at[i + 1], &r->at[i],
		    (r->count - i) * sizeof(r->at[0]));
		r->at[i] = (struct mid_range){ mid, mid };
		r->count++;
	}
}
