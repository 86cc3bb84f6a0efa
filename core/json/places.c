/* SPDX-License-Identifier: MIT */
/* Places in a JSON text, remembered; see places.h. */
#include "core/json/places.h"

#include <uthash.h>

/* Line and column are kept for every so manieth byte. */
#define MARK_STEP 1024

struct child {
	const char *name; /* of a member; borrowed from the tree */
	json_t *value;    /* borrowed */
	size_t offset, key;
	UT_hash_handle hh; /* in members */
};

/* An object or array that a pointer has led through. */
struct parent {
	json_t *value;         /* borrowed; the key */
	struct child *list;    /* owned; in the order of the file */
	struct child *members; /* of an object, by name */
	size_t count;
	UT_hash_handle hh; /* in parents */
};

struct mark {
	int line, col;
};

struct json_places {
	struct slice text;
	json_t *root;
	struct parent *parents;
	struct mark *marks; /* owned; NULL: not counted yet */
};

static const struct child *child_find(
    const struct parent *parent, struct slice token);
static struct parent *parent_get(
    struct json_places *p, json_t *value, size_t offset);
static void parent_read(
    struct parent *parent, struct slice text, size_t offset);
static char *token_unescape(struct slice token);
static void marks_count(struct json_places *p);

struct json_places *
json_places_new(struct slice text, json_t *root)
{
	struct json_places *p = xcalloc(1, sizeof(*p));

	p->text = text;
	p->root = root;
	return p;
}

void
json_places_destroy(struct json_places **pp)
{
	struct json_places *p = *pp;
	struct parent *parent, *next;

	*pp = NULL;
	if (p == NULL)
		return;
	HASH_ITER(hh, p->parents, parent, next)
	{
		HASH_CLEAR(hh, parent->members);
		HASH_DEL(p->parents, parent);
		free(parent->list);
		free(parent);
	}
	free(p->marks);
	free(p);
}

static bool
is_container(const json_t *value)
{
	return json_is_object(value) || json_is_array(value);
}

static bool
is_container_text(struct slice text, size_t offset)
{
	return text.at[offset] == '{' || text.at[offset] == '[';
}

/* Within a value for which a parameter stands there are no places; NULL: there
 * is no such value. */
static json_t *
value_find(json_t *value, struct slice token)
{
	uint64_t number;
	json_t *child;
	char *name;

	if (json_is_array(value))
		return slice_to_u64(token, SIZE_MAX, &number)
		    ? json_array_get(value, number)
		    : NULL;
	name = token_unescape(token);
	child = json_object_get(value, name);
	free(name);
	return child;
}

struct json_found
json_places_find(struct json_places *p, const char *pointer)
{
	struct slice rest = slice_skip(slice_cstr(pointer), 1);
	struct json_found found = { p->root, 0, 0 };

	assert(*pointer == '\0' || *pointer == '/');
	found.offset = found.key = json_text_skip_space(p->text, 0);
	if (*pointer == '\0')
		return found;
	for (bool is_last = false; !is_last; rest = slice_skip(rest, 1)) {
		struct slice token =
		    slice_sub(rest, 0, slice_find_byte(rest, '/'));
		const struct child *child = NULL;

		rest = slice_skip(rest, token.len);
		is_last = rest.len == 0;
		if (!is_container(found.value)) {
			found.value = NULL;
			break;
		}
		if (!is_container_text(p->text, found.offset)) {
			found.value = value_find(found.value, token);
			continue;
		}
		child =
		    child_find(parent_get(p, found.value, found.offset), token);
		found.value = child != NULL ? child->value : NULL;
		if (child == NULL)
			break;
		found.offset = child->offset;
		found.key = child->key;
	}
	return found;
}

void
json_places_line(struct json_places *p, size_t offset, int *line, int *col)
{
	const struct mark *mark;

	if (p->marks == NULL)
		marks_count(p);
	offset = json_text_character(p->text, offset);
	mark = &p->marks[offset / MARK_STEP];
	*line = mark->line;
	*col = mark->col;
	json_text_advance(
	    p->text, offset - offset % MARK_STEP, offset, line, col);
}

static void
marks_count(struct json_places *p)
{
	struct mark now = { 1, 1 };
	size_t count = p->text.len / MARK_STEP + 1;

	p->marks = xcalloc(count, sizeof(*p->marks));
	p->marks[0] = now;
	for (size_t i = 1; i < count; i++) {
		json_text_advance(p->text, (i - 1) * MARK_STEP, i * MARK_STEP,
		    &now.line, &now.col);
		p->marks[i] = now;
	}
}

/* The member or element that a pointer's token names, or NULL. */
static const struct child *
child_find(const struct parent *parent, struct slice token)
{
	const struct child *child;
	uint64_t number;
	char *name;

	if (json_is_array(parent->value))
		return slice_to_u64(token, SIZE_MAX, &number) &&
			number < parent->count
		    ? &parent->list[number]
		    : NULL;
	name = token_unescape(token);
	HASH_FIND_STR(parent->members, name, child);
	free(name);
	return child;
}

/* The children of the object or array at `offset`, read when nobody has asked
 * for one of them before. */
static struct parent *
parent_get(struct json_places *p, json_t *value, size_t offset)
{
	struct parent *parent;

	HASH_FIND_PTR(p->parents, &value, parent);
	if (parent != NULL)
		return parent;
	parent = xcalloc(1, sizeof(*parent));
	parent->value = value;
	HASH_ADD_PTR(p->parents, value, parent);
	parent_read(parent, p->text, offset);
	return parent;
}

static void
parent_read(struct parent *parent, struct slice text, size_t offset)
{
	bool is_object = json_is_object(parent->value);
	void *member = json_object_iter(parent->value);
	size_t at = offset;

	parent->count = is_object ? json_object_size(parent->value)
				  : json_array_size(parent->value);
	parent->list = xcalloc(parent->count, sizeof(*parent->list));
	for (size_t i = 0; i < parent->count; i++) {
		struct child *child = &parent->list[i];

		/* Past the bracket or the comma. */
		at = json_text_skip_space(text, at + 1);
		child->key = at;
		if (is_object) {
			at = json_text_skip_value(text, at);
			assert(text.at[at] == ':');
			at = json_text_skip_space(text, at + 1);
			child->name = json_object_iter_key(member);
			child->value = json_object_iter_value(member);
			HASH_ADD_KEYPTR(hh, parent->members, child->name,
			    strlen(child->name), child);
			member = json_object_iter_next(parent->value, member);
		} else {
			child->value = json_array_get(parent->value, i);
		}
		child->offset = at;
		at = json_text_skip_value(text, at);
	}
}

/* RFC 6901, 4: "~1" is "/", "~0" is "~". */
static char *
token_unescape(struct slice token)
{
	char *text = slice_dup(token);
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		*to = *from;
		if (*from == '~' && (from[1] == '0' || from[1] == '1'))
			*to = *++from == '0' ? '~' : '/';
		to++;
	}
	*to = '\0';
	return text;
}
