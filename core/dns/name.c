/* SPDX-License-Identifier: MIT */
/* Domain names as text; see name.h. */
#include "core/dns/name.h"

static const char *byte_check(char c);
static const char *label_check(struct slice label, size_t *at);
static bool is_all_digits(struct slice label);

const char *
dns_name_check(struct slice name, size_t *at)
{
	size_t start = 0;

	for (;;) {
		struct slice rest = slice_skip(name, start);
		struct slice label =
		    slice_sub(rest, 0, slice_find_byte(rest, '.'));
		const char *why = label_check(label, at);

		if (why != NULL) {
			*at += start;
			return why;
		}
		if (label.len == rest.len && is_all_digits(label)) {
			*at = start;
			return "the last label is a number, as in no domain name";
		}
		if (label.len == rest.len)
			break;
		start += label.len + 1;
	}
	*at = DNS_NAME_MAX;
	return name.len > DNS_NAME_MAX
	    ? "a domain name has at most 253 characters"
	    : NULL;
}

struct slice
dns_name_trim(struct slice name)
{
	if (name.len > 0 && name.at[name.len - 1] == '.')
		name.len--;
	return name;
}

struct slice
dns_name_copy(struct arena *a, struct slice name)
{
	char *copy;

	name = dns_name_trim(name);
	copy = arena_strdup(a, name);
	for (size_t i = 0; i < name.len; i++)
		copy[i] = ascii_lower(copy[i]);
	return slice_of(copy, name.len);
}

bool
dns_name_equal(struct slice a, struct slice b)
{
	return slice_eq_nocase(dns_name_trim(a), dns_name_trim(b));
}

/* NULL when the byte may stand in a label. */
static const char *
byte_check(char c)
{
	if (ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_')
		return NULL;
	if ((unsigned char)c >= 0x80)
		return "a domain name is ASCII: write such a label as its "
		       "A-label (xn--...)";
	return "a domain name has letters, digits, hyphens and dots";
}

static const char *
label_check(struct slice label, size_t *at)
{
	*at = 0;
	if (label.len == 0)
		return "a label of a domain name is empty";
	for (; *at < label.len; ++*at) {
		const char *why = byte_check(label.at[*at]);

		if (why != NULL)
			return why;
	}
	*at = DNS_LABEL_MAX;
	if (label.len > DNS_LABEL_MAX)
		return "a label of a domain name has at most 63 characters";
	*at = label.at[0] == '-' ? 0 : label.len - 1;
	if (label.at[*at] == '-')
		return "a label of a domain name neither begins nor ends with "
		       "a hyphen";
	return NULL;
}

static bool
is_all_digits(struct slice label)
{
	for (size_t i = 0; i < label.len; i++)
		if (!ascii_is_digit(label.at[i]))
			return false;
	return true;
}
