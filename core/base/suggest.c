/* SPDX-License-Identifier: MIT */
/* "Did you mean"; see suggest.h. */
#include "core/base/suggest.h"

enum {
	WORD_MAX = 64
};

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

size_t
suggest_distance(struct slice a, struct slice b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	if (a.len > WORD_MAX || b.len > WORD_MAX)
		return a.len > b.len ? a.len : b.len;
	for (size_t j = 0; j <= b.len; j++)
		above[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		char ca = ascii_lower(a.at[i - 1]);
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			char cb = ascii_lower(b.at[j - 1]);

			row[j] = min3(above[j] + 1, row[j - 1] + 1,
			    above[j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == ascii_lower(b.at[j - 2]) &&
			    cb == ascii_lower(a.at[i - 2]) &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[b.len];
}

void
suggest_offer(struct suggest *s, const char *name)
{
	size_t distance = suggest_distance(s->word, slice_cstr(name));

	if (s->best == NULL || distance < s->best_distance) {
		s->best = name;
		s->best_distance = distance;
	}
}

const char *
suggest_result(const struct suggest *s)
{
	size_t allowed = s->word.len / 3 > 1 ? s->word.len / 3 : 1;

	return s->best != NULL && s->best_distance <= allowed ? s->best : NULL;
}
