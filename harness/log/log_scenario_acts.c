/* SPDX-License-Identifier: MIT */
/*
 * What may have been done to the relay while the log was written: that it was
 * started again, and that an operator had mail tried at once.  See
 * log_scenario.h.
 */
#include "harness/log/log_scenario.h"

/* The moment of a step, since the beginning. */
static json_t *
moment_json(const struct log_case *c, utime at)
{
	return log_scenario_duration(at - c->first);
}

/* Where a log file begins the relay is taken to have been killed behind the
 * record before, and to have started then. */
static void
add_restarts(const struct log_case *c, json_t *timeline, json_t *notes)
{
	for (size_t i = 0; i < c->mark_count; i++) {
		const struct log_case_mark *mark = &c->marks[i];
		utime killed = mark->before + UTIME_S - UTIME_MS;
		json_t *step;

		if (mark->kind != LOG_CASE_BEGUN)
			continue;
		if (killed >= mark->at)
			killed = mark->at - UTIME_MS;
		step = json_pack("{s:o,s:s,s:o,s:s}", "at",
		    moment_json(c, killed), "relay", "crash", "down_for",
		    log_scenario_duration(mark->at - killed), "unsynced",
		    "kept");
		log_scenario_mark(step,
		    "Assumed: that it was started again, when it stopped, and "
		    "that it lost nothing.");
		json_array_append_new(timeline, step);
		log_scenario_note(notes,
		    "%s:%llu: a log file begins, and not whether the appliance "
		    "was started again: as the run is nearer to the log with "
		    "that, it was, and was down since the record before.",
		    mark->place.file, (unsigned long long)mark->place.line);
	}
}

/* ---- rounds before their time ---- */

/* The domain of the first recipient that the event is about; NONE: of none that
 * is known. */
static size_t
domain_of(const struct log_case *c, const struct log_case_event *event)
{
	const struct log_case_message *m = &c->messages[event->message];
	struct slice rest = slice_cstr(event->rids);
	uint64_t rid;

	if (m->is_generated || !maillog_rid_next(&rest, &rid))
		return LOG_CASE_NONE;
	for (size_t i = 0; i < m->to_count; i++)
		if (m->to[i].rid == rid)
			return m->to[i].domain;
	return LOG_CASE_NONE;
}

/* Whether a message is given to a host in this event although it had to wait,
 * and nothing in the log ended the wait, as mail for the domain does that has
 * got through just before. */
static bool
is_unexplained_start(const struct log_case *c, size_t at)
{
	const struct log_case_event *event = &c->events[at];
	size_t domain;

	if (event->form != MAILLOG_DELIVERY_START ||
	    (domain = domain_of(c, event)) == LOG_CASE_NONE)
		return false;
	for (size_t i = at; i-- > 0;) {
		const struct log_case_event *before = &c->events[i];

		if (before->form == MAILLOG_MESSAGE_DONE &&
		    event->at - before->at <= UTIME_S &&
		    domain_of(c, before) == domain)
			return false;
		if (before->message == event->message)
			return before->form == MAILLOG_PENDING &&
			    before->at + before->span > event->at + 2 * UTIME_S;
	}
	return false;
}

static void
add_rounds(const struct log_case *c, json_t *timeline, json_t *notes)
{
	utime last = -1;

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];
		struct buf command = { 0 };
		json_t *step;

		if (!is_unexplained_start(c, i) || event->at == last)
			continue;
		last = event->at;
		buf_printf(
		    &command, "delivernow %s", c->domains[domain_of(c, event)]);
		step = json_pack("{s:o,s:s}", "at", moment_json(c, last), "ctl",
		    buf_cstr(&command));
		log_scenario_mark(
		    step, "Assumed: that it was an operator's command.");
		json_array_append_new(timeline, step);
		buf_fini(&command);
		log_scenario_note(notes,
		    "%s:%llu: MID %llu is tried before its wait is over, and "
		    "not why: as the run is nearer to the log with it, an "
		    "operator's delivernow is assumed.",
		    event->place.file, (unsigned long long)event->place.line,
		    (unsigned long long)c->messages[event->message].mid);
	}
}

/* ---- all ---- */

bool
log_scenario_has(const struct log_case *c, enum log_scenario_with with)
{
	bool has_rounds = false;

	if ((with & LOG_SCENARIO_RESTARTS) &&
	    log_case_marked(c, LOG_CASE_BEGUN) == 0)
		return false;
	if (!(with & LOG_SCENARIO_DELIVERNOW))
		return true;
	for (size_t i = 0; i < c->event_count; i++)
		has_rounds |= is_unexplained_start(c, i);
	return has_rounds;
}

void
log_scenario_acts(const struct log_case *c, enum log_scenario_with with,
    json_t *timeline, json_t *notes)
{
	if (with & LOG_SCENARIO_RESTARTS)
		add_restarts(c, timeline, notes);
	if (with & LOG_SCENARIO_DELIVERNOW)
		add_rounds(c, timeline, notes);
}
