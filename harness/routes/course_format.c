/* SPDX-License-Identifier: MIT */
/* A message's course for people; see course.h. */
#include "harness/draft/draft_rule.h"
#include "harness/routes/course.h"

enum {
	COLUMNS_MAX = 30 /* rounds in the picture */
};

#define INDENT "              "

static const char *
clock_text(utime span, char out[UTIME_TEXT_MAX])
{
	long long s = (long long)(span / UTIME_S);

	(void)snprintf(out, UTIME_TEXT_MAX, "%lld:%02lld:%02lld", s / 3600,
	    s / 60 % 60, s % 60);
	return out;
}

static void
label(const char *name, bool is_first, struct buf *out)
{
	if (is_first)
		buf_printf(out, "  %-12s", name);
	else
		buf_append_cstr(out, INDENT);
}

/* ---- candidates ---- */

static void
candidate_format(const struct trial_host *host, size_t number, struct buf *out)
{
	char ip[IP_TEXT_MAX];

	bool is_v6 = slice_find_byte(host->exchange, ':') < host->exchange.len;

	buf_printf(out, is_v6 ? "%zu. [%.*s]:%u" : "%zu. %.*s:%u", number,
	    SLICE_ARG(host->exchange), (unsigned)host->port);
	if (!ip_is_none(&host->ip) &&
	    !slice_eq(host->exchange, slice_cstr(ip_format(&host->ip, ip))))
		buf_printf(out, " (%s)", ip);
	buf_printf(out, ", priority %u", (unsigned)host->priority);
	if (!slice_eq(host->by, host->exchange))
		buf_printf(out, ", MX %u of %.*s", (unsigned)host->preference,
		    SLICE_ARG(host->by));
	if (host->fault != NULL) {
		buf_append_cstr(out, ": ");
		draft_fault_format(host->fault, out);
	}
	buf_append_byte(out, '\n');
}

static bool
has_equals(const struct trial *t)
{
	for (size_t i = 1; i < t->count; i++)
		if (t->hosts[i].priority == t->hosts[i - 1].priority &&
		    t->hosts[i].preference == t->hosts[i - 1].preference &&
		    t->hosts[i].is_behind == t->hosts[i - 1].is_behind)
			return true;
	return false;
}

static void
candidates_format(const struct course *c, struct buf *out)
{
	const struct trial *t = c->trial;

	for (size_t i = 0; i < t->count; i++) {
		label("candidates", i == 0, out);
		candidate_format(&t->hosts[i], i + 1, out);
	}
	if (!has_equals(t))
		return;
	buf_append_cstr(out,
	    INDENT "Equal ones take turns: each connection goes to the next "
		   "one, and this\n");
	if (c->turn == 0)
		buf_append_cstr(
		    out, INDENT "is how the first message fares.\n");
	else
		buf_printf(out,
		    INDENT "is how message %u fares, the first that comes to "
			   "one that fails.\n",
		    c->turn + 1);
}

/* ---- rounds ---- */

/* "HOST: ", or nothing where none was asked. */
static void
host_format(
    const struct course *c, const struct course_attempt *a, struct buf *out)
{
	if (a->host != COURSE_NO_HOST)
		buf_printf(
		    out, "%.*s: ", SLICE_ARG(c->trial->hosts[a->host].label));
}

static void
attempt_format(
    const struct course *c, const struct course_attempt *a, struct buf *out)
{
	static const char *const ends[] = {
		[COURSE_UNDER_WAY] = "nothing is told of it",
		[COURSE_FAILED] = "fails",
		[COURSE_REFUSED] = "does not take it now",
		[COURSE_TAKEN] = "takes it",
		[COURSE_BOUNCED] = "it bounces",
	};
	char at[UTIME_TEXT_MAX];

	buf_printf(out, "%8s  ", clock_text(a->began, at));
	host_format(c, a, out);
	buf_append_cstr(out, ends[a->end]);
	if (a->said[0] != '\0')
		buf_printf(out, ": %s", a->said);
	if (a->ended > a->began)
		buf_printf(out, " (until %s)", clock_text(a->ended, at));
	buf_append_byte(out, '\n');
}

static void
wait_format(const struct course_round *round, struct buf *out)
{
	char at[UTIME_TEXT_MAX];

	if (round->till != 0)
		buf_printf(out,
		    INDENT "%8s  no candidate is left: the message waits\n",
		    clock_text(round->ended, at));
}

/* Those that go as the one before: when they begin. */
static size_t
repeated_format(const struct course *c, size_t i, struct buf *out)
{
	size_t last = i;
	char at[UTIME_TEXT_MAX];

	while (last + 1 < c->round_count && course_is_repeated(c, last + 1))
		last++;
	buf_printf(out,
	    last > i ? "  rounds %zu to %zu go the same way, at"
		     : "  round %zu goes the same way, at",
	    i + 1, last + 1);
	for (size_t k = i; k <= last; k++) {
		if (last - i > 8 && k == i + 5) {
			buf_append_cstr(out, " ...");
			k = last - 1;
			continue;
		}
		buf_printf(out, " %s", clock_text(c->rounds[k - 1].till, at));
	}
	buf_append_byte(out, '\n');
	return last;
}

static void
rounds_format(const struct course *c, struct buf *out)
{
	for (size_t i = 0; i < c->round_count; i++) {
		const struct course_round *round = &c->rounds[i];
		char name[32];

		if (i > 0 && course_is_repeated(c, i)) {
			i = repeated_format(c, i, out);
			continue;
		}
		(void)snprintf(name, sizeof(name), "round %zu", i + 1);
		for (size_t k = 0; k < round->count; k++) {
			label(name, k == 0, out);
			attempt_format(c, &c->attempts[round->first + k], out);
		}
		wait_format(round, out);
	}
}

static void
outcome_format(const struct course *c, struct buf *out)
{
	const struct course_attempt *last =
	    c->attempt_count > 0 ? &c->attempts[c->attempt_count - 1] : NULL;
	char at[UTIME_TEXT_MAX];

	label("outcome", true, out);
	if (c->is_discarded)
		buf_append_cstr(out, "deleted, and nobody is told\n");
	else if (c->is_taken && last != NULL && last->host != COURSE_NO_HOST)
		buf_printf(out, "delivered to %.*s at %s, in round %zu\n",
		    SLICE_ARG(c->trial->hosts[last->host].label),
		    clock_text(c->ended, at), c->round_count);
	else if (c->has_bounced)
		buf_printf(out, "bounces at %s: %s\n", clock_text(c->ended, at),
		    c->last);
	else
		buf_append_cstr(out, "it still waits\n");
}

/* ---- the picture ---- */

static char
mark_of(const struct course *c, const struct course_round *round, size_t host)
{
	static const char marks[] = {
		[COURSE_UNDER_WAY] = '?',
		[COURSE_FAILED] = 'x',
		[COURSE_REFUSED] = '4',
		[COURSE_TAKEN] = 'v',
		[COURSE_BOUNCED] = '5',
	};
	char mark = '.';

	for (size_t i = 0; i < round->count; i++)
		if (c->attempts[round->first + i].host == host)
			mark = marks[c->attempts[round->first + i].end];
	return mark;
}

static void
picture_format(const struct course *c, struct buf *out)
{
	size_t shown =
	    c->round_count < COLUMNS_MAX ? c->round_count : COLUMNS_MAX;
	int width = 0;

	for (size_t i = 0; i < c->trial->count; i++)
		if ((int)c->trial->hosts[i].label.len > width)
			width = (int)c->trial->hosts[i].label.len;
	for (size_t i = 0; i < c->trial->count; i++) {
		struct slice host = c->trial->hosts[i].label;

		label("picture", i == 0, out);
		buf_printf(out, "%.*s%*s ", SLICE_ARG(host),
		    width - (int)host.len, "");
		for (size_t k = 0; k < shown; k++)
			buf_printf(out, " %c", mark_of(c, &c->rounds[k], i));
		buf_append_cstr(out, shown < c->round_count ? " ...\n" : "\n");
	}
	buf_printf(out,
	    INDENT "A column is a round: x fails, 4 not now, v takes it, 5 "
		   "bounces it, . not tried.\n");
}

static void
line_format(const struct route *route, const char *file, struct buf *out)
{
	label("line", true, out);
	if (route == NULL) {
		buf_append_cstr(out, "none\n");
		return;
	}
	route_format(route, out);
	buf_printf(out, "  (%s:%d)\n", file, route->line);
}

void
course_format(const struct course *c, const struct routes *routes,
    const char *file, struct slice address, struct buf *out)
{
	const struct trial *t = c->trial;

	buf_printf(out, "%.*s\n", SLICE_ARG(address));
	line_format(t->route, file, out);
	label("why", true, out);
	course_why(routes, t->domain, out);
	buf_append_byte(out, '\n');
	if (!trial_is_known(t)) {
		label("outcome", true, out);
		buf_append_cstr(out,
		    "its MX records decide; --dns zone:FILE or live tells what "
		    "they are\n");
		return;
	}
	candidates_format(c, out);
	rounds_format(c, out);
	outcome_format(c, out);
	if (t->count > 0 && c->round_count > 0)
		picture_format(c, out);
}
