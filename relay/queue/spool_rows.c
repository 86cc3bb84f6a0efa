/* SPDX-License-Identifier: MIT */
/* What is written to the queue and read from it, row by row; see spool.h. */
#include "relay/queue/spool_impl.h"

/* A piece of content that belongs to no message (MIDs begin with 1). */
#define PROBE_ID 0

static void
bind_slice(sqlite3_stmt *stmt, int index, struct slice text)
{
	(void)sqlite3_bind_text64(stmt, index, text.len > 0 ? text.at : "",
	    text.len, SQLITE_STATIC, SQLITE_UTF8);
}

static void
bind_blob(sqlite3_stmt *stmt, int index, struct slice bytes)
{
	(void)sqlite3_bind_blob64(
	    stmt, index, bytes.at, bytes.len, SQLITE_STATIC);
}

static void
bind_u64(sqlite3_stmt *stmt, int index, uint64_t number)
{
	(void)sqlite3_bind_int64(stmt, index, (int64_t)number);
}

/* Runs a bound statement in the transaction.  A failure dooms all that is in
 * it: SQLite may have rolled it back on the spot, and what came later would be
 * written on its own. */
static bool
write_row(struct spool *s, enum spool_statement which)
{
	if (!spool_run(s, which))
		spool_doom(s);
	return !s->is_doomed;
}

uint64_t
spool_piece_id(uint64_t mid, uint32_t index)
{
	assert(index <= SPOOL_PIECES_MAX);
	return mid * SPOOL_PIECES_MAX + index;
}

/* ---- what comes in ---- */

static bool
write_piece(struct spool *s, uint64_t mid, uint32_t index, struct slice bytes)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_PUT_PIECE];

	assert(index < SPOOL_PIECES_MAX);
	bind_u64(stmt, 1, spool_piece_id(mid, index));
	bind_blob(stmt, 2, bytes);
	s->open_bytes += bytes.len;
	return write_row(s, SPOOL_PUT_PIECE);
}

bool
spool_put_piece(
    struct spool *s, uint64_t mid, uint32_t index, struct slice bytes)
{
	return spool_enter(s) && write_piece(s, mid, index, bytes);
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
write_message(struct spool *s, const struct message *m, struct slice content)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_PUT_MESSAGE];
	char client[IP_TEXT_MAX];
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
	if (content.len > 0)
		bind_blob(stmt, 9, content);
	bind_optional(stmt, 10, m->profile);
	if (!ip_is_none(&m->client))
		bind_slice(stmt, 11, slice_cstr(ip_format(&m->client, client)));
	s->open_bytes += content.len;
	ok = write_row(s, SPOOL_PUT_MESSAGE);
	for (uint32_t rid = 0; ok && rid < m->recipient_count; rid++)
		ok = write_recipient(s, m, rid);
	return ok;
}

bool
spool_put_message(struct spool *s, const struct message *m,
    struct slice content, struct spool_ticket *ticket)
{
	assert(content.len <= SPOOL_PIECE_BYTES);
	if (!spool_enter(s) || !spool_reserve_mids(s, s->mid_next) ||
	    !write_message(s, m, content))
		return false;
	spool_take_ticket(s, ticket);
	return true;
}

/* ---- what becomes of it ---- */

static void
change_fini(struct spool_change *change)
{
	free(change->last_error);
	free(change->redirected);
}

void
spool_forget_changes(struct spool *s)
{
	for (size_t i = 0; i < s->change_count; i++)
		change_fini(&s->changes[i]);
	s->change_count = 0;
}

/* What has become of a message is true whatever the disk says to it: it is kept
 * until a commit has recorded it. */
static struct spool_change *
add_change(struct spool *s, enum spool_change_kind kind, uint64_t mid)
{
	struct spool_change *change;

	(void)spool_enter(s);
	s->changes = xgrow(s->changes, &s->change_cap, s->change_count + 1,
	    sizeof(s->changes[0]));
	change = &s->changes[s->change_count++];
	*change = (struct spool_change){ .kind = kind, .mid = mid };
	return change;
}

void
spool_drop_message(struct spool *s, uint64_t mid, uint32_t pieces)
{
	/* Most often its recipients were the last to be spoken of. */
	while (
	    s->change_count > 0 && s->changes[s->change_count - 1].mid == mid)
		change_fini(&s->changes[--s->change_count]);
	add_change(s, CHANGE_DROP_MESSAGE, mid)->number = pieces;
}

void
spool_finish_recipient(struct spool *s, uint64_t mid, uint32_t rid)
{
	add_change(s, CHANGE_DROP_RECIPIENT, mid)->number = rid;
}

void
spool_put_made(struct spool *s, struct spool_made *made)
{
	add_change(s, CHANGE_PUT_MADE, 0)->made = made;
	if (s->in_moment)
		spool_commit_by(s, world_now(s->world));
}

void
spool_requeue(struct spool *s, const struct group *g)
{
	for (uint32_t i = 0; i < g->count; i++) {
		struct spool_change *change =
		    add_change(s, CHANGE_REQUEUE, g->message->mid);

		change->number = g->rids[i];
		change->attempts = g->attempts;
		change->due = group_due(g);
		change->warnings = g->warnings;
		change->warned = g->warned;
		if (g->last_error != NULL)
			change->last_error = xstrdup(g->last_error);
	}
}

void
spool_redirect(struct spool *s, const struct group *g)
{
	for (uint32_t i = 0; i < g->count; i++) {
		struct spool_change *change =
		    add_change(s, CHANGE_REDIRECT, g->message->mid);

		change->number = g->rids[i];
		change->redirected = xstrdup(g->domain->name);
	}
}

bool
spool_drop_pieces(struct spool *s, uint64_t mid, uint32_t count)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_DROP_PIECES];

	bind_u64(stmt, 1, spool_piece_id(mid, 0));
	bind_u64(stmt, 2, spool_piece_id(mid, count));
	return spool_run(s, SPOOL_DROP_PIECES);
}

static void
apply_drop(struct spool *s, const struct spool_change *change)
{
	if (change->number > 0 &&
	    !spool_drop_pieces(s, change->mid, change->number)) {
		spool_doom(s);
		return;
	}
	bind_u64(s->statements[SPOOL_DROP_RECIPIENTS], 1, change->mid);
	if (!write_row(s, SPOOL_DROP_RECIPIENTS))
		return;
	bind_u64(s->statements[SPOOL_DROP_MESSAGE], 1, change->mid);
	(void)write_row(s, SPOOL_DROP_MESSAGE);
}

static void
apply_made(struct spool *s, struct spool_made *made)
{
	const struct message *m = made->message;
	struct slice rest = made->content;
	bool is_whole = rest.len <= SPOOL_PIECE_BYTES;
	bool ok = spool_reserve_mids(s, s->mid_next) &&
	    write_message(s, m, is_whole ? rest : SLICE(""));

	for (uint32_t i = 0; ok && !is_whole && rest.len > 0; i++) {
		ok = write_piece(
		    s, m->mid, i, slice_sub(rest, 0, SPOOL_PIECE_BYTES));
		rest = slice_skip(rest, SPOOL_PIECE_BYTES);
	}
	if (ok)
		list_append(&s->tickets, &made->ticket.link);
}

static void
apply_requeue(struct spool *s, const struct spool_change *change)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_REQUEUE];

	bind_u64(stmt, 1, change->mid);
	bind_u64(stmt, 2, change->number);
	bind_u64(stmt, 3, change->attempts);
	(void)sqlite3_bind_int64(stmt, 4, change->due);
	bind_optional(stmt, 5, change->last_error);
	bind_u64(stmt, 6, change->warnings);
	(void)sqlite3_bind_int64(stmt, 7, change->warned);
	(void)write_row(s, SPOOL_REQUEUE);
}

static void
apply_redirect(struct spool *s, const struct spool_change *change)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_REDIRECT];

	bind_u64(stmt, 1, change->mid);
	bind_u64(stmt, 2, change->number);
	bind_slice(stmt, 3, slice_cstr(change->redirected));
	(void)write_row(s, SPOOL_REDIRECT);
}

static void
apply_change(struct spool *s, const struct spool_change *change)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_DROP_RECIPIENT];

	switch (change->kind) {
	case CHANGE_DROP_MESSAGE:
		apply_drop(s, change);
		return;
	case CHANGE_DROP_RECIPIENT:
		bind_u64(stmt, 1, change->mid);
		bind_u64(stmt, 2, change->number);
		(void)write_row(s, SPOOL_DROP_RECIPIENT);
		return;
	case CHANGE_REQUEUE:
		apply_requeue(s, change);
		return;
	case CHANGE_REDIRECT:
		apply_redirect(s, change);
		return;
	case CHANGE_PUT_MADE:
		apply_made(s, change->made);
		return;
	}
}

void
spool_apply_changes(struct spool *s)
{
	for (size_t i = 0; !s->is_doomed && i < s->change_count; i++)
		apply_change(s, &s->changes[i]);
}

static bool
drop_probe(struct spool *s)
{
	sqlite3_stmt *drop = s->statements[SPOOL_DROP_PIECES];

	(void)sqlite3_bind_int64(drop, 1, PROBE_ID);
	(void)sqlite3_bind_int64(drop, 2, PROBE_ID + 1);
	return spool_run(s, SPOOL_DROP_PIECES);
}

/* The disk may have refused to drop the one before. */
bool
spool_probe(struct spool *s)
{
	sqlite3_stmt *put = s->statements[SPOOL_PUT_PIECE];
	bool ok = drop_probe(s);

	if (!ok)
		return false;
	(void)sqlite3_bind_int64(put, 1, PROBE_ID);
	(void)sqlite3_bind_zeroblob(put, 2, SPOOL_PIECE_BYTES);
	ok = spool_run(s, SPOOL_PUT_PIECE);
	if (!ok && !sqlite3_get_autocommit(s->db))
		(void)spool_run(s, SPOOL_ROLLBACK);
	return ok && drop_probe(s);
}

/* ---- what goes out ---- */

static bool
get_bytes(
    struct spool *s, enum spool_statement which, uint64_t id, struct buf *out)
{
	sqlite3_stmt *stmt = s->statements[which];
	bool ok;

	bind_u64(stmt, 1, id);
	ok = sqlite3_step(stmt) == SQLITE_ROW &&
	    sqlite3_column_type(stmt, 0) == SQLITE_BLOB;
	if (ok)
		buf_append(out,
		    slice_of(sqlite3_column_blob(stmt, 0),
			(size_t)sqlite3_column_bytes(stmt, 0)));
	(void)sqlite3_reset(stmt);
	return ok;
}

bool
spool_get_piece(struct spool *s, uint64_t mid, uint32_t index, struct buf *out)
{
	buf_clear(out);
	return (index == 0 && get_bytes(s, SPOOL_GET_CONTENT, mid, out)) ||
	    get_bytes(s, SPOOL_GET_PIECE, spool_piece_id(mid, index), out);
}

/* ---- counters ---- */

void
spool_put_counter(struct spool *s, const char *name, uint64_t value)
{
	sqlite3_stmt *stmt = s->statements[SPOOL_PUT_COUNTER];

	if (!spool_enter(s))
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
