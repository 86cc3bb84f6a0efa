/* SPDX-License-Identifier: MIT */
/* Taking up the queue that is on disk; see spool.h. */
#include "core/base/arena.h"
#include "relay/queue/spool_impl.h"

/* No message has more; a larger number on disk is damage. */
#define SPOOL_RECIPIENTS_MAX 1000000

/* Likewise, of the pieces that a key can name. */
#define MID_MAX (INT64_MAX / SPOOL_PIECES_MAX)

/* Columns of `recipients`. */
#define RECIPIENT_MID 0
#define RECIPIENT_RID 1

/* All messages and all recipients in the order of their MIDs, walked in step.
 */
struct loading {
	sqlite3_stmt *messages, *recipients;
	int step;     /* what SQLite said of the next recipient ... */
	uint64_t mid; /* ... and, if there is one, its message */
};

/* A column as text; NULL for SQL's NULL. */
static struct slice
column_slice(sqlite3_stmt *stmt, int column)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);

	return slice_of(
	    (const char *)text, (size_t)sqlite3_column_bytes(stmt, column));
}

/* A message's row becomes a struct whose recipients are all unknown yet; NULL:
 * it cannot be one. */
static struct message *
load_message(sqlite3_stmt *stmt)
{
	int64_t count = sqlite3_column_int64(stmt, 5);
	struct message *m;

	if (count < 1 || count > SPOOL_RECIPIENTS_MAX)
		return NULL;
	m = xcalloc(1, sizeof(*m));
	m->mid = (uint64_t)sqlite3_column_int64(stmt, 0);
	m->received = sqlite3_column_int64(stmt, 1);
	m->sender = slice_dup(column_slice(stmt, 2));
	m->size_bytes = (uint64_t)sqlite3_column_int64(stmt, 3);
	m->flags = (unsigned)sqlite3_column_int(stmt, 4);
	m->recipient_count = (uint32_t)count;
	m->recipients = xcalloc(m->recipient_count, sizeof(m->recipients[0]));
	notify_set(&m->notify, (enum notify_return)sqlite3_column_int(stmt, 6),
	    column_slice(stmt, 7));
	if (column_slice(stmt, 8).len > 0)
		m->profile = slice_dup(column_slice(stmt, 8));
	(void)ip_parse(column_slice(stmt, 9), &m->client);
	return m;
}

/* The next recipient, of whichever message; it may be the end. */
static void
next_recipient(struct loading *l)
{
	l->step = sqlite3_step(l->recipients);
	if (l->step == SQLITE_ROW)
		l->mid = (uint64_t)sqlite3_column_int64(
		    l->recipients, RECIPIENT_MID);
}

/* Reads the recipient that `stmt` stands at. */
static void
load_recipient(sqlite3_stmt *stmt, struct message *m, struct spool_recipient *r,
    struct arena *texts)
{
	struct slice error = column_slice(stmt, 5);

	m->recipients[r->rid] = slice_dup(column_slice(stmt, 2));
	r->attempts = (uint32_t)sqlite3_column_int64(stmt, 3);
	r->due = sqlite3_column_int64(stmt, 4);
	r->last_error =
	    error.at != NULL ? arena_slice(texts, error) : (struct slice){ 0 };
	r->warnings = (uint32_t)sqlite3_column_int64(stmt, 6);
	r->warned = sqlite3_column_int64(stmt, 7);
	notify_set_recipient(&m->notify, r->rid,
	    (unsigned)sqlite3_column_int(stmt, 8), column_slice(stmt, 9));
	r->redirected = arena_slice(texts, column_slice(stmt, 10));
}

/* Reads the unfinished recipients of a message; their count, or -1. */
static int64_t
load_recipients(struct loading *l, struct message *m,
    struct spool_recipient *left, struct arena *texts)
{
	int64_t count = 0;

	/* Those of no message, if there are any, are left alone. */
	while (l->step == SQLITE_ROW && l->mid < m->mid)
		next_recipient(l);
	for (; l->step == SQLITE_ROW && l->mid == m->mid; next_recipient(l)) {
		int64_t rid =
		    sqlite3_column_int64(l->recipients, RECIPIENT_RID);

		if (rid < 0 || rid >= m->recipient_count ||
		    count >= m->recipient_count)
			return -1;
		left[count].rid = (uint32_t)rid;
		load_recipient(l->recipients, m, &left[count++], texts);
	}
	return l->step == SQLITE_ROW || l->step == SQLITE_DONE ? count : -1;
}

/* The message that `messages` stands at; false when it is damaged. */
static bool
load_one(struct loading *l, spool_on_message *on_message, void *owner)
{
	struct message *m = load_message(l->messages);
	struct spool_recipient *left;
	struct arena texts = { 0 };
	int64_t count;

	if (m == NULL)
		return false;
	left = xcalloc(m->recipient_count, sizeof(*left));
	count = load_recipients(l, m, left, &texts);
	if (count >= 0)
		on_message(owner, m, left, (uint32_t)count);
	else
		message_destroy(&m);
	arena_fini(&texts);
	free(left);
	return count >= 0;
}

static bool
load_fail(struct spool *s, struct err *err)
{
	spool_note_damage(s);
	return err_set(
	    err, "the queue cannot be read: %s", sqlite3_errmsg(s->db));
}

static bool
load_damage(struct spool *s, sqlite3_int64 mid, struct err *err)
{
	if (s->hooks.on_damage != NULL)
		s->hooks.on_damage(s->hooks.owner);
	return err_set(err, "the queue cannot be read: MID %lld is damaged",
	    (long long)mid);
}

static bool
load_all(struct spool *s, struct loading *l, spool_on_message *on_message,
    void *owner, struct err *err)
{
	int step;

	next_recipient(l);
	while ((step = sqlite3_step(l->messages)) == SQLITE_ROW)
		if (!load_one(l, on_message, owner))
			return load_damage(
			    s, sqlite3_column_int64(l->messages, 0), err);
	return step == SQLITE_DONE || load_fail(s, err);
}

/* ---- content of messages never accepted ---- */

/* Walks over the messages that have pieces, not over the pieces: each fills
 * pages of its own. */
static bool
drop_orphans(struct spool *s, sqlite3_stmt *owners)
{
	bool ok = spool_run(s, SPOOL_BEGIN);
	int step = ok ? SQLITE_ROW : SQLITE_ERROR;

	for (uint64_t mid = 0; ok && step == SQLITE_ROW && mid <= MID_MAX;
	     mid++) {
		bool is_orphan = false;

		(void)sqlite3_bind_int64(
		    owners, 1, (sqlite3_int64)spool_piece_id(mid, 0));
		step = sqlite3_step(owners);
		if (step == SQLITE_ROW) {
			mid = (uint64_t)sqlite3_column_int64(owners, 0);
			is_orphan = sqlite3_column_int(owners, 1) == 0;
		}
		(void)sqlite3_reset(owners);
		ok = !is_orphan || spool_drop_pieces(s, mid, SPOOL_PIECES_MAX);
	}
	return ok && (step == SQLITE_ROW || step == SQLITE_DONE) &&
	    spool_run(s, SPOOL_COMMIT);
}

static const char owners_sql[] =
    "SELECT id/16384, id/16384 IN (SELECT mid FROM message) FROM content"
    " WHERE id>=?1 ORDER BY id LIMIT 1";
static const char messages_sql[] =
    "SELECT mid,received_us,sender,size,flags,recipients,ret,envid,profile,"
    "client FROM message ORDER BY mid";
static const char recipients_sql[] =
    "SELECT mid,rid,address,attempts,due_us,last_error,warnings,warned_us,"
    "notify,orcpt,redirected FROM recipient ORDER BY mid,rid";

static bool
prepare(struct spool *s, const char *sql, sqlite3_stmt **stmt)
{
	return sqlite3_prepare_v2(s->db, sql, -1, stmt, NULL) == SQLITE_OK;
}

bool
spool_load(
    struct spool *s, spool_on_message *on_message, void *owner, struct err *err)
{
	struct loading l = { 0 };
	sqlite3_stmt *owners = NULL;
	/* A crash may have left content of messages never accepted. */
	bool ok = prepare(s, owners_sql, &owners) && drop_orphans(s, owners) &&
	    prepare(s, messages_sql, &l.messages) &&
	    prepare(s, recipients_sql, &l.recipients);

	if (ok)
		ok = load_all(s, &l, on_message, owner, err);
	else
		load_fail(s, err);
	sqlite3_finalize(owners);
	sqlite3_finalize(l.messages);
	sqlite3_finalize(l.recipients);
	return ok;
}
