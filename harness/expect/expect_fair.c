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

static double
jain_index(const struct expectation *e)
{
	const struct fair_state *state = e->state;
	double sum = 0, squares = 0;

	for (size_t i = 0; i < e->said->host_count; i++) {
		double share = (double)state->shares[i];

		sum += share;
		squares += share * share;
	}
	return squares > 0 ? sum * sum / ((double)e->said->host_count * squares)
			   : 1;
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
	    ULL(most - least), jain_index(e), ULL(state->run_max),
	    expect_host_name(e, e->said->hosts[state->run_max_host]));
}

const struct expect_kind expect_fair = {
	.begin = fair_begin,
	.entry = fair_entry,
	.finish = fair_finish,
	.end = fair_end,
};
