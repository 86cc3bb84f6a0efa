/* SPDX-License-Identifier: MIT */
/* What was wrong with a choice, in words; see choice_impl.h. */
#include "harness/judge/choice_impl.h"

#define ULL(n) ((unsigned long long)(n))

/* ---- words ---- */

static void
seat_name(const struct choosing *ch, size_t seat, struct buf *out)
{
	const struct routing_candidate *c = &ch->d->routing.candidates[seat];
	const struct ledger_address *a = ch->d->seats[seat].address;
	char at[ENDPOINT_TEXT_MAX];

	(void)endpoint_format(&c->at, at);
	if (a->host != PLAN_NO_HOST)
		buf_printf(
		    out, "%s (%s, ", ch->v->plan->hosts.at[a->host].name, at);
	else
		buf_printf(out, "%s (", at);
	buf_printf(out, "priority %u", routing_route_priority(c));
	if (routing_preference(c) != 0)
		buf_printf(out, ", preference %u", routing_preference(c));
	buf_append_byte(out, ')');
}

static void
wrong_words(const struct choosing *ch, enum choice_verdict verdict,
    struct buf *wanted, struct buf *found)
{
	seat_name(ch, ch->seat, found);
	switch (verdict) {
	case CHOICE_RIGHT:
		return;
	case CHOICE_OWING:
	case CHOICE_PRIORITY:
	case CHOICE_ORDER:
		buf_append_cstr(wanted, "a connection to ");
		seat_name(ch, ch->other, wanted);
		if (verdict == CHOICE_OWING)
			buf_append_cstr(wanted,
			    ", which was due for its probe, and of which no "
			    "line follows");
		else
			buf_append_cstr(wanted,
			    ", which is neither tried in the round nor down");
		if (ch->other >= ch->first)
			buf_append_cstr(wanted, " and comes first");
		return;
	case CHOICE_INELIGIBLE:
		buf_append_cstr(wanted,
		    "a connection to a candidate that is neither tried in the "
		    "round nor down");
		buf_append_cstr(found,
		    seats_has(&ch->down, ch->seat) ? ", which is down"
						   : ", which is tried");
		return;
	}
}

/* "line 12 (0:00:05.002): DCID 3 for example.com goes to ...". */
static void
choice_format(const struct choosing *ch, enum choice_verdict verdict,
    const struct choice_taken *taken, struct buf *wanted, struct buf *found)
{
	ledger_where(ch->v->ledger, &ch->at, found);
	buf_printf(found, ": %s %llu for %s goes to ", taken->kind,
	    ULL(taken->number), ch->d->name);
	wrong_words(ch, verdict, wanted, found);
}

/* Whether the line of a probe that was under way may have come already: the
 * host is still to greet, or what is known of it has just changed. */
static bool
probe_shows(const struct choosing *ch)
{
	utime patience = ledger_patience(ch->v->ledger, ch->d);

	for (size_t i = 0; i < ch->d->routing.count; i++) {
		const struct ledger_address *a = ch->d->seats[i].address;

		if (i == ch->seat || a->touched.line == 0)
			continue;
		if (a->now.state == ADDRESS_MAYBE && a->fresh > 0)
			return true;
		if (a->now.changed.line > 0 &&
		    a->now.changed.hi + patience >= ch->at.lo)
			return true;
	}
	return false;
}

/* One promise at a time: while it is owed, others say the same. */
static void
promise_make(const struct choosing *ch, enum invariant which,
    const struct choice_taken *taken)
{
	struct promise *p = &ch->d->choice->promise;

	if (p->at.line > 0 || probe_shows(ch) ||
	    ch->d->open_count >= ch->d->controls->max_host_concurrency ||
	    ledger_held_until(ch->v->ledger, ch->d) >= ch->at.lo)
		return;
	p->at = ch->at;
	p->which = which;
	p->deadline = utime_add(ledger_now(ch->v->ledger)->hi,
	    ledger_patience(ch->v->ledger, ch->d));
	p->probed = (struct seats){ 0 };
	for (size_t i = 0; i < ch->d->routing.count; i++)
		if (choosing_may_probe(ch, i))
			seats_add(&p->probed, i);
	buf_clear(&p->wanted);
	buf_clear(&p->found);
	choice_format(ch, CHOICE_OWING, taken, &p->wanted, &p->found);
}

void
choosing_charge(const struct choosing *ch, enum choice_verdict verdict,
    const struct choice_taken *taken)
{
	enum invariant which =
	    verdict != CHOICE_INELIGIBLE && ch->other < ch->first
	    ? INV_PRIORITY
	    : INV_ROTATION;
	struct charge *charge = &ch->v->charges[which];

	if (verdict == CHOICE_OWING) {
		promise_make(ch, which, taken);
		return;
	}
	if (verdict == CHOICE_RIGHT || !charge_count(charge, ch->at.lo))
		return;
	charge->line = ch->at.line;
	choice_format(ch, verdict, taken, &charge->wanted, &charge->found);
}

void
promise_check(struct invariants *v, struct ledger_domain *d, utime now)
{
	struct promise *p = d->choice != NULL ? &d->choice->promise : NULL;
	struct charge *charge;

	if (p == NULL || p->at.line == 0)
		return;
	for (size_t i = 0; i < d->routing.count; i++)
		if (seats_has(&p->probed, i) &&
		    d->seats[i].address->touched.line > p->at.line) {
			p->at.line = 0;
			return;
		}
	if (now <= p->deadline)
		return;
	if (ledger_heard(v->ledger) <= p->deadline) {
		ledger_note_silence(v->ledger);
		p->at.line = 0;
		return;
	}
	charge = &v->charges[p->which];
	if (charge_count(charge, p->at.lo)) {
		charge->line = p->at.line;
		buf_append(&charge->wanted, buf_slice(&p->wanted));
		buf_append(&charge->found, buf_slice(&p->found));
	}
	p->at.line = 0;
}
