/* SPDX-License-Identifier: MIT */
/* faultpost log stats: the figures of a log. */
#include "harness/log/log_stats.h"
#include "harness/main_log.h"

struct counting {
	bool is_json;
	uint64_t top;
	const char *only, *routes_path; /* or NULL */
	struct routes *routes;          /* owned; or NULL */
	struct log_stats *stats;        /* owned */
};

enum {
	OPTION_JSON = 1000,
	OPTION_TOP,
	OPTION_ROUTES,
	OPTION_APPLIANCE
};
static const struct cli_option options[] = {
	{ OPTION_JSON, 0, "json", NULL, "Print one object, with all of them." },
	{ OPTION_TOP, 0, "top", "N",
	    "The N hosts and domains with most to do (the default: 20)." },
	{ OPTION_ROUTES, 0, "routes", "FILE",
	    "Shares by priority, where it names hosts by their addresses." },
	{ OPTION_APPLIANCE, 0, "appliance", "NAME",
	    "Only its records, by the name that syslog gives it." },
};
static const struct cli_program program = {
	.name = "faultpost log stats",
	.usage = "[OPTION]... FILE...",
	CLI_OPERANDS(1, CLI_MANY, "a FILE"),
	.summary =
	    "Counts, for each host, what it was asked and what it said; "
	    "for each domain,\nits queue, its retries, and how its hosts "
	    "shared the mail.",
	CLI_OPTIONS(options),
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct counting *c = owner;

	switch (id) {
	case OPTION_JSON:
		c->is_json = true;
		break;
	case OPTION_TOP:
		return cli_number("top", value, 1, 1000000, &c->top, err);
	case OPTION_ROUTES:
		c->routes_path = value;
		break;
	case OPTION_APPLIANCE:
		c->only = value;
		break;
	}
	return true;
}

static void
take(void *owner, const struct log_record *record)
{
	struct counting *c = owner;

	log_stats_take(c->stats, record);
}

static int
print_stats(void *owner, const struct log_reader *reader)
{
	const struct counting *c = owner;
	struct buf text = { 0 };

	(void)reader;
	if (c->is_json)
		log_stats_json(c->stats, c->routes, &text);
	else
		log_stats_format(c->stats, c->routes, c->top, &text);
	cli_print(&text);
	buf_fini(&text);
	return CLI_OK;
}

static int
count_log(struct counting *c, int count, char **paths)
{
	const struct main_log_task task = { "stats", c->only, c, take,
		print_stats };
	struct err err;
	int code;

	if (c->routes_path != NULL &&
	    (c->routes = main_log_routes(c->routes_path, &err)) == NULL)
		return cli_report(&err, CLI_USAGE);
	c->stats = log_stats_new();
	code = main_log_run(&task, count, paths);
	log_stats_destroy(&c->stats);
	routes_destroy(&c->routes);
	return code;
}

int
command_log_stats(int argc, char **argv)
{
	struct counting c = { .top = 20 };
	struct cli_operands operands;

	if (!cli_parse(&program, argc, argv, on_option, &c, &operands))
		return operands.code;
	return count_log(&c, operands.count, operands.at);
}
