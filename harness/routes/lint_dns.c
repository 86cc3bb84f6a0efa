/* SPDX-License-Identifier: MIT */
/* Rules that hold a line against what DNS says. */
#include "harness/routes/lint_impl.h"

static void
check_lost(struct lint *l, const struct route *route,
    const struct route_dest *dest, const struct reach *r, bool is_last)
{
	if (r->lost.len == 0)
		return;
	if (!dns_status_is_hard(r->status)) {
		LINT_DEST(l, LINT_NO_ANSWER, route, dest,
		    "no answer about %.*s (%s); expected its addresses",
		    SLICE_ARG(r->lost), dns_status_name(r->status));
		return;
	}
	LINT_DEST(l, LINT_UNRESOLVED, route, dest,
	    "%.*s has no address (%s)%s; expected a name that DNS knows",
	    SLICE_ARG(r->lost),
	    r->has_null_mx ? "its MX record says that it takes no mail"
			   : dns_status_name(r->status),
	    is_last ? ", and mail for the domain bounces" : "");
}

/* A name on the way that has a line of its own. */
static void
check_way(struct lint *l, const struct route *route,
    const struct route_dest *dest, struct slice name)
{
	const struct route *other = lint_find_domain(l, name);

	if (slice_eq_nocase(name, dest->host) || other == NULL ||
	    other->match != ROUTE_EXACT || other->kind != ROUTE_HOSTS)
		return;
	LINT_DEST(l, LINT_ANOTHER_ROUTE, route, dest,
	    "%.*s leads to %.*s, which has a line of its own (line %d) that "
	    "does not hold here; expected the hosts themselves, if they are "
	    "meant",
	    SLICE_ARG(dest->host), SLICE_ARG(name), other->line);
}

static void
check_ways(struct lint *l, const struct route *route,
    const struct route_dest *dest, const struct reach *r)
{
	const struct dns_record *alias;

	if (dest->kind == ROUTE_DEST_ADDRESS)
		return;
	alias = zone_alias(l->options->zone, dest->host, DNS_A);
	for (int hops = 0; alias != NULL && hops < DNS_CNAME_MAX; hops++) {
		check_way(l, route, dest, alias->name);
		alias = zone_alias(l->options->zone, alias->name, DNS_A);
	}
	for (size_t i = 0; i < r->count; i++)
		if (i == 0 || !slice_eq(r->at[i].name, r->at[i - 1].name))
			check_way(l, route, dest, r->at[i].name);
}

static bool
share_address(const struct reach *a, const struct reach *b, char *text)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (ip_equal(&a->at[i].ip, &b->at[k].ip)) {
				(void)ip_format(&a->at[i].ip, text);
				return true;
			}
	return false;
}

/* Whether an earlier host of the line is the same address and port. */
static void
check_same(struct lint *l, const struct route *route, const struct reach *all,
    size_t i)
{
	const struct route_dest *dest = &route->dests[i];
	char text[IP_TEXT_MAX];

	for (size_t k = 0; k < i; k++) {
		const struct route_dest *first = &route->dests[k];

		if (lint_dest_port(first) != lint_dest_port(dest) ||
		    slice_eq(first->host, dest->host) ||
		    !share_address(&all[k], &all[i], text))
			continue;
		LINT_DEST(l, LINT_SAME_ADDRESS, route, dest,
		    "%.*s and %.*s are one address, %s; expected different "
		    "hosts",
		    SLICE_ARG(first->host), SLICE_ARG(dest->host), text);
		return;
	}
}

void
lint_route_dns(struct lint *l, const struct route *route)
{
	struct reach *all;
	bool has_found = false;

	if (route->dest_count == 0)
		return;
	all = xcalloc(route->dest_count, sizeof(*all));
	for (size_t i = 0; i < route->dest_count; i++) {
		reach_find(l->options->zone, &route->dests[i], &all[i]);
		has_found |= all[i].state != REACH_HARD;
	}
	for (size_t i = 0; i < route->dest_count; i++) {
		check_same(l, route, all, i);
		if (l->options->zone == NULL)
			continue;
		check_lost(l, route, &route->dests[i], &all[i], !has_found);
		check_ways(l, route, &route->dests[i], &all[i]);
	}
	free(all);
}
