/* SPDX-License-Identifier: MIT */
/* Connections, and the stories that they belong to; see log_story.h. */
#include "harness/log/log_story_impl.h"

void
log_stories_take_client(struct log_stories *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_opened *client;

	if (maillog_has(ev, MAILLOG_FIELD_mid))
		return;
	client = log_opened_get(&s->clients, ev->icid, record);
	if (ev->form == MAILLOG_ICID_CLOSE || ev->form == MAILLOG_ICID_LOST)
		log_opened_forget(&s->clients, client);
}

/* Whether it was ready to go to the domain. */
static bool
is_ready_for(const struct log_tracked *t, const struct maillog_event *ev)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct log_recipient *to = &t->recipients[i];

		if (to->is_open && ev->time >= to->waits_till &&
		    to->domain != NULL &&
		    slice_eq_nocase(slice_cstr(to->domain), ev->domain))
			return true;
	}
	return false;
}

/* A connection has failed: those that were ready for its domain have tried it.
 * What belongs to none of them is told for itself. */
static void
take_failure(struct log_stories *s, const struct log_record *record,
    struct log_opened *host)
{
	const struct maillog_event *ev = record->event;
	bool is_told = false;

	for (size_t i = 0; i < s->live_count; i++) {
		struct log_tracked *t = s->live[i];

		if (t->key.appliance != record->appliance ||
		    (host->message != 0 ? host->message != t->key.number
					: !is_ready_for(t, ev)))
			continue;
		if (host->message == 0)
			log_story_add_all(t->story, host->story);
		else
			log_story_add(t->story, record);
		is_told = true;
	}
	if (is_told || host->message != 0 ||
	    (!log_want_has_domain(&s->want, ev->domain) &&
		!log_want_has_address(&s->want, ev->address)))
		return;
	if (log_stories_keep(s, host->story))
		host->story = NULL;
}

/* A connection that is itself what is wanted. */
static void
take_wanted_host(
    struct log_stories *s, const struct log_record *record, bool begins)
{
	struct log_story *last =
	    s->kept_count > 0 ? s->kept[s->kept_count - 1] : NULL;

	if (last == NULL || begins || last->appliance != record->appliance) {
		last = log_story_new(
		    false, record->event->dcid, record->appliance);
		if (!log_stories_keep(s, last)) {
			log_story_destroy(&last);
			return;
		}
	}
	log_story_add(last, record);
}

void
log_stories_take_host(struct log_stories *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_opened *host;

	if (s->want.kind == LOG_WANT_DCID) {
		if (ev->dcid == s->want.number)
			take_wanted_host(
			    s, record, ev->form == MAILLOG_DCID_NEW);
		return;
	}
	if (maillog_has(ev, MAILLOG_FIELD_mid)) {
		host = log_opened_find(&s->hosts, ev->dcid, record->appliance);
		if (host != NULL)
			host->message = record->named.message;
		return;
	}
	host = log_opened_find(&s->hosts, ev->dcid, record->appliance);
	if (host != NULL && ev->form == MAILLOG_DCID_NEW)
		log_opened_forget(&s->hosts, host);
	host = log_opened_get(&s->hosts, ev->dcid, record);
	if (ev->form == MAILLOG_CONNECTION_ERROR)
		take_failure(s, record, host);
	if (ev->form == MAILLOG_CONNECTION_ERROR ||
	    ev->form == MAILLOG_DCID_CLOSE)
		log_opened_forget(&s->hosts, host);
}
