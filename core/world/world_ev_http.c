/* SPDX-License-Identifier: MIT */
/* A page over HTTP; see world_ev_http.h. */
#include "core/world/world_ev_http.h"

#include "core/world/world_ev_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>

/* Scrapers are few. */
#define CLIENTS_MAX         16
#define IDLE_TIMEOUT_S      10U
#define CLIENT_MEMORY_BYTES ((size_t)16 << 10)

struct ev_page_server {
	struct world *world; /* borrowed */
	struct ev_page page;
	struct endpoint local;
	struct MHD_Daemon *daemon; /* owned */
	struct ev_io watch;        /* its epoll descriptor */
	struct timer due;          /* when it wants to run anyway */
};

static struct ev_loop *
loop_of(const struct ev_page_server *s)
{
	return ((struct ev_world *)s->world)->loop;
}

/* ---- answering ---- */

static enum MHD_Result
answer(struct MHD_Connection *connection, unsigned status, const char *type,
    struct slice text)
{
	char *copy = slice_dup(text);
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    text.len, copy, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result = MHD_NO;

	if (response == NULL) {
		free(copy);
		return MHD_NO;
	}
	if (MHD_add_response_header(
		response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES)
		result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* libmicrohttpd's callback: for each request once, before its body.  It has
 * the parameters that it has. */
static enum MHD_Result
/* NOLINTNEXTLINE(readability-function-size) */
on_request(void *owner, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_bytes, void **request)
{
	struct ev_page_server *s = owner;
	struct buf text = { 0 };
	enum MHD_Result result;

	(void)version;
	(void)upload;
	(void)request;
	*upload_bytes = 0;
	if (strcmp(url, s->page.path) != 0)
		return answer(connection, MHD_HTTP_NOT_FOUND, "text/plain",
		    SLICE("not found\n"));
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "text/plain", SLICE("only GET and HEAD\n"));
	s->page.write(s->page.owner, &text);
	result = answer(
	    connection, MHD_HTTP_OK, s->page.content_type, buf_slice(&text));
	buf_fini(&text);
	return result;
}

/* ---- in the loop ---- */

/* Lets it do what it can without waiting, and notes when it wants to again. */
static void
run(struct ev_page_server *s)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	(void)MHD_run(s->daemon);
	if (MHD_get_timeout(s->daemon, &wait_ms) == MHD_YES)
		timer_set(s->world, &s->due,
		    utime_add(world_now(s->world), (utime)wait_ms * UTIME_MS));
	else
		timer_stop(s->world, &s->due);
}

static void
on_ready(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct ev_page_server *s = io->data;

	(void)loop;
	(void)events;
	if (!s->world->stopping)
		run(s);
}

static void
on_due(struct timer *t)
{
	run(CONTAINER_OF(t, struct ev_page_server, due));
}

/* ---- life cycle ---- */

/* The daemon on the address; NULL with errno set. */
static struct MHD_Daemon *
start_daemon(struct ev_page_server *s, const struct endpoint *at)
{
	struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(at->port),
	};
	struct sockaddr_in v4 = {
		.sin_family = AF_INET,
		.sin_port = htons(at->port),
	};
	bool is_v6 = at->ip.family == 6;
	unsigned flags = MHD_USE_EPOLL | (is_v6 ? MHD_USE_IPv6 : 0U);
	void *address = is_v6 ? (void *)&v6 : (void *)&v4;

	memcpy(&v6.sin6_addr, at->ip.bytes, 16);
	memcpy(&v4.sin_addr, at->ip.bytes, 4);
	return MHD_start_daemon(flags, at->port, NULL, NULL, on_request, s,
	    MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_CONNECTION_LIMIT,
	    CLIENTS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CLIENT_MEMORY_BYTES,
	    MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_END);
}

struct ev_page_server *
ev_page_server_new(struct world *w, const struct endpoint *at,
    const struct ev_page *page, struct err *err)
{
	struct ev_page_server *s = xcalloc(1, sizeof(*s));
	const union MHD_DaemonInfo *epoll, *listening;
	char text[ENDPOINT_TEXT_MAX];

	s->world = w;
	s->page = *page;
	s->due.fire = on_due;
	errno = 0;
	s->daemon = start_daemon(s, at);
	if (s->daemon == NULL) {
		(void)err_set(err, "cannot serve %s at %s: %s", page->path,
		    endpoint_format(at, text),
		    errno != 0 ? strerror(errno) : "the address cannot be had");
		free(s);
		return NULL;
	}
	epoll = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	listening = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_LISTEN_FD);
	assert(epoll != NULL && listening != NULL);
	ev_socket_local(listening->listen_fd, &s->local);
	ev_io_init(&s->watch, on_ready, epoll->epoll_fd, EV_READ);
	s->watch.data = s;
	ev_io_start(loop_of(s), &s->watch);
	return s;
}

const struct endpoint *
ev_page_server_local(const struct ev_page_server *s)
{
	return &s->local;
}

void
ev_page_server_destroy(struct ev_page_server **sp)
{
	struct ev_page_server *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	ev_io_stop(loop_of(s), &s->watch);
	timer_stop(s->world, &s->due);
	MHD_stop_daemon(s->daemon);
	free(s);
}
