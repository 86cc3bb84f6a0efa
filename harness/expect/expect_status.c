/* SPDX-License-Identifier: MIT */
/*
 * "host_status": whether hosts are up or down by the log, at some time or when
 * the run ends.  A host is up when any of its addresses is, and down when all
 * of those that were tried are.
 */
#include "harness/expect/expect.h"

/* How a host stands. */
struct sight {
	bool is_told; /* false: the log does not tell */
	enum plan_host_state state;
	struct ledger_moment since; /* line 0: always */
};

/* Takes a state into account that one of the host's addresses has. */
static void
sight_add(struct sight *s, const struct ledger_address *a)
{
	bool is_better = a->now.state == ADDRESS_UP ||
	    (a->now.state == ADDRESS_MAYBE && s->state != HOST_STATUS_UP);

	if (s->state != HOST_STATUS_UNKNOWN && !is_better)
		return;
	s->is_told = a->now.state != ADDRESS_MAYBE;
	s->state =
	    a->now.state == ADDRESS_UP ? HOST_STATUS_UP : HOST_STATUS_DOWN;
	s->since = a->now.changed.line > 0 ? a->now.changed : a->touched;
}

static struct sight
host_see(const struct expectation *e, size_t index)
{
	const struct mock_host *host = &e->plan->hosts.at[index];
	struct sight s = { .is_told = true };

	for (size_t i = 0; i < host->addresses.count; i++) {
		struct endpoint at = { host->addresses.at[i], host->port };
		const struct ledger_address *a =
		    ledger_address_find(e->ledger, &at);

		if (a != NULL && a->touched.line > 0)
			sight_add(&s, a);
	}
	return s;
}

static void
look(struct expectation *e)
{
	struct sight *sights = e->state;

	for (size_t i = 0; i < e->said->status_count; i++)
		sights[i] = host_see(e, e->said->statuses[i].host);
}

static void
status_begin(struct expectation *e)
{
	struct sight *sights = xcalloc(e->said->status_count, sizeof(*sights));

	for (size_t i = 0; i < e->said->status_count; i++)
		sights[i].is_told = true;
	e->state = sights;
}

/* What stands behind the last line before that time is what stood then. */
static void
status_line(struct expectation *e, struct slice line)
{
	(void)line;
	if (e->said->when != UTIME_NEVER &&
	    ledger_now(e->ledger)->lo <= e->plan->start + e->said->when)
		look(e);
}

static const char *
state_name(const struct sight *s)
{
	static const char *const names[] = {
		[HOST_STATUS_UNKNOWN] = "unknown",
		[HOST_STATUS_UP] = "up",
		[HOST_STATUS_DOWN] = "down",
	};

	return s->is_told ? names[s->state]
			  : "up or down, the log does not tell";
}

static void
sight_format(const struct expectation *e, size_t i, struct buf *out)
{
	const struct sight *s = &((const struct sight *)e->state)[i];

	buf_printf(out, "%s%s: %s", i > 0 ? ", " : "",
	    expect_host_name(e, e->said->statuses[i].host), state_name(s));
	if (s->since.line == 0)
		return;
	buf_append_cstr(out, " since ");
	ledger_where(e->ledger, &s->since, out);
}

static void
wanted_format(const struct expectation *e, struct buf *out)
{
	char span[UTIME_TEXT_MAX];

	for (size_t i = 0; i < e->said->status_count; i++) {
		struct sight s = { true, e->said->statuses[i].state, { 0 } };

		buf_printf(out, "%s%s: %s", i > 0 ? ", " : "",
		    expect_host_name(e, e->said->statuses[i].host),
		    state_name(&s));
	}
	if (e->said->when != UTIME_NEVER)
		buf_printf(
		    out, " at %s", utime_format_span(e->said->when, span));
}

static void
status_finish(struct expectation *e)
{
	const struct sight *sights = e->state;
	size_t i = 0;

	if (e->said->when == UTIME_NEVER)
		look(e);
	while (i < e->said->status_count && sights[i].is_told &&
	    sights[i].state == e->said->statuses[i].state)
		i++;
	if (i == e->said->status_count ||
	    !charge_count(&e->charge,
		e->said->when == UTIME_NEVER ? UTIME_NEVER
					     : e->plan->start + e->said->when))
		return;
	e->charge.line = sights[i].since.line;
	wanted_format(e, &e->charge.wanted);
	for (i = 0; i < e->said->status_count; i++)
		sight_format(e, i, &e->charge.found);
}

static void
status_end(struct expectation *e)
{
	free(e->state);
}

const struct expect_kind expect_host_status = {
	.begin = status_begin,
	.line = status_line,
	.finish = status_finish,
	.end = status_end,
};
