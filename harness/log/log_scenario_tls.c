/* SPDX-License-Identifier: MIT */
/* Hosts at STARTTLS and in the handshake, as rules; see log_scenario.h. */
#include "harness/log/log_occasions.h"
#include "harness/log/log_scenario.h"

/* Why the handshake failed, as a fault. */
static const char *
tls_fault(const char *error)
{
	static const struct {
		const char *is_said, *fault;
	} known[] = {
		{ "expired", "expired" },
		{ "self", "self-signed" },
		{ "mismatch", "wrong-name" },
		{ "verif", "self-signed" },
		{ "closed", "close" },
	};

	for (size_t i = 0; i < ARRAY_LEN(known) && error != NULL; i++)
		if (strstr(error, known[i].is_said) != NULL)
			return known[i].fault;
	return "handshake-failure";
}

/* A refusal of STARTTLS itself: a reply, or one that the log does not have when
 * the session went on without. */
static bool
is_refused(const struct log_case_event *opened,
    const struct log_case_event *failure, struct log_outcome *outcome)
{
	if (opened->tls != LOG_CASE_TLS_FAILED)
		return false;
	if (failure == NULL)
		*outcome = (struct log_outcome){ .kind = LOG_OUTCOME_REPLY,
			.code = 454,
			.reply = "4.7.0 TLS not available" };
	else if (failure->failure == LOG_FAILURE_ANSWER)
		*outcome = (struct log_outcome){ .kind = LOG_OUTCOME_REPLY,
			.code = failure->code,
			.reply = failure->reply };
	else
		return false;
	return true;
}

static void
note_handshake(const struct log_case_event *opened,
    const struct log_case_event *failure, struct log_occasions *shaken)
{
	struct log_outcome outcome = { 0 };

	if (opened->tls == LOG_CASE_TLS_FAILED &&
	    failure->failure == LOG_FAILURE_SILENT) {
		outcome.kind = LOG_OUTCOME_STALL;
	} else if (opened->tls == LOG_CASE_TLS_FAILED) {
		outcome.kind = LOG_OUTCOME_TLS;
		outcome.reply = tls_fault(opened->tls_error);
	}
	log_occasions_add(shaken, &outcome);
}

/* A host that came to STARTTLS offers it. */
void
log_scenario_tls(
    const struct log_case *c, size_t host, json_t *host_object, json_t *rules)
{
	struct log_occasions asked = { .on = "starttls" };
	struct log_occasions shaken = { .on = "tls" };
	size_t from = json_array_size(rules);
	bool is_made_up = false;

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];
		const struct log_case_event *failure;
		struct log_outcome outcome = { 0 };
		bool refused;

		if (event->form != MAILLOG_DCID_NEW || event->host != host ||
		    (event->tls != LOG_CASE_TLS_SUCCESS &&
			event->tls != LOG_CASE_TLS_FAILED))
			continue;
		failure = log_scenario_failure(c, i);
		refused = is_refused(event, failure, &outcome);
		is_made_up |= refused && failure == NULL;
		log_occasions_add(&asked, &outcome);
		if (!refused)
			note_handshake(event, failure, &shaken);
	}
	if (asked.count > 0)
		json_object_set_new(host_object, "tls", json_object());
	log_occasions_rules(&asked, rules);
	if (is_made_up)
		log_scenario_mark_from(rules, from,
		    "What it said the log does not tell, where mail went on "
		    "in clear: the 454 is made up.");
	from = json_array_size(rules);
	log_occasions_rules(&shaken, rules);
	log_scenario_mark_from(rules, from,
	    "What went wrong in the handshake is taken from the log's words "
	    "for it, as far as they tell.");
	free(asked.at);
	free(shaken.at);
}
