/* SPDX-License-Identifier: MIT */
/*
 * Tables as JSON Schema; see schema.h.  Tables, durations, moments and custom
 * forms become definitions, everything else stands where it is used.
 */
#include "core/json/schema.h"

#include "core/json/form.h"
#include "core/json/matrix.h"

#define DURATION_TEXT                                                          \
	"A number and a unit: us, ms, s, m, h or d, as in 200ms or 1.5h."
#define MOMENT_TEXT "A moment in UTC, as in 2014-07-02T09:15:07Z."

/* Where a parameter of a matrix stands, as a variant's maker finds it. */
#define PARAMETER_PATTERN "\\$\\{[a-z][a-z0-9_]*\\}"
#define PARAMETER_TEXT                                                         \
	"${name}: what this parameter of \"matrix\" is in each case."
/* Bytes of a string that may be as long as a parameter in it is anyway. */
#define FREE_STRING_MAX 255

struct printer {
	const struct json_table *top; /* borrowed */
	json_t *definitions;          /* borrowed from the schema */
	bool has_matrix; /* a parameter may stand wherever a value does */
};

static json_t *table_schema(struct printer *p, const struct json_table *table);
static json_t *field_schema(struct printer *p, const struct json_field *field);
static json_t *form_schema(struct printer *p, const struct json_form *form);
static json_t *plain_schema(struct printer *p, const struct json_form *form);
static json_t *or_parameter(const struct printer *p, json_t *schema);
static json_t *unless_parameter(const struct printer *p, json_t *schema);
static bool table_has_matrix(const struct json_table *table);
static void table_demands(
    const struct printer *p, json_t *schema, json_t *required, json_t *all);
static json_t *integer_schema(const struct json_form *form);
static json_t *number_schema(const struct json_form *form);
static json_t *string_schema(const struct json_form *form);
static json_t *duration_ref(struct printer *p, const struct json_form *form);
static json_t *custom_ref(struct printer *p, const struct json_custom *custom);
static json_t *custom_schema(const struct json_custom *custom);
static json_t *array_schema(struct printer *p, const struct json_form *form);
static json_t *map_schema(struct printer *p, const struct json_form *form);
static json_t *choice_schema(struct printer *p, const struct json_form *form);
static json_t *ref(const char *name);
static json_t *or_words(json_t *schema, const struct json_form *form);
static json_t *words_schema(const struct json_form *form);
static json_t *pattern_schema(const char *help, const char *pattern);
static json_t *parsed(const char *text);
static json_t *made(json_t *value);
static void put(json_t *object, const char *key, json_t *value);
static void push(json_t *array, json_t *value);

void
json_schema_print(const struct json_table *top, const char *id,
    const char *title, struct buf *out)
{
	json_t *schema = json_object();
	struct printer p = { top, json_object(), table_has_matrix(top) };
	struct json_table_list tables = { 0 };
	json_t *body = table_schema(&p, top);
	char *text;

	put(schema, "$schema",
	    json_string("http://json-schema.org/draft-07/schema#"));
	if (id != NULL)
		put(schema, "$id", json_string(id));
	put(schema, "title", json_string(title));
	if (json_object_update(schema, body) != 0)
		abort();
	json_decref(body);
	json_table_list_fill(&tables, top);
	for (size_t i = 1; i < tables.count; i++)
		put(p.definitions, tables.at[i]->name,
		    or_parameter(&p, table_schema(&p, tables.at[i])));
	if (p.has_matrix)
		put(p.definitions, "parameter",
		    made(json_pack("{ss ss ss}", "description", PARAMETER_TEXT,
			"type", "string", "pattern", PARAMETER_PATTERN)));
	free(tables.at);
	put(schema, "definitions", p.definitions);
	text = json_dumps(schema, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	if (text == NULL)
		abort();
	buf_append_cstr(out, text);
	buf_append_byte(out, '\n');
	free(text);
	json_decref(schema);
}

static json_t *
table_schema(struct printer *p, const struct json_table *table)
{
	json_t *schema = json_object();
	json_t *properties = json_object();
	json_t *required = json_array();
	json_t *all = json_array();

	for (size_t i = 0; i < table->field_count; i++) {
		const struct json_field *field = &table->fields[i];

		put(properties, field->name, field_schema(p, field));
		if (field->preset == JSON_REQUIRED)
			push(required, json_string(field->name));
	}
	for (size_t i = 0; i < table->group_count; i++)
		push(all, json_group_schema(&table->groups[i]));
	if (table->schema != NULL)
		push(all, unless_parameter(p, parsed(table->schema)));
	put(schema, "description", json_string(table->help));
	put(schema, "type", json_string("object"));
	put(schema, "properties", properties);
	put(schema, "additionalProperties", json_false());
	table_demands(p, schema, required, all);
	return schema;
}

/* What keys must be there: of an object whose keys are known. */
static void
table_demands(
    const struct printer *p, json_t *schema, json_t *required, json_t *all)
{
	json_t *demands = p->has_matrix ? json_object() : schema;

	if (json_array_size(required) > 0)
		put(demands, "required", json_incref(required));
	if (json_array_size(all) > 0)
		put(demands, "allOf", json_incref(all));
	json_decref(required);
	json_decref(all);
	if (!p->has_matrix)
		return;
	put(schema, "patternProperties",
	    made(json_pack("{s{}}", PARAMETER_PATTERN)));
	if (json_object_size(demands) == 0) {
		json_decref(demands);
		return;
	}
	put(schema, "if",
	    made(json_pack("{s{s{ss}}}", "propertyNames", "not", "pattern",
		PARAMETER_PATTERN)));
	put(schema, "then", demands);
}

static bool
table_has_matrix(const struct json_table *table)
{
	for (size_t i = 0; i < table->field_count; i++)
		if (table->fields[i].form->custom == &json_matrix_custom)
			return true;
	return false;
}

/* A demand on an object's values, as long as they are known. */
static json_t *
unless_parameter(const struct printer *p, json_t *schema)
{
	if (!p->has_matrix)
		return schema;
	return made(json_pack("{s{s{so}}so}", "if", "additionalProperties",
	    "not", ref("parameter"), "then", schema));
}

/* Where a value of that schema is expected.  The way with "else" is the one on
 * which validators tell what is wrong with the value. */
static json_t *
or_parameter(const struct printer *p, json_t *schema)
{
	json_t *help;

	if (!p->has_matrix)
		return schema;
	help = json_object_get(schema, "description");
	schema =
	    made(json_pack("{soso}", "if", ref("parameter"), "else", schema));
	if (help != NULL)
		put(schema, "description", json_incref(help));
	return schema;
}

static json_t *
field_schema(struct printer *p, const struct json_field *field)
{
	json_t *schema = json_object();
	json_t *form = form_schema(p, field->form);
	char *preset;

	put(schema, "description", json_string(field->help));
	if (json_object_update(schema, form) != 0)
		abort();
	json_decref(form);
	if (field->preset != JSON_OPTIONAL && field->preset != JSON_REQUIRED) {
		preset = json_preset_text(field);
		put(schema, "default", parsed(preset));
		free(preset);
	}
	return schema;
}

/* Definitions have the parameter within, and so has one of many ways. */
static json_t *
form_schema(struct printer *p, const struct json_form *form)
{
	json_t *schema = plain_schema(p, form);

	switch (form->kind) {
	case JSON_KIND_STRING:
		return form->max >= FREE_STRING_MAX ? schema
						    : or_parameter(p, schema);
	case JSON_KIND_OBJECT:
	case JSON_KIND_ANY:
	case JSON_KIND_CUSTOM:
	case JSON_KIND_MOMENT:
	case JSON_KIND_DURATION:
	case JSON_KIND_CHOICE:
		return schema;
	case JSON_KIND_ARRAY:
		return form->one_will_do ? schema : or_parameter(p, schema);
	case JSON_KIND_BOOLEAN:
	case JSON_KIND_INTEGER:
	case JSON_KIND_NUMBER:
	case JSON_KIND_WORD:
	case JSON_KIND_MAP:
		return or_parameter(p, schema);
	}
	assert(false);
	return NULL;
}

static json_t *
plain_schema(struct printer *p, const struct json_form *form)
{
	switch (form->kind) {
	case JSON_KIND_STRING:
		return string_schema(form);
	case JSON_KIND_BOOLEAN:
		return made(json_pack("{ss}", "type", "boolean"));
	case JSON_KIND_INTEGER:
		return or_words(integer_schema(form), form);
	case JSON_KIND_NUMBER:
		return number_schema(form);
	case JSON_KIND_DURATION:
		return or_words(duration_ref(p, form), form);
	case JSON_KIND_MOMENT:
		put(p->definitions, "moment",
		    or_parameter(
			p, pattern_schema(MOMENT_TEXT, UTIME_RFC3339_PATTERN)));
		return ref("moment");
	case JSON_KIND_WORD:
		return words_schema(form);
	case JSON_KIND_OBJECT:
		return ref(form->table != p->top ? form->table->name : NULL);
	case JSON_KIND_ARRAY:
		return array_schema(p, form);
	case JSON_KIND_MAP:
		return map_schema(p, form);
	case JSON_KIND_CHOICE:
		return choice_schema(p, form);
	case JSON_KIND_ANY:
		return made(json_object());
	case JSON_KIND_CUSTOM:
		return custom_ref(p, form->custom);
	}
	assert(false);
	return NULL;
}

static json_t *
string_schema(const struct json_form *form)
{
	return made(json_pack("{ss sI sI}", "type", "string", "minLength",
	    (json_int_t)form->min, "maxLength", (json_int_t)form->max));
}

static json_t *
integer_schema(const struct json_form *form)
{
	return made(json_pack("{ss sI sI}", "type", "integer", "minimum",
	    (json_int_t)form->min, "maximum", (json_int_t)form->max));
}

static json_t *
number_schema(const struct json_form *form)
{
	return made(json_pack("{ss sf sf}", "type", "number", "minimum",
	    form->low, "maximum", form->high));
}

static json_t *
duration_ref(struct printer *p, const struct json_form *form)
{
	const char *name = form->min > 0 ? "duration-some" : "duration";
	const char *pattern = form->min > 0
	    ? "(?![0.]*[a-z])" UTIME_DURATION_PATTERN
	    : UTIME_DURATION_PATTERN;

	put(p->definitions, name,
	    or_parameter(p, pattern_schema(DURATION_TEXT, pattern)));
	return ref(name);
}

/* A custom form's name as that of a definition: "SMTP reply", smtp-reply. */
static json_t *
custom_ref(struct printer *p, const struct json_custom *custom)
{
	char *name = xstrdup(custom->name);
	json_t *schema, *to_it;

	for (char *c = name; *c != '\0'; c++)
		*c = *c == ' ' ? '-' : ascii_lower(*c);
	schema = custom_schema(custom);
	if (p->has_matrix && (custom->types & JSON_ACCEPTS_ARRAY) != 0)
		schema = made(json_pack("{s[o{ssso}]}", "anyOf", schema, "type",
		    "array", "contains", ref("parameter")));
	put(p->definitions, name,
	    custom == &json_matrix_custom ? schema : or_parameter(p, schema));
	to_it = ref(name);
	free(name);
	return to_it;
}

static json_t *
custom_schema(const struct json_custom *custom)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = {
		{ JSON_ACCEPTS_STRING, "string" },
		{ JSON_ACCEPTS_INTEGER, "integer" },
		{ JSON_ACCEPTS_NUMBER, "number" },
		{ JSON_ACCEPTS_BOOLEAN, "boolean" },
		{ JSON_ACCEPTS_OBJECT, "object" },
		{ JSON_ACCEPTS_ARRAY, "array" },
		{ JSON_ACCEPTS_NULL, "null" },
	};
	json_t *types;

	if (custom->schema != NULL)
		return parsed(custom->schema);
	if (custom->pattern != NULL) {
		assert(custom->types == JSON_ACCEPTS_STRING);
		return pattern_schema(custom->name, custom->pattern);
	}
	types = json_array();
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((custom->types & names[i].type) != 0)
			push(types, json_string(names[i].name));
	return made(
	    json_pack("{ss so}", "description", custom->name, "type", types));
}

static json_t *
array_schema(struct printer *p, const struct json_form *form)
{
	json_t *array = made(json_pack("{ss so sI sI}", "type", "array",
	    "items", form_schema(p, form->element), "minItems",
	    (json_int_t)form->min, "maxItems", (json_int_t)form->max));

	if (!form->one_will_do)
		return array;
	assert(form->min <= 1);
	assert((json_form_types(form->element) & JSON_ACCEPTS_ARRAY) == 0);
	return made(json_pack(
	    "{s[oo]}", "anyOf", form_schema(p, form->element), array));
}

static json_t *
map_schema(struct printer *p, const struct json_form *form)
{
	return made(json_pack("{ss so so sI sI}", "type", "object",
	    "propertyNames", form_schema(p, form->key), "additionalProperties",
	    form_schema(p, form->element), "minProperties",
	    (json_int_t)form->min, "maxProperties", (json_int_t)form->max));
}

static json_t *
choice_schema(struct printer *p, const struct json_form *form)
{
	json_t *ways = json_array();
	unsigned taken = 0;

	for (size_t i = 0; i < form->choice_count; i++) {
		const struct json_form *way = form->choices[i].form;

		assert((taken & json_form_types(way)) == 0);
		taken |= json_form_types(way);
		push(ways, form_schema(p, way));
	}
	return made(json_pack("{so}", "anyOf", ways));
}

/* A reference to a definition, or to the whole schema. */
static json_t *
ref(const char *name)
{
	if (name == NULL)
		return made(json_pack("{ss}", "$ref", "#"));
	return made(json_pack("{ss+}", "$ref", "#/definitions/", name));
}

static json_t *
or_words(json_t *schema, const struct json_form *form)
{
	if (form->word_count == 0)
		return schema;
	return made(json_pack("{s[oo]}", "anyOf", schema, words_schema(form)));
}

static json_t *
words_schema(const struct json_form *form)
{
	json_t *words = json_array();

	for (size_t i = 0; i < form->word_count; i++)
		push(words, json_string(form->words[i].name));
	return made(json_pack("{so}", "enum", words));
}

/* Strings that the pattern matches whole.  "$" alone would let a newline at
 * the end pass where the regular expressions are Python's. */
static json_t *
pattern_schema(const char *help, const char *pattern)
{
	struct buf whole = { 0 };
	json_t *schema = json_object();

	if (help != NULL)
		put(schema, "description", json_string(help));
	buf_printf(&whole, "^(?:%s)$(?!\\n)", pattern);
	put(schema, "type", json_string("string"));
	put(schema, "pattern", json_string(buf_cstr(&whole)));
	buf_fini(&whole);
	return schema;
}

/* JSON text of ours, which is known to be right. */
static json_t *
parsed(const char *text)
{
	return made(json_loads(text, JSON_DECODE_ANY, NULL));
}

static json_t *
made(json_t *value)
{
	assert(value != NULL);
	return value;
}

static void
put(json_t *object, const char *key, json_t *value)
{
	int rc = json_object_set_new(object, key, value);

	assert(rc == 0);
}

static void
push(json_t *array, json_t *value)
{
	int rc = json_array_append_new(array, value);

	assert(rc == 0);
}
