/* SPDX-License-Identifier: MIT */
/*
 * Pseudonyms of names for which there is no room in the table: made of the name
 * and a key, so that the same name has the same one again, and nothing is kept
 * but a filter of the local parts that were met.  For pseudonym.c.  Pure.
 */
#ifndef FAULTPOST_PSEUDONYM_DERIVE_H
#define FAULTPOST_PSEUDONYM_DERIVE_H

#include "harness/log/pseudonym.h"

/* Lets go of what was kept for that. */
void pseudonym_derive_fini(struct pseudonyms *p);

/* What 64 bits of the name, in any case, and of the key come to. */
uint64_t pseudonym_digest(
    struct pseudonyms *p, enum pseudonym_kind kind, struct slice name);
/* Appends the prefix, a hyphen and the digest: "user-0123456789abcdef". */
void pseudonym_derive(struct pseudonyms *p, enum pseudonym_kind kind,
    const char *prefix, struct slice name, struct buf *out);

/* Notes a local part as met. */
void pseudonym_meet(struct pseudonyms *p, struct slice local);
/* Whether it was met; of those that were not a few are taken for met. */
bool pseudonym_was_met(struct pseudonyms *p, struct slice local);

#endif
