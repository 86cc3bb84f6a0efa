/* SPDX-License-Identifier: MIT */
/* What the forms of others have in common; see foreign.h. */
#include "harness/routes/foreign_impl.h"

#include "core/dns/name.h"
#include "harness/report/printable.h"

#define WORD_SHOWN_MAX 100 /* bytes of what is quoted */

static const struct {
	const char *name;
	void (*read)(struct foreign_reader *r);
	void (*write)(const struct routes *routes, struct foreign_notes *notes,
	    struct buf *out);
} forms[] = {
#define X(constant, name, read, write) [constant] = { name, read, write },
	FOREIGN_FORMS(X)
#undef X
};

bool
foreign_form_parse(struct slice name, enum foreign_form *form, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (slice_eq(name, slice_cstr(forms[i].name))) {
			*form = (enum foreign_form)i;
			return true;
		}
	return err_set(err,
	    "\"%.*s\" is no form; expected postfix, postfix-relay, exim, "
	    "sendmail, exchange or json",
	    SLICE_ARG(name));
}

/* ---- notes ---- */

void
foreign_notes_fini(struct foreign_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->list[i].text);
	free(notes->list);
	*notes = (struct foreign_notes){ 0 };
}

void
foreign_note(struct foreign_notes *notes, int line, const char *fmt, ...)
{
	struct buf text = { 0 }, plain = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	printable_format(buf_slice(&text), &plain);
	notes->list = xgrow(
	    notes->list, &notes->cap, notes->count + 1, sizeof(notes->list[0]));
	notes->list[notes->count++] =
	    (struct foreign_note){ line, slice_dup(buf_slice(&plain)) };
	buf_fini(&text);
	buf_fini(&plain);
}

/* ---- reading ---- */

void
foreign_fail(struct foreign_reader *r, int line, const char *fmt, ...)
{
	struct err *err = err_list_next(r->errors);
	char text[ERR_MSG_MAX];
	va_list ap;

	if (err == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)err_at(err, r->file, line, 1, "%s", text);
}

void
foreign_refuse(
    struct foreign_reader *r, int line, struct slice word, const char *what)
{
	foreign_fail(r, line, "\"%.*s%s\" %s",
	    SLICE_ARG(slice_sub(word, 0, WORD_SHOWN_MAX)),
	    word.len > WORD_SHOWN_MAX ? "..." : "", what);
}

/* What a table's line is made of may not hold what ends or parts it. */
static bool
is_plain(struct foreign_reader *r, struct slice text, int line)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (ascii_is_alpha(c) || ascii_is_digit(c) ||
		    (c != '\0' && strchr(".-_:", c) != NULL) || (c & 0x80) != 0)
			continue;
		foreign_refuse(r, line, text,
		    "is no name; expected letters, digits, dots, hyphens and "
		    "underscores");
		return false;
	}
	return true;
}

struct foreign_entry *
foreign_entry_get(
    struct foreign_reader *r, struct slice domain, int line, bool may_grow)
{
	struct foreign_entry *e = map_find(&r->map, dns_name_trim(domain));

	if (e != NULL && !may_grow && r->first_wins) {
		foreign_note(r->notes, line,
		    "%.*s is there already, on line %d, and the first one "
		    "wins: left out",
		    SLICE_ARG(domain), e->line);
		return NULL;
	}
	if (e != NULL && !may_grow) {
		foreign_fail(r, line,
		    "%.*s is there already, on line %d; expected it once",
		    (int)(domain.len < 200 ? domain.len : 200), domain.at,
		    e->line);
		return NULL;
	}
	if (e != NULL)
		return e;
	if (!is_plain(r, domain, line))
		return NULL;
	e = arena_alloc(&r->arena, sizeof(*e));
	e->domain = arena_strdup(&r->arena, dns_name_trim(domain));
	e->line = line;
	map_add(&r->map, slice_cstr(e->domain), e);
	r->entries =
	    xgrow(r->entries, &r->cap, r->count + 1, sizeof(r->entries[0]));
	r->entries[r->count++] = e;
	return e;
}

void
foreign_host_add(struct foreign_reader *r, struct foreign_entry *e,
    struct slice host, bool is_bracketed, uint32_t port, uint32_t priority)
{
	bool needs_brackets = port > 0 && slice_find_byte(host, ':') < host.len;

	if (e->has_word) {
		foreign_note(r->notes, e->line,
		    "%s: a routes table has no host beside a word that stands "
		    "alone: %.*s is left out",
		    e->domain, SLICE_ARG(host));
		return;
	}
	if (!is_plain(r, host, e->line))
		return;
	buf_append_cstr(&e->hosts, e->count++ > 0 ? ", " : "");
	buf_printf(&e->hosts,
	    is_bracketed || needs_brackets ? "[%.*s]" : "%.*s",
	    SLICE_ARG(host));
	if (port > 0)
		buf_printf(&e->hosts, ":%u", port);
	if (priority > 0)
		buf_printf(&e->hosts, "/pri=%u", priority);
}

void
foreign_auth_set(
    struct foreign_reader *r, struct foreign_entry *e, struct slice profile)
{
	if (is_plain(r, profile, e->line))
		buf_printf(&e->hosts, " auth=%.*s", SLICE_ARG(profile));
}

void
foreign_word_set(
    struct foreign_reader *r, struct foreign_entry *e, const char *word)
{
	if (e->count > 0) {
		if (!slice_eq(buf_slice(&e->hosts), slice_cstr(word)))
			foreign_note(r->notes, e->line,
			    "%s: %s stands alone in a routes table, and hosts "
			    "are there: left out",
			    e->domain, word);
		return;
	}
	e->count = 1;
	e->has_word = true;
	buf_append_cstr(&e->hosts, word);
}

/* The table says what is wrong with names, ports and the like. */
static void
entry_put(struct foreign_reader *r, struct routes *routes,
    const struct foreign_entry *e)
{
	struct routes_place place = { r->file, e->line, 1 };
	struct err_list errors = { 0 };
	struct buf line = { 0 };

	buf_printf(&line, "%s: %.*s", e->domain, (int)buf_len(&e->hosts),
	    buf_slice(&e->hosts).at);
	if (!routes_add_line(routes, buf_slice(&line), &place, &errors))
		for (size_t i = 0; i < errors.count; i++)
			foreign_fail(r, e->line, "%s", errors.list[i].msg);
	err_list_fini(&errors);
	buf_fini(&line);
}

/* What PowerShell writes unless it is told otherwise; names are ASCII, and what
 * is beyond the basic plane becomes '?'. */
static struct slice
utf16_decode(struct slice text, struct buf *out)
{
	bool is_little = text.at[0] == '\xff';

	for (size_t i = 2; i + 1 < text.len; i += 2) {
		unsigned low = (unsigned char)text.at[i + !is_little];
		unsigned c =
		    low | (unsigned)(unsigned char)text.at[i + is_little] << 8;

		if (c < 0x80)
			buf_append_byte(out, (char)c);
		else if (c < 0x800)
			buf_printf(out, "%c%c", (char)(0xc0 | c >> 6),
			    (char)(0x80 | (c & 0x3f)));
		else if (c >= 0xd800 && c < 0xe000)
			buf_append_byte(out, '?');
		else
			buf_printf(out, "%c%c%c", (char)(0xe0 | c >> 12),
			    (char)(0x80 | (c >> 6 & 0x3f)),
			    (char)(0x80 | (c & 0x3f)));
	}
	return buf_slice(out);
}

struct routes *
foreign_read(enum foreign_form form, struct slice text, const char *file,
    struct foreign_notes *notes, struct err_list *errors)
{
	struct foreign_reader r = {
		.text = text, .file = file, .notes = notes, .errors = errors
	};
	struct buf decoded = { 0 };
	struct routes *routes = routes_new();

	if (slice_starts_with(text, SLICE("\xef\xbb\xbf")))
		r.text = slice_skip(text, 3);
	else if (slice_starts_with(text, SLICE("\xff\xfe")) ||
	    slice_starts_with(text, SLICE("\xfe\xff")))
		r.text = utf16_decode(text, &decoded);
	forms[form].read(&r);
	for (size_t i = 0; i < r.count; i++) {
		if (r.entries[i]->count > 0)
			entry_put(&r, routes, r.entries[i]);
		buf_fini(&r.entries[i]->hosts);
	}
	map_fini(&r.map);
	free(r.entries);
	arena_fini(&r.arena);
	buf_fini(&decoded);
	if (errors->total > 0)
		routes_destroy(&routes);
	return routes;
}

void
foreign_write(enum foreign_form form, const struct routes *routes,
    struct foreign_notes *notes, struct buf *out)
{
	forms[form].write(routes, notes, out);
}

/* ---- lines, words and hosts ---- */

bool
foreign_line_take(struct slice *rest, struct buf *line, int *number, int *read)
{
	struct slice part;

	buf_clear(line);
	while (rest->len > 0) {
		struct slice before = *rest;

		(void)slice_split(rest, '\n', &part);
		if (part.len > 0 && part.at[part.len - 1] == '\r')
			part.len--;
		if (slice_trim(part).len == 0 ||
		    slice_starts_with(slice_trim(part), SLICE("#"))) {
			++*read;
			continue;
		}
		if (buf_len(line) > 0 && part.at[0] != ' ' &&
		    part.at[0] != '\t') {
			*rest = before;
			return true;
		}
		++*read;
		if (buf_len(line) == 0)
			*number = *read;
		buf_append(line, part);
	}
	return buf_len(line) > 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
foreign_word_take(struct slice *rest, struct slice *word)
{
	size_t len = 0;

	while (rest->len > 0 && is_blank(rest->at[0]))
		*rest = slice_skip(*rest, 1);
	while (len < rest->len && !is_blank(rest->at[len]))
		len++;
	*word = slice_sub(*rest, 0, len);
	*rest = slice_skip(*rest, len);
	return len > 0;
}

bool
foreign_item_take(
    struct slice *rest, const char *separators, struct slice *item)
{
	bool is_inside = false;
	size_t len = 0;

	while (rest->len > 0 &&
	    (is_blank(rest->at[0]) || strchr(separators, rest->at[0]) != NULL))
		*rest = slice_skip(*rest, 1);
	for (; len < rest->len; len++) {
		char c = rest->at[len];

		is_inside = c == '[' || (is_inside && c != ']');
		if (!is_inside && c != '\0' && strchr(separators, c) != NULL)
			break;
	}
	*item = slice_trim(slice_sub(*rest, 0, len));
	*rest = slice_skip(*rest, len);
	return item->len > 0;
}

/* Names that mail servers' ports have in services(5). */
static bool
port_parse(struct slice text, uint64_t *port)
{
	static const struct {
		const char *name;
		uint16_t port;
	} services[] = {
		{ "smtp", 25 },
		{ "submission", 587 },
		{ "submissions", 465 },
		{ "smtps", 465 },
		{ "urd", 465 },
	};

	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		if (slice_eq_nocase(text, slice_cstr(services[i].name))) {
			*port = services[i].port;
			return true;
		}
	return slice_to_u64(text, UINT16_MAX, port) && *port > 0;
}

bool
foreign_host_parse(
    struct slice text, struct slice *host, bool *is_bracketed, uint32_t *port)
{
	struct slice rest;
	uint64_t number = 0;
	size_t end;

	*is_bracketed = slice_starts_with(text, SLICE("["));
	end = slice_find_byte(text, *is_bracketed ? ']' : ':');
	*host = slice_sub(text, *is_bracketed, end - *is_bracketed);
	rest = slice_skip(text, end + *is_bracketed);
	if (slice_starts_with_nocase(*host, SLICE("ipv6:")))
		*host = slice_skip(*host, 5);
	if (host->len == 0 || (*is_bracketed && end == text.len))
		return false;
	if (rest.len > 0 &&
	    (rest.at[0] != ':' || !port_parse(slice_skip(rest, 1), &number)))
		return false;
	*port = (uint32_t)number;
	return true;
}

/* ---- writing ---- */

void
foreign_dest_format(
    const struct route_dest *dest, const char *v6, struct buf *out)
{
	if (dest->kind == ROUTE_DEST_NAME)
		buf_append(out, dest->host);
	else
		buf_printf(out, "[%s%.*s]", dest->ip.family == 6 ? v6 : "",
		    SLICE_ARG(dest->host));
	if (dest->port != 0)
		buf_printf(out, ":%u", (unsigned)dest->port);
}

void
foreign_sort(const struct route *route, struct route_dest *dests)
{
	for (size_t i = 0; i < route->dest_count; i++) {
		struct route_dest moved = route->dests[i];
		size_t k = i;

		for (; k > 0 && dests[k - 1].priority > moved.priority; k--)
			dests[k] = dests[k - 1];
		dests[k] = moved;
	}
}

void
foreign_note_auth(const struct route *route, struct foreign_notes *notes)
{
	if (route->auth.len > 0)
		foreign_note(notes, route->line,
		    "%.*s: the login %.*s is left out",
		    SLICE_ARG(route->domain), SLICE_ARG(route->auth));
}

void
foreign_note_order(const struct route *route, const struct route_dest *dests,
    const char *whose, struct foreign_notes *notes)
{
	size_t equal = 0, odd = 0;

	for (size_t i = 0; i < route->dest_count; i++) {
		equal += i > 0 && dests[i].priority == dests[i - 1].priority;
		odd += dests[i].priority != i * FOREIGN_STEP;
	}
	if (equal > 0)
		foreign_note(notes, route->line,
		    "%.*s: equal hosts take no turns, %s tries them in this "
		    "order",
		    SLICE_ARG(route->domain), whose);
	else if (odd > 0)
		foreign_note(notes, route->line,
		    "%.*s: priorities are an order only, and their numbers "
		    "are left out",
		    SLICE_ARG(route->domain));
	foreign_note_auth(route, notes);
}
