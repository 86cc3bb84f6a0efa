/* SPDX-License-Identifier: MIT */
/* The tables of the queue, made, checked and brought up to date; see spool.h.
 * docs/queue.md describes them. */
#include "relay/spool_impl.h"

/* "fpst": says that a database is ours (PRAGMA application_id). */
#define SPOOL_APPLICATION_ID 0x66707374
#define SPOOL_SCHEMA_VERSION 2

static const char spool_schema[] =
    "CREATE TABLE message("
    " mid INTEGER PRIMARY KEY,"
    " received_us INTEGER NOT NULL,"
    " sender TEXT NOT NULL,"
    " size INTEGER NOT NULL,"
    " flags INTEGER NOT NULL,"
    " recipients INTEGER NOT NULL,"
    " ret INTEGER NOT NULL DEFAULT 0,"
    " envid TEXT);"
    "CREATE TABLE recipient("
    " mid INTEGER NOT NULL,"
    " rid INTEGER NOT NULL,"
    " address TEXT NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0,"
    " due_us INTEGER NOT NULL DEFAULT 0,"
    " last_error TEXT,"
    " notify INTEGER NOT NULL DEFAULT 0,"
    " orcpt TEXT,"
    " warnings INTEGER NOT NULL DEFAULT 0,"
    " warned_us INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(mid, rid)) WITHOUT ROWID;"
    /* id = mid * 16384 + number of the piece */
    "CREATE TABLE content(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "INSERT INTO counter VALUES('mid', 1);";

/* What leads from each version to the next one, the first from version 1. */
static const char *const spool_updates[] = {
	"ALTER TABLE message ADD COLUMN ret INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE message ADD COLUMN envid TEXT;"
	"ALTER TABLE recipient ADD COLUMN notify INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE recipient ADD COLUMN orcpt TEXT;"
	"ALTER TABLE recipient ADD COLUMN warnings INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE recipient ADD COLUMN warned_us INTEGER NOT NULL DEFAULT "
	"0;",
};

bool
spool_sql_fail(const struct spool *s, const char *path, struct err *err)
{
	return err_at(err, path, 0, 0, "the queue cannot be used: %s",
	    s->db != NULL ? sqlite3_errmsg(s->db) : "no memory");
}

bool
spool_sql_number(struct spool *s, const char *sql, int64_t *number)
{
	sqlite3_stmt *stmt;
	bool ok;

	if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return false;
	ok = sqlite3_step(stmt) == SQLITE_ROW;
	if (ok)
		*number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return ok;
}

bool
spool_sql_exec(struct spool *s, const char *sql)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Says in the database whose it is and of which version. */
static bool
set_version(struct spool *s)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql),
	    "PRAGMA application_id=%d; PRAGMA user_version=%d;",
	    SPOOL_APPLICATION_ID, SPOOL_SCHEMA_VERSION);
	return spool_sql_exec(s, sql);
}

/* From an older version to ours, all of it or nothing. */
static bool
update_tables(struct spool *s, int64_t version)
{
	bool ok = spool_sql_exec(s, "BEGIN");

	assert(ARRAY_LEN(spool_updates) == SPOOL_SCHEMA_VERSION - 1);
	for (; ok && version < SPOOL_SCHEMA_VERSION; version++)
		ok = spool_sql_exec(s, spool_updates[version - 1]);
	return ok && set_version(s) && spool_sql_exec(s, "COMMIT");
}

bool
spool_check_schema(struct spool *s, const char *path, struct err *err)
{
	int64_t tables, id, version;

	if (!spool_sql_number(
		s, "SELECT count(*) FROM sqlite_master", &tables) ||
	    !spool_sql_number(s, "PRAGMA application_id", &id) ||
	    !spool_sql_number(s, "PRAGMA user_version", &version))
		return spool_sql_fail(s, path, err);
	if (tables > 0 &&
	    (id != SPOOL_APPLICATION_ID || version < 1 ||
		version > SPOOL_SCHEMA_VERSION))
		return err_at(err, path, 0, 0,
		    "this database is no queue of this version; give a file "
		    "that does not exist, or one that it made");
	if (tables > 0)
		return version == SPOOL_SCHEMA_VERSION ||
		    update_tables(s, version) || spool_sql_fail(s, path, err);
	if (!spool_sql_exec(s, "BEGIN") || !spool_sql_exec(s, spool_schema) ||
	    !set_version(s) || !spool_sql_exec(s, "COMMIT"))
		return spool_sql_fail(s, path, err);
	return true;
}
