/* SPDX-License-Identifier: MIT */
/* faultpost explain: a scenario that can be read, in plain sentences. */
#include "core/cli/cli.h"
#include "core/json/matrix.h"
#include "harness/explain/explain.h"
#include "harness/main.h"
#include "harness/main_plan.h"

struct explaining {
	const char *profiles; /* or NULL */
};

enum {
	OPTION_PROFILES = 1000
};
static const struct cli_option explain_options[] = {
	{ OPTION_PROFILES, 0, "profiles", "FOLDER",
	    "Look there first for the profiles that hosts name." },
};
static const struct cli_program explain_program = {
	.name = "faultpost explain",
	.usage = "[OPTION]... SCENARIO",
	CLI_OPERANDS(1, 1, "one scenario"),
	.summary = "Tells a scenario in plain sentences.",
	CLI_OPTIONS(explain_options),
	.more = "Of a file with a matrix FILE[CASE] is one case.\n",
};

static bool
on_explain_option(void *owner, int id, const char *value, struct err *err)
{
	struct explaining *e = owner;

	(void)id;
	(void)err;
	e->profiles = value;
	return true;
}

/* Nothing is told of what no run would take. */
static bool
is_good(const struct explaining *e, const char *path, struct slice text,
    struct err *err)
{
	struct plan_variants *variants = plan_variants_read(path, text, err);
	bool good = variants != NULL;

	for (size_t i = 0; good && i < plan_variants_count(variants); i++) {
		struct plan *plan =
		    main_plan_parse(variants, i, path, e->profiles, err);

		good = plan != NULL;
		plan_destroy(&plan);
	}
	plan_variants_destroy(&variants);
	return good;
}

static bool
explain_file(const struct explaining *e, const char *path, struct slice label,
    struct buf *out, struct err *err)
{
	struct json_doc doc = { 0 };
	size_t len;
	char *text = cli_read_file(path, JSON_TEXT_MAX, &len, err);
	bool good = text != NULL && is_good(e, path, slice_of(text, len), err);

	if (good && label.len > 0) {
		good = json_doc_parse_variant(
		    &doc, path, slice_of(text, len), label, err);
		if (good)
			json_object_del(doc.root, JSON_MATRIX_KEY);
	} else if (good) {
		good = json_doc_parse(&doc, path, slice_of(text, len), err);
	}
	if (good)
		explain_format(doc.root, out);
	json_doc_fini(&doc);
	free(text);
	return good;
}

int
command_explain(int argc, char **argv)
{
	struct explaining e = { 0 };
	struct slice label;
	struct buf text = { 0 };
	struct err err;
	char *path;
	struct cli_operands operands;
	int code = CLI_OK;

	if (!cli_parse(
		&explain_program, argc, argv, on_explain_option, &e, &operands))
		return operands.code;
	path = main_plan_split(operands.at[0], &label);
	if (explain_file(&e, path, label, &text, &err))
		cli_print(&text);
	else
		code = cli_report(&err, CLI_USAGE);
	free(path);
	buf_fini(&text);
	return code;
}
