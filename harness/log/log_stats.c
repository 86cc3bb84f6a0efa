/* SPDX-License-Identifier: MIT */
/* Counting a log; see log_stats.h. */
#include "harness/log/log_stats_impl.h"

#include "harness/log/log_want.h"
#include "harness/report/printable.h"

/* So soon behind a failure a connection goes on with it. */
#define FAILOVER_SPAN (2 * UTIME_S)

struct log_stats *
log_stats_new(void)
{
	struct log_stats *s = xcalloc(1, sizeof(*s));

	list_init(&s->message_order);
	list_init(&s->connection_order);
	return s;
}

void
log_stats_destroy(struct log_stats **sp)
{
	struct log_stats *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	while (s->message_count > 0)
		log_stats_message_forget(s,
		    CONTAINER_OF(
			s->message_order.next, struct log_stats_message, node));
	while (s->connection_count > 0)
		log_stats_connection_forget(s,
		    CONTAINER_OF(s->connection_order.next,
			struct log_stats_connection, node));
	for (size_t i = 0; i < s->host_count; i++) {
		for (size_t k = 0; k < s->hosts[i].text_count; k++)
			free(s->hosts[i].texts[k].text);
		free(s->hosts[i].texts);
		free(s->hosts[i].name);
	}
	for (size_t i = 0; i < s->domain_count; i++) {
		free(s->domains[i].shares);
		free(s->domains[i].name);
	}
	free(s->hosts);
	free(s->domains);
	log_stats_names_fini(&s->host_names);
	log_stats_names_fini(&s->domain_names);
	free(s);
}

utime
log_stats_first(const struct log_stats *s)
{
	return s->first;
}

utime
log_stats_last(const struct log_stats *s)
{
	return s->last;
}

uint64_t
log_stats_forgotten(const struct log_stats *s)
{
	return s->forgotten;
}

size_t
log_stats_host_count(const struct log_stats *s)
{
	return s->host_count;
}

const struct log_host *
log_stats_host(const struct log_stats *s, size_t i)
{
	assert(i < s->host_count);
	return &s->hosts[i];
}

size_t
log_stats_domain_count(const struct log_stats *s)
{
	return s->domain_count;
}

const struct log_domain *
log_stats_domain(const struct log_stats *s, size_t i)
{
	assert(i < s->domain_count);
	return &s->domains[i];
}

/* ---- answers ---- */

static void
note_text(struct log_host *host, uint64_t code, struct slice escaped)
{
	struct buf plain = { 0 }, shown = { 0 };
	struct log_text_count *text = NULL;

	host->codes_4xx += code >= 400 && code < 500;
	host->codes_5xx += code >= 500;
	maillog_unescape(&plain, slice_sub(escaped, 0, 200));
	printable_line_format(buf_slice(&plain), &shown);
	for (size_t i = 0; i < host->text_count && text == NULL; i++)
		if (host->texts[i].code == code &&
		    slice_eq(
			slice_cstr(host->texts[i].text), buf_slice(&shown)))
			text = &host->texts[i];
	if (text == NULL && host->text_count < LOG_STATS_TEXTS_MAX) {
		host->texts = xgrow(host->texts, &host->text_cap,
		    host->text_count + 1, sizeof(host->texts[0]));
		text = &host->texts[host->text_count++];
		*text = (struct log_text_count){ (unsigned)code,
			slice_dup(buf_slice(&shown)), 0 };
	}
	if (text != NULL)
		text->count++;
	else
		host->other_texts++;
	buf_fini(&plain);
	buf_fini(&shown);
}

/* ---- who was asked when ---- */

/* A connection is known to be one for mail to the domain. */
static void
share_connection(struct log_domain *d, struct log_stats_connection *c)
{
	struct log_share *share = log_stats_share_get(d, c->host);
	bool follows = d->trouble != 0 && c->opened >= d->trouble &&
	    c->opened - d->trouble <= FAILOVER_SPAN;

	c->is_shared = true;
	share->connections++;
	share->is_first |= !follows;
	d->stays |= !follows && d->last == c->host + 1;
	d->last = c->host + 1;
}

static void
take_failure(struct log_stats *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_failure failure = log_failure_of(ev);
	struct log_stats_connection *c = log_stats_connection_find(s, record);
	struct log_host *host;

	/* A connect that fails has no line of its own. */
	if (c == NULL)
		c = log_stats_connection_open(s, record);
	host = &s->hosts[c->host];
	host->failed[failure.kind]++;
	note_text(host, failure.code, failure.text);
	if (maillog_has(ev, MAILLOG_FIELD_domain)) {
		size_t domain = log_stats_domain_get(s, ev->domain);

		if (!c->is_shared)
			share_connection(&s->domains[domain], c);
		s->domains[domain].trouble = ev->time;
	}
	log_stats_connection_forget(s, c);
}

/* ---- recipients ---- */

static void
take_recipient(struct log_stats *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_stats_message *m = log_stats_message_get(s, record);
	struct log_domain *d;
	size_t domain;

	if (log_stats_recipient_find(m, ev->rid) != NULL ||
	    m->count == RECIPIENTS_MAX)
		return;
	domain = log_stats_domain_get(s, log_mailbox_domain(ev->to));
	m->recipients = xgrow(
	    m->recipients, &m->cap, m->count + 1, sizeof(m->recipients[0]));
	m->recipients[m->count++] =
	    (struct log_stats_recipient){ ev->rid, (uint32_t)domain, false };
	d = &s->domains[domain];
	d->recipients++;
}

/* From now on it is in the queues of its domains. */
static void
take_queued(struct log_stats *s, const struct log_record *record)
{
	struct log_stats_message *m = log_stats_message_find(s, record);

	if (m == NULL)
		return;
	m->queued = record->event->time;
	for (uint32_t i = 0; i < m->count; i++) {
		struct log_domain *d = &s->domains[m->recipients[i].domain];

		if (m->recipients[i].is_open)
			continue;
		m->recipients[i].is_open = true;
		d->queued++;
		if (d->queued > d->queued_most)
			d->queued_most = d->queued;
	}
}

/* It has ended, and is in no queue any more; NULL: its domain is not known. */
static struct log_domain *
end(struct log_stats *s, struct log_stats_message *m, uint64_t rid)
{
	struct log_stats_recipient *to =
	    m != NULL ? log_stats_recipient_find(m, rid) : NULL;
	struct log_domain *d;

	if (to == NULL)
		return NULL;
	assert(s->domains != NULL);
	d = &s->domains[to->domain];
	if (to->is_open)
		d->queued--;
	to->is_open = false;
	return d;
}

static void
take_start(struct log_stats *s, const struct log_record *record)
{
	struct log_stats_message *m = log_stats_message_get(s, record);
	struct log_stats_connection *c = log_stats_connection_find(s, record);
	struct slice rest = record->event->rids;
	struct log_stats_recipient *to;
	uint64_t rid;

	m->started = record->event->time;
	if (c == NULL)
		return;
	s->hosts[c->host].starts++;
	if (!maillog_rid_next(&rest, &rid) ||
	    (to = log_stats_recipient_find(m, rid)) == NULL)
		return;
	if (!c->is_shared)
		share_connection(&s->domains[to->domain], c);
}

static void
take_done(struct log_stats *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_stats_message *m = log_stats_message_find(s, record);
	struct log_stats_connection *c = log_stats_connection_find(s, record);
	struct slice rest = ev->rids;
	struct log_domain *d = NULL;
	uint64_t rid;

	while (maillog_rid_next(&rest, &rid)) {
		struct log_domain *of = end(s, m, rid);

		if (of != NULL) {
			d = of;
			d->delivered++;
			if (m->queued != 0)
				log_spans_add(&d->waits, ev->time - m->queued);
		}
		if (c != NULL)
			s->hosts[c->host].delivered++;
	}
	if (c == NULL)
		return;
	s->hosts[c->host].done++;
	if (m != NULL && m->started != 0)
		log_spans_add(&s->hosts[c->host].spans, ev->time - m->started);
	if (d != NULL)
		log_stats_share_get(d, c->host)->messages++;
}

static void
take_answer(struct log_stats *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_stats_message *m = log_stats_message_find(s, record);
	struct log_stats_recipient *to =
	    m != NULL ? log_stats_recipient_find(m, ev->rid) : NULL;
	struct log_stats_connection *c =
	    ev->dcid != 0 ? log_stats_connection_find(s, record) : NULL;
	struct slice rest = ev->lines, line = { 0 };
	bool is_delay = ev->form == MAILLOG_DELAYED;

	(void)maillog_line_next(&rest, &line);
	if (to != NULL && is_delay) {
		s->domains[to->domain].delayed++;
		s->domains[to->domain].trouble = ev->time;
	}
	if (to != NULL && !is_delay) {
		s->domains[to->domain].bounced++;
		(void)end(s, m, ev->rid);
	}
	if (c == NULL)
		return;
	s->hosts[c->host].delayed += is_delay;
	s->hosts[c->host].refused += !is_delay;
	note_text(&s->hosts[c->host], ev->code, line);
}

static void
take_pending(struct log_stats *s, const struct log_record *record)
{
	struct log_stats_message *m = log_stats_message_find(s, record);
	struct slice rest = record->event->rids;
	struct log_stats_recipient *to;
	uint64_t rid;

	if (m != NULL && maillog_rid_next(&rest, &rid) &&
	    (to = log_stats_recipient_find(m, rid)) != NULL)
		s->domains[to->domain].retries++;
}

static void
take_deleted(struct log_stats *s, const struct log_record *record)
{
	struct log_stats_message *m = log_stats_message_find(s, record);
	struct slice rest = record->event->rids;
	uint64_t rid;

	while (maillog_rid_next(&rest, &rid)) {
		struct log_domain *d = end(s, m, rid);

		if (d != NULL)
			d->deleted++;
	}
}

/* A message is over, or its MID is given again. */
static void
take_end(struct log_stats *s, const struct log_record *record)
{
	struct log_stats_message *m = log_stats_message_find(s, record);

	if (m == NULL)
		return;
	for (uint32_t i = 0; i < m->count; i++)
		(void)end(s, m, m->recipients[i].rid);
	log_stats_message_forget(s, m);
}

/* Its further name may have been begun as a message with the recipients. */
static void
take_renamed(struct log_stats *s, const struct log_record *record)
{
	struct log_record other = *record;
	struct log_stats_message *m;

	other.named.message = record->event->other_mid;
	m = log_stats_message_find(s, &other);
	if (m == NULL || other.named.message == record->named.message)
		return;
	for (uint32_t i = 0; i < m->count; i++)
		s->domains[m->recipients[i].domain].recipients--;
	log_stats_message_forget(s, m);
}

void
log_stats_take(struct log_stats *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_stats_connection *c;

	if (s->first == 0)
		s->first = ev->time;
	s->last = ev->time;
	if (record->named.is_handed_on)
		return;
	switch ((int)ev->form) {
	case MAILLOG_START_MID:
	case MAILLOG_MESSAGE_FINISHED:
	case MAILLOG_MESSAGE_ABORTED:
		take_end(s, record);
		break;
	case MAILLOG_MID_TO:
		take_recipient(s, record);
		break;
	case MAILLOG_MID_REWRITTEN:
		take_renamed(s, record);
		break;
	case MAILLOG_MID_QUEUED:
		take_queued(s, record);
		break;
	case MAILLOG_DCID_NEW:
		(void)log_stats_connection_open(s, record);
		break;
	case MAILLOG_CONNECTION_ERROR:
		take_failure(s, record);
		break;
	case MAILLOG_DELIVERY_START:
		take_start(s, record);
		break;
	case MAILLOG_MESSAGE_DONE:
		take_done(s, record);
		break;
	case MAILLOG_DELAYED:
	case MAILLOG_BOUNCED:
	case MAILLOG_DOUBLE_BOUNCE:
		take_answer(s, record);
		break;
	case MAILLOG_PENDING:
		take_pending(s, record);
		break;
	case MAILLOG_DELETED:
		take_deleted(s, record);
		break;
	case MAILLOG_DCID_CLOSE:
		if ((c = log_stats_connection_find(s, record)) != NULL)
			log_stats_connection_forget(s, c);
		break;
	default:
		break;
	}
}
