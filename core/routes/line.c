/* SPDX-License-Identifier: MIT */
/*
 * One line of the routes table, up to its destinations; see line.h.  A line
 * with errors is read to its end, so that each destination gets its say; each
 * reports its first error.
 */
#include "core/routes/line.h"

#include "core/dns/name.h"
#include "core/routes/dest.h"

#include <stdarg.h>

static bool is_blank(char c);
static void skip_blanks(struct route_line *l);
static struct slice domain_take(struct route_line *l);
static bool auth_take(struct route_line *l, struct route *route);
static bool auth_check(
    struct route_line *l, const struct route *route, size_t at);
static bool domain_check(struct route_line *l, struct slice domain);

bool
route_line_begin(struct route_line *l, struct slice line)
{
	l->text = line;
	l->at = 0;
	l->is_bad = false;
	l->dest_count = 0;
	if (line.len > ROUTES_LINE_MAX)
		return route_line_fail(l, ROUTES_LINE_MAX,
		    "a line of %zu bytes; expected at most %d", line.len,
		    ROUTES_LINE_MAX);
	for (size_t i = 0; i < line.len; i++) {
		if (line.at[i] == '#' && (i == 0 || is_blank(line.at[i - 1]))) {
			l->text.len = i;
			break;
		}
	}
	while (l->text.len > 0 && is_blank(l->text.at[l->text.len - 1]))
		l->text.len--;
	skip_blanks(l);
	return l->at < l->text.len;
}

bool
route_line_domain(struct route_line *l, struct route *route)
{
	struct slice domain;

	route->line = l->place->line;
	route->col = route_line_col(l, l->at);
	domain = domain_take(l);
	skip_blanks(l);
	if (l->at < l->text.len && l->text.at[l->at] == ':')
		l->at++;
	skip_blanks(l);
	route->domain = domain;
	if (dns_name_equal(domain, SLICE("ALL"))) {
		route->match = ROUTE_ALL;
		return true;
	}
	route->match =
	    slice_starts_with(domain, SLICE(".")) ? ROUTE_PARTIAL : ROUTE_EXACT;
	return domain_check(l, domain);
}

bool
route_line_dests(struct route_line *l, struct route *route)
{
	size_t auth_at = auth_take(l, route) ? l->text.len : 0;
	struct slice rest = slice_skip(l->text, l->at);
	bool alone = slice_find_byte(rest, ',') == rest.len;
	char quoted[ROUTE_QUOTE_MAX];

	if (rest.len == 0)
		return route_line_fail(l, l->at,
		    "%s has no destination; expected a host, USEDNS or "
		    "/dev/null",
		    route_quote(route->domain, quoted));
	for (size_t end = l->at; end < l->text.len; l->at = end + 1) {
		struct slice item;

		skip_blanks(l);
		rest = slice_skip(l->text, l->at);
		item = slice_sub(rest, 0, slice_find_byte(rest, ','));
		end = l->at + item.len;
		(void)route_dest_read(l, slice_trim(item), route, alone);
	}
	return !l->is_bad && (auth_at == 0 || auth_check(l, route, auth_at));
}

bool
route_line_fail(struct route_line *l, size_t at, const char *fmt, ...)
{
	struct err *err = err_list_next(l->errors);
	char text[ERR_MSG_MAX];
	va_list ap;

	l->is_bad = true;
	if (err == NULL)
		return false;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_at(err, l->place->file, l->place->line,
	    route_line_col(l, at), "%s", text);
}

/* Columns count characters: no byte that continues one (RFC 3629, 3). */
int
route_line_col(const struct route_line *l, size_t at)
{
	int col = l->place->col;

	for (size_t i = 0; i < at; i++)
		col += (l->text.at[i] & 0xc0) != 0x80;
	return col;
}

char *
route_quote(struct slice text, char out[ROUTE_QUOTE_MAX])
{
	/* Two quotes, three dots, the terminator. */
	size_t room = ROUTE_QUOTE_MAX - 6;
	size_t len = text.len <= room ? text.len : room;
	size_t used = 0;

	/* No character is cut in two. */
	while (len < text.len && len > 0 && (text.at[len] & 0xc0) == 0x80)
		len--;
	out[used++] = '"';
	for (size_t i = 0; i < len; i++) {
		char c = text.at[i];

		out[used++] =
		    (unsigned char)c < ' ' || c == '"' || c == 0x7f ? '?' : c;
	}
	(void)snprintf(out + used, 5, "%s\"", len < text.len ? "..." : "");
	return out;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
skip_blanks(struct route_line *l)
{
	while (l->at < l->text.len && is_blank(l->text.at[l->at]))
		l->at++;
}

/* Takes " auth=PROFILE" off the end of the line, blanks before it included; the
 * profile is borrowed from the line. */
static bool
auth_take(struct route_line *l, struct route *route)
{
	static const struct slice auth = SLICE_INIT("auth=");
	size_t start = l->text.len;

	while (start > l->at && !is_blank(l->text.at[start - 1]))
		start--;
	if (!slice_starts_with_nocase(slice_skip(l->text, start), auth))
		return false;
	route->auth = slice_skip(l->text, start + auth.len);
	l->text.len = start;
	while (l->text.len > l->at && is_blank(l->text.at[l->text.len - 1]))
		l->text.len--;
	return true;
}

/* `at` is where the destinations end. */
static bool
auth_check(struct route_line *l, const struct route *route, size_t at)
{
	struct slice name = route->auth;
	char quoted[ROUTE_QUOTE_MAX];
	size_t good = 0;

	/* The whole line again, for the place. */
	l->text.len = (size_t)(name.at - l->text.at) + name.len;
	while (good < name.len &&
	    (ascii_is_alpha(name.at[good]) || ascii_is_digit(name.at[good]) ||
		name.at[good] == '.' || name.at[good] == '_' ||
		name.at[good] == '-'))
		good++;
	if (name.len == 0 || good < name.len || name.len > ROUTES_AUTH_MAX)
		return route_line_fail(l,
		    (size_t)(name.at - l->text.at) +
			(good < name.len ? good : 0),
		    "%s is no name of a profile; expected at most %d letters, "
		    "digits, dots, hyphens and underscores",
		    route_quote(name, quoted), ROUTES_AUTH_MAX);
	if (route->kind != ROUTE_HOSTS)
		return route_line_fail(l, at,
		    "a profile beside USEDNS or /dev/null; expected hosts of "
		    "the route to use it with");
	return true;
}

/* Takes the first word, which a colon ends too, except in an address literal:
 * that is no domain, and gets one error instead of several. */
static struct slice
domain_take(struct route_line *l)
{
	size_t start = l->at;
	bool literal = l->text.at[start] == '[';

	while (l->at < l->text.len && !is_blank(l->text.at[l->at]) &&
	    (literal || l->text.at[l->at] != ':')) {
		literal = literal && l->text.at[l->at] != ']';
		l->at++;
	}
	return slice_sub(l->text, start, l->at - start);
}

static bool
domain_check(struct route_line *l, struct slice domain)
{
	size_t start = (size_t)(domain.at - l->text.at);
	size_t dot = slice_starts_with(domain, SLICE("."));
	struct slice name = dns_name_trim(slice_skip(domain, dot));
	const char *why;
	size_t at;
	char quoted[ROUTE_QUOTE_MAX];

	if (slice_starts_with(domain, SLICE("*.")))
		return route_line_fail(l, start,
		    "%s is no domain; every name below one is written \".%.*s\"",
		    route_quote(domain, quoted),
		    (int)(domain.len - 2 < 64 ? domain.len - 2 : 64),
		    domain.at + 2);
	why = dns_name_check(name, &at);
	if (why == NULL)
		return true;
	return route_line_fail(l, start + dot + at,
	    "%s is no domain: %s; expected a name, .partial.name or ALL",
	    route_quote(domain, quoted), why);
}
