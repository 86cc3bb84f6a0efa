/* SPDX-License-Identifier: MIT */
/* Taking up the queue that is on disk; see spool.h. */
#include "core/base/arena.h"
#include "relay/spool_impl.h"

/* No message has more; a larger number on disk is damage. */
#define SPOOL_RECIPIENTS_MAX 1000000

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
	return m;
}

/* Reads the unfinished recipients of a message; their count, or -1. */
static int64_t
load_recipients(sqlite3_stmt *stmt, struct message *m,
    struct spool_recipient *left, struct arena *texts)
{
	int64_t count = 0;
	int step;

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)m->mid);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct spool_recipient *r = &left[count];
		struct slice error = column_slice(stmt, 4);

		r->rid = (uint32_t)sqlite3_column_int64(stmt, 0);
		if (r->rid >= m->recipient_count)
			break;
		m->recipients[r->rid] = slice_dup(column_slice(stmt, 1));
		r->attempts = (uint32_t)sqlite3_column_int64(stmt, 2);
		r->due = sqlite3_column_int64(stmt, 3);
		r->last_error = error.at != NULL ? arena_slice(texts, error)
						 : (struct slice){ 0 };
		r->warnings = (uint32_t)sqlite3_column_int64(stmt, 5);
		r->warned = sqlite3_column_int64(stmt, 6);
		notify_set_recipient(&m->notify, r->rid,
		    (unsigned)sqlite3_column_int(stmt, 7),
		    column_slice(stmt, 8));
		r->redirected = arena_slice(texts, column_slice(stmt, 9));
		count++;
	}
	(void)sqlite3_reset(stmt);
	return step == SQLITE_DONE ? count : -1;
}

static bool
load_fail(struct spool *s, struct err *err)
{
	spool_note_damage(s);
	return err_set(
	    err, "the queue cannot be read: %s", sqlite3_errmsg(s->db));
}

/* The message that `messages` stands at; false when it is damaged. */
static bool
load_one(sqlite3_stmt *messages, sqlite3_stmt *recipients,
    spool_on_message *on_message, void *owner)
{
	struct message *m = load_message(messages);
	struct spool_recipient *left;
	struct arena texts = { 0 };
	int64_t count;

	if (m == NULL)
		return false;
	left = xcalloc(m->recipient_count, sizeof(*left));
	count = load_recipients(recipients, m, left, &texts);
	if (count >= 0)
		on_message(owner, m, left, (uint32_t)count);
	else
		message_destroy(&m);
	arena_fini(&texts);
	free(left);
	return count >= 0;
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
load_all(struct spool *s, sqlite3_stmt *messages, sqlite3_stmt *recipients,
    spool_on_message *on_message, void *owner, struct err *err)
{
	int step;

	while ((step = sqlite3_step(messages)) == SQLITE_ROW)
		if (!load_one(messages, recipients, on_message, owner))
			return load_damage(
			    s, sqlite3_column_int64(messages, 0), err);
	return step == SQLITE_DONE || load_fail(s, err);
}

bool
spool_load(
    struct spool *s, spool_on_message *on_message, void *owner, struct err *err)
{
	sqlite3_stmt *messages = NULL, *recipients = NULL;
	/* A crash may have left content of messages never accepted. */
	bool ok = sqlite3_exec(s->db,
		      "DELETE FROM content WHERE id/16384 NOT IN"
		      " (SELECT mid FROM message)",
		      NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(s->db,
		"SELECT mid,received_us,sender,size,flags,recipients,ret,envid,profile"
		" FROM message ORDER BY mid",
		-1, &messages, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(s->db,
		"SELECT rid,address,attempts,due_us,last_error,warnings,"
		"warned_us,notify,orcpt,redirected"
		" FROM recipient WHERE mid=?1 ORDER BY rid",
		-1, &recipients, NULL) == SQLITE_OK;

	if (ok)
		ok = load_all(s, messages, recipients, on_message, owner, err);
	else
		load_fail(s, err);
	sqlite3_finalize(messages);
	sqlite3_finalize(recipients);
	return ok;
}
