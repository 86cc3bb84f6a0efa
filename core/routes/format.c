/* SPDX-License-Identifier: MIT */
/* The routes table as text, and entries side by side; see routes.h. */
#include "core/routes/routes.h"

static bool dest_equal(const struct route_dest *a, const struct route_dest *b);

void
routes_format(const struct routes *r, struct buf *out)
{
	for (size_t i = 0; i < routes_count(r); i++) {
		route_format(routes_at(r, i), out);
		buf_append_byte(out, '\n');
	}
}

void
routes_export(const struct routes *r, utime now, struct buf *out)
{
	char at[UTIME_TEXT_MAX];

	buf_append_cstr(out, "# File exported by the CLI at ");
	/* 2014-07-02T09:15:07Z without what is between the numbers. */
	for (const char *c = utime_format_rfc3339(now, at); *c != '\0'; c++)
		if (ascii_is_digit(*c) || *c == 'T')
			buf_append_byte(out, *c);
		else if (*c == '.' || *c == 'Z')
			break;
	buf_append_byte(out, '\n');
	routes_format(r, out);
}

void
route_format(const struct route *route, struct buf *out)
{
	buf_append(out, route->domain);
	buf_append_cstr(out, ": ");
	switch (route->kind) {
	case ROUTE_USEDNS:
		buf_append_cstr(out, "USEDNS");
		break;
	case ROUTE_DISCARD:
		buf_append_cstr(out, "/dev/null");
		break;
	case ROUTE_HOSTS:
		for (size_t i = 0; i < route->dest_count; i++) {
			if (i > 0)
				buf_append_cstr(out, ", ");
			route_dest_format(&route->dests[i], out);
		}
		break;
	}
	if (route->auth.len > 0)
		buf_printf(out, " auth=%.*s", SLICE_ARG(route->auth));
}

void
route_dest_format(const struct route_dest *dest, struct buf *out)
{
	bool bracketed = dest->kind == ROUTE_DEST_BRACKET ||
	    (dest->ip.family == 6 && dest->port > 0);

	buf_printf(out, bracketed ? "[%.*s]" : "%.*s", SLICE_ARG(dest->host));
	if (dest->port > 0)
		buf_printf(out, ":%u", (unsigned)dest->port);
	if (dest->priority > 0)
		buf_printf(out, "/pri=%u", (unsigned)dest->priority);
}

bool
route_equal(const struct route *a, const struct route *b)
{
	if (!slice_eq(a->domain, b->domain) || a->match != b->match ||
	    a->kind != b->kind || a->dest_count != b->dest_count ||
	    !slice_eq(a->auth, b->auth))
		return false;
	for (size_t i = 0; i < a->dest_count; i++)
		if (!dest_equal(&a->dests[i], &b->dests[i]))
			return false;
	return true;
}

static bool
dest_equal(const struct route_dest *a, const struct route_dest *b)
{
	return a->kind == b->kind && slice_eq(a->host, b->host) &&
	    ip_equal(&a->ip, &b->ip) && a->port == b->port &&
	    a->priority == b->priority;
}
