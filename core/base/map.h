/* SPDX-License-Identifier: MIT */
/*
 * A table of names: text to pointer, letters (ASCII) without case.  It only
 * grows, and keeps neither keys nor values alive.  A zeroed struct is an empty
 * map.  Its order is nobody's business: whoever needs one keeps a list too.
 */
#ifndef FAULTPOST_MAP_H
#define FAULTPOST_MAP_H

#include "core/base/slice.h"

struct map_slot;

struct map {
	struct map_slot *slots; /* owned; open addressing */
	size_t count, cap;      /* cap is 0 or a power of 2 */
};

void map_fini(struct map *m);
/* The value of `key`, or NULL. */
void *map_find(const struct map *m, struct slice key);
/* Adds a key that is not there; the bytes of `key` are borrowed for the life of
 * the map, and `value` is not NULL. */
void map_add(struct map *m, struct slice key, void *value);

#endif
