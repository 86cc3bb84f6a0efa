/* SPDX-License-Identifier: MIT */
/* Fairness as a table for people; see fairness.h. */
#include "harness/judge/fairness.h"

#define ULL(n) ((unsigned long long)(n))

#define NAME_WIDTH 20
#define BY_WIDTH   18

void
fairness_priority(const struct fairness_row *row, struct buf *out)
{
	struct routing_candidate c = { .priority = row->priority };

	if (!row->is_known) {
		buf_append_cstr(out, "priority not known");
		return;
	}
	buf_printf(out, "priority %u", routing_route_priority(&c));
	if (routing_preference(&c) != 0)
		buf_printf(out, ", preference %u", routing_preference(&c));
	if ((uint16_t)row->priority != 0)
		buf_append_cstr(out, ", the other family");
}

/* Appends the text and fills up to the column. */
static void
append_column(struct buf *out, size_t begin, size_t column, const char *text)
{
	size_t taken = buf_len(out) - begin;

	while (taken++ < column)
		buf_append_byte(out, ' ');
	buf_append_cstr(out, text);
}

static void
append_counted(
    struct buf *out, const char *before, uint64_t count, const char *what)
{
	if (count > 0)
		buf_printf(out, "%s%llu %s%s", before, ULL(count), what,
		    count == 1 ? "" : "s");
}

/* "; 5 failed; then exchange2: 3 connections, 7 messages". */
static void
share_faults(const struct fairness *f, const struct fairness_share *share,
    struct buf *out)
{
	const char *before = "  then ";

	if (share->failed > 0)
		buf_printf(out, "  %llu failed", ULL(share->failed));
	for (size_t i = 0; i < share->move_count; i++) {
		const struct fairness_move *move = &share->moves[i];
		uint64_t connections = move->count[FAIR_BY_CONNECTIONS];

		buf_append_cstr(out, before);
		fairness_name(f, move->to, out);
		append_counted(out, ": ", connections, "connection");
		append_counted(out, connections > 0 ? ", " : ": ",
		    move->count[FAIR_BY_MESSAGES], "message");
		before = "; ";
	}
}

static void
share_format(const struct fairness *f, const struct fairness_row *row, size_t i,
    size_t indent, struct buf *out)
{
	const struct fairness_share *share = &row->shares[i];
	size_t begin = buf_len(out);
	char text[48];

	append_column(out, begin, indent + 2, "");
	fairness_name(f, share->address, out);
	for (size_t by = 0; by < FAIR_BYS; by++) {
		uint64_t total = fairness_total(row, (enum plan_fair_by)by);
		double percent = total > 0
		    ? 100.0 * (double)share->count[by] / (double)total
		    : 0;

		snprintf(text, sizeof(text), " %llu (%.1f %%)",
		    ULL(share->count[by]), percent);
		append_column(
		    out, begin, indent + NAME_WIDTH + by * BY_WIDTH, text);
	}
	share_faults(f, share, out);
	buf_append_byte(out, '\n');
}

static void
runs_format(const struct fairness *f, const struct fairness_row *row,
    size_t indent, struct buf *out)
{
	size_t begin = buf_len(out);
	char text[48];

	append_column(out, begin, indent + 2, "longest run");
	for (size_t by = 0; by < FAIR_BYS; by++) {
		const struct fairness_run *run = &row->run[by];

		snprintf(text, sizeof(text), " %llu", ULL(run->longest));
		append_column(
		    out, begin, indent + NAME_WIDTH + by * BY_WIDTH, text);
		if (run->longest == 0)
			continue;
		buf_append_byte(out, ' ');
		fairness_name(f, row->shares[run->share].address, out);
	}
	buf_append_byte(out, '\n');
}

void
fairness_format(const struct fairness *f, const struct fairness_row *row,
    size_t indent, struct buf *out)
{
	size_t begin = buf_len(out);
	char text[48];

	append_column(out, begin, indent, row->route);
	buf_append_cstr(out, ", ");
	fairness_priority(row, out);
	buf_append_byte(out, '\n');
	begin = buf_len(out);
	append_column(out, begin, indent + NAME_WIDTH, " connections");
	append_column(
	    out, begin, indent + NAME_WIDTH + BY_WIDTH, " messages\n");
	for (size_t i = 0; i < row->count; i++)
		share_format(f, row, i, indent, out);
	begin = buf_len(out);
	append_column(out, begin, indent + 2, "Jain's index");
	for (size_t by = 0; by < FAIR_BYS; by++) {
		snprintf(text, sizeof(text), " %.4f",
		    fairness_jain(row, (enum plan_fair_by)by));
		append_column(
		    out, begin, indent + NAME_WIDTH + by * BY_WIDTH, text);
	}
	buf_append_byte(out, '\n');
	runs_format(f, row, indent, out);
}
