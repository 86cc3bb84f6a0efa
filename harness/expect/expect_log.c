/* SPDX-License-Identifier: MIT */
/*
 * "log": patterns in order, others lines between them.  The first line that
 * fits need not be the right one, since what it binds must repeat, so that all
 * ways to go on are kept: a way is how many patterns it has found and what the
 * names that are still to come are bound to.  Of two such equal ways the older
 * is as good as any.  Of others at most WAYS_MAX are kept for each number of
 * patterns, the first half of them and the latest: only a log in which more
 * candidates than that are open at once, and the right one neither among the
 * first nor the latest, is misjudged.
 *
 * "no_log": patterns that no line may hold.
 */
#include "harness/expect/expect.h"

#define ULL(n) ((unsigned long long)(n))

#define WAYS_MAX 64

struct way {
	struct pattern_bindings bound; /* the bytes are its own */
	char *bytes;                   /* owned */
	struct ledger_moment *came;    /* owned: of each pattern found */
};

/* The ways that have found the same number of patterns. */
struct step {
	struct way ways[WAYS_MAX];
	size_t count, oldest_late; /* of the later half, a ring */
	struct slice literal; /* the longest text of the pattern that is next */
	uint32_t live;        /* names that it or a later one has */
};

struct log_state {
	struct step *steps; /* owned; patterns + 1 */
	/* The nearest miss of the furthest ways since they came there, and
	 * that of them which it is. */
	size_t furthest;
	struct way nearest;
	struct pattern_miss miss;
	char *miss_line; /* owned */
	struct ledger_moment miss_moment, last;
	bool is_found;
};

/* ---- the ways ---- */

static void
way_fini(struct way *w)
{
	free(w->bytes);
	free(w->came);
	*w = (struct way){ 0 };
}

static bool
ways_equal(const struct way *a, const struct pattern_bindings *b, uint32_t live)
{
	for (size_t n = 0; n < PATTERN_NAMES_MAX; n++)
		if ((live >> n & 1) != 0 &&
		    !slice_eq(a->bound.value[n], b->value[n]))
			return false;
	return true;
}

/* Copies what is live of the bindings. */
static void
way_bind(struct way *w, const struct pattern_bindings *from, uint32_t live)
{
	size_t len = 0;
	char *to;

	for (size_t n = 0; n < PATTERN_NAMES_MAX; n++)
		if ((live >> n & 1) != 0)
			len += from->value[n].len;
	w->bytes = to = xmalloc(len + 1);
	for (size_t n = 0; n < PATTERN_NAMES_MAX; n++) {
		const struct slice *value = &from->value[n];

		if ((live >> n & 1) == 0 || value->at == NULL)
			continue;
		memcpy(to, value->at, value->len);
		w->bound.value[n] = slice_of(to, value->len);
		to += value->len;
	}
}

static void
way_copy(struct way *to, const struct way *from, size_t step, uint32_t live)
{
	way_fini(to);
	way_bind(to, &from->bound, live);
	to->came = xcalloc(step + 1, sizeof(to->came[0]));
	memcpy(to->came, from->came, step * sizeof(to->came[0]));
}

/* Room for one more way; the early half stays for ever. */
static struct way *
step_room(struct step *s)
{
	struct way *w;

	if (s->count < WAYS_MAX)
		return &s->ways[s->count++];
	w = &s->ways[WAYS_MAX / 2 + s->oldest_late];
	s->oldest_late = (s->oldest_late + 1) % (WAYS_MAX / 2);
	way_fini(w);
	return w;
}

static void
step_add(struct log_state *state, size_t step, const struct way *from,
    const struct pattern_bindings *bound)
{
	struct step *s = &state->steps[step];
	struct way *w;

	for (size_t i = 0; i < s->count; i++)
		if (ways_equal(&s->ways[i], bound, s->live))
			return;
	w = step_room(s);
	way_bind(w, bound, s->live);
	w->came = xcalloc(step + 1, sizeof(w->came[0]));
	if (from != NULL) {
		memcpy(w->came, from->came, (step - 1) * sizeof(w->came[0]));
		w->came[step - 1] = state->last;
	}
	if (step <= state->furthest)
		return;
	state->furthest = step;
	state->miss = (struct pattern_miss){ 0 };
	free(state->miss_line);
	state->miss_line = NULL;
	way_copy(&state->nearest, w, step, s->live);
}

/* ---- log ---- */

static void
literal_find(const struct pattern *p, struct slice *literal)
{
	for (size_t i = 0; i < p->piece_count; i++)
		if (p->pieces[i].kind == PATTERN_TEXT &&
		    p->pieces[i].text.len > literal->len)
			*literal = p->pieces[i].text;
}

static void
log_begin(struct expectation *e)
{
	const struct plan_expectation *said = e->said;
	struct log_state *state = xcalloc(1, sizeof(*state));
	struct pattern_bindings none = { 0 };

	e->state = state;
	state->steps =
	    xcalloc(said->pattern_count + 1, sizeof(state->steps[0]));
	for (size_t i = said->pattern_count; i-- > 0;) {
		const struct pattern *p = &said->patterns[i].pattern;

		state->steps[i].live = state->steps[i + 1].live;
		for (size_t k = 0; k < p->piece_count; k++)
			if (p->pieces[k].kind == PATTERN_NAME)
				state->steps[i].live |= UINT32_C(1)
				    << p->pieces[k].name;
		literal_find(p, &state->steps[i].literal);
	}
	step_add(state, 0, NULL, &none);
}

static void
log_end(struct expectation *e)
{
	struct log_state *state = e->state;

	for (size_t i = 0; i <= e->said->pattern_count; i++)
		for (size_t k = 0; k < state->steps[i].count; k++)
			way_fini(&state->steps[i].ways[k]);
	way_fini(&state->nearest);
	free(state->steps);
	free(state->miss_line);
	free(state);
}

static void
step_line(struct expectation *e, size_t step, struct slice line)
{
	struct log_state *state = e->state;
	struct step *s = &state->steps[step];
	size_t count = s->count;

	if (slice_find(line, s->literal) == line.len && s->literal.len > 0)
		return;
	for (size_t i = 0; i < count; i++) {
		struct pattern_bindings found;

		if (pattern_match(&e->said->patterns[step].pattern, line,
			&s->ways[i].bound, &found, NULL))
			step_add(state, step + 1, &s->ways[i], &found);
	}
}

static void
note_way_miss(struct expectation *e, struct slice line, const struct way *w,
    const struct pattern_miss *miss)
{
	struct log_state *state = e->state;

	if (miss->matched <= state->miss.matched)
		return;
	state->miss = *miss;
	free(state->miss_line);
	state->miss_line = slice_dup(line);
	state->miss_moment = state->last;
	way_copy(&state->nearest, w, state->furthest,
	    state->steps[state->furthest].live);
}

/* What is told when the pattern never comes: the line that fitted longest.
 * Ways differ in what is bound, so that the first one says it for all but
 * where it stopped at a name. */
static void
note_miss(struct expectation *e, struct slice line)
{
	struct log_state *state = e->state;
	const struct step *s = &state->steps[state->furthest];
	const struct pattern *p = &e->said->patterns[state->furthest].pattern;
	size_t count = s->count;

	for (size_t i = 0; i < count; i++) {
		struct pattern_miss miss = { 0 };

		(void)pattern_match(p, line, &s->ways[i].bound, NULL, &miss);
		note_way_miss(e, line, &s->ways[i], &miss);
		if (miss.matched >= p->written.len ||
		    p->written.at[miss.matched] != '{')
			return;
	}
}

static void
log_line(struct expectation *e, struct slice line)
{
	struct log_state *state = e->state;

	if (state->is_found)
		return;
	state->last = *ledger_now(e->ledger);
	/* From the last step down: a line takes a way one step only. */
	for (size_t i = e->said->pattern_count; i-- > 0;)
		step_line(e, i, line);
	state->is_found = state->furthest == e->said->pattern_count;
	if (!state->is_found)
		note_miss(e, line);
}

static void
bindings_format(const struct expectation *e,
    const struct pattern_bindings *bound, struct buf *out)
{
	const char *before = "; with ";

	for (size_t n = 0; n < e->said->names.count; n++) {
		if (bound->value[n].at == NULL)
			continue;
		buf_printf(out, "%s{%.*s} = %.*s", before,
		    SLICE_ARG(e->said->names.at[n]),
		    SLICE_ARG(bound->value[n]));
		before = ", ";
	}
}

static void
nearest_format(const struct expectation *e, struct buf *out)
{
	const struct log_state *state = e->state;

	struct buf head = { 0 };

	if (state->miss_line == NULL)
		return;
	buf_printf(&head, "line %llu: ", ULL(state->miss_moment.line));
	pattern_miss_format(&e->said->patterns[state->furthest].pattern,
	    slice_cstr(state->miss_line), &state->miss, &state->nearest.bound,
	    buf_slice(&head), out);
	buf_fini(&head);
}

static void
log_finish(struct expectation *e)
{
	const struct log_state *state = e->state;
	struct buf *found = &e->charge.found;

	if (state->is_found || e->said->pattern_count == 0 ||
	    !charge_count(&e->charge, UTIME_NEVER))
		return;
	e->place = e->said->patterns[state->furthest].place;
	e->charge.line = state->miss_line != NULL ? state->miss_moment.line : 0;
	buf_append(&e->charge.wanted,
	    e->said->patterns[state->furthest].pattern.written);
	buf_printf(found, "pattern %zu of %zu never came, in %llu lines",
	    state->furthest + 1, e->said->pattern_count, ULL(state->last.line));
	for (size_t i = 0; i < state->furthest; i++)
		buf_printf(found, "%s%zu on line %llu",
		    i > 0 ? ", " : "; before it came ", i + 1,
		    ULL(state->nearest.came[i].line));
	bindings_format(e, &state->nearest.bound, found);
	nearest_format(e, &e->charge.nearest);
}

const struct expect_kind expect_log = {
	.begin = log_begin,
	.line = log_line,
	.finish = log_finish,
	.end = log_end,
};

/* ---- no_log ---- */

static void
no_log_line(struct expectation *e, struct slice line)
{
	static const struct pattern_bindings none;

	for (size_t i = 0; i < e->said->pattern_count; i++) {
		const struct pattern *p = &e->said->patterns[i].pattern;

		if (!pattern_match(p, line, &none, NULL, NULL))
			continue;
		if (!charge_count(&e->charge, ledger_now(e->ledger)->lo))
			continue;
		e->place = e->said->patterns[i].place;
		e->charge.line = ledger_now(e->ledger)->line;
		buf_printf(&e->charge.wanted, "no line with: %.*s",
		    SLICE_ARG(p->written));
		buf_printf(&e->charge.found, "line %llu: %.*s",
		    ULL(ledger_now(e->ledger)->line), SLICE_ARG(line));
	}
}

const struct expect_kind expect_no_log = { .line = no_log_line };
