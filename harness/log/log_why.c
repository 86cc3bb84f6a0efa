/* SPDX-License-Identifier: MIT */
/* The paragraph for a ticket; see log_rule.h. */
#include "harness/log/log_rule.h"
#include "harness/log/log_telling.h"
#include "harness/report/text_json.h"

#include <inttypes.h>

#define WRAP_COLUMNS 78

/* Appends the text in lines, broken at spaces. */
static void
wrap(struct slice text, struct buf *out)
{
	size_t column = 0;
	struct slice word;

	while (slice_split(&text, ' ', &word)) {
		if (word.len == 0)
			continue;
		if (column > 0 && column + 1 + word.len > WRAP_COLUMNS) {
			buf_append_byte(out, '\n');
			column = 0;
		} else if (column > 0) {
			buf_append_byte(out, ' ');
			column++;
		}
		buf_append(out, word);
		column += word.len;
	}
	buf_append_byte(out, '\n');
}

static void
happened_format(const struct log_story *story, const struct log_facts *facts,
    const char *appliance, struct buf *out)
{
	char when[UTIME_TEXT_MAX];

	buf_printf(out, "%s %" PRIu64, story->is_message ? "MID" : "DCID",
	    story->number);
	if (facts->now != 0)
		buf_printf(out, ", at last MID %" PRIu64 ",", facts->now);
	if (appliance[0] != '\0')
		buf_printf(out, " of %s", appliance);
	if (facts->from != NULL)
		buf_printf(out, " from <%s>", facts->from);
	for (size_t i = 0; i < facts->to_count && i < 1; i++)
		if (facts->to[i].to != NULL)
			buf_printf(out, " to <%s>", facts->to[i].to);
	if (facts->to_count > 1)
		buf_printf(out, " and %zu more", facts->to_count - 1);
	if (facts->first != 0)
		buf_printf(out, ", %s %.19sZ",
		    facts->received != 0 ? "received" : "first seen",
		    utime_format_rfc3339(facts->first, when));
	buf_append_cstr(out, ": ");
	log_verdict_format(facts, story, out);
}

void
log_why_format(
    const struct log_story *story, const char *appliance, struct buf *out)
{
	struct log_facts facts = { 0 };
	const struct log_rule *rule;
	struct buf text = { 0 };

	log_facts_of(&facts, story);
	rule = log_rule_of(&facts);
	happened_format(story, &facts, appliance, &text);
	buf_printf(
	    &text, " %s (%s) %s", rule->rule, rule->source, rule->change);
	wrap(buf_slice(&text), out);
	buf_fini(&text);
	log_facts_fini(&facts);
}

void
log_why_json(
    const struct log_story *story, const char *appliance, struct buf *out)
{
	struct log_facts facts = { 0 };
	const struct log_rule *rule;
	struct buf text = { 0 };
	json_t *object = json_object();

	log_facts_of(&facts, story);
	rule = log_rule_of(&facts);
	happened_format(story, &facts, appliance, &text);
	if (appliance[0] != '\0')
		text_json_set(object, "appliance", appliance);
	json_object_set_new(object, story->is_message ? "mid" : "dcid",
	    json_integer((json_int_t)story->number));
	text_json_set(object, "happened", buf_cstr(&text));
	text_json_set(object, "name", rule->name);
	text_json_set(object, "source", rule->source);
	text_json_set(object, "rule", rule->rule);
	text_json_set(object, "change", rule->change);
	text_json_dump(object, out);
	buf_append_byte(out, '\n');
	buf_fini(&text);
	log_facts_fini(&facts);
}
