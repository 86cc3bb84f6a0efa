/* SPDX-License-Identifier: MIT */
/* A zone served over UDP and TCP; see mock_dns.h. */
#include "mockserver/mock_dns.h"

#include "core/base/buf.h"
#include "core/base/list.h"
#include "core/dns/name_server.h"

/* Ports that are tried when any will do: one may be free for TCP only. */
#define PORT_TRIES 20
/* Answers that wait, and connections; the next are not taken. */
#define LATE_MAX  10000
#define GUEST_MAX 1000
/* RFC 7766, 6.2.3: a few seconds. */
#define GUEST_PATIENCE (10 * UTIME_S)
#define LENGTH_BYTES   2

struct mock_dns {
	struct world *world;        /* borrowed */
	struct name_server *server; /* owned */
	struct datagrams *udp;      /* owned */
	struct listener *tcp;       /* owned */
	struct list late;           /* of struct late, over UDP */
	struct list guests;
	size_t late_count, guest_count;
};

/* A connection. */
struct guest {
	struct list link;
	struct mock_dns *dns;
	struct stream *stream; /* owned */
	struct buf in;
	struct list late; /* of struct late */
	struct timer idle;
	bool has_eof, is_paused;
};

/* An answer whose time has not come. */
struct late {
	struct list link;
	struct timer timer;
	struct mock_dns *dns;
	struct guest *guest; /* NULL: over UDP */
	struct endpoint to;
	struct buf bytes;
};

static void on_datagram(
    void *owner, const struct endpoint *from, struct slice query);
static void on_accept(void *owner, struct stream *s);
static void on_connected(void *owner);
static void on_input(void *owner, struct slice bytes);
static void on_drained(void *owner);
static void on_eof(void *owner);
static void on_failure(void *owner, enum net_failure why);
static void on_idle(struct timer *t);
static void on_due(struct timer *t);
static void late_free(struct late *l);
static void guest_end(struct guest *g);

static const struct stream_handler guest_handler = {
	.on_connected = on_connected,
	.on_input = on_input,
	.on_drained = on_drained,
	.on_eof = on_eof,
	.on_failure = on_failure,
};

/* ---- making and ending ---- */

/* TCP first: what is free there is likelier to be free for UDP than the other
 * way round. */
static bool
sockets_open(struct mock_dns *d, const struct endpoint *at, struct err *err)
{
	int tries = at->port == 0 ? PORT_TRIES : 1;

	while (tries-- > 0) {
		d->tcp = world_listen(d->world, at, on_accept, d, err);
		if (d->tcp == NULL)
			return false;
		d->udp = world_datagrams(
		    d->world, listener_local(d->tcp), on_datagram, d, err);
		if (d->udp != NULL)
			return true;
		listener_close(d->tcp);
		d->tcp = NULL;
	}
	return false;
}

struct mock_dns *
mock_dns_new(struct world *w, const struct zone *zone,
    const struct endpoint *at, struct err *err)
{
	struct mock_dns *d = xcalloc(1, sizeof(*d));

	d->world = w;
	d->server = name_server_new(zone);
	list_init(&d->late);
	list_init(&d->guests);
	if (!sockets_open(d, at, err))
		mock_dns_destroy(&d);
	return d;
}

void
mock_dns_destroy(struct mock_dns **dp)
{
	struct mock_dns *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	while (!list_is_empty(&d->late))
		late_free(CONTAINER_OF(d->late.next, struct late, link));
	while (!list_is_empty(&d->guests))
		guest_end(CONTAINER_OF(d->guests.next, struct guest, link));
	if (d->udp != NULL)
		datagrams_close(d->udp);
	if (d->tcp != NULL)
		listener_close(d->tcp);
	name_server_destroy(&d->server);
	free(d);
}

void
mock_dns_set_zone(struct mock_dns *d, const struct zone *zone)
{
	name_server_set_zone(d->server, zone);
}

void
mock_dns_set_front(struct mock_dns *d, const struct zone *front)
{
	name_server_set_front(d->server, front);
}

const struct endpoint *
mock_dns_address(const struct mock_dns *d)
{
	return listener_local(d->tcp);
}

/* ---- answers ---- */

static void
say(struct mock_dns *d, struct guest *g, const struct endpoint *to,
    struct slice answer)
{
	char length[LENGTH_BYTES] = { (char)(answer.len >> 8),
		(char)answer.len };

	if (g == NULL) {
		datagrams_send(d->udp, to, answer);
		return;
	}
	stream_write(g->stream, slice_of(length, sizeof(length)));
	stream_write(g->stream, answer);
}

static void
say_later(struct mock_dns *d, struct guest *g, const struct endpoint *to,
    struct slice answer, utime delay)
{
	struct late *l;

	if (d->late_count == LATE_MAX)
		return;
	l = xcalloc(1, sizeof(*l));
	l->dns = d;
	l->guest = g;
	if (to != NULL)
		l->to = *to;
	buf_append(&l->bytes, answer);
	l->timer.fire = on_due;
	list_append(g != NULL ? &g->late : &d->late, &l->link);
	d->late_count++;
	timer_set(d->world, &l->timer, utime_add(world_now(d->world), delay));
}

static void
late_free(struct late *l)
{
	timer_stop(l->dns->world, &l->timer);
	list_remove(&l->link);
	l->dns->late_count--;
	buf_fini(&l->bytes);
	free(l);
}

static void
on_due(struct timer *t)
{
	struct late *l = CONTAINER_OF(t, struct late, timer);
	struct guest *g = l->guest;

	say(l->dns, g, &l->to, buf_slice(&l->bytes));
	late_free(l);
	if (g != NULL && g->has_eof && list_is_empty(&g->late))
		guest_end(g);
}

/* The guest NULL: over UDP, to `to`. */
static void
answer(struct mock_dns *d, struct guest *g, const struct endpoint *to,
    struct slice query)
{
	struct buf out = { 0 };
	utime delay;

	if (name_server_answer(d->server, query,
		g != NULL ? DNS_OVER_TCP : DNS_OVER_UDP, &out, &delay)) {
		if (delay > 0)
			say_later(d, g, to, buf_slice(&out), delay);
		else
			say(d, g, to, buf_slice(&out));
	}
	buf_fini(&out);
}

static void
on_datagram(void *owner, const struct endpoint *from, struct slice query)
{
	answer(owner, NULL, from, query);
}

/* ---- connections ---- */

static void
on_accept(void *owner, struct stream *s)
{
	struct mock_dns *d = owner;
	struct guest *g = xcalloc(1, sizeof(*g));

	g->dns = d;
	g->stream = s;
	g->idle.fire = on_idle;
	list_init(&g->late);
	list_append(&d->guests, &g->link);
	d->guest_count++;
	stream_attach(s, &guest_handler, g);
	if (d->guest_count > GUEST_MAX)
		guest_end(g);
	else
		timer_set(
		    d->world, &g->idle, world_now(d->world) + GUEST_PATIENCE);
}

static void
guest_end(struct guest *g)
{
	while (!list_is_empty(&g->late))
		late_free(CONTAINER_OF(g->late.next, struct late, link));
	timer_stop(g->dns->world, &g->idle);
	stream_close(g->stream);
	list_remove(&g->link);
	g->dns->guest_count--;
	buf_fini(&g->in);
	free(g);
}

static void
on_connected(void *owner)
{
	/* Never: an accepted stream is connected already. */
	assert(owner == NULL);
}

/* Takes a whole message off what has come; false when there is none. */
static bool
take_message(struct guest *g, struct buf *query)
{
	struct slice in = buf_slice(&g->in);
	size_t len;

	if (in.len < LENGTH_BYTES)
		return false;
	len = (size_t)(unsigned char)in.at[0] << 8 | (unsigned char)in.at[1];
	if (in.len < LENGTH_BYTES + len)
		return false;
	buf_clear(query);
	buf_append(query, slice_sub(in, LENGTH_BYTES, len));
	buf_consume(&g->in, LENGTH_BYTES + len);
	return true;
}

/* Whoever does not read what it is told is not listened to. */
static void
hear(struct guest *g)
{
	struct buf query = { 0 };
	bool is_full;

	while (!(is_full = stream_queued(g->stream) > STREAM_HIGH_WATER) &&
	    take_message(g, &query))
		answer(g->dns, g, NULL, buf_slice(&query));
	buf_fini(&query);
	if (is_full != g->is_paused) {
		g->is_paused = is_full;
		stream_pause(g->stream, is_full);
	}
}

static void
on_input(void *owner, struct slice bytes)
{
	struct guest *g = owner;

	buf_append(&g->in, bytes);
	timer_set(
	    g->dns->world, &g->idle, world_now(g->dns->world) + GUEST_PATIENCE);
	hear(g);
}

static void
on_drained(void *owner)
{
	hear(owner);
}

static void
on_eof(void *owner)
{
	struct guest *g = owner;

	g->has_eof = true;
	if (list_is_empty(&g->late))
		guest_end(g);
}

static void
on_failure(void *owner, enum net_failure why)
{
	(void)why;
	guest_end(owner);
}

/* Whoever waits for an answer has reason to be silent. */
static void
on_idle(struct timer *t)
{
	struct guest *g = CONTAINER_OF(t, struct guest, idle);

	if (list_is_empty(&g->late))
		guest_end(g);
	else
		timer_set(g->dns->world, t,
		    world_now(g->dns->world) + GUEST_PATIENCE);
}
