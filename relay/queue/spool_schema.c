/* SPDX-License-Identifier: MIT */
/* The tables of the queue, made, checked and brought up to date; see spool.h.
 * docs/queue.md describes them. */
#include "relay/queue/spool_impl.h"

/* "fpst": says that a database is ours (PRAGMA application_id). */
#define SPOOL_APPLICATION_ID 0x66707374
#define SPOOL_SCHEMA_VERSION 6

static const char spool_schema[] =
    "CREATE TABLE message("
    " mid INTEGER PRIMARY KEY,"
    " received_us INTEGER NOT NULL,"
    " sender TEXT NOT NULL,"
    " size INTEGER NOT NULL,"
    " flags INTEGER NOT NULL,"
    " recipients INTEGER NOT NULL,"
    " ret INTEGER NOT NULL DEFAULT 0,"
    " envid TEXT,"
    " content BLOB,"
    " profile TEXT,"
    " client TEXT);"
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
    " redirected TEXT,"
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
	"ALTER TABLE message ADD COLUMN content BLOB;",
	"ALTER TABLE message ADD COLUMN profile TEXT;",
	"ALTER TABLE recipient ADD COLUMN redirected TEXT;",
	"ALTER TABLE message ADD COLUMN client TEXT;",
};

/* Of pages that SQLite keeps in memory there are 384 KB, whatever the size of a
 * message.  Its log is written back when it has 2,000 pages, and cut when a
 * large transaction has left it larger than 16 MB. */
static const char spool_pragmas[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-384;"
    "PRAGMA wal_autocheckpoint=2000; PRAGMA journal_size_limit=16777216;";

static const char *const spool_sql[] = {
#define X(constant, sql) (sql),
	SPOOL_STATEMENTS(X)
#undef X
};

static bool
sql_fail(const struct spool *s, struct err *err)
{
	return err_at(err, s->path, 0, 0, "the queue cannot be used: %s",
	    s->db != NULL ? sqlite3_errmsg(s->db) : "no memory");
}

static bool
sql_number(struct spool *s, const char *sql, int64_t *number)
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

static bool
sql_exec(struct spool *s, const char *sql)
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
	return sql_exec(s, sql);
}

/* From an older version to ours, all of it or nothing. */
static bool
update_tables(struct spool *s, int64_t version)
{
	bool ok = sql_exec(s, "BEGIN");

	static_assert(ARRAY_LEN(spool_updates) == SPOOL_SCHEMA_VERSION - 1,
	    "an update for each version");
	for (; ok && version < SPOOL_SCHEMA_VERSION; version++)
		ok = sql_exec(s, spool_updates[version - 1]);
	return ok && set_version(s) && sql_exec(s, "COMMIT");
}

/* Makes the tables in an empty database, or checks that they are ours and
 * brings older ones up to date. */
static bool
check_schema(struct spool *s, struct err *err)
{
	int64_t tables, id, version;

	if (!sql_number(s, "SELECT count(*) FROM sqlite_master", &tables) ||
	    !sql_number(s, "PRAGMA application_id", &id) ||
	    !sql_number(s, "PRAGMA user_version", &version))
		return sql_fail(s, err);
	if (tables > 0 &&
	    (id != SPOOL_APPLICATION_ID || version < 1 ||
		version > SPOOL_SCHEMA_VERSION))
		return err_at(err, s->path, 0, 0,
		    "this database is no queue of this version; give a file "
		    "that does not exist, or one that it made");
	if (tables > 0)
		return version == SPOOL_SCHEMA_VERSION ||
		    update_tables(s, version) || sql_fail(s, err);
	if (!sql_exec(s, "BEGIN") || !sql_exec(s, spool_schema) ||
	    !set_version(s) || !sql_exec(s, "COMMIT"))
		return sql_fail(s, err);
	return true;
}

static bool
prepare_statements(struct spool *s)
{
	for (size_t i = 0; i < SPOOL_STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(s->db, spool_sql[i], -1,
			SQLITE_PREPARE_PERSISTENT, &s->statements[i],
			NULL) != SQLITE_OK)
			return false;
	return true;
}

bool
spool_prepare(struct spool *s, struct err *err)
{
	int flags =
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int64_t mid;

	if (sqlite3_open_v2(s->path, &s->db, flags,
		world_storage_vfs(s->world)) != SQLITE_OK)
		return sql_fail(s, err);
	(void)sqlite3_busy_timeout(s->db, 5000);
	if (!sql_exec(s, spool_pragmas))
		return sql_fail(s, err);
	if (!check_schema(s, err))
		return false;
	if (!prepare_statements(s) ||
	    !sql_number(s, "SELECT value FROM counter WHERE name='mid'", &mid))
		return sql_fail(s, err);
	s->mid_next = s->mid_reserved = s->mid_durable = (uint64_t)mid;
	return true;
}

void
spool_close_database(struct spool *s)
{
	for (size_t i = 0; i < SPOOL_STATEMENT_COUNT; i++)
		sqlite3_finalize(s->statements[i]);
	(void)sqlite3_close(s->db);
}
