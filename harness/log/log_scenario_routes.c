/* SPDX-License-Identifier: MIT */
/*
 * Where mail goes in a scenario that is made of a log: by the routes that are
 * given, whose names get the addresses that the log shows, or by routes that
 * the log suggests.  See log_scenario.h.
 */
#include "harness/log/log_scenario.h"

/* So soon behind a failure a connection goes on with it. */
#define FAILOVER_SPAN (2 * UTIME_S)

/* What the log shows of a host as one of a domain's. */
struct use {
	size_t host;
	bool is_first; /* was asked without a failure just before */
};

struct uses {
	struct use *at; /* owned; in the order of their coming */
	size_t count, cap;
	bool stays; /* one host was asked twice running, and none had failed */
};

static void
uses_add(struct uses *uses, size_t host, bool is_first)
{
	for (size_t i = 0; i < uses->count; i++) {
		if (uses->at[i].host != host)
			continue;
		uses->at[i].is_first |= is_first;
		return;
	}
	uses->at =
	    xgrow(uses->at, &uses->cap, uses->count + 1, sizeof(uses->at[0]));
	uses->at[uses->count++] = (struct use){ host, is_first };
}

static bool
is_trouble(const struct log_case_event *event)
{
	return event->form == MAILLOG_CONNECTION_ERROR ||
	    event->form == MAILLOG_DELAYED;
}

static struct uses
uses_of(const struct log_case *c, size_t domain)
{
	struct uses uses = { 0 };
	size_t last = LOG_CASE_NONE;
	utime trouble = -FAILOVER_SPAN;
	uint64_t opened = 0;
	bool has_opened = false;

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];
		bool is_new = event->form == MAILLOG_DCID_NEW ||
		    (event->form == MAILLOG_CONNECTION_ERROR &&
			!(has_opened && opened == event->dcid));
		bool follows = event->at - trouble <= FAILOVER_SPAN;

		if (is_trouble(event))
			trouble = event->at;
		if (!is_new || event->domain != domain ||
		    event->host == LOG_CASE_NONE)
			continue;
		uses.stays |= !follows && last == event->host;
		uses_add(&uses, event->host, !follows);
		last = event->host;
		opened = event->dcid;
		has_opened = event->form == MAILLOG_DCID_NEW;
	}
	return uses;
}

/* ---- routes that the log suggests ---- */

static void
dest_format(const struct endpoint *at, unsigned priority, struct buf *out)
{
	char ip[IP_TEXT_MAX];

	(void)ip_format(&at->ip, ip);
	buf_printf(out, at->ip.family == 6 ? "[%s]" : "%s", ip);
	if (at->port != 25)
		buf_printf(out, ":%u", (unsigned)at->port);
	buf_printf(out, "/pri=%u", priority);
}

/* Mail for it was deleted, and never given to anybody. */
static bool
is_thrown_away(const struct log_case *c, size_t domain)
{
	for (size_t i = 0; i < c->mark_count; i++) {
		const struct log_case_mark *mark = &c->marks[i];
		const struct log_case_message *m;

		if (mark->kind != LOG_CASE_DELETED ||
		    mark->message == LOG_CASE_NONE)
			continue;
		m = &c->messages[mark->message];
		for (size_t k = 0; k < m->to_count; k++)
			if (m->to[k].domain == domain)
				return true;
	}
	return false;
}

/* Equal hosts take turns; so where one is asked again and again, those that are
 * only asked behind its failures are its backups. */
static void
suggest_route(
    const struct log_case *c, size_t domain, json_t *routes, json_t *notes)
{
	struct uses uses = uses_of(c, domain);
	bool is_thrown = uses.count == 0 && is_thrown_away(c, domain);
	struct buf line = { 0 };

	buf_printf(&line, "%s ", c->domains[domain]);
	for (size_t i = 0; i < uses.count; i++) {
		bool is_backup = uses.stays && !uses.at[i].is_first;

		if (i > 0)
			buf_append_cstr(&line, ", ");
		dest_format(
		    &c->hosts[uses.at[i].host].at, is_backup ? 10 : 0, &line);
	}
	if (is_thrown) {
		buf_append_cstr(&line, "/dev/null");
		log_scenario_note(notes,
		    "Mail for %s is deleted and never given to a host: a route "
		    "to /dev/null is assumed.",
		    c->domains[domain]);
	}
	if (uses.count > 0 || is_thrown)
		json_array_append_new(routes, json_string(buf_cstr(&line)));
	if (uses.count > 1 && !uses.stays)
		log_scenario_note(notes,
		    "Whether the hosts of %s have the same priority the log "
		    "does not show: they are taken for equal.",
		    c->domains[domain]);
	buf_fini(&line);
	free(uses.at);
}

/* ---- name servers that failed ---- */

static const struct fault {
	const char *is_said, *name;
} faults[] = {
	{ "imeout", "TIMEOUT" },
	{ "efused", "REFUSED" },
	{ "", "SERVFAIL" },
};

static const char *
fault_of(const struct log_case_event *event)
{
	size_t i = 0;

	while (strstr(event->reply, faults[i].is_said) == NULL)
		i++;
	return faults[i].name;
}

/* Mail ended as there is no such domain. */
static bool
is_hard_error(
    const struct log_case *c, const struct log_case_event *event, size_t domain)
{
	const struct log_case_message *m;

	if (event->form != MAILLOG_BOUNCED || event->message == LOG_CASE_NONE ||
	    !slice_starts_with_nocase(
		slice_cstr(event->reply), SLICE("DNS Hard Error")))
		return false;
	m = &c->messages[event->message];
	return m->to_count > 0 && m->to[0].domain == domain;
}

/* What DNS said of the domain then: "" that it is there; NULL: nothing. */
static const char *
answer_of(
    const struct log_case *c, const struct log_case_event *event, size_t domain)
{
	if (is_hard_error(c, event, domain))
		return "NXDOMAIN";
	if (event->domain != domain)
		return NULL;
	if (event->form == MAILLOG_DNS_TEMPORARY_FAILURE)
		return fault_of(event);
	return event->form == MAILLOG_DCID_NEW ||
		event->form == MAILLOG_CONNECTION_ERROR
	    ? ""
	    : NULL;
}

/* The domain's mail exchanges: the hosts that the log shows for it. */
static json_t *
exchanges_json(const struct log_case *c, size_t domain, json_t *names)
{
	struct uses uses = uses_of(c, domain);
	json_t *list = json_array();

	for (size_t i = 0; i < uses.count; i++) {
		const struct endpoint *at = &c->hosts[uses.at[i].host].at;
		bool is_backup = uses.stays && !uses.at[i].is_first;
		struct buf name = { 0 }, row = { 0 };
		char ip[IP_TEXT_MAX];

		log_scenario_host_name(uses.at[i].host, &name);
		buf_append_cstr(&name, ".exchange.example");
		buf_printf(
		    &row, "%u %s", is_backup ? 20U : 10U, buf_cstr(&name));
		json_array_append_new(list, json_string(buf_cstr(&row)));
		json_object_set_new(names, buf_cstr(&name),
		    json_pack("{s:[s]}", at->ip.family == 6 ? "AAAA" : "A",
			ip_format(&at->ip, ip)));
		buf_fini(&name);
		buf_fini(&row);
	}
	free(uses.at);
	return json_pack("{s:o}", "MX", list);
}

/* Asking for the domain failed, and how that changed; the last moment of each
 * answer is half a second before the next one. */
static void
add_answers(
    const struct log_case *c, size_t domain, json_t *dns, json_t *timeline)
{
	json_t *well = exchanges_json(c, domain, dns);
	const char *now = NULL;

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];
		const char *then = answer_of(c, event, domain);
		json_t *answer;

		if (then == NULL || (now != NULL && strcmp(now, then) == 0))
			continue;
		answer =
		    then[0] != '\0' ? json_string(then) : json_incref(well);
		if (now == NULL)
			json_object_set_new(dns, c->domains[domain], answer);
		else
			json_array_append_new(timeline,
			    json_pack("{s:o,s:{s:o}}", "at",
				log_scenario_duration(
				    event->at - c->first - UTIME_S / 2),
				"dns", c->domains[domain], answer));
		now = then;
	}
	json_decref(well);
}

static bool
had_answers(const struct log_case *c, size_t domain)
{
	for (size_t i = 0; i < c->event_count; i++)
		if ((c->events[i].form == MAILLOG_DNS_TEMPORARY_FAILURE &&
			c->events[i].domain == domain) ||
		    is_hard_error(c, &c->events[i], domain))
			return true;
	return false;
}

/* ---- routes that are given ---- */

static void
name_format(struct pseudonyms *names, struct slice name, struct buf *out)
{
	if (names != NULL)
		pseudonym_domain(names, name, out);
	else
		buf_append(out, name);
}

/* The pseudonym of the route that fits a domain, which has one itself. */
static const struct route *
route_of(const struct log_case *c, size_t domain, const struct routes *routes,
    struct pseudonyms *names)
{
	const struct route *found = NULL;

	if (names == NULL)
		return routes_match(routes, slice_cstr(c->domains[domain]));
	for (size_t i = 0; i < names->count && found == NULL; i++)
		if (names->order[i]->kind == PSEUDONYM_DOMAIN &&
		    strcmp(names->order[i]->pseudonym, c->domains[domain]) == 0)
			found = routes_match(
			    routes, slice_cstr(names->order[i]->name));
	return found;
}

static bool
route_has(const struct route *route, const struct endpoint *at,
    struct pseudonyms *names)
{
	for (size_t i = 0; i < route->dest_count; i++) {
		const struct route_dest *dest = &route->dests[i];
		struct ip_address ip = dest->ip;
		struct buf shown = { 0 };
		char text[IP_TEXT_MAX];

		if (dest->kind != ROUTE_DEST_ADDRESS)
			continue;
		if (names != NULL) {
			pseudonym_address(
			    names, slice_cstr(ip_format(&ip, text)), &shown);
			(void)ip_parse(buf_slice(&shown), &ip);
			buf_fini(&shown);
		}
		if (ip_equal(&ip, &at->ip))
			return true;
	}
	return false;
}

/* The next host that the log shows for the domain, and that no destination has
 * yet; NONE: there is none left. */
static size_t
next_host(const struct log_case *c, const struct uses *uses, size_t *taken,
    const struct route *route, struct pseudonyms *names)
{
	while (*taken < uses->count) {
		size_t host = uses->at[(*taken)++].host;

		if (!route_has(route, &c->hosts[host].at, names))
			return host;
	}
	return LOG_CASE_NONE;
}

/* A host that the route has and the log does not show. */
static void
add_unseen(json_t *hosts, const char *ip, json_t *notes)
{
	struct buf name = { 0 };

	buf_printf(&name, "unseen%zu", json_object_size(hosts) + 1);
	json_object_set_new(
	    hosts, buf_cstr(&name), json_pack("{s:s}", "address", ip));
	log_scenario_note(notes,
	    "The log shows no connection to %s: it is up, and takes all.",
	    buf_cstr(&name));
	buf_fini(&name);
}

struct given {
	const struct log_case *c;
	json_t *dns, *hosts, *notes;
	struct pseudonyms *names;
	size_t unseen;
};

static void
resolve_name(struct given *g, const char *name, size_t host, bool is_guess)
{
	char ip[IP_TEXT_MAX];
	bool is_v6 = false;

	if (json_object_get(g->dns, name) != NULL)
		return;
	if (host != LOG_CASE_NONE) {
		(void)ip_format(&g->c->hosts[host].at.ip, ip);
		is_v6 = g->c->hosts[host].at.ip.family == 6;
	} else {
		(void)snprintf(
		    ip, sizeof(ip), "198.18.254.%zu", ++g->unseen % 250);
		add_unseen(g->hosts, ip, g->notes);
	}
	json_object_set_new(
	    g->dns, name, json_pack("{s:[s]}", is_v6 ? "AAAA" : "A", ip));
	if (is_guess)
		log_scenario_note(g->notes,
		    "Which address %s has the log does not tell: by the order "
		    "of the first attempts it is %s.",
		    name, ip);
}

static void
given_dest(struct given *g, const struct route_dest *dest,
    const struct uses *uses, size_t *taken, const struct route *route,
    struct buf *line)
{
	struct buf name = { 0 };

	if (dest->kind == ROUTE_DEST_ADDRESS && g->names != NULL) {
		pseudonym_address(g->names, dest->host, &name);
	} else if (dest->kind == ROUTE_DEST_ADDRESS) {
		buf_append(&name, dest->host);
	} else {
		name_format(g->names, dest->host, &name);
		resolve_name(g, buf_cstr(&name),
		    next_host(g->c, uses, taken, route, g->names),
		    uses->count > 1);
	}
	if (dest->kind == ROUTE_DEST_BRACKET ||
	    (dest->kind == ROUTE_DEST_ADDRESS && dest->ip.family == 6))
		buf_printf(line, "[%s]", buf_cstr(&name));
	else
		buf_append(line, buf_slice(&name));
	if (dest->port != 0)
		buf_printf(line, ":%u", (unsigned)dest->port);
	buf_printf(line, "/pri=%u", (unsigned)dest->priority);
	buf_fini(&name);
}

/* False: no route fits, or one that leaves it to DNS. */
static bool
given_route(
    struct given *g, size_t domain, const struct routes *routes, json_t *lines)
{
	const struct route *route = route_of(g->c, domain, routes, g->names);
	struct uses uses = { 0 };
	struct buf line = { 0 };
	size_t taken = 0;

	if (route == NULL || route->kind == ROUTE_USEDNS)
		return false;
	uses = uses_of(g->c, domain);
	buf_printf(&line, "%s ", g->c->domains[domain]);
	if (route->kind == ROUTE_DISCARD)
		buf_append_cstr(&line, "/dev/null");
	for (size_t i = 0; i < route->dest_count; i++) {
		if (i > 0)
			buf_append_cstr(&line, ", ");
		given_dest(g, &route->dests[i], &uses, &taken, route, &line);
	}
	json_array_append_new(lines, json_string(buf_cstr(&line)));
	buf_fini(&line);
	free(uses.at);
	return true;
}

void
log_scenario_routes(const struct log_case *c, json_t *scenario,
    const struct routes *routes, struct pseudonyms *names, json_t *timeline,
    json_t *notes)
{
	json_t *lines = json_array(), *hosts = json_object();
	struct given g = { c, json_object(), hosts, notes, names, 0 };

	for (size_t d = 0; d < c->domain_count; d++) {
		if (routes != NULL && given_route(&g, d, routes, lines))
			continue;
		if (had_answers(c, d))
			add_answers(c, d, g.dns, timeline);
		else
			suggest_route(c, d, lines, notes);
	}
	json_object_set_new(scenario, "routes", lines);
	if (json_object_size(g.dns) > 0)
		json_object_set_new(scenario, "dns", g.dns);
	else
		json_decref(g.dns);
	json_object_set_new(scenario, "hosts", hosts);
}
