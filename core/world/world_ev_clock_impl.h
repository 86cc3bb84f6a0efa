/* SPDX-License-Identifier: MIT */
/*
 * The page that all members of a shared clock map: world_ev_clock.c keeps and
 * turns it, world_ev_clock_member.c has a world go by it.  For these two only.
 */
#ifndef FAULTPOST_WORLD_EV_CLOCK_IMPL_H
#define FAULTPOST_WORLD_EV_CLOCK_IMPL_H

#include "core/world/world_ev_clock.h"

#include <stdatomic.h>

struct clock_member {
	atomic_bool is_here;
	atomic_ullong work;     /* turns in which it did anything */
	atomic_ullong answered; /* the last question that it answered */
	/* When it has something to do: at all, and not in the background. */
	atomic_llong due, due_foreground;
	/* The kernel has something to send for it, and waits: for the peer's
	 * window, or for an acknowledgement that may be delayed. */
	atomic_bool is_held_up;
};

struct clock_page {
	struct world_clock_options options; /* constant */
	atomic_llong
	    anchor;       /* of the machine's monotonic clock; 0: it stands */
	atomic_llong now; /* of a clock that is turned */
	atomic_uint news; /* whatever a member has to say */
	atomic_ullong asked;   /* questions */
	atomic_ullong comings; /* and goings of members */
	atomic_int end;        /* enum world_clock_end */
	struct clock_member members[WORLD_CLOCK_MEMBERS_MAX];
};

struct world_clock {
	struct clock_page *page;            /* owned: mapped */
	int page_fd;                        /* owned */
	unsigned self;                      /* which member this process is */
	int bells[WORLD_CLOCK_MEMBERS_MAX]; /* owned; -1: not known here */
};

/* A member has something to say: wakes the turner. */
void world_clock_tell_news(struct clock_page *page);

#endif
