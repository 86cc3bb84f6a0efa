/* SPDX-License-Identifier: MIT */
/*
 * "requeue": when the rounds of a message after the first began.  A round
 * begins when its wait is over, and that is known from the line that announced
 * it, or from the delivery that released it; whether the relay then does what
 * it should is for the back-off invariant.  A wait that ends past the message's
 * time in the queue begins no round.
 */
#include "harness/expect/expect.h"

#define ULL(n) ((unsigned long long)(n))

/* Rounds that are kept beyond those that were wanted. */
#define SURPLUS_SHOWN 5

struct requeue_state {
	uint64_t ordinal;            /* of the message */
	utime *times;                /* owned */
	struct ledger_moment *lines; /* owned: that announced each */
	size_t count, shown_max;
};

static void
requeue_begin(struct expectation *e)
{
	struct requeue_state *state = xcalloc(1, sizeof(*state));

	state->ordinal = e->said->message > 0 ? e->said->message : 1;
	state->shown_max = e->said->time_count + SURPLUS_SHOWN;
	state->times = xcalloc(state->shown_max, sizeof(state->times[0]));
	state->lines = xcalloc(state->shown_max, sizeof(state->lines[0]));
	e->state = state;
}

static void
requeue_end(struct expectation *e)
{
	struct requeue_state *state = e->state;

	free(state->times);
	free(state->lines);
	free(state);
}

/* Groups of one message at several domains may begin at once: that is one
 * round of the message. */
static void
requeue_entry(struct expectation *e, const struct ledger_entry *entry)
{
	struct requeue_state *state = e->state;
	const struct ledger_group *g = entry->group;

	if (entry->kind != LEDGER_ROUND || g->rounds < 2 ||
	    entry->message->ordinal != state->ordinal)
		return;
	utime since = entry->moment.lo - entry->message->accepted.lo;
	bool expired = since >= ledger_profile(e->ledger, g)->max_time;
	bool is_known = state->count > 0 && state->count <= state->shown_max &&
	    state->times[state->count - 1] == since;
	if (expired || is_known)
		return;
	if (state->count < state->shown_max) {
		state->times[state->count] = since;
		state->lines[state->count] = entry->moment;
		state->lines[state->count].line = g->pending_line;
	}
	state->count++;
}

static void
time_append(struct buf *out, utime time, bool is_first)
{
	char span[UTIME_TEXT_MAX];

	buf_printf(
	    out, "%s%s", is_first ? "" : ", ", utime_format_span(time, span));
}

static void
requeue_format(const struct expectation *e, size_t differs, struct buf *out)
{
	const struct requeue_state *state = e->state;

	for (size_t i = 0; i < state->count && i < state->shown_max; i++) {
		time_append(out, state->times[i], i == 0);
		if (i == differs)
			buf_printf(out, " (announced on line %llu)",
			    ULL(state->lines[i].line));
	}
	if (state->count > state->shown_max)
		buf_printf(
		    out, " and %zu more", state->count - state->shown_max);
	if (state->count == 0)
		buf_append_cstr(out, "none");
}

/* The waits of the message, beside those that are prescribed. */
static void
requeue_report(const struct expectation *e, struct buf *out)
{
	const struct requeue_state *state = e->state;

	for (size_t i = 0; i < schedule_count(e->schedule); i++) {
		const struct schedule_row *row = schedule_row(e->schedule, i);

		if (row->ordinal != state->ordinal)
			continue;
		buf_append_byte(out, '\n');
		schedule_format(row, 0, out);
		buf_truncate(out, buf_len(out) - 1);
	}
}

static void
requeue_finish(struct expectation *e)
{
	const struct requeue_state *state = e->state;
	const struct plan_expectation *said = e->said;
	const utime tolerance = said->tolerance + e->plan->slack;
	struct buf *found = &e->charge.found;
	size_t i = 0;

	while (i < said->time_count && i < state->count &&
	    state->times[i] <= said->times[i] + tolerance &&
	    state->times[i] >= said->times[i] - tolerance)
		i++;
	if (i == said->time_count && i == state->count)
		return;
	(void)charge_count(
	    &e->charge, i < state->count ? state->lines[i].lo : UTIME_NEVER);
	for (size_t k = 0; k < said->time_count; k++)
		time_append(&e->charge.wanted, said->times[k], k == 0);
	if (said->time_count == 0)
		buf_append_cstr(&e->charge.wanted, "none");
	requeue_format(e, i, found);
	if (i == said->time_count)
		buf_printf(found, "; round %zu is one too many", i + 2);
	else if (i == state->count)
		buf_printf(found, "; round %zu never began", i + 2);
	else
		buf_printf(
		    found, "; round %zu is the first that differs", i + 2);
	requeue_report(e, found);
}

const struct expect_kind expect_requeue = {
	.begin = requeue_begin,
	.entry = requeue_entry,
	.finish = requeue_finish,
	.end = requeue_end,
};
