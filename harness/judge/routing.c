/* SPDX-License-Identifier: MIT */
/* The candidates of a domain; see routing.h. */
#include "harness/judge/routing.h"

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
	const struct relay_config *relay; /* borrowed, as all */
	const struct zone *zone;
	enum relay_ip_sort sort;
	struct routing *routing;
};

static unsigned route_ask(struct routing_search *s, const struct route *route);
static unsigned exchanges_ask(
    struct routing_search *s, const struct routing_host *host);
static void candidates_sort(struct routing *r);

static void
zone_ask(const struct relay_config *relay, const struct zone *zone,
    struct slice domain, struct routing *r)
{
	struct routing_search s = { relay, zone,
		relay_destinations_find(relay->destinations, domain)
		    ->ip_sort_pref,
		r };
	struct routing_host itself = { domain, relay->delivery.port, 0 };
	const struct route *route =
	    relay->routes != NULL ? routes_match(relay->routes, domain) : NULL;
	unsigned asked;

	*r = (struct routing){ .state = ROUTING_UNKNOWN };
	if (zone == NULL || domain.len == 0 || domain.at[0] == '[')
		return;
	if (route != NULL && route->kind == ROUTE_DISCARD) {
		r->state = ROUTING_DISCARD;
		return;
	}
	asked = route != NULL && route->kind == ROUTE_HOSTS
	    ? route_ask(&s, route)
	    : exchanges_ask(&s, &itself);
	r->has_soft = (asked & ASKED_SOFT) != 0;
	if (r->count > ROUTING_CANDIDATES_MAX)
		return;
	candidates_sort(r);
	if (r->count > 0)
		r->state = ROUTING_FOUND;
	else
		r->state = r->has_soft ? ROUTING_SOFT : ROUTING_HARD;
}

static bool
routing_equal(const struct routing *a, const struct routing *b)
{
	if (a->state != b->state || a->count != b->count ||
	    a->has_soft != b->has_soft || a->has_null_mx != b->has_null_mx)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!endpoint_equal(
			&a->candidates[i].at, &b->candidates[i].at) ||
		    a->candidates[i].priority != b->candidates[i].priority)
			return false;
	return true;
}

/* When the relay learns of a change, no line tells. */
void
routing_find(const struct plan *plan, struct slice domain, struct routing *r)
{
	zone_ask(&plan->relay, plan->relay.zone, domain, r);
	for (size_t i = 0; i < plan->step_count; i++) {
		struct routing then;

		if (plan->steps[i].kind != PLAN_STEP_DNS)
			continue;
		zone_ask(&plan->relay, plan->steps[i].zone, domain, &then);
		if (!routing_equal(r, &then))
			r->state = ROUTING_UNKNOWN;
		if (then.delay > r->delay)
			r->delay = then.delay;
		routing_fini(&then);
	}
}

void
routing_of_route(
    const struct plan *plan, const struct route *route, struct routing *r)
{
	struct buf name = { 0 };

	if (route->match != ROUTE_EXACT)
		buf_append_cstr(&name, "any");
	buf_append(&name,
	    route->match == ROUTE_ALL ? SLICE(".invalid") : route->domain);
	routing_find(plan, buf_slice(&name), r);
	buf_fini(&name);
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
static bool
is_reached(const struct relay_config *relay, const struct ip_address *ip)
{
	return ip_is_none(&relay->interface) ||
	    relay->interface.family == ip->family ||
	    relay->interface_v6.family == ip->family;
}

/* ASKED_SOFT when it cannot be reached: such mail is kept. */
static unsigned
candidate_add(
    struct routing_search *s, const struct endpoint *at, uint64_t priority)
{
	struct routing *r = s->routing;
	size_t known = routing_index(r, at);

	if (!is_reached(s->relay, &at->ip))
		return ASKED_SOFT;
	if (known < r->count && r->candidates[known].priority <= priority)
		return ASKED_FOUND;
	if (known < r->count) {
		r->count--;
		memmove(&r->candidates[known], &r->candidates[known + 1],
		    (r->count - known) * sizeof(r->candidates[0]));
	}
	r->candidates = xgrow(
	    r->candidates, &r->cap, r->count + 1, sizeof(r->candidates[0]));
	r->candidates[r->count++] = (struct routing_candidate){ *at, priority };
	return ASKED_FOUND;
}

static uint64_t
priority_of(const struct routing_host *host, uint16_t preference)
{
	return (uint64_t)host->priority << 32 | (uint64_t)preference << 16;
}

/* The addresses of a family that the interface reaches, all together. */
static size_t
usable_count(const struct routing_search *s, const struct dns_answer *answer)
{
	return answer->count > 0 && is_reached(s->relay, &answer->records[0].ip)
	    ? answer->count
	    : 0;
}

/* What a resolver makes of what the zone says. */
static enum dns_status
ask(const struct zone *zone, struct slice name, enum dns_type type,
    struct dns_answer *answer)
{
	(void)zone_lookup(zone, name, type, answer);
	dns_answer_travel(answer, 0);
	return answer->status;
}

/* Notes a name that gave no address; returns `asked`. */
static unsigned
lost_add(struct routing_search *s, uint64_t priority, unsigned asked)
{
	struct routing *r = s->routing;

	if ((asked & ASKED_FOUND) == 0 && r->lost_count < ROUTING_LOST_MAX)
		r->lost[r->lost_count++] = (struct routing_lost){ priority,
			(asked & ASKED_SOFT) != 0 };
	return asked;
}

/* The addresses of one name: of the preferred family first, of the other one
 * behind these if at all. */
static unsigned
addresses_ask(struct routing_search *s, struct slice name,
    const struct routing_host *host, uint16_t preference)
{
	bool is_v4_first = s->sort == IP_PREFER_V4 || s->sort == IP_REQUIRE_V4;
	bool is_required = s->sort == IP_REQUIRE_V4 || s->sort == IP_REQUIRE_V6;
	struct dns_answer answers[2]; /* A, AAAA */
	unsigned asked = 0;
	size_t first;

	for (size_t t = 0; t < 2; t++) {
		enum dns_status status =
		    ask(s->zone, name, t == 0 ? DNS_A : DNS_AAAA, &answers[t]);

		s->routing->delay =
		    utime_add(s->routing->delay, answers[t].delay);
		if (status != DNS_OK)
			asked |= status_asked(status);
	}
	first = usable_count(s, &answers[is_v4_first ? 0 : 1]);
	for (size_t t = 0; t < 2; t++) {
		bool is_other = (t == 0) != is_v4_first;
		uint64_t priority =
		    priority_of(host, preference) | (is_other && first > 0);

		for (size_t i = 0; i < answers[t].count; i++) {
			struct endpoint at = { answers[t].records[i].ip,
				host->port };

			asked |= is_other && is_required
			    ? ASKED_SOFT
			    : candidate_add(s, &at, priority);
		}
	}
	return lost_add(s, priority_of(host, preference), asked);
}

/* MX, then addresses; no MX record: the name's own addresses (RFC 5321, 5.1).
 */
static unsigned
exchanges_ask(struct routing_search *s, const struct routing_host *host)
{
	struct dns_answer answer;
	enum dns_status status = ask(s->zone, host->name, DNS_MX, &answer);
	unsigned asked = 0;

	s->routing->delay = utime_add(s->routing->delay, answer.delay);
	if (status == DNS_NODATA)
		return addresses_ask(s, host->name, host, 0);
	if (status != DNS_OK)
		return lost_add(s, priority_of(host, 0), status_asked(status));
	for (size_t i = 0; i < answer.count; i++) {
		const struct dns_record *mx = &answer.records[i];

		s->routing->has_null_mx |= mx->name.len == 0;
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
			asked |= candidate_add(s, &at, priority_of(&host, 0));
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
