/* SPDX-License-Identifier: MIT */
/*
 * A scenario with a relay that is a process of its own (adapter.h), in a cage
 * (live_cage.h) with the scenario's addresses on its loopback, its hosts at
 * port 25 of these and its names at port 53, all of it over TCP and UDP. What
 * is seen is judged by what judges a simulation (docs/live.md).
 *
 * The first process of the cage is the harness itself: it is the hosts, the
 * name server and the clients, and it does what the timeline says.
 */
#ifndef FAULTPOST_LIVE_H
#define FAULTPOST_LIVE_H

#include "harness/live/adapter.h"
#include "harness/live/binding.h"
#include "harness/live/tape.h"
#include "harness/sim/sim.h"

/* Unless something else is asked for, for programs that are not ours. */
#define LIVE_FOREIGN_SCALE 20.0
/* What such a program needs, in real time, for what takes ours no time. */
#define LIVE_FOREIGN_SLACK ((double)UTIME_S / 2)

/* A relay that runs elsewhere, and who is told how it goes. */
struct live_elsewhere {
	struct endpoint relay;          /* where it takes mail */
	struct ip_address client;       /* from where ours comes to it */
	const struct placement *places; /* borrowed: of the hosts */
	const struct endpoint
	    *names;              /* borrowed: of the name server; or NULL */
	const struct zone *zone; /* borrowed: what that answers */
	int log_fd;  /* what is written to its log comes from here */
	utime limit; /* the run takes so long at most */
	void *owner;
	/* A line, without its end: how far it is; what is to be said of it. */
	void (*on_progress)(void *owner, struct slice line);
	void (*on_note)(void *owner, struct slice line);
};

struct live_options {
	const struct adapter *adapter; /* what is run ... */
	int program_fd;                /* ... and its file, opened */
	bool is_bare; /* the cage is, so that addresses are elsewhere */
	const json_t *scenario; /* borrowed: see plan_variants_json() */
	bool is_turned;         /* the clock is turned on when all wait ... */
	double time_scale;      /* ... or runs, by so many seconds a second */
	const struct live_elsewhere *elsewhere; /* borrowed; NULL: in a cage */
};

/* In a cage, and once: runs the scenario of a result_init()ed result and fills
 * in its findings and its span; the tape, which the caller frees, has all that
 * was seen.  False with *err set when it could not be run at all.  No process
 * is left when the cage ends. */
bool live_run_scenario(struct result *result,
    const struct live_options *options, const struct sim_hooks *hooks,
    struct tape *tape, struct err *err);
/* The same with a relay that runs elsewhere, in this process, in real time. The
 * plan (that of the result) begins now, by the relay's clock in the end. */
bool live_run_elsewhere(struct result *result, struct plan *plan,
    const struct live_options *options, const struct sim_hooks *hooks,
    struct tape *tape, struct err *err);
/* What sim_gather_evidence() does, from the tape. */
void live_gather_evidence(struct result *result, const struct tape *tape);

#endif
