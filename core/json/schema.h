/* SPDX-License-Identifier: MIT */
/*
 * What the tables of table.h say, for others: a JSON Schema for editors and
 * validators, a page for people.  Both are printed from the rows by which the
 * reader reads.
 *
 * A schema sees the parsed value, not the text: duplicate keys, U+0000 and the
 * limits of json_doc_parse() are outside of it, and so are references from one
 * part of a file to another.
 */
#ifndef FAULTPOST_JSON_SCHEMA_H
#define FAULTPOST_JSON_SCHEMA_H

#include "core/base/buf.h"
#include "core/json/table.h"

/* Appends the schema (JSON Schema draft-07, indented by 2, newline at the end)
 * of texts whose top is `top`; `id` becomes "$id" and may be NULL, `title` is
 * for people. */
void json_schema_print(const struct json_table *top, const char *id,
    const char *title, struct buf *out);
/* Appends a Markdown section for `top` and each table that it reaches: the
 * table's sentence and its keys with type, default and meaning. */
void json_fields_print(const struct json_table *top, struct buf *out);

#endif
