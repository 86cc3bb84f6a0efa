/* SPDX-License-Identifier: MIT */
/*
 * The limits on deliveries (docs/delivery.md 5, 40 to 43): connections to a
 * domain or to one of its addresses, messages on a connection, recipients in a
 * period, and connections in all.  What is being set up has no line yet and is
 * not counted, so that what is charged was too much for sure.
 */
#include "harness/judge/invariant.h"

#define ULL(n) ((unsigned long long)(n))

static void
limit_fail(struct invariants *v, const struct ledger_moment *moment,
    const char *wanted, const struct ledger_connection *c, uint64_t found)
{
	const char *name = c->domain != NULL ? c->domain->name : "some domain";

	invariant_fail(v, INV_LIMITS, moment, wanted,
	    "DCID %llu for %s makes it %llu", ULL(c->dcid), name, ULL(found));
}

static void
crowd_check(struct invariants *v, const struct ledger_entry *entry)
{
	const struct relay_delivery *config = &v->plan->relay.delivery;
	uint64_t count = ledger_connections(v->ledger);

	if (count > config->concurrency)
		limit_fail(v, &entry->moment,
		    "at most \"concurrency\" connections at a time",
		    entry->connection, count);
}

/* A host that turned a connection away has been asked again too soon. */
static void
turned_away_check(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_connection *c = entry->connection;
	uint64_t max = ledger_crowd_max(v->ledger, c);
	size_t seat = routing_index(&c->domain->routing, &c->address->at);

	if (max > 0 && c->domain->seats[seat].open + 1 > max)
		limit_fail(v, &entry->moment,
		    "while a host that turned a connection away has not been "
		    "left alone for host_retry_initial, no more to it than "
		    "stood",
		    c, c->domain->seats[seat].open + 1);
}

/* The ledger has not counted it to its domain yet. */
static void
domain_check(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_connection *c = entry->connection;
	const struct ledger_domain *d = c->domain;
	const struct relay_destination *controls = d->controls;
	uint64_t count = d->open_count + 1;
	size_t seat = routing_index(&d->routing, &c->address->at);

	if (!c->is_open)
		return;
	if (controls->limit_type == LIMIT_MX_IP)
		count = seat != SIZE_MAX ? d->seats[seat].open + 1 : 0;
	if (count > controls->max_host_concurrency)
		limit_fail(v, &entry->moment,
		    controls->limit_type == LIMIT_MX_IP
			? "at most max_host_concurrency connections to each "
			  "address of a domain"
			: "at most max_host_concurrency connections to a "
			  "domain",
		    c, count);
	count = ledger_tls_connections(v->ledger) + 1;
	if (controls->table_tls != TLS_OFF &&
	    count > v->plan->relay.delivery.tls_concurrency)
		limit_fail(v, &entry->moment,
		    "at most \"tls_concurrency\" connections at a time for "
		    "domains whose table_tls is not off",
		    c, count);
}

static void
start_check(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_connection *c = entry->connection;
	const struct relay_destination *controls;
	uint64_t count;

	if (c == NULL || c->domain == NULL || ledger_goes_on(c, entry->message))
		return;
	controls = c->domain->controls;
	count = c->messages + 1;
	if (count > controls->max_messages_per_connection)
		limit_fail(v, &entry->moment,
		    "at most max_messages_per_connection messages on a "
		    "connection",
		    c, count);
	count = ledger_sent_with(v->ledger, c, maillog_rids_count(entry->rids));
	if (controls->recipient_limit > 0 && count > controls->recipient_limit)
		limit_fail(v, &entry->moment,
		    "at most recipient_limit recipients in a period", c, count);
}

void
limits_entry(struct invariants *v, const struct ledger_entry *entry)
{
	if (entry->kind == LEDGER_OPENED && entry->connection->is_open) {
		crowd_check(v, entry);
	} else if (entry->kind == LEDGER_ASSIGNED) {
		turned_away_check(v, entry);
		domain_check(v, entry);
	} else if (entry->kind == LEDGER_STARTED) {
		start_check(v, entry);
	}
}
