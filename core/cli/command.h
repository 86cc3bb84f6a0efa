/* SPDX-License-Identifier: MIT */
/*
 * Programs whose first word names one of many commands: finding it, telling
 * what stands near a word that is none, and the options of the program itself.
 */
#ifndef FAULTPOST_CLI_COMMAND_H
#define FAULTPOST_CLI_COMMAND_H

#include "core/cli/cli.h"

struct cli_command {
	const char *name;
	/* Its words, its own name first; the exit code. */
	int (*run)(int argc, char **argv);
};

struct cli_commands {
	/* Its only options are --help and --version, its operand a command. */
	const struct cli_program *program;
	const struct cli_command *list;
	size_t count;
	/* Tries to run it as a program of its own; returns when there is none.
	 * NULL: there are none. */
	void (*elsewhere)(char **argv);
};

/* Runs the command that argv[1] names; the exit code. */
int cli_command_run(const struct cli_commands *commands, int argc, char **argv);

#endif
