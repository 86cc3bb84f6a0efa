/* SPDX-License-Identifier: MIT */
/*
 * What scenarios have tried: at which stage which fault struck, and what was
 * then left to try.  Measured from what acted in runs, by the transcript and
 * the ledger of the log; a cell that makes no sense is declared with a reason.
 * Pure.
 */
#ifndef FAULTPOST_COVERAGE_H
#define FAULTPOST_COVERAGE_H

#include "core/transcript/transcript.h"
#include "harness/judge/ledger.h"

/* X(constant, name) */
#define COVERAGE_FAULTS(X)                                                     \
	X(COVERAGE_4XX, "4xx")                                                 \
	X(COVERAGE_5XX, "5xx")                                                 \
	X(COVERAGE_421, "421")                                                 \
	X(COVERAGE_DROP, "drop")   /* FIN */                                   \
	X(COVERAGE_RESET, "reset") /* RST */                                   \
	X(COVERAGE_SILENCE, "silence")                                         \
	X(COVERAGE_GARBAGE, "garbage")                                         \
	X(COVERAGE_SLOW, "slow")                                               \
	X(COVERAGE_TLS, "tls")                                                 \
	X(COVERAGE_REFUSED, "refused")                                         \
	X(COVERAGE_SILENT, "silent")                                           \
	X(COVERAGE_UNREACHABLE, "unreachable")                                 \
	X(COVERAGE_DNS_HARD, "dns-hard")                                       \
	X(COVERAGE_DNS_SOFT, "dns-soft")
enum coverage_fault {
#define X(constant, name) constant,
	COVERAGE_FAULTS(X)
#undef X
	COVERAGE_FAULT_COUNT,
};

/* What was left to try in the round.  X(constant, name, in words) */
#define COVERAGE_LEFTS(X)                                                      \
	X(COVERAGE_SAME, "same", "same priority")                              \
	X(COVERAGE_WORSE, "worse", "worse priority")                           \
	X(COVERAGE_NONE, "none", "none")
enum coverage_left {
#define X(constant, name, words) constant,
	COVERAGE_LEFTS(X)
#undef X
	COVERAGE_LEFT_COUNT,
};

/* Rows: the stages of a dialogue, and the look-ups before it. */
#define COVERAGE_LOOKUP STAGE_COUNT
#define COVERAGE_STAGES (STAGE_COUNT + 1)

struct coverage_cell {
	uint64_t count;
	char *example; /* owned; the first scenario; NULL: none */
};
struct coverage {
	struct coverage_cell cells[COVERAGE_STAGES][COVERAGE_FAULT_COUNT]
				  [COVERAGE_LEFT_COUNT];
	uint64_t scenarios;
};
void coverage_fini(struct coverage *c);

/* Why the fault makes no sense at that stage; NULL: it does. */
const char *coverage_nonsense(unsigned stage, enum coverage_fault fault);
/* How many cells make sense, and how many of them are empty. */
struct coverage_totals {
	size_t sensible, empty;
};
struct coverage_totals coverage_count(const struct coverage *c);

/* The table for people, for documents, and for programs.  The one for documents
 * says whether, not how often, so that it changes when coverage does. */
void coverage_format(const struct coverage *c, struct buf *out);
void coverage_markdown(const struct coverage *c, struct buf *out);
void coverage_json(const struct coverage *c, struct buf *out);

/* ---- watching a run ---- */

/* The fault that a rule is; false: it is none. */
bool coverage_fault_of(const struct rule *rule, enum coverage_fault *fault);

struct coverage_watch;
/* All but the result are borrowed; `ledger` is that of the run's judge, which
 * has seen each line before the watch does. */
struct coverage_watch *coverage_watch_new(
    struct coverage *c, const struct plan *plan, struct ledger *ledger);
void coverage_watch_destroy(struct coverage_watch **wp);
void coverage_watch_log(struct coverage_watch *w, struct slice line);
void coverage_watch_transcript(
    struct coverage_watch *w, const struct transcript_event *ev);

#endif
