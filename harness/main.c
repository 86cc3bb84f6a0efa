/* SPDX-License-Identifier: MIT */
/*
 * faultpost: the harness.  Git-style: the first word is a command of this
 * program, or NAME of a faultpost-NAME beside it or on PATH.  Here and in
 * main_*.c, and nowhere below, are files read, text printed and the machine's
 * clock looked at.
 */
#include "harness/main.h"

#include "core/cli/beside.h"
#include "core/cli/command.h"
#include "harness/plan/plan.h"
#include "mockserver/rule/profile.h"

#include <unistd.h>

/* ---- commands ---- */

static int command_schema(int argc, char **argv);

static const struct cli_command commands[] = {
	{ "run", command_run },
	{ "check", command_check },
	{ "schema", command_schema },
	{ "coverage", command_coverage },
	{ "explain", command_explain },
	{ "new", command_new },
	{ "routes", command_routes },
	{ "log", command_log },
	{ "ctl", command_ctl },
};

static const struct cli_program program = {
	.name = "faultpost",
	.usage = "COMMAND [OPTION]... [OPERAND]...",
	CLI_OPERANDS(1, CLI_MANY, "a command"),
	.summary = "Proves what a mail relay does when its destinations "
		   "misbehave.",
	.more =
	    "Commands:\n"
	    "  run FILE|FOLDER...        Run scenarios and judge them.\n"
	    "  check FILE --log FILE     Judge a log that something else "
	    "wrote.\n"
	    "  schema                    Print the JSON Schema of scenario "
	    "files.\n"
	    "  coverage FILE|FOLDER...   Tell which faults scenarios have "
	    "tried.\n"
	    "  explain SCENARIO          Tell a scenario in plain "
	    "sentences.\n"
	    "  new FILE                  Write a scenario.\n"
	    "  routes COMMAND            Check SMTP routes tables.\n"
	    "  log COMMAND FILE...       Read a mail log: as data, as "
	    "stories.\n"
	    "  ctl COMMAND               Operate a relay that runs.\n"
	    "  NAME                      Run faultpost-NAME: beside this, or of PATH.\n"
	    "\n"
	    "Exit codes: 0 held, 1 an expectation or invariant did not "
	    "hold, 2 the input\nor the command line is wrong, 3 the program "
	    "or the machine failed.\n",
};

/* Returns when there is no such file. */
static void
run_elsewhere(char **argv)
{
	struct buf name = { 0 };
	char *written = argv[0], *beside;

	if (strchr(written, '/') != NULL)
		return;
	buf_printf(&name, "faultpost-%s", written);
	beside = cli_beside(buf_cstr(&name));
	argv[0] = name.mem + name.head;
	if (beside != NULL)
		execv(beside, argv);
	execvp(argv[0], argv);
	argv[0] = written;
	free(beside);
	buf_fini(&name);
}

int
main(int argc, char **argv)
{
	const struct cli_commands all = { &program, commands,
		ARRAY_LEN(commands), run_elsewhere };

	cli_begin();
	return cli_end(cli_command_run(&all, argc, argv));
}

/* ---- schema ---- */

enum {
	OPTION_FIELDS = 1000,
	OPTION_PROFILE
};
static const struct cli_option schema_options[] = {
	{ OPTION_FIELDS, 0, "fields", NULL,
	    "Print the reference page instead (Markdown)." },
	{ OPTION_PROFILE, 0, "profile", NULL,
	    "Print the schema of profiles/NAME.json." },
};
static const struct cli_program schema_program = {
	.name = "faultpost schema",
	.usage = "[--fields|--profile]",
	.summary = "Prints the JSON Schema (draft-07) of scenario files.",
	CLI_OPTIONS(schema_options),
};

static bool
on_schema_option(void *owner, int id, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	*(int *)owner = id;
	return true;
}

static int
command_schema(int argc, char **argv)
{
	struct buf text = { 0 };
	struct cli_operands operands;
	int what = 0;

	if (!cli_parse(&schema_program, argc, argv, on_schema_option, &what,
		&operands))
		return operands.code;
	if (what == OPTION_FIELDS)
		plan_fields_format(&text);
	else if (what == OPTION_PROFILE)
		profile_schema_format(&text);
	else
		plan_schema_format(&text);
	cli_print(&text);
	buf_fini(&text);
	return CLI_OK;
}
