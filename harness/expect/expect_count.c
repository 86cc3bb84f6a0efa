/* SPDX-License-Identifier: MIT */
/*
 * The expectations that count recipients: delivered, bounced, dropped and
 * queued.  What came is tallied by host or by code, with the first line of
 * each, so that a surplus can be told.
 */
#include "harness/expect/expect.h"

#define ULL(n) ((unsigned long long)(n))

/* Different codes that are told apart; the others share the last. */
#define TALLIES_MAX 64

struct tally {
	size_t host;               /* DELIVERED */
	unsigned code;             /* BOUNCED */
	struct smtp_status status; /* BOUNCED */
	uint64_t count;
	struct ledger_moment first;
};

struct tallies {
	struct tally *at; /* owned */
	size_t count, cap;
	uint64_t total;
};

static void
count_begin(struct expectation *e)
{
	e->state = xcalloc(1, sizeof(struct tallies));
}

static void
count_end(struct expectation *e)
{
	struct tallies *t = e->state;

	free(t->at);
	free(t);
}

static bool
tallies_match(const struct tally *a, const struct tally *b)
{
	return a->host == b->host && a->code == b->code &&
	    a->status.class == b->status.class &&
	    a->status.subject == b->status.subject &&
	    a->status.detail == b->status.detail;
}

static void
tally_add(struct expectation *e, const struct tally *what,
    const struct ledger_moment *moment)
{
	struct tallies *t = e->state;
	size_t i = 0;

	t->total++;
	while (i < t->count && !tallies_match(&t->at[i], what))
		i++;
	if (i == TALLIES_MAX)
		i--;
	if (i == t->count) {
		t->at = xgrow(t->at, &t->cap, t->count + 1, sizeof(t->at[0]));
		t->at[t->count++] = *what;
		t->at[i].first = *moment;
	}
	t->at[i].count++;
}

/* ---- words ---- */

static void
tally_name(const struct expectation *e, const struct tally *t, struct buf *out)
{
	if (e->said->kind == EXPECT_DELIVERED) {
		buf_append_cstr(out, expect_host_name(e, t->host));
		return;
	}
	if (t->code > 0)
		buf_printf(out, "%u ", t->code);
	buf_printf(out, "%u.%u.%u", t->status.class, t->status.subject,
	    t->status.detail);
}

static void
tallies_format(const struct expectation *e, struct buf *out)
{
	const struct tallies *t = e->state;

	if (t->count == 0)
		buf_append_cstr(out, "none");
	for (size_t i = 0; i < t->count; i++) {
		buf_append_cstr(out, i > 0 ? ", " : "");
		tally_name(e, &t->at[i], out);
		buf_printf(out, ": %llu, first on ", ULL(t->at[i].count));
		ledger_where(e->ledger, &t->at[i].first, out);
	}
}

static void
wanted_format(const struct expectation *e, struct buf *out)
{
	const struct plan_expectation *said = e->said;

	if (!said->is_by_key) {
		buf_printf(out, "%llu recipients %s", ULL(said->total),
		    plan_expectation_name(said->kind));
		return;
	}
	for (size_t i = 0; i < said->count_count; i++)
		buf_printf(out, "%s: %llu, ", said->counts[i].key,
		    ULL(said->counts[i].count));
	buf_append_cstr(
	    out, said->count_count > 0 ? "and nothing else" : "nothing");
}

/* ---- delivered and bounced ---- */

static bool
key_takes(const struct plan_expectation *said, const struct plan_count *key,
    const struct tally *t)
{
	if (said->kind == EXPECT_DELIVERED)
		return key->host == t->host;
	if (key->code > 0)
		return (unsigned)key->code == t->code;
	return key->status.class == t->status.class &&
	    key->status.subject == t->status.subject &&
	    key->status.detail == t->status.detail;
}

/* Each tally belongs to the first key that takes it.  *surplus is the line of
 * the first that no key takes, or takes whole. */
static bool
keys_hold(const struct expectation *e, uint64_t *surplus)
{
	const struct plan_expectation *said = e->said;
	const struct tallies *t = e->state;
	uint64_t *left = xcalloc(said->count_count + 1, sizeof(*left));
	bool hold = true;

	for (size_t k = 0; k < said->count_count; k++)
		left[k] = said->counts[k].count;
	for (size_t i = 0; i < t->count && hold; i++) {
		size_t k = 0;

		while (k < said->count_count &&
		    !key_takes(said, &said->counts[k], &t->at[i]))
			k++;
		hold = k < said->count_count && left[k] >= t->at[i].count;
		left[k] -= hold ? t->at[i].count : 0;
		*surplus = hold ? 0 : t->at[i].first.line;
	}
	for (size_t k = 0; k < said->count_count; k++)
		hold = hold && left[k] == 0;
	free(left);
	return hold;
}

static void
count_finish(struct expectation *e)
{
	const struct tallies *t = e->state;
	uint64_t surplus = 0;
	bool holds = e->said->is_by_key ? keys_hold(e, &surplus)
					: t->total == e->said->total;

	if (holds || !charge_count(&e->charge, UTIME_NEVER))
		return;
	e->charge.line = surplus;
	wanted_format(e, &e->charge.wanted);
	if (!e->said->is_by_key)
		buf_printf(&e->charge.found, "%llu", ULL(t->total));
	if (!e->said->is_by_key && t->count > 0 &&
	    e->said->kind != EXPECT_DROPPED)
		buf_append_cstr(&e->charge.found, "; ");
	if (e->said->is_by_key ||
	    (t->count > 0 && e->said->kind != EXPECT_DROPPED))
		tallies_format(e, &e->charge.found);
}

static void
delivered_entry(struct expectation *e, const struct ledger_entry *entry)
{
	struct tally t = { .host = PLAN_NO_HOST };

	if (entry->kind != LEDGER_DELIVERED)
		return;
	if (entry->connection != NULL)
		t.host = entry->connection->address->host;
	if (!expect_speaks_of(e, t.host))
		return;
	tally_add(e, &t, &entry->moment);
}

static void
bounced_entry(struct expectation *e, const struct ledger_entry *entry)
{
	struct tally t = { 0 };
	size_t used;

	if (entry->kind != LEDGER_BOUNCED)
		return;
	t.code = (unsigned)entry->line->code;
	(void)smtp_status_parse(entry->line->enhanced, &t.status, &used);
	tally_add(e, &t, &entry->moment);
}

static void
dropped_entry(struct expectation *e, const struct ledger_entry *entry)
{
	struct tally t = { 0 };

	if (entry->kind == LEDGER_DELETED)
		tally_add(e, &t, &entry->moment);
}

const struct expect_kind expect_delivered = {
	.begin = count_begin,
	.entry = delivered_entry,
	.finish = count_finish,
	.end = count_end,
};
const struct expect_kind expect_bounced = {
	.begin = count_begin,
	.entry = bounced_entry,
	.finish = count_finish,
	.end = count_end,
};
const struct expect_kind expect_dropped = {
	.begin = count_begin,
	.entry = dropped_entry,
	.finish = count_finish,
	.end = count_end,
};

/* ---- queued ---- */

struct queue_sight {
	const struct ledger_message *first;
	uint64_t open;
};

static void
see_message(void *owner, struct ledger_message *m)
{
	struct queue_sight *sight = owner;

	if (m->accepted.line == 0)
		return;
	if (sight->first == NULL)
		sight->first = m;
	sight->open += m->open;
}

static void
queued_finish(struct expectation *e)
{
	struct queue_sight sight = { 0 };

	ledger_messages(e->ledger, see_message, &sight);
	if (sight.open == e->said->total ||
	    !charge_count(&e->charge, UTIME_NEVER))
		return;
	wanted_format(e, &e->charge.wanted);
	buf_printf(&e->charge.found, "%llu", ULL(sight.open));
	if (sight.first == NULL)
		return;
	e->charge.line = sight.first->accepted.line;
	buf_printf(&e->charge.found, "; the first of them: MID %llu, accepted ",
	    ULL(sight.first->mid));
	ledger_where(e->ledger, &sight.first->accepted, &e->charge.found);
}

const struct expect_kind expect_queued = { .finish = queued_finish };
