/* SPDX-License-Identifier: MIT */
/* Names to pointers by open addressing with linear probing; see map.h. */
#include "core/base/map.h"

enum {
	MAP_CAP_FIRST = 64
};

struct map_slot {
	struct slice key;
	void *value; /* NULL: the slot is free */
	uint32_t hash;
};

static uint32_t key_hash(struct slice key);
static struct map_slot *slot_find(
    const struct map *m, struct slice key, uint32_t hash);
static void map_grow(struct map *m);

void
map_fini(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

void *
map_find(const struct map *m, struct slice key)
{
	return m->cap > 0 ? slot_find(m, key, key_hash(key))->value : NULL;
}

void
map_add(struct map *m, struct slice key, void *value)
{
	uint32_t hash = key_hash(key);
	struct map_slot *slot;

	assert(value != NULL);
	if (m->count >= m->cap / 2)
		map_grow(m);
	slot = slot_find(m, key, hash);
	assert(slot->value == NULL);
	*slot = (struct map_slot){ key, value, hash };
	m->count++;
}

/* FNV-1a, its high bits folded into the low ones that choose the slot. */
static uint32_t
key_hash(struct slice key)
{
	uint32_t hash = UINT32_C(2166136261);

	for (size_t i = 0; i < key.len; i++) {
		hash ^= (unsigned char)ascii_lower(key.at[i]);
		hash *= UINT32_C(16777619);
	}
	return hash ^ (hash >> 15);
}

/* The slot of the key, or the free one where it would go. */
static struct map_slot *
slot_find(const struct map *m, struct slice key, uint32_t hash)
{
	size_t i = hash & (m->cap - 1);

	while (m->slots[i].value != NULL &&
	    (m->slots[i].hash != hash ||
		!slice_eq_nocase(m->slots[i].key, key)))
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static void
map_grow(struct map *m)
{
	struct map old = *m;

	m->cap = old.cap > 0 ? old.cap * 2 : MAP_CAP_FIRST;
	m->slots = xcalloc(m->cap, sizeof(*m->slots));
	for (size_t i = 0; i < old.cap; i++) {
		const struct map_slot *slot = &old.slots[i];

		if (slot->value != NULL)
			*slot_find(m, slot->key, slot->hash) = *slot;
	}
	free(old.slots);
}
