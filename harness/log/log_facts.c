/* SPDX-License-Identifier: MIT */
/* Records to facts; see log_facts.h. */
#include "harness/log/log_facts.h"

#include "harness/report/printable.h"

/* More addressees, hosts or connections of one story are not told apart. */
#define FACTS_MAX 10000

static void take_recipients(
    struct log_facts *f, const struct maillog_event *ev);
static void take_connection(
    struct log_facts *f, const struct maillog_event *ev);

void
log_facts_fini(struct log_facts *f)
{
	free(f->to);
	free(f->parties);
	free(f->dcids);
	arena_fini(&f->arena);
}

bool
log_story_event(const struct log_story_record *record, struct maillog_event *ev)
{
	struct maillog_parser parser;

	maillog_parser_init(&parser, record->time);
	return maillog_parse(&parser, slice_cstr(record->text), ev);
}

void
log_facts_of(struct log_facts *f, const struct log_story *story)
{
	struct maillog_event ev;

	for (size_t i = 0; i < story->count; i++)
		if (log_story_event(&story->records[i], &ev))
			log_facts_take(f, &ev);
}

/* A text as people read it. */
static const char *
keep_text(struct log_facts *f, struct slice escaped)
{
	struct buf plain = { 0 }, shown = { 0 };
	const char *kept;

	maillog_unescape(&plain, escaped);
	printable_line_format(buf_slice(&plain), &shown);
	kept = arena_strdup(&f->arena, buf_slice(&shown));
	buf_fini(&plain);
	buf_fini(&shown);
	return kept;
}

/* ---- what is known already ---- */

static struct log_addressee *
addressee(struct log_facts *f, uint64_t rid)
{
	for (size_t i = 0; i < f->to_count; i++)
		if (f->to[i].rid == rid)
			return &f->to[i];
	if (f->to_count == FACTS_MAX)
		return &f->to[FACTS_MAX - 1];
	f->to = xgrow(f->to, &f->to_cap, f->to_count + 1, sizeof(f->to[0]));
	f->to[f->to_count] = (struct log_addressee){ .rid = rid };
	return &f->to[f->to_count++];
}

const struct log_addressee *
log_facts_addressee(const struct log_facts *f, uint64_t rid)
{
	for (size_t i = 0; i < f->to_count; i++)
		if (f->to[i].rid == rid)
			return &f->to[i];
	return NULL;
}

size_t
log_facts_count(const struct log_facts *f, enum log_fate fate)
{
	size_t count = 0;

	for (size_t i = 0; i < f->to_count; i++)
		count += f->to[i].fate == fate;
	return count;
}

const char *
log_facts_host(const struct log_facts *f, uint64_t dcid)
{
	for (size_t i = f->dcid_count; i > 0; i--)
		if (f->dcids[i - 1].dcid == dcid)
			return f->dcids[i - 1].host;
	return NULL;
}

static struct log_party *
party(struct log_facts *f, const char *host)
{
	for (size_t i = 0; i < f->party_count; i++)
		if (strcmp(f->parties[i].host, host) == 0)
			return &f->parties[i];
	if (f->party_count == FACTS_MAX)
		return &f->parties[FACTS_MAX - 1];
	f->parties = xgrow(f->parties, &f->party_cap, f->party_count + 1,
	    sizeof(f->parties[0]));
	f->parties[f->party_count] = (struct log_party){ .host = host };
	return &f->parties[f->party_count++];
}

/* That of the record's connection; NULL: the log does not say. */
static struct log_party *
party_of(struct log_facts *f, const struct maillog_event *ev)
{
	const char *host = maillog_has(ev, MAILLOG_FIELD_dcid)
	    ? log_facts_host(f, ev->dcid)
	    : NULL;

	return host != NULL ? party(f, host) : NULL;
}

/* ---- the message ---- */

static void
take_text(struct log_facts *f, const struct maillog_event *ev)
{
	if (maillog_has(ev, MAILLOG_FIELD_from) && f->from == NULL)
		f->from = keep_text(f, log_mailbox(ev->from));
	if (maillog_has(ev, MAILLOG_FIELD_subject) && f->subject == NULL)
		f->subject = keep_text(f, ev->subject);
	if (maillog_has(ev, MAILLOG_FIELD_bytes))
		f->bytes = ev->bytes;
	if (ev->form == MAILLOG_ICID_NEW)
		f->client = keep_text(f, ev->address);
}

static void
take_message(struct log_facts *f, const struct maillog_event *ev)
{
	switch ((int)ev->form) {
	case MAILLOG_START_MID:
		f->received = ev->time;
		f->icid = ev->icid;
		f->is_generated = ev->icid == 0;
		break;
	case MAILLOG_MID_QUEUED:
		f->is_queued = true;
		break;
	case MAILLOG_MID_SPLIT:
		f->parts++;
		break;
	case MAILLOG_MID_REWRITTEN:
		f->now = ev->other_mid;
		break;
	case MAILLOG_MESSAGE_FINISHED:
		if (f->now != 0 && f->now != ev->mid)
			break; /* a former name */
		f->is_finished = true;
		f->is_aborted |= slice_eq(ev->result, SLICE("aborted"));
		break;
	case MAILLOG_MESSAGE_ABORTED:
		f->is_aborted = true;
		f->abort = keep_text(f, ev->reason);
		break;
	case MAILLOG_MID_TO_REJECTED:
		f->saw.rejected++;
		break;
	case MAILLOG_DNS_TEMPORARY_FAILURE:
		f->saw.dns_soft++;
		break;
	case MAILLOG_DELIVERY_SUSPENDED:
		f->saw.suspended++;
		break;
	default:
		break;
	}
}

void
log_facts_take(struct log_facts *f, const struct maillog_event *ev)
{
	if (f->first == 0)
		f->first = ev->time;
	f->last = ev->time;
	take_text(f, ev);
	take_message(f, ev);
	take_connection(f, ev);
	take_recipients(f, ev);
}

/* ---- recipients ---- */

static void
end(struct log_addressee *to, enum log_fate fate, utime when)
{
	to->fate = fate;
	to->when = when;
	to->till = 0;
	to->is_active = false;
}

static void
take_rid(struct log_facts *f, const struct maillog_event *ev, uint64_t rid)
{
	struct log_addressee *to = addressee(f, rid);
	struct log_party *by = party_of(f, ev);

	switch ((int)ev->form) {
	case MAILLOG_DELIVERY_START:
		to->is_active = true;
		to->till = 0;
		break;
	case MAILLOG_MESSAGE_DONE:
		end(to, LOG_FATE_DELIVERED, ev->time);
		to->host = by != NULL ? by->host : NULL;
		if (by != NULL)
			by->took++;
		break;
	case MAILLOG_PENDING:
		to->till = ev->till;
		to->is_active = false;
		break;
	case MAILLOG_DELETED:
		end(to, LOG_FATE_DELETED, ev->time);
		f->saw.deleted++;
		break;
	default:
		break;
	}
}

static void
take_reply(struct log_facts *f, const struct maillog_event *ev,
    struct log_addressee *to)
{
	struct slice rest = ev->lines, line;
	const char *host = log_facts_host(f, ev->dcid);

	to->code = ev->code;
	to->enhanced = keep_text(f, ev->enhanced);
	to->text = keep_text(f, ev->text);
	if (maillog_has(ev, MAILLOG_FIELD_response))
		to->reply = keep_text(f, ev->response);
	else
		to->reply =
		    maillog_line_next(&rest, &line) ? keep_text(f, line) : "";
	to->host = ev->dcid != 0 ? host : NULL;
	to->is_active = false;
}

static void
take_delayed(struct log_facts *f, const struct maillog_event *ev)
{
	struct log_addressee *to = addressee(f, ev->rid);
	struct log_party *by = party_of(f, ev);

	take_reply(f, ev, to);
	f->delayed_host = to->host;
	f->delayed_code = to->code;
	f->delayed_reply = to->reply;
	f->saw.delayed_4xx += ev->code != 0;
	f->saw.delayed_lost += ev->code == 0;
	if (by != NULL)
		by->delayed++;
}

static void
take_bounced(struct log_facts *f, const struct maillog_event *ev)
{
	struct log_addressee *to = addressee(f, ev->rid);
	struct log_party *by = party_of(f, ev);
	bool is_expired = slice_eq(ev->enhanced, SLICE("5.4.7"));
	bool is_dns = slice_eq(ev->enhanced, SLICE("5.1.2")) && ev->code == 0;

	/* What is said of an expired one is what was said last. */
	take_reply(f, ev, to);
	end(to, LOG_FATE_BOUNCED, ev->time);
	f->saw.bounced_twice += ev->form == MAILLOG_DOUBLE_BOUNCE;
	f->saw.bounced_expired += is_expired;
	f->saw.bounced_dns += is_dns;
	f->saw.bounced_5xx += !is_expired && ev->code >= 500;
	f->saw.bounced_other += !is_expired && !is_dns && ev->code < 500;
	if (by != NULL && !is_expired)
		by->refused++;
}

static void
take_recipients(struct log_facts *f, const struct maillog_event *ev)
{
	struct slice rest = ev->rids;
	uint64_t rid;

	if (maillog_has(ev, MAILLOG_FIELD_rids))
		while (maillog_rid_next(&rest, &rid))
			take_rid(f, ev, rid);
	f->saw.pending += ev->form == MAILLOG_PENDING;
	f->saw.possible += ev->form == MAILLOG_POSSIBLE_DELIVERY;
	f->saw.starts += ev->form == MAILLOG_DELIVERY_START;
	if (maillog_has(ev, MAILLOG_FIELD_rid) &&
	    maillog_has(ev, MAILLOG_FIELD_to))
		addressee(f, ev->rid)->to = keep_text(f, log_mailbox(ev->to));
	if (ev->form == MAILLOG_DELAYED)
		take_delayed(f, ev);
	if (ev->form == MAILLOG_BOUNCED || ev->form == MAILLOG_DOUBLE_BOUNCE)
		take_bounced(f, ev);
}

/* ---- connections ---- */

static void
open_host(struct log_facts *f, const struct maillog_event *ev)
{
	struct buf host = { 0 };
	const char *kept;

	printable_format(ev->address, &host);
	if (maillog_has(ev, MAILLOG_FIELD_port))
		buf_printf(&host, " port %llu", (unsigned long long)ev->port);
	kept = arena_strdup(&f->arena, buf_slice(&host));
	buf_fini(&host);
	if (f->dcid_count == FACTS_MAX)
		return;
	f->dcids = xgrow(
	    f->dcids, &f->dcid_cap, f->dcid_count + 1, sizeof(f->dcids[0]));
	f->dcids[f->dcid_count++] =
	    (struct log_dcid){ ev->dcid, kept, ev->time };
	party(f, kept)->connections++;
	f->saw.connections++;
}

static void
take_failure(struct log_facts *f, const struct maillog_event *ev)
{
	struct log_failure failure = log_failure_of(ev);
	struct buf how = { 0 };

	/* A connect that fails has no line of its own. */
	if (log_facts_host(f, ev->dcid) == NULL)
		open_host(f, ev);
	log_failure_format(&failure, &how);
	f->failed_how = arena_strdup(&f->arena, buf_slice(&how));
	buf_fini(&how);
	f->failed_host = log_facts_host(f, ev->dcid);
	f->saw.failed[failure.kind]++;
	f->saw.greeted_4xx += failure.code >= 400 && failure.code < 500;
	f->saw.greeted_5xx += failure.code >= 500;
	if (maillog_has(ev, MAILLOG_FIELD_domain) && f->domain == NULL)
		f->domain = keep_text(f, ev->domain);
	if (f->failed_host != NULL)
		party(f, f->failed_host)->failed++;
}

static void
take_connection(struct log_facts *f, const struct maillog_event *ev)
{
	struct log_sights *saw = &f->saw;

	saw->tls_success += ev->form == MAILLOG_DCID_TLS_SUCCESS;
	saw->tls_failed += ev->form == MAILLOG_DCID_TLS_FAILED ||
	    ev->form == MAILLOG_DCID_TLS_ERROR;
	saw->tls_required += ev->form == MAILLOG_DCID_TLS_REQUIRED;
	saw->no_starttls += ev->form == MAILLOG_DCID_STARTTLS_UNSUPPORTED;
	if (ev->form == MAILLOG_DCID_NEW)
		open_host(f, ev);
	if (ev->form == MAILLOG_CONNECTION_ERROR)
		take_failure(f, ev);
}
