/* SPDX-License-Identifier: MIT */
/*
 * "fair": the hosts that share.  Beside the shares it tells Jain's index (1:
 * all equal, 1/n: one has all) and the longest run of one host, which a fair
 * rotation keeps short.
 */
#include "harness/expect/expect.h"

#define ULL(n) ((unsigned long long)(n))

struct fair_state {
	uint64_t *shares; /* owned; as said->hosts */
	uint64_t run, run_max;
	size_t last, run_max_host; /* indexes in said->hosts */
};

static void
fair_begin(struct expectation *e)
{
	struct fair_state *state = xcalloc(1, sizeof(*state));

	state->shares = xcalloc(e->said->host_count, sizeof(uint64_t));
	state->last = SIZE_MAX;
	e->state = state;
}

static void
fair_end(struct expectation *e)
{
	struct fair_state *state = e->state;

	free(state->shares);
	free(state);
}

static void
fair_entry(struct expectation *e, const struct ledger_entry *entry)
{
	struct fair_state *state = e->state;
	enum ledger_kind kind =
	    e->said->by == FAIR_BY_MESSAGES ? LEDGER_DONE : LEDGER_OPENED;
	size_t i = 0;

	if (entry->kind != kind || entry->connection == NULL)
		return;
	while (i < e->said->host_count &&
	    e->said->hosts[i] != entry->connection->address->host)
		i++;
	if (i == e->said->host_count)
		return;
	state->shares[i]++;
	state->run = state->last == i ? state->run + 1 : 1;
	state->last = i;
	if (state->run > state->run_max) {
		state->run_max = state->run;
		state->run_max_host = i;
	}
}

/* How those who share did, in the tables of the routes that lead to them. */
static void
fair_report(const struct expectation *e, struct buf *out)
{
	for (size_t i = 0; i < fairness_count(e->fairness); i++) {
		const struct fairness_row *row = fairness_row(e->fairness, i);
		bool is_ours = false;

		for (size_t k = 0; k < row->count; k++)
			for (size_t h = 0; h < e->said->host_count; h++)
				is_ours = is_ours ||
				    row->shares[k].address->host ==
					e->said->hosts[h];
		if (!is_ours)
			continue;
		buf_append_byte(out, '\n');
		fairness_format(e->fairness, row, 0, out);
		buf_truncate(out, buf_len(out) - 1);
	}
}

static void
fair_finish(struct expectation *e)
{
	const struct fair_state *state = e->state;
	uint64_t most = 0, least = UINT64_MAX;
	const char *what =
	    e->said->by == FAIR_BY_MESSAGES ? "messages" : "connections";

	for (size_t i = 0; i < e->said->host_count; i++) {
		most = state->shares[i] > most ? state->shares[i] : most;
		least = state->shares[i] < least ? state->shares[i] : least;
	}
	if (most - least <= e->said->fair_tolerance ||
	    !charge_count(&e->charge, UTIME_NEVER))
		return;
	buf_printf(&e->charge.wanted,
	    "shares of the %s that differ by at most %llu", what,
	    ULL(e->said->fair_tolerance));
	for (size_t i = 0; i < e->said->host_count; i++)
		buf_printf(&e->charge.found, "%s%s: %llu", i > 0 ? ", " : "",
		    expect_host_name(e, e->said->hosts[i]),
		    ULL(state->shares[i]));
	buf_printf(&e->charge.found,
	    "; they differ by %llu; Jain's index %.4f; longest run: %llu to %s",
	    ULL(most - least), jain_index(state->shares, e->said->host_count),
	    ULL(state->run_max),
	    expect_host_name(e, e->said->hosts[state->run_max_host]));
	fair_report(e, &e->charge.found);
}

const struct expect_kind expect_fair = {
	.begin = fair_begin,
	.entry = fair_entry,
	.finish = fair_finish,
	.end = fair_end,
};
