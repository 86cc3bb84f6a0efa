/* SPDX-License-Identifier: MIT */
/* Metrics; see metrics.h. */
#include "relay/operate/metrics.h"

#define PREFIX "faultpost_relay_"
#define ULL(n) ((unsigned long long)(n))

static void
begin(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n",
	    name, help, name, type);
}

/* A metric of one series. */
static void
append_one(struct buf *out, const char *name, const char *type,
    const char *help, uint64_t value)
{
	begin(out, name, type, help);
	buf_printf(out, PREFIX "%s %llu\n", name, ULL(value));
}

static void
append_labelled(struct buf *out, const char *name, const char *label,
    const char *value, uint64_t number)
{
	buf_printf(out, PREFIX "%s{%s=\"%s\"} %llu\n", name, label, value,
	    ULL(number));
}

static void
append_seconds(struct buf *out, const char *name, const char *help, utime span)
{
	/* A clock may have been set back. */
	if (span < 0)
		span = 0;
	begin(out, name, "gauge", help);
	buf_printf(out, PREFIX "%s %lld.%06lld\n", name,
	    (long long)(span / UTIME_S), (long long)(span % UTIME_S));
}

static void
append_counters(const struct counters *c, struct buf *out)
{
	static const struct {
		enum counter which;
		const char *name, *help;
	} rows[] = {
		{ COUNTER_MESSAGES_RECEIVED, "messages_received_total",
		    "Messages accepted from clients." },
		{ COUNTER_RECIPIENTS_RECEIVED, "recipients_received_total",
		    "Their recipients." },
		{ COUNTER_GENERATED_BOUNCES,
		    "generated_bounce_recipients_total",
		    "Recipients for whom a bounce message was made." },
		{ COUNTER_REJECTED_RECIPIENTS, "rejected_recipients_total",
		    "Recipients refused at RCPT." },
		{ COUNTER_DROPPED_MESSAGES, "dropped_messages_total",
		    "Messages that a route to /dev/null dropped." },
		{ COUNTER_SOFT_BOUNCED, "soft_bounced_events_total",
		    "Times a recipient was refused for now." },
		{ COUNTER_DELIVERED, "delivered_recipients_total",
		    "Recipients delivered." },
		{ COUNTER_DELETED, "deleted_recipients_total",
		    "Recipients dropped by a route or by an operator." },
	};
	static const struct {
		enum counter which;
		const char *reason;
	} hard[] = {
		{ COUNTER_HARD_DNS, "dns" },
		{ COUNTER_HARD_5XX, "5xx" },
		{ COUNTER_HARD_EXPIRED, "expired" },
		{ COUNTER_HARD_FILTER, "filter" },
		{ COUNTER_HARD_OTHER, "other" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		append_one(out, rows[i].name, "counter", rows[i].help,
		    c->at[rows[i].which]);
	begin(out, "hard_bounced_recipients_total", "counter",
	    "Recipients that bounced, by what for.");
	for (size_t i = 0; i < ARRAY_LEN(hard); i++)
		append_labelled(out, "hard_bounced_recipients_total", "reason",
		    hard[i].reason, c->at[hard[i].which]);
}

static void
append_gauges(const struct system_status *s, struct buf *out)
{
	const struct gauges *g = &s->gauges;

	begin(out, "active_recipients", "gauge",
	    "Recipients in the queue, by whether delivery was attempted.");
	append_labelled(
	    out, "active_recipients", "state", "unattempted", g->unattempted);
	append_labelled(
	    out, "active_recipients", "state", "attempted", g->attempted);
	begin(out, "connections", "gauge", "Open connections.");
	append_labelled(out, "connections", "direction", "inbound", s->inbound);
	append_labelled(
	    out, "connections", "direction", "outbound", g->connections);
	append_labelled(
	    out, "connections", "direction", "outbound_pending", g->pending);
	append_one(out, "destinations", "gauge", "Destination domains known.",
	    s->destinations);
	append_seconds(out, "oldest_message_age_seconds",
	    "Age of the oldest message in the queue; 0: there is none.",
	    s->oldest == UTIME_NEVER ? 0 : s->now - s->oldest);
}

void
metrics_format(const struct system_status *s, uint64_t hosts_down,
    bool is_suspended, struct buf *out)
{
	begin(out, "info", "gauge", "The program.");
	append_labelled(out, "info", "version", FAULTPOST_VERSION, 1);
	append_seconds(out, "start_time_seconds",
	    "When the relay started, since 1970.", s->counters->started);
	append_counters(&s->counters->uptime, out);
	append_gauges(s, out);
	append_one(out, "hosts_down", "gauge",
	    "Destination addresses that are down.", hosts_down);
	append_one(out, "deliveries_suspended", "gauge",
	    "Whether an operator has suspended deliveries.", is_suspended);
}
