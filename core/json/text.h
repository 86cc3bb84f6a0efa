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
/* The first byte of the character that a byte belongs to. */
size_t json_text_character(struct slice text, size_t offset);
/* Moves line and column from those of byte `from` to those of byte `to`. */
void json_text_advance(
    struct slice text, size_t from, size_t to, int *line, int *col);

/* From an offset into a text that is known to be JSON: past space; past a value
 * (or a key) and the space around it. */
size_t json_text_skip_space(struct slice text, size_t offset);
size_t json_text_skip_value(struct slice text, size_t offset);

/* The token that holds or ends at byte `position` (1-based: how many bytes
 * were read when the parser gave up); the text may be no JSON from there on.
 * Empty at the end when nothing but space comes before. */
struct slice json_text_token(struct slice text, size_t position);

/* The byte of the text from which byte `index` of the string's value comes;
 * `offset` is that of the opening quote. */
size_t json_text_inside(struct slice text, size_t offset, size_t index);

/* Jansson's error in our words and at the token's start; always false. */
bool json_syntax_fail(const char *file, struct slice text,
    const json_error_t *error, struct err *err);

#endif
