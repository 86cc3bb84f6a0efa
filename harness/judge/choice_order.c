/* SPDX-License-Identifier: MIT */
/* One choice against one class; see choice_impl.h. */
#include "harness/judge/choice_impl.h"

/* ---- what was known of the hosts ---- */

static bool
was_before(const struct choosing *ch, const struct ledger_moment *changed)
{
	utime patience = ledger_patience(ch->v->ledger, ch->d);

	if (changed->line == 0)
		return true;
	if (changed->line > ch->at.line)
		return false;
	return ch->is_instant || changed->line <= ch->behind ||
	    changed->hi + patience < ch->at.lo;
}

static void
sight_note(struct choosing *ch, size_t seat, const struct address_sight *sight)
{
	utime patience =
	    ch->is_instant ? 0 : ledger_patience(ch->v->ledger, ch->d);

	if (!was_before(ch, &sight->changed))
		return;
	switch (sight->state) {
	case ADDRESS_UP:
		seats_add(&ch->up, seat);
		return;
	case ADDRESS_DOWN:
		if (ch->at.hi < sight->probe_lo)
			seats_add(&ch->down, seat);
		else if (sight->probe_hi <= ch->at.lo - patience)
			seats_add(&ch->due, seat);
		return;
	case ADDRESS_MAYBE:
		return;
	}
}

void
choosing_begin(struct choosing *ch, const struct address_sight *own)
{
	const struct routing *r = &ch->d->routing;
	uint64_t regular = ch->d->choice->regular_line;

	ch->behind = regular < ch->at.line ? regular : 0;
	for (size_t i = 0; i < r->count; i++)
		sight_note(ch, i,
		    i == ch->seat && own != NULL
			? own
			: &ch->d->seats[i].address->now);
	ch->first = ch->end = ch->seat;
	while (ch->first > 0 &&
	    r->candidates[ch->first - 1].priority ==
		r->candidates[ch->seat].priority)
		ch->first--;
	while (ch->end < r->count &&
	    r->candidates[ch->end].priority == r->candidates[ch->seat].priority)
		ch->end++;
	ch->is_regular = seats_has(&ch->up, ch->seat);
}

bool
choosing_may_probe(const struct choosing *ch, size_t seat)
{
	const struct address_sight *sight = &ch->d->seats[seat].address->now;

	return sight->state == ADDRESS_MAYBE ||
	    (sight->state == ADDRESS_DOWN && sight->probe_lo <= ch->at.hi);
}

/* ---- one class ---- */

static bool
is_untried(const struct choice_class *k, size_t seat)
{
	return !seats_has(&k->surely, seat) && !seats_has(&k->perhaps, seat);
}

/* What passing over `seat` is. */
static enum choice_verdict
pass_over(struct choosing *ch, const struct choice_class *k, size_t seat,
    enum choice_verdict wrong)
{
	utime patience =
	    ch->is_instant ? 0 : ledger_patience(ch->v->ledger, ch->d);

	/* Mail waits for a host that is busy: a worse priority is for hosts
	 * that fail. */
	if (!is_untried(k, seat) ||
	    (wrong == CHOICE_ORDER &&
		ledger_seat_may_be_held(ch->d, seat, ch->at.lo - patience)))
		return CHOICE_RIGHT;
	if (seats_has(&ch->up, seat)) {
		ch->other = seat;
		return wrong;
	}
	if (!seats_has(&ch->due, seat))
		return CHOICE_RIGHT;
	ch->other = seat;
	return CHOICE_OWING;
}

/* From one place of the cursor to the seat. */
static enum choice_verdict
order_from(struct choosing *ch, const struct choice_class *k, size_t next)
{
	enum choice_verdict worst = CHOICE_RIGHT;

	for (size_t i = next; i != ch->seat;
	     i = i + 1 < ch->end ? i + 1 : ch->first) {
		enum choice_verdict so = pass_over(ch, k, i, CHOICE_ORDER);

		worst = so > worst ? so : worst;
		if (worst == CHOICE_ORDER)
			break;
	}
	return worst;
}

static bool
cursor_may_be_at(const struct choosing *ch, size_t seat)
{
	const struct cursor *cursor = &ch->d->choice->cursors[ch->first];
	const struct ledger_address *a = ch->d->seats[seat].address;

	return seats_has(&cursor->possible, seat) ||
	    choosing_may_probe(ch, seat) || a->unassigned > 0 ||
	    a->lost_line > cursor->line;
}

static enum choice_verdict
order_judge(struct choosing *ch, const struct choice_class *k)
{
	const struct cursor *cursor = &ch->d->choice->cursors[ch->first];
	enum choice_verdict best = CHOICE_INELIGIBLE;
	size_t other = ch->other;

	/* A probe's place in the order, or that of a connection which was made
	 * out before another, is not known. */
	if (!ch->is_regular || cursor->line > ch->at.line)
		return CHOICE_RIGHT;
	if (!cursor->is_moved) {
		best = order_from(ch, k, ch->first);
		other = ch->other;
	}
	for (size_t i = ch->first; i < ch->end && best > CHOICE_RIGHT; i++) {
		if (!cursor_may_be_at(ch, i))
			continue;
		enum choice_verdict so =
		    order_from(ch, k, i + 1 < ch->end ? i + 1 : ch->first);
		if (so < best) {
			best = so;
			other = ch->other;
		}
	}
	ch->other = other;
	return best == CHOICE_INELIGIBLE ? CHOICE_RIGHT : best;
}

enum choice_verdict
choosing_judge_priority(struct choosing *ch, const struct choice_class *k)
{
	enum choice_verdict worst = CHOICE_RIGHT;
	size_t other = SIZE_MAX;

	for (size_t i = 0; i < ch->first && worst < CHOICE_PRIORITY; i++) {
		enum choice_verdict so = pass_over(ch, k, i, CHOICE_PRIORITY);

		if (so > worst) {
			worst = so;
			other = i;
		}
	}
	ch->other = other;
	return worst;
}

enum choice_verdict
choosing_judge(struct choosing *ch, const struct choice_class *k)
{
	enum choice_verdict worst = choosing_judge_priority(ch, k);
	size_t other = ch->other;

	if (worst == CHOICE_PRIORITY)
		return worst;
	if (seats_has(&k->surely, ch->seat) || seats_has(&ch->down, ch->seat))
		return CHOICE_INELIGIBLE;
	enum choice_verdict order = order_judge(ch, k);
	if (worst < order)
		return order;
	ch->other = other;
	return worst;
}
