/* SPDX-License-Identifier: MIT */
/* From routes and faults to a scenario; see draft.h. */
#include "harness/draft/draft_rule.h"

#include "core/base/suggest.h"

#include <jansson.h>

enum {
	ROUTES_TAKEN_MAX = 50,
	HOSTS_MAX = 250,
	MESSAGES = 10 /* to each domain, one behind the other */
};

struct draft {
	struct draft_fault *faults;
	size_t fault_count;
	json_t *routes, *dns, *hosts, *injects, *expect;
	uint64_t delivered, bounced, queued;
	json_t *winners;  /* host -> recipients */
	bool is_one_each; /* each domain's mail has one host to go to */
	bool is_open;     /* some of it may bounce, by whose turn it is */
};

static struct draft_fault *
fault_of(const struct draft *d, struct slice host)
{
	for (size_t i = 0; i < d->fault_count; i++)
		if (slice_eq_nocase(slice_cstr(d->faults[i].host), host))
			return &d->faults[i];
	return NULL;
}

static bool
is_for_good(const struct draft_fault *fault)
{
	return fault != NULL && fault->kind == DRAFT_CODE && fault->code >= 500;
}

static void
put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		abort();
}

static void
push(json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) != 0)
		abort();
}

/* ---- hosts ---- */

/* An address has colons, which a host's name may not have. */
static char *
host_name(const struct route_dest *dest)
{
	char *name = slice_dup(dest->host);

	for (char *c = name; *c != '\0'; c++)
		*c = *c == ':' ? '-' : *c;
	return name;
}

static void
host_add(struct draft *d, const struct route_dest *dest, bool is_certain)
{
	struct draft_fault *fault = fault_of(d, dest->host);
	char *name = host_name(dest), address[64];
	json_t *host = json_object_get(d->hosts, name), *rules;

	if (fault != NULL)
		fault->is_used = true;
	rules = json_object_get(host, "rules");
	if (host != NULL) {
		if (is_certain)
			(void)json_object_del(
			    json_array_get(rules, 0), "optional");
		free(name);
		return;
	}
	if (dest->kind == ROUTE_DEST_ADDRESS)
		(void)snprintf(
		    address, sizeof(address), "%.*s", SLICE_ARG(dest->host));
	else
		(void)snprintf(address, sizeof(address), "10.77.1.%zu",
		    json_object_size(d->hosts) + 1);
	host = json_object();
	put(host, "address", json_string(address));
	if (dest->port != 0)
		put(host, "port", json_integer(dest->port));
	if (fault != NULL && fault->kind == DRAFT_STATE)
		put(host, "state", json_string(fault->word));
	else if (fault != NULL)
		put(host, "rules",
		    json_pack("[o]", draft_rule_json(fault, is_certain)));
	put(d->hosts, name, host);
	if (dest->kind != ROUTE_DEST_ADDRESS)
		put(d->dns, name, json_pack("{s:[s]}", "A", address));
	free(name);
}

/* ---- a route ---- */

/* How a route's mail fares: the best priority at which a host takes it, or
 * refuses it for good. */
struct fate {
	uint32_t priority;
	size_t healthy, fatal;
	const struct route_dest *winner;
};

static struct fate
fate_of(const struct draft *d, const struct route *route)
{
	struct fate fate = { .priority = UINT32_MAX };

	for (size_t i = 0; i < route->dest_count; i++) {
		const struct route_dest *dest = &route->dests[i];
		const struct draft_fault *fault = fault_of(d, dest->host);
		const bool ends = fault == NULL || is_for_good(fault);

		if (!ends || dest->priority > fate.priority)
			continue;
		if (dest->priority < fate.priority)
			fate = (struct fate){ .priority = dest->priority };
		fate.healthy += fault == NULL;
		fate.fatal += fault != NULL;
		fate.winner = dest;
	}
	return fate;
}

static void
count_fate(struct draft *d, const struct fate *fate)
{
	char *name;

	if (fate->healthy > 0 && fate->fatal > 0) {
		d->is_open = true;
	} else if (fate->fatal > 0) {
		d->bounced += MESSAGES;
	} else if (fate->healthy == 0) {
		d->queued += MESSAGES;
	} else {
		d->delivered += MESSAGES;
		d->is_one_each &= fate->healthy == 1;
		name = host_name(fate->winner);
		put(d->winners, name,
		    json_integer(MESSAGES +
			json_integer_value(json_object_get(d->winners, name))));
		free(name);
	}
}

static void
route_add(struct draft *d, const struct route *route)
{
	struct fate fate = fate_of(d, route);
	struct buf text = { 0 };

	buf_append(&text, route->domain);
	for (size_t i = 0; i < route->dest_count; i++) {
		const struct route_dest *dest = &route->dests[i];

		buf_append_cstr(&text, i > 0 ? ", " : " ");
		route_dest_format(dest, &text);
		host_add(d, dest,
		    dest->priority <= fate.priority &&
			route->dest_count <= MESSAGES / 2);
	}
	push(d->routes, json_string(buf_cstr(&text)));
	buf_clear(&text);
	buf_printf(&text, "user@%s%.*s",
	    route->match == ROUTE_EXACT         ? ""
		: route->match == ROUTE_PARTIAL ? "mail"
						: "any.example",
	    route->match == ROUTE_ALL ? 0 : (int)route->domain.len,
	    route->domain.at);
	push(d->injects,
	    json_pack("{s:i, s:s, s:s, s:s}", "count", MESSAGES, "every", "10s",
		"from", "sender@example.net", "to", buf_cstr(&text)));
	count_fate(d, &fate);
	buf_fini(&text);
}

/* ---- what must be true ---- */

static void
expect_add(struct draft *d, const char *key, json_t *value, const char *why)
{
	push(d->expect, json_pack("{s:o, s:s}", key, value, "because", why));
}

static void
expect_all(struct draft *d)
{
	if (!d->is_open && d->delivered > 0)
		expect_add(d, "delivered",
		    d->is_one_each ? json_incref(d->winners)
				   : json_integer((json_int_t)d->delivered),
		    "a host that fails is left for the next candidate, best "
		    "priority first");
	if (!d->is_open && d->bounced > 0)
		expect_add(d, "bounced", json_integer((json_int_t)d->bounced),
		    "a 5xx ends a recipient at once: no other host is tried");
	if (d->queued > 0)
		expect_add(d, "queued", json_integer((json_int_t)d->queued),
		    "with no host left mail waits for its next round, and does "
		    "not bounce");
	else
		expect_add(d, "no_log", json_string("pending till"),
		    "as long as a host takes or refuses it for good, no mail "
		    "waits for another round");
}

static void
title_format(const struct draft *d, struct buf *out)
{
	if (d->fault_count == 0)
		buf_append_cstr(out, "Where mail goes while no host fails");
	for (size_t i = 0; i < d->fault_count; i++) {
		const struct draft_fault *fault = &d->faults[i];

		buf_append_cstr(
		    out, i > 0 ? ", and " : "Where mail goes when ");
		if (fault->kind == DRAFT_CODE)
			buf_printf(out, "%s answers %d at %s", fault->host,
			    fault->code, smtp_stage_name(fault->stage));
		else if (fault->kind == DRAFT_CUT)
			buf_printf(out, "%s does a %s at %s", fault->host,
			    fault->word, smtp_stage_name(fault->stage));
		else
			buf_printf(out, "%s is in the state \"%s\"",
			    fault->host, fault->word);
	}
}

static void
text_format(struct draft *d, struct buf *out)
{
	json_t *all = json_object();
	struct buf title = { 0 };
	char *text;

	title_format(d, &title);
	put(all, "title", json_string(buf_cstr(&title)));
	put(all, "case", json_string("Drafted by faultpost new"));
	put(all, "routes", json_incref(d->routes));
	if (json_object_size(d->dns) > 0)
		put(all, "dns", json_incref(d->dns));
	put(all, "hosts", json_incref(d->hosts));
	put(all, "inject", json_incref(d->injects));
	if (d->queued > 0)
		put(all, "until", json_string("2h"));
	put(all, "expect", json_incref(d->expect));
	text = json_dumps(all, JSON_INDENT(2));
	assert(text != NULL);
	buf_append_cstr(out, text);
	buf_append_byte(out, '\n');
	free(text);
	buf_fini(&title);
	json_decref(all);
}

static bool
is_wanted(const struct draft *d, const struct route *route)
{
	if (route->kind != ROUTE_HOSTS)
		return false;
	for (size_t i = 0; i < route->dest_count; i++)
		if (fault_of(d, route->dests[i].host) != NULL)
			return true;
	return d->fault_count == 0;
}

static bool
fail_unused(const struct routes *routes, const struct draft_fault *fault,
    struct err *err)
{
	struct suggest nearest = { .word = slice_cstr(fault->host) };
	char *best = NULL;
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < routes_count(routes); i++)
		for (size_t k = 0; k < routes_at(routes, i)->dest_count; k++) {
			struct slice host = routes_at(routes, i)->dests[k].host;
			size_t distance = suggest_distance(nearest.word, host);

			if (distance >= least)
				continue;
			least = distance;
			free(best);
			best = slice_dup(host);
		}
	(void)err_set(err, "no route has the host %s%s%s%s", fault->host,
	    best != NULL ? " (did you mean " : "", best != NULL ? best : "",
	    best != NULL ? "?)" : "");
	free(best);
	return false;
}

static bool
routes_take(struct draft *d, const struct routes *routes, struct err *err)
{
	size_t taken = 0;

	for (size_t i = 0; i < routes_count(routes); i++) {
		const struct route *route = routes_at(routes, i);

		if (!is_wanted(d, route))
			continue;
		if (++taken > ROUTES_TAKEN_MAX ||
		    json_object_size(d->hosts) + route->dest_count > HOSTS_MAX)
			return err_set(err,
			    "more than %d routes, or %d hosts; expected less, "
			    "as --fail HOST=FAULT chooses them",
			    ROUTES_TAKEN_MAX, HOSTS_MAX);
		route_add(d, route);
	}
	for (size_t i = 0; i < d->fault_count; i++)
		if (!d->faults[i].is_used)
			return fail_unused(routes, &d->faults[i], err);
	return taken > 0 || err_set(err, "there is no route with hosts");
}

bool
draft_format(const struct routes *routes, struct draft_fault *faults,
    size_t fault_count, struct buf *out, struct err *err)
{
	struct draft d = { .faults = faults, .fault_count = fault_count };
	bool good;

	d.routes = json_array();
	d.dns = json_object();
	d.hosts = json_object();
	d.injects = json_array();
	d.expect = json_array();
	d.winners = json_object();
	d.is_one_each = true;
	good = routes_take(&d, routes, err);
	if (good) {
		expect_all(&d);
		text_format(&d, out);
	}
	json_decref(d.routes);
	json_decref(d.dns);
	json_decref(d.hosts);
	json_decref(d.injects);
	json_decref(d.expect);
	json_decref(d.winners);
	return good;
}
