/* SPDX-License-Identifier: MIT */
/* Holding the invariants together; see invariant.h. */
#include "harness/judge/invariant.h"

static void choice_forget(void *owner, struct ledger_domain *d);

void
invariants_init(
    struct invariants *v, const struct plan *plan, struct ledger *ledger)
{
	*v = (struct invariants){ .plan = plan, .ledger = ledger };
	v->witness = witness_new(v);
	v->bounces = bounces_new();
	v->warnings = warnings_new();
}

void
invariants_fini(struct invariants *v)
{
	ledger_domains(v->ledger, choice_forget, NULL);
	witness_destroy(&v->witness);
	bounces_destroy(&v->bounces);
	warnings_destroy(&v->warnings);
	for (size_t i = 0; i < INVARIANT_COUNT; i++)
		charge_fini(&v->charges[i]);
	buf_fini(&v->scratch);
}

void
invariants_entry(struct invariants *v, const struct ledger_entry *entry)
{
	conservation_entry(v, entry);
	bounces_entry(v, entry);
	warnings_entry(v, entry);
	duplicate_entry(v, entry);
	permanence_entry(v, entry);
	backoff_entry(v, entry);
	choice_entry(v, entry);
	limits_entry(v, entry);
	tls_entry(v, entry);
	witness_entry(v->witness, entry);
}

void
invariants_transcript(struct invariants *v, const struct transcript_event *ev)
{
	witness_transcript(v->witness, ev);
}

void
invariants_finish(struct invariants *v, utime now)
{
	bounces_finish(v, now);
	warnings_finish(v);
	backoff_finish(v, now);
	choice_finish(v, now);
	witness_finish(v->witness, now);
}

enum greeted
invariants_greeted(struct invariants *v, uint64_t dcid)
{
	return witness_greeted(v->witness, dcid);
}

bool
invariants_have_transcript(const struct invariants *v)
{
	return witness_has_transcript(v->witness);
}

void
invariant_fail(struct invariants *v, enum invariant which,
    const struct ledger_moment *moment, const char *wanted,
    const char *found_fmt, ...)
{
	struct charge *c = &v->charges[which];
	va_list ap;

	if (!charge_count(c, moment->lo))
		return;
	c->line = moment->line;
	buf_append_cstr(&c->wanted, wanted);
	ledger_where(v->ledger, moment, &c->found);
	buf_append_cstr(&c->found, ": ");
	va_start(ap, found_fmt);
	buf_vprintf(&c->found, found_fmt, ap);
	va_end(ap);
}

static void
choice_forget(void *owner, struct ledger_domain *d)
{
	(void)owner;
	choice_destroy(&d->choice);
}
