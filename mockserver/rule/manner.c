/* SPDX-License-Identifier: MIT */
/* Replies in the manner of a connection; see manner.h. */
#include "mockserver/rule/manner.h"

/* The code, and the hyphen of a line that is not the last. */
static struct slice
bare_of(struct slice line)
{
	const bool goes_on = line.len > 3 && line.at[3] == '-';

	return slice_sub(line, 0, goes_on ? 4 : 3);
}

void
manner_apply(const struct rule_throughout *manner, size_t from, struct buf *out)
{
	const struct slice end =
	    manner->line_end.at != NULL ? manner->line_end : SLICE("\r\n");
	struct buf reply = { 0 };
	struct slice rest, line;

	buf_append(&reply, slice_skip(buf_slice(out), from));
	buf_truncate(out, from);
	rest = buf_slice(&reply);
	while (rest.len > 0) {
		const size_t lf = slice_find_byte(rest, '\n');

		assert(lf > 0 && lf < rest.len && rest.at[lf - 1] == '\r');
		line = slice_sub(rest, 0, lf - 1);
		rest = slice_skip(rest, lf + 1);
		buf_append(out, manner->text ? line : bare_of(line));
		buf_append(out, end);
	}
	buf_fini(&reply);
}
