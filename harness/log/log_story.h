/* SPDX-License-Identifier: MIT */
/*
 * Stories: of a log, however long, the records that belong to what somebody
 * asks for, message by message.  To a message belong its own records, by all
 * the MIDs that it has had and also those of no known form that speak of it,
 * those of the client's connection by which it came, those of the connections
 * by which it was sent, and the failures of connections that were opened for
 * its domain while it was ready; the log does not say for which message such a
 * one was opened, as it is opened for all.  What is split off a message is one
 * of its own, which is wanted when that is.  A connection of which no message
 * is known has a story of its own.
 *
 * Memory is bounded by the number of stories, by STORY limits, and for what is
 * not yet known to belong to one.  Pure.
 */
#ifndef FAULTPOST_LOG_STORY_H
#define FAULTPOST_LOG_STORY_H

#include "harness/log/log_reader.h"
#include "harness/log/log_want.h"

/* Of one story more records are counted only. */
#define LOG_STORY_RECORDS_MAX 2000
/* Connections, and messages on their way in, that are remembered. */
#define LOG_STORY_PENDING_MAX 20000

struct log_story_record {
	char *text; /* owned; with its stamp */
	utime time;
	struct log_place place;
};

struct log_story {
	bool is_message; /* else of a connection */
	uint64_t number; /* DCID, or the MID by which it was known first */
	uint32_t appliance;
	struct log_story_record *records; /* owned; in the log's order */
	size_t count, cap;
	uint64_t left_out;
};

struct log_stories;

/* Of what is wanted at most so many stories. `want` is copied. */
struct log_stories *log_stories_new(
    const struct log_want *want, size_t stories_max);
void log_stories_destroy(struct log_stories **sp);
void log_stories_take(struct log_stories *s, const struct log_record *record);

/* In the order in which they began. */
size_t log_stories_count(const struct log_stories *s);
const struct log_story *log_stories_at(const struct log_stories *s, size_t i);
/* How many there would be beyond these. */
uint64_t log_stories_more(const struct log_stories *s);

#endif
