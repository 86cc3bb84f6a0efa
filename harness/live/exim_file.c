/* SPDX-License-Identifier: MIT */
/* Exim's configuration; see exim_file.h. */
#include "harness/live/exim_file.h"

#include "core/dns/zone.h"
#include "harness/live/adapter.h"

/* retry_interval_max cannot be more (spec 14). */
#define EXIM_WAIT_MAX (24L * 3600 * UTIME_S)

/* ---- main ---- */

static const char fixed_lines[] =
    "exim_path = @ROOT@/usr/sbin/exim4\n"
    "exim_user = " EXIM_USER "\n"
    "exim_group = " EXIM_USER "\n"
    "spool_directory = @HERE@/spool\n"
    "log_file_path = @HERE@/spool/%slog\n"
    "log_selector = +pid +received_recipients\n"
    "keep_environment = ^FAKETIME : NO_FAKE_STAT\n"
    /* A relay, and nothing else. */
    "acl_smtp_rcpt = accept\n"
    "host_lookup =\n"
    "tls_advertise_hosts =\n"
    "message_size_limit = 0\n"
    "smtp_accept_max = 0\n"
    /* Each message is tried when it comes, and its sender is not told that
     * it is late. */
    "smtp_accept_queue_per_connection = 0\n"
    "delay_warning =\n";

static void
put_time(struct buf *out, const char *name, utime value)
{
	buf_printf(out, "%s = %llds\n", name, adapter_seconds(value));
}

static void
put_main(const struct plan *plan, struct buf *out)
{
	const struct relay_config *relay = &plan->relay;
	const struct endpoint *at = &relay->listeners.at[0].at;
	char text[IP_TEXT_MAX];

	buf_append_cstr(out, fixed_lines);
	buf_printf(
	    out, "primary_hostname = %.*s\n", SLICE_ARG(relay->hostname));
	/* Without a wildcard, all other addresses here are another's (spec
	 * 13.8). */
	buf_printf(out, "local_interfaces = <; %s\n", ip_format(&at->ip, text));
	buf_printf(out, "daemon_smtp_ports = %u\n", at->port);
	if (ip_is_none(&relay->interface_v6))
		buf_append_cstr(out, "disable_ipv6\n");
	put_time(out, "retry_interval_max", relay->bounce.max_wait);
}

/* ---- routers ---- */

struct routers {
	const struct plan *plan;
	struct buf *out;
	unsigned count;
	const char *why;
};

/* A name whose MX records the appliance would find has them looked up here,
 * too; "name/MX" fails when there are none (spec 20.6). */
static bool
has_mx(const struct plan *plan, struct slice name)
{
	struct dns_answer answer = { 0 };

	return zone_lookup(plan->relay.zone, name, DNS_MX, &answer) == DNS_OK;
}

static void
put_destination(struct routers *r, const struct route_dest *dest)
{
	const uint16_t port =
	    dest->port != 0 ? dest->port : r->plan->relay.delivery.port;
	const bool is_mx =
	    dest->kind == ROUTE_DEST_NAME && has_mx(r->plan, dest->host);

	if (dest->kind == ROUTE_DEST_ADDRESS)
		buf_printf(r->out, "[%.*s]:%u", SLICE_ARG(dest->host), port);
	else
		buf_printf(r->out, "%.*s%s:%u", SLICE_ARG(dest->host),
		    is_mx ? "/MX" : "", port);
}

static void
put_hosts(struct routers *r, const struct route *route)
{
	int priority = -1;
	const char *separator = "<|";

	buf_append_cstr(r->out,
	    "  driver = manualroute\n  transport = smtp\n  self = send\n"
	    "  hosts_randomize\n  host_find_failed = ignore\n"
	    "  route_list = * \"");
	while (adapter_next_priority(route, &priority)) {
		for (size_t i = 0; i < route->dest_count; i++) {
			if (route->dests[i].priority != priority)
				continue;
			buf_printf(r->out, "%s ", separator);
			put_destination(r, &route->dests[i]);
			separator = " |";
		}
		separator = " | + |";
	}
	buf_append_cstr(r->out, "\" bydns\n");
}

static void
put_domains(struct buf *out, const struct route *route)
{
	if (route->match == ROUTE_ALL)
		buf_append_cstr(out, "  domains = *\n");
	else
		buf_printf(out, "  domains = %s%.*s\n",
		    route->match == ROUTE_PARTIAL ? "*" : "",
		    SLICE_ARG(route->domain));
}

static void
put_router(struct routers *r, const struct route *route)
{
	buf_printf(r->out, "route_%u:\n", ++r->count);
	put_domains(r->out, route);
	if (route->auth.len > 0)
		r->why = "its routes name an SMTP AUTH profile";
	switch (route->kind) {
	case ROUTE_DISCARD:
		buf_append_cstr(
		    r->out, "  driver = redirect\n  data = :blackhole:\n");
		break;
	case ROUTE_USEDNS:
		buf_append_cstr(r->out,
		    "  driver = dnslookup\n  transport = smtp\n"
		    "  self = send\n");
		break;
	case ROUTE_HOSTS:
		put_hosts(r, route);
		break;
	}
	buf_append_cstr(r->out, "  no_more\n");
}

/* The first router that fits is used: the most specific one comes first. */
static bool
is_before(const struct route *a, const struct route *b)
{
	if (a->match != b->match)
		return a->match < b->match;
	return a->domain.len > b->domain.len;
}

static void
put_routers(struct routers *r)
{
	const size_t count = routes_count(r->plan->relay.routes);
	const struct route **sorted = xcalloc(count + 1, sizeof(*sorted));
	bool has_all = false;

	for (size_t i = 0; i < count; i++) {
		const struct route *route = routes_at(r->plan->relay.routes, i);
		size_t at = i;

		for (; at > 0 && is_before(route, sorted[at - 1]); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = route;
		has_all |= route->match == ROUTE_ALL;
	}
	buf_append_cstr(r->out, "begin routers\n");
	for (size_t i = 0; i < count; i++)
		put_router(r, sorted[i]);
	free(sorted);
	if (!has_all)
		put_router(r,
		    &(struct route){
			.match = ROUTE_ALL, .kind = ROUTE_USEDNS });
}

/* ---- transport and retry ---- */

static void
put_transport(const struct plan *plan, struct buf *out)
{
	const struct relay_config *relay = &plan->relay;
	const struct relay_delivery *delivery = &relay->delivery;
	char v4[IP_TEXT_MAX], v6[IP_TEXT_MAX] = "";

	if (!ip_is_none(&relay->interface_v6))
		(void)ip_format(&relay->interface_v6, v6);
	buf_append_cstr(out,
	    "begin transports\nsmtp:\n  driver = smtp\n"
	    "  hosts_avoid_tls = *\n  hosts_try_fastopen =\n");
	buf_printf(out, "  interface = <; %s ; %s\n",
	    ip_format(&relay->interface, v4), v6);
	buf_printf(out, "  port = %u\n", delivery->port);
	put_time(out, "  connect_timeout", delivery->connect_timeout);
	put_time(out, "  command_timeout", delivery->command_timeout);
	put_time(out, "  data_timeout", delivery->body_timeout);
	put_time(out, "  final_timeout", delivery->eod_timeout);
}

/* retry_interval_max is the longest wait. */
static void
put_retry(const struct plan *plan, struct buf *out)
{
	const struct relay_bounce_profile *bounce = &plan->relay.bounce;

	buf_printf(out, "begin retry\n* * G,%llds,%llds,2\n",
	    adapter_seconds(bounce->max_time),
	    adapter_seconds(bounce->initial_wait));
}

bool
exim_file_format(const struct plan *plan, struct buf *out, const char **why)
{
	struct routers routers = { .plan = plan, .out = out };

	if (plan->relay.bounce.max_wait > EXIM_WAIT_MAX)
		routers.why = "its \"max_wait\" is more than a day";
	put_main(plan, out);
	put_routers(&routers);
	put_transport(plan, out);
	put_retry(plan, out);
	*why = routers.why;
	return routers.why == NULL;
}
