/* SPDX-License-Identifier: MIT */
/* Postfix's transport(5) maps and the map of relay_domains. */
#include "harness/routes/foreign_impl.h"

/* The domain of a key, as the table writes it; false with a note when there is
 * none. */
static bool
key_read(
    struct foreign_reader *r, struct slice key, int line, struct slice *domain)
{
	*domain = slice_eq(key, SLICE("*")) ? SLICE("ALL") : key;
	if (slice_find_byte(key, '@') == key.len)
		return true;
	foreign_note(r->notes, line,
	    "%.*s is an address, and a routes table has domains: left out",
	    SLICE_ARG(key));
	return false;
}

/* ---- transport ---- */

static bool
is_smtp(struct slice transport)
{
	return transport.len == 0 || slice_eq(transport, SLICE("smtp")) ||
	    slice_eq(transport, SLICE("relay"));
}

static void
nexthops_read(struct foreign_reader *r, struct foreign_entry *e,
    struct slice rest, int line)
{
	uint32_t priority = 0;
	struct slice item;

	while (foreign_item_take(&rest, ", \t", &item)) {
		bool is_bracketed;
		struct slice host;
		uint32_t port;

		/* As lmtp(8) has it, and smtp(8) takes it. */
		if (slice_starts_with_nocase(item, SLICE("inet:")))
			item = slice_skip(item, 5);
		if (!foreign_host_parse(item, &host, &is_bracketed, &port)) {
			foreign_refuse(r, line, item,
			    "is no next hop; expected host, [host] or "
			    "[host]:port");
			continue;
		}
		foreign_host_add(r, e, host, is_bracketed, port, priority);
		priority += FOREIGN_STEP;
	}
}

static void
transport_read(
    struct foreign_reader *r, struct slice domain, struct slice value, int line)
{
	size_t colon = slice_find_byte(value, ':');
	struct slice transport = slice_sub(value, 0, colon);
	struct slice nexthop = slice_trim(slice_skip(value, colon + 1));
	bool discards = slice_eq(transport, SLICE("discard"));
	struct foreign_entry *e;

	if (colon == value.len) {
		foreign_refuse(
		    r, line, value, "has no colon; expected transport:nexthop");
		return;
	}
	if (!discards && !is_smtp(transport)) {
		foreign_note(r->notes, line,
		    "%.*s: the transport %.*s has no place in a routes table: "
		    "left out",
		    SLICE_ARG(domain), SLICE_ARG(transport));
		return;
	}
	e = foreign_entry_get(r, domain, line, false);
	if (e == NULL)
		return;
	if (discards)
		foreign_word_set(r, e, "/dev/null");
	else if (nexthop.len > 0)
		nexthops_read(r, e, nexthop, line);
	else if (!slice_eq(domain, SLICE("ALL")))
		foreign_word_set(r, e, "USEDNS");
}

void
postfix_read(struct foreign_reader *r)
{
	struct slice rest = r->text, key, domain;
	struct buf line = { 0 };
	int number = 0, read = 0;

	r->first_wins = true;
	while (foreign_line_take(&rest, &line, &number, &read)) {
		struct slice value = buf_slice(&line);

		if (!foreign_word_take(&value, &key))
			continue;
		if (slice_trim(value).len == 0)
			foreign_refuse(r, number, key,
			    "has no value; expected transport:nexthop");
		else if (key_read(r, key, number, &domain))
			transport_read(r, domain, slice_trim(value), number);
	}
	buf_fini(&line);
}

static void
key_write(const struct route *route, struct buf *out)
{
	if (route->match == ROUTE_ALL)
		buf_append_byte(out, '*');
	else
		buf_append(out, route->domain);
	buf_append_byte(out, '\t');
}

void
postfix_write(
    const struct routes *routes, struct foreign_notes *notes, struct buf *out)
{
	struct route_dest dests[ROUTES_DESTS_MAX];

	for (size_t i = 0; i < routes_count(routes); i++) {
		const struct route *route = routes_at(routes, i);

		key_write(route, out);
		buf_append_cstr(
		    out, route->kind == ROUTE_DISCARD ? "discard:" : "smtp:");
		foreign_sort(route, dests);
		for (size_t k = 0; k < route->dest_count; k++) {
			buf_append_cstr(out, k > 0 ? ", " : "");
			foreign_dest_format(&dests[k], "", out);
		}
		buf_append_byte(out, '\n');
		foreign_note_order(route, dests, "Postfix", notes);
	}
}

/* ---- relay_domains ---- */

void
postfix_relay_read(struct foreign_reader *r)
{
	struct slice rest = r->text, key, domain;
	struct buf line = { 0 };
	int number = 0, read = 0;

	r->first_wins = true;
	while (foreign_line_take(&rest, &line, &number, &read)) {
		struct slice value = buf_slice(&line);
		struct foreign_entry *e;

		if (!foreign_word_take(&value, &key) ||
		    !key_read(r, key, number, &domain))
			continue;
		e = foreign_entry_get(r, domain, number, false);
		if (e != NULL)
			foreign_word_set(r, e, "USEDNS");
	}
	foreign_note(r->notes, 0,
	    "a map of relay_domains names no hosts: its domains follow their "
	    "MX records, unless a transport map says otherwise; by default "
	    "Postfix takes their subdomains, too");
	buf_fini(&line);
}

void
postfix_relay_write(
    const struct routes *routes, struct foreign_notes *notes, struct buf *out)
{
	for (size_t i = 0; i < routes_count(routes); i++) {
		const struct route *route = routes_at(routes, i);

		if (route->match == ROUTE_ALL) {
			foreign_note(notes, route->line,
			    "ALL is no domain that is relayed: left out");
			continue;
		}
		key_write(route, out);
		buf_append_cstr(out, "OK\n");
	}
	foreign_note(notes, 0,
	    "a map of relay_domains has no hosts: they are in the transport "
	    "map; by default Postfix takes subdomains of its domains, too");
}
