/* SPDX-License-Identifier: MIT */
/*
 * faultpost routes explain: what happens to a message, by the relay itself: its
 * trial is run in virtual time, and its log is told.
 */
#include "core/dns/name.h"
#include "harness/main_routes.h"
#include "harness/routes/course.h"
#include "harness/sim/sim.h"

struct explaining {
	struct main_routes_faults faults;
	const char *dns; /* or NULL */
	bool json;
	const char *path;
	const struct routes *routes; /* borrowed */
	struct zone *zone; /* owned; of the address that is told, or of all */
	struct buf out;
};

enum {
	OPTION_FAIL = 1000,
	OPTION_DNS,
	OPTION_JSON
};
static const struct cli_option options[] = {
	{ OPTION_FAIL, 0, "fail", "HOST=FAULT",
	    "What fails; may be given several times." },
	{ OPTION_DNS, 0, "dns", "WHENCE",
	    "none (the default), zone:FILE, or live." },
	{ OPTION_JSON, 0, "json", NULL, "Print JSON, an object an address." },
};
static const struct cli_program program = {
	.name = "faultpost routes explain",
	.usage = "[OPTION]... FILE ADDRESS...",
	CLI_OPERANDS(2, CLI_MANY, "a FILE and one or more ADDRESS"),
	.summary = "Tells which line of a table is for an address, where its "
		   "mail may go, and what\nhappens to a message while hosts "
		   "fail.",
	CLI_OPTIONS(options),
	.more =
	    "FAULT is that of faultpost new: refuse, silent or unreachable; "
	    "or a code (452,\n550), drop, reset or stall, perhaps with "
	    "@STAGE.  An ADDRESS may be a domain.\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct explaining *e = owner;

	switch (id) {
	case OPTION_FAIL:
		return main_routes_fault_add(&e->faults, value, err);
	case OPTION_DNS:
		e->dns = value;
		break;
	case OPTION_JSON:
		e->json = true;
		break;
	}
	return true;
}

/* ---- a trial ---- */

/* A message finds no connection that the one before it left open. */
static const utime between = 10 * UTIME_S;

static void
on_log(void *owner, struct slice line)
{
	course_line(owner, line);
}

/* Until the end of the course: the caller calls course_fini(). */
static bool
run(struct course *c, struct err *err)
{
	const struct trial_run how = { .title = "The course of a message",
		.messages = c->turn + 1,
		.every = between };
	const struct sim_hooks hooks = { .owner = c, .on_log = on_log };
	struct buf text = { 0 };
	struct result result;
	struct plan *plan;
	bool good;

	trial_scenario(c->trial, &how, &text);
	plan = plan_parse("trial", buf_slice(&text), err);
	buf_fini(&text);
	if (plan == NULL)
		return false;
	c->start = plan->start;
	result_init(&result, plan, plan->seed);
	good = sim_run_scenario(&result, &hooks, err);
	course_finish(c);
	result_fini(&result);
	plan_destroy(&plan);
	return good;
}

/* Of those that take turns the first message that comes to one that fails. */
static bool
run_turns(struct course *c, const struct trial *t, struct err *err)
{
	unsigned last = trial_turns(t) - 1;

	for (unsigned turn = 0;; turn++) {
		course_init(c, t, turn, 0);
		if (trial_is_known(t) && !run(c, err))
			return false;
		if (turn == last || course_meets_fault(c))
			return true;
		course_fini(c);
	}
}

/* What is behind the last @, or all of it; angle brackets do not count. */
static struct slice
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');
	struct slice domain = slice_cstr(at != NULL ? at + 1 : address);

	if (address[0] == '<' && slice_ends_with_nocase(domain, SLICE(">")))
		domain.len--;
	return dns_name_trim(domain);
}

/* A file is read once; name servers are asked about each address. */
static bool
zone_have(struct explaining *e, struct slice domain, struct err *err)
{
	if (e->zone != NULL && strcmp(e->dns, "live") != 0)
		return true;
	zone_destroy(&e->zone);
	return main_routes_dns(e->dns, e->routes, domain, &e->zone, err);
}

static bool
explain(struct explaining *e, const char *address, int *code, struct err *err)
{
	struct slice domain = domain_of(address);
	const struct route *route = routes_match(e->routes, domain);
	struct trial *t = xcalloc(1, sizeof(*t));
	struct course c;
	bool good;

	if (!zone_have(e, domain, err)) {
		free(t);
		return false;
	}
	trial_make(t, route, e->zone, domain);
	for (size_t i = 0; i < e->faults.count; i++)
		e->faults.list[i].is_used |=
		    trial_set_fault(t, &e->faults.list[i]) > 0;
	good = run_turns(&c, t, err);
	if (!good)
		*code = CLI_TROUBLE;
	else if (e->json)
		course_json(&c, e->routes, slice_cstr(address), &e->out);
	else
		course_format(
		    &c, e->routes, e->path, slice_cstr(address), &e->out);
	if (good && e->json)
		buf_append_byte(&e->out, '\n');
	course_fini(&c);
	trial_fini(t);
	free(t);
	return good;
}

static bool
explain_all(struct explaining *e, char **addresses, int count, int *code,
    struct err *err)
{
	for (int i = 0; i < count; i++) {
		struct slice domain = domain_of(addresses[i]);
		const char *why;
		size_t at;

		why = dns_name_check(domain, &at);
		if (why != NULL)
			return err_set(err,
			    "\"%s\" is no address: %s; expected user@domain, "
			    "or a domain",
			    addresses[i], why);
		if (i > 0 && !e->json)
			buf_append_byte(&e->out, '\n');
		if (!explain(e, addresses[i], code, err))
			return false;
	}
	return main_routes_faults_used(&e->faults, e->routes, err);
}

/* Its words: the table, and addresses. */
static int
explain_table(struct explaining *e, char **words, int count)
{
	struct routes *routes = main_routes_read(words[0]);
	int code = CLI_USAGE;
	struct err err;

	if (routes == NULL)
		return code;
	e->path = words[0];
	e->routes = routes;
	if (explain_all(e, words + 1, count - 1, &code, &err)) {
		code = CLI_OK;
		cli_print(&e->out);
	} else {
		(void)cli_report(&err, code);
	}
	routes_destroy(&routes);
	return code;
}

int
command_routes_explain(int argc, char **argv)
{
	struct explaining e = { 0 };
	struct cli_operands operands;
	int code;

	if (cli_parse(&program, argc, argv, on_option, &e, &operands))
		code = explain_table(&e, operands.at, operands.count);
	else
		code = operands.code;
	zone_destroy(&e.zone);
	main_routes_faults_fini(&e.faults);
	buf_fini(&e.out);
	return code;
}
