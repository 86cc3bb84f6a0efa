/* SPDX-License-Identifier: MIT */
/*
 * The invariants of every run, as observers of the ledger and the transcripts.
 * One file each, or two that share their evidence; invariant.c holds them
 * together.
 */
#ifndef FAULTPOST_INVARIANT_H
#define FAULTPOST_INVARIANT_H

#include "harness/judge/judge.h"
#include "harness/judge/judge_charge.h"
#include "harness/judge/ledger.h"

struct witness;
struct bounces;
struct warnings;

struct invariants {
	const struct plan *plan; /* borrowed */
	struct ledger *ledger;   /* borrowed */
	struct charge charges[INVARIANT_COUNT];
	struct witness *witness;   /* owned */
	struct bounces *bounces;   /* owned */
	struct warnings *warnings; /* owned */
	struct buf scratch;
	bool is_interrupted; /* see judge_interrupt() */
};

/* `plan` and `ledger` are borrowed until invariants_fini(). */
void invariants_init(
    struct invariants *v, const struct plan *plan, struct ledger *ledger);
void invariants_fini(struct invariants *v);
void invariants_entry(struct invariants *v, const struct ledger_entry *entry);
void invariants_transcript(
    struct invariants *v, const struct transcript_event *ev);
void invariants_finish(struct invariants *v, utime now);
/* What the transcripts say about a connection of the log. */
enum greeted invariants_greeted(struct invariants *v, uint64_t dcid);
/* Whether any transcript event has come. */
bool invariants_have_transcript(const struct invariants *v);

/* ---- for the invariants themselves ---- */

/* Counts a failure; when it is the first, puts `wanted` and the words of
 * `found_fmt`, behind "line 12 (0:00:05.002): ", into the charge. */
void invariant_fail(struct invariants *v, enum invariant which,
    const struct ledger_moment *moment, const char *wanted,
    const char *found_fmt, ...) PRINTF_LIKE(5, 6);

/* Each invariant sees what happens, and then that nothing more will; those
 * that share their evidence share a function. */
void conservation_entry(struct invariants *v, const struct ledger_entry *entry);
void duplicate_entry(struct invariants *v, const struct ledger_entry *entry);
void permanence_entry(struct invariants *v, const struct ledger_entry *entry);
void backoff_entry(struct invariants *v, const struct ledger_entry *entry);
void backoff_finish(struct invariants *v, utime now);

/* Conservation of what the relay makes itself. */
struct bounces *bounces_new(void);
void bounces_destroy(struct bounces **bp);
void bounces_entry(struct invariants *v, const struct ledger_entry *entry);
void bounces_finish(struct invariants *v, utime now);

/* Back-off of delay warnings. */
struct warnings *warnings_new(void);
void warnings_destroy(struct warnings **wp);
void warnings_entry(struct invariants *v, const struct ledger_entry *entry);
void warnings_finish(struct invariants *v);

/* Priority and rotation. */
void choice_entry(struct invariants *v, const struct ledger_entry *entry);
void choice_finish(struct invariants *v, utime now);
void choice_destroy(struct choice **cp);

/* Limits. */
void limits_entry(struct invariants *v, const struct ledger_entry *entry);

/* Protocol under TLS, by the log. */
void tls_entry(struct invariants *v, const struct ledger_entry *entry);
/* Mail to the domain must go by TLS. */
bool tls_is_required(const struct ledger_domain *d);

/* Two witnesses and protocol. */
struct witness *witness_new(struct invariants *v);
void witness_destroy(struct witness **wp);
void witness_entry(struct witness *w, const struct ledger_entry *entry);
void witness_transcript(struct witness *w, const struct transcript_event *ev);
void witness_finish(struct witness *w, utime now);
enum greeted witness_greeted(struct witness *w, uint64_t dcid);
bool witness_has_transcript(const struct witness *w);

#endif
