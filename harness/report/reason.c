/* SPDX-License-Identifier: MIT */
/* Why a scenario did not hold, in a line, and where, and what was not judged of
 * a log: what formats share. */
#include "harness/report/report.h"

const char *
report_verdict_name(enum report_verdict verdict)
{
	switch (verdict) {
	case REPORT_GOOD:
		return "good";
	case REPORT_HELD:
		return "held";
	case REPORT_FAILED:
		return "failed";
	case REPORT_INTERRUPTED:
		return "interrupted";
	case REPORT_NOT_RUN:
		return "not run";
	case REPORT_INVALID:
		return "invalid";
	case REPORT_ERROR:
		break;
	}
	return "error";
}

/* The first finding that failed, or NULL. */
static const struct judgement *
first_failure(const struct report_entry *entry)
{
	const struct result *r = entry->result;

	for (size_t i = 0; r != NULL && i < r->finding_count; i++)
		if (r->findings[i].judgement.verdict == VERDICT_FAILED)
			return &r->findings[i].judgement;
	return NULL;
}

/* A text of several lines in one. */
static void
append_flat(const char *text, struct buf *out)
{
	for (; *text != '\0'; text++)
		buf_append_byte(out, *text == '\n' ? ' ' : *text);
}

void
report_reason_format(const struct report_entry *entry, struct buf *out)
{
	const struct judgement *j = first_failure(entry);
	size_t others = 0;

	if (entry->err != NULL)
		buf_append_cstr(out, entry->err->msg);
	if (j == NULL)
		return;
	for (size_t i = 0; i < entry->result->finding_count; i++)
		others += entry->result->findings[i].judgement.verdict ==
		    VERDICT_FAILED;
	buf_printf(out, "%s: wanted ", j->subject);
	append_flat(j->wanted, out);
	buf_append_cstr(out, "; found ");
	append_flat(j->found, out);
	if (--others > 0)
		buf_printf(out, " (and %zu more)", others);
}

void
report_reason_place(
    const struct report_entry *entry, struct report_place *place)
{
	const struct judgement *j = first_failure(entry);

	if (j != NULL && j->place != NULL) {
		report_place_parse(j->place, place);
		return;
	}
	report_place_parse(entry->file, place);
	if (entry->err == NULL)
		return;
	place->line = entry->err->line;
	place->col = entry->err->col;
}

/* Takes ":NUMBER" off the end. */
static bool
number_take(struct slice *text, int *number)
{
	size_t at = text->len;
	uint64_t value;

	while (at > 0 && text->at[at - 1] != ':')
		at--;
	if (at == 0 || !slice_to_u64(slice_skip(*text, at), INT32_MAX, &value))
		return false;
	*number = (int)value;
	text->len = at - 1;
	return true;
}

void
report_place_parse(const char *text, struct report_place *place)
{
	struct slice file = slice_cstr(text);
	int line = 0, col = 0;

	if (!number_take(&file, &col) || !number_take(&file, &line)) {
		file = slice_cstr(text);
		line = col = 0;
	}
	file = slice_sub(file, 0, sizeof(place->file) - 1);
	memcpy(place->file, file.at, file.len);
	place->file[file.len] = '\0';
	place->line = line;
	place->col = col;
}

/* ---- what something else wrote ---- */

/* What a log did not tell, by the witness that is missing. */
static void
append_not_judged(const struct result *r, struct buf *out)
{
	const char *lacking = NULL;

	for (size_t i = 0; i < r->finding_count; i++) {
		const struct judgement *j = &r->findings[i].judgement;

		if (j->verdict != VERDICT_NOT_JUDGED)
			continue;
		if (lacking == NULL || strcmp(lacking, j->found) != 0)
			buf_printf(out, "%s  not judged (%s): ",
			    lacking != NULL ? "\n" : "", j->found);
		else
			buf_append_cstr(out, ", ");
		buf_append_cstr(out, j->subject);
		lacking = j->found;
	}
	if (lacking != NULL)
		buf_append_byte(out, '\n');
}

void
report_log_format(const struct report_entry *entry, struct buf *out)
{
	if (entry->result == NULL)
		return;
	if (entry->result->survey != NULL)
		survey_format(entry->result->survey, out);
	append_not_judged(entry->result, out);
}
