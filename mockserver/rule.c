/* SPDX-License-Identifier: MIT */
/*
 * Which rule acts: conditions first, the cheap ones before the dear ones, then
 * the counts.  Rules are kept by stage, so that those of other stages cost
 * nothing.
 */
#include "mockserver/rule.h"

#include "core/base/rng.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#define uthash_fatal(msg) abort()
#include <uthash.h>

/* A pattern that needs more steps than this does not match: a scenario must
 * not hang its host. */
#define MATCH_STEPS_MAX 1000000

/* The counts of one rule under one address. */
struct key_count {
	struct rule_count count;
	UT_hash_handle hh;
	char key[]; /* rule index, then the address in lower case */
};

struct rule_book {
	const struct rule **rules; /* by number; owned, the rules borrowed */
	size_t count, rules_cap;
	size_t *order; /* owned; numbers, as they are asked */
	size_t order_count, order_cap;
	utime start;
	struct rng rng;
	/* The rules of stage s are by_stage[first[s]] to [first[s + 1] - 1],
	 * as numbers in the order in which they are asked. */
	size_t *by_stage; /* owned */
	size_t first[STAGE_COUNT + 1], by_stage_cap;
	/* [number]; host: also those of keys beyond RULE_KEYS_MAX. */
	struct rule_count *host; /* owned */
	uint64_t *acted;         /* owned */
	size_t host_cap, acted_cap;
	struct key_count *keys; /* owned */
	size_t key_count;
	bool has_overflowed;
	struct buf key;
	pcre2_match_data *match;            /* owned; NULL: no patterns */
	pcre2_match_context *match_context; /* owned */
};

static void book_reserve(struct rule_book *b, size_t count);
static size_t book_number(struct rule_book *b, const struct rule *rule);
static void book_sort(struct rule_book *b);
static bool rule_holds(
    struct rule_book *b, const struct rule *r, const struct occasion *o);
static bool pattern_matches(
    struct rule_book *b, const struct rule *r, struct slice text);
static bool texts_match(const struct slice *globs, size_t glob_count,
    const struct slice *texts, size_t text_count);
static bool glob_matches(struct slice glob, struct slice text);
static struct rule_count *count_of(struct rule_book *b, struct rule_scope *s,
    size_t index, const struct occasion *o);
static void scope_grow(
    const struct rule_scope *s, struct rule_count **counts, size_t want);
static struct rule_count *scope_count(struct rule_scope *s,
    struct rule_count **counts, size_t rule_count, size_t index);
static struct rule_count *count_of_address(
    struct rule_book *b, size_t index, struct slice address);
static bool count_allows(const struct rule *r, const struct rule_count *c);
static void format_cut(
    const char *verb, const struct rule_cut *cut, struct buf *out);

struct rule_book *
rule_book_new(
    const struct rule *rules, size_t count, uint64_t seed, utime start)
{
	struct rule_book *b = xcalloc(1, sizeof(*b));

	b->start = start;
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
	b->rules = xgrow(
	    (void *)b->rules, &b->rules_cap, count + 1, sizeof(const void *));
	b->order = xgrow(b->order, &b->order_cap, count + 1, sizeof(*b->order));
	b->by_stage = xgrow(
	    b->by_stage, &b->by_stage_cap, count + 1, sizeof(*b->by_stage));
	b->host = xgrow(b->host, &b->host_cap, count + 1, sizeof(*b->host));
	b->acted = xgrow(b->acted, &b->acted_cap, count + 1, sizeof(*b->acted));
}

/* Gives the rule the next number, for which there is room. */
static size_t
book_number(struct rule_book *b, const struct rule *rule)
{
	const size_t number = b->count++;

	b->rules[number] = rule;
	b->host[number] = (struct rule_count){ 0 };
	b->acted[number] = 0;
	if (rule->match == NULL || b->match != NULL)
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

			if ((size_t)b->rules[number]->on == stage)
				b->by_stage[at++] = number;
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
	struct key_count *k, *next;

	if (b == NULL)
		return;
	HASH_ITER(hh, b->keys, k, next)
	{
		HASH_DEL(b->keys, k);
		free(k);
	}
	pcre2_match_data_free(b->match);
	pcre2_match_context_free(b->match_context);
	buf_fini(&b->key);
	free(b->acted);
	free(b->host);
	free(b->by_stage);
	free(b->order);
	free((void *)b->rules);
	free(b);
	*bp = NULL;
}

const struct rule *
rule_book_ask(struct rule_book *b, struct rule_scope *s,
    const struct occasion *o, uint64_t *n)
{
	for (size_t i = b->first[o->stage]; i < b->first[o->stage + 1]; i++) {
		const size_t index = b->by_stage[i];
		const struct rule *r = b->rules[index];
		struct rule_count *c;

		if (!rule_holds(b, r, o))
			continue;
		c = count_of(b, s, index, o);
		c->held++;
		if (!count_allows(r, c))
			continue;
		c->acted++;
		b->acted[index]++;
		*n = c->held;
		return r;
	}
	return NULL;
}

uint64_t
rule_book_acted(const struct rule_book *b, size_t index)
{
	assert(index < b->count);
	return b->acted[index];
}

uint64_t
rule_book_next_body(const struct rule_book *b, uint64_t from)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = b->first[STAGE_BODY]; i < b->first[STAGE_BODY + 1];
	     i++) {
		const uint64_t after = b->rules[b->by_stage[i]]->after;

		if (after >= from && after < next)
			next = after;
	}
	return next;
}

bool
rule_book_overflowed(const struct rule_book *b)
{
	return b->has_overflowed;
}

/* ---- conditions ---- */

static bool
rule_holds(struct rule_book *b, const struct rule *r, const struct occasion *o)
{
	const utime elapsed = o->now - b->start;

	assert(r->on == o->stage);
	if (o->size < r->size || r->nobody != o->is_for_nobody)
		return false;
	if (r->on == STAGE_BODY && o->size != r->after)
		return false;
	if (r->during.count > 0 &&
	    (elapsed < r->during.at[0] || elapsed >= r->during.at[1]))
		return false;
	if (r->client.ip.family != 0 &&
	    !ip_network_contains(&r->client, o->client))
		return false;
	if (r->from.count > 0 &&
	    !texts_match(r->from.at, r->from.count, &o->from, 1))
		return false;
	if (r->to.count > 0 &&
	    !texts_match(r->to.at, r->to.count, o->to, o->to_count))
		return false;
	if (r->match != NULL && !pattern_matches(b, r, o->argument))
		return false;
	return r->probability >= 1 || rng_unit(&b->rng) < r->probability;
}

static bool
pattern_matches(struct rule_book *b, const struct rule *r, struct slice text)
{
	const PCRE2_SPTR at = (PCRE2_SPTR)(text.len > 0 ? text.at : "");

	return pcre2_match(r->match, at, text.len, 0, 0, b->match,
		   b->match_context) >= 0;
}

static bool
texts_match(const struct slice *globs, size_t glob_count,
    const struct slice *texts, size_t text_count)
{
	for (size_t i = 0; i < glob_count; i++)
		for (size_t j = 0; j < text_count; j++)
			if (glob_matches(globs[i], texts[j]))
				return true;
	return false;
}

/* Goes back to the last '*' when it gets stuck, which is enough: an earlier one
 * could only match more of what the last one may match as well. */
static bool
glob_matches(struct slice glob, struct slice text)
{
	size_t g = 0, t = 0, star = SIZE_MAX, star_text = 0;

	if (glob.len > 0 && glob.at[0] == '@')
		return slice_ends_with_nocase(text, glob);
	while (t < text.len) {
		if (g < glob.len && glob.at[g] == '*') {
			star = g++;
			star_text = t;
		} else if (g < glob.len &&
		    (glob.at[g] == '?' ||
			ascii_lower(glob.at[g]) == ascii_lower(text.at[t]))) {
			g++;
			t++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (g < glob.len && glob.at[g] == '*')
		g++;
	return g == glob.len;
}

/* ---- counts ---- */

static struct rule_count *
count_of(struct rule_book *b, struct rule_scope *s, size_t index,
    const struct occasion *o)
{
	switch (b->rules[index]->per) {
	case RULE_PER_HOST:
		break;
	case RULE_PER_CONNECTION:
		return scope_count(s, &s->connection, b->count, index);
	case RULE_PER_MESSAGE:
		return scope_count(s, &s->message, b->count, index);
	case RULE_PER_RECIPIENT:
		assert(o->to_count == 1);
		return count_of_address(b, index, o->to[0]);
	case RULE_PER_SENDER:
		return count_of_address(b, index, o->from);
	}
	return &b->host[index];
}

static void
scope_grow(const struct rule_scope *s, struct rule_count **counts, size_t want)
{
	if (*counts == NULL)
		return;
	*counts = xrealloc(*counts, want * sizeof(**counts));
	memset(*counts + s->count, 0, (want - s->count) * sizeof(**counts));
}

/* The count of a rule in one of the scope's arrays; both grow when rules have
 * been added to the book meanwhile. */
static struct rule_count *
scope_count(struct rule_scope *s, struct rule_count **counts, size_t rule_count,
    size_t index)
{
	if (rule_count > s->count) {
		scope_grow(s, &s->connection, rule_count);
		scope_grow(s, &s->message, rule_count);
		s->count = rule_count;
	}
	if (*counts == NULL)
		*counts = xcalloc(s->count, sizeof(**counts));
	return &(*counts)[index];
}

static struct rule_count *
count_of_address(struct rule_book *b, size_t index, struct slice address)
{
	struct key_count *k;
	struct slice key;

	buf_clear(&b->key);
	buf_append_u64(&b->key, index);
	buf_append_byte(&b->key, ' ');
	for (size_t i = 0; i < address.len; i++)
		buf_append_byte(&b->key, ascii_lower(address.at[i]));
	key = buf_slice(&b->key);
	HASH_FIND(hh, b->keys, key.at, key.len, k);
	if (k != NULL)
		return &k->count;
	if (b->key_count == RULE_KEYS_MAX) {
		b->has_overflowed = true;
		return &b->host[index];
	}
	k = xcalloc(1, sizeof(*k) + key.len);
	memcpy(k->key, key.at, key.len);
	HASH_ADD_KEYPTR(hh, b->keys, k->key, key.len, k);
	b->key_count++;
	return &k->count;
}

static bool
count_allows(const struct rule *r, const struct rule_count *c)
{
	bool is_listed = r->nth.count == 0;

	for (size_t i = 0; i < r->nth.count; i++)
		is_listed |= r->nth.at[i] == c->held;
	if (!is_listed)
		return false;
	if (r->every != 0 && c->held % r->every != 0)
		return false;
	if (r->first != 0 && c->held > r->first)
		return false;
	return r->times == 0 || c->acted < r->times;
}

void
rule_scope_init(struct rule_scope *s, size_t rule_count)
{
	*s = (struct rule_scope){ .count = rule_count };
}

void
rule_scope_begin_message(struct rule_scope *s)
{
	if (s->message != NULL)
		memset(s->message, 0, s->count * sizeof(*s->message));
}

void
rule_scope_fini(struct rule_scope *s)
{
	free(s->connection);
	free(s->message);
	*s = (struct rule_scope){ 0 };
}

/* ---- in words ---- */

enum rule_ending
rule_ending_of(const struct rule *r, uint64_t *reply_bytes)
{
	const struct rule_cut *cut =
	    r->drop.way != RULE_CUT_ABSENT ? &r->drop : &r->reset;

	*reply_bytes = UINT64_MAX;
	if (r->stall.way != RULE_STALL_ABSENT) {
		*reply_bytes = 0;
		return RULE_STALL;
	}
	if (cut->way == RULE_CUT_ABSENT)
		return r->then;
	*reply_bytes = cut->after.bytes;
	return cut == &r->drop ? RULE_DROP : RULE_RESET;
}

void
rule_format_action(const struct rule *r, struct buf *out)
{
	char text[UTIME_TEXT_MAX];

	assert(buf_len(out) == 0);
	if (r->delay > 0)
		buf_printf(
		    out, "delay %s", utime_format_duration(r->delay, text));
	if (r->raw.at != NULL)
		buf_printf(out, "%s%zu raw bytes", buf_len(out) > 0 ? ", " : "",
		    r->reply.wire.len);
	else if (r->reply.wire.at != NULL)
		buf_printf(out, "%sreply %d", buf_len(out) > 0 ? ", " : "",
		    r->reply.code);
	if (r->drip.bytes > 0)
		buf_printf(out, "%sdrip %llu bytes every %s",
		    buf_len(out) > 0 ? ", " : "",
		    (unsigned long long)r->drip.bytes,
		    utime_format_duration(r->drip.every, text));
	if (r->stall.way == RULE_STALL_FOREVER)
		buf_append_cstr(out, "stall");
	if (r->stall.way == RULE_STALL_SPAN)
		buf_printf(out, "stall %s",
		    utime_format_duration(r->stall.span, text));
	format_cut("drop", &r->drop, out);
	format_cut("reset", &r->reset, out);
	if (r->then == RULE_CLOSE)
		buf_printf(out, "%sclose", buf_len(out) > 0 ? ", " : "");
	if (r->has_starttls)
		buf_printf(out, "%sstarttls %s", buf_len(out) > 0 ? ", " : "",
		    mock_tls_kind_name(r->starttls));
}

static void
format_cut(const char *verb, const struct rule_cut *cut, struct buf *out)
{
	if (cut->way == RULE_CUT_ABSENT)
		return;
	buf_printf(out, "%s%s", buf_len(out) > 0 ? ", " : "", verb);
	if (cut->way == RULE_CUT_AFTER)
		buf_printf(out, " after %llu bytes",
		    (unsigned long long)cut->after.bytes);
}
