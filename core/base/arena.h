/* SPDX-License-Identifier: MIT */
/*
 * Memory that is given back at once: a parsed file lives in one arena and is
 * const after parsing.  A zeroed struct is an empty arena.
 */
#ifndef FAULTPOST_ARENA_H
#define FAULTPOST_ARENA_H

#include "core/base/slice.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* owned, the newest first */
};

void arena_fini(struct arena *a);
/* Zeroed memory, aligned for any type, valid until arena_fini(). */
void *arena_alloc(struct arena *a, size_t size_bytes);
/* A terminated copy of the bytes. */
char *arena_strdup(struct arena *a, struct slice s);
/* The same copy as a slice. */
struct slice arena_slice(struct arena *a, struct slice s);

#endif
