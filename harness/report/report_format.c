/* SPDX-License-Identifier: MIT */
/* The table of formats, and what all of them count and call alike. */
#include "harness/report/report.h"

static const struct report_format *const formats[] = {
	&report_human,
	&report_tap,
	&report_junit,
	&report_json,
	&report_github,
	&report_html,
};

const struct report_format *
report_format_named(struct slice name, struct err *err)
{
	struct buf names = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (slice_eq(name, slice_cstr(formats[i]->name)))
			return formats[i];
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		buf_printf(&names, "%s%s",
		    i == 0                           ? ""
			: i + 1 < ARRAY_LEN(formats) ? ", "
						     : " or ",
		    formats[i]->name);
	(void)err_set(err, "there is no format \"%.*s\"; expected %s",
	    SLICE_ARG(slice_sub(name, 0, 40)), buf_cstr(&names));
	buf_fini(&names);
	return NULL;
}

enum report_verdict
report_verdict_of(const struct result *r)
{
	if (r->is_stopped)
		return REPORT_INTERRUPTED;
	return result_held(r) ? REPORT_HELD : REPORT_FAILED;
}

void
report_name_format(const struct report_entry *entry, struct buf *out)
{
	buf_append_cstr(out, entry->file);
	if (entry->variant[0] != '\0')
		buf_printf(out, "[%s]", entry->variant);
}

void
report_totals_add(struct report_totals *totals, enum report_verdict verdict)
{
	switch (verdict) {
	case REPORT_GOOD:
	case REPORT_HELD:
		totals->held++;
		break;
	case REPORT_FAILED:
		totals->failed++;
		break;
	case REPORT_INTERRUPTED:
		totals->interrupted++;
		break;
	case REPORT_NOT_RUN:
		totals->not_run++;
		break;
	case REPORT_INVALID:
	case REPORT_ERROR:
		totals->errors++;
		break;
	}
}

uint64_t
report_totals_told(const struct report_totals *totals)
{
	return totals->held + totals->failed + totals->interrupted +
	    totals->not_run + totals->errors;
}
