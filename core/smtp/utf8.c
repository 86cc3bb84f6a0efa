/* SPDX-License-Identifier: MIT */
/* UTF-8 sequences; see utf8.h. */
#include "core/smtp/utf8.h"

/* RFC 3629, 4: by the first byte, the length and the range of the second. */
static const struct {
	unsigned char first_min, first_max, second_min, second_max, len;
} forms[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static size_t form_find(unsigned char first);

size_t
smtp_utf8_scan(struct slice s, size_t at)
{
	const unsigned char *bytes = (const unsigned char *)s.at + at;
	size_t form = form_find(bytes[0]);

	if (form == ARRAY_LEN(forms) || s.len - at < forms[form].len)
		return 0;
	if (bytes[1] < forms[form].second_min ||
	    bytes[1] > forms[form].second_max)
		return 0;
	for (size_t i = 2; i < forms[form].len; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return forms[form].len;
}

static size_t
form_find(unsigned char first)
{
	size_t i = 0;

	if (first < 0x80)
		return ARRAY_LEN(forms);
	while (i < ARRAY_LEN(forms) &&
	    (first < forms[i].first_min || first > forms[i].first_max))
		i++;
	return i;
}
