/* SPDX-License-Identifier: MIT */
/*
 * The messages of one connection as both witnesses tell of them: those that the
 * log calls done, those that the host answered 2xx.  For two-witnesses.
 */
#ifndef FAULTPOST_INVARIANT_SENDING_H
#define FAULTPOST_INVARIANT_SENDING_H

#include "harness/judge/invariant.h"

/* What one has told and the other has not yet, in order. */
struct sendings {
	struct list logged, seen;
};
void sendings_init(struct sendings *s);
void sendings_fini(struct sendings *s);
/* A LEDGER_DONE, or a LEDGER_STRAY of that form; compares it with what was
 * seen. */
void sendings_log(
    struct sendings *s, struct invariants *v, const struct ledger_entry *entry);
/* A TRANSCRIPT_MESSAGE; compares it with what was logged. */
void sendings_see(struct sendings *s, struct invariants *v,
    const struct transcript_event *ev);
/* Both have told all: what is left over has no counterpart.  The last that was
 * seen needs none when its reply `may_be_lost`. */
void sendings_settle(
    struct sendings *s, struct invariants *v, bool may_be_lost);

#endif
