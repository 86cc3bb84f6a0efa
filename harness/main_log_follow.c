/* SPDX-License-Identifier: MIT */
/* faultpost log follow: what goes wrong, in words, as it is written. */
#include "harness/log/log_follow.h"
#include "harness/main_log.h"

struct following {
	bool is_all;
	const char *only;              /* or NULL */
	struct log_follower *follower; /* owned */
	struct buf out;
};

enum {
	OPTION_ALL = 1000,
	OPTION_APPLIANCE
};
static const struct cli_option options[] = {
	{ OPTION_ALL, 0, "all", NULL, "Everything, not only what goes wrong." },
	{ OPTION_APPLIANCE, 0, "appliance", "NAME",
	    "Only its records, by the name that syslog gives it." },
};
static const struct cli_program program = {
	.name = "faultpost log follow",
	.usage = "[OPTION]... FILE",
	CLI_OPERANDS(1, 1, "one file by its name"),
	.summary = "Tells what goes wrong, in words, as it is written to the "
		   "log, until SIGINT.",
	CLI_OPTIONS(options),
	.more = "FILE need not be there yet, and may be rotated.\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct following *f = owner;

	(void)err;
	if (id == OPTION_ALL)
		f->is_all = true;
	else
		f->only = value;
	return true;
}

static void
take(void *owner, const struct log_record *record)
{
	struct following *f = owner;

	log_follower_take(f->follower, record, &f->out);
}

static void
take_rest(void *owner)
{
	struct following *f = owner;

	cli_print(&f->out);
	(void)fflush(stdout);
}

static int
follow(struct following *f, const char *path)
{
	struct log_reader reader;
	struct err err;
	bool good;

	f->follower = log_follower_new(f->is_all);
	log_reader_init(&reader, f, take);
	reader.only = f->only;
	good = main_log_follow(&reader, path, take_rest, &err);
	log_reader_fini(&reader);
	log_follower_destroy(&f->follower);
	buf_fini(&f->out);
	return good ? CLI_OK : cli_report(&err, CLI_USAGE);
}

int
command_log_follow(int argc, char **argv)
{
	struct following f = { 0 };
	struct cli_operands operands;

	if (!cli_parse(&program, argc, argv, on_option, &f, &operands))
		return operands.code;
	if (strcmp(operands.at[0], "-") == 0)
		return cli_wrong_use(&program, "expected %s", program.operands);
	return follow(&f, operands.at[0]);
}
