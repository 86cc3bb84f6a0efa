/* SPDX-License-Identifier: MIT */
/* The inside of the spool, shared by spool.c (writing) and spool_load.c
 * (taking up what is there at start); for nobody else. */
#ifndef FAULTPOST_RELAY_SPOOL_IMPL_H
#define FAULTPOST_RELAY_SPOOL_IMPL_H

#include "relay/spool.h"

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
	X(SPOOL_DROP_PIECES, "DELETE FROM content WHERE id>=?1 AND id<?2")     \
	X(SPOOL_PUT_MESSAGE,                                                   \
	    "INSERT INTO message(mid,received_us,sender,size,flags,"           \
	    "recipients,ret,envid) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)")           \
	X(SPOOL_DROP_MESSAGE, "DELETE FROM message WHERE mid=?1")              \
	X(SPOOL_PUT_RECIPIENT,                                                 \
	    "INSERT INTO recipient(mid,rid,address,notify,orcpt)"              \
	    " VALUES(?1,?2,?3,?4,?5)")                                         \
	X(SPOOL_DROP_RECIPIENTS, "DELETE FROM recipient WHERE mid=?1")         \
	X(SPOOL_DROP_RECIPIENT,                                                \
	    "DELETE FROM recipient WHERE mid=?1 AND rid=?2")                   \
	X(SPOOL_REQUEUE,                                                       \
	    "UPDATE recipient SET attempts=?3,due_us=?4,last_error=?5,"        \
	    "warnings=?6,warned_us=?7 WHERE mid=?1 AND rid=?2")
enum spool_statement {
#define X(constant, sql) constant,
	SPOOL_STATEMENTS(X)
#undef X
	SPOOL_STATEMENT_COUNT,
};

/* A recipient, or a message with its content, is to leave the disk, or one that
 * the relay has made is to come to it. */
struct spool_change {
	uint64_t mid;
	uint32_t number; /* RID, or how many pieces */
	bool is_recipient;
	struct spool_made *made; /* borrowed; or NULL */
};

struct spool {
	struct world *world; /* borrowed */
	struct spool_hooks hooks;
	sqlite3 *db;                                     /* owned */
	sqlite3_stmt *statements[SPOOL_STATEMENT_COUNT]; /* owned */
	struct timer commit; /* or, after a fault, to try again */
	struct list tickets; /* of the open transaction */
	bool in_moment;      /* a transaction is open, or is doomed */
	bool is_doomed;      /* nothing of it will be on disk, because ... */
	bool is_abandoned;   /* nothing more is written */
	struct err why;
	/* Those that no commit has recorded; in order.  Some outside of a
	 * transaction: the disk rests. */
	struct spool_change *changes; /* owned */
	size_t change_count, change_cap;
	uint64_t mid_next;     /* given next */
	uint64_t mid_reserved; /* those below are ours, after the commit */
	uint64_t mid_durable;  /* those below are ours on disk */
};

/* ---- spool_schema.c ---- */
/* Makes the tables in an empty database, or checks that they are ours and
 * brings older ones up to date. */
bool spool_check_schema(struct spool *s, const char *path, struct err *err);
/* Sets *err to what SQLite says; false. */
bool spool_sql_fail(const struct spool *s, const char *path, struct err *err);
/* One number from a query that gives one. */
bool spool_sql_number(struct spool *s, const char *sql, int64_t *number);
bool spool_sql_exec(struct spool *s, const char *sql);

#endif
