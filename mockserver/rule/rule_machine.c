/* SPDX-License-Identifier: MIT */
/* The state that rules read and set; see rule.h. */
#include "mockserver/rule/rule.h"

const char *
rule_machine_state(const struct rule_machine *m)
{
	return m->state[0] != '\0' ? m->state : RULE_STATE_START;
}

void
rule_machine_set(struct rule_machine *m, struct slice state)
{
	assert(state.len < sizeof(m->state));
	memcpy(m->state, state.at, state.len);
	m->state[state.len] = '\0';
}
