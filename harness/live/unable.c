/* SPDX-License-Identifier: MIT */
/* What only a simulation can do; see unable.h. */
#include "harness/live/unable.h"

static const char *
step_unable(const struct plan_step *step)
{
	switch (step->kind) {
	case PLAN_STEP_NETWORK:
		return "its timeline changes the network";
	case PLAN_STEP_DISK:
		return "its timeline has the disk refuse";
	case PLAN_STEP_RELAY:
		if (step->order == RELAY_CRASH &&
		    step->unsynced == UNSYNCED_TORN)
			return "a crash of it tears what was not synced";
		return NULL;
	case PLAN_STEP_HOST:
	case PLAN_STEP_DNS:
	case PLAN_STEP_CTL:
		break;
	}
	return NULL;
}

const char *
live_unable(const struct plan *plan, const struct adapter *adapter,
    const json_t *scenario)
{
	if (plan->link_count > 0)
		return "it has a \"network\"";
	if (plan->sync_time > 0)
		return "its relay's disk takes time to sync";
	for (size_t i = 0; i < plan->step_count; i++) {
		const char *why = step_unable(&plan->steps[i]);

		if (why != NULL)
			return why;
	}
	return adapter->unable(plan, scenario);
}
