/* SPDX-License-Identifier: MIT */
/* Words in a line; see reader_words.h. */
#include "harness/live/reader_words.h"

#include <stdlib.h>

bool
reader_take(struct slice *rest, struct slice mark, struct slice *part)
{
	size_t at = slice_find(*rest, mark);

	if (at == rest->len)
		return false;
	*part = slice_sub(*rest, 0, at);
	*rest = slice_skip(*rest, at + mark.len);
	return true;
}

struct slice
reader_between(struct slice text, struct slice from, struct slice to)
{
	struct slice part;

	if (!reader_take(&text, from, &part) || !reader_take(&text, to, &part))
		return (struct slice){ 0 };
	return part;
}

void
reader_set(char **text, struct slice value)
{
	free(*text);
	*text = slice_dup(value);
}

struct slice
reader_failure(struct slice text)
{
	static const struct {
		struct slice says, means;
	} rows[] = {
		{ SLICE_INIT("refused"),
		    SLICE_INIT("[Errno 61] Connection refused") },
		{ SLICE_INIT("timed out"), SLICE_INIT("timeout") },
		{ SLICE_INIT("unreachable"),
		    SLICE_INIT("[Errno 65] No route to host") },
		{ SLICE_INIT("No route"),
		    SLICE_INIT("[Errno 65] No route to host") },
		{ SLICE_INIT("reset"),
		    SLICE_INIT("[Errno 54] Connection reset by peer") },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (slice_find(text, rows[i].says) < text.len)
			return rows[i].means;
	return SLICE("EOF");
}
