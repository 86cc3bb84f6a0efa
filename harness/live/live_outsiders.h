/* SPDX-License-Identifier: MIT */
/*
 * Programs that are not ours under the clock of a run.  libfaketime shows them
 * the time, from a file; what they wait for is looked up in /proc: the clock is
 * not turned while any of them has work, nor past the moment at which one has
 * waited long enough, and such a wait is then ended as if its time had passed.
 * Only in a cage, all of whose processes but those named are outsiders.
 */
#ifndef FAULTPOST_LIVE_OUTSIDERS_H
#define FAULTPOST_LIVE_OUTSIDERS_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/world/world_ev_clock.h"

struct live_outsiders;

/* Where the run stands: makes the file that has the time, which is `now`, and
 * mounts what it needs.  NULL with *err set when the machine lacks something:
 * libfaketime, too. */
struct live_outsiders *live_outsiders_new(utime now, struct err *err);
void live_outsiders_destroy(struct live_outsiders **op);
/* Variables for the environment of such a program, "NAME=VALUE", one after the
 * other, each with its NUL. */
void live_outsiders_environment(
    const struct live_outsiders *o, struct buf *out);
/* That process of the cage is none. */
void live_outsiders_except(struct live_outsiders *o, int pid);
/* For world_clock_turn(); borrows the outsiders. */
struct world_clock_outsiders live_outsiders_hooks(struct live_outsiders *o);

#endif
