/* SPDX-License-Identifier: MIT */
/*
 * When what the kernel has is told: at once, and in the order in which the
 * kernel came to have it; or, by a clock that is turned, when it would be here
 * after its way over a network.  libev tells the last of a turn first, hence
 * what has an order is deferred to the next turn.
 */
#include "core/world/world_ev_impl.h"

#include <errno.h>

static bool
takes_its_way(const struct ev_stream *s)
{
	return ev_world_of(&s->base)->latency > 0 && !s->is_near;
}

static void
arrive_in(struct ev_stream *s, utime span)
{
	timer_set(s->base.world, &s->arrival, world_now(s->base.world) + span);
}

void
ev_stream_defer(struct ev_stream *s, struct ev_io *io)
{
	struct ev_world *ew = ev_world_of(&s->base);

	ev_io_stop(ew->loop, io);
	s->is_told = true;
	list_remove(&s->attention);
	list_prepend(&ew->attention, &s->attention);
}

static void
on_connect_done(struct ev_stream *s)
{
	struct ev_loop *loop = ev_world_of(&s->base)->loop;
	int error = s->connect_error;
	socklen_t len = sizeof(error);

	if (error == 0 &&
	    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error != 0) {
		ev_stream_fail(s, ev_failure_of(error));
		return;
	}
	/* A greeting has come with it. */
	s->has_arrived = true;
	ev_socket_local(ev_world_of(&s->base), s->fd, &s->base.local);
	s->phase = PHASE_OPEN;
	ev_io_stop(loop, &s->writing);
	ev_stream_watch_input(s);
	ev_stream_ask_attention(s);
	s->base.handler->on_connected(s->base.owner);
}

void
ev_stream_fail_connect(struct ev_stream *s, int error)
{
	struct ev_world *ew = ev_world_of(&s->base);

	if (!takes_its_way(s)) {
		ev_stream_fail(s, ev_failure_of(error));
		return;
	}
	s->connect_error = error;
	ev_io_stop(ew->loop, &s->writing);
	arrive_in(s, 2 * ew->latency);
}

/* All of it, unless its owner does not want it now: what came together, a reply
 * and the end behind it, is told together. */
static void
take_arrived(struct ev_stream *s)
{
	ev_stream_watch_input(s);
	while (s->has_arrived && ev_is_active(&s->reading) &&
	    !s->base.world->stopping)
		ev_stream_read(s);
}

void
ev_stream_attend_socket(struct ev_stream *s)
{
	const utime latency = ev_world_of(&s->base)->latency;

	s->is_told = false;
	if (s->phase == PHASE_OPEN && s->has_arrived)
		take_arrived(s);
	else if (s->phase == PHASE_OPEN)
		arrive_in(s, latency);
	else if (s->phase == PHASE_CONNECTING && takes_its_way(s))
		arrive_in(s, 2 * latency);
	else if (s->phase == PHASE_CONNECTING)
		on_connect_done(s);
}

void
ev_stream_on_arrival(struct timer *t)
{
	struct ev_stream *s = CONTAINER_OF(t, struct ev_stream, arrival);

	if (s->phase == PHASE_CONNECTING) {
		on_connect_done(s);
		return;
	}
	s->has_arrived = true;
	take_arrived(s);
}
