/* SPDX-License-Identifier: MIT */
/* The scenario of a trial; see trial.h. */
#include "core/base/map.h"
#include "harness/draft/draft_rule.h"
#include "harness/routes/trial.h"

static void
put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		abort();
}

static json_t *
duration(utime span)
{
	char text[UTIME_TEXT_MAX];

	return json_string(utime_format_duration(span, text));
}

static json_t *
address(const struct ip_address *ip)
{
	char text[IP_TEXT_MAX];

	return json_string(ip_format(ip, text));
}

/* ---- hosts ---- */

static json_t *
host_json(const struct trial_host *host, const struct trial_run *run)
{
	json_t *object = json_object(), *rule;

	put(object, "address", address(&host->fake));
	if (host->port != SMTP_PORT_DEFAULT)
		put(object, "port", json_integer(host->port));
	if (host->fault == NULL)
		return object;
	if (host->fault->kind == DRAFT_STATE) {
		put(object, "state", json_string(host->fault->word));
		return object;
	}
	rule = draft_rule_json(host->fault, false);
	if (run->recovered > 0) {
		json_t *during = json_array();

		json_array_append_new(during, json_string("0s"));
		json_array_append_new(during, duration(run->recovered));
		put(rule, "during", during);
	}
	put(object, "rules", json_pack("[o]", rule));
	return object;
}

static json_t *
timeline_json(const struct trial *t, const struct trial_run *run)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < t->count && run->recovered > 0; i++) {
		const struct trial_host *host = &t->hosts[i];
		json_t *step;

		if (host->fault == NULL || host->fault->kind != DRAFT_STATE)
			continue;
		step = json_object();
		put(step, "at", duration(run->recovered));
		put(step, "host", json_string(host->name));
		put(step, "state", json_string("up"));
		json_array_append_new(steps, step);
	}
	return steps;
}

/* ---- names ---- */

/* The scenario's address for a real one. */
static const struct ip_address *
fake_of(const struct trial *t, const struct ip_address *ip)
{
	for (size_t i = 0; i < t->count; i++)
		if (ip_equal(&t->hosts[i].ip, ip))
			return &t->hosts[i].fake;
	return NULL;
}

static json_t *
records_json(const struct trial *t, const struct dns_answer *answer)
{
	json_t *list = json_array();

	for (size_t i = 0; i < answer->count; i++) {
		const struct dns_record *record = &answer->records[i];

		if (record->type == DNS_MX) {
			json_array_append_new(list,
			    json_sprintf("%u %.*s.",
				(unsigned)record->preference,
				SLICE_ARG(record->name)));
			continue;
		}
		/* More than a trial has are left out. */
		if (fake_of(t, &record->ip) != NULL)
			json_array_append_new(
			    list, address(fake_of(t, &record->ip)));
	}
	return list;
}

/* What the zone says about a name, with the scenario's addresses. */
static json_t *
answers_json(const struct trial *t, struct slice name)
{
	static const enum dns_type types[] = { DNS_MX, DNS_A, DNS_AAAA };
	json_t *object = json_object();
	size_t unknown = 0;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct dns_answer answer;
		enum dns_status status =
		    zone_lookup(t->zone, name, types[i], &answer);
		const char *key = dns_type_name(types[i]);

		unknown += status == DNS_NXDOMAIN;
		if (status == DNS_LOOP)
			status = DNS_SERVFAIL;
		if (status == DNS_OK)
			put(object, key, records_json(t, &answer));
		else if (status != DNS_NODATA && status != DNS_NXDOMAIN)
			put(object, key, json_string(dns_status_name(status)));
	}
	if (unknown < ARRAY_LEN(types))
		return object;
	json_decref(object);
	return json_string("NXDOMAIN");
}

static void
name_put(const struct trial *t, struct slice name, json_t *dns)
{
	char *key = slice_dup(name);

	if (json_object_get(dns, key) == NULL)
		put(dns, key, answers_json(t, name));
	free(key);
}

/* Names whose addresses nobody knows have one each, whatever else is known. */
static void
names_made_up(const struct trial *t, json_t *dns)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct trial_host *host = &t->hosts[i];
		char *key;

		if (!ip_is_none(&host->ip))
			continue;
		key = slice_dup(host->by);
		if (json_object_get(dns, key) == NULL)
			put(dns, key, json_object());
		/* The same name with two ports is one address for both. */
		put(json_object_get(dns, key), "A",
		    json_pack("[o]", address(&host->fake)));
		free(key);
	}
}

static json_t *
dns_json(const struct trial *t)
{
	json_t *dns = json_object();

	names_made_up(t, dns);
	if (t->zone == NULL)
		return dns;
	if (t->is_by_dns)
		name_put(t, t->domain, dns);
	for (size_t i = 0; t->route != NULL && i < t->route->dest_count; i++)
		if (t->route->dests[i].kind != ROUTE_DEST_ADDRESS)
			name_put(t, t->route->dests[i].host, dns);
	for (size_t i = 0; i < t->count; i++)
		if (!slice_eq(t->hosts[i].exchange, t->hosts[i].by))
			name_put(t, t->hosts[i].exchange, dns);
	return dns;
}

/* ---- the route ---- */

/* Beyond TRIAL_HOSTS_MAX addresses are left out. */
static void
dest_add(const struct trial *t, const struct route_dest *dest, struct buf *line)
{
	const struct ip_address *ip = fake_of(t, &dest->ip);
	struct route_dest fake = *dest;
	char text[IP_TEXT_MAX];

	if (dest->kind == ROUTE_DEST_ADDRESS) {
		if (ip == NULL)
			return;
		fake.ip = *ip;
		fake.host = slice_cstr(ip_format(&fake.ip, text));
	}
	buf_append_cstr(
	    line, buf_slice(line).at[buf_len(line) - 1] == ':' ? " " : ", ");
	route_dest_format(&fake, line);
}

static json_t *
routes_json(const struct trial *t)
{
	struct buf line = { 0 };
	json_t *list = json_array();

	if (t->is_by_dns)
		return list;
	buf_printf(&line, "%.*s:", SLICE_ARG(t->domain));
	if (t->route->kind == ROUTE_DISCARD)
		buf_append_cstr(&line, " /dev/null");
	for (size_t i = 0; i < t->route->dest_count; i++)
		dest_add(t, &t->route->dests[i], &line);
	json_array_append_new(list, json_string(buf_cstr(&line)));
	buf_fini(&line);
	return list;
}

static bool
has_v6(const struct trial *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->hosts[i].fake.family == 6)
			return true;
	return false;
}

static json_t *
inject_json(const struct trial *t, const struct trial_run *run)
{
	json_t *inject = json_object();

	put(inject, "count", json_integer(run->messages));
	if (run->every > 0)
		put(inject, "every", duration(run->every));
	put(inject, "from", json_string("sender@example.net"));
	put(inject, "to", json_sprintf("user@%.*s", SLICE_ARG(t->domain)));
	return inject;
}

void
trial_scenario(
    const struct trial *t, const struct trial_run *run, struct buf *out)
{
	json_t *all = json_object(), *hosts = json_object();
	char *text;

	for (size_t i = 0; i < t->count; i++)
		put(hosts, t->hosts[i].name, host_json(&t->hosts[i], run));
	put(all, "title", json_string(run->title));
	put(all, "routes", routes_json(t));
	put(all, "dns", dns_json(t));
	put(all, "hosts", hosts);
	if (has_v6(t))
		put(all, "relay",
		    json_pack("{s:s}", "interface_v6", "fd77::ffff"));
	put(all, "inject", json_pack("[o]", inject_json(t, run)));
	put(all, "timeline", timeline_json(t, run));
	if (run->until > 0)
		put(all, "until", duration(run->until));
	put(all, "expect",
	    run->left > 0 ? json_pack("[{s:i}]", "queued", (int)run->left)
			  : json_array());
	text = json_dumps(all, JSON_COMPACT);
	assert(text != NULL);
	buf_append_cstr(out, text);
	free(text);
	json_decref(all);
}
