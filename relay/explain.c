/* SPDX-License-Identifier: MIT */
/* What a configuration means; see explain.h. */
#include "relay/explain.h"

static void
explain_listener(const struct relay_listener_config *l, struct buf *out)
{
	char at[ENDPOINT_TEXT_MAX];
	static const char *const tls[] = {
		[LISTENER_TLS_OFF] = "",
		[LISTENER_TLS_PREFERRED] = "; STARTTLS",
		[LISTENER_TLS_REQUIRED] = "; STARTTLS required",
	};

	buf_printf(out,
	    "listens on %s; networks that may send anywhere: %zu; domains to "
	    "which anybody may send: %zu%s%s",
	    endpoint_format(&l->at, at), l->relay_from.count,
	    l->accept_for.count, l->open_relay ? "; an open relay" : "",
	    tls[l->tls.mode]);
	if (l->auth.users.count > 0)
		buf_printf(out, "; users: %zu%s", l->auth.users.count,
		    l->auth.clear ? ", also in clear" : "");
	buf_append_byte(out, '\n');
}

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

void
relay_explain(const struct relay_config *c, struct buf *out)
{
	char span[UTIME_TEXT_MAX];

	for (size_t i = 0; i < c->listeners.count; i++)
		explain_listener(&c->listeners.at[i], out);
	buf_printf(out, "routes: %zu\n", routes_count(c->routes));
	routes_format(c->routes, out);
	explain_resolver(c, out);
	buf_printf(out, "destination controls: %zu\n",
	    relay_destinations_count(c->destinations));
	relay_destinations_format(c->destinations, out);
	buf_printf(out, "retries after %s",
	    utime_format_duration(c->bounce.initial_wait, span));
	buf_printf(out, ", at most every %s",
	    utime_format_duration(c->bounce.max_wait, span));
	buf_printf(out, ", for %s or %u retries\n",
	    utime_format_duration(c->bounce.max_time, span),
	    c->bounce.max_retries);
}
