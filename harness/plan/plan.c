/* SPDX-License-Identifier: MIT */
/*
 * From a scenario's text to a plan: read by the tables of plan_table.c, then
 * resolve what one table cannot see: names of hosts, routes, the zone, and the
 * cast that all scenarios share.
 */
#include "harness/plan/plan_file.h"

#include "core/base/suggest.h"
#include "relay/bounce/profile.h"
#include "relay/config_json.h"
#include "relay/receive/auth.h"

/* The plan and what it owns beside the arena. */
struct plan_owner {
	struct plan plan;
	struct arena arena;
	struct routes *routes;
	struct plan_zones zones;
	struct relay_destinations *destinations;
};

static bool plan_build(struct plan_owner *owner, const struct json_doc *doc,
    const struct profile_source *profiles, struct err *err);

struct plan *
plan_of_doc(const struct json_doc *doc, const char *label,
    const struct profile_source *profiles, struct err *err)
{
	struct plan_owner *owner = xcalloc(1, sizeof(*owner));
	struct plan *plan = &owner->plan;
	struct buf name = { 0 };

	buf_printf(&name, label[0] != '\0' ? "%s[%s]" : "%s", doc->file, label);
	plan->file = arena_strdup(&owner->arena, slice_cstr(doc->file));
	plan->label = arena_strdup(&owner->arena, slice_cstr(label));
	plan->name = arena_strdup(&owner->arena, buf_slice(&name));
	buf_fini(&name);
	if (!plan_build(owner, doc, profiles, err))
		plan_destroy(&plan);
	return plan;
}

void
plan_destroy(struct plan **pp)
{
	if (*pp == NULL)
		return;
	struct plan_owner *owner = CONTAINER_OF(*pp, struct plan_owner, plan);

	routes_destroy(&owner->routes);
	for (size_t i = 0; i < owner->zones.count; i++)
		zone_destroy(&owner->zones.at[i]);
	free(owner->zones.at);
	relay_destinations_destroy(&owner->destinations);
	arena_fini(&owner->arena);
	free(owner);
	*pp = NULL;
}

void
plan_move(struct plan *plan, utime start)
{
	plan->start = start;
}

const char *
plan_expectation_name(enum plan_expectation_kind kind)
{
	static const char *const names[] = {
#define X(constant, name) [constant] = name,
		PLAN_EXPECTATIONS(X)
#undef X
	};

	assert((size_t)kind < ARRAY_LEN(names));
	return names[kind];
}

bool
plan_expectation_is_of_content(enum plan_expectation_kind kind)
{
	return kind == EXPECT_RECEIVED || kind == EXPECT_NO_RECEIVED;
}

/* "09:15:07" */
static bool
is_clock(struct slice text)
{
	static const char form[] = "00:00:00";

	if (text.len < sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == ':' ? text.at[i] != ':'
				   : !ascii_is_digit(text.at[i]))
			return false;
	return true;
}

bool
plan_expectation_has_moments(const struct plan_expectation *said)
{
	if (said->kind != EXPECT_LOG && said->kind != EXPECT_NO_LOG)
		return false;
	for (size_t i = 0; i < said->pattern_count; i++) {
		const struct slice text = said->patterns[i].pattern.written;

		for (size_t at = 0; at < text.len; at++)
			if (is_clock(slice_skip(text, at)))
				return true;
	}
	return false;
}

size_t
plan_host_named(const struct plan *plan, struct slice name)
{
	for (size_t i = 0; i < plan->hosts.count; i++)
		if (slice_eq(slice_cstr(plan->hosts.at[i].name), name))
			return i;
	return PLAN_NO_HOST;
}

size_t
plan_host_at(const struct plan *plan, const struct ip_address *ip)
{
	for (size_t i = 0; i < plan->hosts.count; i++) {
		const struct mock_host *host = &plan->hosts.at[i];

		for (size_t k = 0; k < host->addresses.count; k++)
			if (ip_equal(&host->addresses.at[k], ip))
				return i;
	}
	return PLAN_NO_HOST;
}

const struct plan_waiver *
plan_waiver_of(const struct plan *plan, const char *invariant)
{
	for (size_t i = 0; i < plan->waiver_count; i++)
		if (strcmp(plan->waivers[i].invariant, invariant) == 0)
			return &plan->waivers[i];
	return NULL;
}

bool
plan_may_be_silent(const struct plan *plan)
{
	for (size_t i = 0; i < plan->inject_count; i++) {
		const struct plan_inject *inject = &plan->injects[i];
		bool is_told = inject->notify.count == 0;

		for (size_t k = 0; k < inject->notify.count; k++)
			is_told |= inject->notify.at[k] == PLAN_NOTIFY_FAILURE;
		if (!is_told)
			return true;
	}
	return false;
}

bool
plan_may_ask(const struct plan *plan)
{
	for (size_t i = 0; i < plan->inject_count; i++)
		if (plan->injects[i].notify.count > 0)
			return true;
	return false;
}

uint64_t
plan_message_count(const struct plan *plan)
{
	uint64_t count = 0;

	for (size_t i = 0; i < plan->inject_count; i++)
		count += plan->injects[i].count;
	return count;
}

void
plan_address_expand(struct slice pattern, uint64_t k, struct buf *out)
{
	buf_clear(out);
	while (pattern.len > 0) {
		size_t at = slice_find(pattern, SLICE("{n}"));

		buf_append(out, slice_sub(pattern, 0, at));
		if (at < pattern.len)
			buf_append_u64(out, k);
		pattern = slice_skip(pattern, at + 3);
	}
}

/* ---- what the helpers share ---- */

bool
plan_builder_host(struct plan_builder *b, const struct json_at *at,
    struct slice name, size_t *host, struct err *err)
{
	struct suggest nearest = { .word = name };
	char quoted[JSON_QUOTE_MAX];

	*host = plan_host_named(b->plan, name);
	if (*host != PLAN_NO_HOST)
		return true;
	for (size_t i = 0; i < b->plan->hosts.count; i++)
		suggest_offer(&nearest, b->plan->hosts.at[i].name);
	const char *best = suggest_result(&nearest);
	if (best == NULL)
		return json_fail(
		    at, err, "there is no host %s", json_quote(name, quoted));
	return json_fail(at, err, "there is no host %s (did you mean \"%s\"?)",
	    json_quote(name, quoted), best);
}

const char *
plan_builder_place(struct plan_builder *b, const char *pointer)
{
	struct buf text = { 0 };
	int line, col;

	json_doc_place(b->doc, pointer, &line, &col);
	buf_printf(&text, "%s:%d:%d", b->plan->file, line, col);
	const char *place = arena_strdup(b->arena, buf_slice(&text));
	buf_fini(&text);
	return place;
}

/* ---- building ---- */

static const char *
text_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* Routes come as JSON strings: the column that their parser reports is an
 * offset in the string. */
static bool
build_routes(struct plan_owner *owner, struct plan_builder *b, struct err *err)
{
	struct json_at root = json_at_root(b->doc);
	struct json_at list = json_at_key(&root, "routes");
	struct routes_place place = { NULL, 0, 1 };
	struct err_list errors = { 0 };
	bool good = true;

	owner->routes = routes_new();
	for (size_t i = 0; good && i < b->file->routes.count; i++) {
		struct json_at at = json_at_index(&list, i);

		if (routes_add_line(
			owner->routes, b->file->routes.at[i], &place, &errors))
			continue;
		size_t col = (size_t)errors.list[0].col;
		good = json_fail_inside(
		    &at, col > 0 ? col - 1 : 0, err, "%s", errors.list[0].msg);
	}
	if (good &&
	    !relay_auth_check(&b->plan->relay, owner->routes, NULL, &errors))
		good = json_fail(&list, err, "%s", errors.list[0].msg);
	err_list_fini(&errors);
	owner->plan.relay.routes = owner->routes;
	return good;
}

static bool
build_destinations(
    struct plan_owner *owner, struct plan_builder *b, struct err *err)
{
	struct json_at root = json_at_root(b->doc);
	struct json_at relay = json_at_key(&root, "relay");
	struct json_at lines = json_at_key(&relay, "destconfig");
	struct err_list errors = { 0 };
	struct err why = { 0 };

	owner->destinations =
	    relay_destconfig_read(&lines, &b->file->relay.destconfig, &errors);
	if (owner->destinations == NULL)
		*err = errors.list[0];
	err_list_fini(&errors);
	owner->plan.relay.destinations = owner->destinations;
	return owner->destinations != NULL &&
	    (relay_profiles_check(&owner->plan.relay, &why) ||
		json_fail(&relay, err, "%s", why.msg));
}

/* The addresses of the shared cast belong to nobody else. */
static bool
build_hosts(struct plan_builder *b, struct err *err)
{
	struct json_at root = json_at_root(b->doc);
	struct json_at hosts = json_at_key(&root, "hosts");
	static const struct ip_address relay = PLAN_RELAY_ADDRESS;
	static const struct ip_address injector = PLAN_INJECTOR_ADDRESS;
	static const struct ip_address sender = PLAN_SENDER_ADDRESS;

	b->plan->hosts = b->file->hosts;
	if (!mock_hosts_check(&b->plan->hosts, &hosts, err) ||
	    !profiles_apply(
		&b->plan->hosts, &hosts, b->profiles, b->arena, err))
		return false;
	size_t host = plan_host_at(b->plan, &relay);
	if (host != PLAN_NO_HOST)
		return json_doc_fail(b->doc, b->plan->hosts.at[host].pointer,
		    err, PLAN_RELAY_IP " is the relay's own address");
	host = plan_host_at(b->plan, &sender);
	if (host != PLAN_NO_HOST &&
	    host != plan_host_named(b->plan, SLICE(PLAN_SENDER_NAME)))
		return json_doc_fail(b->doc, b->plan->hosts.at[host].pointer,
		    err,
		    PLAN_SENDER_IP
		    " is the address of the host \"" PLAN_SENDER_NAME "\"");
	host = plan_host_at(b->plan, &injector);
	if (host != PLAN_NO_HOST)
		return json_doc_fail(b->doc, b->plan->hosts.at[host].pointer,
		    err, PLAN_INJECTOR_IP " is the injector's address");
	return true;
}

/* The listener that a relay has unless its scenario names others. */
static bool
build_listener(struct plan_builder *b, struct err *err)
{
	struct json_at root = json_at_root(b->doc);
	struct relay_listener_config *l = arena_alloc(b->arena, sizeof(*l));
	struct ip_network *from = arena_alloc(b->arena, sizeof(*from));

	from->ip = (struct ip_address)PLAN_INJECTOR_ADDRESS;
	from->prefix_bits = 32;
	l->name = SLICE("Management");
	l->at = (struct endpoint){ PLAN_RELAY_ADDRESS, PLAN_RELAY_PORT };
	l->relay_from.at = from;
	l->relay_from.count = 1;
	l->limits = b->file->relay.limits;
	b->plan->relay.listeners.at = l;
	b->plan->relay.listeners.count = 1;
	return relay_listener_finish(l, &root, err);
}

static bool
build_relay(struct plan_builder *b, struct err *err)
{
	struct relay_config *relay = &b->plan->relay;

	relay->hostname = SLICE(PLAN_RELAY_HOSTNAME);
	relay->interface = (struct ip_address)PLAN_RELAY_ADDRESS;
	relay->drain_timeout = 30 * UTIME_S;
	b->plan->sync_time = b->file->relay.sync_time;
	relay->delivery = b->file->relay.delivery;
	relay->bounce = b->file->relay.bounce;
	relay->bounce_profiles.at = b->file->relay.bounce_profiles.at;
	relay->bounce_profiles.count = b->file->relay.bounce_profiles.count;
	relay->bounce_verification = b->file->relay.bounce_verification;
	relay->tls = b->file->relay.tls;
	relay->smtp_auth_profiles.at = b->file->relay.smtp_auth_profiles.at;
	relay->smtp_auth_profiles.count =
	    b->file->relay.smtp_auth_profiles.count;
	relay->dns_cache = b->file->relay.dns_cache;
	relay->interface_v6 = b->file->relay.interface_v6;
	relay->postmaster = b->file->relay.postmaster;
	relay->listeners.at = b->file->relay.listeners.at;
	relay->listeners.count = b->file->relay.listeners.count;
	return relay->listeners.count > 0 || build_listener(b, err);
}

static void
build_waivers(struct plan_builder *b)
{
	size_t count = b->file->waive.count;
	struct plan_waiver *waivers =
	    arena_alloc(b->arena, count * sizeof(*waivers));

	for (size_t i = 0; i < count; i++) {
		const struct file_waiver *w = &b->file->waive.at[i];

		waivers[i].invariant =
		    invariant_name((enum invariant)w->invariant);
		waivers[i].because = w->because;
	}
	b->plan->waivers = waivers;
	b->plan->waiver_count = count;
}

static void
build_plain(struct plan_builder *b)
{
	const struct scenario_file *file = b->file;
	struct plan *plan = b->plan;

	plan->title = text_or_empty(file->title);
	plan->case_name = text_or_empty(file->case_name);
	plan->start = file->start;
	plan->seed = file->seed;
	plan->until = file->until;
	plan->span_max = file->limits.span;
	if (plan->until != UTIME_NEVER && plan->until > plan->span_max)
		plan->span_max = plan->until;
	plan->events_max = file->limits.events;
}

static bool
plan_build(struct plan_owner *owner, const struct json_doc *doc,
    const struct profile_source *profiles, struct err *err)
{
	struct scenario_file file = { 0 };
	struct plan_builder b = { &owner->plan, &owner->arena, doc, &file,
		&owner->zones, profiles };
	struct json_at root = json_at_root(doc);

	if (!json_table_read(&scenario_table, &root, &file, &owner->arena, err))
		return false;
	build_plain(&b);
	build_waivers(&b);
	return build_relay(&b, err) && build_hosts(&b, err) &&
	    plan_build_injects(&b, err) && build_routes(owner, &b, err) &&
	    build_destinations(owner, &b, err) && plan_build_dns(&b, err) &&
	    plan_build_network(&b, err) && plan_build_expectations(&b, err);
}
