/* SPDX-License-Identifier: MIT */
/*
 * What the reader and the printers both ask about a form.  Not for other
 * folders.
 */
#ifndef FAULTPOST_JSON_FORM_H
#define FAULTPOST_JSON_FORM_H

#include "core/base/buf.h"
#include "core/json/table.h"

/* The JSON_ACCEPTS_ bits of the types that a form accepts. */
unsigned json_form_types(const struct json_form *form);
/* The bits of the types that a value is of: 1 and 1.0 are both an integer and
 * a number. */
unsigned json_value_types(const json_t *value);
/* The preset of a field that has one, as JSON text; the caller frees it. */
char *json_preset_text(const struct json_field *field);
/* The tables that a table reaches, itself first, each once, in the order in
 * which its rows name them.  A zeroed struct is empty; free(at) in the end. */
struct json_table_list {
	const struct json_table **at; /* owned; the tables are borrowed */
	size_t count, cap;
};
void json_table_list_fill(
    struct json_table_list *list, const struct json_table *top);

/* Takes the next name off a group's list of keys; false at its end. */
bool json_group_key(struct slice *keys, struct slice *key);
/* The JSON Schema of a group's demand; the caller lets go of it. */
json_t *json_group_schema(const struct json_group *group);
/* Appends `"a", "b"`, at most `most` of the names, then "...". */
void json_names_append(struct buf *out, const char *const *names, size_t stride,
    size_t count, size_t most);

#endif
