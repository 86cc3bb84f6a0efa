/* SPDX-License-Identifier: MIT */
/*
 * Connections, and the addresses that they show to be up or down (delivery.md
 * 16 and 17).  A New line names no domain: it is known at once when only one
 * domain has the address among its candidates, and otherwise from the first
 * mail or the Connection Error.
 */
#include "harness/judge/ledger_impl.h"

static struct ledger_connection *connection_new(
    struct ledger *l, const struct maillog_event *ev);
static void connection_guess(struct ledger *l, struct ledger_connection *c);
static void connection_greeted(struct ledger *l, struct ledger_connection *c);
static void connection_end(struct ledger *l, struct ledger_connection *c);
static enum failure_kind failure_of(const struct ledger *l,
    const struct ledger_connection *c, const struct maillog_event *ev);
static void seat_failed(struct ledger *l, struct ledger_connection *c,
    enum failure_kind kind, enum tried turned_away);
static void address_failed(struct ledger *l, struct ledger_connection *c,
    enum failure_kind kind, enum tried turned_away);

/* ---- lines ---- */

void
on_dcid_new(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_connection *c;
	struct ledger_entry entry = { .kind = LEDGER_OPENED, .line = ev };

	if (ledger_connection_find(l, ev->dcid) != NULL)
		return;
	c = connection_new(l, ev);
	if (c == NULL)
		return;
	c->is_open = true;
	l->open_count++;
	c->address->unassigned++;
	c->address->fresh++;
	entry.connection = c;
	ledger_tell(l, &entry);
	connection_guess(l, c);
	/* Of two that are under way, one may be greeted. */
	if (c->address->now.state == ADDRESS_MAYBE)
		c->address->interval_lo = 0;
	if (c->address->now.state == ADDRESS_DOWN) {
		c->address->now.state = ADDRESS_MAYBE;
		c->address->now.changed = l->now;
	}
}

void
on_dcid_close(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_connection *c = ledger_connection_find(l, ev->dcid);

	if (c == NULL)
		return;
	if (c->starts == 0 && c->address->now.state == ADDRESS_MAYBE &&
	    l->hooks.greeted(l->hooks.owner, c->dcid) == GREETED_YES)
		connection_greeted(l, c);
	connection_end(l, c);
}

void
on_tls_success(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_connection *c = ledger_connection_find(l, ev->dcid);

	if (c == NULL)
		return;
	c->tls = LEDGER_TLS_SUCCESS;
	c->address->is_tls_broken = false;
}

void
on_tls_unsupported(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_connection *c = ledger_connection_find(l, ev->dcid);

	if (c != NULL)
		c->tls = LEDGER_TLS_REFUSED;
}

/* Where STARTTLS was only refused, nothing was begun; what was shown in it may
 * be no good though the handshake was done. */
void
on_tls_failed(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_connection *c = ledger_connection_find(l, ev->dcid);

	if (c == NULL)
		return;
	if (slice_eq(ev->error, SLICE("STARTTLS unexpected response"))) {
		c->tls = LEDGER_TLS_REFUSED;
		return;
	}
	c->tls = LEDGER_TLS_BROKEN;
	c->address->is_tls_broken =
	    !slice_starts_with(ev->error, SLICE("verify error: "));
}

void
on_connection_error(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_connection *c = ledger_connection_find(l, ev->dcid);
	struct ledger_entry entry = { .kind = LEDGER_FAILED, .line = ev };

	if (c == NULL) {
		c = connection_new(l, ev);
		entry.kind = LEDGER_OPENED;
	}
	if (c == NULL)
		return;
	c->address->touched = l->now;
	entry.connection = c;
	if (entry.kind == LEDGER_OPENED)
		ledger_tell(l, &entry);
	if (ev->domain.len > 0)
		connection_assign(l, c, domain_get(l, ev->domain));
	else if (c->domain == NULL)
		connection_guess(l, c);
	entry.kind = LEDGER_FAILED;
	entry.failure = failure_of(l, c, ev);
	entry.turned_away = crowd_turned_away(l, c, entry.failure, ev);
	ledger_tell(l, &entry);
	seat_failed(l, c, entry.failure, entry.turned_away);
	address_failed(l, c, entry.failure, entry.turned_away);
	connection_end(l, c);
}

/* ---- connections ---- */

static struct ledger_connection *
connection_new(struct ledger *l, const struct maillog_event *ev)
{
	struct endpoint at = { .port = l->plan->relay.delivery.port };
	struct ledger_connection *c;

	if (ev->dcid == 0 || !ip_parse(ev->address, &at.ip))
		return NULL;
	if (maillog_has(ev, MAILLOG_FIELD_port) && ev->port <= UINT16_MAX)
		at.port = (uint16_t)ev->port;
	c = xcalloc(1, sizeof(*c));
	c->dcid = ev->dcid;
	c->address = address_get(l, &at);
	c->opened = l->now;
	c->was = c->address->now;
	c->address->touched = l->now;
	HASH_ADD(hh, l->connections, dcid, sizeof(c->dcid), c);
	return c;
}

void
connection_assign(
    struct ledger *l, struct ledger_connection *c, struct ledger_domain *d)
{
	struct ledger_entry entry = { .kind = LEDGER_ASSIGNED,
		.connection = c };

	if (c->domain == NULL) {
		c->domain = d;
		c->address->unassigned -= c->is_open;
		ledger_tell(l, &entry);
		d->open_count += c->is_open;
		if (c->is_open)
			limit_count(l, c, true);
	}
	d->active = l->now;
}

/* Whose a connection is before a line says so: that of the only domain which
 * may go to its address, if there is one. */
static void
connection_guess(struct ledger *l, struct ledger_connection *c)
{
	if (c->address->only_domain != NULL && !l->has_rover)
		connection_assign(l, c, c->address->only_domain);
}

bool
ledger_goes_on(
    const struct ledger_connection *c, const struct ledger_message *m)
{
	return c->mid == m->mid;
}

void
connection_start(struct ledger *l, struct ledger_connection *c,
    const struct ledger_message *m, uint64_t recipients)
{
	if (c->domain != NULL)
		limit_sent(l, c, m, recipients);
	c->messages += !ledger_goes_on(c, m);
	c->mid = m->mid;
	c->started = l->now;
	if (c->starts++ > 0)
		return;
	c->address->fresh -= c->is_open;
	connection_greeted(l, c);
}

/* Its host has greeted, as its first mail shows. */
static void
connection_greeted(struct ledger *l, struct ledger_connection *c)
{
	struct ledger_address *a = c->address;

	/* One that was up before the failure proves nothing. */
	if (a->now.state == ADDRESS_UP || c->opened.line < a->now.changed.line)
		return;
	a->now.state = ADDRESS_UP;
	a->now.changed = l->now;
	a->interval_lo = a->interval_hi = 0;
}

static void
connection_end(struct ledger *l, struct ledger_connection *c)
{
	struct ledger_entry entry = { .kind = LEDGER_CLOSED, .connection = c };
	struct ledger_message *m = ledger_message_find(l, c->mid);

	ledger_tell(l, &entry);
	for (size_t i = 0; m != NULL && i < m->recipient_count; i++) {
		struct ledger_recipient *r = &m->recipients[i];

		if (r->state == RECIPIENT_ACTIVE && r->dcid == c->dcid)
			recipient_enter(l, r, RECIPIENT_READY);
	}
	if (c->domain != NULL) {
		c->domain->active = l->now;
		c->domain->open_count -= c->is_open;
	} else if (c->is_open) {
		c->address->unassigned--;
		c->address->lost_line = l->now.line;
	}
	c->address->fresh -= c->is_open && c->starts == 0;
	if (c->is_open) {
		limit_count(l, c, false);
		l->open_count--;
	}
	HASH_DEL(l->connections, c);
	free(c);
}

void
on_connection_killed(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_connection *c = ledger_connection_find(l, ev->dcid);

	if (c == NULL)
		return;
	c->is_killed = true;
	connection_end(l, c);
}

/* ---- failures ---- */

/* A failure to connect has no New line; behind one, EOF, reset and timeout are
 * the same line before the greeting (down) and behind it (up), so that only
 * the other witness can tell. */
static enum failure_kind
failure_of(const struct ledger *l, const struct ledger_connection *c,
    const struct maillog_event *ev)
{
	if (slice_eq(ev->reason, SLICE("unexpected SMTP response")) ||
	    c->starts > 0)
		return FAILURE_UP;
	if (!c->is_open)
		return FAILURE_DOWN;
	switch (l->hooks.greeted(l->hooks.owner, c->dcid)) {
	case GREETED_YES:
		return FAILURE_UP;
	case GREETED_NO:
		return FAILURE_DOWN;
	case GREETED_UNKNOWN:
		break;
	}
	return FAILURE_MAYBE;
}

utime
interval_next(const struct relay_delivery *delivery, utime interval)
{
	utime next = interval > 0 ? 2 * interval : delivery->host_retry_initial;

	return next < delivery->host_retry_max ? next
					       : delivery->host_retry_max;
}

/* The host is down.  A connection that was under way when it went down may fail
 * behind that and is no probe: whether it moves the probe is left open. */
static void
address_down(struct ledger *l, const struct ledger_connection *c)
{
	const struct relay_delivery *delivery = &l->plan->relay.delivery;
	struct ledger_address *a = c->address;
	utime lo = interval_next(delivery, a->interval_lo);
	utime hi = interval_next(delivery, a->interval_hi);
	bool is_probe =
	    l->now.lo - delivery->connect_timeout >= a->now.changed.hi;

	if (a->now.state == ADDRESS_DOWN && !is_probe) {
		a->now.probe_hi = utime_add(l->now.hi, hi);
		a->interval_hi = hi;
		return;
	}
	if (a->now.state == ADDRESS_MAYBE &&
	    c->opened.line != a->now.changed.line)
		lo = interval_next(delivery, 0);
	a->interval_lo = lo;
	a->interval_hi = hi;
	a->now.probe_lo = utime_add(l->now.lo, lo);
	a->now.probe_hi = utime_add(l->now.hi, hi);
	a->now.state = ADDRESS_DOWN;
	a->now.changed = l->now;
}

static void
seat_failed(struct ledger *l, struct ledger_connection *c,
    enum failure_kind kind, enum tried turned_away)
{
	size_t seat = c->domain != NULL
	    ? routing_index(&c->domain->routing, &c->address->at)
	    : SIZE_MAX;

	if (seat != SIZE_MAX && turned_away == TRIED_MAYBE)
		c->domain->seats[seat].perhaps = l->now;
	else if (seat != SIZE_MAX && turned_away == TRIED_NO)
		c->domain->seats[seat].failed[kind] = l->now;
	if (turned_away != TRIED_YES && c->domain != NULL)
		trail_failed(l, c);
}

static void
address_failed(struct ledger *l, struct ledger_connection *c,
    enum failure_kind kind, enum tried turned_away)
{
	struct ledger_address *a = c->address;

	/* Those that carry mail show that it is up. */
	if (turned_away == TRIED_YES && kind != FAILURE_UP)
		return;
	if (turned_away == TRIED_MAYBE && kind == FAILURE_DOWN)
		kind = FAILURE_MAYBE;
	switch (kind) {
	case FAILURE_DOWN:
		/* Another that stands may be greeted behind this, and the log
		 * would not show it. */
		if (a->fresh > (c->is_open && c->starts == 0))
			break;
		address_down(l, c);
		return;
	case FAILURE_UP:
		if (a->now.state != ADDRESS_UP) {
			a->now.state = ADDRESS_UP;
			a->now.changed = l->now;
		}
		a->interval_lo = a->interval_hi = 0;
		return;
	case FAILURE_MAYBE:
	case FAILURE_KINDS:
		break;
	}
	a->now.state = ADDRESS_MAYBE;
	a->now.changed = l->now;
	a->interval_lo = 0;
	a->interval_hi =
	    interval_next(&l->plan->relay.delivery, a->interval_hi);
}

/* ---- addresses ---- */

/* Hosts may share an address and have ports of their own. */
static size_t
host_at(const struct plan *plan, const struct endpoint *at)
{
	for (size_t i = 0; i < plan->hosts.count; i++) {
		const struct mock_host *host = &plan->hosts.at[i];

		if (host->port != at->port)
			continue;
		for (size_t k = 0; k < host->addresses.count; k++)
			if (ip_equal(&host->addresses.at[k], &at->ip))
				return i;
	}
	return plan_host_at(plan, &at->ip);
}

const struct ledger_address *
ledger_address_find(const struct ledger *l, const struct endpoint *at)
{
	struct endpoint_key key = endpoint_key(at);
	struct ledger_address *a;

	HASH_FIND(hh, l->addresses, &key, sizeof(key), a);
	return a;
}

struct ledger_address *
address_get(struct ledger *l, const struct endpoint *at)
{
	struct endpoint_key key = endpoint_key(at);
	struct ledger_address *a;

	HASH_FIND(hh, l->addresses, &key, sizeof(key), a);
	if (a != NULL)
		return a;
	a = xcalloc(1, sizeof(*a));
	a->at = *at;
	a->key = key;
	a->host = host_at(l->plan, at);
	if (l->is_late) {
		a->now.state = ADDRESS_MAYBE;
		a->interval_hi = l->plan->relay.delivery.host_retry_max;
	}
	HASH_ADD(hh, l->addresses, key, sizeof(a->key), a);
	return a;
}
