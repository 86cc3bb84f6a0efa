/* SPDX-License-Identifier: MIT */
/*
 * The names of a scenario and what DNS says about each: records, or the way in
 * which asking fails.  A table in memory, asked by every world's resolver.
 * Build it, then share it as const.
 */
#ifndef FAULTPOST_ZONE_H
#define FAULTPOST_ZONE_H

#include "core/base/err.h"
#include "core/dns/dns.h"

#define ZONE_NAMES_MAX   100000
#define ZONE_RECORDS_MAX 1000 /* of one type at one name */

struct zone;

struct zone *zone_new(void);
/* NULL inside is fine. */
void zone_destroy(struct zone **zp);

/* Adds a record to `owner` (a domain name, letters without case, a dot at the
 * end allowed); record->name is copied.  An error when a name breaks the rules
 * of name.h, the address is not of the record's type, a CNAME would not be
 * alone (RFC 1034, 3.6.2), or a bound is passed.  A record that is there
 * already is not added again (RFC 2181, 5). */
bool zone_add(struct zone *z, struct slice owner,
    const struct dns_record *record, struct err *err);
/* From now on asking for anything at `owner` ends like this, any status but
 * DNS_OK and DNS_LOOP; NODATA says that the name is there and has nothing. */
bool zone_fail(struct zone *z, struct slice owner, enum dns_status status,
    struct err *err);
/* The same for one type; the others keep their records. */
bool zone_fail_type(struct zone *z, struct slice owner, enum dns_type type,
    enum dns_status status, struct err *err);
/* How long each answer for `owner` takes. */
bool zone_delay(
    struct zone *z, struct slice owner, utime delay, struct err *err);

/* Answers for `owner` are cut over UDP, so that it takes TCP to have them. */
bool zone_cut(struct zone *z, struct slice owner, struct err *err);
/* So many questions for `owner` get no answer before each that does. */
bool zone_drop(
    struct zone *z, struct slice owner, uint32_t drop, struct err *err);

/* How long it may be kept that `owner` lacks what was asked for; otherwise
 * DNS_TTL_S_DEFAULT. */
bool zone_ttl(
    struct zone *z, struct slice owner, uint32_t ttl_s, struct err *err);

/* The zone is that of `apex` (called again: of this one, too), and does not
 * know names that are not at it or below; a zone that is of none knows all. */
bool zone_limit(struct zone *z, struct slice apex, struct err *err);
/* Whether what the zone says about the name, which may be that it is not there,
 * and about the names that its CNAMEs lead to, is so. */
bool zone_knows(const struct zone *z, struct slice name);

/* What answers of a zone name as their server. */
#define ZONE_SERVER "127.0.0.1"

/* Calls `found` for each name about which anything has been said, the newest
 * first. */
void zone_each_name(const struct zone *z,
    void (*found)(void *owner, struct slice name), void *owner);
/* Whether anything has been said about `owner` itself. */
bool zone_has(const struct zone *z, struct slice owner);
/* Answers a question; *answer is borrowed from the zone and valid until it
 * changes.  Follows up to DNS_CNAME_MAX CNAMEs, adding up their delays and
 * drops.  A name that is not there is NXDOMAIN, or NODATA when a name below it
 * is there (RFC 8020).  Failures are not to be kept: their TTL is 0.  Returns
 * answer->status. */
enum dns_status zone_lookup(const struct zone *z, struct slice name,
    enum dns_type type, struct dns_answer *answer);

/* The CNAME at which a question for that type goes on from `name`, or NULL. */
const struct dns_record *zone_alias(
    const struct zone *z, struct slice name, enum dns_type type);

#endif
