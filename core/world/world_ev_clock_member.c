/* SPDX-License-Identifier: MIT */
/* A world that goes by a shared clock, and answers its turner; see
 * world_ev_clock.h. */
#include "core/world/world_ev_clock_impl.h"
#include "core/world/world_ev_impl.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* How many events the loop has found, before they are told. */
static void
on_polled(struct ev_loop *loop, struct ev_check *check, int events)
{
	struct ev_world *ew = check->data;

	(void)events;
	ew->found = ev_pending_count(loop);
	ew->found_aside = 0;
}

static void
on_bell(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct ev_world *ew = io->data;
	struct world_clock *c = ew->clock;
	uint64_t times;
	ssize_t ignored = read(io->fd, &times, sizeof(times));

	(void)loop;
	(void)events;
	(void)ignored;
	ew->found_aside++;
	ew->question = atomic_load(&c->page->asked);
	ew->has_looked = false;
	if (c->self == 0 && world_clock_ended(c) != WORLD_CLOCK_GOES)
		world_stop(&ew->base);
}

void
ev_world_join(struct ev_world *ew, struct world_clock *c)
{
	ew->clock = c;
	ew->latency = c->page->options.is_turned ? c->page->options.latency : 0;
	ew->base.has_background = true;
	ev_check_init(&ew->polled, on_polled);
	ev_set_priority(&ew->polled, EV_MAXPRI);
	ew->polled.data = ew;
	ev_check_start(ew->loop, &ew->polled);
	ev_io_init(&ew->bell, on_bell, c->bells[c->self], EV_READ);
	ew->bell.data = ew;
	ev_io_start(ew->loop, &ew->bell);
}

void
ev_world_leave(struct ev_world *ew)
{
	if (ew->clock == NULL)
		return;
	ev_check_stop(ew->loop, &ew->polled);
	ev_io_stop(ew->loop, &ew->bell);
}

bool
ev_world_is_turned(const struct ev_world *ew)
{
	return ew->clock != NULL && ew->clock->page->options.is_turned;
}

void
ev_world_note_work(struct ev_world *ew)
{
	if (ew->found > ew->found_aside)
		ew->work++;
	ew->found = ew->found_aside = 0;
}

/* Whether any stream has something to send that the kernel has not sent. */
static bool
streams_are_held_up(struct ev_world *ew)
{
	bool any = false;

	LIST_FOREACH(node, &ew->streams) {
		struct ev_stream *s =
		    CONTAINER_OF(node, struct ev_stream, node);
		int left = 0;

		if (!s->has_sent || s->fd < 0)
			continue;
		s->has_sent = buf_len(&s->out) > 0 ||
		    (ioctl(s->fd, SIOCOUTQNSD, &left) == 0 && left > 0);
		any |= s->has_sent;
	}
	return any;
}

bool
ev_world_rest(struct ev_world *ew)
{
	const struct heap_node *next = world_next(&ew->base);
	const struct heap_node *top = heap_top(&ew->base.calendar);
	struct clock_member *m = &ew->clock->page->members[ew->clock->self];
	const bool has_news = ew->work != atomic_load(&m->work);

	atomic_store(&m->due, next != NULL ? next->at : UTIME_NEVER);
	atomic_store(&m->due_foreground, top != NULL ? top->at : UTIME_NEVER);
	atomic_store(&m->work, ew->work);
	if (ew->question == atomic_load(&m->answered)) {
		if (has_news)
			world_clock_tell_news(ew->clock->page);
		return true;
	}
	/* What the loop has found with the bell may be older than the question.
	 */
	if (!ew->has_looked) {
		ew->has_looked = true;
		return false;
	}
	atomic_store(&m->is_held_up, streams_are_held_up(ew));
	atomic_store(&m->answered, ew->question);
	world_clock_tell_news(ew->clock->page);
	return true;
}
