/* SPDX-License-Identifier: MIT */
/*
 * One direction of a connection of the virtual world: what has arrived and is
 * not read, what is in flight, what waits; see sim_stream.c.
 */
#include "core/world/sim_impl.h"

/* An empty buffer larger than this is given back. */
#define PIPE_KEEP 65536

size_t
sim_pipe_queued(const struct sim_pipe *p)
{
	return buf_len(&p->bytes) - p->unread - p->in_flight;
}

void
sim_pipe_drop_queued(struct sim_pipe *p)
{
	buf_truncate(&p->bytes, p->unread + p->in_flight);
}

void
sim_pipe_read(struct sim_pipe *p, size_t len)
{
	buf_consume(&p->bytes, len);
	p->unread -= len;
	if (buf_len(&p->bytes) == 0 && p->bytes.cap > PIPE_KEEP)
		buf_fini(&p->bytes);
}

void
sim_pipe_drop_unread(struct sim_pipe *p)
{
	sim_pipe_read(p, p->unread);
}

static struct sim_segment *
pipe_segment(struct sim_pipe *p, size_t i)
{
	return &p->segments[(p->first + i) & (p->cap - 1)];
}

/* Doubles the ring, unrolling it. */
static void
pipe_grow(struct sim_pipe *p)
{
	size_t cap = p->cap != 0 ? 2 * p->cap : 4;
	struct sim_segment *segments = xmalloc(cap * sizeof(*segments));

	for (size_t i = 0; i < p->count; i++)
		segments[i] = *pipe_segment(p, i);
	free(p->segments);
	p->segments = segments;
	p->first = 0;
	p->cap = cap;
}

/* Has the first segment's arrival in the calendar. */
static void
pipe_schedule(struct sim_pipe *p, struct world *w)
{
	const struct sim_segment *s = pipe_segment(p, 0);

	heap_insert(&w->calendar, &p->arrival.node, s->at, s->seq);
}

/* Something goes on its way; it arrives at `at` or behind what went before.
 * Bytes join a segment that arrives at the same moment. */
void
sim_pipe_push(struct sim_pipe *p, struct world *w, utime at, size_t len,
    enum sim_cargo cargo)
{
	struct sim_segment *last;

	if (at < p->last_at)
		at = p->last_at;
	p->last_at = at;
	p->in_flight += len;
	last = p->count > 0 ? pipe_segment(p, p->count - 1) : NULL;
	if (last != NULL && last->at == at && last->cargo == CARGO_BYTES &&
	    cargo == CARGO_BYTES) {
		last->len += len;
		return;
	}
	if (p->count == p->cap)
		pipe_grow(p);
	*pipe_segment(p, p->count++) =
	    (struct sim_segment){ at, w->seq++, len, cargo };
	if (p->count == 1)
		pipe_schedule(p, w);
}

struct sim_segment
sim_pipe_pop(struct sim_pipe *p, struct world *w)
{
	struct sim_segment s = *pipe_segment(p, 0);

	p->first = (p->first + 1) & (p->cap - 1);
	p->in_flight -= s.len;
	if (--p->count > 0)
		pipe_schedule(p, w);
	return s;
}

void
sim_pipe_clear(struct sim_pipe *p, struct world *w)
{
	timer_stop(w, &p->arrival);
	buf_fini(&p->bytes);
	p->unread = p->in_flight = p->count = 0;
}
