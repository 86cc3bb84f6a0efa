/* SPDX-License-Identifier: MIT */
/* Keeping the first and the last lines of a log. */
#include "harness/excerpt.h"

static const struct excerpt_line *line_at(
    const struct excerpt *e, uint64_t number);

void
excerpt_fini(struct excerpt *e)
{
	for (size_t i = 0; i < EXCERPT_KEEP; i++) {
		buf_fini(&e->first[i].text);
		buf_fini(&e->last[i].text);
	}
}

void
excerpt_add(struct excerpt *e, struct slice line, utime at)
{
	struct excerpt_line *kept = e->count < EXCERPT_KEEP
	    ? &e->first[e->count]
	    : &e->last[e->count % EXCERPT_KEEP];

	e->count++;
	kept->at = at;
	buf_clear(&kept->text);
	if (line.len > 0 && line.at[line.len - 1] == '\n')
		line.len--;
	buf_append(&kept->text, line);
}

void
excerpt_format(const struct excerpt *e, utime around, size_t rows,
    size_t indent, struct buf *out)
{
	uint64_t end = 0, begin;

	for (uint64_t n = 0; n < e->count; n++) {
		const struct excerpt_line *line = line_at(e, n);

		if (line != NULL && line->at <= around)
			end = n + 1;
	}
	end = end + rows / 3 < e->count ? end + rows / 3 : e->count;
	begin = end > rows ? end - rows : 0;
	for (uint64_t n = begin; n < end; n++) {
		const struct excerpt_line *line = line_at(e, n);

		if (line == NULL)
			continue;
		for (size_t i = 0; i < indent; i++)
			buf_append_byte(out, ' ');
		buf_append(out, buf_slice(&line->text));
		buf_append_byte(out, '\n');
	}
}

static const struct excerpt_line *
line_at(const struct excerpt *e, uint64_t number)
{
	if (number < EXCERPT_KEEP)
		return &e->first[number];
	if (number + EXCERPT_KEEP < e->count)
		return NULL;
	return &e->last[number % EXCERPT_KEEP];
}
