/* SPDX-License-Identifier: MIT */
/* Gathering a chart; see chart.h. */
#include "harness/report/chart.h"

#include "harness/judge/evidence.h"

struct chart *
chart_new(utime start)
{
	struct chart *c = xcalloc(1, sizeof(*c));

	c->start = start;
	c->log.limit = CHART_LOG_BYTES;
	c->attempt = NO_ATTEMPT;
	return c;
}

void
chart_destroy(struct chart **cp)
{
	struct chart *c = *cp;

	if (c == NULL)
		return;
	log_code_fini(&c->log);
	series_fini(&c->queue);
	free(c);
	*cp = NULL;
}

/* The attempt that a record is about: what it names, or, when it names a
 * message only, that of the line just before it about the same message, as
 * "Response" and "pending till" follow "Message done" and "Delayed". */
static uint64_t
attempt_of(struct chart *c, const struct story *story,
    const struct maillog_event *ev, bool has_message)
{
	uint64_t attempt = story_spoken(story);

	if (attempt == NO_ATTEMPT && has_message && ev->mid == c->message)
		return c->attempt;
	c->attempt = attempt;
	c->message = ev->mid;
	return attempt;
}

void
chart_log(struct chart *c, const struct story *story, struct slice line,
    const struct maillog_event *ev, utime now, uint64_t queued)
{
	struct log_code_line coded = {
		.text = evidence_text(line, c->start),
		.since_start = now - c->start,
	};

	if (ev != NULL) {
		coded.has_message = maillog_has(ev, MAILLOG_FIELD_mid);
		coded.message = ev->mid;
		coded.attempt = attempt_of(c, story, ev, coded.has_message);
		coded.has_attempt = coded.attempt != NO_ATTEMPT;
	}
	log_code_add(&c->log, &coded);
	series_add(&c->queue, now, queued);
}
