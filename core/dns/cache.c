/* SPDX-License-Identifier: MIT */
/* Answers that are kept; see cache.h. */
#include "core/dns/cache.h"

#include "core/dns/name.h"

#include <uthash.h>

/* A name in lower case and the type behind it, as entries are keyed by. */
struct cache_key {
	char bytes[DNS_NAME_MAX + 2];
	size_t len;
};

struct cache_entry {
	struct cache_key key;
	struct dns_answer answer;
	struct dns_record *records; /* owned, their names too; the answer's */
	utime expires;
	UT_hash_handle hh; /* in the order of being asked for */
};

struct dns_cache {
	struct dns_cache_limits limits;
	struct cache_entry *entries; /* the longest not asked for first */
};

static bool key_make(
    struct slice name, enum dns_type type, struct cache_key *key);
static struct cache_entry *entry_find(
    const struct dns_cache *c, const struct cache_key *key);
static void entry_drop(struct dns_cache *c, struct cache_entry *e);
static utime life_of(
    const struct dns_cache *c, const struct dns_answer *answer);
static struct dns_record *records_copy(const struct dns_answer *answer);

struct dns_cache *
dns_cache_new(const struct dns_cache_limits *limits)
{
	struct dns_cache *c = xcalloc(1, sizeof(*c));

	c->limits = *limits;
	return c;
}

void
dns_cache_destroy(struct dns_cache **cp)
{
	struct dns_cache *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	dns_cache_reset(c, &c->limits);
	free(c);
}

void
dns_cache_reset(struct dns_cache *c, const struct dns_cache_limits *limits)
{
	while (c->entries != NULL)
		entry_drop(c, c->entries);
	c->limits = *limits;
}

size_t
dns_cache_count(const struct dns_cache *c)
{
	return HASH_COUNT(c->entries);
}

bool
dns_cache_find(struct dns_cache *c, struct slice name, enum dns_type type,
    utime now, struct dns_answer *answer)
{
	struct cache_key key;
	struct cache_entry *e =
	    key_make(name, type, &key) ? entry_find(c, &key) : NULL;

	if (e == NULL)
		return false;
	if (now >= e->expires) {
		entry_drop(c, e);
		return false;
	}
	/* To the end of the line. */
	HASH_DEL(c->entries, e);
	HASH_ADD(hh, c->entries, key.bytes, e->key.len, e);
	*answer = e->answer;
	answer->ttl_s = (uint32_t)((e->expires - now) / UTIME_S);
	return true;
}

uint32_t
dns_cache_keep(struct dns_cache *c, struct slice name, enum dns_type type,
    utime now, const struct dns_answer *answer)
{
	utime life = life_of(c, answer);
	struct cache_key key;
	struct cache_entry *e;

	if (c->limits.entries == 0 || !key_make(name, type, &key))
		return (uint32_t)(life / UTIME_S);
	e = entry_find(c, &key);
	if (e != NULL)
		entry_drop(c, e);
	if (life == 0)
		return 0;
	if (dns_cache_count(c) == c->limits.entries)
		entry_drop(c, c->entries);
	e = xcalloc(1, sizeof(*e));
	e->key = key;
	e->answer = *answer;
	e->answer.delay = 0;
	e->answer.records = e->records = records_copy(answer);
	e->expires = utime_add(now, life);
	HASH_ADD(hh, c->entries, key.bytes, e->key.len, e);
	return (uint32_t)(life / UTIME_S);
}

/* False when it is longer than any name may be. */
static bool
key_make(struct slice name, enum dns_type type, struct cache_key *key)
{
	name = dns_name_trim(name);
	if (name.len > DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		key->bytes[i] = ascii_lower(name.at[i]);
	key->bytes[name.len] = (char)type;
	key->len = name.len + 1;
	return true;
}

static struct cache_entry *
entry_find(const struct dns_cache *c, const struct cache_key *key)
{
	struct cache_entry *e;

	HASH_FIND(hh, c->entries, key->bytes, key->len, e);
	return e;
}

static void
entry_drop(struct dns_cache *c, struct cache_entry *e)
{
	HASH_DEL(c->entries, e);
	free(e->records);
	free(e);
}

/* How long the answer may be kept; 0: not at all. */
static utime
life_of(const struct dns_cache *c, const struct dns_answer *answer)
{
	utime life = answer->ttl_s * UTIME_S;
	utime life_max = c->limits.ttl_max;

	if (answer->status != DNS_OK) {
		if (!dns_status_is_hard(answer->status))
			return 0;
		life_max = c->limits.negative_ttl_max;
	}
	return life < life_max ? life : life_max;
}

/* One block: the records, and their names behind them. */
static struct dns_record *
records_copy(const struct dns_answer *answer)
{
	size_t bytes = answer->count * sizeof(struct dns_record);
	struct dns_record *records;
	char *names;

	for (size_t i = 0; i < answer->count; i++)
		bytes += answer->records[i].name.len;
	records = xcalloc(1, bytes + 1);
	names = (char *)(records + answer->count);
	for (size_t i = 0; i < answer->count; i++) {
		struct slice name = answer->records[i].name;

		records[i] = answer->records[i];
		if (name.len == 0)
			continue;
		memcpy(names, name.at, name.len);
		records[i].name = slice_of(names, name.len);
		names += name.len;
	}
	return records;
}
