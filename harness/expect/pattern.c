/* SPDX-License-Identifier: MIT */
/*
 * Matching by trying: the pieces in order, each placeholder short first and
 * longer when what comes behind it does not fit.  Lines are short and most
 * patterns begin with a text, so that nearly every line is refused by one
 * comparison a word.
 */
#include "harness/expect/pattern.h"

struct matcher {
	const struct pattern *pattern;
	struct slice text;
	struct pattern_bindings bound;
	size_t start;
	struct pattern_miss miss;
};

static size_t pieces_at_most(struct slice written);
static bool piece_read(struct slice written, size_t *offset,
    struct pattern_names *names, struct pattern_piece *piece, const char **why);
static bool match_from(struct matcher *m, size_t piece, size_t at);

bool
pattern_parse(struct slice written, struct pattern_names *names,
    struct arena *arena, struct pattern *pattern, const char **why,
    size_t *offset)
{
	struct pattern_piece *pieces =
	    arena_alloc(arena, pieces_at_most(written) * sizeof(*pieces));
	size_t count = 0, at = 0;

	while (at < written.len) {
		*offset = at;
		if (!piece_read(written, &at, names, &pieces[count], why))
			return false;
		count++;
	}
	*pattern = (struct pattern){ written, pieces, count };
	return true;
}

/* Whether the texts of the pattern are in `text`, one behind the other; most
 * lines are refused by that. */
static bool
texts_are_in(const struct pattern *pattern, struct slice text)
{
	for (size_t i = 0; i < pattern->piece_count; i++) {
		const struct pattern_piece *p = &pattern->pieces[i];
		size_t at;

		if (p->kind != PATTERN_TEXT)
			continue;
		at = slice_find(text, p->text);
		if (at == text.len)
			return false;
		text = slice_skip(text, at + p->text.len);
	}
	return true;
}

bool
pattern_match(const struct pattern *pattern, struct slice text,
    const struct pattern_bindings *known, struct pattern_bindings *found,
    struct pattern_miss *miss)
{
	struct matcher m = { .pattern = pattern, .text = text };
	bool matched = false;
	bool may_match = miss != NULL || texts_are_in(pattern, text);

	m.bound = *known;
	for (size_t at = 0; may_match && at <= text.len && !matched; at++) {
		if (at > 0 && text.at[at - 1] != ' ')
			continue;
		m.start = at;
		matched = match_from(&m, 0, at);
	}
	if (found != NULL)
		*found = matched ? m.bound : *known;
	if (miss != NULL)
		*miss = m.miss;
	return matched;
}

/* ---- reading ---- */

/* Each brace can begin a piece, and so can what stands before it. */
static size_t
pieces_at_most(struct slice written)
{
	size_t count = 1;

	for (size_t i = 0; i < written.len; i++)
		count += written.at[i] == '{' ? 2 : 0;
	return count;
}

static bool
is_name_byte(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_';
}

static bool
name_find(struct pattern_names *names, struct slice name, size_t *index)
{
	for (*index = 0; *index < names->count; ++*index)
		if (slice_eq(names->at[*index], name))
			return true;
	if (names->count == PATTERN_NAMES_MAX)
		return false;
	names->at[names->count++] = name;
	return true;
}

/* At a "{" that is no "{{". */
static bool
placeholder_read(struct slice written, size_t *offset,
    struct pattern_names *names, struct pattern_piece *piece, const char **why)
{
	struct slice rest = slice_skip(written, *offset + 1);
	struct slice name = slice_sub(rest, 0, slice_find_byte(rest, '}'));

	if (name.len == rest.len) {
		*why = "\"{\" without its \"}\" (a \"{\" itself is \"{{\")";
		return false;
	}
	for (size_t i = 0; i < name.len; i++)
		if (!is_name_byte(name.at[i])) {
			*why = "a name in braces has letters, digits and \"_\" "
			       "only (a \"{\" itself is \"{{\")";
			return false;
		}
	*offset += name.len + 2;
	if (name.len == 0) {
		piece->kind = PATTERN_ANYTHING;
		return true;
	}
	piece->kind = PATTERN_NAME;
	if (name_find(names, name, &piece->name))
		return true;
	*why = "an expectation has at most 16 names";
	return false;
}

/* A text up to the next "{"; a "{{" is a piece of its own, which borrows its
 * one brace. */
static bool
piece_read(struct slice written, size_t *offset, struct pattern_names *names,
    struct pattern_piece *piece, const char **why)
{
	struct slice rest = slice_skip(written, *offset);

	piece->at = *offset;
	if (slice_starts_with(rest, SLICE("{{"))) {
		piece->text = slice_sub(rest, 0, 1);
		*offset += 2;
		return true;
	}
	if (rest.at[0] == '{')
		return placeholder_read(written, offset, names, piece, why);
	piece->text = slice_sub(rest, 0, slice_find_byte(rest, '{'));
	*offset += piece->text.len;
	return true;
}

/* ---- matching ---- */

/* The furthest that any try came is what the nearest miss tells. */
static void
note_progress(struct matcher *m, size_t matched, size_t at)
{
	if (matched <= m->miss.matched)
		return;
	m->miss.matched = matched;
	m->miss.text_start = m->start;
	m->miss.text_end = at;
}

/* How much of `want` stands at `at`. */
static size_t
common_length(struct slice text, size_t at, struct slice want)
{
	size_t n = 0;

	while (
	    n < want.len && at + n < text.len && text.at[at + n] == want.at[n])
		n++;
	return n;
}

static bool
match_text(struct matcher *m, size_t piece, size_t at, struct slice want)
{
	size_t n = common_length(m->text, at, want);

	note_progress(m, m->pattern->pieces[piece].at + n, at + n);
	return n == want.len && match_from(m, piece + 1, at + n);
}

static bool
match_anything(struct matcher *m, size_t piece, size_t at)
{
	for (size_t end = at; end <= m->text.len; end++)
		if (match_from(m, piece + 1, end))
			return true;
	return false;
}

/* The next place behind `at` where a word that holds text.at[at] may end:
 * behind that byte, or behind the whole of a [list]; `at` itself when there is
 * no word to go on with. */
static size_t
word_step(struct slice text, size_t at)
{
	if (at == text.len || text.at[at] == ' ')
		return at;
	if (text.at[at] != '[')
		return at + 1;
	struct slice rest = slice_skip(text, at);
	size_t close = slice_find_byte(rest, ']');
	return close < rest.len ? at + close + 1 : at + 1;
}

static bool
match_name(struct matcher *m, size_t piece, size_t at)
{
	struct slice *value = &m->bound.value[m->pattern->pieces[piece].name];

	if (value->at != NULL) {
		size_t n = common_length(m->text, at, *value);

		if (n == value->len)
			return match_from(m, piece + 1, at + n);
		note_progress(m, m->pattern->pieces[piece].at, at);
		return false;
	}
	size_t end = at, next;
	while ((next = word_step(m->text, end)) != end) {
		end = next;
		*value = slice_sub(m->text, at, end - at);
		if (match_from(m, piece + 1, end))
			return true;
	}
	*value = (struct slice){ 0 };
	return false;
}

static bool
match_from(struct matcher *m, size_t piece, size_t at)
{
	if (piece == m->pattern->piece_count) {
		note_progress(m, m->pattern->written.len, at);
		return at == m->text.len || m->text.at[at] == ' ' ||
		    (at > 0 && m->text.at[at - 1] == ' ');
	}
	const struct pattern_piece *p = &m->pattern->pieces[piece];
	switch (p->kind) {
	case PATTERN_TEXT:
		return match_text(m, piece, at, p->text);
	case PATTERN_NAME:
		note_progress(m, p->at, at);
		return match_name(m, piece, at);
	case PATTERN_ANYTHING:
		note_progress(m, p->at, at);
		return match_anything(m, piece, at);
	}
	return false;
}

/* ---- words ---- */

/* Of a text, what is shown: all that differs before so many bytes, otherwise so
 * many before the difference; head and text together in so many columns, dots
 * aside; and of the pattern so many bytes. */
#define SHOWN_WHOLE  56
#define SHOWN        78
#define SHOWN_BEFORE 40
#define WANTED_SHOWN 40

static bool
is_inside_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The text from `begin` on, a column a character, whatever it holds; at most
 * `most` columns, then dots.  The columns that bytes before `mark` take. */
static size_t
append_columns(
    struct buf *out, struct slice text, size_t begin, size_t mark, size_t most)
{
	size_t columns = 0, before = 0;

	for (size_t i = begin; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (!is_inside_character(text.at[i]) && columns++ == most) {
			buf_append_cstr(out, "...");
			break;
		}
		before = i < mark ? columns : before;
		buf_append_byte(out, c < ' ' || c == 0x7f ? '?' : text.at[i]);
	}
	return before;
}

/* The name that the pattern has just there, if it is bound. */
static const struct pattern_piece *
bound_name_at(const struct pattern *pattern, size_t at,
    const struct pattern_bindings *known)
{
	for (size_t i = 0; i < pattern->piece_count; i++) {
		const struct pattern_piece *p = &pattern->pieces[i];

		if (p->kind == PATTERN_NAME && p->at == at &&
		    known->value[p->name].at != NULL)
			return p;
	}
	return NULL;
}

/* "wanted "{b} to RID [0]", {b} being 2". */
static void
append_wanted(const struct pattern *pattern, size_t at,
    const struct pattern_bindings *known, struct buf *out)
{
	struct slice rest = slice_skip(pattern->written, at);
	const struct pattern_piece *name = bound_name_at(pattern, at, known);

	if (rest.len == 0) {
		buf_append_cstr(out, "a word should end there");
		return;
	}
	buf_printf(out, "wanted there: \"%.*s%s\"",
	    SLICE_ARG(slice_sub(rest, 0, WANTED_SHOWN)),
	    rest.len > WANTED_SHOWN ? "..." : "");
	if (name != NULL)
		buf_printf(out, ", %.*s being %.*s",
		    SLICE_ARG(
			slice_sub(rest, 0, slice_find_byte(rest, '}') + 1)),
		    SLICE_ARG(known->value[name->name]));
}

void
pattern_miss_format(const struct pattern *pattern, struct slice text,
    const struct pattern_miss *miss, const struct pattern_bindings *known,
    struct slice head, struct buf *out)
{
	size_t begin = 0, mark;

	if (miss->text_end > SHOWN_WHOLE)
		begin = miss->text_end - SHOWN_BEFORE;
	while (begin > 0 && is_inside_character(text.at[begin]))
		begin--;
	buf_append(out, head);
	buf_append_cstr(out, begin > 0 ? "..." : "");
	mark = append_columns(out, text, begin, miss->text_end,
	    SHOWN > head.len ? SHOWN - head.len : 0);
	buf_printf(out, "\n%*s^\n%*s",
	    (int)(head.len + (begin > 0 ? 3 : 0) + mark), "", (int)head.len,
	    "");
	append_wanted(pattern, miss->matched, known, out);
}
