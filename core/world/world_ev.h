/* SPDX-License-Identifier: MIT */
/*
 * The real world: TCP through libev, timers on the monotonic clock (anchored
 * to the wall clock once, at start, so that there is one clock), optionally
 * scaled so that a minute lasts a second.
 */
#ifndef FAULTPOST_WORLD_EV_H
#define FAULTPOST_WORLD_EV_H

#include "core/dns/zone.h"
#include "core/world/world.h"

struct world_clock;
struct world_places;

struct ev_options {
	double time_scale; /* world seconds in a real second; 1 is real time */
	utime start;       /* what the clock shows at first; UTIME_NEVER: now */
	const struct zone *zone; /* answers of the resolver; borrowed */
	/* The clock that it shares with others, see world_ev_clock.h, instead
	 * of all that is said of time above; borrowed.  NULL: none. */
	struct world_clock *clock;
	/* Where the addresses are of which it speaks, see world_ev_places.h;
	 * borrowed.  NULL: there. */
	const struct world_places *places;
};

/* NULL with *err set when libev finds no way to wait for events. */
struct world *world_ev_new(const struct ev_options *options, struct err *err);

/* Likewise one that goes by a clock which it shares with others, and by places
 * (NULL: none), and whose resolver knows nothing. */
struct world *world_ev_new_shared(struct world_clock *clock,
    const struct world_places *places, struct err *err);

/* From now on the resolver answers from this zone (borrowed); no question may
 * be open. */
void world_ev_set_zone(struct world *w, const struct zone *zone);

/* Whom the resolver asks for what the zone does not have. */
struct ev_resolver {
	const struct endpoint *servers; /* borrowed for the call */
	size_t server_count;            /* 0: those of the machine */
	utime timeout;                  /* for a question, all tries together */
	uint32_t tries;                 /* of each server, 1 to 10 */
};
/* From now on name servers are asked; NULL: nobody, as in a new world.
 * Questions that are open time out.  False with *err set when that cannot be,
 * and all is as it was. */
bool world_ev_set_resolver(
    struct world *w, const struct ev_resolver *options, struct err *err);

/* A connection that stands, by its socket, which it takes over.  `is_first`:
 * what it brings is told before what others bring at the same time. */
struct stream *world_ev_adopt(struct world *w, int fd, bool is_first,
    const struct stream_handler *handler, void *owner);

/* Calls handler(owner, signo) from world_run() for each of the signals given
 * (a list ended by 0).  Once per world. */
void world_ev_signals(struct world *w, const int *signals,
    void (*handler)(void *owner, int signo), void *owner);

/* Says "ready" to whoever started the program: writes a line to `ready_fd` and
 * closes it (unless it is -1), and answers sd_notify(3)'s NOTIFY_SOCKET when
 * `notify_socket` (the variable's value, or NULL) names one. */
void world_ev_ready(int ready_fd, const char *notify_socket);

#endif
