/* SPDX-License-Identifier: MIT */
/* The names of a scenario; see heading.h. */
#include "harness/plan/heading.h"

#include "core/json/doc.h"

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

void
heading_read(struct heading *h, struct slice text, struct arena *arena)
{
	struct json_doc doc = { 0 };
	struct err err;

	*h = (struct heading){ .title = "", .case_name = "", .seed = 1 };
	h->variants = arena_alloc(arena, sizeof(*h->variants));
	h->variants[h->variant_count++] = "";
	if (json_doc_parse(&doc, "", text, &err)) {
		struct json_at root = json_at_root(&doc);

		h->title = text_of(&root, "title", arena);
		h->case_name = text_of(&root, "case", arena);
		read_seed(h, &root);
		read_tags(h, &root, arena);
	}
	json_doc_fini(&doc);
}
