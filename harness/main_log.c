/* SPDX-License-Identifier: MIT */
/*
 * faultpost log: a mail log, ours or a real appliance's, as people and programs
 * read it.  The second word says what is wanted of it.
 */
#include "harness/main_log.h"

#include "core/base/suggest.h"
#include "harness/main.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "parse", command_log_parse },
	{ "show", command_log_show },
	{ "why", command_log_why },
	{ "stats", command_log_stats },
	{ "timeline", command_log_timeline },
	{ "follow", command_log_follow },
	{ "anonymize", command_log_anonymize },
	{ "reproduce", command_log_reproduce },
};

static const struct cli_program program = {
	.name = "faultpost log",
	.usage = "COMMAND [OPTION]... [OPERAND]...",
	.summary = "Reads mail logs, an appliance's or our own.",
	.more =
	    "Commands:\n"
	    "  parse FILE...             Print the records as JSON Lines.\n"
	    "  show WHAT FILE...         Tell what became of a message.\n"
	    "  why MID FILE...           Tell by which rule, for a ticket.\n"
	    "  stats FILE...             Count: hosts, answers, queues, "
	    "shares.\n"
	    "  timeline FILE...          Tell it by time, and when hosts "
	    "failed.\n"
	    "  follow FILE               Tell what goes wrong, as it is "
	    "written.\n"
	    "  anonymize FILE...         Print it with pseudonyms.\n"
	    "  reproduce FILE...         Make a scenario of it, run it, "
	    "compare.\n"
	    "\n"
	    "A FILE of - is standard input; what gzip or zstd compressed is "
	    "read as it is.\nSeveral are one log, and read in the order of "
	    "their first records.\n",
};

static bool
no_option(void *owner, int id, const char *value, struct err *err)
{
	(void)owner;
	(void)value;
	return err_set(err, "option %d is unknown", id);
}

static int
unknown_command(const char *word)
{
	struct suggest nearest = { .word = slice_cstr(word) };
	const char *best;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		suggest_offer(&nearest, commands[i].name);
	best = suggest_result(&nearest);
	fprintf(stderr, "faultpost log: unknown command %s", word);
	if (best != NULL)
		fprintf(stderr, " (did you mean %s?)", best);
	fprintf(stderr, "; see faultpost log --help\n");
	return CLI_USAGE;
}

int
command_log(int argc, char **argv)
{
	int first;

	if (argc < 2)
		return main_log_wrong_use("which command?");
	if (argv[1][0] == '-')
		return cli_parse(&program, 2, argv, no_option, NULL, &first) ==
			CLI_TOLD
		    ? CLI_OK
		    : CLI_USAGE;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return unknown_command(argv[1]);
}
