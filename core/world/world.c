/* SPDX-License-Identifier: MIT */
/* What all worlds share: timers, the resolver, and the way to the rest; see
 * world.h. */
#include "core/world/world_impl.h"

#include <sqlite3.h>

static void on_query_due(struct timer *t);

utime
world_now(const struct world *w)
{
	return w->ops->now(w);
}

static struct heap *
calendar_of(struct world *w, const struct timer *t)
{
	return t->is_background ? &w->background : &w->calendar;
}

void
timer_set(struct world *w, struct timer *t, utime at)
{
	timer_stop(w, t);
	if (at != UTIME_NEVER)
		heap_insert(&w->calendar, &t->node, at, w->seq++);
}

void
timer_set_background(struct world *w, struct timer *t, utime at)
{
	timer_stop(w, t);
	t->is_background = w->has_background;
	if (at != UTIME_NEVER)
		heap_insert(calendar_of(w, t), &t->node, at, w->seq++);
}

void
timer_stop(struct world *w, struct timer *t)
{
	heap_remove(calendar_of(w, t), &t->node);
	t->is_background = false;
}

bool
timer_is_set(const struct timer *t)
{
	return t->node.queued;
}

struct heap_node *
world_next(const struct world *w)
{
	struct heap_node *a = heap_top(&w->calendar);
	struct heap_node *b = heap_top(&w->background);

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	if (a->at != b->at)
		return a->at < b->at ? a : b;
	return a->seq < b->seq ? a : b;
}

struct timer *
world_take_due(struct world *w, utime until)
{
	struct heap_node *next = world_next(w);
	struct timer *t;

	if (next == NULL || next->at > until)
		return NULL;
	t = CONTAINER_OF(next, struct timer, node);
	timer_stop(w, t);
	return t;
}

const char *
net_failure_text(enum net_failure f)
{
	static const char *const texts[] = {
#define X(constant, text) [constant] = (text),
		NET_FAILURES(X)
#undef X
	};

	assert((size_t)f < ARRAY_LEN(texts));
	return texts[f];
}

struct stream *
world_connect(struct world *w, const struct endpoint *from,
    const struct endpoint *to, const struct stream_handler *handler,
    void *owner)
{
	struct stream *s;

	assert(!ip_is_none(&to->ip));
	if (from != NULL && ip_is_none(&from->ip))
		from = NULL;
	s = w->ops->connect(w, from, to);
	stream_attach(s, handler, owner);
	return s;
}

struct stream *
world_connect_local(struct world *w, const char *path,
    const struct stream_handler *handler, void *owner)
{
	struct stream *s;

	assert(w->ops->connect_local != NULL);
	s = w->ops->connect_local(w, path);
	stream_attach(s, handler, owner);
	return s;
}

void
stream_attach(
    struct stream *s, const struct stream_handler *handler, void *owner)
{
	assert(handler->on_input != NULL);
	assert(handler->on_drained != NULL);
	assert(handler->on_eof != NULL);
	assert(handler->on_failure != NULL);
	if (s->tls != NULL) {
		stream_tls_attach(s, handler, owner);
		return;
	}
	s->handler = handler;
	s->owner = owner;
}

void
stream_write(struct stream *s, struct slice bytes)
{
	if (bytes.len == 0)
		return;
	if (s->tls != NULL)
		stream_tls_write(s, bytes);
	else
		s->world->ops->write(s, bytes);
}

size_t
stream_queued(const struct stream *s)
{
	return s->tls != NULL ? stream_tls_queued(s) : s->world->ops->queued(s);
}

void
stream_pause(struct stream *s, bool paused)
{
	if (s->tls != NULL)
		stream_tls_pause(s, paused);
	s->world->ops->pause(s, paused);
}

/* Below TLS, whose records are what comes. */
void
stream_pace(struct stream *s, size_t bytes, utime every)
{
	s->world->ops->pace(s, bytes, every);
}

void
stream_shutdown(struct stream *s)
{
	if (s->tls != NULL)
		stream_tls_end(s);
	s->world->ops->shutdown(s);
}

void
stream_close(struct stream *s)
{
	if (s->tls != NULL) {
		stream_tls_end(s);
		stream_tls_release(s);
	}
	s->world->ops->close(s);
}

void
stream_reset(struct stream *s)
{
	if (s->tls != NULL)
		stream_tls_release(s);
	s->world->ops->reset(s);
}

void
stream_vanish(struct stream *s)
{
	if (s->tls != NULL)
		stream_tls_release(s);
	s->world->ops->vanish(s);
}

const struct endpoint *
stream_local(const struct stream *s)
{
	return &s->local;
}

const struct endpoint *
stream_remote(const struct stream *s)
{
	return &s->remote;
}

struct listener *
world_listen(struct world *w, const struct endpoint *at,
    void (*on_accept)(void *owner, struct stream *s), void *owner,
    struct err *err)
{
	struct listener *l;

	assert(!ip_is_none(&at->ip));
	l = w->ops->listen(w, at, err);
	if (l != NULL) {
		l->on_accept = on_accept;
		l->owner = owner;
	}
	return l;
}

struct listener *
world_listen_local(struct world *w, const char *path,
    void (*on_accept)(void *owner, struct stream *s), void *owner,
    struct err *err)
{
	struct listener *l = NULL;

	if (w->ops->listen_local != NULL)
		l = w->ops->listen_local(w, path, err);
	else
		(void)err_set(err, "a simulation has no local sockets");
	if (l != NULL) {
		l->on_accept = on_accept;
		l->owner = owner;
	}
	return l;
}

const struct endpoint *
listener_local(const struct listener *l)
{
	return &l->local;
}

void
listener_close(struct listener *l)
{
	l->world->ops->listener_close(l);
}

struct datagrams *
world_datagrams(struct world *w, const struct endpoint *at,
    void (*on_datagram)(
	void *owner, const struct endpoint *from, struct slice bytes),
    void *owner, struct err *err)
{
	struct datagrams *d = NULL;

	if (w->ops->datagrams_open != NULL)
		d = w->ops->datagrams_open(w, at, err);
	else
		(void)err_set(err, "a simulation has no datagrams");
	if (d != NULL) {
		d->on_datagram = on_datagram;
		d->owner = owner;
	}
	return d;
}

void
datagrams_send(
    struct datagrams *d, const struct endpoint *to, struct slice bytes)
{
	d->world->ops->datagrams_send(d, to, bytes);
}

const struct endpoint *
datagrams_local(const struct datagrams *d)
{
	return &d->local;
}

void
datagrams_close(struct datagrams *d)
{
	d->world->ops->datagrams_close(d);
}

void
listener_tune(struct listener *l, const struct listener_tuning *tuning)
{
	assert(tuning->backlog <= LISTENER_BACKLOG_MAX);
	l->world->ops->listener_tune(l, tuning);
}

void
listener_pause(struct listener *l, bool paused)
{
	l->world->ops->listener_pause(l, paused);
}

bool
listener_mute(struct listener *l, bool muted, struct err *err)
{
	return l->world->ops->listener_mute(l, muted, err);
}

void
dns_ask(
    struct world *w, struct dns_query *q, struct slice name, enum dns_type type)
{
	bool is_ours = w->zone != NULL && zone_has(w->zone, name);

	q->world = w;
	q->timer.fire = on_query_due;
	if (!is_ours && w->ops->ask != NULL && w->ops->ask(w, q, name, type))
		return;
	if (w->zone != NULL)
		(void)zone_lookup(w->zone, name, type, &q->answer);
	else
		q->answer = (struct dns_answer){ .status = DNS_NXDOMAIN,
			.server = SLICE(ZONE_SERVER) };
	dns_answer_travel(&q->answer, w->dns_latency);
	timer_set(w, &q->timer, utime_add(world_now(w), q->answer.delay));
}

static void
question_release(struct world *w, struct dns_question *question)
{
	if (question != NULL)
		w->ops->ask_release(question);
}

void
dns_cancel(struct dns_query *q)
{
	if (q->world == NULL)
		return;
	timer_stop(q->world, &q->timer);
	question_release(q->world, q->question);
	q->question = NULL;
}

/* The owner may ask again, or be gone, when it has its answer. */
static void
on_query_due(struct timer *t)
{
	struct dns_query *q = CONTAINER_OF(t, struct dns_query, timer);
	struct world *w = q->world;
	struct dns_question *question = q->question;
	struct dns_answer answer = q->answer;

	q->question = NULL;
	q->on_answer(q, &answer);
	question_release(w, question);
}

/* Once SQLite has begun it takes no more of this: then it has had it. */
void
world_begin_storage(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

const char *
world_storage_vfs(const struct world *w)
{
	return w->vfs;
}

uint64_t
world_storage_free(const struct world *w, const char *path)
{
	return w->ops->storage_free(w, path);
}

utime
world_storage_synced(const struct world *w)
{
	return w->ops->storage_synced != NULL ? w->ops->storage_synced(w)
					      : w->ops->now(w);
}

void
world_storage_wait(struct world *w)
{
	if (w->ops->storage_wait != NULL)
		w->ops->storage_wait(w);
}

struct world_usage
world_usage(const struct world *w)
{
	return w->ops->usage != NULL ? w->ops->usage(w)
				     : (struct world_usage){ 0 };
}

bool
world_run(struct world *w, struct err *err)
{
	w->stopping = false;
	return w->ops->run(w, err);
}

void
world_stop(struct world *w)
{
	w->stopping = true;
}

void
world_destroy(struct world **wp)
{
	if (*wp == NULL)
		return;
	(*wp)->ops->destroy(*wp);
	*wp = NULL;
}
