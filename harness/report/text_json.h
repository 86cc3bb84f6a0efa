/* SPDX-License-Identifier: MIT */
/*
 * Texts in JSON, and JSON as text.  What a log or a scenario holds may be any
 * bytes, and JSON takes UTF-8 only.  Pure.
 */
#ifndef FAULTPOST_TEXT_JSON_H
#define FAULTPOST_TEXT_JSON_H

#include "core/base/buf.h"

#include <jansson.h>

/* Sets a text, printable when it is not UTF-8, or nothing when it is NULL. */
void text_json_set(json_t *object, const char *key, const char *text);
/* A string of bytes that are UTF-8 ("" when they are not). */
json_t *text_json(const struct buf *text);
/* Appends a text of printable_format() as a string. */
void text_json_quote(struct slice printable, struct buf *out);
/* Appends the object in one line, with 15 digits to a fraction, and lets it
 * go. */
void text_json_dump(json_t *object, struct buf *out);

#endif
