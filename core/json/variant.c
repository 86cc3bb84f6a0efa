/* SPDX-License-Identifier: MIT */
/*
 * Uses of parameters: checked once in the text, then replaced by values in the
 * copy that a variant is; see matrix.h.
 */
#include "core/json/matrix.h"

#include "core/json/matrix_impl.h"

enum {
	DEPTH_MAX = 2048,    /* of a variant, as of a text */
	GROWTH_MAX = 4 << 20 /* values and bytes that parameters add to it */
};

static bool
is_first(char c)
{
	return c >= 'a' && c <= 'z';
}

/* The end of the "{name}" that begins at `at`, or 0. */
static size_t
braces_end(struct slice text, size_t at)
{
	size_t end = at + 1;

	if (at + 1 >= text.len || text.at[at] != '{' || !is_first(text.at[end]))
		return 0;
	while (end < text.len &&
	    (is_first(text.at[end]) || ascii_is_digit(text.at[end]) ||
		text.at[end] == '_'))
		end++;
	return end < text.len && text.at[end] == '}' ? end + 1 : 0;
}

bool
json_use_find(struct slice text, size_t from, struct json_use *use)
{
	for (size_t i = from; i + 1 < text.len; i++) {
		size_t end;

		if (text.at[i] != '$')
			continue;
		end = braces_end(text, i + 1);
		use->is_escaped = false;
		if (end == 0 && text.at[i + 1] == '$') {
			end = braces_end(text, i + 2);
			use->is_escaped = true;
		}
		if (end == 0)
			continue;
		use->begin = i;
		use->end = end;
		i += use->is_escaped ? 3 : 2;
		use->name = slice_sub(text, i, end - 1 - i);
		return true;
	}
	return false;
}

bool
json_use_is_all(const struct json_use *use, struct slice text)
{
	return !use->is_escaped && use->begin == 0 && use->end == text.len;
}

/* ---- uses are checked ---- */

struct check {
	struct json_matrix *m;
	size_t known; /* of the parameters: may be used here */
	struct err *err;
};

/* A string's text, or a member's key. */
static bool
text_check(const struct check *c, const struct json_at *at, const char *key)
{
	struct slice text = key != NULL ? slice_cstr(key) : json_at_text(at);
	struct json_use use;

	for (size_t from = 0; json_use_find(text, from, &use); from = use.end) {
		struct json_parameter *p =
		    json_parameter_find(c->m, c->known, use.name);

		if (use.is_escaped)
			continue;
		if (p == NULL)
			return json_parameter_fail(c->m, &use, at, key, c->err);
		p->is_used = true;
		if (p->is_scalar ||
		    (key == NULL && json_use_is_all(&use, text)))
			continue;
		return key != NULL
		    ? json_fail_key(at, key, c->err,
			  "not all values of \"%s\" are text or numbers",
			  p->name)
		    : json_fail_inside(at, use.begin, c->err,
			  "not all values of \"%s\" are text or numbers; "
			  "expected it alone in the string",
			  p->name);
	}
	return true;
}

static bool value_check(const struct check *c, const struct json_at *at);

static bool
member_check(const struct check *c, const struct json_at *at, const char *key)
{
	struct json_at member = json_at_key(at, key);

	return text_check(c, at, key) && value_check(c, &member);
}

static bool
value_check(const struct check *c, const struct json_at *at)
{
	json_t *value = at->value;
	bool good = true;

	if (json_is_string(value))
		return text_check(c, at, NULL);
	for (size_t i = 0; good && i < json_array_size(value); i++) {
		struct json_at element = json_at_index(at, i);

		good = value_check(c, &element);
	}
	for (void *i = json_object_iter(value); good && i != NULL;
	     i = json_object_iter_next(value, i))
		good = member_check(c, at, json_object_iter_key(i));
	return good;
}

/* Values may use the parameters before them; what is excluded uses none. */
static bool
matrix_check(struct json_matrix *m, const struct json_at *at, struct err *err)
{
	for (size_t i = 0; i < m->parameter_count; i++) {
		const struct check c = { m, i, err };
		struct json_at values = json_at_key(at, m->parameters[i].name);

		if (!value_check(&c, &values))
			return false;
	}
	return true;
}

static bool
all_used(const struct json_matrix *m, const struct json_at *at, struct err *err)
{
	for (size_t i = 0; i < m->parameter_count; i++) {
		const char *name = m->parameters[i].name;

		if (!m->parameters[i].is_used)
			return json_fail_key(at, name, err,
			    "the parameter \"%s\" is never used; expected "
			    "${%s} somewhere",
			    name, name);
	}
	return true;
}

bool
json_uses_check(struct json_matrix *m, struct err *err)
{
	const struct check c = { m, m->parameter_count, err };
	struct json_at root = json_at_root(m->doc);
	struct json_at matrix = json_at_key(&root, JSON_MATRIX_KEY);
	bool good = m->parameter_count == 0 || matrix_check(m, &matrix, err);

	if (!json_is_object(root.value))
		return value_check(&c, &root);
	for (void *i = json_object_iter(root.value); good && i != NULL;
	     i = json_object_iter_next(root.value, i)) {
		const char *key = json_object_iter_key(i);

		good = strcmp(key, JSON_MATRIX_KEY) == 0 ||
		    member_check(&c, &root, key);
	}
	return good && all_used(m, &matrix, err);
}

/* ---- a variant is made ---- */

struct expansion {
	const struct json_matrix *m;
	size_t combination;
	size_t depth;
	size_t growth;
	bool is_inside; /* of a parameter's value */
	struct err *err;
};

static json_t *value_expand(
    struct expansion *x, const struct json_at *at, json_t *value);

static json_t *
value_of(const struct expansion *x, struct slice name)
{
	const struct json_matrix *m = x->m;
	const struct json_parameter *p =
	    json_parameter_find(m, m->parameter_count, name);

	assert(p != NULL);
	return p
	    ->values[json_matrix_choice(
		m, x->combination, (size_t)(p - m->parameters))]
	    .value;
}

static bool
grow(struct expansion *x, const struct json_at *at, size_t by)
{
	if (by <= GROWTH_MAX - x->growth) {
		x->growth += by;
		return true;
	}
	return json_fail(at, x->err,
	    "the values of its parameters make the text longer by more than "
	    "%d bytes",
	    GROWTH_MAX);
}

static bool text_expand(struct expansion *x, const struct json_at *at,
    struct slice text, struct buf *out);

/* Appends a value that stands within a text. */
static bool
scalar_expand(struct expansion *x, const struct json_at *at, json_t *value,
    struct buf *out)
{
	char *text;
	bool good;

	if (json_is_string(value))
		return text_expand(x, at,
		    slice_of(
			json_string_value(value), json_string_length(value)),
		    out);
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	assert(text != NULL);
	buf_append_cstr(out, text);
	good = grow(x, at, strlen(text));
	free(text);
	return good;
}

static bool
text_expand(struct expansion *x, const struct json_at *at, struct slice text,
    struct buf *out)
{
	struct json_use use;
	size_t from = 0;

	if (!grow(x, at, x->is_inside ? text.len : 0))
		return false;
	for (; json_use_find(text, from, &use); from = use.end) {
		const bool was_inside = x->is_inside;

		buf_append(out, slice_sub(text, from, use.begin - from));
		if (use.is_escaped) {
			buf_append(out,
			    slice_sub(
				text, use.begin + 1, use.end - use.begin - 1));
			continue;
		}
		x->is_inside = true;
		if (!scalar_expand(x, at, value_of(x, use.name), out))
			return false;
		x->is_inside = was_inside;
	}
	buf_append(out, slice_skip(text, from));
	return true;
}

static json_t *
string_expand(struct expansion *x, const struct json_at *at, json_t *value)
{
	struct slice text =
	    slice_of(json_string_value(value), json_string_length(value));
	const bool was_inside = x->is_inside;
	struct buf out = { 0 };
	struct json_use use;
	json_t *made = NULL;

	if (!json_use_find(text, 0, &use))
		return grow(x, at, x->is_inside ? text.len + 1 : 0)
		    ? json_incref(value)
		    : NULL;
	if (json_use_is_all(&use, text)) {
		x->is_inside = true;
		made = value_expand(x, at, value_of(x, use.name));
		x->is_inside = was_inside;
		return made;
	}
	if (text_expand(x, at, text, &out)) {
		made = json_stringn(buf_cstr(&out), buf_len(&out));
		assert(made != NULL);
	}
	buf_fini(&out);
	return made;
}

static json_t *
array_expand(struct expansion *x, const struct json_at *at, json_t *value)
{
	json_t *made = json_array();

	for (size_t i = 0; i < json_array_size(value); i++) {
		struct json_at child = json_at_index(at, i);
		json_t *element = value_expand(
		    x, x->is_inside ? at : &child, json_array_get(value, i));

		if (element == NULL) {
			json_decref(made);
			return NULL;
		}
		if (json_array_append_new(made, element) != 0)
			abort();
	}
	return made;
}

static bool
member_expand(struct expansion *x, const struct json_at *at, const char *key,
    json_t *value, json_t *made)
{
	struct json_at child = json_at_key(at, key);
	struct buf name = { 0 };
	char quoted[JSON_QUOTE_MAX];
	json_t *member = NULL;
	bool good = text_expand(x, at, slice_cstr(key), &name);

	if (good && json_object_get(made, buf_cstr(&name)) != NULL)
		good = json_fail_key(at, key, x->err, "duplicate key %s",
		    json_quote(buf_slice(&name), quoted));
	if (good)
		member = value_expand(x, x->is_inside ? at : &child, value);
	if (member != NULL &&
	    json_object_set_new(made, buf_cstr(&name), member) != 0)
		abort();
	buf_fini(&name);
	return member != NULL;
}

static json_t *
object_expand(struct expansion *x, const struct json_at *at, json_t *value)
{
	json_t *made = json_object();

	for (void *i = json_object_iter(value); i != NULL;
	     i = json_object_iter_next(value, i)) {
		if (member_expand(x, at, json_object_iter_key(i),
			json_object_iter_value(i), made))
			continue;
		json_decref(made);
		return NULL;
	}
	return made;
}

/* A copy of the value, its parameters replaced; NULL: an error.  Inside of a
 * parameter's value `at` stays where the parameter is used. */
static json_t *
value_expand(struct expansion *x, const struct json_at *at, json_t *value)
{
	json_t *made = NULL;

	if (json_is_string(value))
		return string_expand(x, at, value);
	if (!grow(x, at, x->is_inside ? 1 : 0))
		return NULL;
	if (!json_is_object(value) && !json_is_array(value))
		return json_incref(value);
	if (++x->depth > DEPTH_MAX)
		(void)json_fail(at, x->err, "nested deeper than %d", DEPTH_MAX);
	else if (json_is_object(value))
		made = object_expand(x, at, value);
	else
		made = array_expand(x, at, value);
	x->depth--;
	return made;
}

/* The root's matrix stays as it is. */
static json_t *
root_expand(struct expansion *x, const struct json_at *root)
{
	json_t *made = json_object();
	bool good = true;

	for (void *i = json_object_iter(root->value); good && i != NULL;
	     i = json_object_iter_next(root->value, i)) {
		const char *key = json_object_iter_key(i);
		json_t *value = json_object_iter_value(i);

		if (strcmp(key, JSON_MATRIX_KEY) != 0)
			good = member_expand(x, root, key, value, made);
		else if (json_object_set(made, key, value) != 0)
			abort();
	}
	if (good)
		return made;
	json_decref(made);
	return NULL;
}

bool
json_matrix_expand(const struct json_matrix *m, size_t i,
    struct json_doc *variant, struct err *err)
{
	struct json_at at = json_at_root(m->doc);
	struct expansion x = { .m = m, .err = err };
	json_t *root;

	assert(i < m->count);
	*variant = (struct json_doc){ 0 };
	if (m->parameter_count > 0)
		x.combination = m->combinations[i];
	root = json_is_object(at.value) ? root_expand(&x, &at)
					: value_expand(&x, &at, at.value);
	if (root == NULL)
		return false;
	json_doc_of_variant(variant, m->doc, root);
	return true;
}
