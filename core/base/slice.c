/* SPDX-License-Identifier: MIT */
/* Borrowed runs of bytes; see slice.h. */
#include "core/base/slice.h"

struct slice
slice_sub(struct slice s, size_t from, size_t len)
{
	if (from > s.len)
		from = s.len;
	if (len > s.len - from)
		len = s.len - from;
	return slice_of(len > 0 || from > 0 ? s.at + from : s.at, len);
}

struct slice
slice_skip(struct slice s, size_t n)
{
	return slice_sub(s, n, s.len);
}

bool
slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool
slice_eq_nocase(struct slice a, struct slice b)
{
	return a.len == b.len && slice_starts_with_nocase(a, b);
}

int
slice_cmp(struct slice a, struct slice b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int cmp = common > 0 ? memcmp(a.at, b.at, common) : 0;

	if (cmp != 0)
		return cmp;
	return a.len < b.len ? -1 : a.len > b.len;
}

bool
slice_starts_with(struct slice s, struct slice prefix)
{
	return slice_eq(slice_sub(s, 0, prefix.len), prefix);
}

bool
slice_starts_with_nocase(struct slice s, struct slice prefix)
{
	if (s.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (ascii_lower(s.at[i]) != ascii_lower(prefix.at[i]))
			return false;
	return true;
}

bool
slice_ends_with_nocase(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len &&
	    slice_eq_nocase(slice_skip(s, s.len - suffix.len), suffix);
}

size_t
slice_find_byte(struct slice s, char byte)
{
	const char *at = s.len > 0 ? memchr(s.at, byte, s.len) : NULL;

	return at != NULL ? (size_t)(at - s.at) : s.len;
}

size_t
slice_find(struct slice s, struct slice needle)
{
	const char *at;

	if (needle.len == 0)
		return 0;
	if (s.len < needle.len)
		return s.len;
	at = memmem(s.at, s.len, needle.at, needle.len);
	return at != NULL ? (size_t)(at - s.at) : s.len;
}

size_t
slice_find_nocase(struct slice s, struct slice needle)
{
	for (size_t at = 0; at + needle.len <= s.len; at++)
		if (slice_starts_with_nocase(slice_skip(s, at), needle))
			return at;
	return s.len;
}

/* A word at a time: contents of messages pass here. */
bool
slice_is_7bit(struct slice s)
{
	uint64_t word, all = 0;
	size_t i = 0;

	for (; s.len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s.at + i, sizeof(word));
		all |= word;
	}
	for (; i < s.len; i++)
		all |= (unsigned char)s.at[i];
	return (all & UINT64_C(0x8080808080808080)) == 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct slice
slice_trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.at[0]))
		s = slice_skip(s, 1);
	while (s.len > 0 && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

bool
slice_split(struct slice *rest, char sep, struct slice *part)
{
	size_t at;

	if (rest->len == 0)
		return false;
	at = slice_find_byte(*rest, sep);
	*part = slice_sub(*rest, 0, at);
	*rest = slice_skip(*rest, at + 1);
	return true;
}

bool
slice_to_u64(struct slice s, uint64_t max, uint64_t *value)
{
	uint64_t n = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit;

		if (!ascii_is_digit(s.at[i]))
			return false;
		digit = (uint64_t)(s.at[i] - '0');
		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (n > max)
		return false;
	*value = n;
	return true;
}

char *
slice_dup(struct slice s)
{
	char *copy = xmalloc(s.len + 1);

	if (s.len > 0)
		memcpy(copy, s.at, s.len);
	copy[s.len] = '\0';
	return copy;
}
