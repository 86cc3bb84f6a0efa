/* SPDX-License-Identifier: MIT */
/* Which conditions a rule has; see rule_condition.h. */
#include "mockserver/rule_condition.h"

uint32_t
rule_conditions_of(const struct rule *r)
{
	const bool asked[] = {
		[RULE_IF_SECURED] = r->tls_fault.deed != MOCK_TLS_DO_NOTHING &&
		    r->on != STAGE_TLS,
		[RULE_IF_NOBODY] = r->on == STAGE_DATA,
		[RULE_IF_SIZE] = r->size > 0,
		[RULE_IF_DURING] = r->during.count > 0,
		[RULE_IF_IN] = r->in.count > 0,
		[RULE_IF_CLIENT] = r->client.ip.family != 0,
		[RULE_IF_FROM] = r->from.count > 0,
		[RULE_IF_TO] = r->to.count > 0,
		[RULE_IF_MATCH] = r->match.code != NULL,
		[RULE_IF_PROBABILITY] = r->probability < 1,
	};
	uint32_t bits = 0;

	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		bits |= (uint32_t)asked[i] << i;
	return bits;
}
