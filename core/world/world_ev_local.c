/* SPDX-License-Identifier: MIT */
/*
 * Sockets of this machine alone (AF_UNIX), for whoever operates a program.
 * Once there, they are streams as any other.
 */
#include "core/world/world_ev_impl.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(
    WORLD_LOCAL_PATH_MAX == sizeof(((struct sockaddr_un *)NULL)->sun_path),
    "a path is as long as the kernel says");

union local_sockaddr {
	struct sockaddr sa;
	struct sockaddr_un un;
};

/* False when the path is too long. */
static bool
sockaddr_set(union local_sockaddr *a, const char *path)
{
	size_t len = strlen(path);

	*a = (union local_sockaddr){ 0 };
	a->un.sun_family = AF_UNIX;
	if (len >= sizeof(a->un.sun_path))
		return false;
	memcpy(a->un.sun_path, path, len + 1);
	return true;
}

static int
socket_new(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* ---- connecting ---- */

struct stream *
ev_world_connect_local(struct world *w, const char *path)
{
	struct ev_stream *s = ev_stream_new((struct ev_world *)w, socket_new());
	union local_sockaddr a;

	s->phase = PHASE_CONNECTING;
	s->is_near = true;
	if (s->fd < 0 || !sockaddr_set(&a, path)) {
		ev_stream_fail(s, NET_LOCAL);
		return &s->base;
	}
	ev_stream_watch(s);
	/* Such a socket stands, or not, at once. */
	if (connect(s->fd, &a.sa, sizeof(a.un)) != 0)
		ev_stream_fail(
		    s, errno == EAGAIN ? NET_TIMED_OUT : ev_failure_of(errno));
	return &s->base;
}

struct stream *
world_ev_adopt(struct world *w, int fd, bool is_first,
    const struct stream_handler *handler, void *owner)
{
	struct ev_stream *s = ev_stream_new((struct ev_world *)w, fd);

	s->phase = PHASE_OPEN;
	s->is_near = true;
	if (is_first)
		ev_set_priority(&s->reading, EV_MAXPRI);
	ev_stream_watch(s);
	stream_attach(&s->base, handler, owner);
	return &s->base;
}

/* ---- listening ---- */

/* Somebody answers there. */
static bool
is_in_use(const union local_sockaddr *a)
{
	int fd = socket_new();
	bool stands;

	if (fd < 0)
		return true;
	/* EAGAIN: so many connect to it that one has to wait. */
	stands = connect(fd, &a->sa, sizeof(a->un)) == 0 || errno == EAGAIN;
	(void)close(fd);
	return stands;
}

/* Removes a socket that its program left behind.  What is no socket stays, and
 * bind() will say so. */
static bool
make_room(const union local_sockaddr *a, const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return true;
	if (is_in_use(a))
		return err_at(
		    err, path, 0, 0, "another program listens on this socket");
	(void)unlink(path);
	return true;
}

/* It is nobody else's from its first moment. */
static bool
bind_private(int fd, const union local_sockaddr *a)
{
	mode_t mask = umask(0177);
	bool ok = bind(fd, &a->sa, sizeof(a->un)) == 0;

	(void)umask(mask);
	return ok;
}

struct listener *
ev_world_listen_local(struct world *w, const char *path, struct err *err)
{
	union local_sockaddr a;
	struct ev_listener *l;
	int fd;

	if (!sockaddr_set(&a, path)) {
		(void)err_at(err, path, 0, 0,
		    "the path of a socket is at most %d bytes; expected a "
		    "shorter one",
		    WORLD_LOCAL_PATH_MAX - 1);
		return NULL;
	}
	if (!make_room(&a, path, err))
		return NULL;
	fd = socket_new();
	if (fd < 0 || !bind_private(fd, &a) || listen(fd, SOMAXCONN) != 0) {
		(void)err_at(err, path, 0, 0,
		    "cannot listen on this socket: %s", strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	l = ev_listener_new((struct ev_world *)w, fd);
	l->path = xstrdup(path);
	return &l->base;
}
