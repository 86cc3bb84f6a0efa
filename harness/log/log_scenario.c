/* SPDX-License-Identifier: MIT */
/* Messages, hosts and what must be true; see log_scenario.h. */
#include "harness/log/log_scenario.h"

#include "harness/report/printable.h"

#include <stdarg.h>

/* Behind the log's last second so much more is run. */
#define AFTERWARDS    UTIME_MINUTE
#define SPAN_MOST     (1000 * UTIME_DAY)
#define SIZE_MOST     UINT64_C(10000000)
#define EXPECTED_MOST 100

static void note_add(json_t *notes, const char *fmt, va_list ap)
    PRINTF_LIKE(2, 0);

static void
note_add(json_t *notes, const char *fmt, va_list ap)
{
	struct buf text = { 0 };

	buf_vprintf(&text, fmt, ap);
	json_array_append_new(notes, json_string(buf_cstr(&text)));
	buf_fini(&text);
}

void
log_scenario_note(json_t *notes, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note_add(notes, fmt, ap);
	va_end(ap);
}

void
log_scenario_mark(json_t *object, const char *fmt, ...)
{
	json_t *notes = json_object_get(object, "notes");
	va_list ap;

	if (notes == NULL) {
		notes = json_array();
		json_object_set_new(object, "notes", notes);
	}
	va_start(ap, fmt);
	note_add(notes, fmt, ap);
	va_end(ap);
}

void
log_scenario_mark_from(json_t *list, size_t from, const char *text)
{
	for (size_t i = from; i < json_array_size(list); i++)
		log_scenario_mark(json_array_get(list, i), "%s", text);
}

void
log_scenario_host_name(size_t host, struct buf *out)
{
	buf_printf(out, "host%zu", host + 1);
}

json_t *
log_scenario_duration(utime span)
{
	char text[UTIME_TEXT_MAX];

	span = span > SPAN_MOST ? SPAN_MOST : span;
	return json_string(utime_format_duration(span > 0 ? span : 0, text));
}

/* ---- messages ---- */

/* In patterns a brace is doubled. */
static json_t *
mailbox_json(const char *mailbox)
{
	struct buf text = { 0 }, shown = { 0 };
	json_t *value;

	for (; *mailbox != '\0'; mailbox++) {
		if (*mailbox == '{' || *mailbox == '}')
			buf_append_byte(&text, *mailbox);
		buf_append_byte(&text, *mailbox);
	}
	printable_format(buf_slice(&text), &shown);
	value = json_string(buf_cstr(&shown));
	buf_fini(&text);
	buf_fini(&shown);
	return value;
}

static json_t *
recipients_json(const struct log_case *c, const struct log_case_message *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->to_count; i++) {
		struct buf made = { 0 };

		if (m->to[i].to != NULL) {
			json_array_append_new(list, mailbox_json(m->to[i].to));
			continue;
		}
		buf_printf(&made, "unknown%llu.%llu@%s",
		    (unsigned long long)m->mid,
		    (unsigned long long)m->to[i].rid,
		    c->domain_count > 0 ? c->domains[0] : "unknown.example");
		json_array_append_new(list, json_string(buf_cstr(&made)));
		buf_fini(&made);
	}
	return list;
}

/* What of the message is made up; of none the log has what it held. */
static void
mark_message(const struct log_case_message *m, json_t *entry)
{
	size_t unknown = 0;

	for (size_t i = 0; i < m->to_count; i++)
		unknown += m->to[i].to == NULL;
	if (m->is_assumed)
		log_scenario_mark(entry,
		    "The message is assumed: the log shows connections, and "
		    "not the mail that they were opened for.");
	else if (!m->has_start)
		log_scenario_mark(entry,
		    "When it came the log does not tell: it comes when the "
		    "log speaks of it first.");
	if (m->from == NULL)
		log_scenario_mark(entry, "The sender is made up.");
	if (unknown > 0)
		log_scenario_mark(entry, "%zu of %zu recipients are made up.",
		    unknown, m->to_count);
	if (m->bytes == 0)
		log_scenario_mark(entry, "The size is made up.");
}

static json_t *
message_json(const struct log_case *c, const struct log_case_message *m)
{
	json_t *entry = json_object();

	if (m->at > c->first)
		json_object_set_new(
		    entry, "at", log_scenario_duration(m->at - c->first));
	json_object_set_new(entry, "from",
	    mailbox_json(m->from != NULL ? m->from : "unknown@sender.example"));
	json_object_set_new(entry, "to", recipients_json(c, m));
	if (m->bytes >= 1024)
		json_object_set_new(entry, "size",
		    json_integer(
			(json_int_t)(m->bytes < SIZE_MOST ? m->bytes
							  : SIZE_MOST)));
	mark_message(m, entry);
	return entry;
}

static json_t *
inject_json(const struct log_case *c, json_t *notes)
{
	json_t *list = json_array();
	size_t assumed = 0, late = 0, unknown = 0;

	for (size_t i = 0; i < c->message_count; i++) {
		const struct log_case_message *m = &c->messages[i];

		if (m->is_generated || m->is_over || m->to_count == 0)
			continue;
		assumed += m->is_assumed;
		late += !m->is_assumed && !m->has_start;
		for (size_t k = 0; k < m->to_count; k++)
			unknown += m->to[k].to == NULL;
		json_array_append_new(list, message_json(c, m));
	}
	if (assumed > 0)
		log_scenario_note(notes,
		    "The log shows connections and not the mail that they were "
		    "opened for: %zu %s assumed.",
		    assumed, assumed == 1 ? "message is" : "messages are");
	if (late > 0)
		log_scenario_note(notes,
		    "Of %zu messages the log does not show how they came: they "
		    "come when it speaks of them first.",
		    late);
	if (unknown > 0)
		log_scenario_note(notes,
		    "Of %zu recipients the log does not show the address.",
		    unknown);
	return list;
}

/* ---- hosts ---- */

static void
add_hosts(
    const struct log_case *c, json_t *hosts, json_t *timeline, json_t *notes)
{
	for (size_t i = 0; i < c->host_count; i++) {
		const struct endpoint *at = &c->hosts[i].at;
		json_t *host = json_object();
		struct buf name = { 0 };
		char ip[IP_TEXT_MAX];

		json_object_set_new(
		    host, "address", json_string(ip_format(&at->ip, ip)));
		if (at->port != 25)
			json_object_set_new(
			    host, "port", json_integer(at->port));
		log_scenario_rules(c, i, host, timeline, notes);
		log_scenario_host_name(i, &name);
		json_object_set_new(hosts, buf_cstr(&name), host);
		buf_fini(&name);
	}
}

static int
compare_steps(const void *left, const void *right)
{
	const json_t *const *a = left, *const *b = right;
	utime first = 0, second = 0;

	(void)utime_parse_duration(
	    slice_cstr(json_string_value(json_object_get(*a, "at"))), &first);
	(void)utime_parse_duration(
	    slice_cstr(json_string_value(json_object_get(*b, "at"))), &second);
	return first < second ? -1 : first > second;
}

static json_t *
sorted(json_t *steps)
{
	size_t count = json_array_size(steps);
	json_t **rows = xcalloc(count + 1, sizeof(rows[0]));
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		rows[i] = json_array_get(steps, i);
	qsort(rows, count, sizeof(json_t *), compare_steps);
	for (size_t i = 0; i < count; i++)
		json_array_append(list, rows[i]);
	free(rows);
	json_decref(steps);
	return list;
}

/* ---- the whole ---- */

static void
note_marks(const struct log_case *c, enum log_scenario_with with, json_t *notes)
{
	static const char *const what[] = {
		[LOG_CASE_BEGUN] =
		    "a log file begins; whether the appliance was started "
		    "again the log does not tell, and here it is not.",
		[LOG_CASE_DELETED] =
		    "recipients are deleted; by whom the log does not tell, "
		    "and nobody does so here.",
		[LOG_CASE_SUSPENDED] =
		    "deliveries are suspended; when the operator did so and "
		    "undid it the log does not tell, and nobody does so here.",
		[LOG_CASE_KILLED] =
		    "an operator ends a connection; nobody does so here.",
		[LOG_CASE_SPLIT] =
		    "a policy or filter makes a message of another; it comes "
		    "here as it is.",
		[LOG_CASE_LOOKUP] =
		    "DNS does not answer for a host of a route; the routes "
		    "here have addresses.",
	};

	for (size_t kind = 0; kind < ARRAY_LEN(what); kind++) {
		size_t count =
		    log_case_marked(c, (enum log_case_mark_kind)kind);
		const struct log_case_mark *first = c->marks;

		if (count == 0 || what[kind] == NULL ||
		    (kind == LOG_CASE_BEGUN && (with & LOG_SCENARIO_RESTARTS)))
			continue;
		while (first->kind != kind)
			first++;
		log_scenario_note(notes, "%s:%llu%s: %s", first->place.file,
		    (unsigned long long)first->place.line,
		    count > 1 ? " and elsewhere" : "", what[kind]);
	}
}

static void
note_limits(const struct log_case *c, json_t *notes)
{
	log_scenario_note(notes, "Of each moment the log has the second.");
	log_scenario_note(
	    notes, "What messages held the log does not tell: it is made up.");
	if (c->left_out > 0)
		log_scenario_note(notes,
		    "%llu records at the log's end are left out: a scenario "
		    "takes so many messages and events and no more.",
		    (unsigned long long)c->left_out);
	if (c->moved > 0)
		log_scenario_note(notes,
		    "A host at an address of the scenario's own cast is at "
		    "198.18.255.x instead.");
}

json_t *
log_scenario_make(const struct log_case *c,
    const struct log_scenario_given *given, enum log_scenario_with with)
{
	json_t *scenario = json_object(), *notes = json_array();
	json_t *timeline = json_array();
	char text[UTIME_TEXT_MAX];
	utime until = c->last - c->first + AFTERWARDS;

	if (until > SPAN_MOST / 2)
		until = SPAN_MOST / 2;
	json_object_set_new(scenario, "title", json_string(given->title));
	json_object_set_new(scenario, "case",
	    json_string("A mail log, by faultpost log "
			"reproduce"));
	json_object_set_new(scenario, "start",
	    json_string(utime_format_rfc3339(c->first, text)));
	note_limits(c, notes);
	note_marks(c, with, notes);
	log_scenario_relay(c, with & LOG_SCENARIO_LIMITS, scenario, notes);
	log_scenario_acts(c, with, timeline, notes);
	log_scenario_routes(
	    c, scenario, given->routes, given->names, timeline, notes);
	add_hosts(c, json_object_get(scenario, "hosts"), timeline, notes);
	json_object_set_new(scenario, "inject", inject_json(c, notes));
	if (json_array_size(timeline) > 0)
		json_object_set_new(scenario, "timeline", sorted(timeline));
	else
		json_decref(timeline);
	json_object_set_new(scenario, "until", log_scenario_duration(until));
	if (until >= 29 * UTIME_DAY)
		json_object_set_new(scenario, "limits",
		    json_pack("{s:o}", "time",
			log_scenario_duration(until + UTIME_DAY)));
	json_object_set_new(scenario, "notes", notes);
	return scenario;
}

/* ---- what must be true ---- */

static void
pattern_format(const struct log_case *c, const struct log_case_event *event,
    struct buf *out)
{
	char ip[IP_TEXT_MAX];
	const struct endpoint *at = &c->hosts[event->host].at;

	(void)ip_format(&at->ip, ip);
	if (event->form == MAILLOG_DCID_NEW)
		buf_printf(out,
		    "New SMTP DCID {d%llu} interface {} address %s port %u",
		    (unsigned long long)event->dcid, ip, (unsigned)at->port);
	else
		buf_printf(out,
		    "Connection Error: DCID {d%llu} {} IP: %s port: %u "
		    "details: ",
		    (unsigned long long)event->dcid, ip, (unsigned)at->port);
	if (event->form != MAILLOG_DCID_NEW && event->code != 0)
		buf_printf(out, "%u-{}", event->code);
	else if (event->form != MAILLOG_DCID_NEW)
		buf_append_cstr(out, "{}");
}

void
log_scenario_expect(
    json_t *scenario, const struct log_case *c, const bool *is_held)
{
	json_t *patterns = json_array();

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];
		struct buf pattern = { 0 };

		if (!is_held[i] || event->host == LOG_CASE_NONE ||
		    (event->form != MAILLOG_DCID_NEW &&
			event->form != MAILLOG_CONNECTION_ERROR) ||
		    json_array_size(patterns) == EXPECTED_MOST)
			continue;
		pattern_format(c, event, &pattern);
		json_array_append_new(
		    patterns, json_string(buf_cstr(&pattern)));
		buf_fini(&pattern);
	}
	if (json_array_size(patterns) == 0) {
		json_decref(patterns);
		return;
	}
	json_object_set_new(scenario, "expect",
	    json_pack("[{s:o,s:s}]", "log", patterns, "because",
		"these connections are in the log, in this order"));
}
