/* SPDX-License-Identifier: MIT */
/* What a configuration means; see explain.h. */
#include "relay/operate/explain.h"

/* ---- who may send what ---- */

static void
append_networks(const char *what, const struct ip_network *list, size_t count,
    struct buf *out)
{
	char text[IP_NETWORK_TEXT_MAX];

	buf_printf(out, "  %s:", what);
	if (count == 0)
		buf_append_cstr(out, " nobody");
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : " ",
		    ip_network_format(&list[i], text));
	buf_append_byte(out, '\n');
}

static void
append_domains(const struct relay_listener_config *l, struct buf *out)
{
	buf_append_cstr(out, "  anybody may send to:");
	if (l->accept_for.count == 0)
		buf_append_cstr(out, " no domain");
	for (size_t i = 0; i < l->accept_for.count; i++)
		buf_printf(out, "%s%.*s", i > 0 ? ", " : " ",
		    SLICE_ARG(l->accept_for.at[i]));
	buf_append_byte(out, '\n');
}

/* A limit that may be absent. */
static void
append_rate(const char *what, uint32_t limit, struct buf *out)
{
	if (limit > 0)
		buf_printf(out, "  at most %u %s\n", limit, what);
}

static void
append_limits(const struct relay_limits *l, struct buf *out)
{
	char idle[UTIME_TEXT_MAX], session[UTIME_TEXT_MAX];

	buf_printf(out,
	    "  limits: %llu bytes and %u recipients a message, %u connections, "
	    "%s of silence, %s in all, %u bad commands\n",
	    (unsigned long long)l->message_bytes, l->recipients, l->connections,
	    utime_format_duration(l->idle_timeout, idle),
	    utime_format_duration(l->session_timeout, session),
	    l->bad_commands);
	append_rate("connections at a time from one client",
	    l->connections_per_client, out);
	append_rate("connections a minute from one client",
	    l->connections_per_minute, out);
	append_rate("connections an hour from one client",
	    l->connections_per_hour, out);
	append_rate("recipients a minute from one client",
	    l->recipients_per_minute, out);
	append_rate(
	    "recipients an hour from one client", l->recipients_per_hour, out);
}

static void
explain_listener(const struct relay_listener_config *l, struct buf *out)
{
	static const char *const tls[] = {
		[LISTENER_TLS_OFF] = "none",
		[LISTENER_TLS_PREFERRED] = "STARTTLS is offered",
		[LISTENER_TLS_REQUIRED] = "STARTTLS is required",
	};
	char at[ENDPOINT_TEXT_MAX];

	buf_printf(out, "listens on %s (%.*s, %s)\n",
	    endpoint_format(&l->at, at), SLICE_ARG(l->name),
	    l->kind == LISTENER_PUBLIC ? "public" : "private");
	append_networks(
	    "may send anywhere", l->relay_from.at, l->relay_from.count, out);
	append_domains(l, out);
	if (l->xclient_from.count > 0)
		append_networks("may say XCLIENT", l->xclient_from.at,
		    l->xclient_from.count, out);
	buf_printf(out, "  TLS: %s\n", tls[l->tls.mode]);
	if (l->auth.users.count > 0)
		buf_printf(out, "  users who may send anywhere: %zu%s\n",
		    l->auth.users.count,
		    l->auth.clear ? ", also in clear" : "");
	append_limits(&l->limits, out);
}

/* ---- names ---- */

static void
explain_resolver(const struct relay_config *c, struct buf *out)
{
	char at[ENDPOINT_TEXT_MAX];

	if (!c->has_resolver) {
		buf_append_cstr(
		    out, "names: those of \"dns\"; nobody is asked\n");
		return;
	}
	buf_append_cstr(out, "names: asked of ");
	if (c->resolver.servers.count == 0)
		buf_append_cstr(out, "the machine's name servers");
	for (size_t i = 0; i < c->resolver.servers.count; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "",
		    endpoint_format(&c->resolver.servers.at[i], at));
	buf_append_byte(out, '\n');
}

/* ---- bounces ---- */

static void
explain_profile(const struct relay_bounce_profile *p, struct buf *out)
{
	char first[UTIME_TEXT_MAX], most[UTIME_TEXT_MAX], age[UTIME_TEXT_MAX];

	buf_printf(out,
	    "bounce profile %.*s: retries after %s, at most every %s, for %s "
	    "or %u retries",
	    SLICE_ARG(p->name), utime_format_duration(p->initial_wait, first),
	    utime_format_duration(p->max_wait, most),
	    utime_format_duration(p->max_time, age), p->max_retries);
	if (!p->hard_bounces)
		buf_append_cstr(out, "; senders are not told");
	else if (p->recipient.len > 0)
		buf_printf(
		    out, "; bounces go to %.*s", SLICE_ARG(p->recipient));
	if (p->delay_warnings)
		buf_append_cstr(out, "; delays are warned of");
	buf_append_byte(out, '\n');
}

/* ---- what is likely not meant ---- */

static bool
is_everybody(const struct ip_network *network)
{
	return network->prefix_bits == 0;
}

static void
warn_of_listener(const struct relay_listener_config *l, struct buf *out)
{
	char at[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < l->relay_from.count; i++)
		if (is_everybody(&l->relay_from.at[i]))
			buf_printf(out,
			    "warning: %s is an open relay: anybody may send "
			    "anywhere\n",
			    endpoint_format(&l->at, at));
	for (size_t i = 0; i < l->xclient_from.count; i++)
		if (is_everybody(&l->xclient_from.at[i]))
			buf_printf(out,
			    "warning: anybody may say XCLIENT to %s, and so be "
			    "whom he likes\n",
			    endpoint_format(&l->at, at));
	if (l->relay_from.count == 0 && l->accept_for.count == 0)
		buf_printf(out, "warning: %s takes mail from nobody\n",
		    endpoint_format(&l->at, at));
}

static bool
is_own_address(const struct relay_config *c, const struct route_dest *dest)
{
	uint16_t port = dest->port != 0 ? dest->port : c->delivery.port;

	for (size_t i = 0; i < c->listeners.count; i++) {
		const struct endpoint *at = &c->listeners.at[i].at;

		if (at->port == port && ip_equal(&at->ip, &dest->ip))
			return true;
	}
	return false;
}

static bool
leads_here(const struct relay_config *c, const struct route_dest *dest)
{
	return dest->kind == ROUTE_DEST_ADDRESS
	    ? is_own_address(c, dest)
	    : slice_eq_nocase(dest->host, c->hostname);
}

static void
warn_of_route(
    const struct relay_config *c, const struct route *route, struct buf *out)
{
	if (route->kind == ROUTE_DISCARD && route->match == ROUTE_ALL)
		buf_append_cstr(out,
		    "warning: ALL is /dev/null: mail of every domain without "
		    "a route of its own is dropped\n");
	for (size_t i = 0; i < route->dest_count; i++) {
		if (!leads_here(c, &route->dests[i]))
			continue;
		buf_printf(out,
		    "warning: the route of %.*s leads back to this relay: ",
		    SLICE_ARG(route->domain));
		route_dest_format(&route->dests[i], out);
		buf_append_byte(out, '\n');
	}
}

static void
append_warnings(const struct relay_config *c, struct buf *out)
{
	for (size_t i = 0; i < c->listeners.count; i++)
		warn_of_listener(&c->listeners.at[i], out);
	for (size_t i = 0; i < routes_count(c->routes); i++)
		warn_of_route(c, routes_at(c->routes, i), out);
	if (!ip_is_none(&c->metrics.ip) && !ip_is_loopback(&c->metrics.ip))
		buf_append_cstr(out,
		    "warning: metrics are served beyond this machine, to "
		    "whoever asks\n");
	if (c->conversation_log.len > 0)
		buf_append_cstr(out,
		    "warning: the conversation log grows with every "
		    "session\n");
}

/* ---- the rest ---- */

static void
explain_operating(const struct relay_config *c, struct buf *out)
{
	char at[ENDPOINT_TEXT_MAX];

	buf_printf(out, "queue: %.*s; control socket: %.*s%s\n",
	    SLICE_ARG(c->queue_path),
	    SLICE_ARG(
		c->control_path.len > 0 ? c->control_path : c->queue_path),
	    c->control_path.len > 0 ? "" : ".control");
	if (!ip_is_none(&c->metrics.ip))
		buf_printf(out, "metrics: http://%s/metrics\n",
		    endpoint_format(&c->metrics, at));
}

void
relay_explain(const struct relay_config *c, struct buf *out)
{
	for (size_t i = 0; i < c->listeners.count; i++)
		explain_listener(&c->listeners.at[i], out);
	buf_printf(out, "routes: %zu\n", routes_count(c->routes));
	routes_format(c->routes, out);
	explain_resolver(c, out);
	buf_printf(out, "destination controls: %zu\n",
	    relay_destinations_count(c->destinations));
	relay_destinations_format(c->destinations, out);
	explain_profile(&c->bounce, out);
	for (size_t i = 0; i < c->bounce_profiles.count; i++)
		explain_profile(&c->bounce_profiles.at[i], out);
	explain_operating(c, out);
	append_warnings(c, out);
}
