/* SPDX-License-Identifier: MIT */
/* How a run ended; see sim_endings.h. */
#include "harness/sim/sim_endings.h"

void
endings_init(struct endings *e, struct result *result, bool is_silent)
{
	*e = (struct endings){ .result = result, .is_silent = is_silent };
}

void
endings_fini(struct endings *e)
{
	buf_fini(&e->refusal);
}

/* The first one is told, all are counted. */
static void
on_refusal(void *owner, const struct inject_refusal *refusal)
{
	struct endings *e = owner;

	if (e->refusals++ > 0)
		return;
	e->refused_at = world_now(e->world);
	buf_printf(&e->refusal, "message %llu to <%.*s> at %s: ",
	    (unsigned long long)refusal->message, SLICE_ARG(refusal->recipient),
	    smtp_stage_name(refusal->stage));
	if (refusal->code != 0)
		buf_printf(&e->refusal, "%d ", refusal->code);
	buf_append(&e->refusal, refusal->text);
}

static void
on_surprise(void *owner, const struct inject_surprise *surprise)
{
	struct endings *e = owner;

	if (!e->is_silent)
		result_add_ending(e->result, "injection", surprise->place,
		    surprise->wanted, "%.*s", SLICE_ARG(surprise->found));
}

struct inject_hooks
endings_inject_hooks(struct endings *e)
{
	return (struct inject_hooks){ e, on_refusal, on_surprise };
}

static bool
expects_queued(const struct plan *plan)
{
	for (size_t i = 0; i < plan->expectation_count; i++)
		if (plan->expectations[i].kind == EXPECT_QUEUED)
			return true;
	return false;
}

static void
check_refusals(struct endings *e)
{
	struct judgement *j;

	if (e->refusals == 0)
		return;
	j = result_add_ending(e->result, "injection", NULL,
	    "the relay accepts every recipient", "%s", buf_cstr(&e->refusal));
	j->failures = e->refusals;
	j->at = e->refused_at;
}

void
endings_check_injection(struct endings *e, const struct injection *injection)
{
	const struct plan *plan = e->result->plan;

	check_refusals(e);
	for (size_t i = 0; i < plan->inject_count; i++) {
		const struct plan_inject *said = &plan->injects[i];

		for (size_t k = 0; k < said->refused.count; k++) {
			uint64_t missing =
			    injection_missing_refusals(injection, i, k);

			if (missing > 0)
				result_add_ending(e->result, "injection", NULL,
				    "the refusals that are promised",
				    "%llu fewer with %.*s",
				    (unsigned long long)missing,
				    SLICE_ARG(said->refused.at[k].code));
		}
	}
}

void
endings_check_sessions(struct endings *e, const struct mock *mock,
    const struct injection *injection)
{
	size_t open = mock_open_sessions(mock, NULL);

	if (open > 0)
		result_add_ending(e->result, "sessions", NULL,
		    "every session is closed when nothing more happens",
		    "sessions that hosts still have: %zu", open);
	if (!injection_is_done(injection))
		result_add_ending(e->result, "injection", NULL,
		    "every message is injected when nothing more happens",
		    "the injection still waits for the relay");
}

void
endings_check_queue(struct endings *e, bool runs, uint64_t queued)
{
	if (!runs)
		result_add_ending(e->result, "relay", NULL,
		    "the relay runs when the scenario ends", "it does not run");
	if (queued > 0 && !expects_queued(e->result->plan))
		result_add_ending(e->result, "queue", NULL,
		    "an empty queue, as nothing is expected to be \"queued\"",
		    "recipients still in it: %llu", (unsigned long long)queued);
}
