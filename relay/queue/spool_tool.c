/* SPDX-License-Identifier: MIT */
/* The queue from outside; see spool_tool.h. */
#include "relay/queue/spool_tool.h"

#include "relay/operate/status.h"

#include <sqlite3.h>

#define APPLICATION_ID 0x66707374 /* as in spool_schema.c */

struct spool_tool {
	sqlite3 *db;      /* owned */
	const char *path; /* borrowed */
};

static bool
tool_fail(const struct spool_tool *t, struct err *err)
{
	return err_at(err, t->path, 0, 0, "the queue cannot be used: %s",
	    sqlite3_errmsg(t->db));
}

static bool
is_queue(struct spool_tool *t, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	bool ok = sqlite3_prepare_v2(t->db, "PRAGMA application_id", -1, &stmt,
		      NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW;
	bool is_ours = ok && sqlite3_column_int(stmt, 0) == APPLICATION_ID;

	sqlite3_finalize(stmt);
	if (!ok)
		return tool_fail(t, err);
	return is_ours ||
	    err_at(err, t->path, 0, 0,
		"this file is no queue; give what \"queue\" names in the "
		"relay's configuration");
}

struct spool_tool *
spool_tool_open(const char *path, bool may_write, struct err *err)
{
	struct spool_tool *t = xcalloc(1, sizeof(*t));
	int flags = may_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;

	t->path = path;
	if (sqlite3_open_v2(path, &t->db, flags, NULL) != SQLITE_OK)
		(void)tool_fail(t, err);
	else if (sqlite3_busy_timeout(t->db, 5000) == SQLITE_OK &&
	    is_queue(t, err))
		return t;
	spool_tool_close(&t);
	return NULL;
}

void
spool_tool_close(struct spool_tool **tp)
{
	struct spool_tool *t = *tp;

	*tp = NULL;
	if (t == NULL)
		return;
	(void)sqlite3_close(t->db);
	free(t);
}

/* ---- looking ---- */

static json_t *
column_json(sqlite3_stmt *stmt, int column)
{
	return status_json_text(
	    (const char *)sqlite3_column_text(stmt, column));
}

/* A row is: mid, received_us, sender, size, rid, address, attempts, due_us,
 * last_error, redirected. */
static json_t *
recipient_json(sqlite3_stmt *stmt)
{
	json_t *o = json_object();

	json_object_set_new(
	    o, "rid", json_integer(sqlite3_column_int64(stmt, 4)));
	json_object_set_new(o, "address", column_json(stmt, 5));
	json_object_set_new(
	    o, "attempts", json_integer(sqlite3_column_int64(stmt, 6)));
	json_object_set_new(
	    o, "due_us", json_integer(sqlite3_column_int64(stmt, 7)));
	json_object_set_new(o, "last_error", column_json(stmt, 8));
	json_object_set_new(o, "redirected", column_json(stmt, 9));
	return o;
}

static json_t *
message_json(sqlite3_stmt *stmt)
{
	json_t *o = json_object();

	json_object_set_new(
	    o, "mid", json_integer(sqlite3_column_int64(stmt, 0)));
	json_object_set_new(
	    o, "received_us", json_integer(sqlite3_column_int64(stmt, 1)));
	json_object_set_new(o, "sender", column_json(stmt, 2));
	json_object_set_new(
	    o, "size", json_integer(sqlite3_column_int64(stmt, 3)));
	json_object_set_new(o, "recipients", json_array());
	return o;
}

static void
json_print(struct buf *out, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	buf_append_cstr(out, text);
	buf_append_byte(out, '\n');
	free(text);
	json_decref(o);
}

/* A member's text, for a terminal. */
static void
append_member(struct buf *out, const json_t *o, const char *name)
{
	status_append_plain(
	    out, slice_cstr(json_string_value(json_object_get(o, name))), "");
}

static long long
member_number(const json_t *o, const char *name)
{
	return (long long)json_integer_value(json_object_get(o, name));
}

static void
recipient_print(struct buf *out, const json_t *r)
{
	char stamp[UTIME_TEXT_MAX];
	utime due = member_number(r, "due_us");

	buf_printf(out, "  RID %lld  <", member_number(r, "rid"));
	append_member(out, r, "address");
	buf_printf(out, ">  attempts %lld  due %s",
	    member_number(r, "attempts"),
	    due > 0 ? utime_format_asctime(due, stamp) : "at once");
	if (json_is_string(json_object_get(r, "redirected"))) {
		buf_append_cstr(out, "  to ");
		append_member(out, r, "redirected");
	}
	if (json_is_string(json_object_get(r, "last_error"))) {
		buf_append_cstr(out, "  ");
		append_member(out, r, "last_error");
	}
	buf_append_byte(out, '\n');
}

static void
message_print(struct buf *out, const json_t *o)
{
	char stamp[UTIME_TEXT_MAX];
	const json_t *r;
	size_t i;

	buf_printf(out, "MID %lld  %lld bytes  %s  from <",
	    member_number(o, "mid"), member_number(o, "size"),
	    utime_format_asctime(member_number(o, "received_us"), stamp));
	append_member(out, o, "sender");
	buf_append_cstr(out, ">\n");
	json_array_foreach(json_object_get(o, "recipients"), i, r)
	    recipient_print(out, r);
}

static void
message_give(struct buf *out, json_t *o, bool as_json)
{
	if (o == NULL)
		return;
	if (as_json) {
		json_print(out, o);
		return;
	}
	message_print(out, o);
	json_decref(o);
}

/* The messages of the MIDs from `lo` to `hi`; how many. */
static bool
list_range(struct spool_tool *t, const sqlite3_int64 range[2], bool as_json,
    struct buf *out, uint64_t *count)
{
	static const char sql[] =
	    "SELECT mid,received_us,sender,size,rid,address,attempts,due_us,"
	    "last_error,redirected FROM message JOIN recipient USING(mid)"
	    " WHERE mid BETWEEN ?1 AND ?2 ORDER BY mid,rid";
	sqlite3_stmt *stmt = NULL;
	json_t *o = NULL;
	sqlite3_int64 mid = 0;
	int step;

	*count = 0;
	if (sqlite3_prepare_v2(t->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, range[0]);
	(void)sqlite3_bind_int64(stmt, 2, range[1]);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (o == NULL || sqlite3_column_int64(stmt, 0) != mid) {
			message_give(out, o, as_json);
			o = message_json(stmt);
			mid = sqlite3_column_int64(stmt, 0);
			++*count;
		}
		json_array_append_new(
		    json_object_get(o, "recipients"), recipient_json(stmt));
	}
	message_give(out, o, as_json);
	sqlite3_finalize(stmt);
	return step == SQLITE_DONE;
}

bool
spool_tool_list(
    struct spool_tool *t, bool as_json, struct buf *out, struct err *err)
{
	static const sqlite3_int64 all[2] = { 0, INT64_MAX };
	uint64_t count;

	if (!list_range(t, all, as_json, out, &count))
		return tool_fail(t, err);
	if (!as_json)
		buf_printf(out, "%llu message%s\n", (unsigned long long)count,
		    count == 1 ? "" : "s");
	return true;
}

static bool
append_content(struct spool_tool *t, sqlite3_int64 mid, struct buf *out)
{
	static const char sql[] =
	    "SELECT content FROM message WHERE mid=?1 AND content IS NOT NULL"
	    " UNION ALL SELECT bytes FROM content"
	    " WHERE id BETWEEN ?1*16384 AND ?1*16384+16383";
	sqlite3_stmt *stmt = NULL;
	int step;

	if (sqlite3_prepare_v2(t->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, mid);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW)
		buf_append(out,
		    slice_of(sqlite3_column_blob(stmt, 0),
			(size_t)sqlite3_column_bytes(stmt, 0)));
	sqlite3_finalize(stmt);
	return step == SQLITE_DONE;
}

bool
spool_tool_show(struct spool_tool *t, uint64_t mid, bool as_json,
    struct buf *out, struct err *err)
{
	const sqlite3_int64 range[2] = { (sqlite3_int64)mid,
		(sqlite3_int64)mid };
	struct buf content = { 0 };
	uint64_t count;
	bool ok = list_range(t, range, as_json, out, &count) &&
	    append_content(t, range[0], &content);

	if (!ok) {
		(void)tool_fail(t, err);
	} else if (count == 0) {
		ok = err_at(err, t->path, 0, 0, "MID %llu is not in the queue",
		    (unsigned long long)mid);
	} else if (as_json) {
		json_t *o = json_object();

		json_object_set_new(
		    o, "content", status_json_slice(buf_slice(&content)));
		json_print(out, o);
	} else {
		buf_append_byte(out, '\n');
		buf_append(out, buf_slice(&content));
	}
	buf_fini(&content);
	return ok;
}

/* ---- changing ---- */

/* Runs statements whose ?1 and ?2 are the first and the last MID. */
static bool
change(struct spool_tool *t, const char *const *sql, uint64_t mid,
    uint64_t *count, struct err *err)
{
	bool ok = sqlite3_exec(t->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ==
	    SQLITE_OK;

	*count = 0;
	for (; ok && *sql != NULL; sql++) {
		sqlite3_stmt *stmt = NULL;

		ok = sqlite3_prepare_v2(t->db, *sql, -1, &stmt, NULL) ==
		    SQLITE_OK;
		(void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)mid);
		(void)sqlite3_bind_int64(
		    stmt, 2, mid > 0 ? (sqlite3_int64)mid : INT64_MAX / 32768);
		ok = ok && sqlite3_step(stmt) == SQLITE_DONE;
		*count = (uint64_t)sqlite3_changes(t->db);
		sqlite3_finalize(stmt);
	}
	ok = ok && sqlite3_exec(t->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
	if (!ok)
		return tool_fail(t, err);
	return *count > 0 || mid == 0 ||
	    err_at(err, t->path, 0, 0, "MID %llu is not in the queue",
		(unsigned long long)mid);
}

bool
spool_tool_release(
    struct spool_tool *t, uint64_t mid, uint64_t *count, struct err *err)
{
	static const char *const sql[] = {
		"UPDATE recipient SET due_us=0 WHERE mid BETWEEN ?1 AND ?2",
		NULL
	};

	return change(t, sql, mid, count, err);
}

bool
spool_tool_delete(
    struct spool_tool *t, uint64_t mid, uint64_t *count, struct err *err)
{
	static const char *const sql[] = {
		"DELETE FROM content"
		" WHERE id BETWEEN ?1*16384 AND ?2*16384+16383",
		"DELETE FROM recipient WHERE mid BETWEEN ?1 AND ?2",
		"DELETE FROM message WHERE mid BETWEEN ?1 AND ?2", NULL
	};

	return change(t, sql, mid, count, err);
}
