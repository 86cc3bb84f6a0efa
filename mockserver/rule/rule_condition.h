/* SPDX-License-Identifier: MIT */
/* The conditions that a rule can have, save those that count.  Pure. */
#ifndef FAULTPOST_MOCK_RULE_CONDITION_H
#define FAULTPOST_MOCK_RULE_CONDITION_H

#include "mockserver/rule/rule.h"

/* In the order in which they are asked.  X(constant, key in scenarios) */
#define RULE_CONDITIONS(X)                                                     \
	X(RULE_IF_SECURED, "tls_fault")                                        \
	X(RULE_IF_WRONG, "wrong")                                              \
	X(RULE_IF_NOBODY, "nobody")                                            \
	X(RULE_IF_SIZE, "size")                                                \
	X(RULE_IF_DURING, "during")                                            \
	X(RULE_IF_IN, "in")                                                    \
	X(RULE_IF_CLIENT, "client")                                            \
	X(RULE_IF_FROM, "from")                                                \
	X(RULE_IF_TO, "to")                                                    \
	X(RULE_IF_MATCH, "match")                                              \
	X(RULE_IF_PROBABILITY, "probability")                                  \
	X(RULE_IF_COUNTED, NULL) /* one of the counting conditions */
enum rule_condition {
#define X(constant, name) constant,
	RULE_CONDITIONS(X)
#undef X
};

/* Those that the rule has, as bits: 1 << enum rule_condition. */
uint32_t rule_conditions_of(const struct rule *r);
/* Rules without `wrong` are not asked: something is wrong with the command, as
 * it always is with unknown ones. */
bool rule_is_only_for_wrong(const struct occasion *o);
/* The code is one that the rule's `wrong` names. */
bool rule_is_for_wrong(const struct rule *r, int code);

#endif
