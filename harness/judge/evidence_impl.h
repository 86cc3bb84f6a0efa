/* SPDX-License-Identifier: MIT */
/* How evidence_rows.c spells what evidence.c keeps. */
#ifndef FAULTPOST_EVIDENCE_IMPL_H
#define FAULTPOST_EVIDENCE_IMPL_H

#include "harness/judge/evidence.h"

/* Appends text of a log line, what is no text in it made visible. */
void evidence_spell_log(struct slice text, struct buf *out);
/* Calls `each` for every row of the event: "mx1 -> 250 2.1.0 Ok\r\n".  Of long
 * bytes the middle is left out and counted. */
void evidence_spell_event(const struct transcript_event *ev,
    void (*each)(void *owner, struct slice row), void *owner);

#endif
