/* SPDX-License-Identifier: MIT */
/*
 * The virtual disk under SQLite as the relay uses it: write-ahead log, full
 * syncs, connections that come and go.
 */
#include "core/world/sim_storage.h"
#include "tests/unit/kit.h"

#define ROWS_MAX 100000

static const utime start = INT64_C(1404292507) * UTIME_S;

static struct world *
make_world(void)
{
	const struct sim_options options = {
		.start = start,
		.span_max = UTIME_NEVER,
		.seed = 7,
	};

	return world_sim_new(&options);
}

static sqlite3 *
db_open(const struct world *w, const char *name)
{
	sqlite3 *db;
	int rc = sqlite3_open_v2(name, &db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, world_storage_vfs(w));

	assert_int_equal(rc, SQLITE_OK);
	return db;
}

static void
db_exec(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

/* The first column of the first row, as text, in a buffer of the caller. */
static const char *
db_text(sqlite3 *db, const char *sql, char *out, size_t out_bytes)
{
	sqlite3_stmt *stmt;

	assert_int_equal(
	    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	(void)snprintf(
	    out, out_bytes, "%s", (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return out;
}

static void
assert_sql(sqlite3 *db, const char *sql, const char *want)
{
	char text[200];

	assert_string_equal(db_text(db, sql, text, sizeof(text)), want);
}

static sqlite3 *
queue_open(const struct world *w)
{
	sqlite3 *db = db_open(w, "queue.db");

	assert_sql(db, "PRAGMA journal_mode = WAL", "wal");
	db_exec(db, "PRAGMA synchronous = FULL");
	db_exec(db,
	    "CREATE TABLE IF NOT EXISTS message "
	    "(mid INTEGER PRIMARY KEY, body BLOB)");
	return db;
}

static void
insert_rows(sqlite3 *db, int first, int count, int per_transaction)
{
	sqlite3_stmt *stmt;

	assert_int_equal(
	    sqlite3_prepare_v2(db,
		"INSERT INTO message VALUES (?1, hex(?1) || zeroblob(?1 % 200))",
		-1, &stmt, NULL),
	    SQLITE_OK);
	for (int i = 0; i < count; i++) {
		if (i % per_transaction == 0)
			db_exec(db, "BEGIN");
		(void)sqlite3_bind_int(stmt, 1, first + i);
		assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
		(void)sqlite3_reset(stmt);
		if ((i + 1) % per_transaction == 0 || i + 1 == count)
			db_exec(db, "COMMIT");
	}
	sqlite3_finalize(stmt);
}

static void
test_many_rows(void **state)
{
	struct world *w = make_world();
	sqlite3 *db = queue_open(w);
	uint64_t syncs;

	(void)state;
	syncs = sim_storage_syncs(w);
	insert_rows(db, 1, ROWS_MAX, 100);
	/* FULL: at least one for each transaction. */
	assert_true(sim_storage_syncs(w) - syncs >= ROWS_MAX / 100);
	assert_sql(db, "SELECT count(*) FROM message", "100000");
	db_exec(db, "DELETE FROM message WHERE mid % 3 <> 0");
	assert_sql(db, "SELECT count(*) FROM message", "33333");
	assert_sql(db, "PRAGMA integrity_check", "ok");
	sqlite3_close(db);

	db = queue_open(w);
	assert_sql(db, "SELECT count(*) FROM message", "33333");
	assert_sql(db, "PRAGMA integrity_check", "ok");
	sqlite3_close(db);
	world_destroy(&w);
}

static void
test_two_connections(void **state)
{
	struct world *w = make_world();
	sqlite3 *a = queue_open(w), *b = queue_open(w);

	(void)state;
	insert_rows(a, 1, 10, 10);
	assert_sql(b, "SELECT count(*) FROM message", "10");
	/* A reader keeps its snapshot; one writer at a time, and waiting for
	 * it passes no time. */
	(void)sqlite3_busy_timeout(b, 60000);
	db_exec(b, "BEGIN");
	assert_sql(b, "SELECT count(*) FROM message", "10");
	db_exec(a, "BEGIN IMMEDIATE");
	db_exec(a, "INSERT INTO message VALUES (11, 'x')");
	assert_int_equal(
	    sqlite3_exec(b, "DELETE FROM message", NULL, NULL, NULL),
	    SQLITE_BUSY);
	db_exec(a, "COMMIT");
	assert_sql(b, "SELECT count(*) FROM message", "10");
	db_exec(b, "COMMIT");
	assert_sql(b, "SELECT count(*) FROM message", "11");
	/* A checkpoint does not run over a reader. */
	db_exec(b, "BEGIN");
	assert_sql(b, "SELECT count(*) FROM message", "11");
	assert_sql(a, "PRAGMA wal_checkpoint(TRUNCATE)", "1");
	db_exec(b, "COMMIT");
	assert_sql(a, "PRAGMA wal_checkpoint(TRUNCATE)", "0");
	db_exec(b, "DELETE FROM message");
	assert_sql(a, "SELECT count(*) FROM message", "0");
	sqlite3_close(a);
	assert_sql(b, "PRAGMA integrity_check", "ok");
	sqlite3_close(b);
	world_destroy(&w);
}

/* The locks of a rollback journal, and its file. */
static void
test_rollback_journal(void **state)
{
	struct world *w = make_world();
	sqlite3 *a = db_open(w, "other.db"), *b = db_open(w, "other.db");

	(void)state;
	db_exec(a, "CREATE TABLE t (x)");
	db_exec(b, "BEGIN");
	assert_sql(b, "SELECT count(*) FROM t", "0");
	db_exec(a, "BEGIN IMMEDIATE");
	db_exec(a, "INSERT INTO t VALUES (1)");
	assert_int_equal(
	    sqlite3_exec(a, "COMMIT", NULL, NULL, NULL), SQLITE_BUSY);
	assert_sql(b, "SELECT count(*) FROM t", "0");
	db_exec(b, "COMMIT");
	/* The writer is waiting: no new reader. */
	assert_int_equal(
	    sqlite3_exec(b, "SELECT count(*) FROM t", NULL, NULL, NULL),
	    SQLITE_BUSY);
	db_exec(a, "COMMIT");
	assert_sql(b, "SELECT count(*) FROM t", "1");
	db_exec(a, "BEGIN");
	db_exec(a, "DELETE FROM t");
	db_exec(a, "ROLLBACK");
	assert_sql(b, "SELECT count(*) FROM t", "1");
	sqlite3_close(a);
	sqlite3_close(b);
	world_destroy(&w);
}

/* ---- the file below ---- */

/* The bytes of a file of the virtual disk; the caller frees them. */
static char *
file_image(const struct world *w, const char *name, size_t *size)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(world_storage_vfs(w));
	struct sim_file file;
	sqlite3_file *f = &file.base;
	sqlite3_int64 n;
	char *image;

	assert_int_equal(vfs->xOpen(vfs, name, f,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB, NULL),
	    SQLITE_OK);
	assert_int_equal(f->pMethods->xFileSize(f, &n), SQLITE_OK);
	image = xmalloc((size_t)n + 1);
	assert_int_equal(f->pMethods->xRead(f, image, (int)n, 0), SQLITE_OK);
	assert_int_equal(f->pMethods->xRead(f, image, (int)n + 1, 0),
	    SQLITE_IOERR_SHORT_READ);
	f->pMethods->xClose(f);
	*size = (size_t)n;
	return image;
}

/* Thousands of messages come and go: the file keeps its size. */
static void
test_size_is_flat(void **state)
{
	struct world *w = make_world();
	sqlite3 *db = queue_open(w);
	size_t first = 0, size;

	(void)state;
	for (int i = 0; i < 20; i++) {
		insert_rows(db, 1, 1000, 50);
		db_exec(db, "DELETE FROM message");
		assert_sql(db, "PRAGMA wal_checkpoint(TRUNCATE)", "0");
		free(file_image(w, "queue.db", &size));
		if (i == 0)
			first = size;
		assert_int_equal(size, first);
		free(file_image(w, "queue.db-wal", &size));
		assert_int_equal(size, 0);
	}
	sqlite3_close(db);
	world_destroy(&w);
}

/* The log too: its salts are random. */
static char *
image_of_a_run(const char *name, size_t *size)
{
	struct world *w = make_world();
	sqlite3 *db = queue_open(w);
	char *image;

	insert_rows(db, 1, 5000, 7);
	db_exec(db, "DELETE FROM message WHERE mid % 7 = 0");
	db_exec(db, "CREATE INDEX body ON message (body)");
	image = file_image(w, name, size);
	sqlite3_close(db);
	world_destroy(&w);
	return image;
}

static void
test_two_runs_are_equal(void **state)
{
	static const char *const names[] = { "queue.db", "queue.db-wal" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t a_size, b_size;
		char *a = image_of_a_run(names[i], &a_size);
		char *b = image_of_a_run(names[i], &b_size);

		assert_true(a_size > 100000);
		assert_int_equal(a_size, b_size);
		assert_memory_equal(a, b, a_size);
		free(a);
		free(b);
	}
}

static void
test_truncate_then_grow(void **state)
{
	struct world *w = make_world();
	sqlite3_vfs *vfs = sqlite3_vfs_find(world_storage_vfs(w));
	struct sim_file file;
	sqlite3_file *f = &file.base;
	char bytes[3 * SIM_BLOCK];
	int exists;

	(void)state;
	assert_int_equal(vfs->xOpen(vfs, "f", f, SQLITE_OPEN_READWRITE, NULL),
	    SQLITE_CANTOPEN);
	assert_int_equal(vfs->xOpen(vfs, "f", f,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
				 SQLITE_OPEN_DELETEONCLOSE,
			     NULL),
	    SQLITE_OK);
	memset(bytes, 'x', sizeof(bytes));
	(void)f->pMethods->xWrite(f, bytes, sizeof(bytes), 100);
	(void)f->pMethods->xTruncate(f, SIM_BLOCK + 10);
	(void)f->pMethods->xWrite(f, "end", 3, 2 * SIM_BLOCK + 50);
	assert_int_equal(
	    f->pMethods->xRead(f, bytes, SIM_BLOCK + 53, SIM_BLOCK), SQLITE_OK);
	for (int i = 0; i < SIM_BLOCK + 50; i++)
		assert_int_equal(bytes[i], i < 10 ? 'x' : 0);
	assert_memory_equal(bytes + SIM_BLOCK + 50, "end", 3);
	(void)vfs->xAccess(vfs, "f", SQLITE_ACCESS_EXISTS, &exists);
	assert_true(exists);
	f->pMethods->xClose(f);
	(void)vfs->xAccess(vfs, "f", SQLITE_ACCESS_EXISTS, &exists);
	assert_false(exists);
	world_destroy(&w);
}

static void
test_clock(void **state)
{
	struct world *w = make_world();
	sqlite3 *db = db_open(w, ":memory:");
	struct err err;

	(void)state;
	assert_sql(db, "SELECT datetime('now')", "2014-07-02 09:15:07");
	assert_true(sim_run_until(w, start + 72 * UTIME_HOUR, &err));
	assert_sql(db, "SELECT datetime('now')", "2014-07-05 09:15:07");
	sqlite3_close(db);
	world_destroy(&w);
}

/* Two worlds of one process have a disk each. */
static void
test_worlds_are_apart(void **state)
{
	struct world *v = make_world(), *w = make_world();
	sqlite3 *a = queue_open(v), *b = queue_open(w);

	(void)state;
	insert_rows(a, 1, 5, 5);
	assert_sql(b, "SELECT count(*) FROM message", "0");
	sqlite3_close(a);
	sqlite3_close(b);
	world_destroy(&v);
	world_destroy(&w);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_many_rows);
	TEST(&kit, test_two_connections);
	TEST(&kit, test_rollback_journal);
	TEST(&kit, test_size_is_flat);
	TEST(&kit, test_two_runs_are_equal);
	TEST(&kit, test_truncate_then_grow);
	TEST(&kit, test_clock);
	TEST(&kit, test_worlds_are_apart);
	return kit_run(&kit, "sim_storage");
}
