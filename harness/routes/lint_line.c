/* SPDX-License-Identifier: MIT */
/* Rules that look at one line of the table. */
#include "harness/routes/lint_impl.h"

#include "core/base/network.h"
#include "core/dns/name.h"

/* Numbers that mail servers listen at, and that nobody counts up to. */
static const uint16_t mail_ports[] = { 24, 26, 465, 587, 588, 1025, 1587, 2025,
	2500, 2525, 2526, 2587, 5025, 5587, 8025, 10024, 10025, 10026, 10027,
	10028, 10587 };

static bool
is_mail_port(uint16_t number)
{
	for (size_t i = 0; i < ARRAY_LEN(mail_ports); i++)
		if (mail_ports[i] == number)
			return true;
	return false;
}

/* ---- names and addresses ---- */

static bool
is_within(
    const struct ip_address *ip, const char *const *networks, size_t count)
{
	struct ip_network n = { 0 };

	for (size_t i = 0; i < count; i++)
		if (ip_network_parse(slice_cstr(networks[i]), &n) &&
		    ip_network_contains(&n, ip))
			return true;
	return false;
}

/* RFC 1918, 3927, 4193, 4291, 6598. */
static bool
is_private(const struct ip_address *ip)
{
	static const char *const networks[] = { "10.0.0.0/8", "172.16.0.0/12",
		"192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7",
		"fe80::/10" };

	return is_within(ip, networks, ARRAY_LEN(networks));
}

/* RFC 1112, 5737, 6890, 3849, 4291. */
static bool
is_no_host(const struct ip_address *ip)
{
	static const char *const networks[] = { "0.0.0.0/8", "224.0.0.0/4",
		"240.0.0.0/4", "192.0.2.0/24", "198.51.100.0/24",
		"203.0.113.0/24", "::", "ff00::/8", "2001:db8::/32" };

	return is_within(ip, networks, ARRAY_LEN(networks));
}

/* Of one's own network by its name: one label, or RFC 6762, 8375, 2606 and
 * what people use. */
static bool
is_private_name(struct slice domain)
{
	static const char *const ends[] = { ".local", ".internal", ".intranet",
		".lan", ".corp", ".home", ".private", ".localdomain",
		".localhost", ".home.arpa", ".test", ".invalid" };
	struct slice name = dns_name_trim(domain);

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (slice_ends_with_nocase(name, slice_cstr(ends[i])))
			return true;
	return slice_find_byte(slice_skip(name, name.len > 0), '.') + 1 >=
	    name.len;
}

static bool
is_localhost(struct slice name)
{
	return slice_eq_nocase(name, SLICE("localhost")) ||
	    slice_eq_nocase(name, SLICE("localhost.localdomain")) ||
	    slice_ends_with_nocase(name, SLICE(".localhost"));
}

static void
check_address(struct lint *l, const struct route *route,
    const struct route_dest *dest, const struct ip_address *ip,
    const char *text)
{
	if (is_no_host(ip))
		LINT_DEST(l, LINT_NO_HOST_ADDRESS, route, dest,
		    "%s is no address that a host can have; expected its own",
		    text);
	else if (is_private(ip) && route->match != ROUTE_ALL &&
	    !is_private_name(route->domain))
		LINT_DEST(l, LINT_PRIVATE_ADDRESS, route, dest,
		    "%s is a private address, and %.*s a public domain; "
		    "expected that only where the host is one's own",
		    text, SLICE_ARG(route->domain));
}

/* Whether an address is the relay's; loopback is anybody's own. */
static bool
is_own_address(const struct lint *l, const struct ip_address *ip)
{
	for (size_t i = 0; i < l->options->self_count; i++)
		if (ip_equal(&l->options->selves[i].ip, ip))
			return true;
	return ip_is_loopback(ip);
}

static bool
is_own_name(const struct lint *l, struct slice name)
{
	for (size_t i = 0; i < l->options->self_count; i++)
		if (ip_is_none(&l->options->selves[i].ip) &&
		    dns_name_equal(l->options->selves[i].name, name))
			return true;
	return is_localhost(name);
}

static void
check_self(struct lint *l, const struct route *route,
    const struct route_dest *dest, const struct reach *r)
{
	char text[IP_TEXT_MAX];

	if (dest->kind != ROUTE_DEST_ADDRESS && is_own_name(l, dest->host)) {
		LINT_DEST(l, LINT_SELF, route, dest,
		    "%.*s is the relay itself; expected another host",
		    SLICE_ARG(dest->host));
		return;
	}
	for (size_t i = 0; i < r->count; i++) {
		if (!is_own_address(l, &r->at[i].ip) &&
		    !is_own_name(l, r->at[i].name))
			continue;
		LINT_DEST(l, LINT_SELF, route, dest,
		    "%s leads to %s, which is the relay itself; expected "
		    "another host",
		    lint_dest_text(l, dest), ip_format(&r->at[i].ip, text));
		return;
	}
}

/* ---- numbers ---- */

static void
check_numbers(
    struct lint *l, const struct route *route, const struct route_dest *dest)
{
	if (dest->port == 0 && is_mail_port(dest->priority))
		LINT_DEST(l, LINT_PRIORITY_LIKE_PORT, route, dest,
		    "the priority %u of %.*s looks like a port; expected "
		    "%.*s:%u, if a port is meant",
		    (unsigned)dest->priority, SLICE_ARG(dest->host),
		    SLICE_ARG(dest->host), (unsigned)dest->priority);
	if (dest->port > 0 && dest->port <= 100 && dest->priority == 0 &&
	    dest->port % 5 == 0 && dest->port != SMTP_PORT_DEFAULT)
		LINT_DEST(l, LINT_PORT_LIKE_PRIORITY, route, dest,
		    "the port %u of %.*s looks like a priority; expected "
		    "%.*s/pri=%u, if a priority is meant",
		    (unsigned)dest->port, SLICE_ARG(dest->host),
		    SLICE_ARG(dest->host), (unsigned)dest->port);
}

/* ---- hosts beside each other ---- */

static bool
is_same_host(const struct route_dest *a, const struct route_dest *b)
{
	return slice_eq(a->host, b->host) &&
	    lint_dest_port(a) == lint_dest_port(b);
}

static void
check_twice(struct lint *l, const struct route *route, size_t i)
{
	const struct route_dest *again = &route->dests[i];

	for (size_t k = 0; k < i; k++) {
		const struct route_dest *first = &route->dests[k];
		bool is_first = first->priority <= again->priority;

		if (!is_same_host(first, again))
			continue;
		LINT_DEST(l, LINT_DUPLICATE_HOST, route, again,
		    "%.*s is there twice, and the %s one, at priority %u, "
		    "wins; expected a host once",
		    SLICE_ARG(again->host), is_first ? "first" : "second",
		    (unsigned)(is_first ? first->priority : again->priority));
		return;
	}
}

/* How many hosts are before it, and at how many priorities. */
static size_t
levels_before(const struct route *route, size_t i, size_t *hosts)
{
	size_t levels = 0;

	*hosts = 0;
	for (size_t k = 0; k < route->dest_count; k++) {
		const struct route_dest *dest = &route->dests[k];
		bool is_new = true;

		if (dest->priority >= route->dests[i].priority)
			continue;
		++*hosts;
		for (size_t j = 0; j < k; j++)
			is_new &= route->dests[j].priority != dest->priority;
		levels += is_new;
	}
	return levels;
}

static void
check_never_reached(struct lint *l, const struct route *route, size_t i)
{
	const struct route_dest *dest = &route->dests[i];
	size_t hosts, levels = levels_before(route, i, &hosts);

	if (levels >= 2)
		LINT_DEST(l, LINT_NEVER_REACHED, route, dest,
		    "%s gets mail only while all %zu hosts of %zu better "
		    "priorities fail at once; expected at most one better "
		    "priority",
		    lint_dest_text(l, dest), hosts, levels);
}

static bool
has_one_host(const struct route *route)
{
	for (size_t i = 1; i < route->dest_count; i++)
		if (!is_same_host(&route->dests[0], &route->dests[i]))
			return false;
	return route->dest_count > 0;
}

static void
check_single(struct lint *l, const struct route *route, const struct reach *r)
{
	const struct route_dest *dest = &route->dests[0];

	if (!has_one_host(route) || r->count + r->has_unknown > 1)
		return;
	LINT_DEST(l, LINT_SINGLE_HOST, route, dest,
	    "%s is the only host%s; expected an alternative for when it fails",
	    lint_dest_text(l, dest),
	    r->state == REACH_UNKNOWN ? ", unless DNS has several for it" : "");
}

void
lint_route_alone(struct lint *l, const struct route *route)
{
	struct reach r;

	for (size_t i = 0; i < route->dest_count; i++) {
		const struct route_dest *dest = &route->dests[i];

		reach_find(l->options->zone, dest, &r);
		if (i == 0)
			check_single(l, route, &r);
		check_twice(l, route, i);
		check_never_reached(l, route, i);
		check_numbers(l, route, dest);
		check_self(l, route, dest, &r);
		for (size_t k = 0; k < r.count; k++) {
			char ip[IP_TEXT_MAX], text[IP_TEXT_MAX + 300];

			(void)ip_format(&r.at[k].ip, ip);
			(void)snprintf(text, sizeof(text),
			    dest->kind == ROUTE_DEST_ADDRESS ? "%s"
							     : "%s, of %.*s,",
			    ip, SLICE_ARG(dest->host));
			check_address(l, route, dest, &r.at[k].ip, text);
		}
	}
	if (route->kind == ROUTE_DISCARD && route->match != ROUTE_EXACT)
		LINT_ROUTE(l, LINT_DISCARDS_ALL, route,
		    "mail for every name that %.*s stands for is deleted; "
		    "expected single domains",
		    SLICE_ARG(route->domain));
}
