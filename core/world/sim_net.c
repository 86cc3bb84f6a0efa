/* SPDX-License-Identifier: MIT */
/*
 * The addresses of the virtual world, who listens on them, and what lies
 * between any two.  Tables are only ever looked up or walked in the order in
 * which they were filled, never in an order that hashes or pointers make.
 */
#include "core/world/sim_impl.h"

#define PORT_FIRST 32768
#define PORT_COUNT 28232 /* up to 60999, Linux's range */

static void on_wake(struct timer *t);
static struct sim_rule *rule_find(struct sim_world *sw,
    const struct ip_address *a, const struct ip_address *b);
static void path_resolve(struct sim_world *sw, struct sim_path *p);

/* ---- hosts ---- */

struct sim_host *
sim_host_get(struct sim_world *sw, const struct ip_address *ip)
{
	struct sim_host *h;

	HASH_FIND(hh, sw->hosts, ip, sizeof(*ip), h);
	if (h == NULL) {
		h = xcalloc(1, sizeof(*h));
		h->ip = *ip;
		HASH_ADD(hh, sw->hosts, ip, sizeof(*ip), h);
	}
	return h;
}

void
sim_set_zone(struct world *w, const struct zone *zone)
{
	w->zone = zone;
}

void
sim_set_host(
    struct world *w, const struct ip_address *ip, enum host_state state)
{
	sim_host_get((struct sim_world *)w, ip)->state = state;
}

uint16_t
sim_host_next_port(struct sim_host *h)
{
	return (uint16_t)(PORT_FIRST + h->ports_given++ % PORT_COUNT);
}

/* ---- links ---- */

void
sim_set_link(struct world *w, const struct ip_address *a,
    const struct ip_address *b, const struct sim_link *link)
{
	struct sim_world *sw = (struct sim_world *)w;
	struct sim_rule *r = rule_find(sw, a, b);

	assert(link->latency >= 0);
	if (r == NULL) {
		r = xcalloc(1, sizeof(*r));
		r->ip[0] = *a;
		r->ip[1] = *b;
	} else {
		list_remove(&r->node);
	}
	r->link = *link;
	list_append(&sw->rules, &r->node);
	for (struct sim_path *p = sw->paths; p != NULL; p = p->hh.next) {
		bool was_partitioned = p->link.partitioned;

		path_resolve(sw, p);
		if (!was_partitioned || p->link.partitioned)
			continue;
		LIST_FOREACH(node, &p->conns)
			sim_conn_mend(
			    CONTAINER_OF(node, struct sim_conn, node));
	}
}

static struct sim_rule *
rule_find(struct sim_world *sw, const struct ip_address *a,
    const struct ip_address *b)
{
	LIST_FOREACH(node, &sw->rules) {
		struct sim_rule *r = CONTAINER_OF(node, struct sim_rule, node);

		if (ip_equal(&r->ip[0], a) && ip_equal(&r->ip[1], b))
			return r;
		if (ip_equal(&r->ip[0], b) && ip_equal(&r->ip[1], a))
			return r;
	}
	return NULL;
}

static bool
covers(const struct ip_address *pattern, const struct ip_address *ip)
{
	return ip_is_none(pattern) || ip_equal(pattern, ip);
}

static bool
is_between(const struct ip_address *a, const struct ip_address *b,
    const struct sim_path *p)
{
	return (covers(a, &p->ip[0]) && covers(b, &p->ip[1])) ||
	    (covers(b, &p->ip[0]) && covers(a, &p->ip[1]));
}

/* Of the rules for the path, the most specific counts; of those, the newest. */
static void
path_resolve(struct sim_world *sw, struct sim_path *p)
{
	int best = -1;

	p->link = (struct sim_link){ .latency = sw->options.latency };
	LIST_FOREACH(node, &sw->rules) {
		const struct sim_rule *r =
		    CONTAINER_OF(node, struct sim_rule, node);
		int named = !ip_is_none(&r->ip[0]) + !ip_is_none(&r->ip[1]);

		if (named < best || !is_between(&r->ip[0], &r->ip[1], p))
			continue;
		best = named;
		p->link = r->link;
	}
}

struct sim_path *
sim_path_get(struct sim_world *sw, const struct ip_address *a,
    const struct ip_address *b)
{
	bool in_order = ip_compare(a, b) <= 0;
	struct ip_address key[2] = { in_order ? *a : *b, in_order ? *b : *a };
	struct sim_path *p;

	HASH_FIND(hh, sw->paths, key, sizeof(key), p);
	if (p == NULL) {
		p = xcalloc(1, sizeof(*p));
		memcpy(p->ip, key, sizeof(key));
		list_init(&p->conns);
		path_resolve(sw, p);
		HASH_ADD(hh, sw->paths, ip, sizeof(key), p);
	}
	return p;
}

void
sim_reset_link(
    struct world *w, const struct ip_address *a, const struct ip_address *b)
{
	struct sim_world *sw = (struct sim_world *)w;

	for (struct sim_path *p = sw->paths; p != NULL; p = p->hh.next) {
		if (!is_between(a, b, p))
			continue;
		LIST_FOREACH_SAFE(node, &p->conns)
			sim_conn_kill(
			    CONTAINER_OF(node, struct sim_conn, node));
	}
}

/* ---- listeners ---- */

static void
make_key(const struct endpoint *at, uint8_t *key)
{
	memcpy(key, &at->ip, sizeof(at->ip));
	memcpy(key + sizeof(at->ip), &at->port, sizeof(at->port));
}

static struct sim_listener *
listener_at(struct sim_world *sw, const struct endpoint *at)
{
	struct sim_listener *l;
	uint8_t key[sizeof(l->key)];

	make_key(at, key);
	HASH_FIND(hh, sw->listeners, key, sizeof(key), l);
	return l;
}

struct sim_listener *
sim_listener_find(struct sim_world *sw, const struct endpoint *at)
{
	struct endpoint any = { { at->ip.family, { 0 } }, at->port };
	struct sim_listener *l = listener_at(sw, at);

	if (l == NULL)
		l = listener_at(sw, &any);
	return l;
}

struct listener *
sim_listen(struct world *w, const struct endpoint *at, struct err *err)
{
	struct sim_world *sw = (struct sim_world *)w;
	struct endpoint local = *at;
	char text[ENDPOINT_TEXT_MAX];
	struct sim_listener *l;

	for (int i = 0; at->port == 0 && i < PORT_COUNT; i++) {
		local.port = sim_host_next_port(sim_host_get(sw, &at->ip));
		if (listener_at(sw, &local) == NULL)
			break;
	}
	if (listener_at(sw, &local) != NULL) {
		(void)err_set(err,
		    "cannot listen on %s: Address already in use",
		    endpoint_format(at, text));
		return NULL;
	}
	l = xcalloc(1, sizeof(*l));
	l->base.world = w;
	l->base.local = local;
	l->wake.fire = on_wake;
	list_init(&l->waiting);
	make_key(&local, l->key);
	HASH_ADD(hh, sw->listeners, key, sizeof(l->key), l);
	return &l->base;
}

void
sim_listener_close(struct listener *base)
{
	struct sim_world *sw = (struct sim_world *)base->world;
	struct sim_listener *l = (struct sim_listener *)base;

	HASH_DELETE(hh, sw->listeners, l);
	timer_stop(base->world, &l->wake);
	LIST_FOREACH_SAFE(node, &l->waiting)
		sim_conn_accept(
		    CONTAINER_OF(node, struct sim_conn, waiting), NULL);
	if (l->in_callback)
		l->closed = true;
	else
		free(l);
}

void
sim_listener_tune(struct listener *base, const struct listener_tuning *tuning)
{
	((struct sim_listener *)base)->tuning = *tuning;
}

void
sim_listener_pause(struct listener *base, bool paused)
{
	struct sim_listener *l = (struct sim_listener *)base;

	l->paused = paused;
	if (!paused && l->waiting_count > 0)
		timer_set(base->world, &l->wake, world_now(base->world));
}

bool
sim_listener_mute(struct listener *base, bool muted, struct err *err)
{
	(void)err;
	((struct sim_listener *)base)->muted = muted;
	return true;
}

/* Those that wait are accepted, the first one first. */
static void
on_wake(struct timer *t)
{
	struct sim_listener *l = CONTAINER_OF(t, struct sim_listener, wake);

	l->in_callback = true;
	while (!l->closed && !l->paused && l->waiting_count > 0)
		sim_conn_accept(
		    CONTAINER_OF(l->waiting.next, struct sim_conn, waiting), l);
	l->in_callback = false;
	if (l->closed)
		free(l);
}

/* ---- the whole ---- */

void
sim_net_init(struct sim_world *sw)
{
	list_init(&sw->rules);
}

void
sim_net_fini(struct sim_world *sw)
{
	struct sim_host *h, *h_next;
	struct sim_path *p, *p_next;

	assert(sw->counts.streams_open == 0);
	assert(sw->listeners == NULL);
	HASH_ITER(hh, sw->paths, p, p_next)
	{
		LIST_FOREACH_SAFE(node, &p->conns)
			sim_conn_free(
			    CONTAINER_OF(node, struct sim_conn, node));
		HASH_DELETE(hh, sw->paths, p);
		free(p);
	}
	HASH_ITER(hh, sw->hosts, h, h_next)
	{
		HASH_DELETE(hh, sw->hosts, h);
		free(h);
	}
	LIST_FOREACH_SAFE(node, &sw->rules)
		free(CONTAINER_OF(node, struct sim_rule, node));
}
