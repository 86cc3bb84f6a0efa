/* SPDX-License-Identifier: MIT */
/*
 * The inside of the spool: spool.c (transactions, and when they are
 * committed), spool_rows.c (what is written in them), spool_schema.c (the
 * database itself), spool_load.c (taking up what is there at start).  For
 * nobody else.
 */
#ifndef FAULTPOST_RELAY_SPOOL_IMPL_H
#define FAULTPOST_RELAY_SPOOL_IMPL_H

#include "relay/queue/gather.h"
#include "relay/queue/spool.h"

#include <sqlite3.h>

/* X(constant, SQL): the statements that are kept prepared. */
#define SPOOL_STATEMENTS(X)                                                    \
	X(SPOOL_BEGIN, "BEGIN IMMEDIATE")                                      \
	X(SPOOL_COMMIT, "COMMIT")                                              \
	X(SPOOL_ROLLBACK, "ROLLBACK")                                          \
	X(SPOOL_SET_MID, "UPDATE counter SET value=?1 WHERE name='mid'")       \
	X(SPOOL_PUT_COUNTER,                                                   \
	    "INSERT INTO counter VALUES(?1,?2)"                                \
	    " ON CONFLICT(name) DO UPDATE SET value=?2")                       \
	X(SPOOL_GET_COUNTER, "SELECT value FROM counter WHERE name=?1")        \
	X(SPOOL_PUT_PIECE, "INSERT INTO content VALUES(?1,?2)")                \
	X(SPOOL_GET_PIECE, "SELECT bytes FROM content WHERE id=?1")            \
	X(SPOOL_GET_CONTENT, "SELECT content FROM message WHERE mid=?1")       \
	X(SPOOL_DROP_PIECES, "DELETE FROM content WHERE id>=?1 AND id<?2")     \
	X(SPOOL_PUT_MESSAGE,                                                   \
	    "INSERT INTO message(mid,received_us,sender,size,flags,"           \
	    "recipients,ret,envid,content,profile,client)"                     \
	    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)")                     \
	X(SPOOL_DROP_MESSAGE, "DELETE FROM message WHERE mid=?1")              \
	X(SPOOL_PUT_RECIPIENT,                                                 \
	    "INSERT INTO recipient(mid,rid,address,notify,orcpt)"              \
	    " VALUES(?1,?2,?3,?4,?5)")                                         \
	X(SPOOL_DROP_RECIPIENTS, "DELETE FROM recipient WHERE mid=?1")         \
	X(SPOOL_DROP_RECIPIENT,                                                \
	    "DELETE FROM recipient WHERE mid=?1 AND rid=?2")                   \
	X(SPOOL_REQUEUE,                                                       \
	    "UPDATE recipient SET attempts=?3,due_us=?4,last_error=?5,"        \
	    "warnings=?6,warned_us=?7 WHERE mid=?1 AND rid=?2")                \
	X(SPOOL_REDIRECT,                                                      \
	    "UPDATE recipient SET redirected=?3,due_us=0"                      \
	    " WHERE mid=?1 AND rid=?2")
enum spool_statement {
#define X(constant, sql) constant,
	SPOOL_STATEMENTS(X)
#undef X
	SPOOL_STATEMENT_COUNT,
};

/* What has become of a recipient, or of a message. */
enum spool_change_kind {
	CHANGE_DROP_MESSAGE,   /* with its content */
	CHANGE_DROP_RECIPIENT, /* it is finished */
	CHANGE_REQUEUE,        /* it waits */
	CHANGE_REDIRECT,       /* it goes to another domain */
	CHANGE_PUT_MADE,       /* the relay has made a message */
};
struct spool_change {
	enum spool_change_kind kind;
	uint32_t number; /* RID; DROP_MESSAGE: how many pieces */
	uint64_t mid;
	/* REQUEUE: */
	uint32_t attempts, warnings;
	utime due, warned;
	char *last_error;        /* owned; or NULL */
	char *redirected;        /* REDIRECT: owned */
	struct spool_made *made; /* PUT_MADE: borrowed */
};

struct spool {
	struct world *world; /* borrowed */
	struct spool_hooks hooks;
	char *path;                                      /* owned */
	sqlite3 *db;                                     /* owned */
	sqlite3_stmt *statements[SPOOL_STATEMENT_COUNT]; /* owned */
	struct timer commit;  /* or, after a fault, to try again */
	struct list tickets;  /* of the open transaction */
	struct timer synced;  /* the last one is on disk */
	struct list syncing;  /* the tickets of that */
	struct gather gather; /* how long those wait */
	utime flushing;       /* time that commits have taken, in all */
	uint64_t open_bytes;  /* of content in the open transaction */
	bool in_moment;       /* a transaction is open, or is doomed */
	bool is_doomed;       /* nothing of it will be on disk, because ... */
	bool is_abandoned;    /* nothing more is written */
	bool refuses_records; /* since the last fault */
	bool refuses_mail;    /* likewise */
	struct err why;
	/* Those that no commit has recorded; in order. */
	struct spool_change *changes; /* owned */
	size_t change_count, change_cap;
	uint64_t mid_next;     /* given next */
	uint64_t mid_reserved; /* those below are ours, after the commit */
	uint64_t mid_durable;  /* those below are ours on disk */
};

/* ---- spool.c ---- */

/* Enters the transaction that the present moment's writes go into; false when
 * it is doomed, or the disk rests after a fault. */
bool spool_enter(struct spool *s);
/* Remembers the first thing that went wrong in this transaction. */
void spool_doom(struct spool *s);
/* Runs a bound statement that gives no rows. */
bool spool_run(struct spool *s, enum spool_statement which);
/* A message waits for the commit from now on. */
void spool_take_ticket(struct spool *s, struct spool_ticket *ticket);
/* Has the transaction committed no later than at that time. */
void spool_commit_by(struct spool *s, utime at);
/* Makes numbers up to `mid`, and a block behind it, ours on disk; what fails is
 * made up for when a message wants to be stored. */
bool spool_reserve_mids(struct spool *s, uint64_t mid);

/* Tells the owner if that is what SQLite said last. */
void spool_note_damage(struct spool *s);

/* ---- spool_rows.c ---- */

/* Writes all changes into the open transaction; they may be there already. */
void spool_apply_changes(struct spool *s);
/* Forgets them: they are on record, or nobody is left who would record them. */
void spool_forget_changes(struct spool *s);
/* The key of a piece of a message's content. */
uint64_t spool_piece_id(uint64_t mid, uint32_t index);
/* Deletes the first `count` pieces of a message, in the transaction or, if none
 * is open, at once. */
bool spool_drop_pieces(struct spool *s, uint64_t mid, uint32_t count);
/* Whether the disk takes as much as a message, in a transaction of its own. */
bool spool_probe(struct spool *s);

/* ---- spool_schema.c ---- */

/* Opens s->path, makes the tables or checks that they are ours, and prepares
 * the statements. */
bool spool_prepare(struct spool *s, struct err *err);
void spool_close_database(struct spool *s);

#endif
