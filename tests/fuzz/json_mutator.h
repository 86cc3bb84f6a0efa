/* SPDX-License-Identifier: MIT */
/*
 * Mutations of a JSON text that leave it JSON: values dropped, put in twice,
 * exchanged, taken from elsewhere, or replaced with what nobody expects.  A
 * fuzzer that changes bytes seldom gets past the parser; this one always does.
 */
#ifndef FAULTPOST_JSON_MUTATOR_H
#define FAULTPOST_JSON_MUTATOR_H

#include "core/base/buf.h"
#include "core/base/rng.h"

#include <jansson.h>

/* Where a value is: what holds it, and under which key (NULL: in an array). */
struct spot {
	json_t *holder;
	const char *key;
	size_t index;
	json_t *value;
};

enum {
	SPOTS_MAX = 4000,
	SPOTS_DEPTH = 64,
	MUTATIONS_MAX = 4,
};

struct spots {
	struct spot at[SPOTS_MAX];
	size_t count;
};

static inline void
spots_add(struct spots *spots, const struct spot *spot, int depth)
{
	json_t *value = spot->value;
	const char *key;
	json_t *member;
	size_t i;

	if (spots->count == SPOTS_MAX || depth == SPOTS_DEPTH)
		return;
	if (spot->holder != NULL)
		spots->at[spots->count++] = *spot;
	json_object_foreach(value, key, member)
	{
		spots_add(
		    spots, &(struct spot){ value, key, 0, member }, depth + 1);
	}
	json_array_foreach(value, i, member)
	{
		spots_add(
		    spots, &(struct spot){ value, NULL, i, member }, depth + 1);
	}
}

static inline const struct spot *
spots_pick(const struct spots *spots, struct rng *rng)
{
	return &spots->at[rng_below(rng, spots->count)];
}

/* A spot with that key, if chance finds one; else any. */
static inline const struct spot *
spots_pick_key(const struct spots *spots, const char *key, struct rng *rng)
{
	const struct spot *spot = spots_pick(spots, rng);

	for (int i = 0; key != NULL && i < 100; i++) {
		if (spot->key != NULL && strcmp(spot->key, key) == 0)
			break;
		spot = spots_pick(spots, rng);
	}
	return spot;
}

/* Puts the value, a reference that it takes, in place of the spot's. */
static inline void
spot_set(const struct spot *spot, json_t *value)
{
	if (spot->key != NULL)
		(void)json_object_set_new(spot->holder, spot->key, value);
	else
		(void)json_array_set_new(spot->holder, spot->index, value);
}

static inline void
spot_drop(const struct spot *spot)
{
	if (spot->key != NULL)
		(void)json_object_del(spot->holder, spot->key);
	else
		(void)json_array_remove(spot->holder, spot->index);
}

/* Another element like it, or a member like it under a key from elsewhere. */
static inline void
spot_double(const struct spot *spot, const struct spots *spots, struct rng *rng)
{
	json_t *copy = json_deep_copy(spot->value);
	const char *key = spots_pick(spots, rng)->key;

	if (spot->key == NULL)
		(void)json_array_insert_new(spot->holder, spot->index, copy);
	else
		(void)json_object_set_new(
		    spot->holder, key != NULL ? key : "copy", copy);
}

static inline void
spots_exchange(const struct spot *a, const struct spot *b)
{
	json_t *holder = json_incref(b->holder);
	json_t *to_a = json_deep_copy(b->value);
	json_t *to_b = json_deep_copy(a->value);

	spot_set(a, to_a); /* which may free what holds b */
	spot_set(b, to_b);
	json_decref(holder);
}

static inline json_t *
odd_number(struct rng *rng)
{
	static const json_int_t numbers[] = { 0, 1, -1, 2, 3, 7, 25, 250, 421,
		452, 550, 1000, 1001, 65535, 65536, INT32_MAX, UINT32_MAX,
		1000000000, INT64_MAX, INT64_MIN };

	if (rng_below(rng, 8) == 0)
		return json_real(rng_unit(rng) * 2 - 0.5);
	return json_integer(numbers[rng_below(rng, ARRAY_LEN(numbers))]);
}

static inline json_t *
odd_string(struct rng *rng)
{
	static const char *const strings[] = { "", " ", "0s", "1us", "1ms",
		"59.999s", "5m", "1h", "24h", "72h", "9999d", "-1s", "{", "{}",
		"{}{}{}{}{}{}{}{}", "{a}{a}", "{a}{b} {a}", "{n}", "{n}{n}@a",
		"{rcpt}", "@", "a@b", "*@b", "\"a b\"@c", "<>", "@a:b@c",
		"u@[10.1.1.1]", "10.1.1.11", "10.0.0.5", "0.0.0.0", "::1",
		"255.255.255.255", "[10.1.1.11]", "relay", "injector", "idle",
		"up", "refuse", "silent", "unreachable", "ALL", "ALL /dev/null",
		"ALL a/pri=0, b/pri=0", "a USEDNS", ".a b:0", "250 ok", "250",
		"2", "421 x", "599 5.7.1 x", "354 go", "250 5.0.0 x", "x",
		"452 {from} {time}", "\r\n.\r\n", "\t", "\x01", "\xc3\xa9",
		"(a*)*b", "^$", "[", "${stage}", "$${stage}",
		"2014-02-29T00:00:00Z", "9999-12-31T23:59:59.999999Z",
		"0001-01-01T00:00:00Z" };

	return json_string(strings[rng_below(rng, ARRAY_LEN(strings))]);
}

static inline json_t *
odd_value(struct rng *rng)
{
	switch (rng_below(rng, 12)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(rng_below(rng, 2));
	case 2:
		return json_object();
	case 3:
		return json_array();
	case 4:
	case 5:
	case 6:
		return odd_number(rng);
	}
	return odd_string(rng);
}

/* Like the value, but off by a little. */
static inline json_t *
near_value(json_t *value, struct rng *rng)
{
	json_int_t number = json_integer_value(value);
	json_int_t step = (json_int_t)rng_below(rng, 3) - 1;
	const char *text = json_string_value(value);
	struct buf changed = { 0 };
	json_t *made;

	if (json_is_integer(value) && number > INT64_MIN && number < INT64_MAX)
		return json_integer(number + step);
	if (text == NULL || text[0] == '\0')
		return odd_value(rng);
	size_t at = (size_t)rng_below(rng, strlen(text));
	buf_append(&changed, slice_of(text, at));
	if (rng_below(rng, 2) == 0)
		buf_append_byte(&changed, (char)(rng_below(rng, 95) + ' '));
	buf_append_cstr(&changed, text + at + rng_below(rng, 2));
	made = json_string(buf_cstr(&changed));
	buf_fini(&changed);
	return made != NULL ? made : odd_string(rng); /* UTF-8 cut in two */
}

/* One mutation; what is put in comes from `from`, which may be `into`. */
static inline void
json_mutate_once(json_t *into, json_t *from, struct rng *rng)
{
	static struct spots places, donors;
	const struct spot *spot, *donor;

	places.count = donors.count = 0;
	spots_add(&places, &(struct spot){ .value = into }, 0);
	spots_add(&donors, &(struct spot){ .value = from }, 0);
	if (places.count == 0 || donors.count == 0)
		return;
	spot = spots_pick(&places, rng);
	donor = spots_pick_key(&donors, spot->key, rng);
	switch (rng_below(rng, 8)) {
	case 0:
		spot_drop(spot);
		break;
	case 1:
		spot_double(spot, &donors, rng);
		break;
	case 2:
		spots_exchange(spot, spots_pick(&places, rng));
		break;
	case 3:
		spot_set(spot, odd_value(rng));
		break;
	case 4:
	case 5:
		spot_set(spot, near_value(spot->value, rng));
		break;
	default:
		spot_set(spot, json_deep_copy(donor->value));
		break;
	}
}

/* Mutates the text `into` with values of the text `from`, which may be the
 * same, and writes what comes of it to `out`; 0 when one is no JSON or the
 * outcome has more than `max` bytes. */
static inline size_t
json_mutate(struct slice into, struct slice from, struct rng *rng, uint8_t *out,
    size_t max)
{
	json_t *target = json_loadb(into.at, into.len, 0, NULL);
	json_t *donor = json_loadb(from.at, from.len, 0, NULL);
	size_t len = 0;

	if (target != NULL && donor != NULL) {
		for (uint64_t n = rng_below(rng, MUTATIONS_MAX) + 1; n > 0; n--)
			json_mutate_once(target, donor, rng);
		len = json_dumpb(target, (char *)out, max, JSON_COMPACT);
	}
	json_decref(target);
	json_decref(donor);
	return len <= max ? len : 0;
}

#endif
