/* SPDX-License-Identifier: MIT */
/*
 * The two halves of the reader: objects (table.c) and values (read.c).  Not
 * for other folders.
 */
#ifndef FAULTPOST_JSON_READ_H
#define FAULTPOST_JSON_READ_H

#include "core/json/table.h"

struct json_reader {
	struct arena *arena; /* borrowed, as is err */
	struct err *err;
};

/* json_table_read() of a value that is an object, into zeroed memory. */
bool json_read_table(const struct json_reader *r,
    const struct json_table *table, const struct json_at *at, void *value);
/* json_form_read(). */
bool json_read_form(const struct json_reader *r, const struct json_form *form,
    const struct json_at *at, void *member, size_t size);
/* Keeps a copy of the text in a member that is a slice or a const char *. */
void json_store(
    const struct json_reader *r, struct slice text, void *member, size_t size);

#endif
