/* SPDX-License-Identifier: MIT */
/* The answer of a name server; see ev_answer.h.  Names are expanded by c-ares;
 * its own readers of answers give neither the TTL of an MX nor that of a SOA,
 * and do not look whose records they take. */
#include "core/world/ev_answer.h"

#include "core/dns/name.h"

#include <ares.h>
#include <ares_dns.h>
#include <ares_nameser.h>

/* The message, and how far it has been read. */
struct reader {
	const unsigned char *bytes;
	size_t len, at;
	struct arena *arena;
};

/* A resource record of class IN. */
struct resource {
	struct slice owner; /* lower case, no dot at the end */
	int type;
	uint32_t ttl_s;
	size_t data_at, data_len;
};

enum {
	RR_FIXED_BYTES = 10, /* behind its name: type, class, TTL, length */
	QUESTION_FIXED_BYTES = 4,
	SOA_NUMBERS_BYTES = 20, /* behind its two names */
	SOA_MINIMUM_AT = 16,
	MX_NAME_AT = 2,
};

/* The sections that matter, one behind the other. */
struct resources {
	struct resource *list; /* in the arena */
	size_t answer_count, count;
};

static bool name_read(struct reader *r, struct slice *name);
static bool resources_read(struct reader *r, struct resources *all);
static bool record_read(struct reader *r, const struct resource *rr,
    enum dns_type type, struct dns_record *record);
static const struct resource *find(const struct resources *all, int type,
    size_t from, size_t end, struct slice owner);
static enum dns_status follow(struct reader *r, const struct resources *all,
    struct slice name, enum dns_type type, struct dns_answer *answer);
static enum dns_status explain_nothing(struct reader *r,
    const struct resources *all, bool was_alias, struct dns_answer *answer);

void
ev_answer_read(struct slice message, struct slice name, enum dns_type type,
    struct arena *arena, struct dns_answer *answer)
{
	struct reader r = { (const unsigned char *)message.at, message.len, 0,
		arena };
	struct resources all = { 0 };

	answer->status = DNS_SERVFAIL;
	answer->records = NULL;
	answer->count = 0;
	answer->ttl_s = UINT32_MAX;
	if (resources_read(&r, &all))
		answer->status =
		    follow(&r, &all, dns_name_copy(arena, name), type, answer);
	if (answer->status == DNS_OK)
		return;
	answer->records = NULL;
	answer->count = 0;
	if (!dns_status_is_hard(answer->status))
		answer->ttl_s = 0;
}

static void
ttl_keep(struct dns_answer *answer, uint32_t ttl_s)
{
	if (ttl_s < answer->ttl_s)
		answer->ttl_s = ttl_s;
}

/* ---- the sections ---- */

/* Reads a name that may be compressed. */
static bool
name_read(struct reader *r, struct slice *name)
{
	char *text;
	long used;

	if (r->at >= r->len ||
	    ares_expand_name(r->bytes + r->at, r->bytes, (int)r->len, &text,
		&used) != ARES_SUCCESS)
		return false;
	*name = dns_name_copy(r->arena, slice_cstr(text));
	ares_free_string(text);
	r->at += (size_t)used;
	return true;
}

static bool
resource_read(struct reader *r, struct resource *rr, bool *is_ours)
{
	const unsigned char *fixed;
	uint32_t ttl_s;

	if (!name_read(r, &rr->owner) || r->len - r->at < RR_FIXED_BYTES)
		return false;
	fixed = r->bytes + r->at;
	rr->type = DNS_RR_TYPE(fixed);
	ttl_s = (uint32_t)DNS_RR_TTL(fixed);
	/* RFC 2181, 8. */
	rr->ttl_s = ttl_s > INT32_MAX ? 0 : ttl_s;
	rr->data_len = (size_t)DNS_RR_LEN(fixed);
	rr->data_at = r->at + RR_FIXED_BYTES;
	if (rr->data_len > r->len - rr->data_at)
		return false;
	r->at = rr->data_at + rr->data_len;
	*is_ours = DNS_RR_CLASS(fixed) == C_IN;
	return true;
}

static bool
resources_read(struct reader *r, struct resources *all)
{
	size_t questions, answers, most;

	if (r->len < HFIXEDSZ || r->len > UINT16_MAX)
		return false;
	questions = DNS_HEADER_QDCOUNT(r->bytes);
	answers = DNS_HEADER_ANCOUNT(r->bytes);
	most = answers + DNS_HEADER_NSCOUNT(r->bytes);
	r->at = HFIXEDSZ;
	for (size_t i = 0; i < questions; i++) {
		struct slice name;

		if (!name_read(r, &name) ||
		    r->len - r->at < QUESTION_FIXED_BYTES)
			return false;
		r->at += QUESTION_FIXED_BYTES;
	}
	/* Each takes its fixed bytes and a name. */
	if (most > (r->len - r->at) / (RR_FIXED_BYTES + 1))
		return false;
	all->list = arena_alloc(r->arena, (most + 1) * sizeof(*all->list));
	for (size_t i = 0; i < most; i++) {
		bool is_ours;

		if (!resource_read(r, &all->list[all->count], &is_ours))
			return false;
		all->count += is_ours;
		all->answer_count += is_ours && i < answers;
	}
	return true;
}

/* The first of [from, end) of that type and, unless `owner` is NULL, owner. */
static const struct resource *
find(const struct resources *all, int type, size_t from, size_t end,
    struct slice owner)
{
	for (size_t i = from; i < end; i++)
		if (all->list[i].type == type &&
		    (owner.at == NULL || slice_eq(all->list[i].owner, owner)))
			return &all->list[i];
	return NULL;
}

/* ---- the answer ---- */

/* Takes the records of the type at `owner`; false when one is malformed. */
static bool
take_records(struct reader *r, const struct resources *all, struct slice owner,
    enum dns_type type, struct dns_answer *answer)
{
	struct dns_record *records =
	    arena_alloc(r->arena, (all->answer_count + 1) * sizeof(*records));

	for (size_t i = 0; i < all->answer_count; i++) {
		const struct resource *rr = &all->list[i];

		if (rr->type != (int)type || !slice_eq(rr->owner, owner))
			continue;
		if (!record_read(r, rr, type, &records[answer->count]))
			return false;
		ttl_keep(answer, rr->ttl_s);
		answer->count++;
	}
	answer->records = records;
	return true;
}

static enum dns_status
follow(struct reader *r, const struct resources *all, struct slice name,
    enum dns_type type, struct dns_answer *answer)
{
	for (int hops = 0; hops <= DNS_CNAME_MAX; hops++) {
		const struct resource *alias;
		struct dns_record target;

		if (!take_records(r, all, name, type, answer))
			return DNS_SERVFAIL;
		if (answer->count > 0)
			return DNS_OK;
		alias = find(all, T_CNAME, 0, all->answer_count, name);
		if (alias == NULL)
			return explain_nothing(r, all, hops > 0, answer);
		if (!record_read(r, alias, DNS_CNAME, &target))
			return DNS_SERVFAIL;
		ttl_keep(answer, alias->ttl_s);
		name = target.name;
	}
	return DNS_LOOP;
}

/* The MINIMUM of a SOA; false when it is malformed. */
static bool
soa_minimum(struct reader *r, const struct resource *soa, uint32_t *minimum)
{
	struct slice server, person;

	r->at = soa->data_at;
	if (!name_read(r, &server) || !name_read(r, &person) ||
	    r->at + SOA_NUMBERS_BYTES != soa->data_at + soa->data_len)
		return false;
	*minimum = (uint32_t)DNS__32BIT(r->bytes + r->at + SOA_MINIMUM_AT);
	return true;
}

/* RFC 2308, 2 and 5. */
static enum dns_status
explain_nothing(struct reader *r, const struct resources *all, bool was_alias,
    struct dns_answer *answer)
{
	static const struct slice any;
	int code = DNS_HEADER_RCODE(r->bytes);
	const struct resource *soa =
	    find(all, T_SOA, all->answer_count, all->count, any);
	bool is_referral = soa == NULL &&
	    find(all, T_NS, all->answer_count, all->count, any) != NULL;
	uint32_t minimum = 0;

	if (code == REFUSED)
		return DNS_REFUSED;
	if (code != NXDOMAIN && code != NOERROR)
		return DNS_SERVFAIL;
	if (code == NOERROR && (is_referral || (was_alias && soa == NULL)))
		return DNS_SERVFAIL;
	if (soa != NULL && !soa_minimum(r, soa, &minimum))
		return DNS_SERVFAIL;
	ttl_keep(answer, minimum);
	ttl_keep(answer, soa != NULL ? soa->ttl_s : 0);
	return code == NXDOMAIN ? DNS_NXDOMAIN : DNS_NODATA;
}

static bool
record_read(struct reader *r, const struct resource *rr, enum dns_type type,
    struct dns_record *record)
{
	const unsigned char *data = r->bytes + rr->data_at;
	size_t address_len = type == DNS_A ? 4 : 16;

	*record = (struct dns_record){ .type = type, .ttl_s = rr->ttl_s };
	r->at = rr->data_at;
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		if (rr->data_len != address_len)
			return false;
		record->ip.family = type == DNS_A ? 4 : 6;
		memcpy(record->ip.bytes, data, address_len);
		return true;
	case DNS_MX:
		if (rr->data_len < MX_NAME_AT + 1)
			return false;
		record->preference = DNS__16BIT(data);
		r->at += MX_NAME_AT;
		break;
	case DNS_CNAME:
		break;
	}
	return name_read(r, &record->name) &&
	    r->at == rr->data_at + rr->data_len;
}
