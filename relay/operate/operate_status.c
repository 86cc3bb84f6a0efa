/* SPDX-License-Identifier: MIT */
/* Looking at the relay: `status` and `tophosts`; see status.h. */
#include "relay/operate/operate.h"

#include "relay/deliver/age.h"
#include "relay/operate/metrics.h"

struct gauges
operate_gauges(const struct domain *domain)
{
	const struct delivery *d = domain->delivery;
	struct gauges g = {
		.unattempted = domain->tally.unattempted,
		.attempted = domain->tally.attempted,
	};

	if (d == NULL)
		return g;
	g.pending = (size_t)(d->setup != NULL) + (size_t)(d->probe != NULL);
	g.connections = d->connection_count - g.pending;
	return g;
}

enum host_state_shown
operate_state(const struct domain *domain)
{
	const struct delivery *d = domain->delivery;
	const struct candidates *c = &domain->candidates;
	size_t down = 0;

	if (d == NULL || !d->notes.was_tried || c->count == 0)
		return SHOWN_UNKNOWN;
	for (size_t i = 0; i < c->count; i++)
		down += c->list[i].host->is_down;
	return down == c->count ? SHOWN_DOWN : SHOWN_UP;
}

/* ---- tophosts ---- */

static struct top_host
top_host_of(const struct domain *domain)
{
	const struct delivery *d = domain->delivery;
	struct gauges gauges = operate_gauges(domain);
	struct top_host h = {
		.domain = domain->name,
		.is_down = operate_state(domain) == SHOWN_DOWN,
	};

	h.active = gauges.unattempted + gauges.attempted;
	h.connections = gauges.connections + gauges.pending;
	if (d == NULL)
		return h;
	h.delivered = d->notes.counters.at[COUNTER_DELIVERED];
	h.soft_bounced = d->notes.counters.at[COUNTER_SOFT_BOUNCED];
	h.hard_bounced = d->notes.counters.at[COUNTER_HARD_BOUNCED];
	return h;
}

bool
operate_tophosts(struct operation *op, struct err *err)
{
	struct relay *r = op->relay;
	enum top_order order = TOP_ACTIVE;
	struct domain *domain, *next;
	struct top_host *hosts;
	size_t count = 0;
	utime now = world_now(r->world);

	if (op->command->count > 1 &&
	    !top_order_parse(operation_word(op, 1), &order))
		return err_set(err,
		    "%.*s is no order; expected active_rcpts, conn_out, "
		    "deliv_rcpts, soft_bounced or hard_bounced_rcpts",
		    SLICE_ARG(operation_word(op, 1)));
	hosts = xcalloc(HASH_COUNT(r->queue.domains) + 1, sizeof(*hosts));
	HASH_ITER(hh, r->queue.domains, domain, next)
	hosts[count++] = top_host_of(domain);
	top_hosts_sort(hosts, count, order);
	if (count > TOP_HOSTS_SHOWN)
		count = TOP_HOSTS_SHOWN;
	top_hosts_format(hosts, count, now, &op->answer->text);
	op->answer->object = top_hosts_json(hosts, count, now);
	free(hosts);
	return true;
}

/* ---- status ---- */

/* As the appliance calls it. */
static const char *
system_state(const struct relay *r)
{
	size_t suspended = 0;

	for (size_t i = 0; i < r->listener_count; i++)
		suspended += r->listeners[i]->is_suspended;
	if (suspended == 0)
		return r->is_suspended ? "Delivery suspended" : "Online";
	return r->is_suspended ? "Offline" : "Receiving suspended";
}

static struct utilization_reading
read_load(const struct relay *r)
{
	struct world_usage usage = world_usage(r->world);

	return (struct utilization_reading){
		.at = world_now(r->world),
		.cpu = usage.cpu,
		.disk = spool_flushing(r->spool),
		.memory = usage.memory,
		.memory_total = usage.memory_total,
	};
}

void
operate_begin_load(struct relay *r)
{
	r->load.last = read_load(r);
}

void
operate_fill_status(struct relay *r, struct system_status *s)
{
	const struct message *oldest = age_oldest(&r->queue);
	struct utilization_reading reading = read_load(r);

	utilization_read(&r->load, &reading);
	*s = (struct system_status){
		.now = world_now(r->world),
		.state = system_state(r),
		.oldest = oldest != NULL ? oldest->received : UTIME_NEVER,
		.counters = &r->counters,
		.mid = spool_last_mid(r->spool),
		.icid = r->icid,
		.dcid = r->dcid,
		.gauges = {
			.unattempted = r->queue.tally.unattempted,
			.attempted = r->queue.tally.attempted,
			.connections = r->connections - r->pending,
			.pending = r->pending,
		},
		.inbound = r->session_count,
		.destinations = HASH_COUNT(r->queue.domains),
		.messages = r->queue.messages,
		.bytes = r->queue.bytes,
		.disk_free = inbound_disk_free(r),
		.load = r->load,
	};
}

bool
operate_status(struct operation *op, struct err *err)
{
	bool is_detailed = op->command->count > 1;
	struct system_status s;

	if (is_detailed && !slice_eq(operation_word(op, 1), SLICE("detail")))
		return err_set(err, "%.*s? expected: status [detail]",
		    SLICE_ARG(operation_word(op, 1)));
	operate_fill_status(op->relay, &s);
	system_status_format(&s, is_detailed, &op->answer->text);
	op->answer->object = system_status_json(&s);
	return true;
}

static uint64_t
count_down(const struct relay *r)
{
	struct host *h, *next;
	uint64_t down = 0;

	HASH_ITER(hh, r->hosts.table, h, next)
	down += h->is_down;
	return down;
}

void
relay_metrics(struct relay *r, struct buf *out)
{
	struct system_status s;

	operate_fill_status(r, &s);
	metrics_format(&s, count_down(r), r->is_suspended, out);
}

bool
operate_metrics(struct operation *op, struct err *err)
{
	(void)err;
	relay_metrics(op->relay, &op->answer->text);
	op->answer->object = json_pack(
	    "{s:o}", "text", status_json_text(buf_cstr(&op->answer->text)));
	return true;
}

bool
operate_resetcounters(struct operation *op, struct err *err)
{
	(void)err;
	columns_reset(&op->relay->counters, world_now(op->relay->world));
	relay_save_counters(op->relay);
	buf_append_cstr(&op->answer->text, "Counters reset.\n");
	op->answer->object = json_pack("{s:b}", "reset", true);
	return true;
}
