/* SPDX-License-Identifier: MIT */
/* The names of a scenario; see zone.h. */
#include "core/dns/zone.h"

#include "core/base/arena.h"
#include "core/base/map.h"
#include "core/dns/name.h"

enum {
	ZONE_TYPES = 4
};

/* What there is of one type at a name. */
struct zone_set {
	struct dns_record *records; /* owned */
	size_t count, cap;
	enum dns_status fault; /* DNS_OK: none */
};

struct zone_name {
	struct zone_name *next; /* in struct zone; the newest first */
	struct slice name;
	struct zone_set sets[ZONE_TYPES];
	enum dns_status fault; /* of all types; DNS_OK: none */
	utime delay;
	bool is_cut;
	uint32_t drop;
	uint32_t ttl_s; /* of "there is none" */
	bool is_apex;
	bool is_said; /* not only there because a name below it is */
};

struct zone {
	struct arena arena;
	struct map map; /* lower-case name -> struct zone_name */
	struct zone_name *names;
	size_t said_count;
	bool is_limited;
};

static struct zone_name *name_get(
    struct zone *z, struct slice owner, bool exists, struct err *err);
static struct zone_name *name_make(struct zone *z, struct slice name);
static bool name_is_good(struct slice name, struct err *err);
static struct zone_set *set_of(struct zone_name *n, enum dns_type type);
static bool record_is_good(const struct dns_record *record, struct err *err);
static bool record_fits(
    struct zone_name *n, const struct dns_record *record, struct err *err);
static bool set_has(
    const struct zone_set *set, const struct dns_record *record);
static bool records_equal(
    const struct dns_record *a, const struct dns_record *b);
static bool name_answer(
    struct zone_name *n, enum dns_type type, struct dns_answer *answer);
static void ttl_keep(struct dns_answer *answer, uint32_t ttl_s);

struct zone *
zone_new(void)
{
	return xcalloc(1, sizeof(struct zone));
}

void
zone_destroy(struct zone **zp)
{
	struct zone *z = *zp;

	*zp = NULL;
	if (z == NULL)
		return;
	for (struct zone_name *n = z->names; n != NULL; n = n->next)
		for (size_t i = 0; i < ZONE_TYPES; i++)
			free(n->sets[i].records);
	map_fini(&z->map);
	arena_fini(&z->arena);
	free(z);
}

void
zone_each_name(const struct zone *z,
    void (*found)(void *owner, struct slice name), void *owner)
{
	for (const struct zone_name *n = z->names; n != NULL; n = n->next)
		if (n->is_said)
			found(owner, n->name);
}

bool
zone_add(struct zone *z, struct slice owner, const struct dns_record *record,
    struct err *err)
{
	struct zone_name *n;
	struct zone_set *set;
	struct dns_record *added;

	if (!record_is_good(record, err))
		return false;
	n = name_get(z, owner, true, err);
	if (n == NULL || !record_fits(n, record, err))
		return false;
	set = set_of(n, record->type);
	if (set_has(set, record))
		return true;
	set->records = xgrow(
	    set->records, &set->cap, set->count + 1, sizeof(*set->records));
	added = &set->records[set->count++];
	*added = *record;
	added->name = dns_name_copy(&z->arena, record->name);
	return true;
}

bool
zone_fail(
    struct zone *z, struct slice owner, enum dns_status status, struct err *err)
{
	struct zone_name *n;

	assert(status != DNS_OK);
	assert(status != DNS_LOOP);
	n = name_get(z, owner, status != DNS_NXDOMAIN, err);
	if (n == NULL)
		return false;
	n->fault = status;
	return true;
}

bool
zone_fail_type(struct zone *z, struct slice owner, enum dns_type type,
    enum dns_status status, struct err *err)
{
	struct zone_name *n;

	assert(status != DNS_OK);
	assert(status != DNS_LOOP);
	n = name_get(z, owner, true, err);
	if (n == NULL)
		return false;
	set_of(n, type)->fault = status;
	return true;
}

bool
zone_delay(struct zone *z, struct slice owner, utime delay, struct err *err)
{
	struct zone_name *n = name_get(z, owner, false, err);

	assert(delay >= 0);
	if (n == NULL)
		return false;
	n->delay = delay;
	return true;
}

bool
zone_ttl(struct zone *z, struct slice owner, uint32_t ttl_s, struct err *err)
{
	struct zone_name *n = name_get(z, owner, false, err);

	if (n == NULL)
		return false;
	n->ttl_s = ttl_s;
	return true;
}

bool
zone_cut(struct zone *z, struct slice owner, struct err *err)
{
	struct zone_name *n = name_get(z, owner, false, err);

	if (n == NULL)
		return false;
	n->is_cut = true;
	return true;
}

bool
zone_drop(struct zone *z, struct slice owner, uint32_t drop, struct err *err)
{
	struct zone_name *n = name_get(z, owner, false, err);

	if (n == NULL)
		return false;
	n->drop = drop;
	return true;
}

bool
zone_has(const struct zone *z, struct slice owner)
{
	const struct zone_name *n = map_find(&z->map, dns_name_trim(owner));

	return n != NULL && n->is_said;
}

bool
zone_limit(struct zone *z, struct slice apex, struct err *err)
{
	struct zone_name *n = name_get(z, apex, true, err);

	if (n == NULL)
		return false;
	n->is_apex = true;
	z->is_limited = true;
	return true;
}

static bool
is_within(const struct zone *z, struct slice name)
{
	while (name.len > 0) {
		const struct zone_name *n = map_find(&z->map, name);

		if (n != NULL && n->is_apex)
			return true;
		name = slice_skip(name, slice_find_byte(name, '.') + 1);
	}
	return false;
}

bool
zone_knows(const struct zone *z, struct slice name)
{
	name = dns_name_trim(name);
	for (int hops = 0; z->is_limited && hops <= DNS_CNAME_MAX; hops++) {
		struct zone_name *n = map_find(&z->map, name);

		if (!is_within(z, name))
			return false;
		if (n == NULL || set_of(n, DNS_CNAME)->count == 0)
			break;
		name = set_of(n, DNS_CNAME)->records->name;
	}
	return true;
}

enum dns_status
zone_lookup(const struct zone *z, struct slice name, enum dns_type type,
    struct dns_answer *answer)
{
	uint32_t negative_ttl_s = DNS_TTL_S_DEFAULT;

	*answer = (struct dns_answer){
		.status = DNS_LOOP,
		.ttl_s = UINT32_MAX,
		.server = SLICE(ZONE_SERVER),
	};
	for (int hops = 0; hops <= DNS_CNAME_MAX; hops++) {
		struct zone_name *n = map_find(&z->map, dns_name_trim(name));
		const struct dns_record *alias;

		if (n == NULL) {
			answer->status = DNS_NXDOMAIN;
			negative_ttl_s = DNS_TTL_S_DEFAULT;
			break;
		}
		answer->delay = utime_add(answer->delay, n->delay);
		answer->is_cut |= n->is_cut;
		answer->drop += n->drop;
		negative_ttl_s = n->ttl_s;
		if (name_answer(n, type, answer))
			break;
		alias = set_of(n, DNS_CNAME)->records;
		ttl_keep(answer, alias->ttl_s);
		name = alias->name;
	}
	if (answer->status != DNS_OK)
		ttl_keep(answer,
		    dns_status_is_hard(answer->status) ? negative_ttl_s : 0);
	return answer->status;
}

const struct dns_record *
zone_alias(const struct zone *z, struct slice name, enum dns_type type)
{
	struct zone_name *n = map_find(&z->map, dns_name_trim(name));
	struct dns_answer answer = { 0 };

	if (n == NULL || name_answer(n, type, &answer))
		return NULL;
	return set_of(n, DNS_CNAME)->records;
}

/* The name's entry, made when there is none.  A name that `exists` makes the
 * names above it exist too. */
static struct zone_name *
name_get(struct zone *z, struct slice owner, bool exists, struct err *err)
{
	struct zone_name *n = NULL;
	struct slice name = dns_name_trim(owner);

	if (!name_is_good(name, err))
		return NULL;
	if (z->said_count == ZONE_NAMES_MAX && !zone_has(z, name)) {
		err_set(err, "a zone has at most %d names", ZONE_NAMES_MAX);
		return NULL;
	}
	n = name_make(z, name);
	z->said_count += !n->is_said;
	n->is_said = true;
	while (exists && slice_find_byte(name, '.') < name.len) {
		name = slice_skip(name, slice_find_byte(name, '.') + 1);
		(void)name_make(z, name);
	}
	return n;
}

static struct zone_name *
name_make(struct zone *z, struct slice name)
{
	struct zone_name *n = map_find(&z->map, name);

	if (n != NULL)
		return n;
	n = arena_alloc(&z->arena, sizeof(*n));
	n->name = dns_name_copy(&z->arena, name);
	n->ttl_s = DNS_TTL_S_DEFAULT;
	n->next = z->names;
	z->names = n;
	map_add(&z->map, n->name, n);
	return n;
}

static bool
name_is_good(struct slice name, struct err *err)
{
	size_t at;
	const char *why = dns_name_check(dns_name_trim(name), &at);

	return why == NULL || err_set(err, "%s", why);
}

static struct zone_set *
set_of(struct zone_name *n, enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return &n->sets[0];
	case DNS_CNAME:
		return &n->sets[1];
	case DNS_MX:
		return &n->sets[2];
	case DNS_AAAA:
		return &n->sets[3];
	}
	assert(false);
	return NULL;
}

static bool
record_is_good(const struct dns_record *record, struct err *err)
{
	switch (record->type) {
	case DNS_A:
	case DNS_AAAA:
		if (record->ip.family != (record->type == DNS_A ? 4 : 6))
			return err_set(err,
			    "the address of an %s record is of "
			    "the other family",
			    dns_type_name(record->type));
		return true;
	case DNS_MX:
		return dns_name_trim(record->name).len == 0 ||
		    name_is_good(record->name, err);
	case DNS_CNAME:
		return name_is_good(record->name, err);
	}
	assert(false);
	return false;
}

/* Whether the record may stand beside what the name has. */
static bool
record_fits(
    struct zone_name *n, const struct dns_record *record, struct err *err)
{
	const struct zone_set *set = set_of(n, record->type);
	bool is_alias = record->type == DNS_CNAME;

	if (set_has(set, record))
		return true;
	if (set->count == ZONE_RECORDS_MAX)
		return err_set(err, "a name has at most %d records of a type",
		    ZONE_RECORDS_MAX);
	for (size_t i = 0; i < ZONE_TYPES; i++)
		if (n->sets[i].count > 0 &&
		    (is_alias || &n->sets[i] == set_of(n, DNS_CNAME)))
			return err_set(err,
			    "a CNAME stands alone: a name has "
			    "either one CNAME or other records");
	return true;
}

static bool
set_has(const struct zone_set *set, const struct dns_record *record)
{
	for (size_t i = 0; i < set->count; i++)
		if (records_equal(&set->records[i], record))
			return true;
	return false;
}

static bool
records_equal(const struct dns_record *a, const struct dns_record *b)
{
	return ip_equal(&a->ip, &b->ip) && a->preference == b->preference &&
	    dns_name_equal(a->name, b->name);
}

/* What a name says to a question: true unless it goes on at its CNAME. */
static bool
name_answer(struct zone_name *n, enum dns_type type, struct dns_answer *answer)
{
	const struct zone_set *set = set_of(n, type);
	enum dns_status fault = n->fault != DNS_OK ? n->fault : set->fault;

	if (fault != DNS_OK) {
		answer->status = fault;
		return true;
	}
	if (set->count == 0 && set_of(n, DNS_CNAME)->count > 0)
		return false;
	for (size_t i = 0; i < set->count; i++)
		ttl_keep(answer, set->records[i].ttl_s);
	answer->status = set->count > 0 ? DNS_OK : DNS_NODATA;
	answer->records = set->records;
	answer->count = set->count;
	return true;
}

/* What was learned on the way is kept no longer than any part of it. */
static void
ttl_keep(struct dns_answer *answer, uint32_t ttl_s)
{
	if (ttl_s < answer->ttl_s)
		answer->ttl_s = ttl_s;
}
