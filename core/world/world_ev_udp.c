/* SPDX-License-Identifier: MIT */
/* Datagrams in the real world: UDP sockets, a turn at a time. */
#include "core/world/world_ev_impl.h"

#include <errno.h>
#include <unistd.h>

/* Taken from one socket in one turn, so that streams get theirs. */
#define DATAGRAMS_A_TURN 64

struct ev_datagrams {
	struct datagrams base;
	int fd; /* owned */
	bool in_callback;
	bool closed; /* to be freed behind the callback */
	struct ev_io reading;
	struct timer arrival; /* of what the kernel has already */
	bool has_arrived;
};

static void on_readable(struct ev_loop *loop, struct ev_io *io, int events);
static void on_arrival(struct timer *t);

struct datagrams *
ev_datagrams_open(struct world *w, const struct endpoint *at, struct err *err)
{
	struct ev_world *ew = (struct ev_world *)w;
	struct ev_datagrams *d;
	struct endpoint place;
	char text[ENDPOINT_TEXT_MAX];
	int fd = -1;

	errno = EADDRNOTAVAIL;
	if (ev_place_find(ew, at, &place))
		fd = ev_socket_bind(&place, SOCK_DGRAM);
	if (fd < 0) {
		(void)err_set(err, "cannot take datagrams at %s: %s",
		    endpoint_format(at, text), strerror(errno));
		return NULL;
	}
	d = xcalloc(1, sizeof(*d));
	d->base.world = w;
	d->fd = fd;
	ev_socket_local(ew, fd, &d->base.local);
	ev_io_init(&d->reading, on_readable, fd, EV_READ);
	d->reading.data = d;
	d->arrival.fire = on_arrival;
	ev_io_start(ew->loop, &d->reading);
	ew->owned++;
	return &d->base;
}

void
ev_datagrams_close(struct datagrams *base)
{
	struct ev_datagrams *d = (struct ev_datagrams *)base;
	struct ev_world *ew = (struct ev_world *)base->world;

	ev_io_stop(ew->loop, &d->reading);
	timer_stop(&ew->base, &d->arrival);
	(void)close(d->fd);
	ew->owned--;
	if (d->in_callback)
		d->closed = true;
	else
		free(d);
}

/* What the socket does not take is lost, as datagrams are. */
void
ev_datagrams_send(
    struct datagrams *base, const struct endpoint *to, struct slice bytes)
{
	union ev_sockaddr a;
	socklen_t len = ev_sockaddr_set(&a, to);

	(void)sendto(((struct ev_datagrams *)base)->fd, bytes.at, bytes.len, 0,
	    &a.sa, len);
}

/* False when there is nothing more to take now. */
static bool
take_one(struct ev_datagrams *d)
{
	struct ev_world *ew = (struct ev_world *)d->base.world;
	union ev_sockaddr a = { 0 };
	socklen_t len = sizeof(a);
	struct endpoint from;
	ssize_t got =
	    recvfrom(d->fd, ew->input, sizeof(ew->input), 0, &a.sa, &len);

	/* Errors are those of datagrams that were sent before. */
	if (got < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK;
	/* Whoever asks knows nothing of places. */
	ev_sockaddr_get(&a, &from);
	d->base.on_datagram(
	    d->base.owner, &from, slice_of(ew->input, (size_t)got));
	return true;
}

static void
on_arrival(struct timer *t)
{
	struct ev_datagrams *d = CONTAINER_OF(t, struct ev_datagrams, arrival);

	d->has_arrived = true;
	ev_io_start(((struct ev_world *)d->base.world)->loop, &d->reading);
}

/* By the clock that is shared it takes its way, and that of the answer. */
static bool
arrives(struct ev_datagrams *d)
{
	struct ev_world *ew = (struct ev_world *)d->base.world;

	if (ew->latency == 0 || d->has_arrived) {
		d->has_arrived = false;
		return true;
	}
	ev_io_stop(ew->loop, &d->reading);
	timer_set(
	    &ew->base, &d->arrival, world_now(&ew->base) + 2 * ew->latency);
	return false;
}

static void
on_readable(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct ev_datagrams *d = io->data;

	(void)loop;
	(void)events;
	if (!arrives(d))
		return;
	d->in_callback = true;
	for (int i = 0; i < DATAGRAMS_A_TURN && !d->closed; i++)
		if (d->base.world->stopping || !take_one(d))
			break;
	d->in_callback = false;
	if (d->closed)
		free(d);
}
