/* SPDX-License-Identifier: MIT */
/* Bounce messages and the disk: a bounce and its message are there together, or
 * neither is; and what a migrated queue and a restart keep. */
#include "relay/queue/spool_impl.h"
#include "relay/relay_impl.h"
#include "tests/unit/relay_stage.h"

#define TOLD                                                                   \
	STAGE_LISTEN ", \"routes\": [\"exchange.example [10.1.1.11]\", "       \
		     "\"b.example [10.1.1.12]\"], \"bounce\": "                \
		     "{\"hard_bounces\": true, \"max_retries\": 0}"

static const struct act refuses[] = {
	{ STAGE_RCPT, 1, 9, ACT_REPLY, "550 5.1.1 gone" },
	{ 0 },
};

/* While the disk refuses, nobody is told; then each is, once. */
static void
test_disk_refuses(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, TOLD);
	(void)stage_host(&s, "10.1.1.11", refuses);
	(void)stage_host(&s, "10.1.1.12", NULL);
	stage_send(&s, 0, "u v");
	/* Accepted by 18 ms; the refusals come at 26 ms. */
	stage_run_until(&s, 20 * UTIME_MS);
	assert_int_equal(relay_queued_recipients(s.relay), 2);
	sim_set_disk(s.world, DISK_EIO_WRITE);
	stage_run_until(&s, 10 * UTIME_S);
	assert_int_equal(stage_count_lines(&s.log, "Bounced:"), 2);
	assert_int_equal(stage_count_lines(&s.log, "generated"), 0);
	assert_true(buf_len(&s.faults) > 0);
	sim_set_disk(s.world, DISK_OK);
	stage_run(&s);
	assert_int_equal(
	    stage_count_lines(&s.log, "generated for bounce of MID 1"), 2);
	assert_int_equal(stage_count_lines(&s.log, "Bounced:"), 2);
	assert_int_equal(stage_count_lines(&s.log, "Message done"), 2);
	assert_int_equal(relay_queued_recipients(s.relay), 0);
	stage_fini(&s);
}

/* The relay ends while the disk refuses: what was not recorded comes again. */
static void
test_ends_before_the_disk(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, TOLD);
	(void)stage_host(&s, "10.1.1.11", refuses);
	(void)stage_host(&s, "10.1.1.12", NULL);
	stage_send(&s, 0, "u");
	stage_run_until(&s, 20 * UTIME_MS);
	sim_set_disk(s.world, DISK_EIO_WRITE);
	stage_run_until(&s, 10 * UTIME_S);
	assert_int_equal(stage_count_lines(&s.log, "Bounced:"), 1);
	relay_destroy(&s.relay);
	sim_set_disk(s.world, DISK_OK);
	stage_start_relay(&s);
	stage_run(&s);
	assert_int_equal(stage_count_lines(&s.log, "Bounced:"), 2);
	assert_int_equal(stage_count_lines(&s.log, "generated"), 1);
	assert_int_equal(stage_count_lines(&s.log, "Message done"), 1);
	stage_fini(&s);
}

/* ---- a queue of an older version ---- */

static void
take(void *owner, struct message *m, const struct spool_recipient *left,
    uint32_t count)
{
	unsigned *taken = owner;

	assert_int_equal(count, 1);
	assert_string_equal(m->sender, "s@b.example");
	assert_string_equal(m->recipients[0], "u@c.example");
	assert_null(m->notify);
	assert_null(m->profile);
	assert_true(ip_is_none(&m->client));
	assert_int_equal(left[0].attempts, 3);
	assert_int_equal(left[0].warnings, 0);
	++*taken;
	message_destroy(&m);
}

static int64_t
number_of(struct spool *s, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t number;

	assert_int_equal(
	    sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return number;
}

static struct version_row {
	const char *name, *sql;
} version_rows[] = {
	{ "version 1",
	    "CREATE TABLE message(mid INTEGER PRIMARY KEY, received_us INTEGER "
	    "NOT NULL, sender TEXT NOT NULL, size INTEGER NOT NULL, flags "
	    "INTEGER NOT NULL, recipients INTEGER NOT NULL);"
	    "CREATE TABLE recipient(mid INTEGER NOT NULL, rid INTEGER NOT "
	    "NULL, address TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,"
	    " due_us INTEGER NOT NULL DEFAULT 0, last_error TEXT, PRIMARY "
	    "KEY(mid, rid)) WITHOUT ROWID;"
	    "CREATE TABLE content(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
	    "CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT "
	    "NULL) WITHOUT ROWID;"
	    "INSERT INTO counter VALUES('mid', 8);"
	    "INSERT INTO message VALUES(7, 1, 's@b.example', 3, 0, 1);"
	    "INSERT INTO recipient VALUES(7, 0, 'u@c.example', 3, 5, NULL);"
	    "PRAGMA application_id=1718645620; PRAGMA user_version=1;" },
	{ "version 5",
	    "CREATE TABLE message( mid INTEGER PRIMARY KEY, received_us INTEGER"
	    " NOT NULL, sender TEXT NOT NULL, size INTEGER NOT NULL, flags "
	    "INTEGER NOT NULL, recipients INTEGER NOT NULL, ret INTEGER NOT "
	    "NULL DEFAULT 0, envid TEXT, content BLOB, profile TEXT);"
	    "CREATE TABLE recipient( mid INTEGER NOT NULL, rid INTEGER NOT "
	    "NULL, address TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,"
	    " due_us INTEGER NOT NULL DEFAULT 0, last_error TEXT, notify "
	    "INTEGER NOT NULL DEFAULT 0, orcpt TEXT, warnings INTEGER NOT NULL"
	    " DEFAULT 0, warned_us INTEGER NOT NULL DEFAULT 0, redirected "
	    "TEXT, PRIMARY KEY(mid, rid)) WITHOUT ROWID;"
	    "CREATE TABLE content(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
	    "CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT "
	    "NULL) WITHOUT ROWID;"
	    "INSERT INTO counter VALUES('mid', 8);"
	    "INSERT INTO message(mid, received_us, sender, size, flags, "
	    "recipients, content) VALUES(7, 1, 's@b.example', 3, 0, 1, 'x');"
	    "INSERT INTO recipient(mid, rid, address, attempts, due_us) "
	    "VALUES(7, 0, 'u@c.example', 3, 5);"
	    "PRAGMA application_id=1718645620; PRAGMA user_version=5;" },
};

static void
test_version(void **state)
{
	const struct version_row *row = *state;
	const struct sim_options options = { .span_max = UTIME_NEVER };
	const struct spool_hooks hooks = { 0 };
	struct world *w = world_sim_new(&options);
	struct err err = { 0 };
	unsigned taken = 0;
	struct spool *s;
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2("queue.db", &db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			     world_storage_vfs(w)),
	    SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, row->sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	/* Twice: what is up to date stays as it is. */
	for (unsigned round = 1; round <= 2; round++) {
		s = spool_open(w, "queue.db", &hooks, &err);
		if (s == NULL)
			fail_msg("%s", err.msg);
		assert_int_equal(number_of(s, "PRAGMA user_version"), 6);
		assert_true(spool_load(s, take, &taken, &err));
		assert_int_equal(taken, round);
		assert_int_equal(spool_next_mid(s), 7 + round);
		spool_close(&s);
	}
	world_destroy(&w);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_disk_refuses);
	TEST(&kit, test_ends_before_the_disk);
	ROWS(&kit, version_rows, test_version);
	return kit_run(&kit, "relay_bounce");
}
