/* SPDX-License-Identifier: MIT */
/* What the files of compare.h share. */
#ifndef FAULTPOST_ROUTES_COMPARE_IMPL_H
#define FAULTPOST_ROUTES_COMPARE_IMPL_H

#include "core/base/arena.h"
#include "harness/routes/compare.h"

struct compare {
	const struct routes *before, *after; /* borrowed */
	struct arena arena;
	struct compare_change *changes; /* owned */
	size_t count, cap;
	size_t idle_count;
};

/* Fills in the words of a change; false: mail goes as before, and there are
 * none. */
bool compare_words(struct compare *c, struct compare_change *change);

#endif
