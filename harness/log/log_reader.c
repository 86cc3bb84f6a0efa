/* SPDX-License-Identifier: MIT */
/* Lines to records, and what is wrong with them; see log_reader.h. */
#include "harness/log/log_reader.h"

#include <inttypes.h>

struct log_appliance {
	uint32_t number;
};

/* What the parser had counted before a line. */
struct counts {
	uint64_t folded, stray, cut, welded;
};

void
log_reader_init(struct log_reader *r, void *owner,
    void (*on_record)(void *owner, const struct log_record *record))
{
	*r = (struct log_reader){ .owner = owner, .on_record = on_record };
	r->names[0] = "";
	maillog_parser_init(&r->parser, 0);
}

void
log_reader_fini(struct log_reader *r)
{
	maillog_parser_fini(&r->parser);
	log_renames_fini(&r->renames);
	map_fini(&r->appliances);
	arena_fini(&r->arena);
}

void
log_reader_begin(struct log_reader *r, const char *file, utime near)
{
	maillog_parser_fini(&r->parser);
	maillog_parser_init(&r->parser, near);
	r->file = file;
}

static uint32_t
appliance_of(struct log_reader *r, struct slice name)
{
	struct log_appliance *found;

	if (name.len == 0)
		return 0;
	found = map_find(&r->appliances, name);
	if (found != NULL)
		return found->number;
	if (r->appliance_count == LOG_APPLIANCES_MAX)
		return LOG_APPLIANCES_MAX;
	found = arena_alloc(&r->arena, sizeof(*found));
	found->number = ++r->appliance_count;
	name = arena_slice(&r->arena, name);
	r->names[found->number] = arena_strdup(&r->arena, name);
	map_add(&r->appliances, name, found);
	return found->number;
}

/* ---- flaws ---- */

static void
note_flaw(
    struct log_reader *r, struct log_flaw *flaw, uint64_t count, uint64_t line)
{
	if (count == 0)
		return;
	if (flaw->count == 0)
		flaw->first = (struct log_place){ r->file, line };
	flaw->count += count;
}

/* False: no use can be made of it. */
static bool
note_record(struct log_reader *r, const struct maillog_event *ev,
    const struct counts *before)
{
	const struct maillog_parser *p = &r->parser;
	struct log_flaws *flaws = &r->flaws;
	bool is_welded = p->welded > before->welded;
	bool is_unknown = ev->form == MAILLOG_UNKNOWN && !is_welded;
	bool is_half = is_unknown && maillog_parser_is_damaged(ev);

	note_flaw(r, &flaws->welded, is_welded, p->line);
	note_flaw(r, &flaws->half, is_half, p->line);
	note_flaw(r, &flaws->unknown, is_unknown && !is_half, p->line);
	note_flaw(r, &flaws->cut, p->cut - before->cut, p->line);
	note_flaw(r, &flaws->folded, p->folded - before->folded, p->line + 1);
	note_flaw(
	    r, &flaws->back, r->records > 0 && ev->time < r->last, p->line);
	r->last = ev->time;
	return !is_welded && !is_half;
}

void
log_reader_broke(struct log_reader *r)
{
	note_flaw(r, &r->flaws.ends, 1, r->parser.lines);
}

bool
log_reader_has_flaws(const struct log_reader *r)
{
#define X(member, one, several)                                                \
	if (r->flaws.member.count > 0)                                         \
		return true;
	LOG_FLAWS(X)
#undef X
	return false;
}

static void
flaw_format(const struct log_flaw *flaw, const char *one, const char *several,
    struct buf *out)
{
	if (flaw->count == 0)
		return;
	buf_printf(out, "  %" PRIu64 " %s (%s%s:%" PRIu64 ")\n", flaw->count,
	    flaw->count == 1 ? one : several, flaw->count == 1 ? "" : "first ",
	    flaw->first.file, flaw->first.line);
}

void
log_reader_flaws_format(const struct log_reader *r, struct buf *out)
{
#define X(member, one, several)                                                \
	flaw_format(&r->flaws.member, one, several, out);
	LOG_FLAWS(X)
#undef X
}

/* ---- records ---- */

static void
give(struct log_reader *r, const struct maillog_event *ev,
    const struct counts *before)
{
	struct slice host = maillog_parser_host(&r->parser);
	struct log_record record = {
		.event = ev,
		.text = maillog_parser_text(&r->parser),
		.place = { r->file, r->parser.line },
	};

	if (r->only != NULL && !slice_eq_nocase(host, slice_cstr(r->only))) {
		note_flaw(r, &r->flaws.others, 1, r->parser.line);
		return;
	}
	record.appliance = appliance_of(r, host);
	if (note_record(r, ev, before))
		record.named =
		    log_renames_take(&r->renames, ev, record.appliance);
	r->records++;
	r->on_record(r->owner, &record);
}

static bool
is_blank(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] != ' ' && line.at[i] != '\t' &&
		    line.at[i] != '\r')
			return false;
	return true;
}

static struct counts
counts_of(const struct maillog_parser *p)
{
	return (struct counts){ p->folded, p->stray, p->cut, p->welded };
}

static void
note_strays(struct log_reader *r, const struct counts *before, bool gave)
{
	uint64_t count = r->parser.stray - before->stray;

	note_flaw(r, &r->flaws.stray, count,
	    gave ? r->parser.line + 1 : r->parser.lines);
	for (uint64_t i = 0; i < count && r->on_skipped != NULL; i++)
		r->on_skipped(
		    r->owner, LOG_SKIPPED_STRAY, !gave && r->parser.is_open);
}

void
log_reader_line(struct log_reader *r, struct slice line)
{
	struct counts before = counts_of(&r->parser);
	struct maillog_event ev;
	bool gave = maillog_parser_feed(&r->parser, line, &ev);

	if (gave)
		give(r, &ev, &before);
	note_strays(r, &before, gave);
	if (r->on_skipped != NULL && !gave && is_blank(line))
		r->on_skipped(r->owner, LOG_SKIPPED_BLANK, r->parser.is_open);
}

void
log_reader_rest(struct log_reader *r)
{
	struct counts before = counts_of(&r->parser);
	struct maillog_event ev;

	if (maillog_parser_flush(&r->parser, &ev))
		give(r, &ev, &before);
	note_strays(r, &before, true);
}

const char *
log_reader_appliance(const struct log_reader *r, uint32_t number)
{
	return r->names[number];
}

bool
log_reader_peek(struct slice line, utime near, utime *at)
{
	static const struct slice mark = SLICE_INIT("\xef\xbb\xbf");
	struct maillog_stamp stamp;

	if (slice_starts_with(line, mark))
		line = slice_skip(line, mark.len);
	if (!maillog_stamp_parse(line, near, &stamp))
		return false;
	*at = stamp.time;
	return true;
}
