/* SPDX-License-Identifier: MIT */
/* Rules that hold the table against destination controls. */
#include "harness/routes/lint_impl.h"

/* The controls that hold for a route; for a partial name or ALL those of all
 * domains. */
static const struct relay_destination *
controls_of(const struct lint *l, const struct route *route)
{
	return relay_destinations_find(l->options->destinations,
	    route->match == ROUTE_EXACT ? route->domain : SLICE("DEFAULT"));
}

static bool
requires_family(const struct relay_destination *controls, uint8_t *family)
{
	*family = controls->ip_sort_pref == IP_REQUIRE_V6 ? 6 : 4;
	return controls->ip_sort_pref == IP_REQUIRE_V6 ||
	    controls->ip_sort_pref == IP_REQUIRE_V4;
}

/* Names only: what a route says as an address is used as it is. */
static void
check_family(struct lint *l, const struct route *route,
    const struct relay_destination *controls)
{
	uint8_t family;
	struct reach r;

	if (!requires_family(controls, &family) || route->dest_count == 0)
		return;
	for (size_t i = 0; i < route->dest_count; i++) {
		reach_find(l->options->zone, &route->dests[i], &r);
		if (r.state != REACH_FOUND ||
		    route->dests[i].kind == ROUTE_DEST_ADDRESS)
			return;
		for (size_t k = 0; k < r.count; k++)
			if (r.at[k].ip.family == family)
				return;
	}
	LINT_ROUTE(l, LINT_FAMILY_LEFT_OUT, route,
	    "no host of %.*s has an IPv%u address, which [%.*s] requires; "
	    "expected one that has",
	    SLICE_ARG(route->domain), (unsigned)family,
	    SLICE_ARG(controls->domain));
}

static void
check_verify(struct lint *l, const struct route *route,
    const struct relay_destination *controls)
{
	if (controls->table_tls != TLS_REQUIRE_VERIFY &&
	    controls->table_tls != TLS_ON_VERIFY)
		return;
	for (size_t i = 0; i < route->dest_count; i++)
		if (route->dests[i].kind == ROUTE_DEST_ADDRESS)
			LINT_DEST(l, LINT_VERIFY_ADDRESS, route,
			    &route->dests[i],
			    "certificates are verified for %.*s, and %.*s is an "
			    "address; expected the host's name",
			    SLICE_ARG(route->domain),
			    SLICE_ARG(route->dests[i].host));
}

static void
check_limit(struct lint *l, const struct route *route,
    const struct relay_destination *controls)
{
	size_t most = 0;

	if (controls->limit_type == LIMIT_MX_IP)
		return;
	for (size_t i = 0; i < route->dest_count; i++) {
		size_t equal = 0;

		for (size_t k = 0; k < route->dest_count; k++)
			equal += route->dests[k].priority ==
			    route->dests[i].priority;
		most = equal > most ? equal : most;
	}
	if (most > controls->max_host_concurrency)
		LINT_ROUTE(l, LINT_LIMIT_BELOW_HOSTS, route,
		    "%zu equal hosts, and max_host_concurrency of [%.*s] is "
		    "%u; expected at least as many connections as hosts",
		    most, SLICE_ARG(controls->domain),
		    controls->max_host_concurrency);
}

static void
check_auth(struct lint *l, const struct route *route,
    const struct relay_destination *controls)
{
	if (route->auth.len > 0 && controls->table_tls != TLS_REQUIRE &&
	    controls->table_tls != TLS_REQUIRE_VERIFY)
		LINT_ROUTE(l, LINT_AUTH_IN_CLEAR, route,
		    "%.*s logs in as %.*s, which takes TLS, and table_tls does "
		    "not require it; expected require",
		    SLICE_ARG(route->domain), SLICE_ARG(route->auth));
}

/* Hosts of routes, as a set. */
static void
hosts_gather(const struct lint *l, struct map *hosts)
{
	for (size_t i = 0; i < routes_count(l->routes); i++) {
		const struct route *route = routes_at(l->routes, i);
		/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
		void *value = (void *)(uintptr_t)route;

		for (size_t k = 0; k < route->dest_count; k++)
			if (map_find(hosts, route->dests[k].host) == NULL)
				map_add(hosts, route->dests[k].host, value);
	}
}

static void
check_sections(struct lint *l)
{
	const struct relay_destinations *d = l->options->destinations;
	struct map hosts = { 0 };

	hosts_gather(l, &hosts);
	for (size_t i = 0; i < relay_destinations_count(d); i++) {
		const struct relay_destination *s = relay_destinations_at(d, i);
		const struct route *route = map_find(&hosts, s->domain);

		if (route == NULL || lint_find_domain(l, s->domain) != NULL)
			continue;
		lint_add(l, LINT_CONTROLS_OF_HOST, s->line, s->col, s->domain,
		    "[%.*s] is a host of the route for %.*s (line %d), and "
		    "controls go by the recipient's domain; expected [%.*s]",
		    SLICE_ARG(s->domain), SLICE_ARG(route->domain), route->line,
		    SLICE_ARG(route->domain));
		l->findings[l->count - 1].file = l->options->destinations_file;
	}
	map_fini(&hosts);
}

void
lint_controls(struct lint *l)
{
	if (l->options->destinations == NULL)
		return;
	for (size_t i = 0; i < routes_count(l->routes); i++) {
		const struct route *route = routes_at(l->routes, i);
		const struct relay_destination *controls =
		    controls_of(l, route);

		check_family(l, route, controls);
		check_verify(l, route, controls);
		check_limit(l, route, controls);
		check_auth(l, route, controls);
	}
	check_sections(l);
}
