/* SPDX-License-Identifier: MIT */
/*
 * A clock that several processes share: real, scaled, or turned by hand.  Each
 * member's world goes by it; a process of its own, the turner, finds out when
 * none of them has anything to do and nothing is on its way between them, and
 * then says so or turns the clock on to what is due first.
 *
 * How the turner knows: a member counts the turns of its loop in which it did
 * anything.  The turner notes these counts and asks everybody; a member answers
 * when it has looked at all its descriptors once more and found nothing.  If no
 * count has changed by then, nobody was at work when it asked, and what anybody
 * had sent before would have been found: a loopback delivers at once.
 */
#ifndef FAULTPOST_WORLD_EV_CLOCK_H
#define FAULTPOST_WORLD_EV_CLOCK_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/utime.h"

#define WORLD_CLOCK_MEMBERS_MAX 8

struct world_clock;

struct world_clock_options {
	utime start;    /* what it shows at first */
	utime latency;  /* of a turned one: what comes over TCP or UDP takes so
	                 * long, one way, by this clock */
	bool is_turned; /* by hand; or else it runs: */
	double scale;   /* seconds of it in a real second */
};

/* For whoever starts the members; it is member 0 itself.  NULL with *err set
 * when the machine has no descriptors for it. */
struct world_clock *world_clock_new(
    const struct world_clock_options *options, struct err *err);
/* For another member: by what world_clock_describe() wrote, whose descriptors
 * it has inherited and takes over.  NULL with *err set when it is no such
 * thing.
 */
struct world_clock *world_clock_open(const char *text, struct err *err);
void world_clock_destroy(struct world_clock **cp);

utime world_clock_now(const struct world_clock *c);
/* A clock that runs begins to: until now it stood. */
void world_clock_start(struct world_clock *c);
/* A clock that runs is so much later at once. */
void world_clock_skip(struct world_clock *c, utime span);
/* When the first member that has come to rest has something to do that is no
 * matter of the background; UTIME_NEVER: nobody has. */
utime world_clock_due(const struct world_clock *c);
/* Seconds of it in a real second; 1 for one that is turned. */
double world_clock_scale(const struct world_clock *c);
/* Appends what tells a process that inherits all descriptors how it is that
 * member, and gives these descriptors. */
void world_clock_describe(
    const struct world_clock *c, unsigned member, int fds[2], struct buf *out);
/* From now on the clock waits for that member, or does not any more. */
void world_clock_admit(struct world_clock *c, unsigned member, bool is_member);

/* How it came to stop. */
enum world_clock_end {
	WORLD_CLOCK_GOES,
	WORLD_CLOCK_IDLE,  /* nobody has anything to do, ever */
	WORLD_CLOCK_STUCK, /* a member did not answer for WORLD_CLOCK_PATIENCE_S
	                    */
};
#define WORLD_CLOCK_PATIENCE_S 60
/* For the turner: turns it until it stops, which ends the world_run() of member
 * 0. */
enum world_clock_end world_clock_turn(struct world_clock *c);
enum world_clock_end world_clock_ended(const struct world_clock *c);

#endif
