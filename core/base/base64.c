/* SPDX-License-Identifier: MIT */
/* Base64; see base64.h. */
#include "core/base/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buf *out, struct slice bytes)
{
	for (size_t at = 0; at < bytes.len; at += 3) {
		const size_t left = bytes.len - at;
		uint32_t group = 0;

		for (size_t i = 0; i < 3; i++)
			group = group << 8 |
			    (i < left ? (unsigned char)bytes.at[at + i] : 0U);
		for (size_t i = 0; i < 4; i++)
			buf_append_byte(out,
			    i <= left ? alphabet[group >> (18 - 6 * i) & 63]
				      : '=');
	}
}

/* The six bits of a character, 64 when it is none. */
static uint32_t
value_of(char c)
{
	const char *found = c != '\0' ? strchr(alphabet, c) : NULL;

	return found != NULL ? (uint32_t)(found - alphabet) : 64;
}

bool
base64_decode(struct buf *out, struct slice text)
{
	const size_t before = buf_len(out);
	size_t padding = 0;

	if (text.len % 4 != 0)
		return false;
	while (padding < 2 && padding < text.len &&
	    text.at[text.len - 1 - padding] == '=')
		padding++;
	for (size_t at = 0; at < text.len; at += 4) {
		const bool is_last = at + 4 == text.len;
		const size_t count = is_last ? 3 - padding : 3;
		uint32_t group = 0;

		for (size_t i = 0; i < 4; i++) {
			const uint32_t value =
			    i > count ? 0 : value_of(text.at[at + i]);

			if (value == 64) {
				buf_truncate(out, before);
				return false;
			}
			group = group << 6 | value;
		}
		for (size_t i = 0; i < count; i++)
			buf_append_byte(out, (char)(group >> (16 - 8 * i)));
	}
	return true;
}
