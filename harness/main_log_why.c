/* SPDX-License-Identifier: MIT */
/* faultpost log why: a paragraph for a ticket. */
#include "harness/log/log_rule.h"
#include "harness/main_log.h"

struct asking {
	bool is_json;
	const char *only; /* or NULL */
	const char *what; /* is asked for, as it was said */
	struct log_want want;
	struct log_stories *stories; /* owned */
};

enum {
	OPTION_JSON = 1000,
	OPTION_APPLIANCE
};
static const struct cli_option options[] = {
	{ OPTION_JSON, 0, "json", NULL,
	    "Print JSON Lines, an object a story." },
	{ OPTION_APPLIANCE, 0, "appliance", "NAME",
	    "Only its records, by the name that syslog gives it." },
};
static const struct cli_program program = {
	.name = "faultpost log why",
	.usage = "[OPTION]... MID FILE...",
	CLI_OPERANDS(2, CLI_MANY, "a MID and a FILE"),
	.summary = "Tells in a paragraph what happened to a message, by which "
		   "rule of the\nappliance, and what to change.",
	CLI_OPTIONS(options),
	.more = "Instead of a MID: \"DCID 299\".\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct asking *a = owner;

	(void)err;
	if (id == OPTION_JSON)
		a->is_json = true;
	else
		a->only = value;
	return true;
}

static void
take(void *owner, const struct log_record *record)
{
	struct asking *a = owner;

	log_stories_take(a->stories, record);
}

/* A MID that was given again names several. */
static int
print_reasons(void *owner, const struct log_reader *reader)
{
	const struct asking *a = owner;
	size_t count = log_stories_count(a->stories);
	struct buf text = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct log_story *story = log_stories_at(a->stories, i);

		const char *name =
		    log_reader_appliance(reader, story->appliance);

		if (i > 0 && !a->is_json)
			buf_append_byte(&text, '\n');
		if (a->is_json)
			log_why_json(story, name, &text);
		else
			log_why_format(story, name, &text);
	}
	cli_print(&text);
	buf_fini(&text);
	if (count > 0)
		return CLI_OK;
	fprintf(stderr, "faultpost log why: nothing about %s\n", a->what);
	return CLI_FAILED;
}

static int
tell_why(struct asking *a, int count, char **paths)
{
	const struct main_log_task task = { "why", a->only, a, take,
		print_reasons };
	int code;

	a->stories = log_stories_new(&a->want, 100);
	code = main_log_run(&task, count, paths);
	log_stories_destroy(&a->stories);
	return code;
}

int
command_log_why(int argc, char **argv)
{
	struct asking a = { 0 };
	struct err err;
	struct cli_operands operands;

	if (!cli_parse(&program, argc, argv, on_option, &a, &operands))
		return operands.code;
	if (!log_want_parse(operands.at[0], &a.want, &err)) {
		(void)err_prefix(&err, "faultpost log why: ");
		return cli_report(&err, CLI_USAGE);
	}
	if (a.want.kind != LOG_WANT_MID && a.want.kind != LOG_WANT_DCID)
		return cli_wrong_use(&program, "expected a MID or \"DCID n\"");
	a.what = operands.at[0];
	return tell_why(&a, operands.count - 1, operands.at + 1);
}
