/* SPDX-License-Identifier: MIT */
/*
 * Priority and rotation: where connections go (delivery.md 2 to 6).
 *
 * The relay chooses before the line that shows it: by a round trip, or by as
 * much as the connect timeout when a host is silent.  So a connection is right
 * when there was a class of ready groups, at any moment at which the choice may
 * have been made, for which it was right; and a host counts as up or down only
 * when it was so all that time.  Connections to hosts that are up are set up
 * one after another, so that such a choice was made behind the line of the
 * one before.
 *
 * A host that is down and due for its probe is eligible, and passed over by
 * right only while its probe is under way.  That leaves a line when it ends: to
 * pass it over is a promise that this line will come.
 */
#include "harness/judge/choice_impl.h"

#define ULL(n) ((unsigned long long)(n))

static struct choice *choice_get(struct ledger_domain *d);
static void domain_restart(void *owner, struct ledger_domain *d);
static void domain_gap(void *owner, struct ledger_domain *d);
static void cursors_forget(struct ledger_domain *d);
static void connection_check(
    struct invariants *v, const struct ledger_connection *c);
static void mail_check(struct invariants *v, const struct ledger_entry *entry);

static void
connection_failed(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_moment *now = ledger_now(v->ledger);
	const struct ledger_connection *c = entry->connection;
	struct choice *choice = choice_get(c->domain);
	size_t seat = routing_index(&c->domain->routing, &c->address->at);

	if (seat != SIZE_MAX && entry->turned_away != TRIED_YES)
		choice_classes_fail(&choice->classes, seat,
		    entry->turned_away == TRIED_NO ? TRIED_YES : TRIED_MAYBE,
		    now);
	/* Others did not wait for one that was slow. */
	if (choice->regular_line == c->opened.line &&
	    now->lo - c->opened.lo < v->plan->relay.delivery.slow_after)
		choice->regular_line = now->line;
}

void
choice_entry(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_moment *now = ledger_now(v->ledger);
	struct ledger_connection *c = entry->connection;
	struct choice *choice;

	switch (entry->kind) {
	case LEDGER_READY:
		choice = choice_get(entry->group->domain);
		choice_class_join(&choice->classes, entry->group, now);
		return;
	case LEDGER_UNREADY:
		choice = choice_get(entry->group->domain);
		choice_class_leave(&choice->classes, entry->group, now);
		return;
	case LEDGER_ASSIGNED:
		promise_check(v, c->domain, now->lo);
		connection_check(v, c);
		return;
	case LEDGER_FAILED:
		if (c->domain != NULL)
			connection_failed(v, entry);
		return;
	case LEDGER_STARTED:
		mail_check(v, entry);
		return;
	case LEDGER_FAILED_OVER:
	case LEDGER_ACCEPTED:
	case LEDGER_ROUND:
	case LEDGER_OPENED:
	case LEDGER_CLOSED:
	case LEDGER_DELAYED:
	case LEDGER_POSSIBLE:
	case LEDGER_DONE:
	case LEDGER_DELIVERED:
	case LEDGER_BOUNCED:
	case LEDGER_DELETED:
	case LEDGER_PENDING:
	case LEDGER_STRAY:
	case LEDGER_FINISHED:
	case LEDGER_GENERATED:
	case LEDGER_ENDED:
	case LEDGER_REUSED:
		return;
	case LEDGER_RESTARTED:
		ledger_domains(v->ledger, domain_restart, NULL);
		return;
	case LEDGER_GAP:
		ledger_domains(v->ledger, domain_gap, NULL);
		return;
	}
}

/* Its cursors are where they began; nothing is owed. */
static void
domain_restart(void *owner, struct ledger_domain *d)
{
	struct choice *c = d->choice;

	(void)owner;
	if (c == NULL)
		return;
	memset(c->cursors, 0, (d->routing.count + 1) * sizeof(c->cursors[0]));
	c->regular_line = 0;
	buf_clear(&c->promise.wanted);
	buf_clear(&c->promise.found);
	c->promise.at = (struct ledger_moment){ 0 };
}

/* Its cursors may be anywhere. */
static void
cursors_forget(struct ledger_domain *d)
{
	for (size_t i = 0; i < d->routing.count; i++) {
		struct cursor *cursor = &d->choice->cursors[i];

		cursor->is_moved = true;
		cursor->line = 0;
		memset(&cursor->possible, 0xff, sizeof(cursor->possible));
	}
}

static void
domain_gap(void *owner, struct ledger_domain *d)
{
	domain_restart(owner, d);
	if (d->choice != NULL)
		cursors_forget(d);
}

struct finish_sight {
	struct invariants *v;
	utime now;
};

static void
domain_finish(void *owner, struct ledger_domain *d)
{
	const struct finish_sight *sight = owner;

	promise_check(sight->v, d, sight->now);
}

void
choice_finish(struct invariants *v, utime now)
{
	struct finish_sight sight = { v, now };

	ledger_domains(v->ledger, domain_finish, &sight);
}

static struct choice *
choice_get(struct ledger_domain *d)
{
	if (d->choice != NULL)
		return d->choice;
	d->choice = xcalloc(1, sizeof(*d->choice));
	d->choice->cursors =
	    xcalloc(d->routing.count + 1, sizeof(d->choice->cursors[0]));
	choice_classes_init(&d->choice->classes);
	if (d->blind_until > 0)
		cursors_forget(d);
	return d->choice;
}

void
choice_destroy(struct choice **cp)
{
	struct choice *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	choice_classes_fini(&c->classes);
	buf_fini(&c->promise.wanted);
	buf_fini(&c->promise.found);
	free(c->cursors);
	free(c);
}

/* ---- connections ---- */

static void
cursor_move(struct choosing *ch)
{
	struct choice *choice = ch->d->choice;
	struct cursor *cursor = &choice->cursors[ch->first];

	/* When connections that follow a failure leave it where it is, the log
	 * does not tell which do. */
	if (ch->v->plan->relay.delivery.rotation == ROTATION_CONNECTIONS &&
	    ch->is_regular && cursor->line < ch->at.line) {
		cursor->possible = (struct seats){ 0 };
		cursor->line = ch->at.line;
		cursor->is_moved = true;
	}
	seats_add(&cursor->possible, ch->seat);
	if (ch->is_regular && choice->regular_line < ch->at.line)
		choice->regular_line = ch->at.line;
}

static bool
class_was_there(const struct choosing *ch, const struct choice_class *k)
{
	utime patience = ledger_patience(ch->v->ledger, ch->d);

	if (k->first.line > ch->at.line)
		return false;
	if (k->count > 0)
		return true;
	return ch->is_regular && ch->behind > 0
	    ? k->last.line > ch->behind
	    : k->last.hi + patience >= ch->at.lo;
}

/* The best that any class lets the connection be. */
static enum choice_verdict
classes_judge(struct choosing *ch)
{
	struct choice_classes *classes = &ch->d->choice->classes;
	utime patience = ledger_patience(ch->v->ledger, ch->d);
	enum choice_verdict best = CHOICE_INELIGIBLE;
	size_t other = SIZE_MAX;
	bool is_any = false;

	/* Whose domain was known late: its classes are forgotten. */
	if (ch->at.hi + patience < ledger_now(ch->v->ledger)->lo)
		return CHOICE_RIGHT;
	choice_classes_purge(classes, ch->at.lo - 2 * patience);
	if (classes->dropped.hi + patience >= ch->at.lo)
		return CHOICE_RIGHT;
	LIST_FOREACH(node, &classes->all) {
		const struct choice_class *k =
		    CONTAINER_OF(node, struct choice_class, node);
		enum choice_verdict so;

		if (!class_was_there(ch, k))
			continue;
		ch->other = SIZE_MAX;
		so = choosing_judge(ch, k);
		if (!is_any || so < best) {
			best = so;
			other = ch->other;
		}
		is_any = true;
	}
	ch->other = other;
	return is_any ? best : CHOICE_RIGHT;
}

static void
connection_check(struct invariants *v, const struct ledger_connection *c)
{
	struct choosing ch = { .v = v,
		.d = c->domain,
		.at = c->opened,
		.seat = routing_index(&c->domain->routing, &c->address->at) };
	struct choice_taken taken = { "DCID", c->dcid };
	char at[ENDPOINT_TEXT_MAX];

	if (ch.d->routing.state == ROUTING_UNKNOWN)
		return;
	(void)choice_get(ch.d);
	if (ch.seat == SIZE_MAX) {
		invariant_fail(v, INV_ROTATION, &c->opened,
		    "connections go to candidates of the domain only",
		    "DCID %llu for %s goes to %s, which is none", ULL(c->dcid),
		    ch.d->name, endpoint_format(&c->address->at, at));
		return;
	}
	choosing_begin(&ch, &c->was);
	choosing_charge(&ch, classes_judge(&ch), &taken);
	cursor_move(&ch);
}

/* ---- mail ---- */

/* The group itself, on a connection that stands: its host must be untried, and
 * nothing better eligible, now or, for the first mail, when the connection was
 * chosen. */
static void
group_check(struct invariants *v, const struct ledger_connection *c,
    const struct ledger_group *g, const struct ledger_moment *now)
{
	struct choice_class alone = { .count = 1 };
	struct choosing ch = { .v = v,
		.d = g->domain,
		.at = c->starts > 0 ? *now : c->opened,
		.is_instant = c->starts > 0,
		.seat = routing_index(&g->domain->routing, &c->address->at) };
	struct choice_taken taken = { "MID", g->message->mid };
	enum choice_verdict verdict;

	if (ch.seat == SIZE_MAX || g->is_waiting)
		return;
	(void)choice_get(ch.d);
	choosing_begin(&ch, NULL);
	for (size_t i = 0; i < g->domain->routing.count; i++)
		if (ledger_tried(g, i) != TRIED_NO)
			seats_add(&alone.surely, i);
	verdict = choosing_judge_priority(&ch, &alone);
	if (verdict < CHOICE_PRIORITY &&
	    ledger_tried(g, ch.seat) == TRIED_YES) {
		verdict = CHOICE_INELIGIBLE;
		ch.down = (struct seats){ 0 };
	}
	ch.at = *now;
	choosing_charge(&ch, verdict, &taken);
}

static void
mail_check(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_group *last = NULL;
	struct slice rest = entry->rids;
	uint64_t rid;

	if (entry->connection == NULL || entry->connection->domain == NULL)
		return;
	promise_check(v, entry->connection->domain, entry->moment.lo);
	while (maillog_rid_next(&rest, &rid)) {
		const struct ledger_recipient *r =
		    ledger_recipient_find(entry->message, rid);

		if (r == NULL || r->group == last ||
		    r->state >= RECIPIENT_DELIVERED)
			continue;
		/* Left over from the transaction before it (33). */
		if (r->state == RECIPIENT_ACTIVE &&
		    r->dcid == entry->connection->dcid)
			continue;
		last = r->group;
		group_check(v, entry->connection, last, &entry->moment);
	}
}
