/* SPDX-License-Identifier: MIT */
/* What the relay leaves on disk: nothing of what is finished, and of what is
 * not, that alone.  A restart shows it. */
#include "relay/queue/spool_impl.h"
#include "relay/relay_impl.h"
#include "tests/unit/relay_stage.h"

#define ONE STAGE_ROUTES("10.1.1.11")

static int64_t
rows_of(const struct stage *s, const char *table)
{
	struct buf sql = { 0 };
	sqlite3_stmt *stmt;
	int64_t rows;

	buf_printf(&sql, "SELECT count(*) FROM %s", table);
	assert_int_equal(sqlite3_prepare_v2(s->relay->spool->db, buf_cstr(&sql),
			     -1, &stmt, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	rows = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	buf_fini(&sql);
	return rows;
}

static void
test_nothing_is_left(void **state)
{
	static const struct act mixed[] = {
		{ STAGE_RCPT, 2, 2, ACT_REPLY, "550 5.1.1 gone" },
		{ 0 },
	};
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	(void)stage_host(&s, "10.1.1.11", mixed);
	stage_send(&s, 0, "u v");
	stage_send(&s, 1, "w");
	stage_run(&s);
	assert_int_equal(rows_of(&s, "message"), 0);
	assert_int_equal(rows_of(&s, "recipient"), 0);
	assert_int_equal(rows_of(&s, "content"), 0);
	stage_fini(&s);
}

/* One is delivered and one bounces before the restart; both stay finished. */
static void
test_the_rest_is_left(void **state)
{
	static const struct act mixed[] = {
		{ STAGE_RCPT, 1, 1, ACT_REPLY, "550 5.1.1 gone" },
		{ STAGE_RCPT, 2, 2, ACT_REPLY, "450 4.2.1 busy" },
		{ 0 },
	};
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	(void)stage_host(&s, "10.1.1.11", mixed);
	stage_send(&s, 0, "u v w");
	stage_run_until(&s, 20 * UTIME_S);
	assert_int_equal(rows_of(&s, "recipient"), 1);
	buf_clear(&s.log);
	stage_restart_relay(&s);
	assert_int_equal(relay_queued_recipients(s.relay), 1);
	stage_run(&s);
	assert_log(&s,
	    OPENED("60", "1", "10.1.1.11") STARTED("60", "1", "1", "1") DONE(
		"60", "1", "1", "1") FINISHED("60", "1") CLOSED("65", "1"));
	stage_fini(&s);
}

/* That a message needs SMTPUTF8 is on disk, too: the host offers none. */
static void
test_utf8_is_left(void **state)
{
	static const struct act busy[] = {
		{ STAGE_BANNER, 1, 1, ACT_REPLY, "431 4.3.1 busy" },
		{ 0 },
	};
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	(void)stage_host(&s, "10.1.1.11", busy);
	stage_client(&s, 0, "10.0.0.9",
	    "EHLO c|MAIL FROM:<a@b.example> SMTPUTF8|"
	    "RCPT TO:<u@exchange.example>|DATA|hi\r\n.|QUIT");
	stage_run_until(&s, 20 * UTIME_S);
	buf_clear(&s.log);
	stage_restart_relay(&s);
	stage_run(&s);
	assert_int_equal(stage_count_lines(&s.log, "('550', ['5.6.7 "), 1);
	assert_int_equal(stage_count_lines(&s.log, "Message done"), 0);
	stage_fini(&s);
}

/* ---- what is under way when the disk refuses or the relay ends ---- */

/* Commits are let through while `left` is above 0; when the last was. */
struct gate {
	struct stage *stage;
	int left;
	utime at;
};

static int
on_commit(void *owner)
{
	struct gate *g = owner;

	g->at = world_now(g->stage->world);
	return g->left-- <= 0;
}

/* A large message is on disk in part when its last commit fails: nothing of it
 * stays, though the relay goes on. */
static void
test_refused_large(void **state)
{
	struct buf script = { 0 };
	struct gate gate = { .left = 1 };
	struct stage_client *c;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	gate.stage = &s;
	buf_append_cstr(&script,
	    "EHLO c|MAIL FROM:<a@b.example>|"
	    "RCPT TO:<u@exchange.example>|DATA|");
	for (unsigned i = 0; i < 24000; i++)
		buf_printf(&script, "line %060u of the content\r\n", i);
	buf_append_cstr(&script, ".|QUIT");
	c = stage_client(&s, 1, "10.0.0.9", buf_cstr(&script));
	stage_run_until(&s, UTIME_S / 2);
	(void)sqlite3_commit_hook(s.relay->spool->db, on_commit, &gate);
	stage_run_until(&s, UTIME_S + 500 * UTIME_MS);
	assert_int_equal(stage_count_lines(&c->seen, "452 4.3.1"), 1);
	assert_int_equal(gate.left, -1);
	assert_true(rows_of(&s, "content") > 0);
	(void)sqlite3_commit_hook(s.relay->spool->db, NULL, NULL);
	stage_run_until(&s, 10 * UTIME_S);
	assert_int_equal(rows_of(&s, "content"), 0);
	buf_fini(&script);
	stage_fini(&s);
}

struct stop {
	struct timer timer;
	struct world *world;
};

static void
on_stop(struct timer *t)
{
	world_stop(CONTAINER_OF(t, struct stop, timer)->world);
}

/* When a message that is sent after a second is committed. */
static utime
commit_time(void)
{
	struct gate gate = { .left = 100 };
	struct stage s;

	stage_init(&s, ONE);
	gate.stage = &s;
	stage_send(&s, 1, "u");
	stage_run_until(&s, UTIME_S);
	(void)sqlite3_commit_hook(s.relay->spool->db, on_commit, &gate);
	while (gate.at == 0)
		stage_run_until(
		    &s, world_now(s.world) - STAGE_START + UTIME_MS);
	stage_fini(&s);
	return gate.at;
}

/* The relay ends when the content is whole and its commit is due: the client
 * had no 250, and nothing of the message is kept. */
static void
test_ended_in_commit(void **state)
{
	struct stop stop = { .timer.fire = on_stop };
	struct stage_client *c;
	utime at = commit_time();
	struct err err;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	c = stage_client(&s, 1, "10.0.0.9",
	    "EHLO client|MAIL FROM:<a@b.example>|"
	    "RCPT TO:<u@exchange.example>|DATA|Subject: x\r\n\r\nhi\r\n.|QUIT");
	stage_run_until(&s, at - STAGE_START - 1);
	stop.world = s.world;
	timer_set(s.world, &stop.timer, at);
	(void)sim_run_until(s.world, at, &err);
	assert_false(list_is_empty(&s.relay->spool->tickets));
	stage_restart_relay(&s);
	stage_run(&s);
	assert_int_equal(stage_count_lines(&c->seen, "250 2.0.0 ok:"), 0);
	assert_int_equal(rows_of(&s, "message"), 0);
	assert_int_equal(stage_count_lines(&s.log, "Delivery start"), 0);
	stage_fini(&s);
}

/* A bounce message that is made while the disk refuses is told of in the log
 * when the end of the relay puts it on disk. */
static void
test_made_at_the_end(void **state)
{
	static const struct act gone[] = {
		{ STAGE_RCPT, 1, 1, ACT_REPLY, "550 5.1.1 gone" },
		{ 0 },
	};
	struct stage s;

	(void)state;
	stage_init(&s, ONE ", \"bounce\": {\"hard_bounces\": true}");
	s.whole_log = true;
	(void)stage_host(&s, "10.1.1.11", gone);
	stage_send(&s, 1, "u");
	while (stage_count_lines(&s.log, "Delivery start") == 0)
		stage_run_until(
		    &s, world_now(s.world) - STAGE_START + UTIME_MS / 2);
	sim_set_disk(s.world, DISK_EIO_WRITE);
	stage_run_until(&s, world_now(s.world) - STAGE_START + 100 * UTIME_MS);
	assert_int_equal(stage_count_lines(&s.log, "Bounced:"), 1);
	assert_int_equal(stage_count_lines(&s.log, "Start MID 2"), 0);
	sim_set_disk(s.world, DISK_OK);
	stage_restart_relay(&s);
	assert_int_equal(stage_count_lines(&s.log, "Start MID 2 ICID 0"), 1);
	assert_int_equal(relay_queued_recipients(s.relay), 1);
	stage_fini(&s);
}

static int
refuse(void *owner)
{
	(void)owner;
	return 1;
}

static void
on_durable(struct spool_ticket *t, bool is_durable)
{
	(void)t;
	assert_true(is_durable);
}

/* Numbers are asked for faster than they are reserved: none is given before it
 * is ours on disk, and what is committed for that is told to be, whatever
 * becomes of what comes behind it. */
static void
test_numbers_in_a_moment(void **state)
{
	const struct slice recipient = SLICE("u@exchange.example");
	struct spool_ticket ticket = { .on_durable = on_durable };
	struct message *m;
	uint64_t mid = 0;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	m = message_new(
	    spool_next_mid(s.relay->spool), SLICE("a@b"), &recipient, 1);
	assert_true(spool_put_message(s.relay->spool, m, SLICE(""), &ticket));
	for (int i = 0; i < 3000; i++) {
		mid = spool_next_mid(s.relay->spool);
		assert_true(mid < s.relay->spool->mid_durable);
	}
	assert_false(list_is_empty(&s.relay->spool->syncing));
	(void)sqlite3_commit_hook(s.relay->spool->db, refuse, NULL);
	stage_run_until(&s, UTIME_S / 2);
	assert_true(list_is_empty(&s.relay->spool->syncing));
	assert_int_equal(rows_of(&s, "message"), 1);
	buf_clear(&s.faults);
	sim_crash_disk(s.world, CRASH_LOSES);
	relay_kill(&s.relay);
	stage_start_relay(&s);
	assert_true(spool_next_mid(s.relay->spool) > mid);
	assert_int_equal(rows_of(&s, "message"), 1);
	message_destroy(&m);
	stage_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_nothing_is_left);
	TEST(&kit, test_the_rest_is_left);
	TEST(&kit, test_utf8_is_left);
	TEST(&kit, test_refused_large);
	TEST(&kit, test_ended_in_commit);
	TEST(&kit, test_made_at_the_end);
	TEST(&kit, test_numbers_in_a_moment);
	return kit_run(&kit, "relay_spool");
}
