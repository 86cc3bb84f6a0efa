/* SPDX-License-Identifier: MIT */
/*
 * Which rule acts: conditions first, the cheap ones before the dear ones, then
 * the counts.  Rules are kept by stage, each with the set of its conditions, so
 * that those of other stages and what a rule does not ask cost nothing.
 */
#include "mockserver/rule.h"

#include "core/base/rng.h"
#include "mockserver/rule_glob.h"
#include "mockserver/rule_near.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* A pattern that needs more steps than this does not match: a scenario must
 * not hang its host. */
#define MATCH_STEPS_MAX 1000000

/* A rule as it is asked. */
struct rule_test {
	uint32_t number;     /* of the rule */
	uint32_t conditions; /* bits: 1 << enum rule_condition */
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

static void book_reserve(struct rule_book *b, size_t count);
static size_t book_number(struct rule_book *b, const struct rule *rule);
static void book_sort(struct rule_book *b);
static bool test_holds(struct rule_book *b, const struct rule_test *test,
    const struct occasion *o);
static bool condition_holds(struct rule_book *b, const struct rule *r,
    enum rule_condition condition, const struct occasion *o);
static bool during_holds(const struct rule *r, utime elapsed);
static bool state_holds(const struct rule_book *b, const struct rule *r);
static bool pattern_matches(
    struct rule_book *b, const struct rule *r, struct slice text);
static void act(struct rule_book *b, size_t number, struct rule_count *c);
static struct rule_near *near_of(struct rule_book *b, size_t number);
static struct rule_machine *machine_of(
    struct rule_book *b, const struct rule *r);
static struct rule_near_facts facts_of(
    struct rule_book *b, const struct rule *r, const struct occasion *o);
static bool is_charged(const struct rule *r, const struct occasion *o);

struct rule_book *
rule_book_new(
    const struct rule *rules, size_t count, uint64_t seed, utime start)
{
	struct rule_book *b = xcalloc(1, sizeof(*b));

	b->start = start;
	b->shared = &b->alone;
	rng_init(&b->rng, seed);
	book_reserve(b, count);
	for (size_t i = 0; i < count; i++)
		b->order[i] = book_number(b, &rules[i]);
	b->order_count = count;
	book_sort(b);
	return b;
}

/* Room for so many rules in all arrays. */
static void
book_reserve(struct rule_book *b, size_t count)
{
	assert(count < UINT32_MAX);
	b->rules = xgrow(
	    (void *)b->rules, &b->rules_cap, count + 1, sizeof(const void *));
	b->order = xgrow(b->order, &b->order_cap, count + 1, sizeof(*b->order));
	b->tests = xgrow(b->tests, &b->tests_cap, count + 1, sizeof(*b->tests));
	b->acted = xgrow(b->acted, &b->acted_cap, count + 1, sizeof(*b->acted));
	b->near =
	    xgrow((void *)b->near, &b->near_cap, count + 1, sizeof(void *));
}

/* Gives the rule the next number, for which there is room. */
static size_t
book_number(struct rule_book *b, const struct rule *rule)
{
	const size_t number = b->count++;

	b->rules[number] = rule;
	b->acted[number] = 0;
	b->near[number] = NULL;
	rule_counts_add(&b->counts);
	if (rule->match.code == NULL || b->match != NULL)
		return number;
	b->match = pcre2_match_data_create(1, NULL);
	b->match_context = pcre2_match_context_create(NULL);
	if (b->match == NULL || b->match_context == NULL)
		abort();
	pcre2_set_match_limit(b->match_context, MATCH_STEPS_MAX);
	return number;
}

static void
book_sort(struct rule_book *b)
{
	size_t at = 0;

	for (size_t stage = 0; stage < STAGE_COUNT; stage++) {
		b->first[stage] = at;
		for (size_t i = 0; i < b->order_count; i++) {
			const size_t number = b->order[i];
			const struct rule *r = b->rules[number];

			if ((size_t)r->on == stage)
				b->tests[at++] =
				    (struct rule_test){ (uint32_t)number,
					    rule_conditions_of(r) };
		}
	}
	b->first[STAGE_COUNT] = at;
}

size_t
rule_book_add(struct rule_book *b, const struct rule *rule)
{
	book_reserve(b, b->count + 1);
	return book_number(b, rule);
}

void
rule_book_arrange(struct rule_book *b, const size_t *numbers, size_t count)
{
	assert(count <= b->count);
	for (size_t i = 0; i < count; i++)
		b->order[i] = numbers[i];
	b->order_count = count;
	book_sort(b);
}

void
rule_book_destroy(struct rule_book **bp)
{
	struct rule_book *b = *bp;

	if (b == NULL)
		return;
	for (size_t i = 0; i < b->count; i++)
		free(b->near[i]);
	pcre2_match_data_free(b->match);
	pcre2_match_context_free(b->match_context);
	rule_counts_fini(&b->counts);
	free(b->near);
	free(b->acted);
	free(b->tests);
	free(b->order);
	free((void *)b->rules);
	free(b);
	*bp = NULL;
}

void
rule_book_share(struct rule_book *b, struct rule_machine *machine)
{
	b->shared = machine;
}

/* The body's rules have an occasion each, at its own byte. */
const struct rule *
rule_book_ask(struct rule_book *b, struct rule_scope *s,
    const struct occasion *o, uint64_t *n)
{
	const struct rule_test *const end = &b->tests[b->first[o->stage + 1]];

	b->occasions[o->stage]++;
	for (const struct rule_test *test = &b->tests[b->first[o->stage]];
	     test < end; test++) {
		const struct rule *r = b->rules[test->number];
		enum rule_counting counting;
		struct rule_count *c;

		if ((r->on == STAGE_BODY || r->on == STAGE_COMMAND) &&
		    o->size != r->after)
			continue;
		if (!test_holds(b, test, o))
			continue;
		c = rule_counts_get(&b->counts, s, r, test->number, o,
		    o->to_count > 0 ? o->to[0] : (struct slice){ 0 });
		rule_count_occasion(c, r, o->now);
		counting = rule_count_judge(c, r, o->now, o->size);
		if (counting == RULE_COUNTING_ALLOWS) {
			*n = c->held;
			act(b, test->number, c);
			return r;
		}
		if (b->acted[test->number] == 0) {
			const struct rule_near_facts facts = facts_of(b, r, o);

			rule_near_note_count(
			    near_of(b, test->number), counting, c, &facts);
		}
	}
	return NULL;
}

static void
act(struct rule_book *b, size_t number, struct rule_count *c)
{
	const struct rule *r = b->rules[number];

	c->acted++;
	b->acted[number]++;
	if (r->set.at != NULL)
		rule_machine_set(machine_of(b, r), r->set);
}

void
rule_book_charge(
    struct rule_book *b, struct rule_scope *s, const struct occasion *o)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct rule *r = b->rules[i];
		const bool is_each =
		    r->per == RULE_PER_RECIPIENT || r->per == RULE_PER_TRIPLE;

		if (!is_charged(r, o))
			continue;
		for (size_t k = 0; k < o->to_count; k++) {
			if (r->to.count > 0 &&
			    !rule_globs_match(
				r->to.at, r->to.count, &o->to[k], 1))
				continue;
			rule_count_take(
			    rule_counts_get(&b->counts, s, r, i, o, o->to[k]),
			    r, o->now, o->size);
			if (!is_each)
				break;
		}
	}
}

/* Whoever the rule is not for takes nothing of its quota. */
static bool
is_charged(const struct rule *r, const struct occasion *o)
{
	if (r->quota.messages == 0 && r->quota.bytes == 0)
		return false;
	if (r->client.ip.family != 0 &&
	    !ip_network_contains(&r->client, o->client))
		return false;
	return r->from.count == 0 ||
	    rule_globs_match(r->from.at, r->from.count, &o->from, 1);
}

uint64_t
rule_book_acted(const struct rule_book *b, size_t number)
{
	assert(number < b->count);
	return b->acted[number];
}

struct rule_machine *
rule_book_machine(struct rule_book *b)
{
	return &b->own;
}

uint64_t
rule_book_next_after(
    const struct rule_book *b, enum smtp_stage stage, uint64_t from)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = b->first[stage]; i < b->first[stage + 1]; i++) {
		const uint64_t after = b->rules[b->tests[i].number]->after;

		if (after >= from && after < next)
			next = after;
	}
	return next;
}

uint64_t
rule_book_draw(struct rule_book *b)
{
	return rng_next(&b->rng);
}

bool
rule_book_overflowed(const struct rule_book *b)
{
	return b->counts.has_overflowed;
}

/* ---- conditions ---- */

/* What the rule with its conditions makes of it.  When one is false, the rest
 * is asked as long as somebody may want to know whether it was the only one;
 * the dice are thrown when all else is true, and then only. */
static bool
test_holds(
    struct rule_book *b, const struct rule_test *test, const struct occasion *o)
{
	const struct rule *r = b->rules[test->number];
	uint32_t failed = 0;

	for (uint32_t left = test->conditions; left != 0; left &= left - 1) {
		const uint32_t bit = left & -left;
		const enum rule_condition condition =
		    (enum rule_condition)__builtin_ctz(left);

		if (failed != 0 && condition == RULE_IF_PROBABILITY)
			break;
		if (condition_holds(b, r, condition, o))
			continue;
		if (failed != 0 || b->acted[test->number] > 0)
			return false;
		failed = bit;
	}
	if (failed != 0) {
		const struct rule_near_facts facts = facts_of(b, r, o);

		rule_near_note(near_of(b, test->number),
		    (enum rule_condition)__builtin_ctz(failed), &facts);
	}
	return failed == 0;
}

static bool
condition_holds(struct rule_book *b, const struct rule *r,
    enum rule_condition condition, const struct occasion *o)
{
	switch (condition) {
	case RULE_IF_SECURED:
		return o->is_secured;
	case RULE_IF_NOBODY:
		return r->nobody == o->is_for_nobody;
	case RULE_IF_SIZE:
		return o->size >= r->size;
	case RULE_IF_DURING:
		return during_holds(r, o->now - b->start);
	case RULE_IF_IN:
		return state_holds(b, r);
	case RULE_IF_CLIENT:
		return ip_network_contains(&r->client, o->client);
	case RULE_IF_FROM:
		return rule_globs_match(r->from.at, r->from.count, &o->from, 1);
	case RULE_IF_TO:
		return rule_globs_match(
		    r->to.at, r->to.count, o->to, o->to_count);
	case RULE_IF_MATCH:
		return pattern_matches(b, r, o->argument);
	case RULE_IF_PROBABILITY:
		return rng_unit(&b->rng) < r->probability;
	case RULE_IF_COUNTED:
		break;
	}
	return true;
}

static bool
during_holds(const struct rule *r, utime elapsed)
{
	return elapsed >= r->during.at[0] && elapsed < r->during.at[1];
}

static bool
pattern_matches(struct rule_book *b, const struct rule *r, struct slice text)
{
	const PCRE2_SPTR at = (PCRE2_SPTR)(text.len > 0 ? text.at : "");

	return pcre2_match(r->match.code, at, text.len, 0, 0, b->match,
		   b->match_context) >= 0;
}

/* ---- states ---- */

static struct rule_machine *
machine_of(struct rule_book *b, const struct rule *r)
{
	return r->scope == RULE_REACH_SCENARIO ? b->shared : &b->own;
}

static bool
state_holds(const struct rule_book *b, const struct rule *r)
{
	const struct rule_machine *m =
	    r->scope == RULE_REACH_SCENARIO ? b->shared : &b->own;
	const struct slice state = slice_cstr(rule_machine_state(m));

	for (size_t i = 0; i < r->in.count; i++)
		if (slice_eq(r->in.at[i], state))
			return true;
	return false;
}

/* ---- why not ---- */

/* Made when it is first wanted, for most rules act in the end. */
static struct rule_near *
near_of(struct rule_book *b, size_t number)
{
	if (b->near[number] == NULL)
		b->near[number] = xcalloc(1, sizeof(**b->near));
	return b->near[number];
}

static struct rule_near_facts
facts_of(struct rule_book *b, const struct rule *r, const struct occasion *o)
{
	return (struct rule_near_facts){
		.rule = r,
		.occasion = o,
		.at = o->now - b->start,
		.state = rule_machine_state(machine_of(b, r)),
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

utime
rule_book_explain(const struct rule_book *b, size_t number, struct buf *out)
{
	const struct rule *r = b->rules[number];
	const uint64_t occasions = b->occasions[r->on];
	const struct rule_near *near = b->near[number];
	const struct rule *before = NULL;
	const uint64_t decided = decided_before(b, number, &before);

	assert(number < b->count);
	if (near != NULL && near->is_set) {
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
