/* SPDX-License-Identifier: MIT */
/* The names of a scenario with the addresses of its places; see binding.h. */
#include "core/dns/zone.h"

#include "harness/live/binding.h"

struct copy {
	const struct placement *places;
	const struct zone *from;
	struct zone *to;
};

/* A name server has no ports: whatever the host's, its address is meant. */
static struct ip_address
ip_place(const struct placement *p, const struct ip_address *ip)
{
	for (size_t i = 0; i < p->count; i++)
		if (ip_equal(&p->at[i].said.ip, ip))
			return p->at[i].real.ip;
	return *ip;
}

/* What the one zone has taken, the other takes; an address of the other family
 * is of another type. */
static void
copy_records(struct copy *c, struct slice name, const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		struct dns_record record = answer->records[i];
		struct err err;

		if (record.type == DNS_A || record.type == DNS_AAAA) {
			record.ip = ip_place(c->places, &record.ip);
			record.type = record.ip.family == 6 ? DNS_AAAA : DNS_A;
		}
		(void)zone_add(c->to, name, &record, &err);
	}
}

static void
copy_type(struct copy *c, struct slice name, enum dns_type type)
{
	const struct dns_record *alias = zone_alias(c->from, name, type);
	struct dns_answer answer = { 0 };
	struct err err;

	if (alias != NULL) {
		(void)zone_add(c->to, name, alias, &err);
		return;
	}
	switch (zone_lookup(c->from, name, type, &answer)) {
	case DNS_OK:
		copy_records(c, name, &answer);
		break;
	case DNS_NODATA:
		break;
	case DNS_NXDOMAIN:
		(void)zone_fail(c->to, name, DNS_NXDOMAIN, &err);
		break;
	case DNS_SERVFAIL:
	case DNS_REFUSED:
	case DNS_TIMEOUT:
	case DNS_LOOP:
		(void)zone_fail_type(c->to, name, type, answer.status, &err);
		break;
	}
	if (answer.delay > 0)
		(void)zone_delay(c->to, name, answer.delay, &err);
	if (answer.is_cut)
		(void)zone_cut(c->to, name, &err);
}

static void
on_name(void *owner, struct slice name)
{
	copy_type(owner, name, DNS_MX);
	copy_type(owner, name, DNS_A);
	copy_type(owner, name, DNS_AAAA);
}

struct zone *
placement_zone_new(const struct placement *p, const struct zone *zone)
{
	struct copy copy = { p, zone, zone_new() };

	zone_each_name(zone, on_name, &copy);
	return copy.to;
}
