/* SPDX-License-Identifier: MIT */
/*
 * A scenario in virtual time: the relay, the mock's hosts, the injection and
 * the timeline in one simulated world, watched by the judge and the story.
 *
 * Beside what the judge says, a run must end well: no rule that never acted
 * (unless it is optional), no session left open and nobody's mail left in the
 * queue (unless the scenario speaks of it: an "until", a "queued"), nothing
 * that the relay refused, no bound passed.
 */
#ifndef FAULTPOST_SIM_H
#define FAULTPOST_SIM_H

#include "harness/report/result.h"

/* Who sees everything as it happens; each may be NULL. */
struct sim_hooks {
	void *owner;
	void (*on_log)(void *owner, struct slice line);
	void (*on_transcript)(void *owner, const struct transcript_event *ev);
	/* Asked often; true ends the run, which is then not judged. */
	bool (*is_stopped)(void *owner);
};

/* Runs the scenario of a result_init()ed result and fills in its findings and
 * its span.  False with *err set when it could not be run at all. */
bool sim_run_scenario(
    struct result *result, const struct sim_hooks *hooks, struct err *err);

/* Runs a scenario that failed a second time, which is the same run, to see what
 * lies around its failures: fills in the result's evidence and its story. */
bool sim_gather_evidence(struct result *result, struct err *err);

#endif
