/* SPDX-License-Identifier: MIT */
/*
 * HTTP over TCP; see world_ev_http.h.
 *
 * libmicrohttpd calls on_access() for a request once with its head, for each
 * piece of its body, and then until a response has been queued.  An exchange
 * that its answerer keeps is suspended, and so is one that was begun and has
 * nothing to send; answering and pushing resume it.
 */
#include "core/world/world_ev_http.h"

#include "core/base/buf.h"
#include "core/world/world_ev_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>

#define IDLE_TIMEOUT_S      10U
#define CLIENT_MEMORY_BYTES ((size_t)128 << 10)
#define PUSHED_MAX          ((size_t)4 << 20)
#define BLOCK_BYTES         CLIENT_MEMORY_BYTES
#define PASSES_MAX          8 /* each sends one block to each client */

struct ev_http_server {
	struct world *world; /* borrowed */
	struct http_handler handler;
	struct endpoint local;
	struct MHD_Daemon *daemon; /* owned */
	struct ev_io watch;        /* its epoll descriptor */
	struct timer due;          /* when it wants to run anyway */
	struct list exchanges;     /* of struct ev_exchange */
	bool is_ending;
};

/* NEW takes the body; HELD is the answerer's; ANSWERED has its response; BEGUN
 * is the answerer's, too, and sends what is pushed; DROPPED is nobody's. */
enum exchange_state {
	EXCHANGE_NEW,
	EXCHANGE_HELD,
	EXCHANGE_ANSWERED,
	EXCHANGE_BEGUN,
	EXCHANGE_DROPPED
};

struct ev_exchange {
	struct http_exchange base;
	struct list node;
	struct ev_http_server *server;     /* borrowed */
	struct MHD_Connection *connection; /* borrowed */
	enum exchange_state state;
	struct http_request request; /* what of it is known */
	size_t host_count;
	struct buf body;
	struct MHD_Response *response; /* owned; NULL: none yet */
	unsigned status;
	bool is_suspended;
	struct buf pushed; /* and not yet sent */
};

static struct ev_loop *
loop_of(const struct ev_http_server *s)
{
	return ((struct ev_world *)s->world)->loop;
}

static void
suspend(struct ev_exchange *x)
{
	MHD_suspend_connection(x->connection);
	x->is_suspended = true;
}

/* It has something to do now. */
static void
resume(struct ev_exchange *x)
{
	struct ev_http_server *s = x->server;

	if (!x->is_suspended)
		return;
	x->is_suspended = false;
	MHD_resume_connection(x->connection);
	if (!s->is_ending)
		timer_set(s->world, &s->due, world_now(s->world));
}

/* ---- what the answerer does ---- */

static void
take_response(struct ev_exchange *x, struct MHD_Response *response,
    const struct http_answer *answer)
{
	assert(x->response == NULL);
	if (response == NULL)
		abort();
	x->response = response;
	x->status = answer->status;
	(void)MHD_add_response_header(
	    response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
	for (size_t i = 0; i < answer->field_count; i++)
		(void)MHD_add_response_header(
		    response, answer->fields[i].name, answer->fields[i].value);
	resume(x);
}

static void
exchange_answer(struct http_exchange *base, const struct http_answer *answer)
{
	struct ev_exchange *x = (struct ev_exchange *)base;
	char *copy = slice_dup(answer->body);

	assert(x->state == EXCHANGE_HELD);
	x->state = EXCHANGE_ANSWERED;
	take_response(x,
	    MHD_create_response_from_buffer(
		answer->body.len, copy, MHD_RESPMEM_MUST_FREE),
	    answer);
}

/* libmicrohttpd wants more of an answer without end. */
static ssize_t
on_block(void *owner, uint64_t position, char *block, size_t most)
{
	struct ev_exchange *x = owner;
	const struct slice bytes = slice_sub(buf_slice(&x->pushed), 0, most);

	(void)position;
	if (x->state == EXCHANGE_DROPPED)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (bytes.len == 0) {
		suspend(x);
		return 0;
	}
	memcpy(block, bytes.at, bytes.len);
	buf_consume(&x->pushed, bytes.len);
	return (ssize_t)bytes.len;
}

static void
exchange_begin(struct http_exchange *base, const struct http_answer *head)
{
	struct ev_exchange *x = (struct ev_exchange *)base;

	assert(x->state == EXCHANGE_HELD);
	x->state = EXCHANGE_BEGUN;
	take_response(x,
	    MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_block, x, NULL),
	    head);
}

static bool
exchange_push(struct http_exchange *base, struct slice bytes)
{
	struct ev_exchange *x = (struct ev_exchange *)base;

	assert(x->state == EXCHANGE_BEGUN);
	if (buf_len(&x->pushed) + bytes.len > PUSHED_MAX)
		return false;
	buf_append(&x->pushed, bytes);
	resume(x);
	return true;
}

static int
socket_of(const struct ev_exchange *x)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	assert(info != NULL);
	return info->connect_fd;
}

/* A socket that is shut down wakes libmicrohttpd, even when it waits for a
 * client that does not read. */
static void
exchange_drop(struct http_exchange *base)
{
	struct ev_exchange *x = (struct ev_exchange *)base;

	assert(x->state == EXCHANGE_HELD || x->state == EXCHANGE_BEGUN);
	x->state = EXCHANGE_DROPPED;
	buf_fini(&x->pushed);
	(void)shutdown(socket_of(x), SHUT_RDWR);
	resume(x);
}

/* libmicrohttpd does not look at connections that are suspended. */
static bool
exchange_is_there(struct http_exchange *base)
{
	char byte;
	const ssize_t n = recv(socket_of((struct ev_exchange *)base), &byte, 1,
	    MSG_PEEK | MSG_DONTWAIT);

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static const struct http_ops exchange_ops = {
	.answer = exchange_answer,
	.begin = exchange_begin,
	.push = exchange_push,
	.drop = exchange_drop,
	.is_there = exchange_is_there,
};

/* ---- a request arrives ---- */

static enum MHD_Result
on_field(
    void *owner, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct ev_exchange *x = owner;
	struct http_request *r = &x->request;
	const struct {
		const char *name, **value;
	} kept[] = {
		{ MHD_HTTP_HEADER_HOST, &r->host },
		{ MHD_HTTP_HEADER_ORIGIN, &r->origin },
		{ MHD_HTTP_HEADER_AUTHORIZATION, &r->authorization },
		{ MHD_HTTP_HEADER_CONTENT_TYPE, &r->content_type },
		{ "Sec-Fetch-Site", &r->fetch_site },
	};
	const struct slice field = slice_cstr(name);

	(void)kind;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (slice_eq_nocase(field, slice_cstr(kept[i].name)) &&
		    *kept[i].value == NULL)
			*kept[i].value = value;
	x->host_count +=
	    slice_eq_nocase(field, slice_cstr(MHD_HTTP_HEADER_HOST));
	return MHD_YES;
}

static enum MHD_Result
on_argument(
    void *owner, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct http_request *r = &((struct ev_exchange *)owner)->request;

	(void)kind;
	if (r->query_count < HTTP_QUERY_MAX)
		r->query[r->query_count] =
		    (struct http_pair){ name, value != NULL ? value : "" };
	r->query_count++;
	return MHD_YES;
}

static enum http_body
body_of(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(
	    connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t bytes;

	if (MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
		MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL)
		return HTTP_BODY_UNMEASURED;
	if (length != NULL &&
	    !slice_to_u64(slice_cstr(length), HTTP_BODY_MAX, &bytes))
		return HTTP_BODY_TOO_LARGE;
	return HTTP_BODY_WHOLE;
}

static struct ev_exchange *
exchange_new(struct ev_http_server *s, struct MHD_Connection *connection)
{
	struct ev_exchange *x = xcalloc(1, sizeof(*x));

	x->base.ops = &exchange_ops;
	x->server = s;
	x->connection = connection;
	x->request.body_state = body_of(connection);
	list_append(&s->exchanges, &x->node);
	return x;
}

/* All of the request is here. */
static void
ask(struct ev_exchange *x, const char *method, const char *path)
{
	struct http_request *r = &x->request;
	const struct http_handler *handler = &x->server->handler;

	r->method = method;
	r->path = path;
	r->body = buf_slice(&x->body);
	(void)MHD_get_connection_values(
	    x->connection, MHD_HEADER_KIND, on_field, x);
	(void)MHD_get_connection_values(
	    x->connection, MHD_GET_ARGUMENT_KIND, on_argument, x);
	if (x->host_count > 1)
		r->host = NULL;
	x->state = EXCHANGE_HELD;
	handler->on_request(handler->owner, &x->base, r);
}

/* libmicrohttpd's callback, with the parameters that it has. */
static enum MHD_Result
/* NOLINTNEXTLINE(readability-function-size) */
on_access(void *owner, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_bytes, void **request)
{
	struct ev_http_server *s = owner;
	struct ev_exchange *x = *request;

	(void)version;
	if (x == NULL) {
		*request = x = exchange_new(s, connection);
		if (x->request.body_state == HTTP_BODY_WHOLE)
			return MHD_YES;
	}
	if (*upload_bytes > 0) {
		buf_append(&x->body, slice_of(upload, *upload_bytes));
		*upload_bytes = 0;
		return MHD_YES;
	}
	if (x->state == EXCHANGE_NEW)
		ask(x, method, url);
	if (x->state == EXCHANGE_DROPPED)
		return MHD_NO;
	if (x->response != NULL)
		return MHD_queue_response(connection, x->status, x->response);
	suspend(x);
	return MHD_YES;
}

static void
on_completed(void *owner, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode how)
{
	struct ev_http_server *s = owner;
	struct ev_exchange *x = *request;

	(void)connection;
	(void)how;
	if (x == NULL)
		return;
	*request = NULL;
	if (!s->is_ending &&
	    (x->state == EXCHANGE_HELD || x->state == EXCHANGE_BEGUN))
		s->handler.on_gone(s->handler.owner, &x->base);
	list_remove(&x->node);
	if (x->response != NULL)
		MHD_destroy_response(x->response);
	buf_fini(&x->body);
	buf_fini(&x->pushed);
	free(x);
}

/* ---- in the loop ---- */

static unsigned
client_count(const struct ev_http_server *s)
{
	return MHD_get_daemon_info(
	    s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
	    ->num_connections;
}

/* Whom there was no room for waits for a pass behind the one that made it. */
static void
look_again(struct ev_http_server *s)
{
	const utime at = utime_add(world_now(s->world), 20 * UTIME_MS);

	if (!timer_is_set(&s->due) || s->due.node.at > at)
		timer_set(s->world, &s->due, at);
}

/* Lets it do what it can without waiting, and notes when it wants to again. */
static void
run(struct ev_http_server *s)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;
	bool has_timeout = true;

	timer_stop(s->world, &s->due);
	for (int i = 0; i < PASSES_MAX && has_timeout && wait_ms == 0; i++) {
		(void)MHD_run(s->daemon);
		has_timeout = MHD_get_timeout(s->daemon, &wait_ms) == MHD_YES;
	}
	if (has_timeout && !timer_is_set(&s->due))
		timer_set(s->world, &s->due,
		    utime_add(world_now(s->world), (utime)wait_ms * UTIME_MS));
}

static void
on_ready(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct ev_http_server *s = io->data;

	(void)loop;
	(void)events;
	if (s->world->stopping)
		return;
	run(s);
	look_again(s);
}

static void
on_due(struct timer *t)
{
	struct ev_http_server *s = CONTAINER_OF(t, struct ev_http_server, due);
	const unsigned before = client_count(s);

	run(s);
	if (client_count(s) != before)
		look_again(s);
}

/* ---- life cycle ---- */

/* The daemon on the address; NULL with errno set. */
static struct MHD_Daemon *
start_daemon(struct ev_http_server *s, const struct endpoint *at)
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
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
	    (is_v6 ? MHD_USE_IPv6 : 0U);
	void *address = is_v6 ? (void *)&v6 : (void *)&v4;

	memcpy(&v6.sin6_addr, at->ip.bytes, 16);
	memcpy(&v4.sin_addr, at->ip.bytes, 4);
	return MHD_start_daemon(flags, at->port, NULL, NULL, on_access, s,
	    MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_CONNECTION_LIMIT,
	    EV_HTTP_CLIENTS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CLIENT_MEMORY_BYTES,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
	    MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_END);
}

struct ev_http_server *
ev_http_server_new(struct world *w, const struct endpoint *at,
    const struct http_handler *handler, struct err *err)
{
	struct ev_http_server *s = xcalloc(1, sizeof(*s));
	const union MHD_DaemonInfo *epoll, *listening;
	char text[ENDPOINT_TEXT_MAX];

	s->world = w;
	s->handler = *handler;
	s->due.fire = on_due;
	list_init(&s->exchanges);
	errno = 0;
	s->daemon = start_daemon(s, at);
	if (s->daemon == NULL) {
		(void)err_set(err, "cannot serve HTTP at %s: %s",
		    endpoint_format(at, text),
		    errno != 0 ? strerror(errno) : "the address cannot be had");
		free(s);
		return NULL;
	}
	epoll = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	listening = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_LISTEN_FD);
	assert(epoll != NULL && listening != NULL);
	ev_socket_local(
	    (const struct ev_world *)w, listening->listen_fd, &s->local);
	ev_io_init(&s->watch, on_ready, epoll->epoll_fd, EV_READ);
	s->watch.data = s;
	ev_io_start(loop_of(s), &s->watch);
	return s;
}

const struct endpoint *
ev_http_server_local(const struct ev_http_server *s)
{
	return &s->local;
}

void
ev_http_server_destroy(struct ev_http_server **sp)
{
	struct ev_http_server *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	s->is_ending = true;
	/* Suspended connections cannot be stopped. */
	LIST_FOREACH(node, &s->exchanges)
		resume(CONTAINER_OF(node, struct ev_exchange, node));
	ev_io_stop(loop_of(s), &s->watch);
	timer_stop(s->world, &s->due);
	MHD_stop_daemon(s->daemon);
	free(s);
}
