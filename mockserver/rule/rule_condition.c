/* SPDX-License-Identifier: MIT */
/* Which conditions a rule has, and which of them are true; see
 * rule_condition.h. */
#include "mockserver/rule/rule_glob.h"
#include "mockserver/rule/rule_impl.h"

static bool condition_holds(struct rule_book *b, const struct rule_test *test,
    enum rule_condition condition, struct asked *a);

uint32_t
rule_conditions_of(const struct rule *r)
{
	const bool asked[] = {
		[RULE_IF_SECURED] = r->tls_fault.deed != MOCK_TLS_DO_NOTHING &&
		    r->on != STAGE_TLS,
		[RULE_IF_WRONG] = r->wrong.count > 0,
		[RULE_IF_NOBODY] = r->on == STAGE_DATA && r->wrong.count == 0,
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

bool
rule_is_only_for_wrong(const struct occasion *o)
{
	return o->wrong != 0 && o->stage != STAGE_UNKNOWN && !o->is_for_nobody;
}

bool
rule_is_for_wrong(const struct rule *r, int code)
{
	for (size_t i = 0; i < r->wrong.count; i++)
		if (r->wrong.at[i] == code)
			return true;
	return false;
}

struct rule_test
rule_test_make(struct rule_book *b, size_t number)
{
	const struct rule *r = b->rules[number];
	const size_t first = b->filter_count;
	const size_t more = r->from.count + r->to.count + 2;
	struct rule_filter *f;

	assert(first + more < UINT32_MAX);
	assert(r->from.count <= UINT16_MAX);
	assert(r->to.count <= UINT16_MAX);
	b->filters = xgrow(
	    b->filters, &b->filters_cap, first + more, sizeof(*b->filters));
	f = &b->filters[first];
	*f++ = rule_filter_of_network(&r->client);
	for (size_t i = 0; i < r->from.count; i++)
		*f++ = rule_filter_of_glob(r->from.at[i]);
	for (size_t i = 0; i < r->to.count; i++)
		*f++ = rule_filter_of_glob(r->to.at[i]);
	*f++ = rule_filter_of_pattern(r->match.text);
	b->filter_count = first + more;
	return (struct rule_test){
		.number = (uint32_t)number,
		.conditions = rule_conditions_of(r),
		.filters = (uint32_t)first,
		.from_count = (uint16_t)r->from.count,
		.to_count = (uint16_t)r->to.count,
	};
}

/* When one is false, the rest is asked as long as somebody may want to know
 * whether it was the only one; the dice are thrown when all else is true, and
 * then only. */
bool
rule_test_holds(struct rule_book *b, struct rule_test *test, struct asked *a)
{
	uint32_t failed = 0;

	for (uint32_t left = test->conditions; left != 0; left &= left - 1) {
		const uint32_t bit = left & -left;
		const enum rule_condition condition =
		    (enum rule_condition)__builtin_ctz(left);

		if (failed != 0 && condition == RULE_IF_PROBABILITY)
			break;
		if (condition_holds(b, test, condition, a))
			continue;
		if (failed != 0 || test->is_told)
			return false;
		failed = bit;
	}
	if (failed != 0) {
		const struct rule_near_facts facts =
		    rule_near_facts_of(b, b->rules[test->number], a->occasion);

		test->is_told = b->acted[test->number] > 0 ||
		    !rule_near_note(rule_near_of(b, test->number),
			(enum rule_condition)__builtin_ctz(failed), &facts);
	}
	return failed == 0;
}

/* The first glob that the texts may match, from `i` on, or `count`. */
static size_t
glob_passing(const struct rule_filter *wanted, size_t i, size_t count,
    const struct rule_filter *has)
{
	while (i < count && !rule_filter_passes(&wanted[i], has))
		i++;
	return i;
}

/* The pairs of all the texts, made once. */
static const struct rule_filter *
filter_of(
    struct rule_filter *f, bool *has, const struct slice *texts, size_t count)
{
	if (*has)
		return f;
	*has = true;
	*f = (struct rule_filter){ 0 };
	for (size_t i = 0; i < count; i++)
		rule_filter_add_text(f, texts[i]);
	return f;
}

static bool
from_holds(struct rule_book *b, const struct rule_test *test, struct asked *a)
{
	const struct rule_filter *wanted = &b->filters[test->filters + 1];
	const struct slice *from = &a->occasion->from;
	const size_t count = test->from_count;

	(void)filter_of(&a->from, &a->has_from, from, 1);
	for (size_t i = 0;
	     (i = glob_passing(wanted, i, count, &a->from)) < count; i++)
		if (rule_globs_match(
			&b->rules[test->number]->from.at[i], 1, from, 1))
			return true;
	return false;
}

static bool
to_holds(struct rule_book *b, const struct rule_test *test, struct asked *a)
{
	const struct rule_filter *wanted =
	    &b->filters[test->filters + 1 + test->from_count];
	const struct occasion *o = a->occasion;
	const size_t count = test->to_count;

	(void)filter_of(&a->to, &a->has_to, o->to, o->to_count);
	for (size_t i = 0; (i = glob_passing(wanted, i, count, &a->to)) < count;
	     i++)
		if (rule_globs_match(&b->rules[test->number]->to.at[i], 1,
			o->to, o->to_count))
			return true;
	return false;
}

static bool
client_holds(struct rule_book *b, const struct rule_test *test, struct asked *a)
{
	if (!a->has_client)
		a->client = rule_filter_of_ip(a->occasion->client);
	a->has_client = true;
	return rule_filter_passes(&b->filters[test->filters], &a->client) &&
	    ip_network_contains(
		&b->rules[test->number]->client, a->occasion->client);
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

/* Where there is more than ASCII, a letter may have other cases. */
static bool
match_holds(struct rule_book *b, const struct rule_test *test, struct asked *a)
{
	const struct slice text = a->occasion->argument;
	const struct rule_filter *wanted =
	    &b->filters[test->filters + 1 + test->from_count + test->to_count];

	if (!a->has_argument) {
		(void)filter_of(&a->argument, &a->has_argument, &text, 1);
		if (!slice_is_7bit(text))
			rule_filter_fill(&a->argument);
	}
	return rule_filter_passes(wanted, &a->argument) &&
	    pattern_matches(b, b->rules[test->number], text);
}

struct rule_machine *
rule_test_machine(struct rule_book *b, const struct rule *r)
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

static bool
condition_holds(struct rule_book *b, const struct rule_test *test,
    enum rule_condition condition, struct asked *a)
{
	const struct rule *r = b->rules[test->number];
	const struct occasion *o = a->occasion;

	switch (condition) {
	case RULE_IF_SECURED:
		return o->is_secured;
	case RULE_IF_WRONG:
		return rule_is_for_wrong(r, o->wrong);
	case RULE_IF_NOBODY:
		return r->nobody == o->is_for_nobody;
	case RULE_IF_SIZE:
		return o->size >= r->size;
	case RULE_IF_DURING:
		return during_holds(r, o->now - b->start);
	case RULE_IF_IN:
		return state_holds(b, r);
	case RULE_IF_CLIENT:
		return client_holds(b, test, a);
	case RULE_IF_FROM:
		return from_holds(b, test, a);
	case RULE_IF_TO:
		return to_holds(b, test, a);
	case RULE_IF_MATCH:
		return match_holds(b, test, a);
	case RULE_IF_PROBABILITY:
		return rng_unit(&b->rng) < r->probability;
	case RULE_IF_COUNTED:
		break;
	}
	return true;
}
