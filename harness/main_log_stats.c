/* SPDX-License-Identifier: MIT */
/* faultpost log stats: the figures of a log. */
#include "harness/log/log_stats.h"
#include "harness/main_log.h"

#define ROUTES_TEXT_MAX ((size_t)16 << 20)

struct counting {
	bool is_json;
	uint64_t top;
	const char *only, *routes_path; /* or NULL */
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
		return cli_number("--top", value, 1, 1000000, &c->top, err);
	case OPTION_ROUTES:
		c->routes_path = value;
		break;
	case OPTION_APPLIANCE:
		c->only = value;
		break;
	}
	return true;
}

struct routes *
main_log_routes(const char *path, struct err *err)
{
	struct err_list errors = { 0 };
	struct routes *routes;
	size_t len;
	char *text = cli_read_file(path, ROUTES_TEXT_MAX, &len, err);

	if (text == NULL)
		return NULL;
	routes = routes_parse(slice_of(text, len), path, &errors);
	if (routes == NULL)
		*err = errors.list[0];
	err_list_fini(&errors);
	free(text);
	return routes;
}

static void
take(void *owner, const struct log_record *record)
{
	struct counting *c = owner;

	log_stats_take(c->stats, record);
}

static void
print_stats(const struct counting *c, const struct routes *routes)
{
	struct buf text = { 0 };

	if (c->is_json)
		log_stats_json(c->stats, routes, &text);
	else
		log_stats_format(c->stats, routes, c->top, &text);
	main_log_print(&text);
	buf_fini(&text);
}

static int
count_log(struct counting *c, int count, char **paths)
{
	struct log_reader reader;
	struct routes *routes = NULL;
	struct err err;
	bool good;

	if (c->routes_path != NULL &&
	    (routes = main_log_routes(c->routes_path, &err)) == NULL)
		return cli_report(&err, CLI_USAGE);
	c->stats = log_stats_new();
	log_reader_init(&reader, c, take);
	reader.only = c->only;
	good = main_log_read(&reader, count, paths, &err);
	if (good) {
		print_stats(c, routes);
		main_log_tell(&reader, "stats");
	}
	log_reader_fini(&reader);
	log_stats_destroy(&c->stats);
	routes_destroy(&routes);
	return good ? CLI_OK : cli_report(&err, CLI_USAGE);
}

int
command_log_stats(int argc, char **argv)
{
	struct counting c = { .top = 20 };
	int first;

	switch (cli_parse(&program, argc, argv, on_option, &c, &first)) {
	case CLI_TOLD:
		return CLI_OK;
	case CLI_WRONG:
		return CLI_USAGE;
	case CLI_GO:
		break;
	}
	if (first == argc)
		return main_log_wrong_use("no FILE given");
	return count_log(&c, argc - first, argv + first);
}
