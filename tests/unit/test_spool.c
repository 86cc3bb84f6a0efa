/* SPDX-License-Identifier: MIT */
/*
 * The queue on a virtual disk: what goes in comes out after a restart, what was
 * not committed does not, and numbers are given once.
 */
#include "core/world/world_sim.h"
#include "relay/queue/spool_impl.h"
#include "tests/unit/kit.h"

struct found {
	struct buf text; /* a line for each message and recipient */
	struct err err;
	bool ok;
};

struct desk {
	struct world *world;
	struct spool *spool;
	struct buf faults;
	unsigned recovered; /* how often that was told */
};

static void
on_fault(void *owner, const struct err *err)
{
	struct desk *d = owner;

	buf_printf(&d->faults, "%s\n", err->msg);
}

static void
on_recovered(void *owner)
{
	struct desk *d = owner;

	d->recovered++;
}

static struct spool *
open_spool(struct desk *d)
{
	const struct spool_hooks hooks = { d, on_fault, on_recovered, NULL };
	struct err err = { 0 };
	struct spool *s = spool_open(d->world, "queue.db", &hooks, &err);

	if (s == NULL)
		fail_msg("%s", err.msg);
	return s;
}

static void
desk_init(struct desk *d)
{
	const struct sim_options options = { .span_max = UTIME_NEVER };

	*d = (struct desk){ 0 };
	d->world = world_sim_new(&options);
	d->spool = open_spool(d);
}

/* Lets the present moment end. */
static void
settle(struct desk *d)
{
	struct err err;

	/* A disk that refuses is asked again each second, for ever. */
	assert_true(
	    sim_run_until(d->world, world_now(d->world) + 3 * UTIME_S, &err));
}

static void
desk_fini(struct desk *d)
{
	spool_close(&d->spool);
	world_destroy(&d->world);
	buf_fini(&d->faults);
}

/* What a crash leaves: what was synced, nothing of what was in memory. */
static void
crash(struct desk *d)
{
	sim_crash_disk(d->world, CRASH_LOSES);
	spool_abandon(d->spool);
	spool_close(&d->spool);
	d->spool = open_spool(d);
}

static void
on_message(void *owner, struct message *m, const struct spool_recipient *left,
    uint32_t count)
{
	struct found *f = owner;
	char client[IP_TEXT_MAX];

	buf_printf(&f->text, "%llu <%s> %lld %llu %u/%u%s%s\n",
	    (unsigned long long)m->mid, m->sender, (long long)m->received,
	    (unsigned long long)m->size_bytes, m->flags, m->recipient_count,
	    ip_is_none(&m->client) ? "" : " of ",
	    ip_is_none(&m->client) ? "" : ip_format(&m->client, client));
	for (uint32_t i = 0; i < count; i++) {
		buf_printf(&f->text, " %u <%s> %u %lld %.*s", left[i].rid,
		    m->recipients[left[i].rid], left[i].attempts,
		    (long long)left[i].due,
		    left[i].last_error.at != NULL ? (int)left[i].last_error.len
						  : 4,
		    left[i].last_error.at != NULL ? left[i].last_error.at
						  : "none");
		if (left[i].warnings > 0)
			buf_printf(&f->text, ", warned %u times, at %lld",
			    left[i].warnings, (long long)left[i].warned);
		if (left[i].redirected.len > 0)
			buf_printf(&f->text, ", goes to %.*s",
			    SLICE_ARG(left[i].redirected));
		buf_append_byte(&f->text, '\n');
	}
	message_destroy(&m);
}

#define assert_found(d, want) check_found((d), (want), __FILE__, __LINE__)
static void
check_found(struct desk *d, const char *want, const char *file, int line)
{
	struct found f = { 0 };

	f.ok = spool_load(d->spool, on_message, &f, &f.err);
	if (!f.ok)
		buf_printf(&f.text, "%s\n", f.err.msg);
	kit_assert_slice(buf_slice(&f.text), slice_cstr(want), file, line);
	buf_fini(&f.text);
}

struct waiter {
	struct spool_ticket ticket;
	int told; /* 0: not yet; 1: durable; -1: lost */
};

static void
on_durable(struct spool_ticket *t, bool is_durable)
{
	struct waiter *w = CONTAINER_OF(t, struct waiter, ticket);

	assert_int_equal(w->told, 0);
	w->told = is_durable ? 1 : -1;
}

/* A message for a@x and b@y with two pieces of content. */
static uint64_t
put(struct desk *d, struct waiter *w)
{
	const struct slice recipients[] = { SLICE("a@x"), SLICE("b@y") };
	uint64_t mid = spool_next_mid(d->spool);
	struct message *m =
	    message_new(mid, SLICE("s@z"), recipients, ARRAY_LEN(recipients));

	m->received = 5 * UTIME_S;
	m->client = ip_v4(10, 0, 0, 9);
	m->size_bytes = SPOOL_PIECE_BYTES + 3;
	m->flags = MESSAGE_8BIT;
	w->ticket.on_durable = on_durable;
	assert_true(spool_put_piece(d->spool, mid, 0, SLICE("first")));
	assert_true(spool_put_piece(d->spool, mid, 1, SLICE("\0second")));
	assert_true(spool_put_message(d->spool, m, SLICE(""), &w->ticket));
	message_destroy(&m);
	return mid;
}

#define MESSAGE(mid)   mid " <s@z> 5000000 65539 1/2 of 10.0.0.9\n"
#define RECIPIENTS_NEW " 0 <a@x> 0 0 none\n 1 <b@y> 0 0 none\n"

static void
test_round_trip(void **state)
{
	struct waiter w = { 0 };
	struct buf piece = { 0 };
	struct desk d;

	(void)state;
	desk_init(&d);
	assert_found(&d, "");
	assert_int_equal(put(&d, &w), 1);
	assert_int_equal(w.told, 0);
	settle(&d);
	assert_int_equal(w.told, 1);
	crash(&d);
	assert_found(&d, MESSAGE("1") RECIPIENTS_NEW);
	assert_true(spool_get_piece(d.spool, 1, 0, &piece));
	assert_slice(buf_slice(&piece), "first");
	assert_true(spool_get_piece(d.spool, 1, 1, &piece));
	assert_slices_equal(buf_slice(&piece), SLICE("\0second"));
	assert_false(spool_get_piece(d.spool, 1, 2, &piece));
	assert_int_equal(buf_len(&piece), 0);
	assert_false(spool_get_piece(d.spool, 2, 0, &piece));
	buf_fini(&piece);
	desk_fini(&d);
}

static void
test_requeue_and_finish(void **state)
{
	struct waiter w = { 0 };
	struct message m = { .mid = 1 };
	uint32_t rid = 1;
	char error[] = "452 full", name[] = "z.example";
	struct domain elsewhere = { .name = name };
	struct group g = {
		.message = &m,
		.rids = &rid,
		.count = 1,
		.attempts = 3,
		.state = GROUP_WAITING,
		.wait.at = 77 * UTIME_S,
	};
	struct buf piece = { 0 };
	struct desk d;

	(void)state;
	desk_init(&d);
	put(&d, &w);
	settle(&d);
	spool_finish_recipient(d.spool, 1, 0);
	spool_requeue(d.spool, &g);
	settle(&d);
	crash(&d);
	assert_found(&d, MESSAGE("1") " 1 <b@y> 3 77000000 none\n");
	g.last_error = error;
	g.warnings = 2;
	g.warned = 66 * UTIME_S;
	spool_requeue(d.spool, &g);
	settle(&d);
	crash(&d);
	assert_found(&d,
	    MESSAGE("1") " 1 <b@y> 3 77000000 452 full, warned 2 times, at "
			 "66000000\n");
	g.domain = &elsewhere;
	/* A new round begins there. */
	spool_redirect(d.spool, &g);
	settle(&d);
	crash(&d);
	assert_found(&d,
	    MESSAGE("1") " 1 <b@y> 3 0 452 full, warned 2 times, at "
			 "66000000, goes to z.example\n");
	spool_finish_recipient(d.spool, 1, 1);
	settle(&d);
	crash(&d);
	assert_found(&d, MESSAGE("1"));
	spool_drop_message(d.spool, 1, 2);
	settle(&d);
	crash(&d);
	assert_found(&d, "");
	assert_false(spool_get_piece(d.spool, 1, 0, &piece));
	assert_false(spool_get_piece(d.spool, 1, 1, &piece));
	assert_int_equal(buf_len(&d.faults), 0);
	buf_fini(&piece);
	desk_fini(&d);
}

/* What was not committed at the crash was never there. */
static void
test_crash_before_commit(void **state)
{
	struct waiter w = { 0 };
	struct desk d;

	(void)state;
	desk_init(&d);
	put(&d, &w);
	crash(&d);
	assert_int_equal(w.told, 0);
	assert_found(&d, "");
	desk_fini(&d);
}

/* Content of a message that was never accepted goes at the next start, and
 * nothing else does. */
static void
test_orphans(void **state)
{
	struct waiter w = { 0 };
	struct buf piece = { 0 };
	uint64_t orphan;
	struct desk d;

	(void)state;
	desk_init(&d);
	orphan = spool_next_mid(d.spool);
	assert_true(spool_put_piece(d.spool, orphan, 0, SLICE("begun")));
	assert_int_equal(put(&d, &w), orphan + 1);
	settle(&d);
	crash(&d);
	assert_true(spool_get_piece(d.spool, orphan, 0, &piece));
	assert_found(&d, MESSAGE("2") RECIPIENTS_NEW);
	assert_false(spool_get_piece(d.spool, orphan, 0, &piece));
	assert_true(spool_get_piece(d.spool, 2, 0, &piece));
	assert_true(spool_get_piece(d.spool, 2, 1, &piece));
	buf_fini(&piece);
	desk_fini(&d);
}

static void
test_numbers(void **state)
{
	uint64_t last = 0;
	struct desk d;

	(void)state;
	desk_init(&d);
	/* Beyond a block of reserved ones. */
	for (int i = 0; i < 2500; i++) {
		uint64_t mid = spool_next_mid(d.spool);

		assert_int_equal(mid, last + 1);
		last = mid;
	}
	settle(&d);
	/* Who closes in order goes on where it was. */
	spool_close(&d.spool);
	d.spool = open_spool(&d);
	assert_int_equal(spool_next_mid(d.spool), last + 1);
	settle(&d);
	/* Who crashes leaves a gap. */
	crash(&d);
	assert_true(spool_next_mid(d.spool) > last + 1);
	desk_fini(&d);
}

static void
test_ticket_cancelled(void **state)
{
	struct waiter w = { 0 };
	struct desk d;

	(void)state;
	desk_init(&d);
	spool_ticket_cancel(&w.ticket);
	put(&d, &w);
	spool_ticket_cancel(&w.ticket);
	settle(&d);
	assert_int_equal(w.told, 0);
	assert_found(&d, MESSAGE("1") RECIPIENTS_NEW);
	desk_fini(&d);
}

/* Who closes with something pending has it on disk, and nobody is told. */
static void
test_close(void **state)
{
	struct waiter w = { 0 };
	struct desk d;

	(void)state;
	desk_init(&d);
	put(&d, &w);
	spool_close(&d.spool);
	d.spool = open_spool(&d);
	settle(&d);
	assert_int_equal(w.told, 0);
	assert_found(&d, MESSAGE("1") RECIPIENTS_NEW);
	desk_fini(&d);
}

/* One flush serves all that came at one moment. */
static void
test_one_commit(void **state)
{
	struct waiter waiters[20] = { 0 };
	uint64_t before, one, many;
	struct desk d;

	(void)state;
	desk_init(&d);
	before = sim_storage_syncs(d.world);
	put(&d, &waiters[0]);
	settle(&d);
	one = sim_storage_syncs(d.world) - before;
	assert_true(one > 0);
	for (size_t i = 1; i < ARRAY_LEN(waiters); i++)
		put(&d, &waiters[i]);
	settle(&d);
	many = sim_storage_syncs(d.world) - before - one;
	assert_true(many <= one);
	for (size_t i = 0; i < ARRAY_LEN(waiters); i++)
		assert_int_equal(waiters[i].told, 1);
	desk_fini(&d);
}

/* ---- a disk that refuses ---- */

/* As sqlite3_commit_hook() wants it: no. */
static int
refuse(void *arg)
{
	(void)arg;
	return 1;
}

static void
test_commit_fails(void **state)
{
	struct waiter lost = { 0 }, kept = { 0 };
	uint64_t mid;
	struct desk d;

	(void)state;
	desk_init(&d);
	(void)sqlite3_commit_hook(d.spool->db, refuse, NULL);
	put(&d, &lost);
	settle(&d);
	assert_int_equal(lost.told, -1);
	assert_slice(buf_slice(&d.faults), "constraint failed\n");
	/* The disk is well again: the block of numbers that went with the
	 * commit is reserved anew, so that none is given twice. */
	(void)sqlite3_commit_hook(d.spool->db, NULL, NULL);
	settle(&d);
	assert_int_equal(d.recovered, 1);
	mid = put(&d, &kept);
	assert_int_equal(mid, 2);
	settle(&d);
	assert_int_equal(kept.told, 1);
	crash(&d);
	assert_found(&d, MESSAGE("2") RECIPIENTS_NEW);
	assert_true(spool_next_mid(d.spool) > mid);
	desk_fini(&d);
}

/* How often a fault was told. */
static size_t
fault_count(const struct desk *d)
{
	struct slice rest = buf_slice(&d->faults), line;
	size_t n = 0;

	while (slice_split(&rest, '\n', &line))
		n += line.len > 0;
	return n;
}

/* What a query of one number says. */
static int64_t
query(struct desk *d, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t number;

	assert_int_equal(
	    sqlite3_prepare_v2(d->spool->db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return number;
}

static void
set_pages(struct desk *d, unsigned more)
{
	char sql[64];
	int64_t pages = query(d, "PRAGMA page_count");

	(void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count=%lld",
	    (long long)pages + more);
	(void)query(d, sql);
}

/* The disk is full in the middle of a transaction, whereupon SQLite undoes all
 * of it: what is written behind that is not kept either. */
static void
test_full_midway(void **state)
{
	static char big[SPOOL_PIECE_BYTES];
	struct waiter before = { 0 }, behind = { 0 }, later = { 0 };
	const struct slice recipient = SLICE("c@x");
	struct message *m;
	uint64_t mid;
	struct desk d;

	(void)state;
	desk_init(&d);
	put(&d, &before);
	settle(&d);
	assert_int_equal(before.told, 1);
	set_pages(&d, 4);
	spool_finish_recipient(d.spool, 1, 0);
	mid = spool_next_mid(d.spool);
	assert_false(
	    spool_put_piece(d.spool, mid, 0, slice_of(big, sizeof(big))));
	m = message_new(mid + 1, SLICE("s@z"), &recipient, 1);
	behind.ticket.on_durable = on_durable;
	assert_false(spool_put_message(d.spool, m, SLICE(""), &behind.ticket));
	message_destroy(&m);
	spool_finish_recipient(d.spool, 1, 1);
	set_pages(&d, 1000);
	/* The recipients are recorded when the disk is asked again. */
	settle(&d);
	assert_int_equal(fault_count(&d), 1);
	crash(&d);
	assert_found(&d, MESSAGE("1"));
	put(&d, &later);
	settle(&d);
	assert_int_equal(later.told, 1);
	desk_fini(&d);
}

static void
ignore_trap(void *owner)
{
	(void)owner;
}

/* A disk that fails again at any of its operations while it is asked whether it
 * takes mail is asked the same way again. */
static void
test_refuses_when_asked(void **state)
{
	struct waiter w = { 0 };
	struct err err;
	struct desk d;

	(void)state;
	for (uint64_t n = 1; n < 60; n++) {
		w = (struct waiter){ 0 };
		desk_init(&d);
		sim_set_disk(d.world, DISK_EIO);
		put(&d, &w);
		assert_true(sim_run_until(
		    d.world, world_now(d.world) + 100 * UTIME_MS, &err));
		assert_false(spool_accepts(d.spool));
		sim_set_disk(d.world, DISK_OK);
		sim_trap_disk(d.world, n, ignore_trap, NULL);
		settle(&d);
		sim_trap_disk(d.world, 0, NULL, NULL);
		sim_set_disk(d.world, DISK_OK);
		settle(&d);
		if (!spool_accepts(d.spool))
			fail_msg("the disk failed at operation %llu, and no "
				 "mail is taken ever since",
			    (unsigned long long)n);
		assert_int_equal(query(&d, "SELECT count(*) FROM content"), 0);
		desk_fini(&d);
	}
}

/* Recipients that were finished while the disk refused do not come back, and
 * nothing new is taken in before that is on disk. */
static void
test_finished_while_refusing(void **state)
{
	struct waiter w = { 0 };
	struct err err;
	struct desk d;

	(void)state;
	desk_init(&d);
	put(&d, &w);
	settle(&d);
	(void)sqlite3_commit_hook(d.spool->db, refuse, NULL);
	spool_finish_recipient(d.spool, 1, 0);
	assert_true(
	    sim_run_until(d.world, world_now(d.world) + 20 * UTIME_MS, &err));
	assert_int_equal(fault_count(&d), 1);
	spool_finish_recipient(d.spool, 1, 1);
	assert_false(spool_put_piece(d.spool, 2, 0, SLICE("no")));
	(void)sqlite3_commit_hook(d.spool->db, NULL, NULL);
	settle(&d);
	assert_int_equal(fault_count(&d), 1);
	assert_true(spool_put_piece(d.spool, 2, 0, SLICE("yes")));
	spool_drop_message(d.spool, 2, 1);
	settle(&d);
	crash(&d);
	assert_found(&d, MESSAGE("1"));
	desk_fini(&d);
}

/* They are recorded at the close, too, though the disk was to rest. */
static void
test_close_behind(void **state)
{
	struct waiter w = { 0 };
	struct err err;
	struct desk d;

	(void)state;
	desk_init(&d);
	put(&d, &w);
	settle(&d);
	(void)sqlite3_commit_hook(d.spool->db, refuse, NULL);
	spool_drop_message(d.spool, 1, 2);
	assert_true(
	    sim_run_until(d.world, world_now(d.world) + 20 * UTIME_MS, &err));
	(void)sqlite3_commit_hook(d.spool->db, NULL, NULL);
	spool_close(&d.spool);
	d.spool = open_spool(&d);
	assert_found(&d, "");
	desk_fini(&d);
}

/* A number that was given before the commit of its block failed is not given
 * again once its message is on disk. */
static void
test_numbers_after_fault(void **state)
{
	const struct slice recipient = SLICE("c@x");
	struct waiter w = { .ticket.on_durable = on_durable };
	struct message *m;
	uint64_t mid;
	struct desk d;

	(void)state;
	desk_init(&d);
	(void)sqlite3_commit_hook(d.spool->db, refuse, NULL);
	mid = spool_next_mid(d.spool);
	settle(&d);
	(void)sqlite3_commit_hook(d.spool->db, NULL, NULL);
	settle(&d);
	m = message_new(mid, SLICE("s@z"), &recipient, 1);
	assert_true(spool_put_message(d.spool, m, SLICE(""), &w.ticket));
	message_destroy(&m);
	settle(&d);
	assert_int_equal(w.told, 1);
	crash(&d);
	assert_true(spool_next_mid(d.spool) > mid);
	desk_fini(&d);
}

/* The same of a number behind the block that was reserved by a commit that
 * succeeded: the next block went with the one that failed. */
static void
test_numbers_of_lost_block(void **state)
{
	const struct slice recipient = SLICE("c@x");
	struct waiter w = { .ticket.on_durable = on_durable };
	struct message *m;
	uint64_t mid = 0, end;
	struct desk d;

	(void)state;
	desk_init(&d);
	end = d.spool->mid_durable;
	(void)sqlite3_commit_hook(d.spool->db, refuse, NULL);
	/* The next block is reserved when half of this one is left. */
	while (mid < end / 2 + 10)
		mid = spool_next_mid(d.spool);
	assert_true(d.spool->mid_reserved > end);
	settle(&d);
	(void)sqlite3_commit_hook(d.spool->db, NULL, NULL);
	settle(&d);
	while (mid < end)
		mid = spool_next_mid(d.spool);
	m = message_new(mid, SLICE("s@z"), &recipient, 1);
	assert_true(spool_put_message(d.spool, m, SLICE(""), &w.ticket));
	message_destroy(&m);
	settle(&d);
	assert_int_equal(w.told, 1);
	crash(&d);
	assert_true(spool_next_mid(d.spool) > mid);
	desk_fini(&d);
}

/* A disk that has room for what becomes of messages, and none for a piece of a
 * new one, is not trusted with mail. */
static void
test_little_room(void **state)
{
	struct waiter lost = { 0 };
	struct desk d;

	(void)state;
	desk_init(&d);
	(void)sqlite3_commit_hook(d.spool->db, refuse, NULL);
	put(&d, &lost);
	settle(&d);
	assert_int_equal(lost.told, -1);
	set_pages(&d, 4);
	(void)sqlite3_commit_hook(d.spool->db, NULL, NULL);
	settle(&d);
	assert_true(spool_records(d.spool));
	assert_false(spool_accepts(d.spool));
	set_pages(&d, 1000);
	settle(&d);
	assert_true(spool_accepts(d.spool));
	desk_fini(&d);
}

/* A message that is dropped leaves no recipients behind. */
static void
test_drop_whole(void **state)
{
	struct waiter w = { 0 };
	struct desk d;

	(void)state;
	desk_init(&d);
	put(&d, &w);
	settle(&d);
	spool_drop_message(d.spool, 1, 2);
	settle(&d);
	assert_int_equal(query(&d, "SELECT count(*) FROM recipient"), 0);
	assert_int_equal(query(&d, "SELECT count(*) FROM content"), 0);
	assert_int_equal(query(&d, "SELECT count(*) FROM message"), 0);
	desk_fini(&d);
}

/* ---- files that are not ours ---- */

static void
run_sql(struct world *w, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2("queue.db", &db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			     world_storage_vfs(w)),
	    SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

static struct foreign_row {
	const char *name; /* the SQL that makes it */
} foreign_rows[] = {
	{ "CREATE TABLE message(x)" },
	{ "CREATE TABLE message(x); PRAGMA application_id=1718645620" },
	{ "CREATE TABLE message(x); PRAGMA user_version=1" },
	{ "CREATE TABLE message(x); PRAGMA application_id=1718645620; "
	  "PRAGMA user_version=-1" },
	{ "CREATE TABLE message(x); PRAGMA application_id=1718645620; "
	  "PRAGMA user_version=99" },
};

static void
test_foreign(void **state)
{
	const struct foreign_row *row = *state;
	const struct sim_options options = { .span_max = UTIME_NEVER };
	struct world *w = world_sim_new(&options);
	const struct spool_hooks hooks = { NULL, NULL, NULL, NULL };
	struct err err = { 0 };

	run_sql(w, row->name);
	assert_null(spool_open(w, "queue.db", &hooks, &err));
	assert_string_equal(err.file, "queue.db");
	assert_string_equal(err.msg,
	    "this database is no queue of this version; give a file that does "
	    "not exist, or one that it made");
	world_destroy(&w);
}

static void
test_damage(void **state)
{
	struct waiter w = { 0 };
	struct desk d;

	(void)state;
	desk_init(&d);
	put(&d, &w);
	settle(&d);
	run_sql(d.world, "UPDATE recipient SET rid=2 WHERE rid=1");
	assert_found(&d, "the queue cannot be read: MID 1 is damaged\n");
	run_sql(
	    d.world, "DELETE FROM recipient; UPDATE message SET recipients=-1");
	assert_found(&d, "the queue cannot be read: MID 1 is damaged\n");
	desk_fini(&d);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_round_trip);
	TEST(&kit, test_requeue_and_finish);
	TEST(&kit, test_crash_before_commit);
	TEST(&kit, test_orphans);
	TEST(&kit, test_numbers);
	TEST(&kit, test_ticket_cancelled);
	TEST(&kit, test_close);
	TEST(&kit, test_one_commit);
	TEST(&kit, test_commit_fails);
	TEST(&kit, test_full_midway);
	TEST(&kit, test_refuses_when_asked);
	TEST(&kit, test_finished_while_refusing);
	TEST(&kit, test_close_behind);
	TEST(&kit, test_numbers_after_fault);
	TEST(&kit, test_numbers_of_lost_block);
	TEST(&kit, test_little_room);
	TEST(&kit, test_drop_whole);
	ROWS(&kit, foreign_rows, test_foreign);
	TEST(&kit, test_damage);
	return kit_run(&kit, "spool");
}
