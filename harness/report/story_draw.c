/* SPDX-License-Identifier: MIT */
/*
 * Drawing the story: a lane for each host that was tried, a row for each
 * connection, a line where time passed.
 */
#include "harness/report/story_impl.h"

#define LANES_MAX  6 /* above, the host stands in the row instead */
#define LANE_WIDTH 19
#define TIME_WIDTH 13
#define GAP        (10 * UTIME_S)

/* The lanes that are drawn, and where. */
struct canvas {
	const struct story *story;
	struct buf *out;
	size_t indent;
	size_t lane_of[LANES_MAX]; /* hosts */
	size_t lane_count;         /* 0: no lanes */
	struct buf row;
};

static void
spaces(struct buf *out, size_t count)
{
	while (count-- > 0)
		buf_append_byte(out, ' ');
}

static void
canvas_init(struct canvas *c)
{
	for (size_t i = 0; i < c->story->plan->hosts.count; i++) {
		if (!c->story->lanes[i].is_used)
			continue;
		if (c->lane_count == LANES_MAX) {
			c->lane_count = 0;
			return;
		}
		c->lane_of[c->lane_count++] = i;
	}
}

/* Where the host's lane begins; false when it has none. */
static bool
lane_start(const struct canvas *c, size_t host, size_t *column)
{
	for (size_t i = 0; i < c->lane_count; i++)
		if (c->lane_of[i] == host) {
			*column = i * LANE_WIDTH;
			return true;
		}
	return false;
}

static const char *
host_name(const struct canvas *c, size_t host)
{
	return host == PLAN_NO_HOST ? "?" : c->story->plan->hosts.at[host].name;
}

/* Ends the row without the spaces at its end. */
static void
row_flush(struct canvas *c)
{
	struct slice text = buf_slice(&c->row);

	while (text.len > 0 && text.at[text.len - 1] == ' ')
		text.len--;
	spaces(c->out, c->indent);
	buf_append(c->out, text);
	buf_append_byte(c->out, '\n');
	buf_clear(&c->row);
}

static void
draw_heads(struct canvas *c)
{
	if (c->lane_count == 0)
		return;
	spaces(&c->row, TIME_WIDTH);
	for (size_t i = 0; i < c->lane_count; i++)
		buf_printf(&c->row, "%-*.*s ", LANE_WIDTH - 1, LANE_WIDTH - 1,
		    host_name(c, c->lane_of[i]));
	row_flush(c);
}

static void
mark_append(struct buf *out, const struct attempt *a)
{
	buf_printf(out, "#%llu", (unsigned long long)a->dcid);
	if (a->done > 0)
		buf_printf(out, " ok %llu", (unsigned long long)a->done);
	if (a->failed > 0)
		buf_printf(out, " %s x", a->how);
	if (a->failed > 1)
		buf_printf(out, "%llu", (unsigned long long)a->failed);
	if (a->is_open)
		buf_append_cstr(out, " ~");
	else if (a->done == 0 && a->failed == 0)
		buf_append_cstr(out, " idle");
}

/* Puts text over what the row has at `column`, making room as needed. */
static void
row_put(struct canvas *c, size_t column, struct slice text)
{
	while (buf_len(&c->row) < column + text.len)
		buf_append_byte(&c->row, ' ');
	memcpy(c->row.mem + c->row.head + column, text.at, text.len);
}

/* From the lane of the failure to the mark that followed it. */
static void
draw_arrow(struct canvas *c, const struct attempt *a, size_t mark_len)
{
	const struct attempt *from = story_drawn(c->story, a->came_from);
	size_t source, target;

	if (from == NULL || from->host == a->host ||
	    !lane_start(c, from->host, &source) ||
	    !lane_start(c, a->host, &target))
		return;
	source += TIME_WIDTH;
	target += TIME_WIDTH;
	if (source < target) {
		for (size_t i = source; i < target - 1; i++)
			row_put(c, i, SLICE("-"));
		row_put(c, source, SLICE("+"));
		row_put(c, target - 2, SLICE(">"));
		return;
	}
	for (size_t i = target + mark_len + 1; i < source; i++)
		row_put(c, i, SLICE("-"));
	row_put(c, target + mark_len + 1, SLICE("<"));
	row_put(c, source, SLICE("+"));
}

static void
draw_attempt(struct canvas *c, const struct attempt *a)
{
	char span[UTIME_TEXT_MAX];
	struct buf mark = { 0 };
	size_t column = 0;

	utime_format_span(a->began - c->story->plan->start, span);
	buf_printf(&c->row, "%*s  ", TIME_WIDTH - 2, span);
	for (size_t i = 0; i < c->lane_count; i++)
		row_put(c, TIME_WIDTH + i * LANE_WIDTH, SLICE("|"));
	mark_append(&mark, a);
	if (lane_start(c, a->host, &column)) {
		draw_arrow(c, a, buf_len(&mark));
	} else {
		row_put(c, TIME_WIDTH, slice_cstr(host_name(c, a->host)));
		column = buf_len(&c->row) - TIME_WIDTH + 1;
	}
	row_put(c, TIME_WIDTH + column, buf_slice(&mark));
	buf_fini(&mark);
	if (a->rule != NULL) {
		row_put(c, TIME_WIDTH + c->lane_count * LANE_WIDTH, SLICE(" "));
		buf_printf(&c->row, " rule %s", a->rule);
	}
	row_flush(c);
}

static void
draw_gap(struct canvas *c, utime span)
{
	char text[UTIME_TEXT_MAX];

	utime_format_span(span, text);
	text[strcspn(text, ".")] = '\0';
	buf_printf(
	    &c->row, "%.*s  %s pass", TIME_WIDTH - 2, "-------------", text);
	row_flush(c);
}

static void
draw_elided(struct canvas *c, uint64_t count)
{
	buf_printf(&c->row, "%.*s  %llu connection%s not shown", TIME_WIDTH - 2,
	    ".............", (unsigned long long)count, count == 1 ? "" : "s");
	row_flush(c);
}

/* The first number behind those that began by `around`. */
static uint64_t
number_after(const struct story *s, utime around)
{
	uint64_t number = s->count;

	while (number > 0) {
		const struct attempt *a = story_drawn(s, number - 1);

		if (a != NULL && a->began <= around)
			break;
		number--;
	}
	return number;
}

void
story_format(const struct story *s, utime around, size_t rows, size_t indent,
    struct buf *out)
{
	struct canvas c = { .story = s, .out = out, .indent = indent };
	uint64_t end = number_after(s, around), begin = 0, elided = 0;
	const struct attempt *before = NULL;

	if (s->count == 0)
		return;
	if (rows < s->count) {
		end = end + rows / 3 < s->count ? end + rows / 3 : s->count;
		begin = end > rows ? end - rows : 0;
	} else {
		end = s->count;
	}
	canvas_init(&c);
	draw_heads(&c);
	for (uint64_t n = begin; n < end; n++) {
		const struct attempt *a = story_drawn(s, n);

		elided += a == NULL;
		if (a == NULL)
			continue;
		if (elided > 0)
			draw_elided(&c, elided);
		else if (before != NULL && a->began - before->began >= GAP)
			draw_gap(&c, a->began - before->began);
		elided = 0;
		draw_attempt(&c, a);
		before = a;
	}
	buf_fini(&c.row);
}
