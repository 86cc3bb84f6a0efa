/* SPDX-License-Identifier: MIT */
/*
 * faultpost routes import and export: tables of others read and written.  What
 * cannot be said goes to standard error, a line each.
 */
#include "harness/main_routes.h"
#include "harness/routes/foreign.h"

struct converting {
	enum foreign_form form;
	bool has_form, strict;
};

enum {
	OPTION_FORM = 1000,
	OPTION_STRICT
};

#define FORMS_HELP                                                             \
	"FORM is postfix (transport maps), postfix-relay (relay_domains), "    \
	"exim (data of\nmanualroute), sendmail (mailertable), exchange (send " \
	"connectors, CSV) or json.\nWhat cannot be said there is told on "     \
	"standard error.\n"

static const struct cli_option import_options[] = {
	{ OPTION_FORM, 0, "from", "FORM", "What the file is." },
	{ OPTION_STRICT, 0, "strict", NULL,
	    "End with 1 when something cannot be said." },
};
static const struct cli_program import_program = {
	.name = "faultpost routes import",
	.usage = "--from FORM [OPTION]... FILE",
	CLI_OPERANDS(1, 1, "one FILE"),
	.summary = "Prints another's routing table as an SMTP routes table.",
	CLI_OPTIONS(import_options),
	.more = FORMS_HELP,
};
static const struct cli_option export_options[] = {
	{ OPTION_FORM, 0, "to", "FORM", "What to write." },
	{ OPTION_STRICT, 0, "strict", NULL,
	    "End with 1 when something cannot be said." },
};
static const struct cli_program export_program = {
	.name = "faultpost routes export",
	.usage = "--to FORM [OPTION]... FILE",
	CLI_OPERANDS(1, 1, "one FILE"),
	.summary = "Prints an SMTP routes table as another's.",
	CLI_OPTIONS(export_options),
	.more = FORMS_HELP,
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct converting *c = owner;

	if (id == OPTION_FORM) {
		c->has_form = true;
		return foreign_form_parse(slice_cstr(value), &c->form, err);
	}
	c->strict = true;
	return true;
}

static void
notes_tell(const struct foreign_notes *notes, const char *path)
{
	for (size_t i = 0; i < notes->count; i++) {
		const struct foreign_note *note = &notes->list[i];

		if (note->line > 0)
			fprintf(stderr, "%s:%d: note: %s\n", path, note->line,
			    note->text);
		else
			fprintf(stderr, "%s: note: %s\n", path, note->text);
	}
}

/* The table of a file in another's form; NULL when it cannot be had, which has
 * been said then. */
static struct routes *
foreign_file_read(
    enum foreign_form form, const char *path, struct foreign_notes *notes)
{
	struct err_list errors = { 0 };
	struct routes *routes;
	struct err err;
	size_t len = 0;
	char *text = cli_read_file(path, MAIN_ROUTES_BYTES_MAX, &len, &err);

	if (text == NULL) {
		(void)cli_report(&err, CLI_USAGE);
		return NULL;
	}
	routes = foreign_read(form, slice_of(text, len), path, notes, &errors);
	cli_report_all(&errors, "errors");
	err_list_fini(&errors);
	free(text);
	return routes;
}

static int
convert(const struct converting *c, const char *path, bool is_import)
{
	struct foreign_notes notes = { 0 };
	struct routes *routes = is_import
	    ? foreign_file_read(c->form, path, &notes)
	    : main_routes_read(path);
	struct buf out = { 0 };
	int code = CLI_USAGE;

	if (routes != NULL) {
		if (is_import)
			routes_format(routes, &out);
		else
			foreign_write(c->form, routes, &notes, &out);
		cli_print(&out);
		notes_tell(&notes, path);
		code = c->strict && notes.count > 0 ? CLI_FAILED : CLI_OK;
	}
	foreign_notes_fini(&notes);
	routes_destroy(&routes);
	buf_fini(&out);
	return code;
}

static int
command(
    int argc, char **argv, const struct cli_program *program, bool is_import)
{
	struct converting c = { 0 };
	struct cli_operands operands;

	if (!cli_parse(program, argc, argv, on_option, &c, &operands))
		return operands.code;
	if (!c.has_form)
		return cli_wrong_use(
		    program, "expected --%s", program->options[0].name);
	return convert(&c, operands.at[0], is_import);
}

int
command_routes_import(int argc, char **argv)
{
	return command(argc, argv, &import_program, true);
}

int
command_routes_export(int argc, char **argv)
{
	return command(argc, argv, &export_program, false);
}
