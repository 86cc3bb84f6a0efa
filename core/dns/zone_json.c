/* SPDX-License-Identifier: MIT */
/* The "dns" object of a scenario; see zone_json.h. */
#include "core/dns/zone_json.h"

static const struct json_word faults[] = {
	{ "NXDOMAIN", DNS_NXDOMAIN },
	{ "NODATA", DNS_NODATA },
	{ "SERVFAIL", DNS_SERVFAIL },
	{ "REFUSED", DNS_REFUSED },
	{ "TIMEOUT", DNS_TIMEOUT },
};

/* Beyond what any resolver tries. */
#define DROP_MAX 100

/* The ways of a value that is a fault's name or an array of records. */
#define RECORD_WAYS(type, element, custom)                                     \
	{                                                                      \
		{                                                              \
			.form = JF_WORD(faults),                               \
			.offset = offsetof(type, fault),                       \
			.size = sizeof(((type *)0)->fault),                    \
			.tag = ZONE_JSON_FAULT,                                \
		},                                                             \
		    {                                                          \
			    .form = JF_ARRAY(element, JF_CUSTOM(&(custom)), 1, \
				ZONE_RECORDS_MAX),                             \
			    .offset = offsetof(type, records),                 \
			    .size = sizeof(((type *)0)->records),              \
			    .tag = ZONE_JSON_RECORDS,                          \
		    },                                                         \
	}

static const struct json_choice a_ways[] = RECORD_WAYS(
    struct zone_json_addresses, struct ip_address, ipv4_address_json);
static const struct json_choice aaaa_ways[] = RECORD_WAYS(
    struct zone_json_addresses, struct ip_address, ipv6_address_json);
static const struct json_choice mx_ways[] =
    RECORD_WAYS(struct zone_json_exchanges, struct dns_record, mx_record_json);

static const struct json_field records_fields[] = {
	{ "A", JF_CHOICE(struct zone_json_addresses, tag, a_ways),
	    JSON_AT(struct zone_json_records, a), JSON_OPTIONAL,
	    "The IPv4 addresses, or how asking for them fails." },
	{ "AAAA", JF_CHOICE(struct zone_json_addresses, tag, aaaa_ways),
	    JSON_AT(struct zone_json_records, aaaa), JSON_OPTIONAL,
	    "The IPv6 addresses, or how asking for them fails." },
	{ "MX", JF_CHOICE(struct zone_json_exchanges, tag, mx_ways),
	    JSON_AT(struct zone_json_records, mx), JSON_OPTIONAL,
	    "The mail exchanges as \"preference name\", or how asking for "
	    "them fails." },
	{ "CNAME", JF_CUSTOM(&domain_name_json),
	    JSON_AT(struct zone_json_records, cname), JSON_OPTIONAL,
	    "The name that this one stands for." },
	{ "fault", JF_WORD(faults), JSON_AT(struct zone_json_records, fault),
	    JSON_OPTIONAL, "How asking for anything at the name fails." },
	{ "ttl", JF_DURATION, JSON_AT(struct zone_json_records, ttl), "5m",
	    "How long the records may be kept, or that there are none." },
	{ "delay", JF_DURATION, JSON_AT(struct zone_json_records, delay), "0s",
	    "How long each answer takes." },
	{ "truncate", JF_BOOLEAN, JSON_AT(struct zone_json_records, is_cut),
	    "false",
	    "Whether answers are cut over UDP (TC), so that they are asked "
	    "for again over TCP; each of the two takes the delay." },
	{ "drop", JF_INTEGER(0, DROP_MAX),
	    JSON_AT(struct zone_json_records, drop), "0",
	    "How many questions over UDP get no answer before each that does; "
	    "a resolver asks again, four times in all." },
};

static const struct json_group records_groups[] = {
	{ JSON_AT_MOST_ONE, "fault A" },
	{ JSON_AT_MOST_ONE, "fault AAAA" },
	{ JSON_AT_MOST_ONE, "fault MX" },
	{ JSON_AT_MOST_ONE, "CNAME fault" },
	{ JSON_AT_MOST_ONE, "CNAME A" },
	{ JSON_AT_MOST_ONE, "CNAME AAAA" },
	{ JSON_AT_MOST_ONE, "CNAME MX" },
};

static const struct json_table records_table = {
	.name = "dns records",
	.help = "What DNS says about a name; without records the name is there "
		"and has nothing.",
	.size = sizeof(struct zone_json_records),
	JSON_FIELDS(records_fields),
	JSON_GROUPS(records_groups),
};

const struct json_choice zone_json_ways[2] = {
	{
	    .form = JF_WORD(faults),
	    .offset = offsetof(struct zone_json_answers, fault),
	    .size = sizeof(((struct zone_json_answers *)0)->fault),
	    .tag = ZONE_JSON_FAULT,
	},
	{
	    .form = JF_OBJECT(&records_table),
	    .offset = offsetof(struct zone_json_answers, records),
	    .size = sizeof(((struct zone_json_answers *)0)->records),
	    .tag = ZONE_JSON_RECORDS,
	},
};

/* A name being built. */
struct builder {
	struct zone *zone;
	struct slice name;
	uint32_t ttl_s;
	struct err *err;
};

static bool build_name(
    struct zone *z, const struct zone_json_name *name, struct err *err);
static bool build_records(
    struct builder *b, const struct zone_json_records *records);
static bool build_addresses(struct builder *b, enum dns_type type,
    const struct zone_json_addresses *addresses);
static bool build_exchanges(
    struct builder *b, const struct zone_json_exchanges *exchanges);
static bool build_cname(struct builder *b, struct slice target);
static uint32_t whole_seconds(utime span);

struct zone *
zone_json_build(
    const struct zone_json *json, const struct json_at *at, struct err *err)
{
	struct zone *z = zone_new();

	for (size_t i = 0; i < json->names.count; i++) {
		const struct zone_json_name *name = &json->names.at[i];
		struct err why = { 0 };
		char quoted[JSON_QUOTE_MAX];

		if (zone_has(z, name->name))
			(void)err_set(&why,
			    "%s is there already, in another spelling; "
			    "expected each name once",
			    json_quote(name->name, quoted));
		else if (build_name(z, name, &why))
			continue;
		(void)json_fail_key(at, name->name.at, err, "%s", why.msg);
		zone_destroy(&z);
		return NULL;
	}
	return z;
}

static bool
build_name(struct zone *z, const struct zone_json_name *name, struct err *err)
{
	struct builder b = { .zone = z, .name = name->name, .err = err };

	switch (name->answers.tag) {
	case ZONE_JSON_FAULT:
		return zone_fail(z, b.name, name->answers.fault, err);
	case ZONE_JSON_RECORDS:
		return build_records(&b, &name->answers.records);
	case ZONE_JSON_ABSENT:
		break;
	}
	assert(false);
	return false;
}

static bool
build_records(struct builder *b, const struct zone_json_records *records)
{
	enum dns_status fault = records->fault;
	bool is_empty = records->a.tag == ZONE_JSON_ABSENT &&
	    records->aaaa.tag == ZONE_JSON_ABSENT &&
	    records->mx.tag == ZONE_JSON_ABSENT && records->cname.len == 0;

	b->ttl_s = whole_seconds(records->ttl);
	if (fault == DNS_OK && is_empty)
		fault = DNS_NODATA;
	if (fault != DNS_OK && !zone_fail(b->zone, b->name, fault, b->err))
		return false;
	return build_addresses(b, DNS_A, &records->a) &&
	    build_addresses(b, DNS_AAAA, &records->aaaa) &&
	    build_exchanges(b, &records->mx) &&
	    build_cname(b, records->cname) &&
	    zone_ttl(b->zone, b->name, b->ttl_s, b->err) &&
	    zone_delay(b->zone, b->name, records->delay, b->err) &&
	    zone_drop(b->zone, b->name, records->drop, b->err) &&
	    (!records->is_cut || zone_cut(b->zone, b->name, b->err));
}

static bool
build_addresses(struct builder *b, enum dns_type type,
    const struct zone_json_addresses *addresses)
{
	if (addresses->tag == ZONE_JSON_FAULT)
		return zone_fail_type(
		    b->zone, b->name, type, addresses->fault, b->err);
	for (size_t i = 0; i < addresses->records.count; i++) {
		struct dns_record record = { .type = type, .ttl_s = b->ttl_s };

		record.ip = addresses->records.at[i];
		if (!zone_add(b->zone, b->name, &record, b->err))
			return false;
	}
	return true;
}

static bool
build_exchanges(struct builder *b, const struct zone_json_exchanges *exchanges)
{
	if (exchanges->tag == ZONE_JSON_FAULT)
		return zone_fail_type(
		    b->zone, b->name, DNS_MX, exchanges->fault, b->err);
	for (size_t i = 0; i < exchanges->records.count; i++) {
		struct dns_record record = exchanges->records.at[i];

		record.ttl_s = b->ttl_s;
		if (!zone_add(b->zone, b->name, &record, b->err))
			return false;
	}
	return true;
}

static bool
build_cname(struct builder *b, struct slice target)
{
	struct dns_record record = { .type = DNS_CNAME, .ttl_s = b->ttl_s };

	record.name = target;
	return target.len == 0 || zone_add(b->zone, b->name, &record, b->err);
}

/* DNS counts whole seconds; a part of one is not cut to nothing. */
static uint32_t
whole_seconds(utime span)
{
	return (uint32_t)((span + UTIME_S - 1) / UTIME_S);
}
