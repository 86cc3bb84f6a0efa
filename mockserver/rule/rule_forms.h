/* SPDX-License-Identifier: MIT */
/*
 * The forms of what rules do, for the table of rules: where a reply is cut, how
 * it drips, how long a host hangs, how it reads and writes from then on.
 */
#ifndef FAULTPOST_MOCK_RULE_FORMS_H
#define FAULTPOST_MOCK_RULE_FORMS_H

#include "mockserver/rule/rule.h"

extern const struct json_choice rule_cut_ways[2];
extern const struct json_choice rule_stall_ways[2];
extern const struct json_choice rule_repeat_ways[2];
extern const struct json_choice rule_read_ways[2];
extern const struct json_table rule_drip_table;
extern const struct json_table rule_throughout_table;

/* What a rule's throttle means in terms of read and throughout. */
void rule_throttle(struct rule *r, struct arena *arena);

#define RULE_CUT_FORM    JF_CHOICE(struct rule_cut, way, rule_cut_ways)
#define RULE_STALL_FORM  JF_CHOICE(struct rule_stall, way, rule_stall_ways)
#define RULE_REPEAT_FORM JF_CHOICE(struct rule_repeat, way, rule_repeat_ways)
#define RULE_READ_FORM   JF_CHOICE(struct rule_read, way, rule_read_ways)

#endif
