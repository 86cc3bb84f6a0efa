/* SPDX-License-Identifier: MIT */
/*
 * What a resolver has answered, kept for as long as the answer says and no
 * longer than the caps: records, and that there are none (RFC 2308).  Soft
 * errors are not kept.  Bounded: the entry that was asked for longest ago makes
 * room.
 */
#ifndef FAULTPOST_DNS_CACHE_H
#define FAULTPOST_DNS_CACHE_H

#include "core/dns/dns.h"

struct dns_cache;

struct dns_cache_limits {
	uint32_t entries;       /* 0: nothing is kept */
	utime ttl_max;          /* of records */
	utime negative_ttl_max; /* of NXDOMAIN and NODATA */
};

struct dns_cache *dns_cache_new(const struct dns_cache_limits *limits);
/* NULL inside is fine. */
void dns_cache_destroy(struct dns_cache **cp);

/* The answer that is kept for `name` (letters without case, a dot at the end
 * allowed), its TTL what is left of it at `now`; false when there is none.
 * Borrowed until the cache changes. */
bool dns_cache_find(struct dns_cache *c, struct slice name, enum dns_type type,
    utime now, struct dns_answer *answer);
/* Keeps a copy of the answer that came at `now`, in the place of what was
 * known.  Returns for how many seconds the answer holds, by its TTL and the
 * caps: 0 for a soft error. */
uint32_t dns_cache_keep(struct dns_cache *c, struct slice name,
    enum dns_type type, utime now, const struct dns_answer *answer);
/* Forgets everything; other limits hold from now on. */
void dns_cache_reset(
    struct dns_cache *c, const struct dns_cache_limits *limits);
/* Entries, those included whose time is over. */
size_t dns_cache_count(const struct dns_cache *c);

#endif
