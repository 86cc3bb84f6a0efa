/* SPDX-License-Identifier: MIT */
/* Which domains change; see compare.h.  How is told by compare_words.c. */
#include "harness/routes/compare_impl.h"

#include "core/base/map.h"
#include "core/dns/name.h"

/* The line for the names that a line is for: of a partial name those below it
 * which have no better line, of ALL those that no other is for.  The byte is in
 * no name. */
static const struct route *
effective(const struct routes *routes, const struct route *key)
{
	struct buf name = { 0 };
	const struct route *found;

	if (key->match != ROUTE_EXACT)
		buf_append_byte(&name, '\x01');
	if (key->match != ROUTE_ALL)
		buf_append(&name, key->domain);
	found = routes_match(routes, buf_slice(&name));
	buf_fini(&name);
	return found;
}

static bool
is_own(const struct route *route, const struct route *key)
{
	return route != NULL && route->match == key->match &&
	    slice_eq(route->domain, key->domain);
}

static void
key_compare(struct compare *c, const struct route *key)
{
	const struct route *before = effective(c->before, key);
	const struct route *after = effective(c->after, key);
	struct compare_change *change;
	bool differs;

	c->changes =
	    xgrow(c->changes, &c->cap, c->count + 1, sizeof(c->changes[0]));
	change = &c->changes[c->count];
	*change =
	    (struct compare_change){ key->domain, before, after, NULL, 0 };
	differs = compare_words(c, change);
	if (differs)
		c->count++;
	else if (is_own(before, key) != is_own(after, key) ||
	    (is_own(before, key) && !route_equal(before, after)))
		c->idle_count++;
}

struct compare *
compare_new(const struct routes *before, const struct routes *after)
{
	struct compare *c = xcalloc(1, sizeof(*c));
	struct map seen = { 0 };

	c->before = before;
	c->after = after;
	for (size_t i = 0; i < routes_count(after); i++) {
		const struct route *route = routes_at(after, i);

		/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
		map_add(&seen, route->domain, (void *)(uintptr_t)route);
		key_compare(c, route);
	}
	for (size_t i = 0; i < routes_count(before); i++)
		if (map_find(&seen, routes_at(before, i)->domain) == NULL)
			key_compare(c, routes_at(before, i));
	map_fini(&seen);
	return c;
}

void
compare_destroy(struct compare **cp)
{
	struct compare *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->count; i++)
		free(c->changes[i].words);
	free(c->changes);
	arena_fini(&c->arena);
	free(c);
}

size_t
compare_count(const struct compare *c)
{
	return c->count;
}

const struct compare_change *
compare_at(const struct compare *c, size_t i)
{
	assert(i < c->count);
	return &c->changes[i];
}

size_t
compare_idle_count(const struct compare *c)
{
	return c->idle_count;
}
