/* SPDX-License-Identifier: MIT */
/*
 * A story as people and programs read it: what happened, in order, with the
 * time that passed, and what it came to.  Pure.
 */
#ifndef FAULTPOST_LOG_TELLING_H
#define FAULTPOST_LOG_TELLING_H

#include "harness/log/log_facts.h"

/* Appends what the record says, in words: "10.1.1.11 port 25 (DCID 299)
 * answered 431 'full'".  Nothing for records that say nothing new.  `facts` are
 * those up to the record, this one included. */
void log_words_format(const struct log_facts *facts,
    const struct maillog_event *ev, struct buf *out);

/* Appends the story as a page: a heading, a line a step, the verdict.  `name`
 * is that of its appliance, or empty. */
void log_story_format(
    const struct log_story *story, const char *name, struct buf *out);
/* Appends the same as one line of JSON. */
void log_story_json(
    const struct log_story *story, const char *name, struct buf *out);

/* Appends what became of the message, or of the connection, in sentences. */
void log_verdict_format(const struct log_facts *facts,
    const struct log_story *story, struct buf *out);

#endif
