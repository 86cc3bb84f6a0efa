/* SPDX-License-Identifier: MIT */
/*
 * faultpost routes: an SMTP routes table checked, explained, proved, compared
 * and converted.  Here are the words of the command line; harness/routes/ knows
 * the rest.
 */
#include "harness/main_routes.h"

#include "core/base/suggest.h"
#include "core/cli/command.h"
#include "harness/main.h"

static const struct cli_command commands[] = {
	{ "check", command_routes_check },
	{ "rule", command_routes_rule },
	{ "explain", command_routes_explain },
	{ "diff", command_routes_diff },
	{ "prove", command_routes_prove },
	{ "import", command_routes_import },
	{ "export", command_routes_export },
};

static const struct cli_program program = {
	.name = "faultpost routes",
	.usage = "COMMAND [OPTION]... [OPERAND]...",
	CLI_OPERANDS(1, CLI_MANY, "a command"),
	.summary = "Works on SMTP routes tables.",
	.more =
	    "Commands:\n"
	    "  check FILE                Tell what is wrong with a table.\n"
	    "  rule [RULE]               Explain a rule of check, or list all.\n"
	    "  explain FILE ADDRESS...   Tell where mail goes while hosts fail.\n"
	    "  prove FILE                Prove which domains keep flowing.\n"
	    "  diff OLD NEW              Tell what a change of a table changes.\n"
	    "  import --from FORM FILE   Read another's routing table.\n"
	    "  export --to FORM FILE     Write one.\n"
	    "\n"
	    "A FILE of - is standard input.\n",
};

int
command_routes(int argc, char **argv)
{
	const struct cli_commands all = { &program, commands,
		ARRAY_LEN(commands), NULL };

	return cli_command_run(&all, argc, argv);
}

struct routes *
main_routes_read(const char *path)
{
	struct err_list errors = { 0 };
	struct routes *routes = NULL;
	struct err err;
	size_t len = 0;
	char *text = cli_read_file(path, MAIN_ROUTES_BYTES_MAX, &len, &err);

	if (text == NULL) {
		(void)cli_report(&err, CLI_USAGE);
		return NULL;
	}
	routes = routes_parse(slice_of(text, len), path, &errors);
	cli_report_all(&errors, "errors");
	err_list_fini(&errors);
	free(text);
	return routes;
}

/* ---- faults ---- */

bool
main_routes_fault_add(
    struct main_routes_faults *faults, const char *word, struct err *err)
{
	if (faults->count == MAIN_ROUTES_FAULTS_MAX)
		return err_set(err, "--fail: expected at most %d faults",
		    MAIN_ROUTES_FAULTS_MAX);
	if (!draft_fault_parse(word, &faults->list[faults->count], err))
		return err_prefix(err, "--fail ");
	faults->count++;
	return true;
}

void
main_routes_faults_fini(struct main_routes_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		draft_fault_fini(&faults->list[i]);
	faults->count = 0;
}

/* The host of the table whose name is nearest; the caller frees it. */
static char *
nearest_host(const struct routes *routes, struct slice word)
{
	size_t least = SIZE_MAX;
	char *best = NULL;

	for (size_t i = 0; i < routes_count(routes); i++)
		for (size_t k = 0; k < routes_at(routes, i)->dest_count; k++) {
			struct slice host = routes_at(routes, i)->dests[k].host;
			size_t distance = suggest_distance(word, host);

			if (distance >= least)
				continue;
			least = distance;
			free(best);
			best = slice_dup(host);
		}
	return best;
}

bool
main_routes_faults_used(const struct main_routes_faults *faults,
    const struct routes *routes, struct err *err)
{
	for (size_t i = 0; i < faults->count; i++) {
		const struct draft_fault *fault = &faults->list[i];
		char *best;

		if (fault->is_used)
			continue;
		best = nearest_host(routes, slice_cstr(fault->host));
		(void)err_set(err,
		    "--fail %s: no mail that this is about goes there%s%s%s",
		    fault->host, best != NULL ? " (did you mean " : "",
		    best != NULL ? best : "", best != NULL ? "?)" : "");
		free(best);
		return false;
	}
	return true;
}
