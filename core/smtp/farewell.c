/* SPDX-License-Identifier: MIT */
/* What may come behind a 421; see farewell.h. */
#include "core/smtp/farewell.h"

/* A line that is longer was no command. */
#define LINE_MAX_BYTES ((size_t)4096)

bool
smtp_farewell_take(struct smtp_farewell *f, struct buf *in)
{
	static const struct slice quit = SLICE_INIT("QUIT\r\n");

	for (;;) {
		struct slice input = buf_slice(in);
		size_t end = slice_find_byte(input, '\n');

		if (f->is_all_in)
			buf_clear(in);
		if (buf_len(in) == 0)
			return true;
		if (f->may_quit && input.len <= quit.len &&
		    slice_starts_with_nocase(quit, input))
			return true;
		if (!f->is_ahead ||
		    slice_starts_with_nocase(input, SLICE("MAIL")))
			return false;
		if (end == input.len && end < LINE_MAX_BYTES)
			return true;
		f->is_all_in = end == input.len ||
		    slice_starts_with_nocase(input, SLICE("BDAT"));
		buf_consume(in, end == input.len ? end : end + 1);
	}
}
