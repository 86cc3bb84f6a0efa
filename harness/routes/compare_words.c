/* SPDX-License-Identifier: MIT */
/* What changes between two lines, in words; see compare.h. */
#include "harness/routes/compare_impl.h"

/* What is said of a change. */
struct talk {
	struct compare *compare;
	struct compare_change *change;
	const struct ladder *before, *after; /* of the change's lines */
	size_t cap;
};

static void say(struct talk *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
say(struct talk *s, const char *fmt, ...)
{
	struct compare_change *change = s->change;
	struct buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	change->words = xgrow(change->words, &s->cap, change->word_count + 1,
	    sizeof(change->words[0]));
	change->words[change->word_count++] =
	    arena_strdup(&s->compare->arena, buf_slice(&text));
	buf_fini(&text);
}

/* ---- hosts and their places ---- */

static uint16_t
port_of(const struct route_dest *dest)
{
	return dest->port != 0 ? dest->port : SMTP_PORT_DEFAULT;
}

static bool
is_same(const struct route_dest *a, const struct route_dest *b)
{
	return slice_eq(a->host, b->host) && port_of(a) == port_of(b);
}

/* The same host in another line: the one that counts, of the best priority. */
static const struct route_dest *
find(const struct route *route, const struct route_dest *dest)
{
	const struct route_dest *found = NULL;

	for (size_t i = 0; route != NULL && i < route->dest_count; i++)
		if (is_same(&route->dests[i], dest) &&
		    (found == NULL ||
			route->dests[i].priority < found->priority))
			found = &route->dests[i];
	return found;
}

/* A line by the places of its hosts: each has the number of its priority among
 * the line's, from 1; 0: it is the same as a better one, and does not count. */
struct ladder {
	const struct route *route; /* borrowed; NULL: none */
	size_t places[ROUTES_DESTS_MAX];
};

static struct ladder
ladder_of(const struct route *route)
{
	struct ladder l = { .route = route };
	bool is_first[ROUTES_DESTS_MAX] = { false };
	size_t count = route != NULL ? route->dest_count : 0;

	for (size_t i = 0; i < count; i++)
		l.places[i] = find(route, &route->dests[i]) == &route->dests[i];
	for (size_t i = 0; i < count; i++) {
		is_first[i] = l.places[i] > 0;
		for (size_t k = 0; k < i; k++)
			is_first[i] &= l.places[k] == 0 ||
			    route->dests[k].priority !=
				route->dests[i].priority;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count && l.places[i] > 0; k++)
			l.places[i] += is_first[k] &&
			    route->dests[k].priority < route->dests[i].priority;
	return l;
}

static void
host_format(const struct route_dest *dest, struct buf *out)
{
	buf_printf(out, dest->kind == ROUTE_DEST_BRACKET ? "[%.*s]" : "%.*s",
	    SLICE_ARG(dest->host));
	if (port_of(dest) != SMTP_PORT_DEFAULT)
		buf_printf(out, " port %u", (unsigned)port_of(dest));
}

/* The hosts of a place: "a, b and c in turns". */
static size_t
level_format(const struct ladder *l, size_t place, struct buf *out)
{
	size_t total = l->route != NULL ? l->route->dest_count : 0;
	size_t left = 0, count;

	for (size_t i = 0; i < total; i++)
		left += l->places[i] == place;
	count = left;
	for (size_t i = 0; i < total; i++) {
		if (l->places[i] != place)
			continue;
		host_format(&l->route->dests[i], out);
		left--;
		buf_append_cstr(out,
		    left > 1        ? ", "
			: left == 1 ? " and "
				    : "");
	}
	if (count > 1)
		buf_append_cstr(out, " in turns");
	return count;
}

void
compare_order(const struct route *route, struct buf *out)
{
	struct ladder l = ladder_of(route);
	struct buf level = { 0 };

	if (route == NULL || route->kind == ROUTE_USEDNS)
		buf_append_cstr(out, "as its MX records say");
	else if (route->kind == ROUTE_DISCARD)
		buf_append_cstr(out, "nowhere, it is deleted");
	for (size_t place = 1; level_format(&l, place, &level) > 0; place++) {
		buf_append_cstr(out, place == 1 ? "first " : ", then ");
		buf_append(out, buf_slice(&level));
		buf_clear(&level);
	}
	buf_fini(&level);
}

/* ---- what changes ---- */

static enum route_kind
kind_of(const struct route *route)
{
	return route != NULL ? route->kind : ROUTE_USEDNS;
}

/* Which line is for it, where that is not its own both times. */
static void
say_line(struct talk *s)
{
	const struct compare_change *change = s->change;
	const struct route *before = change->before, *after = change->after;
	bool was_own =
	    before != NULL && slice_eq(before->domain, change->domain);
	bool is_own = after != NULL && slice_eq(after->domain, change->domain);

	if (was_own == is_own)
		return;
	if (is_own && before == NULL)
		say(s, "it has a line of its own now, and had none");
	else if (is_own)
		say(s, "it has a line of its own now, and was under %.*s",
		    SLICE_ARG(before->domain));
	else if (after == NULL)
		say(s, "it has no line any more");
	else
		say(s, "it has no line of its own any more, and is under %.*s",
		    SLICE_ARG(after->domain));
}

static void
say_kind(struct talk *s)
{
	enum route_kind before = kind_of(s->change->before);
	enum route_kind after = kind_of(s->change->after);

	if (before == after)
		return;
	switch (after) {
	case ROUTE_HOSTS:
		say(s,
		    before == ROUTE_DISCARD
			? "it is delivered now, and was deleted"
			: "hosts are named for it now, and its MX records "
			  "decided");
		break;
	case ROUTE_USEDNS:
		say(s, "its MX records decide now");
		break;
	case ROUTE_DISCARD:
		say(s, "it is deleted now, and nobody is told");
		break;
	}
}

/* Hosts that go, come, or move. */
static void
say_gone(struct talk *s)
{
	const struct route *before = s->change->before;
	struct buf host = { 0 };

	for (size_t i = 0; before != NULL && i < before->dest_count; i++) {
		if (s->before->places[i] == 0 ||
		    find(s->change->after, &before->dests[i]) != NULL)
			continue;
		host_format(&before->dests[i], &host);
		say(s, "%s gets no mail any more", buf_cstr(&host));
		buf_clear(&host);
	}
	buf_fini(&host);
}

static void
say_come(struct talk *s)
{
	const struct route *after = s->change->after;
	struct buf host = { 0 };

	for (size_t i = 0; after != NULL && i < after->dest_count; i++) {
		if (s->after->places[i] == 0 ||
		    find(s->change->before, &after->dests[i]) != NULL)
			continue;
		host_format(&after->dests[i], &host);
		say(s, "%s is new, at place %zu", buf_cstr(&host),
		    s->after->places[i]);
		buf_clear(&host);
	}
	buf_fini(&host);
}

static void
say_moved(struct talk *s)
{
	const struct route *before = s->change->before;
	const struct route *after = s->change->after;
	struct buf host = { 0 };

	for (size_t i = 0; after != NULL && i < after->dest_count; i++) {
		const struct route_dest *dest = &after->dests[i], *was;
		size_t from, to;

		to = s->after->places[i];
		was = to > 0 ? find(before, dest) : NULL;
		if (was == NULL)
			continue;
		from = s->before->places[was - before->dests];
		host_format(dest, &host);
		if (from != to)
			say(s, "%s is tried %s, at place %zu instead of %zu",
			    buf_cstr(&host), to > from ? "later" : "earlier",
			    to, from);
		if (was->kind != dest->kind)
			say(s, "%s is looked up %s now", buf_cstr(&host),
			    dest->kind == ROUTE_DEST_BRACKET
				? "by its addresses only"
				: "by its MX records first");
		buf_clear(&host);
	}
	buf_fini(&host);
}

/* How each place's sharing changes, where hosts share. */
static void
say_shared(struct talk *s)
{
	struct buf was = { 0 }, now = { 0 };

	for (size_t place = 1;; place++) {
		size_t before = level_format(s->before, place, &was);
		size_t after = level_format(s->after, place, &now);

		if (before == 0 || after == 0)
			break;
		if ((before > 1 || after > 1) &&
		    !slice_eq(buf_slice(&was), buf_slice(&now)))
			say(s, "at place %zu: %s, and was %s", place,
			    buf_cstr(&now), buf_cstr(&was));
		buf_clear(&was);
		buf_clear(&now);
	}
	buf_fini(&was);
	buf_fini(&now);
}

static void
say_auth(struct talk *s)
{
	const struct slice none = { 0 };
	struct slice was =
	    s->change->before != NULL ? s->change->before->auth : none;
	struct slice is =
	    s->change->after != NULL ? s->change->after->auth : none;

	if (slice_eq(was, is))
		return;
	if (is.len == 0)
		say(s, "the relay does not log in any more (%.*s)",
		    SLICE_ARG(was));
	else
		say(s, "the relay logs in as %.*s", SLICE_ARG(is));
}

bool
compare_words(struct compare *c, struct compare_change *change)
{
	const struct ladder before = ladder_of(change->before);
	const struct ladder after = ladder_of(change->after);
	struct talk s = { c, change, &before, &after, 0 };
	size_t lines;

	say_line(&s);
	lines = change->word_count;
	say_kind(&s);
	say_gone(&s);
	say_come(&s);
	say_moved(&s);
	say_shared(&s);
	say_auth(&s);
	if (change->word_count > lines)
		return true;
	free(change->words);
	change->words = NULL;
	change->word_count = 0;
	return false;
}
