/* SPDX-License-Identifier: MIT */
/* A relay that runs elsewhere, configured by whoever has it; see adapter.h. */
#include "harness/live/adapter.h"

static const char *
inject_unable(const struct plan_inject *inject)
{
	static const struct ip_address injector = PLAN_INJECTOR_ADDRESS;

	if (inject->dialogue.count > 0)
		return "its \"inject\" has a dialogue with a listener of ours";
	if (inject->has_listener)
		return "its \"inject\" names a listener of ours";
	if (!ip_equal(&inject->client, &injector))
		return "its \"inject\" comes from an address of its own";
	return NULL;
}

static const char *
step_unable(const struct plan_step *step)
{
	switch (step->kind) {
	case PLAN_STEP_RELAY:
	case PLAN_STEP_CTL:
		return "its timeline operates the relay";
	case PLAN_STEP_DNS:
		return "its timeline changes DNS";
	case PLAN_STEP_HOST:
		return step->state == MOCK_HOST_UNREACHABLE
		    ? "a host of it is unreachable, and ours is this machine"
		    : NULL;
	case PLAN_STEP_NETWORK:
	case PLAN_STEP_DISK:
		break;
	}
	return NULL;
}

static const char *
external_unable(const struct plan *plan, const json_t *scenario)
{
	const char *why = NULL;

	(void)scenario;
	if (plan->relay.listeners.count > 1)
		return "its relay has several listeners";
	for (size_t i = 0; i < plan->hosts.count; i++)
		if (plan->hosts.at[i].state == MOCK_HOST_UNREACHABLE)
			return "a host of it is unreachable, and ours is this "
			       "machine";
	for (size_t i = 0; i < plan->inject_count && why == NULL; i++)
		why = inject_unable(&plan->injects[i]);
	for (size_t i = 0; i < plan->step_count && why == NULL; i++)
		why = step_unable(&plan->steps[i]);
	return why;
}

const struct adapter adapter_external = {
	.name = "external",
	.clock = ADAPTER_CLOCK_WALL,
	.unable = external_unable,
};
