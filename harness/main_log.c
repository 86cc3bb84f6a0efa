/* SPDX-License-Identifier: MIT */
/*
 * faultpost log: a mail log, ours or a real appliance's, as people and programs
 * read it.  The second word says what is wanted of it.
 */
#include "harness/main_log.h"

#include "core/cli/command.h"
#include "harness/main.h"

static const struct cli_command commands[] = {
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
	CLI_OPERANDS(1, CLI_MANY, "a command"),
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

int
command_log(int argc, char **argv)
{
	const struct cli_commands all = { &program, commands,
		ARRAY_LEN(commands), NULL };

	return cli_command_run(&all, argc, argv);
}
