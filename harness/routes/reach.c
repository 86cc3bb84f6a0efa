/* SPDX-License-Identifier: MIT */
/* Asking a zone for what a destination leads to; see reach.h. */
#include "harness/routes/reach.h"

static enum dns_status
ask(const struct zone *zone, struct slice name, enum dns_type type,
    struct dns_answer *answer)
{
	(void)zone_lookup(zone, name, type, answer);
	dns_answer_travel(answer, 0);
	return answer->status;
}

/* Behind those of the same or a better preference. */
static void
address_add(struct reach *r, const struct reach_address *address)
{
	size_t at = r->count;

	if (r->count == REACH_MAX)
		return;
	for (size_t i = 0; i < r->count; i++)
		if (ip_equal(&r->at[i].ip, &address->ip))
			return;
	for (; at > 0 && r->at[at - 1].preference > address->preference; at--)
		r->at[at] = r->at[at - 1];
	r->at[at] = *address;
	r->count++;
}

static void
lose(struct reach *r, struct slice name, enum dns_status status)
{
	/* What may be otherwise later is told before what is for good. */
	if (r->lost.len == 0 || dns_status_is_hard(r->status)) {
		r->lost = name;
		r->status = status;
	}
}

static void
addresses_find(const struct zone *zone, struct slice name, uint16_t preference,
    struct reach *r)
{
	static const enum dns_type types[] = { DNS_AAAA, DNS_A };
	enum dns_status worst = DNS_NODATA;
	bool has_any = false;

	if (!zone_knows(zone, name)) {
		r->has_unknown = true;
		return;
	}
	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		struct dns_answer answer;
		enum dns_status status = ask(zone, name, types[t], &answer);

		if (status != DNS_OK && status != DNS_NODATA)
			worst = status;
		for (size_t i = 0; i < answer.count; i++)
			address_add(r,
			    &(struct reach_address){
				answer.records[i].ip, preference, name });
		has_any |= answer.count > 0;
	}
	if (!has_any)
		lose(r, name, worst);
}

static void
exchanges_find(const struct zone *zone, struct slice name, struct reach *r)
{
	struct dns_answer answer;
	enum dns_status status;

	if (!zone_knows(zone, name)) {
		r->has_unknown = true;
		return;
	}
	status = ask(zone, name, DNS_MX, &answer);
	if (status == DNS_NODATA) {
		addresses_find(zone, name, 0, r);
		return;
	}
	if (status != DNS_OK)
		lose(r, name, status);
	for (size_t i = 0; i < answer.count; i++) {
		const struct dns_record *mx = &answer.records[i];

		if (mx->name.len > 0) {
			addresses_find(zone, mx->name, mx->preference, r);
			continue;
		}
		r->has_null_mx = true;
		lose(r, name, DNS_NODATA);
	}
}

static void
state_set(struct reach *r)
{
	if (r->count > 0)
		r->state = REACH_FOUND;
	else if (r->has_unknown)
		r->state = REACH_UNKNOWN;
	else
		r->state =
		    dns_status_is_hard(r->status) ? REACH_HARD : REACH_SOFT;
}

void
reach_find(
    const struct zone *zone, const struct route_dest *dest, struct reach *r)
{
	*r = (struct reach){ .state = REACH_UNKNOWN };
	if (dest->kind == ROUTE_DEST_ADDRESS)
		address_add(
		    r, &(struct reach_address){ dest->ip, 0, dest->host });
	else if (zone == NULL)
		return;
	else if (dest->kind == ROUTE_DEST_BRACKET)
		addresses_find(zone, dest->host, 0, r);
	else
		exchanges_find(zone, dest->host, r);
	state_set(r);
}

void
reach_find_domain(const struct zone *zone, struct slice domain, struct reach *r)
{
	const struct route_dest itself = { .kind = ROUTE_DEST_NAME,
		.host = domain };

	reach_find(zone, &itself, r);
}
