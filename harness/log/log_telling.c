/* SPDX-License-Identifier: MIT */
/* Stories as pages and as JSON; see log_telling.h. */
#include "harness/log/log_telling.h"

#include "harness/log/log_event.h"
#include "harness/report/text_json.h"

#include <inttypes.h>

#define COLUMN_STEP 32 /* where what happened begins */

/* ---- a page ---- */

static void
heading_format(const struct log_story *story, const struct log_facts *facts,
    const char *name, struct buf *out)
{
	const char *before = " to";

	buf_printf(out, "%s %" PRIu64, story->is_message ? "MID" : "DCID",
	    story->number);
	if (facts->now != 0)
		buf_printf(out, ", at last MID %" PRIu64, facts->now);
	if (name[0] != '\0')
		buf_printf(out, " of %s", name);
	if (story->is_message && facts->from != NULL)
		buf_printf(out, "  from <%s>", facts->from);
	for (size_t i = 0; i < facts->to_count && i < 3; i++) {
		if (facts->to[i].to == NULL)
			continue;
		buf_printf(out, "%s <%s>", before, facts->to[i].to);
		before = ",";
	}
	if (facts->to_count > 3)
		buf_printf(out, " and %zu more", facts->to_count - 3);
	buf_append_byte(out, '\n');
}

/* The day, when it is another one, the time of day, and what has passed. */
static void
moment_format(utime at, utime before, struct buf *out)
{
	char now[UTIME_TEXT_MAX], then[UTIME_TEXT_MAX], span[UTIME_TEXT_MAX];
	size_t begin = buf_len(out);

	utime_format_rfc3339(at, now);
	utime_format_rfc3339(before, then);
	if (before == 0 || memcmp(now, then, 10) != 0)
		buf_printf(out, "  %.10s %.8s", now, now + 11);
	else
		buf_printf(out, "  %10s %.8s", "", now + 11);
	if (before != 0 && at > before) {
		utime_format_span(at - before, span);
		buf_printf(out, " +%.*s", (int)strlen(span) - 4, span);
	} else if (at < before) {
		buf_append_cstr(out, " earlier");
	}
	do
		buf_append_byte(out, ' ');
	while (buf_len(out) - begin < COLUMN_STEP);
}

void
log_story_format(
    const struct log_story *story, const char *name, struct buf *out)
{
	struct log_facts facts = { 0 }, all = { 0 };
	struct buf words = { 0 };
	utime before = 0;

	log_facts_of(&all, story);
	heading_format(story, &all, name, out);
	for (size_t i = 0; i < story->count; i++) {
		struct maillog_event ev;

		if (!log_story_event(&story->records[i], &ev))
			continue;
		log_facts_take(&facts, &ev);
		buf_clear(&words);
		log_words_format(&facts, &ev, &words);
		moment_format(ev.time, before, out);
		buf_append(out, buf_slice(&words));
		buf_append_byte(out, '\n');
		before = ev.time;
	}
	if (story->left_out > 0)
		buf_printf(
		    out, "  and %" PRIu64 " records more\n", story->left_out);
	buf_append_cstr(out, "  verdict: ");
	log_verdict_format(&all, story, out);
	buf_append_byte(out, '\n');
	log_facts_fini(&facts);
	log_facts_fini(&all);
	buf_fini(&words);
}

/* ---- JSON ---- */

static const char *
fate_name(enum log_fate fate)
{
	switch (fate) {
	case LOG_FATE_DELIVERED:
		return "delivered";
	case LOG_FATE_BOUNCED:
		return "bounced";
	case LOG_FATE_DELETED:
		return "deleted";
	case LOG_FATE_OPEN:
		break;
	}
	return "open";
}

static void
set_moment(json_t *object, const char *key, utime at)
{
	char text[UTIME_TEXT_MAX];

	if (at != 0)
		json_object_set_new(
		    object, key, json_string(utime_format_rfc3339(at, text)));
}

static json_t *
addressee_json(const struct log_addressee *to)
{
	json_t *object = json_object();

	json_object_set_new(object, "rid", json_integer((json_int_t)to->rid));
	text_json_set(object, "to", to->to);
	json_object_set_new(object, "fate", json_string(fate_name(to->fate)));
	set_moment(object, "at", to->when);
	set_moment(object, "waits_till", to->till);
	text_json_set(object, "host", to->host);
	if (to->code != 0)
		json_object_set_new(
		    object, "code", json_integer((json_int_t)to->code));
	text_json_set(object, "enhanced", to->enhanced);
	text_json_set(object, "text", to->text);
	text_json_set(object, "reply", to->reply);
	return object;
}

/* One record: its event as `parse` has it, with its words. */
static json_t *
step_json(const struct log_facts *facts, const struct log_story_record *record,
    const struct maillog_event *ev)
{
	struct buf text = { 0 };
	json_t *step;

	log_event_format(ev, record->place.line, &text);
	step = json_loadb(buf_slice(&text).at, buf_len(&text), 0, NULL);
	if (step == NULL)
		step = json_object();
	buf_clear(&text);
	log_words_format(facts, ev, &text);
	text_json_set(step, "file", record->place.file);
	text_json_set(step, "words", buf_cstr(&text));
	buf_fini(&text);
	return step;
}

static json_t *
steps_json(const struct log_story *story)
{
	struct log_facts facts = { 0 };
	json_t *steps = json_array();

	for (size_t i = 0; i < story->count; i++) {
		struct maillog_event ev;

		if (!log_story_event(&story->records[i], &ev))
			continue;
		log_facts_take(&facts, &ev);
		json_array_append_new(
		    steps, step_json(&facts, &story->records[i], &ev));
	}
	log_facts_fini(&facts);
	return steps;
}

void
log_story_json(const struct log_story *story, const char *name, struct buf *out)
{
	struct log_facts facts = { 0 };
	struct buf verdict = { 0 };
	json_t *object = json_object(), *recipients = json_array();

	log_facts_of(&facts, story);
	json_object_set_new(object, story->is_message ? "mid" : "dcid",
	    json_integer((json_int_t)story->number));
	if (facts.now != 0)
		json_object_set_new(
		    object, "now", json_integer((json_int_t)facts.now));
	if (name[0] != '\0')
		text_json_set(object, "appliance", name);
	text_json_set(object, "from", facts.from);
	text_json_set(object, "subject", facts.subject);
	set_moment(object, "begins", facts.first);
	set_moment(object, "ends", facts.last);
	for (size_t i = 0; i < facts.to_count; i++)
		json_array_append_new(recipients, addressee_json(&facts.to[i]));
	json_object_set_new(object, "recipients", recipients);
	json_object_set_new(object, "steps", steps_json(story));
	json_object_set_new(
	    object, "left_out", json_integer((json_int_t)story->left_out));
	log_verdict_format(&facts, story, &verdict);
	text_json_set(object, "verdict", buf_cstr(&verdict));
	text_json_dump(object, out);
	buf_append_byte(out, '\n');
	buf_fini(&verdict);
	log_facts_fini(&facts);
}
