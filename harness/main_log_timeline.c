/* SPDX-License-Identifier: MIT */
/* faultpost log timeline: a log by time. */
#include "harness/log/log_timeline.h"
#include "harness/main_log.h"

struct timing {
	bool is_json;
	const char *only; /* or NULL */
	struct log_timeline *timeline;
};

enum {
	OPTION_JSON = 1000,
	OPTION_APPLIANCE
};
static const struct cli_option options[] = {
	{ OPTION_JSON, 0, "json", NULL, "Print one object." },
	{ OPTION_APPLIANCE, 0, "appliance", "NAME",
	    "Only its records, by the name that syslog gives it." },
};
static const struct cli_program program = {
	.name = "faultpost log timeline",
	.usage = "[OPTION]... FILE...",
	CLI_OPERANDS(1, CLI_MANY, "a FILE"),
	.summary = "Tells by time what came, what went, what failed, and from "
		   "when to when each\nhost failed.",
	CLI_OPTIONS(options),
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct timing *t = owner;

	(void)err;
	if (id == OPTION_JSON)
		t->is_json = true;
	else
		t->only = value;
	return true;
}

static void
take(void *owner, const struct log_record *record)
{
	struct timing *t = owner;

	log_timeline_take(t->timeline, record);
}

static int
print_times(void *owner, const struct log_reader *reader)
{
	const struct timing *t = owner;
	struct buf text = { 0 };

	(void)reader;
	if (t->is_json)
		log_timeline_json(t->timeline, &text);
	else
		log_timeline_format(t->timeline, &text);
	cli_print(&text);
	buf_fini(&text);
	return CLI_OK;
}

static int
tell_times(struct timing *t, int count, char **paths)
{
	const struct main_log_task task = { "timeline", t->only, t, take,
		print_times };
	int code;

	t->timeline = log_timeline_new();
	code = main_log_run(&task, count, paths);
	log_timeline_destroy(&t->timeline);
	return code;
}

int
command_log_timeline(int argc, char **argv)
{
	struct timing t = { 0 };
	struct cli_operands operands;

	if (!cli_parse(&program, argc, argv, on_option, &t, &operands))
		return operands.code;
	return tell_times(&t, operands.count, operands.at);
}
