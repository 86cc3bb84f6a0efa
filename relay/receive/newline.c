/* SPDX-License-Identifier: MIT */
/* Content without bare CR and bare LF; see newline.h. */
#include "relay/receive/newline.h"

/* Index of the first CR or LF, or s.len. */
static size_t
find_break(struct slice s)
{
	size_t i = 0;

	while (i < s.len && s.at[i] != '\r' && s.at[i] != '\n')
		i++;
	return i;
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
		end = find_break(content);
		buf_append(out, slice_sub(content, 0, end));
		if (end == content.len)
			return;
		if (content.at[end] == '\r')
			n->cr = true;
		else
			buf_append(out, SLICE("\r\n"));
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
