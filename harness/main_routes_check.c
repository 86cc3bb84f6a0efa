/* SPDX-License-Identifier: MIT */
/* faultpost routes check and rule: what is wrong with a table, and why. */
#include "harness/main_routes.h"
#include "harness/routes/lint.h"

#include "core/dns/name.h"

enum {
	SELVES_MAX = 100
};

struct checking {
	const char *destconfig, *dns; /* or NULL */
	enum lint_format format;
	struct lint_self selves[SELVES_MAX];
	size_t self_count;
};

enum {
	OPTION_DESTCONFIG = 1000,
	OPTION_DNS,
	OPTION_SELF,
	OPTION_FORMAT,
	OPTION_MARKDOWN
};
static const struct cli_option check_options[] = {
	{ OPTION_DESTCONFIG, 0, "destconfig", "FILE",
	    "Check against these destination controls, too." },
	{ OPTION_DNS, 0, "dns", "WHENCE",
	    "none (the default), zone:FILE, or live." },
	{ OPTION_SELF, 0, "self", "NAME|ADDRESS",
	    "What the relay itself is called; may be given several times." },
	{ OPTION_FORMAT, 0, "format", "FORMAT",
	    "human (the default), json, sarif, github." },
};
static const struct cli_program check_program = {
	.name = "faultpost routes check",
	.usage = "[OPTION]... FILE",
	CLI_OPERANDS(1, 1, "one FILE"),
	.summary = "Tells what is wrong with an SMTP routes table: all errors, "
		   "and what is taken\nand still wrong.",
	CLI_OPTIONS(check_options),
	.more = "\"# faultpost: ignore R007\" behind a line, or on a line "
		"before it, says that this\nis meant so; ignore-file says it "
		"of the whole file.\n"
		"Exit codes: 0 nothing but notes, 1 warnings or errors, 2 the "
		"table is refused.\n",
};

static bool
self_add(struct checking *c, const char *word, struct err *err)
{
	struct lint_self *self = &c->selves[c->self_count];
	const char *why;
	size_t at;

	if (c->self_count == SELVES_MAX)
		return err_set(err, "expected at most %d", SELVES_MAX);
	*self = (struct lint_self){ .name = slice_cstr(word) };
	why = ip_parse(self->name, &self->ip)
	    ? NULL
	    : dns_name_check(dns_name_trim(self->name), &at);
	if (why != NULL)
		return err_set(err, "\"%s\": %s; expected a name or an address",
		    word, why);
	c->self_count++;
	return true;
}

static bool
on_check_option(void *owner, int id, const char *value, struct err *err)
{
	struct checking *c = owner;

	switch (id) {
	case OPTION_DESTCONFIG:
		c->destconfig = value;
		break;
	case OPTION_DNS:
		c->dns = value;
		break;
	case OPTION_SELF:
		return self_add(c, value, err) || err_prefix(err, "--self ");
	case OPTION_FORMAT:
		return lint_format_parse(slice_cstr(value), &c->format, err) ||
		    err_prefix(err, "--format ");
	}
	return true;
}

/* What is wrong with the controls becomes findings. */
static bool
destinations_read(const struct checking *c, struct lint *lint,
    struct relay_destinations **destinations, struct err *err)
{
	struct err_list errors = { 0 };
	size_t len = 0;
	char *text;

	if (c->destconfig == NULL)
		return true;
	text = cli_read_file(c->destconfig, MAIN_ROUTES_BYTES_MAX, &len, err);
	if (text == NULL)
		return false;
	*destinations = relay_destinations_parse(
	    slice_of(text, len), c->destconfig, &errors);
	lint_add_errors(lint, c->destconfig, &errors);
	err_list_fini(&errors);
	free(text);
	return true;
}

static int
code_of(const struct lint *lint)
{
	if (lint_is_refused(lint))
		return CLI_USAGE;
	return lint_severity_count(lint, LINT_WARNING) +
		    lint_severity_count(lint, LINT_ERROR) >
		0
	    ? CLI_FAILED
	    : CLI_OK;
}

static bool
check_text(struct checking *c, const char *path, struct slice text, int *code,
    struct err *err)
{
	struct lint *lint = lint_new(text, path);
	struct relay_destinations *destinations = NULL;
	struct zone *zone = NULL;
	struct buf out = { 0 };
	bool good = destinations_read(c, lint, &destinations, err) &&
	    main_routes_dns(c->dns, lint_routes(lint), SLICE(""), &zone, err);

	if (good) {
		lint_find(lint,
		    &(struct lint_options){ zone, destinations, c->destconfig,
			c->selves, c->self_count });
		lint_format(lint, c->format, &out);
		cli_print(&out);
		*code = code_of(lint);
	}
	buf_fini(&out);
	zone_destroy(&zone);
	lint_destroy(&lint);
	relay_destinations_destroy(&destinations);
	return good;
}

int
command_routes_check(int argc, char **argv)
{
	struct checking c = { 0 };
	struct cli_operands operands;
	int code = CLI_OK;
	size_t len = 0;
	struct err err;
	char *path, *text;

	if (!cli_parse(
		&check_program, argc, argv, on_check_option, &c, &operands))
		return operands.code;
	path = operands.at[0];
	text = cli_read_file(path, MAIN_ROUTES_BYTES_MAX, &len, &err);
	if (text == NULL ||
	    !check_text(&c, path, slice_of(text, len), &code, &err))
		code = cli_report(&err, CLI_USAGE);
	free(text);
	return code;
}

/* ---- rule ---- */

static const struct cli_option rule_options[] = {
	{ OPTION_MARKDOWN, 0, "markdown", NULL,
	    "Print the table for a document." },
};
static const struct cli_program rule_program = {
	.name = "faultpost routes rule",
	.usage = "[RULE]...",
	CLI_OPERANDS(0, CLI_MANY, "rules"),
	.summary = "Explains rules of faultpost routes check, by number or "
		   "name; without one, lists\nthem all.",
	CLI_OPTIONS(rule_options),
};

static bool
on_rule_option(void *owner, int id, const char *value, struct err *err)
{
	(void)id;
	(void)value;
	(void)err;
	*(bool *)owner = true;
	return true;
}

static bool
rules_explain(int count, char **words, struct buf *out, struct err *err)
{
	char last[LINT_ID_MAX];

	for (int i = 0; i < count; i++) {
		enum lint_rule_id id = lint_rule_find(slice_cstr(words[i]));

		if (id == 0)
			return err_set(err,
			    "\"%s\" is no rule; expected R001 to %s", words[i],
			    lint_rule_id(
				(enum lint_rule_id)(LINT_RULE_END - 1), last));
		if (i > 0)
			buf_append_byte(out, '\n');
		lint_rule_explain(id, out);
	}
	return true;
}

int
command_routes_rule(int argc, char **argv)
{
	struct buf out = { 0 };
	bool as_markdown = false;
	struct cli_operands operands;
	int code = CLI_OK;
	struct err err;

	if (!cli_parse(&rule_program, argc, argv, on_rule_option, &as_markdown,
		&operands))
		return operands.code;
	if (operands.count == 0)
		lint_rules_format(as_markdown, &out);
	else if (!rules_explain(operands.count, operands.at, &out, &err))
		code = cli_report(&err, CLI_USAGE);
	if (code == CLI_OK)
		cli_print(&out);
	buf_fini(&out);
	return code;
}
