/* SPDX-License-Identifier: MIT */
/* Messages that must have been there, as connections were opened for them; see
 * log_case.h. */
#include "harness/log/log_case_impl.h"

/* Mail of a domain that the log shows: recipients that are open. */
static void
count_open(const struct log_case *c, size_t *open, const bool *is_begun,
    const struct log_case_event *event)
{
	const struct log_case_message *m;
	bool ends = event->form == MAILLOG_MESSAGE_FINISHED;

	if (event->message == LOG_CASE_NONE || !is_begun[event->message] ||
	    !ends)
		return;
	m = &c->messages[event->message];
	for (size_t i = 0; i < m->to_count; i++)
		if (m->to[i].domain != LOG_CASE_NONE)
			open[m->to[i].domain]--;
}

static void
begin_messages(
    const struct log_case *c, size_t *open, bool *is_begun, utime until)
{
	for (size_t i = 0; i < c->message_count; i++) {
		const struct log_case_message *m = &c->messages[i];

		if (m->is_assumed)
			return;
		if (is_begun[i] || m->at > until || m->is_over)
			continue;
		is_begun[i] = true;
		for (size_t k = 0; k < m->to_count; k++)
			if (m->to[k].domain != LOG_CASE_NONE)
				open[m->to[k].domain]++;
	}
}

static void
assume(struct log_case *c, const struct log_case_event *event)
{
	struct log_case_message made = { .at = event->at,
		.from = "assumed@sender.example",
		.is_assumed = true };
	struct log_case_recipient *to = log_case_recipient_get(&made, 0);
	struct buf name = { 0 };

	buf_printf(&name, "assumed%zu@%s", c->message_count + 1,
	    c->domains[event->domain]);
	to->to = arena_strdup(&c->arena, buf_slice(&name));
	to->domain = event->domain;
	buf_fini(&name);
	if (log_case_message_add(c, &made) == LOG_CASE_NONE)
		free(made.to);
}

/* Whether the connection that this event opened failed later. */
static bool
has_failed(const struct log_case *c, size_t opened)
{
	for (size_t i = opened + 1; i < c->event_count; i++)
		if (c->events[i].dcid == c->events[opened].dcid)
			return c->events[i].form == MAILLOG_CONNECTION_ERROR;
	return false;
}

/* A connection is opened for mail: where there is none of its domain there was
 * one, which stays until a host has it. */
void
log_case_assume(struct log_case *c)
{
	size_t *open = xcalloc(c->domain_count + 1, sizeof(open[0]));
	bool *is_begun = xcalloc(c->message_count + 1, sizeof(is_begun[0]));
	bool *is_assumed = xcalloc(c->domain_count + 1, sizeof(is_assumed[0]));

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];
		bool is_opened = event->form == MAILLOG_DCID_NEW;
		size_t d = event->domain;

		begin_messages(c, open, is_begun, event->at);
		count_open(c, open, is_begun, event);
		if ((!is_opened && event->form != MAILLOG_CONNECTION_ERROR) ||
		    d == LOG_CASE_NONE)
			continue;
		if (open[d] == 0 && !is_assumed[d])
			assume(c, event);
		if (open[d] == 0)
			is_assumed[d] = !is_opened || has_failed(c, i);
	}
	free(open);
	free(is_begun);
	free(is_assumed);
}
