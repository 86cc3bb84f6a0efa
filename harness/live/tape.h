/* SPDX-License-Identifier: MIT */
/*
 * What a live run showed, in the order in which it was seen: lines of the
 * relay's logs, events at the hosts, an operator's commands.  A run that
 * cannot be repeated is gone through again by playing this.  Pure.
 */
#ifndef FAULTPOST_TAPE_H
#define FAULTPOST_TAPE_H

#include "core/base/arena.h"
#include "harness/report/watch.h"

struct tape_entry;

/* Zeroed before use. */
struct tape {
	struct arena arena;
	struct tape_entry *entries; /* owned */
	size_t count, cap;
};

void tape_fini(struct tape *t);
/* All of them copy what they are given. */
void tape_log(struct tape *t, struct slice line, utime now);
void tape_side_line(struct tape *t, enum plan_log log, struct slice line);
void tape_transcript(struct tape *t, const struct transcript_event *ev);
void tape_operate(struct tape *t, struct slice command, utime now);
/* All of it happened so much later. */
void tape_shift(struct tape *t, utime span);
/* Takes what the other has, too, each where its moment is; of one moment what
 * was there comes first.  Both are in order. */
void tape_weave(struct tape *t, const struct tape *other);
/* Shows it all, to a watch unless that is NULL.  The other two may be NULL, and
 * are told of the mail log and of the events. */
void tape_play(const struct tape *t, struct watch *w, void *owner,
    void (*on_log)(void *owner, struct slice line),
    void (*on_transcript)(void *owner, const struct transcript_event *ev));

#endif
