/* SPDX-License-Identifier: MIT */
/*
 * The relay stopped at each write and each sync of a small run, or at each
 * moment of one whose syncs take a while, the disk then losing, tearing or
 * keeping what was not synced: behind the next start each recipient
 * that was acknowledged has been delivered, has bounced, or is queued; what was
 * delivered long enough before is not queued; in the end all have arrived; and
 * no MID is given twice.
 */
#include "relay/queue/spool_impl.h"
#include "relay/relay_impl.h"
#include "tests/unit/relay_stage.h"

#define MESSAGES 5
/* How long what was delivered may be on its way to the disk. */
#define RECORDED (4 * SPOOL_LINGER)

/* One recipient bounces, some have to wait. */
static const struct act acts[] = {
	{ STAGE_RCPT, 3, 3, ACT_REPLY, "550 5.1.1 gone" },
	{ STAGE_RCPT, 5, 5, ACT_REPLY, "450 4.2.1 busy" },
	{ STAGE_EOD, 4, 4, ACT_REPLY, "452 4.3.1 full" },
	{ 0 },
};

struct run {
	struct stage stage;
	struct stage_host *host;
	struct stage_client *clients[MESSAGES];
	struct buf delivered, delivered_before; /* as the host has them */
	struct buf queued;                      /* a line each */
	bool is_trapped;
};

/* Message n is from m<n>@b.example to one recipient, the even ones to two;
 * every third has several pieces. */
static void
send_message(struct run *r, unsigned n)
{
	struct buf script = { 0 };

	buf_printf(&script, "EHLO c|MAIL FROM:<m%u@b.example>", n);
	buf_printf(&script, "|RCPT TO:<u%u@exchange.example>", n);
	if (n % 2 == 0)
		buf_printf(&script, "|RCPT TO:<v%u@exchange.example>", n);
	buf_append_cstr(&script, "|DATA|Subject: x\r\n\r\n");
	for (unsigned i = 0; n % 3 == 0 && i < 2500; i++)
		buf_printf(&script, "line %060u of the content\r\n", i);
	buf_append_cstr(&script, ".|QUIT");
	r->clients[n] =
	    stage_client(&r->stage, (int)n / 3, "10.0.0.9", buf_cstr(&script));
	buf_fini(&script);
}

static void
on_trap(void *owner)
{
	struct run *r = owner;

	r->is_trapped = true;
	world_stop(r->stage.world);
}

static void
note_delivered(struct run *r)
{
	buf_clear(&r->delivered_before);
	buf_append(&r->delivered_before, buf_slice(&r->delivered));
	buf_clear(&r->delivered);
	buf_append(&r->delivered, buf_slice(&r->host->got));
}

/* Until the disk stops, or for ten seconds. */
static void
run_to(struct run *r, utime until)
{
	struct world *w = r->stage.world;
	struct err err;

	while (!r->is_trapped && world_now(w) < until) {
		utime next = world_now(w) + RECORDED + 3 * stage_sync_time;

		note_delivered(r);
		assert_true(
		    sim_run_until(w, next < until ? next : until, &err));
	}
	buf_clear(&r->delivered);
	buf_append(&r->delivered, buf_slice(&r->host->got));
}

static void
find_queued(struct run *r)
{
	sqlite3_stmt *stmt;

	assert_int_equal(
	    sqlite3_prepare_v2(r->stage.relay->spool->db,
		"SELECT sender, address FROM message JOIN recipient USING(mid)",
		-1, &stmt, NULL),
	    SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		buf_printf(&r->queued, "<%s> <%s>\n",
		    (const char *)sqlite3_column_text(stmt, 0),
		    (const char *)sqlite3_column_text(stmt, 1));
	sqlite3_finalize(stmt);
}

/* Whether a line tells of the recipient. */
static bool
tells(const struct buf *lines, unsigned n, char who)
{
	struct slice rest = buf_slice(lines), line;
	char from[40], to[40];

	(void)snprintf(from, sizeof(from), "<m%u@b.example>", n);
	(void)snprintf(to, sizeof(to), "<%c%u@exchange.example>", who, n);
	while (slice_split(&rest, '\n', &line))
		if (slice_find(line, slice_cstr(from)) < line.len &&
		    slice_find(line, slice_cstr(to)) < line.len)
			return true;
	return false;
}

/* Whether it was acknowledged, and is nowhere. */
static bool
is_lost(const struct run *r, unsigned n, char who)
{
	return stage_count_lines(
		   &r->clients[n]->seen, "250 2.0.0 ok:  Message") > 0 &&
	    !tells(&r->delivered, n, who) && !tells(&r->queued, n, who);
}

/* Those that bounced are nowhere, and no others. */
static void
check_all(const struct run *r, uint64_t when)
{
	unsigned lost = 0;

	for (unsigned i = 0; i < 2 * MESSAGES; i++) {
		unsigned n = i / 2;
		char who = i % 2 == 0 ? 'u' : 'v';

		if (who == 'v' && n % 2 != 0)
			continue;
		lost += is_lost(r, n, who);
		if (tells(&r->delivered_before, n, who) &&
		    tells(&r->queued, n, who))
			fail_msg("at %llu: <%c%u> was delivered, and is queued",
			    (unsigned long long)when, who, n);
	}
	if (lost > stage_count_lines(&r->stage.log, "Bounced:"))
		fail_msg("at %llu: %u were acknowledged, and are lost",
		    (unsigned long long)when, lost);
}

/* A new message gets a number that none had before the crash. */
static void
check_numbers(struct run *r, uint64_t when)
{
	uint64_t mid = spool_next_mid(r->stage.relay->spool);
	char line[40];

	(void)snprintf(line, sizeof(line), " Start MID %llu ICID",
	    (unsigned long long)mid);
	if (stage_count_lines(&r->stage.log, line) > 0)
		fail_msg("at %llu: MID %llu is given again",
		    (unsigned long long)when, (unsigned long long)mid);
}

/* Everybody who was acknowledged has the mail, or one has bounced. */
static void
check_end(struct run *r, uint64_t when)
{
	stage_run_until(&r->stage, UTIME_HOUR);
	assert_int_equal(relay_queued_recipients(r->stage.relay), 0);
	buf_clear(&r->queued);
	buf_clear(&r->delivered_before);
	buf_clear(&r->delivered);
	buf_append(&r->delivered, buf_slice(&r->host->got));
	check_all(r, when);
}

static void
run_begin(struct run *r)
{
	*r = (struct run){ 0 };
	stage_init(&r->stage, STAGE_ROUTES("10.1.1.11"));
	r->stage.whole_log = true;
	r->host = stage_host(&r->stage, "10.1.1.11", acts);
	for (unsigned n = 0; n < MESSAGES; n++)
		send_message(r, n);
}

/* `when`: for messages. */
static void
crash(struct run *r, enum disk_crash left, uint64_t when)
{
	sim_crash_disk(r->stage.world, left);
	relay_kill(&r->stage.relay);
	stage_start_relay(&r->stage);
	find_queued(r);
	check_all(r, when);
	check_numbers(r, when);
	check_end(r, when);
	buf_fini(&r->delivered);
	buf_fini(&r->delivered_before);
	buf_fini(&r->queued);
	stage_fini(&r->stage);
}

/* False when the run was over before so many operations. */
static bool
crash_behind(uint64_t operations, enum disk_crash left)
{
	struct run r;
	bool was_trapped;

	run_begin(&r);
	sim_trap_disk(r.stage.world, operations, on_trap, &r);
	run_to(&r, STAGE_START + 10 * UTIME_S);
	was_trapped = r.is_trapped;
	sim_set_disk(r.stage.world, DISK_OK);
	sim_trap_disk(r.stage.world, 0, NULL, NULL);
	crash(&r, left, operations);
	return was_trapped;
}

static void
crash_at(utime at, enum disk_crash left)
{
	struct run r;

	run_begin(&r);
	run_to(&r, at);
	crash(&r, left, (uint64_t)(at - STAGE_START));
}

static void
test_lost(void **state)
{
	uint64_t n = 1;

	(void)state;
	while (crash_behind(n, CRASH_LOSES))
		n++;
	assert_true(n > 100);
}

static void
test_torn(void **state)
{
	uint64_t n = 1;

	(void)state;
	/* Some of them: each tears in its own way. */
	while (crash_behind(n, CRASH_TEARS))
		n += 5;
	assert_true(n > 100);
}

/* A sync takes longer than a reply is on its way: who is told 250 before it is
 * over has it before the crash. */
static void
test_slow_syncs(void **state)
{
	static const enum disk_crash lefts[] = { CRASH_LOSES, CRASH_TEARS,
		CRASH_KEEPS };

	(void)state;
	stage_sync_time = 40 * UTIME_MS;
	for (utime second = 0; second < 2; second++)
		for (utime ms = 1; ms < 300; ms += 9)
			for (size_t i = 0; i < ARRAY_LEN(lefts); i++)
				crash_at(STAGE_START + second * UTIME_S +
					ms * UTIME_MS,
				    lefts[i]);
	stage_sync_time = 0;
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_lost);
	TEST(&kit, test_torn);
	TEST(&kit, test_slow_syncs);
	return kit_run(&kit, "relay_crash");
}
