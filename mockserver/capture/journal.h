/* SPDX-License-Identifier: MIT */
/*
 * The connections of hosts and what was said on them, for people who look at
 * a mock that runs.  Bounded: connections that have ended go first, the oldest
 * before the others, and of a long dialogue the beginning is kept.  Pure.
 */
#ifndef FAULTPOST_MOCK_JOURNAL_H
#define FAULTPOST_MOCK_JOURNAL_H

#include "core/base/list.h"
#include "core/transcript/transcript.h"

#define JOURNAL_CONNECTIONS_MAX ((size_t)1000)
#define JOURNAL_BYTES_MAX       ((size_t)16 << 20)  /* of all lines */
#define JOURNAL_LINES_MAX       ((size_t)128 << 10) /* of one connection */

/* A connection and what its events come to. */
struct journal_connection {
	struct list node; /* for journal.c, as is the next */
	struct journal_slot *slot;
	uint64_t number;
	char *host; /* owned */
	struct endpoint server, client;
	utime opened, closed;     /* UTIME_NEVER: it is open */
	enum transcript_kind how; /* it ended: CLOSE, RESET or LOST */
	bool is_secured;          /* by TLS */
	uint64_t messages, violations, bytes_in, bytes_out;
	struct buf lines; /* of transcript_format() */
	uint64_t cut;     /* events whose lines are not kept */
};

struct journal;

struct journal *journal_new(void);
void journal_destroy(struct journal **jp);
/* `line` is the event as transcript_format() writes it. */
void journal_add(
    struct journal *j, const struct transcript_event *ev, struct slice line);
/* The connection of that number; NULL: it is not known any more. */
const struct journal_connection *journal_find(
    const struct journal *j, uint64_t number);
/* The next one, the newest first; `after` NULL: the first; NULL when there is
 * none. */
const struct journal_connection *journal_next(
    const struct journal *j, const struct journal_connection *after);
/* Forgets the connections that have ended, and the lines of the others.
 * Returns how many it forgot. */
size_t journal_clear(struct journal *j);
/* Connections that were forgotten to make room. */
uint64_t journal_evicted(const struct journal *j);

#endif
