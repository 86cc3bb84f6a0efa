/* SPDX-License-Identifier: MIT */
/* Globs of addresses; see rule_glob.h. */
#include "mockserver/rule/rule_glob.h"

#include "core/base/suggest.h"

static bool glob_matches(struct slice glob, struct slice text);

bool
rule_globs_match(const struct slice *globs, size_t glob_count,
    const struct slice *texts, size_t text_count)
{
	for (size_t i = 0; i < glob_count; i++)
		for (size_t j = 0; j < text_count; j++)
			if (glob_matches(globs[i], texts[j]))
				return true;
	return false;
}

/* Goes back to the last '*' when it gets stuck, which is enough: an earlier one
 * could only match more of what the last one may match as well. */
static bool
glob_matches(struct slice glob, struct slice text)
{
	size_t g = 0, t = 0, star = SIZE_MAX, star_text = 0;

	if (glob.len > 0 && glob.at[0] == '@')
		return slice_ends_with_nocase(text, glob);
	while (t < text.len) {
		if (g < glob.len && glob.at[g] == '*') {
			star = g++;
			star_text = t;
		} else if (g < glob.len &&
		    (glob.at[g] == '?' ||
			ascii_lower(glob.at[g]) == ascii_lower(text.at[t]))) {
			g++;
			t++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (g < glob.len && glob.at[g] == '*')
		g++;
	return g == glob.len;
}

size_t
rule_globs_distance(const struct slice *globs, size_t glob_count,
    const struct slice *texts, size_t text_count)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < glob_count; i++)
		for (size_t j = 0; j < text_count; j++) {
			struct slice text = texts[j];
			size_t distance;

			if (globs[i].len > 0 && globs[i].at[0] == '@')
				text = slice_skip(
				    text, slice_find_byte(text, '@'));
			distance = suggest_distance(globs[i], text);
			least = distance < least ? distance : least;
		}
	return least;
}
