/* SPDX-License-Identifier: MIT */
/* Reads values by their forms; see table.h. */
#include "core/json/read.h"

#include "core/json/form.h"

/* What JSON_ARRAY_OF() looks like whatever the type. */
struct any_array {
	const void *at;
	size_t count;
};

static bool read_string(const struct json_reader *r,
    const struct json_form *form, const struct json_at *at, void *member,
    size_t size);
static bool read_integer(const struct json_form *form, const struct json_at *at,
    int64_t *number, struct err *err);
static bool read_number(const struct json_form *form, const struct json_at *at,
    double *number, struct err *err);
static bool read_duration(const struct json_form *form,
    const struct json_at *at, int64_t *span, struct err *err);
static bool read_moment(
    const struct json_at *at, int64_t *moment, struct err *err);
static bool read_word(const struct json_form *form, const struct json_at *at,
    int64_t *number, struct err *err);
static bool read_object(const struct json_reader *r,
    const struct json_form *form, const struct json_at *at, void *member,
    size_t size);
static bool read_array(const struct json_reader *r,
    const struct json_form *form, const struct json_at *at,
    struct any_array *array);
static bool read_map(const struct json_reader *r, const struct json_form *form,
    const struct json_at *at, struct any_array *array);
static bool read_key(const struct json_reader *r, const struct json_form *form,
    const struct json_at *at, const char *key, void *element);
static bool read_choice(const struct json_reader *r,
    const struct json_form *form, const struct json_at *at, void *member);
static void store_any(
    const struct json_reader *r, const struct json_at *at, void *member);
static bool count_check(const struct json_form *form, size_t count,
    const struct json_at *at, struct err *err);
static void store_integer(int64_t number, void *member, size_t size);
static size_t count_characters(struct slice text);
static const struct json_word *word_find(
    const struct json_form *form, const struct json_at *at);

bool
json_form_read(const struct json_form *form, const struct json_at *at,
    void *member, size_t size, struct arena *arena, struct err *err)
{
	const struct json_reader r = { arena, err };

	return json_read_form(&r, form, at, member, size);
}

struct json_at
json_at_any(const struct json_doc *doc, const struct json_any *any)
{
	assert(any->value != NULL);
	return (struct json_at){
		.doc = doc, .value = any->value, .key = any->pointer
	};
}

/* Copies a value that was read to its member, of which the size is known. */
static void
store(const void *value, size_t value_size, void *member, size_t size)
{
	assert(size == 0 || size == value_size);
	memcpy(member, value, size);
}

/* The forms that come down to one integer. */
static bool
read_scalar(const struct json_form *form, const struct json_at *at,
    int64_t *number, struct err *err)
{
	switch (form->kind) {
	case JSON_KIND_BOOLEAN:
		*number = json_is_true(at->value);
		return true;
	case JSON_KIND_INTEGER:
		return read_integer(form, at, number, err);
	case JSON_KIND_DURATION:
		return read_duration(form, at, number, err);
	case JSON_KIND_MOMENT:
		return read_moment(at, number, err);
	case JSON_KIND_WORD:
		return read_word(form, at, number, err);
	case JSON_KIND_STRING:
	case JSON_KIND_NUMBER:
	case JSON_KIND_OBJECT:
	case JSON_KIND_ARRAY:
	case JSON_KIND_MAP:
	case JSON_KIND_CHOICE:
	case JSON_KIND_ANY:
	case JSON_KIND_CUSTOM:
		break;
	}
	assert(false);
	return false;
}

bool
json_read_form(const struct json_reader *r, const struct json_form *form,
    const struct json_at *at, void *member, size_t size)
{
	struct any_array array = { 0 };
	int64_t scalar = 0;
	double number = 0;

	if ((json_value_types(at->value) & json_form_types(form)) == 0)
		return json_fail_type(at, json_form_types(form), r->err);
	switch (form->kind) {
	case JSON_KIND_STRING:
		return read_string(r, form, at, member, size);
	case JSON_KIND_BOOLEAN:
	case JSON_KIND_INTEGER:
	case JSON_KIND_DURATION:
	case JSON_KIND_MOMENT:
	case JSON_KIND_WORD:
		if (!read_scalar(form, at, &scalar, r->err))
			return false;
		store_integer(scalar, member, size);
		return true;
	case JSON_KIND_NUMBER:
		if (!read_number(form, at, &number, r->err))
			return false;
		store(&number, sizeof(number), member, size);
		return true;
	case JSON_KIND_OBJECT:
		return read_object(r, form, at, member, size);
	case JSON_KIND_ARRAY:
	case JSON_KIND_MAP:
		if (form->kind == JSON_KIND_ARRAY
			? !read_array(r, form, at, &array)
			: !read_map(r, form, at, &array))
			return false;
		store(&array, sizeof(array), member, size);
		return true;
	case JSON_KIND_CHOICE:
		return read_choice(r, form, at, member);
	case JSON_KIND_ANY:
		if (size > 0)
			store_any(r, at, member);
		return true;
	case JSON_KIND_CUSTOM:
		assert(size > 0);
		return form->custom->read(at, member, r->arena, r->err);
	}
	assert(false);
	return false;
}

void
json_store(
    const struct json_reader *r, struct slice text, void *member, size_t size)
{
	struct slice kept;

	if (size == 0)
		return;
	kept = arena_slice(r->arena, text);
	if (size == sizeof(kept.at))
		store(&kept.at, sizeof(kept.at), member, size);
	else
		store(&kept, sizeof(kept), member, size);
}

static bool
read_string(const struct json_reader *r, const struct json_form *form,
    const struct json_at *at, void *member, size_t size)
{
	struct slice text = json_at_text(at);
	int64_t length = (int64_t)count_characters(text);

	if (length < form->min)
		return json_fail(at, r->err,
		    length == 0 ? "the string is empty"
				: "shorter than %lld characters",
		    (long long)form->min);
	if (length > form->max)
		return json_fail(at, r->err, "longer than %lld characters",
		    (long long)form->max);
	json_store(r, text, member, size);
	return true;
}

static bool
read_integer(const struct json_form *form, const struct json_at *at,
    int64_t *number, struct err *err)
{
	if (json_is_string(at->value))
		return read_word(form, at, number, err);
	if (!json_at_integer(at, number))
		return json_fail(at, err, "%g is out of range %lld..%lld",
		    json_number_value(at->value), (long long)form->min,
		    (long long)form->max);
	if (*number >= form->min && *number <= form->max)
		return true;
	return json_fail(at, err, "%lld is out of range %lld..%lld",
	    (long long)*number, (long long)form->min, (long long)form->max);
}

static bool
read_number(const struct json_form *form, const struct json_at *at,
    double *number, struct err *err)
{
	*number = json_number_value(at->value);
	if (*number >= form->low && *number <= form->high)
		return true;
	return json_fail(at, err, "%g is out of range %g..%g", *number,
	    form->low, form->high);
}

static bool
read_duration(const struct json_form *form, const struct json_at *at,
    int64_t *span, struct err *err)
{
	const struct json_word *word = word_find(form, at);
	struct buf words = { 0 };
	char quoted[JSON_QUOTE_MAX];

	if (word != NULL) {
		*span = word->value;
		return true;
	}
	if (utime_parse_duration(json_at_text(at), span)) {
		if (*span >= form->min)
			return true;
		return json_fail(at, err, "expected a duration longer than 0");
	}
	if (form->word_count > 0) {
		buf_append_cstr(&words, ", ");
		json_names_append(&words, &form->words[0].name,
		    sizeof(form->words[0]), form->word_count, form->word_count);
	}
	(void)json_fail(at, err,
	    "%s is not a duration (try \"5s\", \"200ms\", \"15m\"%s)",
	    json_quote(json_at_text(at), quoted), buf_cstr(&words));
	buf_fini(&words);
	return false;
}

static bool
read_moment(const struct json_at *at, int64_t *moment, struct err *err)
{
	char quoted[JSON_QUOTE_MAX];

	if (utime_parse_rfc3339(json_at_text(at), moment))
		return true;
	return json_fail(at, err,
	    "%s is not a moment in UTC (try \"2014-07-02T09:15:07Z\")",
	    json_quote(json_at_text(at), quoted));
}

static bool
read_word(const struct json_form *form, const struct json_at *at,
    int64_t *number, struct err *err)
{
	const struct json_word *word = word_find(form, at);

	if (word == NULL)
		return json_fail_word(at, form->words, form->word_count, err);
	*number = word->value;
	return true;
}

static bool
read_object(const struct json_reader *r, const struct json_form *form,
    const struct json_at *at, void *member, size_t size)
{
	const struct json_table *table = form->table;
	void *object = member;

	if (form->is_pointer)
		object = arena_alloc(r->arena, table->size);
	else
		assert(size == table->size);
	if (!json_read_table(r, table, at, object))
		return false;
	if (form->is_pointer)
		store(&object, sizeof(object), member, size);
	return true;
}

static bool
read_array(const struct json_reader *r, const struct json_form *form,
    const struct json_at *at, struct any_array *array)
{
	bool is_one = !json_is_array(at->value);
	size_t count = is_one ? 1 : json_array_size(at->value);
	char *elements;

	if (!count_check(form, count, at, r->err))
		return false;
	elements = arena_alloc(r->arena, count * form->element_size);
	for (size_t i = 0; i < count; i++) {
		struct json_at child = is_one ? *at : json_at_index(at, i);

		if (!json_read_form(r, form->element, &child,
			elements + i * form->element_size, form->element_size))
			return false;
	}
	*array = (struct any_array){ count > 0 ? elements : NULL, count };
	return true;
}

static bool
read_map(const struct json_reader *r, const struct json_form *form,
    const struct json_at *at, struct any_array *array)
{
	size_t count = json_object_size(at->value);
	char *elements, *element;

	if (!count_check(form, count, at, r->err))
		return false;
	element = elements = arena_alloc(r->arena, count * form->element_size);
	for (void *i = json_object_iter(at->value); i != NULL;
	     i = json_object_iter_next(at->value, i)) {
		const char *key = json_object_iter_key(i);
		struct json_at child = json_at_key(at, key);

		if (!read_key(r, form, at, key, element) ||
		    !json_read_form(r, form->element, &child,
			element + form->value_offset, form->value_size))
			return false;
		element += form->element_size;
	}
	*array = (struct any_array){ count > 0 ? elements : NULL, count };
	return true;
}

/* A key is read as if it were a text of its own; what is wrong with it is
 * then reported at the key. */
static bool
read_key(const struct json_reader *r, const struct json_form *form,
    const struct json_at *at, const char *key, void *element)
{
	struct err why;
	const struct json_reader aside = { r->arena, &why };
	json_t *value = json_string(key);
	struct json_at start = { .doc = at->doc, .value = value, .key = "" };
	bool ok = json_read_form(&aside, form->key, &start,
	    (char *)element + form->key_offset, form->key_size);

	json_decref(value);
	return ok || json_fail_key(at, key, r->err, "%s", why.msg);
}

static bool
read_choice(const struct json_reader *r, const struct json_form *form,
    const struct json_at *at, void *member)
{
	const unsigned types = json_value_types(at->value);
	const struct json_choice *choice = form->choices;
	const bool yes = true;

	while ((json_form_types(choice->form) & types) == 0)
		choice++;
	store_integer(
	    choice->tag, (char *)member + form->tag_offset, form->tag_size);
	if (choice->has > 0)
		memcpy((char *)member + choice->has, &yes, sizeof(yes));
	return json_read_form(
	    r, choice->form, at, (char *)member + choice->offset, choice->size);
}

static void
store_any(const struct json_reader *r, const struct json_at *at, void *member)
{
	char *pointer = json_at_format(at);
	struct json_any any = {
		.value = at->value,
		.pointer = arena_strdup(r->arena, slice_cstr(pointer)),
	};

	memcpy(member, &any, sizeof(any));
	free(pointer);
}

static bool
count_check(const struct json_form *form, size_t count,
    const struct json_at *at, struct err *err)
{
	if ((int64_t)count < form->min)
		return json_fail(at, err,
		    "expected at least %lld element%s, got %zu",
		    (long long)form->min, form->min == 1 ? "" : "s", count);
	if ((int64_t)count > form->max)
		return json_fail(at, err,
		    "expected at most %lld element%s, got %zu",
		    (long long)form->max, form->max == 1 ? "" : "s", count);
	return true;
}

/* Stores an integer in a member of any width and either sign; that the range
 * fits is the table's promise. */
static void
store_integer(int64_t number, void *member, size_t size)
{
	const uint64_t bits = (uint64_t)number;
	const uint8_t b8 = (uint8_t)bits;
	const uint16_t b16 = (uint16_t)bits;
	const uint32_t b32 = (uint32_t)bits;

	if (size == sizeof(b8))
		memcpy(member, &b8, sizeof(b8));
	else if (size == sizeof(b16))
		memcpy(member, &b16, sizeof(b16));
	else if (size == sizeof(b32))
		memcpy(member, &b32, sizeof(b32));
	else
		store(&bits, sizeof(bits), member, size);
}

static size_t
count_characters(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
	return count;
}

static const struct json_word *
word_find(const struct json_form *form, const struct json_at *at)
{
	for (size_t i = 0; i < form->word_count; i++)
		if (slice_eq(json_at_text(at), slice_cstr(form->words[i].name)))
			return &form->words[i];
	return NULL;
}
