/* SPDX-License-Identifier: MIT */
/* Events of an address in a period; see rate.h. */
#include "relay/receive/rate.h"

#include <uthash.h>

struct period {
	utime begin;
	uint32_t count; /* 0: not begun */
};

struct rate_client {
	struct ip_address ip; /* the key */
	struct period minute, hour;
	struct list node; /* in rate->by_age */
	UT_hash_handle hh;
};

void
rate_init(struct rate *r)
{
	*r = (struct rate){ 0 };
	list_init(&r->by_age);
}

static void
client_forget(struct rate *r, struct rate_client *c)
{
	assert(r->clients != NULL);
	HASH_DEL(r->clients, c);
	list_remove(&c->node);
	r->count--;
	free(c);
}

void
rate_fini(struct rate *r)
{
	LIST_FOREACH_SAFE(node, &r->by_age)
		client_forget(r, CONTAINER_OF(node, struct rate_client, node));
}

/* The client, as the one heard of last. */
static struct rate_client *
client_of(struct rate *r, const struct ip_address *ip)
{
	struct rate_client *c;

	HASH_FIND(hh, r->clients, ip, sizeof(*ip), c);
	if (c == NULL) {
		if (r->count == RATE_CLIENTS_MAX)
			client_forget(r,
			    CONTAINER_OF(
				r->by_age.next, struct rate_client, node));
		c = xcalloc(1, sizeof(*c));
		c->ip = *ip;
		HASH_ADD(hh, r->clients, ip, sizeof(c->ip), c);
		list_init(&c->node);
		r->count++;
	}
	list_remove(&c->node);
	list_append(&r->by_age, &c->node);
	return c;
}

/* Room for one more? */
static bool
period_has_room(struct period *p, utime span, uint32_t most, utime now)
{
	if (p->count > 0 && now >= utime_add(p->begin, span))
		p->count = 0;
	if (p->count == 0)
		p->begin = now;
	return most == 0 || p->count < most;
}

bool
rate_take(struct rate *r, const struct ip_address *client,
    const struct rate_limit *limit, utime now)
{
	struct rate_client *c;

	if (limit->per_minute == 0 && limit->per_hour == 0)
		return true;
	c = client_of(r, client);
	if (!period_has_room(
		&c->minute, UTIME_MINUTE, limit->per_minute, now) ||
	    !period_has_room(&c->hour, UTIME_HOUR, limit->per_hour, now))
		return false;
	c->minute.count++;
	c->hour.count++;
	return true;
}
