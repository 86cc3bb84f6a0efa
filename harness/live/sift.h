/* SPDX-License-Identifier: MIT */
/*
 * Of the log of a relay that others use, too, the part that is about a run: its
 * messages (by the client that injects them, and their envelopes), what the
 * relay makes of them, and the connections to its hosts.  Places on this
 * machine (binding.h), and the relay's address, become the scenario's.  All
 * else is left out and counted.  Pure.
 */
#ifndef FAULTPOST_SIFT_H
#define FAULTPOST_SIFT_H

#include "core/base/map.h"
#include "harness/live/binding.h"
#include "harness/log/log_reader.h"

#include <uthash.h>

/* What is kept of a log at most. */
#define SIFT_BYTES_MAX ((size_t)512 << 20)

struct sift_number; /* an ICID, a MID or a DCID */
struct sift_record; /* a record that may be the run's */

/* Zeroed but for the first four. */
struct sift {
	const struct placement *places; /* borrowed */
	struct ip_address client;       /* that injects */
	/* The relay's address, and what the scenario has for it. */
	struct ip_address relay, interface;
	/* Of the run; keys in the arena. */
	struct map senders, recipients, domains;
	/* Who may be told of them: senders, and whom a bounce profile names. */
	struct map told;
	struct arena arena;
	struct sift_number *icids, *mids, *dcids; /* owned */
	struct sift_record *records;              /* owned */
	size_t count, cap, bytes;
	uint32_t appliance; /* whose records they are; 0: not known yet */
	/* Of the run's messages: what came from the client, whole, and what is
	 * not finished. */
	uint64_t accepted, open;
	uint64_t connections; /* to its hosts that are not closed */
	/* Left out. */
	uint64_t other_records, other_messages, other_connections;
	bool is_full; /* more came than is kept */
};

/* Takes the envelopes of the plan's injection. */
void sift_init(struct sift *s, const struct plan *plan);
void sift_fini(struct sift *s);
/* The log's next record, and when it came.  True when it is known by now to be
 * of the run's mail, hence news of it. */
bool sift_take(struct sift *s, const struct log_record *record, utime now);
/* Whether such a message is the run's, or tells a sender of one. */
bool sift_knows(const struct sift *s, struct slice sender,
    const struct slice *recipients, size_t count);

/* A record of the run, in the scenario's words. */
struct sift_line {
	struct slice text; /* without its end */
	utime time;        /* its stamp */
	utime came;
	/* Where a connection stands from this record on; NULL: it is no such
	 * record. */
	const struct endpoint *opened;
};
/* When all have come: calls `found` for each record of the run, in order, and
 * counts what is left out. */
void sift_each(struct sift *s,
    void (*found)(void *owner, const struct sift_line *line), void *owner);

#endif
