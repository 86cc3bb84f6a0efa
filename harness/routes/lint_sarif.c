/* SPDX-License-Identifier: MIT */
/* Findings as SARIF; see lint_sarif.h. */
#include "harness/routes/lint_sarif.h"

#include "harness/report/text_json.h"

static void
set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		abort();
}

/* {"text": ...} */
static json_t *
message(const char *text)
{
	json_t *object = json_object();

	text_json_set(object, "text", text);
	return object;
}

static json_t *
rule_json(enum lint_rule_id id)
{
	const struct lint_rule *rule = lint_rule_get(id);
	json_t *object = json_object(), *defaults = json_object();
	char text[LINT_ID_MAX];

	text_json_set(object, "id", lint_rule_id(id, text));
	text_json_set(object, "name", rule->name);
	set(object, "shortDescription", message(rule->summary));
	set(object, "fullDescription", message(rule->why));
	set(object, "help", message(rule->advice));
	text_json_set(defaults, "level", lint_severity_name(rule->severity));
	set(object, "defaultConfiguration", defaults);
	return object;
}

static json_t *
driver_json(void)
{
	json_t *driver = json_object(), *rules = json_array();

	text_json_set(driver, "name", "faultpost");
	text_json_set(driver, "version", FAULTPOST_VERSION);
	for (int id = 1; id < LINT_RULE_END; id++)
		json_array_append_new(rules, rule_json((enum lint_rule_id)id));
	set(driver, "rules", rules);
	return driver;
}

/* A path as a reference of RFC 3986. */
static json_t *
uri_json(const char *path)
{
	struct buf uri = { 0 };
	json_t *value;

	if (path[0] == '/')
		buf_append_cstr(&uri, "file://");
	for (const char *c = path; *c != '\0'; c++)
		if (ascii_is_alpha(*c) || ascii_is_digit(*c) ||
		    strchr("/-._~", *c) != NULL)
			buf_append_byte(&uri, *c);
		else
			buf_printf(&uri, "%%%02X", (unsigned char)*c);
	value = text_json(&uri);
	buf_fini(&uri);
	return value;
}

static json_t *
location_json(const struct lint_finding *f)
{
	json_t *artifact = json_object(), *physical = json_object();
	json_t *location = json_object(), *region = json_object();

	set(artifact, "uri", uri_json(f->file));
	set(physical, "artifactLocation", artifact);
	if (f->line > 0) {
		set(region, "startLine", json_integer(f->line));
		set(region, "startColumn", json_integer(f->col));
		set(physical, "region", json_incref(region));
	}
	json_decref(region);
	set(location, "physicalLocation", physical);
	return location;
}

static json_t *
result_json(const struct lint_finding *f)
{
	json_t *object = json_object();
	char id[LINT_ID_MAX];

	text_json_set(object, "ruleId", lint_rule_id(f->rule, id));
	set(object, "ruleIndex", json_integer((json_int_t)f->rule - 1));
	text_json_set(object, "level",
	    lint_severity_name(lint_rule_get(f->rule)->severity));
	set(object, "message", message(f->text));
	set(object, "locations", json_pack("[o]", location_json(f)));
	if (f->is_suppressed)
		set(object, "suppressions",
		    json_pack("[{s:s}]", "kind", "inSource"));
	return object;
}

void
lint_sarif_format(const struct lint *l, struct buf *out)
{
	json_t *log = json_object(), *run = json_object();
	json_t *results = json_array();

	for (size_t i = 0; i < lint_count(l); i++)
		json_array_append_new(results, result_json(lint_at(l, i)));
	set(run, "tool", json_pack("{s:o}", "driver", driver_json()));
	text_json_set(run, "columnKind", "unicodeCodePoints");
	set(run, "results", results);
	text_json_set(
	    log, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	text_json_set(log, "version", "2.1.0");
	set(log, "runs", json_pack("[o]", run));
	text_json_dump(log, out);
	buf_append_byte(out, '\n');
}
