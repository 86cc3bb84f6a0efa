/* SPDX-License-Identifier: MIT */
/* The loop and the clock of the real world; see world_ev.h. */
#include "core/world/world_ev.h"

#include "core/world/world_ev_impl.h"

#include <sys/statvfs.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The longest sleep, in seconds: keeps spans within what libev computes. */
#define SLEEP_MAX 86400.0

static utime ev_world_now(const struct world *w);
static bool ev_world_run(struct world *w, struct err *err);
static uint64_t ev_storage_free(const struct world *w, const char *path);
static void ev_world_destroy(struct world *w);
static void on_turn(struct ev_loop *loop, struct ev_prepare *p, int events);
static void on_due(struct ev_loop *loop, struct ev_timer *t, int events);
static void on_signal(struct ev_loop *loop, struct ev_signal *s, int events);

static const struct world_ops ev_ops = {
	.now = ev_world_now,
	.run = ev_world_run,
	.destroy = ev_world_destroy,
	.storage_free = ev_storage_free,
	.usage = ev_world_usage,
	.connect = ev_world_connect,
	.listen = ev_world_listen,
	.datagrams_open = ev_datagrams_open,
	.datagrams_send = ev_datagrams_send,
	.datagrams_close = ev_datagrams_close,
	.connect_local = ev_world_connect_local,
	.listen_local = ev_world_listen_local,
	.listener_close = ev_listener_close,
	.listener_tune = ev_listener_tune,
	.listener_pause = ev_listener_pause,
	.listener_mute = ev_listener_mute,
	.write = ev_stream_write,
	.queued = ev_stream_queued,
	.pause = ev_stream_pause,
	.pace = ev_stream_pace,
	.shutdown = ev_stream_shutdown,
	.vanish = ev_stream_vanish,
	.close = ev_stream_close,
	.reset = ev_stream_reset,
	.ask = ev_dns_ask,
	.ask_release = ev_dns_release,
};

/* ---- clock ---- */

static utime
clock_read(clockid_t id)
{
	struct timespec ts;
	int failed = clock_gettime(id, &ts);

	assert(failed == 0);
	return (utime)ts.tv_sec * UTIME_S + ts.tv_nsec / 1000;
}

static utime
ev_world_now(const struct world *w)
{
	const struct ev_world *ew = (const struct ev_world *)w;
	utime passed;

	if (ew->clock != NULL)
		return world_clock_now(ew->clock);
	passed = clock_read(CLOCK_MONOTONIC) - ew->anchor_mono;
	if (ew->scale != 1.0)
		passed = (utime)((double)passed * ew->scale);
	return ew->anchor + passed;
}

/* ---- making and ending ---- */

struct world *
world_ev_new(const struct ev_options *options, struct err *err)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	struct ev_world *ew;

	assert(options->clock != NULL || options->time_scale > 0);
	if (loop == NULL) {
		(void)err_set(err, "libev finds no way to wait for events");
		return NULL;
	}
	world_begin_storage();
	ew = xcalloc(1, sizeof(*ew));
	ew->base.ops = &ev_ops;
	ew->base.zone = options->zone;
	ew->loop = loop;
	ew->places = options->places;
	ew->scale = options->clock != NULL ? world_clock_scale(options->clock)
					   : options->time_scale;
	ew->anchor = options->start != UTIME_NEVER ? options->start
						   : clock_read(CLOCK_REALTIME);
	ew->anchor_mono = clock_read(CLOCK_MONOTONIC);
	list_init(&ew->streams);
	list_init(&ew->attention);
	list_init(&ew->dead);
	ev_prepare_init(&ew->turn, on_turn);
	ew->turn.data = ew;
	ev_prepare_start(loop, &ew->turn);
	ev_timer_init(&ew->due, on_due, 0, 0);
	ew->due.data = ew;
	if (options->clock != NULL)
		ev_world_join(ew, options->clock);
	return &ew->base;
}

struct world *
world_ev_new_shared(struct world_clock *clock,
    const struct world_places *places, struct err *err)
{
	const struct ev_options options = { .clock = clock, .places = places };

	return world_ev_new(&options, err);
}

static void
bury_dead(struct ev_world *ew)
{
	LIST_FOREACH_SAFE(node, &ew->dead)
		ev_stream_free(CONTAINER_OF(node, struct ev_stream, node));
}

static void
ev_world_destroy(struct world *w)
{
	struct ev_world *ew = (struct ev_world *)w;

	assert(ew->owned == 0);
	ev_dns_destroy(&ew->dns);
	LIST_FOREACH_SAFE(node, &ew->streams) {
		struct ev_stream *s =
		    CONTAINER_OF(node, struct ev_stream, node);

		/* What the kernel takes now it will send. */
		ev_stream_attend(s);
		ev_stream_free(s);
	}
	bury_dead(ew);
	assert(heap_top(&w->calendar) == NULL);
	ev_world_leave(ew);
	for (size_t i = 0; i < ew->signal_count; i++)
		ev_signal_stop(ew->loop, &ew->signals[i]);
	free(ew->signals);
	ev_timer_stop(ew->loop, &ew->due);
	ev_prepare_stop(ew->loop, &ew->turn);
	ev_loop_destroy(ew->loop);
	free(ew);
}

static uint64_t
ev_storage_free(const struct world *w, const char *path)
{
	struct statvfs fs;

	(void)w;
	if (statvfs(path, &fs) != 0)
		return UINT64_MAX;
	return (uint64_t)fs.f_bavail * fs.f_frsize;
}

/* ---- running ---- */

/* Fires what was due when the turn began; what the callbacks set waits for the
 * next turn, so that sockets get theirs. */
static void
fire_due(struct ev_world *ew)
{
	struct world *w = &ew->base;
	utime now = ev_world_now(w);
	uint64_t seq_end = w->seq;
	struct heap_node *top;

	while (!w->stopping && (top = world_next(w)) != NULL &&
	    top->seq < seq_end) {
		struct timer *t = world_take_due(w, now);

		if (t == NULL)
			break;
		ew->work++;
		t->fire(t);
	}
}

static void
attend_streams(struct ev_world *ew)
{
	struct list now;

	list_init(&now);
	ew->work += !list_is_empty(&ew->attention);
	while (!list_is_empty(&ew->attention)) {
		struct list *node = ew->attention.next;

		list_remove(node);
		list_append(&now, node);
	}
	while (!list_is_empty(&now)) {
		struct list *node = now.next;

		list_remove(node);
		if (ew->base.stopping)
			list_append(&ew->attention, node);
		else
			ev_stream_attend(
			    CONTAINER_OF(node, struct ev_stream, attention));
	}
}

static void
arm_timer(struct ev_world *ew)
{
	struct heap_node *top = world_next(&ew->base);
	const utime at = top != NULL ? top->at : UTIME_NEVER;
	double wait = SLEEP_MAX;

	/* Mostly it is set for that already. */
	if (ew->clock == NULL && at == ew->due_at && ev_is_active(&ew->due) &&
	    list_is_empty(&ew->attention))
		return;
	ew->due_at = UTIME_NEVER;
	if (top != NULL)
		wait = (double)(top->at - ev_world_now(&ew->base)) /
		    (double)UTIME_S / ew->scale;
	if (wait < 0 || !list_is_empty(&ew->attention))
		wait = 0;
	if (wait > 0 && ew->clock != NULL) {
		if (ev_world_is_turned(ew))
			wait = SLEEP_MAX;
		if (!ev_world_rest(ew))
			wait = 0;
	}
	if (wait > SLEEP_MAX)
		wait = SLEEP_MAX;
	else if (wait > 0)
		ew->due_at = at;
	ev_timer_stop(ew->loop, &ew->due);
	ev_now_update(ew->loop);
	ev_timer_set(&ew->due, wait, 0);
	ev_timer_start(ew->loop, &ew->due);
}

static void
on_turn(struct ev_loop *loop, struct ev_prepare *p, int events)
{
	struct ev_world *ew = p->data;

	(void)events;
	ev_world_note_work(ew);
	bury_dead(ew);
	fire_due(ew);
	attend_streams(ew);
	if (ew->base.stopping)
		ev_break(loop, EVBREAK_ONE);
	else
		arm_timer(ew);
}

/* Waking is all that it is for. */
static void
on_due(struct ev_loop *loop, struct ev_timer *t, int events)
{
	struct ev_world *ew = t->data;

	(void)loop;
	(void)events;
	ew->found_aside++;
}

static bool
ev_world_run(struct world *w, struct err *err)
{
	struct ev_world *ew = (struct ev_world *)w;

	(void)err;
	while (!w->stopping)
		(void)ev_run(ew->loop, EVRUN_ONCE);
	return true;
}

/* ---- signals and readiness ---- */

void
world_ev_set_zone(struct world *w, const struct zone *zone)
{
	w->zone = zone;
}

void
world_ev_signals(struct world *w, const int *signals,
    void (*handler)(void *owner, int signo), void *owner)
{
	struct ev_world *ew = (struct ev_world *)w;
	size_t n = 0;

	assert(ew->signals == NULL);
	while (signals[n] != 0)
		n++;
	ew->signals = xcalloc(n + 1, sizeof(*ew->signals));
	ew->signal_count = n;
	ew->on_signal = handler;
	ew->signal_owner = owner;
	for (size_t i = 0; i < n; i++) {
		ev_signal_init(&ew->signals[i], on_signal, signals[i]);
		ew->signals[i].data = ew;
		ev_signal_start(ew->loop, &ew->signals[i]);
	}
}

static void
on_signal(struct ev_loop *loop, struct ev_signal *s, int events)
{
	struct ev_world *ew = s->data;

	(void)loop;
	(void)events;
	ew->on_signal(ew->signal_owner, s->signum);
}

static void
notify_manager(const char *path)
{
	static const char message[] = "READY=1";
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if (len == 0 || len >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, len);
	/* An abstract name begins with NUL. */
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, message, sizeof(message) - 1, MSG_NOSIGNAL,
	    (const struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)close(fd);
}

/* Nothing can be done about a starter that no longer listens. */
void
world_ev_ready(int ready_fd, const char *notify_socket)
{
	if (ready_fd != -1) {
		ssize_t ignored = write(ready_fd, "ready\n", 6);

		(void)ignored;
		(void)close(ready_fd);
	}
	if (notify_socket != NULL)
		notify_manager(notify_socket);
}
