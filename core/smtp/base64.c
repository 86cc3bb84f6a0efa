/* SPDX-License-Identifier: MIT */
/* Base64; see base64.h. */
#include "core/smtp/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789+/";

void
smtp_base64_encode(struct slice bytes, struct buf *out)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		struct slice three = slice_sub(bytes, i, 3);
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 |
			    (k < three.len ? (unsigned char)three.at[k] : 0U);
		for (size_t k = 0; k < 4; k++)
			buf_append_byte(out,
			    k <= three.len ? alphabet[bits >> (18 - 6 * k) & 63]
					   : '=');
	}
}

/* The value of a letter, or 64. */
static uint32_t
letter_value(char c)
{
	const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

	return at != NULL ? (uint32_t)(at - alphabet) : 64;
}

/* Four letters, of which the last `padding` are '='. */
static bool
group_decode(struct slice four, size_t padding, struct buf *out)
{
	uint32_t bits = 0;

	for (size_t k = 0; k < 4; k++) {
		uint32_t value = k < 4 - padding ? letter_value(four.at[k]) : 0;

		if (value > 63)
			return false;
		bits = bits << 6 | value;
	}
	/* What the padding leaves over says nothing. */
	if ((bits & ((1U << 8 * padding) - 1)) != 0)
		return false;
	for (size_t k = 0; k < 3 - padding; k++)
		buf_append_byte(out, (char)(bits >> (16 - 8 * k) & 255));
	return true;
}

bool
smtp_base64_decode(struct slice text, struct buf *out)
{
	if (text.len % 4 != 0)
		return false;
	for (size_t i = 0; i < text.len; i += 4) {
		struct slice four = slice_sub(text, i, 4);
		size_t padding = 0;

		if (i + 4 == text.len && four.at[3] == '=')
			padding = four.at[2] == '=' ? 2 : 1;
		if (!group_decode(four, padding, out))
			return false;
	}
	return true;
}
