/* SPDX-License-Identifier: MIT */
/*
 * The variants of a scenario file.  The matrix is gone before the tables of
 * plan_table.c read anything, so that they need not know of it.
 */
#include "core/json/matrix.h"
#include "harness/plan/plan_file.h"

struct plan_variants {
	struct json_doc doc;
	struct json_matrix matrix;
};

struct plan_variants *
plan_variants_read(const char *file, struct slice text, struct err *err)
{
	struct plan_variants *v = xcalloc(1, sizeof(*v));

	if (!json_doc_parse(&v->doc, file, text, err) ||
	    !json_matrix_read(&v->matrix, &v->doc, err))
		plan_variants_destroy(&v);
	return v;
}

void
plan_variants_destroy(struct plan_variants **vp)
{
	if (*vp == NULL)
		return;
	json_matrix_fini(&(*vp)->matrix);
	json_doc_fini(&(*vp)->doc);
	free(*vp);
	*vp = NULL;
}

size_t
plan_variants_count(const struct plan_variants *v)
{
	return v->matrix.count;
}

void
plan_variants_label(const struct plan_variants *v, size_t i, struct buf *out)
{
	json_matrix_label(&v->matrix, i, out);
}

bool
plan_variants_find(const struct plan_variants *v, struct slice label, size_t *i,
    struct err *err)
{
	return json_matrix_find(&v->matrix, label, i, err);
}

struct plan *
plan_variants_parse(const struct plan_variants *v, size_t i,
    const struct profile_source *profiles, struct err *err)
{
	struct json_doc doc;
	struct buf label = { 0 };
	struct plan *plan = NULL;

	json_matrix_label(&v->matrix, i, &label);
	if (json_matrix_expand(&v->matrix, i, &doc, err))
		plan = plan_of_doc(&doc, buf_cstr(&label), profiles, err);
	if (plan == NULL && buf_len(&label) > 0)
		(void)err_prefix(err, "[%s] ", buf_cstr(&label));
	json_doc_fini(&doc);
	buf_fini(&label);
	return plan;
}

json_t *
plan_variants_json(const struct plan_variants *v, size_t i, struct err *err)
{
	struct json_doc doc;
	json_t *root = NULL;

	if (json_matrix_expand(&v->matrix, i, &doc, err))
		root = json_incref(doc.root);
	json_doc_fini(&doc);
	return root;
}

struct plan *
plan_parse(const char *file, struct slice text, struct err *err)
{
	return plan_parse_with(file, text, NULL, err);
}

struct plan *
plan_parse_with(const char *file, struct slice text,
    const struct profile_source *profiles, struct err *err)
{
	struct plan_variants *v = plan_variants_read(file, text, err);
	struct plan *plan = NULL;
	size_t i;

	if (v != NULL && plan_variants_find(v, slice_of("", 0), &i, err))
		plan = plan_variants_parse(v, i, profiles, err);
	plan_variants_destroy(&v);
	return plan;
}
