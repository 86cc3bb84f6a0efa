/* SPDX-License-Identifier: MIT */
/* One destination of a route: host[:port][/pri=N]; see dest.h. */
#include "core/routes/dest.h"

#include "core/dns/name.h"

/* A destination being read. */
struct item {
	struct route_line *line;
	struct slice text; /* all of it */
	size_t start;      /* where it begins in the line */
	struct slice host; /* without brackets */
	bool is_bracketed;
	size_t rest_at; /* where ":port" or "/pri=N" begins in `text` */
	struct route_dest dest;
};

static bool item_is(const struct item *item, const char *word);
static bool item_read_word(struct item *item, struct route *route, bool alone);
static bool item_find_host(struct item *item);
static bool item_read_host(struct item *item);
static bool item_explain_host(struct item *item, const char *why, size_t at);
static bool item_read_rest(struct item *item);
static bool item_read_port(struct item *item, struct slice port, size_t at);
static bool item_read_option(
    struct item *item, struct slice option, size_t at, bool again);
static bool item_read_priority(
    struct item *item, struct slice number, size_t at);
static bool is_range(struct slice host);
static bool is_made_of(struct slice text, const char *set);

/* Reports at an offset into the item. */
#define ITEM_FAIL(item, at, ...)                                               \
	route_line_fail((item)->line, (item)->start + (at), __VA_ARGS__)

bool
route_dest_read(
    struct route_line *l, struct slice text, struct route *route, bool alone)
{
	size_t blank = 0;
	struct item item = {
		.line = l,
		.text = text,
		.start = (size_t)(text.at - l->text.at),
	};
	char quoted[ROUTE_QUOTE_MAX];

	if (text.len == 0)
		return ITEM_FAIL(&item, 0,
		    "a destination is missing; expected one on each side of a "
		    "comma");
	while (
	    blank < text.len && text.at[blank] != ' ' && text.at[blank] != '\t')
		blank++;
	if (blank < text.len) {
		struct slice tail = slice_trim(slice_skip(text, blank));

		return ITEM_FAIL(&item, (size_t)(tail.at - text.at),
		    "%s behind a blank; expected a comma between destinations "
		    "and no blank inside one",
		    route_quote(tail, quoted));
	}
	if (item_is(&item, "USEDNS") || item_is(&item, "/dev/null"))
		return item_read_word(&item, route, alone);
	if (!item_find_host(&item) || !item_read_host(&item) ||
	    !item_read_rest(&item))
		return false;
	if (l->dest_count == ROUTES_DESTS_MAX)
		return ITEM_FAIL(&item, 0,
		    "one destination too many; a route has at most %d",
		    ROUTES_DESTS_MAX);
	l->dests[l->dest_count++] = item.dest;
	return true;
}

/* Whether it is that word, perhaps with a port or the like behind it, or the
 * dot that a name may end in. */
static bool
item_is(const struct item *item, const char *word)
{
	struct slice w = slice_cstr(word);
	struct slice tail = slice_skip(item->text, w.len);

	if (!slice_starts_with_nocase(item->text, w))
		return false;
	if (slice_starts_with(tail, SLICE(".")))
		tail = slice_skip(tail, 1);
	return tail.len == 0 || tail.at[0] == '/' || tail.at[0] == ':';
}

static bool
item_read_word(struct item *item, struct route *route, bool alone)
{
	bool is_usedns = item->text.at[0] != '/';
	const char *word = is_usedns ? "USEDNS" : "/dev/null";

	if (item->text.len > strlen(word))
		return ITEM_FAIL(item, strlen(word),
		    "%s has neither port nor priority; expected the word alone",
		    word);
	if (!alone)
		return ITEM_FAIL(item, 0,
		    "%s beside another destination; it must stand alone", word);
	if (is_usedns && route->match == ROUTE_ALL)
		return ITEM_FAIL(item, 0,
		    "USEDNS for ALL; leave the line out: mail that no route "
		    "matches follows its MX records anyway");
	route->kind = is_usedns ? ROUTE_USEDNS : ROUTE_DISCARD;
	return true;
}

/* Splits the host from what follows it. */
static bool
item_find_host(struct item *item)
{
	struct slice text = item->text;
	struct slice head = slice_sub(text, 0, slice_find_byte(text, '/'));
	size_t colon = slice_find_byte(head, ':');
	struct ip_address ip;

	item->is_bracketed = text.at[0] == '[';
	if (item->is_bracketed) {
		size_t end = slice_find_byte(text, ']');

		if (end == text.len)
			return ITEM_FAIL(item, 0,
			    "\"[\" without \"]\"; expected [host] or "
			    "[address]");
		item->host = slice_sub(text, 1, end - 1);
		item->rest_at = end + 1;
		return true;
	}
	/* A colon belongs to the host when what is before it could begin an
	 * IPv6 address, unless it is the only one. */
	if (slice_find_byte(slice_skip(head, colon + 1), ':') + colon + 1 <
		head.len &&
	    is_made_of(slice_sub(head, 0, colon), "0123456789abcdefABCDEF"))
		colon = head.len;
	if (ip_parse(head, &ip))
		colon = head.len;
	item->host = slice_sub(head, 0, colon);
	item->rest_at = colon;
	return true;
}

static bool
item_read_host(struct item *item)
{
	struct route_dest *dest = &item->dest;
	size_t host_at = item->is_bracketed;
	struct slice host = item->host;
	char canonical[IP_TEXT_MAX];
	const char *why;
	size_t at;
	char quoted[ROUTE_QUOTE_MAX];

	dest->col = route_line_col(item->line, item->start);
	if (host.len == 0)
		return ITEM_FAIL(item, 0,
		    "%s has no host; expected one, USEDNS or /dev/null",
		    route_quote(item->text, quoted));
	if (ip_parse(host, &dest->ip)) {
		dest->kind = ROUTE_DEST_ADDRESS;
		dest->host = arena_slice(item->line->arena,
		    slice_cstr(ip_format(&dest->ip, canonical)));
		return true;
	}
	why = dns_name_check(dns_name_trim(host), &at);
	if (why != NULL || is_range(host))
		return item_explain_host(item, why, host_at + at);
	dest->kind = item->is_bracketed ? ROUTE_DEST_BRACKET : ROUTE_DEST_NAME;
	dest->host = dns_name_copy(item->line->arena, host);
	return true;
}

/* Says what is wrong with a host, where possible in the words of what was
 * meant; `why` and `at` are what there is against it as a name. */
static bool
item_explain_host(struct item *item, const char *why, size_t at)
{
	size_t host_at = item->is_bracketed;
	struct slice host = item->host;
	size_t percent = slice_find_byte(host, '%');
	struct ip_address ip;
	char quoted[ROUTE_QUOTE_MAX];

	route_quote(host, quoted);
	if (is_range(host))
		return ITEM_FAIL(item, host_at + slice_find_byte(host, '-'),
		    "%s is a range; expected single addresses, with commas "
		    "between them",
		    quoted);
	if (percent < host.len && ip_parse(slice_sub(host, 0, percent), &ip))
		return ITEM_FAIL(item, host_at + percent,
		    "%s has a zone id; expected the address alone", quoted);
	if (slice_find_byte(host, ':') < host.len)
		return ITEM_FAIL(item, host_at,
		    "%s is no IPv6 address; with a port it is "
		    "[address]:port",
		    quoted);
	if (is_made_of(host, "0123456789."))
		return ITEM_FAIL(item, host_at,
		    "%s is no IPv4 address; expected four numbers from 0 to "
		    "255, with dots between them",
		    quoted);
	return ITEM_FAIL(item, at, "%s is no host: %s", quoted, why);
}

static bool
item_read_rest(struct item *item)
{
	size_t at = item->rest_at;
	bool had_option = false;
	char quoted[ROUTE_QUOTE_MAX];

	while (at < item->text.len) {
		struct slice rest = slice_skip(item->text, at + 1);
		struct slice part =
		    slice_sub(rest, 0, slice_find_byte(rest, '/'));
		char mark = item->text.at[at];
		bool ok;

		if (mark == ':') {
			ok = item_read_port(item, part, at + 1);
		} else if (mark == '/') {
			ok = item_read_option(item, part, at, had_option);
			had_option = true;
		} else {
			ok = ITEM_FAIL(item, at,
			    "%s behind the bracket; expected :port, /pri=N or "
			    "a comma",
			    route_quote(slice_skip(item->text, at), quoted));
		}
		if (!ok)
			return false;
		at += 1 + part.len;
	}
	return true;
}

static bool
item_read_port(struct item *item, struct slice port, size_t at)
{
	uint64_t number;
	char quoted[ROUTE_QUOTE_MAX];

	if (port.len == 0)
		return ITEM_FAIL(item, at,
		    "a port is missing behind \":\"; expected 1 to 65535");
	if (!slice_to_u64(port, UINT16_MAX, &number) || number == 0)
		return ITEM_FAIL(item, at, "%s is no port; expected 1 to 65535",
		    route_quote(port, quoted));
	item->dest.port = (uint16_t)number;
	return true;
}

/* `option` is what follows the slash at `at`. */
static bool
item_read_option(struct item *item, struct slice option, size_t at, bool again)
{
	static const struct slice pri = SLICE_INIT("pri=");
	struct slice number = slice_skip(option, pri.len);
	size_t colon = slice_find_byte(number, ':');
	struct slice port = slice_skip(number, colon);
	char quoted[ROUTE_QUOTE_MAX];

	if (option.len > 0 && is_made_of(option, "0123456789") &&
	    item->dest.kind == ROUTE_DEST_ADDRESS)
		return ITEM_FAIL(item, at,
		    "%s is a network; expected a single address",
		    route_quote(
			slice_sub(item->text, 0, at + 1 + option.len), quoted));
	if (!slice_starts_with_nocase(option, pri))
		return ITEM_FAIL(item, at,
		    "\"/\" is followed by %s; expected "
		    "/pri=N",
		    route_quote(option, quoted));
	if (again)
		return ITEM_FAIL(
		    item, at, "a second priority; expected one at most");
	if (colon < number.len && item->rest_at == at)
		return ITEM_FAIL(item, at + 1 + pri.len + colon,
		    "a port behind /pri; expected \"%.*s%.*s/pri=%.*s\"",
		    (int)(at < 64 ? at : 64), item->text.at,
		    (int)(port.len < 16 ? port.len : 16), port.at,
		    (int)(colon < 16 ? colon : 16), number.at);
	return item_read_priority(item, number, at + 1 + pri.len);
}

static bool
item_read_priority(struct item *item, struct slice number, size_t at)
{
	uint64_t value;
	char quoted[ROUTE_QUOTE_MAX];

	if (number.len == 0)
		return ITEM_FAIL(item, at,
		    "a priority is missing behind \"/pri=\"; expected 0 to "
		    "65535");
	if (!slice_to_u64(number, UINT64_MAX, &value) &&
	    !is_made_of(number, "0123456789"))
		return ITEM_FAIL(item, at,
		    "%s is no priority; expected a number from 0 to 65535",
		    route_quote(number, quoted));
	if (!slice_to_u64(number, UINT16_MAX, &value))
		return ITEM_FAIL(item, at,
		    "priority %s is out of range; expected 0 to 65535",
		    route_quote(number, quoted));
	item->dest.priority = (uint16_t)value;
	return true;
}

/* "address-address". */
static bool
is_range(struct slice host)
{
	size_t dash = slice_find_byte(host, '-');
	struct ip_address ip;

	return ip_parse(slice_sub(host, 0, dash), &ip) &&
	    ip_parse(slice_skip(host, dash + 1), &ip);
}

static bool
is_made_of(struct slice text, const char *set)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] == '\0' || strchr(set, text.at[i]) == NULL)
			return false;
	return true;
}
