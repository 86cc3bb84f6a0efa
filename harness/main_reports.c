/* SPDX-License-Identifier: MIT */
/* Options that name reports; see main_reports.h. */
#include "harness/main_reports.h"

#include "core/cli/terminal.h"

bool
reports_add(struct reports *reports, const char *option, struct slice name,
    const char *path, struct err *err)
{
	const struct report_format *format = report_format_named(name, err);
	struct report_output *report;

	if (format == NULL)
		return err_prefix(err, "--%s: ", option);
	if (reports->count == REPORT_FORMATS_MAX)
		return err_set(err, "--%s: these are too many, expected %d",
		    option, REPORT_FORMATS_MAX);
	report = &reports->at[reports->count++];
	report->format = format;
	report->output = (struct cli_output){ option, path, NULL };
	return true;
}

bool
reports_print(struct reports *reports, const char *value, struct err *err)
{
	struct slice rest = slice_cstr(value), name;

	if (rest.len == 0)
		return reports_add(reports, "format", rest, NULL, err);
	while (slice_split(&rest, ',', &name))
		if (!reports_add(reports, "format", name, NULL, err))
			return false;
	return true;
}

bool
reports_write(struct reports *reports, const char *value, struct err *err)
{
	struct slice whole = slice_cstr(value);
	size_t at = slice_find_byte(whole, '=');

	if (at + 1 >= whole.len)
		return err_set(err, "--output %s: expected FORMAT=FILE", value);
	return reports_add(
	    reports, "output", slice_sub(whole, 0, at), value + at + 1, err);
}

bool
reports_settle(struct reports *reports, struct err *err)
{
	const struct report_format *document = NULL;
	size_t printed = 0;

	for (size_t i = 0; i < reports->count; i++) {
		const struct report_output *report = &reports->at[i];

		if (report->output.path != NULL)
			continue;
		printed++;
		if (report->format->is_document)
			document = report->format;
	}
	if (printed > 1 && document != NULL)
		return err_set(err,
		    "--format: %s stands alone; expected the others with "
		    "--output FORMAT=FILE",
		    document->name);
	if (printed == 0)
		return reports_add(
		    reports, "format", SLICE("human"), NULL, err);
	return true;
}

void
reports_style(struct reports *reports, bool verbose)
{
	for (size_t i = 0; i < reports->count; i++) {
		struct report_output *report = &reports->at[i];

		report->style.verbose = verbose;
		if (report->output.path != NULL)
			continue;
		report->style.colour =
		    cli_wants_colour(getenv("NO_COLOR"), getenv("TERM"));
		report->style.columns = cli_columns();
	}
}

bool
reports_show_evidence(const struct reports *reports)
{
	for (size_t i = 0; i < reports->count; i++)
		if (reports->at[i].format->shows_evidence)
			return true;
	return false;
}

bool
reports_show_chart(const struct reports *reports)
{
	for (size_t i = 0; i < reports->count; i++)
		if (reports->at[i].format->shows_chart)
			return true;
	return false;
}

bool
outputs_open(struct cli_output *const *outputs, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (!cli_output_open(outputs[i], err))
			return false;
	for (size_t i = 0; i < count; i++)
		for (size_t k = i + 1; k < count; k++)
			if (outputs[k]->path != NULL &&
			    cli_output_is(outputs[i], outputs[k]->path))
				return err_at(err, outputs[i]->path, 0, 0,
				    "--%s and --%s name one file; expected "
				    "one each",
				    outputs[i]->option, outputs[k]->option);
	return true;
}

bool
outputs_spare(struct cli_output *const *outputs, size_t count, const char *path,
    struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (cli_output_is(outputs[i], path))
			return err_at(err, path, 0, 0,
			    "--%s would be written over this input",
			    outputs[i]->option);
	return true;
}
