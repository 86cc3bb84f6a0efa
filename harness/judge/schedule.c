/* SPDX-License-Identifier: MIT */
/* Keeping waits; see schedule.h. */
#include "harness/judge/schedule.h"

#define ULL(n) ((unsigned long long)(n))

/* A row that may go on: the message has not ended. */
struct open_row {
	const struct ledger_group *group; /* the key; borrowed */
	size_t row;
	UT_hash_handle hh;
};

struct schedule {
	struct schedule_row *rows; /* owned */
	size_t count, cap;
	struct open_row *open; /* owned; by group */
	uint64_t left;
};

struct schedule *
schedule_new(void)
{
	return xcalloc(1, sizeof(struct schedule));
}

static void
row_close(struct schedule *s, const struct ledger_group *g)
{
	struct open_row *open;

	HASH_FIND_PTR(s->open, &g, open);
	if (open == NULL)
		return;
	HASH_DEL(s->open, open);
	free(open);
}

void
schedule_destroy(struct schedule **sp)
{
	struct schedule *s = *sp;
	struct open_row *open, *next;

	*sp = NULL;
	if (s == NULL)
		return;
	HASH_ITER(hh, s->open, open, next)
	{
		HASH_DEL(s->open, open);
		free(open);
	}
	for (size_t i = 0; i < s->count; i++) {
		free(s->rows[i].waits);
		free(s->rows[i].domain);
	}
	free(s->rows);
	free(s);
}

/* ---- waits ---- */

/* NULL when it is one too many. */
static struct schedule_row *
row_get(struct schedule *s, const struct ledger_entry *entry)
{
	const struct ledger_group *g = entry->group;
	struct open_row *open;

	HASH_FIND_PTR(s->open, &g, open);
	if (open != NULL)
		return &s->rows[open->row];
	if (s->count == SCHEDULE_ROWS_MAX) {
		s->left += g->rounds == 1;
		return NULL;
	}
	open = xcalloc(1, sizeof(*open));
	open->group = g;
	open->row = s->count;
	HASH_ADD_PTR(s->open, group, open);
	s->rows = xgrow(s->rows, &s->cap, s->count + 1, sizeof(s->rows[0]));
	s->rows[s->count] = (struct schedule_row){
		.mid = g->message->mid,
		.ordinal = g->message->ordinal,
		.domain = xstrdup(g->domain->name),
		.profile = entry->wait->profile->name,
		.accepted = g->message->accepted.lo,
	};
	return &s->rows[s->count++];
}

static void
entry_pending(struct schedule *s, const struct ledger_entry *entry)
{
	const struct ledger_wait *w = entry->wait;
	struct schedule_row *row = row_get(s, entry);
	struct schedule_wait wait = { .line = entry->moment.line,
		.till = w->till,
		.is_probe = !w->fits_attempt && !w->fits_keep &&
		    (w->fits_probe ||
			(!w->may_attempt && !w->may_keep && w->may_probe)),
		.differs =
		    !w->fits_attempt && !w->fits_probe && !w->fits_keep };

	if (row == NULL)
		return;
	if (row->count == SCHEDULE_WAITS_MAX) {
		row->left++;
		return;
	}
	wait.prescribed = UTIME_NEVER;
	if (wait.is_probe)
		wait.prescribed = utime_second_up(w->probe_lo);
	else if (w->may_attempt)
		wait.prescribed = utime_second_up(w->attempt_lo);
	else if (w->may_keep)
		wait.prescribed = utime_second_up(w->keep_lo);
	/* Where several seconds would be right, so is the one it says. */
	if (!wait.differs)
		wait.prescribed = wait.till;
	row->waits =
	    xgrow(row->waits, &row->cap, row->count + 1, sizeof(row->waits[0]));
	row->waits[row->count++] = wait;
}

void
schedule_entry(struct schedule *s, const struct ledger_entry *entry)
{
	if (entry->kind == LEDGER_PENDING)
		entry_pending(s, entry);
	else if (entry->kind == LEDGER_ENDED)
		for (const struct ledger_group *g = entry->message->groups;
		     g != NULL && s->open != NULL; g = g->next)
			row_close(s, g);
}

/* ---- what came of it ---- */

size_t
schedule_count(const struct schedule *s)
{
	return s->count;
}

const struct schedule_row *
schedule_row(const struct schedule *s, size_t i)
{
	assert(i < s->count);
	return &s->rows[i];
}

uint64_t
schedule_left(const struct schedule *s)
{
	return s->left;
}

size_t
schedule_row_differs(const struct schedule_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->waits[i].differs)
			return i;
	return SIZE_MAX;
}

const struct schedule_row *
schedule_differs(const struct schedule *s)
{
	const struct schedule_row *first = NULL;
	uint64_t line = UINT64_MAX;

	for (size_t i = 0; i < s->count; i++) {
		size_t k = schedule_row_differs(&s->rows[i]);

		if (k == SIZE_MAX || s->rows[i].waits[k].line >= line)
			continue;
		first = &s->rows[i];
		line = first->waits[k].line;
	}
	return first;
}

const char *
schedule_wait_by(const struct schedule_wait *w)
{
	if (w->prescribed == UTIME_NEVER)
		return "no wait";
	return w->is_probe ? "first probe" : "profile";
}

static void
wait_format(
    const struct schedule_row *row, size_t i, size_t indent, struct buf *out)
{
	const struct schedule_wait *w = &row->waits[i];
	char till[UTIME_TEXT_MAX], prescribed[UTIME_TEXT_MAX];

	utime_format_span(w->till - row->accepted, till);
	if (w->prescribed == UTIME_NEVER)
		(void)snprintf(prescribed, sizeof(prescribed), "-");
	else
		utime_format_span(w->prescribed - row->accepted, prescribed);
	buf_printf(out, "%*sround %-4zu %14s  %14s  %s, line %llu%s\n",
	    (int)indent, "", i + 2, till, prescribed, schedule_wait_by(w),
	    ULL(w->line),
	    i == schedule_row_differs(row) ? "  <-- the first that differs"
					   : "");
}

void
schedule_format(const struct schedule_row *row, size_t indent, struct buf *out)
{
	buf_printf(out, "%*sMID %llu to %s [%.*s]\n", (int)indent, "",
	    ULL(row->mid), row->domain, SLICE_ARG(row->profile));
	buf_printf(out, "%*s           %14s  %14s\n", (int)indent, "", "comes",
	    "prescribed");
	for (size_t i = 0; i < row->count; i++)
		wait_format(row, i, indent + 2, out);
	if (row->left > 0)
		buf_printf(out, "%*sand %llu more\n", (int)indent + 2, "",
		    ULL(row->left));
}
