/* SPDX-License-Identifier: MIT */
/* Comments of a table that say what is meant so; see lint.h. */
#include "harness/routes/lint_impl.h"

#include <limits.h>

static const struct slice mark_word = SLICE_INIT("faultpost:");

/* Takes the next word, which blanks or commas end. */
static bool
word_take(struct slice *rest, struct slice *word)
{
	size_t len = 0;

	while (rest->len > 0 && strchr(" \t,", rest->at[0]) != NULL)
		*rest = slice_skip(*rest, 1);
	while (len < rest->len && strchr(" \t,", rest->at[len]) == NULL)
		len++;
	*word = slice_sub(*rest, 0, len);
	*rest = slice_skip(*rest, len);
	return len > 0;
}

static bool
is_for_good(enum lint_rule_id rule)
{
	return rule == LINT_SYNTAX || rule == LINT_DUPLICATE_ROUTE ||
	    rule == LINT_USEDNS_FOR_ALL;
}

static bool
rules_take(struct lint *l, struct slice rest, struct lint_mark *mark)
{
	struct slice word;
	char id[LINT_ID_MAX];

	/* Behind two hyphens a person says why. */
	while (word_take(&rest, &word) && !slice_eq(word, SLICE("--"))) {
		enum lint_rule_id rule = lint_rule_find(word);

		if (rule != 0 && !is_for_good(rule)) {
			mark->rules |= UINT64_C(1) << rule;
			continue;
		}
		lint_add(l, LINT_SUPPRESSION_UNKNOWN, mark->written_line,
		    mark->written_col, SLICE(""),
		    rule == 0 ? "\"%.*s\" is no rule; expected R001 to %s"
			      : "%.*s makes the table be refused, and cannot "
				"be suppressed; expected another of R001 to %s",
		    SLICE_ARG(word),
		    lint_rule_id((enum lint_rule_id)(LINT_RULE_END - 1), id));
		return false;
	}
	if (mark->rules == 0)
		lint_add(l, LINT_SUPPRESSION_UNKNOWN, mark->written_line,
		    mark->written_col, SLICE(""),
		    "no rule is named; expected \"faultpost: ignore R007\"");
	return mark->rules != 0;
}

void
lint_take_comment(
    struct lint *l, struct slice comment, int line, int col, bool alone)
{
	struct lint_mark mark = { alone ? 0 : line, line, col, false, 0, 0 };
	struct slice rest = slice_trim(comment), word;

	if (!slice_starts_with_nocase(rest, mark_word))
		return;
	rest = slice_skip(rest, mark_word.len);
	if (!word_take(&rest, &word) ||
	    (!slice_eq(word, SLICE("ignore")) &&
		!slice_eq(word, SLICE("ignore-file")))) {
		lint_add(l, LINT_SUPPRESSION_UNKNOWN, line, col, SLICE(""),
		    "\"%.*s\" is nothing that faultpost is told; expected "
		    "ignore or ignore-file",
		    SLICE_ARG(word));
		return;
	}
	if (!rules_take(l, rest, &mark))
		return;
	if (slice_eq(word, SLICE("ignore-file"))) {
		/* One that adds nothing hides nothing. */
		mark.is_whole = (mark.rules & ~l->whole_rules) != 0;
		mark.line = mark.is_whole ? 0 : INT_MAX;
		l->whole_rules |= mark.rules;
		alone = false;
	}
	l->marks = xgrow(
	    l->marks, &l->mark_cap, l->mark_count + 1, sizeof(l->marks[0]));
	l->marks[l->mark_count++] = mark;
	l->marks_open += alone;
}

void
lint_close_marks(struct lint *l, int line)
{
	for (size_t i = l->mark_count; i > 0 && l->marks_open > 0; i--)
		if (l->marks[i - 1].line == 0 && !l->marks[i - 1].is_whole) {
			l->marks[i - 1].line = line;
			l->marks_open--;
		}
}

/* ---- what comes of them ---- */

static bool
mark_suppress(struct lint_mark *mark, struct lint_finding *finding)
{
	uint64_t bit = UINT64_C(1) << finding->rule;

	if (is_for_good(finding->rule) || (mark->rules & bit) == 0)
		return false;
	mark->used |= bit;
	finding->is_suppressed = true;
	return true;
}

/* Marks are in the order of their lines, those of the file first (as many as
 * there are rules at the most) and those that hide nothing last; findings too.
 */
static void
finding_suppress(struct lint *l, struct lint_finding *finding, size_t *from)
{
	for (size_t i = 0; i < l->mark_count && l->marks[i].line == 0; i++)
		if (l->marks[i].is_whole)
			(void)mark_suppress(&l->marks[i], finding);
	if (finding->file != l->file)
		return;
	while (*from < l->mark_count && l->marks[*from].line < finding->line)
		++*from;
	for (size_t i = *from;
	     i < l->mark_count && l->marks[i].line == finding->line; i++)
		(void)mark_suppress(&l->marks[i], finding);
}

static void
mark_idle(struct lint *l, const struct lint_mark *mark)
{
	uint64_t idle = mark->rules & ~mark->used;
	char id[LINT_ID_MAX];

	for (int rule = 1; rule < LINT_RULE_END; rule++)
		if ((idle >> rule & 1) != 0)
			lint_add(l, LINT_SUPPRESSION_IDLE, mark->written_line,
			    mark->written_col, SLICE(""),
			    "%s is not found there; expected no comment that "
			    "hides it",
			    lint_rule_id((enum lint_rule_id)rule, id));
}

static int
mark_compare(const void *a, const void *b)
{
	const struct lint_mark *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

void
lint_apply_marks(struct lint *l)
{
	size_t from = 0;

	if (l->mark_count > 0)
		qsort(
		    l->marks, l->mark_count, sizeof(l->marks[0]), mark_compare);
	for (size_t i = 0; i < l->count; i++) {
		/* The controls' file has lines of its own. */
		if (i > 0 && l->findings[i].file != l->findings[i - 1].file)
			from = 0;
		finding_suppress(l, &l->findings[i], &from);
	}
	for (size_t i = 0; i < l->mark_count; i++)
		mark_idle(l, &l->marks[i]);
}
