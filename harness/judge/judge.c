/* SPDX-License-Identifier: MIT */
/*
 * The judge: one ledger, and those who watch it, the scenario's expectations
 * and the invariants.  See judge.h.
 */
#include "harness/judge/judge.h"

#include "harness/expect/expect.h"
#include "harness/judge/fairness.h"
#include "harness/judge/invariant.h"
#include "harness/judge/schedule.h"

struct judge {
	const struct plan *plan;      /* borrowed */
	struct ledger *ledger;        /* owned */
	struct maillog_parser parser; /* of judge_log_line() */
	struct invariants invariants;
	struct fairness *fairness;        /* owned */
	struct schedule *schedule;        /* owned */
	struct expectation *expectations; /* owned; as in the plan */
	struct judgement *judgements;     /* owned */
	struct arena arena;               /* the judgements' texts */
	bool lacks[JUDGE_WITNESS_COUNT];
	bool is_attended; /* see judge_attend() */
};

static void on_entry(void *owner, const struct ledger_entry *entry);
static enum greeted on_greeted(void *owner, uint64_t dcid);
static void expectation_judge(
    struct judge *j, struct expectation *e, struct judgement *out);
static void invariant_judge(
    struct judge *j, enum invariant which, struct judgement *out);

const char *
invariant_name(enum invariant i)
{
	static const char *const names[] = {
#define X(constant, name, text) [constant] = name,
		INVARIANTS(X)
#undef X
	};

	assert((size_t)i < ARRAY_LEN(names));
	return names[i];
}

const char *
invariant_text(enum invariant i)
{
	static const char *const texts[] = {
#define X(constant, name, text) [constant] = text,
		INVARIANTS(X)
#undef X
	};

	assert((size_t)i < ARRAY_LEN(texts));
	return texts[i];
}

struct judge *
judge_new(const struct plan *plan)
{
	struct judge *j = xcalloc(1, sizeof(*j));
	struct ledger_hooks hooks = { j, on_entry, on_greeted };

	j->plan = plan;
	j->ledger = ledger_new(plan, &hooks);
	maillog_parser_init(&j->parser, plan->start);
	invariants_init(&j->invariants, plan, j->ledger);
	j->fairness = fairness_new(plan);
	j->schedule = schedule_new();
	j->expectations =
	    xcalloc(plan->expectation_count + 1, sizeof(j->expectations[0]));
	for (size_t i = 0; i < plan->expectation_count; i++) {
		struct expectation *e = &j->expectations[i];
		const struct expect_kind *kind;

		e->said = &plan->expectations[i];
		e->plan = plan;
		e->ledger = j->ledger;
		e->place = e->said->place;
		e->fairness = j->fairness;
		e->schedule = j->schedule;
		kind = expect_kind_of(e->said->kind);
		if (kind->begin != NULL)
			kind->begin(e);
	}
	return j;
}

struct ledger *
judge_ledger(struct judge *j)
{
	return j->ledger;
}

void
judge_destroy(struct judge **jp)
{
	struct judge *j = *jp;

	*jp = NULL;
	if (j == NULL)
		return;
	for (size_t i = 0; i < j->plan->expectation_count; i++) {
		struct expectation *e = &j->expectations[i];
		const struct expect_kind *kind = expect_kind_of(e->said->kind);

		if (kind->end != NULL)
			kind->end(e);
		charge_fini(&e->charge);
	}
	free(j->expectations);
	invariants_fini(&j->invariants);
	fairness_destroy(&j->fairness);
	schedule_destroy(&j->schedule);
	ledger_destroy(&j->ledger);
	maillog_parser_fini(&j->parser);
	free(j->judgements);
	arena_fini(&j->arena);
	free(j);
}

void
judge_log_line(struct judge *j, struct slice line, utime now)
{
	struct maillog_event ev;
	bool is_record = maillog_parse(&j->parser, line, &ev);

	judge_log_event(j, line, is_record ? &ev : NULL, now);
}

static struct slice
without_line_end(struct slice line)
{
	if (line.len > 0 && line.at[line.len - 1] == '\n')
		line.len--;
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Shows the line to the expectations of that log. */
static void
expectations_line(struct judge *j, enum plan_log log, struct slice line)
{
	for (size_t i = 0; i < j->plan->expectation_count; i++) {
		struct expectation *e = &j->expectations[i];
		const struct expect_kind *kind = expect_kind_of(e->said->kind);

		if (kind->line != NULL && e->said->of == log)
			kind->line(e, line);
	}
}

void
judge_log_event(struct judge *j, struct slice line,
    const struct maillog_event *ev, utime now)
{
	ledger_line(j->ledger, ev, now);
	expectations_line(j, PLAN_LOG_MAIL, without_line_end(line));
}

void
judge_skip_lines(struct judge *j, uint64_t count)
{
	ledger_skip_lines(j->ledger, count);
}

void
judge_lack(struct judge *j, enum judge_witness witness)
{
	j->lacks[witness] = true;
}

void
judge_doubt(struct judge *j)
{
	ledger_doubt(j->ledger);
}

void
judge_begin_late(struct judge *j)
{
	ledger_begin_late(j->ledger);
}

void
judge_gap(struct judge *j, utime now)
{
	ledger_gap(j->ledger, now);
}

uint64_t
judge_silences(const struct judge *j, uint64_t *line)
{
	return ledger_silences(j->ledger, line);
}

void
judge_side_line(struct judge *j, enum plan_log log, struct slice line)
{
	expectations_line(j, log, without_line_end(line));
}

void
judge_operate(struct judge *j, struct slice command, utime now)
{
	ledger_operate(j->ledger, command, now);
}

void
judge_transcript(struct judge *j, const struct transcript_event *ev)
{
	invariants_transcript(&j->invariants, ev);
	for (size_t i = 0; i < j->plan->expectation_count; i++) {
		struct expectation *e = &j->expectations[i];
		const struct expect_kind *kind = expect_kind_of(e->said->kind);

		if (kind->transcript != NULL)
			kind->transcript(e, ev);
	}
}

uint64_t
judge_queued(const struct judge *j)
{
	const struct ledger_counts *counts = ledger_counts(j->ledger);
	uint64_t ended = counts->delivered + counts->bounced + counts->deleted;

	return counts->accepted > ended ? counts->accepted - ended : 0;
}

void
judge_attend(struct judge *j)
{
	j->is_attended = true;
}

void
judge_interrupt(struct judge *j)
{
	j->invariants.is_interrupted = true;
}

const struct schedule *
judge_schedule(const struct judge *j)
{
	return j->schedule;
}

const struct fairness *
judge_fairness(const struct judge *j)
{
	return j->fairness;
}

void
judge_finish(struct judge *j, utime now, const struct judgement **judgements,
    size_t *count)
{
	size_t expected = j->plan->expectation_count;
	uint64_t line;

	assert(j->judgements == NULL);
	ledger_advance(j->ledger, now);
	invariants_finish(&j->invariants, now);
	if (ledger_silences(j->ledger, &line) > 0)
		judge_lack(j, JUDGE_LINES);
	j->judgements =
	    xcalloc(expected + INVARIANT_COUNT, sizeof(j->judgements[0]));
	for (size_t i = 0; i < expected; i++) {
		struct expectation *e = &j->expectations[i];
		const struct expect_kind *kind = expect_kind_of(e->said->kind);

		e->ended = now;
		if (kind->finish != NULL)
			kind->finish(e);
		expectation_judge(j, e, &j->judgements[i]);
	}
	for (size_t i = 0; i < INVARIANT_COUNT; i++)
		invariant_judge(
		    j, (enum invariant)i, &j->judgements[expected + i]);
	*judgements = j->judgements;
	*count = expected + INVARIANT_COUNT;
}

/* ---- what is watched ---- */

static void
on_entry(void *owner, const struct ledger_entry *entry)
{
	struct judge *j = owner;

	if (entry->kind == LEDGER_GAP)
		judge_lack(j, JUDGE_LINES);
	invariants_entry(&j->invariants, entry);
	fairness_entry(j->fairness, entry);
	schedule_entry(j->schedule, entry);
	for (size_t i = 0; i < j->plan->expectation_count; i++) {
		struct expectation *e = &j->expectations[i];
		const struct expect_kind *kind = expect_kind_of(e->said->kind);

		if (kind->entry != NULL)
			kind->entry(e, entry);
	}
}

static enum greeted
on_greeted(void *owner, uint64_t dcid)
{
	struct judge *j = owner;

	return invariants_greeted(&j->invariants, dcid);
}

/* ---- judgements ---- */

static const char *
text_keep(struct judge *j, const struct buf *text)
{
	return buf_len(text) > 0 ? arena_strdup(&j->arena, buf_slice(text))
				 : NULL;
}

static const char *subject_keep(struct judge *j, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

static const char *
subject_keep(struct judge *j, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	const char *kept = arena_strdup(&j->arena, buf_slice(&text));
	buf_fini(&text);
	return kept;
}

static void
charge_judge(
    struct judge *j, const struct charge *charge, struct judgement *out)
{
	out->verdict = charge->failures > 0 ? VERDICT_FAILED : VERDICT_HELD;
	out->wanted = text_keep(j, &charge->wanted);
	out->found = text_keep(j, &charge->found);
	out->nearest = text_keep(j, &charge->nearest);
	out->at = charge->failures > 0 ? charge->at : UTIME_NEVER;
	out->line = charge->line;
	out->failures = charge->failures;
}

static void
not_judged(struct judgement *out, enum judge_witness lacking)
{
	static const char *const texts[] = {
#define X(constant, text) [constant] = text,
		JUDGE_WITNESSES(X)
#undef X
	};

	out->verdict = VERDICT_NOT_JUDGED;
	out->found = texts[lacking];
}

/* Whether what is missing cannot change the verdict. */
static bool
is_sure(enum plan_expectation_kind kind, enum verdict verdict)
{
	return ((kind == EXPECT_LOG || kind == EXPECT_RECEIVED) &&
		   verdict == VERDICT_HELD) ||
	    ((kind == EXPECT_NO_LOG || kind == EXPECT_NO_RECEIVED) &&
		verdict == VERDICT_FAILED);
}

static void
expectation_judge(struct judge *j, struct expectation *e, struct judgement *out)
{
	bool needs_transcript = plan_expectation_is_of_content(e->said->kind);

	charge_judge(j, &e->charge, out);
	if (needs_transcript && j->lacks[JUDGE_TRANSCRIPT])
		not_judged(out, JUDGE_TRANSCRIPT);
	else if (needs_transcript && j->lacks[JUDGE_CONTENT] &&
	    !is_sure(e->said->kind, out->verdict))
		not_judged(out, JUDGE_CONTENT);
	if ((e->said->kind == EXPECT_LOG || e->said->kind == EXPECT_NO_LOG) &&
	    j->lacks[JUDGE_WORDS])
		not_judged(out, JUDGE_WORDS);
	else if (j->lacks[JUDGE_MOMENTS] &&
	    plan_expectation_has_moments(e->said))
		not_judged(out, JUDGE_MOMENTS);
	else if (e->said->kind == EXPECT_HOST_STATUS &&
	    j->lacks[JUDGE_HOST_STATES])
		not_judged(out, JUDGE_HOST_STATES);
	else if (e->said->of != PLAN_LOG_MAIL && j->lacks[JUDGE_OTHER_LOGS])
		not_judged(out, JUDGE_OTHER_LOGS);
	else if (!needs_transcript && j->lacks[JUDGE_LINES] &&
	    !is_sure(e->said->kind, out->verdict))
		not_judged(out, JUDGE_LINES);
	out->subject = subject_keep(j, "expect[%zu] %s", e->said->index,
	    plan_expectation_name(e->said->kind));
	out->because = e->said->because;
	out->place = e->place;
}

/* The first wait that is not as prescribed, with those before it. */
static void
schedule_show(struct judge *j)
{
	struct charge *charge = &j->invariants.charges[INV_BACK_OFF];
	const struct schedule_row *row = schedule_differs(j->schedule);

	if (charge->failures == 0 || row == NULL)
		return;
	buf_append_byte(&charge->found, '\n');
	schedule_format(row, 0, &charge->found);
	buf_truncate(&charge->found, buf_len(&charge->found) - 1);
}

static void
invariant_judge(struct judge *j, enum invariant which, struct judgement *out)
{
	const struct plan_waiver *waiver =
	    plan_waiver_of(j->plan, invariant_name(which));
	bool needs_transcript =
	    which == INV_TWO_WITNESSES || which == INV_PROTOCOL;

	if (which == INV_BACK_OFF)
		schedule_show(j);
	charge_judge(j, &j->invariants.charges[which], out);
	out->subject = subject_keep(j, "invariant %s", invariant_name(which));
	if (out->wanted == NULL)
		out->wanted = invariant_text(which);
	if (needs_transcript && !j->is_attended &&
	    !invariants_have_transcript(&j->invariants))
		not_judged(out, JUDGE_TRANSCRIPT);
	else if (which == INV_TWO_WITNESSES && j->lacks[JUDGE_LINES] &&
	    out->verdict == VERDICT_HELD)
		not_judged(out, JUDGE_LINES);
	if (waiver == NULL)
		return;
	out->verdict = VERDICT_WAIVED;
	out->because = waiver->because;
}
