/* SPDX-License-Identifier: MIT */
/* Sorting of `tophosts`, and the objects of the three commands; see status.h.
 */
#include "relay/operate/status.h"

/* ---- tophosts: which, and in which order ---- */

bool
top_order_parse(struct slice word, enum top_order *order)
{
	static const struct {
		const char *word;
		enum top_order order;
	} rows[] = {
#define X(constant, word, member) { (word), (constant) },
		TOP_ORDERS(X)
#undef X
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!slice_eq(word, slice_cstr(rows[i].word)))
			continue;
		*order = rows[i].order;
		return true;
	}
	return false;
}

static uint64_t
value_of(const struct top_host *h, enum top_order order)
{
	switch (order) {
#define X(constant, word, member)                                              \
	case constant:                                                         \
		return h->member;
		TOP_ORDERS(X)
#undef X
	}
	return 0;
}

struct sorting {
	enum top_order order;
};

static int
compare_hosts(const void *a, const void *b, void *context)
{
	const struct sorting *sorting = context;
	const struct top_host *x = a, *y = b;
	uint64_t of_x = value_of(x, sorting->order);
	uint64_t of_y = value_of(y, sorting->order);

	if (of_x != of_y)
		return of_x > of_y ? -1 : 1;
	return strcmp(x->domain, y->domain);
}

void
top_hosts_sort(struct top_host *hosts, size_t count, enum top_order order)
{
	struct sorting sorting = { order };

	if (count > 1)
		qsort_r(
		    hosts, count, sizeof(hosts[0]), compare_hosts, &sorting);
}

/* ---- objects ---- */

static json_t *
json_of(uint64_t n)
{
	return json_integer((json_int_t)n);
}

json_t *
status_json_slice(struct slice text)
{
	json_t *value = json_stringn(text.at, text.len);
	struct buf safe = { 0 };

	if (value != NULL)
		return value;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < 0x80)
			buf_append_byte(&safe, text.at[i]);
		else
			buf_printf(&safe, "\\x%02x", (unsigned char)text.at[i]);
	value = json_stringn(buf_slice(&safe).at, buf_len(&safe));
	buf_fini(&safe);
	return value;
}

json_t *
status_json_text(const char *text)
{
	return text != NULL ? status_json_slice(slice_cstr(text)) : json_null();
}

/* A moment in RFC 3339, or null. */
static json_t *
json_of_time(utime at)
{
	char text[UTIME_TEXT_MAX];

	return at == UTIME_NEVER ? json_null()
				 : json_string(utime_format_rfc3339(at, text));
}

static json_t *
json_of_counters(const struct counters *c)
{
	json_t *o = json_object();

	for (size_t i = 0; i < COUNTER_COUNT; i++)
		json_object_set_new(
		    o, counter_row((enum counter)i)->key, json_of(c->at[i]));
	return o;
}

static json_t *
json_of_gauges(const struct gauges *g)
{
	json_t *o = json_object();

	json_object_set_new(
	    o, "active_recipients", json_of(g->unattempted + g->attempted));
	json_object_set_new(
	    o, "unattempted_recipients", json_of(g->unattempted));
	json_object_set_new(o, "attempted_recipients", json_of(g->attempted));
	json_object_set_new(
	    o, "current_outbound_connections", json_of(g->connections));
	json_object_set_new(
	    o, "pending_outbound_connections", json_of(g->pending));
	return o;
}

static json_t *
json_of_error(const struct shown_error *e)
{
	char from[ENDPOINT_TEXT_MAX];
	json_t *o;

	if (e->text == NULL)
		return json_null();
	o = json_object();
	json_object_set_new(o, "text", status_json_text(e->text));
	json_object_set_new(o, "at", json_of_time(e->at));
	if (e->stage == NULL)
		return o;
	json_object_set_new(
	    o, "address", json_string(endpoint_format(&e->from, from)));
	json_object_set_new(o, "stage", json_string(e->stage));
	return o;
}

static json_t *
json_of_candidate(const struct shown_candidate *c)
{
	char text[ENDPOINT_TEXT_MAX];
	json_t *o = json_object();

	json_object_set_new(o, "preference", json_of(c->preference));
	json_object_set_new(
	    o, "address", json_string(endpoint_format(&c->at, text)));
	json_object_set_new(o, "down", json_boolean(c->is_down));
	json_object_set_new(o, "next_probe",
	    json_of_time(c->is_down ? c->probe_at : UTIME_NEVER));
	return o;
}

static json_t *
json_of_routes(const struct host_status *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->route_count; i++) {
		json_t *o = json_object();

		json_object_set_new(
		    o, "preference", json_of(s->routes[i].preference));
		json_object_set_new(
		    o, "host", status_json_slice(s->routes[i].name));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *
json_of_exchanges(const struct host_status *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->exchange_count; i++) {
		const struct shown_exchange *x = &s->exchanges[i];
		json_t *o = json_object();

		json_object_set_new(o, "preference", json_of(x->preference));
		json_object_set_new(
		    o, "ttl_seconds", json_of((uint64_t)(x->ttl / UTIME_S)));
		json_object_set_new(o, "hostname", status_json_slice(x->name));
		json_array_append_new(list, o);
	}
	return list;
}

/* The relay has one: that of its interface. */
static json_t *
json_of_gateway(const struct host_status *s)
{
	char text[IP_TEXT_MAX];
	json_t *o = json_object();

	json_object_set_new(o, "interface",
	    ip_is_none(&s->interface)
		? json_null()
		: json_string(ip_format(&s->interface, text)));
	json_object_set_new(o, "state", json_string(host_state_name(s->state)));
	json_object_set_new(o, "last_activity", json_of_time(s->last_activity));
	json_object_set_new(o, "recipients",
	    json_of(s->gauges.unattempted + s->gauges.attempted));
	return o;
}

json_t *
host_status_json(const struct host_status *s)
{
	json_t *o = json_object(), *candidates = json_array();
	json_t *gateways = json_array();

	json_object_set_new(o, "domain", status_json_slice(s->domain));
	json_object_set_new(o, "as_of", json_of_time(s->now));
	json_object_set_new(o, "state", json_string(host_state_name(s->state)));
	json_object_set_new(o, "suspended", json_boolean(s->is_suspended));
	json_object_set_new(o, "counters", json_of_counters(&s->counters));
	json_object_set_new(o, "gauges", json_of_gauges(&s->gauges));
	json_object_set_new(o, "oldest_message", json_of_time(s->oldest));
	json_object_set_new(o, "last_activity", json_of_time(s->last_activity));
	for (size_t i = 0; i < s->candidate_count; i++)
		json_array_append_new(
		    candidates, json_of_candidate(&s->candidates[i]));
	json_object_set_new(o, "addresses", candidates);
	json_object_set_new(o, "addresses_expire", json_of_time(s->expires));
	json_object_set_new(o, "smtp_routes", json_of_routes(s));
	json_object_set_new(o, "mx_records", json_of_exchanges(s));
	json_array_append_new(gateways, json_of_gateway(s));
	json_object_set_new(o, "virtual_gateways", gateways);
	json_object_set_new(o, "last_5xx_error", json_of_error(&s->last_5xx));
	json_object_set_new(o, "last_error", json_of_error(&s->last_error));
	json_object_set_new(o, "next_retry", json_of_time(s->next_retry));
	return o;
}

static json_t *
json_of_rates(const struct rates *r, utime span, utime now)
{
	json_t *o = json_object();

	for (size_t i = 0; i < COUNTER_COUNT; i++)
		json_object_set_new(o, counter_row((enum counter)i)->key,
		    json_of(rates_per_hour(r, (enum counter)i, span, now)));
	return o;
}

static json_t *
json_of_columns(const struct counter_columns *c, utime now)
{
	json_t *o = json_object(), *rates = json_object();
	struct counters reset;

	for (size_t i = 0; i < COUNTER_COUNT; i++)
		reset.at[i] = columns_since_reset(c, (enum counter)i);
	json_object_set_new(o, "reset", json_of_counters(&reset));
	json_object_set_new(o, "uptime", json_of_counters(&c->uptime));
	json_object_set_new(o, "lifetime", json_of_counters(&c->lifetime));
	json_object_set_new(
	    rates, "1m", json_of_rates(&c->rates, UTIME_MINUTE, now));
	json_object_set_new(
	    rates, "5m", json_of_rates(&c->rates, 5 * UTIME_MINUTE, now));
	json_object_set_new(
	    rates, "15m", json_of_rates(&c->rates, 15 * UTIME_MINUTE, now));
	json_object_set_new(o, "per_hour", rates);
	return o;
}

json_t *
system_status_json(const struct system_status *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "as_of", json_of_time(s->now));
	json_object_set_new(o, "up_since", json_of_time(s->counters->started));
	json_object_set_new(
	    o, "last_counter_reset", json_of_time(s->counters->reset));
	json_object_set_new(o, "state", json_string(s->state));
	json_object_set_new(o, "oldest_message", json_of_time(s->oldest));
	json_object_set_new(
	    o, "counters", json_of_columns(s->counters, s->now));
	json_object_set_new(o, "mid", json_of(s->mid));
	json_object_set_new(o, "icid", json_of(s->icid));
	json_object_set_new(o, "dcid", json_of(s->dcid));
	json_object_set_new(o, "gauges", json_of_gauges(&s->gauges));
	json_object_set_new(
	    o, "current_inbound_connections", json_of(s->inbound));
	json_object_set_new(
	    o, "destinations_in_memory", json_of(s->destinations));
	json_object_set_new(o, "cpu_utilization", json_of(s->load.cpu));
	json_object_set_new(o, "disk_io_utilization", json_of(s->load.disk));
	json_object_set_new(o, "ram_utilization", json_of(s->load.memory));
	return o;
}

json_t *
top_hosts_json(const struct top_host *hosts, size_t count, utime now)
{
	json_t *o = json_object(), *list = json_array();

	json_object_set_new(o, "as_of", json_of_time(now));
	for (size_t i = 0; i < count; i++) {
		const struct top_host *h = &hosts[i];
		json_t *one = json_object();

		json_object_set_new(one, "domain", status_json_text(h->domain));
		json_object_set_new(one, "down", json_boolean(h->is_down));
		json_object_set_new(
		    one, "active_recipients", json_of(h->active));
		json_object_set_new(
		    one, "connections_out", json_of(h->connections));
		json_object_set_new(
		    one, "delivered_recipients", json_of(h->delivered));
		json_object_set_new(
		    one, "soft_bounced_events", json_of(h->soft_bounced));
		json_object_set_new(
		    one, "hard_bounced_recipients", json_of(h->hard_bounced));
		json_array_append_new(list, one);
	}
	json_object_set_new(o, "hosts", list);
	return o;
}
