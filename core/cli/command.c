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
	if (best == NULL)
		return cli_wrong_use(c->program, "unknown command %s", word);
	return cli_wrong_use(
	    c->program, "unknown command %s (did you mean %s?)", word, best);
}

int
cli_command_run(const struct cli_commands *c, int argc, char **argv)
{
	struct cli_operands operands;

	/* What stands behind a command is the command's. */
	if (argc < 2 || argv[1][0] == '-') {
		if (!cli_parse(c->program, argc < 2 ? argc : 2, argv, no_option,
			NULL, &operands))
			return operands.code;
		return unknown(c, operands.at[0]);
	}
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(argv[1], c->list[i].name) == 0)
			return c->list[i].run(argc - 1, argv + 1);
	if (c->elsewhere != NULL)
		c->elsewhere(argv + 1);
	return unknown(c, argv[1]);
}
