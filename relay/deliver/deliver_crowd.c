/* SPDX-License-Identifier: MIT */
/* Hosts that take no more connections; see deliver_crowd.h. */
#include "relay/deliver/deliver_crowd.h"

/* A message that takes longer proves nothing of its host. */
#define MESSAGE_PATIENCE UTIME_MINUTE

static bool
stands(const struct connection *c)
{
	return c->state == CONNECTION_IDLE || c->state == CONNECTION_BUSY;
}

/* It has answered since, or has to answer for what it was given since. */
static bool
is_at_work(const struct connection *c, utime since)
{
	return c->state == CONNECTION_IDLE ||
	    (c->state == CONNECTION_BUSY && c->started_at >= since);
}

/* A host that answers in whatever way lives; of one that is silent only those
 * can tell that have gone on to a message since it was asked. */
static utime
proof_since(const struct connection *c, utime now)
{
	if (c->is_silent)
		return c->began_at;
	return now > MESSAGE_PATIENCE ? now - MESSAGE_PATIENCE : 0;
}

bool
deliver_turned_away(
    struct delivery *d, const struct connection *c, bool is_down, unsigned code)
{
	const struct relay_delivery *config = &d->relay->config->delivery;
	utime now = world_now(d->relay->world), since = proof_since(c, now);
	size_t index = deliver_index_of(d, c);
	struct candidate *candidate;
	uint32_t standing = 0;
	bool is_any = false;

	if (config->on_turned_away == ON_TURNED_AWAY_FAIL ||
	    index == PICK_NONE || (is_down && c->host->is_down) ||
	    (code >= 500 && config->on_5xx_greeting == ON_5XX_BOUNCE))
		return false;
	LIST_FOREACH(link, &d->connections) {
		const struct connection *other =
		    CONTAINER_OF(link, struct connection, link);

		if (other->host != c->host)
			continue;
		standing += stands(other);
		is_any |= is_at_work(other, since);
	}
	if (!is_any)
		return false;
	candidate = &d->domain->candidates.list[index];
	candidate->crowd = standing;
	candidate->crowded_until = utime_add(now, config->host_retry_initial);
	if (!is_down)
		host_on_up(c->host);
	return true;
}

utime
deliver_served_until(
    const struct delivery *d, const struct candidate *c, utime now)
{
	utime until = 0;

	LIST_FOREACH(link, &d->connections) {
		const struct connection *other =
		    CONTAINER_OF(link, struct connection, link);
		utime begun =
		    other->state == CONNECTION_IDLE ? now : other->started_at;

		if (other->host == c->host && stands(other) &&
		    utime_add(begun, MESSAGE_PATIENCE) > until)
			until = utime_add(begun, MESSAGE_PATIENCE);
	}
	return until > now ? until : 0;
}

size_t
deliver_crowd_max(const struct candidate *c, utime now)
{
	return c->crowded_until > now ? c->crowd : SIZE_MAX;
}
