/* SPDX-License-Identifier: MIT */
/*
 * What a scenario file is, read without a look at whether it is right: its
 * names, and the cases that it holds.  For whoever lists and chooses.  Pure.
 */
#ifndef FAULTPOST_HEADING_H
#define FAULTPOST_HEADING_H

#include "core/base/arena.h"
#include "core/base/err.h"

/* The names of one case.  Everything is in the arena. */
struct heading {
	const char *variant;           /* "": the file is this one case */
	const char *title, *case_name; /* "" when there is none */
	uint64_t seed;
	const char **tags;
	size_t tag_count;
};

/* Reads what can be read of each case of a file, at least one.  NULL, with an
 * error that names `path`, when its text is no JSON object. */
struct heading *heading_read(const char *path, struct slice text,
    struct arena *arena, size_t *count, struct err *err);

#endif
