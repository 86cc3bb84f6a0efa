/* SPDX-License-Identifier: MIT */
/* Records, events and commands in the order of their moments; see check.h. */
#include "harness/check/check.h"

/* The scenario's start is the log's if that begins so soon behind it. */
#define START_SPAN UTIME_DAY

static void begin(struct check *c, utime first);
static void take_record(struct check *c, const struct maillog_event *ev);
static void advance(struct check *c, utime until);

static void
pass_init(struct check *c, utime near)
{
	maillog_parser_init(&c->parser, near);
	c->reader = transcript_reader_new(c->wants_content);
	c->steps_done = c->gaps_done = 0;
	c->told_line = c->event_line = 0;
	c->has_event = c->has_connection = c->is_broken = false;
	buf_clear(&c->host);
}

static void
pass_fini(struct check *c)
{
	maillog_parser_fini(&c->parser);
	transcript_reader_destroy(&c->reader);
}

void
check_init(struct check *c, struct plan *plan, struct result *result,
    const struct check_source *transcript, utime near)
{
	*c = (struct check){
		.plan = plan, .result = result, .transcript = transcript
	};
	c->survey.starts_again = plan->relay_starts_again;
	for (size_t i = 0; i < plan->expectation_count; i++)
		c->wants_content |=
		    plan_expectation_is_of_content(plan->expectations[i].kind);
	pass_init(c, near);
}

void
check_fini(struct check *c)
{
	pass_fini(c);
	survey_fini(&c->survey);
	buf_fini(&c->host);
}

bool
check_again(struct check *c, bool wants_evidence)
{
	bool has_gaps = c->pass == CHECK_FIRST &&
	    (!c->is_whole || c->survey.remade.count > 0) &&
	    survey_has_gaps(&c->survey);

	if (!has_gaps &&
	    (c->pass == CHECK_GATHER || !wants_evidence ||
		result_held(c->result)))
		return false;
	pass_fini(c);
	pass_init(c, c->plan->start);
	if (has_gaps) {
		result_fini(c->result);
		c->has_begun = false;
		c->pass = CHECK_GAPS;
	} else {
		result_focus(c->result);
		c->pass = CHECK_GATHER;
	}
	return true;
}

/* ---- lines ---- */

/* Whether it has bytes that no log has, which escapes them. */
static bool
has_controls(struct slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		unsigned char b = (unsigned char)line.at[i];

		if ((b < ' ' && b != '\t' && b != '\r') || b == 0x7f)
			return true;
	}
	return false;
}

/* "[...]", by which people say that they left something out; whatever has
 * neither letters nor digits is no part of a record. */
static bool
is_omission(struct slice line)
{
	bool is_blank = true;

	for (size_t i = 0; i < line.len; i++) {
		char b = line.at[i];

		if (ascii_is_alpha(b) || ascii_is_digit(b))
			return false;
		is_blank &= b == ' ' || b == '\t' || b == '\r';
	}
	return !is_blank;
}

static bool
is_empty(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] != ' ' && line.at[i] != '\t' &&
		    line.at[i] != '\r')
			return false;
	return true;
}

static bool
is_near_start(const struct check *c, utime first)
{
	utime start = c->plan->start / UTIME_S * UTIME_S;

	return first >= start && first <= start + START_SPAN;
}

/* A stamp without a year is that of the scenario's start, if the log then
 * begins there. */
static void
find_year(struct check *c, struct slice line)
{
	struct maillog_stamp stamp;

	if (!c->has_begun && !c->parser.is_open &&
	    maillog_stamp_parse(line, c->plan->start, &stamp) &&
	    is_near_start(c, stamp.time))
		c->parser.clock = c->plan->start;
}

/* Those that came since there were so many of them. */
static void
note_strays(struct check *c, uint64_t before, uint64_t line)
{
	if (c->pass != CHECK_FIRST)
		return;
	for (; before < c->parser.stray; before++)
		survey_stray(&c->survey, line++);
}

void
check_line(struct check *c, struct slice line)
{
	uint64_t stray = c->parser.stray;
	bool was_broken = c->is_broken, has_bytes = has_controls(line);
	bool is_mark = is_omission(line);
	struct maillog_event ev;

	find_year(c, line);
	bool gave =
	    maillog_parser_feed(&c->parser, is_mark ? SLICE("") : line, &ev);

	if (is_mark && c->pass == CHECK_FIRST)
		survey_stray(&c->survey, c->parser.lines);
	if (c->pass == CHECK_FIRST && is_empty(line))
		survey_empty(&c->survey, c->parser.lines);
	/* Half of it may be a record's; what it adds to is damaged, too. */
	c->is_broken = gave ? has_bytes : was_broken || has_bytes;
	if (!gave) {
		note_strays(c, stray, c->parser.lines);
		return;
	}
	bool is_broken = c->is_broken;
	c->is_broken = was_broken;
	take_record(c, &ev);
	c->is_broken = is_broken;
	/* What stood behind its first line. */
	note_strays(c, stray, c->parser.line + 1);
}

static void
note_end(struct check *c)
{
	struct survey *s = &c->survey;

	if (c->pass == CHECK_FIRST) {
		s->lines = c->parser.lines;
		s->folded = c->parser.folded;
		s->cut = c->parser.cut;
		survey_finish(s);
	}
	s->silences.count =
	    judge_silences(c->result->judge, &s->silences.first);
	c->result->survey = s;
}

void
check_finish(struct check *c)
{
	struct maillog_event ev;

	if (maillog_parser_flush(&c->parser, &ev))
		take_record(c, &ev);
	if (!c->has_begun)
		begin(c, c->plan->start);
	/* Of what follows its last line nobody knows, unless it is whole. */
	advance(c, c->is_whole ? UTIME_NEVER : c->last + UTIME_S - 1);
	if (c->pass == CHECK_GATHER) {
		evidence_finish(c->result->evidence);
		return;
	}
	c->result->span = c->last - c->plan->start;
	judge_interrupt(c->result->judge);
	result_take_judgements(c->result, c->last);
	note_end(c);
}

/* ---- records ---- */

static void
begin(struct check *c, utime first)
{
	struct judge *judge;

	c->has_begun = true;
	if (!is_near_start(c, first))
		plan_move(c->plan, first);
	c->last = first;
	result_init(c->result, c->plan, c->plan->seed);
	if (c->wants_chart)
		result_draw_chart(c->result);
	judge = c->result->judge;
	judge_lack(judge, JUDGE_OTHER_LOGS);
	if (c->transcript == NULL)
		judge_lack(judge, JUDGE_TRANSCRIPT);
	if (!c->is_whole)
		judge_doubt(judge);
}

/* Of several appliances in one log the first is judged. */
static bool
is_of_another(struct check *c)
{
	struct slice host = maillog_parser_host(&c->parser);
	struct survey *s = &c->survey;

	if (host.len == 0)
		return false;
	if (buf_len(&c->host) == 0)
		buf_append(&c->host, host);
	if (slice_eq(host, buf_slice(&c->host)))
		return false;
	if (c->pass != CHECK_FIRST)
		return true;
	if (s->others.count == 0)
		(void)snprintf(
		    s->other, sizeof(s->other), "%.*s", SLICE_ARG(host));
	survey_count_add(&s->others, c->parser.line);
	return true;
}

/* Takes the gaps before the record; true: it stands in one. */
static bool
take_gaps(struct check *c, const struct maillog_event *ev)
{
	const struct survey *s = &c->survey;
	uint64_t line = c->parser.line;

	if (c->pass != CHECK_GAPS)
		return false;
	for (; c->gaps_done < s->gap_count && s->gaps[c->gaps_done].to <= line;
	     c->gaps_done++) {
		/* The clock may have gone back. */
		c->last = ev->time;
		judge_gap(c->result->judge, ev->time);
	}
	if (c->gaps_done == s->gap_count || s->gaps[c->gaps_done].from >= line)
		return false;
	survey_count_add(&c->survey.muted, line);
	return true;
}

static void
tell_judge(struct check *c, const struct maillog_event *ev, uint64_t skipped)
{
	struct judge *judge = c->result->judge;
	struct slice text = maillog_parser_text(&c->parser);
	bool has_dcid = maillog_has(ev, MAILLOG_FIELD_dcid) && ev->dcid != 0;

	if (has_dcid && !c->has_connection) {
		c->has_connection = true;
		if (ev->dcid != 1 ||
		    (ev->form != MAILLOG_DCID_NEW &&
			ev->form != MAILLOG_CONNECTION_ERROR))
			judge_begin_late(judge);
	}
	judge_skip_lines(judge, skipped);
	judge_log_event(judge, text, ev, UTIME_NEVER);
	if (c->result->chart != NULL)
		chart_log(c->result->chart, c->result->story, text, ev,
		    ev->time, judge_queued(judge));
}

static bool
host_has_address(const struct mock_host *host, const struct ip_address *ip)
{
	for (size_t i = 0; i < host->addresses.count; i++)
		if (ip_equal(&host->addresses.at[i], ip))
			return true;
	return false;
}

/* "port 2" of a "port 25" at which the scenario has a host: half a line. */
static bool
has_cut_port(const struct check *c, const struct maillog_event *ev)
{
	const struct mock_hosts *hosts = &c->plan->hosts;
	struct ip_address ip;
	bool is_cut = false;

	if (ev->form != MAILLOG_DCID_NEW ||
	    !maillog_has(ev, MAILLOG_FIELD_port) ||
	    ev->port == c->plan->relay.delivery.port ||
	    !ip_parse(ev->address, &ip))
		return false;
	for (size_t i = 0; i < hosts->count; i++) {
		const struct mock_host *host = &hosts->at[i];
		uint64_t port = host->port;

		if (!host_has_address(host, &ip))
			continue;
		if (port == ev->port)
			return false;
		while (port > ev->port)
			port /= 10;
		is_cut |= port == ev->port;
	}
	return is_cut;
}

static void
take_record(struct check *c, const struct maillog_event *ev)
{
	struct slice text = maillog_parser_text(&c->parser);
	uint64_t skipped = c->parser.line - 1 - c->told_line;
	bool is_cut = !c->is_whole && has_cut_port(c, ev);
	const struct maillog_event half = { .form = MAILLOG_UNKNOWN,
		.time = ev->time,
		.level = ev->level,
		.text = text };

	if (is_of_another(c))
		return;
	if (!c->has_begun)
		begin(c, ev->time);
	if (c->pass == CHECK_FIRST)
		survey_record(&c->survey, ev, c->parser.line,
		    c->is_broken || maillog_parser_is_damaged(ev) || is_cut);
	ev = is_cut ? &half : ev;
	c->last = ev->time > c->last ? ev->time : c->last;
	if (take_gaps(c, ev))
		return;
	advance(c, ev->time + UTIME_S - 1);
	story_log(c->result->story, ev, ev->time);
	if (c->pass == CHECK_GATHER) {
		evidence_skip_lines(c->result->evidence, skipped);
		if (evidence_log(c->result->evidence, text, ev->time))
			story_pin(c->result->story);
	} else {
		tell_judge(c, ev, skipped);
	}
	c->told_line = c->parser.line;
}

/* ---- what happens beside it ---- */

/* The transcript's next event, which stays until it is taken. */
static bool
peek_event(struct check *c)
{
	struct slice line;
	struct err err;

	while (!c->has_event && c->transcript != NULL &&
	    c->transcript->next_line(c->transcript->owner, &line)) {
		c->event_line++;
		c->has_event =
		    transcript_read(c->reader, line, &c->event, &err);
		if (!c->has_event && c->pass == CHECK_FIRST)
			survey_count_add(&c->survey.transcript, c->event_line);
	}
	return c->has_event;
}

/* A message of which less is to be seen than a judge would look at. */
static bool
lacks_content(const struct transcript_event *ev)
{
	return ev->kind == TRANSCRIPT_MESSAGE &&
	    (ev->content.at == NULL ||
		(ev->content.len < ev->size_bytes &&
		    ev->content.len < TRANSCRIPT_CONTENT_MAX));
}

static void
take_event(struct check *c)
{
	c->has_event = false;
	story_transcript(c->result->story, &c->event);
	if (lacks_content(&c->event))
		judge_lack(c->result->judge, JUDGE_CONTENT);
	if (c->pass != CHECK_GATHER)
		judge_transcript(c->result->judge, &c->event);
	else if (evidence_transcript(c->result->evidence, &c->event))
		story_pin(c->result->story);
}

/* What an operator does the log does not tell. */
static void
take_steps(struct check *c, utime until)
{
	while (c->steps_done < c->plan->step_count) {
		const struct plan_step *step = &c->plan->steps[c->steps_done];
		utime at = utime_add(c->plan->start, step->at);

		if (at > until)
			return;
		c->steps_done++;
		if (step->kind == PLAN_STEP_CTL && c->pass != CHECK_GATHER)
			judge_operate(
			    c->result->judge, slice_cstr(step->command), at);
	}
}

/* All that has happened by then. */
static void
advance(struct check *c, utime until)
{
	while (peek_event(c) && c->event.time <= until)
		take_event(c);
	take_steps(c, until < c->last ? until : c->last + UTIME_S - 1);
}
