/* SPDX-License-Identifier: MIT */
/* Counts by rule and key; see rule_count.h. */
#include "mockserver/rule/rule_count.h"

#define uthash_fatal(msg) abort()
#include <uthash.h>

/* The counts of one rule under one key. */
struct key_count {
	struct rule_count count;
	UT_hash_handle hh;
	char key[]; /* the number of the rule, then what key_append_* made */
};

static struct slice key_make(struct rule_counts *c, const struct rule *r,
    size_t number, const struct occasion *o, struct slice to);
static struct rule_count *count_of_key(
    struct rule_counts *c, size_t number, struct slice key);
static struct rule_count *scope_count(struct rule_scope *s,
    struct rule_count **counts, size_t rule_count, size_t number);
static bool number_is_listed(const struct rule *r, uint64_t number);
static bool quota_is_reached(
    const struct rule_count *c, const struct rule *r, uint64_t size_bytes);

void
rule_counts_add(struct rule_counts *c)
{
	c->host = xgrow(c->host, &c->cap, c->count + 1, sizeof(*c->host));
	c->host[c->count++] = (struct rule_count){ 0 };
}

void
rule_counts_fini(struct rule_counts *c)
{
	struct key_count *k, *next;

	HASH_ITER(hh, c->keys, k, next)
	{
		HASH_DEL(c->keys, k);
		free(k);
	}
	free(c->host);
	buf_fini(&c->key);
	*c = (struct rule_counts){ 0 };
}

struct rule_count *
rule_counts_get(struct rule_counts *c, struct rule_scope *s,
    const struct rule *r, size_t number, const struct occasion *o,
    struct slice to)
{
	switch (r->per) {
	case RULE_PER_HOST:
		break;
	case RULE_PER_CONNECTION:
		return scope_count(s, &s->connection, c->count, number);
	case RULE_PER_MESSAGE:
		return scope_count(s, &s->message, c->count, number);
	case RULE_PER_RECIPIENT:
	case RULE_PER_SENDER:
	case RULE_PER_CLIENT:
	case RULE_PER_TRIPLE:
		return count_of_key(c, number, key_make(c, r, number, o, to));
	}
	return &c->host[number];
}

/* ---- keys ---- */

/* No address holds the byte that ends it. */
static void
key_append_address(struct rule_counts *c, struct slice address)
{
	for (size_t i = 0; i < address.len; i++)
		buf_append_byte(&c->key, ascii_lower(address.at[i]));
	buf_append_byte(&c->key, '\n');
}

static void
key_append_client(struct rule_counts *c, const struct ip_address *client)
{
	const char family = (char)client->family;

	buf_append(&c->key, slice_of(&family, 1));
	buf_append(&c->key,
	    slice_of(
		(const char *)client->bytes, client->family == 4 ? 4 : 16));
}

static struct slice
key_make(struct rule_counts *c, const struct rule *r, size_t number,
    const struct occasion *o, struct slice to)
{
	buf_clear(&c->key);
	buf_append_u64(&c->key, number);
	buf_append_byte(&c->key, ' ');
	if (r->per == RULE_PER_CLIENT || r->per == RULE_PER_TRIPLE)
		key_append_client(c, o->client);
	if (r->per == RULE_PER_SENDER || r->per == RULE_PER_TRIPLE)
		key_append_address(c, o->from);
	if (r->per == RULE_PER_RECIPIENT || r->per == RULE_PER_TRIPLE)
		key_append_address(c, to);
	return buf_slice(&c->key);
}

static struct rule_count *
count_of_key(struct rule_counts *c, size_t number, struct slice key)
{
	struct key_count *k;

	HASH_FIND(hh, c->keys, key.at, key.len, k);
	if (k != NULL)
		return &k->count;
	if (c->key_count == RULE_KEYS_MAX) {
		c->has_overflowed = true;
		return &c->host[number];
	}
	k = xcalloc(1, sizeof(*k) + key.len);
	memcpy(k->key, key.at, key.len);
	HASH_ADD_KEYPTR(hh, c->keys, k->key, key.len, k);
	c->key_count++;
	return &k->count;
}

/* ---- what is counted ---- */

/* The window that began at `since` is over; one of no length never is. */
static bool
is_over(utime since, utime within, utime now)
{
	return within > 0 && now >= utime_add(since, within);
}

void
rule_count_occasion(struct rule_count *c, const struct rule *r, utime now)
{
	if (c->held > 0 &&
	    (is_over(c->last, r->forget, now) ||
		is_over(c->since, r->rate.within, now)))
		*c = (struct rule_count){ 0 };
	if (c->taken > 0 && is_over(c->since, r->quota.within, now))
		c->taken = 0;
	if (c->held == 0 && c->taken == 0)
		c->since = now;
	c->held++;
	c->last = now;
}

void
rule_count_take(
    struct rule_count *c, const struct rule *r, utime now, uint64_t size_bytes)
{
	if (c->taken > 0 && is_over(c->since, r->quota.within, now))
		c->taken = 0;
	if (c->taken == 0)
		c->since = now;
	c->taken += r->quota.bytes > 0 ? size_bytes : 1;
}

/* ---- conditions ---- */

enum rule_counting
rule_count_judge(const struct rule_count *c, const struct rule *r, utime now,
    uint64_t size_bytes)
{
	if (r->nth.count > 0 && !number_is_listed(r, c->held))
		return RULE_COUNTING_NTH;
	if (r->every != 0 && c->held % r->every != 0)
		return RULE_COUNTING_EVERY;
	if (r->first != 0 && c->held > r->first)
		return RULE_COUNTING_FIRST;
	if (is_over(c->since, r->within, now))
		return RULE_COUNTING_WITHIN;
	if (r->rate.count != 0 && c->held <= r->rate.count)
		return RULE_COUNTING_RATE;
	if ((r->quota.messages != 0 || r->quota.bytes != 0) &&
	    !quota_is_reached(c, r, size_bytes))
		return RULE_COUNTING_QUOTA;
	if (r->times != 0 && c->acted >= r->times)
		return RULE_COUNTING_TIMES;
	return RULE_COUNTING_ALLOWS;
}

static bool
number_is_listed(const struct rule *r, uint64_t number)
{
	for (size_t i = 0; i < r->nth.count; i++)
		if (r->nth.at[i] == number)
			return true;
	return false;
}

/* A message of unknown size fits as long as anything does. */
static bool
quota_is_reached(
    const struct rule_count *c, const struct rule *r, uint64_t size_bytes)
{
	if (r->quota.messages != 0)
		return c->taken >= r->quota.messages;
	return c->taken >= r->quota.bytes ||
	    size_bytes > r->quota.bytes - c->taken;
}

/* ---- those of a connection ---- */

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
    size_t number)
{
	if (rule_count > s->count) {
		scope_grow(s, &s->connection, rule_count);
		scope_grow(s, &s->message, rule_count);
		s->count = rule_count;
	}
	if (*counts == NULL)
		*counts = xcalloc(s->count, sizeof(**counts));
	return &(*counts)[number];
}

void
rule_scope_fini(struct rule_scope *s)
{
	free(s->connection);
	free(s->message);
	*s = (struct rule_scope){ 0 };
}
