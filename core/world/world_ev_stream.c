/* SPDX-License-Identifier: MIT */
/*
 * TCP connections of the real world, from the socket to the owner's callbacks.
 *
 * A closed stream lingers without its owner: it writes what is queued, sends
 * FIN and throws away what comes until the peer's FIN, for STREAM_LINGER at
 * most.  To close the socket sooner could destroy the last reply on its way,
 * for the kernel answers unread input with RST.
 */
#include "core/world/world_ev_impl.h"

#include <errno.h>
#include <linux/filter.h>
#include <poll.h>
#include <unistd.h>

static void on_readable(struct ev_loop *loop, struct ev_io *io, int events);
static void on_writable(struct ev_loop *loop, struct ev_io *io, int events);
static void on_renewal(struct timer *t);
static void on_linger(struct timer *t);

struct ev_stream *
ev_stream_new(struct ev_world *ew, int fd)
{
	struct ev_stream *s = xcalloc(1, sizeof(*s));

	s->base.world = &ew->base;
	s->fd = fd;
	s->owned = true;
	ew->owned++;
	s->linger.fire = on_linger;
	s->renewal.fire = on_renewal;
	s->arrival.fire = ev_stream_on_arrival;
	list_init(&s->attention);
	list_append(&ew->streams, &s->node);
	ev_init(&s->reading, on_readable);
	ev_init(&s->writing, on_writable);
	s->reading.data = s->writing.data = s;
	return s;
}

void
ev_stream_watch(struct ev_stream *s)
{
	struct ev_loop *loop = ev_world_of(&s->base)->loop;

	ev_io_set(&s->reading, s->fd, EV_READ);
	ev_io_set(&s->writing, s->fd, EV_WRITE);
	if (s->phase == PHASE_CONNECTING)
		ev_io_start(loop, &s->writing);
	else
		ev_io_start(loop, &s->reading);
}

/* How much may be taken now. */
static size_t
input_room(struct ev_stream *s)
{
	return s->pace.is_set ? pace_room(&s->pace, world_now(s->base.world))
			      : SIZE_MAX;
}

void
ev_stream_watch_input(struct ev_stream *s)
{
	struct ev_loop *loop = ev_world_of(&s->base)->loop;
	const bool is_due = s->phase == PHASE_OPEN && !s->paused &&
	    !s->heard_eof && !s->vanished && !timer_is_set(&s->arrival);

	if (is_due && input_room(s) > 0)
		ev_io_start(loop, &s->reading);
	else
		ev_io_stop(loop, &s->reading);
}

void
ev_stream_ask_attention(struct ev_stream *s)
{
	if (list_is_empty(&s->attention))
		list_append(&ev_world_of(&s->base)->attention, &s->attention);
}

static void
close_socket(struct ev_stream *s)
{
	struct ev_loop *loop = ev_world_of(&s->base)->loop;

	if (s->fd < 0)
		return;
	ev_io_stop(loop, &s->reading);
	ev_io_stop(loop, &s->writing);
	(void)close(s->fd);
	s->fd = -1;
}

/* So that closing the socket sends RST. */
static void
abort_socket(struct ev_stream *s)
{
	static const struct linger none = { .l_onoff = 1, .l_linger = 0 };

	if (s->fd >= 0)
		(void)setsockopt(
		    s->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close_socket(s);
}

/* Nobody needs the stream any more; the turn frees it. */
static void
bury(struct ev_stream *s)
{
	assert(!s->owned);
	close_socket(s);
	timer_stop(s->base.world, &s->linger);
	timer_stop(s->base.world, &s->renewal);
	timer_stop(s->base.world, &s->arrival);
	list_remove(&s->attention);
	list_remove(&s->node);
	list_append(&ev_world_of(&s->base)->dead, &s->node);
}

void
ev_stream_free(struct ev_stream *s)
{
	close_socket(s);
	timer_stop(s->base.world, &s->linger);
	timer_stop(s->base.world, &s->renewal);
	timer_stop(s->base.world, &s->arrival);
	list_remove(&s->attention);
	list_remove(&s->node);
	buf_fini(&s->out);
	free(s);
}

void
ev_stream_fail(struct ev_stream *s, enum net_failure why)
{
	close_socket(s);
	timer_stop(s->base.world, &s->renewal);
	timer_stop(s->base.world, &s->arrival);
	buf_fini(&s->out);
	s->phase = PHASE_FAILED;
	if (!s->owned) {
		bury(s);
		return;
	}
	s->failure_due = true;
	s->failure = why;
	ev_stream_ask_attention(s);
}

/* ---- output ---- */

/* False when the connection turned out to be dead. */
static bool
send_queued(struct ev_stream *s)
{
	struct ev_loop *loop = ev_world_of(&s->base)->loop;

	while (buf_len(&s->out) > 0) {
		struct slice bytes = buf_slice(&s->out);
		ssize_t n = send(s->fd, bytes.at, bytes.len, MSG_NOSIGNAL);

		s->has_sent = true;
		if (n >= 0) {
			buf_consume(&s->out, (size_t)n);
		} else if (errno == EAGAIN) {
			ev_io_start(loop, &s->writing);
			return true;
		} else if (errno != EINTR) {
			ev_stream_fail(s, ev_failure_of(errno));
			return false;
		}
	}
	ev_io_stop(loop, &s->writing);
	return true;
}

static void
flush(struct ev_stream *s)
{
	if (!send_queued(s))
		return;
	if (buf_len(&s->out) == 0 && s->shut && !s->fin_sent) {
		s->fin_sent = true;
		(void)shutdown(s->fd, SHUT_WR);
	}
	if (!s->owned && s->fin_sent && s->heard_eof) {
		bury(s);
	} else if (s->above_high && buf_len(&s->out) < STREAM_LOW_WATER) {
		s->above_high = false;
		if (s->owned)
			s->base.handler->on_drained(s->base.owner);
	}
}

void
ev_stream_attend(struct ev_stream *s)
{
	if (s->is_told)
		ev_stream_attend_socket(s);
	if (s->failure_due) {
		s->failure_due = false;
		s->base.handler->on_failure(s->base.owner, s->failure);
	} else if (s->phase == PHASE_OPEN && !s->vanished) {
		flush(s);
	}
}

static void
on_writable(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct ev_stream *s = io->data;
	struct ev_world *ew = ev_world_of(&s->base);

	(void)loop;
	(void)events;
	if (ew->base.stopping)
		return;
	if (s->phase == PHASE_CONNECTING)
		ev_stream_defer(s, io);
	else
		flush(s);
}

/* ---- input ---- */

static void
on_eof(struct ev_stream *s)
{
	ev_io_stop(ev_world_of(&s->base)->loop, &s->reading);
	s->heard_eof = true;
	if (s->owned)
		s->base.handler->on_eof(s->base.owner);
	else if (s->fin_sent)
		bury(s);
}

static void
take_input(struct ev_stream *s, struct slice bytes)
{
	pace_take(&s->pace, bytes.len, world_now(s->base.world));
	if (s->pace.is_set && s->pace.left == 0) {
		ev_stream_watch_input(s);
		timer_set(s->base.world, &s->renewal, pace_due(&s->pace));
	}
	s->base.handler->on_input(s->base.owner, bytes);
}

static void
on_renewal(struct timer *t)
{
	ev_stream_watch_input(CONTAINER_OF(t, struct ev_stream, renewal));
}

/* Whether the socket has more, or its end.  To peek at it would take the news
 * of a reset. */
static bool
has_more(const struct ev_stream *s, bool is_likely)
{
	struct pollfd end = { .fd = s->fd, .events = POLLRDHUP };

	return s->fd >= 0 && (is_likely || poll(&end, 1, 0) == 1);
}

void
ev_stream_read(struct ev_stream *s)
{
	struct ev_world *ew = ev_world_of(&s->base);
	size_t room = input_room(s);
	ssize_t n;

	s->has_arrived = false;
	if (room > sizeof(ew->input))
		room = sizeof(ew->input);
	n = recv(s->fd, ew->input, room, 0);
	if (n == 0)
		on_eof(s);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		ev_stream_fail(s, ev_failure_of(errno));
	else if (n > 0 && s->owned)
		take_input(s, slice_of(ew->input, (size_t)n));
	/* By a clock that is turned what came with it has come. */
	if (n > 0 && ew->latency > 0)
		s->has_arrived = has_more(s, (size_t)n == room);
}

static void
on_readable(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct ev_stream *s = io->data;
	struct ev_world *ew = ev_world_of(&s->base);

	(void)loop;
	(void)events;
	if (ew->base.stopping)
		return;
	if (ew->latency > 0 && !s->is_near)
		ev_stream_defer(s, io);
	else
		ev_stream_read(s);
}

/* ---- what owners ask for ---- */

void
ev_stream_write(struct stream *base, struct slice bytes)
{
	struct ev_stream *s = (struct ev_stream *)base;

	assert(s->owned);
	if (s->phase == PHASE_FAILED)
		return;
	assert(!s->shut);
	buf_append(&s->out, bytes);
	if (buf_len(&s->out) > STREAM_HIGH_WATER)
		s->above_high = true;
	if (!ev_is_active(&s->writing))
		ev_stream_ask_attention(s);
}

size_t
ev_stream_queued(const struct stream *base)
{
	return buf_len(&((const struct ev_stream *)base)->out);
}

void
ev_stream_pause(struct stream *base, bool paused)
{
	struct ev_stream *s = (struct ev_stream *)base;

	assert(s->owned);
	s->paused = paused;
	ev_stream_watch_input(s);
}

void
ev_stream_pace(struct stream *base, size_t bytes, utime every)
{
	struct ev_stream *s = (struct ev_stream *)base;

	assert(s->owned);
	pace_set(&s->pace, bytes, every);
	timer_stop(base->world, &s->renewal);
	ev_stream_watch_input(s);
}

void
ev_stream_shutdown(struct stream *base)
{
	struct ev_stream *s = (struct ev_stream *)base;

	assert(s->owned);
	s->shut = true;
	if (s->phase == PHASE_OPEN)
		ev_stream_ask_attention(s);
}

static void
release(struct ev_stream *s)
{
	assert(s->owned);
	s->owned = s->failure_due = s->paused = false;
	s->pace = (struct pace){ 0 };
	timer_stop(s->base.world, &s->renewal);
	s->base.handler = NULL;
	ev_world_of(&s->base)->owned--;
}

void
ev_stream_close(struct stream *base)
{
	struct ev_stream *s = (struct ev_stream *)base;

	release(s);
	if (s->phase != PHASE_OPEN || (s->heard_eof && buf_len(&s->out) == 0)) {
		bury(s);
		return;
	}
	s->shut = true;
	ev_stream_watch_input(s);
	ev_stream_ask_attention(s);
	timer_set(
	    base->world, &s->linger, world_now(base->world) + STREAM_LINGER);
}

void
ev_stream_reset(struct stream *base)
{
	struct ev_stream *s = (struct ev_stream *)base;

	release(s);
	abort_socket(s);
	bury(s);
}

/* The socket's filter drops each segment before TCP sees it. */
void
ev_stream_vanish(struct stream *base)
{
	static struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	static const struct sock_fprog filter = { 1, &nothing };
	struct ev_stream *s = (struct ev_stream *)base;

	release(s);
	if (s->phase == PHASE_OPEN)
		flush(s);
	else
		bury(s);
	/* flush() may have found that the connection is dead. */
	if (s->fd < 0)
		return;
	if (setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		sizeof(filter)) != 0) {
		abort_socket(s);
		bury(s);
		return;
	}
	s->vanished = true;
	ev_stream_watch_input(s);
	ev_io_stop(ev_world_of(base)->loop, &s->writing);
	list_remove(&s->attention);
	timer_set(base->world, &s->linger,
	    utime_add(world_now(base->world), STREAM_VANISHED));
}

static void
on_linger(struct timer *t)
{
	struct ev_stream *s = CONTAINER_OF(t, struct ev_stream, linger);

	if (!s->fin_sent || s->vanished)
		abort_socket(s);
	bury(s);
}
