/* SPDX-License-Identifier: MIT */
/*
 * The senders' mail host.  A relay tells senders what has become of their mail,
 * so that each scenario in which something bounces has mail for them.  Where a
 * scenario does not say where a sender's domain has its mail, by a route or a
 * name in its DNS, that is the host "sender": one of its own hosts, if it has
 * one of that name, or a well-behaved one that all scenarios share.
 */
#include "harness/plan/plan_file.h"

/* The host as a scenario would write it. */
static const char sender_json[] =
    "{\"" PLAN_SENDER_NAME "\": {\"address\": \"" PLAN_SENDER_IP "\"}}";

/* The part behind the last "@"; empty when it differs from message to message.
 */
static struct slice
domain_of(struct slice address)
{
	size_t at = address.len;
	struct slice domain;

	while (at > 0 && address.at[at - 1] != '@')
		at--;
	domain = slice_skip(address, at);
	if (at == 0 || slice_find(domain, SLICE("{n}")) < domain.len)
		return (struct slice){ 0 };
	return domain;
}

/* Does the scenario leave open where the domain has its mail? */
static bool
is_open(const struct relay_config *relay, const struct zone *zone,
    struct slice domain)
{
	return domain.len > 0 && domain.at[0] != '[' &&
	    routes_match(relay->routes, domain) == NULL &&
	    !zone_has(zone, domain);
}

/* Appends the shared host to the plan's. */
static void
host_add(struct plan_builder *b)
{
	struct mock_hosts shared = { 0 };
	struct plan *plan = b->plan;
	struct mock_host *list;
	struct json_doc doc = { 0 };
	struct json_at root;
	struct err err;
	bool ok = json_doc_parse(
	    &doc, PLAN_SENDER_NAME, slice_cstr(sender_json), &err);

	assert(ok);
	root = json_at_root(&doc);
	ok = json_form_read(
	    MOCK_HOSTS_FORM, &root, &shared, sizeof(shared), b->arena, &err);
	assert(ok && shared.count == 1);
	json_doc_fini(&doc);
	list = arena_alloc(b->arena, (plan->hosts.count + 1) * sizeof(*list));
	for (size_t i = 0; i < plan->hosts.count; i++)
		list[i] = plan->hosts.at[i];
	list[plan->hosts.count] = shared.at[0];
	list[plan->hosts.count].port = plan->relay.delivery.port;
	plan->hosts.at = list;
	plan->sender_host = plan->hosts.count++;
	plan->sender_is_shared = true;
}

/* The domain's mail goes to the host "sender". */
static bool
domain_add(struct plan_builder *b, struct zone *zone, struct slice domain,
    struct err *err)
{
	struct plan *plan = b->plan;
	struct dns_record record = { .ttl_s = 300 };
	const struct mock_host *host;

	if (plan->sender_host == PLAN_NO_HOST)
		host_add(b);
	host = &plan->hosts.at[plan->sender_host];
	record.ip = host->addresses.at[0];
	record.type = record.ip.family == 6 ? DNS_AAAA : DNS_A;
	return zone_add(zone, domain, &record, err);
}

void
plan_build_sender(struct plan_builder *b, struct zone *zone)
{
	struct plan *plan = b->plan;

	plan->sender_host = plan_host_named(plan, SLICE(PLAN_SENDER_NAME));
	for (size_t i = 0; i < plan->inject_count; i++) {
		struct slice domain = domain_of(plan->injects[i].from);
		struct err why;

		/* What DNS cannot name stays unknown to it. */
		if (is_open(&plan->relay, zone, domain))
			(void)domain_add(b, zone, domain, &why);
	}
}
