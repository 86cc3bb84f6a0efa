/* SPDX-License-Identifier: MIT */
/* Addresses, connecting and listening in the real world. */
#include "core/world/world_ev_impl.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

/* Connections taken from one listener in one turn. */
#define ACCEPT_MAX 64
/* How long a listener rests when the process has no descriptor left. */
#define ACCEPT_REST (100 * UTIME_MS)
/* The patience with a connect that nothing can delay. */
#define CONNECT_NOW_MS 1000

static void on_acceptable(struct ev_loop *loop, struct ev_io *io, int events);
static void on_rested(struct timer *t);
static void on_arrived(struct timer *t);
static void watch_callers(struct ev_listener *l);

/* ---- addresses ---- */

socklen_t
ev_sockaddr_set(union ev_sockaddr *a, const struct endpoint *e)
{
	*a = (union ev_sockaddr){ 0 };
	if (e->ip.family == 4) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(e->port);
		memcpy(&a->v4.sin_addr, e->ip.bytes, 4);
		return sizeof(a->v4);
	}
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_port = htons(e->port);
	memcpy(&a->v6.sin6_addr, e->ip.bytes, 16);
	return sizeof(a->v6);
}

void
ev_sockaddr_get(const union ev_sockaddr *a, struct endpoint *e)
{
	*e = (struct endpoint){ 0 };
	if (a->sa.sa_family == AF_INET) {
		e->ip.family = 4;
		memcpy(e->ip.bytes, &a->v4.sin_addr, 4);
		e->port = ntohs(a->v4.sin_port);
	} else if (a->sa.sa_family == AF_INET6) {
		e->ip.family = 6;
		memcpy(e->ip.bytes, &a->v6.sin6_addr, 16);
		e->port = ntohs(a->v6.sin6_port);
	}
}

bool
ev_place_find(const struct ev_world *ew, const struct endpoint *at,
    struct endpoint *place)
{
	*place = *at;
	return ew->places == NULL || world_places_find(ew->places, at, place);
}

struct endpoint
ev_place_name(const struct ev_world *ew, const union ev_sockaddr *place)
{
	struct endpoint at;

	ev_sockaddr_get(place, &at);
	return ew->places != NULL ? world_places_name(ew->places, &at) : at;
}

void
ev_socket_local(const struct ev_world *ew, int fd, struct endpoint *local)
{
	union ev_sockaddr a = { 0 };
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.sa, &len) == 0)
		*local = ev_place_name(ew, &a);
}

enum net_failure
ev_failure_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return NET_REFUSED;
	case ETIMEDOUT:
		return NET_TIMED_OUT;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
	case EACCES: /* a local filter */
	case EPERM:
		return NET_UNREACHABLE;
	case ECONNRESET:
	case ECONNABORTED:
	case EPIPE:
		return NET_RESET;
	default:
		return NET_LOCAL;
	}
}

/* By a clock that is turned a peer that takes nothing has to be noticed at
 * once, so that the kernel may not take megabytes for it; otherwise it may, for
 * what it takes is no memory of ours. */
static int
socket_new(const struct endpoint *e, int type, bool is_turned)
{
	const int unsent = STREAM_LOW_WATER;
	int on = 1;
	int fd = socket(e->ip.family == 4 ? AF_INET : AF_INET6,
	    type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && type == SOCK_STREAM) {
		/* Accepted sockets inherit it. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	}
	if (fd >= 0 && type == SOCK_STREAM && is_turned)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
		    sizeof(unsent));
	return fd;
}

/* ---- connecting ---- */

static bool
bind_source(const struct ev_world *ew, int fd, const struct endpoint *from)
{
	struct endpoint place;
	union ev_sockaddr a;
	socklen_t len;
	int on = 1;

	if (!ev_place_find(ew, from, &place))
		return false;
	len = ev_sockaddr_set(&a, &place);

	/* A port is chosen at connect(), where it need not be unique for all
	 * destinations. */
	if (from->port == 0)
		(void)setsockopt(
		    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, &a.sa, len) == 0;
}

struct stream *
ev_world_connect(
    struct world *w, const struct endpoint *from, const struct endpoint *to)
{
	struct ev_world *ew = (struct ev_world *)w;
	struct endpoint place;
	const bool is_somewhere = ev_place_find(ew, to, &place);
	struct ev_stream *s =
	    ev_stream_new(ew, socket_new(&place, SOCK_STREAM, ew->latency > 0));
	union ev_sockaddr a;
	socklen_t len = ev_sockaddr_set(&a, &place);

	s->phase = PHASE_CONNECTING;
	s->base.remote = *to;
	if (from != NULL)
		s->base.local = *from;
	if (s->fd < 0 ||
	    (from != NULL && is_somewhere && !bind_source(ew, s->fd, from))) {
		ev_stream_fail(s, NET_LOCAL);
		return &s->base;
	}
	ev_stream_watch(s);
	if (!is_somewhere)
		ev_stream_fail_connect(s, ENETUNREACH);
	else if (connect(s->fd, &a.sa, len) != 0 && errno != EINPROGRESS)
		ev_stream_fail_connect(s, errno);
	return &s->base;
}

/* ---- listening ---- */

int
ev_socket_bind(const struct endpoint *at, int type)
{
	union ev_sockaddr a;
	socklen_t len = ev_sockaddr_set(&a, at);
	int fd = socket_new(at, type, false);
	int on = 1, error;

	if (fd < 0)
		return -1;
	if (at->ip.family == 6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &a.sa, len) == 0 &&
	    (type != SOCK_STREAM || listen(fd, LISTENER_BACKLOG_MAX - 1) == 0))
		return fd;
	error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

struct listener *
ev_world_listen(struct world *w, const struct endpoint *at, struct err *err)
{
	static const struct ip_address any[] = { { 4, { 0 } }, { 6, { 0 } } };
	struct ev_world *ew = (struct ev_world *)w;
	struct ev_listener *l;
	struct endpoint place;
	char text[ENDPOINT_TEXT_MAX];
	int fd = -1;

	errno = EADDRNOTAVAIL;
	if (ev_place_find(ew, at, &place))
		fd = ev_socket_bind(&place, SOCK_STREAM);
	if (fd < 0) {
		(void)err_set(err, "cannot listen on %s: %s",
		    endpoint_format(at, text), strerror(errno));
		return NULL;
	}
	l = ev_listener_new(ew, fd);
	ev_socket_local(ew, fd, &l->base.local);
	l->is_any = ip_equal(&at->ip, &any[0]) || ip_equal(&at->ip, &any[1]);
	return &l->base;
}

struct ev_listener *
ev_listener_new(struct ev_world *ew, int fd)
{
	struct ev_listener *l = xcalloc(1, sizeof(*l));

	l->base.world = &ew->base;
	l->fd = fd;
	l->rest.fire = on_rested;
	l->arrival.fire = on_arrived;
	l->backlog = LISTENER_BACKLOG_MAX;
	l->filler = -1;
	ev_io_init(&l->accepting, on_acceptable, fd, EV_READ);
	l->accepting.data = l;
	/* Who leaves is heard before who comes, and may want his place. */
	ev_set_priority(&l->accepting, EV_MINPRI);
	ev_io_start(ew->loop, &l->accepting);
	ew->owned++;
	return l;
}

/* What waits in the kernel is accepted, or not. */
static void
watch_callers(struct ev_listener *l)
{
	struct ev_loop *loop = ((struct ev_world *)l->base.world)->loop;

	timer_stop(l->base.world, &l->rest);
	if (l->paused || l->muted || timer_is_set(&l->arrival))
		ev_io_stop(loop, &l->accepting);
	else
		ev_io_start(loop, &l->accepting);
}

/* The kernel lets one more wait than it is told. */
void
ev_listener_tune(struct listener *base, const struct listener_tuning *tuning)
{
	struct ev_listener *l = (struct ev_listener *)base;
	const int receive = (int)tuning->receive_bytes;
	const int send = (int)tuning->send_bytes;

	l->backlog =
	    tuning->backlog > 0 ? tuning->backlog : LISTENER_BACKLOG_MAX;
	if (!l->muted)
		(void)listen(l->fd, (int)l->backlog - 1);
	if (receive > 0)
		(void)setsockopt(
		    l->fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
	if (send > 0)
		(void)setsockopt(
		    l->fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof(send));
}

void
ev_listener_pause(struct listener *base, bool paused)
{
	struct ev_listener *l = (struct ev_listener *)base;

	l->paused = paused;
	watch_callers(l);
}

/* To a listener of this machine: the kernel answers at once, or so. */
static bool
connect_now(int fd, const union ev_sockaddr *a, socklen_t len)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t size = sizeof(error);

	if (connect(fd, &a->sa, len) == 0)
		return true;
	return errno == EINPROGRESS && poll(&wait, 1, CONNECT_NOW_MS) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
	    error == 0;
}

/* A connection of our own fills a backlog for one. */
static bool
listener_fill(struct ev_listener *l)
{
	const struct ev_world *ew = (struct ev_world *)l->base.world;
	struct endpoint place;
	union ev_sockaddr a;
	socklen_t len;
	int fd;

	if (!ev_place_find(ew, &l->base.local, &place))
		return false;
	len = ev_sockaddr_set(&a, &place);
	fd = socket_new(&place, SOCK_STREAM, ew->latency > 0);
	if (fd < 0)
		return false;
	if (listen(l->fd, 0) != 0 || !connect_now(fd, &a, len)) {
		(void)close(fd);
		return false;
	}
	l->filler = fd;
	ev_socket_local(ew, fd, &l->filler_at);
	return true;
}

bool
ev_listener_mute(struct listener *base, bool muted, struct err *err)
{
	struct ev_listener *l = (struct ev_listener *)base;
	char text[ENDPOINT_TEXT_MAX];

	if (muted == l->muted)
		return true;
	if (muted && !listener_fill(l))
		return err_set(err, "cannot keep silent at %s: %s",
		    endpoint_format(&l->base.local, text), strerror(errno));
	if (!muted) {
		(void)close(l->filler);
		l->filler = -1;
		(void)listen(l->fd, (int)l->backlog - 1);
	}
	l->muted = muted;
	watch_callers(l);
	return true;
}

static void
listener_free(struct ev_listener *l)
{
	free(l->path);
	free(l);
}

void
ev_listener_close(struct listener *base)
{
	struct ev_listener *l = (struct ev_listener *)base;
	struct ev_world *ew = (struct ev_world *)base->world;

	ev_io_stop(ew->loop, &l->accepting);
	timer_stop(base->world, &l->rest);
	timer_stop(base->world, &l->arrival);
	(void)close(l->fd);
	if (l->filler >= 0)
		(void)close(l->filler);
	if (l->path != NULL)
		(void)unlink(l->path);
	ew->owned--;
	if (l->in_callback)
		l->closed = true;
	else
		listener_free(l);
}

static void
on_rested(struct timer *t)
{
	watch_callers(CONTAINER_OF(t, struct ev_listener, rest));
}

static void
on_arrived(struct timer *t)
{
	struct ev_listener *l = CONTAINER_OF(t, struct ev_listener, arrival);

	l->has_arrived = true;
	watch_callers(l);
}

/* False when the caller will be here later, by the clock that is shared. */
static bool
caller_arrives(struct ev_listener *l)
{
	struct ev_world *ew = (struct ev_world *)l->base.world;

	if (ew->latency == 0 || l->path != NULL || l->has_arrived) {
		l->has_arrived = false;
		return true;
	}
	timer_set(&ew->base, &l->arrival, world_now(&ew->base) + ew->latency);
	watch_callers(l);
	return false;
}

/* No descriptor or memory is left: the connections wait in the kernel. */
static void
listener_rest(struct ev_listener *l)
{
	struct world *w = l->base.world;

	ev_io_stop(((struct ev_world *)w)->loop, &l->accepting);
	timer_set(w, &l->rest, world_now(w) + ACCEPT_REST);
}

/* False when there is nothing more to accept now. */
static bool
accept_one(struct ev_listener *l)
{
	struct ev_world *ew = (struct ev_world *)l->base.world;
	union ev_sockaddr a = { 0 };
	socklen_t len = sizeof(a);
	struct endpoint remote = { 0 };
	struct ev_stream *s;
	int fd = accept4(l->fd, &a.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			listener_rest(l);
		/* Others concern a connection that is gone already. */
		return errno == ECONNABORTED || errno == EINTR;
	}
	if (l->path == NULL)
		remote = ev_place_name(ew, &a);
	if (l->filler_at.port != 0 && endpoint_equal(&remote, &l->filler_at)) {
		l->filler_at.port = 0;
		(void)close(fd);
		return true;
	}
	s = ev_stream_new(ew, fd);
	s->phase = PHASE_OPEN;
	s->is_near = l->path != NULL;
	s->base.remote = remote;
	s->base.local = l->base.local;
	if (l->is_any)
		ev_socket_local(ew, fd, &s->base.local);
	ev_stream_watch(s);
	l->base.on_accept(l->base.owner, &s->base);
	assert(!s->owned || s->base.handler != NULL);
	return true;
}

static void
on_acceptable(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct ev_listener *l = io->data;

	(void)loop;
	(void)events;
	if (!caller_arrives(l))
		return;
	l->in_callback = true;
	for (int i = 0; i < ACCEPT_MAX && !l->closed && !l->paused; i++) {
		if (l->base.world->stopping || !accept_one(l))
			break;
	}
	l->in_callback = false;
	if (l->closed)
		listener_free(l);
}
