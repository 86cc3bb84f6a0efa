/* SPDX-License-Identifier: MIT */
/* "Did you mean": the nearest known word to one that is not known. */
#ifndef FAULTPOST_SUGGEST_H
#define FAULTPOST_SUGGEST_H

#include "core/base/slice.h"

/* Edit distance (insert, delete, replace, swap neighbours: 1 each), letters
 * without case; words over 64 bytes are as far apart as they are long. */
size_t suggest_distance(struct slice a, struct slice b);

/* A running search: start with { .word = w }, offer each known name (borrowed
 * until suggest_result), then ask.  The result is NULL unless the nearest name
 * is within a third of the word's length (at least 1) of it. */
struct suggest {
	struct slice word;
	const char *best;
	size_t best_distance;
};
void suggest_offer(struct suggest *s, const char *name);
const char *suggest_result(const struct suggest *s);

#endif
