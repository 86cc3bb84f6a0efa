/* SPDX-License-Identifier: MIT */
/* The queue on disk; see spool.h. */
#include "relay/spool_impl.h"

/* Numbers are reserved on disk in blocks, so that a crash cannot lead to one
 * being given twice and most messages need no extra write. */
#define SPOOL_MID_BLOCK 1000
/* How long a disk that refused is left alone before it is asked to record what
 * happened meanwhile. */
#define SPOOL_RETRY UTIME_S

static const char *const spool_sql[] = {
#define X(constant, sql) (sql),
	SPOOL_STATEMENTS(X)
#undef X
};

static void spool_commit(struct timer *t);
static bool spool_prepare(struct spool *s, const char *path, struct err *err);
static bool write_made(struct spool *s, struct spool_made *made);

struct spool *
spool_open(struct world *w, const char *path, const struct spool_hooks *hooks,
    struct err *err)
{
	struct spool *s = xcalloc(1, sizeof(*s));

	s->world = w;
	s->hooks = *hooks;
	s->commit.fire = spool_commit;
	list_init(&s->tickets);
	if (!spool_prepare(s, path, err))
		spool_close(&s);
	return s;
}

static bool
spool_prepare(struct spool *s, const char *path, struct err *err)
{
	int flags =
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int64_t mid;

	if (sqlite3_open_v2(path, &s->db, flags, world_storage_vfs(s->world)) !=
	    SQLITE_OK)
		return spool_sql_fail(s, path, err);
	(void)sqlite3_busy_timeout(s->db, 5000);
	if (!spool_sql_exec(s,
		"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		"PRAGMA temp_store=MEMORY;"))
		return spool_sql_fail(s, path, err);
	if (!spool_check_schema(s, path, err))
		return false;
	for (size_t i = 0; i < SPOOL_STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(s->db, spool_sql[i], -1,
			SQLITE_PREPARE_PERSISTENT, &s->statements[i],
			NULL) != SQLITE_OK)
			return spool_sql_fail(s, path, err);
	if (!spool_sql_number(
		s, "SELECT value FROM counter WHERE name='mid'", &mid))
		return spool_sql_fail(s, path, err);
	s->mid_next = s->mid_reserved = s->mid_durable = (uint64_t)mid;
	return true;
}

static void
bind_slice(sqlite3_stmt *stmt, int index, struct slice text)
{
	(void)sqlite3_bind_text64(stmt, index, text.len > 0 ? text.at : "",
	    text.len, SQLITE_STATIC, SQLITE_UTF8);
}

static void
bind_u64(sqlite3_stmt *stmt, int index, uint64_t number)
{
	(void)sqlite3_bind_int64(stmt, index, (int64_t)number);
}

/* Runs a bound statement that gives no rows. */
static bool
run(struct spool *s, enum spool_statement which)
{
	sqlite3_stmt *stmt = s->statements[which];
	bool ok = sqlite3_step(stmt) == SQLITE_DONE;

	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	return ok;
}

/* Remembers the first thing that went wrong in this moment. */
static void
doom(struct spool *s)
{
	if (!s->is_doomed)
		err_set(&s->why, "the queue's disk refused a write: %s",
		    sqlite3_errmsg(s->db));
	s->is_doomed = true;
}

/* Runs a bound statement in the transaction.  A failure dooms all that is in
 * it: SQLite may have rolled it back on the spot, and what came later would be
 * written on its own. */
static bool
write_row(struct spool *s, enum spool_statement which)
{
	if (!run(s, which))
		doom(s);
	return !s->is_doomed;
}

static uint64_t
piece_id(uint64_t mid, uint32_t index)
{
	assert(index <= SPOOL_PIECES_MAX);
	return mid * SPOOL_PIECES_MAX + index;
}

/* Writes what a change says; it may be there already. */
static bool
apply_change(struct spool *s, const struct spool_change *change)
{
	sqlite3_stmt *stmt;

	if (change->made != NULL)
		return write_made(s, change->made);
	if (change->is_recipient) {
		stmt = s->statements[SPOOL_DROP_RECIPIENT];
		bind_u64(stmt, 1, change->mid);
		bind_u64(stmt, 2, change->number);
		return write_row(s, SPOOL_DROP_RECIPIENT);
	}
	stmt = s->statements[SPOOL_DROP_PIECES];
	bind_u64(stmt, 1, piece_id(change->mid, 0));
	bind_u64(stmt, 2, piece_id(change->mid, change->number));
	if (!write_row(s, SPOOL_DROP_PIECES))
		return false;
	bind_u64(s->statements[SPOOL_DROP_RECIPIENTS], 1, change->mid);
	if (!write_row(s, SPOOL_DROP_RECIPIENTS))
		return false;
	bind_u64(s->statements[SPOOL_DROP_MESSAGE], 1, change->mid);
	return write_row(s, SPOOL_DROP_MESSAGE);
}

/* Opens the transaction, with what an earlier one failed to record. */
static void
begin_moment(struct spool *s)
{
	s->in_moment = true;
	if (!run(s, SPOOL_BEGIN))
		doom(s);
	for (size_t i = 0; !s->is_doomed && i < s->change_count; i++)
		(void)apply_change(s, &s->changes[i]);
}

/* Enters the transaction that the present moment's writes go into; false when
 * it is doomed, or the disk rests after a fault. */
static bool
enter_transaction(struct spool *s)
{
	if (s->is_abandoned || (!s->in_moment && s->change_count > 0))
		return false;
	if (!s->in_moment) {
		timer_set(s->world, &s->commit, world_now(s->world));
		begin_moment(s);
	}
	return !s->is_doomed;
}

/* What has become of a message is true whatever the disk says to it: it is kept
 * until a commit has recorded it. */
static void
record_change(struct spool *s, struct spool_change change)
{
	bool entered = enter_transaction(s);

	s->changes = xgrow(s->changes, &s->change_cap, s->change_count + 1,
	    sizeof(s->changes[0]));
	s->changes[s->change_count++] = change;
	if (entered)
		(void)apply_change(s, &change);
}

static void
tell_tickets(struct spool *s, bool is_durable)
{
	struct list told;

	/* Whoever is told may put more; those wait for the next commit. */
	list_move_all(&told, &s->tickets);
	while (!list_is_empty(&told)) {
		struct spool_ticket *t =
		    CONTAINER_OF(told.next, struct spool_ticket, link);

		list_remove(&t->link);
		t->on_durable(t, is_durable);
	}
}

/* Ends the present moment; false when nothing of it is on disk. */
static bool
end_moment(struct spool *s)
{
	bool ok;

	if (!s->is_doomed && !run(s, SPOOL_COMMIT))
		doom(s);
	ok = !s->is_doomed;
	if (ok) {
		s->change_count = 0;
		s->mid_durable = s->mid_reserved;
	} else {
		if (!sqlite3_get_autocommit(s->db))
			(void)run(s, SPOOL_ROLLBACK);
		s->mid_reserved = s->mid_durable;
	}
	s->in_moment = s->is_doomed = false;
	return ok;
}

static void
spool_commit(struct timer *t)
{
	struct spool *s = CONTAINER_OF(t, struct spool, commit);
	bool ok;

	if (!s->in_moment)
		begin_moment(s);
	ok = end_moment(s);
	if (!ok) {
		s->hooks.on_fault(s->hooks.owner, &s->why);
		if (s->change_count > 0)
			timer_set(s->world, &s->commit,
			    utime_add(world_now(s->world), SPOOL_RETRY));
	}
	tell_tickets(s, ok);
}

/* The last transaction: what is pending, and the numbers not used. */
static void
close_moment(struct spool *s)
{
	bool has_spare = s->mid_reserved > s->mid_next;

	timer_stop(s->world, &s->commit);
	if (s->is_abandoned)
		return;
	if (!s->in_moment && (has_spare || s->change_count > 0))
		begin_moment(s);
	if (has_spare && !s->is_doomed) {
		bind_u64(s->statements[SPOOL_SET_MID], 1, s->mid_next);
		(void)write_row(s, SPOOL_SET_MID);
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
	while (!list_is_empty(&s->tickets))
		list_remove(s->tickets.next);
	for (size_t i = 0; i < SPOOL_STATEMENT_COUNT; i++)
		sqlite3_finalize(s->statements[i]);
	(void)sqlite3_close(s->db);
	free(s->changes);
	free(s);
}

/* Makes numbers up to `mid`, and a block behind it, ours on disk; what fails is
 * made up for when a message wants to be stored. */
static bool
reserve_mids(struct spool *s, uint64_t mid)
{
	uint64_t end = mid + 1 + SPOOL_MID_BLOCK;

	if (mid < s->mid_reserved)
		return true;
	if (!enter_transaction(s))
		return false;
	bind_u64(s->statements[SPOOL_SET_MID], 1, end);
	if (!write_row(s, SPOOL_SET_MID))
		return false;
	s->mid_reserved = end;
	return true;
}

uint64_t
spool_next_mid(struct spool *s)
{
	(void)reserve_mids(s, s->mid_next);
	return s->mid_next++;
}

uint64_t
spool_last_mid(const struct spool *s)
{
	return s->mid_next - 1;
}

static bool
write_piece(struct spool *s, uint64_t mid, uint32_t index, struct slice bytes)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_PUT_PIECE];

	assert(index < SPOOL_PIECES_MAX);
	bind_u64(stmt, 1, piece_id(mid, index));
	(void)sqlite3_bind_blob64(stmt, 2, bytes.at, bytes.len, SQLITE_STATIC);
	return write_row(s, SPOOL_PUT_PIECE);
}

bool
spool_put_piece(
    struct spool *s, uint64_t mid, uint32_t index, struct slice bytes)
{
	return enter_transaction(s) && write_piece(s, mid, index, bytes);
}

/* NULL where nothing was said. */
static void
bind_optional(sqlite3_stmt *stmt, int index, const char *text)
{
	if (text != NULL)
		bind_slice(stmt, index, slice_cstr(text));
}

static bool
write_recipient(struct spool *s, const struct message *m, uint32_t rid)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_PUT_RECIPIENT];
	const struct notify_recipient asked = notify_of(m->notify, rid);

	bind_u64(stmt, 1, m->mid);
	bind_u64(stmt, 2, rid);
	bind_slice(stmt, 3, slice_cstr(m->recipients[rid]));
	bind_u64(stmt, 4, asked.when);
	bind_optional(stmt, 5, asked.orcpt);
	return write_row(s, SPOOL_PUT_RECIPIENT);
}

static bool
write_message(struct spool *s, const struct message *m)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_PUT_MESSAGE];
	bool ok;

	bind_u64(stmt, 1, m->mid);
	(void)sqlite3_bind_int64(stmt, 2, m->received);
	bind_slice(stmt, 3, slice_cstr(m->sender));
	bind_u64(stmt, 4, m->size_bytes);
	bind_u64(stmt, 5, m->flags);
	bind_u64(stmt, 6, m->recipient_count);
	bind_u64(stmt, 7, m->notify != NULL ? m->notify->what : 0);
	if (m->notify != NULL)
		bind_optional(stmt, 8, m->notify->envid);
	ok = write_row(s, SPOOL_PUT_MESSAGE);
	for (uint32_t rid = 0; ok && rid < m->recipient_count; rid++)
		ok = write_recipient(s, m, rid);
	return ok;
}

bool
spool_put_message(
    struct spool *s, const struct message *m, struct spool_ticket *ticket)
{
	if (!enter_transaction(s) || !reserve_mids(s, s->mid_next) ||
	    !write_message(s, m))
		return false;
	list_append(&s->tickets, &ticket->link);
	return true;
}

static bool
write_made(struct spool *s, struct spool_made *made)
{
	const struct message *m = made->message;
	struct slice rest = made->content;
	bool ok = reserve_mids(s, s->mid_next) && write_message(s, m);

	for (uint32_t i = 0; ok && rest.len > 0; i++) {
		ok = write_piece(
		    s, m->mid, i, slice_sub(rest, 0, SPOOL_PIECE_BYTES));
		rest = slice_skip(rest, SPOOL_PIECE_BYTES);
	}
	if (ok)
		list_append(&s->tickets, &made->ticket.link);
	return ok;
}

void
spool_put_made(struct spool *s, struct spool_made *made)
{
	record_change(s, (struct spool_change){ .made = made });
}

void
spool_ticket_cancel(struct spool_ticket *ticket)
{
	if (ticket->link.next != NULL)
		list_remove(&ticket->link);
}

void
spool_drop_message(struct spool *s, uint64_t mid, uint32_t pieces)
{
	record_change(s, (struct spool_change){ mid, pieces, false, NULL });
}

void
spool_finish_recipient(struct spool *s, uint64_t mid, uint32_t rid)
{
	record_change(s, (struct spool_change){ mid, rid, true, NULL });
}

void
spool_requeue(struct spool *s, const struct group *g)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_REQUEUE];
	bool ok = enter_transaction(s);

	for (uint32_t i = 0; ok && i < g->count; i++) {
		bind_u64(stmt, 1, g->message->mid);
		bind_u64(stmt, 2, g->rids[i]);
		bind_u64(stmt, 3, g->attempts);
		(void)sqlite3_bind_int64(stmt, 4, group_due(g));
		bind_optional(stmt, 5, g->last_error);
		bind_u64(stmt, 6, g->warnings);
		(void)sqlite3_bind_int64(stmt, 7, g->warned);
		ok = write_row(s, SPOOL_REQUEUE);
	}
}

bool
spool_get_piece(struct spool *s, uint64_t mid, uint32_t index, struct buf *out)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_GET_PIECE];
	bool ok;

	buf_clear(out);
	bind_u64(stmt, 1, piece_id(mid, index));
	ok = sqlite3_step(stmt) == SQLITE_ROW;
	if (ok)
		buf_append(out,
		    slice_of(sqlite3_column_blob(stmt, 0),
			(size_t)sqlite3_column_bytes(stmt, 0)));
	(void)sqlite3_reset(stmt);
	return ok;
}

void
spool_put_counter(struct spool *s, const char *name, uint64_t value)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_PUT_COUNTER];

	if (!enter_transaction(s))
		return;
	bind_slice(stmt, 1, slice_cstr(name));
	bind_u64(stmt, 2, value);
	(void)write_row(s, SPOOL_PUT_COUNTER);
}

uint64_t
spool_get_counter(struct spool *s, const char *name, uint64_t missing)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_GET_COUNTER];
	uint64_t value = missing;

	bind_slice(stmt, 1, slice_cstr(name));
	if (sqlite3_step(stmt) == SQLITE_ROW)
		value = (uint64_t)sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt);
	return value;
}
