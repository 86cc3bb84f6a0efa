/* SPDX-License-Identifier: MIT */
/* What only a simulation can do; see unable.h. */
#include "harness/live/unable.h"

/* A name whose questions are lost: whoever asks waits by the kernel's clock. */
struct loss {
	const struct zone *zone;
	bool is_any;
};

static void
on_name(void *owner, struct slice name)
{
	static const enum dns_type types[] = {
#define X(constant, number, name) constant,
		DNS_TYPES(X)
#undef X
	};
	struct loss *loss = owner;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct dns_answer answer = { 0 };

		(void)zone_lookup(loss->zone, name, types[i], &answer);
		loss->is_any |= answer.drop > 0;
	}
}

static bool
loses_questions(const struct zone *zone)
{
	struct loss loss = { .zone = zone };

	zone_each_name(zone, on_name, &loss);
	return loss.is_any;
}

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
	case PLAN_STEP_DNS:
		return loses_questions(step->zone)
		    ? "its timeline has questions to DNS lost"
		    : NULL;
	case PLAN_STEP_HOST:
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
	if (loses_questions(plan->relay.zone))
		return "questions to DNS are lost";
	for (size_t i = 0; i < plan->step_count; i++) {
		const char *why = step_unable(&plan->steps[i]);

		if (why != NULL)
			return why;
	}
	return adapter->unable(plan, scenario);
}
