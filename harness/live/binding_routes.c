/* SPDX-License-Identifier: MIT */
/* The routes of a scenario for a relay that knows only its places; see
 * binding.h. */
#include "core/base/arena.h"
#include "core/base/map.h"
#include "harness/live/binding.h"

#include <inttypes.h>

#define NOWHERE "leads to no host of the scenario"

/* A destination, by the order in which its relay comes to it. */
struct way {
	uint32_t priority, preference;
	struct endpoint at;
};
struct ways {
	const struct placement *places;
	const struct plan *plan;
	struct way at[ROUTES_DESTS_MAX];
	size_t count;
	bool has_preferences;
};

static void
way_add(struct ways *w, const struct way *one)
{
	const struct endpoint *real = placement_real(w->places, &one->at);

	if (real == NULL || w->count == ROUTES_DESTS_MAX)
		return;
	for (size_t i = 0; i < w->count; i++)
		if (endpoint_equal(&w->at[i].at, real))
			return;
	w->at[w->count] = *one;
	w->at[w->count++].at = *real;
}

static void
add_addresses(struct ways *w, struct slice name, struct way way)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct dns_answer answer = { 0 };

		if (zone_lookup(w->plan->relay.zone, name, types[i], &answer) !=
		    DNS_OK)
			continue;
		for (size_t k = 0; k < answer.count; k++) {
			way.at.ip = answer.records[k].ip;
			way_add(w, &way);
		}
	}
}

static void
add_exchangers(struct ways *w, struct slice name, struct way way)
{
	struct dns_answer answer = { 0 };

	if (zone_lookup(w->plan->relay.zone, name, DNS_MX, &answer) != DNS_OK ||
	    answer.count == 0) {
		add_addresses(w, name, way);
		return;
	}
	for (size_t k = 0; k < answer.count; k++) {
		way.preference = answer.records[k].preference;
		w->has_preferences = true;
		add_addresses(w, answer.records[k].name, way);
	}
}

static void
add_destination(struct ways *w, const struct route_dest *dest)
{
	struct way way = { .priority = dest->priority };

	way.at.port =
	    dest->port != 0 ? dest->port : w->plan->relay.delivery.port;
	if (dest->kind == ROUTE_DEST_ADDRESS) {
		way.at.ip = dest->ip;
		way_add(w, &way);
	} else if (dest->kind == ROUTE_DEST_BRACKET) {
		add_addresses(w, dest->host, way);
	} else {
		add_exchangers(w, dest->host, way);
	}
}

static int
compare_ways(const void *a, const void *b)
{
	const struct way *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return x < y ? -1 : 1;
}

/* A preference below a priority is one more of these. */
static void
number_ways(struct ways *w)
{
	uint32_t rank = 0;
	struct way last;

	if (!w->has_preferences)
		return;
	qsort(w->at, w->count, sizeof(w->at[0]), compare_ways);
	last = w->at[0];
	for (size_t i = 0; i < w->count; i++) {
		const struct way one = w->at[i];

		rank += one.priority != last.priority ||
		    one.preference != last.preference;
		last = one;
		w->at[i].priority = rank * 10;
	}
}

static void
ways_format(
    struct ways *w, struct slice domain, const char *otherwise, struct buf *out)
{
	char text[ENDPOINT_TEXT_MAX];

	if (w->count == 0) {
		buf_printf(out, "%s%.*s %s\n", otherwise[0] == '/' ? "" : "# ",
		    SLICE_ARG(domain), otherwise);
		return;
	}
	number_ways(w);
	buf_printf(out, "%.*s ", SLICE_ARG(domain));
	for (size_t i = 0; i < w->count; i++)
		buf_printf(out, "%s%s/pri=%" PRIu32, i == 0 ? "" : ", ",
		    endpoint_format(&w->at[i].at, text), w->at[i].priority);
	buf_append_cstr(out, "\n");
}

static void
route_place(const struct placement *p, const struct plan *plan,
    const struct route *route, struct buf *out)
{
	struct ways w = { .places = p, .plan = plan };
	const struct way way = { .at.port = plan->relay.delivery.port };

	for (size_t i = 0; i < route->dest_count; i++)
		add_destination(&w, &route->dests[i]);
	if (route->kind == ROUTE_USEDNS)
		add_exchangers(&w, route->domain, way);
	ways_format(&w, route->domain,
	    route->kind == ROUTE_DISCARD ? "/dev/null" : NOWHERE, out);
}

/* A domain of the run's mail of which no route speaks, once. */
static void
domain_place(const struct placement *p, const struct plan *plan,
    struct slice address, struct map *seen, struct arena *arena,
    struct buf *out)
{
	const size_t at = slice_find_byte(address, '@');
	const struct slice domain = slice_skip(address, at + 1);
	struct ways w = { .places = p, .plan = plan };
	const struct way way = { .at.port = plan->relay.delivery.port };

	if (at >= address.len || map_find(seen, domain) != NULL)
		return;
	map_add(seen, arena_slice(arena, domain), seen);
	if (routes_match(plan->relay.routes, domain) != NULL)
		return;
	add_exchangers(&w, domain, way);
	ways_format(&w, domain, NOWHERE, out);
}

void
placement_routes_format(
    const struct placement *p, const struct plan *plan, struct buf *out)
{
	struct map seen = { 0 };
	struct arena arena = { 0 };
	struct buf address = { 0 };

	for (size_t i = 0; i < routes_count(plan->relay.routes); i++)
		route_place(p, plan, routes_at(plan->relay.routes, i), out);
	for (size_t i = 0; i < plan->inject_count; i++) {
		const struct plan_inject *said = &plan->injects[i];

		for (size_t r = 0; r < said->to.count; r++) {
			plan_address_expand(said->to.at[r], 1, &address);
			domain_place(
			    p, plan, buf_slice(&address), &seen, &arena, out);
		}
		plan_address_expand(said->from, 1, &address);
		domain_place(p, plan, buf_slice(&address), &seen, &arena, out);
	}
	domain_place(p, plan, plan->relay.bounce.recipient, &seen, &arena, out);
	buf_fini(&address);
	map_fini(&seen);
	arena_fini(&arena);
}
