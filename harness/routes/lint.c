/* SPDX-License-Identifier: MIT */
/* Reading a table with all its errors, and putting findings in order. */
#include "harness/routes/lint_impl.h"

#include "core/dns/name.h"

static void line_take(struct lint *l, struct slice line, int number);
static void line_fail(struct lint *l, struct slice line,
    const struct routes_place *place, const struct err_list *errors);

struct lint *
lint_new(struct slice text, const char *file)
{
	struct lint *l = xcalloc(1, sizeof(*l));
	struct slice line;
	int number = 0;

	l->file = file;
	l->routes = routes_new();
	if (slice_starts_with(text, SLICE("\xef\xbb\xbf")))
		text = slice_skip(text, 3);
	while (slice_split(&text, '\n', &line)) {
		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		line_take(l, line, ++number);
	}
	return l;
}

void
lint_destroy(struct lint **lp)
{
	struct lint *l = *lp;

	*lp = NULL;
	if (l == NULL)
		return;
	map_fini(&l->domains);
	routes_destroy(&l->routes);
	free(l->findings);
	free(l->marks);
	arena_fini(&l->arena);
	free(l);
}

const struct routes *
lint_routes(const struct lint *l)
{
	return l->routes;
}

bool
lint_is_refused(const struct lint *l)
{
	return l->is_refused;
}

size_t
lint_count(const struct lint *l)
{
	return l->count;
}

const struct lint_finding *
lint_at(const struct lint *l, size_t i)
{
	assert(i < l->count);
	return &l->findings[i];
}

size_t
lint_severity_count(const struct lint *l, enum lint_severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++)
		count += !l->findings[i].is_suppressed &&
		    lint_rule_get(l->findings[i].rule)->severity == severity;
	return count;
}

size_t
lint_suppressed_count(const struct lint *l)
{
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++)
		count += l->findings[i].is_suppressed;
	return count;
}

/* ---- reading ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Where the comment begins; the length when there is none. */
static size_t
comment_find(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] == '#' && (i == 0 || is_blank(line.at[i - 1])))
			return i;
	return line.len;
}

/* Columns count characters. */
static int
col_of(struct slice line, size_t at)
{
	int col = 1;

	for (size_t i = 0; i < at; i++)
		col += (line.at[i] & 0xc0) != 0x80;
	return col;
}

static void
line_take(struct lint *l, struct slice line, int number)
{
	struct routes_place place = { l->file, number, 1 };
	struct err_list errors = { 0 };
	size_t comment = comment_find(line);
	bool alone = slice_trim(slice_sub(line, 0, comment)).len == 0;
	size_t before = routes_count(l->routes);
	const struct route *route;

	if (comment < line.len)
		lint_take_comment(l, slice_skip(line, comment + 1), number,
		    col_of(line, comment), alone);
	if (!alone)
		lint_close_marks(l, number);
	if (!routes_add_line(l->routes, line, &place, &errors))
		line_fail(l, slice_sub(line, 0, comment), &place, &errors);
	err_list_fini(&errors);
	if (routes_count(l->routes) == before)
		return;
	route = routes_at(l->routes, before);
	if (route->match == ROUTE_ALL)
		l->all = route;
	else
		/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
		map_add(&l->domains, route->domain, (void *)(uintptr_t)route);
}

/* "ALL: USEDNS", in any case and with whatever blanks. */
static bool
is_usedns_for_all(struct slice line)
{
	struct slice rest = slice_trim(line);

	if (!slice_starts_with_nocase(rest, SLICE("ALL")))
		return false;
	rest = slice_skip(rest, 3);
	while (rest.len > 0 && (is_blank(rest.at[0]) || rest.at[0] == ':'))
		rest = slice_skip(rest, 1);
	return slice_eq_nocase(rest, SLICE("USEDNS"));
}

/* A line that is right by itself has a domain that is there already: what both
 * say. */
static bool
duplicate_add(
    struct lint *l, struct slice line, const struct routes_place *place)
{
	struct err_list errors = { 0 };
	struct routes *alone = routes_new();
	const struct route *first = NULL, *second = NULL;
	struct buf held = { 0 }, lost = { 0 };

	if (routes_add_line(alone, line, place, &errors) &&
	    routes_count(alone) == 1) {
		second = routes_at(alone, 0);
		first = lint_find_domain(l, second->domain);
	}
	if (first != NULL) {
		route_format(first, &held);
		route_format(second, &lost);
		LINT_ROUTE(l, LINT_DUPLICATE_ROUTE, second,
		    "%.*s has a line already, line %d, %s%s%s%s%s; a domain has "
		    "one line",
		    SLICE_ARG(second->domain), first->line,
		    lint_same_way(first, second) ? "which says the same"
						 : "which would win: \"",
		    lint_same_way(first, second) ? "" : buf_cstr(&held),
		    lint_same_way(first, second) ? "" : "\", not \"",
		    lint_same_way(first, second) ? "" : buf_cstr(&lost),
		    lint_same_way(first, second) ? "" : "\"");
	}
	err_list_fini(&errors);
	routes_destroy(&alone);
	buf_fini(&held);
	buf_fini(&lost);
	return first != NULL;
}

static void
line_fail(struct lint *l, struct slice line, const struct routes_place *place,
    const struct err_list *errors)
{
	l->is_refused = true;
	if (duplicate_add(l, line, place))
		return;
	for (size_t i = 0; i < errors->count; i++)
		lint_add(l,
		    is_usedns_for_all(line) ? LINT_USEDNS_FOR_ALL : LINT_SYNTAX,
		    errors->list[i].line, errors->list[i].col, SLICE(""), "%s",
		    errors->list[i].msg);
}

void
lint_add_errors(struct lint *l, const char *file, const struct err_list *errors)
{
	l->is_refused |= errors->total > 0;
	for (size_t i = 0; i < errors->count; i++) {
		lint_add(l, LINT_SYNTAX, errors->list[i].line,
		    errors->list[i].col, SLICE(""), "%s", errors->list[i].msg);
		l->findings[l->count - 1].file = file;
	}
}

/* ---- findings ---- */

void
lint_add(struct lint *l, enum lint_rule_id rule, int line, int col,
    struct slice domain, const char *fmt, ...)
{
	struct lint_finding *finding;
	struct buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	l->findings =
	    xgrow(l->findings, &l->cap, l->count + 1, sizeof(l->findings[0]));
	finding = &l->findings[l->count++];
	*finding = (struct lint_finding){
		.rule = rule,
		.file = l->file,
		.line = line,
		.col = col,
		.domain = arena_slice(&l->arena, domain),
		.text = arena_strdup(&l->arena, buf_slice(&text)),
	};
	buf_fini(&text);
}

static int
finding_compare(const void *a, const void *b)
{
	const struct lint_finding *x = a, *y = b;
	int by_file = strcmp(x->file, y->file);

	if (by_file != 0)
		return by_file;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->col != y->col)
		return x->col < y->col ? -1 : 1;
	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void
findings_sort(struct lint *l)
{
	if (l->count > 0)
		qsort(l->findings, l->count, sizeof(l->findings[0]),
		    finding_compare);
}

void
lint_find(struct lint *l, const struct lint_options *options)
{
	l->options = options;
	for (size_t i = 0; i < routes_count(l->routes); i++) {
		lint_route_alone(l, routes_at(l->routes, i));
		lint_route_dns(l, routes_at(l->routes, i));
	}
	lint_table(l);
	lint_controls(l);
	findings_sort(l);
	lint_apply_marks(l);
	findings_sort(l);
	l->options = NULL;
}

/* ---- for the rules ---- */

const struct route *
lint_find_domain(const struct lint *l, struct slice domain)
{
	if (slice_eq_nocase(domain, SLICE("ALL")))
		return l->all;
	return map_find(&l->domains, dns_name_trim(domain));
}

const struct route *
lint_broader(const struct lint *l, const struct route *route)
{
	struct slice name = route->domain;

	if (route->match == ROUTE_ALL)
		return NULL;
	/* From its second dot on, when it begins with one. */
	for (size_t i = 1; i < name.len; i++) {
		const struct route *found;

		if (name.at[i] != '.')
			continue;
		found = map_find(&l->domains, slice_skip(name, i));
		if (found != NULL)
			return found;
	}
	return l->all;
}

bool
lint_same_way(const struct route *a, const struct route *b)
{
	struct route x = *a, y = *b;

	x.domain = y.domain = SLICE("");
	x.match = y.match = ROUTE_EXACT;
	return route_equal(&x, &y);
}

const char *
lint_dest_text(struct lint *l, const struct route_dest *dest)
{
	struct buf text = { 0 };
	const char *kept;

	route_dest_format(dest, &text);
	kept = arena_strdup(&l->arena, buf_slice(&text));
	buf_fini(&text);
	return kept;
}

uint16_t
lint_dest_port(const struct route_dest *dest)
{
	return dest->port != 0 ? dest->port : SMTP_PORT_DEFAULT;
}
