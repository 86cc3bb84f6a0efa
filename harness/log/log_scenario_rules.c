/* SPDX-License-Identifier: MIT */
/*
 * What a host did, as rules: on which occasions of a stage it answered what.
 * Whether a host could be reached at all is a state, from when to when.  See
 * log_scenario.h.
 */
#include "harness/log/log_occasions.h"
#include "harness/log/log_scenario.h"

/* A host that took so long to take a message did so by a rule. */
#define SLOW (2 * UTIME_S)

/* ---- connections ---- */

const struct log_case_event *
log_scenario_failure(const struct log_case *c, size_t opened)
{
	for (size_t i = opened + 1; i < c->event_count; i++)
		if (c->events[i].dcid == c->events[opened].dcid &&
		    c->events[i].host == c->events[opened].host)
			return c->events[i].form == MAILLOG_CONNECTION_ERROR
			    ? &c->events[i]
			    : NULL;
	return NULL;
}

static struct log_outcome
outcome_of(const struct log_case_event *failure)
{
	struct log_outcome outcome = { .code = failure->code,
		.reply = failure->reply };

	if (failure->failure == LOG_FAILURE_ANSWER)
		outcome.kind = LOG_OUTCOME_REPLY;
	else if (failure->failure == LOG_FAILURE_SILENT)
		outcome.kind = LOG_OUTCOME_STALL;
	else if (failure->failure == LOG_FAILURE_RESET)
		outcome.kind = LOG_OUTCOME_RESET;
	else if (failure->failure == LOG_FAILURE_OTHER &&
	    failure->reply[0] == '\'' && strlen(failure->reply) > 1)
		outcome.kind = LOG_OUTCOME_NONSENSE;
	else
		outcome.kind = LOG_OUTCOME_DROP;
	if (outcome.kind != LOG_OUTCOME_REPLY &&
	    outcome.kind != LOG_OUTCOME_NONSENSE)
		outcome.reply = NULL;
	return outcome;
}

/* Connections that stood, and how they were greeted. */
static void
greeting_rules(const struct log_case *c, size_t host, json_t *rules)
{
	struct log_occasions o = { .on = "banner" };
	const struct log_outcome well = { 0 };
	size_t from;

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *failure;
		struct log_outcome outcome = well;

		if (c->events[i].form != MAILLOG_DCID_NEW ||
		    c->events[i].host != host)
			continue;
		failure = log_scenario_failure(c, i);
		/* Who came to STARTTLS had been greeted; what came behind it
		 * cannot be told from a greeting. */
		if (failure != NULL &&
		    (c->events[i].tls == LOG_CASE_TLS_NONE ||
			c->events[i].tls == LOG_CASE_TLS_SUCCESS))
			outcome = outcome_of(failure);
		log_occasions_add(&o, &outcome);
	}
	from = json_array_size(rules);
	log_occasions_rules(&o, rules);
	log_scenario_mark_from(rules, from,
	    "At which stage the host failed the log does not tell: the "
	    "greeting is assumed.");
	free(o.at);
}

/* ---- whether it could be reached ---- */

static bool
is_opened_by(const struct log_case *c, const struct log_case_event *failure)
{
	for (const struct log_case_event *e = failure; e-- > c->events;)
		if (e->dcid == failure->dcid && e->host == failure->host)
			return e->form == MAILLOG_DCID_NEW;
	return false;
}

static const char *
state_of(const struct log_case_event *event)
{
	switch (event->failure) {
	case LOG_FAILURE_SILENT:
		return "silent";
	case LOG_FAILURE_UNREACHABLE:
		return "unreachable";
	case LOG_FAILURE_REFUSED:
	case LOG_FAILURE_RESET:
	case LOG_FAILURE_CLOSED:
	case LOG_FAILURE_HANDSHAKE:
	case LOG_FAILURE_OTHER:
	case LOG_FAILURE_ANSWER:
	case LOG_FAILURE_KINDS:
		break;
	}
	return "refuse";
}

static void
step_add(json_t *timeline, size_t host, utime at, const char *state)
{
	struct buf name = { 0 };
	json_t *step;

	log_scenario_host_name(host, &name);
	step = json_pack("{s:o,s:s,s:s}", "at", log_scenario_duration(at),
	    "host", buf_cstr(&name), "state", state);
	log_scenario_mark(step,
	    "So it was by then: since when, behind what the log has of the "
	    "host before, it does not tell.");
	json_array_append_new(timeline, step);
	buf_fini(&name);
}

/* From when to when it could not be reached: from the first connect that
 * failed, or, as silence is told when it has lasted, from before that, to the
 * next one that stood. */
static void
states(const struct log_case *c, size_t host, json_t *object, json_t *timeline,
    json_t *notes)
{
	const char *now = "up";
	utime since = 0;
	bool has_seen = false, is_unsure = false;

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];
		bool stood = event->form == MAILLOG_DCID_NEW;
		const char *then = stood ? "up" : state_of(event);
		utime at = event->at - c->first;

		if (event->host != host ||
		    (!stood &&
			(event->form != MAILLOG_CONNECTION_ERROR ||
			    is_opened_by(c, event))))
			continue;
		if (strcmp(then, now) != 0) {
			is_unsure |= has_seen && at == since;
			if (!has_seen)
				json_object_set_new(
				    object, "state", json_string(then));
			else
				step_add(timeline, host,
				    at > since ? at : at + 1, then);
		}
		now = then;
		since = at;
		has_seen = true;
	}
	if (is_unsure)
		log_scenario_note(notes,
		    "Within one second host%zu could be reached and could "
		    "not; when it changed the log does not tell.",
		    host + 1);
}

/* ---- recipients ---- */

static bool
is_listed(const char *rids, uint64_t rid)
{
	struct slice rest = slice_cstr(rids);
	uint64_t next;

	while (maillog_rid_next(&rest, &next))
		if (next == rid)
			return true;
	return false;
}

/* Whether the recipient's mailbox was met before, in this message or one before
 * it. */
static bool
was_met(const struct log_case *c, size_t message, size_t recipient)
{
	const char *to = c->messages[message].to[recipient].to;

	for (size_t m = 0; m <= message; m++)
		for (size_t k = 0; k < c->messages[m].to_count; k++) {
			const char *other = c->messages[m].to[k].to;

			if (m == message && k == recipient)
				return false;
			if (other != NULL && strcmp(other, to) == 0)
				return true;
		}
	return false;
}

static bool
is_of(const struct log_case *c, const struct log_case_event *event,
    const char *to)
{
	const struct log_case_message *m;

	if (event->message == LOG_CASE_NONE)
		return false;
	m = &c->messages[event->message];
	for (size_t k = 0; k < m->to_count; k++)
		if (m->to[k].to != NULL && strcmp(m->to[k].to, to) == 0 &&
		    is_listed(event->rids, m->to[k].rid))
			return true;
	return false;
}

static struct log_outcome
answer_of(const struct log_case_event *event)
{
	struct log_outcome outcome = { .code = event->code,
		.reply = event->reply };

	/* A code that is none of a refusal is what the host said, too. */
	if (event->code != 0) {
		outcome.kind = LOG_OUTCOME_REPLY;
		return outcome;
	}
	outcome.kind = strstr(event->reply, "timeout") != NULL
	    ? LOG_OUTCOME_STALL
	    : strstr(event->reply, "reset") != NULL ? LOG_OUTCOME_RESET
						    : LOG_OUTCOME_DROP;
	outcome.reply = NULL;
	return outcome;
}

/* The stages of a mailbox's mail, in order, of which the log tells one where a
 * host hung: by how long it was waited for, as a relay waits unless it is
 * told otherwise. */
enum {
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_EOD,
	STAGES
};

static size_t
stage_of(const struct log_case_event *event, const struct log_outcome *outcome)
{
	if (outcome->kind != LOG_OUTCOME_STALL)
		return STAGE_RCPT;
	if (event->span >= 9 * UTIME_MINUTE)
		return STAGE_EOD;
	return event->span > 0 && event->span <= 4 * UTIME_MINUTE ? STAGE_DATA
								  : STAGE_RCPT;
}

/* What a host made of a mailbox's mail at one stage; those before it went
 * well. */
static void
stages_add(struct log_occasions *stages, size_t stage,
    const struct log_outcome *outcome)
{
	const struct log_outcome well = { 0 };

	for (size_t i = 0; i < stage; i++)
		log_occasions_add(&stages[i], &well);
	log_occasions_add(&stages[stage], outcome);
}

/* What of these rules is assumed. */
static void
mark_stages(json_t *rules, size_t from, size_t stage)
{
	for (size_t i = from; i < json_array_size(rules); i++) {
		json_t *rule = json_array_get(rules, i);

		if (json_object_get(rule, "stall") != NULL)
			log_scenario_mark(rule,
			    "At which stage the host hung the log does not "
			    "tell: it is taken from how long it was waited "
			    "for.");
		else if (json_object_get(rule, "delay") != NULL)
			log_scenario_mark(rule,
			    "How long it took the log tells to the second, "
			    "and not at which stage.");
		else if (stage == STAGE_RCPT)
			log_scenario_mark(rule,
			    "At which stage it was the log does not tell: "
			    "RCPT is assumed.");
	}
}

/* What the host said to a mailbox, each time that it was given mail for it, and
 * how long it took to take that. */
static void
mailbox_rules(
    const struct log_case *c, size_t host, const char *to, json_t *rules)
{
	struct log_occasions stages[STAGES] = { { .on = "rcpt", .to = to },
		{ .on = "data", .to = to }, { .on = "eod", .to = to } };

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];
		struct log_outcome outcome = { 0 };

		if (event->host != host || !is_of(c, event, to))
			continue;
		if (event->form == MAILLOG_MESSAGE_DONE) {
			outcome.kind = event->span >= SLOW ? LOG_OUTCOME_DELAY
							   : LOG_OUTCOME_WELL;
			outcome.delay = event->span >= SLOW ? event->span : 0;
			stages_add(stages, STAGE_EOD, &outcome);
		} else if (event->form == MAILLOG_DELAYED ||
		    event->form == MAILLOG_BOUNCED) {
			outcome = answer_of(event);
			stages_add(stages, stage_of(event, &outcome), &outcome);
		}
	}
	for (size_t i = 0; i < STAGES; i++) {
		size_t from = json_array_size(rules);

		log_occasions_rules(&stages[i], rules);
		mark_stages(rules, from, i);
		free(stages[i].at);
	}
}

/* A host that takes some of a message's recipients, and says nothing against
 * the others, takes no more of them at once. */
static void
recipients_limit(const struct log_case *c, size_t host, json_t *host_object)
{
	uint64_t least = 0;

	for (size_t i = 1; i < c->event_count; i++) {
		const struct log_case_event *done = &c->events[i];
		const struct log_case_event *start = &c->events[i - 1];
		uint64_t took = maillog_rids_count(slice_cstr(done->rids));

		if (done->form == MAILLOG_MESSAGE_DONE && done->host == host &&
		    start->form == MAILLOG_DELIVERY_START &&
		    start->dcid == done->dcid &&
		    maillog_rids_count(slice_cstr(start->rids)) > took &&
		    (least == 0 || took < least))
			least = took;
	}
	if (least > 0)
		json_object_set_new(host_object, "limits",
		    json_pack("{s:I}", "recipients", (json_int_t)least));
}

/* Of which stage failures were is assumed; of that which are. */
static void
note_stages(const struct log_case *c, size_t host, json_t *notes)
{
	size_t recipients = 0, connections = 0;

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];

		if (event->host != host)
			continue;
		recipients += event->form == MAILLOG_DELAYED ||
		    event->form == MAILLOG_BOUNCED;
		connections += event->form == MAILLOG_CONNECTION_ERROR &&
		    is_opened_by(c, event);
	}
	if (recipients > 0)
		log_scenario_note(notes,
		    "host%zu put off or refused recipients, %zu in all: at "
		    "which stage the log does not tell; RCPT is assumed, or "
		    "where it hung what the wait is for.",
		    host + 1, recipients);
	if (connections > 0)
		log_scenario_note(notes,
		    "host%zu failed when it was connected, %zu in all: at "
		    "which stage the log does not tell; the greeting is "
		    "assumed, but where TLS was under way.",
		    host + 1, connections);
}

/* What it does when the log does not speak of it any more nobody knows. */
static void
mark_end(const struct log_case *c, size_t host, json_t *host_object)
{
	char text[UTIME_TEXT_MAX];
	utime last = c->first;

	for (size_t i = 0; i < c->event_count; i++)
		if (c->events[i].host == host)
			last = c->events[i].at;
	utime_format_span(last - c->first, text);
	log_scenario_mark(host_object,
	    "Behind %.*s the log does not speak of it: what it would have "
	    "answered is not known.",
	    (int)strlen(text) - 4, text);
}

void
log_scenario_rules(const struct log_case *c, size_t host, json_t *host_object,
    json_t *timeline, json_t *notes)
{
	json_t *rules = json_array();

	note_stages(c, host, notes);
	states(c, host, host_object, timeline, notes);
	greeting_rules(c, host, rules);
	log_scenario_tls(c, host, host_object, rules);
	recipients_limit(c, host, host_object);
	for (size_t m = 0; m < c->message_count; m++)
		for (size_t k = 0; k < c->messages[m].to_count; k++)
			if (c->messages[m].to[k].to != NULL &&
			    !was_met(c, m, k))
				mailbox_rules(
				    c, host, c->messages[m].to[k].to, rules);
	if (json_array_size(rules) > 0)
		json_object_set_new(host_object, "rules", rules);
	else
		json_decref(rules);
	mark_end(c, host, host_object);
}
