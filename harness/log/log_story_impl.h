/* SPDX-License-Identifier: MIT */
/*
 * What the builder of stories remembers; see log_story.h.  For log_story*.c.
 */
#ifndef FAULTPOST_LOG_STORY_IMPL_H
#define FAULTPOST_LOG_STORY_IMPL_H

#include "core/base/list.h"
#include "harness/log/log_story.h"

#include <uthash.h>

/* Without padding, as tables are keyed by. */
struct log_key {
	uint64_t number, appliance;
};

struct log_recipient {
	uint64_t rid;
	char *domain; /* owned; NULL: not said */
	bool is_open;
	utime waits_till; /* 0: does not wait */
};

/* A message whose records are kept, wanted or not yet known to be. */
struct log_tracked {
	struct log_key key;
	struct log_story *story; /* owned until it matches */
	bool matches;
	bool is_left_out;                 /* matches, and is one too many */
	struct log_recipient *recipients; /* owned */
	size_t count, cap;
	struct list node; /* in `pending`, unless it is kept */
	UT_hash_handle hh;
};

/* A connection, of a client or to a host, that is open, and what was said of
 * it. */
struct log_opened {
	struct log_key key;
	struct log_story *story; /* owned */
	uint64_t message;        /* the last on it; 0: none */
	struct list node;
	UT_hash_handle hh;
};

struct log_opened_set {
	struct log_opened *table;
	struct list order; /* the oldest first */
	size_t count;
};

struct log_stories {
	struct log_want want;
	char *want_text; /* owned */
	size_t max;
	struct log_story **kept; /* owned */
	size_t kept_count, kept_cap;
	uint64_t more;
	struct log_tracked *messages;
	struct list pending; /* messages that do not match yet */
	size_t pending_count;
	struct log_tracked **live; /* borrowed: those that match, and go on */
	size_t live_count, live_cap;
	struct log_opened_set clients, hosts; /* by ICID, by DCID */
};

struct log_story *log_story_new(
    bool is_message, uint64_t number, uint32_t appliance);
void log_story_destroy(struct log_story **sp);
void log_story_add(struct log_story *story, const struct log_record *record);
/* Adds what `from` has. */
void log_story_add_all(struct log_story *story, const struct log_story *from);

/* Keeps a story for whoever asks, who then owns it; false: there are too many,
 * which is counted.  And undoes that. */
bool log_stories_keep(struct log_stories *s, struct log_story *story);
void log_stories_let_go(struct log_stories *s, const struct log_story *story);

/* Take a record of a client's connection, and of one to a host. */
void log_stories_take_client(
    struct log_stories *s, const struct log_record *record);
void log_stories_take_host(
    struct log_stories *s, const struct log_record *record);

/* The connection of that number, made if it is not there; the oldest one goes
 * when there are too many. */
struct log_opened *log_opened_get(struct log_opened_set *set, uint64_t number,
    const struct log_record *record);
struct log_opened *log_opened_find(
    const struct log_opened_set *set, uint64_t number, uint32_t appliance);
void log_opened_forget(struct log_opened_set *set, struct log_opened *opened);

#endif
