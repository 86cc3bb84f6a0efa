/* SPDX-License-Identifier: MIT */
/* The page of a scenario, part by part; see explain.h. */
#include "harness/explain/explain.h"

#include "core/json/matrix.h"
#include "core/routes/routes.h"
#include "harness/explain/explain_impl.h"

static void
heading(const char *title, struct buf *out)
{
	buf_printf(out, "\n%s\n", title);
}

static void
sentence_begin(struct buf *out)
{
	buf_append_cstr(out, "  - ");
}

static void
sentence_end(struct buf *out)
{
	buf_append_cstr(out, ".\n");
}

/* ---- where mail goes ---- */

static void
append_dest(const struct route_dest *dest, struct buf *out)
{
	buf_append(out, dest->host);
	if (dest->port != 0)
		buf_printf(out, " port %u", dest->port);
}

/* The hosts by priorities; the best come first. */
static void
append_dests(const struct route *route, struct buf *out)
{
	uint32_t next = 0;
	size_t told = 0;

	while (told < route->dest_count) {
		uint32_t priority = UINT32_MAX;
		size_t here = 0;

		for (size_t i = 0; i < route->dest_count; i++)
			if (route->dests[i].priority >= next &&
			    route->dests[i].priority < priority)
				priority = route->dests[i].priority;
		if (told > 0)
			buf_append_cstr(out, "; if none of these is left, to ");
		for (size_t i = 0; i < route->dest_count; i++) {
			if (route->dests[i].priority != priority)
				continue;
			buf_append_cstr(out, here++ > 0 ? " and " : "");
			append_dest(&route->dests[i], out);
		}
		if (here > 1)
			buf_append_cstr(out, ", which take turns");
		told += here;
		next = priority + 1;
	}
}

static void
explain_route(const char *line, struct buf *out)
{
	struct routes *routes = routes_new();
	struct routes_place place = { NULL, 0, 1 };
	struct err_list errors = { 0 };
	const struct route *route = NULL;
	struct slice domain = slice_cstr(line);

	domain = slice_sub(domain, 0, strcspn(line, " \t:"));
	if (routes_add_line(routes, slice_cstr(line), &place, &errors))
		route = routes_match(routes,
		    domain.len > 0 && domain.at[0] == '.'
			? slice_skip(domain, 1)
			: domain);
	sentence_begin(out);
	if (route != NULL && route->kind == ROUTE_HOSTS) {
		buf_printf(out, "Mail for %.*s goes to ", SLICE_ARG(domain));
		append_dests(route, out);
		buf_printf(out, " (%s)", line);
	} else if (route != NULL && route->kind == ROUTE_DISCARD) {
		buf_printf(out, "Mail for %.*s is dropped (%s)",
		    SLICE_ARG(domain), line);
	} else {
		buf_printf(out, "There is the route %s", line);
	}
	sentence_end(out);
	err_list_fini(&errors);
	routes_destroy(&routes);
}

static void
explain_topology(const json_t *scenario, struct buf *out)
{
	json_t *routes = json_object_get(scenario, "routes");
	json_t *names = json_object_get(scenario, "dns");

	heading("Where mail goes", out);
	for (size_t i = 0; i < json_array_size(routes); i++)
		if (json_is_string(json_array_get(routes, i)))
			explain_route(
			    json_string_value(json_array_get(routes, i)), out);
	if (json_is_string(routes))
		explain_route(json_string_value(routes), out);
	if (json_array_size(routes) == 0)
		buf_append_cstr(
		    out, "  - There are no routes: DNS says where.\n");
	for (void *i = json_object_iter(names); i != NULL;
	     i = json_object_iter_next(names, i)) {
		sentence_begin(out);
		buf_printf(out, "DNS says of %s: ", json_object_iter_key(i));
		explain_value(json_object_iter_value(i), out);
		sentence_end(out);
	}
}

/* ---- hosts ---- */

static const struct phrase host_phrases[] = {
	{ "address", "is at %" },
	{ "port", "port %" },
	{ "state", "and at first is in the state \"%\"" },
	{ "profile", "behaves as the profile %" },
	{ "tls", "offers TLS (%)" },
	{ "auth", "knows the users %" },
	{ "extensions", "offers %" },
	{ "limits", "takes no more than %" },
};

static void
explain_host(const char *name, const json_t *host, struct buf *out)
{
	json_t *rules = json_object_get(host, "rules");

	buf_printf(out, "  - %s ", name);
	if (!json_is_object(host)) {
		buf_append_cstr(out, "is ");
		explain_value(host, out);
		sentence_end(out);
		return;
	}
	explain_members(
	    host, host_phrases, ARRAY_LEN(host_phrases), "rules ", out);
	if (rules == NULL && json_object_get(host, "profile") == NULL &&
	    json_object_get(host, "state") == NULL)
		buf_append_cstr(out, ", and does all that is asked of it");
	sentence_end(out);
	for (size_t i = 0; i < json_array_size(rules); i++) {
		buf_append_cstr(out, "      ");
		explain_rule(json_array_get(rules, i), out);
		sentence_end(out);
	}
	if (json_is_string(rules)) {
		buf_append_cstr(out, "      Its rules are ");
		explain_value(rules, out);
		sentence_end(out);
	}
}

/* ---- lists of objects ---- */

static const struct phrase inject_phrases[] = {
	{ "count", "messages sent: %" },
	{ "every", "one each %" },
	{ "rate", "% a second" },
	{ "at", "beginning % after the start" },
	{ "from", "from %" },
	{ "to", "to %" },
	{ "size", "of at least % bytes" },
	{ "sessions", "over % sessions at once" },
	{ "tls", "under TLS" },
	{ "listener", "to the listener %" },
	{ "client", "by the client %" },
	{ "refused", "of which the relay refuses %" },
	{ "retry", "those that are not taken again after %" },
	{ "dialogue", "a client says, line by line: %" },
};
static const struct phrase step_phrases[] = {
	{ "at", "% after the start" },
	{ "host", "at host %" },
	{ "state", "the state becomes \"%\"" },
	{ "network", "the network is this: %" },
	{ "dns", "DNS says: %" },
	{ "relay", "the relay has this done to it: %" },
	{ "down_for", "and is down for %" },
	{ "unsynced", "what was not synced being %" },
	{ "disk", "its disk becomes \"%\"" },
	{ "ctl", "an operator says \"%\"" },
};

static void
explain_list(const char *title, const json_t *list,
    const struct phrase *phrases, size_t count, struct buf *out)
{
	size_t entries = json_is_array(list) ? json_array_size(list) : 1;

	if (list == NULL || entries == 0)
		return;
	heading(title, out);
	for (size_t i = 0; i < entries; i++) {
		const json_t *entry =
		    json_is_array(list) ? json_array_get(list, i) : list;

		sentence_begin(out);
		if (json_is_object(entry))
			explain_members(entry, phrases, count, "", out);
		else
			explain_value(entry, out);
		sentence_end(out);
	}
}

/* A message is one unless the entry says otherwise. */
static void
explain_injects(const json_t *list, struct buf *out)
{
	json_t *all = json_array();
	size_t i;
	json_t *entry;

	json_array_foreach(explain_iterable(list), i, entry)
	{
		json_t *one = json_copy(entry);

		if (json_is_object(one) &&
		    json_object_get(one, "count") == NULL &&
		    json_object_get(one, "dialogue") == NULL)
			(void)json_object_set_new(
			    one, "count", json_integer(1));
		(void)json_array_append_new(all, one);
	}
	explain_list("What is sent", json_array_size(all) > 0 ? all : list,
	    inject_phrases, ARRAY_LEN(inject_phrases), out);
	json_decref(all);
}

/* ---- the whole ---- */

static void
explain_top(const json_t *scenario, struct buf *out)
{
	static const struct phrase phrases[] = {
		{ "case", "Source: %" },
		{ "tags", "tags: %" },
		{ "notes", "to be known: %" },
		{ "start", "the clock begins at %" },
		{ "seed", "chance by the seed %" },
		{ "until", "it ends after %" },
		{ "limits", "it has failed beyond %" },
	};
	struct buf rest = { 0 };

	explain_value(json_object_get(scenario, "title"), out);
	buf_append_cstr(out, ".\n");
	explain_members(scenario, phrases, ARRAY_LEN(phrases),
	    "title $schema matrix routes dns hosts relay network inject "
	    "timeline expect waive ",
	    &rest);
	if (buf_len(&rest) > 0)
		buf_printf(out, "%s.\n", buf_cstr(&rest));
	buf_fini(&rest);
}

static void
explain_matrix(const json_t *matrix, struct buf *out)
{
	json_t *object = explain_iterable(matrix);

	if (matrix == NULL)
		return;
	heading("Its cases: each combination of", out);
	for (void *i = json_object_iter(object); i != NULL;
	     i = json_object_iter_next(object, i)) {
		const char *key = json_object_iter_key(i);

		sentence_begin(out);
		if (strcmp(key, JSON_EXCLUDE_KEY) == 0)
			buf_append_cstr(out, "but not ");
		else
			buf_printf(out, "${%s}: ", key);
		explain_value(json_object_iter_value(i), out);
		sentence_end(out);
	}
}

static void
explain_expectations(const json_t *scenario, struct buf *out)
{
	json_t *list = json_object_get(scenario, "expect");
	json_t *waived = json_object_get(scenario, "waive");

	heading("What must be true", out);
	for (size_t i = 0; i < json_array_size(list); i++) {
		sentence_begin(out);
		explain_expectation(json_array_get(list, i), out);
		sentence_end(out);
	}
	buf_append_cstr(out, "  - The invariants of every run hold");
	for (void *i = json_object_iter(waived); i != NULL;
	     i = json_object_iter_next(waived, i)) {
		buf_printf(
		    out, ", but for %s, because ", json_object_iter_key(i));
		explain_value(json_object_iter_value(i), out);
	}
	sentence_end(out);
}

void
explain_format(const json_t *scenario, struct buf *out)
{
	json_t *hosts = json_object_get(scenario, "hosts");
	json_t *relay = json_object_get(scenario, "relay");

	explain_top(scenario, out);
	explain_matrix(json_object_get(scenario, JSON_MATRIX_KEY), out);
	explain_topology(scenario, out);
	heading("Hosts", out);
	for (void *i = json_object_iter(hosts); i != NULL;
	     i = json_object_iter_next(hosts, i))
		explain_host(
		    json_object_iter_key(i), json_object_iter_value(i), out);
	explain_list("How the relay is set", relay, NULL, 0, out);
	explain_list("How the network is set",
	    json_object_get(scenario, "network"), NULL, 0, out);
	explain_injects(json_object_get(scenario, "inject"), out);
	explain_list("What happens on the way",
	    json_object_get(scenario, "timeline"), step_phrases,
	    ARRAY_LEN(step_phrases), out);
	explain_expectations(scenario, out);
}
