/* SPDX-License-Identifier: MIT */
/* The SMTP routes table: building it and finding in it; see routes.h. */
#include "core/routes/routes.h"

#include "core/base/arena.h"
#include "core/base/map.h"
#include "core/dns/name.h"
#include "core/routes/line.h"

struct routes {
	struct arena arena;
	struct map map;      /* exact and partial names -> struct route */
	struct route **list; /* owned; the routes are in the arena */
	size_t count, cap;
	const struct route *all;
	size_t partial_len_max; /* no partial name is longer */
};

static bool route_is_new(
    const struct routes *r, struct route_line *l, const struct route *route);
static void route_keep(struct routes *r, const struct route *route);
static struct slice domain_keep(struct routes *r, const struct route *route);

struct routes *
routes_new(void)
{
	return xcalloc(1, sizeof(struct routes));
}

void
routes_destroy(struct routes **rp)
{
	struct routes *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	map_fini(&r->map);
	free(r->list);
	arena_fini(&r->arena);
	free(r);
}

struct routes *
routes_parse(struct slice text, const char *file, struct err_list *errors)
{
	struct routes *r = routes_new();
	struct routes_place place = { .file = file, .col = 1 };
	size_t errors_before = errors->total;
	struct slice line;

	if (slice_starts_with(text, SLICE("\xef\xbb\xbf")))
		text = slice_skip(text, 3);
	while (slice_split(&text, '\n', &line)) {
		place.line++;
		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		(void)routes_add_line(r, line, &place, errors);
	}
	if (errors->total > errors_before)
		routes_destroy(&r);
	return r;
}

bool
routes_add_line(struct routes *r, struct slice text,
    const struct routes_place *place, struct err_list *errors)
{
	struct route_line line;
	struct route route = { 0 };

	line.place = place;
	line.errors = errors;
	line.arena = &r->arena;
	if (!route_line_begin(&line, text))
		return !line.is_bad;
	if (route_line_domain(&line, &route))
		(void)route_is_new(r, &line, &route);
	(void)route_line_dests(&line, &route);
	if (line.is_bad)
		return false;
	route.dests = line.dests;
	route.dest_count = line.dest_count;
	route_keep(r, &route);
	return true;
}

/* Counts the look-ups in *asked. */
static const struct route *
match(const struct routes *r, struct slice domain, size_t *asked)
{
	const struct route *found;

	domain = dns_name_trim(domain);
	*asked = 1;
	found = map_find(&r->map, domain);
	if (found != NULL && found->match == ROUTE_EXACT)
		return found;
	for (size_t i = 1; i < domain.len; i++) {
		struct slice suffix = slice_skip(domain, i);

		if (suffix.at[0] != '.' || suffix.len > r->partial_len_max)
			continue;
		++*asked;
		found = map_find(&r->map, suffix);
		if (found != NULL)
			return found;
	}
	return r->all;
}

const struct route *
routes_match(const struct routes *r, struct slice domain)
{
	size_t asked;

	return match(r, domain, &asked);
}

size_t
routes_match_cost(const struct routes *r, struct slice domain)
{
	size_t asked;

	(void)match(r, domain, &asked);
	return asked;
}

size_t
routes_count(const struct routes *r)
{
	return r->count;
}

const struct route *
routes_at(const struct routes *r, size_t index)
{
	assert(index < r->count);
	return r->list[index];
}

/* Whether the table has room for the route and none for its domain yet. */
static bool
route_is_new(
    const struct routes *r, struct route_line *l, const struct route *route)
{
	size_t at = (size_t)(route->domain.at - l->text.at);
	const struct route *first = route->match == ROUTE_ALL
	    ? r->all
	    : map_find(&r->map, dns_name_trim(route->domain));
	char name[ROUTE_QUOTE_MAX];

	if (first != NULL && first->line > 0)
		return route_line_fail(l, at,
		    "%s has a route already, on line %d; a domain has one line",
		    route_quote(route->domain, name), first->line);
	if (first != NULL)
		return route_line_fail(l, at,
		    "%s has a route already; a domain has one line",
		    route_quote(route->domain, name));
	if (route->match != ROUTE_ALL &&
	    r->count - (r->all != NULL) == ROUTES_MAX - 1)
		return route_line_fail(l, at,
		    "one route too many; a table has at most %d, of which the "
		    "default route is one",
		    ROUTES_MAX);
	return true;
}

/* Copies a route, which has been found to be right, into the table. */
static void
route_keep(struct routes *r, const struct route *route)
{
	struct route *kept = arena_alloc(&r->arena, sizeof(*kept));
	size_t dests_bytes = route->dest_count * sizeof(*route->dests);
	struct route_dest *dests = NULL;

	if (dests_bytes > 0) {
		dests = arena_alloc(&r->arena, dests_bytes);
		memcpy(dests, route->dests, dests_bytes);
	}
	*kept = *route;
	kept->dests = dests;
	kept->domain = domain_keep(r, route);
	kept->auth = arena_slice(&r->arena, route->auth);
	r->list = xgrow(r->list, &r->cap, r->count + 1, sizeof(*r->list));
	r->list[r->count++] = kept;
	if (kept->match == ROUTE_ALL) {
		r->all = kept;
		return;
	}
	map_add(&r->map, kept->domain, kept);
	if (kept->match == ROUTE_PARTIAL &&
	    kept->domain.len > r->partial_len_max)
		r->partial_len_max = kept->domain.len;
}

static struct slice
domain_keep(struct routes *r, const struct route *route)
{
	return route->match == ROUTE_ALL
	    ? SLICE("ALL")
	    : dns_name_copy(&r->arena, route->domain);
}
