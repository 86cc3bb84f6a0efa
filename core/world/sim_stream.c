/* SPDX-License-Identifier: MIT */
/*
 * What passes over an open connection of the virtual world.
 *
 * Each direction is one buffer with three zones: bytes that have arrived and
 * are not read, bytes in flight, and bytes that wait because the window is full
 * or the path is cut.  Zones grow and shrink by moving their borders; bytes are
 * copied twice, in by the writer and out to the reader.  What is in flight is
 * described by segments, of which only the first is in the calendar, under the
 * sequence number that it got when it was sent.
 *
 * The window opens the moment the reader takes bytes: the time that news of it
 * would take is left out.
 */
#include "core/world/sim_impl.h"

static void on_arrival(struct timer *t);
static void on_wake(struct timer *t);
static void on_renewal(struct timer *t);
static void on_linger(struct timer *t);

/* ---- ends ---- */

void
sim_end_init(struct sim_end *e, struct sim_conn *c)
{
	e->base.world = &c->world->base;
	e->conn = c;
	e->out.arrival.fire = on_arrival;
	e->wake.fire = on_wake;
	e->renewal.fire = on_renewal;
	e->linger.fire = on_linger;
}

void
sim_end_fini(struct sim_end *e)
{
	struct world *w = e->base.world;

	timer_stop(w, &e->wake);
	timer_stop(w, &e->renewal);
	timer_stop(w, &e->linger);
	sim_pipe_clear(&e->out, w);
	free(e->out.segments);
}

static void
end_wake(struct sim_end *e)
{
	if (!timer_is_set(&e->wake))
		timer_set(e->base.world, &e->wake, e->conn->world->now);
}

void
sim_end_fail(struct sim_end *e, enum net_failure why)
{
	if (e->sending == SENDING_DEAD)
		return;
	e->sending = SENDING_DEAD;
	e->hearing = HEARING_DEAD;
	e->drained_due = false;
	sim_pipe_clear(&e->out, e->base.world);
	sim_pipe_drop_unread(&sim_end_peer(e)->out);
	if (!e->owned)
		return;
	e->failure_due = true;
	e->failure = why;
	end_wake(e);
}

/* The owner lets go. */
static void
end_release(struct sim_end *e)
{
	assert(e->owned);
	e->owned = e->failure_due = e->drained_due = false;
	e->base.handler = NULL;
	e->conn->world->counts.streams_open--;
	timer_stop(e->base.world, &e->wake);
	timer_stop(e->base.world, &e->renewal);
}

/* ---- sending ---- */

/* The moment at which the last of `len` bytes arrives that are sent now. */
static utime
end_transit(const struct sim_end *e, size_t len)
{
	struct sim_path *p = e->conn->path;
	utime now = e->conn->world->now;
	bool forth = ip_equal(&p->ip[0], &p->ip[1])
	    ? e == &e->conn->ends[0]
	    : ip_equal(&e->base.local.ip, &p->ip[0]);
	size_t way = forth ? 0 : 1;
	uint64_t work;

	if (p->way[way].busy_until < now) {
		p->way[way].busy_until = now;
		p->way[way].carry = 0;
	}
	work = len * (uint64_t)UTIME_S + p->way[way].carry;
	p->way[way].busy_until += (utime)(work / p->link.bandwidth);
	p->way[way].carry = work % p->link.bandwidth;
	return p->way[way].busy_until + p->link.latency;
}

static void
end_push(struct sim_end *e, size_t len, enum sim_cargo cargo)
{
	const struct sim_link *link = &e->conn->path->link;
	utime at = link->bandwidth == 0 ? e->conn->world->now + link->latency
					: end_transit(e, len);

	sim_pipe_push(&e->out, e->base.world, at, len, cargo);
}

static size_t
window_of(const struct sim_end *e)
{
	const size_t receive_max = sim_end_peer(e)->receive_max;
	size_t window = SIM_WINDOW;

	if (receive_max > 0 && receive_max < window)
		window = receive_max;
	if (e->send_max > 0 && e->send_max < window)
		window = e->send_max;
	return window;
}

/* Sends as much of the queue as the window takes. */
static void
end_push_bytes(struct sim_end *e)
{
	const size_t window = window_of(e);
	struct sim_pipe *p = &e->out;
	size_t queued = sim_pipe_queued(p);

	while (queued > 0 && p->unread + p->in_flight < window) {
		size_t len = window - p->unread - p->in_flight;

		if (len > queued)
			len = queued;
		if (e->conn->path->link.bandwidth != 0 && len > SIM_SEGMENT)
			len = SIM_SEGMENT;
		end_push(e, len, CARGO_BYTES);
		queued -= len;
	}
	if (e->above_high && queued < STREAM_LOW_WATER) {
		e->above_high = false;
		e->drained_due = e->owned;
		if (e->owned)
			end_wake(e);
	}
}

void
sim_end_send(struct sim_end *e)
{
	if (e->conn->stage < STAGE_ACK || e->conn->path->link.partitioned)
		return;
	switch (e->sending) {
	case SENDING_OPEN:
		end_push_bytes(e);
		break;
	case SENDING_SHUT:
		end_push_bytes(e);
		if (sim_pipe_queued(&e->out) > 0)
			break;
		end_push(e, 0, CARGO_FIN);
		e->sending = SENDING_FIN;
		break;
	case SENDING_RST:
		sim_pipe_drop_queued(&e->out);
		end_push(e, 0, CARGO_RST);
		e->sending = SENDING_DEAD;
		break;
	case SENDING_FIN:
	case SENDING_DEAD:
		break;
	}
}

/* Answers by RST, and to nothing after that. */
static void
end_cut(struct sim_end *e)
{
	e->hearing = HEARING_DEAD;
	if (e->sending == SENDING_DEAD || e->sending == SENDING_RST)
		return;
	e->sending = SENDING_RST;
	sim_end_send(e);
}

/* ---- receiving ---- */

/* How much of what has arrived may be shown now; if not all of it, the rest has
 * its time. */
static size_t
end_room(struct sim_end *e)
{
	const size_t unread = sim_end_peer(e)->out.unread;
	size_t room = pace_room(&e->pace, e->conn->world->now);

	if (room > unread)
		room = unread;
	pace_take(&e->pace, room, e->conn->world->now);
	if (room < unread)
		timer_set(e->base.world, &e->renewal, pace_due(&e->pace));
	return room;
}

/* Shows the owner what has arrived, unless it has paused, and at its pace. */
static void
end_deliver(struct sim_end *e)
{
	struct sim_world *sw = e->conn->world;
	struct sim_end *peer = sim_end_peer(e);
	struct sim_pipe *p = &peer->out;
	size_t room;

	if (e->paused)
		return;
	room = end_room(e);
	if (room > 0) {
		/* A copy, as the callback may write to the other end. */
		buf_clear(&sw->input);
		buf_append(&sw->input, slice_of(buf_slice(&p->bytes).at, room));
		sw->counts.bytes += room;
		sim_pipe_read(p, room);
		sim_end_send(peer);
		e->base.handler->on_input(e->base.owner, buf_slice(&sw->input));
	}
	if (e->hearing == HEARING_FIN && !e->paused && p->unread == 0) {
		e->hearing = HEARING_EOF;
		e->base.handler->on_eof(e->base.owner);
	}
}

static void
bytes_arrive(struct sim_end *e, size_t len)
{
	struct sim_end *peer = sim_end_peer(e);

	peer->out.unread += len;
	switch (e->hearing) {
	case HEARING_OPEN:
		end_deliver(e);
		return;
	case HEARING_GONE:
		return;
	case HEARING_DRAIN:
		break;
	case HEARING_DEAD:
		end_cut(e);
		break;
	case HEARING_FIN:
	case HEARING_EOF:
		assert(false && "bytes behind a FIN");
	}
	sim_pipe_drop_unread(&peer->out);
	sim_end_send(peer);
}

static void
fin_arrives(struct sim_end *e)
{
	switch (e->hearing) {
	case HEARING_OPEN:
		e->hearing = HEARING_FIN;
		end_deliver(e);
		break;
	case HEARING_DRAIN:
		e->hearing = HEARING_EOF;
		break;
	case HEARING_GONE:
		break;
	case HEARING_DEAD:
		end_cut(e);
		break;
	case HEARING_FIN:
	case HEARING_EOF:
		assert(false && "two FINs");
	}
}

static void
on_arrival(struct timer *t)
{
	struct sim_end *from = CONTAINER_OF(t, struct sim_end, out.arrival);
	struct sim_end *to = sim_end_peer(from);
	struct sim_segment s = sim_pipe_pop(&from->out, from->base.world);

	from->conn->in_callback = true;
	switch (s.cargo) {
	case CARGO_BYTES:
		bytes_arrive(to, s.len);
		break;
	case CARGO_FIN:
		fin_arrives(to);
		break;
	case CARGO_RST:
		sim_end_fail(to, NET_RESET);
		break;
	}
	from->conn->in_callback = false;
	sim_conn_reap(from->conn);
}

static void
on_wake(struct timer *t)
{
	struct sim_end *e = CONTAINER_OF(t, struct sim_end, wake);

	e->conn->in_callback = true;
	if (e->failure_due) {
		e->failure_due = false;
		e->base.handler->on_failure(e->base.owner, e->failure);
	} else {
		end_deliver(e);
		if (e->drained_due) {
			e->drained_due = false;
			e->base.handler->on_drained(e->base.owner);
		}
	}
	e->conn->in_callback = false;
	sim_conn_reap(e->conn);
}

static void
on_renewal(struct timer *t)
{
	struct sim_end *e = CONTAINER_OF(t, struct sim_end, renewal);

	e->conn->in_callback = true;
	end_deliver(e);
	e->conn->in_callback = false;
	sim_conn_reap(e->conn);
}

static void
on_linger(struct timer *t)
{
	struct sim_end *e = CONTAINER_OF(t, struct sim_end, linger);

	/* It is there again. */
	if (e->hearing == HEARING_GONE) {
		e->hearing = HEARING_DEAD;
		e->sending = SENDING_RST;
		sim_end_send(e);
		return;
	}
	if (e->sending == SENDING_SHUT)
		end_cut(e);
	if (e->hearing == HEARING_DRAIN)
		e->hearing = HEARING_DEAD;
}

/* ---- what owners ask for ---- */

void
sim_write(struct stream *s, struct slice bytes)
{
	struct sim_end *e = (struct sim_end *)s;

	assert(e->owned);
	if (e->sending == SENDING_DEAD)
		return;
	assert(e->sending == SENDING_OPEN);
	buf_append(&e->out.bytes, bytes);
	sim_end_send(e);
	if (sim_pipe_queued(&e->out) > STREAM_HIGH_WATER)
		e->above_high = true;
}

size_t
sim_queued(const struct stream *s)
{
	return sim_pipe_queued(&((const struct sim_end *)s)->out);
}

void
sim_pause(struct stream *s, bool paused)
{
	struct sim_end *e = (struct sim_end *)s;

	assert(e->owned);
	e->paused = paused;
	if (!paused &&
	    (sim_end_peer(e)->out.unread > 0 || e->hearing == HEARING_FIN))
		end_wake(e);
}

void
sim_pace(struct stream *s, size_t bytes, utime every)
{
	struct sim_end *e = (struct sim_end *)s;

	assert(e->owned);
	pace_set(&e->pace, bytes, every);
	timer_stop(s->world, &e->renewal);
	if (sim_end_peer(e)->out.unread > 0)
		end_wake(e);
}

void
sim_shutdown(struct stream *s)
{
	struct sim_end *e = (struct sim_end *)s;

	assert(e->owned);
	if (e->sending != SENDING_OPEN)
		return;
	e->sending = SENDING_SHUT;
	sim_end_send(e);
}

void
sim_close(struct stream *s)
{
	struct sim_end *e = (struct sim_end *)s;
	struct sim_end *peer = sim_end_peer(e);

	end_release(e);
	if (peer->owned && e->sending != SENDING_DEAD) {
		if (e->hearing == HEARING_OPEN)
			e->hearing = HEARING_DRAIN;
		else
			e->hearing = HEARING_EOF;
		sim_pipe_drop_unread(&peer->out);
		sim_end_send(peer);
		if (e->sending == SENDING_OPEN)
			e->sending = SENDING_SHUT;
		sim_end_send(e);
		timer_set(
		    s->world, &e->linger, e->conn->world->now + STREAM_LINGER);
	}
	sim_conn_reap(e->conn);
}

void
sim_vanish(struct stream *s)
{
	struct sim_end *e = (struct sim_end *)s;

	end_release(e);
	if (e->sending != SENDING_DEAD) {
		e->hearing = HEARING_GONE;
		e->sending = SENDING_DEAD;
		sim_pipe_drop_queued(&e->out);
		timer_set(s->world, &e->linger,
		    utime_add(e->conn->world->now, STREAM_VANISHED));
	}
	sim_conn_reap(e->conn);
}

void
sim_reset(struct stream *s)
{
	struct sim_end *e = (struct sim_end *)s;
	struct sim_end *peer = sim_end_peer(e);

	end_release(e);
	if (peer->owned) {
		sim_pipe_drop_unread(&peer->out);
		end_cut(e);
	}
	sim_conn_reap(e->conn);
}
