/* SPDX-License-Identifier: MIT */
/*
 * faultpost new: a scenario from a question or two, or from options; it is run
 * before it is written, so that what is written holds.
 */
#include "core/cli/cli.h"
#include "harness/draft/draft.h"
#include "harness/main.h"
#include "harness/run/run_files.h"
#include "harness/sim/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum {
	FAULTS_MAX = 100,
	ROUTES_TEXT_MAX = 16 << 20
};

struct drafting {
	const char *domain, *hosts, *routes_path; /* or NULL */
	struct draft_fault faults[FAULTS_MAX];
	size_t fault_count;
	bool is_forced;
	char *asked_domain, *asked_hosts; /* owned */
};

enum {
	OPTION_DOMAIN = 1000,
	OPTION_HOSTS,
	OPTION_ROUTES,
	OPTION_FAIL,
	OPTION_FORCE
};
static const struct cli_option new_options[] = {
	{ OPTION_DOMAIN, 0, "domain", "NAME", "Whose mail it is." },
	{ OPTION_HOSTS, 0, "hosts", "LIST",
	    "Where it goes: \"mx1.example.com, mx2/pri=10\"." },
	{ OPTION_ROUTES, 0, "routes", "FILE",
	    "Or both from an exported SMTP routes table." },
	{ OPTION_FAIL, 0, "fail", "HOST=FAULT",
	    "What fails; may be given several times." },
	{ OPTION_FORCE, 0, "force", NULL, "Write over FILE." },
};
static const struct cli_program new_program = {
	.name = "faultpost new",
	.usage = "[OPTION]... FILE" RUN_FILES_SUFFIX,
	CLI_OPERANDS(1, 1, "one file to write"),
	.summary = "Writes a scenario.  On a terminal, without --domain and "
		   "--hosts or --routes, it\nasks for them.",
	CLI_OPTIONS(new_options),
	.more = "FAULT is refuse, silent or unreachable; or a code (452, 550), "
		"drop, reset or\nstall, at the greeting (a 5xx: at rcpt) or "
		"@STAGE: 452@eod.  With --routes and\n--fail only the routes "
		"with such a host are taken.\n",
};

static bool
fault_add(struct drafting *d, const char *text, struct err *err)
{
	if (d->fault_count == FAULTS_MAX)
		return err_set(err, "expected at most %d faults", FAULTS_MAX);
	if (!draft_fault_parse(text, &d->faults[d->fault_count], err))
		return false;
	d->fault_count++;
	return true;
}

static bool
on_new_option(void *owner, int id, const char *value, struct err *err)
{
	struct drafting *d = owner;

	switch (id) {
	case OPTION_DOMAIN:
		d->domain = value;
		break;
	case OPTION_HOSTS:
		d->hosts = value;
		break;
	case OPTION_ROUTES:
		d->routes_path = value;
		break;
	case OPTION_FAIL:
		return fault_add(d, value, err) || err_prefix(err, "--fail ");
	case OPTION_FORCE:
		d->is_forced = true;
		break;
	}
	return true;
}

/* ---- questions ---- */

/* The answer, or what is offered when that is empty; the caller frees it.
 * NULL: there is none. */
static char *
ask(const char *question, const char *offer)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	struct slice answer;

	fprintf(stderr, "%s [%s]: ", question, offer);
	fflush(stderr);
	len = getline(&line, &cap, stdin);
	if (len < 0) {
		free(line);
		fputc('\n', stderr);
		return NULL;
	}
	answer = slice_of(line, (size_t)len);
	while (answer.len > 0 && strchr(" \t\r\n", answer.at[answer.len - 1]))
		answer.len--;
	answer = slice_trim(answer);
	char *said = answer.len > 0 ? slice_dup(answer) : xstrdup(offer);
	free(line);
	return said;
}

static bool
ask_fault(struct drafting *d, struct err *err)
{
	struct slice hosts = slice_cstr(d->hosts);
	struct slice first = slice_sub(hosts, 0, strcspn(d->hosts, ",/ :"));
	struct buf offer = { 0 };
	bool good;
	char *said;

	if (d->fault_count > 0)
		return true;
	buf_printf(&offer, "%.*s=452", SLICE_ARG(first));
	said = ask("What fails, as HOST=FAULT (or \"none\")", buf_cstr(&offer));
	buf_fini(&offer);
	good = said != NULL
	    ? strcmp(said, "none") == 0 || fault_add(d, said, err)
	    : err_set(err, "no answer");
	free(said);
	return good;
}

static bool
ask_all(struct drafting *d, struct err *err)
{
	if (d->routes_path != NULL || (d->domain != NULL && d->hosts != NULL))
		return true;
	if (!isatty(STDIN_FILENO))
		return err_set(err,
		    "expected --domain and --hosts, --routes, or a terminal "
		    "to ask at");
	if (d->domain == NULL)
		d->domain = d->asked_domain =
		    ask("Whose mail is it (domain)", "example.com");
	if (d->domain != NULL && d->hosts == NULL)
		d->hosts = d->asked_hosts =
		    ask("Which hosts take it (host/pri=N, ...)",
			"mx1.example.com, mx2.example.com");
	if (d->domain == NULL || d->hosts == NULL)
		return err_set(err, "no answer");
	return ask_fault(d, err);
}

/* ---- writing it ---- */

static struct routes *
read_routes(const struct drafting *d, struct err *err)
{
	struct err_list errors = { 0 };
	struct buf line = { 0 };
	struct routes *routes = NULL;
	size_t len = 0;
	char *text = NULL;

	if (d->routes_path != NULL) {
		text =
		    cli_read_file(d->routes_path, ROUTES_TEXT_MAX, &len, err);
		if (text == NULL)
			return NULL;
		buf_append(&line, slice_of(text, len));
	} else {
		buf_printf(&line, "%s %s", d->domain, d->hosts);
	}
	routes = routes_parse(buf_slice(&line),
	    d->routes_path != NULL ? d->routes_path : NULL, &errors);
	if (routes == NULL)
		*err = errors.list[0];
	err_list_fini(&errors);
	buf_fini(&line);
	free(text);
	return routes;
}

static bool
holds(const char *path, struct slice text, struct err *err)
{
	const struct sim_hooks hooks = { 0 };
	struct plan *plan = plan_parse(path, text, err);
	struct result result;
	bool good;

	if (plan == NULL)
		return false;
	result_init(&result, plan, plan->seed);
	good = sim_run_scenario(&result, &hooks, err);
	if (good && !result_held(&result))
		good = err_set(
		    err, "what was drafted does not hold, and is not written");
	result_fini(&result);
	plan_destroy(&plan);
	return good;
}

static bool
write_file(const struct drafting *d, const char *path, struct slice text,
    struct err *err)
{
	int flags =
	    O_WRONLY | O_CREAT | O_CLOEXEC | (d->is_forced ? O_TRUNC : O_EXCL);
	int fd = open(path, flags, 0666);
	ssize_t written;

	if (fd < 0 && errno == EEXIST)
		return err_at(err, path, 0, 0,
		    "it is there already; expected --force to write over it");
	if (fd < 0)
		return err_at(err, path, 0, 0, "%s", strerror(errno));
	written = write(fd, text.at, text.len);
	if (close(fd) != 0 || written != (ssize_t)text.len)
		return err_at(err, path, 0, 0, "it could not be written");
	return true;
}

static int
draft(struct drafting *d, const char *path)
{
	struct buf text = { 0 };
	struct routes *routes = NULL;
	struct err err;
	int code = CLI_USAGE;

	if (!slice_ends_with_nocase(slice_cstr(path), SLICE(RUN_FILES_SUFFIX)))
		(void)err_at(&err, path, 0, 0,
		    "expected a name that ends with " RUN_FILES_SUFFIX);
	else if (!d->is_forced && access(path, F_OK) == 0)
		(void)err_at(&err, path, 0, 0,
		    "it is there already; expected --force to write over it");
	else if (ask_all(d, &err) && (routes = read_routes(d, &err)) != NULL &&
	    draft_format(routes, d->faults, d->fault_count, &text, &err) &&
	    holds(path, buf_slice(&text), &err) &&
	    write_file(d, path, buf_slice(&text), &err))
		code = CLI_OK;
	if (code == CLI_OK)
		printf("%s: written; faultpost explain tells what it says\n",
		    path);
	else
		(void)cli_report(&err, code);
	routes_destroy(&routes);
	buf_fini(&text);
	return code;
}

int
command_new(int argc, char **argv)
{
	struct drafting d = { 0 };
	struct cli_operands operands;
	int code;

	if (cli_parse(&new_program, argc, argv, on_new_option, &d, &operands))
		code = draft(&d, operands.at[0]);
	else
		code = operands.code;
	for (size_t i = 0; i < d.fault_count; i++)
		draft_fault_fini(&d.faults[i]);
	free(d.asked_domain);
	free(d.asked_hosts);
	return code;
}
