/* SPDX-License-Identifier: MIT */
/*
 * faultpost log: a mail log, ours or a real appliance's, as programs read it.
 */
#include "core/cli/cli.h"
#include "core/cli/follow.h"
#include "core/cli/lines.h"
#include "core/maillog/parser.h"
#include "harness/log/log_event.h"
#include "harness/main.h"

#include <inttypes.h>

struct parsing {
	bool follow;
	struct maillog_parser parser;
	struct buf out;
};

enum {
	OPTION_FOLLOW = 1000
};
static const struct cli_option options[] = {
	{ OPTION_FOLLOW, 'f', "follow", NULL,
	    "Go on with what is written to FILE, until SIGINT." },
};
static const struct cli_program program = {
	.name = "faultpost log",
	.usage = "parse [OPTION]... FILE...",
	.summary = "Prints the records of mail logs as JSON Lines.",
	CLI_OPTIONS(options),
	.more = "Each object has event, time, line, and the fields of the "
		"record.\n"
		"A FILE of - is standard input; one that gzip compressed is "
		"read as it is.\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct parsing *p = owner;

	(void)value;
	(void)err;
	if (id == OPTION_FOLLOW)
		p->follow = true;
	return true;
}

/* ---- what is printed ---- */

static void
print(struct parsing *p)
{
	struct slice text = buf_slice(&p->out);

	fwrite(text.at, 1, text.len, stdout);
	buf_clear(&p->out);
}

static void
take(struct parsing *p, const struct maillog_event *ev)
{
	log_event_format(ev, p->parser.line, &p->out);
	print(p);
}

static void
take_line(struct parsing *p, struct slice line)
{
	struct maillog_event ev;

	if (maillog_parser_feed(&p->parser, line, &ev))
		take(p, &ev);
}

static void
take_rest(struct parsing *p)
{
	struct maillog_event ev;

	if (maillog_parser_flush(&p->parser, &ev))
		take(p, &ev);
	(void)fflush(stdout);
}

/* What was not as it should be, on standard error. */
static void
tell_counts(const struct parsing *p, const char *path)
{
	const struct maillog_parser *m = &p->parser;

	if (m->unknown + m->stray + m->cut == 0)
		return;
	fprintf(stderr,
	    "%s: of %" PRIu64 " records, %" PRIu64 " of no known form, "
	    "%" PRIu64 " cut; %" PRIu64 " lines that belong to none\n",
	    path, m->records, m->unknown, m->cut, m->stray);
}

/* ---- what is read ---- */

static bool
parse_lines(struct parsing *p, const char *path, struct err *err)
{
	struct cli_lines *lines = cli_lines_open(path, err);
	struct slice line;

	if (lines == NULL)
		return false;
	maillog_parser_init(&p->parser, cli_lines_changed(lines) * UTIME_S);
	while (cli_lines_next(lines, &line, err))
		take_line(p, line);
	take_rest(p);
	cli_lines_close(&lines);
	return err->msg[0] == '\0';
}

static bool
parse_file(struct parsing *p, const char *name, struct err *err)
{
	char *path = cli_lines_path(name, err);
	bool good = path != NULL && parse_lines(p, path, err);

	if (good)
		tell_counts(p, name);
	if (path != NULL)
		maillog_parser_fini(&p->parser);
	free(path);
	return good;
}

/* The last record is given at once: who follows waits for it. */
static bool
follow_steps(struct parsing *p, struct cli_follow *follow, struct err *err)
{
	struct slice line;

	for (;;)
		switch (cli_follow_next(follow, &line, err)) {
		case CLI_FOLLOW_LINE:
			take_line(p, line);
			break;
		case CLI_FOLLOW_REST:
			take_rest(p);
			break;
		case CLI_FOLLOW_ANEW:
			take_rest(p);
			maillog_parser_fini(&p->parser);
			maillog_parser_init(&p->parser, p->parser.clock);
			break;
		case CLI_FOLLOW_END:
			take_rest(p);
			return true;
		case CLI_FOLLOW_ERROR:
			return false;
		}
}

static bool
follow_file(struct parsing *p, const char *path, struct err *err)
{
	struct cli_follow *follow = cli_follow_open(path, err);
	bool good;

	if (follow == NULL)
		return false;
	maillog_parser_init(&p->parser, 0);
	good = follow_steps(p, follow, err);
	maillog_parser_fini(&p->parser);
	cli_follow_close(&follow);
	return good;
}

static int
parse(struct parsing *p, int count, char **paths)
{
	struct err err;
	bool good = true;

	if (p->follow)
		return follow_file(p, paths[0], &err)
		    ? CLI_OK
		    : cli_report(&err, CLI_USAGE);
	for (int i = 0; i < count && good; i++)
		good = parse_file(p, paths[i], &err);
	return good ? CLI_OK : cli_report(&err, CLI_USAGE);
}

static int
wrong_use(const char *what)
{
	fprintf(stderr, "faultpost log: %s; see faultpost log --help\n", what);
	return CLI_USAGE;
}

int
command_log(int argc, char **argv)
{
	struct parsing p = { 0 };
	int first, code;

	switch (cli_parse(&program, argc, argv, on_option, &p, &first)) {
	case CLI_TOLD:
		return CLI_OK;
	case CLI_WRONG:
		return CLI_USAGE;
	case CLI_GO:
		break;
	}
	if (first == argc || strcmp(argv[first], "parse") != 0)
		return wrong_use("expected \"parse\"");
	if (first + 1 == argc)
		return wrong_use("no FILE given");
	if (p.follow &&
	    (first + 2 != argc || strcmp(argv[first + 1], "-") == 0))
		return wrong_use("--follow takes one file by its name");
	code = parse(&p, argc - first - 1, argv + first + 1);
	buf_fini(&p.out);
	return code;
}
