/* SPDX-License-Identifier: MIT */
/* faultpost log parse: a mail log as JSON Lines. */
#include "harness/log/log_event.h"
#include "harness/main_log.h"

/* Gathered before it is printed. */
#define PRINT_BYTES ((size_t)64 << 10)

struct parsing {
	bool follow;
	const char *only; /* or NULL */
	struct buf out;
};

enum {
	OPTION_FOLLOW = 1000,
	OPTION_APPLIANCE
};
static const struct cli_option options[] = {
	{ OPTION_FOLLOW, 'f', "follow", NULL,
	    "Go on with what is written to FILE, until SIGINT." },
	{ OPTION_APPLIANCE, 0, "appliance", "NAME",
	    "Only its records, by the name that syslog gives it." },
};
static const struct cli_program program = {
	.name = "faultpost log parse",
	.usage = "[OPTION]... FILE...",
	CLI_OPERANDS(1, CLI_MANY, "a FILE"),
	.summary = "Prints the records of mail logs as JSON Lines.",
	CLI_OPTIONS(options),
	.more = "Each object has event, time, line, and the fields of the "
		"record.\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct parsing *p = owner;

	(void)err;
	if (id == OPTION_FOLLOW)
		p->follow = true;
	else
		p->only = value;
	return true;
}

static void
take(void *owner, const struct log_record *record)
{
	struct parsing *p = owner;

	log_event_format(record->event, record->place.line, &p->out);
	if (buf_len(&p->out) >= PRINT_BYTES)
		cli_print(&p->out);
}

static void
take_rest(void *owner)
{
	struct parsing *p = owner;

	cli_print(&p->out);
	(void)fflush(stdout);
}

static int
parse(struct parsing *p, int count, char **paths)
{
	struct log_reader reader;
	struct err err;
	bool good;

	log_reader_init(&reader, p, take);
	reader.only = p->only;
	if (p->follow)
		good = main_log_follow(&reader, paths[0], take_rest, &err);
	else
		good = main_log_read(&reader, count, paths, &err);
	cli_print(&p->out);
	if (good && !p->follow)
		main_log_tell(&reader, "parse");
	log_reader_fini(&reader);
	return good ? CLI_OK : cli_report(&err, CLI_USAGE);
}

int
command_log_parse(int argc, char **argv)
{
	struct parsing p = { 0 };
	struct cli_operands operands;
	int code;

	if (!cli_parse(&program, argc, argv, on_option, &p, &operands))
		return operands.code;
	if (p.follow &&
	    (operands.count > 1 || strcmp(operands.at[0], "-") == 0))
		return cli_wrong_use(
		    &program, "--follow takes one file by its name");
	code = parse(&p, operands.count, operands.at);
	buf_fini(&p.out);
	return code;
}
