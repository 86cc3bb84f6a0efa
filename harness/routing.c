/* SPDX-License-Identifier: MIT */
/* The candidates of a domain; see routing.h. */
#include "harness/routing.h"

/* What becomes of one name: some of these at once. */
enum {
	ASKED_FOUND = 1,
	ASKED_HARD = 2,
	ASKED_SOFT = 4,
};

/* One host of a route, or the domain itself. */
struct routing_host {
	struct slice name;
	uint16_t port, priority;
};

struct routing_search {
	const struct relay_config *relay; /* borrowed */
	struct routing *routing;          /* borrowed */
};

static unsigned route_ask(struct routing_search *s, const struct route *route);
static unsigned exchanges_ask(
    struct routing_search *s, const struct routing_host *host);
static void candidates_sort(struct routing *r);

void
routing_find(
    const struct relay_config *relay, struct slice domain, struct routing *r)
{
	struct routing_search s = { relay, r };
	struct routing_host itself = { domain, relay->delivery.port, 0 };
	const struct route *route =
	    relay->routes != NULL ? routes_match(relay->routes, domain) : NULL;
	unsigned asked;

	*r = (struct routing){ .state = ROUTING_UNKNOWN };
	if (relay->zone == NULL || domain.len == 0 || domain.at[0] == '[')
		return;
	if (route != NULL && route->kind == ROUTE_DISCARD) {
		r->state = ROUTING_DISCARD;
		return;
	}
	asked = route != NULL && route->kind == ROUTE_HOSTS
	    ? route_ask(&s, route)
	    : exchanges_ask(&s, &itself);
	r->has_soft = (asked & ASKED_SOFT) != 0;
	if (r->count > ROUTING_CANDIDATES_MAX ||
	    (r->count == 0 && (asked & ASKED_FOUND) != 0))
		return;
	candidates_sort(r);
	if (r->count > 0)
		r->state = ROUTING_FOUND;
	else
		r->state = r->has_soft ? ROUTING_SOFT : ROUTING_HARD;
}

void
routing_fini(struct routing *r)
{
	free(r->candidates);
	*r = (struct routing){ 0 };
}

size_t
routing_index(const struct routing *r, const struct endpoint *at)
{
	for (size_t i = 0; i < r->count; i++)
		if (endpoint_equal(&r->candidates[i].at, at))
			return i;
	return SIZE_MAX;
}

/* ---- asking ---- */

static unsigned
status_asked(enum dns_status status)
{
	return dns_status_is_hard(status) ? ASKED_HARD : ASKED_SOFT;
}

/* An interface reaches addresses of its own family only. */
static void
candidate_add(
    struct routing_search *s, const struct endpoint *at, uint32_t priority)
{
	struct routing *r = s->routing;
	size_t known = routing_index(r, at);

	if (!ip_is_none(&s->relay->interface) &&
	    s->relay->interface.family != at->ip.family)
		return;
	if (known < r->count && r->candidates[known].priority <= priority)
		return;
	if (known < r->count) {
		r->count--;
		memmove(&r->candidates[known], &r->candidates[known + 1],
		    (r->count - known) * sizeof(r->candidates[0]));
	}
	r->candidates = xgrow(
	    r->candidates, &r->cap, r->count + 1, sizeof(r->candidates[0]));
	r->candidates[r->count++] = (struct routing_candidate){ *at, priority };
}

static uint32_t
priority_of(const struct routing_host *host, uint16_t preference)
{
	return (uint32_t)host->priority << 16 | preference;
}

/* The addresses of one name. */
static unsigned
addresses_ask(struct routing_search *s, struct slice name,
    const struct routing_host *host, uint16_t preference)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	unsigned asked = 0;

	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		struct dns_answer answer;
		enum dns_status status =
		    zone_lookup(s->relay->zone, name, types[t], &answer);

		s->routing->delay = utime_add(s->routing->delay, answer.delay);
		if (status != DNS_OK) {
			asked |= status_asked(status);
			continue;
		}
		asked |= ASKED_FOUND;
		for (size_t i = 0; i < answer.count; i++) {
			struct endpoint at = { answer.records[i].ip,
				host->port };

			candidate_add(s, &at, priority_of(host, preference));
		}
	}
	return asked;
}

/* MX, then addresses; no MX record: the name's own addresses (RFC 5321, 5.1).
 */
static unsigned
exchanges_ask(struct routing_search *s, const struct routing_host *host)
{
	struct dns_answer answer;
	enum dns_status status =
	    zone_lookup(s->relay->zone, host->name, DNS_MX, &answer);
	unsigned asked = 0;

	s->routing->delay = utime_add(s->routing->delay, answer.delay);
	if (status == DNS_NODATA)
		return addresses_ask(s, host->name, host, 0);
	if (status != DNS_OK)
		return status_asked(status);
	for (size_t i = 0; i < answer.count; i++) {
		const struct dns_record *mx = &answer.records[i];

		asked |= mx->name.len == 0
		    ? ASKED_HARD
		    : addresses_ask(s, mx->name, host, mx->preference);
	}
	return asked;
}

static unsigned
route_ask(struct routing_search *s, const struct route *route)
{
	unsigned asked = 0;

	for (size_t i = 0; i < route->dest_count; i++) {
		const struct route_dest *dest = &route->dests[i];
		struct routing_host host = { dest->host,
			dest->port != 0 ? dest->port : s->relay->delivery.port,
			dest->priority };
		struct endpoint at = { dest->ip, host.port };

		switch (dest->kind) {
		case ROUTE_DEST_NAME:
			asked |= exchanges_ask(s, &host);
			break;
		case ROUTE_DEST_BRACKET:
			asked |= addresses_ask(s, host.name, &host, 0);
			break;
		case ROUTE_DEST_ADDRESS:
			candidate_add(s, &at, priority_of(&host, 0));
			asked |= ASKED_FOUND;
			break;
		}
	}
	return asked;
}

/* By priority, and as listed within one: insertion, since lists are short and
 * mostly in order. */
static void
candidates_sort(struct routing *r)
{
	for (size_t i = 1; i < r->count; i++) {
		struct routing_candidate moved = r->candidates[i];
		size_t k = i;

		for (; k > 0 && r->candidates[k - 1].priority > moved.priority;
		     k--)
			r->candidates[k] = r->candidates[k - 1];
		r->candidates[k] = moved;
	}
}
