/* SPDX-License-Identifier: MIT */
/* OpenSMTPD's files; see opensmtpd_file.h. */
#include "harness/live/opensmtpd_file.h"

#include "harness/judge/routing.h"
#include "harness/live/adapter.h"

#define NEVER_DAYS 3650

struct writer {
	const struct plan *plan;
	struct buf *config, *hosts;
	struct zone *names;
	struct buf name; /* scratch */
	unsigned made;   /* names of hosts */
	const char *why;
};

/* ---- what holds for all ---- */

static void
put_head(struct writer *w)
{
	const struct relay_config *relay = &w->plan->relay;
	const struct endpoint *at = &relay->listeners.at[0].at;
	char text[IP_TEXT_MAX];

	buf_printf(w->config, "queue ttl %llds\n",
	    adapter_seconds(relay->bounce.max_time));
	/* No scenario that it is given has them. */
	buf_printf(w->config, "bounce warn-interval %dd\n", NEVER_DAYS);
	buf_append_cstr(w->config, "smtp max-message-size 1G\n");
	buf_printf(w->config, "table sources { \"%s\"",
	    ip_format(&relay->interface, text));
	if (!ip_is_none(&relay->interface_v6))
		buf_printf(w->config, ", \"%s\"",
		    ip_format(&relay->interface_v6, text));
	buf_append_cstr(w->config, " }\n");
	buf_printf(w->config, "listen on %s port %u hostname %.*s\n",
	    ip_format(&at->ip, text), at->port, SLICE_ARG(relay->hostname));
}

static void
put_relay(struct writer *w, size_t number)
{
	buf_printf(w->config,
	    "action \"%zu\" relay src <sources> helo \"%.*s\"", number,
	    SLICE_ARG(w->plan->relay.hostname));
}

/* ---- hosts ---- */

static bool
refuse(struct writer *w, const char *why)
{
	w->why = why;
	return false;
}

static void
make_name(struct writer *w, const char *what)
{
	buf_clear(&w->name);
	buf_printf(&w->name, "%s-%u.route.invalid", what, ++w->made);
}

/* All of one priority: the addresses of one name. */
static bool
put_equals(struct writer *w, const struct routing *routing)
{
	char text[IP_TEXT_MAX];

	make_name(w, "equal");
	for (size_t i = 0; i < routing->count; i++) {
		const struct routing_candidate *c = &routing->candidates[i];

		if (c->at.port != routing->candidates[0].at.port)
			return refuse(w,
			    "equal hosts of its routes have ports of their own");
		buf_printf(w->hosts, "%s %s\n", ip_format(&c->at.ip, text),
		    buf_cstr(&w->name));
	}
	buf_printf(w->config, " host \"smtp://%s:%u\"", buf_cstr(&w->name),
	    routing->candidates[0].at.port);
	return true;
}

static bool
add_exchange(struct writer *w, struct slice domain,
    const struct routing_candidate *c, uint16_t preference)
{
	struct dns_record address = {
		.type = c->at.ip.family == 6 ? DNS_AAAA : DNS_A, .ip = c->at.ip
	};
	struct dns_record exchange = { .type = DNS_MX,
		.preference = preference };
	struct err err;

	if (c->at.port != SMTP_PORT_DEFAULT)
		return refuse(
		    w, "a route of several priorities has a port of its own");
	make_name(w, "exchange");
	exchange.name = buf_slice(&w->name);
	return (zone_add(w->names, domain, &exchange, &err) &&
		   zone_add(w->names, buf_slice(&w->name), &address, &err)) ||
	    refuse(w, "its routes have too many hosts");
}

/* A worse priority is a worse preference. */
static bool
add_exchanges(
    struct writer *w, struct slice domain, const struct routing *routing)
{
	uint16_t preference = 0;
	bool good = !zone_has(w->names, domain);

	for (size_t i = 0; good && i < routing->count; i++) {
		const struct routing_candidate *c = &routing->candidates[i];

		if (i > 0 && c->priority != routing->candidates[i - 1].priority)
			preference++;
		good = add_exchange(w, domain, c, preference);
	}
	return w->why == NULL;
}

static bool
add_domain(struct writer *w, const struct route *route,
    const struct routing *routing, struct slice address)
{
	struct slice domain =
	    slice_skip(address, slice_find_byte(address, '@') + 1);

	if (domain.len == 0 ||
	    routes_match(w->plan->relay.routes, domain) != route)
		return true;
	if (slice_find_byte(domain, '{') < domain.len)
		return refuse(w,
		    "a route of several priorities is for domains that are "
		    "not named");
	return add_exchanges(w, domain, routing);
}

/* It takes MX records for priorities, hence the names of the domains: those of
 * the scenario's mail. */
static bool
put_priorities(
    struct writer *w, const struct route *route, const struct routing *routing)
{
	if (route->match == ROUTE_EXACT)
		return add_exchanges(w, route->domain, routing);
	for (size_t i = 0; i < w->plan->inject_count; i++) {
		const struct plan_inject *inject = &w->plan->injects[i];

		if (!add_domain(w, route, routing, inject->from))
			return false;
		for (size_t k = 0; k < inject->to.count; k++)
			if (!add_domain(w, route, routing, inject->to.at[k]))
				return false;
	}
	return true;
}

/* ---- routes ---- */

/* The one host of a route that needs no look-up but that of its addresses. */
static const struct route_dest *
plain_host(const struct writer *w, const struct route *route)
{
	struct dns_answer answer = { 0 };

	if (route->dest_count != 1)
		return NULL;
	if (route->dests[0].kind == ROUTE_DEST_NAME &&
	    zone_lookup(w->plan->relay.zone, route->dests[0].host, DNS_MX,
		&answer) == DNS_OK)
		return NULL;
	return &route->dests[0];
}

static void
put_plain(struct writer *w, const struct route_dest *dest)
{
	const bool is_address = dest->kind == ROUTE_DEST_ADDRESS;

	buf_append_cstr(w->config, " host \"smtp://");
	if (is_address)
		buf_append_cstr(
		    w->config, dest->ip.family == 6 ? "[IPv6:" : "[");
	buf_append(w->config, dest->host);
	buf_printf(w->config, "%s:%u\"", is_address ? "]" : "",
	    dest->port != 0 ? dest->port : w->plan->relay.delivery.port);
}

static bool
put_looked_up(struct writer *w, const struct route *route)
{
	struct routing routing = { 0 };
	bool good;

	routing_of_route(w->plan, route, &routing);
	if (routing.count == 0)
		good = refuse(w, "DNS does not give the hosts of its routes");
	else if (routing.candidates[0].priority ==
	    routing.candidates[routing.count - 1].priority)
		good = put_equals(w, &routing);
	else
		good = put_priorities(w, route, &routing);
	routing_fini(&routing);
	return good;
}

static bool
put_action(struct writer *w, const struct route *route, size_t number)
{
	const struct route_dest *plain = plain_host(w, route);
	bool good = true;

	if (route->auth.len > 0)
		return refuse(w, "its routes name an SMTP AUTH profile");
	if (route->kind == ROUTE_DISCARD) {
		buf_printf(w->config,
		    "action \"%zu\" mda \"true\" virtual { \"@\" = \"nobody\" }"
		    "\n",
		    number);
		return true;
	}
	put_relay(w, number);
	if (route->kind == ROUTE_HOSTS && plain != NULL)
		put_plain(w, plain);
	else if (route->kind == ROUTE_HOSTS)
		good = put_looked_up(w, route);
	buf_append_byte(w->config, '\n');
	return good;
}

static void
put_match(struct writer *w, const struct route *route, size_t number)
{
	buf_append_cstr(w->config, "match from any for ");
	if (route->match == ROUTE_ALL)
		buf_append_cstr(w->config, "any");
	else
		buf_printf(w->config,
		    route->match == ROUTE_PARTIAL ? "domain \"*%.*s\""
						  : "domain \"%.*s\"",
		    SLICE_ARG(route->domain));
	buf_printf(w->config, " action \"%zu\"\n", number);
}

/* The first that matches is taken, so the most specific come first. */
static size_t
rank_of(const struct route *route)
{
	switch (route->match) {
	case ROUTE_EXACT:
		return SIZE_MAX;
	case ROUTE_PARTIAL:
		return route->domain.len;
	case ROUTE_ALL:
		break;
	}
	return 0;
}

/* The best rank below that. */
static bool
next_rank(const struct routes *routes, size_t *rank, bool is_first)
{
	size_t best = 0;
	bool is_any = false;

	for (size_t i = 0; i < routes_count(routes); i++) {
		const size_t r = rank_of(routes_at(routes, i));

		if ((is_first || r < *rank) && (!is_any || r > best)) {
			best = r;
			is_any = true;
		}
	}
	*rank = best;
	return is_any;
}

bool
opensmtpd_config_format(const struct plan *plan, struct buf *config,
    struct buf *hosts, struct zone *names, const char **why)
{
	struct writer w = {
		.plan = plan, .config = config, .hosts = hosts, .names = names
	};
	const struct routes *routes = plan->relay.routes;
	const size_t count = routes_count(routes);
	size_t rank = 0;

	put_head(&w);
	for (size_t i = 0; w.why == NULL && i < count; i++)
		(void)put_action(&w, routes_at(routes, i), i);
	put_relay(&w, count);
	buf_append_byte(config, '\n');
	for (bool first = true; next_rank(routes, &rank, first); first = false)
		for (size_t i = 0; i < count; i++)
			if (rank_of(routes_at(routes, i)) == rank)
				put_match(&w, routes_at(routes, i), i);
	buf_printf(config, "match from any for any action \"%zu\"\n", count);
	buf_fini(&w.name);
	*why = w.why;
	return w.why == NULL;
}
