/* SPDX-License-Identifier: MIT */
/* A word for a command; see command.h. */
#include "core/cli/command.h"

#include "core/base/suggest.h"

static bool
no_option(void *owner, int id, const char *value, struct err *err)
{
	(void)owner;
	(void)value;
	return err_set(err, "option %d is unknown", id);
}

static int
unknown(const struct cli_commands *c, const char *word)
{
	struct suggest nearest = { .word = slice_cstr(word) };
	const char *best;

	for (size_t i = 0; i < c->count; i++)
		suggest_offer(&nearest, c->list[i].name);
	best = suggest_result(&nearest);
	fprintf(stderr, "%s: unknown command %s", c->program->name, word);
	if (best != NULL)
		fprintf(stderr, " (did you mean %s?)", best);
	fprintf(stderr, "; see %s --help\n", c->program->name);
	return CLI_USAGE;
}

int
cli_command_run(const struct cli_commands *c, int argc, char **argv)
{
	int first;

	if (argc < 2) {
		fprintf(stderr, "%s: which command?; see %s --help\n",
		    c->program->name, c->program->name);
		return CLI_USAGE;
	}
	if (argv[1][0] == '-')
		return cli_parse(c->program, 2, argv, no_option, NULL,
			   &first) == CLI_TOLD
		    ? CLI_OK
		    : CLI_USAGE;
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(argv[1], c->list[i].name) == 0)
			return c->list[i].run(argc - 1, argv + 1);
	if (c->elsewhere != NULL)
		c->elsewhere(argv + 1);
	return unknown(c, argv[1]);
}
