/* SPDX-License-Identifier: MIT */
/* Sets of pairs of characters; see rule_filter.h. */
#include "mockserver/rule/rule_filter.h"

/* Where the reader is in a pattern, outside of groups and classes. */
struct pattern_reader {
	struct slice rest;
	struct rule_filter *filter;
	char last;     /* the character before, if it is plain */
	bool has_last; /* ... and always there */
};

static bool read_piece(struct pattern_reader *r);
static bool skip_class(struct slice *rest);
static bool skip_group(struct slice *rest);

static void
add_pair(struct rule_filter *f, char a, char b)
{
	const unsigned hash = ((unsigned char)ascii_lower(a) * 37u +
				  (unsigned char)ascii_lower(b) * 101u) %
	    (64 * RULE_FILTER_WORDS);

	f->words[hash / 64] |= UINT64_C(1) << (hash % 64);
}

void
rule_filter_add_text(struct rule_filter *f, struct slice text)
{
	for (size_t i = 1; i < text.len; i++)
		add_pair(f, text.at[i - 1], text.at[i]);
}

void
rule_filter_fill(struct rule_filter *f)
{
	memset(f, 0xff, sizeof(*f));
}

struct rule_filter
rule_filter_of_glob(struct slice glob)
{
	struct rule_filter f = { 0 };
	const bool is_domain = glob.len > 0 && glob.at[0] == '@';

	for (size_t i = 1; i < glob.len; i++) {
		const char a = glob.at[i - 1], b = glob.at[i];

		if (is_domain || (a != '*' && a != '?' && b != '*' && b != '?'))
			add_pair(&f, a, b);
	}
	return f;
}

struct rule_filter
rule_filter_of_pattern(struct slice pattern)
{
	struct rule_filter f = { 0 };
	struct pattern_reader r = { .rest = pattern, .filter = &f };

	while (r.rest.len > 0)
		if (!read_piece(&r))
			return (struct rule_filter){ 0 };
	return f;
}

/* ---- addresses ---- */

/* Each bit of the first 16 bytes, and beside it its contrary: so a network can
 * want ones and zeros. */
static void
add_bits(struct rule_filter *f, const uint8_t *bytes, size_t bits)
{
	for (size_t i = 0; i < bits && i < 128; i++) {
		const bool is_one = (bytes[i / 8] >> (7 - i % 8) & 1) != 0;

		f->words[(is_one ? 2U : 0U) + i / 64] |= UINT64_C(1)
		    << (i % 64);
	}
}

struct rule_filter
rule_filter_of_ip(const struct ip_address *ip)
{
	struct rule_filter f = { 0 };

	add_bits(&f, ip->bytes, 128);
	return f;
}

struct rule_filter
rule_filter_of_network(const struct ip_network *network)
{
	struct rule_filter f = { 0 };

	add_bits(&f, network->ip.bytes, network->prefix_bits);
	return f;
}

/* ---- patterns ---- */

/* How often the piece before it comes. */
enum times {
	TIMES_ONE,
	TIMES_SOME,
	TIMES_ANY,
	TIMES_UNKNOWN, /* a brace that is none of a number */
};

static enum times
take_times(struct slice *rest)
{
	const char c = rest->len > 0 ? rest->at[0] : '\0';

	if (c == '{')
		return TIMES_UNKNOWN;
	if (c != '?' && c != '*' && c != '+')
		return TIMES_ONE;
	while (rest->len > 0 && strchr("?*+", rest->at[0]) != NULL)
		*rest = slice_skip(*rest, 1);
	return c == '+' ? TIMES_SOME : TIMES_ANY;
}

/* A character that stands for itself. */
static bool
take_plain(struct pattern_reader *r, char c)
{
	const enum times times = take_times(&r->rest);

	if (r->has_last && times != TIMES_ANY)
		add_pair(r->filter, r->last, c);
	r->last = c;
	r->has_last = times == TIMES_ONE;
	return times != TIMES_UNKNOWN;
}

/* One piece of the pattern; false when nothing can be said about all of it. */
static bool
read_piece(struct pattern_reader *r)
{
	const char c = r->rest.at[0];
	const char next = r->rest.len > 1 ? r->rest.at[1] : '\0';

	if (c == '|' || (c == '(' && (next == '?' || next == '*')))
		return false;
	r->rest = slice_skip(r->rest, 1);
	if (c == '\\') {
		r->rest = slice_skip(r->rest, 1);
		if (next > ' ' && next < 0x7f && !ascii_is_alpha(next) &&
		    !ascii_is_digit(next))
			return take_plain(r, next);
		r->has_last = false;
		return next != '\0' && strchr("bBdDsSwW", next) != NULL &&
		    take_times(&r->rest) != TIMES_UNKNOWN;
	}
	if (c > ' ' && c < 0x7f && strchr("[(.^$#?*+{", c) == NULL)
		return take_plain(r, c);
	r->has_last = false;
	if (c == '[' && !skip_class(&r->rest))
		return false;
	if (c == '(' && !skip_group(&r->rest))
		return false;
	return c != '{' && take_times(&r->rest) != TIMES_UNKNOWN;
}

/* Behind its '['. */
static bool
skip_class(struct slice *rest)
{
	size_t i = 0;

	if (i < rest->len && rest->at[i] == '^')
		i++;
	if (i < rest->len && rest->at[i] == ']')
		i++;
	for (; i < rest->len; i++) {
		if (rest->at[i] == '[' || rest->at[i] == '\\')
			return false;
		if (rest->at[i] != ']')
			continue;
		*rest = slice_skip(*rest, i + 1);
		return true;
	}
	return false;
}

/* Behind its '('; one with anything special in it is not looked through. */
static bool
skip_group(struct slice *rest)
{
	size_t depth = 1;

	for (size_t i = 0; i < rest->len; i++) {
		const char c = rest->at[i];

		if (c == '[' || c == '\\' || c == '#')
			return false;
		if (c == '(' && i + 1 < rest->len &&
		    (rest->at[i + 1] == '?' || rest->at[i + 1] == '*'))
			return false;
		depth += c == '(';
		depth -= c == ')';
		if (depth > 0)
			continue;
		*rest = slice_skip(*rest, i + 1);
		return true;
	}
	return false;
}
