/* SPDX-License-Identifier: MIT */
/*
 * What a log tells beside deliveries: files that begin, what an operator did,
 * delay warnings, messages made of others.  See log_case.h.
 */
#include "harness/log/log_case_impl.h"

void
log_case_mark_add(struct log_case *c, enum log_case_mark_kind kind,
    const struct log_record *record, size_t message)
{
	if (c->mark_count == LOG_CASE_EVENTS_MAX)
		return;
	c->marks = xgrow(
	    c->marks, &c->mark_cap, c->mark_count + 1, sizeof(c->marks[0]));
	c->marks[c->mark_count++] = (struct log_case_mark){ .kind = kind,
		.at = record->event->time,
		.before = c->last,
		.place = record->place,
		.message = message };
}

/* What was on its way in when the relay was started again is lost, unless the
 * log has it queued later: then only another file began. */
static void
lose_unqueued(struct log_case *c, uint32_t appliance)
{
	for (size_t i = 0; i < c->message_count; i++) {
		struct log_case_message *m = &c->messages[i];

		m->is_over |=
		    m->has_start && !m->is_queued && m->appliance == appliance;
	}
}

/* Its further name may have been begun as a message, whose recipients are those
 * that it has now. */
static void
take_renamed(struct log_case *c, const struct log_record *record)
{
	size_t to =
	    log_case_message(c, record->named.message, record->appliance);
	size_t from =
	    log_case_message(c, record->event->other_mid, record->appliance);

	if (to == LOG_CASE_NONE || from == LOG_CASE_NONE || from == to)
		return;
	for (size_t i = 0; i < c->messages[from].to_count; i++) {
		const struct log_case_recipient *now = &c->messages[from].to[i];

		*log_case_recipient_get(&c->messages[to], now->rid) = *now;
	}
	c->messages[from].is_over = true;
}

void
log_case_take_mark(struct log_case *c, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	size_t none = LOG_CASE_NONE;

	switch ((int)ev->form) {
	case MAILLOG_BEGIN_LOGFILE:
		if (c->message_count > 0 || c->event_count > 0)
			log_case_mark_add(c, LOG_CASE_BEGUN, record, none);
		lose_unqueued(c, record->appliance);
		break;
	case MAILLOG_DELETED:
		log_case_mark_add(c, LOG_CASE_DELETED, record,
		    log_case_message(
			c, record->named.message, record->appliance));
		break;
	case MAILLOG_DELIVERY_SUSPENDED:
		log_case_mark_add(c, LOG_CASE_SUSPENDED, record, none);
		break;
	case MAILLOG_CONNECTION_KILLED:
		log_case_mark_add(c, LOG_CASE_KILLED, record, none);
		break;
	case MAILLOG_MESSAGE_GENERATED:
		if (slice_starts_with_nocase(ev->agent, SLICE("delay warning")))
			log_case_mark_add(c, LOG_CASE_WARNED, record,
			    log_case_message(
				c, ev->other_mid, record->appliance));
		else
			log_case_mark_add(c, LOG_CASE_SPLIT, record, none);
		break;
	case MAILLOG_MID_REWRITTEN:
		take_renamed(c, record);
		break;
	case MAILLOG_MID_SPLIT:
		log_case_mark_add(c, LOG_CASE_SPLIT, record, none);
		break;
	default:
		break;
	}
}

size_t
log_case_marked(const struct log_case *c, enum log_case_mark_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < c->mark_count; i++)
		count += c->marks[i].kind == kind;
	return count;
}
