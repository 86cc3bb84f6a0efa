/* SPDX-License-Identifier: MIT */
/* What variants are called, and finding one by that; see matrix.h. */
#include "core/base/suggest.h"
#include "core/json/matrix_impl.h"

void
json_matrix_label(const struct json_matrix *m, size_t i, struct buf *out)
{
	assert(i < m->count);
	for (size_t k = 0; k < m->parameter_count; k++) {
		const struct json_parameter *p = &m->parameters[k];
		size_t choice = json_matrix_choice(m, m->combinations[i], k);

		buf_printf(out, "%s%s=%s", k > 0 ? "," : "", p->name,
		    p->values[choice].label);
	}
}

/* The variant whose label is most like that one. */
static size_t
nearest_find(const struct json_matrix *m, struct slice label)
{
	struct buf text = { 0 };
	size_t best = 0, least = SIZE_MAX;

	for (size_t i = 0; i < m->count; i++) {
		buf_clear(&text);
		json_matrix_label(m, i, &text);
		size_t distance = suggest_distance(buf_slice(&text), label);

		best = distance < least ? i : best;
		least = distance < least ? distance : least;
	}
	buf_fini(&text);
	return best;
}

static bool
fail_label(const struct json_matrix *m, struct slice label, struct err *err)
{
	struct json_at root = json_at_root(m->doc);
	struct json_at at = json_at_key(&root, JSON_MATRIX_KEY);
	struct buf text = { 0 };

	if (m->parameter_count == 0)
		return json_fail(&root, err,
		    "it has no \"matrix\"; expected no [%.*s] behind its name",
		    SLICE_ARG(label));
	json_matrix_label(m, nearest_find(m, label), &text);
	if (label.len == 0)
		(void)json_fail(&at, err,
		    "one of its %zu cases must be named, as %s[%s]", m->count,
		    m->doc->file, buf_cstr(&text));
	else
		(void)json_fail(&at, err,
		    "it has no case [%.*s] (did you mean [%s]?)",
		    SLICE_ARG(label), buf_cstr(&text));
	buf_fini(&text);
	return false;
}

bool
json_matrix_find(
    const struct json_matrix *m, struct slice label, size_t *i, struct err *err)
{
	struct buf text = { 0 };
	bool found = false;

	for (*i = 0; *i < m->count; ++*i) {
		buf_clear(&text);
		json_matrix_label(m, *i, &text);
		found = slice_eq(buf_slice(&text), label);
		if (found)
			break;
	}
	buf_fini(&text);
	return found || fail_label(m, label, err);
}

void
json_variant_split(struct slice name, struct slice *file, struct slice *label)
{
	size_t at = name.len;

	*file = name;
	*label = slice_of("", 0);
	if (name.len == 0 || name.at[name.len - 1] != ']')
		return;
	while (at > 0 && name.at[at - 1] != '[')
		at--;
	if (at < 2)
		return;
	*file = slice_sub(name, 0, at - 1);
	*label = slice_sub(name, at, name.len - 1 - at);
}

bool
json_doc_parse_variant(struct json_doc *doc, const char *file,
    struct slice text, struct slice label, struct err *err)
{
	struct json_doc whole = { 0 };
	struct json_matrix m = { 0 };
	size_t i;
	bool good;

	*doc = (struct json_doc){ 0 };
	good = json_doc_parse(&whole, file, text, err) &&
	    json_matrix_read(&m, &whole, err) &&
	    json_matrix_find(&m, label, &i, err) &&
	    json_matrix_expand(&m, i, doc, err);
	json_matrix_fini(&m);
	json_doc_fini(&whole);
	return good;
}
