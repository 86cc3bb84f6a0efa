/* SPDX-License-Identifier: MIT */
/*
 * The "dns" object of a scenario: each name, and its records or the way in
 * which asking for it fails.
 *
 *	{ "exchange1.example.com": { "A": ["10.1.1.11"] },
 *	  "example.com": { "MX": ["10 mx1.example.com"], "ttl": "5m" },
 *	  "flaky.example.com": { "A": ["10.1.1.12"], "AAAA": "SERVFAIL" },
 *	  "slow.example.com": { "A": ["10.1.1.13"], "delay": "2s" },
 *	  "gone.example.com": "NXDOMAIN" }
 */
#ifndef FAULTPOST_ZONE_JSON_H
#define FAULTPOST_ZONE_JSON_H

#include "core/dns/types_json.h"
#include "core/dns/zone.h"
#include "core/json/table.h"

/* How a value was written: a fault's name, or what else it may be. */
enum zone_json_tag {
	ZONE_JSON_ABSENT,
	ZONE_JSON_FAULT,
	ZONE_JSON_RECORDS
};

struct zone_json_addresses {
	enum zone_json_tag tag;
	enum dns_status fault;
	JSON_ARRAY_OF(struct ip_address) records;
};

struct zone_json_exchanges {
	enum zone_json_tag tag;
	enum dns_status fault;
	JSON_ARRAY_OF(struct dns_record) records;
};

struct zone_json_records {
	struct zone_json_addresses a, aaaa;
	struct zone_json_exchanges mx;
	struct slice cname;    /* empty: none */
	enum dns_status fault; /* DNS_OK: none */
	utime ttl, delay;
	bool is_cut;
	uint32_t drop;
};

struct zone_json_name {
	struct slice name; /* as written */
	struct zone_json_answers {
		enum zone_json_tag tag;
		enum dns_status fault;
		struct zone_json_records records;
	} answers;
};

struct zone_json {
	JSON_ARRAY_OF(struct zone_json_name) names;
};

extern const struct json_choice zone_json_ways[2];

/* The form of the object, for a member of type struct zone_json. */
#define JF_ZONE                                                                \
	JF_MAP(struct zone_json_name, name, JF_CUSTOM(&domain_name_json),      \
	    answers, JF_CHOICE(struct zone_json_answers, tag, zone_json_ways), \
	    0, ZONE_NAMES_MAX)

/* Makes the zone of what was read; the caller destroys it.  `at` is the object
 * that it was read from, for the place of an error: NULL when a name is there
 * twice, differing in case or in a dot at the end only. */
struct zone *zone_json_build(
    const struct zone_json *json, const struct json_at *at, struct err *err);

#endif
