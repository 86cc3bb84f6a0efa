/* SPDX-License-Identifier: MIT */
/*
 * A scenario made of a case: hosts that answer what the log says that they
 * answered, on the same occasions, messages as they came, and routes.  What the
 * log does not tell, and was therefore assumed, stands in the notes of the
 * rule, host, message or step in question, and in sum in those of the scenario.
 * Pure.
 */
#ifndef FAULTPOST_LOG_SCENARIO_H
#define FAULTPOST_LOG_SCENARIO_H

#include "core/routes/routes.h"
#include "harness/log/log_case.h"
#include "harness/log/pseudonym.h"

#include <jansson.h>

/* What is known beside the log. */
struct log_scenario_given {
	const char *title;
	const struct routes *routes; /* or NULL: they are found out */
	/* What the case's names were made with, for those of the routes; or
	 * NULL. */
	struct pseudonyms *names;
};

/* What the log may be read as. */
enum log_scenario_with {
	LOG_SCENARIO_PLAIN = 0,
	/* The most connections at once and messages on each that the log has of
	 * a domain are its limits. */
	LOG_SCENARIO_LIMITS = 1,
	/* Where a log file begins the relay was started again. */
	LOG_SCENARIO_RESTARTS = 2,
	/* Where mail was tried before its wait was over an operator had it so.
	 */
	LOG_SCENARIO_DELIVERNOW = 4,
	LOG_SCENARIO_WITHS = 8,
};

/* The scenario, which the caller lets go; `with` is made of those above. */
json_t *log_scenario_make(const struct log_case *c,
    const struct log_scenario_given *given, enum log_scenario_with with);
/* Adds what must be true: the connections of the case that `is_held` marks, by
 * event, one after the other. */
void log_scenario_expect(
    json_t *scenario, const struct log_case *c, const bool *is_held);

/* Whether the log shows what `with` would be about. */
bool log_scenario_has(const struct log_case *c, enum log_scenario_with with);

/* For log_scenario*.c: what is done to the relay while it runs. */
void log_scenario_acts(const struct log_case *c, enum log_scenario_with with,
    json_t *timeline, json_t *notes);
/* The rules of a host; the routes, and the DNS
 * records that these need. */
void log_scenario_rules(const struct log_case *c, size_t host,
    json_t *host_object, json_t *timeline, json_t *notes);
/* What a host made of STARTTLS. */
void log_scenario_tls(
    const struct log_case *c, size_t host, json_t *host_object, json_t *rules);
/* The failure of the connection that this event opened; NULL: it had none. */
const struct log_case_event *log_scenario_failure(
    const struct log_case *c, size_t opened);
void log_scenario_routes(const struct log_case *c, json_t *scenario,
    const struct routes *routes, struct pseudonyms *names, json_t *timeline,
    json_t *notes);
/* The relay's settings, as far as the log shows any. */
void log_scenario_relay(
    const struct log_case *c, bool has_limits, json_t *scenario, json_t *notes);
/* A duration as scenarios write it; one that no run could last is cut. */
json_t *log_scenario_duration(utime span);
/* Adds a note, printf-like. */
void log_scenario_note(json_t *notes, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Adds a note to the rule, host, message or step that it is about; and to each
 * of a list's, from that index on. */
void log_scenario_mark(json_t *object, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_scenario_mark_from(json_t *list, size_t from, const char *text);
/* Appends the name that the host has in the scenario. */
void log_scenario_host_name(size_t host, struct buf *out);

#endif
