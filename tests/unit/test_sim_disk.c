/* SPDX-License-Identifier: MIT */
/*
 * What a crash leaves of the virtual disk, and how the disk fails: file by
 * file, and then under SQLite, which must find each transaction that it
 * committed wherever in its work it was stopped.
 */
#include "core/world/sim_storage.h"
#include "tests/unit/kit.h"

#define OPEN_FLAGS (SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)

struct desk {
	struct world *world;
	sqlite3_vfs *vfs;
	struct sim_file file;
	sqlite3_file *f;
};

static void
desk_init(struct desk *d, uint64_t seed)
{
	const struct sim_options options = { .span_max = UTIME_NEVER,
		.seed = seed };

	d->world = world_sim_new(&options);
	d->vfs = sqlite3_vfs_find(world_storage_vfs(d->world));
	d->f = &d->file.base;
}

static void
desk_open(struct desk *d, const char *name)
{
	assert_int_equal(
	    d->vfs->xOpen(d->vfs, name, d->f, OPEN_FLAGS, NULL), SQLITE_OK);
}

static bool
is_there(struct desk *d, const char *name)
{
	int there;

	(void)d->vfs->xAccess(d->vfs, name, SQLITE_ACCESS_EXISTS, &there);
	return there != 0;
}

static int
put(struct desk *d, int byte, size_t len, size_t at)
{
	static char bytes[64 * SIM_SECTOR];

	assert_true(len <= sizeof(bytes));
	memset(bytes, byte, len);
	return d->f->pMethods->xWrite(d->f, bytes, (int)len, (sqlite3_int64)at);
}

static void
sync_file(struct desk *d)
{
	assert_int_equal(
	    d->f->pMethods->xSync(d->f, SQLITE_SYNC_FULL), SQLITE_OK);
}

static int64_t
size_of(struct desk *d)
{
	sqlite3_int64 size = -1;

	(void)d->f->pMethods->xFileSize(d->f, &size);
	return size;
}

static char
byte_at(struct desk *d, size_t at)
{
	char byte = '?';

	(void)d->f->pMethods->xRead(d->f, &byte, 1, (sqlite3_int64)at);
	return byte;
}

/* The program dies; its file is opened again. */
static void
crash(struct desk *d, enum disk_crash left)
{
	sim_crash_disk(d->world, left);
	assert_int_not_equal(put(d, 'x', 1, 0), SQLITE_OK);
	(void)d->f->pMethods->xClose(d->f);
	desk_open(d, "f");
}

static void
desk_fini(struct desk *d)
{
	(void)d->f->pMethods->xClose(d->f);
	world_destroy(&d->world);
}

static void
test_only_what_was_synced(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 1);
	desk_open(&d, "f");
	(void)put(&d, 'a', 3 * SIM_BLOCK, 0);
	sync_file(&d);
	(void)put(&d, 'b', SIM_SECTOR, SIM_BLOCK);
	(void)put(&d, 'c', SIM_BLOCK, 4 * SIM_BLOCK);
	crash(&d, CRASH_LOSES);
	assert_int_equal(size_of(&d), 3 * SIM_BLOCK);
	assert_int_equal(byte_at(&d, SIM_BLOCK), 'a');
	(void)put(&d, 'b', SIM_SECTOR, SIM_BLOCK);
	crash(&d, CRASH_KEEPS);
	assert_int_equal(byte_at(&d, SIM_BLOCK), 'b');
	crash(&d, CRASH_LOSES);
	assert_int_equal(byte_at(&d, SIM_BLOCK), 'b');
	desk_fini(&d);
}

/* What was cut off without a sync is there again. */
static void
test_truncation_is_undone(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 1);
	desk_open(&d, "f");
	(void)put(&d, 'a', 3 * SIM_BLOCK, 0);
	sync_file(&d);
	(void)d.f->pMethods->xTruncate(d.f, 10);
	assert_int_equal(size_of(&d), 10);
	crash(&d, CRASH_LOSES);
	assert_int_equal(size_of(&d), 3 * SIM_BLOCK);
	for (size_t at = 0; at < 3 * SIM_BLOCK; at += SIM_SECTOR)
		assert_int_equal(byte_at(&d, at), 'a');
	desk_fini(&d);
}

static void
test_torn_by_sectors(void **state)
{
	unsigned old = 0, new = 0;
	struct desk d;

	(void)state;
	desk_init(&d, 3);
	desk_open(&d, "f");
	(void)put(&d, 'a', 32 * SIM_SECTOR, 0);
	sync_file(&d);
	(void)put(&d, 'b', 32 * SIM_SECTOR, 0);
	crash(&d, CRASH_TEARS);
	for (size_t n = 0; n < 32; n++) {
		char first = byte_at(&d, n * SIM_SECTOR);

		assert_int_equal(byte_at(&d, (n + 1) * SIM_SECTOR - 1), first);
		old += first == 'a';
		new += first == 'b';
	}
	assert_int_equal(old + new, 32);
	assert_true(old > 5);
	assert_true(new > 5);
	desk_fini(&d);
}

static void
test_names(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 1);
	desk_open(&d, "f");
	(void)put(&d, 'a', 1, 0);
	crash(&d, CRASH_LOSES);
	assert_int_equal(size_of(&d), 0);
	(void)put(&d, 'a', 1, 0);
	sync_file(&d);
	(void)d.vfs->xDelete(d.vfs, "f", 0);
	assert_false(is_there(&d, "f"));
	crash(&d, CRASH_LOSES);
	assert_int_equal(size_of(&d), 1);
	(void)d.vfs->xDelete(d.vfs, "f", 1);
	crash(&d, CRASH_LOSES);
	assert_int_equal(size_of(&d), 0);
	desk_fini(&d);
}

static void
test_states(void **state)
{
	/* Of writing in place, growing, syncing and reading. */
	static const struct {
		enum disk_state state;
		int want[4];
	} rows[] = {
		{ DISK_OK, { SQLITE_OK, SQLITE_OK, SQLITE_OK, SQLITE_OK } },
		{ DISK_FULL, { SQLITE_OK, SQLITE_FULL, SQLITE_OK, SQLITE_OK } },
		{ DISK_EIO,
		    { SQLITE_IOERR_WRITE, SQLITE_IOERR_WRITE,
			SQLITE_IOERR_FSYNC, SQLITE_IOERR_READ } },
		{ DISK_EIO_READ,
		    { SQLITE_OK, SQLITE_OK, SQLITE_OK, SQLITE_IOERR_READ } },
		{ DISK_EIO_WRITE,
		    { SQLITE_IOERR_WRITE, SQLITE_IOERR_WRITE, SQLITE_OK,
			SQLITE_OK } },
		{ DISK_EIO_SYNC,
		    { SQLITE_OK, SQLITE_OK, SQLITE_IOERR_FSYNC, SQLITE_OK } },
	};
	struct desk d;
	char byte;

	(void)state;
	desk_init(&d, 1);
	desk_open(&d, "f");
	(void)put(&d, 'a', 10, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		sim_set_disk(d.world, rows[i].state);
		assert_int_equal(put(&d, 'b', 10, 0), rows[i].want[0]);
		assert_int_equal(
		    put(&d, 'c', 10, (size_t)size_of(&d)), rows[i].want[1]);
		assert_int_equal(d.f->pMethods->xSync(d.f, 0), rows[i].want[2]);
		assert_int_equal(
		    d.f->pMethods->xRead(d.f, &byte, 1, 0), rows[i].want[3]);
	}
	desk_fini(&d);
}

/* ---- under SQLite ---- */

static sqlite3 *
db_open(struct desk *d)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2("queue.db", &db, OPEN_FLAGS,
			     world_storage_vfs(d->world)),
	    SQLITE_OK);
	/* Small, so that there are checkpoints among what is stopped. */
	(void)sqlite3_exec(db,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "PRAGMA wal_autocheckpoint=5;"
	    "CREATE TABLE IF NOT EXISTS row(n INTEGER PRIMARY KEY, b BLOB)",
	    NULL, NULL, NULL);
	return db;
}

static int64_t
db_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t number;

	assert_int_equal(
	    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return number;
}

/* Rows of several pages, one in a transaction; how many were committed. */
static int64_t
commit_rows(sqlite3 *db)
{
	int64_t n = 0;

	while (n < 30 &&
	    sqlite3_exec(db, "INSERT INTO row(b) VALUES(randomblob(6000))",
		NULL, NULL, NULL) == SQLITE_OK)
		n++;
	return n;
}

static void
on_trap(void *owner)
{
	++*(unsigned *)owner;
}

/* Stops SQLite's work behind `operations`; false when it was done before. */
static bool
stop_behind(uint64_t operations, enum disk_crash left)
{
	unsigned traps = 0;
	struct desk d;
	sqlite3 *db;
	int64_t committed;

	desk_init(&d, operations);
	db = db_open(&d);
	sim_trap_disk(d.world, operations, on_trap, &traps);
	committed = commit_rows(db);
	sim_set_disk(d.world, DISK_OK);
	sim_crash_disk(d.world, left);
	(void)sqlite3_close(db);
	db = db_open(&d);
	/* One more may be there whole: its sync was the last to be done. */
	assert_in_range(db_number(db, "SELECT count(*) FROM row"), committed,
	    committed + 1);
	assert_int_equal(db_number(db, "SELECT max(n) FROM row"),
	    db_number(db, "SELECT count(*) FROM row"));
	assert_int_equal(db_number(db,
			     "SELECT count(*) FROM pragma_integrity_check"
			     " WHERE integrity_check <> 'ok'"),
	    0);
	(void)sqlite3_close(db);
	world_destroy(&d.world);
	return traps > 0;
}

static void
test_sqlite_finds_each_commit(void **state)
{
	uint64_t n;

	(void)state;
	for (n = 1; stop_behind(n, CRASH_LOSES); n++)
		(void)stop_behind(n, CRASH_TEARS);
	/* 30 commits, each with its frames and its sync. */
	assert_true(n > 100);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_only_what_was_synced);
	TEST(&kit, test_truncation_is_undone);
	TEST(&kit, test_torn_by_sectors);
	TEST(&kit, test_names);
	TEST(&kit, test_states);
	TEST(&kit, test_sqlite_finds_each_commit);
	return kit_run(&kit, "sim_disk");
}
