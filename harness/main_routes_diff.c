/* SPDX-License-Identifier: MIT */
/* faultpost routes diff: which domains' mail goes otherwise. */
#include "harness/main_routes.h"
#include "harness/routes/compare.h"

enum {
	OPTION_JSON = 1000
};
static const struct cli_option options[] = {
	{ OPTION_JSON, 0, "json", NULL, "Print a JSON object." },
};
static const struct cli_program program = {
	.name = "faultpost routes diff",
	.usage = "[OPTION]... OLD NEW",
	CLI_OPERANDS(2, 2, "two files, OLD and NEW"),
	.summary = "Tells for which domains a change of a table changes the "
		   "hosts, their order, or\ntheir turns.",
	CLI_OPTIONS(options),
	.more = "Exit codes: 0 mail goes as before, 1 it does not, 2 a table "
		"is wrong.\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	(void)id;
	(void)value;
	(void)err;
	*(bool *)owner = true;
	return true;
}

static int
compare(const char *old_path, const char *new_path, bool json)
{
	struct routes *before = main_routes_read(old_path);
	struct routes *after =
	    before != NULL ? main_routes_read(new_path) : NULL;
	struct compare *c;
	struct buf out = { 0 };
	int code = CLI_USAGE;

	if (after != NULL) {
		c = compare_new(before, after);
		if (json)
			compare_json(c, &out);
		else
			compare_format(c, &out);
		cli_print(&out);
		code = compare_count(c) > 0 ? CLI_FAILED : CLI_OK;
		compare_destroy(&c);
	}
	routes_destroy(&before);
	routes_destroy(&after);
	buf_fini(&out);
	return code;
}

int
command_routes_diff(int argc, char **argv)
{
	bool json = false;
	struct cli_operands operands;

	if (!cli_parse(&program, argc, argv, on_option, &json, &operands))
		return operands.code;
	return compare(operands.at[0], operands.at[1], json);
}
