/* SPDX-License-Identifier: MIT */
/*
 * The queue on disk: its transactions, when they are committed, and what
 * happens when that fails; see spool.h.
 */
#include "relay/queue/spool_impl.h"

/* Numbers are reserved on disk in blocks, the first at the start and the next
 * when half of one is left: so none is named before it is ours on disk, and
 * most messages need no extra write. */
#define SPOOL_MID_BLOCK 1000
/* How long a disk that refused is left alone before it is asked again. */
#define SPOOL_RETRY UTIME_S
/* Content in one transaction, so that neither SQLite's memory nor its log
 * grows with the size of a message. */
#define SPOOL_OPEN_BYTES_MAX ((uint64_t)1 << 20)

static void on_commit(struct timer *t);
static void on_synced(struct timer *t);
static bool end_moment(struct spool *s);

struct spool *
spool_open(struct world *w, const char *path, const struct spool_hooks *hooks,
    struct err *err)
{
	struct spool *s = xcalloc(1, sizeof(*s));

	s->world = w;
	s->hooks = *hooks;
	s->path = xstrdup(path);
	s->commit.fire = on_commit;
	s->synced.fire = on_synced;
	list_init(&s->tickets);
	list_init(&s->syncing);
	if (!spool_prepare(s, err)) {
		spool_note_damage(s);
		spool_abandon(s);
		spool_close(&s);
		return NULL;
	}
	(void)spool_reserve_mids(s, s->mid_next);
	if (s->in_moment && !end_moment(s))
		spool_commit_by(s, utime_add(world_now(w), SPOOL_RETRY));
	world_storage_wait(w);
	return s;
}

void
spool_note_damage(struct spool *s)
{
	if (sqlite3_errcode(s->db) == SQLITE_CORRUPT &&
	    s->hooks.on_damage != NULL)
		s->hooks.on_damage(s->hooks.owner);
}

bool
spool_records(const struct spool *s)
{
	return !s->refuses_records;
}

bool
spool_accepts(const struct spool *s)
{
	return !s->refuses_records && !s->refuses_mail;
}

/* ---- the transaction ---- */

bool
spool_run(struct spool *s, enum spool_statement which)
{
	sqlite3_stmt *stmt = s->statements[which];
	bool ok = sqlite3_step(stmt) == SQLITE_DONE;

	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	return ok;
}

void
spool_doom(struct spool *s)
{
	if (!s->is_doomed)
		err_set(&s->why, "%s", sqlite3_errmsg(s->db));
	s->is_doomed = true;
}

static void
begin_moment(struct spool *s)
{
	s->in_moment = true;
	if (!spool_run(s, SPOOL_BEGIN))
		spool_doom(s);
}

bool
spool_enter(struct spool *s)
{
	if (s->is_abandoned || (!s->in_moment && !spool_accepts(s)))
		return false;
	if (!s->in_moment) {
		begin_moment(s);
		spool_commit_by(
		    s, utime_add(world_now(s->world), SPOOL_LINGER));
	}
	if (s->is_doomed || s->open_bytes >= SPOOL_OPEN_BYTES_MAX)
		spool_commit_by(s, world_now(s->world));
	return !s->is_doomed;
}

void
spool_commit_by(struct spool *s, utime at)
{
	if (!timer_is_set(&s->commit) || at < s->commit.node.at)
		timer_set(s->world, &s->commit, at);
}

static void
tell_tickets(struct list *tickets, bool is_durable)
{
	struct list told;

	/* Whoever is told may put more; those wait for the next commit. */
	list_move_all(&told, tickets);
	while (!list_is_empty(&told)) {
		struct spool_ticket *t =
		    CONTAINER_OF(told.next, struct spool_ticket, link);

		list_remove(&t->link);
		t->on_durable(t, is_durable);
	}
}

/* Ends the present moment, with what has become of messages so far; false when
 * nothing of it is on disk. */
static bool
end_moment(struct spool *s)
{
	utime before = world_now(s->world), after;
	bool ok;

	spool_apply_changes(s);
	if (!s->is_doomed && !spool_run(s, SPOOL_COMMIT))
		spool_doom(s);
	after = world_storage_synced(s->world);
	gather_flush(&s->gather, before, after);
	s->flushing += after - before;
	ok = !s->is_doomed;
	if (ok) {
		spool_forget_changes(s);
		s->mid_durable = s->mid_reserved;
	} else {
		if (!sqlite3_get_autocommit(s->db))
			(void)spool_run(s, SPOOL_ROLLBACK);
		s->mid_reserved = s->mid_durable;
	}
	s->in_moment = s->is_doomed = false;
	s->open_bytes = 0;
	return ok;
}

utime
spool_flushing(const struct spool *s)
{
	return s->flushing;
}

/* ---- faults ---- */

/* After a fault: first what has become of messages must be recorded; when as
 * much as a message can be written, messages are welcome again. */
static void
try_again(struct spool *s)
{
	bool recorded = !s->refuses_records, ended = false;

	/* Its log may be full where the database has room. */
	(void)sqlite3_wal_checkpoint_v2(
	    s->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	if (s->refuses_records || s->change_count > 0) {
		begin_moment(s);
		/* What is written must be new, or nothing is. */
		spool_put_counter(s, "asked_us", (uint64_t)world_now(s->world));
		ended = end_moment(s);
		s->refuses_records = !ended;
	}
	if (!s->refuses_records)
		s->refuses_mail = !spool_probe(s);
	if (!spool_accepts(s))
		spool_commit_by(s, utime_add(world_now(s->world), SPOOL_RETRY));
	if (spool_records(s) && !recorded)
		s->hooks.on_recovered(s->hooks.owner);
	world_storage_wait(s->world);
	tell_tickets(&s->tickets, ended);
}

static void
on_synced(struct timer *t)
{
	struct spool *s = CONTAINER_OF(t, struct spool, synced);

	tell_tickets(&s->syncing, true);
}

/* What was committed counts when it is on disk, which a simulation may have
 * wait for. */
static void
await_sync(struct spool *s)
{
	utime at = world_storage_synced(s->world);

	if (at <= world_now(s->world)) {
		tell_tickets(&s->tickets, true);
		return;
	}
	list_move_all(&s->syncing, &s->tickets);
	timer_set(s->world, &s->synced, at);
}

static void
commit_now(struct spool *s)
{
	if (!spool_accepts(s) && !s->in_moment) {
		try_again(s);
		return;
	}
	if (!s->in_moment)
		begin_moment(s);
	if (end_moment(s)) {
		await_sync(s);
		return;
	}
	s->refuses_records = s->refuses_mail = true;
	spool_commit_by(s, utime_add(world_now(s->world), SPOOL_RETRY));
	s->hooks.on_fault(s->hooks.owner, &s->why);
	tell_tickets(&s->tickets, false);
}

/* A commit waits for the sync of the one before. */
static void
on_commit(struct timer *t)
{
	struct spool *s = CONTAINER_OF(t, struct spool, commit);

	if (timer_is_set(&s->synced))
		spool_commit_by(s, s->synced.node.at);
	else
		commit_now(s);
}

static void
finish_sync(struct spool *s)
{
	world_storage_wait(s->world);
	timer_stop(s->world, &s->synced);
	tell_tickets(&s->syncing, true);
}

void
spool_record(struct spool *s)
{
	if (s->is_abandoned)
		return;
	finish_sync(s);
	if (!s->in_moment && s->change_count == 0)
		return;
	timer_stop(s->world, &s->commit);
	commit_now(s);
	finish_sync(s);
}

/* ---- the end ---- */

/* The last transaction: what is pending, and the numbers not used. */
static void
close_moment(struct spool *s)
{
	bool has_spare = s->mid_reserved > s->mid_next;

	timer_stop(s->world, &s->commit);
	timer_stop(s->world, &s->synced);
	if (s->is_abandoned)
		return;
	if (!s->in_moment && (has_spare || s->change_count > 0))
		begin_moment(s);
	if (has_spare && !s->is_doomed) {
		(void)sqlite3_bind_int64(s->statements[SPOOL_SET_MID], 1,
		    (sqlite3_int64)s->mid_next);
		if (!spool_run(s, SPOOL_SET_MID))
			spool_doom(s);
	}
	if (s->in_moment && !end_moment(s))
		s->hooks.on_fault(s->hooks.owner, &s->why);
}

void
spool_abandon(struct spool *s)
{
	s->is_abandoned = true;
}

void
spool_close(struct spool **sp)
{
	struct spool *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	close_moment(s);
	if (!s->is_abandoned)
		world_storage_wait(s->world);
	while (!list_is_empty(&s->tickets))
		list_remove(s->tickets.next);
	while (!list_is_empty(&s->syncing))
		list_remove(s->syncing.next);
	spool_close_database(s);
	spool_forget_changes(s);
	free(s->changes);
	free(s->path);
	free(s);
}

/* ---- numbers ---- */

bool
spool_reserve_mids(struct spool *s, uint64_t mid)
{
	uint64_t end = mid + 1 + SPOOL_MID_BLOCK;

	if (mid + SPOOL_MID_BLOCK / 2 < s->mid_reserved)
		return true;
	if (!spool_enter(s))
		return mid < s->mid_durable;
	(void)sqlite3_bind_int64(
	    s->statements[SPOOL_SET_MID], 1, (sqlite3_int64)end);
	if (!spool_run(s, SPOOL_SET_MID)) {
		spool_doom(s);
		return false;
	}
	s->mid_reserved = end;
	return true;
}

/* All numbers that are ours on disk have been given: what is in the transaction
 * is committed, and the next one is open.  Those who waited for it are told
 * when the present callback has returned. */
static void
commit_numbers(struct spool *s)
{
	world_storage_wait(s->world);
	if (!spool_run(s, SPOOL_COMMIT)) {
		spool_doom(s);
		return;
	}
	world_storage_wait(s->world);
	s->mid_durable = s->mid_reserved;
	s->open_bytes = 0;
	while (!list_is_empty(&s->tickets)) {
		struct list *link = s->tickets.next;

		list_remove(link);
		list_append(&s->syncing, link);
	}
	timer_set(s->world, &s->synced, world_now(s->world));
	if (!spool_run(s, SPOOL_BEGIN))
		spool_doom(s);
}

uint64_t
spool_next_mid(struct spool *s)
{
	(void)spool_reserve_mids(s, s->mid_next);
	if (s->mid_next >= s->mid_durable && s->in_moment && !s->is_doomed)
		commit_numbers(s);
	return s->mid_next++;
}

void
spool_skip_mids(struct spool *s, uint64_t mid)
{
	if (mid > s->mid_next)
		s->mid_next = mid;
	(void)spool_reserve_mids(s, s->mid_next);
}

uint64_t
spool_last_mid(const struct spool *s)
{
	return s->mid_next - 1;
}

void
spool_expect(struct spool *s, int change)
{
	if (change > 0)
		gather_arrive(&s->gather);
	else
		gather_leave(&s->gather);
}

/* ---- tickets ---- */

void
spool_ticket_cancel(struct spool_ticket *ticket)
{
	if (ticket->link.next != NULL)
		list_remove(&ticket->link);
}

void
spool_take_ticket(struct spool *s, struct spool_ticket *ticket)
{
	list_append(&s->tickets, &ticket->link);
	spool_commit_by(s, gather_wait(&s->gather, world_now(s->world)));
}
