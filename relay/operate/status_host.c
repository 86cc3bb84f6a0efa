/* SPDX-License-Identifier: MIT */
/* The page of `hoststatus` as the appliance prints it; see status.h.  Values
 * end in column 40. */
#include "relay/operate/status.h"

#define VALUE_COLUMN  40
#define ADDRESS_WIDTH 18
#define TTL_WIDTH     10
#define SMTP_PORT     25

const char *
host_state_name(enum host_state_shown state)
{
	static const char *const names[] = { "unknown", "up", "down" };

	return names[state];
}

/* A label, indented, and its value. */
static void
append_value(
    struct buf *out, unsigned indent, const char *label, uint64_t value)
{
	int width = VALUE_COLUMN - (int)indent - (int)strlen(label);

	buf_printf(out, "%*s%s%*llu\n", (int)indent, "", label, width,
	    (unsigned long long)value);
}

/* The guide's order; in `status` it is another. */
static void
append_host_counters(const struct counters *c, struct buf *out)
{
	static const enum counter completion[] = { COUNTER_COMPLETED,
		COUNTER_HARD_BOUNCED, COUNTER_HARD_DNS, COUNTER_HARD_5XX,
		COUNTER_HARD_FILTER, COUNTER_HARD_EXPIRED, COUNTER_HARD_OTHER,
		COUNTER_DELIVERED, COUNTER_DELETED };

	buf_append_cstr(out, "Counters:\n  Queue\n");
	append_value(
	    out, 4, "Soft Bounced Events", c->at[COUNTER_SOFT_BOUNCED]);
	buf_append_cstr(out, "  Completion\n");
	for (size_t i = 0; i < ARRAY_LEN(completion); i++) {
		const struct counter_row *row = counter_row(completion[i]);

		append_value(
		    out, 4 + 2 * row->depth, row->words, c->at[completion[i]]);
	}
}

static void
append_host_gauges(const struct gauges *g, struct buf *out)
{
	buf_append_cstr(out, "Gauges:\n  Queue\n");
	append_value(
	    out, 4, "Active Recipients", g->unattempted + g->attempted);
	append_value(out, 6, "Unattempted Recipients", g->unattempted);
	append_value(out, 6, "Attempted Recipients", g->attempted);
	buf_append_cstr(out, "  Connections\n");
	append_value(out, 4, "Current Outbound Connections", g->connections);
	append_value(out, 4, "Pending Outbound Connections", g->pending);
}

/* Without its port where that is SMTP's own. */
static const char *
format_address(const struct endpoint *at, char text[ENDPOINT_TEXT_MAX])
{
	return at->port == SMTP_PORT ? ip_format(&at->ip, text)
				     : endpoint_format(at, text);
}

static void
append_candidates(const struct host_status *s, struct buf *out)
{
	char text[ENDPOINT_TEXT_MAX];
	int gap = 0; /* to the next column */

	buf_append_cstr(out, "Ordered IP addresses:");
	if (s->expires != UTIME_NEVER) {
		buf_append_cstr(out, " (expiring at ");
		status_append_time(out, s->expires);
		buf_append_byte(out, ')');
	}
	buf_append_cstr(out, "\n    Preference   IPs");
	for (size_t i = 0; i < s->candidate_count; i++) {
		const struct shown_candidate *c = &s->candidates[i];
		const char *address = format_address(&c->at, text);

		if (i > 0 && c->preference == c[-1].preference)
			buf_printf(out, "%*s%s", gap, "", address);
		else
			buf_printf(
			    out, "\n    %-13u%s", c->preference, address);
		gap = ADDRESS_WIDTH - (int)strlen(address);
		gap = gap > 0 ? gap : 1;
	}
	buf_append_byte(out, '\n');
}

static void
append_routes(const struct host_status *s, struct buf *out)
{
	buf_append_cstr(out, "SMTP Routes:\n    Preference   Hostname\n");
	for (size_t i = 0; i < s->route_count; i++)
		buf_printf(out, "    %-13u%.*s\n", s->routes[i].preference,
		    SLICE_ARG(s->routes[i].name));
}

static void
append_exchanges(const struct host_status *s, struct buf *out)
{
	buf_append_cstr(
	    out, "MX Records:\n    Preference   TTL       Hostname\n");
	for (size_t i = 0; i < s->exchange_count; i++) {
		const struct shown_exchange *x = &s->exchanges[i];
		size_t before;

		buf_printf(out, "    %-13u", x->preference);
		before = buf_len(out);
		status_append_span(out, x->ttl, "");
		do
			buf_append_byte(out, ' ');
		while (buf_len(out) < before + TTL_WIDTH);
		status_append_plain(out, x->name, "");
		buf_append_byte(out, '\n');
	}
}

static void
append_activity(const struct host_status *s, const char *zone, struct buf *out)
{
	char text[UTIME_TEXT_MAX];

	if (s->last_activity == UTIME_NEVER)
		buf_append_cstr(out, "Never\n");
	else
		buf_printf(out, "%s%s\n",
		    utime_format_asctime(s->last_activity, text), zone);
}

/* The relay has one: that of its interface. */
static void
append_gateway(const struct host_status *s, struct buf *out)
{
	uint64_t recipients = s->gauges.unattempted + s->gauges.attempted;
	char text[IP_TEXT_MAX];

	buf_append_cstr(out,
	    "Virtual gateway information:\n"
	    "============================================================\n");
	status_append_plain(out, s->domain, "");
	buf_printf(out, " (%s):\n    Host up/down:       %s\n",
	    ip_is_none(&s->interface) ? "any" : ip_format(&s->interface, text),
	    host_state_name(s->state));
	buf_append_cstr(out, "    Last Activity       ");
	append_activity(s, "", out);
	buf_printf(out, "    Recipients          %llu\n",
	    (unsigned long long)recipients);
}

/* Ours: the appliance says no more than "down". */
static void
append_down(const struct host_status *s, struct buf *out)
{
	char text[ENDPOINT_TEXT_MAX];
	size_t down = 0;

	for (size_t i = 0; i < s->candidate_count; i++) {
		const struct shown_candidate *c = &s->candidates[i];

		if (!c->is_down)
			continue;
		if (down++ == 0)
			buf_append_cstr(out, "Addresses that are down:\n");
		buf_printf(
		    out, "    %s  next probe ", format_address(&c->at, text));
		status_append_time(out, c->probe_at);
		buf_append_byte(out, '\n');
	}
}

static void
append_error(const char *title, const struct shown_error *e, struct buf *out)
{
	char text[UTIME_TEXT_MAX], from[ENDPOINT_TEXT_MAX];

	if (e->text == NULL)
		return;
	buf_printf(out, "   %s:\n    ----------\n    ", title);
	status_append_plain(out, slice_cstr(e->text), "\n");
	buf_append_byte(out, '\n');
	if (e->stage != NULL)
		buf_printf(out, "    (%s, %s)\n",
		    format_address(&e->from, from), e->stage);
	if (e->at != UTIME_NEVER)
		buf_printf(
		    out, "    (at %s)\n", utime_format_asctime(e->at, text));
	buf_append_cstr(out, "    ----------\n");
}

/* What is known of the way to it. */
static void
append_where(const struct host_status *s, struct buf *out)
{
	if (s->candidate_count > 0)
		append_candidates(s, out);
	if (s->route_count > 0)
		append_routes(s, out);
	if (s->exchange_count > 0)
		append_exchanges(s, out);
}

void
host_status_format(const struct host_status *s, struct buf *out)
{
	buf_append_cstr(out, "Host mail status for: '");
	status_append_plain(out, s->domain, "");
	buf_append_cstr(out, "'\nStatus as of:         ");
	status_append_time(out, s->now);
	buf_printf(
	    out, "\nHost up/down:         %s\n", host_state_name(s->state));
	append_host_counters(&s->counters, out);
	append_host_gauges(&s->gauges, out);
	buf_append_cstr(out, "Oldest Message        ");
	status_append_oldest(out, s->oldest, s->now);
	buf_append_cstr(out, "Last Activity         ");
	append_activity(s, " UTC", out);
	append_where(s, out);
	append_down(s, out);
	append_error("Last 5XX Error", &s->last_5xx, out);
	append_error("Last Error", &s->last_error, out);
	if (s->is_suspended)
		buf_append_cstr(out, "Next Retry            suspended\n");
	else if (s->next_retry != UTIME_NEVER) {
		buf_append_cstr(out, "Next Retry            ");
		status_append_time(out, s->next_retry);
		buf_append_byte(out, '\n');
	}
	append_gateway(s, out);
}
