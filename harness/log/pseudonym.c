/* SPDX-License-Identifier: MIT */
/* The table of pseudonyms; see pseudonym.h. */
#include "harness/log/pseudonym_derive.h"

#include "core/base/address.h"

#include <inttypes.h>

/* For benchmarks (RFC 2544): of nobody, and room for 131,071. */
#define V4_BASE UINT32_C(0xc6120000)
/* Shared address space (RFC 6598), where that is not enough: 4,194,303. */
#define V4_MORE UINT32_C(0x64400000)
#define V4_ROOM UINT32_C(0x1ffff)

/* A known local part is replaced in prose when it is no shorter. */
#define LOCAL_MIN 3

void
pseudonyms_fini(struct pseudonyms *p)
{
	for (unsigned kind = 0; kind < PSEUDONYM_KINDS; kind++)
		map_fini(&p->names[kind]);
	map_fini(&p->locals);
	free(p->order);
	pseudonym_derive_fini(p);
	buf_fini(&p->spare_text);
	arena_fini(&p->arena);
}

static const struct pseudonym *
find(const struct pseudonyms *p, enum pseudonym_kind kind, struct slice name)
{
	return map_find(&p->names[kind], name);
}

static bool
is_full(const struct pseudonyms *p)
{
	return p->count >= (p->most > 0 ? p->most : PSEUDONYMS_MOST);
}

/* The row of a name; where the table is full it is the spare one, which stays
 * until the next. */
static const struct pseudonym *
add(struct pseudonyms *p, enum pseudonym_kind kind, struct slice name,
    struct slice pseudonym)
{
	struct pseudonym *row;

	if (is_full(p)) {
		buf_clear(&p->spare_text);
		buf_append(&p->spare_text, pseudonym);
		p->spare.pseudonym = buf_cstr(&p->spare_text);
		return &p->spare;
	}
	row = arena_alloc(&p->arena, sizeof(*row));
	/* Any bytes may be a name. */
	name = arena_slice(&p->arena, name);
	row->kind = kind;
	row->name = name.at;
	row->pseudonym = arena_strdup(&p->arena, pseudonym);
	map_add(&p->names[kind], name, row);
	p->order = xgrow(p->order, &p->cap, p->count + 1, sizeof(p->order[0]));
	p->order[p->count++] = row;
	return row;
}

static void
append(const struct pseudonym *row, struct buf *out)
{
	buf_append_cstr(out, row->pseudonym);
}

/* ---- domains ---- */

/* One that says nothing of who uses it: of a country, or for everybody. */
static bool
is_public_label(struct slice label)
{
	static const struct slice common[] = { SLICE_INIT("com"),
		SLICE_INIT("net"), SLICE_INIT("org"), SLICE_INIT("edu"),
		SLICE_INIT("gov"), SLICE_INIT("mil"), SLICE_INIT("int"),
		SLICE_INIT("info"), SLICE_INIT("example"), SLICE_INIT("test"),
		SLICE_INIT("local"), SLICE_INIT("internal"),
		SLICE_INIT("invalid") };

	if (label.len == 2 && ascii_is_alpha(label.at[0]) &&
	    ascii_is_alpha(label.at[1]))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		if (slice_eq_nocase(label, common[i]))
			return true;
	return false;
}

static bool
has_letter(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (ascii_is_alpha(name.at[i]) ||
		    (unsigned char)name.at[i] >= 0x80)
			return true;
	return false;
}

/* Adds a suffix of a name; `parent` is the pseudonym of what stands behind its
 * first label, or NULL when that is all; `is_whole`: it is a whole name. */
static const struct pseudonym *
suffix_add(struct pseudonyms *p, struct slice suffix, const char *parent,
    bool is_whole)
{
	struct slice label = slice_sub(suffix, 0, slice_find_byte(suffix, '.'));
	const struct pseudonym *row;
	struct buf made = { 0 };

	if (parent == NULL && !is_whole && is_public_label(label))
		for (size_t i = 0; i < label.len; i++)
			buf_append_byte(&made, ascii_lower(label.at[i]));
	else if (is_full(p))
		pseudonym_derive(p, PSEUDONYM_DOMAIN, "d", suffix, &made);
	else
		buf_printf(&made, "d%" PRIu64, ++p->labels);
	buf_printf(&made, ".%s", parent != NULL ? parent : "example");
	row = add(p, PSEUDONYM_DOMAIN, suffix, buf_slice(&made));
	buf_fini(&made);
	return row;
}

/* Each suffix has a row of its own, made from the right to the left, so that
 * names below one name stay below one name. */
static const struct pseudonym *
domain_row(struct pseudonyms *p, struct slice name)
{
	const struct pseudonym *row = find(p, PSEUDONYM_DOMAIN, name);
	const char *parent = NULL;

	for (size_t at = name.len; row == NULL; at--) {
		const struct pseudonym *found;
		struct slice suffix;

		while (at > 0 && name.at[at - 1] != '.')
			at--;
		suffix = slice_skip(name, at);
		found = find(p, PSEUDONYM_DOMAIN, suffix);
		if (found == NULL)
			found = suffix_add(p, suffix, parent, at == 0);
		parent = found->pseudonym;
		if (at == 0)
			row = found;
	}
	return row;
}

void
pseudonym_domain(struct pseudonyms *p, struct slice domain, struct buf *out)
{
	bool is_partial = domain.len > 1 && domain.at[0] == '.';
	struct slice name = is_partial ? slice_skip(domain, 1) : domain;
	bool has_end = name.len > 1 && name.at[name.len - 1] == '.';

	if (has_end)
		name.len--;
	if (!has_letter(name) || slice_eq_nocase(name, SLICE("unknown"))) {
		buf_append(out, domain);
		return;
	}
	if (is_partial)
		buf_append_byte(out, '.');
	append(domain_row(p, name), out);
	if (has_end)
		buf_append_byte(out, '.');
}

/* ---- mailboxes ---- */

static bool
is_nobodys(struct slice local)
{
	return slice_eq_nocase(local, SLICE("postmaster")) ||
	    slice_eq_nocase(local, SLICE("mailer-daemon")) ||
	    slice_eq_nocase(local, SLICE("abuse"));
}

static void
note_local(
    struct pseudonyms *p, struct slice local, const struct pseudonym *row)
{
	struct slice pseudonym = slice_cstr(row->pseudonym);
	struct pseudonym *known;

	if (local.len < LOCAL_MIN || map_find(&p->locals, local) != NULL)
		return;
	if (row == &p->spare) {
		pseudonym_meet(p, local);
		return;
	}
	known = arena_alloc(&p->arena, sizeof(*known));
	local = arena_slice(&p->arena, local);
	known->name = local.at;
	known->pseudonym = arena_strdup(&p->arena,
	    slice_sub(pseudonym, 0, slice_find_byte(pseudonym, '@')));
	map_add(&p->locals, local, known);
}

/* Of a mailbox that the table has not. */
static const struct pseudonym *
mailbox_add(struct pseudonyms *p, struct slice mailbox)
{
	const struct pseudonym *row;
	struct buf made = { 0 }, domain = { 0 };
	size_t at = mailbox.len;
	struct slice local;

	while (at > 0 && mailbox.at[at - 1] != '@')
		at--;
	local = at > 0 ? slice_sub(mailbox, 0, at - 1) : mailbox;
	/* The domain first: it may be what fills the table. */
	if (at > 0) {
		buf_append_byte(&domain, '@');
		pseudonym_domain(p, slice_skip(mailbox, at), &domain);
	}
	if (is_nobodys(local))
		buf_append(&made, local);
	else if (is_full(p))
		pseudonym_derive(p, PSEUDONYM_MAILBOX, "user", local, &made);
	else
		buf_printf(&made, "user%" PRIu64, ++p->users);
	buf_append(&made, buf_slice(&domain));
	row = add(p, PSEUDONYM_MAILBOX, mailbox, buf_slice(&made));
	if (!is_nobodys(local))
		note_local(p, local, row);
	buf_fini(&domain);
	buf_fini(&made);
	return row;
}

void
pseudonym_mailbox(struct pseudonyms *p, struct slice mailbox, struct buf *out)
{
	const struct pseudonym *row;

	if (mailbox.len == 0)
		return;
	row = find(p, PSEUDONYM_MAILBOX, mailbox);
	if (row == NULL)
		row = mailbox_add(p, mailbox);
	append(row, out);
}

/* ---- addresses ---- */

static bool
is_within(uint32_t ip, uint32_t net, unsigned bits)
{
	return ip >> (32 - bits) == net >> (32 - bits);
}

/* Private, of the own machine or link, or for documentation. */
static bool
says_nothing(const struct ip_address *ip)
{
	uint32_t v4 = (uint32_t)ip->bytes[0] << 24 |
	    (uint32_t)ip->bytes[1] << 16 | (uint32_t)ip->bytes[2] << 8 |
	    ip->bytes[3];

	if (ip->family == 6)
		return ip_is_loopback(ip) || (ip->bytes[0] & 0xfe) == 0xfc ||
		    (ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80);
	return is_within(v4, UINT32_C(0x0a000000), 8) ||
	    is_within(v4, UINT32_C(0xac100000), 12) ||
	    is_within(v4, UINT32_C(0xc0a80000), 16) ||
	    is_within(v4, UINT32_C(0x7f000000), 8) ||
	    is_within(v4, UINT32_C(0xa9fe0000), 16) ||
	    is_within(v4, UINT32_C(0xc0000200), 24) ||
	    is_within(v4, UINT32_C(0xc6336400), 24) ||
	    is_within(v4, UINT32_C(0xcb007100), 24);
}

/* For documentation (RFC 3849). */
static struct ip_address
documentation_v6(uint8_t network, uint64_t number)
{
	struct ip_address made = { .family = 6,
		.bytes = { 0x20, 0x01, 0x0d, 0xb8, network } };

	for (unsigned i = 0; i < 8; i++)
		made.bytes[15 - i] = (uint8_t)(number >> 8 * i);
	return made;
}

/* The reserved networks of IPv4 have no room for what is derived. */
static void
make_address(struct pseudonyms *p, const struct ip_address *ip,
    struct slice canonical, char *text)
{
	struct ip_address made;
	uint32_t v4;

	if (is_full(p)) {
		made = documentation_v6(
		    1, pseudonym_digest(p, PSEUDONYM_ADDRESS, canonical));
		p->derived++;
	} else if (ip->family == 6) {
		made = documentation_v6(0, ++p->v6);
	} else {
		v4 = (uint32_t)++p->v4;
		v4 = v4 <= V4_ROOM ? V4_BASE + v4 : V4_MORE + v4 - V4_ROOM;
		made = ip_v4((uint8_t)(v4 >> 24), (uint8_t)(v4 >> 16),
		    (uint8_t)(v4 >> 8), (uint8_t)v4);
	}
	(void)ip_format(&made, text);
}

void
pseudonym_address(struct pseudonyms *p, struct slice address, struct buf *out)
{
	struct ip_address ip;
	char canonical[IP_TEXT_MAX], made[IP_TEXT_MAX];
	const struct pseudonym *row;

	if (!ip_parse(address, &ip) || says_nothing(&ip)) {
		buf_append(out, address);
		return;
	}
	(void)ip_format(&ip, canonical);
	row = find(p, PSEUDONYM_ADDRESS, slice_cstr(canonical));
	if (row == NULL) {
		make_address(p, &ip, slice_cstr(canonical), made);
		row = add(p, PSEUDONYM_ADDRESS, slice_cstr(canonical),
		    slice_cstr(made));
	}
	append(row, out);
}

/* ---- texts ---- */

void
pseudonym_text(struct pseudonyms *p, struct slice text, struct buf *out)
{
	const struct pseudonym *row = find(p, PSEUDONYM_TEXT, text);
	struct buf made = { 0 };

	if (text.len == 0)
		return;
	if (row == NULL) {
		if (is_full(p))
			pseudonym_derive(
			    p, PSEUDONYM_TEXT, "text", text, &made);
		else
			buf_printf(&made, "text %" PRIu64, ++p->texts);
		row = add(p, PSEUDONYM_TEXT, text, buf_slice(&made));
		buf_fini(&made);
	}
	append(row, out);
}

static bool
is_word_byte(char b)
{
	return ascii_is_alpha(b) || ascii_is_digit(b) ||
	    (unsigned char)b >= 0x80 || (b != '\0' && strchr("._-@+%:=", b));
}

/* "mx1.example.com": labels with dots, the last one of letters. */
static bool
is_host_name(struct slice word)
{
	size_t at = word.len, label = 0;

	while (at > 0 && word.at[at - 1] != '.')
		at--;
	if (at == 0 || word.len - at < 2)
		return false;
	for (size_t i = at; i < word.len; i++)
		if (!ascii_is_alpha(word.at[i]) &&
		    (unsigned char)word.at[i] < 0x80)
			return false;
	for (size_t i = 0; i < at; i++) {
		if (word.at[i] != '.') {
			label++;
			continue;
		}
		if (label == 0)
			return false;
		label = 0;
	}
	return true;
}

static void
leaf_format(struct pseudonyms *p, struct slice word, struct buf *out)
{
	struct ip_address ip;
	const struct pseudonym *local = map_find(&p->locals, word);

	if (ip_parse(word, &ip))
		pseudonym_address(p, word, out);
	else if (is_host_name(word))
		pseudonym_domain(p, word, out);
	else if (local != NULL)
		append(local, out);
	else if (word.len >= LOCAL_MIN && !is_nobodys(word) &&
	    pseudonym_was_met(p, word))
		pseudonym_derive(p, PSEUDONYM_MAILBOX, "user", word, out);
	else
		buf_append(out, word);
}

static void
word_format(struct pseudonyms *p, struct slice word, struct buf *out)
{
	struct slice end = slice_of(word.at + word.len, 0);
	struct ip_address ip;

	while (word.len > 0 && strchr(".:-=", word.at[word.len - 1]) != NULL &&
	    !ip_parse(word, &ip)) {
		word.len--;
		end = slice_of(end.at - 1, end.len + 1);
	}
	if (ip_parse(word, &ip)) {
		pseudonym_address(p, word, out);
	} else if (slice_find_byte(word, '@') < word.len) {
		pseudonym_mailbox(p, word, out);
	} else {
		struct slice rest = word;

		while (rest.len > 0) {
			size_t len = 0;

			while (len < rest.len && rest.at[len] != ':' &&
			    rest.at[len] != '=')
				len++;
			leaf_format(p, slice_sub(rest, 0, len), out);
			if (len < rest.len)
				buf_append_byte(out, rest.at[len++]);
			rest = slice_skip(rest, len);
		}
	}
	buf_append(out, end);
}

/* The bytes of an escape, as "\n" or "\x1b"; 0: there is none. */
static size_t
escape_len(struct slice text, size_t at)
{
	if (text.at[at] != '\\' || at + 1 == text.len)
		return 0;
	if (text.at[at + 1] == 'x' && at + 3 < text.len)
		return 4;
	return 2;
}

void
pseudonym_prose(struct pseudonyms *p, struct slice text, struct buf *out)
{
	for (size_t at = 0; at < text.len;) {
		size_t len = escape_len(text, at), end = at;

		if (len > 0) {
			buf_append(out, slice_sub(text, at, len));
			at += len;
			continue;
		}
		while (end < text.len && is_word_byte(text.at[end]))
			end++;
		if (end > at)
			word_format(p, slice_sub(text, at, end - at), out);
		else
			buf_append_byte(out, text.at[end++]);
		at = end;
	}
}
