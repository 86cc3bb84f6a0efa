/* SPDX-License-Identifier: MIT */
/*
 * The relay of a simulation as a program: it starts, is killed or ends in
 * order, and starts again on the disk that is left.  Then it marks its log as
 * the daemon does: "Begin Logfile", and "End Logfile" when it ends in order.
 */
#ifndef FAULTPOST_SIM_RELAY_H
#define FAULTPOST_SIM_RELAY_H

#include "harness/plan/plan.h"
#include "relay/relay.h"

struct sim_relay {
	struct world *world;               /* borrowed */
	const struct relay_config *config; /* borrowed */
	/* The simulation's; its on_drained is not called. */
	struct relay_hooks hooks;
	/* Something cannot be done: what, and why. */
	void (*on_trouble)(void *owner, const char *wanted, const char *found);
	struct relay *relay; /* owned; NULL while it does not run */
	struct timer timer;
	utime down_for;
};

/* The first start.  The members up to on_trouble have been set. */
bool sim_relay_start(struct sim_relay *s, struct err *err);
/* Ends it, whatever it is doing. */
void sim_relay_fini(struct sim_relay *s);
/* What a step of the timeline (PLAN_STEP_RELAY) says. */
void sim_relay_order(struct sim_relay *s, const struct plan_step *step);
/* An operator's command. */
void sim_relay_operate(struct sim_relay *s, struct slice command);

/* The log, as the plan knows it. */
enum plan_log sim_relay_log_of(enum relay_side_log log);
/* Has the relay write the logs of which something is expected. */
void sim_relay_name_logs(const struct plan *plan, struct relay_config *config);

#endif
