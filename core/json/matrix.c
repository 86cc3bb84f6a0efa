/* SPDX-License-Identifier: MIT */
/* The parameters of a document and their combinations; see matrix.h. */
#include "core/json/matrix.h"

#include "core/base/suggest.h"
#include "core/json/matrix_impl.h"

#define NAME_PATTERN  "[a-z][a-z0-9_]{0,31}"
#define LABEL_PATTERN "[A-Za-z0-9._@:+/-]{1,64}"

enum {
	NAME_BYTES_MAX = 32,
	EXCLUDES_MAX = 1000
};

static bool matrix_keep(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);

const struct json_custom json_matrix_custom = {
	.name = "matrix",
	.types = JSON_ACCEPTS_OBJECT,
	.schema =
	    "{\"description\": \"Parameters, each with a list of values, or "
	    "with values by their names; each combination that is not excluded "
	    "is a case of its own, in which ${name} is the value.\","
	    " \"type\": \"object\", \"anyOf\": ["
	    "{\"not\": {\"required\": [\"" JSON_EXCLUDE_KEY "\"]},"
	    " \"minProperties\": 1, \"maxProperties\": 16},"
	    " {\"required\": [\"" JSON_EXCLUDE_KEY "\"],"
	    " \"minProperties\": 2, \"maxProperties\": 17}],"
	    " \"properties\": {\"" JSON_EXCLUDE_KEY "\": {\"description\": "
	    "\"Combinations that are left out: for some of the parameters the "
	    "value, or its name.\", \"type\": \"array\", \"maxItems\": 1000,"
	    " \"items\": {\"type\": \"object\", \"minProperties\": 1,"
	    " \"additionalProperties\":"
	    " {\"type\": [\"string\", \"number\", \"boolean\"]}}}},"
	    " \"patternProperties\": {\"^(?!" JSON_EXCLUDE_KEY "$)" NAME_PATTERN
	    "$(?!\\\\n)\": {\"anyOf\": ["
	    "{\"type\": \"array\", \"minItems\": 1, \"maxItems\": 1000,"
	    " \"items\": {\"type\": [\"string\", \"number\", \"boolean\"]}},"
	    " {\"type\": \"object\", \"minProperties\": 1,"
	    " \"maxProperties\": 1000, \"propertyNames\":"
	    " {\"pattern\": \"^" LABEL_PATTERN "$(?!\\\\n)\"}}]}},"
	    " \"additionalProperties\": false}",
	.read = matrix_keep,
};

static bool parameter_read(struct json_parameter *p, const struct json_at *at,
    const char *name, struct err *err);
static bool combinations_read(
    struct json_matrix *m, const struct json_at *at, struct err *err);

/* Whoever reads tables reads a variant, whose matrix has been read. */
static bool
matrix_keep(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	(void)at;
	(void)arena;
	(void)err;
	*(bool *)to = true;
	return true;
}

bool
json_matrix_read(
    struct json_matrix *m, const struct json_doc *doc, struct err *err)
{
	struct json_at root = json_at_root(doc);
	struct json_at at = json_at_key(&root, JSON_MATRIX_KEY);

	*m = (struct json_matrix){ .doc = doc, .count = 1 };
	if (at.value == NULL)
		return json_uses_check(m, err);
	if (!json_is_object(at.value))
		return json_fail_type(&at, JSON_ACCEPTS_OBJECT, err);
	m->parameters = xcalloc(JSON_PARAMETER_MAX, sizeof(*m->parameters));
	for (void *i = json_object_iter(at.value); i != NULL;
	     i = json_object_iter_next(at.value, i)) {
		const char *name = json_object_iter_key(i);

		if (strcmp(name, JSON_EXCLUDE_KEY) == 0)
			continue;
		if (m->parameter_count == JSON_PARAMETER_MAX)
			return json_fail_key(&at, name, err,
			    "expected at most %d parameters",
			    JSON_PARAMETER_MAX);
		if (!parameter_read(
			&m->parameters[m->parameter_count++], &at, name, err))
			return false;
	}
	if (m->parameter_count == 0)
		return json_fail(&at, err,
		    "expected a parameter, as in \"stage\": [\"mail\", "
		    "\"rcpt\"]");
	return combinations_read(m, &at, err) && json_uses_check(m, err);
}

void
json_matrix_fini(struct json_matrix *m)
{
	for (size_t i = 0; i < m->parameter_count; i++)
		free(m->parameters[i].values);
	free(m->parameters);
	free(m->combinations);
	*m = (struct json_matrix){ 0 };
}

size_t
json_matrix_choice(
    const struct json_matrix *m, size_t combination, size_t index)
{
	for (size_t i = m->parameter_count - 1; i > index; i--)
		combination /= m->parameters[i].count;
	return combination % m->parameters[index].count;
}

struct json_parameter *
json_parameter_find(
    const struct json_matrix *m, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(slice_cstr(m->parameters[i].name), name))
			return &m->parameters[i];
	return NULL;
}

bool
json_parameter_fail(const struct json_matrix *m, const struct json_use *use,
    const struct json_at *at, const char *key, struct err *err)
{
	struct suggest nearest = { .word = use->name };
	struct buf text = { 0 };
	const char *best;

	for (size_t i = 0; i < m->parameter_count; i++)
		suggest_offer(&nearest, m->parameters[i].name);
	best = suggest_result(&nearest);
	buf_printf(
	    &text, "there is no parameter \"%.*s\"", SLICE_ARG(use->name));
	if (best != NULL && slice_eq(slice_cstr(best), use->name))
		buf_printf(&text, " yet; expected one that stands before it");
	else if (best != NULL)
		buf_printf(&text, " (did you mean \"%s\"?)", best);
	else
		buf_printf(&text,
		    "; expected one of \"matrix\", or $${%.*s} for these "
		    "characters",
		    SLICE_ARG(use->name));
	if (key != NULL)
		(void)json_fail_key(at, key, err, "%s", buf_cstr(&text));
	else
		(void)json_fail_inside(
		    at, use->begin, err, "%s", buf_cstr(&text));
	buf_fini(&text);
	return false;
}

/* ---- a parameter ---- */

static bool
is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_BYTES_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!(name[i] >= 'a' && name[i] <= 'z') &&
		    (i == 0 || (!ascii_is_digit(name[i]) && name[i] != '_')))
			return false;
	return true;
}

static bool
is_of_label(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) ||
	    (c != '\0' && strchr("._@:+/-", c) != NULL);
}

static bool
is_label(const char *label)
{
	size_t len = strlen(label);

	for (size_t i = 0; i < len; i++)
		if (!is_of_label(label[i]))
			return false;
	return len > 0 && len <= JSON_LABEL_MAX;
}

static bool
is_scalar(const json_t *value)
{
	return json_is_string(value) || json_is_number(value) ||
	    json_is_boolean(value);
}

/* What a value without a name is called: its text, where what a shell or a
 * label would trip over becomes "-". */
static void
label_make(json_t *value, char label[JSON_LABEL_MAX + 1])
{
	char *text = json_is_string(value)
	    ? xstrdup(json_string_value(value))
	    : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	size_t len = 0;

	assert(text != NULL);
	for (const char *c = text; *c != '\0' && len < JSON_LABEL_MAX; c++)
		label[len++] = is_of_label(*c) ? *c : '-';
	label[len] = '\0';
	free(text);
}

static const struct json_parameter_value *
label_find(const struct json_parameter *p, const char *label)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->values[i].label, label) == 0)
			return &p->values[i];
	return NULL;
}

static bool
values_read_list(
    struct json_parameter *p, const struct json_at *at, struct err *err)
{
	size_t count = json_array_size(at->value);

	p->values = xcalloc(count, sizeof(*p->values));
	for (size_t i = 0; i < count; i++) {
		struct json_at element = json_at_index(at, i);
		struct json_parameter_value *v = &p->values[p->count];

		if (!is_scalar(element.value))
			return json_fail(&element, err,
			    "expected a string, a number or a boolean; other "
			    "values need names, as in {\"name\": value}");
		label_make(element.value, v->label);
		if (label_find(p, v->label) != NULL)
			return json_fail(&element, err,
			    "another value is called \"%s\" as well; expected "
			    "values that differ, or names, as in {\"name\": "
			    "value}",
			    v->label);
		v->value = element.value;
		p->count++;
	}
	return true;
}

static bool
values_read_named(
    struct json_parameter *p, const struct json_at *at, struct err *err)
{
	char quoted[JSON_QUOTE_MAX];

	p->values = xcalloc(json_object_size(at->value), sizeof(*p->values));
	for (void *i = json_object_iter(at->value); i != NULL;
	     i = json_object_iter_next(at->value, i)) {
		struct json_parameter_value *v = &p->values[p->count++];
		const char *label = json_object_iter_key(i);

		if (!is_label(label))
			return json_fail_key(at, label, err,
			    "%s cannot be the name of a value; expected "
			    "letters, digits and \"._@:+/-\", at most %d",
			    json_quote(slice_cstr(label), quoted),
			    JSON_LABEL_MAX);
		(void)snprintf(v->label, sizeof(v->label), "%s", label);
		v->value = json_object_iter_value(i);
		p->is_scalar &= is_scalar(v->value);
	}
	return true;
}

static bool
parameter_read(struct json_parameter *p, const struct json_at *at,
    const char *name, struct err *err)
{
	struct json_at values = json_at_key(at, name);
	char quoted[JSON_QUOTE_MAX];
	size_t count;

	p->name = name;
	p->is_scalar = true;
	if (!is_name(name))
		return json_fail_key(at, name, err,
		    "%s cannot be the name of a parameter; expected small "
		    "letters, digits and \"_\", a letter first, at most %d",
		    json_quote(slice_cstr(name), quoted), NAME_BYTES_MAX);
	if (!json_is_array(values.value) && !json_is_object(values.value))
		return json_fail_type(
		    &values, JSON_ACCEPTS_ARRAY | JSON_ACCEPTS_OBJECT, err);
	count = json_is_array(values.value) ? json_array_size(values.value)
					    : json_object_size(values.value);
	if (count == 0 || count > JSON_VARIANTS_MAX)
		return json_fail(&values, err,
		    "expected 1 to %d values, got %zu", JSON_VARIANTS_MAX,
		    count);
	return json_is_array(values.value) ? values_read_list(p, &values, err)
					   : values_read_named(p, &values, err);
}

/* ---- combinations ---- */

/* An entry of "exclude", as choices. */
struct exclusion {
	bool has[JSON_PARAMETER_MAX];
	size_t choice[JSON_PARAMETER_MAX];
};

static bool
value_is(const struct json_parameter_value *v, json_t *said)
{
	return json_equal(v->value, said) ||
	    (json_is_string(said) &&
		strcmp(json_string_value(said), v->label) == 0);
}

static bool
fail_value(
    const struct json_parameter *p, const struct json_at *at, struct err *err)
{
	struct suggest nearest = { 0 };
	const char *best;

	if (json_is_string(at->value))
		nearest.word = json_at_text(at);
	for (size_t i = 0; i < p->count; i++)
		suggest_offer(&nearest, p->values[i].label);
	best = suggest_result(&nearest);
	if (best == NULL)
		return json_fail(at, err, "\"%s\" has no such value", p->name);
	return json_fail(at, err,
	    "\"%s\" has no such value (did you mean \"%s\"?)", p->name, best);
}

static bool
exclusion_read(const struct json_matrix *m, const struct json_at *at,
    struct exclusion *e, struct err *err)
{
	if (!json_is_object(at->value))
		return json_fail_type(at, JSON_ACCEPTS_OBJECT, err);
	if (json_object_size(at->value) == 0)
		return json_fail(at, err, "expected a parameter and its value");
	for (void *i = json_object_iter(at->value); i != NULL;
	     i = json_object_iter_next(at->value, i)) {
		const char *name = json_object_iter_key(i);
		const struct json_use unknown = { .name = slice_cstr(name) };
		struct json_at said = json_at_key(at, name);
		const struct json_parameter *p =
		    json_parameter_find(m, m->parameter_count, unknown.name);
		size_t choice = 0;

		if (p == NULL)
			return json_parameter_fail(m, &unknown, at, name, err);
		if (!is_scalar(said.value))
			return json_fail_type(&said,
			    JSON_ACCEPTS_STRING | JSON_ACCEPTS_NUMBER |
				JSON_ACCEPTS_BOOLEAN,
			    err);
		while (choice < p->count &&
		    !value_is(&p->values[choice], said.value))
			choice++;
		if (choice == p->count)
			return fail_value(p, &said, err);
		e->has[p - m->parameters] = true;
		e->choice[p - m->parameters] = choice;
	}
	return true;
}

static bool
is_excluded(const struct json_matrix *m, size_t combination,
    const struct exclusion *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool fits = true;

		for (size_t k = 0; k < m->parameter_count && fits; k++)
			fits = !list[i].has[k] ||
			    list[i].choice[k] ==
				json_matrix_choice(m, combination, k);
		if (fits)
			return true;
	}
	return false;
}

static bool
exclude_read(const struct json_matrix *m, const struct json_at *at,
    struct exclusion *list, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct json_at entry = json_at_index(at, i);

		if (!exclusion_read(m, &entry, &list[i], err))
			return false;
	}
	return true;
}

static bool
combinations_read(
    struct json_matrix *m, const struct json_at *at, struct err *err)
{
	struct json_at exclude = json_at_key(at, JSON_EXCLUDE_KEY);
	size_t count = 0, product = 1;
	struct exclusion *list;
	bool good;

	for (size_t i = 0; i < m->parameter_count; i++) {
		product *= m->parameters[i].count;
		if (product > JSON_VARIANTS_MAX)
			return json_fail(at, err, "more than %d combinations",
			    JSON_VARIANTS_MAX);
	}
	if (exclude.value != NULL && !json_is_array(exclude.value))
		return json_fail_type(&exclude, JSON_ACCEPTS_ARRAY, err);
	if (exclude.value != NULL)
		count = json_array_size(exclude.value);
	if (count > EXCLUDES_MAX)
		return json_fail(&exclude, err,
		    "expected at most %d elements, got %zu", EXCLUDES_MAX,
		    count);
	list = xcalloc(count + 1, sizeof(*list));
	good = exclude_read(m, &exclude, list, count, err);
	m->combinations = xcalloc(product, sizeof(*m->combinations));
	m->count = 0;
	for (size_t i = 0; good && i < product; i++)
		if (!is_excluded(m, i, list, count))
			m->combinations[m->count++] = i;
	free(list);
	if (good && m->count == 0)
		return json_fail(&exclude, err,
		    "no combination is left; expected one that is not "
		    "excluded");
	return good;
}
