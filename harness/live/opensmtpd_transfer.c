/* SPDX-License-Identifier: MIT */
/* What OpenSMTPD says of its transfers; see opensmtpd_transfer.h. */
#include "harness/live/opensmtpd_transfer.h"

#include "harness/live/reader_words.h"

#define RECIPIENTS_MAX 1000 /* of a transaction */

/* ---- memory ---- */

static void
task_fini(struct opensmtpd_task *task)
{
	for (size_t i = 0; i < task->count; i++)
		free(task->envelopes[i]);
	free(task->envelopes);
	free(task->message);
	*task = (struct opensmtpd_task){ 0 };
}

static void
relay_forget(struct opensmtpd_transfer *t, struct opensmtpd_relay *relay)
{
	HASH_DEL(t->relays, relay);
	for (size_t i = 0; i < relay->count; i++)
		task_fini(&relay->tasks[i]);
	free(relay->tasks);
	free(relay->key);
	free(relay);
}

static void
session_forget(struct opensmtpd_transfer *t, struct opensmtpd_session *s)
{
	HASH_DEL(t->sessions, s);
	free(s->key);
	free(s->id);
	free(s->relay);
	free(s->domain);
	free(s);
}

void
opensmtpd_transfer_fini(struct opensmtpd_transfer *t)
{
	struct opensmtpd_relay *relay, *next;
	struct opensmtpd_session *s, *other;

	HASH_ITER(hh, t->relays, relay, next)
	{
		relay_forget(t, relay);
	}
	HASH_ITER(hh, t->sessions, s, other)
	{
		session_forget(t, s);
	}
	free(t->envelope);
	free(t->id);
	*t = (struct opensmtpd_transfer){ 0 };
}

static struct opensmtpd_relay *
relay_get(struct opensmtpd_transfer *t, struct slice key)
{
	struct opensmtpd_relay *relay;

	HASH_FIND(hh, t->relays, key.at, key.len, relay);
	if (relay != NULL)
		return relay;
	relay = xcalloc(1, sizeof(*relay));
	relay->key = slice_dup(key);
	HASH_ADD_KEYPTR(hh, t->relays, relay->key, key.len, relay);
	return relay;
}

static struct opensmtpd_session *
session_get(struct opensmtpd_transfer *t, struct slice key)
{
	struct opensmtpd_session *s;

	HASH_FIND(hh, t->sessions, key.at, key.len, s);
	if (s != NULL)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->key = slice_dup(key);
	HASH_ADD_KEYPTR(hh, t->sessions, s->key, key.len, s);
	return s;
}

struct opensmtpd_session *
opensmtpd_session_find(struct opensmtpd_transfer *t, struct slice id)
{
	struct opensmtpd_session *s = t->sessions;

	while (s != NULL && (s->id == NULL || !slice_eq(slice_cstr(s->id), id)))
		s = s->hh.next;
	return s;
}

/* ---- in line ---- */

static struct opensmtpd_task *
task_get(struct opensmtpd_relay *relay, struct slice message)
{
	struct opensmtpd_task *task;

	for (size_t i = 0; i < relay->count; i++)
		if (slice_eq(slice_cstr(relay->tasks[i].message), message))
			return &relay->tasks[i];
	relay->tasks = xgrow(relay->tasks, &relay->cap, relay->count + 1,
	    sizeof(relay->tasks[0]));
	task = &relay->tasks[relay->count++];
	*task = (struct opensmtpd_task){ .message = slice_dup(message) };
	return task;
}

/* What was received last is for that relay. */
static void
on_draining(struct opensmtpd_transfer *t, struct slice relay)
{
	struct opensmtpd_task *task;

	if (t->envelope == NULL)
		return;
	task = task_get(relay_get(t, relay),
	    slice_sub(slice_cstr(t->envelope), 0, OPENSMTPD_MESSAGE_LEN));
	task->envelopes = xgrow(task->envelopes, &task->cap, task->count + 1,
	    sizeof(task->envelopes[0]));
	task->envelopes[task->count++] = t->envelope;
	t->envelope = NULL;
}

void
opensmtpd_transfer_flush(struct opensmtpd_transfer *t, struct slice text)
{
	struct opensmtpd_relay *relay;
	struct slice key;

	if (!reader_take(&text, SLICE("], "), &key))
		return;
	key.len++; /* its bracket */
	HASH_FIND(hh, t->relays, key.at, key.len, relay);
	if (relay != NULL)
		relay_forget(t, relay);
}

/* The session takes what is first in line. */
static void
on_next_task(struct opensmtpd_transfer *t, struct reader *r,
    struct opensmtpd_session *s, opensmtpd_rid_of *rid_of, void *owner)
{
	struct opensmtpd_relay *relay =
	    relay_get(t, slice_cstr(s->relay != NULL ? s->relay : ""));
	struct reader_connection *c =
	    s->id != NULL ? reader_connection_find(r, slice_cstr(s->id)) : NULL;
	struct opensmtpd_task task;
	struct reader_message *m;
	size_t rids[RECIPIENTS_MAX], count = 0;

	if (relay->count == 0)
		return;
	task = relay->tasks[0];
	relay->count--;
	memmove(relay->tasks, relay->tasks + 1,
	    relay->count * sizeof(relay->tasks[0]));
	m = reader_message_find(r, slice_cstr(task.message));
	for (size_t i = 0; i < task.count && count < RECIPIENTS_MAX; i++) {
		rids[count] = rid_of(owner, r, slice_cstr(task.envelopes[i]));
		count += rids[count] != SIZE_MAX;
	}
	if (c != NULL && m != NULL && count > 0)
		reader_transaction(c, m, rids, count);
	task_fini(&task);
}

/* ---- sessions ---- */

/* Whose mail it is for: of what is first in line. */
static void
set_domain(
    struct opensmtpd_transfer *t, struct reader *r, struct opensmtpd_session *s)
{
	struct opensmtpd_relay *relay = relay_get(t, slice_cstr(s->relay));
	struct reader_message *m = relay->count > 0
	    ? reader_message_find(r, slice_cstr(relay->tasks[0].message))
	    : NULL;
	struct slice address =
	    slice_cstr(m != NULL ? m->recipients[0].address : "");

	reader_set(
	    &s->domain, slice_skip(address, slice_find_byte(address, '@') + 1));
}

static void
connection_end(
    struct reader *r, const struct opensmtpd_session *s, struct slice why)
{
	struct reader_connection *c =
	    s->id != NULL ? reader_connection_find(r, slice_cstr(s->id)) : NULL;

	r->domain = slice_cstr(s->domain != NULL ? s->domain : "");
	if (c != NULL)
		reader_connection_end(r, c, why);
	r->domain = (struct slice){ 0 };
}

/* The session that was connecting has this address. */
static void
on_named(
    struct opensmtpd_transfer *t, struct reader *r, struct opensmtpd_session *s)
{
	if (t->id == NULL)
		return;
	connection_end(r, s, SLICE(""));
	free(s->id);
	s->id = t->id;
	t->id = NULL;
	s->at = t->at;
	s->is_trying = true;
}

/* "smtp://10.1.1.1:25" */
static bool
read_endpoint(struct slice text, struct endpoint *at)
{
	struct slice scheme, ip;
	uint64_t port;
	size_t colon = text.len;

	if (!reader_take(&text, SLICE("://"), &scheme))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] == ':')
			colon = i;
	ip = slice_sub(text, 0, colon);
	if (ip.len > 1 && ip.at[0] == '[')
		ip = slice_sub(ip, 1, ip.len - 2);
	if (!ip_parse(ip, &at->ip) ||
	    !slice_to_u64(slice_skip(text, colon + 1), UINT16_MAX, &port))
		return false;
	at->port = (uint16_t)port;
	return true;
}

void
opensmtpd_transfer_says(struct opensmtpd_transfer *t, struct reader *r,
    struct slice id, struct slice text)
{
	struct opensmtpd_session *s = opensmtpd_session_find(t, id);

	if (slice_starts_with(text, SLICE("connecting "))) {
		if (read_endpoint(reader_between(
				      text, SLICE("address="), SLICE(" host=")),
			&t->at))
			reader_set(&t->id, id);
	} else if (s == NULL) {
		return;
	} else if (slice_eq(text, SLICE("connected"))) {
		s->is_trying = false;
		(void)reader_connection_new(r, id, &s->at);
	} else if (slice_starts_with(text, SLICE("error reason="))) {
		opensmtpd_transfer_broke(
		    t, r, id, slice_skip(text, strlen("error reason=")));
	} else if (slice_starts_with(text, SLICE("disconnected "))) {
		connection_end(r, s, SLICE(""));
	}
}

/* A reply that made it leave has been heard. */
static bool
is_reply(struct slice why)
{
	static const struct slice words = SLICE_INIT(" rejected: ");

	return slice_find(why, words) < why.len;
}

void
opensmtpd_transfer_broke(struct opensmtpd_transfer *t, struct reader *r,
    struct slice id, struct slice why)
{
	struct opensmtpd_session *s = opensmtpd_session_find(t, id);
	struct slice details = slice_eq(why, SLICE("Connection timeout"))
	    ? SLICE("timeout")
	    : reader_failure(why);

	if (s == NULL)
		return;
	r->domain = slice_cstr(s->domain != NULL ? s->domain : "");
	if (s->is_trying)
		reader_connection_failed(r, &s->at, details);
	r->domain = (struct slice){ 0 };
	s->is_trying = false;
	connection_end(r, s, is_reply(why) ? SLICE("") : details);
}

/* ---- traces ---- */

/* ">>> line" and "<<< line" */
static void
on_dialogue(struct reader *r, struct opensmtpd_session *s, struct slice text)
{
	struct slice line = slice_skip(text, strlen(">>> "));
	struct reader_connection *c =
	    s->id != NULL ? reader_connection_find(r, slice_cstr(s->id)) : NULL;

	if (c == NULL || slice_starts_with(line, SLICE("[...")))
		return;
	if (text.at[0] == '<') {
		reader_heard(r, c, line);
		return;
	}
	if (slice_starts_with(line, SLICE("MAIL ")))
		s->has_content = false;
	else if (slice_eq(line, SLICE("DATA")))
		s->has_content = true;
	reader_said(r, c, line);
}

static void
on_session(struct opensmtpd_transfer *t, struct reader *r, struct slice key,
    struct slice text, opensmtpd_rid_of *rid_of, void *owner)
{
	static const struct slice spawned = SLICE_INIT("spawned for relay "),
				  next = SLICE_INIT(
				      "handling next task for relay ");
	struct opensmtpd_session *s = session_get(t, key);

	if (slice_starts_with(text, SLICE(">>> ")) ||
	    slice_starts_with(text, SLICE("<<< "))) {
		on_dialogue(r, s, text);
	} else if (slice_starts_with(text, spawned)) {
		reader_set(&s->relay, slice_skip(text, spawned.len));
		set_domain(t, r, s);
	} else if (slice_starts_with(text, next)) {
		on_next_task(t, r, s, rid_of, owner);
	} else if (slice_eq(text, SLICE("session done"))) {
		connection_end(r, s, SLICE(""));
		session_forget(t, s);
	} else if (slice_find(text, SLICE("-> MTA_INIT")) < text.len) {
		on_named(t, r, s);
	}
}

void
opensmtpd_transfer_trace(struct opensmtpd_transfer *t, struct reader *r,
    struct slice text, opensmtpd_rid_of *rid_of, void *owner)
{
	static const struct slice received = SLICE_INIT("received evp:"),
				  draining = SLICE_INIT("draining ");
	struct slice key;

	if (slice_starts_with(text, received)) {
		reader_set(&t->envelope,
		    slice_sub(
			slice_skip(text, received.len), 0, OPENSMTPD_ID_LEN));
	} else if (slice_starts_with(text, draining)) {
		text = slice_skip(text, draining.len);
		if (reader_take(&text, SLICE(" refcount="), &key))
			on_draining(t, key);
	} else if (slice_starts_with(text, SLICE("0x"))) {
		if (reader_take(&text, SLICE(": "), &key))
			on_session(t, r, key, text, rid_of, owner);
	}
}
