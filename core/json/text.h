/* SPDX-License-Identifier: MIT */
/*
 * Offsets, tokens and places in a JSON text, for the messages of doc.h.  Not
 * for other folders.
 */
#ifndef FAULTPOST_JSON_TEXT_H
#define FAULTPOST_JSON_TEXT_H

#include "core/base/err.h"
#include "core/base/slice.h"

#include <jansson.h>

/* Line and column of the character that a byte belongs to, or of the end when
 * `offset` is the length. */
void json_text_place(struct slice text, size_t offset, int *line, int *col);

/* The token that holds or ends at byte `position` (1-based: how many bytes
 * were read when the parser gave up); the text may be no JSON from there on.
 * Empty at the end when nothing but space comes before. */
struct slice json_text_token(struct slice text, size_t position);

/* Where a pointer leads. */
struct json_found {
	json_t *value; /* NULL: nowhere, the offsets are of the last step */
	size_t offset; /* of the value's first byte */
	size_t key;    /* of the key's quote; `offset` for what has none */
};

/* Follows `pointer` through the tree and its text at once: as the tree keeps
 * the order of the file, a member is found in the text by its number. */
struct json_found json_text_find(
    struct slice text, json_t *root, const char *pointer);

/* The byte of the text from which byte `index` of the string's value comes;
 * `offset` is that of the opening quote. */
size_t json_text_inside(struct slice text, size_t offset, size_t index);

/* Jansson's error in our words and at the token's start; always false. */
bool json_syntax_fail(const char *file, struct slice text,
    const json_error_t *error, struct err *err);

#endif
