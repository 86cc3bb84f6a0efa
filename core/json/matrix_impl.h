/* SPDX-License-Identifier: MIT */
/*
 * What the reader of a matrix and the maker of variants share.  Not for other
 * folders.
 */
#ifndef FAULTPOST_JSON_MATRIX_IMPL_H
#define FAULTPOST_JSON_MATRIX_IMPL_H

#include "core/json/matrix.h"

struct json_parameter_value {
	char label[JSON_LABEL_MAX + 1];
	json_t *value; /* borrowed from the document */
};

struct json_parameter {
	const char *name;                    /* borrowed from the document */
	struct json_parameter_value *values; /* owned */
	size_t count;
	bool is_scalar; /* all values are: they may stand within a string */
	bool is_used;
};

/* A `${name}` in a text, or a `$${name}`, which stands for itself. */
struct json_use {
	size_t begin, end; /* bytes of the text, the end excluded */
	struct slice name;
	bool is_escaped;
};
/* Finds the first one at or behind byte `from`; false: there is none. */
bool json_use_find(struct slice text, size_t from, struct json_use *use);
/* The text is that one use, and nothing else. */
bool json_use_is_all(const struct json_use *use, struct slice text);

/* The parameter of that name among the first `count`, or NULL. */
struct json_parameter *json_parameter_find(
    const struct json_matrix *m, size_t count, struct slice name);
/* Says that there is no such parameter, at the key of the object at `at` or,
 * with NULL, in the string there; always false. */
bool json_parameter_fail(const struct json_matrix *m,
    const struct json_use *use, const struct json_at *at, const char *key,
    struct err *err);
/* Checks all uses in the document and notes which parameters they use. */
bool json_uses_check(struct json_matrix *m, struct err *err);
/* Which value parameter `index` has in a combination. */
size_t json_matrix_choice(
    const struct json_matrix *m, size_t combination, size_t index);

/* Makes the document of a text that was parsed before, with another tree of the
 * same shape as that text where no parameter stands; takes `root`. */
void json_doc_of_variant(
    struct json_doc *variant, const struct json_doc *doc, json_t *root);

#endif
