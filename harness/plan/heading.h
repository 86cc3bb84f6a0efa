/* SPDX-License-Identifier: MIT */
/*
 * What a scenario file is, read without a look at whether it is right: its
 * names, and the cases that it holds.  For whoever lists and chooses.  Pure.
 */
#ifndef FAULTPOST_HEADING_H
#define FAULTPOST_HEADING_H

#include "core/base/arena.h"

/* Everything is in the arena. */
struct heading {
	const char *title, *case_name; /* "" when there is none */
	uint64_t seed;
	const char **tags;
	size_t tag_count;
	/* The cases of the file, at least one.  A file without variants is one
	 * case, whose variant is "". */
	const char **variants;
	size_t variant_count;
};

/* Reads what can be read: a file that is no scenario is a case without any
 * names. */
void heading_read(struct heading *h, struct slice text, struct arena *arena);

#endif
