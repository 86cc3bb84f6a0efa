/* SPDX-License-Identifier: MIT */
/*
 * Data of Exim's manualroute router, one line a domain, as a wildlsearch finds
 * them: "domain: host list  options".
 */
#include "harness/routes/foreign_impl.h"

/* A line being read. */
struct exim_line {
	struct foreign_reader *reader;
	struct foreign_entry *entry;
	struct slice domain;
	bool is_random;
	uint32_t priority;
	int number;
};

/* ---- reading ---- */

static bool
key_read(
    struct foreign_reader *r, struct slice key, int line, struct slice *domain)
{
	*domain = key;
	if (slice_eq(key, SLICE("*")))
		*domain = SLICE("ALL");
	else if (slice_starts_with(key, SLICE("*.")))
		*domain = slice_skip(key, 1);
	else if (key.len == 0 || strchr("^\\@!+$", key.at[0]) != NULL ||
	    slice_find_byte(key, '*') < key.len ||
	    slice_find_byte(key, ';') < key.len) {
		foreign_note(r->notes, line,
		    "%.*s is a pattern, and a routes table has names: left out",
		    SLICE_ARG(key));
		return false;
	}
	return true;
}

/* Cuts "/MX" out, which stands before a port. */
static bool
mx_take(struct slice *item, struct buf *without)
{
	size_t at = slice_find_byte(*item, '/');
	struct slice rest = slice_skip(*item, at);

	if (!slice_starts_with_nocase(rest, SLICE("/MX")) ||
	    (rest.len > 3 && rest.at[3] != ':'))
		return false;
	buf_append(without, slice_sub(*item, 0, at));
	buf_append(without, slice_skip(rest, 3));
	*item = buf_slice(without);
	return true;
}

/* "host" or "host/MX", with a port perhaps: "host:port" and "host/MX:port", or
 * with two colons where a colon separates. */
static void
host_read(struct exim_line *l, struct slice item)
{
	struct buf without = { 0 };
	bool is_mx = mx_take(&item, &without);
	bool is_bracketed;
	struct slice host;
	struct ip_address ip;
	uint32_t port;

	if (slice_find_byte(item, '$') < item.len)
		foreign_note(l->reader->notes, l->number,
		    "%.*s: %.*s is made anew for each message, and a routes "
		    "table names hosts: left out",
		    SLICE_ARG(l->domain), SLICE_ARG(item));
	else if (ip_parse(item, &ip)) {
		foreign_host_add(
		    l->reader, l->entry, item, true, 0, l->priority);
	} else if (!foreign_host_parse(item, &host, &is_bracketed, &port)) {
		foreign_refuse(l->reader, l->number, item,
		    "is no host; expected host, host/MX or host:port");
	} else if (is_mx && slice_eq_nocase(host, l->domain)) {
		foreign_word_set(l->reader, l->entry, "USEDNS");
	} else {
		foreign_host_add(
		    l->reader, l->entry, host, !is_mx, port, l->priority);
	}
	if (!l->is_random)
		l->priority += FOREIGN_STEP;
	buf_fini(&without);
}

/* The list up to its options, with ';' for its separator. */
static struct slice
list_take(struct slice value, struct buf *list, struct slice *options)
{
	char separator = ':';
	struct slice rest = slice_trim(value);

	if (slice_starts_with(rest, SLICE("<")) && rest.len > 1) {
		separator = rest.at[1];
		rest = slice_trim(slice_skip(rest, 2));
	}
	/* Blanks around a separator belong to the list. */
	for (; rest.len > 0; rest = slice_skip(rest, 1)) {
		char c = rest.at[0];
		struct slice after = slice_trim(slice_skip(rest, 1));
		bool is_doubled = separator == ':' && c == ':' &&
		    rest.len > 1 && rest.at[1] == ':';

		if (is_doubled)
			rest = slice_skip(rest, 1);
		else if ((c == ' ' || c == '\t') && after.len > 0 &&
		    after.at[0] != separator && buf_len(list) > 0 &&
		    buf_slice(list).at[buf_len(list) - 1] != ';')
			break;
		if (c == ' ' || c == '\t')
			continue;
		buf_append_byte(list, c == separator && !is_doubled ? ';' : c);
	}
	*options = slice_trim(rest);
	return buf_slice(list);
}

static void
options_read(struct exim_line *l, struct slice options)
{
	static const char *const known[] = { "byname", "bydns", "bydns_a",
		"no_randomize", "remote_smtp", "smtp" };
	struct slice word;

	while (foreign_word_take(&options, &word)) {
		bool is_known = false;

		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			is_known |= slice_eq(word, slice_cstr(known[i]));
		if (slice_eq(word, SLICE("randomize")))
			l->is_random = true;
		else if (!is_known)
			foreign_note(l->reader->notes, l->number,
			    "%.*s: the option %.*s has no place in a routes "
			    "table",
			    SLICE_ARG(l->domain), SLICE_ARG(word));
	}
}

/* A colon or a blank ends a key (lsearch), unless it is in quotes. */
static struct slice
key_take(struct slice *rest)
{
	bool is_quoted = slice_starts_with(*rest, SLICE("\""));
	struct slice text = slice_skip(*rest, is_quoted);
	size_t len = 0;

	while (len < text.len &&
	    (is_quoted ? text.at[len] != '"'
		       : strchr(": \t", text.at[len]) == NULL))
		len++;
	*rest = slice_trim(slice_skip(text, len + is_quoted));
	if (slice_starts_with(*rest, SLICE(":")))
		*rest = slice_trim(slice_skip(*rest, 1));
	return slice_sub(text, 0, len);
}

static void
hosts_read(struct exim_line *l, struct slice rest)
{
	struct slice item;

	while (foreign_item_take(&rest, ";", &item))
		if (slice_eq(item, SLICE("+")))
			l->priority += l->is_random ? FOREIGN_STEP : 0;
		else
			host_read(l, item);
}

static void
line_read(struct foreign_reader *r, struct slice line, int number)
{
	struct exim_line l = { .reader = r, .number = number };
	struct slice rest = slice_trim(line), key = key_take(&rest);
	struct slice options;
	struct buf list = { 0 };

	if (!key_read(r, key, number, &l.domain))
		return;
	if (rest.len == 0) {
		foreign_note(r->notes, number,
		    "%.*s has no host, and Exim goes on with its next router: "
		    "left out",
		    SLICE_ARG(l.domain));
		return;
	}
	rest = list_take(rest, &list, &options);
	options_read(&l, options);
	l.entry = foreign_entry_get(r, l.domain, number, false);
	if (l.entry != NULL && rest.len == 0)
		foreign_fail(r, number, "%.*s has no host; expected one",
		    SLICE_ARG(l.domain));
	else if (l.entry != NULL)
		hosts_read(&l, rest);
	buf_fini(&list);
}

void
exim_read(struct foreign_reader *r)
{
	struct slice rest = r->text;
	struct buf line = { 0 };
	int number = 0, read = 0;

	r->first_wins = true;
	while (foreign_line_take(&rest, &line, &number, &read))
		line_read(r, buf_slice(&line), number);
	buf_fini(&line);
}

/* ---- writing ---- */

static void
dest_write(const struct route_dest *dest, struct buf *out)
{
	if (dest->ip.family == 6)
		buf_printf(out, "[%.*s]", SLICE_ARG(dest->host));
	else
		buf_append(out, dest->host);
	if (dest->kind == ROUTE_DEST_NAME)
		buf_append_cstr(out, "/MX");
	/* The port comes last. */
	if (dest->port != 0)
		buf_printf(out, ":%u", (unsigned)dest->port);
}

static void
hosts_write(
    const struct route *route, struct foreign_notes *notes, struct buf *out)
{
	struct route_dest dests[ROUTES_DESTS_MAX];
	size_t level = 0, odd = 0;
	bool has_equals = false;

	foreign_sort(route, dests);
	for (size_t i = 1; i < route->dest_count; i++)
		has_equals |= dests[i].priority == dests[i - 1].priority;
	buf_append_cstr(out, "<;");
	for (size_t i = 0; i < route->dest_count; i++) {
		bool is_next =
		    i > 0 && dests[i].priority != dests[i - 1].priority;

		level += is_next;
		odd += dests[i].priority != level * FOREIGN_STEP;
		buf_append_cstr(out, i > 0 ? " ; " : " ");
		if (is_next && has_equals)
			buf_append_cstr(out, "+ ; ");
		dest_write(&dests[i], out);
	}
	if (has_equals)
		buf_append_cstr(out, " randomize");
	if (odd > 0)
		foreign_note(notes, route->line,
		    "%.*s: priorities are an order only, and their numbers "
		    "are left out",
		    SLICE_ARG(route->domain));
	if (has_equals)
		foreign_note(notes, route->line,
		    "%.*s: Exim takes equal hosts at random, not in turns",
		    SLICE_ARG(route->domain));
}

static bool
is_said(const struct route *route, struct foreign_notes *notes)
{
	if (route->kind == ROUTE_DISCARD)
		foreign_note(notes, route->line,
		    "%.*s: manualroute does not delete mail: left out (a "
		    "redirect router to :blackhole: does)",
		    SLICE_ARG(route->domain));
	else if (route->kind == ROUTE_USEDNS && route->match != ROUTE_EXACT)
		foreign_note(notes, route->line,
		    "%.*s: manualroute cannot say that each name follows its "
		    "own MX records: left out (a dnslookup router does)",
		    SLICE_ARG(route->domain));
	else
		return true;
	return false;
}

void
exim_write(
    const struct routes *routes, struct foreign_notes *notes, struct buf *out)
{
	for (size_t i = 0; i < routes_count(routes); i++) {
		const struct route *route = routes_at(routes, i);

		if (!is_said(route, notes))
			continue;
		if (route->match == ROUTE_ALL)
			buf_append_cstr(out, "*");
		else
			buf_printf(out,
			    route->match == ROUTE_PARTIAL ? "*%.*s" : "%.*s",
			    SLICE_ARG(route->domain));
		buf_append_cstr(out, ": ");
		if (route->kind == ROUTE_USEDNS)
			buf_printf(out, "%.*s/MX", SLICE_ARG(route->domain));
		else
			hosts_write(route, notes, out);
		buf_append_byte(out, '\n');
		foreign_note_auth(route, notes);
	}
}
