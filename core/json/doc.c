/* SPDX-License-Identifier: MIT */
/* A JSON text, and errors at places in it; see doc.h. */
#include "core/json/doc.h"

#include "core/base/buf.h"
#include "core/json/matrix_impl.h"
#include "core/json/places.h"

enum {
	POINTER_SHOWN_MAX = 200 /* bytes of a pointer that a message shows */
};

static struct slice text_of(const struct json_doc *doc);
static struct json_found find(const struct json_doc *doc, const char *pointer);
static bool fail_at(const struct json_doc *doc, size_t offset,
    const char *pointer, struct err *err, const char *fmt, va_list ap)
    PRINTF_LIKE(5, 0);
static void char_append(struct buf *out, char c);
static void pointer_append(struct buf *out, const struct json_at *at);

bool
json_doc_parse(
    struct json_doc *doc, const char *file, struct slice text, struct err *err)
{
	const char *nul = text.len > 0 ? memchr(text.at, '\0', text.len) : NULL;
	json_error_t error;
	int line, col;

	*doc = (struct json_doc){ 0 };
	if (text.len > JSON_TEXT_MAX)
		return err_at(
		    err, file, 0, 0, "longer than %zu bytes", JSON_TEXT_MAX);
	if (slice_starts_with(text, SLICE("\xef\xbb\xbf")))
		return err_at(err, file, 1, 1,
		    "starts with a byte order mark, expected UTF-8 without "
		    "one");
	/* Jansson passes over some NUL bytes. */
	if (nul != NULL) {
		json_text_place(text, (size_t)(nul - text.at), &line, &col);
		return err_at(err, file, line, col, "NUL byte in the text");
	}
	doc->text = slice_dup(text);
	doc->text_len = text.len;
	doc->file = xstrdup(file);
	doc->root = json_loadb(doc->text, doc->text_len,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (doc->root != NULL) {
		doc->places = json_places_new(text_of(doc), doc->root);
		return true;
	}
	(void)json_syntax_fail(file, text_of(doc), &error, err);
	json_doc_fini(doc);
	return false;
}

void
json_doc_of_variant(
    struct json_doc *variant, const struct json_doc *doc, json_t *root)
{
	*variant = (struct json_doc){
		.file = xstrdup(doc->file),
		.text = slice_dup(text_of(doc)),
		.text_len = doc->text_len,
		.root = root,
		.is_variant = true,
	};
	variant->places = json_places_new(text_of(variant), root);
}

void
json_doc_fini(struct json_doc *doc)
{
	json_places_destroy(&doc->places);
	json_decref(doc->root);
	free(doc->file);
	free(doc->text);
	*doc = (struct json_doc){ 0 };
}

bool
json_doc_place(
    const struct json_doc *doc, const char *pointer, int *line, int *col)
{
	struct json_found found = find(doc, pointer);

	json_places_line(doc->places, found.offset, line, col);
	return found.value != NULL;
}

bool
json_doc_fail(const struct json_doc *doc, const char *pointer, struct err *err,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fail_at(doc, find(doc, pointer).offset, pointer, err, fmt, ap);
	va_end(ap);
	return false;
}

struct json_at
json_at_root(const struct json_doc *doc)
{
	return (struct json_at){ .doc = doc, .value = doc->root, .key = "" };
}

struct json_at
json_at_pointer(const struct json_doc *doc, const char *pointer)
{
	return (struct json_at){
		.doc = doc, .value = find(doc, pointer).value, .key = pointer
	};
}

struct json_at
json_at_key(const struct json_at *at, const char *key)
{
	return (struct json_at){ .doc = at->doc,
		.value = json_object_get(at->value, key),
		.parent = at,
		.key = key };
}

struct json_at
json_at_index(const struct json_at *at, size_t index)
{
	return (struct json_at){ .doc = at->doc,
		.value = json_array_get(at->value, index),
		.parent = at,
		.index = index };
}

struct slice
json_at_text(const struct json_at *at)
{
	assert(json_is_string(at->value));
	return slice_of(
	    json_string_value(at->value), json_string_length(at->value));
}

bool
json_at_integer(const struct json_at *at, int64_t *number)
{
	const double limit = 0x1p63;
	double real = json_real_value(at->value);

	if (json_is_integer(at->value)) {
		*number = json_integer_value(at->value);
		return true;
	}
	if (!json_is_real(at->value) || real < -limit || real >= limit ||
	    (double)(int64_t)real != real)
		return false;
	*number = (int64_t)real;
	return true;
}

char *
json_at_format(const struct json_at *at)
{
	struct buf pointer = { 0 };
	char *text;

	pointer_append(&pointer, at);
	text = slice_dup(buf_slice(&pointer));
	buf_fini(&pointer);
	return text;
}

bool
json_fail(const struct json_at *at, struct err *err, const char *fmt, ...)
{
	const struct json_doc *doc = at->doc;
	char *pointer = json_at_format(at);
	va_list ap;

	va_start(ap, fmt);
	(void)fail_at(doc, find(doc, pointer).offset, pointer, err, fmt, ap);
	va_end(ap);
	free(pointer);
	return false;
}

bool
json_fail_key(const struct json_at *at, const char *key, struct err *err,
    const char *fmt, ...)
{
	const struct json_doc *doc = at->doc;
	struct json_at member = json_at_key(at, key);
	char *to_key = json_at_format(&member);
	char *pointer = json_at_format(at);
	va_list ap;

	va_start(ap, fmt);
	(void)fail_at(doc, find(doc, to_key).key, pointer, err, fmt, ap);
	va_end(ap);
	free(pointer);
	free(to_key);
	return false;
}

/* The string in the text at `offset` is not that of the value: it has a
 * parameter, or it stands for a value that is elsewhere. */
static bool
has_parameter(const struct json_doc *doc, size_t offset)
{
	struct slice text = text_of(doc);
	size_t end;
	struct json_use use;

	if (!doc->is_variant)
		return false;
	end = json_text_skip_value(text, offset);
	return text.at[offset] != '"' ||
	    json_use_find(slice_sub(text, 0, end), offset, &use);
}

bool
json_fail_inside(const struct json_at *at, size_t index, struct err *err,
    const char *fmt, ...)
{
	const struct json_doc *doc = at->doc;
	char *pointer = json_at_format(at);
	struct json_found found = find(doc, pointer);
	size_t place = found.offset;
	va_list ap;

	if (!has_parameter(doc, place))
		place = json_text_inside(text_of(doc), place, index);
	va_start(ap, fmt);
	(void)fail_at(doc, place, pointer, err, fmt, ap);
	va_end(ap);
	free(pointer);
	return false;
}

char *
json_quote(struct slice text, char out[JSON_QUOTE_MAX])
{
	/* The longest piece is "\u001f"; behind it `..."` and the NUL. */
	const size_t room = JSON_QUOTE_MAX - 5;
	struct buf b = { 0 };
	size_t fits = 1;

	buf_append_byte(&b, '"');
	for (size_t i = 0; i < text.len && buf_len(&b) <= room; i++) {
		char c = text.at[i];

		/* Where it may be cut: before a piece, between characters. */
		if (((unsigned char)c & 0xc0) != 0x80)
			fits = buf_len(&b);
		if (c == '"' || c == '\\')
			buf_append_byte(&b, '\\');
		char_append(&b, c);
	}
	if (buf_len(&b) > room) {
		buf_truncate(&b, fits);
		buf_append_cstr(&b, "...");
	}
	buf_append_byte(&b, '"');
	(void)snprintf(out, JSON_QUOTE_MAX, "%s", buf_cstr(&b));
	buf_fini(&b);
	return out;
}

static struct slice
text_of(const struct json_doc *doc)
{
	return slice_of(doc->text, doc->text_len);
}

static struct json_found
find(const struct json_doc *doc, const char *pointer)
{
	return json_places_find(doc->places, pointer);
}

static bool
fail_at(const struct json_doc *doc, size_t offset, const char *pointer,
    struct err *err, const char *fmt, va_list ap)
{
	struct buf where = { 0 };
	char message[ERR_MSG_MAX];
	size_t len = strlen(pointer);
	int line, col;

	/* The end of a long pointer tells more than its beginning. */
	if (len > POINTER_SHOWN_MAX) {
		buf_append_cstr(&where, "...");
		pointer += len - POINTER_SHOWN_MAX;
		while (((unsigned char)*pointer & 0xc0) == 0x80)
			pointer++;
	}
	for (const char *c = pointer; *c != '\0'; c++)
		char_append(&where, *c);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	json_places_line(doc->places, offset, &line, &col);
	(void)err_at(err, doc->file, line, col, "%s%s%s", buf_cstr(&where),
	    len > 0 ? ": " : "", message);
	buf_fini(&where);
	return false;
}

/* A byte of a file as it may stand in a message. */
static void
char_append(struct buf *out, char c)
{
	if ((unsigned char)c < 0x20 || c == 0x7f)
		buf_printf(out, "\\u%04x", (unsigned)c);
	else
		buf_append_byte(out, c);
}

/* The chain from the start down to `at`; RFC 6901, 3. */
static void
pointer_append(struct buf *out, const struct json_at *at)
{
	if (at->parent == NULL) {
		buf_append_cstr(out, at->key);
		return;
	}
	pointer_append(out, at->parent);
	buf_append_byte(out, '/');
	if (at->key == NULL) {
		buf_append_u64(out, at->index);
		return;
	}
	for (const char *c = at->key; *c != '\0'; c++) {
		if (*c == '~')
			buf_append_cstr(out, "~0");
		else if (*c == '/')
			buf_append_cstr(out, "~1");
		else
			buf_append_byte(out, *c);
	}
}
