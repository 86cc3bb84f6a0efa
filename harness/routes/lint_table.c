/* SPDX-License-Identifier: MIT */
/* Rules that look at a line's place among the others of the table. */
#include "harness/routes/lint_impl.h"

enum {
	NAMES_SHOWN = 3
};

/* What more specific lines take away from a partial name. */
struct lint_shadow {
	const struct route *route;
	size_t count;
	struct slice names[NAMES_SHOWN];
};

static void
check_usedns(
    struct lint *l, const struct route *route, const struct route *broader)
{
	if (broader == NULL)
		LINT_ROUTE(l, LINT_USEDNS_IDLE, route,
		    "USEDNS for %.*s, which no other line stands for; expected "
		    "it only beside a less specific line",
		    SLICE_ARG(route->domain));
	else if (broader->kind != ROUTE_USEDNS)
		LINT_ROUTE(l, LINT_USEDNS_PAST_ALL, route,
		    "mail for %.*s follows its MX records, past the hosts of "
		    "%.*s (line %d); expected that only where it is meant",
		    SLICE_ARG(route->domain), SLICE_ARG(broader->domain),
		    broader->line);
}

static void
check_redundant(
    struct lint *l, const struct route *route, const struct route *broader)
{
	LINT_ROUTE(l, LINT_REDUNDANT, route,
	    "%.*s goes the same way by %.*s (line %d); expected no line that "
	    "changes nothing",
	    SLICE_ARG(route->domain), SLICE_ARG(broader->domain),
	    broader->line);
}

static void
check_alone(struct lint *l, const struct route *route)
{
	struct slice domain = slice_skip(route->domain, 1);

	/* The name of a top level has no mail of its own. */
	if (slice_find_byte(domain, '.') == domain.len ||
	    lint_find_domain(l, domain) != NULL)
		return;
	LINT_ROUTE(l, LINT_PARTIAL_ALONE, route,
	    "%.*s stands for the names below %.*s and not for %.*s itself; "
	    "expected a line for that, too",
	    SLICE_ARG(route->domain), SLICE_ARG(domain), SLICE_ARG(domain));
}

static void
check_other_route(
    struct lint *l, const struct route *route, const struct route_dest *dest)
{
	const struct route *other;

	if (dest->kind == ROUTE_DEST_ADDRESS)
		return;
	other = lint_find_domain(l, dest->host);
	if (other == NULL || other->match != ROUTE_EXACT ||
	    other->kind != ROUTE_HOSTS || other == route)
		return;
	LINT_DEST(l, LINT_ANOTHER_ROUTE, route, dest,
	    "%.*s has a line of its own (line %d), which does not hold here; "
	    "expected the hosts themselves, if they are meant",
	    SLICE_ARG(dest->host), other->line);
}

/* ---- shadows ---- */

static void
shadow_add(struct map *map, struct lint_shadow *shadows, size_t *count,
    const struct route *broader, const struct route *route)
{
	struct lint_shadow *shadow = map_find(map, broader->domain);

	if (shadow == NULL) {
		shadow = &shadows[(*count)++];
		*shadow = (struct lint_shadow){ .route = broader };
		map_add(map, broader->domain, shadow);
	}
	if (shadow->count < NAMES_SHOWN)
		shadow->names[shadow->count] = route->domain;
	shadow->count++;
}

static void
shadow_tell(struct lint *l, const struct lint_shadow *shadow)
{
	struct buf names = { 0 };
	size_t shown =
	    shadow->count < NAMES_SHOWN ? shadow->count : NAMES_SHOWN;

	for (size_t i = 0; i < shown; i++)
		buf_printf(&names, "%s%.*s",
		    i == 0                       ? ""
			: i + 1 == shadow->count ? " and "
						 : ", ",
		    SLICE_ARG(shadow->names[i]));
	if (shadow->count > shown)
		buf_printf(&names, " and %zu more", shadow->count - shown);
	LINT_ROUTE(l, LINT_SHADOWED, shadow->route,
	    "%.*s does not hold for %s, which have lines of their own; "
	    "expected that only where it is meant",
	    SLICE_ARG(shadow->route->domain), buf_cstr(&names));
	buf_fini(&names);
}

void
lint_table(struct lint *l)
{
	size_t count = routes_count(l->routes), shadow_count = 0;
	struct lint_shadow *shadows = xcalloc(count, sizeof(*shadows));
	struct map map = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct route *route = routes_at(l->routes, i);
		const struct route *broader = lint_broader(l, route);

		for (size_t k = 0; k < route->dest_count; k++)
			check_other_route(l, route, &route->dests[k]);
		if (route->match == ROUTE_PARTIAL)
			check_alone(l, route);
		if (route->kind == ROUTE_USEDNS)
			check_usedns(l, route, broader);
		if (broader == NULL)
			continue;
		if (lint_same_way(route, broader))
			check_redundant(l, route, broader);
		else if (broader->match == ROUTE_PARTIAL)
			shadow_add(
			    &map, shadows, &shadow_count, broader, route);
	}
	for (size_t i = 0; i < shadow_count; i++)
		shadow_tell(l, &shadows[i]);
	map_fini(&map);
	free(shadows);
}
