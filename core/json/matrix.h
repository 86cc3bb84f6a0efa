/* SPDX-License-Identifier: MIT */
/*
 * One JSON text that stands for several: the member "matrix" at its top names
 * parameters with their values, each combination of values is a variant, and
 * `${name}` in a string is the value.
 *
 *	"matrix": {"stage": ["mail", "rcpt"], "fault": {"full": "452 4.3.1"},
 *	           "exclude": [{"stage": "mail", "fault": "full"}]}
 *
 * A variant is a document of its own before any table reads it: a string that
 * is a parameter and nothing else becomes the value, whatever its type; within
 * a string or a key, the value's text comes instead.  A value may use the
 * parameters that stand before its own.  `$${name}` stays, as `${name}`.
 * Errors in a variant have the places of the text.
 */
#ifndef FAULTPOST_JSON_MATRIX_H
#define FAULTPOST_JSON_MATRIX_H

#include "core/base/buf.h"
#include "core/json/table.h"

#define JSON_MATRIX_KEY    "matrix"
#define JSON_EXCLUDE_KEY   "exclude"
#define JSON_VARIANTS_MAX  1000
#define JSON_PARAMETER_MAX 16 /* parameters of a matrix */
#define JSON_LABEL_MAX     64 /* bytes of what a value is called */

/* For a table's row "matrix", which makes a schema take parameters wherever a
 * value is expected.  Member: bool. */
extern const struct json_custom json_matrix_custom;

struct json_parameter;
struct json_matrix {
	const struct json_doc *doc;        /* borrowed */
	struct json_parameter *parameters; /* owned */
	size_t parameter_count;
	size_t *combinations; /* owned: the number of each variant's, in which
	                         the last parameter changes first */
	size_t count;         /* of variants; 1 without a matrix */
};

/* Reads the matrix of a document, and checks each use of a parameter in it.
 * False with *err set: an unknown or unused parameter, too many combinations,
 * nothing left of them.  json_matrix_fini() is allowed either way. */
bool json_matrix_read(
    struct json_matrix *m, const struct json_doc *doc, struct err *err);
/* A zeroed struct is empty. */
void json_matrix_fini(struct json_matrix *m);

/* Appends what variant `i` is called, as "stage=mail,fault=full"; nothing
 * without a matrix. */
void json_matrix_label(const struct json_matrix *m, size_t i, struct buf *out);
/* The variant that is called so.  False with *err set when there is none; an
 * empty label is that of a document without a matrix. */
bool json_matrix_find(const struct json_matrix *m, struct slice label,
    size_t *i, struct err *err);
/* "FILE[LABEL]" into its two parts; without brackets the label is empty. */
void json_variant_split(
    struct slice name, struct slice *file, struct slice *label);
/* Parses a text (see json_doc_parse()) and makes the variant that is called so
 * of it. */
bool json_doc_parse_variant(struct json_doc *doc, const char *file,
    struct slice text, struct slice label, struct err *err);
/* Makes variant `i` a document.  False with *err set when a key is there twice,
 * or the values make it too large or too deep. */
bool json_matrix_expand(const struct json_matrix *m, size_t i,
    struct json_doc *variant, struct err *err);

#endif
