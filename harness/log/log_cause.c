/* SPDX-License-Identifier: MIT */
/*
 * Causes of differences; see log_cause.h.  Each is a question about what the
 * log has at that place or before it; the first that is answered yes is told.
 */
#include "harness/log/log_cause.h"

#include <inttypes.h>

/* Of the same moment, as far as seconds tell. */
#define NEAR UTIME_S

/* A place at which both part. */
struct place {
	const struct log_comparison *comparison;
	const struct log_case *theirs, *ours;
	const struct log_partings *before;
	const struct log_row *row;
	const struct log_case_event *event; /* the one that is alone */
	bool is_theirs;
	bool has_names;
	utime at;       /* by the log's clock */
	size_t domain;  /* of the log; or NONE */
	size_t message; /* of the log; or NONE */
};

/* ---- what is at a place ---- */

static size_t
domain_of_message(const struct log_case *c, size_t message)
{
	const struct log_case_message *m;

	if (message == LOG_CASE_NONE)
		return LOG_CASE_NONE;
	m = &c->messages[message];
	return m->to_count > 0 ? m->to[0].domain : LOG_CASE_NONE;
}

/* The message that the connection of this event was given first; or NONE. */
static size_t
message_on(const struct log_case *c, const struct log_case_event *opened)
{
	for (const struct log_case_event *e = opened + 1;
	     e < c->events + c->event_count; e++) {
		if (e->dcid != opened->dcid)
			continue;
		return e->form == MAILLOG_DELIVERY_START ? e->message
							 : LOG_CASE_NONE;
	}
	return LOG_CASE_NONE;
}

static void
place_fill(struct place *p)
{
	const struct log_case *c;

	p->is_theirs = p->row->theirs != LOG_CASE_NONE;
	c = p->is_theirs ? p->theirs : p->ours;
	p->event = &c->events[p->is_theirs ? p->row->theirs : p->row->ours];
	p->at = p->row->at + p->theirs->first;
	p->message = LOG_CASE_NONE;
	if (p->row->strand < p->theirs->message_count) {
		p->message = p->row->strand;
		p->domain = domain_of_message(p->theirs, p->message);
		return;
	}
	p->domain = p->row->strand - p->theirs->message_count;
	if (p->is_theirs && p->event->form == MAILLOG_DCID_NEW)
		p->message = message_on(p->theirs, p->event);
}

/* Whether the mark may have to do with what is at the place: it is before that
 * in the log, or what led to it was. */
static bool
is_before(const struct place *p, const struct log_case_mark *mark)
{
	if (p->is_theirs && mark->place.file == p->event->place.file)
		return mark->place.line < p->event->place.line;
	return mark->before <= p->at + NEAR;
}

static bool
has_mark(const struct place *p, enum log_case_mark_kind kind)
{
	for (size_t i = 0; i < p->theirs->mark_count; i++)
		if (p->theirs->marks[i].kind == kind &&
		    is_before(p, &p->theirs->marks[i]))
			return true;
	return false;
}

/* Whether mail for the domain goes to somebody in this event. */
static bool
is_of_domain(const struct place *p, const struct log_case_event *event)
{
	return event->domain == p->domain ||
	    (event->message != LOG_CASE_NONE &&
		domain_of_message(p->theirs, event->message) == p->domain);
}

/* Until when the message waited, by the log, at that moment; 0: it did not. */
static utime
waits_until(const struct place *p, size_t message)
{
	utime until = 0;

	for (size_t i = 0; i < p->theirs->event_count; i++) {
		const struct log_case_event *event = &p->theirs->events[i];

		if (event->at > p->at || event == p->event)
			break;
		if (event->message == message)
			until = event->form == MAILLOG_PENDING
			    ? event->at + event->span
			    : 0;
	}
	return until;
}

/* ---- the questions ---- */

static bool
is_restart(const struct place *p)
{
	return has_mark(p, LOG_CASE_BEGUN);
}

static bool
is_operator(const struct place *p)
{
	return has_mark(p, LOG_CASE_DELETED) ||
	    has_mark(p, LOG_CASE_SUSPENDED) || has_mark(p, LOG_CASE_KILLED);
}

static bool
is_ended(const struct place *p)
{
	return p->is_theirs && p->event->form == MAILLOG_BOUNCED &&
	    p->event->host == LOG_CASE_NONE &&
	    strncmp(p->event->reply, "DNS", 3) != 0;
}

static bool
is_split(const struct place *p)
{
	return has_mark(p, LOG_CASE_SPLIT);
}

/* Connections of a domain that has no other mail, too: why they are there. */
static bool
is_own_mail(const struct place *p)
{
	const struct log_case *c = p->theirs;

	if (p->row->strand < c->message_count)
		return false;
	if (p->message != LOG_CASE_NONE)
		return c->messages[p->message].is_generated;
	for (size_t i = 0; i < c->message_count; i++)
		if (!c->messages[i].is_generated &&
		    domain_of_message(c, i) == p->domain)
			return false;
	return true;
}

static bool
is_left_out(const struct place *p)
{
	const struct log_case *c = p->theirs;

	return c->left_out > 0 && c->message_count > 0 &&
	    p->at + NEAR >= c->messages[c->message_count - 1].at;
}

static bool
is_following(const struct place *p)
{
	for (size_t i = 0; i < p->before->count; i++) {
		const struct log_row *row =
		    &p->comparison->rows[p->before->at[i].row];
		size_t domain = row->strand < p->theirs->message_count
		    ? domain_of_message(p->theirs, row->strand)
		    : row->strand - p->theirs->message_count;

		if (domain == p->domain &&
		    row->at / UTIME_S < p->row->at / UTIME_S)
			return true;
	}
	return false;
}

/* A wait, and nothing before it in the round that would have it wait. */
static bool
is_without_attempt(const struct place *p)
{
	bool tried = false;

	if (!p->is_theirs || p->event->form != MAILLOG_PENDING)
		return false;
	for (const struct log_case_event *e = p->theirs->events; e < p->event;
	     e++) {
		if (e->message == p->message && e->form == MAILLOG_PENDING)
			tried = false;
		else if (is_of_domain(p, e) && e->form != MAILLOG_PENDING)
			tried |= e->message == LOG_CASE_NONE ||
			    e->message == p->message;
	}
	return !tried;
}

/* DNS, or what comes of an answer of its that was kept. */
static bool
is_lookup(const struct place *p)
{
	return p->event->form == MAILLOG_DNS_TEMPORARY_FAILURE ||
	    (p->event->form == MAILLOG_BOUNCED &&
		strncmp(p->event->reply, "DNS", 3) == 0);
}

static bool
is_host_left(const struct place *p)
{
	return p->is_theirs && p->event->form == MAILLOG_PENDING;
}

/* What becomes of a message, or of a connection for it, before its wait is
 * over, whatever may have ended that: the run knows that, too. */
static bool
is_within_wait(const struct place *p)
{
	return p->is_theirs && p->message != LOG_CASE_NONE &&
	    p->event->form != MAILLOG_PENDING &&
	    waits_until(p, p->message) > p->at + 2 * NEAR;
}

static bool
is_of_schedule(const struct place *p)
{
	if (p->is_theirs)
		return false;
	for (size_t i = 0; i < p->theirs->message_count; i++)
		if ((i == p->message ||
			(p->message == LOG_CASE_NONE &&
			    domain_of_message(p->theirs, i) == p->domain)) &&
		    waits_until(p, i) > p->at + NEAR)
			return true;
	return false;
}

static bool
is_no_smtp(const struct place *p)
{
	for (size_t i = 0; i < p->theirs->event_count; i++) {
		const struct log_case_event *e = &p->theirs->events[i];
		bool is_odd = e->code > 0 && e->code < 400 &&
		    (e->form == MAILLOG_BOUNCED || e->form == MAILLOG_DELAYED ||
			e->form == MAILLOG_CONNECTION_ERROR);

		is_odd |= e->form == MAILLOG_CONNECTION_ERROR &&
		    e->failure == LOG_FAILURE_OTHER;
		if (is_odd && e->at <= p->at + NEAR && is_of_domain(p, e))
			return true;
	}
	return false;
}

/* A host took a part of what it was given. */
static bool
is_share(const struct place *p)
{
	uint64_t given = 0;

	for (size_t i = 0; i < p->theirs->event_count; i++) {
		const struct log_case_event *e = &p->theirs->events[i];
		uint64_t count;

		if (p->message == LOG_CASE_NONE || e->message != p->message ||
		    e->at > p->at + NEAR)
			continue;
		count = maillog_rids_count(slice_cstr(e->rids));
		if (e->form == MAILLOG_DELIVERY_START)
			given = count;
		if ((e->form == MAILLOG_MESSAGE_DONE && count < given) ||
		    (e->form == MAILLOG_DELIVERY_START &&
			count < p->theirs->messages[p->message].to_count))
			return true;
	}
	return false;
}

/* Trouble of the domain within these seconds. */
static bool
has_trouble(const struct place *p, bool is_reached)
{
	for (size_t i = 0; i < p->theirs->event_count; i++) {
		const struct log_case_event *e = &p->theirs->events[i];
		bool is_down = e->form == MAILLOG_CONNECTION_ERROR &&
		    (e->failure == LOG_FAILURE_REFUSED ||
			e->failure == LOG_FAILURE_SILENT ||
			e->failure == LOG_FAILURE_UNREACHABLE);
		bool is_bad = is_reached ? e->form == MAILLOG_DELAYED ||
			(e->form == MAILLOG_CONNECTION_ERROR && !is_down)
					 : is_down;

		if (is_bad && is_of_domain(p, e) && e->at <= p->at + NEAR)
			return true;
	}
	return false;
}

/* The event, or its like, is of a host that failed when it was reached. */
static bool
is_of_stage(const struct place *p)
{
	return p->event->form == MAILLOG_DELAYED ||
	    (p->event->form == MAILLOG_CONNECTION_ERROR &&
		!has_trouble(p, false)) ||
	    (p->theirs->message_count < 3 && has_trouble(p, true));
}

static bool
is_of_reach(const struct place *p)
{
	return has_trouble(p, false);
}

static bool
is_of_address(const struct place *p)
{
	return p->has_names;
}

/* More than one message was under way for the domain in that second. */
static bool
is_of_order(const struct place *p)
{
	size_t last = LOG_CASE_NONE;

	for (size_t i = 0; i < p->theirs->event_count; i++) {
		const struct log_case_event *e = &p->theirs->events[i];

		if (e->message == LOG_CASE_NONE || !is_of_domain(p, e) ||
		    e->at / UTIME_S - p->at / UTIME_S > 1 ||
		    p->at / UTIME_S - e->at / UTIME_S > 1)
			continue;
		if (last != LOG_CASE_NONE && last != e->message)
			return true;
		last = e->message;
	}
	return false;
}

static bool
is_any(const struct place *p)
{
	(void)p;
	return true;
}

static const struct question {
	enum log_cause cause;
	bool (*is_it)(const struct place *p);
} questions[] = {
	{ LOG_CAUSE_RESTART, is_restart },
	{ LOG_CAUSE_OPERATOR, is_operator },
	{ LOG_CAUSE_ENDED, is_ended },
	{ LOG_CAUSE_SPLIT, is_split },
	{ LOG_CAUSE_OWN_MAIL, is_own_mail },
	{ LOG_CAUSE_LEFT_OUT, is_left_out },
	{ LOG_CAUSE_FOLLOWS, is_following },
	{ LOG_CAUSE_NO_ATTEMPT, is_without_attempt },
	{ LOG_CAUSE_LOOKUP, is_lookup },
	{ LOG_CAUSE_HOST_LEFT, is_host_left },
	{ LOG_CAUSE_EARLY, is_within_wait },
	{ LOG_CAUSE_SCHEDULE, is_of_schedule },
	{ LOG_CAUSE_NO_REPLY, is_no_smtp },
	{ LOG_CAUSE_SHARE, is_share },
	{ LOG_CAUSE_ADDRESS, is_of_address },
	{ LOG_CAUSE_STAGE, is_of_stage },
	{ LOG_CAUSE_REACH, is_of_reach },
	{ LOG_CAUSE_ORDER, is_of_order },
	{ LOG_CAUSE_SETTING, is_any },
};

/* ---- where they part ---- */

static struct log_parting *
parting_of(const struct log_partings *partings,
    const struct log_comparison *comparison, size_t strand)
{
	for (size_t i = 0; i < partings->count; i++)
		if (comparison->rows[partings->at[i].row].strand == strand)
			return &partings->at[i];
	return NULL;
}

static enum log_cause
cause_at(struct place *p)
{
	size_t i = 0;

	place_fill(p);
	while (!questions[i].is_it(p))
		i++;
	return questions[i].cause;
}

void
log_causes_find(struct log_partings *partings,
    const struct log_comparison *comparison, const struct log_case *theirs,
    const struct log_case *ours, bool has_names)
{
	for (size_t i = 0; i < comparison->count; i++) {
		const struct log_row *row = &comparison->rows[i];
		struct place place = { .comparison = comparison,
			.theirs = theirs,
			.ours = ours,
			.before = partings,
			.row = row,
			.has_names = has_names };
		struct log_parting *known;

		if (row->kind != LOG_ROW_MISSING && row->kind != LOG_ROW_MORE)
			continue;
		known = parting_of(partings, comparison, row->strand);
		if (known != NULL) {
			known->rows++;
			continue;
		}
		partings->at = xgrow(partings->at, &partings->cap,
		    partings->count + 1, sizeof(partings->at[0]));
		partings->at[partings->count] =
		    (struct log_parting){ i, cause_at(&place), 1 };
		partings->count++;
	}
}

void
log_partings_fini(struct log_partings *partings)
{
	free(partings->at);
}

/* ---- in words ---- */

static const struct {
	const char *name, *words;
} causes[] = {
#define X(constant, name, words) [constant] = { name, words },
	LOG_CAUSES(X)
#undef X
};

const char *
log_cause_name(enum log_cause cause)
{
	return causes[cause].name;
}

void
log_parting_format(const struct log_parting *parting,
    const struct log_comparison *comparison, const struct log_case *theirs,
    const struct log_case *ours, struct buf *out)
{
	const struct log_row *row = &comparison->rows[parting->row];
	const struct log_case *c = row->theirs != LOG_CASE_NONE ? theirs : ours;
	const struct log_case_event *event =
	    &c->events[c == theirs ? row->theirs : row->ours];
	char text[UTIME_TEXT_MAX];

	utime_format_span(row->at, text);
	buf_printf(out, "%.*s", (int)strlen(text) - 4, text);
	if (row->strand >= theirs->message_count)
		buf_printf(out, ", connections for %s",
		    theirs->domains[row->strand - theirs->message_count]);
	else if (!theirs->messages[row->strand].is_assumed)
		buf_printf(
		    out, ", MID %" PRIu64, theirs->messages[row->strand].mid);
	if (c == theirs)
		buf_printf(out, " (%s:%" PRIu64 ")", event->place.file,
		    event->place.line);
	buf_printf(out, ": \"");
	log_case_words(c, event, out);
	buf_printf(out, "\" is in the %s only, %s: %s.",
	    c == theirs ? "log" : "run", causes[parting->cause].name,
	    causes[parting->cause].words);
}
