/* SPDX-License-Identifier: MIT */
/*
 * Settings of the relay that a log shows: TLS and limits of destinations, when
 * mail is tried again and when it is given up.  See log_scenario.h.
 */
#include "harness/log/log_scenario.h"

/* The waits of a profile that nobody changed. */
#define WAIT_FIRST UTIME_MINUTE
#define WAIT_MOST  UTIME_HOUR
#define TIME_MOST  (72 * UTIME_HOUR)

#define RETRIES_MOST 100

/* ---- destinations ---- */

/* What the log shows of a domain's connections. */
struct reach {
	bool has_tls, is_required, is_verified;
	bool has_failed,
	    goes_on; /* goes_on: without TLS, where it had failed before */
	uint64_t at_once, messages; /* at most */
};

/* Whether the certificate was what was wrong. */
static bool
is_verify_error(const struct log_case_event *event)
{
	return event->tls_error != NULL &&
	    strstr(event->tls_error, "verif") != NULL;
}

static struct reach
reach_of(const struct log_case *c, size_t domain)
{
	struct reach reach = { 0 };

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];
		uint64_t open = 1;

		if (event->form != MAILLOG_DCID_NEW || event->domain != domain)
			continue;
		reach.has_tls |= event->tls != LOG_CASE_TLS_NONE;
		reach.is_required |= event->is_tls_required;
		reach.is_verified |= is_verify_error(event);
		reach.goes_on |= reach.has_failed &&
		    event->tls == LOG_CASE_TLS_NONE && event->messages > 0;
		reach.has_failed |= event->tls == LOG_CASE_TLS_FAILED;
		if (event->messages > reach.messages)
			reach.messages = event->messages;
		for (size_t k = 0; k < i; k++)
			open += c->events[k].form == MAILLOG_DCID_NEW &&
			    c->events[k].domain == domain &&
			    c->events[k].until > i;
		if (open > reach.at_once)
			reach.at_once = open;
	}
	return reach;
}

static void line_add(json_t *lines, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
line_add(json_t *lines, const char *fmt, ...)
{
	struct buf line = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	json_array_append_new(lines, json_string(buf_cstr(&line)));
	buf_fini(&line);
}

static void
tls_lines(
    const char *domain, const struct reach *reach, json_t *lines, json_t *notes)
{
	if (!reach->has_tls)
		return;
	line_add(lines, "table_tls = %s%s",
	    reach->is_required ? "require" : "on",
	    reach->is_verified ? "_verify" : "");
	log_scenario_note(notes,
	    "The log shows TLS with the hosts of %s, and not the destination "
	    "control: table_tls is taken to be %s%s.",
	    domain, reach->is_required ? "require" : "on",
	    reach->is_verified ? "_verify" : "");
}

static void
limit_lines(
    const char *domain, const struct reach *reach, json_t *lines, json_t *notes)
{
	if (reach->messages == 0)
		return;
	line_add(lines, "max_host_concurrency = %llu",
	    (unsigned long long)reach->at_once);
	line_add(lines, "limit_type = host");
	line_add(lines, "limit_apply = system");
	line_add(lines, "max_messages_per_connection = %llu",
	    (unsigned long long)reach->messages);
	log_scenario_note(notes,
	    "The log shows %s at most %llu connections at once and %llu "
	    "messages on each, and not why: with these as limits the run is "
	    "nearer to it.",
	    domain, (unsigned long long)reach->at_once,
	    (unsigned long long)reach->messages);
}

static void
delivery_set(json_t *relay, const char *key, const char *value)
{
	json_t *delivery = json_object_get(relay, "delivery");

	if (delivery == NULL) {
		delivery = json_object();
		json_object_set_new(relay, "delivery", delivery);
	}
	json_object_set_new(delivery, key, json_string(value));
}

/* A section of destination controls for each domain of which the log shows
 * some. */
static void
add_destinations(
    const struct log_case *c, bool has_limits, json_t *relay, json_t *notes)
{
	json_t *lines = json_array();
	bool is_verified = false, goes_on = false;

	for (size_t d = 0; d < c->domain_count; d++) {
		struct reach reach = reach_of(c, d);
		json_t *section = json_array();

		tls_lines(c->domains[d], &reach, section, notes);
		if (has_limits)
			limit_lines(c->domains[d], &reach, section, notes);
		is_verified |= reach.is_verified;
		goes_on |= reach.goes_on;
		if (json_array_size(section) > 0)
			line_add(lines, "[%s]", c->domains[d]);
		json_array_extend(lines, section);
		json_decref(section);
	}
	if (json_array_size(lines) > 0)
		json_object_set(relay, "destconfig", lines);
	if (is_verified)
		delivery_set(relay, "tls_unverified", "next");
	if (goes_on)
		delivery_set(relay, "tls_fallback", "clear");
	json_decref(lines);
}

/* ---- rounds ---- */

struct rounds {
	utime first, most; /* waits; 0: not seen */
	utime age;         /* of the youngest message that was given up; 0 */
	utime kept;        /* of the oldest that was not */
	size_t retries;    /* behind which one was given up at once; 0 */
};

/* What is written is the next whole second. */
static utime
wait_of(const struct log_case_event *event)
{
	utime seconds = event->span / UTIME_S;

	return (seconds % 10 == 1 ? seconds - 1 : seconds) * UTIME_S;
}

/* Whether the relay had tried again just before it gave up: then it had no
 * retries left, and otherwise the message was too old. */
static bool
has_tried(const struct log_case *c, size_t bounced)
{
	const struct log_case_event *event = &c->events[bounced];

	for (size_t i = bounced; i-- > 0;) {
		const struct log_case_event *before = &c->events[i];

		if (event->at - before->at >= UTIME_S)
			return false;
		if (before->form == MAILLOG_CONNECTION_ERROR ||
		    before->form == MAILLOG_DNS_TEMPORARY_FAILURE ||
		    (before->form == MAILLOG_DELAYED &&
			before->message == event->message))
			return true;
	}
	return false;
}

static void
note_age(struct rounds *rounds, const struct log_case_event *event, utime age)
{
	if (event->form == MAILLOG_PENDING && age > rounds->kept)
		rounds->kept = age;
	if (event->form == MAILLOG_BOUNCED && event->is_expired &&
	    (rounds->age == 0 || age < rounds->age))
		rounds->age = age;
}

static void
rounds_of_message(const struct log_case *c, size_t message, struct rounds *all)
{
	utime before = 0, due = 0, wait;
	size_t count = 0;

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];

		if (event->message != message)
			continue;
		if (event->form == MAILLOG_BOUNCED && event->is_expired &&
		    has_tried(c, i))
			all->retries = count;
		else
			note_age(
			    all, event, event->at - c->messages[message].at);
		if (event->form != MAILLOG_PENDING)
			continue;
		wait = wait_of(event);
		if (count++ == 0 && all->first == 0 &&
		    c->messages[message].has_start)
			all->first = wait;
		/* It has stopped growing; a round before its time says nothing.
		 */
		if (wait == before && event->at + UTIME_S >= due &&
		    wait > all->most)
			all->most = wait;
		before = wait;
		due = event->at + event->span;
	}
}

/* How often a sender was told of a delay, and what was the least time between
 * two of such warnings; 0: there are no two. */
static size_t
warnings_of(const struct log_case *c, size_t message, utime *least)
{
	size_t count = 0;
	utime last = 0;

	for (size_t i = 0; i < c->mark_count; i++) {
		const struct log_case_mark *mark = &c->marks[i];

		if (mark->kind != LOG_CASE_WARNED || mark->message != message)
			continue;
		if (count++ > 0 && (*least == 0 || mark->at - last < *least))
			*least = mark->at - last;
		last = mark->at;
	}
	return count;
}

static void
add_warnings(const struct log_case *c, json_t *bounce, json_t *notes)
{
	size_t most = 0;
	utime least = 0;

	for (size_t m = 0; m < c->message_count; m++) {
		size_t count = warnings_of(c, m, &least);

		most = count > most ? count : most;
	}
	if (most == 0)
		return;
	json_object_set_new(bounce, "delay_warnings", json_true());
	if (most > 1) {
		json_object_set_new(bounce, "delay_warning_max",
		    json_integer((json_int_t)most));
		json_object_set_new(bounce, "delay_warning_interval",
		    log_scenario_duration(
			least > UTIME_S ? least - UTIME_S : UTIME_S));
	}
	log_scenario_note(notes,
	    "The log shows delay warnings, at most %zu for a message, and not "
	    "how many there may be%s.",
	    most, most > 1 ? " and how far apart" : "");
}

static void
add_rounds(const struct log_case *c, json_t *relay, json_t *notes)
{
	struct rounds rounds = { 0 };
	json_t *bounce = json_object();

	for (size_t m = 0; m < c->message_count; m++)
		if (!c->messages[m].is_generated && !c->messages[m].is_assumed)
			rounds_of_message(c, m, &rounds);
	if (rounds.first > 0 && rounds.first != WAIT_FIRST)
		json_object_set_new(bounce, "initial_wait",
		    log_scenario_duration(rounds.first));
	if (rounds.most > 0 && rounds.most != WAIT_MOST)
		json_object_set_new(
		    bounce, "max_wait", log_scenario_duration(rounds.most));
	if (rounds.age > rounds.kept && rounds.age < TIME_MOST)
		json_object_set_new(bounce, "max_time",
		    log_scenario_duration(
			rounds.kept + (rounds.age - rounds.kept) / 2));
	if (rounds.retries > 0 && rounds.retries != RETRIES_MOST)
		json_object_set_new(bounce, "max_retries",
		    json_integer((json_int_t)rounds.retries));
	if (json_object_size(bounce) > 0)
		log_scenario_note(notes,
		    "The log shows when mail was tried again and given up, and "
		    "not the bounce profile: what differs from the default one "
		    "is taken from these moments.");
	add_warnings(c, bounce, notes);
	if (json_object_size(bounce) > 0)
		json_object_set(relay, "bounce", bounce);
	json_decref(bounce);
}

/* ---- the rest ---- */

/* Whether a greeting of 5xx was the last word on a message. */
static bool
bounces_by_greeting(const struct log_case *c)
{
	const struct log_case_event *greeting = NULL;

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];

		if (event->form == MAILLOG_CONNECTION_ERROR &&
		    event->code >= 500)
			greeting = event;
		if (event->form == MAILLOG_BOUNCED && greeting != NULL &&
		    event->dcid == greeting->dcid && event->dcid != 0)
			return true;
	}
	return false;
}

static bool
has_v6(const struct log_case *c)
{
	for (size_t i = 0; i < c->host_count; i++)
		if (c->hosts[i].at.ip.family == 6)
			return true;
	return false;
}

void
log_scenario_relay(
    const struct log_case *c, bool has_limits, json_t *scenario, json_t *notes)
{
	json_t *relay = json_object();

	add_destinations(c, has_limits, relay, notes);
	add_rounds(c, relay, notes);
	if (bounces_by_greeting(c))
		delivery_set(relay, "on_5xx_greeting", "bounce");
	if (has_v6(c))
		json_object_set_new(
		    relay, "interface_v6", json_string("fd00::5"));
	if (json_object_size(relay) > 0)
		json_object_set(scenario, "relay", relay);
	json_decref(relay);
}
