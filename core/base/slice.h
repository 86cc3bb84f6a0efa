/* SPDX-License-Identifier: MIT */
/*
 * A slice is a borrowed run of bytes, not terminated.  Bytes being parsed are
 * slices; a slice is never stored past the call or the owner of its bytes.
 */
#ifndef FAULTPOST_SLICE_H
#define FAULTPOST_SLICE_H

#include "core/base/base.h"

#include <string.h>

struct slice {
	const char *at; /* borrowed; may be NULL when len is 0 */
	size_t len;
};

/* The slice of a string literal, usable as an initializer. */
#define SLICE_INIT(lit)                                                        \
	{                                                                      \
		(lit), sizeof(lit) - 1                                         \
	}
#define SLICE(lit) ((struct slice)SLICE_INIT(lit))
/* For printf's "%.*s". */
#define SLICE_ARG(s) (int)(s).len, (s).at

static inline struct slice
slice_of(const char *at, size_t len)
{
	return (struct slice){ at, len };
}

/* NULL gives the empty slice. */
static inline struct slice
slice_cstr(const char *text)
{
	return (struct slice){ text, text != NULL ? strlen(text) : 0 };
}

/* The bytes [from, from + len), cut to what there is. */
struct slice slice_sub(struct slice s, size_t from, size_t len);
/* What is left after the first `n` bytes. */
struct slice slice_skip(struct slice s, size_t n);
bool slice_eq(struct slice a, struct slice b);
/* ASCII letters compare without case. */
bool slice_eq_nocase(struct slice a, struct slice b);
/* <0, 0, >0 as memcmp, a shorter prefix first. */
int slice_cmp(struct slice a, struct slice b);
bool slice_starts_with(struct slice s, struct slice prefix);
bool slice_starts_with_nocase(struct slice s, struct slice prefix);
bool slice_ends_with_nocase(struct slice s, struct slice suffix);
/* Index of the first such byte, or s.len. */
size_t slice_find_byte(struct slice s, char byte);
/* Index of the first occurrence of `needle`, or s.len. */
size_t slice_find(struct slice s, struct slice needle);
/* The same without regard to the case of ASCII letters. */
size_t slice_find_nocase(struct slice s, struct slice needle);
/* No byte is over 0x7f. */
bool slice_is_7bit(struct slice s);
/* Without spaces and tabs at both ends. */
struct slice slice_trim(struct slice s);
/* Takes the text before the first `sep` off *rest and the separator with it;
 * false when *rest is empty.  The last part may lack its separator. */
bool slice_split(struct slice *rest, char sep, struct slice *part);
/* The whole slice as a decimal number of at most `max`; no sign, no spaces. */
bool slice_to_u64(struct slice s, uint64_t max, uint64_t *value);
/* A malloc'd, terminated copy; the caller frees it. */
char *slice_dup(struct slice s);

static inline bool
ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
ascii_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* What the hexadecimal digit stands for; -1: it is none. */
static inline int
ascii_hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
