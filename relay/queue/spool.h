/* SPDX-License-Identifier: MIT */
/*
 * The queue on disk: an SQLite database (WAL, synchronous=FULL) that holds each
 * accepted message until its last recipient is finished.  Users may read it
 * with sqlite3(1); the tables are described in docs/queue.md.
 *
 * Writes gather in one transaction.  It is committed when the callbacks of the
 * present moment have run and a message waits for that, or a little later, so
 * that one flush serves every session that ends a message meanwhile
 * (gather.h); what nobody waits for goes with the next, or after
 * SPOOL_LINGER.  An acceptance counts only when its ticket says so.
 *
 * When one write of a transaction fails, all of them are undone.  What has
 * become of recipients and messages is kept in memory until a commit has
 * recorded it, so that a restart does not deliver them again.  The disk is
 * asked again each second; until it takes writes no message is taken in, and
 * none should be sent, as that could not be recorded (spool_records()).
 */
#ifndef FAULTPOST_RELAY_SPOOL_H
#define FAULTPOST_RELAY_SPOOL_H

#include "core/base/list.h"
#include "core/world/world.h"
#include "relay/queue/queue.h"

/* Content is kept in pieces of this size, the last one shorter; what has only
 * one may have it in the message's own row. */
#define SPOOL_PIECE_BYTES 65536
/* Pieces of one message at most: 1 GiB of content. */
#define SPOOL_PIECES_MAX 16384
/* How long what has become of a message may wait for another's commit. */
#define SPOOL_LINGER (10 * UTIME_MS)

/* How many pieces hold so much content. */
static inline uint32_t
spool_pieces_of(uint64_t size_bytes)
{
	return (
	    uint32_t)((size_bytes + SPOOL_PIECE_BYTES - 1) / SPOOL_PIECE_BYTES);
}

struct spool;

struct spool_hooks {
	void *owner;
	/* A moment's writes failed; none of them is on disk, and its tickets
	 * are about to be told so. */
	void (*on_fault)(void *owner, const struct err *err);
	/* The disk records again what becomes of messages; new ones it may
	 * still not take. */
	void (*on_recovered)(void *owner);
	/* Opening or loading fails because the database is damaged; may be
	 * NULL. */
	void (*on_damage)(void *owner);
};

/* Waits for a commit; embedded in its owner, zeroed before first use. */
struct spool_ticket {
	struct list link;
	void (*on_durable)(struct spool_ticket *t, bool is_durable);
};

/* Opens the database, creating it if it is not there.  NULL with *err set when
 * it cannot be opened or is no queue of this program. */
struct spool *spool_open(struct world *w, const char *path,
    const struct spool_hooks *hooks, struct err *err);
/* Commits what is pending and closes. */
void spool_close(struct spool **sp);
/* Nothing more is written, as if the program were dead; spool_close() then
 * leaves the database as it is. */
void spool_abandon(struct spool *s);

/* Whether the disk records what becomes of messages, as far as is known. */
bool spool_records(const struct spool *s);
/* For how long the disk has been waited for since the start. */
utime spool_flushing(const struct spool *s);
/* Whether it takes new ones, too. */
bool spool_accepts(const struct spool *s);

/* A new message number; never given twice, also after a crash. */
uint64_t spool_next_mid(struct spool *s);
/* The one given last. */
uint64_t spool_last_mid(const struct spool *s);

/* A number that is kept by name in the table `counter`, with the writes of the
 * present moment; reading gives `missing` when there is none. */
void spool_put_counter(struct spool *s, const char *name, uint64_t value);
uint64_t spool_get_counter(struct spool *s, const char *name, uint64_t missing);

/* Numbers from here on are given, if that is higher than those that were. */
void spool_skip_mids(struct spool *s, uint64_t mid);

/* A message is on its way in (1), or is no more (-1): commits may wait a little
 * for those.  spool_put_message() is the end of one, if it stores it. */
void spool_expect(struct spool *s, int change);

/* Stores piece `index` of a message's content; false when the disk refuses. */
bool spool_put_piece(
    struct spool *s, uint64_t mid, uint32_t index, struct slice bytes);
/* Stores the message and all its recipients as just accepted; false when the
 * disk refuses.  `content` is all of it, or empty when it was put in pieces. On
 * true the ticket is told of the commit. */
bool spool_put_message(struct spool *s, const struct message *m,
    struct slice content, struct spool_ticket *ticket);
/* A message that the relay itself has made of what became of another.  Kept by
 * its maker until its ticket has been told of success. */
struct spool_made {
	const struct message *message; /* borrowed */
	struct slice content;          /* borrowed */
	struct spool_ticket ticket;
};
/* Stores it in the same commit as the ends of recipients that are recorded in
 * this moment: so neither is on disk without the other.  Like those it is kept
 * until a commit has recorded it; the ticket may be told of those that fail. */
void spool_put_made(struct spool *s, struct spool_made *made);
/* Nobody waits any more; the message itself stays put. */
void spool_ticket_cancel(struct spool_ticket *ticket);
/* Removes a message that was never accepted, or is finished. */
void spool_drop_message(struct spool *s, uint64_t mid, uint32_t pieces);

/* The recipient is finished. */
void spool_finish_recipient(struct spool *s, uint64_t mid, uint32_t rid);
/* The group's recipients wait until g->due, after g->attempts. */
void spool_requeue(struct spool *s, const struct group *g);
/* They go to g->domain, whatever their addresses say. */
void spool_redirect(struct spool *s, const struct group *g);

/* Commits what is pending, without waiting for others, and tells the tickets; a
 * disk that refuses writes is asked again. */
void spool_record(struct spool *s);

/* Reads piece `index` of a message's content into `out` (cleared first); false
 * when it is not there or cannot be read. */
bool spool_get_piece(
    struct spool *s, uint64_t mid, uint32_t index, struct buf *out);

/* What was found in the queue, handed over message by message at start. */
struct spool_recipient {
	uint32_t rid;
	uint32_t attempts;
	utime due;               /* 0: at once */
	struct slice last_error; /* borrowed; at is NULL when there is none */
	uint32_t warnings;       /* delay warnings so far */
	utime warned;            /* when the latest was made */
	struct slice redirected; /* borrowed: to this domain; empty: its own */
};
/* `m` becomes the callback's to keep; `left` are its unfinished recipients. */
typedef void spool_on_message(void *owner, struct message *m,
    const struct spool_recipient *left, uint32_t count);
bool spool_load(struct spool *s, spool_on_message *on_message, void *owner,
    struct err *err);

#endif
