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

enum maillog_phase
reader_phase_unanswered(struct slice why)
{
	static const struct {
		struct slice says;
		enum maillog_phase means;
	} rows[] = {
		{ SLICE_INIT("nullMX"), MAILLOG_PHASE_NULL_MX },
		{ SLICE_INIT("does not accept mail"), MAILLOG_PHASE_NULL_MX },
		{ SLICE_INIT("no SMTP service"), MAILLOG_PHASE_NULL_MX },
		{ SLICE_INIT("not found"), MAILLOG_PHASE_DNS },
		{ SLICE_INIT("does not exist"), MAILLOG_PHASE_DNS },
		{ SLICE_INIT("non-existent"), MAILLOG_PHASE_DNS },
		{ SLICE_INIT("Unrouteable"), MAILLOG_PHASE_DNS },
		{ SLICE_INIT("No MX"), MAILLOG_PHASE_DNS },
		{ SLICE_INIT("Invalid domain"), MAILLOG_PHASE_DNS },
		{ SLICE_INIT("lookup"), MAILLOG_PHASE_DNS },
		{ SLICE_INIT("look up"), MAILLOG_PHASE_DNS },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (slice_find(why, rows[i].says) < why.len)
			return rows[i].means;
	return MAILLOG_PHASE_NETWORK;
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

bool
reader_is_namesake(struct slice a, struct slice b)
{
	a.len = slice_find_byte(a, '@');
	b.len = slice_find_byte(b, '@');
	return slice_eq(a, b);
}
