/* SPDX-License-Identifier: MIT */
/*
 * Reading destination controls from the appliance's INI format.  A file with
 * errors is read to its end, so that each line gets its say; what only a whole
 * section shows is asked where it ends, and reported where it begins.
 */
#include "relay/deliver/destination_impl.h"

#include "core/base/suggest.h"
#include "core/dns/name.h"
#include "core/json/doc.h"

#define LINE_MAX_BYTES 4096
#define NAME_MAX_BYTES 255 /* of a profile or certificate */

struct reader {
	struct relay_destinations *out;
	const char *file;
	struct err_list *errors;
	struct slice line; /* borrowed, whole */
	int number;
	enum {
		BEFORE_SECTIONS,
		IN_SECTION,
		IN_BAD_SECTION, /* only the names of parameters are looked at */
	} state;
	struct relay_destination *section; /* IN_SECTION */
	int said_at[PARAMETER_COUNT];      /* lines of its parameters */
	unsigned empty;                    /* bits: those without a value */
	struct err lost;                   /* one that is not kept */
};

/* Reports at a byte of the line; always false. */
#define FAIL_AT(r, at, ...)                                                    \
	err_at(next_error(r), (r)->file, (r)->number, column_of((r), (at)),    \
	    __VA_ARGS__)

static bool is_blank(char c);
static int column_of(const struct reader *r, const char *at);
static struct err *next_error(struct reader *r);
static void read_line(struct reader *r);
static void read_header(struct reader *r, struct slice text);
static void read_parameter(struct reader *r, struct slice text);
static void section_end(struct reader *r);
static void inherit(struct relay_destinations *d);

struct relay_destinations *
relay_destinations_parse(
    struct slice text, const char *file, struct err_list *errors)
{
	struct reader r = { .file = file, .errors = errors };
	size_t errors_before = errors->total;

	r.out = xcalloc(1, sizeof(*r.out));
	if (slice_starts_with(text, SLICE("\xef\xbb\xbf")))
		text = slice_skip(text, 3);
	while (slice_split(&text, '\n', &r.line)) {
		r.number++;
		if (r.line.len > 0 && r.line.at[r.line.len - 1] == '\r')
			r.line.len--;
		read_line(&r);
	}
	section_end(&r);
	if (errors->total > errors_before)
		relay_destinations_destroy(&r.out);
	else
		inherit(r.out);
	return r.out;
}

/* ---- lines ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Columns count characters: no byte that continues one (RFC 3629, 3). */
static int
column_of(const struct reader *r, const char *at)
{
	int col = 1;

	for (const char *c = r->line.at; c < at; c++)
		col += (*c & 0xc0) != 0x80;
	return col;
}

/* The place for one more error; beyond what is kept it is lost. */
static struct err *
next_error(struct reader *r)
{
	struct err *err = err_list_next(r->errors);

	return err != NULL ? err : &r->lost;
}

/* A comment begins a line, or stands behind a blank. */
static struct slice
without_comment(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if ((line.at[i] == '#' || line.at[i] == ';') &&
		    (i == 0 || is_blank(line.at[i - 1])))
			return slice_trim(slice_sub(line, 0, i));
	return slice_trim(line);
}

static void
read_line(struct reader *r)
{
	struct slice text = without_comment(r->line);

	if (r->line.len > LINE_MAX_BYTES)
		(void)FAIL_AT(r, r->line.at + LINE_MAX_BYTES,
		    "a line of %zu bytes; expected at most %d", r->line.len,
		    LINE_MAX_BYTES);
	else if (text.len > 0 && text.at[0] == '[')
		read_header(r, text);
	else if (text.len > 0)
		read_parameter(r, text);
}

/* ---- sections ---- */

static bool
domain_check(struct reader *r, struct slice domain)
{
	char quoted[JSON_QUOTE_MAX];
	const char *why;
	size_t at;

	if (domain.len > 0 && domain.at[0] == '.')
		return FAIL_AT(r, domain.at,
		    "%s is a partial domain; expected a whole one, or DEFAULT",
		    json_quote(domain, quoted));
	why = dns_name_check(dns_name_trim(domain), &at);
	if (why == NULL)
		return true;
	return FAIL_AT(r, domain.at + at, "%s is no domain: %s",
	    json_quote(domain, quoted), why);
}

/* The section there is for the domain already, or NULL. */
static const struct relay_destination *
section_before(const struct reader *r, struct slice domain)
{
	return dns_name_equal(domain, SLICE("DEFAULT"))
	    ? r->out->fallback
	    : map_find(&r->out->map, dns_name_trim(domain));
}

static void
section_begin(struct reader *r, struct slice domain)
{
	struct relay_destinations *d = r->out;
	struct relay_destination *s = arena_alloc(&d->arena, sizeof(*s));

	s->line = r->number;
	s->col = column_of(r, domain.at);
	r->section = s;
	r->state = IN_SECTION;
	r->empty = 0;
	d->list = xgrow(d->list, &d->cap, d->count + 1, sizeof(*d->list));
	d->list[d->count++] = s;
	if (dns_name_equal(domain, SLICE("DEFAULT"))) {
		s->domain = SLICE("DEFAULT");
		d->fallback = s;
		return;
	}
	s->domain = dns_name_copy(&d->arena, domain);
	map_add(&d->map, s->domain, s);
}

static void
read_header(struct reader *r, struct slice text)
{
	size_t end = slice_find_byte(text, ']');
	struct slice domain = slice_trim(slice_sub(text, 1, end - 1));
	const struct relay_destination *before;
	char quoted[JSON_QUOTE_MAX];

	section_end(r);
	r->state = IN_BAD_SECTION;
	if (end == text.len) {
		(void)FAIL_AT(r, text.at,
		    "\"[\" without \"]\"; expected [domain] or "
		    "[DEFAULT]");
		return;
	}
	if (end + 1 < text.len) {
		(void)FAIL_AT(r, text.at + end + 1,
		    "%s behind a section's name; expected the end of the line",
		    json_quote(slice_skip(text, end + 1), quoted));
		return;
	}
	if (!domain_check(r, domain))
		return;
	before = section_before(r, domain);
	if (before != NULL)
		(void)FAIL_AT(r, domain.at,
		    "%s has a section already, on line %d; a domain has one",
		    json_quote(domain, quoted), before->line);
	else if (r->out->count == DESTINATIONS_MAX)
		(void)FAIL_AT(r, domain.at,
		    "one section too many; expected at most %d",
		    DESTINATIONS_MAX);
	else
		section_begin(r, domain);
}

/* ---- parameters ---- */

static size_t
parameter_find(struct slice name)
{
	size_t i = 0;

	while (i < PARAMETER_COUNT &&
	    !slice_eq_nocase(name, slice_cstr(relay_parameters[i].name)))
		i++;
	return i;
}

static void
parameter_unknown(struct reader *r, struct slice name)
{
	struct suggest nearest = { .word = name };
	char quoted[JSON_QUOTE_MAX];
	const char *best;

	for (size_t i = 0; i < PARAMETER_COUNT; i++)
		suggest_offer(&nearest, relay_parameters[i].name);
	best = suggest_result(&nearest);
	json_quote(name, quoted);
	if (best != NULL)
		(void)FAIL_AT(r, name.at,
		    "there is no parameter %s (did you mean \"%s\"?)", quoted,
		    best);
	else
		(void)FAIL_AT(r, name.at, "there is no parameter %s", quoted);
}

/* An export of an appliance may say more than is done here. */
static void
note(struct reader *r, const struct parameter *p,
    const struct parameter_word *word, const char *at)
{
	struct err *err = err_list_next(&r->out->notes[p->lack]);

	if (err != NULL)
		(void)err_at(err, r->file, r->number, column_of(r, at),
		    "note: %s is %s: %s; mail goes as with %s", p->name,
		    word->name, p->lacks, p->words[0].name);
}

static bool
word_read(struct reader *r, const struct parameter *p, struct slice value)
{
	struct buf all = { 0 };
	char quoted[JSON_QUOTE_MAX];

	for (size_t i = 0; i < p->word_count; i++) {
		const struct parameter_word *w = &p->words[i];
		uint32_t wide = (uint32_t)i;
		bool flag = i != 0;

		buf_printf(&all, "%s%s",
		    i == 0                      ? ""
			: i + 1 < p->word_count ? ", "
						: " or ",
		    w->name);
		if (!slice_eq_nocase(value, slice_cstr(w->name)) &&
		    (w->number == NULL ||
			!slice_eq(value, slice_cstr(w->number))))
			continue;
		buf_fini(&all);
		if (i > 0 && p->lacks != NULL)
			note(r, p, w, value.at);
		memcpy(parameter_member(r->section, p),
		    p->size == sizeof(flag) ? (void *)&flag : (void *)&wide,
		    p->size);
		return true;
	}
	(void)FAIL_AT(r, value.at, "%s is %s; expected %s", p->name,
	    json_quote(value, quoted), buf_cstr(&all));
	buf_fini(&all);
	return false;
}

static bool
number_read(struct reader *r, const struct parameter *p, struct slice value)
{
	uint64_t number = 0;
	uint32_t narrow;
	char quoted[JSON_QUOTE_MAX];

	if (!slice_to_u64(value, p->max, &number) || number < p->min)
		return FAIL_AT(r, value.at,
		    "%s is %s; expected a number from %u to %u", p->name,
		    json_quote(value, quoted), p->min, p->max);
	narrow = (uint32_t)number;
	memcpy(parameter_member(r->section, p), &narrow, sizeof(narrow));
	return true;
}

static bool
name_read(struct reader *r, const struct parameter *p, struct slice value)
{
	struct slice kept;

	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f)
			return FAIL_AT(r, value.at + i,
			    "a control character in %s; expected a name",
			    p->name);
	if (value.len > NAME_MAX_BYTES)
		return FAIL_AT(r, value.at,
		    "a name of %zu bytes; expected at most %d", value.len,
		    NAME_MAX_BYTES);
	kept = arena_slice(&r->out->arena, value);
	memcpy(parameter_member(r->section, p), &kept, sizeof(kept));
	return true;
}

static bool
value_read(struct reader *r, const struct parameter *p, struct slice value)
{
	if (value.len == 0 && !p->may_be_empty)
		return FAIL_AT(r, value.at,
		    "%s has no value; leave the line out, or write one",
		    p->name);
	if (value.len == 0)
		return true;
	if (p->words != NULL)
		return word_read(r, p, value);
	return p->max > 0 ? number_read(r, p, value) : name_read(r, p, value);
}

/* A parameter whose name is known, in a section that is. */
static void
parameter_set(
    struct reader *r, size_t id, struct slice name, struct slice value)
{
	const struct parameter *p = &relay_parameters[id];
	struct relay_destination *s = r->section;

	if ((s->said >> id & 1) != 0) {
		(void)FAIL_AT(r, name.at,
		    "%s again; it stands on line %d of this section", p->name,
		    r->said_at[id]);
		return;
	}
	s->said |= 1U << id;
	if (value.len == 0)
		r->empty |= 1U << id;
	r->said_at[id] = r->number;
	if (p->is_default_only && s != r->out->fallback)
		(void)FAIL_AT(r, name.at,
		    "%s holds for all domains; expected it in [DEFAULT] only",
		    p->name);
	else
		(void)value_read(r, p, value);
}

static void
read_parameter(struct reader *r, struct slice text)
{
	size_t sign = slice_find_byte(text, '=');
	struct slice name = slice_trim(slice_sub(text, 0, sign));
	struct slice value = slice_trim(slice_skip(text, sign + 1));
	char quoted[JSON_QUOTE_MAX];
	size_t id;

	if (value.len == 0)
		value = slice_of(text.at + text.len, 0);
	if (sign == text.len || name.len == 0) {
		(void)FAIL_AT(r, text.at,
		    "%s is no setting; expected NAME = VALUE",
		    json_quote(text, quoted));
		return;
	}
	id = parameter_find(name);
	if (id == PARAMETER_COUNT)
		parameter_unknown(r, name);
	else if (r->state == IN_SECTION)
		parameter_set(r, id, name, value);
	else if (r->state == BEFORE_SECTIONS)
		(void)FAIL_AT(r, name.at,
		    "%s stands before the first section; expected [DEFAULT] or "
		    "[domain] above it",
		    relay_parameters[id].name);
}

/* ---- whole sections ---- */

static void
names_of(unsigned parameters, struct buf *out)
{
	for (size_t i = 0; i < PARAMETER_COUNT; i++)
		if ((parameters >> i & 1) != 0)
			buf_printf(out, "%s%s", buf_len(out) > 0 ? ", " : "",
			    relay_parameters[i].name);
}

/* A limit says nothing without what it counts and where it holds. */
static void
needs_check(struct reader *r, size_t id)
{
	const struct parameter *p = &relay_parameters[id];
	unsigned said = r->section->said;
	struct buf missing = { 0 };

	if (((said & ~r->empty) >> id & 1) == 0 || (p->needs & ~said) == 0)
		return;
	names_of(p->needs & ~said, &missing);
	(void)err_at(next_error(r), r->file, r->said_at[id], 1,
	    "%s in a section without %s; expected them together", p->name,
	    buf_cstr(&missing));
	buf_fini(&missing);
}

static void
default_check(struct reader *r)
{
	struct buf missing = { 0 };
	unsigned lacks = 0;

	for (size_t i = 0; i < PARAMETER_COUNT; i++)
		if (!relay_parameters[i].is_optional)
			lacks |= 1U << i;
	lacks &= ~r->section->said;
	if (lacks == 0)
		return;
	names_of(lacks, &missing);
	(void)err_at(next_error(r), r->file, r->section->line, r->section->col,
	    "[DEFAULT] lacks %s; expected every parameter but "
	    "bounce_profile and recipient_limit",
	    buf_cstr(&missing));
	buf_fini(&missing);
}

static void
section_end(struct reader *r)
{
	if (r->state != IN_SECTION)
		return;
	for (size_t i = 0; i < PARAMETER_COUNT; i++)
		needs_check(r, i);
	if (r->section == r->out->fallback)
		default_check(r);
}

/* What a section does not say itself is as in [DEFAULT]. */
static void
inherit(struct relay_destinations *d)
{
	struct relay_destination own = relay_destination_own;
	struct relay_destination *from = d->fallback;

	if (from == NULL)
		from = &own;
	for (size_t i = 0; i < d->count; i++) {
		struct relay_destination *s = d->list[i];

		for (size_t k = 0; k < PARAMETER_COUNT; k++) {
			const struct parameter *p = &relay_parameters[k];

			if (s != from && (s->said >> k & 1) == 0)
				memcpy(parameter_member(s, p),
				    parameter_member(from, p), p->size);
		}
	}
}
