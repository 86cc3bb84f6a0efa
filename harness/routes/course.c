/* SPDX-License-Identifier: MIT */
/* From the log of a trial to a message's course; see course.h. */
#include "harness/routes/course.h"

#include "harness/report/printable.h"

void
course_init(
    struct course *c, const struct trial *trial, unsigned turn, utime start)
{
	*c = (struct course){ .trial = trial,
		.turn = turn,
		.start = start,
		.ended = UTIME_NEVER };
	maillog_parser_init(&c->parser, start);
}

void
course_fini(struct course *c)
{
	maillog_parser_fini(&c->parser);
	arena_fini(&c->arena);
	free(c->attempts);
	free(c->rounds);
}

/* ---- attempts ---- */

static size_t
host_of(const struct course *c, const struct maillog_event *ev)
{
	struct ip_address ip;

	if (!ip_parse(ev->address, &ip) || ev->port > UINT16_MAX)
		return COURSE_NO_HOST;
	return trial_host_at(c->trial, &ip, (uint16_t)ev->port);
}

static struct course_attempt *
attempt_add(struct course *c, size_t host, const struct maillog_event *ev)
{
	struct course_attempt *a;

	c->attempts = xgrow(c->attempts, &c->attempt_cap, c->attempt_count + 1,
	    sizeof(c->attempts[0]));
	a = &c->attempts[c->attempt_count++];
	*a = (struct course_attempt){
		.host = host, .dcid = ev->dcid, .said = ""
	};
	a->began = a->ended = ev->time - c->start;
	return a;
}

/* The last one on that connection; one that never stood is new. */
static struct course_attempt *
attempt_of(struct course *c, const struct maillog_event *ev, size_t host)
{
	for (size_t i = c->attempt_count; i > c->round_first; i--)
		if (c->attempts[i - 1].dcid == ev->dcid && ev->dcid != 0 &&
		    c->attempts[i - 1].end == COURSE_UNDER_WAY)
			return &c->attempts[i - 1];
	return attempt_add(c, host, ev);
}

/* Escaped text of the log as it may be shown. */
static void
append_plain(struct slice text, struct buf *out)
{
	struct buf plain = { 0 };

	maillog_unescape(&plain, text);
	printable_format(buf_slice(&plain), out);
	buf_fini(&plain);
}

static const char *
reply_keep(struct course *c, const struct maillog_event *ev)
{
	struct slice rest = ev->lines, line;
	struct buf said = { 0 };
	const char *kept;

	if (ev->form == MAILLOG_BOUNCED) {
		append_plain(ev->enhanced, &said);
		buf_append_byte(&said, ' ');
		append_plain(ev->text, &said);
		buf_append_byte(&said, ':');
	}
	if (ev->code != 0)
		buf_printf(&said, "%s%llu", buf_len(&said) > 0 ? " " : "",
		    (unsigned long long)ev->code);
	while (maillog_line_next(&rest, &line)) {
		if (buf_len(&said) > 0)
			buf_append_byte(&said, ' ');
		append_plain(line, &said);
	}
	if (buf_len(&said) == 0)
		append_plain(ev->text, &said);
	kept = arena_strdup(&c->arena, buf_slice(&said));
	buf_fini(&said);
	return kept;
}

static const char *
details_keep(struct course *c, const struct maillog_event *ev)
{
	struct buf said = { 0 };
	struct slice text;
	const char *kept;
	unsigned code;

	if (maillog_details_reply(ev->details, &code, &text)) {
		buf_printf(&said, "%u ", code);
		append_plain(text, &said);
	} else {
		append_plain(ev->details, &said);
	}
	kept = arena_strdup(&c->arena, buf_slice(&said));
	buf_fini(&said);
	return kept;
}

static void
attempt_end(struct course *c, const struct maillog_event *ev,
    enum course_end end, const char *said)
{
	struct course_attempt *a = attempt_of(c, ev,
	    ev->form == MAILLOG_CONNECTION_ERROR ? host_of(c, ev)
						 : COURSE_NO_HOST);

	a->end = end;
	a->ended = ev->time - c->start;
	a->said = said;
	if (end != COURSE_TAKEN && end != COURSE_BOUNCED)
		return;
	c->ended = a->ended;
	c->last = said;
	c->is_taken |= end == COURSE_TAKEN;
	c->has_bounced |= end == COURSE_BOUNCED;
}

bool
course_meets_fault(const struct course *c)
{
	for (size_t i = 0; i < c->attempt_count; i++)
		if (c->attempts[i].host != COURSE_NO_HOST &&
		    c->trial->hosts[c->attempts[i].host].fault != NULL)
			return true;
	return false;
}

/* ---- rounds ---- */

static void
round_add(struct course *c, utime ended, utime till)
{
	c->rounds = xgrow(
	    c->rounds, &c->round_cap, c->round_count + 1, sizeof(c->rounds[0]));
	c->rounds[c->round_count++] = (struct course_round){ c->round_first,
		c->attempt_count - c->round_first, ended, till };
	c->round_first = c->attempt_count;
}

bool
course_is_repeated(const struct course *c, size_t i)
{
	const struct course_round *a = &c->rounds[i], *b;

	if (i == 0 || c->rounds[i - 1].count != a->count)
		return false;
	b = &c->rounds[i - 1];
	for (size_t k = 0; k < a->count; k++) {
		const struct course_attempt *x = &c->attempts[a->first + k];
		const struct course_attempt *y = &c->attempts[b->first + k];

		if (x->host != y->host || x->end != y->end ||
		    strcmp(x->said, y->said) != 0)
			return false;
	}
	return true;
}

/* ---- the log ---- */

/* Records about the message. */
static void
message_event(struct course *c, const struct maillog_event *ev)
{
	if (ev->mid != c->mid)
		return;
	if (ev->form == MAILLOG_DELAYED)
		attempt_end(c, ev, COURSE_REFUSED, reply_keep(c, ev));
	else if (ev->form == MAILLOG_BOUNCED)
		attempt_end(c, ev, COURSE_BOUNCED, reply_keep(c, ev));
	else if (ev->form == MAILLOG_MESSAGE_DONE)
		attempt_end(c, ev, COURSE_TAKEN, "");
	else if (ev->form == MAILLOG_PENDING)
		round_add(c, ev->time - c->start, ev->till - c->start);
	if (ev->form != MAILLOG_DELETED)
		return;
	c->is_discarded = true;
	c->ended = ev->time - c->start;
}

void
course_line(struct course *c, struct slice line)
{
	struct maillog_event ev;

	if (c->ended != UTIME_NEVER || !maillog_parse(&c->parser, line, &ev))
		return;
	if (c->mid == 0) {
		if (ev.form != MAILLOG_START_MID || c->came++ < c->turn)
			return;
		c->mid = ev.mid;
		c->start = ev.time;
	} else if (ev.form == MAILLOG_DCID_NEW &&
	    host_of(c, &ev) != COURSE_NO_HOST) {
		(void)attempt_add(c, host_of(c, &ev), &ev);
	} else if (ev.form == MAILLOG_CONNECTION_ERROR &&
	    host_of(c, &ev) != COURSE_NO_HOST) {
		attempt_end(c, &ev, COURSE_FAILED, details_keep(c, &ev));
	} else {
		message_event(c, &ev);
	}
}

void
course_finish(struct course *c)
{
	if (c->attempt_count > c->round_first || c->round_count == 0)
		round_add(c, c->ended == UTIME_NEVER ? 0 : c->ended, 0);
}

/* ---- why ---- */

static void
append_entry(const struct route *route, struct buf *out)
{
	buf_append(out, route->domain);
	if (route->line > 0)
		buf_printf(out, " (line %d)", route->line);
}

/* The next less specific entry that fits the name; `from` is where to look. */
static const struct route *
next_partial(const struct routes *routes, struct slice name, size_t *from)
{
	for (++*from; *from < name.len; ++*from) {
		const struct route *found;
		struct buf probe = { 0 };

		if (name.at[*from] != '.')
			continue;
		/* A name of one label more, which no exact entry can be. */
		buf_append_cstr(&probe, "\x01");
		buf_append(&probe, slice_skip(name, *from));
		found = routes_match(routes, buf_slice(&probe));
		buf_fini(&probe);
		if (found != NULL && found->match == ROUTE_PARTIAL &&
		    found->domain.len == name.len - *from)
			return found;
	}
	return NULL;
}

static void
append_losers(const struct routes *routes, const struct route *winner,
    struct slice name, struct buf *out)
{
	const struct route *all = routes_match(routes, SLICE("\x01"));
	const struct route *found;
	const char *before = "; it wins over ";
	size_t from = 0;

	while ((found = next_partial(routes, name, &from)) != NULL) {
		if (found == winner)
			continue;
		buf_append_cstr(out, before);
		append_entry(found, out);
		before = " and ";
	}
	if (all == NULL || all == winner)
		return;
	buf_append_cstr(out, before);
	append_entry(all, out);
}

void
course_why(const struct routes *routes, struct slice domain, struct buf *out)
{
	const struct route *route = routes_match(routes, domain);

	if (route == NULL) {
		buf_append_cstr(out,
		    "no line is for it, and there is no ALL: its MX records "
		    "decide");
		return;
	}
	switch (route->match) {
	case ROUTE_EXACT:
		buf_append_cstr(out, "the line names the domain itself");
		break;
	case ROUTE_PARTIAL:
		buf_append_cstr(out,
		    "no line names the domain itself, and no longer partial "
		    "name fits it");
		break;
	case ROUTE_ALL:
		buf_append_cstr(out, "no line names the domain, or a part");
		break;
	}
	append_losers(routes, route, domain, out);
}
