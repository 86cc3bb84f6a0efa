/* SPDX-License-Identifier: MIT */
/*
 * Which rule acts: conditions first, the cheap ones before the dear ones, then
 * the counts.  Rules are kept by stage, each with the set of its conditions, so
 * that those of other stages and what a rule does not ask cost nothing.
 */
#include "mockserver/rule/rule_glob.h"
#include "mockserver/rule/rule_impl.h"

/* A pattern that needs more steps than this does not match: a scenario must
 * not hang its host. */
#define MATCH_STEPS_MAX 1000000

static void book_reserve(struct rule_book *b, size_t count);
static size_t book_number(struct rule_book *b, const struct rule *rule);
static void book_sort(struct rule_book *b);
static void act(struct rule_book *b, size_t number, struct rule_count *c);
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

	b->filter_count = 0;
	for (size_t stage = 0; stage < STAGE_COUNT; stage++) {
		b->first[stage] = at;
		for (size_t i = 0; i < b->order_count; i++) {
			const size_t number = b->order[i];
			const struct rule *r = b->rules[number];

			if ((size_t)r->on == stage)
				b->tests[at++] = rule_test_make(b, number);
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
	free(b->filters);
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
	const bool is_wrong = rule_is_only_for_wrong(o);
	const bool is_byte =
	    o->stage == STAGE_BODY || o->stage == STAGE_COMMAND;
	struct asked asked;

	asked.occasion = o;
	asked.has_client = asked.has_from = false;
	asked.has_to = asked.has_argument = false;
	b->occasions[o->stage] += !is_wrong;
	for (struct rule_test *test = &b->tests[b->first[o->stage]]; test < end;
	     test++) {
		const struct rule *r = b->rules[test->number];
		enum rule_counting counting;
		struct rule_count *c;

		if (is_byte && o->size != r->after)
			continue;
		if (is_wrong && r->wrong.count == 0)
			continue;
		if (!rule_test_holds(b, test, &asked))
			continue;
		c = rule_counts_get(&b->counts, s, r, test->number, o,
		    o->to_count > 0 ? o->to[0] : (struct slice){ 0 });
		rule_count_occasion(c, r, o->now);
		counting = rule_count_judge(c, r, o->now, o->size);
		if (counting == RULE_COUNTING_ALLOWS) {
			*n = c->held;
			act(b, test->number, c);
			test->is_told = true;
			return r;
		}
		if (b->acted[test->number] == 0) {
			const struct rule_near_facts facts =
			    rule_near_facts_of(b, r, o);

			rule_near_note_count(
			    rule_near_of(b, test->number), counting, c, &facts);
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
		rule_machine_set(rule_test_machine(b, r), r->set);
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
