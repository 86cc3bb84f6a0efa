/* SPDX-License-Identifier: MIT */
/* A fault as JSON and in words; see draft_rule.h. */
#include "harness/draft/draft_rule.h"

static void
put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		abort();
}

json_t *
draft_rule_json(const struct draft_fault *fault, bool is_certain)
{
	json_t *rule = json_object();
	char reply[64];

	put(rule, "on", json_string(smtp_stage_name(fault->stage)));
	if (fault->kind == DRAFT_CODE) {
		(void)snprintf(reply, sizeof(reply), "%d %d.%s", fault->code,
		    fault->code / 100,
		    fault->code >= 500 ? "1.1 No such user"
				       : "3.1 Mail system full");
		put(rule, "reply", json_string(reply));
	} else {
		put(rule, fault->word, json_true());
	}
	if (fault->code == 421)
		put(rule, "then", json_string("close"));
	if (!is_certain)
		put(rule, "optional", json_true());
	return rule;
}

void
draft_fault_format(const struct draft_fault *fault, struct buf *out)
{
	const char *stage = smtp_stage_name(fault->stage);

	if (fault->kind == DRAFT_CODE)
		buf_printf(out, "answers %d at %s", fault->code, stage);
	else if (fault->kind == DRAFT_CUT)
		buf_printf(out, "does a %s at %s", fault->word, stage);
	else
		buf_printf(out, "is in the state \"%s\"", fault->word);
}
