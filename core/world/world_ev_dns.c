/* SPDX-License-Identifier: MIT */
/*
 * The resolver of the real world: c-ares asks, retries, falls back to TCP and
 * throws away what nobody asked for; libev watches its sockets and its clock.
 *
 * c-ares may call back from inside any of its calls, and cannot forget a single
 * question.  So what it says is kept in the question and told when the turn
 * comes, and a question that nobody waits for lives until c-ares is done with
 * it.
 *
 * When each server has failed, c-ares 1.18 has forgotten how.  As mail may
 * depend on it and the log tells it, the question is asked once more, on a
 * channel that takes such an answer for one.
 */
#include "core/base/arena.h"
#include "core/dns/name.h"
#include "core/world/ev_answer.h"
#include "core/world/world_ev_impl.h"

#include <ares.h>
#include <ares_nameser.h>

/* What fits into a packet on any path (DNS flag day 2020). */
#define UDP_PAYLOAD 1232
/* The first try is given no less, in milliseconds. */
#define TRY_MS_MIN 10
#define TRY_MS_MAX 3600000

struct dns_channel {
	struct ev_loop *loop;  /* borrowed */
	ares_channel ares;     /* owned; NULL: not open */
	struct list sockets;   /* of struct dns_socket */
	struct ev_timer retry; /* when c-ares wants to look at its clock */
};

struct ev_dns {
	struct dns_channel asking;  /* goes on to the next server */
	struct dns_channel hearing; /* takes failures for answers */
	char *servers;              /* owned; as messages name them */
	utime timeout;
};

/* A socket of c-ares that is being watched. */
struct dns_socket {
	struct dns_channel *channel; /* borrowed */
	struct list node;
	struct ev_io io;
};

struct dns_question {
	struct dns_query *query; /* borrowed; NULL: nobody waits */
	struct ev_dns *dns;      /* borrowed; not used once it is destroyed */
	bool is_last;            /* it is on the hearing channel */
	bool is_asked;           /* c-ares has it, and will call back */
	enum dns_type type;
	char *name; /* in the arena */
	struct arena arena;
};

static void on_socket_state(
    void *owner, ares_socket_t fd, int readable, int writable);
static void on_socket(struct ev_loop *loop, struct ev_io *io, int events);
static void on_retry(struct ev_loop *loop, struct ev_timer *t, int events);
static void on_reply(
    void *owner, int status, int timeouts, unsigned char *bytes, int len);

/* ---- making and ending ---- */

/* Its address, as whoever set the world up knows it. */
static struct ip_address
server_address(const struct ev_world *ew, const struct ares_addr_port_node *s)
{
	struct endpoint at = { .ip.family = s->family == AF_INET6 ? 6 : 4 };

	memcpy(at.ip.bytes, &s->addr,
	    s->family == AF_INET6 ? sizeof(s->addr.addr6)
				  : sizeof(s->addr.addr4));
	return ew->places != NULL ? world_places_name(ew->places, &at).ip
				  : at.ip;
}

static void
servers_name(const struct ev_world *ew, struct ev_dns *dns)
{
	struct ares_addr_port_node *list = NULL;
	struct buf text = { 0 };
	char ip[IP_TEXT_MAX];

	(void)ares_get_servers_ports(dns->asking.ares, &list);
	for (struct ares_addr_port_node *s = list; s != NULL; s = s->next) {
		const struct ip_address address = server_address(ew, s);

		buf_printf(&text, "%s%s", s == list ? "" : ", ",
		    ip_format(&address, ip));
	}
	ares_free_data(list);
	dns->servers = slice_dup(buf_slice(&text));
	buf_fini(&text);
}

static int
servers_set(struct dns_channel *channel, const struct ev_resolver *options)
{
	size_t n = options->server_count;
	struct ares_addr_port_node *list = xcalloc(n, sizeof(*list));
	int status = ARES_SUCCESS;

	for (size_t i = 0; i < n; i++) {
		const struct endpoint *at = &options->servers[i];

		list[i].next = i + 1 < n ? &list[i + 1] : NULL;
		list[i].family = at->ip.family == 6 ? AF_INET6 : AF_INET;
		memcpy(&list[i].addr, at->ip.bytes,
		    at->ip.family == 6 ? sizeof(list[i].addr.addr6)
				       : sizeof(list[i].addr.addr4));
		list[i].udp_port = list[i].tcp_port = at->port;
	}
	if (n > 0)
		status = ares_set_servers_ports(channel->ares, list);
	free(list);
	return status;
}

/* The patience with the first try: it doubles from round to round, and all of
 * them together are given options->timeout. */
static int
first_try_ms(const struct ev_resolver *options)
{
	size_t servers = options->server_count > 0 ? options->server_count : 1;
	utime rounds = (INT64_C(1) << options->tries) - 1;
	utime ms = options->timeout / UTIME_MS / rounds / (utime)servers;

	if (ms < TRY_MS_MIN)
		return TRY_MS_MIN;
	return ms > TRY_MS_MAX ? TRY_MS_MAX : (int)ms;
}

static int
channel_open(struct dns_channel *channel, struct ev_loop *loop, int flags,
    const struct ev_resolver *options)
{
	char lookups[] = "b";
	struct ares_options ares = {
		.flags = ARES_FLAG_EDNS | flags,
		.timeout = first_try_ms(options),
		.tries = (int)options->tries,
		.lookups = lookups,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = channel,
		.ednspsz = UDP_PAYLOAD,
	};
	int status;

	channel->loop = loop;
	list_init(&channel->sockets);
	ev_timer_init(&channel->retry, on_retry, 0, 0);
	channel->retry.data = channel;
	status = ares_init_options(&channel->ares, &ares,
	    ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_EDNSPSZ);
	if (status != ARES_SUCCESS)
		channel->ares = NULL;
	return status == ARES_SUCCESS ? servers_set(channel, options) : status;
}

/* Ends all questions and closes all sockets; c-ares tells us so. */
static void
channel_close(struct dns_channel *channel)
{
	if (channel->ares == NULL)
		return;
	ares_destroy(channel->ares);
	assert(list_is_empty(&channel->sockets));
	ev_timer_stop(channel->loop, &channel->retry);
}

void
ev_dns_destroy(struct ev_dns **dp)
{
	struct ev_dns *dns = *dp;

	*dp = NULL;
	if (dns == NULL)
		return;
	channel_close(&dns->asking);
	channel_close(&dns->hearing);
	free(dns->servers);
	free(dns);
}

static struct ev_dns *
dns_new(const struct ev_world *ew, const struct ev_resolver *options,
    struct err *err)
{
	struct ev_dns *dns = xcalloc(1, sizeof(*dns));
	int status = channel_open(&dns->asking, ew->loop, 0, options);

	dns->timeout = options->timeout;
	if (status == ARES_SUCCESS)
		status = channel_open(
		    &dns->hearing, ew->loop, ARES_FLAG_NOCHECKRESP, options);
	if (status == ARES_SUCCESS) {
		servers_name(ew, dns);
		return dns;
	}
	(void)err_set(
	    err, "the resolver cannot start: %s", ares_strerror(status));
	ev_dns_destroy(&dns);
	return NULL;
}

bool
world_ev_set_resolver(
    struct world *w, const struct ev_resolver *options, struct err *err)
{
	struct ev_world *ew = (struct ev_world *)w;
	struct ev_dns *fresh = NULL;

	if (options != NULL && (fresh = dns_new(ew, options, err)) == NULL)
		return false;
	ev_dns_destroy(&ew->dns);
	ew->dns = fresh;
	return true;
}

/* ---- c-ares in the loop ---- */

static void
retry_arm(struct dns_channel *channel)
{
	struct timeval tv;

	ev_timer_stop(channel->loop, &channel->retry);
	if (ares_timeout(channel->ares, NULL, &tv) == NULL)
		return;
	ev_now_update(channel->loop);
	ev_timer_set(
	    &channel->retry, (double)tv.tv_sec + (double)tv.tv_usec / 1e6, 0);
	ev_timer_start(channel->loop, &channel->retry);
}

static void
on_retry(struct ev_loop *loop, struct ev_timer *t, int events)
{
	struct dns_channel *channel = t->data;

	(void)loop;
	(void)events;
	ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	retry_arm(channel);
}

static void
on_socket(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct dns_socket *s = CONTAINER_OF(io, struct dns_socket, io);
	struct dns_channel *channel = s->channel;
	ares_socket_t fd = io->fd;

	(void)loop;
	/* This may close the socket. */
	ares_process_fd(channel->ares,
	    (events & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
	    (events & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	retry_arm(channel);
}

static struct dns_socket *
socket_get(struct dns_channel *channel, ares_socket_t fd)
{
	struct dns_socket *s;

	LIST_FOREACH(node, &channel->sockets) {
		s = CONTAINER_OF(node, struct dns_socket, node);
		if (s->io.fd == fd)
			return s;
	}
	s = xcalloc(1, sizeof(*s));
	s->channel = channel;
	ev_io_init(&s->io, on_socket, fd, 0);
	list_append(&channel->sockets, &s->node);
	return s;
}

static void
on_socket_state(void *owner, ares_socket_t fd, int readable, int writable)
{
	struct dns_channel *channel = owner;
	struct dns_socket *s = socket_get(channel, fd);
	int events = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);

	ev_io_stop(channel->loop, &s->io);
	if (events == 0) {
		list_remove(&s->node);
		free(s);
		return;
	}
	ev_io_set(&s->io, fd, events);
	ev_io_start(channel->loop, &s->io);
}

/* ---- questions ---- */

static void
question_ask(struct dns_question *question, struct dns_channel *channel)
{
	question->is_asked = true;
	ares_query(channel->ares, question->name, C_IN, (int)question->type,
	    on_reply, question);
	retry_arm(channel);
}

void
ev_dns_release(struct dns_question *question)
{
	question->query = NULL;
	if (question->is_asked)
		return;
	arena_fini(&question->arena);
	free(question);
}

/* How a question ends to which there is no answer. */
static enum dns_status
status_of(int ares_status)
{
	switch (ares_status) {
	case ARES_EREFUSED:
		return DNS_REFUSED;
	case ARES_EBADNAME:
		return DNS_NXDOMAIN;
	case ARES_ETIMEOUT:
	case ARES_ECONNREFUSED:
	case ARES_ECANCELLED:
	case ARES_EDESTRUCTION:
		return DNS_TIMEOUT;
	default:
		return DNS_SERVFAIL;
	}
}

static void
on_reply(void *owner, int status, int timeouts, unsigned char *bytes, int len)
{
	struct dns_question *question = owner;
	struct dns_query *query = question->query;

	(void)timeouts;
	question->is_asked = false;
	if (query == NULL) {
		ev_dns_release(question);
		return;
	}
	if (status == ARES_ECONNREFUSED && !question->is_last) {
		question->is_last = true;
		question_ask(question, &question->dns->hearing);
		return;
	}
	query->answer.status = status_of(status);
	if (bytes != NULL &&
	    (status == ARES_SUCCESS || status == ARES_ENODATA ||
		status == ARES_ENOTFOUND))
		ev_answer_read(slice_of((const char *)bytes, (size_t)len),
		    slice_cstr(question->name), question->type,
		    &question->arena, &query->answer);
	timer_set(query->world, &query->timer, world_now(query->world));
}

bool
ev_dns_ask(
    struct world *w, struct dns_query *q, struct slice name, enum dns_type type)
{
	struct ev_dns *dns = ((struct ev_world *)w)->dns;
	struct dns_question *question;
	size_t at;

	/* What is no domain name, such as an address literal, is not there. */
	if (dns == NULL || dns_name_check(dns_name_trim(name), &at) != NULL)
		return false;
	question = xcalloc(1, sizeof(*question));
	question->query = q;
	question->dns = dns;
	question->type = type;
	question->name = arena_strdup(&question->arena, dns_name_trim(name));
	q->question = question;
	q->answer = (struct dns_answer){
		.status = DNS_TIMEOUT,
		.server =
		    arena_slice(&question->arena, slice_cstr(dns->servers)),
	};
	timer_set(w, &q->timer, utime_add(world_now(w), dns->timeout));
	question_ask(question, &dns->asking);
	return true;
}
