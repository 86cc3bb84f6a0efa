/* SPDX-License-Identifier: MIT */
/*
 * Reads objects by tables; see table.h.  What is wrong with an object as a
 * whole (keys that it may not have, must have, may not have together) is
 * reported before what is wrong with its values, and those in file order.
 */
#include "core/json/table.h"

#include "core/base/suggest.h"
#include "core/json/form.h"
#include "core/json/read.h"

enum {
	KEYS_SHOWN_MAX = 10
};

const char json_required[] = "required";

static bool keys_check(
    const struct json_table *table, const struct json_at *at, struct err *err);
static const struct json_field *field_find(
    const struct json_table *table, const char *key);
static bool fail_unknown(const struct json_table *table,
    const struct json_at *at, const char *key, struct err *err);
static bool group_check(
    const struct json_group *group, const struct json_at *at, struct err *err);
static bool group_check_needs(
    const struct json_group *group, const struct json_at *at, struct err *err);
static bool fail_none(
    const struct json_at *at, const char *keys, struct err *err);
static void keys_append(struct buf *out, struct slice keys);
static bool field_read(const struct json_reader *r,
    const struct json_field *field, const struct json_at *at, void *value);
static void preset_read(
    const struct json_reader *r, const struct json_field *field, void *value);

bool
json_table_read(const struct json_table *table, const struct json_at *at,
    void *value, struct arena *arena, struct err *err)
{
	const struct json_reader r = { arena, err };

	assert(at->value != NULL);
	if (!json_is_object(at->value))
		return json_fail_type(at, JSON_ACCEPTS_OBJECT, err);
	memset(value, 0, table->size);
	return json_read_table(&r, table, at, value);
}

bool
json_read_table(const struct json_reader *r, const struct json_table *table,
    const struct json_at *at, void *value)
{
	char *pointer;

	if (!keys_check(table, at, r->err))
		return false;
	if (table->pointer > 0) {
		pointer = json_at_format(at);
		json_store(r, slice_cstr(pointer),
		    (char *)value + table->pointer, sizeof(const char *));
		free(pointer);
	}
	for (void *i = json_object_iter(at->value); i != NULL;
	     i = json_object_iter_next(at->value, i)) {
		const struct json_field *field =
		    field_find(table, json_object_iter_key(i));

		if (!field_read(r, field, at, value))
			return false;
	}
	for (size_t i = 0; i < table->field_count; i++) {
		const struct json_field *field = &table->fields[i];

		if (field->preset != JSON_OPTIONAL &&
		    json_object_get(at->value, field->name) == NULL)
			preset_read(r, field, value);
	}
	return table->check == NULL ||
	    table->check(at, value, r->arena, r->err);
}

/* The keys of an object as a whole: none unknown, none missing, and together
 * as the groups allow. */
static bool
keys_check(
    const struct json_table *table, const struct json_at *at, struct err *err)
{
	for (void *i = json_object_iter(at->value); i != NULL;
	     i = json_object_iter_next(at->value, i))
		if (field_find(table, json_object_iter_key(i)) == NULL)
			return fail_unknown(
			    table, at, json_object_iter_key(i), err);
	for (size_t i = 0; i < table->field_count; i++)
		if (table->fields[i].preset == JSON_REQUIRED &&
		    json_object_get(at->value, table->fields[i].name) == NULL)
			return json_fail(at, err, "missing key \"%s\"",
			    table->fields[i].name);
	for (size_t i = 0; i < table->group_count; i++)
		if (!group_check(&table->groups[i], at, err))
			return false;
	return true;
}

static const struct json_field *
field_find(const struct json_table *table, const char *key)
{
	for (size_t i = 0; i < table->field_count; i++)
		if (strcmp(table->fields[i].name, key) == 0)
			return &table->fields[i];
	return NULL;
}

static bool
fail_unknown(const struct json_table *table, const struct json_at *at,
    const char *key, struct err *err)
{
	struct suggest suggest = { .word = slice_cstr(key) };
	struct buf known = { 0 };
	char quoted[JSON_QUOTE_MAX];
	const char *near;

	for (size_t i = 0; i < table->field_count; i++)
		suggest_offer(&suggest, table->fields[i].name);
	near = suggest_result(&suggest);
	if (near != NULL) {
		buf_printf(&known, " (did you mean \"%s\"?)", near);
	} else if (table->field_count <= KEYS_SHOWN_MAX) {
		buf_append_cstr(&known, " (known: ");
		json_names_append(&known, &table->fields[0].name,
		    sizeof(table->fields[0]), table->field_count,
		    KEYS_SHOWN_MAX);
		buf_append_cstr(&known, ")");
	}
	(void)json_fail_key(at, key, err, "unknown key %s%s",
	    json_quote(slice_cstr(key), quoted), buf_cstr(&known));
	buf_fini(&known);
	return false;
}

/* The member of that name, or NULL. */
static json_t *
member(const struct json_at *at, struct slice key)
{
	return json_object_getn(at->value, key.at, key.len);
}

static bool
group_check(
    const struct json_group *group, const struct json_at *at, struct err *err)
{
	struct slice rest = slice_cstr(group->keys);
	struct slice key, first = { 0 };
	bool at_most_one = group->rule != JSON_AT_LEAST_ONE;
	char name[64];

	if (group->rule == JSON_NEEDS_ONE || group->rule == JSON_NEEDS_ALL)
		return group_check_needs(group, at, err);
	while (json_group_key(&rest, &key)) {
		if (member(at, key) == NULL)
			continue;
		if (first.len > 0 && at_most_one) {
			(void)snprintf(
			    name, sizeof(name), "%.*s", SLICE_ARG(key));
			return json_fail_key(at, name, err,
			    "\"%.*s\" and \"%s\" exclude each other",
			    SLICE_ARG(first), name);
		}
		first = key;
	}
	if (first.len == 0 && group->rule != JSON_AT_MOST_ONE)
		return fail_none(at, group->keys, err);
	return true;
}

static bool
group_check_needs(
    const struct json_group *group, const struct json_at *at, struct err *err)
{
	struct slice rest = slice_cstr(group->keys);
	struct slice key, others;
	size_t have = 0, count = 0;
	struct buf names = { 0 };
	char name[64];

	(void)json_group_key(&rest, &key);
	if (member(at, key) == NULL)
		return true;
	(void)snprintf(name, sizeof(name), "%.*s", SLICE_ARG(key));
	others = rest;
	while (json_group_key(&rest, &key)) {
		count++;
		have += member(at, key) != NULL;
	}
	if (have > 0 && (group->rule == JSON_NEEDS_ONE || have == count))
		return true;
	keys_append(&names, others);
	(void)json_fail_key(at, name, err, "\"%s\" needs %s%s", name,
	    group->rule == JSON_NEEDS_ONE && count > 1 ? "one of " : "",
	    buf_cstr(&names));
	buf_fini(&names);
	return false;
}

static bool
fail_none(const struct json_at *at, const char *keys, struct err *err)
{
	struct buf names = { 0 };

	keys_append(&names, slice_cstr(keys));
	(void)json_fail(
	    at, err, "expected one of the keys %s", buf_cstr(&names));
	buf_fini(&names);
	return false;
}

static void
keys_append(struct buf *out, struct slice keys)
{
	struct slice key;
	const char *comma = "";

	while (json_group_key(&keys, &key)) {
		buf_printf(out, "%s\"%.*s\"", comma, SLICE_ARG(key));
		comma = ", ";
	}
}

static bool
field_read(const struct json_reader *r, const struct json_field *field,
    const struct json_at *at, void *value)
{
	const bool yes = true;
	struct json_at child = json_at_key(at, field->name);

	if (field->has > 0)
		memcpy((char *)value + field->has, &yes, sizeof(yes));
	return json_read_form(
	    r, field->form, &child, (char *)value + field->offset, field->size);
}

/* A preset is read like a file of one value; that it reads is the table's
 * promise. */
static void
preset_read(
    const struct json_reader *r, const struct json_field *field, void *value)
{
	struct json_doc doc;
	struct json_at root;
	char *text = json_preset_text(field);
	bool ok = json_doc_parse(&doc, field->name, slice_cstr(text), r->err);

	assert(ok);
	assert(field->form->kind != JSON_KIND_ANY);
	root = json_at_root(&doc);
	ok = json_read_form(
	    r, field->form, &root, (char *)value + field->offset, field->size);
	assert(ok);
	json_doc_fini(&doc);
	free(text);
}
