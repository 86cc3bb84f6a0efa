/* SPDX-License-Identifier: MIT */
/* Content without bare CR and bare LF; see newline.h. */
#include "relay/receive/newline.h"

/* A run without CR: a bare LF ends a line, too. */
static void
clean_run(struct slice run, struct buf *out)
{
	for (;;) {
		size_t end = slice_find_byte(run, '\n');

		buf_append(out, slice_sub(run, 0, end));
		if (end == run.len)
			return;
		buf_append(out, SLICE("\r\n"));
		run = slice_skip(run, end + 1);
	}
}

void
newline_clean(struct newline_cleaner *n, struct slice content, struct buf *out)
{
	while (content.len > 0) {
		size_t end;

		if (n->cr) {
			buf_append(out, SLICE("\r\n"));
			n->cr = false;
			content = slice_skip(content, content.at[0] == '\n');
			continue;
		}
		end = slice_find_byte(content, '\r');
		clean_run(slice_sub(content, 0, end), out);
		n->cr = end < content.len;
		content = slice_skip(content, end + 1);
	}
}

void
newline_clean_end(struct newline_cleaner *n, struct buf *out)
{
	if (n->cr)
		buf_append(out, SLICE("\r\n"));
	n->cr = false;
}
