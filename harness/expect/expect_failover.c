/* SPDX-License-Identifier: MIT */
/*
 * "failover": messages that went on from one host to another within a round,
 * as the ledger tells it (ledger_failover.c).  The time of one is that from
 * the line that tells the failure to the line that shows it at the next host.
 */
#include "harness/expect/expect.h"

#define ULL(n) ((unsigned long long)(n))

struct failover_state {
	uint64_t *to; /* owned: failovers from the host, by host; the last
	               * is elsewhere */
	uint64_t late;
	utime slowest;
	struct ledger_moment first, slowest_moment;
};

static void
failover_begin(struct expectation *e)
{
	struct failover_state *state = xcalloc(1, sizeof(*state));

	state->to = xcalloc(e->plan->hosts.count + 1, sizeof(state->to[0]));
	e->state = state;
}

static void
failover_end(struct expectation *e)
{
	struct failover_state *state = e->state;

	free(state->to);
	free(state);
}

static void
failover_entry(struct expectation *e, const struct ledger_entry *entry)
{
	struct failover_state *state = e->state;
	size_t to;
	utime took;

	if (entry->kind != LEDGER_FAILED_OVER ||
	    entry->trail->from->host != e->said->hosts[0])
		return;
	to = entry->connection->address->host;
	state->to[to < e->plan->hosts.count ? to : e->plan->hosts.count]++;
	if (to != e->said->hosts[1])
		return;
	took = entry->moment.lo - entry->trail->since.hi;
	if (state->first.line == 0)
		state->first = entry->moment;
	if (took > state->slowest) {
		state->slowest = took;
		state->slowest_moment = entry->moment;
	}
	state->late += took > utime_add(e->said->span, e->plan->slack);
}

static void
wanted_format(const struct expectation *e, struct buf *out)
{
	char span[UTIME_TEXT_MAX];

	if (e->said->has_count)
		buf_printf(out, "%llu messages that go", ULL(e->said->total));
	else
		buf_append_cstr(out, "messages that go");
	buf_printf(out, " on from %s to %s in their round",
	    expect_host_name(e, e->said->hosts[0]),
	    expect_host_name(e, e->said->hosts[1]));
	if (e->said->span != UTIME_NEVER)
		buf_printf(out, ", each within %s",
		    utime_format_duration(e->said->span, span));
}

static void
found_format(const struct expectation *e, struct buf *out)
{
	const struct failover_state *state = e->state;
	const char *before = "from it went on: to ";
	char span[UTIME_TEXT_MAX];

	for (size_t i = 0; i <= e->plan->hosts.count; i++) {
		if (state->to[i] == 0)
			continue;
		buf_printf(out, "%s%s %llu", before, expect_host_name(e, i),
		    ULL(state->to[i]));
		before = ", to ";
	}
	if (before[0] == 'f')
		buf_append_cstr(out, "none went on from it to another host");
	if (state->late == 0)
		return;
	buf_printf(out, "; later than that: %llu, the slowest after %s on ",
	    ULL(state->late), utime_format_span(state->slowest, span));
	ledger_where(e->ledger, &state->slowest_moment, out);
}

static void
failover_finish(struct expectation *e)
{
	const struct failover_state *state = e->state;
	size_t wanted_to = e->said->hosts[1];
	uint64_t count = state->to[wanted_to];
	bool is_right =
	    e->said->has_count ? count == e->said->total : count > 0;

	if ((is_right && state->late == 0) ||
	    !charge_count(&e->charge,
		state->late > 0 ? state->slowest_moment.lo : UTIME_NEVER))
		return;
	e->charge.line =
	    state->late > 0 ? state->slowest_moment.line : state->first.line;
	wanted_format(e, &e->charge.wanted);
	found_format(e, &e->charge.found);
}

const struct expect_kind expect_failover = {
	.begin = failover_begin,
	.entry = failover_entry,
	.finish = failover_finish,
	.end = failover_end,
};
