/* SPDX-License-Identifier: MIT */
/* The names of a scenario; see heading.h. */
#include "harness/plan/heading.h"

#include "core/json/matrix.h"

static const char *
text_of(const struct json_at *root, const char *key, struct arena *arena)
{
	struct json_at at = json_at_key(root, key);

	return json_is_string(at.value) ? arena_strdup(arena, json_at_text(&at))
					: "";
}

static void
read_seed(struct heading *h, const struct json_at *root)
{
	struct json_at at = json_at_key(root, "seed");
	int64_t seed;

	if (json_is_number(at.value) && json_at_integer(&at, &seed) &&
	    seed >= 0)
		h->seed = (uint64_t)seed;
}

static void
read_tags(struct heading *h, const struct json_at *root, struct arena *arena)
{
	struct json_at list = json_at_key(root, "tags");
	size_t count = json_array_size(list.value);

	h->tags = arena_alloc(arena, (count + 1) * sizeof(*h->tags));
	if (json_is_string(list.value))
		h->tags[h->tag_count++] =
		    arena_strdup(arena, json_at_text(&list));
	for (size_t i = 0; i < count; i++) {
		struct json_at at = json_at_index(&list, i);

		if (json_is_string(at.value))
			h->tags[h->tag_count++] =
			    arena_strdup(arena, json_at_text(&at));
	}
}

/* What a document says; nothing when a variant could not be made. */
static void
read_one(struct heading *h, const struct json_doc *doc, struct arena *arena)
{
	struct json_at root = json_at_root(doc);

	*h = (struct heading){
		.variant = "", .title = "", .case_name = "", .seed = 1
	};
	if (doc->root == NULL)
		return;
	h->title = text_of(&root, "title", arena);
	h->case_name = text_of(&root, "case", arena);
	read_seed(h, &root);
	read_tags(h, &root, arena);
}

static void
read_variant(struct heading *h, const struct json_matrix *matrix, size_t i,
    struct arena *arena)
{
	struct json_doc doc;
	struct buf label = { 0 };
	struct err err;

	(void)json_matrix_expand(matrix, i, &doc, &err);
	read_one(h, &doc, arena);
	json_matrix_label(matrix, i, &label);
	h->variant = arena_strdup(arena, buf_slice(&label));
	buf_fini(&label);
	json_doc_fini(&doc);
}

static struct heading *
read_all(const struct json_doc *doc, struct arena *arena, size_t *count)
{
	struct json_matrix matrix = { 0 };
	struct heading *headings;
	struct err err;
	bool has_matrix =
	    json_matrix_read(&matrix, doc, &err) && matrix.parameter_count > 0;

	*count = has_matrix ? matrix.count : 1;
	headings = arena_alloc(arena, *count * sizeof(*headings));
	for (size_t i = 0; i < *count; i++)
		if (has_matrix)
			read_variant(&headings[i], &matrix, i, arena);
		else
			read_one(&headings[i], doc, arena);
	json_matrix_fini(&matrix);
	return headings;
}

struct heading *
heading_read(const char *path, struct slice text, struct arena *arena,
    size_t *count, struct err *err)
{
	struct heading *headings = NULL;
	struct json_doc doc;

	if (json_doc_parse(&doc, path, text, err)) {
		struct json_at root = json_at_root(&doc);

		if (json_is_object(root.value))
			headings = read_all(&doc, arena, count);
		else
			(void)json_fail_type(&root, JSON_ACCEPTS_OBJECT, err);
	}
	json_doc_fini(&doc);
	return headings;
}
