/* SPDX-License-Identifier: MIT */
/*
 * faultpost log reproduce: a scenario made of a log, run in virtual time, and
 * the log of that run beside the customer's.
 */
#include "harness/log/log_anonymize.h"
#include "harness/log/log_compare.h"
#include "harness/log/log_scenario.h"
#include "harness/main_log.h"
#include "harness/sim/sim.h"

#include <errno.h>

#define TITLE "What a mail log tells, once more"

struct reproducing {
	bool keeps_names;
	const char *routes_path, *output, *only; /* or NULL */
	uint64_t rows;
	struct routes *routes; /* owned */
	struct log_anonymizer anonymizer;
	struct log_case theirs, ours;
	struct log_reader run_reader; /* of the run's log */
	json_t *scenario;             /* owned */
};

enum {
	OPTION_ROUTES = 1000,
	OPTION_KEEP_NAMES,
	OPTION_OUTPUT,
	OPTION_ROWS,
	OPTION_APPLIANCE
};
static const struct cli_option options[] = {
	{ OPTION_ROUTES, 0, "routes", "FILE",
	    "The SMTP routes table; else the log suggests one." },
	{ OPTION_KEEP_NAMES, 0, "keep-names", NULL,
	    "No pseudonyms for mailboxes, domains and addresses." },
	{ OPTION_OUTPUT, 'o', "output", "FILE",
	    "Write the scenario to FILE, for faultpost run." },
	{ OPTION_ROWS, 0, "rows", "N",
	    "At most N rows of the comparison (the default: 200)." },
	{ OPTION_APPLIANCE, 0, "appliance", "NAME",
	    "Only its records, by the name that syslog gives it." },
};
static const struct cli_program program = {
	.name = "faultpost log reproduce",
	.usage = "[OPTION]... FILE...",
	.summary = "Makes a scenario in which hosts answer what the log says "
		   "that they answered,\nruns it, and compares the two logs, "
		   "event by event.",
	CLI_OPTIONS(options),
	.more = "Exit code 1: the log has an event that the run has not, or "
		"the other way round.\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct reproducing *r = owner;

	switch (id) {
	case OPTION_ROUTES:
		r->routes_path = value;
		break;
	case OPTION_KEEP_NAMES:
		r->keeps_names = true;
		break;
	case OPTION_OUTPUT:
		r->output = value;
		break;
	case OPTION_ROWS:
		return cli_number("--rows", value, 1, 100000, &r->rows, err);
	case OPTION_APPLIANCE:
		r->only = value;
		break;
	}
	return true;
}

/* ---- both logs ---- */

static void
take_theirs(void *owner, const struct log_record *record)
{
	struct reproducing *r = owner;
	struct log_record shown = *record;

	if (!r->keeps_names)
		shown.event =
		    log_anonymize_event(&r->anonymizer, record->event);
	log_case_take(&r->theirs, &shown);
}

static void
take_ours(void *owner, const struct log_record *record)
{
	struct reproducing *r = owner;

	log_case_take(&r->ours, record);
}

static void
on_run_log(void *owner, struct slice line)
{
	struct reproducing *r = owner;

	log_reader_line(&r->run_reader, line);
}

static bool
run(struct reproducing *r, struct err *err)
{
	const struct sim_hooks hooks = { r, on_run_log, NULL, NULL };
	char *text = json_dumps(r->scenario, JSON_COMPACT);
	struct plan *plan = plan_parse("the scenario", slice_cstr(text), err);
	struct result result;
	bool good;

	free(text);
	if (plan == NULL)
		return false;
	log_reader_init(&r->run_reader, r, take_ours);
	log_reader_begin(&r->run_reader, "the run", plan->start);
	result_init(&result, plan, plan->seed);
	good = sim_run_scenario(&result, &hooks, err);
	log_reader_rest(&r->run_reader);
	log_case_finish(&r->ours);
	log_reader_fini(&r->run_reader);
	result_fini(&result);
	plan_destroy(&plan);
	return good;
}

/* ---- what is told ---- */

static void
tell_case(const struct reproducing *r, uint64_t records)
{
	const struct log_case *c = &r->theirs;

	printf("records: %llu, messages: %zu, hosts: %zu, domains: %zu, events "
	       "to reproduce: %zu\n",
	    (unsigned long long)records, c->message_count, c->host_count,
	    c->domain_count, c->event_count);
	if (r->output != NULL)
		printf("%s: written\n", r->output);
	printf("\n");
}

static void
tell_notes(const json_t *scenario)
{
	const json_t *notes = json_object_get(scenario, "notes");

	printf("\nWhat the log does not tell:\n");
	for (size_t i = 0; i < json_array_size(notes); i++)
		printf("  - %s\n", json_string_value(json_array_get(notes, i)));
}

/* What is held of the connections is what the run has in the same order. */
static void
expect_same(struct reproducing *r, const struct log_comparison *comparison)
{
	bool *is_held = xcalloc(r->theirs.event_count + 1, sizeof(is_held[0]));
	size_t last = 0;

	for (size_t i = 0; i < comparison->count; i++) {
		const struct log_row *row = &comparison->rows[i];

		if (row->kind != LOG_ROW_SAME || row->ours < last)
			continue;
		is_held[row->theirs] = true;
		last = row->ours;
	}
	log_scenario_expect(r->scenario, &r->theirs, is_held);
	free(is_held);
}

static bool
write_scenario(const struct reproducing *r, struct err *err)
{
	FILE *file;
	bool good;

	if (r->output == NULL)
		return true;
	file = fopen(r->output, "wex");
	if (file == NULL)
		return err_at(err, r->output, 0, 0, "%s", strerror(errno));
	good = json_dumpf(r->scenario, file, JSON_INDENT(2)) == 0;
	good = fputc('\n', file) != EOF && good;
	good = fclose(file) == 0 && good;
	return good || err_at(err, r->output, 0, 0, "it could not be written");
}

static bool
tell(struct reproducing *r, uint64_t records, bool *is_same, struct err *err)
{
	struct log_comparison comparison = { 0 };
	struct buf text = { 0 };
	bool good;

	log_compare(&comparison, &r->theirs, &r->ours);
	expect_same(r, &comparison);
	good = write_scenario(r, err);
	if (good) {
		tell_case(r, records);
		log_comparison_format(
		    &comparison, &r->theirs, &r->ours, r->rows, &text);
		main_log_print(&text);
		tell_notes(r->scenario);
	}
	*is_same = comparison.missing + comparison.more == 0;
	log_comparison_fini(&comparison);
	buf_fini(&text);
	return good;
}

/* ---- all of it ---- */

static int
reproduce(struct reproducing *r, int count, char **paths)
{
	struct log_reader reader;
	struct err err;
	bool good, is_same = false;

	log_reader_init(&reader, r, take_theirs);
	reader.only = r->only;
	r->theirs.is_customers = true;
	good =
	    (r->routes_path == NULL ||
		(r->routes = main_log_routes(r->routes_path, &err)) != NULL) &&
	    main_log_read(&reader, count, paths, &err);
	if (good) {
		log_case_finish(&r->theirs);
		good = r->theirs.event_count > 0 ||
		    err_at(&err, paths[0], 0, 0,
			"no delivery in it; expected connections to hosts");
	}
	if (good) {
		r->scenario = log_scenario_make(&r->theirs, TITLE, r->routes,
		    r->keeps_names ? NULL : &r->anonymizer.names);
		good = run(r, &err) && tell(r, reader.records, &is_same, &err);
	}
	if (good)
		main_log_tell(&reader, "reproduce");
	log_reader_fini(&reader);
	return !good  ? cli_report(&err, CLI_USAGE)
	    : is_same ? CLI_OK
		      : CLI_FAILED;
}

int
command_log_reproduce(int argc, char **argv)
{
	struct reproducing r = { .rows = 200 };
	int first, code;

	switch (cli_parse(&program, argc, argv, on_option, &r, &first)) {
	case CLI_TOLD:
		return CLI_OK;
	case CLI_WRONG:
		return CLI_USAGE;
	case CLI_GO:
		break;
	}
	if (first == argc)
		return main_log_wrong_use("no FILE given");
	code = reproduce(&r, argc - first, argv + first);
	log_case_fini(&r.theirs);
	log_case_fini(&r.ours);
	log_anonymizer_fini(&r.anonymizer);
	routes_destroy(&r.routes);
	json_decref(r.scenario);
	return code;
}
