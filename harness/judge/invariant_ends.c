/* SPDX-License-Identifier: MIT */
/*
 * The three invariants of how recipients end: conservation, no-duplicate and
 * permanence.
 *
 * What the log alone cannot show is a recipient that the relay has lost without
 * a word: to the ledger it waits, and back-off says that it waits too long.
 */
#include "harness/judge/invariant.h"

#define ULL(n) ((unsigned long long)(n))

static const char *const ended_words[] = {
	[RECIPIENT_DELIVERED] = "delivered",
	[RECIPIENT_BOUNCED] = "bounced",
	[RECIPIENT_DELETED] = "dropped",
};

static bool
has_ended(const struct ledger_recipient *r)
{
	return r->state >= RECIPIENT_DELIVERED;
}

/* ---- conservation ---- */

static void
conservation_stray(struct invariants *v, const struct ledger_entry *entry)
{
	if (entry->was_finished || entry->was_lost)
		return;
	invariant_fail(v, INV_CONSERVATION, &entry->moment,
	    "only recipients that were accepted are spoken of",
	    "\"%s\" of MID %llu, which has no such recipient in the queue",
	    maillog_form_name(entry->line->form), ULL(entry->line->mid));
}

static void
conservation_finished(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_message *m = entry->message;
	const struct ledger_recipient *r = m->recipients;

	while (has_ended(r))
		r++;
	invariant_fail(v, INV_CONSERVATION, &entry->moment,
	    "a message is finished when each of its recipients is delivered, "
	    "bounced or dropped",
	    "MID %llu is finished, and RID %llu (in all %zu of %zu "
	    "recipients) is none of these",
	    ULL(m->mid), ULL(r->rid), m->open, m->recipient_count);
}

static void
conservation_closed(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_connection *c = entry->connection;
	struct ledger_message *m = ledger_message_find(v->ledger, c->mid);

	if (c->is_killed) {
		if (!ledger_is_suspended(v->ledger))
			invariant_fail(v, INV_CONSERVATION, &entry->moment,
			    "a connection is cut when deliveries are suspended "
			    "only",
			    "DCID %llu was cut", ULL(c->dcid));
		return;
	}
	for (size_t i = 0; m != NULL && i < m->recipient_count; i++) {
		const struct ledger_recipient *r = &m->recipients[i];

		if (r->state != RECIPIENT_ACTIVE || r->dcid != c->dcid)
			continue;
		invariant_fail(v, INV_CONSERVATION, &entry->moment,
		    "each recipient that a connection carried is done, delayed "
		    "or bounced before the connection ends",
		    "DCID %llu ended; what became of MID %llu RID %llu on it "
		    "is not said (Delivery start: line %llu)",
		    ULL(c->dcid), ULL(m->mid), ULL(r->rid),
		    ULL(r->moment.line));
		return;
	}
}

static void
conservation_reused(struct invariants *v, const struct ledger_entry *entry)
{
	invariant_fail(v, INV_CONSERVATION, &entry->moment,
	    "a MID is given to one message, whatever happens to the relay",
	    "MID %llu is given to a new message; one was accepted under it",
	    ULL(entry->line->mid));
}

void
conservation_entry(struct invariants *v, const struct ledger_entry *entry)
{
	if (entry->kind == LEDGER_STRAY)
		conservation_stray(v, entry);
	else if (entry->kind == LEDGER_REUSED)
		conservation_reused(v, entry);
	else if (entry->kind == LEDGER_FINISHED)
		conservation_finished(v, entry);
	else if (entry->kind == LEDGER_CLOSED)
		conservation_closed(v, entry);
}

/* ---- no-duplicate ---- */

/* A reply to the end of data that was lost leaves a "Delayed" in the log, and
 * no "Message done": what the log calls delivered twice was known to be. */
void
duplicate_entry(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_recipient *r = entry->recipient;

	if (entry->kind == LEDGER_STRAY && entry->was_delivered &&
	    !entry->was_lost && entry->line->form == MAILLOG_MESSAGE_DONE)
		invariant_fail(v, INV_NO_DUPLICATE, &entry->moment,
		    "a recipient is delivered once",
		    "DCID %llu delivers MID %llu again, all of which had been "
		    "delivered",
		    ULL(entry->line->dcid), ULL(entry->line->mid));
	if (entry->kind == LEDGER_DELIVERED && r->state == RECIPIENT_DELIVERED)
		invariant_fail(v, INV_NO_DUPLICATE, &entry->moment,
		    "a recipient is delivered once",
		    "DCID %llu delivers MID %llu RID %llu, which was delivered "
		    "on line %llu",
		    ULL(entry->line->dcid), ULL(entry->message->mid),
		    ULL(r->rid), ULL(r->moment.line));
}

/* ---- permanence ---- */

static void
permanence_again(struct invariants *v, const struct ledger_entry *entry,
    const struct ledger_recipient *r)
{
	invariant_fail(v, INV_PERMANENCE, &entry->moment,
	    "a recipient that has ended is never seen again",
	    "\"%s\" of MID %llu RID %llu, which was %s on line %llu",
	    maillog_form_name(entry->line->form), ULL(entry->line->mid),
	    ULL(r->rid), ended_words[r->state], ULL(r->moment.line));
}

static void
permanence_rids(struct invariants *v, const struct ledger_entry *entry)
{
	struct slice rest = entry->rids;
	uint64_t rid;

	while (maillog_rid_next(&rest, &rid)) {
		const struct ledger_recipient *r =
		    ledger_recipient_find(entry->message, rid);

		if (r != NULL && has_ended(r))
			permanence_again(v, entry, r);
	}
}

/* A candidate that the message should have gone on to, before it bounces at a
 * host that does not offer what it needs. */
static size_t
seat_not_unable(const struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_group *g = entry->group;
	const struct routing *routing = &g->domain->routing;
	bool is_bound = v->plan->relay.delivery.priorities == PRIORITIES_ONE;
	size_t own = entry->connection != NULL
	    ? routing_index(routing, &entry->connection->address->at)
	    : SIZE_MAX;

	for (size_t i = 0; own != SIZE_MAX && i < routing->count; i++) {
		/* Behind the first that answered a round may be bound. */
		if (is_bound &&
		    routing->candidates[i].priority >
			routing->candidates[own].priority)
			break;
		if (i != own && !seats_has(&g->unable, i))
			return i;
	}
	return SIZE_MAX;
}

static void
permanence_unable(struct invariants *v, const struct ledger_entry *entry)
{
	size_t left = seat_not_unable(v, entry);
	char at[ENDPOINT_TEXT_MAX];

	if (left == SIZE_MAX)
		return;
	invariant_fail(v, INV_PERMANENCE, &entry->moment,
	    "a message that needs an extension bounces when each candidate "
	    "has been found without it",
	    "MID %llu RID %llu bounces, and %s may offer it",
	    ULL(entry->line->mid), ULL(entry->line->rid),
	    endpoint_format(
		&entry->group->domain->routing.candidates[left].at, at));
}

/* 5xx, a hard DNS error, or expiry; whether that came in time is for
 * back-off. */
static void
permanence_cause(struct invariants *v, const struct ledger_entry *entry)
{
	const struct maillog_event *ev = entry->line;
	const struct routing *routing = &entry->group->domain->routing;
	static const char wanted[] =
	    "a recipient bounces for a 5xx to it, a hard DNS error (5.1.2), "
	    "expiry (5.4.7) or an operator only";
	bool no_host =
	    routing->state == ROUTING_HARD || routing->state == ROUTING_UNKNOWN;
	bool is_null_mx = slice_eq(ev->enhanced, SLICE("5.1.10"));
	bool is_dns = is_null_mx || slice_eq(ev->enhanced, SLICE("5.1.2"));

	if (ledger_is_unable(ev))
		permanence_unable(v, entry);
	if (ev->code >= 500 && ev->code <= 599)
		return;
	/* A code without meaning, by configuration. */
	if (v->plan->relay.delivery.on_nonsense == ON_NONSENSE_BOUNCE &&
	    ev->code != 0 && ev->code / 100 != 4)
		return;
	if (ev->code != 0)
		invariant_fail(v, INV_PERMANENCE, &entry->moment, wanted,
		    "MID %llu RID %llu bounces for %llu", ULL(ev->mid),
		    ULL(ev->rid), ULL(ev->code));
	else if (is_dns && !no_host)
		invariant_fail(v, INV_PERMANENCE, &entry->moment, wanted,
		    "MID %llu RID %llu bounces %.*s, but DNS gives hosts for "
		    "%s or may yet",
		    ULL(ev->mid), ULL(ev->rid), SLICE_ARG(ev->enhanced),
		    entry->group->domain->name);
	else if (is_null_mx && routing->state == ROUTING_HARD &&
	    !routing->has_null_mx)
		invariant_fail(v, INV_PERMANENCE, &entry->moment, wanted,
		    "MID %llu RID %llu bounces 5.1.10, but %s has no null MX",
		    ULL(ev->mid), ULL(ev->rid), entry->group->domain->name);
	else if (slice_eq(ev->enhanced, SLICE("5.x.0")) &&
	    !ledger_may_bounce(v->ledger))
		invariant_fail(v, INV_PERMANENCE, &entry->moment, wanted,
		    "MID %llu RID %llu bounces as if by an operator, and none "
		    "has said so",
		    ULL(ev->mid), ULL(ev->rid));
	else if (!is_dns && !slice_eq(ev->enhanced, SLICE("5.4.7")) &&
	    !slice_eq(ev->enhanced, SLICE("5.x.0")))
		invariant_fail(v, INV_PERMANENCE, &entry->moment, wanted,
		    "MID %llu RID %llu bounces %.*s without a reply",
		    ULL(ev->mid), ULL(ev->rid), SLICE_ARG(ev->enhanced));
}

static void
permanence_deleted(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_domain *d = entry->group->domain;

	if (d->routing.state == ROUTING_DISCARD ||
	    d->routing.state == ROUTING_UNKNOWN || ledger_may_delete(v->ledger))
		return;
	invariant_fail(v, INV_PERMANENCE, &entry->moment,
	    "a recipient is dropped when its route is /dev/null, or by an "
	    "operator, only",
	    "MID %llu RID %llu is dropped, and the route of %s is another",
	    ULL(entry->message->mid), ULL(entry->recipient->rid), d->name);
}

/* No answer in time is one only where the scenario says so. */
static void
permanence_possible(struct invariants *v, const struct ledger_entry *entry)
{
	const struct relay_delivery *delivery = &v->plan->relay.delivery;
	const struct ledger_connection *c = entry->connection;
	utime wait = delivery->possible_delivery_timeout;

	if (delivery->possible_delivery && c != NULL &&
	    entry->moment.hi - c->started.lo >= wait)
		return;
	invariant_fail(v, INV_PERMANENCE, &entry->moment,
	    "a message without a final reply counts as delivered only by "
	    "possible_delivery, and when its timeout has passed",
	    "MID %llu is a possible delivery%s", ULL(entry->line->mid),
	    delivery->possible_delivery ? " too soon" : "");
}

void
permanence_entry(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_recipient *r = entry->recipient;

	switch (entry->kind) {
	case LEDGER_STRAY:
		if (entry->was_finished && !entry->was_lost &&
		    (entry->line->form != MAILLOG_MESSAGE_DONE ||
			!entry->was_delivered))
			invariant_fail(v, INV_PERMANENCE, &entry->moment,
			    "a recipient that has ended is never seen again",
			    "\"%s\" of MID %llu: all its recipients had ended",
			    maillog_form_name(entry->line->form),
			    ULL(entry->line->mid));
		return;
	case LEDGER_POSSIBLE:
		permanence_possible(v, entry);
		return;
	case LEDGER_STARTED:
	case LEDGER_PENDING:
		permanence_rids(v, entry);
		return;
	case LEDGER_DELIVERED:
		if (has_ended(r) && r->state != RECIPIENT_DELIVERED)
			permanence_again(v, entry, r);
		return;
	case LEDGER_DELAYED:
	case LEDGER_BOUNCED:
	case LEDGER_DELETED:
		if (has_ended(r))
			permanence_again(v, entry, r);
		else if (entry->kind == LEDGER_BOUNCED)
			permanence_cause(v, entry);
		else if (entry->kind == LEDGER_DELETED)
			permanence_deleted(v, entry);
		return;
	case LEDGER_ACCEPTED:
	case LEDGER_ROUND:
	case LEDGER_READY:
	case LEDGER_UNREADY:
	case LEDGER_OPENED:
	case LEDGER_ASSIGNED:
	case LEDGER_FAILED:
	case LEDGER_FAILED_OVER:
	case LEDGER_CLOSED:
	case LEDGER_DONE:
	case LEDGER_FINISHED:
	case LEDGER_GENERATED:
	case LEDGER_ENDED:
	case LEDGER_REUSED:
	case LEDGER_RESTARTED:
	case LEDGER_GAP:
		return;
	}
}
