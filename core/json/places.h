/* SPDX-License-Identifier: MIT */
/*
 * Where the values of a JSON text stand.  What a look-up has read of the text
 * is remembered, so that asking for the places of all values of a long text
 * reads it a few times and not once for each.  Not for other folders.
 */
#ifndef FAULTPOST_JSON_PLACES_H
#define FAULTPOST_JSON_PLACES_H

#include "core/json/text.h"

/* Where a pointer leads. */
struct json_found {
	json_t *value; /* NULL: nowhere, the offsets are of the last step */
	size_t offset; /* of the value's first byte */
	size_t key;    /* of the key's quote; `offset` for what has none */
};

struct json_places;

/* The places of a text and of the tree that it was parsed into; both are
 * borrowed.  Nothing is read yet. */
struct json_places *json_places_new(struct slice text, json_t *root);
/* NULL inside is fine. */
void json_places_destroy(struct json_places **pp);

/* Follows a pointer (RFC 6901): as the tree keeps the order of the file, a
 * member is found in the text by its number. */
struct json_found json_places_find(struct json_places *p, const char *pointer);
/* What json_text_place() gives. */
void json_places_line(
    struct json_places *p, size_t offset, int *line, int *col);

#endif
