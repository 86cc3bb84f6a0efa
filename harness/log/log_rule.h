/* SPDX-License-Identifier: MIT */
/*
 * Why a message fared as it did: a table of the appliance's rules, each with
 * the document that has it, the stories that it explains, and what to change.
 * Pure.
 */
#ifndef FAULTPOST_LOG_RULE_H
#define FAULTPOST_LOG_RULE_H

#include "harness/log/log_facts.h"

struct log_rule {
	const char *name;   /* "next-host" */
	const char *source; /* "Cisco 117875" */
	bool (*explains)(const struct log_facts *facts);
	const char *rule;   /* a sentence */
	const char *change; /* a sentence: what to do */
};

size_t log_rule_count(void);
const struct log_rule *log_rule_at(size_t i);
/* The rule that explains the story best: the first of the table that explains
 * it at all.  There is always one, as the last explains that nothing went
 * wrong, or that the log does not show what did. */
const struct log_rule *log_rule_of(const struct log_facts *facts);

/* Appends a paragraph for a ticket, in lines of at most 78 columns: what
 * happened, the rule and its source, what to change.  `appliance` is the name
 * of the one whose message it is; "": the log does not say. */
void log_why_format(
    const struct log_story *story, const char *appliance, struct buf *out);
/* Appends the same as one line of JSON. */
void log_why_json(
    const struct log_story *story, const char *appliance, struct buf *out);

#endif
