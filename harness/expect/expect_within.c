/* SPDX-License-Identifier: MIT */
/*
 * "within": how long recipients waited, from the line that accepted their
 * message to the one that delivered it.  Those that bounce or are dropped are
 * another expectation's; one that is still queued has waited to the end of the
 * run.
 */
#include "harness/expect/expect.h"

#define ULL(n) ((unsigned long long)(n))

struct within_state {
	uint64_t delivered, late, queued;
	utime slowest;
	uint64_t slowest_mid;
	struct ledger_moment slowest_moment; /* line 0: it is still queued */
};

static void
within_begin(struct expectation *e)
{
	e->state = xcalloc(1, sizeof(struct within_state));
}

static bool
is_asked_for(const struct expectation *e, const struct ledger_message *m)
{
	return e->said->message == 0 ? m->ordinal > 0
				     : m->ordinal == e->said->message;
}

static void
note_slow(struct within_state *state, const struct ledger_message *m,
    utime took, const struct ledger_moment *moment)
{
	if (took <= state->slowest)
		return;
	state->slowest = took;
	state->slowest_mid = m->mid;
	state->slowest_moment = *moment;
}

static void
within_entry(struct expectation *e, const struct ledger_entry *entry)
{
	struct within_state *state = e->state;
	const struct ledger_message *m = entry->message;
	utime took;

	if (entry->kind != LEDGER_DELIVERED ||
	    entry->recipient->state >= RECIPIENT_DELIVERED ||
	    !is_asked_for(e, m))
		return;
	took = entry->moment.lo - m->accepted.hi;
	state->delivered++;
	state->late += took > utime_add(e->said->span, e->plan->slack);
	note_slow(state, m, took, &entry->moment);
}

static void
see_message(void *owner, struct ledger_message *m)
{
	struct expectation *e = owner;
	struct within_state *state = e->state;
	struct ledger_moment at = { 0 };
	utime took = e->ended - m->accepted.hi;

	if (m->accepted.line == 0 || m->open == 0 || !is_asked_for(e, m) ||
	    took <= utime_add(e->said->span, e->plan->slack))
		return;
	state->queued += m->open;
	note_slow(state, m, took, &at);
}

static void
within_finish(struct expectation *e)
{
	struct within_state *state = e->state;
	struct buf *found = &e->charge.found;
	char span[UTIME_TEXT_MAX];
	bool is_told;

	ledger_messages(e->ledger, see_message, e);
	is_told = state->delivered + state->queued > 0;
	if (is_told && state->late + state->queued == 0)
		return;
	(void)charge_count(&e->charge,
	    state->slowest_moment.line > 0 ? state->slowest_moment.lo
					   : UTIME_NEVER);
	e->charge.line = state->slowest_moment.line;
	buf_printf(&e->charge.wanted,
	    "each recipient delivered within %s of its acceptance",
	    utime_format_duration(e->said->span, span));
	if (!is_told) {
		buf_append_cstr(found, "none was delivered");
		return;
	}
	if (state->late > 0)
		buf_printf(found, "%llu of %llu were delivered later; ",
		    ULL(state->late), ULL(state->delivered));
	if (state->queued > 0)
		buf_printf(found, "%llu waited longer and are still queued; ",
		    ULL(state->queued));
	buf_printf(found, "the slowest, MID %llu, ", ULL(state->slowest_mid));
	utime_format_span(state->slowest, span);
	if (state->slowest_moment.line == 0) {
		buf_printf(found, "is queued for %s", span);
		return;
	}
	buf_printf(found, "was delivered after %s on ", span);
	ledger_where(e->ledger, &state->slowest_moment, found);
}

static void
within_end(struct expectation *e)
{
	free(e->state);
}

const struct expect_kind expect_within = {
	.begin = within_begin,
	.entry = within_entry,
	.finish = within_finish,
	.end = within_end,
};
