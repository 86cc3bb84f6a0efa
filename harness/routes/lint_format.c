/* SPDX-License-Identifier: MIT */
/* Findings as text: for people, as JSON, as annotations of GitHub Actions. */
#include "harness/report/printable.h"
#include "harness/report/text_json.h"
#include "harness/routes/lint.h"
#include "harness/routes/lint_sarif.h"

static const char *const format_names[] = {
	[LINT_HUMAN] = "human",
	[LINT_JSON] = "json",
	[LINT_SARIF] = "sarif",
	[LINT_GITHUB] = "github",
};

bool
lint_format_parse(struct slice name, enum lint_format *format, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(format_names); i++)
		if (slice_eq(name, slice_cstr(format_names[i]))) {
			*format = (enum lint_format)i;
			return true;
		}
	return err_set(err,
	    "\"%.*s\" is no format; expected human, json, sarif or github",
	    SLICE_ARG(name));
}

static void
place_format(const struct lint_finding *f, struct buf *out)
{
	buf_append_cstr(out, f->file);
	if (f->line > 0)
		buf_printf(out, ":%d:%d", f->line, f->col);
}

static void
count_format(
    size_t count, const char *noun, const char *behind, struct buf *out)
{
	buf_printf(
	    out, "%zu %s%s%s", count, noun, count == 1 ? "" : "s", behind);
}

static void
human_format(const struct lint *l, struct buf *out)
{
	char id[LINT_ID_MAX];

	for (size_t i = 0; i < lint_count(l); i++) {
		const struct lint_finding *f = lint_at(l, i);
		const struct lint_rule *rule = lint_rule_get(f->rule);

		if (f->is_suppressed)
			continue;
		place_format(f, out);
		buf_printf(out, ": %s %s: ", lint_severity_name(rule->severity),
		    lint_rule_id(f->rule, id));
		printable_format(slice_cstr(f->text), out);
		buf_append_byte(out, '\n');
	}
	count_format(routes_count(lint_routes(l)), "route", ": ", out);
	count_format(lint_severity_count(l, LINT_ERROR), "error", ", ", out);
	count_format(
	    lint_severity_count(l, LINT_WARNING), "warning", ", ", out);
	count_format(lint_severity_count(l, LINT_NOTE), "note", ", ", out);
	buf_printf(out, "%zu suppressed\n", lint_suppressed_count(l));
	if (lint_is_refused(l))
		buf_append_cstr(out,
		    "The table is not taken as it is: the one in force "
		    "stays.\n");
}

/* ---- JSON ---- */

static json_t *
finding_json(const struct lint_finding *f)
{
	const struct lint_rule *rule = lint_rule_get(f->rule);
	json_t *object = json_object();
	char id[LINT_ID_MAX];

	text_json_set(object, "rule", lint_rule_id(f->rule, id));
	text_json_set(object, "name", rule->name);
	text_json_set(object, "severity", lint_severity_name(rule->severity));
	text_json_set(object, "file", f->file);
	if (f->line > 0) {
		json_object_set_new(object, "line", json_integer(f->line));
		json_object_set_new(object, "column", json_integer(f->col));
	}
	if (f->domain.len > 0)
		json_object_set_new(object, "domain",
		    json_stringn(f->domain.at, f->domain.len));
	text_json_set(object, "message", f->text);
	json_object_set_new(
	    object, "suppressed", json_boolean(f->is_suppressed));
	return object;
}

static void
json_format(const struct lint *l, struct buf *out)
{
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; i < lint_count(l); i++)
		json_array_append_new(list, finding_json(lint_at(l, i)));
	json_object_set_new(object, "findings", list);
	json_object_set_new(object, "routes",
	    json_integer((json_int_t)routes_count(lint_routes(l))));
	json_object_set_new(
	    object, "refused", json_boolean(lint_is_refused(l)));
	for (int s = LINT_NOTE; s <= LINT_ERROR; s++) {
		static const char *const keys[] = { "notes", "warnings",
			"errors" };

		json_object_set_new(object, keys[s],
		    json_integer((json_int_t)lint_severity_count(
			l, (enum lint_severity)s)));
	}
	text_json_dump(object, out);
	buf_append_byte(out, '\n');
}

/* ---- GitHub ---- */

/* What would end a command, or a property of it, is escaped with %. */
static void
append_escaped(const char *text, const char *specials, struct buf *out)
{
	struct buf shown = { 0 };

	printable_format(slice_cstr(text), &shown);
	for (const char *c = buf_cstr(&shown); *c != '\0'; c++)
		if (strchr(specials, *c) != NULL)
			buf_printf(out, "%%%02X", (unsigned char)*c);
		else
			buf_append_byte(out, *c);
	buf_fini(&shown);
}

static void
github_format(const struct lint *l, struct buf *out)
{
	static const char *const commands[] = { "notice", "warning", "error" };
	char id[LINT_ID_MAX];

	for (size_t i = 0; i < lint_count(l); i++) {
		const struct lint_finding *f = lint_at(l, i);
		const struct lint_rule *rule = lint_rule_get(f->rule);

		if (f->is_suppressed)
			continue;
		buf_printf(out, "::%s file=", commands[rule->severity]);
		append_escaped(f->file, "%\r\n:,", out);
		if (f->line > 0)
			buf_printf(out, ",line=%d,col=%d", f->line, f->col);
		buf_printf(out, ",title=%s %s::", lint_rule_id(f->rule, id),
		    rule->name);
		append_escaped(f->text, "%\r\n", out);
		buf_append_byte(out, '\n');
	}
}

void
lint_format(const struct lint *l, enum lint_format format, struct buf *out)
{
	switch (format) {
	case LINT_HUMAN:
		human_format(l, out);
		break;
	case LINT_JSON:
		json_format(l, out);
		break;
	case LINT_SARIF:
		lint_sarif_format(l, out);
		break;
	case LINT_GITHUB:
		github_format(l, out);
		break;
	}
}
