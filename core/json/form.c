/* SPDX-License-Identifier: MIT */
/* Facts about forms, and the messages about types and words; see form.h. */
#include "core/json/form.h"

#include "core/base/suggest.h"

enum {
	WORDS_SHOWN_MAX = 16
};

static const struct {
	unsigned type;
	const char *name;
} types[] = {
	{ JSON_ACCEPTS_STRING, "a string" },
	{ JSON_ACCEPTS_INTEGER, "an integer" },
	{ JSON_ACCEPTS_NUMBER, "a number" },
	{ JSON_ACCEPTS_BOOLEAN, "a boolean" },
	{ JSON_ACCEPTS_OBJECT, "an object" },
	{ JSON_ACCEPTS_ARRAY, "an array" },
	{ JSON_ACCEPTS_NULL, "null" },
};

static void list_add_form(
    struct json_table_list *list, const struct json_form *form);
static bool is_whole(double real);
static unsigned choice_types(const struct json_form *form);
static void types_append(struct buf *out, unsigned accepted);
static bool preset_is_bare(const struct json_form *form, const char *preset);

unsigned
json_form_types(const struct json_form *form)
{
	unsigned text = form->word_count > 0 ? JSON_ACCEPTS_STRING : 0;

	switch (form->kind) {
	case JSON_KIND_STRING:
	case JSON_KIND_DURATION:
	case JSON_KIND_MOMENT:
	case JSON_KIND_WORD:
		return JSON_ACCEPTS_STRING;
	case JSON_KIND_BOOLEAN:
		return JSON_ACCEPTS_BOOLEAN;
	case JSON_KIND_INTEGER:
		return JSON_ACCEPTS_INTEGER | text;
	case JSON_KIND_NUMBER:
		return JSON_ACCEPTS_NUMBER;
	case JSON_KIND_OBJECT:
	case JSON_KIND_MAP:
		return JSON_ACCEPTS_OBJECT;
	case JSON_KIND_ARRAY:
		return JSON_ACCEPTS_ARRAY |
		    (form->one_will_do ? json_form_types(form->element) : 0);
	case JSON_KIND_CHOICE:
		return choice_types(form);
	case JSON_KIND_ANY:
		return ~0U;
	case JSON_KIND_CUSTOM:
		return form->custom->types;
	}
	assert(false);
	return 0;
}

unsigned
json_value_types(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return JSON_ACCEPTS_OBJECT;
	case JSON_ARRAY:
		return JSON_ACCEPTS_ARRAY;
	case JSON_STRING:
		return JSON_ACCEPTS_STRING;
	case JSON_INTEGER:
		return JSON_ACCEPTS_INTEGER | JSON_ACCEPTS_NUMBER;
	case JSON_REAL:
		return JSON_ACCEPTS_NUMBER |
		    (is_whole(json_real_value(value)) ? JSON_ACCEPTS_INTEGER
						      : 0);
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_ACCEPTS_BOOLEAN;
	case JSON_NULL:
		return JSON_ACCEPTS_NULL;
	}
	assert(false);
	return 0;
}

char *
json_preset_text(const struct json_field *field)
{
	json_t *value;
	char *dumped, *text;

	if (!preset_is_bare(field->form, field->preset))
		return xstrdup(field->preset);
	value = json_string(field->preset);
	dumped = json_dumps(value, JSON_ENCODE_ANY);
	assert(dumped != NULL);
	text = xstrdup(dumped);
	free(dumped);
	json_decref(value);
	return text;
}

void
json_table_list_fill(struct json_table_list *list, const struct json_table *top)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i] == top)
			return;
	list->at = xgrow(
	    list->at, &list->cap, list->count + 1, sizeof(struct json_table *));
	list->at[list->count++] = top;
	for (size_t i = 0; i < top->field_count; i++)
		list_add_form(list, top->fields[i].form);
}

bool
json_group_key(struct slice *keys, struct slice *key)
{
	return slice_split(keys, ' ', key);
}

void
json_names_append(struct buf *out, const char *const *names, size_t stride,
    size_t count, size_t most)
{
	const char *at = (const char *)names;

	for (size_t i = 0; i < count; i++, at += stride) {
		const char *name;

		if (i == most) {
			buf_append_cstr(out, ", ...");
			return;
		}
		memcpy(&name, at, sizeof(name));
		buf_printf(out, "%s\"%s\"", i > 0 ? ", " : "", name);
	}
}

bool
json_fail_type(const struct json_at *at, unsigned accepted, struct err *err)
{
	unsigned is = json_value_types(at->value);
	struct buf expected = { 0 };

	types_append(&expected, accepted);
	if ((is & JSON_ACCEPTS_NUMBER) != 0 &&
	    (accepted & JSON_ACCEPTS_INTEGER) != 0)
		(void)json_fail(at, err, "expected %s, got %.17g",
		    buf_cstr(&expected), json_number_value(at->value));
	else
		for (size_t i = ARRAY_LEN(types); i-- > 0;)
			if ((is & types[i].type) != 0) {
				(void)json_fail(at, err, "expected %s, got %s",
				    buf_cstr(&expected), types[i].name);
				break;
			}
	buf_fini(&expected);
	return false;
}

bool
json_fail_word(const struct json_at *at, const struct json_word *words,
    size_t count, struct err *err)
{
	struct suggest suggest = { .word = json_at_text(at) };
	struct buf known = { 0 };
	char quoted[JSON_QUOTE_MAX];
	const char *near;

	for (size_t i = 0; i < count; i++)
		suggest_offer(&suggest, words[i].name);
	/* Of one word nothing need be guessed. */
	near = count > 1 ? suggest_result(&suggest) : NULL;
	json_names_append(
	    &known, &words[0].name, sizeof(words[0]), count, WORDS_SHOWN_MAX);
	(void)json_fail(at, err, "%s is %s %s%s%s%s",
	    json_quote(json_at_text(at), quoted), count > 1 ? "none of" : "not",
	    buf_cstr(&known), near != NULL ? " (did you mean \"" : "",
	    near != NULL ? near : "", near != NULL ? "\"?)" : "");
	buf_fini(&known);
	return false;
}

static void
list_add_form(struct json_table_list *list, const struct json_form *form)
{
	if (form->table != NULL)
		json_table_list_fill(list, form->table);
	if (form->element != NULL)
		list_add_form(list, form->element);
	for (size_t i = 0; i < form->choice_count; i++)
		list_add_form(list, form->choices[i].form);
}

static bool
is_whole(double real)
{
	const double exact = 0x1p53;

	return real >= exact || real <= -exact || (double)(int64_t)real == real;
}

static unsigned
choice_types(const struct json_form *form)
{
	unsigned sum = 0;

	for (size_t i = 0; i < form->choice_count; i++)
		sum |= json_form_types(form->choices[i].form);
	return sum;
}

/* "a string, an integer or an object" */
static void
types_append(struct buf *out, unsigned accepted)
{
	size_t left = 0;

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		left += (accepted & types[i].type) != 0;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if ((accepted & types[i].type) == 0)
			continue;
		buf_append_cstr(out, types[i].name);
		left--;
		if (left > 0)
			buf_append_cstr(out, left > 1 ? ", " : " or ");
	}
}

/* Whether a preset means a string, and is written without its quotes. */
static bool
preset_is_bare(const struct json_form *form, const char *preset)
{
	for (size_t i = 0; i < form->word_count; i++)
		if (strcmp(form->words[i].name, preset) == 0)
			return true;
	return json_form_types(form) == JSON_ACCEPTS_STRING;
}
