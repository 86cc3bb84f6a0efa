/* SPDX-License-Identifier: MIT */
/*
 * Where what happens is counted: for the whole relay, whose lifetime's counters
 * the queue keeps, and for each domain.
 */
#include "relay/relay_impl.h"

/* How much of the lifetime's counters a crash may cost. */
#define COUNTERS_SAVE_EVERY UTIME_MINUTE

/* The names of the counters' rows in the queue, and of their values at the last
 * reset. */
#define COUNTER_NAME_MAX 64

static const char *
lifetime_name(size_t i, char name[COUNTER_NAME_MAX])
{
	(void)snprintf(name, COUNTER_NAME_MAX, "lifetime_%s",
	    counter_row((enum counter)i)->key);
	return name;
}

static const char *
reset_name(size_t i, char name[COUNTER_NAME_MAX])
{
	(void)snprintf(name, COUNTER_NAME_MAX, "reset_%s",
	    counter_row((enum counter)i)->key);
	return name;
}

void
relay_load_counters(struct relay *r)
{
	struct counter_columns *c = &r->counters;
	char name[COUNTER_NAME_MAX];

	c->started = r->counters_saved_at = world_now(r->world);
	c->reset = (utime)spool_get_counter(r->spool, "reset_us", UTIME_NEVER);
	for (size_t i = 0; i < COUNTER_COUNT; i++) {
		c->lifetime.at[i] =
		    spool_get_counter(r->spool, lifetime_name(i, name), 0);
		c->at_reset.at[i] =
		    spool_get_counter(r->spool, reset_name(i, name), 0);
	}
}

void
relay_save_counters(struct relay *r)
{
	const struct counter_columns *c = &r->counters;
	char name[COUNTER_NAME_MAX];

	r->counters_saved_at = world_now(r->world);
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		spool_put_counter(
		    r->spool, lifetime_name(i, name), c->lifetime.at[i]);
	if (c->reset == UTIME_NEVER)
		return;
	spool_put_counter(r->spool, "reset_us", (uint64_t)c->reset);
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		spool_put_counter(
		    r->spool, reset_name(i, name), c->at_reset.at[i]);
}

void
relay_count(struct relay *r, enum counter which, uint64_t n)
{
	utime now = world_now(r->world);

	columns_add(&r->counters, which, n, now);
	/* With the writes that what is counted most often brings. */
	if (now - r->counters_saved_at >= COUNTERS_SAVE_EVERY)
		relay_save_counters(r);
}

void
relay_count_received(struct relay *r, const struct message *m)
{
	relay_count(r, COUNTER_MESSAGES_RECEIVED, 1);
	relay_count(r, COUNTER_RECIPIENTS_RECEIVED, m->recipient_count);
}

/* ---- domains ---- */

void
delivery_notes_fini(struct delivery_notes *notes)
{
	free(notes->last_5xx);
	free(notes->last_error);
}

void
deliver_count(struct delivery *d, enum counter which, uint64_t n)
{
	relay_count(d->relay, which, n);
	counters_add(&d->notes.counters, which, n);
	d->notes.last_activity = world_now(d->relay->world);
}

void
deliver_note_tried(struct delivery *d)
{
	d->notes.was_tried = true;
	d->notes.last_activity = world_now(d->relay->world);
}

static char *
error_text(unsigned code, struct slice text)
{
	struct buf error = { 0 };
	char *copy;

	if (code != 0)
		buf_printf(&error, "%u ", code);
	buf_append(&error, text);
	copy = slice_dup(buf_slice(&error));
	buf_fini(&error);
	return copy;
}

void
deliver_note_error(struct delivery *d, unsigned code, struct slice text)
{
	struct delivery_notes *notes = &d->notes;

	free(notes->last_error);
	notes->last_error = error_text(code, text);
	notes->last_error_at = world_now(d->relay->world);
	notes->last_error_stage = NULL;
	if (code < 500)
		return;
	free(notes->last_5xx);
	notes->last_5xx = xstrdup(notes->last_error);
	notes->last_5xx_at = notes->last_error_at;
}

void
deliver_note_place(
    struct delivery *d, const struct endpoint *from, enum smtp_stage stage)
{
	d->notes.last_error_from = *from;
	d->notes.last_error_stage = smtp_stage_name(stage);
}

static enum counter
counter_of(const struct log_cause *cause)
{
	if (cause->phase == MAILLOG_PHASE_DNS)
		return COUNTER_HARD_DNS;
	if (cause->phase == MAILLOG_PHASE_EXPIRED)
		return COUNTER_HARD_EXPIRED;
	return cause->code >= 500 ? COUNTER_HARD_5XX : COUNTER_HARD_OTHER;
}

void
deliver_count_bounced(struct delivery *d, const struct log_cause *cause)
{
	deliver_count(d, counter_of(cause), 1);
	if (cause->phase != MAILLOG_PHASE_EXPIRED &&
	    cause->phase != MAILLOG_PHASE_ADMINISTRATOR)
		deliver_note_error(d, cause->code, cause->text);
}
