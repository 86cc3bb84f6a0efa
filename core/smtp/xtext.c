/* SPDX-License-Identifier: MIT */
/* xtext; see xtext.h. */
#include "core/smtp/xtext.h"

#include "core/smtp/utf8.h"

/* Of "\x{10FFFF}". */
#define UTF8_HEX_MAX 6

static int
hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	/* Capital letters only (RFC 3461, 4). */
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* What "+41" at `at` stands for; -1: it is none. */
static int
hexchar_at(struct slice text, size_t at)
{
	int high, low;

	if (at + 2 >= text.len || text.at[at] != '+')
		return -1;
	high = hex_value(text.at[at + 1]);
	low = hex_value(text.at[at + 2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool
is_xchar(char c)
{
	return c >= '!' && c <= '~' && c != '+' && c != '=';
}

bool
smtp_xtext_is_valid(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		int byte;

		if (is_xchar(text.at[i]))
			continue;
		byte = hexchar_at(text, i);
		if (byte < ' ' || byte > '~')
			return false;
		i += 2;
	}
	return text.len > 0;
}

/* The length of "\x{C4}" at `at`, of a character that ASCII or the syntax does
 * not allow; 0: it is none. */
static size_t
escape_at(struct slice text, size_t at)
{
	struct slice rest = slice_skip(text, at);
	size_t digits = 0;
	uint32_t value = 0;

	if (!slice_starts_with(rest, SLICE("\\x{")))
		return 0;
	rest = slice_skip(rest, 3);
	while (digits < rest.len && hex_value(rest.at[digits]) >= 0 &&
	    digits <= UTF8_HEX_MAX)
		value = value * 16 + (uint32_t)hex_value(rest.at[digits++]);
	if (digits < 2 || digits > UTF8_HEX_MAX || digits == rest.len ||
	    rest.at[digits] != '}')
		return 0;
	if (value < ' ' || value == 0x7f || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	return digits + 4;
}

bool
smtp_xtext_is_utf8_address(struct slice text)
{
	size_t i = 0;

	while (i < text.len) {
		size_t wide = text.at[i] == '\\' ? escape_at(text, i)
						 : smtp_utf8_scan(text, i);

		if (wide == 0 && (!is_xchar(text.at[i]) || text.at[i] == '\\'))
			return false;
		i += wide > 0 ? wide : 1;
	}
	return text.len > 0;
}

bool
smtp_xtext_decode(struct slice text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		int byte;

		if (is_xchar(text.at[i])) {
			buf_append_byte(out, text.at[i]);
			continue;
		}
		byte = hexchar_at(text, i);
		if (byte < 0)
			return false;
		buf_append_byte(out, (char)byte);
		i += 2;
	}
	return true;
}
