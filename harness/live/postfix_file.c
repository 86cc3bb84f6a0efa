/* SPDX-License-Identifier: MIT */
/* Postfix's files; see postfix_file.h. */
#include "harness/live/postfix_file.h"

#include "harness/judge/routing.h"
#include "harness/live/adapter.h"

/* How often the deferred queue is looked at, if not more often. */
#define POSTFIX_SCAN (15 * UTIME_S)

/* ---- main.cf ---- */

static const char fixed_lines[] =
    "compatibility_level = 3.6\n"
    "queue_directory = @HERE@/queue\n"
    "data_directory = @HERE@/data\n"
    "command_directory = @ROOT@/usr/sbin\n"
    "daemon_directory = @ROOT@/usr/lib/postfix/sbin\n"
    "shlib_directory = @ROOT@/usr/lib/postfix\n"
    "meta_directory = @ROOT@/etc/postfix\n"
    "mail_owner = postfix\n"
    "setgid_group = postdrop\n"
    "maillog_file = @HERE@/log\n"
    "maillog_file_prefixes = @HERE@\n"
    "import_environment = MAIL_CONFIG TZ LD_PRELOAD LD_LIBRARY_PATH FAKETIME"
    " FAKETIME_FOLLOW_FILE FAKETIME_FOLLOW_ABSOLUTE FAKETIME_NO_CACHE"
    " NO_FAKE_STAT FAKETIME_DONT_FAKE_MONOTONIC\n"
    "export_environment = $import_environment\n"
    /* A relay, and nothing else. */
    "mydestination =\n"
    "local_recipient_maps =\n"
    "alias_maps =\n"
    "alias_database =\n"
    "append_dot_mydomain = no\n"
    "smtpd_relay_restrictions = permit_mynetworks, reject\n"
    "smtpd_recipient_restrictions =\n"
    "smtpd_client_connection_rate_limit = 0\n"
    "message_size_limit = 0\n"
    "notify_classes =\n"
    "transport_maps = texthash:@HERE@/transport\n"
    "smtp_host_lookup = dns, native\n"
    /* Of a connection that is kept its log does not tell the end. */
    "smtp_connection_cache_on_demand = no\n";

static void
put_text(struct buf *out, const char *name, struct slice value)
{
	buf_printf(out, "%s = %.*s\n", name, SLICE_ARG(value));
}

static void
put_time(struct buf *out, const char *name, utime value)
{
	buf_printf(out, "%s = %llds\n", name, adapter_seconds(value));
}

static void
put_ip(struct buf *out, const char *name, const struct ip_address *ip)
{
	char text[IP_TEXT_MAX];

	put_text(out, name, slice_cstr(ip_format(ip, text)));
}

static void
put_networks(const struct plan *plan, struct buf *out)
{
	char text[IP_TEXT_MAX];

	buf_append_cstr(out, "mynetworks = " PLAN_INJECTOR_IP);
	for (size_t i = 0; i < plan->inject_count; i++)
		buf_printf(out,
		    plan->injects[i].client.family == 6 ? " [%s]" : " %s",
		    ip_format(&plan->injects[i].client, text));
	buf_append_byte(out, '\n');
}

static void
put_schedule(const struct plan *plan, struct buf *out)
{
	const struct relay_bounce_profile *bounce = &plan->relay.bounce;
	const struct relay_delivery *delivery = &plan->relay.delivery;

	put_time(out, "minimal_backoff_time", bounce->initial_wait);
	put_time(out, "maximal_backoff_time", bounce->max_wait);
	put_time(out, "maximal_queue_lifetime", bounce->max_time);
	put_time(out, "bounce_queue_lifetime", bounce->max_time);
	/* postconf(5): not more than minimal_backoff_time. */
	put_time(out, "queue_run_delay",
	    bounce->initial_wait < POSTFIX_SCAN ? bounce->initial_wait
						: POSTFIX_SCAN);
	put_time(out, "smtp_connect_timeout", delivery->connect_timeout);
	put_time(out, "smtp_helo_timeout", delivery->greeting_timeout);
	put_time(out, "smtp_mail_timeout", delivery->command_timeout);
	put_time(out, "smtp_rcpt_timeout", delivery->command_timeout);
	put_time(out, "smtp_data_init_timeout", delivery->data_timeout);
	put_time(out, "smtp_data_xfer_timeout", delivery->body_timeout);
	put_time(out, "smtp_data_done_timeout", delivery->eod_timeout);
}

void
postfix_main_format(const struct plan *plan, struct buf *out)
{
	const struct relay_config *relay = &plan->relay;
	bool has_v6 = !ip_is_none(&relay->interface_v6);

	buf_append_cstr(out, fixed_lines);
	put_text(out, "myhostname", relay->hostname);
	put_text(out, "inet_protocols", has_v6 ? SLICE("all") : SLICE("ipv4"));
	put_ip(out, "inet_interfaces", &relay->listeners.at[0].at.ip);
	put_ip(out, "smtp_bind_address", &relay->interface);
	if (has_v6)
		put_ip(out, "smtp_bind_address6", &relay->interface_v6);
	put_networks(plan, out);
	put_schedule(plan, out);
}

/* ---- master.cf ---- */

void
postfix_master_format(const struct plan *plan, struct buf *out)
{
	static const char services[] =
	    "pickup unix n - n 60 1 pickup\n"
	    "cleanup unix n - n - 0 cleanup\n"
	    "qmgr unix n - n 300 1 qmgr -v\n"
	    "tlsmgr unix - - n 1000? 1 tlsmgr\n"
	    "rewrite unix - - n - - trivial-rewrite\n"
	    "bounce unix - - n - 0 bounce\n"
	    "defer unix - - n - 0 bounce\n"
	    "trace unix - - n - 0 bounce\n"
	    "verify unix - - n - 1 verify\n"
	    "flush unix n - n 1000? 0 flush\n"
	    "proxymap unix - - n - - proxymap\n"
	    "smtp unix - - n - - smtp -v\n"
	    "showq unix n - n - - showq\n"
	    "error unix - - n - - error\n"
	    "retry unix - - n - - error\n"
	    "discard unix - - n - - discard\n"
	    "anvil unix - - n - 1 anvil\n"
	    "scache unix - - n - 1 scache\n"
	    "postlog unix-dgram n - n - 1 postlogd\n";
	const struct relay_listener_config *listener =
	    &plan->relay.listeners.at[0];
	char at[ENDPOINT_TEXT_MAX];

	buf_printf(out, "%s inet n - n - - smtpd\n%s",
	    endpoint_format(&listener->at, at), services);
}

/* ---- transport ---- */

struct routes_writer {
	const struct plan *plan;
	struct buf *transport, *hosts;
	unsigned names; /* that were made for equal hosts */
	const char *why;
};

static uint16_t
port_of(const struct plan *plan, const struct route_dest *dest)
{
	return dest->port != 0 ? dest->port : plan->relay.delivery.port;
}

/* The one destination of its priority, in Postfix's form. */
static void
put_destination(struct routes_writer *w, const struct route_dest *dest)
{
	struct slice host = dest->host;

	if (dest->kind == ROUTE_DEST_NAME)
		buf_append(w->transport, host);
	else
		buf_printf(w->transport,
		    dest->ip.family == 6 ? "[ipv6:%.*s]" : "[%.*s]",
		    SLICE_ARG(host));
	buf_printf(w->transport, ":%u", port_of(w->plan, dest));
}

/* The candidates of that priority as addresses of one name. */
static bool
put_equals(
    struct routes_writer *w, const struct routing *routing, uint16_t priority)
{
	char text[IP_TEXT_MAX];
	uint16_t port = 0;
	uint64_t whole = 0;
	size_t count = 0;

	w->names++;
	for (size_t i = 0; i < routing->count; i++) {
		const struct routing_candidate *c = &routing->candidates[i];

		if (routing_route_priority(c) != priority)
			continue;
		if (count++ > 0 &&
		    (port != c->at.port || whole != c->priority)) {
			w->why = port != c->at.port
			    ? "equal hosts of its routes have ports of their own"
			    : "equal hosts of its routes have MX preferences";
			return false;
		}
		port = c->at.port;
		whole = c->priority;
		buf_printf(w->hosts, "%s equal-%u.route.invalid\n",
		    ip_format(&c->at.ip, text), w->names);
	}
	if (count == 0)
		w->why = "DNS does not give the hosts of its routes";
	buf_printf(w->transport, "[equal-%u.route.invalid]:%u", w->names, port);
	return count > 0;
}

static bool
put_hops(struct routes_writer *w, const struct route *route,
    const struct routing *routing)
{
	int priority = -1;
	const char *separator = "";

	while (adapter_next_priority(route, &priority)) {
		const struct route_dest *first = NULL;
		size_t count = 0;

		for (size_t i = 0; i < route->dest_count; i++)
			if (route->dests[i].priority == priority &&
			    count++ == 0)
				first = &route->dests[i];
		buf_append_cstr(w->transport, separator);
		separator = ", ";
		if (count == 1)
			put_destination(w, first);
		else if (!put_equals(w, routing, (uint16_t)priority))
			return false;
	}
	return true;
}

static bool
put_route(struct routes_writer *w, const struct route *route)
{
	struct routing routing = { 0 };
	bool good = true;

	if (route->auth.len > 0) {
		w->why = "its routes name an SMTP AUTH profile";
		return false;
	}
	if (route->match == ROUTE_ALL)
		buf_append_byte(w->transport, '*');
	else
		buf_append(w->transport, route->domain);
	switch (route->kind) {
	case ROUTE_DISCARD:
		buf_append_cstr(w->transport, " discard:\n");
		break;
	case ROUTE_USEDNS:
		buf_append_cstr(w->transport, " smtp:\n");
		break;
	case ROUTE_HOSTS:
		buf_append_cstr(w->transport, " smtp:");
		routing_of_route(w->plan, route, &routing);
		good = put_hops(w, route, &routing);
		routing_fini(&routing);
		buf_append_byte(w->transport, '\n');
		break;
	}
	return good;
}

bool
postfix_transport_format(const struct plan *plan, struct buf *transport,
    struct buf *hosts, const char **why)
{
	struct routes_writer w = {
		.plan = plan, .transport = transport, .hosts = hosts
	};
	const size_t count = routes_count(plan->relay.routes);
	size_t i = 0;

	while (i < count && put_route(&w, routes_at(plan->relay.routes, i)))
		i++;
	*why = w.why;
	return i == count;
}
