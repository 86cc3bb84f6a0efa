/* SPDX-License-Identifier: MIT */
/* Texts in JSON; see text_json.h. */
#include "harness/report/text_json.h"

#include "harness/report/printable.h"

void
text_json_set(json_t *object, const char *key, const char *text)
{
	struct buf shown = { 0 };
	json_t *value;

	if (text == NULL)
		return;
	value = json_string(text);
	if (value == NULL) {
		printable_format(slice_cstr(text), &shown);
		value = json_string(buf_cstr(&shown));
	}
	json_object_set_new(object, key, value);
	buf_fini(&shown);
}

json_t *
text_json(const struct buf *text)
{
	json_t *value = json_stringn(buf_slice(text).at, buf_len(text));

	return value != NULL ? value : json_string("");
}

void
text_json_quote(struct slice printable, struct buf *out)
{
	buf_append_byte(out, '"');
	for (size_t i = 0; i < printable.len; i++) {
		char c = printable.at[i];

		if (c == '"' || c == '\\')
			buf_append_byte(out, '\\');
		if (c == '\n')
			buf_append_cstr(out, "\\n");
		else if (c == '\t')
			buf_append_cstr(out, "\\t");
		else
			buf_append_byte(out, c);
	}
	buf_append_byte(out, '"');
}

static int
append_dump(const char *bytes, size_t len, void *owner)
{
	buf_append(owner, slice_of(bytes, len));
	return 0;
}

void
text_json_dump(json_t *object, struct buf *out)
{
	json_dump_callback(
	    object, append_dump, out, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(object);
}
