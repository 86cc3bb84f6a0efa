/* SPDX-License-Identifier: MIT */
/* faultpost log show: the story of a message. */
#include "harness/log/log_telling.h"
#include "harness/main_log.h"

struct showing {
	bool is_json;
	uint64_t limit;
	const char *only; /* or NULL */
	const char *what; /* is asked for, as it was said */
	struct log_want want;
	struct log_stories *stories; /* owned */
};

enum {
	OPTION_JSON = 1000,
	OPTION_LIMIT,
	OPTION_APPLIANCE
};
static const struct cli_option options[] = {
	{ OPTION_JSON, 0, "json", NULL,
	    "Print JSON Lines, an object a story." },
	{ OPTION_LIMIT, 0, "limit", "N",
	    "At most N stories (the default: 100)." },
	{ OPTION_APPLIANCE, 0, "appliance", "NAME",
	    "Only its records, by the name that syslog gives it." },
};
static const struct cli_program program = {
	.name = "faultpost log show",
	.usage = "[OPTION]... WHAT FILE...",
	CLI_OPERANDS(2, CLI_MANY, "WHAT and a FILE"),
	.summary = "Tells the story of messages: where they came from, each "
		   "attempt, what each\nhost said, how long it took, and what "
		   "came of it.",
	CLI_OPTIONS(options),
	.more = "WHAT is a MID (9001), \"DCID 299\", a mailbox, a domain of "
		"recipients, or the IP\naddress of a host.\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct showing *s = owner;

	switch (id) {
	case OPTION_JSON:
		s->is_json = true;
		break;
	case OPTION_LIMIT:
		return cli_number("limit", value, 1, 100000, &s->limit, err);
	case OPTION_APPLIANCE:
		s->only = value;
		break;
	}
	return true;
}

static void
take(void *owner, const struct log_record *record)
{
	struct showing *s = owner;

	log_stories_take(s->stories, record);
}

static int
print_stories(void *owner, const struct log_reader *reader)
{
	const struct showing *s = owner;
	size_t count = log_stories_count(s->stories);
	struct buf text = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct log_story *story = log_stories_at(s->stories, i);
		const char *name =
		    log_reader_appliance(reader, story->appliance);

		if (s->is_json) {
			log_story_json(story, name, &text);
		} else {
			if (i > 0)
				buf_append_byte(&text, '\n');
			log_story_format(story, name, &text);
		}
		cli_print(&text);
	}
	buf_fini(&text);
	if (log_stories_more(s->stories) > 0)
		fprintf(stderr,
		    "faultpost log show: %llu more stories; see --limit\n",
		    (unsigned long long)log_stories_more(s->stories));
	if (count > 0)
		return CLI_OK;
	fprintf(stderr, "faultpost log show: nothing about %s\n", s->what);
	return CLI_FAILED;
}

static int
show(struct showing *s, int count, char **paths)
{
	const struct main_log_task task = { "show", s->only, s, take,
		print_stories };
	int code;

	s->stories = log_stories_new(&s->want, s->limit);
	code = main_log_run(&task, count, paths);
	log_stories_destroy(&s->stories);
	return code;
}

int
command_log_show(int argc, char **argv)
{
	struct showing s = { .limit = 100 };
	struct err err;
	struct cli_operands operands;

	if (!cli_parse(&program, argc, argv, on_option, &s, &operands))
		return operands.code;
	if (!log_want_parse(operands.at[0], &s.want, &err)) {
		(void)err_prefix(&err, "faultpost log show: ");
		return cli_report(&err, CLI_USAGE);
	}
	s.what = operands.at[0];
	return show(&s, operands.count - 1, operands.at + 1);
}
