/* SPDX-License-Identifier: MIT */
/* Memory given back at once; see arena.h. */
#include "core/base/arena.h"

#include <stdlib.h>

enum {
	ARENA_CHUNK_BYTES = 8192
};

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, cap;
	max_align_t mem[];
};

void
arena_fini(struct arena *a)
{
	while (a->chunks != NULL) {
		struct arena_chunk *chunk = a->chunks;

		a->chunks = chunk->next;
		free(chunk);
	}
}

void *
arena_alloc(struct arena *a, size_t size_bytes)
{
	struct arena_chunk *chunk = a->chunks;
	void *at;

	assert(size_bytes < SIZE_MAX / 2);
	size_bytes = (size_bytes + sizeof(max_align_t) - 1) /
	    sizeof(max_align_t) * sizeof(max_align_t);
	if (chunk == NULL || chunk->cap - chunk->used < size_bytes) {
		size_t cap = size_bytes > ARENA_CHUNK_BYTES
		    ? size_bytes
		    : (size_t)ARENA_CHUNK_BYTES;

		chunk = xcalloc(1, sizeof(*chunk) + cap);
		chunk->cap = cap;
		chunk->next = a->chunks;
		a->chunks = chunk;
	}
	at = (char *)chunk->mem + chunk->used;
	chunk->used += size_bytes;
	return at;
}

char *
arena_strdup(struct arena *a, struct slice s)
{
	char *copy = arena_alloc(a, s.len + 1);

	if (s.len > 0)
		memcpy(copy, s.at, s.len);
	return copy;
}

struct slice
arena_slice(struct arena *a, struct slice s)
{
	return slice_of(arena_strdup(a, s), s.len);
}
