/* SPDX-License-Identifier: MIT */
/* sendmail's mailertable: "domain  mailer:host[:host]...". */
#include "harness/routes/foreign_impl.h"

/* ---- reading ---- */

static bool
is_smtp(struct slice mailer)
{
	static const char *const mailers[] = { "esmtp", "smtp", "smtp8",
		"dsmtp", "relay" };

	for (size_t i = 0; i < ARRAY_LEN(mailers); i++)
		if (slice_eq_nocase(mailer, slice_cstr(mailers[i])))
			return true;
	return false;
}

/* Whether the host is the name that is looked for: its MX records decide. */
static bool
is_itself(struct slice domain, struct slice host)
{
	return slice_starts_with(domain, SLICE("."))
	    ? slice_starts_with(host, SLICE("%1")) &&
		slice_eq_nocase(slice_skip(host, 2), domain)
	    : slice_eq_nocase(host, domain);
}

static void
host_read(struct foreign_reader *r, struct foreign_entry *e, struct slice item,
    uint32_t priority, int line)
{
	bool is_bracketed;
	struct slice host;
	uint32_t port;

	if (is_itself(slice_cstr(e->domain), item))
		foreign_word_set(r, e, "USEDNS");
	else if (slice_find_byte(item, '%') < item.len)
		foreign_note(r->notes, line,
		    "%s: %.*s stands for many names, and a routes table names "
		    "hosts: left out",
		    e->domain, SLICE_ARG(item));
	else if (foreign_host_parse(item, &host, &is_bracketed, &port))
		foreign_host_add(r, e, host, is_bracketed, port, priority);
	else
		foreign_refuse(
		    r, line, item, "is no host; expected host or [host]");
}

static void
line_read(struct foreign_reader *r, struct slice line, int number)
{
	struct slice rest = line, key, mailer, item;
	struct foreign_entry *e;
	uint32_t priority = 0;
	size_t colon;

	if (!foreign_word_take(&rest, &key))
		return;
	rest = slice_trim(rest);
	colon = slice_find_byte(rest, ':');
	mailer = slice_sub(rest, 0, colon);
	if (colon == rest.len) {
		foreign_fail(r, number,
		    "no colon behind the mailer; expected domain mailer:host");
		return;
	}
	if (!is_smtp(mailer) && !slice_eq_nocase(mailer, SLICE("discard"))) {
		foreign_note(r->notes, number,
		    "%.*s: the mailer %.*s has no place in a routes table: "
		    "left out",
		    SLICE_ARG(key), SLICE_ARG(mailer));
		return;
	}
	e = foreign_entry_get(
	    r, slice_eq(key, SLICE(".")) ? SLICE("ALL") : key, number, false);
	if (e == NULL)
		return;
	if (!is_smtp(mailer)) {
		foreign_word_set(r, e, "/dev/null");
		return;
	}
	rest = slice_skip(rest, colon + 1);
	while (foreign_item_take(&rest, ":", &item)) {
		host_read(r, e, item, priority, number);
		priority += FOREIGN_STEP;
	}
}

void
sendmail_read(struct foreign_reader *r)
{
	struct slice rest = r->text, line;
	int number = 0;

	r->first_wins = true;
	while (slice_split(&rest, '\n', &line)) {
		number++;
		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		line = slice_trim(line);
		if (line.len > 0 && line.at[0] != '#')
			line_read(r, line, number);
	}
}

/* ---- writing ---- */

static void
hosts_write(
    const struct route *route, struct foreign_notes *notes, struct buf *out)
{
	struct route_dest dests[ROUTES_DESTS_MAX];

	foreign_sort(route, dests);
	foreign_note_order(route, dests, "sendmail", notes);
	buf_append_cstr(out, "esmtp");
	for (size_t i = 0; i < route->dest_count; i++) {
		if (dests[i].port != 0)
			foreign_note(notes, route->line,
			    "%.*s: the port %u is left out: it takes a mailer "
			    "of its own",
			    SLICE_ARG(route->domain), (unsigned)dests[i].port);
		dests[i].port = 0;
		buf_append_byte(out, ':');
		foreign_dest_format(&dests[i], "IPv6:", out);
	}
}

void
sendmail_write(
    const struct routes *routes, struct foreign_notes *notes, struct buf *out)
{
	for (size_t i = 0; i < routes_count(routes); i++) {
		const struct route *route = routes_at(routes, i);
		bool is_partial = route->match == ROUTE_PARTIAL;

		if (route->match == ROUTE_ALL)
			buf_append_cstr(out, ".");
		else
			buf_append(out, route->domain);
		buf_append_byte(out, '\t');
		switch (route->kind) {
		case ROUTE_HOSTS:
			hosts_write(route, notes, out);
			break;
		case ROUTE_USEDNS:
			buf_printf(out,
			    is_partial ? "esmtp:%%1%.*s" : "esmtp:%.*s",
			    SLICE_ARG(route->domain));
			break;
		case ROUTE_DISCARD:
			buf_append_cstr(out, "discard:nobody");
			break;
		}
		buf_append_byte(out, '\n');
	}
}
