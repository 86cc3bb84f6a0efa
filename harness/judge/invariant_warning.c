/* SPDX-License-Identifier: MIT */
/*
 * The part of back-off that is about delay warnings (delivery.md 20): each has
 * its reason, none comes too soon or too often, and none is missing.
 *
 * How often one recipient has been warned of, the log shows only of messages
 * for one domain; of others it is left open.
 */
#include "harness/judge/invariant.h"

#include <uthash.h>

#define ULL(n) ((unsigned long long)(n))

/* A message that has been warned of, or should be. */
struct warned {
	uint64_t mid;
	uint64_t times;
	struct ledger_moment last;
	bool is_due; /* since the requeue at `due` */
	struct ledger_moment due;
	UT_hash_handle hh;
};

struct warnings {
	struct warned *warned; /* owned */
};

struct warnings *
warnings_new(void)
{
	return xcalloc(1, sizeof(struct warnings));
}

static void
warned_forget(struct warnings *w, struct warned *one)
{
	HASH_DEL(w->warned, one);
	free(one);
}

static void
warned_forget_all(struct warnings *w)
{
	struct warned *one, *next;

	HASH_ITER(hh, w->warned, one, next)
	warned_forget(w, one);
}

void
warnings_destroy(struct warnings **wp)
{
	struct warnings *w = *wp;

	*wp = NULL;
	if (w == NULL)
		return;
	warned_forget_all(w);
	free(w);
}

static struct warned *
warned_find(struct warnings *w, uint64_t mid)
{
	struct warned *one;

	HASH_FIND(hh, w->warned, &mid, sizeof(mid), one);
	return one;
}

static struct warned *
warned_get(struct warnings *w, uint64_t mid)
{
	struct warned *one = warned_find(w, mid);

	if (one != NULL)
		return one;
	one = xcalloc(1, sizeof(*one));
	one->mid = mid;
	HASH_ADD(hh, w->warned, mid, sizeof(one->mid), one);
	return one;
}

static bool
is_for_one_domain(const struct ledger_message *m)
{
	return m->groups != NULL && m->groups->next == NULL;
}

/* ---- those that come ---- */

/* A group of the message for which a warning has a reason; or NULL. */
static const struct ledger_group *
reason_find(const struct invariants *v, const struct ledger_message *m)
{
	for (const struct ledger_group *g = m->groups; g != NULL; g = g->next)
		if (g->is_waiting && g->attempts_hi >= 2 &&
		    ledger_was_soft(g) != TRIED_NO &&
		    (ledger_profile(v->ledger, g)->delay_warnings ||
			plan_may_ask(v->plan)))
			return g;
	return NULL;
}

/* Warnings of one moment, of as many recipients, count once. */
static void
count_check(struct invariants *v, const struct ledger_entry *entry,
    const struct ledger_group *g)
{
	const struct relay_bounce_profile *p = ledger_profile(v->ledger, g);
	struct warned *one = warned_get(v->warnings, g->message->mid);
	bool is_again = one->times > 0;
	char text[UTIME_TEXT_MAX];

	one->is_due = false;
	if (is_again && entry->moment.lo <= one->last.hi)
		return;
	if (one->times >= p->delay_warning_max)
		invariant_fail(v, INV_BACK_OFF, &entry->moment,
		    "no more delay warnings than delay_warning_max",
		    "MID %llu is warned of after %llu times",
		    ULL(g->message->mid), ULL(one->times));
	else if (is_again &&
	    entry->moment.hi - one->last.lo < p->delay_warning_interval)
		invariant_fail(v, INV_BACK_OFF, &entry->moment,
		    "delay_warning_interval between two delay warnings",
		    "MID %llu is warned of again after %s",
		    ULL(g->message->mid),
		    utime_format_span(entry->moment.lo - one->last.lo, text));
	one->times++;
	one->last = entry->moment;
}

static void
entry_generated(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_message *m =
	    ledger_message_find(v->ledger, entry->line->other_mid);
	const struct ledger_group *g = NULL;

	if (entry->line->form != MAILLOG_MESSAGE_GENERATED ||
	    !slice_eq(entry->line->agent, SLICE("delay warning")) ||
	    ledger_is_blind_to(v->ledger, entry->line->other_mid))
		return;
	if (m != NULL && m->sender != NULL && m->sender[0] != '\0')
		g = reason_find(v, m);
	if (g == NULL)
		invariant_fail(v, INV_BACK_OFF, &entry->moment,
		    "a sender is warned when the second attempt, or a later "
		    "one, got a 4xx, and when the bounce profile or the client "
		    "wants it",
		    "MID %llu warns of MID %llu, of which that is not so",
		    ULL(entry->line->mid), ULL(entry->line->other_mid));
	else if (is_for_one_domain(m))
		count_check(v, entry, g);
}

/* ---- those that do not ---- */

static void
due_check(struct invariants *v, uint64_t mid)
{
	struct warned *one = warned_find(v->warnings, mid);

	if (one == NULL || !one->is_due)
		return;
	one->is_due = false;
	invariant_fail(v, INV_BACK_OFF, &one->due,
	    "a delay warning when the second attempt, or a later one, got a "
	    "4xx",
	    "MID %llu is requeued, and its sender was not warned", ULL(mid));
}

static bool
is_due(const struct invariants *v, const struct ledger_entry *entry,
    const struct warned *one)
{
	const struct ledger_group *g = entry->group;
	const struct relay_bounce_profile *p = ledger_profile(v->ledger, g);

	if (!p->delay_warnings || plan_may_ask(v->plan) ||
	    g->message->sender == NULL || g->message->sender[0] == '\0' ||
	    !is_for_one_domain(g->message) || !entry->wait->fits_attempt ||
	    entry->wait->fits_probe || entry->wait->fits_keep ||
	    g->attempts_lo < 1 || ledger_was_soft(g) != TRIED_YES)
		return false;
	return one->times == 0 ||
	    (one->times < p->delay_warning_max &&
		entry->moment.lo - one->last.hi >= p->delay_warning_interval);
}

static void
entry_pending(struct invariants *v, const struct ledger_entry *entry)
{
	struct warned *one;

	due_check(v, entry->message->mid);
	if (!ledger_profile(v->ledger, entry->group)->delay_warnings)
		return;
	one = warned_get(v->warnings, entry->message->mid);
	one->is_due = is_due(v, entry, one);
	one->due = entry->moment;
}

void
warnings_entry(struct invariants *v, const struct ledger_entry *entry)
{
	struct warned *one;

	if (entry->kind == LEDGER_GENERATED) {
		entry_generated(v, entry);
	} else if (entry->kind == LEDGER_GAP) {
		warned_forget_all(v->warnings);
	} else if (entry->kind == LEDGER_PENDING) {
		entry_pending(v, entry);
	} else if (entry->kind == LEDGER_STARTED) {
		due_check(v, entry->message->mid);
	} else if (entry->kind == LEDGER_ENDED) {
		due_check(v, entry->message->mid);
		one = warned_find(v->warnings, entry->message->mid);
		if (one != NULL)
			warned_forget(v->warnings, one);
	}
}

void
warnings_finish(struct invariants *v)
{
	struct warned *one, *next;

	HASH_ITER(hh, v->warnings->warned, one, next)
	if (!v->is_interrupted)
		due_check(v, one->mid);
}
