/* SPDX-License-Identifier: MIT */
/* The candidates of a domain; see trial.h. */
#include "harness/routes/trial.h"

#include "core/dns/name.h"

/* A candidate that is being added, and by what. */
static bool
is_better(const struct trial_host *a, const struct trial_host *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	if (a->preference != b->preference)
		return a->preference < b->preference;
	return a->is_behind < b->is_behind;
}

/* The same address and port counts once, at its better priority. */
static bool
is_same(const struct trial_host *a, const struct trial_host *b)
{
	if (a->port != b->port)
		return false;
	return ip_is_none(&a->ip) ? slice_eq(a->by, b->by)
				  : ip_equal(&a->ip, &b->ip);
}

static void
host_add(struct trial *t, const struct trial_host *host)
{
	size_t at;

	for (size_t i = 0; i < t->count; i++) {
		if (!is_same(&t->hosts[i], host))
			continue;
		if (!is_better(host, &t->hosts[i]))
			return;
		t->count--;
		memmove(&t->hosts[i], &t->hosts[i + 1],
		    (t->count - i) * sizeof(t->hosts[0]));
		break;
	}
	if (t->count == TRIAL_HOSTS_MAX)
		return;
	for (at = t->count; at > 0 && is_better(host, &t->hosts[at - 1]); at--)
		t->hosts[at] = t->hosts[at - 1];
	t->hosts[at] = *host;
	t->count++;
}

static bool
has_family(const struct reach *r, struct slice name, uint8_t family)
{
	for (size_t i = 0; i < r->count; i++)
		if (slice_eq(r->at[i].name, name) &&
		    r->at[i].ip.family == family)
			return true;
	return false;
}

static void
dest_add(struct trial *t, const struct route_dest *dest)
{
	struct trial_host host = { .by = arena_slice(&t->arena, dest->host),
		.port = dest->port != 0 ? dest->port : SMTP_PORT_DEFAULT,
		.priority = dest->priority };
	struct reach r;

	host.exchange = host.by;
	reach_find(t->zone, dest, &r);
	if (r.state == REACH_UNKNOWN)
		host_add(t, &host);
	for (size_t i = 0; i < r.count; i++) {
		host.ip = r.at[i].ip;
		host.preference = r.at[i].preference;
		host.exchange = arena_slice(&t->arena, r.at[i].name);
		host.is_behind =
		    host.ip.family == 4 && has_family(&r, r.at[i].name, 6);
		host_add(t, &host);
	}
}

/* ---- names of the scenario ---- */

static bool
is_taken(const struct trial *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->hosts[i].name != NULL &&
		    strcmp(t->hosts[i].name, name) == 0)
			return true;
	/* Who sends and gets bounces. */
	return strcmp(name, "sender") == 0 || strcmp(name, "relay") == 0 ||
	    strcmp(name, "injector") == 0;
}

/* The table's name; an address has colons, which a host's name may not have. */
static const char *
name_make(struct trial *t, const struct trial_host *host)
{
	char *name = arena_strdup(&t->arena, host->exchange);
	struct buf text = { 0 };

	for (char *c = name; *c != '\0'; c++)
		*c = *c == ':' ? '-' : *c;
	buf_append_cstr(&text, name);
	for (unsigned n = 2; is_taken(t, buf_cstr(&text)); n++) {
		buf_clear(&text);
		buf_printf(&text, "%s-%u", name, n);
	}
	name = arena_strdup(&t->arena, buf_slice(&text));
	buf_fini(&text);
	return name;
}

/* The name as people know it: that of an address has its colons again, unless
 * there are several of it. */
static struct slice
label_make(const struct trial_host *host)
{
	struct slice name = slice_cstr(host->name);

	return name.len == host->exchange.len ? host->exchange : name;
}

/* One for each real address, and for each name whose address is not known. */
static struct ip_address
fake_make(const struct trial *t, size_t i)
{
	const struct trial_host *host = &t->hosts[i];
	struct ip_address fake =
	    ip_v4(10, 77, (uint8_t)(i / 250), (uint8_t)(i % 250 + 1));

	for (size_t k = 0; k < i; k++)
		if (ip_is_none(&host->ip)
			? slice_eq(t->hosts[k].by, host->by)
			: ip_equal(&t->hosts[k].ip, &host->ip))
			return t->hosts[k].fake;
	if (host->ip.family == 6)
		fake = (struct ip_address){ 6,
			{ 0xfd, 0x77, [14] = (uint8_t)(i / 250),
			    (uint8_t)(i % 250 + 1) } };
	return fake;
}

void
trial_make(struct trial *t, const struct route *route, const struct zone *zone,
    struct slice domain)
{
	*t = (struct trial){ .route = route, .zone = zone };
	t->domain = dns_name_copy(&t->arena, domain);
	t->is_by_dns = route == NULL || route->kind == ROUTE_USEDNS;
	if (t->is_by_dns && trial_is_known(t))
		dest_add(t,
		    &(struct route_dest){
			.kind = ROUTE_DEST_NAME, .host = t->domain });
	for (size_t i = 0; route != NULL && i < route->dest_count; i++)
		dest_add(t, &route->dests[i]);
	for (size_t i = 0; i < t->count; i++) {
		t->hosts[i].name = name_make(t, &t->hosts[i]);
		t->hosts[i].label = label_make(&t->hosts[i]);
		t->hosts[i].fake = fake_make(t, i);
	}
}

void
trial_fini(struct trial *t)
{
	arena_fini(&t->arena);
}

bool
trial_is_known(const struct trial *t)
{
	return !t->is_by_dns ||
	    (t->zone != NULL && zone_knows(t->zone, t->domain));
}

/* "host", "[host]", "host:port" or "[host]:port", as tables and pages have it;
 * *port is 0 when there is none. */
static struct slice
named_parse(struct slice text, uint64_t *port)
{
	bool is_bracketed = slice_starts_with(text, SLICE("["));
	size_t end = slice_find_byte(text, is_bracketed ? ']' : ':');
	struct slice rest = slice_skip(text, end + is_bracketed);
	struct ip_address ip;

	*port = 0;
	if (end == text.len || (!is_bracketed && ip_parse(text, &ip)))
		return text;
	if (rest.len > 0 &&
	    (rest.at[0] != ':' ||
		!slice_to_u64(slice_skip(rest, 1), UINT16_MAX, port)))
		return text;
	return slice_sub(text, is_bracketed, end - is_bracketed);
}

static bool
is_named(const struct trial_host *host, struct slice name, uint64_t port)
{
	struct ip_address ip;

	if (port != 0 && port != host->port)
		return false;
	return slice_eq_nocase(host->by, name) ||
	    slice_eq_nocase(host->exchange, name) ||
	    (ip_parse(name, &ip) && ip_equal(&host->ip, &ip));
}

size_t
trial_set_fault(struct trial *t, const struct draft_fault *fault)
{
	uint64_t port;
	struct slice name =
	    dns_name_trim(named_parse(slice_cstr(fault->host), &port));
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (!is_named(&t->hosts[i], name, port))
			continue;
		t->hosts[i].fault = fault;
		count++;
	}
	return count;
}

unsigned
trial_turns(const struct trial *t)
{
	unsigned count = 0, failing = 0;

	for (; count < t->count && !is_better(&t->hosts[0], &t->hosts[count]);
	     count++)
		failing += t->hosts[count].fault != NULL;
	return failing > 0 ? count : 1;
}

size_t
trial_host_at(
    const struct trial *t, const struct ip_address *fake, uint16_t port)
{
	for (size_t i = 0; i < t->count; i++)
		if (ip_equal(&t->hosts[i].fake, fake) &&
		    t->hosts[i].port == port)
			return i;
	return SIZE_MAX;
}
