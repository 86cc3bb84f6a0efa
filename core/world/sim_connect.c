/* SPDX-License-Identifier: MIT */
/*
 * How a connection of the virtual world comes to be and ceases to be.
 *
 * The handshake is TCP's: SYN, SYN-ACK, ACK, each one latency.  The caller is
 * connected when the second arrives, the peer accepts when the third does, and
 * what the caller sends meanwhile comes behind it.  The state of the peer's
 * address counts at the moment at which the SYN arrives: a refusal takes a
 * round trip, and the router that knows of no way there is halfway, so that
 * its word takes half of one.  A SYN that arrives at a silent address is gone:
 * the owner gives up when it likes.  One that finds the backlog full is sent
 * again after 1 s, 2 s and so on, as Linux does.
 *
 * A connection that nobody has accepted waits in the listener's backlog, with
 * what its caller sends.  When the caller leaves, it is forgotten.
 */
#include "core/world/sim_impl.h"

/* How often a SYN is sent again: Linux's tcp_syn_retries. */
#define SYN_RETRIES 6

static void on_step(struct timer *t);

static struct sim_conn *
conn_new(struct sim_world *sw, const struct endpoint *from,
    const struct endpoint *to)
{
	struct sim_conn *c = xcalloc(1, sizeof(*c));

	c->world = sw;
	c->step.fire = on_step;
	list_init(&c->waiting);
	sim_end_init(&c->ends[0], c);
	sim_end_init(&c->ends[1], c);
	c->ends[0].base.local = c->ends[1].base.remote = *from;
	c->ends[0].base.remote = c->ends[1].base.local = *to;
	c->ends[0].owned = true;
	c->path = sim_path_get(sw, &from->ip, &to->ip);
	list_append(&c->path->conns, &c->node);
	sw->counts.connections++;
	sw->counts.streams_open++;
	return c;
}

static void
backlog_leave(struct sim_conn *c)
{
	if (c->waits_at == NULL)
		return;
	c->waits_at->waiting_count--;
	c->waits_at = NULL;
	list_remove(&c->waiting);
}

void
sim_conn_free(struct sim_conn *c)
{
	backlog_leave(c);
	timer_stop(&c->world->base, &c->step);
	sim_end_fini(&c->ends[0]);
	sim_end_fini(&c->ends[1]);
	list_remove(&c->node);
	free(c);
}

void
sim_conn_reap(struct sim_conn *c)
{
	if (!c->in_callback && !c->ends[0].owned && !c->ends[1].owned)
		sim_conn_free(c);
}

/* Sends the next packet of the handshake, or has it wait for the path. */
static void
conn_enter(struct sim_conn *c, enum sim_stage stage)
{
	utime at = c->world->now + c->path->link.latency;

	c->stage = stage;
	c->step_held = c->path->link.partitioned;
	if (c->step_held)
		return;
	timer_set(&c->world->base, &c->step, at);
	/* What the caller sends from now on comes behind its ACK. */
	if (stage == STAGE_ACK)
		c->ends[0].out.last_at = at;
}

struct stream *
sim_connect(
    struct world *w, const struct endpoint *from, const struct endpoint *to)
{
	struct sim_world *sw = (struct sim_world *)w;
	struct endpoint local = { sw->options.self, 0 };
	struct sim_conn *c;

	if (from != NULL)
		local = *from;
	if (local.port == 0)
		local.port = sim_host_next_port(sim_host_get(sw, &local.ip));
	c = conn_new(sw, &local, to);
	if (local.ip.family == to->ip.family) {
		conn_enter(c, STAGE_SYN);
	} else {
		c->stage = STAGE_SILENCE;
		sim_end_fail(
		    &c->ends[0], from != NULL ? NET_LOCAL : NET_UNREACHABLE);
	}
	return &c->ends[0].base;
}

static void
conn_refuse(struct sim_conn *c, enum net_failure why)
{
	c->stage = STAGE_SILENCE;
	sim_end_fail(&c->ends[0], why);
}

/* The backlog has no room: the SYN is gone, and will be sent again. */
static void
conn_overflow(struct sim_conn *c)
{
	if (c->syns == SYN_RETRIES) {
		c->stage = STAGE_SILENCE;
		return;
	}
	timer_set(
	    &c->world->base, &c->step, c->world->now + (UTIME_S << c->syns++));
}

static bool
is_full(const struct sim_listener *l)
{
	return l->muted ||
	    (l->paused && l->tuning.backlog > 0 &&
		l->waiting_count >= l->tuning.backlog);
}

static void
on_syn_at_host(struct sim_conn *c)
{
	struct sim_listener *l =
	    sim_listener_find(c->world, &c->ends[1].base.local);

	if (l == NULL)
		conn_enter(c, STAGE_REFUSAL);
	else if (is_full(l))
		conn_overflow(c);
	else
		conn_enter(c, STAGE_SYN_ACK);
}

static void
on_syn(struct sim_conn *c)
{
	const struct endpoint *to = &c->ends[1].base.local;

	switch (sim_host_get(c->world, &to->ip)->state) {
	case HOST_UP:
		on_syn_at_host(c);
		break;
	case HOST_REFUSE:
		conn_enter(c, STAGE_REFUSAL);
		break;
	case HOST_SILENT:
		c->stage = STAGE_SILENCE;
		break;
	case HOST_UNREACHABLE:
		conn_refuse(c, NET_UNREACHABLE);
		break;
	}
}

static void
on_syn_ack(struct sim_conn *c)
{
	struct sim_end *caller = &c->ends[0];

	c->ends[1].owned = true;
	conn_enter(c, STAGE_ACK);
	sim_end_send(caller);
	caller->base.handler->on_connected(caller->base.owner);
}

/* Without an owner at the peer's end, where the bytes stay unread. */
static void
backlog_enter(struct sim_conn *c, struct sim_listener *l)
{
	struct sim_end *peer = &c->ends[1];

	c->stage = STAGE_BACKLOG;
	peer->owned = false;
	peer->paused = true;
	c->waits_at = l;
	l->waiting_count++;
	list_append(&l->waiting, &c->waiting);
}

void
sim_conn_accept(struct sim_conn *c, struct sim_listener *l)
{
	struct sim_end *peer = &c->ends[1];

	backlog_leave(c);
	c->stage = STAGE_OPEN;
	peer->owned = l != NULL;
	if (l == NULL) {
		peer->hearing = HEARING_DEAD;
		peer->sending = SENDING_RST;
		sim_end_send(peer);
		return;
	}
	c->world->counts.streams_open++;
	peer->receive_max = l->tuning.receive_bytes;
	peer->send_max = l->tuning.send_bytes;
	peer->paused = false;
	c->in_callback = true;
	l->base.on_accept(l->base.owner, &peer->base);
	assert(!peer->owned || peer->base.handler != NULL);
	/* What has come while it waited. */
	if (peer->owned && !peer->paused)
		sim_pause(&peer->base, false);
	c->in_callback = false;
	sim_conn_reap(c);
}

/* The peer accepts, or has it wait; if it has stopped listening since the SYN,
 * it refuses. */
static void
on_ack(struct sim_conn *c)
{
	struct sim_listener *l =
	    sim_listener_find(c->world, &c->ends[1].base.local);

	if (l != NULL && l->paused)
		backlog_enter(c, l);
	else
		sim_conn_accept(c, l);
}

static void
on_step(struct timer *t)
{
	struct sim_conn *c = CONTAINER_OF(t, struct sim_conn, step);

	c->in_callback = true;
	switch (c->stage) {
	case STAGE_SYN:
		on_syn(c);
		break;
	case STAGE_SYN_ACK:
		on_syn_ack(c);
		break;
	case STAGE_REFUSAL:
		conn_refuse(c, NET_REFUSED);
		break;
	case STAGE_ACK:
		on_ack(c);
		break;
	case STAGE_SILENCE:
	case STAGE_BACKLOG:
	case STAGE_OPEN:
		assert(false && "no packet of a handshake is under way");
	}
	c->in_callback = false;
	sim_conn_reap(c);
}

void
sim_conn_mend(struct sim_conn *c)
{
	if (c->step_held)
		conn_enter(c, c->stage);
	sim_end_send(&c->ends[0]);
	sim_end_send(&c->ends[1]);
}

void
sim_conn_kill(struct sim_conn *c)
{
	if (c->stage < STAGE_ACK)
		return;
	backlog_leave(c);
	if (c->stage == STAGE_ACK) {
		timer_stop(&c->world->base, &c->step);
		c->step_held = false;
		c->stage = STAGE_OPEN;
		c->ends[1].owned = false;
	}
	sim_end_fail(&c->ends[0], NET_RESET);
	sim_end_fail(&c->ends[1], NET_RESET);
	sim_conn_reap(c);
}
