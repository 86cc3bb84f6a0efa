/* SPDX-License-Identifier: MIT */
/* The table of what was tried, and how it is printed; see coverage.h. */
#include "harness/coverage/coverage.h"

#include <jansson.h>

#define STAGE(stage) (UINT64_C(1) << (stage))
#define FAULT(fault) (1U << (fault))

#define STAGES_SILENT                                                          \
	(STAGE(STAGE_NOOP) | STAGE(STAGE_VRFY) | STAGE(STAGE_UNKNOWN))
#define STAGES_SETTLED (STAGE(STAGE_RSET) | STAGE(STAGE_QUIT))
#define STAGES_ALL     ((UINT64_C(1) << COVERAGE_STAGES) - 1)
#define REPLIES                                                                \
	(FAULT(COVERAGE_4XX) | FAULT(COVERAGE_5XX) | FAULT(COVERAGE_421))
#define NETWORK                                                                \
	(FAULT(COVERAGE_REFUSED) | FAULT(COVERAGE_SILENT) |                    \
	    FAULT(COVERAGE_UNREACHABLE))
#define NAMES      (FAULT(COVERAGE_DNS_HARD) | FAULT(COVERAGE_DNS_SOFT))
#define FAULTS_ALL ((1U << COVERAGE_FAULT_COUNT) - 1)

/* What makes no sense, the first row that fits counting. */
static const struct nonsense {
	uint64_t stages;
	unsigned faults;
	const char *why;
} nonsense[] = {
	{ STAGE(COVERAGE_LOOKUP), FAULTS_ALL & ~NAMES,
	    "no host is asked before its name is known" },
	{ STAGES_ALL & ~STAGE(COVERAGE_LOOKUP), NAMES,
	    "names are asked for before there is a connection" },
	{ STAGES_SILENT, FAULTS_ALL, "the relay never says such a command" },
	{ STAGES_SETTLED, FAULTS_ALL,
	    "what was sent is settled by then, whatever comes of it" },
	{ STAGE(STAGE_IDLE), FAULTS_ALL, "no message is under way" },
	{ STAGE(STAGE_HELO) | STAGE(STAGE_BDAT) | STAGE(STAGE_COMMAND),
	    FAULTS_ALL,
	    "by way of others: HELO behind a refused EHLO, a chunk or half a "
	    "command before its end" },
	{ STAGE(STAGE_CONNECT), REPLIES | FAULT(COVERAGE_GARBAGE),
	    "no reply is due before the greeting" },
	{ STAGE(STAGE_CONNECT), FAULT(COVERAGE_SLOW) | FAULT(COVERAGE_SILENCE),
	    "the greeting is what is late then, or missing" },
	{ STAGES_ALL & ~STAGE(STAGE_CONNECT), NETWORK,
	    "the connection stands already" },
	{ STAGES_ALL & ~(STAGE(STAGE_STARTTLS) | STAGE(STAGE_TLS)),
	    FAULT(COVERAGE_TLS), "no handshake is due" },
	{ STAGE(STAGE_STARTTLS), FAULT(COVERAGE_TLS),
	    "the handshake is a stage of its own" },
	{ STAGE(STAGE_TLS), REPLIES, "a handshake has no replies" },
	{ STAGE(STAGE_TLS), FAULT(COVERAGE_GARBAGE),
	    "what is no handshake is a TLS fault" },
	{ STAGE(STAGE_BODY), REPLIES | FAULT(COVERAGE_GARBAGE),
	    "no reply is due within the content" },
};

static const char *const fault_names[] = {
#define X(constant, name) [constant] = name,
	COVERAGE_FAULTS(X)
#undef X
};
static const char *const left_names[] = {
#define X(constant, name, words) [constant] = name,
	COVERAGE_LEFTS(X)
#undef X
};

static const char *
stage_name(unsigned stage)
{
	return stage == COVERAGE_LOOKUP
	    ? "lookup"
	    : smtp_stage_name((enum smtp_stage)stage);
}

/* The look-ups come first. */
static unsigned
stage_at(unsigned row)
{
	return row == 0 ? COVERAGE_LOOKUP : row - 1;
}

void
coverage_fini(struct coverage *c)
{
	struct coverage_cell *cells = &c->cells[0][0][0];

	for (size_t i = 0; i < sizeof(c->cells) / sizeof(*cells); i++)
		free(cells[i].example);
	*c = (struct coverage){ 0 };
}

const char *
coverage_nonsense(unsigned stage, enum coverage_fault fault)
{
	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++)
		if ((nonsense[i].stages & STAGE(stage)) != 0 &&
		    (nonsense[i].faults & FAULT(fault)) != 0)
			return nonsense[i].why;
	return NULL;
}

/* ---- going through it ---- */

typedef void row_fn(const struct coverage *c, unsigned stage,
    enum coverage_fault fault, void *owner);

/* Each pair of stage and fault that makes sense, in order. */
static void
each_row(const struct coverage *c, row_fn *row, void *owner)
{
	for (unsigned i = 0; i < COVERAGE_STAGES; i++)
		for (unsigned f = 0; f < COVERAGE_FAULT_COUNT; f++)
			if (coverage_nonsense(
				stage_at(i), (enum coverage_fault)f) == NULL)
				row(c, stage_at(i), (enum coverage_fault)f,
				    owner);
}

static void
count_row(const struct coverage *c, unsigned stage, enum coverage_fault fault,
    void *owner)
{
	struct coverage_totals *totals = owner;

	for (size_t i = 0; i < COVERAGE_LEFT_COUNT; i++) {
		totals->sensible++;
		totals->empty += c->cells[stage][fault][i].count == 0;
	}
}

struct coverage_totals
coverage_count(const struct coverage *c)
{
	struct coverage_totals totals = { 0 };

	each_row(c, count_row, &totals);
	return totals;
}

/* ---- for people ---- */

static void
append_row(const struct coverage *c, unsigned stage, enum coverage_fault fault,
    void *owner)
{
	struct buf *out = owner;

	buf_printf(out, "%-9s %-12s", stage_name(stage), fault_names[fault]);
	for (size_t i = 0; i < COVERAGE_LEFT_COUNT; i++) {
		uint64_t count = c->cells[stage][fault][i].count;

		if (count > 0)
			buf_printf(out, " %10llu", (unsigned long long)count);
		else
			buf_printf(out, " %10s", "EMPTY");
	}
	buf_append_byte(out, '\n');
}

static void
append_totals(const struct coverage *c, struct buf *out)
{
	struct coverage_totals totals = coverage_count(c);

	buf_printf(out, "%zu of %zu cells are filled, %zu empty",
	    totals.sensible - totals.empty, totals.sensible, totals.empty);
}

void
coverage_format(const struct coverage *c, struct buf *out)
{
	buf_printf(out, "%-9s %-12s %10s %10s %10s\n", "stage", "fault", "same",
	    "worse", "none");
	each_row(c, append_row, out);
	append_totals(c, out);
	buf_printf(
	    out, " (%llu scenarios)\n", (unsigned long long)c->scenarios);
}

/* ---- for documents ---- */

static void
append_mark(const struct coverage *c, unsigned stage, enum coverage_fault fault,
    struct buf *out)
{
	if (coverage_nonsense(stage, fault) != NULL) {
		buf_append_cstr(out, " - |");
		return;
	}
	buf_append_byte(out, ' ');
	for (size_t i = 0; i < COVERAGE_LEFT_COUNT; i++) {
		bool filled = c->cells[stage][fault][i].count > 0;

		buf_printf(out, filled ? "%c" : "**%c**",
		    filled ? ascii_lower("SWN"[i]) : "SWN"[i]);
	}
	buf_append_cstr(out, " |");
}

static bool
is_sensible(unsigned stage)
{
	for (unsigned f = 0; f < COVERAGE_FAULT_COUNT; f++)
		if (coverage_nonsense(stage, (enum coverage_fault)f) == NULL)
			return true;
	return false;
}

static void
append_mask(struct buf *out, uint64_t mask, size_t count, bool are_stages)
{
	const char *comma = "";

	for (unsigned i = 0; i < count; i++) {
		if ((mask >> i & 1) == 0)
			continue;
		buf_printf(out, "%s`%s`", comma,
		    are_stages ? stage_name(i) : fault_names[i]);
		comma = " ";
	}
}

static void
append_reasons(struct buf *out)
{
	buf_append_cstr(
	    out, "\n| stage | fault | makes no sense: |\n|---|---|---|\n");
	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
		const struct nonsense *n = &nonsense[i];

		buf_append_cstr(out, "| ");
		if (n->stages == STAGES_ALL)
			buf_append_cstr(out, "all");
		else
			append_mask(out, n->stages, COVERAGE_STAGES, true);
		buf_append_cstr(out, " | ");
		if (n->faults == FAULTS_ALL)
			buf_append_cstr(out, "all");
		else
			append_mask(
			    out, n->faults, COVERAGE_FAULT_COUNT, false);
		buf_printf(out, " | %s |\n", n->why);
	}
}

void
coverage_markdown(const struct coverage *c, struct buf *out)
{
	buf_append_cstr(out, "| stage |");
	for (size_t f = 0; f < COVERAGE_FAULT_COUNT; f++)
		buf_printf(out, " %s |", fault_names[f]);
	buf_append_cstr(out, "\n|---|");
	for (size_t f = 0; f < COVERAGE_FAULT_COUNT; f++)
		buf_append_cstr(out, "---|");
	buf_append_byte(out, '\n');
	for (unsigned i = 0; i < COVERAGE_STAGES; i++) {
		if (!is_sensible(stage_at(i)))
			continue;
		buf_printf(out, "| %s |", stage_name(stage_at(i)));
		for (unsigned f = 0; f < COVERAGE_FAULT_COUNT; f++)
			append_mark(
			    c, stage_at(i), (enum coverage_fault)f, out);
		buf_append_byte(out, '\n');
	}
	buf_append_byte(out, '\n');
	append_totals(c, out);
	buf_append_cstr(out, ".\n");
	append_reasons(out);
}

/* ---- for programs ---- */

static void
push_row(const struct coverage *c, unsigned stage, enum coverage_fault fault,
    void *owner)
{
	for (size_t i = 0; i < COVERAGE_LEFT_COUNT; i++) {
		const struct coverage_cell *cell = &c->cells[stage][fault][i];
		json_t *row = json_pack("{s:s, s:s, s:s, s:I}", "stage",
		    stage_name(stage), "fault", fault_names[fault], "left",
		    left_names[i], "count", (json_int_t)cell->count);

		if (cell->example != NULL)
			(void)json_object_set_new(
			    row, "example", json_string(cell->example));
		(void)json_array_append_new(owner, row);
	}
}

void
coverage_json(const struct coverage *c, struct buf *out)
{
	struct coverage_totals totals = coverage_count(c);
	json_t *cells = json_array(), *all;
	char *text;

	each_row(c, push_row, cells);
	all = json_pack("{s:I, s:I, s:I, s:o}", "scenarios",
	    (json_int_t)c->scenarios, "sensible", (json_int_t)totals.sensible,
	    "empty", (json_int_t)totals.empty, "cells", cells);
	text = json_dumps(all, JSON_COMPACT);
	assert(text != NULL);
	buf_append_cstr(out, text);
	buf_append_byte(out, '\n');
	free(text);
	json_decref(all);
}
