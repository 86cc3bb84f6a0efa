/* SPDX-License-Identifier: MIT */
/*
 * The part of conservation that is about messages the relay makes itself: each
 * recipient that bounces has its bounce message, exactly one, when the bounce
 * profile wants it and there is a sender to be told; and none is made of
 * anything else.
 */
#include "harness/judge/invariant.h"

#include <uthash.h>

#define ULL(n) ((unsigned long long)(n))

/* What a message's bounces have still to be followed by. */
struct owed {
	uint64_t mid;
	uint64_t wanted;            /* bounce messages that must come */
	uint64_t allowed;           /* that may */
	struct ledger_moment since; /* the first of these bounces */
	UT_hash_handle hh;
};

struct bounces {
	struct owed *owed; /* owned */
};

struct bounces *
bounces_new(void)
{
	return xcalloc(1, sizeof(struct bounces));
}

static void
owed_forget(struct bounces *b, struct owed *o)
{
	HASH_DEL(b->owed, o);
	free(o);
}

static void
owed_forget_all(struct bounces *b)
{
	struct owed *o, *next;

	HASH_ITER(hh, b->owed, o, next)
	owed_forget(b, o);
}

void
bounces_destroy(struct bounces **bp)
{
	struct bounces *b = *bp;

	*bp = NULL;
	if (b == NULL)
		return;
	owed_forget_all(b);
	free(b);
}

static struct owed *
owed_find(struct bounces *b, uint64_t mid)
{
	struct owed *o;

	HASH_FIND(hh, b->owed, &mid, sizeof(mid), o);
	return o;
}

static struct owed *
owed_get(struct bounces *b, uint64_t mid, const struct ledger_moment *moment)
{
	struct owed *o = owed_find(b, mid);

	if (o != NULL)
		return o;
	o = xcalloc(1, sizeof(*o));
	o->mid = mid;
	o->since = *moment;
	HASH_ADD(hh, b->owed, mid, sizeof(o->mid), o);
	return o;
}

static void
entry_bounced(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_message *m = entry->message;
	bool is_double = entry->line->form == MAILLOG_DOUBLE_BOUNCE;
	const struct relay_bounce_profile *profile;
	struct owed *o;

	if (entry->recipient->state >= RECIPIENT_DELIVERED || m->sender == NULL)
		return;
	if (is_double && m->sender[0] != '\0')
		invariant_fail(v, INV_CONSERVATION, &entry->moment,
		    "only mail from the null path bounces twice over",
		    "\"double_bounce\" of MID %llu, which is from <%s>",
		    ULL(m->mid), m->sender);
	profile = ledger_profile(v->ledger, entry->group);
	if (m->sender[0] == '\0' || !profile->hard_bounces)
		return;
	o = owed_get(v->bounces, m->mid, &entry->moment);
	if (plan_may_be_silent(v->plan))
		o->allowed++;
	else
		o->wanted++;
}

static void
entry_generated(struct invariants *v, const struct ledger_entry *entry)
{
	struct owed *o = owed_find(v->bounces, entry->line->other_mid);

	if (entry->line->form != MAILLOG_BOUNCE_GENERATED)
		return;
	if (o == NULL && ledger_is_blind_to(v->ledger, entry->line->other_mid))
		return;
	if (o == NULL) {
		invariant_fail(v, INV_CONSERVATION, &entry->moment,
		    "a bounce message is made of a recipient that bounced, of "
		    "each once, and where the bounce profile wants it",
		    "MID %llu is made for a bounce of MID %llu, of which no "
		    "bounce is left that wants one",
		    ULL(entry->line->mid), ULL(entry->line->other_mid));
		return;
	}
	if (o->wanted > 0)
		o->wanted--;
	else
		o->allowed--;
	if (o->wanted + o->allowed == 0)
		owed_forget(v->bounces, o);
}

/* A bounce that was not on disk when the relay was killed never was: its
 * recipient comes again. */
static void
owed_restart(struct bounces *b)
{
	struct owed *o, *next;

	HASH_ITER(hh, b->owed, o, next)
	{
		o->allowed += o->wanted;
		o->wanted = 0;
	}
}

void
bounces_entry(struct invariants *v, const struct ledger_entry *entry)
{
	if (entry->kind == LEDGER_BOUNCED)
		entry_bounced(v, entry);
	else if (entry->kind == LEDGER_GENERATED)
		entry_generated(v, entry);
	else if (entry->kind == LEDGER_RESTARTED)
		owed_restart(v->bounces);
	else if (entry->kind == LEDGER_GAP)
		owed_forget_all(v->bounces);
}

/* A bounce message is made in the moment of its bounce; a log that was cut has
 * missed none that was due so long before its end. */
#define BOUNCE_PATIENCE UTIME_MINUTE

void
bounces_finish(struct invariants *v, utime now)
{
	struct owed *o, *next;

	HASH_ITER(hh, v->bounces->owed, o, next)
	if (o->wanted > 0 &&
	    (!v->is_interrupted || now - o->since.hi > BOUNCE_PATIENCE))
		invariant_fail(v, INV_CONSERVATION, &o->since,
		    "a recipient that bounces is followed by the bounce "
		    "message for its sender",
		    "MID %llu bounces, and its bounce messages that never "
		    "came are %llu",
		    ULL(o->mid), ULL(o->wanted));
}
