/* SPDX-License-Identifier: MIT */
/*
 * faultpost log reproduce: a scenario made of a log, run in virtual time, and
 * the log of that run beside the customer's.
 */
#include "harness/log/log_anonymize.h"
#include "harness/log/log_cause.h"
#include "harness/log/log_compare.h"
#include "harness/log/log_scenario.h"
#include "harness/main_log.h"
#include "harness/sim/sim.h"

#include <errno.h>

/* Of partings so many are told, of each cause that there is one at least. */
#define PARTINGS_MOST 20

#define TITLE "What a mail log tells, once more"

/* A scenario, and what its run came to. */
struct trial {
	json_t *scenario; /* owned */
	struct log_case ours;
	struct log_comparison comparison;
	struct log_reader reader; /* of the run's log */
};

struct reproducing {
	bool keeps_names;
	const char *routes_path, *output, *only; /* or NULL */
	uint64_t rows;
	struct routes *routes; /* owned */
	struct log_anonymizer anonymizer;
	struct log_case theirs;
	struct trial best;
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
	CLI_OPERANDS(1, CLI_MANY, "a FILE"),
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
		return cli_number("rows", value, 1, 100000, &r->rows, err);
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
	struct trial *t = owner;

	log_case_take(&t->ours, record);
}

static void
on_run_log(void *owner, struct slice line)
{
	struct trial *t = owner;

	log_reader_line(&t->reader, line);
}

static bool
run(struct trial *t, struct err *err)
{
	const struct sim_hooks hooks = { t, on_run_log, NULL, NULL };
	char *text = json_dumps(t->scenario, JSON_COMPACT);
	struct plan *plan = plan_parse("the scenario", slice_cstr(text), err);
	struct result result;
	bool good;

	free(text);
	if (plan == NULL)
		return false;
	log_reader_init(&t->reader, t, take_ours);
	log_reader_begin(&t->reader, "the run", plan->start);
	result_init(&result, plan, plan->seed);
	good = sim_run_scenario(&result, &hooks, err);
	log_reader_rest(&t->reader);
	log_case_finish(&t->ours);
	log_reader_fini(&t->reader);
	result_fini(&result);
	plan_destroy(&plan);
	return good;
}

static void
trial_fini(struct trial *t)
{
	json_decref(t->scenario);
	log_case_fini(&t->ours);
	log_comparison_fini(&t->comparison);
}

static bool
try(struct reproducing *r, struct trial *t, enum log_scenario_with with,
    struct err *err)
{
	const struct log_scenario_given given = { TITLE, r->routes,
		r->keeps_names ? NULL : &r->anonymizer.names };

	t->scenario = log_scenario_make(&r->theirs, &given, with);
	if (!run(t, err))
		return false;
	log_compare(&t->comparison, &r->theirs, &t->ours);
	return true;
}

static size_t
differences(const struct trial *t)
{
	return t->comparison.missing + t->comparison.more;
}

/* Keeps the trial of the two that is nearer to the log. */
static void
keep_better(struct trial *best, struct trial *other)
{
	struct trial worse = *other;

	if (differences(other) < differences(best)) {
		worse = *best;
		*best = *other;
	}
	trial_fini(&worse);
}

/* Limits of destinations can be seen by what was never exceeded, which chance
 * may have brought about, too, and restarts by files that begin, as files do:
 * they are there if the run is nearer to the log with them. */
static bool
find_best(struct reproducing *r, struct err *err)
{
	if (!try(r, &r->best, LOG_SCENARIO_PLAIN, err))
		return false;
	for (unsigned with = 1; with < LOG_SCENARIO_WITHS; with++) {
		struct trial other = { 0 };

		if (differences(&r->best) == 0)
			break;
		if (!log_scenario_has(&r->theirs, with))
			continue;
		if (!try(r, &other, with, err)) {
			trial_fini(&other);
			return false;
		}
		keep_better(&r->best, &other);
	}
	return true;
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

/* Where the two part, and what about that the log does not tell: as notes of
 * the scenario. */
static void
note_partings(struct reproducing *r, const struct log_partings *partings)
{
	json_t *notes = json_object_get(r->best.scenario, "notes");
	size_t told[LOG_CAUSE_COUNT] = { 0 }, shown = 0;

	for (size_t i = 0; i < partings->count; i++) {
		struct buf text = { 0 };

		if (told[partings->at[i].cause]++ > 0 &&
		    (shown >= PARTINGS_MOST ||
			partings->at[i].cause == LOG_CAUSE_FOLLOWS))
			continue;
		shown++;
		log_parting_format(&partings->at[i], &r->best.comparison,
		    &r->theirs, &r->best.ours, &text);
		log_scenario_note(notes, "%s", buf_cstr(&text));
		buf_fini(&text);
	}
	for (size_t i = 0; i < LOG_CAUSE_COUNT; i++)
		if (told[i] > 0)
			log_scenario_note(notes,
			    "Differences, %s: %zu messages and domains.",
			    log_cause_name((enum log_cause)i), told[i]);
}

static void
note_causes(struct reproducing *r)
{
	struct log_partings partings = { 0 };

	log_causes_find(&partings, &r->best.comparison, &r->theirs,
	    &r->best.ours, r->routes != NULL);
	note_partings(r, &partings);
	log_partings_fini(&partings);
}

/* What is held of the connections is what the run has in the same order. */
static void
expect_same(struct reproducing *r)
{
	const struct log_comparison *comparison = &r->best.comparison;
	bool *is_held = xcalloc(r->theirs.event_count + 1, sizeof(is_held[0]));
	size_t last = 0;

	for (size_t i = 0; i < comparison->count; i++) {
		const struct log_row *row = &comparison->rows[i];

		if (row->kind != LOG_ROW_SAME || row->ours < last)
			continue;
		is_held[row->theirs] = true;
		last = row->ours;
	}
	log_scenario_expect(r->best.scenario, &r->theirs, is_held);
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
	good = json_dumpf(r->best.scenario, file, JSON_INDENT(2)) == 0;
	good = fputc('\n', file) != EOF && good;
	good = fclose(file) == 0 && good;
	return good || err_at(err, r->output, 0, 0, "it could not be written");
}

static bool
tell(struct reproducing *r, uint64_t records, struct err *err)
{
	struct buf text = { 0 };

	expect_same(r);
	note_causes(r);
	if (!write_scenario(r, err))
		return false;
	tell_case(r, records);
	log_comparison_format(
	    &r->best.comparison, &r->theirs, &r->best.ours, r->rows, &text);
	cli_print(&text);
	tell_notes(r->best.scenario);
	buf_fini(&text);
	return true;
}

/* ---- all of it ---- */

static int
reproduce(struct reproducing *r, int count, char **paths)
{
	struct log_reader reader;
	struct err err;
	bool good;

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
	good = good && find_best(r, &err) && tell(r, reader.records, &err);
	if (good)
		main_log_tell(&reader, "reproduce");
	log_reader_fini(&reader);
	if (!good)
		return cli_report(&err, CLI_USAGE);
	return differences(&r->best) == 0 ? CLI_OK : CLI_FAILED;
}

int
command_log_reproduce(int argc, char **argv)
{
	struct reproducing r = { .rows = 200 };
	struct cli_operands operands;
	int code;

	if (!cli_parse(&program, argc, argv, on_option, &r, &operands))
		return operands.code;
	code = reproduce(&r, operands.count, operands.at);
	log_case_fini(&r.theirs);
	trial_fini(&r.best);
	log_anonymizer_fini(&r.anonymizer);
	routes_destroy(&r.routes);
	return code;
}
