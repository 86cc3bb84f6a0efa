/* SPDX-License-Identifier: MIT */
/* Tables as a page for people, in Markdown; see schema.h. */
#include "core/json/schema.h"

#include "core/json/form.h"

static void table_append(struct buf *out, const struct json_table *table);
static void row_append(struct buf *out, const struct json_field *field);
static void form_append(struct buf *out, const struct json_form *form);
static void link_append(struct buf *out, const char *name);
static void words_append(struct buf *out, const struct json_form *form);
static void duration_append(struct buf *out, const struct json_form *form);
static void array_append(struct buf *out, const struct json_form *form);
static void choices_append(struct buf *out, const struct json_form *form);
static void group_append(struct buf *out, const struct json_group *group);
static void cell_append(struct buf *out, const char *text);

void
json_fields_print(const struct json_table *top, struct buf *out)
{
	struct json_table_list tables = { 0 };

	json_table_list_fill(&tables, top);
	for (size_t i = 0; i < tables.count; i++) {
		if (i > 0)
			buf_append_byte(out, '\n');
		table_append(out, tables.at[i]);
	}
	free(tables.at);
}

static void
table_append(struct buf *out, const struct json_table *table)
{
	buf_printf(out, "## %s\n\n%s\n\n", table->name, table->help);
	buf_append_cstr(
	    out, "| key | type | default | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < table->field_count; i++)
		row_append(out, &table->fields[i]);
	if (table->group_count > 0)
		buf_append_byte(out, '\n');
	for (size_t i = 0; i < table->group_count; i++)
		group_append(out, &table->groups[i]);
}

static void
row_append(struct buf *out, const struct json_field *field)
{
	buf_printf(out, "| `%s` | ", field->name);
	form_append(out, field->form);
	buf_append_cstr(out, " | ");
	if (field->preset == JSON_REQUIRED)
		buf_append_cstr(out, "required");
	else if (field->preset != JSON_OPTIONAL)
		buf_printf(out, "`%s`", field->preset);
	buf_append_cstr(out, " | ");
	cell_append(out, field->help);
	buf_append_cstr(out, " |\n");
}

static void
form_append(struct buf *out, const struct json_form *form)
{
	switch (form->kind) {
	case JSON_KIND_STRING:
		buf_append_cstr(out, "string");
		break;
	case JSON_KIND_BOOLEAN:
		buf_append_cstr(out, "`true` or `false`");
		break;
	case JSON_KIND_INTEGER:
		buf_printf(out, "integer %lld..%lld", (long long)form->min,
		    (long long)form->max);
		break;
	case JSON_KIND_NUMBER:
		buf_printf(out, "number %g..%g", form->low, form->high);
		break;
	case JSON_KIND_DURATION:
		duration_append(out, form);
		break;
	case JSON_KIND_MOMENT:
		buf_append_cstr(out, "moment");
		break;
	case JSON_KIND_OBJECT:
		link_append(out, form->table->name);
		break;
	case JSON_KIND_ARRAY:
		array_append(out, form);
		break;
	case JSON_KIND_MAP:
		buf_append_cstr(out, "map of ");
		form_append(out, form->key);
		buf_append_cstr(out, " to ");
		form_append(out, form->element);
		break;
	case JSON_KIND_CHOICE:
		choices_append(out, form);
		break;
	case JSON_KIND_ANY:
		buf_append_cstr(out, "any");
		break;
	case JSON_KIND_CUSTOM:
		buf_append_cstr(out, form->custom->name);
		break;
	case JSON_KIND_WORD:
		break;
	}
	words_append(out, form);
}

/* A link to a table's heading, whose anchor has hyphens for spaces. */
static void
link_append(struct buf *out, const char *name)
{
	buf_printf(out, "[%s](#", name);
	for (; *name != '\0'; name++)
		buf_append_byte(out, *name == ' ' ? '-' : *name);
	buf_append_byte(out, ')');
}

/* The words of a form that is made of them, or that has them beside. */
static void
words_append(struct buf *out, const struct json_form *form)
{
	if (form->kind != JSON_KIND_WORD && form->word_count > 0)
		buf_append_cstr(out, " or ");
	for (size_t i = 0; i < form->word_count; i++)
		buf_printf(
		    out, "%s`%s`", i > 0 ? " " : "", form->words[i].name);
}

static void
duration_append(struct buf *out, const struct json_form *form)
{
	buf_append_cstr(out, form->min > 0 ? "duration, not 0" : "duration");
}

static void
array_append(struct buf *out, const struct json_form *form)
{
	if (form->one_will_do) {
		form_append(out, form->element);
		buf_append_cstr(out, ", or a list of them");
		return;
	}
	buf_append_cstr(out, "list of ");
	form_append(out, form->element);
}

static void
choices_append(struct buf *out, const struct json_form *form)
{
	for (size_t i = 0; i < form->choice_count; i++) {
		if (i > 0)
			buf_append_cstr(out, " or ");
		form_append(out, form->choices[i].form);
	}
}

static void
group_append(struct buf *out, const struct json_group *group)
{
	struct slice keys = slice_cstr(group->keys);
	struct slice key;
	const char *comma = "";

	switch (group->rule) {
	case JSON_EXACTLY_ONE:
		buf_append_cstr(out, "- Exactly one of ");
		break;
	case JSON_AT_MOST_ONE:
		buf_append_cstr(out, "- At most one of ");
		break;
	case JSON_AT_LEAST_ONE:
		buf_append_cstr(out, "- At least one of ");
		break;
	case JSON_NEEDS_ONE:
	case JSON_NEEDS_ALL:
		(void)json_group_key(&keys, &key);
		buf_printf(out, "- `%.*s` needs %s", SLICE_ARG(key),
		    group->rule == JSON_NEEDS_ONE ? "one of " : "");
		break;
	}
	while (json_group_key(&keys, &key)) {
		buf_printf(out, "%s`%.*s`", comma, SLICE_ARG(key));
		comma = ", ";
	}
	buf_append_cstr(out, ".\n");
}

/* Text in a table cell, where a bar would end it. */
static void
cell_append(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			buf_append_byte(out, '\\');
		buf_append_byte(out, *text);
	}
}
