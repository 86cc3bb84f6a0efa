/* SPDX-License-Identifier: MIT */
/* Why a rule never acted: what was noted, or what kept it from being asked. */
#include "mockserver/rule/rule_impl.h"

/* Made when it is first wanted, for most rules act in the end. */
struct rule_near *
rule_near_of(struct rule_book *b, size_t number)
{
	if (b->near[number] == NULL)
		b->near[number] = xcalloc(1, sizeof(**b->near));
	return b->near[number];
}

struct rule_near_facts
rule_near_facts_of(
    struct rule_book *b, const struct rule *r, const struct occasion *o)
{
	return (struct rule_near_facts){
		.rule = r,
		.occasion = o,
		.at = o->now - b->start,
		.state = rule_machine_state(rule_test_machine(b, r)),
	};
}

/* Those before it at its stage, which decided in its place; the one that did
 * most often is *first. */
static uint64_t
decided_before(
    const struct rule_book *b, size_t number, const struct rule **first)
{
	const enum smtp_stage stage = b->rules[number]->on;
	uint64_t all = 0, most = 0;

	for (size_t i = b->first[stage];
	     i < b->first[stage + 1] && b->tests[i].number != number; i++) {
		const uint64_t acted = b->acted[b->tests[i].number];

		all += acted;
		if (acted > most) {
			most = acted;
			*first = b->rules[b->tests[i].number];
		}
	}
	return all;
}

const struct rule_near *
rule_book_near(const struct rule_book *b, size_t number)
{
	const struct rule_near *near = b->near[number];

	assert(number < b->count);
	return near != NULL && near->is_set ? near : NULL;
}

utime
rule_book_explain(const struct rule_book *b, size_t number, struct buf *out)
{
	const struct rule *r = b->rules[number];
	const uint64_t occasions = b->occasions[r->on];
	const struct rule_near *near = rule_book_near(b, number);
	const struct rule *before = NULL;
	const uint64_t decided = decided_before(b, number, &before);

	if (near != NULL) {
		rule_near_format(near, r, out);
		return b->start + near->at;
	}
	if (r->on == STAGE_BODY || r->on == STAGE_COMMAND) {
		buf_printf(out,
		    "no %s came to %llu bytes with all of its conditions "
		    "true but one",
		    r->on == STAGE_BODY ? "message" : "command",
		    (unsigned long long)r->after);
	} else if (occasions == 0) {
		buf_printf(
		    out, "no client came to stage %s", smtp_stage_name(r->on));
	} else if (decided == occasions) {
		buf_printf(out,
		    "a rule before it acted on each of the %llu occasions of "
		    "stage %s: %s",
		    (unsigned long long)occasions, smtp_stage_name(r->on),
		    before->place);
	} else {
		buf_printf(out,
		    "on %llu occasions of stage %s more than one of its "
		    "conditions was not true",
		    (unsigned long long)(occasions - decided),
		    smtp_stage_name(r->on));
	}
	return UTIME_NEVER;
}
