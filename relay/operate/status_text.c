/* SPDX-License-Identifier: MIT */
/*
 * The pages of `status` and `tophosts` as the appliance prints them, and what
 * they share with that of `hoststatus`; see status.h.
 */
#include "relay/operate/status.h"

#define HOST_WIDTH   25
#define LABEL_WIDTH  30
#define NUMBER_WIDTH 14

void
status_append_time(struct buf *out, utime at)
{
	char text[UTIME_TEXT_MAX];

	buf_printf(out, "%s UTC", utime_format_asctime(at, text));
}

/* The length of the control character that the text begins with, or 0; in
 * UTF-8 there are some of two bytes. */
static size_t
control_length(struct slice text)
{
	unsigned char c = (unsigned char)text.at[0];

	if (c < 0x20 || c == 0x7f)
		return 1;
	if (c != 0xc2 || text.len < 2)
		return 0;
	c = (unsigned char)text.at[1];
	return c >= 0x80 && c < 0xa0 ? 2 : 0;
}

void
status_append_plain(struct buf *out, struct slice text, const char *kept)
{
	while (text.len > 0) {
		size_t control = control_length(text);
		size_t len = control > 0 ? control : 1;

		if (control == 0 ||
		    slice_find_byte(slice_cstr(kept), text.at[0]) <
			strlen(kept))
			buf_append(out, slice_sub(text, 0, len));
		else
			for (size_t i = 0; i < len; i++)
				buf_printf(
				    out, "\\x%02x", (unsigned char)text.at[i]);
		text = slice_skip(text, len);
	}
}

void
status_append_padded(struct buf *out, const char *text, size_t width)
{
	size_t end = buf_len(out) + width;

	status_append_plain(out, slice_cstr(text), "");
	do
		buf_append_byte(out, ' ');
	while (buf_len(out) < end);
}

void
status_append_age(struct buf *out, utime span)
{
	static const struct {
		utime unit;
		const char *one, *many;
	} units[] = {
		{ 7 * UTIME_DAY, "week", "weeks" },
		{ UTIME_DAY, "day", "days" },
		{ UTIME_HOUR, "hour", "hours" },
		{ UTIME_MINUTE, "min", "mins" },
		{ UTIME_S, "sec", "secs" },
	};
	size_t before = buf_len(out);

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		int64_t n = span / units[i].unit;

		span %= units[i].unit;
		if (n > 0)
			buf_printf(out, "%s%lld %s",
			    buf_len(out) > before ? " " : "", (long long)n,
			    n == 1 ? units[i].one : units[i].many);
	}
	if (buf_len(out) == before)
		buf_append_cstr(out, "0 secs");
}

void
status_append_span(struct buf *out, utime span, const char *gap)
{
	long long seconds = span / UTIME_S;

	if (seconds >= 86400)
		buf_printf(out, "%lldd%s", seconds / 86400, gap);
	if (seconds >= 3600)
		buf_printf(out, "%lldh%s", seconds / 3600 % 24, gap);
	if (seconds >= 60)
		buf_printf(out, "%lldm%s", seconds / 60 % 60, gap);
	buf_printf(out, "%llds", seconds % 60);
}

void
status_append_oldest(struct buf *out, utime oldest, utime now)
{
	if (oldest == UTIME_NEVER)
		buf_append_cstr(out, "No Messages");
	else
		status_append_age(out, now - oldest);
	buf_append_byte(out, '\n');
}

/* ---- status ---- */

/* "62,049,822". */
static void
format_grouped(uint64_t n, char out[32])
{
	char digits[24];
	size_t count = (size_t)snprintf(
		   digits, sizeof(digits), "%llu", (unsigned long long)n),
	       at = 0;

	for (size_t i = 0; i < count; i++) {
		if (i > 0 && (count - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
}

static void
append_number(struct buf *out, uint64_t n)
{
	char text[32];

	format_grouped(n, text);
	buf_printf(out, "%*s", NUMBER_WIDTH, text);
}

static void
append_label(struct buf *out, unsigned indent, const char *label)
{
	buf_printf(
	    out, "%*s%-*s", (int)indent, "", LABEL_WIDTH - (int)indent, label);
}

static void
append_gauge(
    struct buf *out, unsigned indent, const char *label, uint64_t value)
{
	append_label(out, indent, label);
	append_number(out, value);
	buf_append_byte(out, '\n');
}

/* The headings come before the first counter of each. */
static const struct counter_row *
begin_row(struct buf *out, const char **heading, enum counter which)
{
	const struct counter_row *row = counter_row(which);

	if (*heading == NULL || strcmp(*heading, row->heading) != 0)
		buf_printf(out, "  %s\n", row->heading);
	*heading = row->heading;
	append_label(out, 4 + 2 * row->depth, row->words);
	return row;
}

static void
append_columns(
    const struct counter_columns *c, bool is_detailed, struct buf *out)
{
	const char *heading = NULL;

	buf_printf(out, "%-*s%*s%*s%*s\n", LABEL_WIDTH,
	    "Counters:", NUMBER_WIDTH, "Reset", NUMBER_WIDTH, "Uptime",
	    NUMBER_WIDTH, "Lifetime");
	for (size_t i = 0; i < COUNTER_COUNT; i++) {
		enum counter which = (enum counter)i;

		if (!is_detailed &&
		    (counter_row(which)->depth > 0 ||
			which == COUNTER_GENERATED_BOUNCES))
			continue;
		(void)begin_row(out, &heading, which);
		append_number(out, columns_since_reset(c, which));
		append_number(out, c->uptime.at[which]);
		append_number(out, c->lifetime.at[which]);
		buf_append_byte(out, '\n');
	}
}

static void
append_rates(const struct counter_columns *c, utime now, struct buf *out)
{
	static const enum counter rated[] = { COUNTER_MESSAGES_RECEIVED,
		COUNTER_RECIPIENTS_RECEIVED, COUNTER_SOFT_BOUNCED,
		COUNTER_COMPLETED, COUNTER_HARD_BOUNCED, COUNTER_DELIVERED };
	static const utime spans[] = { UTIME_MINUTE, 5 * UTIME_MINUTE,
		15 * UTIME_MINUTE };
	const char *heading = NULL;

	buf_printf(out, "%-*s%*s%*s%*s\n", LABEL_WIDTH,
	    "Rates (Events Per Hour):", NUMBER_WIDTH, "1-Minute", NUMBER_WIDTH,
	    "5-Minutes", NUMBER_WIDTH, "15-Minutes");
	for (size_t i = 0; i < ARRAY_LEN(rated); i++) {
		(void)begin_row(out, &heading, rated[i]);
		for (size_t k = 0; k < ARRAY_LEN(spans); k++)
			append_number(out,
			    rates_per_hour(&c->rates, rated[i], spans[k], now));
		buf_append_byte(out, '\n');
	}
}

static void
append_percent(struct buf *out, const char *label, unsigned percent)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u%%", percent);
	append_label(out, 4, label);
	buf_printf(out, "%*s\n", NUMBER_WIDTH, text);
}

static void
append_load(const struct utilization *l, struct buf *out)
{
	buf_append_cstr(out, "  System\n");
	append_percent(out, "RAM Utilization", l->memory);
	append_percent(out, "CPU Utilization", l->cpu);
	append_percent(out, "Disk I/O Utilization", l->disk);
}

static void
append_system_gauges(
    const struct system_status *s, bool is_detailed, struct buf *out)
{
	const struct gauges *g = &s->gauges;

	buf_printf(
	    out, "%-*s%*s\n", LABEL_WIDTH, "Gauges:", NUMBER_WIDTH, "Current");
	if (is_detailed)
		append_load(&s->load, out);
	buf_append_cstr(out, "  Connections\n");
	append_gauge(out, 4, "Current Inbound Conn.", s->inbound);
	append_gauge(
	    out, 4, "Current Outbound Conn.", g->connections + g->pending);
	buf_append_cstr(out, "  Queue\n");
	append_gauge(
	    out, 4, "Active Recipients", g->unattempted + g->attempted);
	if (!is_detailed)
		return;
	append_gauge(out, 6, "Unattempted Recipients", g->unattempted);
	append_gauge(out, 6, "Attempted Recipients", g->attempted);
	append_gauge(out, 4, "Destinations In Memory", s->destinations);
}

void
system_status_format(
    const struct system_status *s, bool is_detailed, struct buf *out)
{
	append_label(out, 0, "Status as of:");
	status_append_time(out, s->now);
	buf_append_byte(out, '\n');
	append_label(out, 0, "Up since:");
	status_append_time(out, s->counters->started);
	buf_append_cstr(out, " (");
	status_append_span(out, s->now - s->counters->started, " ");
	buf_append_cstr(out, ")\n");
	append_label(out, 0, "Last counter reset:");
	if (s->counters->reset == UTIME_NEVER)
		buf_append_cstr(out, "Never");
	else
		status_append_time(out, s->counters->reset);
	buf_append_byte(out, '\n');
	append_label(out, 0, "System status:");
	buf_printf(out, "%s\n", s->state);
	append_label(out, 0, "Oldest Message:");
	status_append_oldest(out, s->oldest, s->now);
	append_columns(s->counters, is_detailed, out);
	buf_append_cstr(out, "Current IDs\n");
	append_gauge(out, 2, "Message ID (MID)", s->mid);
	append_gauge(out, 2, "Injection Conn. ID (ICID)", s->icid);
	append_gauge(out, 2, "Delivery Conn. ID (DCID)", s->dcid);
	if (is_detailed)
		append_rates(s->counters, s->now, out);
	append_system_gauges(s, is_detailed, out);
}

/* ---- tophosts ---- */

void
top_hosts_format(
    const struct top_host *hosts, size_t count, utime now, struct buf *out)
{
	buf_append_cstr(out, "Status as of: ");
	status_append_time(out, now);
	buf_append_cstr(out,
	    "\nHosts marked with '*' were down as of the last delivery "
	    "attempt.\n"
	    "                            Active  Conn.   Deliv.   Soft     "
	    "Hard\n"
	    "#  Recipient Host           Recip.  Out     Recip.   Bounced  "
	    "Bounced\n");
	for (size_t i = 0; i < count; i++) {
		const struct top_host *h = &hosts[i];
		char number[24];

		(void)snprintf(number, sizeof(number), "%zu%s", i + 1,
		    h->is_down ? "*" : "");
		buf_printf(out, "%-3s", number);
		status_append_padded(out, h->domain, HOST_WIDTH);
		buf_printf(out, "%-8llu%-8llu%-9llu%-9llu%llu\n",
		    (unsigned long long)h->active,
		    (unsigned long long)h->connections,
		    (unsigned long long)h->delivered,
		    (unsigned long long)h->soft_bounced,
		    (unsigned long long)h->hard_bounced);
	}
}

/* ---- the status log ---- */

static void
append_pair(struct buf *out, const char *name, uint64_t value)
{
	buf_printf(out, " %s %llu", name, (unsigned long long)value);
}

/* The appliance's names, in its order. */
static void
append_logged_counters(const struct counter_columns *c, struct buf *out)
{
	static const struct {
		enum counter which;
		const char *name;
	} rows[] = {
		{ COUNTER_MESSAGES_RECEIVED, "InjMsg" },
		{ COUNTER_RECIPIENTS_RECEIVED, "InjRcp" },
		{ COUNTER_GENERATED_BOUNCES, "GenBncRcp" },
		{ COUNTER_REJECTED_RECIPIENTS, "RejRcp" },
		{ COUNTER_DROPPED_MESSAGES, "DrpMsg" },
		{ COUNTER_SOFT_BOUNCED, "SftBncEvnt" },
		{ COUNTER_COMPLETED, "CmpRcp" },
		{ COUNTER_HARD_BOUNCED, "HrdBncRcp" },
		{ COUNTER_HARD_DNS, "DnsHrdBnc" },
		{ COUNTER_HARD_5XX, "5XXHrdBnc" },
		{ COUNTER_HARD_FILTER, "FltrHrdBnc" },
		{ COUNTER_HARD_EXPIRED, "ExpHrdBnc" },
		{ COUNTER_HARD_OTHER, "OtrHrdBnc" },
		{ COUNTER_DELIVERED, "DlvRcp" },
		{ COUNTER_DELETED, "DelRcp" },
	};

	static_assert(ARRAY_LEN(rows) == COUNTER_COUNT, "every counter");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		append_pair(
		    out, rows[i].name, columns_since_reset(c, rows[i].which));
}

void
system_status_log(const struct system_status *s, struct buf *out)
{
	const struct gauges *g = &s->gauges;

	buf_printf(out, "CPULd %u DskIO %u RAMUtil %u", s->load.cpu,
	    s->load.disk, s->load.memory);
	append_pair(out, "QKUsd", s->bytes / 1024);
	append_pair(
	    out, "QKFre", s->disk_free == UINT64_MAX ? 0 : s->disk_free / 1024);
	append_pair(out, "CrtMID", s->mid);
	append_pair(out, "CrtICID", s->icid);
	append_pair(out, "CrtDCID", s->dcid);
	append_logged_counters(s->counters, out);
	append_pair(out, "ActvRcp", g->unattempted + g->attempted);
	append_pair(out, "UnatmptRcp", g->unattempted);
	append_pair(out, "AtmptRcp", g->attempted);
	append_pair(out, "CrtCncIn", s->inbound);
	append_pair(out, "CrtCncOut", g->connections + g->pending);
	append_pair(out, "CPUETm",
	    (uint64_t)((s->now - s->counters->started) / UTIME_S));
	append_pair(out, "MMLen", s->messages);
	append_pair(out, "DstInMem", s->destinations);
}
