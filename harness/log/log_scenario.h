/* SPDX-License-Identifier: MIT */
/*
 * A scenario made of a case: hosts that answer what the log says that they
 * answered, on the same occasions, messages as they came, and routes.  What the
 * log does not tell, and was therefore assumed, stands in its notes.  Pure.
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

/* The scenario, which the caller lets go.  `has_limits`: the most connections
 * at once and messages on each that the log has of a domain are its limits. */
json_t *log_scenario_make(const struct log_case *c,
    const struct log_scenario_given *given, bool has_limits);
/* Adds what must be true: the connections of the case that `is_held` marks, by
 * event, one after the other. */
void log_scenario_expect(
    json_t *scenario, const struct log_case *c, const bool *is_held);

/* For log_scenario*.c: the rules of a host; the routes, and the DNS
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
/* Appends the name that the host has in the scenario. */
void log_scenario_host_name(size_t host, struct buf *out);

#endif
