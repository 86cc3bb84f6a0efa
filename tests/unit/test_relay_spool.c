/* SPDX-License-Identifier: MIT */
/* What the relay leaves on disk: nothing of what is finished, and of what is
 * not, that alone.  A restart shows it. */
#include "relay/relay_impl.h"
#include "relay/spool_impl.h"
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

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_nothing_is_left);
	TEST(&kit, test_the_rest_is_left);
	TEST(&kit, test_utf8_is_left);
	return kit_run(&kit, "relay_spool");
}
