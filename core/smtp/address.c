/* SPDX-License-Identifier: MIT */
/* Mailbox addresses and paths; see address.h. */
#include "core/smtp/address.h"

#include "core/base/address.h"
#include "core/smtp/utf8.h"

static bool path_content(struct slice inner, bool null_allowed,
    bool utf8_allowed, struct smtp_address *address, const char **why);
static size_t path_end(struct slice text);
static bool route_skip(struct slice *inner, bool utf8_allowed);
static size_t local_part_scan(struct slice s, bool utf8_allowed);
static size_t quoted_scan(struct slice s, bool utf8_allowed);
static size_t dot_string_scan(struct slice s, bool utf8_allowed);
static bool is_atext(char c);
static bool label_is_valid(struct slice label, bool utf8_allowed);
static bool literal_is_valid(struct slice literal);
static bool slice_has_8bit(struct slice s);

bool
smtp_path_parse(struct slice text, bool null_allowed, bool utf8_allowed,
    struct smtp_address *address, size_t *used, const char **why)
{
	size_t end;

	*address = (struct smtp_address){ 0 };
	if (text.len == 0 || text.at[0] != '<') {
		*why = "an address stands in angle brackets";
		return false;
	}
	end = path_end(text);
	if (end == text.len) {
		*why = "the closing angle bracket is missing";
		return false;
	}
	*used = end + 1;
	return path_content(slice_sub(text, 1, end - 1), null_allowed,
	    utf8_allowed, address, why);
}

bool
smtp_address_parse(struct slice text, bool utf8_allowed,
    struct smtp_address *address, const char **why)
{
	size_t local = local_part_scan(text, utf8_allowed);

	*address = (struct smtp_address){ 0 };
	if (local == 0 || (local < text.len && text.at[local] != '@')) {
		*why = "the local part breaks the grammar";
		return false;
	}
	if (local == text.len) {
		*why = "the domain is missing";
		return false;
	}
	if (local > SMTP_LOCAL_PART_MAX) {
		*why = "the local part is over 64 bytes";
		return false;
	}
	address->whole = text;
	address->local = slice_sub(text, 0, local);
	address->domain = slice_skip(text, local + 1);
	address->is_utf8 = slice_has_8bit(text);
	if (!smtp_domain_is_valid(address->domain, utf8_allowed) &&
	    !literal_is_valid(address->domain)) {
		*why = "the domain breaks the grammar";
		return false;
	}
	if (text.len + 2 > SMTP_PATH_MAX) {
		*why = "the path is over 256 bytes";
		return false;
	}
	return true;
}

bool
smtp_domain_is_valid(struct slice domain, bool utf8_allowed)
{
	struct slice rest = domain, label;

	if (domain.len == 0 || domain.len > SMTP_DOMAIN_MAX)
		return false;
	if (domain.at[domain.len - 1] == '.')
		return false;
	while (slice_split(&rest, '.', &label))
		if (!label_is_valid(label, utf8_allowed))
			return false;
	return true;
}

/* What stands between the brackets. */
static bool
path_content(struct slice inner, bool null_allowed, bool utf8_allowed,
    struct smtp_address *address, const char **why)
{
	if (inner.len == 0) {
		*why = "an empty path is for reverse paths only";
		return null_allowed;
	}
	if (!null_allowed && slice_eq_nocase(inner, SLICE("postmaster"))) {
		address->whole = address->local = inner;
		return true;
	}
	if (inner.at[0] == '@' && !route_skip(&inner, utf8_allowed)) {
		*why = "the source route breaks the grammar";
		return false;
	}
	return smtp_address_parse(inner, utf8_allowed, address, why);
}

/* Index of the ">" that is not quoted, or text.len. */
static size_t
path_end(struct slice text)
{
	bool quoted = false;

	for (size_t i = 1; i < text.len; i++) {
		char c = text.at[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '>' && !quoted)
			return i;
	}
	return text.len;
}

/* "@a,@b:" (RFC 5321, A-d-l); a colon cannot occur in its domains. */
static bool
route_skip(struct slice *inner, bool utf8_allowed)
{
	size_t colon = slice_find_byte(*inner, ':');
	struct slice route = slice_sub(*inner, 0, colon), hop;

	if (colon == inner->len || route.at[route.len - 1] == ',')
		return false;
	while (slice_split(&route, ',', &hop)) {
		if (hop.len == 0 || hop.at[0] != '@')
			return false;
		if (!smtp_domain_is_valid(slice_skip(hop, 1), utf8_allowed))
			return false;
	}
	*inner = slice_skip(*inner, colon + 1);
	return true;
}

/* Length of the local part at the start of `s`, 0 when there is none. */
static size_t
local_part_scan(struct slice s, bool utf8_allowed)
{
	if (s.len > 0 && s.at[0] == '"')
		return quoted_scan(s, utf8_allowed);
	return dot_string_scan(s, utf8_allowed);
}

static size_t
quoted_scan(struct slice s, bool utf8_allowed)
{
	size_t i = 1;

	while (i < s.len && s.at[i] != '"') {
		size_t wide = utf8_allowed ? smtp_utf8_scan(s, i) : 0;

		if (wide > 0) {
			i += wide;
			continue;
		}
		if (s.at[i] == '\\')
			i++;
		if (i == s.len || s.at[i] < ' ' || s.at[i] > '~')
			return 0;
		i++;
	}
	return i < s.len ? i + 1 : 0;
}

static size_t
dot_string_scan(struct slice s, bool utf8_allowed)
{
	size_t i = 0, atom_at = 0;

	while (i < s.len) {
		size_t wide = utf8_allowed ? smtp_utf8_scan(s, i) : 0;

		if (wide > 0) {
			i += wide;
		} else if (s.at[i] == '.' && i > atom_at) {
			atom_at = ++i;
		} else if (is_atext(s.at[i])) {
			i++;
		} else {
			break;
		}
	}
	return i > atom_at ? i : 0;
}

static bool
is_atext(char c)
{
	if (ascii_is_alpha(c) || ascii_is_digit(c))
		return true;
	return c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL;
}

static bool
label_is_valid(struct slice label, bool utf8_allowed)
{
	bool wide_seen = false;
	size_t i = 0;

	if (label.len == 0)
		return false;
	if (label.at[0] == '-' || label.at[label.len - 1] == '-')
		return false;
	while (i < label.len) {
		char c = label.at[i];
		size_t wide = utf8_allowed ? smtp_utf8_scan(label, i) : 0;

		if (wide == 0 && !ascii_is_alpha(c) && !ascii_is_digit(c) &&
		    c != '-')
			return false;
		wide_seen = wide_seen || wide > 0;
		i += wide > 0 ? wide : 1;
	}
	/* The limit of 63 is that of the A-label, which is not known here. */
	return wide_seen || label.len <= 63;
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]"; no other tag has been registered (RFC
 * 5321, 4.1.3). */
static bool
literal_is_valid(struct slice literal)
{
	struct ip_address ip;
	struct slice inner;

	if (literal.len < 2 || literal.at[0] != '[' ||
	    literal.at[literal.len - 1] != ']')
		return false;
	inner = slice_sub(literal, 1, literal.len - 2);
	if (slice_starts_with_nocase(inner, SLICE("IPv6:")))
		return ip_parse(slice_skip(inner, 5), &ip) && ip.family == 6;
	return ip_parse(inner, &ip) && ip.family == 4;
}

static bool
slice_has_8bit(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] >= 0x80)
			return true;
	return false;
}
