/* SPDX-License-Identifier: MIT */
/*
 * Exchange's send connectors, as Get-SendConnector | Export-Csv writes them.
 * Of the columns Name, AddressSpaces, SmartHosts, Port, DNSRoutingEnabled and
 * Enabled count, in any order; a connector's cost is a priority.
 */
#include "harness/routes/foreign_impl.h"

#define COST_MAX      100
#define COST_MAX_TEXT "100"

enum column {
	COLUMN_NAME,
	COLUMN_SPACES,
	COLUMN_HOSTS,
	COLUMN_PORT,
	COLUMN_DNS,
	COLUMN_ENABLED,
	COLUMN_HOSTS_TEXT,
	COLUMN_AUTH,
	COLUMN_TLS,
	COLUMN_SCOPED,
	COLUMN_COUNT
};
static const char *const column_names[COLUMN_COUNT] = { "Name", "AddressSpaces",
	"SmartHosts", "Port", "DNSRoutingEnabled", "Enabled",
	"SmartHostsString", "SmartHostAuthMechanism", "RequireTLS",
	"IsScopedConnector" };

enum {
	FIELDS_MAX = 200
};

/* A record being read (RFC 4180). */
struct record {
	struct buf fields[FIELDS_MAX];
	size_t count;
	int line;       /* in which it begins */
	char separator; /* ',', or what the machine's language has for it */
	bool is_broken; /* a quote of it is not closed, or within a field */
};

/* ---- CSV ---- */

/* Takes a field and what ends it; false at the end of a record. */
static bool
field_take(
    struct slice *rest, struct record *record, struct buf *field, int *line)
{
	bool is_quoted = slice_starts_with(*rest, SLICE("\""));
	bool has_closed = false;

	if (is_quoted)
		*rest = slice_skip(*rest, 1);
	for (; rest->len > 0; *rest = slice_skip(*rest, 1)) {
		char c = rest->at[0];

		*line += c == '\n';
		if (is_quoted && c == '"' && rest->len > 1 &&
		    rest->at[1] == '"')
			*rest = slice_skip(*rest, 1);
		else if (c == '"') {
			has_closed |= is_quoted;
			is_quoted = false;
			continue;
		}
		if (!is_quoted && (c == record->separator || c == '\n')) {
			*rest = slice_skip(*rest, 1);
			return c == record->separator;
		}
		if (!is_quoted && c == '\r')
			continue;
		record->is_broken |= has_closed;
		buf_append_byte(field, c);
	}
	record->is_broken |= is_quoted;
	return false;
}

/* What parts the columns: the first in the line that can. */
static char
separator_of(struct slice line)
{
	bool is_quoted = false;

	for (size_t i = 0; i < line.len && line.at[i] != '\n'; i++) {
		char c = line.at[i];

		is_quoted ^= c == '"';
		if (!is_quoted && (c == ',' || c == ';' || c == '\t'))
			return c;
	}
	return ',';
}

static bool
record_take(struct slice *rest, struct record *record, int *line)
{
	struct buf overflow = { 0 };
	bool goes_on = true;

	for (size_t i = 0; i < FIELDS_MAX; i++)
		buf_clear(&record->fields[i]);
	record->count = 0;
	record->line = *line;
	record->is_broken = false;
	if (rest->len == 0)
		return false;
	while (goes_on) {
		struct buf *field = record->count < FIELDS_MAX
		    ? &record->fields[record->count++]
		    : &overflow;

		goes_on = field_take(rest, record, field, line);
	}
	buf_fini(&overflow);
	return true;
}

/* ---- reading ---- */

struct exchange {
	struct foreign_reader *reader;
	size_t at[COLUMN_COUNT]; /* SIZE_MAX: there is no such column */
	struct record record;
};

static struct slice
value_of(const struct exchange *x, enum column column)
{
	size_t at = x->at[column];

	return at < x->record.count
	    ? slice_trim(buf_slice(&x->record.fields[at]))
	    : SLICE("");
}

static bool
columns_find(struct exchange *x)
{
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		x->at[c] = SIZE_MAX;
		for (size_t i = 0; i < x->record.count; i++)
			if (slice_eq_nocase(
				slice_trim(buf_slice(&x->record.fields[i])),
				slice_cstr(column_names[c])))
				x->at[c] = i;
	}
	if (x->at[COLUMN_SPACES] != SIZE_MAX && x->at[COLUMN_HOSTS] != SIZE_MAX)
		return true;
	foreign_fail(x->reader, x->record.line,
	    "no columns AddressSpaces and SmartHosts; expected a line with the "
	    "names of columns");
	return false;
}

/* A list that Export-Csv did not write out, but the name of its type. */
static bool
is_type_name(struct slice value)
{
	return slice_starts_with(value, SLICE("Microsoft.Exchange.")) ||
	    slice_starts_with(value, SLICE("System.Collections."));
}

static struct slice
list_of(const struct exchange *x, enum column column)
{
	struct slice value = value_of(x, column);

	if (column == COLUMN_HOSTS && (value.len == 0 || is_type_name(value)) &&
	    value_of(x, COLUMN_HOSTS_TEXT).len > 0)
		return value_of(x, COLUMN_HOSTS_TEXT);
	if (!is_type_name(value))
		return value;
	foreign_fail(x->reader, x->record.line,
	    "%s has the name of a type for a list; expected the list, as by "
	    "Select-Object @{n='%s';e={$_.%s -join ','}}",
	    column_names[column], column_names[column], column_names[column]);
	return SLICE("");
}

static void
hosts_add(const struct exchange *x, struct foreign_entry *e, uint32_t priority)
{
	struct slice rest = list_of(x, COLUMN_HOSTS), item;
	uint64_t port = 0;
	size_t count = 0;

	if (value_of(x, COLUMN_PORT).len > 0 &&
	    (!slice_to_u64(value_of(x, COLUMN_PORT), UINT16_MAX, &port) ||
		port == 0))
		foreign_refuse(x->reader, x->record.line,
		    value_of(x, COLUMN_PORT),
		    "is no port; expected a number of 1 to 65535");
	if (port == SMTP_PORT_DEFAULT)
		port = 0;
	while (foreign_item_take(&rest, ",;\r\n{}", &item)) {
		bool is_bracketed = false;
		struct slice host = item;
		uint32_t own = 0;

		count++;
		if (!foreign_host_parse(item, &host, &is_bracketed, &own))
			foreign_refuse(x->reader, x->record.line, item,
			    "is no smart host; expected a name or [address]");
		else
			foreign_host_add(x->reader, e, host, is_bracketed,
			    (uint32_t)port, priority);
	}
	if (count == 0)
		foreign_note(x->reader->notes, x->record.line,
		    "the connector %.*s has no smart hosts, nor does DNS route "
		    "it: %s has none of it",
		    SLICE_ARG(value_of(x, COLUMN_NAME)), e->domain);
}

/* "SMTP:*.example.com;5". */
static void
space_read(const struct exchange *x, struct slice space)
{
	struct foreign_reader *r = x->reader;
	size_t semicolon = slice_find_byte(space, ';');
	struct slice name = slice_trim(slice_sub(space, 0, semicolon));
	uint64_t cost = 1;
	struct foreign_entry *e;

	if (slice_starts_with_nocase(name, SLICE("smtp:")))
		name = slice_skip(name, 5);
	if (slice_find_byte(name, ':') < name.len ||
	    slice_eq(name, SLICE("--"))) {
		foreign_note(r->notes, x->record.line,
		    "%.*s is no address space of SMTP domains: left out",
		    SLICE_ARG(name));
		return;
	}
	if (semicolon < space.len &&
	    (!slice_to_u64(slice_trim(slice_skip(space, semicolon + 1)),
		 COST_MAX, &cost) ||
		cost == 0)) {
		foreign_refuse(r, x->record.line, space,
		    "has no cost of 1 to " COST_MAX_TEXT);
		return;
	}
	if (slice_eq(name, SLICE("*")))
		name = SLICE("ALL");
	else if (slice_starts_with(name, SLICE("*.")))
		name = slice_skip(name, 1);
	e = foreign_entry_get(r, name, x->record.line, true);
	if (e == NULL)
		return;
	if (!slice_eq_nocase(value_of(x, COLUMN_DNS), SLICE("true")))
		hosts_add(x, e, (uint32_t)cost - 1);
	else if (!slice_eq(name, SLICE("ALL")))
		foreign_word_set(r, e, "USEDNS");
	else
		foreign_note(r->notes, x->record.line,
		    "* follows its MX records, as mail without a line does: "
		    "left out");
}

/* What a connector says that is no matter of a routes table. */
static void
rest_note(const struct exchange *x)
{
	struct slice name = value_of(x, COLUMN_NAME);
	struct slice login = value_of(x, COLUMN_AUTH);

	if (login.len > 0 && !slice_eq_nocase(login, SLICE("none")))
		foreign_note(x->reader->notes, x->record.line,
		    "the connector %.*s logs in (%.*s): left out, a profile of "
		    "SMTP AUTH is for that",
		    SLICE_ARG(name), SLICE_ARG(login));
	if (slice_eq_nocase(value_of(x, COLUMN_TLS), SLICE("true")))
		foreign_note(x->reader->notes, x->record.line,
		    "the connector %.*s requires TLS: left out, destination "
		    "controls are for that",
		    SLICE_ARG(name));
	if (slice_eq_nocase(value_of(x, COLUMN_SCOPED), SLICE("true")))
		foreign_note(x->reader->notes, x->record.line,
		    "the connector %.*s is for the servers of its site only: "
		    "here it is for all mail",
		    SLICE_ARG(name));
}

static void
connector_read(const struct exchange *x)
{
	struct slice rest = list_of(x, COLUMN_SPACES), item;

	if (slice_eq_nocase(value_of(x, COLUMN_ENABLED), SLICE("false"))) {
		foreign_note(x->reader->notes, x->record.line,
		    "the connector %.*s is not enabled: left out",
		    SLICE_ARG(value_of(x, COLUMN_NAME)));
		return;
	}
	rest_note(x);
	if (value_of(x, COLUMN_SPACES).len == 0)
		foreign_note(x->reader->notes, x->record.line,
		    "the connector %.*s has no address space: left out",
		    SLICE_ARG(value_of(x, COLUMN_NAME)));
	while (foreign_item_take(&rest, ",|\r\n{}", &item))
		space_read(x, item);
}

static bool
is_blank(const struct record *record)
{
	return record->count == 1 && buf_len(&record->fields[0]) == 0;
}

void
exchange_read(struct foreign_reader *r)
{
	struct exchange *x = xcalloc(1, sizeof(*x));
	struct slice rest = r->text;
	bool has_columns = false;
	int line = 1;

	x->reader = r;
	/* PowerShell begins with that unless it is told not to. */
	if (slice_starts_with(rest, SLICE("#TYPE"))) {
		rest = slice_skip(rest, slice_find_byte(rest, '\n') + 1);
		line++;
	}
	x->record.separator = separator_of(rest);
	while (record_take(&rest, &x->record, &line)) {
		if (is_blank(&x->record))
			continue;
		if (x->record.is_broken) {
			foreign_fail(r, x->record.line,
			    "a quote is not closed, or stands within a field; "
			    "expected \"...\" around the whole field, each "
			    "quote in it twice");
			break;
		}
		if (has_columns)
			connector_read(x);
		else if (!columns_find(x))
			break;
		has_columns = true;
	}
	for (size_t i = 0; i < FIELDS_MAX; i++)
		buf_fini(&x->record.fields[i]);
	free(x);
}

/* ---- writing ---- */

struct connector {
	const struct route *route;
	const struct route_dest *dests; /* of one priority and port */
	size_t count;
	uint32_t cost;
};

static void
connector_write(const struct connector *c, struct buf *out)
{
	const struct route *route = c->route;
	struct slice domain = route->domain;

	buf_printf(out, "\"%.*s to %u\",\"SMTP:%s%.*s;%u\",\"",
	    SLICE_ARG(domain), c->cost, route->match == ROUTE_EXACT ? "" : "*",
	    route->match == ROUTE_ALL ? 0 : (int)domain.len, domain.at,
	    c->cost);
	for (size_t i = 0; i < c->count; i++) {
		struct route_dest dest = c->dests[i];

		dest.port = 0;
		buf_append_cstr(out, i > 0 ? "," : "");
		foreign_dest_format(&dest, "", out);
	}
	buf_printf(out, "\",%u,%s,True\r\n",
	    c->count > 0 && c->dests[0].port != 0 ? (unsigned)c->dests[0].port
						  : SMTP_PORT_DEFAULT,
	    c->count > 0 ? "False" : "True");
}

/* What a connector does not say of its hosts. */
static void
dests_note(const struct route *route, const struct route_dest *dests,
    struct foreign_notes *notes)
{
	bool has_port = false, has_over = false, has_brackets = false;

	for (size_t i = 0; i < route->dest_count; i++) {
		has_over |= dests[i].priority >= COST_MAX;
		has_brackets |= dests[i].kind == ROUTE_DEST_BRACKET;
		has_port |= dests[i].port == SMTP_PORT_DEFAULT ||
		    (i > 0 && dests[i].priority == dests[i - 1].priority &&
			dests[i].port != dests[i - 1].port);
	}
	if (has_over)
		foreign_note(notes, route->line,
		    "%.*s: a cost is at most %d: worse priorities have that",
		    SLICE_ARG(route->domain), COST_MAX);
	if (has_brackets)
		foreign_note(notes, route->line,
		    "%.*s: that a name is looked up by its addresses only is "
		    "left out",
		    SLICE_ARG(route->domain));
	if (has_port)
		foreign_note(notes, route->line,
		    "%.*s: a connector has one port: hosts of another have "
		    "one of their own",
		    SLICE_ARG(route->domain));
	foreign_note_auth(route, notes);
}

static void
route_write(
    const struct route *route, struct foreign_notes *notes, struct buf *out)
{
	struct route_dest dests[ROUTES_DESTS_MAX];
	struct connector c = { .route = route, .cost = 1 };

	if (route->kind == ROUTE_USEDNS)
		connector_write(&c, out);
	foreign_sort(route, dests);
	for (size_t i = 0; i < route->dest_count; i += c.count) {
		c.dests = &dests[i];
		c.count = 1;
		while (i + c.count < route->dest_count &&
		    dests[i + c.count].priority == dests[i].priority &&
		    dests[i + c.count].port == dests[i].port)
			c.count++;
		c.cost = dests[i].priority < COST_MAX ? dests[i].priority + 1U
						      : COST_MAX;
		connector_write(&c, out);
	}
	dests_note(route, dests, notes);
}

void
exchange_write(
    const struct routes *routes, struct foreign_notes *notes, struct buf *out)
{
	buf_append_cstr(out,
	    "Name,AddressSpaces,SmartHosts,Port,DNSRoutingEnabled,Enabled\r\n");
	for (size_t i = 0; i < routes_count(routes); i++) {
		const struct route *route = routes_at(routes, i);

		if (route->kind == ROUTE_DISCARD)
			foreign_note(notes, route->line,
			    "%.*s: a connector does not delete mail: left out",
			    SLICE_ARG(route->domain));
		else
			route_write(route, notes, out);
	}
}
