/* SPDX-License-Identifier: MIT */
/* Bytes made visible; see printable.h. */
#include "harness/report/printable.h"

#include "core/smtp/utf8.h"

/* The length of the character at the front of `s`, which is not ASCII and may
 * be shown; 0: it may not. */
static size_t
character_length(struct slice s)
{
	size_t len = smtp_utf8_scan(s, 0);

	/* U+0080 to U+009F are control characters, U+FFFE and U+FFFF none;
	 * U+2028 to U+202E and U+2066 to U+2069 end lines, and have what is
	 * behind them stand elsewhere. */
	if (len == 2 && (s.at[0] & 0xff) == 0xc2 && (s.at[1] & 0xff) < 0xa0)
		return 0;
	if (len == 3 && memcmp(s.at, "\xef\xbf", 2) == 0 &&
	    (s.at[2] & 0xff) >= 0xbe)
		return 0;
	if (len == 3 && memcmp(s.at, "\xe2\x80", 2) == 0 &&
	    (s.at[2] & 0xff) >= 0xa8 && (s.at[2] & 0xff) <= 0xae)
		return 0;
	if (len == 3 && memcmp(s.at, "\xe2\x81", 2) == 0 &&
	    (s.at[2] & 0xff) >= 0xa6 && (s.at[2] & 0xff) <= 0xa9)
		return 0;
	return len;
}

static void
format(struct slice bytes, const char *plain, struct buf *out)
{
	while (bytes.len > 0) {
		unsigned char c = (unsigned char)bytes.at[0];
		bool is_plain =
		    (c >= ' ' && c < 0x7f) || (c > 0 && strchr(plain, c));
		size_t len = is_plain ? 1 : character_length(bytes);

		if (len > 0)
			buf_append(out, slice_sub(bytes, 0, len));
		else
			buf_printf(out, "\\x%02x", c);
		bytes = slice_skip(bytes, len > 0 ? len : 1);
	}
}

void
printable_format(struct slice bytes, struct buf *out)
{
	format(bytes, "\t\n", out);
}

void
printable_line_format(struct slice bytes, struct buf *out)
{
	format(bytes, "", out);
}
