/* SPDX-License-Identifier: MIT */
/*
 * The inside of a book of rules, shared by rule.c (the book, and which rule
 * acts), rule_condition.c (which of them hold) and rule_explain.c (why one
 * never acted).  For nobody else.
 */
#ifndef FAULTPOST_MOCK_RULE_IMPL_H
#define FAULTPOST_MOCK_RULE_IMPL_H

#include "core/base/rng.h"
#include "mockserver/rule/rule_filter.h"
#include "mockserver/rule/rule_near.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* A rule as it is asked. */
struct rule_test {
	uint32_t number;     /* of the rule */
	uint32_t conditions; /* bits: 1 << enum rule_condition */
	uint32_t filters;    /* its first one: of client, from, to, match */
	uint16_t from_count, to_count; /* of globs */
	bool is_told; /* why it did not act is known well enough */
};

/* What is asked about, with its filters, each made when it is first wanted. */
struct asked {
	const struct occasion *occasion;
	struct rule_filter client, from, to, argument;
	bool has_client, has_from, has_to, has_argument;
};

struct rule_book {
	const struct rule **rules; /* by number; owned, the rules borrowed */
	size_t count, rules_cap;
	size_t *order; /* owned; numbers, as they are asked */
	size_t order_count, order_cap;
	utime start;
	struct rng rng;
	/* The rules of stage s are tests[first[s]] to [first[s + 1] - 1], in
	 * the order in which they are asked. */
	struct rule_test *tests; /* owned */
	size_t first[STAGE_COUNT + 1], tests_cap;
	struct rule_filter *filters; /* owned; of the tests */
	size_t filter_count, filters_cap;
	uint64_t occasions[STAGE_COUNT];
	struct rule_counts counts;
	uint64_t *acted;         /* owned; [number] */
	struct rule_near **near; /* owned, and each; [number]; NULL: none */
	size_t acted_cap, near_cap;
	struct rule_machine own, alone;     /* alone: when none is shared */
	struct rule_machine *shared;        /* borrowed, or &alone */
	pcre2_match_data *match;            /* owned; NULL: no patterns */
	pcre2_match_context *match_context; /* owned */
};

/* ---- rule_condition.c ---- */

/* The rule of that number as it is asked; its filters are appended to the
 * book's. */
struct rule_test rule_test_make(struct rule_book *b, size_t number);
/* Whether all of the rule's conditions are true, save those that count. */
bool rule_test_holds(
    struct rule_book *b, struct rule_test *test, struct asked *a);
/* The state that the rule means. */
struct rule_machine *rule_test_machine(
    struct rule_book *b, const struct rule *r);

/* ---- rule_explain.c ---- */

/* What is noted of a rule that never acted; made when it is first wanted. */
struct rule_near *rule_near_of(struct rule_book *b, size_t number);
struct rule_near_facts rule_near_facts_of(
    struct rule_book *b, const struct rule *r, const struct occasion *o);

#endif
