/* SPDX-License-Identifier: MIT */
/*
 * "attempts": the hosts of the delivery connections in order.  A New line does
 * not always say for whom it is; such a connection keeps its place in the order
 * until that is known, and those behind it wait.  The attempts of a message are
 * the connections of its domains while it is in the queue.
 */
#include "harness/expect/expect.h"

#define ULL(n) ((unsigned long long)(n))

/* Hosts that are shown beyond those that were wanted. */
#define SURPLUS_SHOWN 5

enum place_state {
	PLACE_OPEN, /* not known yet */
	PLACE_OURS,
	PLACE_OTHERS,
};

/* A connection's place in the order. */
struct attempt_place {
	struct list node;
	uint64_t dcid;
	size_t host;
	struct ledger_moment moment;
	enum place_state state;
};

struct attempts_state {
	struct list places; /* the first of them is open */
	size_t *hosts;      /* owned; of those in order, as far as shown */
	size_t shown_max;
	uint64_t count;
	size_t differs; /* index of the first that is wrong, or SIZE_MAX */
	struct ledger_moment differs_moment;
	const struct ledger_message *message; /* while it is in the queue */
};

static void
attempts_begin(struct expectation *e)
{
	struct attempts_state *state = xcalloc(1, sizeof(*state));

	list_init(&state->places);
	state->shown_max = e->said->host_count + SURPLUS_SHOWN;
	state->hosts = xcalloc(state->shown_max, sizeof(state->hosts[0]));
	state->differs = SIZE_MAX;
	e->state = state;
}

static void
attempts_end(struct expectation *e)
{
	struct attempts_state *state = e->state;

	LIST_FOREACH_SAFE(node, &state->places)
		free(CONTAINER_OF(node, struct attempt_place, node));
	free(state->hosts);
	free(state);
}

static void
attempt_take(struct expectation *e, const struct attempt_place *place)
{
	struct attempts_state *state = e->state;
	uint64_t i = state->count++;

	if (i < state->shown_max)
		state->hosts[i] = place->host;
	if (state->differs != SIZE_MAX ||
	    (i < e->said->host_count && e->said->hosts[i] == place->host))
		return;
	state->differs = (size_t)i;
	state->differs_moment = place->moment;
}

static void
places_take(struct expectation *e)
{
	struct attempts_state *state = e->state;

	while (!list_is_empty(&state->places)) {
		struct attempt_place *place = CONTAINER_OF(
		    state->places.next, struct attempt_place, node);

		if (place->state == PLACE_OPEN)
			return;
		if (place->state == PLACE_OURS)
			attempt_take(e, place);
		list_remove(&place->node);
		free(place);
	}
}

static bool
domain_is_ours(const struct expectation *e, const struct ledger_domain *d)
{
	const struct attempts_state *state = e->state;

	if (e->said->message == 0)
		return slice_eq_nocase(e->said->domain, slice_cstr(d->name));
	for (const struct ledger_group *g = state->message->groups; g != NULL;
	     g = g->next)
		if (g->domain == d)
			return true;
	return false;
}

static void
place_add(struct expectation *e, const struct ledger_entry *entry)
{
	struct attempts_state *state = e->state;
	const struct ledger_connection *c = entry->connection;
	struct attempt_place *place;
	bool is_of_all = e->said->message == 0 && e->said->domain.len == 0;

	if (e->said->message > 0 && state->message == NULL)
		return;
	if (is_of_all && !expect_speaks_of(e, c->address->host))
		return;
	place = xcalloc(1, sizeof(*place));
	place->dcid = c->dcid;
	place->host = c->address->host;
	place->moment = entry->moment;
	place->state = is_of_all ? PLACE_OURS : PLACE_OPEN;
	list_append(&state->places, &place->node);
	places_take(e);
}

static void
place_close(struct expectation *e, uint64_t dcid, enum place_state to)
{
	struct attempts_state *state = e->state;

	LIST_FOREACH(node, &state->places) {
		struct attempt_place *place =
		    CONTAINER_OF(node, struct attempt_place, node);

		if (place->dcid == dcid && place->state == PLACE_OPEN)
			place->state = to;
	}
	places_take(e);
}

static void
attempts_entry(struct expectation *e, const struct ledger_entry *entry)
{
	struct attempts_state *state = e->state;

	if (entry->kind == LEDGER_ACCEPTED && e->said->message > 0 &&
	    entry->message->ordinal == e->said->message)
		state->message = entry->message;
	else if (entry->kind == LEDGER_ENDED &&
	    entry->message == state->message)
		state->message = NULL;
	else if (entry->kind == LEDGER_OPENED)
		place_add(e, entry);
	else if (entry->kind == LEDGER_CLOSED)
		place_close(e, entry->connection->dcid, PLACE_OTHERS);
	else if (entry->kind == LEDGER_ASSIGNED &&
	    !list_is_empty(&state->places))
		place_close(e, entry->connection->dcid,
		    (e->said->message == 0 || state->message != NULL) &&
			    domain_is_ours(e, entry->connection->domain)
			? PLACE_OURS
			: PLACE_OTHERS);
}

static void
attempts_finish(struct expectation *e)
{
	const struct attempts_state *state = e->state;
	struct buf *found = &e->charge.found;
	size_t shown = state->count < state->shown_max ? (size_t)state->count
						       : state->shown_max;
	bool is_short = state->count < e->said->host_count;

	if (state->differs == SIZE_MAX && !is_short)
		return;
	(void)charge_count(&e->charge,
	    state->differs != SIZE_MAX ? state->differs_moment.lo
				       : UTIME_NEVER);
	expect_hosts_list(
	    e, e->said->hosts, e->said->host_count, &e->charge.wanted);
	expect_hosts_list(e, state->hosts, shown, found);
	if (shown < state->count)
		buf_printf(found, " and %llu more", ULL(state->count - shown));
	e->charge.line = state->differs_moment.line;
	if (state->differs == SIZE_MAX) {
		buf_printf(found, "; then none, where %s was wanted",
		    expect_host_name(e, e->said->hosts[state->count]));
		return;
	}
	buf_printf(found, "; attempt %zu, on ", state->differs + 1);
	ledger_where(e->ledger, &state->differs_moment, found);
	if (state->differs < e->said->host_count)
		buf_printf(found, ", went to %s, not to %s",
		    expect_host_name(e, state->hosts[state->differs]),
		    expect_host_name(e, e->said->hosts[state->differs]));
	else
		buf_printf(found, ", to %s, is one too many",
		    expect_host_name(e, state->hosts[state->differs]));
}

const struct expect_kind expect_attempts = {
	.begin = attempts_begin,
	.entry = attempts_entry,
	.finish = attempts_finish,
	.end = attempts_end,
};
