/* SPDX-License-Identifier: MIT */
/*
 * One run, watched: each rule that acts is a fault that strikes an attempt at
 * its host, and the ledger tells what was left for the mail in question.
 */
#include "harness/coverage/coverage.h"

struct dcid_row {
	uint64_t dcid;
	struct endpoint at;
	UT_hash_handle hh;
};

/* An endpoint and the message that was sent there last. */
struct mail_row {
	struct endpoint_key at;
	uint64_t mid;
	UT_hash_handle hh;
};

struct coverage_watch {
	struct coverage *coverage; /* borrowed, as these */
	const struct plan *plan;
	struct ledger *ledger;
	struct maillog_parser parser;
	struct dcid_row *dcids;
	struct mail_row *mails;
	uint64_t connection; /* the last that a fault struck, and then: */
	const char *rule;
	utime time;
	bool is_announced; /* its bytes are still to come */
};

struct coverage_watch *
coverage_watch_new(
    struct coverage *c, const struct plan *plan, struct ledger *ledger)
{
	struct coverage_watch *w = xcalloc(1, sizeof(*w));

	w->coverage = c;
	w->plan = plan;
	w->ledger = ledger;
	maillog_parser_init(&w->parser, plan->start);
	c->scenarios++;
	return w;
}

void
coverage_watch_destroy(struct coverage_watch **wp)
{
	struct coverage_watch *w = *wp;
	struct dcid_row *dcid, *next_dcid;
	struct mail_row *mail, *next_mail;

	*wp = NULL;
	if (w == NULL)
		return;
	HASH_ITER(hh, w->dcids, dcid, next_dcid)
	{
		HASH_DEL(w->dcids, dcid);
		free(dcid);
	}
	HASH_ITER(hh, w->mails, mail, next_mail)
	{
		HASH_DEL(w->mails, mail);
		free(mail);
	}
	maillog_parser_fini(&w->parser);
	free(w);
}

static void
fill(struct coverage_watch *w, unsigned stage, enum coverage_fault fault,
    enum coverage_left left)
{
	struct coverage_cell *cell = &w->coverage->cells[stage][fault][left];

	if (cell->count++ == 0)
		cell->example = xstrdup(w->plan->name);
}

/* ---- what is left ---- */

static enum coverage_left
left_of(const struct ledger_group *g, const struct endpoint *at)
{
	const struct ledger_domain *d = g->domain;
	const struct routing *r = &d->routing;
	size_t struck = routing_index(r, at);
	enum coverage_left left = COVERAGE_NONE;

	for (size_t i = 0; i < r->count; i++) {
		if (i == struck || ledger_tried(g, i) != TRIED_NO ||
		    d->seats[i].address->now.state == ADDRESS_DOWN)
			continue;
		if (r->candidates[i].priority == r->candidates[struck].priority)
			return COVERAGE_SAME;
		if (r->candidates[i].priority > r->candidates[struck].priority)
			left = COVERAGE_WORSE;
	}
	return left;
}

/* Looks for the mail that a connection to `at` is for. */
struct search {
	const struct endpoint *at;
	const struct ledger_group *found;
};

static void
on_domain(void *owner, struct ledger_domain *d)
{
	struct search *s = owner;

	if (routing_index(&d->routing, s->at) >= d->routing.count)
		return;
	if (!list_is_empty(&d->ready_groups))
		s->found = CONTAINER_OF(
		    d->ready_groups.next, struct ledger_group, ready_node);
	else if (s->found == NULL && !list_is_empty(&d->waiting))
		s->found = CONTAINER_OF(
		    d->waiting.next, struct ledger_group, waiting_node);
}

static const struct ledger_group *
group_on(const struct coverage_watch *w, const struct endpoint *at)
{
	struct endpoint_key key = endpoint_key(at);
	struct ledger_message *m = NULL;
	struct mail_row *mail;

	HASH_FIND(hh, w->mails, &key, sizeof(key), mail);
	if (mail != NULL)
		m = ledger_message_find(w->ledger, mail->mid);
	for (const struct ledger_group *g = m != NULL ? m->groups : NULL;
	     g != NULL; g = g->next)
		if (g->domain != NULL &&
		    routing_index(&g->domain->routing, at) <
			g->domain->routing.count)
			return g;
	return NULL;
}

static void
strike(struct coverage_watch *w, unsigned stage, enum coverage_fault fault,
    const struct endpoint *at)
{
	struct search search = { .at = at };
	bool has_mail = stage == STAGE_MAIL || stage == STAGE_RCPT ||
	    stage == STAGE_DATA || stage == STAGE_BODY || stage == STAGE_EOD;

	if (has_mail)
		search.found = group_on(w, at);
	if (search.found == NULL)
		ledger_domains(w->ledger, on_domain, &search);
	if (search.found != NULL)
		fill(w, stage, fault, left_of(search.found, at));
}

/* ---- by the transcript ---- */

bool
coverage_fault_of(const struct rule *rule, enum coverage_fault *fault)
{
	uint64_t bytes;
	enum rule_ending ending = rule_ending_of(rule, &bytes);
	int code = rule->as != 0 ? rule->as : rule->reply.code;

	if (rule->has_starttls || rule->tls_fault.deed != MOCK_TLS_DO_NOTHING)
		*fault = COVERAGE_TLS;
	else if (ending == RULE_RESET)
		*fault = COVERAGE_RESET;
	else if (ending == RULE_DROP)
		*fault = COVERAGE_DROP;
	else if (ending == RULE_STALL || ending == RULE_VANISH)
		*fault = COVERAGE_SILENCE;
	else if (rule->garbage > 0 || (rule->raw.at != NULL && code == 0))
		*fault = COVERAGE_GARBAGE;
	else if (code == 421)
		*fault = COVERAGE_421;
	else if (code >= 400 && code < 500)
		*fault = COVERAGE_4XX;
	else if (code >= 500)
		*fault = COVERAGE_5XX;
	else if (rule->delay > 0 || rule->drip.portions.count > 0 ||
	    rule->throttle > 0 || rule->read.way != RULE_READ_ABSENT)
		*fault = COVERAGE_SLOW;
	else
		return false;
	return true;
}

static const struct rule *
rule_at(const struct plan *plan, const char *host, const char *place)
{
	size_t h = plan_host_named(plan, slice_cstr(host));

	for (size_t i = 0;
	     h != PLAN_NO_HOST && i < plan->hosts.at[h].rules.count; i++)
		if (strcmp(plan->hosts.at[h].rules.at[i].place, place) == 0)
			return &plan->hosts.at[h].rules.at[i];
	return NULL;
}

void
coverage_watch_transcript(
    struct coverage_watch *w, const struct transcript_event *ev)
{
	const struct rule *rule;
	enum coverage_fault fault;

	if (ev->rule == NULL)
		return;
	/* One rule may be told of twice: what it does, and the bytes. */
	if (w->connection == ev->connection && w->rule == ev->rule &&
	    (w->time == ev->time || w->is_announced)) {
		w->is_announced = false;
		return;
	}
	w->is_announced = ev->kind == TRANSCRIPT_RULE;
	w->connection = ev->connection;
	w->rule = ev->rule;
	w->time = ev->time;
	rule = rule_at(w->plan, ev->host, ev->rule);
	if (rule != NULL && coverage_fault_of(rule, &fault))
		strike(w, rule->on, fault, &ev->server);
}

/* ---- by the log ---- */

static struct dcid_row *
dcid_find(struct coverage_watch *w, uint64_t dcid)
{
	struct dcid_row *row;

	HASH_FIND(hh, w->dcids, &dcid, sizeof(dcid), row);
	return row;
}

static bool
endpoint_of(const struct maillog_event *ev, struct endpoint *at)
{
	at->port = (uint16_t)ev->port;
	return ip_parse(ev->address, &at->ip);
}

static void
on_start(struct coverage_watch *w, const struct maillog_event *ev)
{
	struct dcid_row *dcid = dcid_find(w, ev->dcid);
	struct endpoint_key key;
	struct mail_row *mail;

	if (dcid == NULL)
		return;
	key = endpoint_key(&dcid->at);
	HASH_FIND(hh, w->mails, &key, sizeof(key), mail);
	if (mail == NULL) {
		mail = xcalloc(1, sizeof(*mail));
		mail->at = key;
		HASH_ADD(hh, w->mails, at, sizeof(mail->at), mail);
	}
	mail->mid = ev->mid;
}

/* How the network sees the host: as the timeline has it by now. */
static bool
network_fault(const struct coverage_watch *w, const struct endpoint *at,
    utime now, enum coverage_fault *fault)
{
	size_t host = plan_host_at(w->plan, &at->ip);
	enum mock_host_state state;

	if (host == PLAN_NO_HOST)
		return false;
	state = w->plan->hosts.at[host].state;
	for (size_t i = 0; i < w->plan->step_count; i++) {
		const struct plan_step *step = &w->plan->steps[i];

		if (step->kind == PLAN_STEP_HOST && step->host == host &&
		    utime_add(w->plan->start, step->at) <= now)
			state = step->state;
	}
	switch (state) {
	case MOCK_HOST_REFUSE:
		*fault = COVERAGE_REFUSED;
		return true;
	case MOCK_HOST_SILENT:
		*fault = COVERAGE_SILENT;
		return true;
	case MOCK_HOST_UNREACHABLE:
		*fault = COVERAGE_UNREACHABLE;
		return true;
	case MOCK_HOST_UP:
		break;
	}
	return false;
}

static void
on_error(struct coverage_watch *w, const struct maillog_event *ev)
{
	struct endpoint at;
	enum coverage_fault fault;

	if (dcid_find(w, ev->dcid) != NULL || !endpoint_of(ev, &at) ||
	    !network_fault(w, &at, ledger_now(w->ledger)->hi, &fault))
		return;
	strike(w, STAGE_CONNECT, fault, &at);
}

/* Names that gave no address, when mail for their domain has come. */
static void
on_queued(struct coverage_watch *w, const struct maillog_event *ev)
{
	struct ledger_message *m = ledger_message_find(w->ledger, ev->mid);

	for (const struct ledger_group *g = m != NULL ? m->groups : NULL;
	     g != NULL; g = g->next) {
		const struct routing *r = &g->domain->routing;

		for (size_t i = 0; i < r->lost_count; i++) {
			enum coverage_left left = COVERAGE_NONE;

			for (size_t k = 0; k < r->count; k++) {
				uint64_t p = r->candidates[k].priority >> 16;

				if (p == r->lost[i].priority >> 16)
					left = COVERAGE_SAME;
				else if (p > r->lost[i].priority >> 16 &&
				    left == COVERAGE_NONE)
					left = COVERAGE_WORSE;
			}
			fill(w, COVERAGE_LOOKUP,
			    r->lost[i].is_soft ? COVERAGE_DNS_SOFT
					       : COVERAGE_DNS_HARD,
			    left);
		}
	}
}

static void
on_tls_failed(struct coverage_watch *w, const struct maillog_event *ev)
{
	struct dcid_row *row = dcid_find(w, ev->dcid);

	if (row != NULL)
		strike(w, STAGE_TLS, COVERAGE_TLS, &row->at);
}

void
coverage_watch_log(struct coverage_watch *w, struct slice line)
{
	struct maillog_event ev;
	struct endpoint at;
	struct dcid_row *row;

	if (!maillog_parse(&w->parser, line, &ev))
		return;
	if (ev.form == MAILLOG_DCID_NEW && endpoint_of(&ev, &at)) {
		row = xcalloc(1, sizeof(*row));
		row->dcid = ev.dcid;
		row->at = at;
		HASH_ADD(hh, w->dcids, dcid, sizeof(row->dcid), row);
	} else if (ev.form == MAILLOG_DELIVERY_START) {
		on_start(w, &ev);
	} else if (ev.form == MAILLOG_CONNECTION_ERROR) {
		on_error(w, &ev);
	} else if (ev.form == MAILLOG_DCID_TLS_FAILED) {
		on_tls_failed(w, &ev);
	} else if (ev.form == MAILLOG_MID_QUEUED) {
		on_queued(w, &ev);
	} else if (ev.form == MAILLOG_DCID_CLOSE) {
		row = dcid_find(w, ev.dcid);
		if (row != NULL) {
			HASH_DEL(w->dcids, row);
			free(row);
		}
	}
}
