/* SPDX-License-Identifier: MIT */
/*
 * faultpost routes: an SMTP routes table checked, explained, proved, compared
 * and converted.  Here are the words of the command line; harness/routes/ knows
 * the rest.
 */
#include "harness/main_routes.h"

#include "core/base/suggest.h"
#include "harness/main.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "check", command_routes_check },
	{ "rule", command_routes_rule },
};

static const struct cli_program program = {
	.name = "faultpost routes",
	.usage = "COMMAND [OPTION]... [OPERAND]...",
	.summary = "Works on SMTP routes tables.",
	.more =
	    "Commands:\n"
	    "  check FILE                Tell what is wrong with a table.\n"
	    "  rule [RULE]               Explain a rule of check, or list all.\n"
	    "\n"
	    "A FILE of - is standard input.\n",
};

static bool
no_option(void *owner, int id, const char *value, struct err *err)
{
	(void)owner;
	(void)value;
	return err_set(err, "option %d is unknown", id);
}

static int
unknown(const char *word)
{
	struct suggest nearest = { .word = slice_cstr(word) };
	const char *best;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		suggest_offer(&nearest, commands[i].name);
	best = suggest_result(&nearest);
	fprintf(stderr, "faultpost routes: unknown command %s", word);
	if (best != NULL)
		fprintf(stderr, " (did you mean %s?)", best);
	fprintf(stderr, "; see faultpost routes --help\n");
	return CLI_USAGE;
}

int
command_routes(int argc, char **argv)
{
	int first;

	if (argc < 2)
		return main_routes_wrong_use(NULL, "which command?");
	if (argv[1][0] == '-')
		return cli_parse(&program, 2, argv, no_option, NULL, &first) ==
			CLI_TOLD
		    ? CLI_OK
		    : CLI_USAGE;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return unknown(argv[1]);
}

int
main_routes_wrong_use(const char *command, const char *what)
{
	const char *blank = command != NULL ? " " : "";

	command = command != NULL ? command : "";
	fprintf(stderr,
	    "faultpost routes%s%s: %s; see faultpost routes%s%s --help\n",
	    blank, command, what, blank, command);
	return CLI_USAGE;
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

void
main_routes_print(struct buf *text)
{
	(void)fwrite(buf_slice(text).at, 1, buf_len(text), stdout);
	buf_clear(text);
}
