/* SPDX-License-Identifier: MIT */
/*
 * A JSON text and places in it.  Jansson parses the text and keeps no
 * positions; here the text is kept beside the tree, and a JSON pointer
 * (RFC 6901) is turned into line and column by reading the text again, as far
 * as that is asked for.
 *
 * Every message about a JSON text has one form, FILE:LINE:COLUMN and then the
 * pointer: `a.json:17:22: /hosts/mx1/rules/2/delay: "5 parsecs" is not ...`.
 * Lines and columns count from 1, columns in characters (Unicode code points;
 * a tab is one); a line ends with LF, before which a CR may stand.
 */
#ifndef FAULTPOST_JSON_DOC_H
#define FAULTPOST_JSON_DOC_H

#include "core/base/err.h"
#include "core/base/slice.h"

#include <jansson.h>
#include <stdarg.h>

/* A longer text is refused. */
#define JSON_TEXT_MAX ((size_t)64 << 20)

struct json_doc {
	char *file; /* owned; for messages only */
	char *text; /* owned, terminated */
	size_t text_len;
	json_t *root;               /* owned */
	struct json_places *places; /* owned; of the values in the text */
	bool is_variant;            /* the text has parameters for values */
};

/* Parses a copy of `text` (RFC 8259, any value at the top).  Refused, with the
 * place: what is no JSON, a key twice in one object, U+0000 in a string,
 * nesting deeper than 2048, integers beyond 64 bits, a byte order mark.  On
 * failure `doc` is empty; json_doc_fini() is allowed. */
bool json_doc_parse(
    struct json_doc *doc, const char *file, struct slice text, struct err *err);
/* A zeroed struct is an empty document. */
void json_doc_fini(struct json_doc *doc);

/* The place of the value at `pointer` ("" is the whole text).  A pointer that
 * leads nowhere gives the place of the nearest value around it, and false. */
bool json_doc_place(
    const struct json_doc *doc, const char *pointer, int *line, int *col);
/* Reports an error at the value that `pointer` names; always false. */
bool json_doc_fail(const struct json_doc *doc, const char *pointer,
    struct err *err, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* A value on the way down: where the reader is, as a chain on the stack from
 * the value up to the root. */
struct json_at {
	const struct json_doc *doc; /* borrowed */
	/* Borrowed from doc and only read, though Jansson's iterators take no
	 * const; NULL: not there. */
	json_t *value;
	const struct json_at *parent; /* borrowed; NULL at the start */
	/* A member's name; NULL for an element; at the start: the pointer of
	 * `value`.  Borrowed. */
	const char *key;
	size_t index; /* of an element */
};

/* The start of a way down: the whole document. */
struct json_at json_at_root(const struct json_doc *doc);
/* The start of a way down at the value that `pointer` names. */
struct json_at json_at_pointer(const struct json_doc *doc, const char *pointer);
/* The member `key`, or the element `index`, of the value at `at`; its value is
 * NULL when there is none.  Borrows `at` and `key`. */
struct json_at json_at_key(const struct json_at *at, const char *key);
struct json_at json_at_index(const struct json_at *at, size_t index);
/* The text of a string value; the value must be a string. */
struct slice json_at_text(const struct json_at *at);
/* The value of an integer, 1.0 as well as 1; false when the value is none, or
 * is beyond 64 bits. */
bool json_at_integer(const struct json_at *at, int64_t *number);
/* The pointer as malloc'd text; the caller frees it. */
char *json_at_format(const struct json_at *at);

/* Report an error; always false.  The place is that of the value, or of the
 * nearest value around it when it is not there. */
bool json_fail(const struct json_at *at, struct err *err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The same at the key of a member of the object at `at`. */
bool json_fail_key(const struct json_at *at, const char *key, struct err *err,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The same at byte `index` of a string's value (as json_at_text() gives it),
 * for grammars inside strings. */
bool json_fail_inside(const struct json_at *at, size_t index, struct err *err,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Any text as it may stand in a message: in double quotes, control characters
 * and quotes escaped, shortened with "..." to fit; returns `out`. */
#define JSON_QUOTE_MAX 96
char *json_quote(struct slice text, char out[JSON_QUOTE_MAX]);

#endif
