/* SPDX-License-Identifier: MIT */
/*
 * TLS over the streams of any world: stands between the world and the owner,
 * so that both go on as before.  The world's callbacks come here with what
 * arrived, and the owner's come from here with what it means; see world.h.
 */
#include "core/base/buf.h"
#include "core/world/world_impl.h"

/* A record that the network has not taken whole. */
struct record {
	uint64_t end; /* in all that was given to the world */
	size_t plain; /* bytes of the owner's in it */
};

struct stream_tls {
	struct stream *stream; /* borrowed; its owner has not let go */
	const struct stream_handler *handler;
	void *owner;
	struct tls_session *session; /* owned */
	bool is_secured;             /* the owner was told, or is just being */
	bool is_paused;
	bool heard_eof;      /* the world said so; told in its turn */
	bool has_ended;      /* on_eof was told */
	bool has_stopped;    /* on_stopped was told */
	bool is_mute;        /* says no goodbye */
	bool has_failed;     /* on_failure was told: nothing more is */
	const char *failure; /* borrowed from the session, or static */
	bool in_callback;
	bool is_released;  /* the owner let go in its callback */
	struct timer wake; /* input that waited is due */
	/* Output: a queue of records, and the plaintext in them. */
	struct buf records; /* of struct record */
	uint64_t written;
	size_t plain_queued;
};

static void on_connected(void *owner);
static void on_input(void *owner, struct slice bytes);
static void on_drained(void *owner);
static void on_eof(void *owner);
static void on_failure(void *owner, enum net_failure why);
static void on_wake(struct timer *t);

static const struct stream_handler tls_handler = {
	.on_connected = on_connected,
	.on_input = on_input,
	.on_drained = on_drained,
	.on_eof = on_eof,
	.on_failure = on_failure,
};

/* ---- output ---- */

/* Gives the world what the session has to say; `plain` bytes of the owner's are
 * in it. */
static void
flush(struct stream_tls *t, size_t plain)
{
	struct slice out = tls_session_out(t->session);
	struct world *w = t->stream->world;
	struct record r = { .plain = plain };

	if (out.len == 0)
		return;
	t->written += out.len;
	r.end = t->written;
	buf_append(&t->records, slice_of((const char *)&r, sizeof(r)));
	t->plain_queued += plain;
	w->ops->write(t->stream, out);
	tls_session_sent(t->session);
}

/* Forgets the records that the network has taken. */
static void
note_taken(struct stream_tls *t)
{
	uint64_t taken = t->written - t->stream->world->ops->queued(t->stream);
	struct record r;

	while (buf_len(&t->records) > 0) {
		memcpy(&r, buf_slice(&t->records).at, sizeof(r));
		if (r.end > taken)
			return;
		t->plain_queued -= r.plain;
		buf_consume(&t->records, sizeof(r));
	}
}

void
stream_tls_write(struct stream *s, struct slice bytes)
{
	struct stream_tls *t = s->tls;

	if (t->has_failed)
		return;
	assert(t->is_secured);
	note_taken(t);
	if (tls_session_state(t->session) == TLS_FAILED)
		return;
	while (bytes.len > 0) {
		struct slice piece = slice_sub(bytes, 0, TLS_RECORD_MAX);

		tls_session_write(t->session, piece);
		flush(t, piece.len);
		bytes = slice_skip(bytes, piece.len);
	}
}

size_t
stream_tls_queued(const struct stream *s)
{
	note_taken(s->tls);
	return s->tls->plain_queued;
}

void
stream_tls_end(struct stream *s)
{
	if (!s->tls->is_secured || s->tls->is_mute)
		return;
	tls_session_end(s->tls->session);
	flush(s->tls, 0);
}

/* ---- input ---- */

/* The connection is over for the owner. */
static void
tell_failure(struct stream_tls *t, enum net_failure why)
{
	t->has_failed = true;
	t->handler->on_failure(t->owner, why);
}

static void
tell_eof(struct stream_tls *t)
{
	if (!t->is_secured) {
		t->failure = "the peer closed the connection";
		tell_failure(t, NET_TLS);
		return;
	}
	t->has_ended = true;
	t->handler->on_eof(t->owner);
}

/* The same while the session has stopped. */
static bool
tell_stopped(struct stream_tls *t)
{
	if (!t->has_stopped) {
		t->has_stopped = true;
		t->handler->on_stopped(t->owner);
		return true;
	}
	if (t->heard_eof)
		tell_eof(t);
	return t->heard_eof;
}

/* Tells the owner one thing; false when there is none. */
static bool
tell_next(struct stream_tls *t)
{
	struct slice plain = { 0 };
	enum tls_state state;

	if (!tls_session_has_stopped(t->session)) {
		plain = tls_session_read(t->session);
		flush(t, 0);
	}
	if (tls_session_has_stopped(t->session))
		return tell_stopped(t);
	state = tls_session_state(t->session);
	if (plain.len > 0) {
		t->handler->on_input(t->owner, plain);
	} else if (state == TLS_FAILED) {
		t->failure = tls_session_failure(t->session);
		tell_failure(t, NET_TLS);
	} else if (state != TLS_HANDSHAKE && !t->is_secured) {
		t->is_secured = true;
		t->handler->on_secured(
		    t->owner, tls_session_verdict(t->session));
	} else if (state == TLS_CLOSED || t->heard_eof) {
		tell_eof(t);
	} else {
		return false;
	}
	return true;
}

static void
stream_tls_free(struct stream_tls *t)
{
	tls_session_destroy(&t->session);
	buf_fini(&t->records);
	free(t);
}

static void
leave_callback(struct stream_tls *t)
{
	t->in_callback = false;
	if (t->is_released)
		stream_tls_free(t);
}

/* Tells the owner all that there is to tell. */
static void
tell(struct stream_tls *t)
{
	t->in_callback = true;
	while (!t->is_released && !t->is_paused && !t->has_failed &&
	    !t->has_ended) {
		if (!tell_next(t))
			break;
	}
	leave_callback(t);
}

static void
on_connected(void *owner)
{
	/* Never: the stream stood when TLS began. */
	assert(owner == NULL);
}

static void
on_input(void *owner, struct slice bytes)
{
	struct stream_tls *t = owner;

	tls_session_feed(t->session, bytes);
	tell(t);
}

static void
on_drained(void *owner)
{
	struct stream_tls *t = owner;

	t->in_callback = true;
	if (t->is_secured && !t->has_failed)
		t->handler->on_drained(t->owner);
	leave_callback(t);
}

static void
on_eof(void *owner)
{
	struct stream_tls *t = owner;

	t->heard_eof = true;
	tell(t);
}

static void
on_failure(void *owner, enum net_failure why)
{
	struct stream_tls *t = owner;

	t->in_callback = true;
	if (!t->has_failed)
		tell_failure(t, why);
	leave_callback(t);
}

static void
on_wake(struct timer *t)
{
	tell(CONTAINER_OF(t, struct stream_tls, wake));
}

/* ---- the rest of what owners ask for ---- */

void
stream_start_tls(struct stream *s, const struct tls_context *context,
    const struct tls_peer *peer)
{
	struct stream_tls *t = xcalloc(1, sizeof(*t));
	struct record before = { 0 };

	assert(s->tls == NULL);
	assert(s->handler->on_secured != NULL);
	t->stream = s;
	t->handler = s->handler;
	t->owner = s->owner;
	t->wake.fire = on_wake;
	/* What is still to go out in clear counts like a record. */
	before.plain = s->world->ops->queued(s);
	before.end = t->written = t->plain_queued = before.plain;
	buf_append(
	    &t->records, slice_of((const char *)&before, sizeof(before)));
	t->session = tls_session_new(context, peer, world_now(s->world));
	s->tls = t;
	s->handler = &tls_handler;
	s->owner = t;
	flush(t, 0);
}

/* ---- against the protocol ---- */

void
stream_tls_tamper(struct stream *s)
{
	tls_session_tamper(s->tls->session);
}

void
stream_tls_stop_at(struct stream *s, enum tls_point at)
{
	assert(s->tls->handler->on_stopped != NULL);
	tls_session_stop_at(s->tls->session, at);
}

void
stream_tls_go_on(struct stream *s)
{
	struct stream_tls *t = s->tls;

	tls_session_go_on(t->session);
	flush(t, 0);
	/* No owner is called from within its call. */
	if (!t->in_callback)
		timer_set(s->world, &t->wake, world_now(s->world));
}

void
stream_tls_insert(struct stream *s, unsigned type, struct slice content)
{
	tls_session_insert(s->tls->session, type, content);
	flush(s->tls, 0);
}

bool
stream_tls_update_keys(struct stream *s)
{
	bool done = tls_session_update_keys(s->tls->session);

	flush(s->tls, 0);
	return done;
}

void
stream_tls_mute(struct stream *s)
{
	s->tls->is_mute = true;
}

const struct tls_verdict *
stream_tls_verdict(const struct stream *s)
{
	if (s->tls == NULL || !s->tls->is_secured)
		return NULL;
	return tls_session_verdict(s->tls->session);
}

const char *
stream_tls_failure(const struct stream *s)
{
	return s->tls != NULL && s->tls->failure != NULL ? s->tls->failure : "";
}

void
stream_tls_attach(
    struct stream *s, const struct stream_handler *handler, void *owner)
{
	assert(handler->on_secured != NULL);
	s->tls->handler = handler;
	s->tls->owner = owner;
}

void
stream_tls_pause(struct stream *s, bool paused)
{
	struct stream_tls *t = s->tls;

	t->is_paused = paused;
	/* No owner is called from within its call. */
	if (!paused && !t->in_callback)
		timer_set(s->world, &t->wake, world_now(s->world));
}

void
stream_tls_release(struct stream *s)
{
	struct stream_tls *t = s->tls;

	s->tls = NULL;
	timer_stop(s->world, &t->wake);
	if (t->in_callback)
		t->is_released = true;
	else
		stream_tls_free(t);
}
