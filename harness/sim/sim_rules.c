/* SPDX-License-Identifier: MIT */
/* Rules that never acted; see sim_rules.h. */
#include "harness/sim/sim_rules.h"

struct check {
	const struct mock *mock;
	struct result *result;
};

static void
on_unused_rule(
    void *owner, const struct mock_host *host, const struct rule *rule)
{
	const struct check *check = owner;
	struct judgement *j = result_add_ending(check->result, "rule",
	    rule->place, "every rule acts, unless it is \"optional\"",
	    "rules[%zu] of host %s never acted",
	    (size_t)(rule - host->rules.at), host->name);
	struct buf why = { 0 };

	j->at = mock_explain_rule(check->mock, host, rule, &why);
	j->nearest = arena_strdup(&check->result->arena, buf_slice(&why));
	j->condition = mock_near_condition(check->mock, host, rule);
	buf_fini(&why);
}

void
sim_check_rules(const struct mock *mock, struct result *result)
{
	struct check check = { mock, result };

	mock_unused_rules(mock, on_unused_rule, &check);
}
